"""Go on with a service script: take down what was told, put its next question, and sum it up at the end.

What is asked and when was decided before (`Brief.script`); this module only words it.
"""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.llm import TicketNews
from callcenter.llm.offline.facts import BULLET
from callcenter.llm.offline.turn import Draft, Turn
from callcenter.llm.script_cue import ScriptCue


def taken(turn: Turn, cue: ScriptCue) -> Draft | None:
    """Return the reply to a message that only answers the script; None where it needs an answer of its own first.

    A ticket that a contact opened is news that intake's own words tell best.
    """
    if cue.step is None:
        return None if _asks(turn) else Draft()
    if turn.brief.ticket_news is TicketNews.created or _asks(turn):
        return None
    if cue.begins:
        return Draft([turn.say(turn.lines.script_begun)])
    return None if cue.aside else Draft([_noted(turn, cue)])


def put(turn: Turn, cue: ScriptCue, draft: Draft) -> None:
    """End a reply with the question that is due, or with the summary."""
    if cue.step is None:
        _sum_up(turn, cue, draft)
        return
    question = cue.step.question[turn.language]
    if cue.again and cue.step.id != cue.followed.asked[-1]:
        question = turn.say(turn.lines.script_again, question=question)
    elif cue.aside and cue.followed.asked:
        question = turn.say(turn.lines.script_back, question=question)
    draft.closing = question


def _asks(turn: Turn) -> bool:
    return turn.brief.analysis.question.is_question


def _noted(turn: Turn, cue: ScriptCue) -> str:
    told = cue.just_told(turn.language)
    if not told:
        return turn.say(turn.lines.script_left)
    return turn.say(turn.lines.script_noted, items=turn.listed(_items(turn, told)))


def _items(turn: Turn, told: Sequence[tuple[str, str]]) -> list[str]:
    return [turn.say(turn.lines.script_item, label=label, value=value) for label, value in told]


def _sum_up(turn: Turn, cue: ScriptCue, draft: Draft) -> None:
    ticket, lines = turn.brief.ticket, turn.lines
    items = "".join(f"{BULLET}{item}" for item in _items(turn, cue.collected(turn.language)))
    draft.closing = None
    draft.add(turn.say(lines.script_summary, items=items))
    ends = [cue.script.closing[turn.language]]
    if ticket is not None:
        ends.append(turn.say(lines.script_ticket, ticket=ticket.number, within=turn.within()))
        if not (ticket.phone or ticket.email):
            ends.append(turn.say(lines.script_unreached))
    draft.closing = " ".join(ends)

"""Go on with a service script: take down what was told, put its next question, and sum it up at the end.

What is asked and when was decided before (`Brief.script`); this module only words it.
"""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.analysis.models import Act
from callcenter.calls import Slot
from callcenter.llm import TicketNews
from callcenter.llm.offline.facts import BULLET
from callcenter.llm.offline.turn import Draft, Turn
from callcenter.llm.script_cue import ScriptCue
from callcenter.scripts import missing
from callcenter.scripts.words import load_words


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
    if cue.again and _refuses(turn):
        return Draft()
    return None if cue.aside else Draft([_noted(turn, cue)])


def put(turn: Turn, cue: ScriptCue, draft: Draft) -> None:
    """End a reply with the question that is due, or with the summary."""
    if cue.step is None:
        _sum_up(turn, cue, draft)
        return
    question = cue.step.question[turn.language]
    if cue.again and not _asks(turn) and _refuses(turn):
        question = turn.say(turn.lines.script_again, question=question)
    elif cue.aside and cue.followed.asked:
        question = turn.say(turn.lines.script_back, question=question)
    draft.closing = question


def _asks(turn: Turn) -> bool:
    return turn.brief.analysis.question.is_question


def _refuses(turn: Turn) -> bool:
    """Whether the customer does not know, or won't say."""
    acts = turn.does(Act.not_available) or turn.does(Act.deny)
    return acts or load_words().leaves_open(turn.brief.text)


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
    ends = [cue.script.closing[turn.language]]
    left = [step.label[turn.language] for step in missing(cue.script, cue.followed) if step.slot is not Slot.contact]
    if not items:
        draft.add(turn.say(lines.script_empty))
    else:
        draft.add(turn.say(lines.script_summary_open if left else lines.script_summary, items=items))
    if left:
        ends.insert(0, turn.say(lines.script_missing, items=turn.listed(left)))
    if ticket is not None:
        ends.append(turn.say(lines.script_ticket, ticket=ticket.number, within=turn.within()))
        if not (ticket.phone or ticket.email):
            ends.append(turn.say(lines.script_unreached))
    draft.closing = " ".join(ends)

"""Answer what is said for courtesy, and what is not understood: greetings, thanks, goodbyes, a declined offer.

Closing never slams the door on an open matter: its ticket is named.
"""

from __future__ import annotations

from callcenter.analysis.models import Act
from callcenter.llm.offline.phrases import Cue
from callcenter.llm.offline.turn import Draft, Turn


def greet_back(turn: Turn) -> str:
    """Return the customer's greeting in kind; nothing if the reply opens with an introduction already."""
    if turn.brief.introduced:
        return ""
    lines = turn.lines
    in_kind = {Cue.salam: lines.salam, Cue.morning: lines.morning, Cue.evening: lines.evening}
    wording = next((wording for cue, wording in in_kind.items() if cue in turn.cues), lines.hello)
    return turn.say(wording)


def greeting(turn: Turn) -> Draft:
    """Greet back and offer help that suits the persona."""
    draft = Draft(closing=turn.say(turn.lines.offer_help))
    draft.add(greet_back(turn))
    if Cue.how_are_you in turn.cues:
        draft.add(turn.say(turn.lines.well))
    return draft


def asked_to_help(turn: Turn) -> Draft:
    """Say yes to "can you help me?", or to a plain yes, and ask with what; asked that already, say how to tell."""
    lines = turn.lines
    draft = Draft([turn.say(lines.of_course)])
    if turn.just_said(lines.name_one):
        draft.add(turn.say(lines.ready_to_start))
    elif turn.facts.services and turn.just_said(lines.offer_help, lines.ask_which, lines.ask_service):
        draft.add(turn.say(lines.name_one, service=next(iter(turn.facts.services.values())).name))
    else:
        draft.closing = turn.say(lines.offer_help)
    return draft


def praised(turn: Turn) -> Draft:
    """Thank for praise; it asks for nothing."""
    return Draft([turn.say(turn.lines.praised)])


def acknowledged(turn: Turn) -> Draft:
    """Take an "ok" as one."""
    return Draft([turn.say(turn.lines.acknowledged)])


def off_topic(turn: Turn) -> Draft:
    """Say what this call can help with, to a question about the weather and the like."""
    return Draft([turn.say(turn.lines.off_topic, company=turn.facts.company)])


def identity(turn: Turn) -> Draft:
    """Say who speaks: a persona, and no human."""
    return Draft([turn.say(turn.lines.identity, company=turn.facts.company)])


def thinking_over(turn: Turn) -> Draft:
    """Leave the customer time."""
    return Draft([turn.say(turn.lines.take_time), turn.say(turn.lines.here_for_you)])


def in_low_spirits(turn: Turn) -> Draft:
    """Ask what an unhappy message that says no more is about, rather than sell to it."""
    return Draft([turn.say(turn.lines.sorry_to_hear)], turn.say(turn.lines.ask_trouble))


def farewell(turn: Turn) -> Draft:
    """Return thanks or a goodbye; thanks alone don't end the call."""
    draft = Draft()
    thanked = turn.does(Act.thanks)
    if thanked:
        draft.add(turn.say(turn.lines.thanks))
    ticket = turn.brief.ticket
    if ticket is not None and not ticket.settled:
        draft.add(turn.say(turn.lines.still_open, ticket=ticket.number, within=turn.within()))
        if not (ticket.phone or ticket.email or turn.just_said(turn.lines.answered_here)):
            draft.add(turn.say(turn.lines.answered_here))
    if Cue.farewell in turn.cues or not thanked:
        draft.add(turn.facts.goodbye)
    elif ticket is None or ticket.settled:
        draft.add(turn.say(turn.lines.here_for_you))
    return draft


def declined(turn: Turn) -> Draft:
    """Accept a no without pushing."""
    opening = turn.lines.not_interested if turn.does(Act.not_interested) else turn.lines.no_more
    return Draft([turn.say(opening), turn.say(turn.lines.here_for_you)])


def language_taken(turn: Turn) -> Draft:
    """Confirm the language the customer asked for."""
    return Draft([turn.say(turn.lines.language_taken)], turn.say(turn.lines.offer_help))


def going_on(turn: Turn) -> Draft:
    """Take what brought no answer in good part, before the next question: "I don't have one", a word or two."""
    refused = turn.does(Act.not_available) or turn.does(Act.deny)
    return Draft([turn.say(turn.lines.all_fine if refused else turn.lines.no_more)])


def unclear(turn: Turn) -> Draft:
    """Ask what is meant, with what can be asked; the second time in a row also how to get a human."""
    again = turn.just_said(turn.lines.unclear, turn.lines.unclear_again)
    return Draft([turn.say(turn.lines.unclear_again if again else turn.lines.unclear)])

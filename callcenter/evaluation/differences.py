"""Say where a call is not as it must be. Pure: calls are made in simulation.py.

Three things are compared: a twin with its script, a twin with the Arabic one, and a respelled call with the route of
the same call spelled well. Every difference carries what was expected, what came, and the customer's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from callcenter.analysis import normalise
from callcenter.calls import Language, LocalizedText, TicketCategory, Value
from callcenter.evaluation.outcomes import Outcome, Played, TicketTouch
from callcenter.evaluation.scenarios import Line, Script, SlotValue, TicketStep, Twin, regex_of

_NOTHING: Final = "none"


class Difference(Value):
    """One thing in one turn that was not as it must be."""

    turn: int
    """Counted from 1; 0 is the greeting."""
    what: str
    """What differs: `persona`, `ticket`, `says` ..."""
    expected: str
    came: str
    customer: str
    """The customer's words; empty for the greeting."""


def against_script(script: Script, twin: Twin, played: Played) -> Iterator[Difference]:
    """Yield what is not as the script expects, in the order of the turns."""
    for phrase in _found(script.never_says[twin.language], played.greeting):
        yield Difference(turn=0, what="never_says", expected=_not(phrase), came=_quoted(played.greeting), customer="")
    for number, (line, outcome) in enumerate(zip(script.turn, played.outcomes, strict=True), 1):
        language = line.reply_language(twin)
        checks = (*_decided(line, outcome), *_known(line, outcome, twin), *_spoken(line, outcome, language))
        forbidden = (*script.never_says[language], *line.never_says[language])
        for what, expected, came in (*checks, *_forbidden(forbidden, outcome)):
            yield Difference(turn=number, what=what, expected=expected, came=came, customer=outcome.customer)


def against_twin(script: Script, played: Played, arabic: Played) -> Iterator[Difference]:
    """Yield where a twin goes another way than the Arabic one."""
    for number, (line, ours, theirs) in enumerate(zip(script.turn, played.outcomes, arabic.outcomes, strict=True), 1):
        pairs = [
            *_route(ours, theirs),
            ("priority", ours.priority, theirs.priority),
            ("slots", ours.known or _NOTHING, theirs.known or _NOTHING),
        ]
        if line.intent:
            pairs.append(("intent", ours.intent, theirs.intent))
        for what, came, twins in pairs:
            if came != twins:
                expected = f"{twins} as in {Twin.ar}"
                yield Difference(turn=number, what=what, expected=expected, came=came, customer=ours.customer)


def against_route(script: Script, twin: Twin, played: Played, spelled_well: Played) -> Iterator[Difference]:
    """Yield where a respelled call leaves the route of the call spelled well, or says more of what it never must."""
    turns = zip(script.turn, played.outcomes, spelled_well.outcomes, strict=True)
    for number, (line, ours, theirs) in enumerate(turns, 1):
        language = line.reply_language(twin)
        pairs = (*_route(ours, theirs), ("language", ours.language, theirs.language))
        left = [(what, f"{before} as when spelled well", came) for what, came, before in pairs if came != before]
        forbidden = [
            phrase
            for phrase in (*script.never_says[language], *line.never_says[language])
            if not any(_said(phrase, text) for text in theirs.told)
        ]
        for what, expected, came in (*left, *_forbidden(forbidden, ours)):
            yield Difference(turn=number, what=what, expected=expected, came=came, customer=ours.customer)


_Check = tuple[str, str, str]
"""What was looked at, what was expected, what came."""


def _route(ours: Outcome, theirs: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield what makes a turn's route, of both calls: whose it is, what is opened, who is called in."""
    yield "persona", ours.persona, theirs.persona
    yield "ticket", _named(ours.ticket), _named(theirs.ticket)
    yield "escalation", _yes(ours.escalation), _yes(theirs.escalation)
    yield "human", _yes(ours.human), _yes(theirs.human)


def _decided(line: Line, outcome: Outcome) -> Iterator[_Check]:
    """Yield where the verdicts and decisions on a turn are not the expected ones."""
    single = (
        ("persona", line.persona, outcome.persona),
        ("priority", line.priority, outcome.priority),
        ("escalation", line.escalation, outcome.escalation),
        ("human", line.human, outcome.human),
        ("mode", line.mode, outcome.mode),
    )
    for what, expected, came in single:
        if expected is not None and expected != came:
            yield what, _yes(expected), _yes(came)
    if line.intent and outcome.intent not in line.intent:
        yield "intent", " or ".join(line.intent), outcome.intent
    if line.sentiment and outcome.sentiment not in line.sentiment:
        yield "sentiment", " or ".join(line.sentiment), outcome.sentiment
    if line.ticket is not None and not _touches(line.ticket, outcome.ticket):
        yield "ticket", _step(line.ticket), _named(outcome.ticket)


def _known(line: Line, outcome: Outcome, twin: Twin) -> Iterator[_Check]:
    """Yield the facts that are not known as expected."""
    for fact, expected in line.slots.items():
        came = outcome.slot(fact)
        if not _fits(expected, came, twin):
            wanted = expected[twin.language] if isinstance(expected, LocalizedText) else _filled(expected)
            yield f"slot {fact}", wanted, came or _NOTHING


def _spoken(line: Line, outcome: Outcome, language: Language) -> Iterator[_Check]:
    """Yield what is wrong with what the customer was told: its language, and what it does not say."""
    for text in outcome.told:
        if outcome.language is not language or not _written_in(language, text):
            yield "language", language, _quoted(text)
            break
    for phrase in line.says[language]:
        if not _said(phrase, outcome.answer):
            yield "says", phrase, _quoted(outcome.answer)


def _forbidden(phrases: Sequence[str], outcome: Outcome) -> Iterator[_Check]:
    for text in outcome.told:
        for phrase in _found(phrases, text):
            yield "never_says", _not(phrase), _quoted(text)


def _touches(step: TicketStep, came: TicketTouch | None) -> bool:
    match step:
        case bool():
            return (came is not None and came.opened) is step if step else came is None
        case int():
            return came is not None and not came.opened and came.place == step
        case TicketCategory():
            return came is not None and came.opened and came.category is step
        case _:
            return came is not None and not came.opened


def _step(step: TicketStep) -> str:
    match step:
        case bool():
            return "opens one" if step else _NOTHING
        case int():
            return f"adds to ticket {step}"
        case TicketCategory():
            return f"opens {step} ticket"
        case _:
            return "adds to an earlier one"


def _fits(expected: SlotValue, came: str | None, twin: Twin) -> bool:
    match expected:
        case bool():
            return (came is not None) is expected
        case LocalizedText():
            return came == expected[twin.language]
        case _:
            return came == expected


def _filled(expected: bool | str) -> str:  # noqa: FBT001 (a slot's expectation is either)
    return expected if isinstance(expected, str) else "filled" if expected else _NOTHING


def _named(touch: TicketTouch | None) -> str:
    return str(touch) if touch else _NOTHING


def _yes(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _not(phrase: str) -> str:
    return f"not {phrase}"


def _quoted(text: str) -> str:
    return f"“{' '.join(text.split())}”"


def _found(phrases: Sequence[str], text: str) -> Iterator[str]:
    return (phrase for phrase in phrases if _said(phrase, text))


def _said(phrase: str, text: str) -> bool:
    """Whether `text` holds a phrase: case, harakat and the spellings of one letter do not count, but in patterns."""
    pattern = regex_of(phrase)
    if pattern is not None:
        return re.search(pattern, text, re.IGNORECASE) is not None
    return normalise(phrase).text.strip() in normalise(text).text


def _written_in(language: Language, text: str) -> bool:
    """Whether most letters of `text` are of the language's direction."""
    letters = [char for char in text if char.isalpha()]
    arabic = sum("\u0600" <= char <= "\u06ff" for char in letters)
    return not letters or (2 * arabic > len(letters)) is language.rtl

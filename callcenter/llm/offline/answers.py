"""Answer general questions from the profile: hours, address, contacts, policies, frequent questions, accounts.

What the profile does not say is not said: the voice owns that it does not know, and names a way to somebody who does.
"""

from __future__ import annotations

from typing import Final

from callcenter.analysis.models import Act, EntityKind
from callcenter.company import Answer
from callcenter.company.hours import DAY_NAMES, Weekday
from callcenter.llm.offline import passages
from callcenter.llm.offline.facts import quoted
from callcenter.llm.offline.phrases import Cue
from callcenter.llm.offline.turn import Draft, Turn

AT_MOST: Final = 2
"""A message that touches more topics than this is answered on the most specific ones."""
_DAY_ALONE: Final = 2
"""A question of so few words with a day in it asks about the day."""
REACH: Final = frozenset({EntityKind.phone, EntityKind.email})


def from_profile(turn: Turn) -> Draft | None:
    """Answer what the profile answers of the message; None if that is nothing."""
    draft = Draft()
    spans: list[tuple[int, int]] = []
    for cue, answer in FACTS.items():
        if cue in turn.cues and len(spans) < AT_MOST and _asks(turn, cue):
            answer(turn, draft)
            spans.append(turn.cues[cue])
    if not spans and (found := passages.answer(turn)):
        return found
    for mention in () if turn.does(Act.not_interested) else turn.articles:  # what is turned down needs no telling
        apart = all(mention.end <= start or end <= mention.start for start, end in spans)
        if apart and len(spans) < AT_MOST:
            text = turn.once(quoted(mention.topic, turn.language))
            if spans and not draft.add_if_room(text):
                break
            if not spans:
                draft.add(text)
            spans.append((mention.start, mention.end))
    if not spans:
        return None
    draft.closing = turn.say(turn.lines.anything_else)
    return draft


def unknown(turn: Turn) -> Draft:
    """Say honestly that the profile has no answer, and how to get one."""
    return Draft([turn.facts.unknown], turn.say(turn.lines.human_hint))


def account(turn: Turn) -> Draft:
    """Guide to self-service where the profile tells how; be honest that nothing is changed from here."""
    facts, lines = turn.facts, turn.lines
    orders = turn.told(EntityKind.order_number) and not turn.brief.analysis.question.is_question
    if not orders and (found := passages.answer(turn)):  # who gives a number wants it done rather than explained
        return found
    topics = [each.topic for each in turn.articles]
    guide = next((topic for topic in topics if isinstance(topic, Answer)), None)
    if guide is not None:
        return Draft([quoted(guide, turn.language), turn.say(lines.account_limits)], turn.say(lines.anything_else))
    if topics:
        return Draft([quoted(topics[0], turn.language), turn.say(lines.account_limits)], turn.say(lines.human_hint))
    return Draft(
        [
            turn.say(lines.account_limits),
            turn.say(lines.contacts, phone=facts.phone, email=facts.email),
            turn.say(lines.account_secrets),
        ],
        turn.say(lines.human_hint),
    )


def number_noted(turn: Turn, number: str) -> Draft:
    """Take a number that came before anything was said about it; an order's only if the customer says so."""
    lines = turn.lines
    noted = turn.say(lines.noted_number, label=turn.say(lines.labels[turn.number_label(number)]), number=number)
    return Draft([noted], turn.say(lines.ask_about_number))


def reach_noted(turn: Turn, contact: str) -> Draft:
    """Take a phone number or address that nobody asked for; nothing calls back by itself, so say what does."""
    return Draft([turn.say(turn.lines.noted_reach, contact=contact)], turn.say(turn.lines.ready_to_start))


def _asks(turn: Turn, cue: Cue) -> bool:
    """Whether the cue asks; "my number is ..." gives a contact, and "it broke on Friday" wants no opening hours."""
    asks = turn.brief.analysis.question.is_question
    match cue:
        case Cue.contacts:
            return not any(turn.told(kind) for kind in REACH)
        case Cue.branch:
            start, end = turn.cues[cue]
            return not any(each.start < end and start < each.end for each in turn.articles)
        case Cue.day:
            alone = turn.brief.analysis.language.words <= _DAY_ALONE or turn.facts.hours in turn.brief.said
            return asks and (alone or not {Cue.at_work, Cue.hours, Cue.open_now}.isdisjoint(turn.cues))
        case Cue.about:
            return asks
        case _:
            return True


def _hours(turn: Turn, draft: Draft) -> None:
    draft.add(turn.once(turn.say(turn.lines.hours, hours=turn.facts.hours)))


def _open_now(turn: Turn, draft: Draft) -> None:
    if turn.day is None and _apart_from_now(turn):
        return
    draft.add(_open_on(turn) or _whether_open(turn))
    if Cue.hours not in turn.cues:
        _hours(turn, draft)


def _address(turn: Turn, draft: Draft) -> None:
    draft.add(turn.say(turn.lines.address, address=turn.facts.address))
    if turn.facts.map_url:
        draft.add(turn.say(turn.lines.map, url=turn.facts.map_url))


def _contacts(turn: Turn, draft: Draft) -> None:
    draft.add(turn.say(turn.lines.contacts, phone=turn.facts.phone, email=turn.facts.email))
    if turn.facts.whatsapp:
        draft.add(turn.say(turn.lines.whatsapp, whatsapp=turn.facts.whatsapp))


def _day(turn: Turn, draft: Draft) -> None:
    if not {Cue.hours, Cue.open_now} & turn.cues.keys():
        draft.add(_open_on(turn))
        _hours(turn, draft)


def _apart_from_now(turn: Turn) -> bool:
    """Whether "are you open" goes on to a time of its own: "open on Staurday", which the hours answer."""
    (start, end), (other_start, other_end) = turn.cues[Cue.open_now], turn.cues.get(Cue.hours, (0, 0))
    return start < other_end and other_start < end


def _open_on(turn: Turn) -> str:
    """Answer for the day the message names; nothing if it names none."""
    day = turn.day
    if day is None:
        return ""
    named = DAY_NAMES[list(Weekday)[day.weekday()]][turn.language]
    plan = turn.company.calendar.plan(day)
    if not plan.spans and plan.name is not None:
        return turn.say(turn.lines.closed_that_day, day=named, reason=plan.name[turn.language])
    return turn.say(turn.lines.open_on if plan.spans else turn.lines.closed_on, day=named)


def _whether_open(turn: Turn) -> str:
    return turn.say(turn.lines.open_now) if turn.open_now else turn.say(turn.lines.closed_now, opens=turn.opens)


def _about(turn: Turn, draft: Draft) -> None:
    draft.add(turn.once(turn.facts.about))


def _website(turn: Turn, draft: Draft) -> None:
    draft.add(turn.say(turn.lines.website, url=turn.facts.website))


FACTS: Final = {
    Cue.open_now: _open_now,
    Cue.hours: _hours,
    Cue.address: _address,
    Cue.branch: _address,
    Cue.contacts: _contacts,
    Cue.website: _website,
    Cue.about: _about,
    Cue.day: _day,
}
"""What every company has an answer to, in the order it is given."""

"""One reply in the making: what the brief says, what the message is about, and the parts gathered so far.

Finds nothing out and decides nothing about content; the siblings do, each for its own kind of message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from callcenter.analysis import PhraseIndex
from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import ConversationIntent, Language
from callcenter.company import Answer, Company, Mention, Policy, Service, Topic, Weekday
from callcenter.company.calendar_words import at_moment, by_moment
from callcenter.company.topics import TopicIndex
from callcenter.llm import Brief
from callcenter.llm.offline.counts import CountForm, Unit, rounded, said
from callcenter.llm.offline.facts import BULLET, Facts, Item, ItemRef, ServiceFacts
from callcenter.llm.offline.phrases import Cue, Day, Label, Phrases, Wordings

REPLY_CHARS: Final = 600
"""A longer reply is not read on a phone; parts beyond it that are not essential are left out."""
CHOOSING_WORDS: Final = 4
"""A longer message with "first" in it tells a story rather than chooses from a list."""
_NAME: Final = re.compile(r"\{\w+\}")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?؟])\s")
_NUMBERED: Final = {
    Cue.invoice: Label.invoice,
    Cue.contract: Label.contract,
    Cue.booking: Label.booking,
    Cue.order: Label.order,
}
NUMBERS: Final = _NUMBERED.keys()
"""What a number can be of, but for a phone."""
MATTERS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})


@dataclass(slots=True)
class Draft:
    """A reply as parts in order, and the one question or remark it may end with."""

    parts: list[str] = field(default_factory=list)
    closing: str | None = None
    asking: bool = True
    """Whether the question that is due may follow."""

    def add(self, *parts: str) -> None:
        """Say these next."""
        self.parts.extend(part for part in parts if part)

    def add_if_room(self, part: str) -> bool:
        """Say this next unless the reply gets too long; return whether it is said. What would stand alone always is."""
        if part and (not self.parts or self.length + len(part) <= REPLY_CHARS):
            self.parts.append(part)
            return True
        return False

    @property
    def length(self) -> int:
        """Characters so far, the closing and what joins the parts included."""
        return sum(map(len, self.parts)) + len(self.parts) + len(self.closing or "")

    def text(self) -> str:
        """Join the parts: a list stands in lines of its own, all else in one paragraph."""
        parts = [*self.parts, self.closing] if self.closing else self.parts
        pieces: list[str] = []
        for part in parts:
            if pieces:
                pieces.append("\n" if "\n" in pieces[-1] or "\n" in part else " ")
            pieces.append(part)
        return "".join(pieces)


class Article(NamedTuple):
    """A policy or frequent question, and where the message comes near it."""

    topic: Policy | Answer
    start: int
    end: int


@dataclass(frozen=True)
class Turn:
    """A brief with all that is needed to answer it; what the message is about is only looked up where it matters."""

    brief: Brief
    lines: Phrases
    facts: Facts
    counts: Mapping[Unit, Mapping[Language, tuple[CountForm, ...]]]
    heard: ConversationIntent
    """The intent, or `other` where it was only a guess."""
    company: Company
    cue_index: PhraseIndex[Cue]
    day_index: PhraseIndex[Day]
    ordinal_index: PhraseIndex[int]
    """Finds "the first", "the second" ... as 0, 1 ...; `last_ordinal` is "the last"."""
    last_ordinal: int
    item_index: TopicIndex[ItemRef]

    @cached_property
    def mentions(self) -> tuple[Mention[Topic], ...]:
        """What of the profile the message is about, the most specific first."""
        return self.company.topics(self.brief.text)

    @cached_property
    def cues(self) -> Mapping[Cue, tuple[int, int]]:
        """What the message asks about beside the profile's topics, and where it says so."""
        found: dict[Cue, tuple[int, int]] = {}
        for match in self.cue_index.find(self.brief.text):
            found.setdefault(match.payload, (match.start, match.end))
        return found

    @property
    def open_now(self) -> bool:
        """Whether somebody is in."""
        return self.company.calendar.is_open(self.brief.at)

    @property
    def opens(self) -> str:
        """When somebody is in again."""
        calendar = self.company.calendar
        return at_moment(calendar, calendar.next_opening(self.brief.at), now=self.brief.at, language=self.language)

    @property
    def day(self) -> date | None:
        """The first day the message names: of a day of the week the next one, which may be today."""
        named = next((match.payload for match in self.day_index.find(self.brief.text)), None)
        if named is None:
            return None
        today = self.company.calendar.day_of(self.brief.at)
        if named is Day.tomorrow:
            return today + timedelta(days=1)
        ahead = (list(Weekday).index(Weekday(named.value)) - today.weekday()) % len(Weekday)
        return today + timedelta(days=ahead)

    @property
    def language(self) -> Language:
        """The language of the reply."""
        return self.brief.language

    def say(self, wordings: Wordings, **names: str) -> str:
        """Return one wording, the next one with each message of the customer's, with its names filled in."""
        options = wordings[self.brief.language]
        wording = options[self.brief.state.user_message_count % len(options)]
        return wording.format(**names) if names else wording

    def listed(self, items: Sequence[str]) -> str:
        """Join `items` as they stand in a sentence."""
        *first, last = items
        joined = self.say(self.lines.list_comma).join(first)
        return self.say(self.lines.list_last, items=joined, last=last) if first else last

    def does(self, act: Act) -> bool:
        """Whether the message shows this act."""
        return self.brief.analysis.does(act)

    def told(self, kind: EntityKind) -> str | None:
        """Return the fact of this kind that the message gives."""
        entity = self.brief.analysis.entity(kind)
        return entity.value if entity else None

    def just_said(self, *entries: Wordings) -> bool:
        """Whether our reply before this one said one of these; of a wording with names its longest piece tells."""
        said = self.brief.said
        return bool(said) and any(
            max(_NAME.split(wording), key=len) in said for entry in entries for wording in entry[self.language]
        )

    def once(self, text: str) -> str:
        """Return `text`, or, where our last reply had it already, its first sentence as a reminder."""
        if text not in self.brief.said:
            return text
        return self.say(self.lines.as_said, text=_SENTENCE_END.split(text)[0])

    @cached_property
    def services(self) -> tuple[ServiceFacts, ...]:
        """The services the message names, the most specific first, else the one it chooses from our last reply."""
        known = self.facts.services
        named = tuple(known[each.topic.id] for each in self.mentions if isinstance(each.topic, Service))
        if named:
            return named
        line = self.chosen_line
        if line is not None:
            return tuple(each for each in known.values() if line.startswith(each.name) or line in each.prices)[:1]
        items = (each.topic for each in self.item_index.find(self.brief.text))
        offered = (known[ref.service] for ref in items if known[ref.service].name in self.brief.said)
        return tuple(dict.fromkeys(offered))[:1]

    def item(self, service: ServiceFacts) -> Item | None:
        """Return what the message names, or chooses from our last list, of all that `service` is sold as."""
        named = (each.topic for each in self.item_index.find(self.brief.text))
        place = next((ref.place for ref in named if ref.service == service.id), None)
        if place is None and self.chosen_line in service.prices:
            place = service.prices.index(self.chosen_line)
        return service.items[place] if place is not None else None

    @cached_property
    def ordinal(self) -> int | None:
        """The place in a list that the message says, "the last" being -1; None where it says none."""
        if len(self.brief.text.split()) > CHOOSING_WORDS:
            return None
        places = [match.payload for match in self.ordinal_index.find(self.brief.text)]
        if not places:
            return None
        return -1 if places[0] == self.last_ordinal else places[0]

    @cached_property
    def chosen_line(self) -> str | None:
        """The line of our last reply's list that the message chooses by its place."""
        lines = [line.split("\n")[0] for line in self.brief.said.split(BULLET)[1:]]
        if self.ordinal is None or self.ordinal >= len(lines):
            return None
        return lines[self.ordinal] if lines else None

    @cached_property
    def interest(self) -> ServiceFacts | None:
        """The service in question: the one our last reply was about, else the one the customer asked about last."""
        said = "" if self.just_said(self.lines.name_one) else self.brief.said
        about = [each for each in self.facts.services.values() if each.name in said]
        if len(about) == 1:
            return about[0]
        interests = self.brief.state.interests
        return self.facts.services.get(interests[-1]) if interests else None

    @property
    def articles(self) -> tuple[Article, ...]:
        """Policies and frequent questions the message comes near, the most specific first."""
        return tuple(
            Article(each.topic, each.start, each.end) for each in self.mentions if not isinstance(each.topic, Service)
        )

    def number_label(self, number: str) -> Label:
        """Say what kind of number it is, by the words it came with in this message or on the ticket."""
        ticket = self.brief.ticket
        told = ticket.description.splitlines() if ticket else []
        lines = [line for line in told if number in line or self.does(Act.correction)]
        if number == self.told(EntityKind.order_number):
            lines.insert(0, self.brief.text)
        for line in lines:
            cues = {match.payload for match in self.cue_index.find(line)}
            label = next((label for cue, label in _NUMBERED.items() if cue in cues), None)
            if label is not None:
                return label
        return Label.number

    def within(self) -> str:
        """Say by when the ticket is answered."""
        ticket = self.brief.ticket
        left = ticket.due_at - self.brief.at if ticket else None
        if left is None or left.total_seconds() <= 0:
            return self.say(self.lines.shortly)
        if ticket and self.company.response_times.business_hours:
            return by_moment(self.company.calendar, ticket.due_at, now=self.brief.at, language=self.language)
        unit, number = rounded(left)
        return self.say(self.lines.within, time=said(number, self.counts[unit][self.language]))

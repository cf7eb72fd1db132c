"""One reply in the making: what the brief says, what the message is about, and the parts gathered so far.

Finds nothing out and decides nothing about content; the siblings do, each for its own kind of message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from callcenter.analysis import PhraseIndex
from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import ConversationIntent, Language
from callcenter.company import Answer, Company, Mention, Policy, Service, Topic
from callcenter.llm import Brief
from callcenter.llm.offline.counts import CountForm, Unit, rounded, said
from callcenter.llm.offline.facts import Facts, OpeningTimes, ServiceFacts
from callcenter.llm.offline.phrases import Cue, Phrases, Wordings

REPLY_CHARS: Final = 600
"""A longer reply is not read on a phone; parts beyond it that are not essential are left out."""
MATTERS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})


@dataclass(slots=True)
class Draft:
    """A reply as parts in order, and the one question or remark it may end with."""

    parts: list[str] = field(default_factory=list)
    closing: str | None = None

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
    times: OpeningTimes

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
        return self.times.open_at(self.brief.at)

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

    @property
    def services(self) -> tuple[ServiceFacts, ...]:
        """The services the message names, the most specific first."""
        known = self.facts.services
        return tuple(known[each.topic.id] for each in self.mentions if isinstance(each.topic, Service))

    @property
    def interest(self) -> ServiceFacts | None:
        """The service the customer asked about last."""
        interests = self.brief.state.interests
        return self.facts.services.get(interests[-1]) if interests else None

    @property
    def articles(self) -> tuple[Article, ...]:
        """Policies and frequent questions the message comes near, the most specific first."""
        return tuple(
            Article(each.topic, each.start, each.end) for each in self.mentions if not isinstance(each.topic, Service)
        )

    def within(self) -> str:
        """Say by when the ticket is answered."""
        ticket = self.brief.ticket
        left = ticket.due_at - self.brief.at if ticket else None
        if left is None or left.total_seconds() <= 0:
            return self.say(self.lines.shortly)
        unit, number = rounded(left)
        return self.say(self.lines.within, time=said(number, self.counts[unit][self.language]))

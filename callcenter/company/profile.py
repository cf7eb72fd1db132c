"""Hold what a company is, sells, promises and answers: the facts every persona speaks from. Values only.

loader.py reads them from a folder and refuses what is incomplete; topics.py finds them in customers' messages.
Every text is a pair, so whatever a reply quotes exists in the customer's language.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from callcenter.calls import Language, LocalizedText, PriorityLevel, Row, Value
from callcenter.company.calendar import Calendar
from callcenter.company.catalogue import Catalogue
from callcenter.company.hours import Hours, TimezoneName
from callcenter.company.money import CurrencyCode, Price
from callcenter.company.rules import ActionRules, Credit
from callcenter.company.topics import Entry, Mention, TopicIndex


def _shaped(pattern: str, what: str) -> AfterValidator:
    """Accept a text that matches `pattern` whole; `what` tells people what is wanted."""
    shape = re.compile(pattern)

    def check(text: str) -> str:
        if not shape.fullmatch(text):
            raise ValueError(f"{text!r} is not {what}")
        return text

    return AfterValidator(check)


_ID: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
ProfileId = Annotated[str, _shaped(_ID, "an id: lower case, digits and hyphens"), Field(max_length=64)]
"""What services, policies and answers are called in files and events."""
Url = Annotated[str, _shaped(r"https?://\S+", "an address such as https://example.com")]
Email = Annotated[str, _shaped(r"[^\s@]+@[^\s@]+\.[^\s@]+", "an e-mail address")]
PhoneNumber = Annotated[str, _shaped(r"\+[0-9][0-9 ]{6,18}[0-9]", "an international number such as +966 11 000 0000")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=80)]


def known_id(value: object) -> bool:
    """Whether `value` can be the id of a service or a policy, and so the name of its files."""
    return isinstance(value, str) and re.fullmatch(_ID, value) is not None


class Keywords(Value):
    """The words customers use for something, by language; dialects and plurals included, articles not needed."""

    ar: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    en: Annotated[tuple[Phrase, ...], Field(min_length=1)]

    @property
    def phrases(self) -> tuple[str, ...]:
        """The words of all languages."""
        return tuple(phrase for language in Language for phrase in self[language])

    def __getitem__(self, language: Language) -> tuple[str, ...]:
        """Return the words of `language`."""
        phrases: tuple[str, ...] = getattr(self, language.value)
        return phrases


class Service(Value):
    """Something the company sells."""

    id: ProfileId
    kind: Literal["service", "training"]
    name: LocalizedText
    summary: LocalizedText
    """One sentence."""
    details: LocalizedText
    """Markdown."""
    prices: tuple[Price, ...] = ()
    price_note: LocalizedText | None = None
    """What to say of the price beside the figures, or instead of them where it is by agreement."""
    duration: LocalizedText
    includes: Annotated[tuple[LocalizedText, ...], Field(min_length=1)]
    steps: Annotated[tuple[LocalizedText, ...], Field(min_length=1)]
    """How to proceed, in order."""
    keywords: Keywords
    """Words that mean this service; no two services share one."""
    subjects: Keywords | None = None
    """Words that mean this service only beside one of its keywords, and then no other: "digital marketing" beside
    "course" is what the course is about."""

    @model_validator(mode="after")
    def _check_price(self) -> Self:
        if not self.prices and self.price_note is None:
            raise ValueError("it needs prices, or a price_note that says how the price is found")
        return self

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """All that means this service, its name and its keywords, each with the field it stands in."""
        names = ((f"name.{language}", self.name[language]) for language in Language)
        keywords = ((f"keywords.{language}", phrase) for language in Language for phrase in self.keywords[language])
        return (*names, *keywords)

    def price_text(self, language: Language) -> str:
        """Write what it costs in one phrase, the lowest of its prices where there are several.

        Prices per another unit than the first one's, and what is free of charge beside it, are not compared with it.
        """
        if not self.prices:
            return self.price_note[language] if self.price_note else ""
        first, *others = self.prices
        alike = (each for each in others if (each.unit, each.currency) == (first.unit, first.currency))
        lowest = min((first, *(each for each in alike if each.amount_minor)), key=lambda each: each.amount_minor)
        return lowest.least(language) if others or lowest.starting_at else lowest.text(language)

    def price_list(self, language: Language) -> tuple[str, ...]:
        """Write every price with what it is for, one line each."""
        return tuple(f"{each.label[language]}: {each.text(language)}" for each in self.prices)


class Policy(Value):
    """A rule the company binds itself and its customers to."""

    id: ProfileId
    title: LocalizedText
    summary: LocalizedText
    """What replies quote: one to three sentences."""
    body: LocalizedText
    """Markdown."""
    keywords: Keywords


class Answer(Value):
    """A question customers often ask, answered."""

    id: ProfileId
    question: LocalizedText
    answer: LocalizedText
    keywords: Keywords


Topic = Service | Policy | Answer
"""What a message can talk about."""


class Social(Value):
    """The company on a social network."""

    name: LocalizedText
    url: Url


_PHONE: Final = LocalizedText(ar="الهاتف", en="Phone")
_WHATSAPP: Final = LocalizedText(ar="واتساب", en="WhatsApp")
_EMAIL: Final = LocalizedText(ar="البريد الإلكتروني", en="E-mail")
_ADDRESS: Final = LocalizedText(ar="العنوان", en="Address")
_MAP: Final = LocalizedText(ar="الموقع على الخريطة", en="Map")
_ISOLATED: Final = {True: "\u2066{}\u2069", False: "{}"}
"""By whether the line runs from right to left: there a spaced phone number would show its groups in reverse order."""


class Contacts(Value):
    """How customers reach the company."""

    phone: PhoneNumber
    whatsapp: PhoneNumber | None = None
    email: Email
    address: LocalizedText
    map_url: Url | None = None
    socials: tuple[Social, ...] = ()

    def describe(self, language: Language) -> str:
        """Write every way to reach the company, one a line; numbers and addresses keep their own direction."""
        lines = (
            (_PHONE, self.phone),
            (_WHATSAPP, self.whatsapp),
            (_EMAIL, self.email),
            (_ADDRESS, self.address[language]),
            (_MAP, self.map_url),
        )
        isolate = _ISOLATED[language.rtl]
        return "\n".join(
            f"{label[language]}: {value if label is _ADDRESS else isolate.format(value)}"
            for label, value in lines
            if value
        )


class Texts(Value):
    """What the company itself says, whichever persona speaks."""

    welcome: LocalizedText
    """Opens a call; a persona introduces itself after it."""
    goodbye: LocalizedText
    next_step: LocalizedText
    """How a customer who wants to buy goes on, whatever the service."""
    outside_hours: LocalizedText
    """Said when a human is wanted and nobody is in, beside the time of the answer: so it names no time itself."""
    unknown: LocalizedText
    """Said when the profile has no answer."""


class ResponseTimes(Value):
    """Within how many hours somebody acts on a ticket, by priority; promises.py reckons with them."""

    urgent: Annotated[int, Field(ge=1)]
    high: Annotated[int, Field(ge=1)]
    medium: Annotated[int, Field(ge=1)]
    low: Annotated[int, Field(ge=1)]
    business_hours: bool = False
    """Whether only the hours count in which the company is open; else hours of the clock."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.urgent <= self.high <= self.medium <= self.low:
            raise ValueError("a higher priority can't wait longer than a lower one")
        return self

    def within(self, priority: PriorityLevel) -> timedelta:
        """Return the time the company gives itself for `priority`."""
        hours: int = getattr(self, priority.value)
        return timedelta(hours=hours)


class Company(Value):
    """A business as its call centre presents it."""

    id: ProfileId
    name: LocalizedText
    tagline: LocalizedText
    about: LocalizedText
    default_language: Language
    timezone: TimezoneName
    currency: CurrencyCode
    website: Url
    hours: Hours
    contacts: Contacts
    texts: Texts
    response_times: ResponseTimes
    services: tuple[Service, ...]
    """In the order they are offered."""
    policies: tuple[Policy, ...]
    faq: tuple[Answer, ...]
    lexicon_folder: Path | None = None
    """The company's own words for the analyzer, where it brings some."""
    actions: ActionRules = ActionRules()
    credit: Credit | None = None
    """None: it says nothing of its own about instalments."""
    tables: dict[str, tuple[Row, ...]] = Field(default_factory=dict)
    """Its own data as its files have it, by the name of the table; what has become of it since is in the store."""
    catalogue: Catalogue | None = None
    """How to read its table `catalogue`, where it brings one."""

    @property
    def calendar(self) -> Calendar:
        """When it is open, at given moments."""
        return self._calendar

    def service(self, service_id: str) -> Service | None:
        """Return the service with this id, None if the company has none such (any more)."""
        for each in self.services:
            if each.id == service_id:
                return each
        return None

    def topics(self, text: str) -> tuple[Mention[Topic], ...]:
        """Find all that a message talks about, the most specific first."""
        return self._topic_index.find(text)

    def mentioned(self, text: str) -> tuple[Service, ...]:
        """Return the services a message talks about, the most specific first."""
        return tuple([found.topic for found in self.topics(text) if isinstance(found.topic, Service)])

    def policies_mentioned(self, text: str) -> tuple[Policy, ...]:
        """Return the policies a message talks about, the most specific first."""
        return tuple(found.topic for found in self.topics(text) if isinstance(found.topic, Policy))

    def answers_mentioned(self, text: str) -> tuple[Answer, ...]:
        """Return the answers whose question a message comes near, the most specific first."""
        return tuple(found.topic for found in self.topics(text) if isinstance(found.topic, Answer))

    @cached_property
    def _calendar(self) -> Calendar:
        return Calendar(self.hours)

    @cached_property
    def _topic_index(self) -> TopicIndex[Topic]:
        services = (
            Entry[Topic](each, [phrase for _, phrase in each.words], each.subjects.phrases if each.subjects else ())
            for each in self.services
        )
        policies = (Entry[Topic](each, each.keywords.phrases) for each in self.policies)
        answers = (Entry[Topic](each, each.keywords.phrases) for each in self.faq)
        return TopicIndex([*services, *policies, *answers])

"""Hold scripted calls: what customers say in every language, and what must come of it.

A scenario is one call in twins: Arabic and English always, further spellings of the Arabic where they are written down.
How files of them are read, scenario_files.py says; what came is compared with what is expected here in differences.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from callcenter.analysis import clean, normalise
from callcenter.calls import (
    ConversationIntent,
    Language,
    LocalizedText,
    Mode,
    PersonaType,
    PriorityLevel,
    Sentiment,
    TicketCategory,
    Value,
)
from callcenter.evaluation.mutations import Mutation, holds

SAME: Final = "same"
"""A turn adds to a ticket that was opened earlier in the call."""
REGEX_MARK: Final = "/"
"""A phrase between two of these is a regular expression."""


class Twin(StrEnum):
    """A way the same call is said; its value is the key of the customer's words in a turn."""

    ar = "ar"
    en = "en"
    arabizi = "arabizi"
    """Arabic in Latin letters and digits."""
    mixed = "mixed"
    """Arabic with English words in it."""

    @property
    def language(self) -> Language:
        """The language the customer speaks, and is answered in."""
        return _LANGUAGES[self]


_LANGUAGES: Final = {
    Twin.ar: Language.ar,
    Twin.en: Language.en,
    Twin.arabizi: Language.ar,
    Twin.mixed: Language.ar,
}
WRITTEN_ALWAYS: Final = (Twin.ar, Twin.en)
"""The twins every turn has."""


class ReplyLanguage(StrEnum):
    """The language a turn is answered in."""

    twin = "twin"
    """The one the twin began in."""
    other = "other"
    """The other one: the customer has changed language."""


class Fact(StrEnum):
    """A slot that a turn may be expected to fill: a field of `Slots`, or `contact` for either way of reaching them."""

    order_number = "order_number"
    category = "category"
    description = "description"
    urgency = "urgency"
    phone = "phone"
    email = "email"
    name = "name"
    amount = "amount"
    date = "date"
    contact = "contact"


def _listed(value: object) -> object:
    """Read one value as a list of one."""
    return value if isinstance(value, list) else [value]


def _compilable(phrase: str) -> str:
    pattern = regex_of(phrase)
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    elif not normalise(phrase).text.strip():
        raise ValueError("a phrase needs words")
    return phrase


def _readable(words: str) -> str:
    if clean(words).empty:
        raise ValueError("it is empty")
    return words


def _ticket(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, int) and value >= 1) or value == SAME:
        return value
    if isinstance(value, str) and value in set(TicketCategory):
        return TicketCategory(value)
    raise ValueError(
        'use true (a ticket is opened), false (none is touched), "same" (added to an earlier one), a number '
        f"(added to the call's first, second ... ticket) or the category it is opened with: {', '.join(TicketCategory)}"
    )


def _slot(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return LocalizedText.model_validate(value)
    if isinstance(value, bool | str):
        return value
    raise ValueError("use true (filled), false (empty), the value, or { ar = ..., en = ... }")


Said = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_readable)]
Phrase = Annotated[str, StringConstraints(min_length=1), AfterValidator(_compilable)]
TicketStep = Annotated[bool | int | TicketCategory | str, BeforeValidator(_ticket)]
SlotValue = Annotated[bool | str | LocalizedText, BeforeValidator(_slot)]


class Phrases(Value):
    """What an answer must, or must not, say in each language; regular expressions stand between slashes."""

    ar: Annotated[tuple[Phrase, ...], BeforeValidator(_listed)] = ()
    en: Annotated[tuple[Phrase, ...], BeforeValidator(_listed)] = ()

    def __getitem__(self, language: Language) -> tuple[Phrase, ...]:
        """Return the phrases in `language`."""
        found: tuple[Phrase, ...] = getattr(self, language.value)
        return found


class Line(Value):
    """One turn as scripted: what the customer says, and what must come of it. What is not stated is not checked."""

    ar: Said
    en: Said
    arabizi: Said | None = None
    mixed: Said | None = None
    """Further twins; a turn without its own words is said in Arabic there."""

    persona: PersonaType | None = None
    """Who answers."""
    intent: Annotated[tuple[ConversationIntent, ...], BeforeValidator(_listed)] = ()
    """Any of these."""
    sentiment: Annotated[tuple[Sentiment, ...], BeforeValidator(_listed)] = ()
    """Any of these."""
    priority: PriorityLevel | None = None
    ticket: TicketStep | None = None
    slots: Mapping[Fact, SlotValue] = Field(default_factory=dict)
    """What the call knows after this turn: a value, or whether it is filled."""
    escalation: bool | None = None
    human: bool | None = None
    """A human is asked for."""
    mode: Mode | None = None
    """Who has the call after this turn."""
    replies_in: ReplyLanguage = ReplyLanguage.twin
    says: Phrases = Phrases()
    """Phrases the answer must hold, every one of its language's."""
    never_says: Phrases = Phrases()
    """Phrases that must not stand in anything the customer is told in this turn."""

    def said(self, twin: Twin) -> str:
        """Return the customer's words in `twin`."""
        words: str | None = getattr(self, twin.value)
        return words or self.ar

    def reply_language(self, twin: Twin) -> Language:
        """Return the language this turn must be answered in."""
        return twin.language if self.replies_in is ReplyLanguage.twin else twin.language.other


class Script(Value):
    """A scenario file's content."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    starts_at: AwareDatetime | None = None
    """When the call begins; None: just after the company opened."""
    mutations: tuple[Mutation, ...] | None = None
    """Only these; None: all."""
    without_mutations: tuple[Mutation, ...] = ()
    """All but these."""
    code_switch: Mapping[Said, Said] = Field(default_factory=dict)
    """Arabic words and the English ones that bilingual customers say in their place."""
    never_says: Phrases = Phrases()
    """Phrases that must not stand in anything the customer is told in this call, its greeting included."""
    turn: Annotated[tuple[Line, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mutations is not None and self.without_mutations:
            raise ValueError("state `mutations` or `without_mutations`, not both")
        for arabic, english in self.code_switch.items():
            if not any(holds(line.ar, arabic) or holds(line.en, english) for line in self.turn):
                raise ValueError(f"code_switch: no turn holds {arabic!r} in Arabic or {english!r} in English")
        return self

    @property
    def twins(self) -> tuple[Twin, ...]:
        """The ways this call is said."""
        further = (twin for twin in Twin if twin not in WRITTEN_ALWAYS)
        return (*WRITTEN_ALWAYS, *(twin for twin in further if any(getattr(line, twin.value) for line in self.turn)))

    @property
    def wanted_mutations(self) -> tuple[Mutation, ...]:
        """The mutations that must not change its route."""
        wanted = tuple(Mutation) if self.mutations is None else self.mutations
        return tuple(each for each in wanted if each not in self.without_mutations)


class Scenario(Value):
    """A script with the name it goes by: its file's, without the ending."""

    name: str
    script: Script


def regex_of(phrase: str) -> str | None:
    """Return the regular expression that stands between slashes; None for plain words."""
    slashed = len(phrase) > 2 * len(REGEX_MARK) and phrase.startswith(REGEX_MARK) and phrase.endswith(REGEX_MARK)
    return phrase[1:-1] if slashed else None

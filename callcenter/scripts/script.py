"""What a service script is: what it is for, the steps a persona takes in order, and how it ends.

Every change makes a new version, and the old ones stay. Version 0 is what the company folder holds; whoever edits that
by API makes version 1, which stands over the folder's from then on. Only published scripts are followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Final, Protocol, Self

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from callcenter.calls import ConversationIntent, Language, LocalizedText, PersonaType, Slot, Term, TicketCategory, Value
from callcenter.company.money import written
from callcenter.errors import ScriptConflict
from callcenter.knowledge.article import MAX_VERSIONS, Slug, known_slug

__all__ = ["MAX_VERSIONS", "Slug", "known_slug"]

MAX_STEPS: Final = 15
"""Nobody answers more questions in one call."""
MAX_SCRIPTS: Final = 500
"""So many are kept at most: all of them are matched in memory."""
_TEXT_CHARS: Final = 500
_TITLE_CHARS: Final = 120
_WORDS: Final = 60


class ScriptStatus(Term):
    """How far a script got; only published ones are followed."""

    draft = "draft"
    published = "published"
    archived = "archived"


class FactKind(Term):
    """What kind of answer a step expects; other words are taken as they are."""

    text = "text"
    number = "number"
    date = "date"
    money = "money"
    yes_no = "yes_no"
    choice = "choice"


YES: Final = "yes"
NO: Final = "no"
ANSWERS: Final[dict[str, LocalizedText]] = {
    YES: LocalizedText(ar="نعم", en="yes"),
    NO: LocalizedText(ar="لا", en="no"),
}
"""How a yes and a no are told back."""

SLOTS: Final = frozenset({Slot.order_number, Slot.contact, Slot.description})
"""What intake knows as well; category and urgency are understood, never asked."""


def _bounded(limit: int) -> AfterValidator:
    def check(text: LocalizedText) -> LocalizedText:
        for language in Language:
            if len(text[language]) > limit:
                raise ValueError(f"the {language} text has more than {limit} characters")
            if any("\ud800" <= char <= "\udfff" or char == "\0" for char in text[language]):
                raise ValueError("it holds a character that can't be stored")
        return text

    return AfterValidator(check)


Text = Annotated[LocalizedText, _bounded(_TEXT_CHARS)]
Title = Annotated[LocalizedText, _bounded(_TITLE_CHARS)]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")
]
Words = Annotated[dict[Language, Annotated[tuple[Word, ...], Field(max_length=_WORDS)]], Field(max_length=2)]
"""Words by language; one may be missing."""


class Option(Value):
    """One of the answers a step offers."""

    id: Slug
    label: Title
    words: Words = Field(default_factory=dict)
    """What else customers call it."""


class Step(Value):
    """One question of a script."""

    id: Slug
    label: Title
    """What the answer is called in a summary: `Number of pages`."""
    question: Text
    """As the customer is asked."""
    guideline: Text
    """What the persona, or the agent, minds in asking."""
    slot: Slot | None = None
    """The fact of intake that it fills: `contact`, `order_number` or `description`."""
    kind: FactKind | None = None
    """Else the kind of its own fact."""
    options: Annotated[tuple[Option, ...], Field(max_length=20)] = ()
    """Of a choice."""
    words: Words = Field(default_factory=dict)
    """Of a number: what is counted, so that "ten pages" is understood unasked."""
    required: bool = True
    """An optional one may be left open: "I don't know", "later"."""

    @model_validator(mode="after")
    def _check_fact(self) -> Self:
        if (self.slot is None) == (self.kind is None):
            raise ValueError("name either the slot it fills or the kind of its own fact")
        if self.slot is not None and self.slot not in SLOTS:
            raise ValueError(f"a step fills one of {', '.join(sorted(SLOTS))}")
        if (self.kind is FactKind.choice) != (len(self.options) > 1):
            raise ValueError("a choice needs two options or more, and nothing else has any")
        _check_unique("options", (option.id for option in self.options))
        return self

    def told(self, value: str, language: Language) -> str:
        """Return what a customer's answer is told back as."""
        if self.kind is FactKind.choice:
            return next((each.label[language] for each in self.options if each.id == value), value)
        if self.kind is FactKind.yes_no and value in ANSWERS:
            return ANSWERS[value][language]
        return written(value, language) if self.kind is FactKind.money else value


class Demand(Value):
    """What a script is for: the words customers come with, and what else speaks for it."""

    phrases: Words
    """Trigger phrases; a message without one never begins the script."""
    intents: Annotated[tuple[ConversationIntent, ...], Field(max_length=len(ConversationIntent))] = ()
    categories: Annotated[tuple[TicketCategory, ...], Field(max_length=len(TicketCategory))] = ()
    services: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    """Ids of the company's services."""

    @model_validator(mode="after")
    def _check_phrases(self) -> Self:
        if missing := [language for language in Language if not self.phrases.get(language)]:
            raise ValueError(f"phrases has nothing for {', '.join(missing)}")
        return self


class ScriptBody(Value):
    """All of a script but how far it got: what is written and edited."""

    title: Title
    demand: Demand
    persona: PersonaType
    """Who follows it."""
    category: TicketCategory = TicketCategory.callback
    """Of the ticket that is opened at the end where there is none."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    """In the order they are asked."""
    closing: Text
    """What follows, as the customer is told behind the summary at the end."""

    @model_validator(mode="after")
    def _check_steps(self) -> Self:
        _check_unique("steps", (step.id for step in self.steps))
        _check_unique("steps", (f"the slot {step.slot}" for step in self.steps if step.slot is not None))
        return self


class Script(ScriptBody):
    """One version of a script."""

    id: Slug
    status: ScriptStatus = ScriptStatus.draft
    version: Annotated[int, Field(ge=0)] = 0
    """0: from the company folder."""
    updated_at: AwareDatetime | None = None
    """When this version was made; None for the folder's."""
    actor: str | None = None
    """Who made it; None for the folder's."""

    def check_version(self, version: int | None) -> None:
        """Raise ScriptConflict where somebody saw another version than this; None: they do not say."""
        if version is not None and version != self.version:
            raise ScriptConflict(version=self.version)

    def step(self, step_id: str | None) -> Step | None:
        """Return the step of this id, if there is one."""
        return next((step for step in self.steps if step.id == step_id), None)

    def place(self, step_id: str) -> int:
        """Return a step's place, from 1; that of one that is gone is the last."""
        places = (number for number, step in enumerate(self.steps, 1) if step.id == step_id)
        return next(places, len(self.steps))


class ScriptStore(Protocol):
    """Keeps scripts; a part of what every store promises."""

    async def scripts(self) -> list[Script]:
        """Return the newest version of every script kept here, archived ones included, by id."""
        ...

    async def scripts_kept(self) -> int:
        """Return how many versions are kept in all: it grows with every change, and costs little to ask."""
        ...

    async def script_versions(self, script_id: str) -> list[Script]:
        """Return what is kept of a script, oldest first, MAX_VERSIONS at most; empty where nothing is."""
        ...

    async def save_script(self, script: Script) -> None:
        """Keep a new version, which must follow the newest one kept; version 1 begins a script.

        Raises ScriptConflict when somebody was quicker.
        """
        ...


def _check_unique(field: str, names: Iterable[str]) -> None:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{field} names {', '.join(twice)} twice")

"""Read who the personas are from their files; refuse incomplete ones with every problem at once, by file and field.

    TYPE.toml            name, role, traits, what it may and must not do, its lines; TYPE is a PersonaType
    TYPE.ar.md, .en.md   its instructions for a language model
    texts.toml           names of the product's values and the summary of a handoff, for all personas

What a line means and when it is said stands in manager.py; this module knows what must be there, in both languages.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from callcenter.calls import (
    ActionName,
    Channel,
    ConversationIntent,
    Language,
    LocalizedText,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slot,
    Speaker,
    TicketCategory,
    Value,
)
from callcenter.errors import ConfigurationError
from callcenter.events import Outcome
from callcenter.tickets import TicketStatus

FOLDER: Final = Path(__file__).parent
"""The personas that come with the product."""

ValueT = TypeVar("ValueT", bound=Value)
NameT = TypeVar("NameT", bound=StrEnum)
Texts = Annotated[tuple[LocalizedText, ...], Field(min_length=1)]


class Trouble(StrEnum):
    """Why a persona has to apologise."""

    unknown = "unknown"
    """It has no answer."""
    technical = "technical"
    """Something of ours failed."""


class PersonaConfig(Value):
    """One persona as its files describe it."""

    type: PersonaType
    name: LocalizedText
    role: LocalizedText
    """What it is, to people who look at a call: "Sales consultant"."""
    team: LocalizedText
    colleague: LocalizedText
    """What the other personas call it, in the gender of its name: "my colleague Sarah from the sales team"."""
    traits: Texts
    may: Texts
    must_not: Texts
    greeting: LocalizedText
    """Opens a call, at any time of day; `{welcome}` is the company's own first words."""
    greeting_named: LocalizedText
    """The same with the customer's name, `{customer}`."""
    introduction: LocalizedText
    """One sentence on taking over: who speaks, and that it knows why the customer comes."""
    introductions: dict[ConversationIntent, LocalizedText] = Field(default_factory=dict)
    """The same where it can say more, by what the customer wants."""
    handoff: LocalizedText
    """Said on leaving; `{colleague}` is the next persona."""
    apologies: dict[Trouble, LocalizedText]
    prompt: LocalizedText
    """Instructions for a language model; prompting adds facts and state."""

    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        _need(self.greeting, "greeting", {"welcome"})
        _need(self.greeting_named, "greeting_named", {"welcome", "customer"})
        _need(self.introduction, "introduction", set())
        _need(self.handoff, "handoff", {"colleague"})
        for intent, text in self.introductions.items():
            _need(text, f"introductions.{intent}", set())
        _complete(self.apologies, Trouble, "apologies")
        return self


class Labels(Value):
    """The product's values as people read them; complete, or the files are refused."""

    intent: dict[ConversationIntent, LocalizedText]
    sentiment: dict[Sentiment, LocalizedText]
    priority: dict[PriorityLevel, LocalizedText]
    category: dict[TicketCategory, LocalizedText]
    status: dict[TicketStatus, LocalizedText]
    slot: dict[Slot, LocalizedText]
    channel: dict[Channel, LocalizedText]
    speaker: dict[Speaker, LocalizedText]
    outcome: dict[Outcome, LocalizedText]
    action: dict[ActionName, LocalizedText]

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        _complete(self.intent, ConversationIntent, "intent")
        _complete(self.sentiment, Sentiment, "sentiment")
        _complete(self.priority, PriorityLevel, "priority")
        _complete(self.category, TicketCategory, "category")
        _complete(self.status, TicketStatus, "status")
        _complete(self.slot, Slot, "slot")
        _complete(self.channel, Channel, "channel")
        _complete(self.speaker, Speaker, "speaker")
        _complete(self.outcome, Outcome, "outcome")
        _complete(self.action, ActionName, "action")
        return self


class SummaryLines(Value):
    """The lines of a handoff's summary, in the order they are written."""

    customer: LocalizedText
    intent: LocalizedText
    intent_of_category: LocalizedText
    """Instead of `intent` where the kind of matter is known."""
    description: LocalizedText
    interests: LocalizedText
    order_number: LocalizedText
    amount: LocalizedText
    date: LocalizedText
    phone: LocalizedText
    email: LocalizedText
    sentiment: LocalizedText
    priority: LocalizedText
    tickets: LocalizedText


class RatingLines(Value):
    """What every persona says about the customer's score, 1 to 5."""

    ask: LocalizedText
    thanks: LocalizedText
    """`{score}` is what the customer gave."""
    changed: LocalizedText
    """For a score that replaces the one before."""
    low: LocalizedText
    """For a low score, first or changed."""
    offer: LocalizedText
    """After that, where the customer said no more: how to get a human or a ticket."""

    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        _need(self.ask, "ask", set())
        _need(self.offer, "offer", set())
        for name in ("thanks", "changed", "low"):
            _need(getattr(self, name), name, {"score"})
        return self


class PersonaTexts(Value):
    """What all personas share."""

    labels: Labels
    summary: SummaryLines
    rating: RatingLines


def load_personas(folder: Path | None = None) -> Mapping[PersonaType, PersonaConfig]:
    """Return every persona of the product's own files or of `folder`; raise ConfigurationError naming each problem."""
    source = folder or FOLDER
    problems: list[str] = []
    personas: dict[PersonaType, PersonaConfig] = {}
    for persona_type in PersonaType:
        document = _document(source / f"{persona_type}.toml", problems)
        prompts = {language.value: _text(source / f"{persona_type}.{language}.md", problems) for language in Language}
        if document is None or None in prompts.values():
            continue
        persona = _validated(PersonaConfig, f"{persona_type}.toml", {**document, "prompt": prompts}, problems)
        if persona and persona.type is not persona_type:
            problems.append(f"{persona_type}.toml: type: it says {persona.type}, the file's name says {persona_type}")
        elif persona:
            personas[persona_type] = persona
    _refuse(source, problems)
    return personas


def load_texts(folder: Path | None = None) -> PersonaTexts:
    """Return the texts all personas share; raise ConfigurationError naming each problem."""
    source = folder or FOLDER
    problems: list[str] = []
    document = _document(source / "texts.toml", problems)
    texts = _validated(PersonaTexts, "texts.toml", document, problems) if document is not None else None
    _refuse(source, problems)
    assert texts is not None  # noqa: S101 (no text without a problem)
    return texts


def placeholders(template: str) -> set[str]:
    """Return the names in braces of a template; raise ValueError where braces don't match."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _need(text: LocalizedText, field: str, names: set[str]) -> None:
    for language in Language:
        if (found := placeholders(text[language])) != names:
            wanted = ", ".join(f"{{{name}}}" for name in sorted(names)) or "no braces"
            raise ValueError(f"{field}.{language} must hold {wanted}; it holds {sorted(found) or 'none'}")


def _complete(texts: Mapping[NameT, LocalizedText], names: type[NameT], field: str) -> None:
    if missing := [name.value for name in names if name not in texts]:
        raise ValueError(f"{field} has no text for {', '.join(missing)}")


def _document(path: Path, problems: list[str]) -> dict[str, object] | None:
    source = _text(path, problems)
    if source is None:
        return None
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path.name}: is no valid TOML: {error}")
        return None


def _text(path: Path, problems: list[str]) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        problems.append(f"{path.name}: is missing")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: can't be read: {error}")
    return None


def _validated(model: type[ValueT], file: str, document: object, problems: list[str]) -> ValueT | None:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            field = ".".join(str(part) for part in detail["loc"])
            problems.append(": ".join(part for part in (file, field, detail["msg"]) if part))
    return None


def _refuse(folder: Path, problems: list[str]) -> None:
    if problems:
        listing = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigurationError(
            f"The personas in {folder} can't be used:\n{listing}", folder=str(folder), problems=tuple(problems)
        )

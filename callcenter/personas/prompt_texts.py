"""Read what stands in a model's prompt around instructions and facts; refuse an incomplete file with every problem.

prompting.py says what stands where, and when. The one check beyond types: both languages name the same facts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Container, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, ValidationError, model_validator

from callcenter.calls import Channel, Language, LocalizedText, Slot, Value
from callcenter.errors import ConfigurationError
from callcenter.llm import Receipt
from callcenter.personas.config import placeholders
from callcenter.routing import SuggestedAction

FILE: Final = Path(__file__).with_name("prompting.toml")
GENERAL: Final = "general"
"""What is said of a fault that has no words of its own."""


def _alike(text: LocalizedText) -> LocalizedText:
    names = {language: placeholders(text[language]) for language in Language}
    if len({frozenset(each) for each in names.values()}) > 1:
        raise ValueError(f"its languages name different facts: {sorted(map(sorted, names.values()))}")
    return text


Text = Annotated[LocalizedText, AfterValidator(_alike)]


class Span(StrEnum):
    """What time is counted in."""

    minutes = "minutes"
    hours = "hours"
    days = "days"


class Counted(Value):
    """How numbers of one thing are said; `{n}` is the number."""

    one: LocalizedText
    two: LocalizedText
    few: LocalizedText
    """3 to 10, by the last two figures."""
    many: LocalizedText


class Headings(Value):
    """What the parts of a prompt are called."""

    rules: Text
    tools: Text
    facts: Text
    topics: Text
    interests: Text
    articles: Text
    call: Text
    reply: Text


class FactLines(Value):
    """How a company's facts are listed."""

    company: Text
    hours: Text
    website: Text
    services: Text
    service: Text
    policies: Text
    policy: Text
    next_step: Text
    unknown: Text


class ArticleLines(Value):
    """How a passage of an article is given."""

    own: Text
    elsewhere: Text
    """Where only another language has it."""


class ServiceLines(Value):
    """How the details of a service are listed."""

    prices: Text
    note: Text
    duration: Text
    includes: Text
    steps: Text


class CallLines(Value):
    """How a call is told."""

    open_now: Text
    closed_now: Text
    known: Text
    declined: Text
    older: Text
    mood: Text
    ticket_due: Text
    ticket_overdue: Text
    ticket_settled: Text
    ticket_urgent: Text
    ticket_other: Text
    no_ticket: Text
    ticket_created: Text
    ticket_updated: Text
    human: Text
    human_writes: Text
    """Instead of both others, once a human has the call: what is written is a draft for them."""
    human_closed: Text
    done: Text
    nothing_done: Text
    took_over: Text
    introduced: Text
    going_on: Text


class Within(Value):
    """By when a ticket is answered."""

    time: Text
    shortly: Text


class Asking(Value):
    """What a reply asks for."""

    once: Text
    again: Text
    nothing: Text


class ScriptLines(Value):
    """How a service script is told, and what a reply does for it."""

    here: Text
    known: Text
    fact: Text
    ask: Text
    again: Text
    close: Text


class PromptTexts(Value):
    """Everything in prompting.toml."""

    quoted: Text
    list_comma: dict[Language, str]
    list_semicolon: dict[Language, str]
    headings: Headings
    rules: dict[str, Text]
    tools: dict[str, Text]
    channels: dict[Channel, Text]
    facts: FactLines
    article: ArticleLines
    service: ServiceLines
    call: CallLines
    receipts: dict[Receipt, Text]
    within: Within
    spans: dict[Span, Counted]
    actions: dict[SuggestedAction, Text]
    ask: Asking
    script: ScriptLines
    slots: dict[Slot, Text]
    faults: dict[str, Text]
    """By the name of the check that failed; `general` for all others."""

    @model_validator(mode="after")
    def _check_complete(self) -> PromptTexts:
        whole: dict[str, tuple[Container[str], Iterable[str]]] = {
            "list_comma": (self.list_comma, Language),
            "list_semicolon": (self.list_semicolon, Language),
            "channels": (self.channels, Channel),
            "receipts": (self.receipts, Receipt),
            "spans": (self.spans, Span),
            "actions": (self.actions, SuggestedAction),
            "slots": (self.slots, Slot),
            "faults": (self.faults, (GENERAL,)),
        }
        for field, (found, names) in whole.items():
            if missing := [name for name in names if name not in found]:
                raise ValueError(f"{field} has no text for {', '.join(missing)}")
        return self


def load_prompt_texts(file: Path = FILE) -> PromptTexts:
    """Return the texts; raise ConfigurationError naming every entry that can't be used."""
    try:
        return PromptTexts.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        problems = [f"is no valid TOML: {error}"]
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, detail['loc'])) or 'it'}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_input=False)
        ]
    raise ConfigurationError("\n  ".join([f"{file.name} can't be used:", *problems]), problems=tuple(problems))

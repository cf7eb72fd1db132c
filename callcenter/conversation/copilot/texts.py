"""Hold what the desk reads beside a call, in every language, read once from texts.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from callcenter.calls import Language, LocalizedText, Value
from callcenter.conversation.copilot.disposition import Rule

_FILE: Final = Path(__file__).with_name("texts.toml")


class SummaryTexts(Value):
    """What was done on a call."""

    then: LocalizedText
    """Between personas that followed one another."""
    answered_by: LocalizedText
    escalated: LocalizedText
    human_requested: LocalizedText
    ticket: LocalizedText
    outcome: LocalizedText


class DraftTexts(Value):
    """Why a reply is suggested."""

    answers: LocalizedText
    asks: LocalizedText
    """Instead of `answers` alone."""


class CopilotTexts(Value):
    """All of it."""

    summary: SummaryTexts
    draft: DraftTexts
    disposition: Mapping[Rule, LocalizedText]


@cache
def load_texts() -> CopilotTexts:
    """Return the packaged texts."""
    return CopilotTexts.model_validate(tomllib.loads(_FILE.read_text("utf-8")))


def in_every_language(write: Callable[[Language], str]) -> LocalizedText:
    """Return the same text written in each language."""
    return LocalizedText.model_validate({language.value: write(language) for language in Language})

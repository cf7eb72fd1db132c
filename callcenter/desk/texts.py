"""Hold what customers are told about humans, in every language, read once from texts.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from callcenter.calls import LocalizedText, Value

_FILE: Final = Path(__file__).with_name("texts.toml")


class DeskTexts(Value):
    """All of it; {agent}, {persona} and {ticket} stand for who and which."""

    colleague: LocalizedText
    joined: LocalizedText
    given_to_agent: LocalizedText
    released: LocalizedText
    queued: LocalizedText
    queued_nobody: LocalizedText
    vanished: LocalizedText
    vanished_nobody: LocalizedText
    callback: LocalizedText


@cache
def load_texts() -> DeskTexts:
    """Return the packaged texts."""
    return DeskTexts.model_validate(tomllib.loads(_FILE.read_text("utf-8")))

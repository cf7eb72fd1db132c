"""Tell a yes from a no where the customer was asked whether to go ahead. Pure.

What changes something rests on it, so that it hears less rather than more: a question, a long message, a yes with a no
in it, and a farewell confirm nothing, and what was asked waits on.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from callcenter.analysis import Act, MessageAnalysis, PhraseIndex
from callcenter.calls import Value

WORDS: Final = 12
"""A longer message says more than yes or no."""
_FEW: Final = 2
_FILE: Final = Path(__file__).with_name("confirming.toml")


class Said(StrEnum):
    """What a customer says to "shall I go ahead?"."""

    yes = "yes"
    no = "no"
    leaving = "leaving"


class _Phrases(Value):
    yes: tuple[str, ...]
    no: tuple[str, ...]
    leaving: tuple[str, ...]


@cache
def _index() -> PhraseIndex[Said]:
    phrases = _Phrases.model_validate(tomllib.loads(_FILE.read_text("utf-8")))
    return PhraseIndex([(phrase, said) for said in Said for phrase in getattr(phrases, said.value)])


def confirmed(text: str, analysis: MessageAnalysis) -> bool | None:
    """Return True for a yes, False for a no, None where it is neither, or both."""
    if analysis.language.words > WORDS:
        return None
    acts = {each.act for each in analysis.acts}
    found = _index().find(text)
    if any(each.payload is Said.no or each.negated for each in found):
        return False
    yes = Act.affirm in acts or any(each.payload is Said.yes for each in found)
    no = Act.deny in acts
    if yes is no:
        return None
    if no:
        return False
    # A word or two look like a question to the analyzer where they are but a yes in a dialect.
    asks = text.rstrip().endswith(("?", "؟")) or (analysis.question.is_question and analysis.language.words > _FEW)
    leaves = any(each.payload is Said.leaving for each in found)
    return None if asks or leaves else True

"""Say what an agent made of a suggested reply by comparing texts: what a page claims of itself is not counted. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from callcenter.analysis.text import clean
from callcenter.events import SuggestionVerdict

_WORDS: Final = 1_000
"""Compared at most; no message has more by its length in letters, short of one written for that."""


def verdict_on(suggested: str, said: str, *, named: bool) -> tuple[SuggestionVerdict, float]:
    """Return what became of a suggestion when this was said, and how alike they are (`named`: as made from it)."""
    before, after = _words(suggested), _words(said)
    if before == after:
        return SuggestionVerdict.sent, 1.0
    alike = SequenceMatcher(None, before[:_WORDS], after[:_WORDS], autojunk=False).ratio()
    return SuggestionVerdict.edited if named else SuggestionVerdict.ignored, round(alike, 4)


def _words(text: str) -> list[str]:
    """Return a text's words, without what nobody sees: white space, and the marks that keep two directions apart."""
    return clean(text).text.split()

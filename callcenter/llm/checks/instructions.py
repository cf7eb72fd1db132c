"""Hold a persona's prompt so that its words are told from others' in one look-up each."""

from __future__ import annotations

import re
from typing import Final

from callcenter.analysis.text import normalise

HINT: Final = 4
"""So many of its words in a row are held back until their sentence is whole."""
LEAK: Final = 9
"""So many in a row are a quotation, not chance. Eight would withhold "we never ask for passwords, verification codes or
card details", which every persona is told and every customer may hear."""
_NO_LETTER: Final = re.compile(r"[\W_]+")


def bare(folded: str) -> str:
    """Return a folded word without what stands around and in it: "(e-mail)," is "email"."""
    return _NO_LETTER.sub("", folded)


class Instructions:
    """A prompt's runs of words; build it once and keep it."""

    def __init__(self, text: str) -> None:
        words = [word for each in normalise(text).text.split() if (word := bare(each))]
        self.hints = frozenset(_runs(words, HINT))
        self.leaks = frozenset(_runs(words, LEAK))


def _runs(words: list[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + length]) for place in range(len(words) - length + 1)]

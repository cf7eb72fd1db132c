"""Hold what a model writes for the desk against the call: its numbers must stand there, its languages be right.

Pure. What a text says in words is not checked; the agent reads it beside the call.
"""

from __future__ import annotations

import re
from typing import Final

from callcenter.analysis.text import normalise
from callcenter.calls import Language

_NUMBER: Final = re.compile(r"\d+(?:[ ()./-]{1,2}\d+|,\d{3}\b)*")
"""A number as people write it: "5512", "050 123 4567", "1,500.00"."""
_RUN: Final = re.compile(r"\d+")
_LETTERS: Final = {
    Language.ar: re.compile(r"[\u0621-\u064a]"),
    Language.en: re.compile(r"[A-Za-z]"),
}
_OWN_SHARE: Final = 0.6
"""The rest may be names and numbers of tickets."""


def unknown_numbers(text: str, source: str) -> tuple[str, ...]:
    """Return the numbers of a text that do not stand in the source, however either writes them."""
    runs, wholes = _numbers(source)
    known = runs | wholes
    return tuple(
        found[0]
        for found in _NUMBER.finditer(normalise(text).text)
        if _whole(found[0]) not in known and not runs.issuperset(_RUN.findall(found[0]))
    )


def is_in(language: Language, text: str) -> bool:
    """Whether a text is mostly in the letters of a language."""
    own = len(_LETTERS[language].findall(text))
    other = len(_LETTERS[language.other].findall(text))
    return own > 0 and own >= _OWN_SHARE * (own + other)


def _numbers(text: str) -> tuple[set[str], set[str]]:
    folded = normalise(text).text
    return set(_RUN.findall(folded)), {_whole(found[0]) for found in _NUMBER.finditer(folded)}


def _whole(number: str) -> str:
    return "".join(_RUN.findall(number))

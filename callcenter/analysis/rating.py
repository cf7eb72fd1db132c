"""Read a message as the answer to "how would you rate us, from 1 to 5?". Pure; whether that was asked, callers know.

A score is one whole number of 1 to 5, in figures, words or stars. What else stands beside it decides how sure that is:
nothing but courtesy and praise or blame, or a form that says so ("3 stars", "٤ من ٥"), or the number first and then a
comment. Everything else is no score, so that an order's number or a quantity never is one.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from callcenter.analysis.numbers import number_after
from callcenter.analysis.text import normalise

MAX_RATING: Final = 5
_FILE: Final = Path(__file__).with_name("rating.toml")
_WORD: Final = re.compile(r"[0-9]+(?:[.,/][0-9]+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[⭐★🌟]+")
_STARS: Final = frozenset("⭐★🌟")
_FIGURES: Final = re.compile(r"([1-5])(?:/5)?")
_COMMENT: Final = re.compile(r"\s*[-–—,.;:!\n]")
"""What parts a score from the comment after it."""
_CHARS: Final = 1_000
"""A longer message says more than a score."""


class Rating(NamedTuple):
    """A customer's score."""

    score: int
    """1 to 5."""
    bare: bool
    """The message says nothing else that would want an answer."""


class _Words(NamedTuple):
    score: frozenset[str]
    of: frozenset[str]
    beside: frozenset[str]


def read_rating(text: str) -> Rating | None:  # noqa: C901 (one flat rule a kind of word)
    """Return the score a message gives; None where it gives none, or more than one."""
    if len(text) > _CHARS:
        return None
    folded = normalise(text).text
    words, known = list(_WORD.finditer(folded)), _words()
    in_words = not any(match[0][0].isdigit() or match[0][0] in _STARS for match in words)
    scores: list[int] = []
    explicit = False
    rest = 0
    first_ends: int | None = None
    for place, match in enumerate(words):
        word = match[0]
        number = _number(word, in_words=in_words)
        if number is not None:
            if place and words[place - 1][0] in known.of:
                if number != MAX_RATING or not scores:
                    return None
                explicit = True
                continue
            if not 1 <= number <= MAX_RATING:
                return None
            scores.append(number)
            explicit = explicit or "/" in word or word[0] in _STARS
            first_ends = match.end() if not place else first_ends
        elif word[0].isdigit():
            return None  # "4.5", "9981", "7/10"
        elif word in known.score:
            explicit = True
        elif word not in known.beside and word not in known.of:
            rest += 1
    if len(scores) != 1:
        return None
    comments = first_ends is not None and _COMMENT.match(folded, first_ends) is not None
    return Rating(scores[0], bare=not rest) if not rest or explicit or comments else None


def _number(word: str, *, in_words: bool) -> int | None:
    """Return the whole number that a word is; beside figures, "one" and "أحد" (anybody) are none."""
    if word[0] in _STARS:
        return len(word)
    if word[0].isdigit():
        figures = _FIGURES.fullmatch(word)
        return int(figures[1]) if figures else None
    said = number_after(word, 0) if in_words else None
    if said is None or said[0] != len(word) or said[1] != int(said[1]):
        return None
    return int(said[1])


@cache
def _words() -> _Words:
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return _Words(*(frozenset(normalise(word).text for word in document[name]) for name in _Words._fields))

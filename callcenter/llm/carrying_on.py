"""Carry a reply on that broke off: what is left to say after what was said. Pure.

A voice that fails in mid-reply leaves words that are out already; the offline voice knows a whole reply. `carry_on`
joins the two so that they read as one: nothing is said twice, nobody apologises twice, no greeting comes in the middle,
and a question that is due stays.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from callcenter.analysis import normalise

FILE: Final = Path(__file__).with_name("carrying_on.toml")
BROKEN_OFF: Final = "…"
_ENDS: Final = (".", "!", "?", "؟", BROKEN_OFF)
_CLOSERS: Final = "\"'”’»)]\u2069"
"""What may stand behind the end of a sentence."""
_QUESTIONS: Final = ("?", "؟")
_SENTENCE: Final = re.compile(r"(?<=[.!?؟…])\s+|\n+")
_BLANKS: Final = re.compile(r"[ \t]{2,}")
_WORD: Final = re.compile(r"[\w'+@-]+(?:[.,:/][\w@-]+)*")
_DIGIT: Final = re.compile("[0-9]")
_CONTENT_LETTERS: Final = 4
"""Shorter words hold a sentence together and tell little: "your", "the", "هذا" (this) are in any."""
_FAR: Final = 4
"""Words from "sorry" to "about", and from "أعتذر" (I apologise) to "عن" (for)."""
_MOSTLY: Final = 0.7
"""A sentence of whose telling words so many were said has been said."""


def carry_on(said: str, rest: Sequence[str]) -> tuple[str, ...]:
    """Return the pieces to say after `said`, which may end in mid-sentence; `rest`: the whole reply, by sentences.

    A broken sentence is closed with "…". Left out are sentences whose content was said, mere courtesies, and mere
    apologies after one that was made.
    """
    if not said.strip():
        return tuple(rest)
    open_end = not _is_closed(said)
    heard = _Heard(said)
    left: list[str] = []
    for sentence in rest:
        if sentence.strip() and not heard.has(sentence) and not _is_courtesy(sentence):
            left.append(_BLANKS.sub(" ", sentence.lstrip()))
            heard.add(sentence)
    if not left:
        return (BROKEN_OFF,) if open_end else ()
    spaced = [piece if piece[-1].isspace() else f"{piece} " for piece in left]
    spaced[-1] = spaced[-1].rstrip()
    opening = BROKEN_OFF if open_end else ""
    gap = " " if opening or not said[-1].isspace() else ""
    return (f"{opening}{gap}{spaced[0]}", *spaced[1:])


def seems_whole(said: str) -> bool:
    """Whether what was said reads as a whole reply: it tells something, then ends with a question or a courtesy."""
    if not _is_closed(said):
        return False
    *before, last = (sentence for sentence in _SENTENCE.split(said) if sentence.strip())
    return (_is_question(last) or _is_courtesy(last)) and any(
        not (_is_question(sentence) or _is_courtesy(sentence)) for sentence in before
    )


def _is_closed(said: str) -> bool:
    return said.rstrip().rstrip(_CLOSERS).endswith(_ENDS)


class _Heard:
    """What a customer has heard of a reply."""

    def __init__(self, said: str) -> None:
        self._sentences: set[str] = set()
        self._words: set[str] = set()
        self._asked: list[frozenset[str]] = []
        self._sorry = False
        for sentence in _SENTENCE.split(said):
            self.add(sentence)

    def add(self, sentence: str) -> None:
        """Take in a sentence that is said."""
        words = _telling(sentence)
        self._sentences.add(_bare(sentence))
        self._words |= words
        self._sorry = self._sorry or not apologies().words.isdisjoint(_words(sentence))
        if _is_question(sentence):
            self._asked.append(words)

    def has(self, sentence: str) -> bool:
        """Whether a sentence was said, in these words or mostly; of a question, whether it was asked."""
        if _bare(sentence) in self._sentences or (self._sorry and _only_apologises(sentence)):
            return True
        words = _telling(sentence)
        if any(word not in self._words for word in words if _DIGIT.search(word)):
            return False  # a number is news
        if _is_question(sentence):
            return any(_mostly(words, asked) or _mostly(asked, words) for asked in self._asked)
        return _mostly(words, self._words)


def _mostly(words: frozenset[str], said: AbstractSet[str]) -> bool:
    return bool(words) and len(words & said) >= _MOSTLY * len(words)


def _words(sentence: str) -> list[str]:
    return _WORD.findall(normalise(sentence).text)


def _telling(sentence: str) -> frozenset[str]:
    return frozenset(word for word in _words(sentence) if len(word) >= _CONTENT_LETTERS or _DIGIT.search(word))


def _bare(sentence: str) -> str:
    return " ".join(_words(sentence))


def _is_question(sentence: str) -> bool:
    return sentence.rstrip().rstrip(_CLOSERS).endswith(_QUESTIONS)


def _is_courtesy(sentence: str) -> bool:
    return not _is_question(sentence) and courtesies().issuperset(_words(sentence))


def _only_apologises(sentence: str) -> bool:
    """Whether a sentence apologises for something and tells nothing else."""
    if _DIGIT.search(sentence) or _is_question(sentence) or len(_SENTENCE.split(sentence.strip())) > 1:
        return False
    words = _words(sentence)
    return any(
        word in apologies().words and not apologies().what_for.isdisjoint(words[at + 1 : at + 1 + _FAR])
        for at, word in enumerate(words)
    )


class _Apologies(NamedTuple):
    words: frozenset[str]
    what_for: frozenset[str]
    """Come before what the apology is for."""


@lru_cache(maxsize=1)
def courtesies() -> frozenset[str]:
    """Return the words of courtesy of all languages, folded."""
    return _folded("courtesies")


@lru_cache(maxsize=1)
def apologies() -> _Apologies:
    """Return the words of apology of all languages, folded."""
    return _Apologies(_folded("apologies"), _folded("apologies_for"))


def _folded(table: str) -> frozenset[str]:
    words = tomllib.loads(FILE.read_text(encoding="utf-8"))[table].values()
    return frozenset(normalise(word).text for each in words for word in each)

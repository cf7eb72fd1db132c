"""Break a text into what it is searched by: the stems of its words, and the concepts they stand for.

Spellings are folded by the analyzer's own `normalise`; articles, particles and endings are taken off here, and
concepts.toml says which words, of either language, mean the same. Every key knows its place in the text as it was
written, so that what is found can be shown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from callcenter.analysis import PhraseIndex, normalise
from callcenter.analysis.phrases import words_only

_FILE: Final = Path(__file__).with_name("concepts.toml")
CONCEPT: Final = "zq"
"""Sets concepts apart from words: no word begins so."""
_WORD: Final = re.compile(r"[^\W_]+")
_ARABIC: Final = re.compile("[\u0621-\u064a]")
_STEM: Final = 3
"""Letters that stay of an Arabic word at least; most roots have three."""
_ARTICLES: Final = ("وبال", "وال", "بال", "فال", "كال", "ولل", "ال", "لل")
_PARTICLES: Final = "وفبلك"
_ENDINGS: Final = (
    *(
        "هما",
        "كما",
        "تها",
        "تهم",
        "تكم",
        "تنا",
        "تين",
        "يات",
        "هم",
        "هن",
        "كم",
        "كن",
        "نا",
        "ها",
        "ني",
        "ين",
        "ون",
        "ات",
        "ان",
    ),
    *("يه", "ته", "تي", "تك", "وا", "ه", "ي", "ك", "ت"),
)
_DOUBLE: Final = re.compile(r"([bdgmnprt])\1$")
_LONG: Final = 4


class Key(NamedTuple):
    """Something a text is found by; `text[start:end]` is where it says so."""

    word: str
    start: int
    end: int


@cache
def _concepts() -> PhraseIndex[str]:
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return PhraseIndex(
        [
            (phrase, f"{CONCEPT}{name.replace('_', '')}")
            for name, words in document["concepts"].items()
            for phrase in words
        ]
    )


@cache
def _filler() -> frozenset[str]:
    words = tomllib.loads(_FILE.read_text(encoding="utf-8"))["filler"]
    return frozenset(part for word in words for part in _WORD.findall(normalise(word).text))


def keys(text: str) -> list[Key]:
    """Return what a text is found by, with its places."""
    folded = normalise(text)
    found = [
        Key(stem, *folded.span(*match.span()))
        for match in _WORD.finditer(folded.text)
        if match[0] not in _filler()
        for stem in stems(match[0])
    ]
    found += (Key(match.payload, match.start, match.end) for match in _concepts().find(text))
    return found


def units(text: str, readings: Iterable[tuple[str, str]] = ()) -> dict[str, frozenset[str]]:
    """Return the words of a question that say something, each with all the keys that would do for it.

    A concept of several words belongs to each of them. `readings` are other ways to read words: Arabic in Latin
    letters, by the word as it stands.
    """
    folded = normalise(text).text
    again, filler = dict(readings), _filler()
    concepts = [
        (start, -end, payloads) for start, end, _, _, payloads, _, _ in _concepts().scan(folded, words_only(folded))
    ]
    found: dict[str, frozenset[str]] = {}
    for match in _WORD.finditer(folded):
        word = match[0]
        if word in filler and word not in again:  # half of all words
            continue
        begin, stop = match.span()
        meant: list[str] = []
        for start, end, payloads in concepts:
            if start < stop and begin < end:
                meant += payloads
        if word in again and not meant:
            word = again[word]
            meant = [each.payload for each in _concepts().find(word)]
        if word in filler or (word in found and not meant):
            continue
        found[word] = _stemmed(word).union(meant) if meant else _stemmed(word)
    return found


@lru_cache(maxsize=16_384)
def _stemmed(word: str) -> frozenset[str]:
    return frozenset(stems(word))


@lru_cache(maxsize=16_384)
def stems(word: str) -> tuple[str, ...]:
    """Return the stems of a folded word: one, or two where a letter may be a particle or the word's own."""
    if not _ARABIC.match(word):
        return (_english(word),)
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + _STEM:
            return (_ended(word[len(article) :]),)
    own = _ended(word)
    if word[0] in _PARTICLES and len(word) > _STEM:
        return tuple(dict.fromkeys((own, _ended(word[1:]))))
    return (own,)


def _ended(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + _STEM:
            return word[: -len(ending)]
    return word


def _english(word: str) -> str:
    if len(word) < _LONG or not word.isascii():
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + _LONG:
            word = _DOUBLE.sub(r"\1", word[: -len(ending)])
    return word.removesuffix("e") if len(word) > _LONG else word

"""Read words as they were meant: a slip of one letter in a long English cue, Arabic in Latin letters.

Only words that no lexicon knows are read anew, and never one that is a word in its own right ("changing" is no
slip of "charging"). Every letter keeps its place in the customer's own text. Which messages are Arabizi, language.py
says; what the words mean, the lexicons.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from callcenter.analysis.arabizi import PREFIXES, Transliteration
from callcenter.analysis.text import Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from callcenter.analysis.lexicon_file import Cue

_ENGLISH: Final = "en"
_ARABIC: Final = "ar"
_ARTICLE: Final = "ال"
_ALONE: Final = PREFIXES | {"wil": "وال", "bal": "بال"}
"""What stands alone in Latin letters and is joined in Arabic."""
_JOINED: Final = frozenset(_ALONE.values())
_EDGE: Final = 3
"""Letters at either end by which slips are looked up: one slip leaves one end whole."""
LONG: Final = 6
"""From this length on, a word with one slip is still told from other words; exchanged letters need one more."""
_EXCHANGED: Final = 7
_REMEMBERED: Final = 8192
_LATIN_WORD: Final = re.compile(r"[a-z0-9'àâçéèêîôû]*[a-zàâçéèêîôû][a-z0-9'àâçéèêîôû]*")
_ABBREVIATION: Final = re.compile("[^aeiouy2-9]{2}")
"""Two letters without a vowel between them ("xl", "tv") are a size or a brand sooner than a word."""
_LONGEST: Final = 24
"""Longer words are left alone: no cue is as long, and trying costs more with every letter."""


class Spelling:
    """The words that the lexicons know, by how else they may be spelled; compiled at first use."""

    def __init__(self, cues: Sequence[Cue], words: dict[str, frozenset[str]], real_words: frozenset[str]) -> None:
        """Keep what is needed to compile; `real_words` look like slips of cues and are none."""
        self._cues = cues
        self._words = words
        self._known = words.get(_ENGLISH, frozenset()) | real_words
        self._remembered = lru_cache(_REMEMBERED)(self._correct)
        self._arabic = lru_cache(_REMEMBERED)(self._in_arabic)

    @cached_property
    def transliteration(self) -> Transliteration:
        """Arabic words by their sound."""
        used = Counter(dict.fromkeys(self._words.get(_ARABIC, ()), 1))
        for cue in self._cues:
            if cue.lexicon == _ARABIC:
                used.update(cue.text.removesuffix("*").split())
        for word in [word for word in used if word.startswith(_ARTICLE) and len(word) > len(_ARTICLE) + 1]:
            used[word.removeprefix(_ARTICLE)] += used[word]
        return Transliteration(used)

    @cached_property
    def _by_edge(self) -> dict[str, list[str]]:
        edges: defaultdict[str, list[str]] = defaultdict(list)
        for cue in self._cues:
            if cue.lexicon == _ENGLISH:
                for word in cue.text.removesuffix("*").split():
                    if len(word) >= LONG and word.isalpha() and word not in edges[word[:_EDGE]]:
                        edges[word[:_EDGE]].append(word)
                        edges[f"-{word[-_EDGE:]}"].append(word)
        return edges

    def _correct(self, token: str) -> str | None:
        """Return the long cue word, one slip away, that is meant by an unknown word; None if there is none."""
        edges = self._by_edge
        alike = edges.get(token[:_EDGE], []) + edges.get(f"-{token[-_EDGE:]}", [])
        for word in alike:
            if word[0] == token[0] and is_slip(token, word):
                return word
        return None

    def corrections(self, tokens: Iterable[str]) -> dict[str, str]:
        """Return the unknown long words among `tokens` with what they were meant to be."""
        unknown = [
            token
            for token in set(tokens) - self._known
            if LONG - 1 <= len(token) <= _LONGEST and token.isascii() and token.isalpha()
        ]
        return {token: meant for token in unknown if (meant := self._remembered(token))}

    def in_arabic(self, token: str) -> str | None:
        """Return the Arabic for a Latin word of an Arabizi message; None for an English one, a number, a name."""
        return self._arabic(token)

    def _in_arabic(self, token: str) -> str | None:
        if token in _ALONE:
            return _ALONE[token]
        if token in self._words[_ENGLISH] and len(token) >= LONG - 1:
            return None
        if len(token) > _LONGEST or not _LATIN_WORD.fullmatch(token) or _ABBREVIATION.fullmatch(token):
            return None
        return self.transliteration.read(token)


def is_slip(typed: str, word: str) -> bool:
    """Whether `typed` is `word` with one letter left out, doubled, added, exchanged, or two neighbours swapped.

    The first letter is never the slip, nor a last one that is missing, added or other: that is another form.
    """
    short, long = sorted((len(typed), len(word)))
    if long - short > 1 or typed == word:
        return False
    head = 0
    while head < short and typed[head] == word[head]:
        head += 1
    tail = 0
    while tail < short - head and typed[-1 - tail] == word[-1 - tail]:
        tail += 1
    if not head:
        return False
    if short != long:
        return tail > 0 and head + tail >= short
    between = short - head - tail
    if between == 1:
        return tail > 0 and len(word) >= _EXCHANGED
    return between == len("ab") and typed[head] == word[head + 1] and typed[head + 1] == word[head]


def respelled(folded: str, words: str, read: Callable[[str], str | None]) -> Normalised | None:
    """Return `folded` with the words that `read` reads anew, and for each character its place in `folded`.

    `words` is what `words_only` made of `folded`. None: no word is read anew. An Arabic article that stands alone is
    joined to the word after: "el se3r" is "السعر".
    """
    pieces: list[str] = []
    offsets: list[int] = []
    done = 0
    for match in _WORD.finditer(words):
        meant = read(match[0])
        if meant is None:
            continue
        start, end = match.start() - 1, match.end() - 1
        if start > done and not (pieces and start == done + 1 and pieces[-1] in _JOINED):
            pieces.append(folded[done:start])
            offsets += range(done, start)
        pieces.append(meant)
        offsets += [start] * (len(meant) - 1)  # cues are whole words: their ends are what counts
        offsets.append(end - 1 if len(meant) > 1 else start)
        done = end
    if not pieces:
        return None
    pieces.append(folded[done:])
    offsets += range(done, len(folded) + 1)
    return Normalised("".join(pieces), offsets)


_WORD: Final = re.compile(r"\S+")


def composed(outer: Iterable[int], inner: Sequence[int] | None) -> list[int]:
    """Return where places lead through two foldings, `inner` being the earlier one."""
    return list(outer) if inner is None else [inner[place] for place in outer]

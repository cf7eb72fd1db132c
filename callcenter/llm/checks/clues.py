"""Read off patterns what a text must hold for them to match, so that most need not be searched for. Pure.

A pattern asks for sets of pieces and matches no text that lacks a whole set; a piece has no blank in it, so it stands
within one word, and what a word holds can be remembered with it. Invariant: what is not understood asks for nothing;
that a text holds what is asked for says nothing either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import ahocorasick_rs

_TOKEN: Final = re.compile(
    r"\(\?:[^\\\[()*+?{.^$]*\)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]))?|(?:[*+?]|\{\d*,?\d*\})[?+]?"
    r"|[^\\\[()|*+?{.^$]+(?![*+?{])|.",
    re.DOTALL,
)
_COUNT: Final = re.compile(r"[*+?{]")
_NONE_WILL_DO: Final = re.compile(r"[*?]|\{[0,]")
_CLASS: Final = re.compile(r"\[|\.|\\[wWsSdDbB]")
_FEW: Final = re.compile(r"\[[^\^\]\\-]+\]")
"""A class that is a list of characters."""
_PLACES: Final = frozenset("^$")
_MOST: Final = 32
"""So many texts that a part may match are named."""
_COMMON: Final = frozenset({"ال"})
"""Pieces that nearly every text holds, an article (the) for one: to ask for them says little."""
_GROUPS: Final = frozenset({"(", "(?:"})

Asked = list[frozenset[str]]
"""One piece of each set must be there."""


class Clues:
    """What patterns ask for, a bit for each set of pieces."""

    def __init__(self) -> None:
        self._bits: dict[frozenset[str], int] = {}
        self._found: list[int] = []
        self._automaton = ahocorasick_rs.AhoCorasick([])

    def wanted(self, patterns: Iterable[str]) -> tuple[int, ...]:
        """Return what any of these patterns asks for: a text with all the bits of none matches none of them.

        Raises re.error where a pattern has what this does not know.
        """
        each = {sum({self._bit(pieces) for pieces in asked}) for pattern in patterns for asked in asked_by(pattern)}
        return tuple(bits for bits in each if not any(less != bits and less & bits == less for less in each))

    def _bit(self, pieces: frozenset[str]) -> int:
        return self._bits.setdefault(pieces, 1 << len(self._bits))

    def close(self) -> None:
        """Be done with patterns; only words follow."""
        found: dict[str, int] = {}
        for pieces, bit in self._bits.items():
            for piece in pieces:
                found[piece] = found.get(piece, 0) | bit
        self._automaton = ahocorasick_rs.AhoCorasick(list(found), store_patterns=False)
        self._found = list(found.values())

    def held(self, word: str) -> int:
        """Return the sets of which a word has a piece, a bit each."""
        held = 0
        for number, _, _ in self._automaton.find_matches_as_indexes(word, overlapping=True):
            held |= self._found[number]
        return held


def may_match(wanted: Sequence[int], held: int) -> bool:
    """Whether a text that holds all this can match what asks for that."""
    for bits in wanted:  # noqa: SIM110 (a generator costs more than what it goes through)
        if bits & held == bits:
            return True
    return False


def asked_by(pattern: str) -> list[Asked]:
    """Return what each way to match a pattern asks for. Raises re.error where it has what this does not know."""
    reader = _Reader(pattern)
    found = reader.ways()
    if reader.token:
        raise reader.unknown()
    return [each.asked for each in found]


class _Part(NamedTuple):
    """What a part of a pattern matches."""

    asked: Asked
    texts: frozenset[str] | None = None
    """All that it matches; None: too much to name."""


_NOTHING: Final = frozenset({""})
_ANYTHING: Final = _Part([])
_PLACE: Final = _Part([], _NOTHING)


class _Reader:
    """Reads one pattern, token by token."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._tokens = iter(_TOKEN.findall(pattern))
        self.token = next(self._tokens, "")

    def unknown(self) -> re.error:
        """Return the complaint about where the reader is."""
        return re.error(f"{self.token!r} is not understood", self._pattern)

    def ways(self) -> list[_Part]:
        """Read up to the end of a group."""
        found = [self._way()]
        while self.token == "|":  # noqa: S105 (a token of a pattern)
            self._next()
            found.append(self._way())
        return found

    def _way(self) -> _Part:
        asked: Asked = []
        texts, whole = _NOTHING, True
        while self.token not in {"", "|", ")"}:
            item = self._counted(self._item())
            joined = _joined(texts, item.texts)
            if joined is None:
                whole = False
                asked += _pieces(texts)
                joined = item.texts
                if joined is None:
                    asked += item.asked
                    joined = _NOTHING
            texts = joined
        return _Part(asked + _pieces(texts), texts if whole else None)

    def _counted(self, item: _Part) -> _Part:
        """Return what an item is with the count behind it."""
        count = self.token
        if not _COUNT.match(count):
            return item
        self._next()
        if count[0] == "?" and item.texts is not None:
            return _Part([], item.texts | _NOTHING)
        return _ANYTHING if _NONE_WILL_DO.match(count) else _Part(item.asked)

    def _item(self) -> _Part:
        token = self.token
        if _COUNT.match(token):
            raise self.unknown()
        self._next()
        if token[0] == "(":
            return self._group(token)
        if token in _PLACES:
            return _PLACE
        if _FEW.fullmatch(token):
            return _plain(token[1:-1])
        if _CLASS.match(token):
            return _ANYTHING
        if token[0] != "\\":
            return _plain([token])
        if token[1].isalnum():
            raise re.error(f"{token!r} is not understood", self._pattern)
        return _plain(token[1])

    def _group(self, opening: str) -> _Part:
        if opening[-1] == ")":
            return _plain(opening[3:-1].split("|"))
        if opening not in _GROUPS:
            self._skip()
            return _PLACE
        ways = self.ways()
        if self.token != ")":  # noqa: S105 (a token of a pattern)
            raise self.unknown()
        self._next()
        return _any_of(ways)

    def _skip(self) -> None:
        """Pass over what is looked for ahead or behind: it takes up no room."""
        depth = 1
        while depth and self.token:
            depth += (self.token[0] == "(") - (self.token[-1] == ")" and self.token[0] in "()")
            self._next()

    def _next(self) -> None:
        self.token = next(self._tokens, "")


def _plain(texts: Iterable[str]) -> _Part:
    each = frozenset(texts)
    return _Part(_pieces(each), each if len(each) <= _MOST else None)


def _joined(texts: frozenset[str], more: frozenset[str] | None) -> frozenset[str] | None:
    """Return what two parts match one behind the other; None: too much to name."""
    if more is None or len(texts) * len(more) > _MOST:
        return None
    return frozenset({text + each for text in texts for each in more})


def _any_of(ways: list[_Part]) -> _Part:
    """Return what all ways have in common; of what each asks for, the set that says most."""
    texts = _all_of([way.texts for way in ways])
    if len(ways) == 1:
        return _Part(ways[0].asked, texts)
    if not all(way.asked for way in ways):
        return _Part([], texts)
    return _Part([frozenset().union(*(max(way.asked, key=_says) for way in ways))], texts)


def _all_of(texts: list[frozenset[str] | None]) -> frozenset[str] | None:
    found: set[str] = set()
    for each in texts:
        if each is None or len(found) > _MOST:
            return None
        found |= each
    return frozenset(found)


def _says(pieces: frozenset[str]) -> tuple[bool, int, int]:
    """Order sets by how much it says that a text holds a piece of them."""
    return pieces.isdisjoint(_COMMON), min(map(len, pieces)), -len(pieces)


def _pieces(texts: frozenset[str]) -> Asked:
    """Return what one of these texts being there asks for."""
    if len(texts) == 1:
        return [frozenset({piece}) for text in texts for piece in text.split()]
    longest = [max(text.split(), key=len, default="") for text in texts]
    return [frozenset(longest)] if all(longest) else []

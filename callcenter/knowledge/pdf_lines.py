"""Put the characters of a printed line into the order in which they are read. Pure.

A PDF says where characters stand, not how they follow each other, and Arabic stands there from right to left, often in
the shapes that letters take within a word. A paragraph runs by what most of its words are; what runs the other way
within it, figures included, is turned round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_RTL: Final = frozenset({"R", "AL"})
_GAP: Final = 0.2
"""A wider gap, as a share of the letters' size, parts words."""
_REACH: Final = 0.35
"""A vowel sign stands no further from its letter, as a share of its size."""
_SHAPES: Final = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_STRAY_END: Final = re.compile(r"^([.!?؟،:]) ?([A-Za-z].*\w)$")
"""The end of a Latin line in a paragraph that runs from the right stands at its left."""
_MIRRORED: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_CLOSED_FIRST: Final = re.compile(r"[)\]}»][^(\[{«]*[(\[{«]")


class Glyph(NamedTuple):
    """What stands at one place of a line: a character, or several drawn as one."""

    text: str
    left: float
    right: float
    size: float


def plain(text: str) -> str:
    """Return letters in their plain shapes, whatever shape they are drawn in; one drawn for two is two."""
    return _SHAPES.sub(lambda shape: unicodedata.normalize("NFKC", shape[0]).strip(), text)


def with_signs(drawn: Sequence[Glyph]) -> list[Glyph | None]:
    """Return what was drawn, in its order, vowel signs put behind their letters; None where a sign was.

    A sign belongs to the letter drawn next, as programs draw Arabic, if it stands on it; else to the one before.
    """
    found: list[Glyph | None] = [glyph._replace(text=plain(glyph.text)) for glyph in drawn]
    letters = [place for place, glyph in enumerate(found) if glyph and not _is_sign(glyph.text)]
    ahead = 0
    for place, sign in enumerate(found):
        if sign is None or not _is_sign(sign.text):
            continue
        while ahead < len(letters) and letters[ahead] < place:
            ahead += 1
        near = letters[max(ahead - 1, 0) : ahead + 1]
        found[place] = None
        at = next((each for each in reversed(near) if _stands_on(sign, found[each])), None)
        letter = None if at is None else found[at]
        if at is not None and letter is not None:
            found[at] = letter._replace(text=letter.text + sign.text)
    return found


def _is_sign(text: str) -> bool:
    return bool(text.strip()) and all(unicodedata.combining(char) for char in text)


def _stands_on(sign: Glyph, letter: Glyph | None) -> bool:
    if letter is None or not letter.text.strip():
        return False
    at = (sign.left + sign.right) / 2
    return max(letter.left - at, at - letter.right) <= _REACH * sign.size


def runs_from_right(lines: Iterable[Iterable[Glyph]]) -> bool:
    """Whether a paragraph runs from the right: more of its words are in such letters; an address is one word."""
    words = (word for line in lines for word in "".join(_spaced(_by_place(line))).split())
    kinds = [{_kind(char) for char in word} for word in words]
    return sum("R" in each for each in kinds) > sum("L" in each and "R" not in each for each in kinds)


def logical(glyphs: Iterable[Glyph], *, from_right: bool) -> str:
    """Return a line's text as it is read, words parted by one blank.

    `from_right` is what its paragraph runs by: a line of it may be a Latin name alone.
    """
    seen = _spaced(_by_place(glyphs))
    kinds = [_kind(each) for each in seen]
    ordered = _from_right(seen, kinds) if from_right else _from_left(seen, kinds)
    return _STRAY_END.sub(r"\2\1", " ".join("".join(ordered).split()))


def _by_place(glyphs: Iterable[Glyph]) -> list[Glyph]:
    return sorted(glyphs, key=lambda each: each.left)


def _spaced(glyphs: Sequence[Glyph]) -> list[str]:
    found: list[str] = []
    before: Glyph | None = None
    for glyph in glyphs:
        if before is not None and glyph.left - before.right > _GAP * max(glyph.size, before.size):
            found.append(" ")
        found.append(glyph.text)
        before = glyph
    return found


def _kind(text: str) -> str:
    """Return R or L for a letter by its direction, N for a figure, and a blank for what takes its neighbours'."""
    found = unicodedata.bidirectional(text[0]) if text else ""
    if found in _RTL:
        return "R"
    return {"L": "L", "EN": "N", "AN": "N"}.get(found, " ")


def _from_left(seen: list[str], kinds: Sequence[str]) -> list[str]:
    """Turn what runs from the right within a line that runs from the left."""
    for start, end in _runs(kinds, "R", stops="LN"):
        seen[start:end] = reversed(seen[start:end])
    return seen


def _from_right(seen: list[str], kinds: Sequence[str]) -> list[str]:
    """Turn a line that runs from the right, but for words in Latin letters and figures."""
    kept = _runs(kinds, "L", stops="R")
    inside = {place for start, end in kept for place in range(start, end)}
    kept += [run for run in _numbers(seen, kinds) if run[0] not in inside]
    turned: list[str] = []
    at = len(seen)
    for start, end in sorted(kept, reverse=True):
        turned += [*reversed(seen[end:at]), *seen[start:end]]
        at = start
    turned += reversed(seen[:at])
    loose = "".join(turned)
    if not _CLOSED_FIRST.search(loose):
        return turned
    # Brackets are drawn as they look: what opens a bracket to a reader from the right is drawn as a closing one.
    latin = _runs([_kind(each) for each in turned], "L", stops="R")
    within = {place for start, end in latin for place in range(start, end)}
    return [each if place in within else each.translate(_MIRRORED) for place, each in enumerate(turned)]


def _runs(kinds: Sequence[str], kind: str, *, stops: str) -> list[tuple[int, int]]:
    """Return where runs of a kind begin and end: what is between two of it belongs to them, unless one stops it.

    Figures beside Latin letters belong to those: "order 44".
    """
    runs: list[tuple[int, int]] = []
    start = end = -1
    for place, each in enumerate([*kinds, stops[0]]):
        if each == kind or (start >= 0 and each == "N" and "N" not in stops):
            start, end = (place if start < 0 else start), place + 1
        elif each in stops and start >= 0:
            runs.append((start, end))
            start = -1
    return runs


_JOINS: Final = frozenset(".,:/-٫٬")
_PER_CENT: Final = frozenset("%٪")
"""Stands at either side of its figure, and is read after it."""


def _numbers(seen: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Return where figures stand, which are read from the left, with the signs between them."""
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(seen):
        if kinds[place] != "N":
            place += 1
            continue
        start, end = place, place + 1
        while end < len(seen) and (kinds[end] == "N" or _joins(seen, kinds, end)):
            end += 1
        if end < len(seen) and seen[end] in _PER_CENT:
            end += 1
        found.append((start, end))
        place = end
    return found


def _joins(seen: Sequence[str], kinds: Sequence[str], place: int) -> bool:
    return seen[place] in _JOINS and place + 1 < len(seen) and kinds[place + 1] == "N"

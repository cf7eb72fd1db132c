"""Read numbers as customers say them: "1,500.5", "2k", "٣ آلاف" (three thousand), "خمسة وعشرين" (twenty-five).

A number is read backwards from the word that it counts. What is counted, quantities.py says. Words are spelled as
text.py folds them; one table holds all languages, since no word of one is a number in another.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

_UNITS: Final = {
    **dict.fromkeys(("one", "واحد", "واحده", "احد", "احدي"), 1),
    **dict.fromkeys(("two", "couple", "اثنين", "اتنين", "اثنان", "ثنين", "تنين", "اثنا", "اثني", "جوج", "زوج"), 2),
    **dict.fromkeys(("three", "ثلاثه", "ثلاث", "تلاته", "تلات", "تلت", "تلاث"), 3),
    **dict.fromkeys(("four", "اربعه", "اربع", "ربعه"), 4),
    **dict.fromkeys(("five", "خمسه", "خمس"), 5),
    **dict.fromkeys(("six", "سته", "ست"), 6),
    **dict.fromkeys(("seven", "سبعه", "سبع"), 7),
    **dict.fromkeys(("eight", "ثمانيه", "ثماني", "ثمان", "تمانيه", "تماني", "تمان", "تمنيه", "تمن"), 8),
    **dict.fromkeys(("nine", "تسعه", "تسع"), 9),
    **dict.fromkeys(("ten", "عشره", "عشر"), 10),
    **dict.fromkeys(("eleven", "حداشر", "احدعش", "حدعش"), 11),
    **dict.fromkeys(("twelve", "dozen", "اتناشر", "اطناشر", "اثنعش", "طنعش", "اثناعش"), 12),
    **dict.fromkeys(("thirteen", "تلتاشر", "تلاتاشر", "ثلطعش", "ثلاثطعش", "تلطعش"), 13),
    **dict.fromkeys(("fourteen", "اربعتاشر", "اربعطعش"), 14),
    **dict.fromkeys(("fifteen", "خمستاشر", "خمسطعش", "خمستعش"), 15),
    **dict.fromkeys(("sixteen", "ستاشر", "سطعش", "ستعش"), 16),
    **dict.fromkeys(("seventeen", "سبعتاشر", "سبعطعش"), 17),
    **dict.fromkeys(("eighteen", "تمنتاشر", "ثمنطعش", "تمنطعش"), 18),
    **dict.fromkeys(("nineteen", "تسعتاشر", "تسعطعش"), 19),
    **dict.fromkeys(("twenty", "عشرين", "عشرون"), 20),
    **dict.fromkeys(("thirty", "ثلاثين", "ثلاثون", "تلاتين"), 30),
    **dict.fromkeys(("forty", "fourty", "اربعين", "اربعون", "ربعين"), 40),
    **dict.fromkeys(("fifty", "خمسين", "خمسون"), 50),
    **dict.fromkeys(("sixty", "ستين", "ستون"), 60),
    **dict.fromkeys(("seventy", "سبعين", "سبعون"), 70),
    **dict.fromkeys(("eighty", "ثمانين", "ثمانون", "تمانين"), 80),
    **dict.fromkeys(("ninety", "تسعين", "تسعون"), 90),
    **dict.fromkeys(("ميتين", "ميتان", "مايتين", "مايتان", "ميتا", "ميتي", "مايتا", "مايتي"), 200),
    **{
        f"{stem}{hundred}": 100 * number
        for number, stems in {
            3: ("ثلاث", "تلت", "تلات", "ثلث"),
            4: ("اربع", "ربع"),
            5: ("خمس",),
            6: ("ست",),
            7: ("سبع",),
            8: ("ثمان", "ثمن", "تمن", "تمان"),
            9: ("تسع",),
        }.items()
        for stem in stems
        for hundred in ("ميه", "مايه", "ميت")  # مية, مائة, and as Egyptians say before a noun
    },
    **dict.fromkeys(("الفين", "الفان", "الفي"), 2000),
    **dict.fromkeys(("مليونين", "مليونان", "مليوني"), 2_000_000),
}
_SCALES: Final = {
    **dict.fromkeys(("hundred", "hundreds", "ميه", "مايه", "ميت"), 100),
    **dict.fromkeys(("thousand", "thousands", "k", "grand", "الف", "الفا", "الاف", "تلاف"), 1000),
    **dict.fromkeys(("million", "millions", "مليون", "مليونا", "ملايين"), 1_000_000),
}
_DUALS: Final = frozenset({"الفا", "مليونا"})
"""ألفا, مليونا: twice as much right before what they count ("ألفا ريال"), and once anywhere else ("خمسون ألفًا")."""
_HALVES: Final = {
    **dict.fromkeys(("half", "نص", "نصف"), Decimal("0.5")),
    **dict.fromkeys(("quarter", "ربع"), Decimal("0.25")),
}
_JOINERS: Final = frozenset({"and", "و"})
_FILLERS: Final = frozenset({"a", "an", "of"})
_KNOWN: Final = _UNITS.keys() | _SCALES.keys() | _HALVES.keys() | _JOINERS | _FILLERS
_HUNDRED: Final = 100

FIGURES: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:[.,][0-9]{1,3})?"
_FIGURES_BEFORE: Final = re.compile(rf"(?<![\w.,/-])({FIGURES})$")
_WORD_BEFORE: Final = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,12})[ -]?$")
_WORD_AFTER: Final = re.compile(r"[ -]?([^\W\d_]{1,12})(?![^\W\d_])")
_SCALED_FIGURES: Final = re.compile(rf"(?<![\w.,/-])({FIGURES}) ?$")
_WIDTH: Final = 24
"""Characters before a word in which the one before it must stand; keeps the search linear."""
_MOST_WORDS: Final = 8


_OPENING: Final = "([\"'0123456789.,"
"""What may stand before a number word without a blank: "2k"."""


class Number(NamedTuple):
    """A number and where it begins."""

    start: int
    value: Decimal


def number_before(folded: str, end: int) -> Number | None:
    """Return the number that ends at `end`, or one blank before it; None if none does."""
    stop = end - 1 if folded[end - 1 : end] in {" ", "-"} else end
    if folded[stop - 1 : stop].isdigit():
        figures = _FIGURES_BEFORE.search(folded, max(0, stop - _WIDTH), stop)
        return Number(figures.start(1), decimal(figures[1])) if figures else None
    tail = folded[max(0, stop - _WIDTH) : stop].replace("-", " ").split()
    if tail and _is_known(tail[-1].lstrip(_OPENING)):  # it mostly is not
        return _worded_before(folded, end)
    return None


def number_after(folded: str, start: int) -> tuple[int, Decimal] | None:
    """Return where a number in words that begins at `start` ends, and the number; None if none begins there."""
    end = start
    while (match := _WORD_AFTER.match(folded, end)) and _is_known(match[1]):
        end = match.end(1)
    number = _worded_before(folded, end) if end > start else None
    return (end, number.value) if number else None


def _worded_before(folded: str, end: int) -> Number | None:
    """Read number words backwards, and the figures that a scale goes with: "3 thousand"."""
    words: list[tuple[int, str]] = []
    place = end
    while len(words) < _MOST_WORDS and (match := _WORD_BEFORE.search(folded, max(0, place - _WIDTH), place)):
        if not _is_known(match[1]):
            break
        words.insert(0, (match.start(1), match[1]))
        place = match.start(1)
    while words and (words[0][1] in _JOINERS | {"of"} or (words[0][1] in _FILLERS and _counts(words[1:]))):
        words.pop(0)
    if not words:
        return None
    figures = None
    if words[0][1] in _SCALES or words[0][1] in {"and", "و"}:
        figures = _SCALED_FIGURES.search(folded, max(0, words[0][0] - _WIDTH), words[0][0])
    value = _sum([word for _, word in words], decimal(figures[1]) if figures else None)
    if value is None:
        return None
    return Number(figures.start(1) if figures else words[0][0], value)


def _counts(words: list[tuple[int, str]]) -> bool:
    """Whether a number goes on without the article before it: "a ten minute ride", but "a couple", "a hundred"."""
    return bool(words) and words[0][1] in _UNITS and words[0][1] not in {"couple", "dozen"}


def decimal(figures: str) -> Decimal:
    """Read "1,500.5" as 1500.5 and "1,5" as 1.5; a comma before three digits groups thousands."""
    whole, point, rest = figures.rpartition(".") if "." in figures else figures.rpartition(",")
    if not point or (point == "," and len(rest) == len("000")):
        return Decimal(figures.replace(",", ""))
    return Decimal(f"{whole.replace(',', '')}.{rest}")


def _is_known(word: str) -> bool:
    return word in _KNOWN or (word[:1] == "و" and word[1:] in _KNOWN)


def _sum(words: list[str], figures: Decimal | None) -> Decimal | None:
    """Add the words up; None if they are fillers only ("a", "and")."""
    total, current, said = Decimal(0), figures or Decimal(0), figures is not None
    joined = False
    for place, word in enumerate(words, start=1):
        if word in _JOINERS:
            joined = True
            continue
        bare = word if word in _KNOWN else word[1:]  # "وعشرين" (and twenty)
        joined = joined or bare != word
        if bare in _UNITS:
            current += _UNITS[bare]
        elif bare in _HALVES:
            current += _HALVES[bare]
        elif bare in _SCALES:
            scale = _SCALES[bare]
            if scale == _HUNDRED and (joined or not 0 < current < _HUNDRED):
                current += scale
            elif scale == _HUNDRED:
                current *= scale
            else:
                times = 2 if bare in _DUALS and place == len(words) else 1
                total, current = total + (current or times) * scale, Decimal(0)
        else:
            continue
        said, joined = True, False
    return total + current if said else None

"""Find amounts, durations and dates: a number beside the word for a currency, a unit of time or a month.

Which words these are, the lexicons say; how numbers read, numbers.py. Amounts are normalised. Durations and dates
stay the customer's words, since they are told back and nobody reckons with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callcenter.analysis.candidates import Candidate
from callcenter.analysis.models import EntityKind
from callcenter.analysis.numbers import FIGURES, decimal, number_before

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from callcenter.analysis.lexicon import Lexicons
    from callcenter.analysis.lexicon_file import Cue
    from callcenter.analysis.reading import Reading

_KINDS: Final = {kind.value: kind for kind in EntityKind}
_DATE: Final = re.compile(
    r"(?<![\w/.-])(?:(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([-/.])(?:0?[1-9]|1[0-2])\2(?:(?:19|20)[0-9]{2}|[0-9]{2}))(?![\w/]|[.-][0-9])"
)
_NUMBER_AFTER: Final = re.compile(rf" ?({FIGURES})( ?k\b)?(?![\w/-]|[.,][0-9])")
_AMOUNT_AFTER_LABEL: Final = re.compile(
    rf"[ \t]*(?:[:=]|\b(?:is|was|of|هو)\b)?[ \t]*({FIGURES})( ?k\b)?(?![\w/-]|[.,][0-9])"
)
_RANGE: Final = re.compile(r"(?<![\w.,/-])([0-9]{1,3}) ?(?:-|–|to|or|او|الي) ?$")
_DAY_MONTH: Final = re.compile(r"(?<![\w/.-])([0-3]?[0-9])(?:st|nd|rd|th)?(?: (?:of|من|شهر))? ?$")
_MONTH_DAY: Final = re.compile(r" ?(?:the )?([0-3]?[0-9])(?:st|nd|rd|th)?(?![\w/-])")
_YEAR: Final = re.compile(r",? ?(?:19|20)[0-9]{2}(?!\w)")
_AND_HALF: Final = re.compile(r" (?:and a half|و ?نصف?|و ?ربع)(?!\w)")
_AGO: Final = re.compile(r" ago(?!\w)")
_BEFORE_NOW: Final = re.compile(r"(?<!\w)[وف]?(قبل) (?:(?:حوالي|تقريبا) )?$")
_GLUED: Final = re.compile(
    rf"(?<![\w.,/-])({FIGURES})([^\W\d_]{{2,9}})(?!\w)|(?<!\w)([a-z]{{2,3}})({FIGURES})(?![\w/-])"
)
"""A number and its unit in one word: "50ريال", "1500SAR", "2weeks"."""
_MAX_GLUED: Final = 32
_CONTEXT: Final = 24
"""Characters before a unit in which its number must stand; keeps the search linear."""
_MILLS: Final = -3
_LOOSE: Final = ".loose"
"""Sections of labels that say little by themselves: "my number", "paid"."""
_DUAL: Final = "ين"
"""Makes two of a currency: "ريالين" (two riyals)."""


def by_shape(folded: str) -> list[Candidate]:
    """Return the dates written in figures."""
    return [Candidate(EntityKind.date, "", *match.span(), 0.95, "pattern") for match in _DATE.finditer(folded)]


def amounts(reading: Reading) -> Iterator[Candidate]:
    """Read the amounts beside currencies, and those that a label ("total") makes amounts of no stated currency."""
    folded = reading.folded
    for start, end, cue, _ in reading.hits.get("currency", ()):
        if number := number_before(folded, start):
            yield _amount(number.value, cue.label, number.start, end)
        elif after := _NUMBER_AFTER.match(folded, end):
            value = decimal(after[1]) * (1000 if after[2] else 1)
            yield _amount(value, cue.label, start, after.end(2) if after[2] else after.end(1))
        elif folded[start:end].endswith(cue.text + _DUAL):
            yield _amount(decimal("2"), cue.label, start, end)
    for _, end, cue, _ in reading.hits.get("label", ()):
        if cue.label == EntityKind.amount and (match := _AMOUNT_AFTER_LABEL.match(folded, end)):
            thousands = 1000 if match[2] else 1
            if match[2] or not cue.rule.endswith(_LOOSE):
                stop = match.end(2) if match[2] else match.end(1)
                written = _written(decimal(match[1]) * thousands)
                yield Candidate(EntityKind.amount, written, match.start(1), stop, 0.8, "after_label")


def _amount(value: Decimal, currency: str, start: int, end: int) -> Candidate:
    return Candidate(EntityKind.amount, f"{_written(value)} {currency}", start, end, 0.95, "with_currency")


def _written(value: Decimal) -> str:
    """Write two decimals, or three if so many were said: dinars have them."""
    return f"{value:.3f}" if value.as_tuple().exponent == _MILLS else f"{value:.2f}"


def periods(reading: Reading) -> Iterator[Candidate]:
    """Read durations, dates and what "ago" makes a date of."""
    folded = reading.folded
    for start, end, cue, _ in reading.hits.get("unit", ()):
        if cue.label == "month":
            yield from _month_date(folded, start, end)
        elif number := number_before(folded, start):
            ranged = _RANGE.search(folded, max(0, number.start - _CONTEXT), number.start)
            yield _period(folded, ranged.start(1) if ranged else number.start, end, EntityKind.duration, "with_unit")
        elif (begun := _ranged(folded, start)) is not None:
            yield _period(folded, begun, end, EntityKind.duration, "with_unit")
    for start, end, cue, _ in reading.hits.get("fact", ()):
        if cue.label in _KINDS:
            yield _period(folded, start, end, _KINDS[cue.label], "word")


_HYPHENATED: Final = re.compile(r"(?<![\w.,/-])([0-9]{1,3})[-–][0-9]{1,3} ?$")


def _ranged(folded: str, end: int) -> int | None:
    """Return where "3-5" before `end` begins."""
    match = _HYPHENATED.search(folded, max(0, end - _CONTEXT), end)
    return match.start(1) if match else None


def _period(folded: str, start: int, end: int, kind: EntityKind, rule: str) -> Candidate:
    """Take in what belongs to a period: "and a half", and "ago", "قبل" (ago), which make it a date."""
    if half := _AND_HALF.match(folded, end):
        end = half.end()
    if kind is EntityKind.duration:
        if ago := _AGO.match(folded, end):
            return Candidate(EntityKind.date, "", start, ago.end(), 0.92, rule)
        if before := _BEFORE_NOW.search(folded, max(0, start - _CONTEXT), start):
            return Candidate(EntityKind.date, "", before.start(1), end, 0.92, rule)
    return Candidate(kind, "", start, end, 0.9, rule)


def _month_date(folded: str, start: int, end: int) -> list[Candidate]:
    before = _DAY_MONTH.search(folded, max(0, start - _CONTEXT), start)
    after = None if before else _MONTH_DAY.match(folded, end)
    if not before and not after:
        return []
    start = before.start(1) if before else start
    end = after.end() if after else end
    if year := _YEAR.match(folded, end):
        end = year.end()
    return [Candidate(EntityKind.date, "", start, end, 0.93, "with_month")]


def glued(reading: Reading, lexicons: Lexicons) -> Iterator[Candidate]:
    """Read the numbers that a currency or a unit of time is written together with."""
    for number, match in enumerate(_GLUED.finditer(reading.folded)):
        if number >= _MAX_GLUED:
            return
        figures, word = (match[1], match[2]) if match[1] else (match[4], match[3])
        cue = _counted(word, lexicons, arabizi=reading.in_arabic is not None)
        if cue is None:
            continue
        if cue.aspect == "currency":
            yield _amount(decimal(figures), cue.label, *match.span())
        elif match[1] and cue.label == "time":
            yield _period(reading.folded, *match.span(), EntityKind.duration, "with_unit")


def _counted(word: str, lexicons: Lexicons, *, arabizi: bool) -> Cue | None:
    """Return the currency or unit that `word` is; Arabizi has some that are English words ("real")."""
    for entry in lexicons.index.whole(word):
        if entry[1] in {"currency", "unit"} and (arabizi or entry[2] != "arabizi"):
            return entry[0]
    return None

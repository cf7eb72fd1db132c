"""Read the figures of a purchase from a message: prices and their bounds, down payment, months, yearly rate. Pure.

Numbers are read as the analyzer reads them, in figures and in words, in both languages ("80k", "ثمانين ألف").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from callcenter.analysis.numbers import FIGURES, decimal, number_before
from callcenter.analysis.text import normalise

_FIGURE: Final = re.compile(rf"(?<![\w.,/+-])({FIGURES}) ?(k\b|%|percent\b)?(?![0-9/-])")
_SCALED: Final = re.compile(r"(?<![^\W\d_])(?:الف|الفا|الاف|تلاف|الفين|thousand|grand|مليون|million|ميه)(?![^\W\d_])")
_MONTHS: Final = re.compile(r"(?<![^\W\d_])(?:months?|mos?|شهرا?|شهور|اشهر|شهرين|shahr|shohor)(?![^\W\d_])")
_YEARS: Final = re.compile(
    r"(?<![^\W\d_])(?:years?|yrs?|سنه|سنوات|سنين|سنتين|سنتان|عامين|عامان|عام|اعوام|عاما|sana|sneen|snin)(?![^\W\d_])"
)
_TWO: Final = frozenset({"شهرين", "سنتين", "سنتان", "عامين", "عامان"})
_PERCENT: Final = re.compile(r" ?(?:%|percent|per cent|بالميه|في الميه|بالمايه|في المايه|بالمئه)")
_DOWN: Final = re.compile(
    r"down payment|downpayment|down|deposit|upfront|up front|in advance|advance"
    r"|دفعه اولي|الدفعه الاولي|دفعه مقدمه|الدفعه المقدمه|مقدم|مقدما|عربون|دفعه|mo2adam|mo9adam|avance"
)
_AT_MOST: Final = re.compile(
    r"under|below|less than|up to|at most|no more than|cheaper than|within|max(?:imum)?(?: of)?|budget(?: is| of)?"
    r"|اقل من|تحت|حتي|لا يتجاوز|ما يتجاوز|لا يزيد عن|ما يزيد عن|بحدود|في حدود|بحد اقصي|ميزانيتي|ارخص من|اقل من"
)
_AT_LEAST: Final = re.compile(
    r"over|above|more than|at least|starting from|اكثر من|فوق|اعلي من|علي الاقل|ابتداء من|اكتر من|اغلي من"
)
_REACH: Final = 14
"""Characters between a word such as "under" and its number."""
_LAST_YEAR: Final = 35
"""A longer term in years is a model year or nothing."""
_MODEL_YEARS: Final = (Decimal(1950), Decimal(2050))
_LEAST_PRICE: Final = 100
"""A smaller number without a currency is a count."""


class Figures(NamedTuple):
    """What a message says of a purchase; None: nothing."""

    price: Decimal | None = None
    down_payment: Decimal | None = None
    months: int | None = None
    annual_rate: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None


class _Number(NamedTuple):
    start: int
    end: int
    value: Decimal


def read_figures(text: str) -> Figures:
    """Return the figures of a message. What is a term, a rate or a bound is no price."""
    folded = normalise(text).text
    months, term = _term(folded)
    numbers = [each for each in _numbers(folded) if not (term and each.start < term[1] and term[0] < each.end)]
    rate = next((each for each in numbers if _PERCENT.match(folded, each.end)), None)
    numbers = [each for each in numbers if each is not rate]
    down = _beside(folded, numbers, _DOWN)
    numbers = [each for each in numbers if each is not down]
    most = _behind(folded, numbers, _AT_MOST)
    least = _behind(folded, [each for each in numbers if each is not most], _AT_LEAST)
    left = (each for each in numbers if each not in {most, least})
    prices = [each.value for each in left if each.value >= _LEAST_PRICE and not _is_year(each)]
    return Figures(
        price=max(prices, default=None),
        down_payment=down.value if down else None,
        months=months,
        annual_rate=rate.value if rate else None,
        min_price=least.value if least else None,
        max_price=most.value if most else None,
    )


def bare_number(text: str) -> Decimal | None:
    """Return the one number of a message that answers a question; None if there is none, or several."""
    numbers = _numbers(normalise(text).text)
    return numbers[0].value if len(numbers) == 1 else None


def _numbers(folded: str) -> list[_Number]:
    """Return all numbers, those with a scale in words whole, in order; none inside another."""
    found = [*_worded(folded)]
    for match in _FIGURE.finditer(folded):
        if any(each.start <= match.start(1) < each.end for each in found):
            continue
        thousands = 1000 if match[2] == "k" else 1
        end = match.end(2) if thousands > 1 else match.end(1)
        found.append(_Number(match.start(1), end, decimal(match[1]) * thousands))
    return sorted(found)


def _worded(folded: str) -> Iterator[_Number]:
    done = -1
    for match in _SCALED.finditer(folded):
        number = number_before(folded, match.end())
        if number is not None and number.start >= done:
            done = match.end()
            yield _Number(number.start, match.end(), number.value)


def _term(folded: str) -> tuple[int | None, tuple[int, int] | None]:
    """Return a number of months and where it stands."""
    for pattern, each in ((_MONTHS, 1), (_YEARS, 12)):
        for match in pattern.finditer(folded):
            number = number_before(folded, match.start())
            if match[0] in _TWO:
                return 2 * each, match.span()
            if number is not None and number.value == int(number.value) and (each == 1 or number.value <= _LAST_YEAR):
                return int(number.value) * each, (number.start, match.end())
    return None, None


def _beside(folded: str, numbers: list[_Number], word: re.Pattern[str]) -> _Number | None:
    """Return the number that follows a word nearly at once, else one that goes right before it."""
    for match in word.finditer(folded):
        after = next((each for each in numbers if 0 <= each.start - match.end() <= _REACH), None)
        before = next((each for each in numbers if 0 <= match.start() - each.end <= _REACH // 2), None)
        if after or before:
            return after or before
    return None


def _behind(folded: str, numbers: list[_Number], word: re.Pattern[str]) -> _Number | None:
    for match in word.finditer(folded):
        for each in numbers:
            if 0 <= each.start - match.end() <= _REACH:
                return each
    return None


def _is_year(number: _Number) -> bool:
    first, last = _MODEL_YEARS
    return first <= number.value <= last

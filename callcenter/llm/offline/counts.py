"""Say numbers of minutes, hours and days in the form their language wants: ساعة، ساعتين، 3 ساعات، 11 ساعة (hours).

The forms are data, tried in order; this module knows how they are chosen and how coarse a span of time is said. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from math import ceil
from typing import Final

from callcenter.calls import Value


class Unit(StrEnum):
    """What time is counted in."""

    minutes = "minutes"
    hours = "hours"
    days = "days"


class CountForm(Value):
    """How a counted noun is said for some numbers; without a condition, for all."""

    exactly: int | None = None
    last_two: tuple[int, int] | None = None
    """First and last of the values its last two digits may have."""
    text: str
    """`{n}` is the number."""

    def fits(self, number: int) -> bool:
        """Whether it is the form for `number`."""
        if self.exactly is not None:
            return number == self.exactly
        if self.last_two is not None:
            first, last = self.last_two
            return first <= number % 100 <= last
        return True


_GRACE: Final = timedelta(minutes=1)
"""What a turn itself may take: two hours and a second are "2 hours", not 3."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MINUTE_STEP: Final = 5
_DAYS_FROM: Final = timedelta(days=2)
"""From here on people count in days: "within 24 hours", but "within 3 days"."""


def rounded(left: timedelta) -> tuple[Unit, int]:
    """Return a span as it is said: rounded up, never to less than is left. `left` must be above zero."""
    left -= _GRACE
    if left > _DAYS_FROM:
        return Unit.days, ceil(left / _DAY)
    if left > _HOUR:
        return Unit.hours, ceil(left / _HOUR)
    steps = max(1, ceil(left / timedelta(minutes=_MINUTE_STEP)))
    minutes = steps * _MINUTE_STEP
    return (Unit.hours, 1) if timedelta(minutes=minutes) >= _HOUR else (Unit.minutes, minutes)


def said(number: int, forms: Iterable[CountForm]) -> str:
    """Return `number` with its noun in the first form that fits."""
    return next(form.text.format(n=number) for form in forms if form.fits(number))

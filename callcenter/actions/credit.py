"""Reckon instalments: equal ones at a yearly rate, in decimals, exact to the currency's smallest unit. Pure.

With r the rate of one month and n the months, an instalment is amount · r / (1 - (1 + r)^-n), rounded half up; without
interest amount / n. Each month's interest is that of what is still owed, rounded likewise; the last instalment takes
what the rounding left, so that what is paid off sums up to the amount exactly.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, NamedTuple

_MONTHS_A_YEAR: Final = 12
_PRECISION: Final = 60
"""Digits reckoned with; a price has thirteen, and three hundred and sixty factors lose few."""


class Instalment(NamedTuple):
    """What is paid in one month."""

    payment: Decimal
    interest: Decimal
    principal: Decimal
    """What it pays off."""
    owed: Decimal
    """What is left afterwards."""


class Schedule(NamedTuple):
    """A whole credit."""

    instalment: Decimal
    """Each month but the last, which may differ by what the rounding left."""
    months: tuple[Instalment, ...]

    @property
    def total(self) -> Decimal:
        """All instalments together."""
        return sum((each.payment for each in self.months), Decimal(0))

    @property
    def interest(self) -> Decimal:
        """All interest together."""
        return sum((each.interest for each in self.months), Decimal(0))


def schedule(amount: Decimal, annual_rate: Decimal, months: int, *, decimals: int) -> Schedule:
    """Return how an amount is paid off; the rate is in per cent a year, `decimals` are the currency's.

    Raises ValueError for an amount or a number of months that is not above zero, or a rate below it.
    """
    if amount <= 0 or months < 1 or annual_rate < 0:
        raise ValueError("A credit has an amount and months above zero, and no rate below it.")
    unit = Decimal(1).scaleb(-decimals)
    with localcontext() as context:
        context.prec = _PRECISION
        rate = annual_rate / 100 / _MONTHS_A_YEAR
        exact = amount * rate / (1 - (1 + rate) ** -months) if rate else amount / months
        instalment = _rounded(exact, unit)
        owed, paid = amount, []
        for month in range(1, months + 1):
            interest = _rounded(owed * rate, unit)
            principal = owed if month == months else min(instalment - interest, owed)
            owed -= principal
            paid.append(Instalment(principal + interest, interest, principal, owed))
    return Schedule(instalment, tuple(paid))


def _rounded(figure: Decimal, unit: Decimal) -> Decimal:
    return figure.quantize(unit, rounding=ROUND_HALF_UP)

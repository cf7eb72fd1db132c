"""Instalments are exact to the currency's smallest unit; the figures here were worked out by hand from the formula."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.actions.credit import schedule

pytestmark = pytest.mark.unit


def reckon(amount: str, rate: str, months: int, decimals: int = 2):
    return schedule(Decimal(amount), Decimal(rate), months, decimals=decimals)


@pytest.mark.parametrize(
    ("amount", "rate", "months", "instalment"),
    [
        # 1000 at 12 %: 1000 · 0.01 / (1 - 1.01^-2) = 10 / 0.0197039505... = 507.5124...
        ("1000", "12", 2, "507.51"),
        # 1200 without interest over a year
        ("1200", "0", 12, "100.00"),
        # 100 without interest over three months: 33.333...
        ("100", "0", 3, "33.33"),
        # the published value for 100,000 at 6 % over 360 months
        ("100000", "6", 360, "599.55"),
        # 10,000 at 10 % over 12 months
        ("10000", "10", 12, "879.16"),
        # one month: the amount and a month's interest, 75,000 · 1.00833...
        ("75000", "10", 1, "75625.00"),
    ],
)
def test_known_instalments(amount: str, rate: str, months: int, instalment: str):
    assert reckon(amount, rate, months).instalment == Decimal(instalment)


def test_two_months_by_hand():
    first, last = reckon("1000", "12", 2).months
    assert (first.interest, first.principal, first.owed) == (Decimal("10.00"), Decimal("497.51"), Decimal("502.49"))
    # 1 % of 502.49 is 5.0249
    assert (last.interest, last.principal, last.payment) == (Decimal("5.02"), Decimal("502.49"), Decimal("507.51"))


def test_the_last_instalment_takes_what_rounding_left():
    paid = reckon("100", "0", 3)
    assert [str(each.payment) for each in paid.months] == ["33.33", "33.33", "33.34"]
    assert paid.total == Decimal(100)


def test_half_a_cent_is_rounded_up():
    assert reckon("0.05", "0", 2).instalment == Decimal("0.03")  # 0.025


def test_currencies_with_other_decimals():
    assert reckon("1000", "0", 3, decimals=3).instalment == Decimal("333.333")
    assert reckon("1000", "0", 3, decimals=0).instalment == Decimal(333)


@pytest.mark.parametrize(
    ("amount", "rate", "months"), [("0", "10", 12), ("-1", "10", 12), ("1", "-1", 12), ("1", "1", 0)]
)
def test_what_is_no_credit_is_refused(amount: str, rate: str, months: int):
    with pytest.raises(ValueError, match="credit"):
        reckon(amount, rate, months)


@given(
    cents=st.integers(1, 10**13),
    rate=st.decimals(0, 100, places=2),
    months=st.integers(1, 360),
    decimals=st.sampled_from([0, 2, 3]),
)
def test_what_is_paid_off_is_the_amount_to_the_cent(cents: int, rate: Decimal, months: int, decimals: int):
    amount = Decimal(cents).scaleb(-decimals)
    paid = schedule(amount, rate, months, decimals=decimals)
    unit = Decimal(1).scaleb(-decimals)
    assert sum(each.principal for each in paid.months) == amount
    assert paid.total == amount + paid.interest
    assert paid.months[-1].owed == 0
    assert len(paid.months) == months
    owed = amount
    for each in paid.months:
        assert each.payment == each.interest + each.principal
        assert each.payment == each.payment.quantize(unit)
        assert each.interest >= 0
        assert each.principal >= 0
        assert abs(each.interest - owed * rate / 1200) <= unit / 2
        owed -= each.principal
        assert each.owed == owed
    assert all(each.payment <= paid.instalment for each in paid.months[:-1])


@given(cents=st.integers(100, 10**9), months=st.integers(1, 120))
def test_a_higher_rate_never_costs_less(cents: int, months: int):
    amount = Decimal(cents).scaleb(-2)
    instalments = [schedule(amount, Decimal(rate), months, decimals=2).instalment for rate in (0, 5, 10, 20)]
    assert instalments == sorted(instalments)

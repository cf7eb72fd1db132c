from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from callcenter.calls import TokenUsage
from callcenter.llm import Failure
from callcenter.llm.budget import Budget, Prices

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
USAGE = TokenUsage(input_tokens=80, output_tokens=20)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize(("used", "reason"), [(99, None), (100, Failure.call_budget), (101, Failure.call_budget)])
def test_call_may_not_go_on_once_it_used_its_tokens(used: int, reason: Failure | None):
    assert Budget(now=Clock(), call_tokens=100).allows(used) is reason


def test_day_ends_when_its_tokens_are_used_and_begins_anew():
    clock = Clock()
    budget = Budget(now=clock, day_tokens=200)
    budget.spent(USAGE)
    assert budget.allows(0) is None
    budget.spent(USAGE)
    assert budget.allows(0) is Failure.day_budget
    clock.now += timedelta(hours=12)
    assert budget.allows(0) is None


def test_day_is_that_of_utc():
    clock = Clock()
    clock.now = datetime(2026, 11, 3, 2, 0, tzinfo=timezone(timedelta(hours=3)))
    budget = Budget(now=clock, day_tokens=100)
    budget.resume(date(2026, 11, 2), 100)
    assert budget.allows(0) is Failure.day_budget


def test_what_was_spent_on_another_day_is_forgotten():
    budget = Budget(now=Clock(), day_tokens=100)
    budget.resume(date(2026, 11, 1), 100)
    assert budget.allows(0) is None


def test_without_bounds_and_prices_usage_is_only_counted():
    budget = Budget(now=Clock())
    assert budget.spent(USAGE) == USAGE
    assert budget.allows(10**9) is None


@pytest.mark.parametrize(
    ("cached_price", "usage", "cost"),
    [
        (None, TokenUsage(input_tokens=1_000_000, output_tokens=1_000_000), 2_250_000),
        (0.025, TokenUsage(input_tokens=1_000, cached_tokens=600, output_tokens=100), 315),
        (None, TokenUsage(input_tokens=1_000, cached_tokens=600, output_tokens=100), 450),
        (None, TokenUsage(input_tokens=2), 1),
        (None, TokenUsage(input_tokens=1), 0),
    ],
)
def test_cost_is_told_in_millionths_of_a_dollar(cached_price: float | None, usage: TokenUsage, cost: int):
    prices = Prices.of(input_price=0.25, cached_price=cached_price, output_price=2)
    assert Budget(now=Clock(), prices=prices).spent(usage).cost_microusd == cost


@pytest.mark.parametrize(("read", "written"), [(None, 2.0), (0.25, None), (None, None)])
def test_half_a_price_list_is_none(read: float | None, written: float | None):
    assert Prices.of(input_price=read, cached_price=None, output_price=written) is None

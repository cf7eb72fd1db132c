"""What models may read and write, for one call and in a day, and what it costs. Pure but for the clock it is given.

The bounds are soft: they are looked at before a reply, so that replies under way may go beyond them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from callcenter.calls import TokenUsage
from callcenter.llm import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars a million tokens, which is as many millionths of a dollar a token."""

    input: Decimal
    cached: Decimal
    """For input the provider had at hand."""
    output: Decimal

    @classmethod
    def of(cls, *, input_price: float | None, cached_price: float | None, output_price: float | None) -> Prices | None:
        """Return the prices as configured; None unless those of input and output are."""
        if input_price is None or output_price is None:
            return None
        read = Decimal(str(input_price))
        cached = read if cached_price is None else Decimal(str(cached_price))
        return cls(input=read, cached=cached, output=Decimal(str(output_price)))

    def cost(self, usage: TokenUsage) -> int:
        """Return what usage costs, in millionths of a dollar, rounded half up."""
        fresh = usage.input_tokens - usage.cached_tokens
        cost = fresh * self.input + usage.cached_tokens * self.cached + usage.output_tokens * self.output
        return int(cost.quantize(Decimal(1), rounding=ROUND_HALF_UP))


class Budget:
    """What is spent, and whether there may be more."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        call_tokens: int | None = None,
        day_tokens: int | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Take the bounds; None: none. `now` tells the time, aware."""
        self._now = now
        self._call_tokens = call_tokens
        self._day_tokens = day_tokens
        self._prices = prices
        self._day = self._today()
        self._spent = 0

    def allows(self, call_tokens: int) -> Failure | None:
        """Return why a model may not be asked for a call that has used so many tokens; None: it may."""
        if self._call_tokens is not None and call_tokens >= self._call_tokens:
            return Failure.call_budget
        self._turn_over()
        if self._day_tokens is not None and self._spent >= self._day_tokens:
            return Failure.day_budget
        return None

    def spent(self, usage: TokenUsage) -> TokenUsage:
        """Count usage, and return it with its cost where prices are known."""
        self._turn_over()
        self._spent += usage.tokens
        return usage if self._prices is None else usage.altered({"cost_microusd": self._prices.cost(usage)})

    def resume(self, day: date, tokens: int) -> None:
        """Take over what was spent on a day (UTC) before this process began; another day is of no interest."""
        self._turn_over()
        if day == self._day:
            self._spent += tokens

    def _turn_over(self) -> None:
        today = self._today()
        if today != self._day:
            self._day, self._spent = today, 0

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()

"""Leave a provider alone that fails again and again, and look after a while whether it is well. Pure: time is told.

Whoever wants to ask the provider takes an attempt and says how it went. Invariant: while the breaker is not closed, at
most one attempt is under way that it allowed since it opened.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from callcenter.llm import Failure

FAILURES: Final = 5
"""So many in a row are no accident any more, ..."""
SHARE: Final = 4
"""... unless it is less than one in so many of what is under way: a burst's failures come before its first success."""
FIRST_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 120.0

PROVIDER_FAILURES: Final = frozenset({
    Failure.connect_timeout,
    Failure.first_token_timeout,
    Failure.idle_timeout,
    Failure.total_timeout,
    Failure.connection_lost,
    Failure.rate_limited,
    Failure.server_error,
    Failure.key_refused,
    Failure.request_refused,
    Failure.garbled,
    Failure.cut_short,
})  # fmt: skip
"""What the next customer would meet as well; all else is about one reply."""


class BreakerState(StrEnum):
    """Whether the provider is asked."""

    closed = "closed"
    open = "open"
    half_open = "half_open"
    """One attempt at a time may see whether it is well."""


class Breaker:
    """Counts the failures of one provider. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self.reason: Failure | None = None
        """How it failed last; None: it was well since."""
        self._failures = 0
        self._under_way = 0
        self._seconds = FIRST_SECONDS
        self._opens_at: float | None = None
        """When it may be asked again; None: it is closed."""
        self._probe: Attempt | None = None

    def state(self, now: float) -> BreakerState:
        """Return whether the provider is asked."""
        if self._opens_at is None:
            return BreakerState.closed
        return BreakerState.open if now < self._opens_at else BreakerState.half_open

    def attempt(self, now: float) -> Attempt | None:
        """Return a permission to ask, None if the provider is to be left alone. Its holder must end it."""
        if self._opens_at is None:
            self._under_way += 1
            return Attempt(self)
        if now < self._opens_at or self._probe is not None:
            return None
        self._under_way += 1
        self._probe = Attempt(self)
        return self._probe

    def _succeed(self) -> None:
        self.reason = None
        self._failures = 0
        self._seconds = FIRST_SECONDS
        self._opens_at = None
        self._probe = None

    def _fail(self, attempt: Attempt, reason: Failure, now: float) -> None:
        self.reason = reason
        if attempt is self._probe:
            self._seconds = min(self._seconds * 2, LONGEST_SECONDS)
            self._opens_at = now + self._seconds
        elif self._opens_at is None:
            self._failures += 1
            if self._failures >= max(FAILURES, self._under_way / SHARE) or reason is Failure.key_refused:
                self._opens_at = now + self._seconds

    def _end(self, attempt: Attempt) -> None:
        self._under_way -= 1
        if attempt is self._probe:
            self._probe = None


class Attempt:
    """A permission to ask once. The first word on how it went counts."""

    __slots__ = ("_breaker",)

    def __init__(self, breaker: Breaker) -> None:
        self._breaker: Breaker | None = breaker

    def succeeded(self) -> None:
        """Say that the provider is well."""
        breaker, self._breaker = self._breaker, None
        if breaker is not None:
            breaker._succeed()  # noqa: SLF001 (two halves of one thing)
            breaker._end(self)  # noqa: SLF001 (likewise)

    def failed(self, reason: Failure, now: float) -> None:
        """Say why it did not answer; that it answered what can't be used is no failure of the provider's."""
        if reason not in PROVIDER_FAILURES:
            self.succeeded()
            return
        breaker, self._breaker = self._breaker, None
        if breaker is not None:
            breaker._fail(self, reason, now)  # noqa: SLF001 (likewise)
            breaker._end(self)  # noqa: SLF001 (likewise)

    def dropped(self) -> None:
        """Say that nobody waited for how it went."""
        breaker, self._breaker = self._breaker, None
        if breaker is not None:
            breaker._end(self)  # noqa: SLF001 (likewise)

"""How long a reply may keep a customer waiting: for its first piece, between two, and in all.

Connecting is left to the client's own timeout. One timer watches a whole attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from callcenter.deadline import Deadline
from callcenter.errors import ModelFailed
from callcenter.llm import Failure, Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Deadlines, in seconds."""

    first_token: float
    """For an attempt's first piece, connecting included."""
    idle: float
    """Between two pieces."""
    total: float
    """For all attempts at one reply, and for the tools asked for in between."""


class Wait:
    """The waiting for one reply; it begins when this is made."""

    def __init__(self, patience: Patience, *, waited: float = 0) -> None:
        """Start the clock, inside a running loop, as if it had run so many seconds already."""
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + patience.total - waited

    def allows(self, seconds: float) -> bool:
        """Whether there is time to wait so long, and to hear something afterwards."""
        return self._loop.time() + seconds < self._ends_at

    async def hear(self, stream: AsyncGenerator[Heard, None]) -> AsyncGenerator[Heard, None]:
        """Yield what one attempt says. Raises ModelFailed when it takes too long; the stream is closed by then."""
        timer = Deadline(self._loop)
        reason, seconds = Failure.first_token_timeout, self._patience.first_token
        try:
            timer.start(min(self._loop.time() + seconds, self._ends_at))
            async for heard in stream:
                timer.stop()
                yield heard
                reason, seconds = Failure.idle_timeout, self._patience.idle
                timer.start(min(self._loop.time() + seconds, self._ends_at))
        except asyncio.CancelledError:
            if not timer.expired or timer.cancelled_by_others():
                raise
            if self._loop.time() >= self._ends_at:
                reason = Failure.total_timeout
        finally:
            timer.close()
            await stream.aclose()
        if timer.expired:
            raise ModelFailed(reason=reason, retry=reason is Failure.first_token_timeout)

"""How long a reply may keep a customer waiting: for its first piece, between two, and in all.

Connecting is left to the client's own timeout. One timer watches a whole attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Self

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

    def hear(self, stream: AsyncGenerator[Heard, None]) -> Hearing:
        """Return what one attempt says, as long as it does not take too long."""
        return Hearing(stream, self._patience, self._ends_at)


class Hearing:
    """What one attempt says; to be closed. Raises ModelFailed when it takes too long.

    No generator: every reply would pay for it.
    """

    __slots__ = ("_deadline", "_ends_at", "_loop", "_patience", "_reason", "_seconds", "_stream")

    def __init__(self, stream: AsyncGenerator[Heard, None], patience: Patience, ends_at: float) -> None:
        """Listen to `stream`, until `ends_at` in seconds of the loop's clock at most."""
        self._stream = stream
        self._patience = patience
        self._ends_at = ends_at
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop)
        self._reason, self._seconds = Failure.first_token_timeout, patience.first_token

    def __aiter__(self) -> Self:
        """Return itself: it is heard once."""
        return self

    async def __anext__(self) -> Heard:
        """Wait for what is said next; only this waiting is watched."""
        deadline = self._deadline
        deadline.start(min(self._loop.time() + self._seconds, self._ends_at))
        try:
            heard = await anext(self._stream)
        except asyncio.CancelledError:
            if not deadline.expired or deadline.cancelled_by_others():
                raise
            reason = Failure.total_timeout if self._loop.time() >= self._ends_at else self._reason
        else:
            self._reason, self._seconds = Failure.idle_timeout, self._patience.idle
            return heard
        finally:
            deadline.stop()
        raise ModelFailed(reason=reason, retry=reason is Failure.first_token_timeout)

    async def aclose(self) -> None:
        """Hang up."""
        self._deadline.close()
        await self._stream.aclose()

"""What the bus promises: frames of a call, in the order they were published, to whoever listens now.

It keeps nothing: who missed something replays the store after the last seq it saw, then listens again. Implementations
are this file's siblings.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from callcenter.calls import CallId
from callcenter.events import CallFrame


class Subscription(Protocol):
    """One reader's view of one call, or of all."""

    async def batch(self) -> Sequence[CallFrame]:
        """Wait for frames and return all that are ready, in order; never empty.

        Raises SubscriberTooSlow once more frames wait than the bus keeps for one reader; the reader must then replay.
        Raises BusClosed when the bus was closed and all that was ready is read.
        """
        ...


class Bus(Protocol):
    """Carries frames from the one who makes them to all who read them."""

    async def publish(self, frames: Sequence[CallFrame]) -> None:
        """Hand frames of one call to its readers. Never waits for a slow reader; after close() does nothing."""
        ...

    def heard(self, call_id: CallId) -> bool:
        """Whether anybody may be listening to a call: where not, its frames need not even be made."""
        ...

    def subscribe(self, call_id: CallId) -> AbstractAsyncContextManager[Subscription]:
        """Listen to a call from the moment the context is entered until it is left. Raises BusClosed on entering."""
        ...

    def subscribe_all(self) -> AbstractAsyncContextManager[Subscription]:
        """Listen to all calls, but for the pieces of replies in the making. Raises BusClosed on entering.

        The frames of one call come in their order.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; readers read what is ready, then get BusClosed."""
        ...

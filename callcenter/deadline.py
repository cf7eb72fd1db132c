"""A moment by which a wait has to be over, for tasks that wait often and seldom too long.

`asyncio.timeout` makes and cancels a timer at each use; this one is moved, and looks again when it goes off too early.
"""

from __future__ import annotations

import asyncio


class Deadline:
    """Cancels whoever waits past a moment; one task at a time."""

    __slots__ = ("_at", "_cancelling", "_handle", "_loop", "_waiting", "expired")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch nobody yet."""
        self.expired = False
        """It has cancelled the task it watched."""
        self._loop = loop
        self._at: float | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cancelling = 0

    def start(self, at: float) -> None:
        """Watch the running task, until `at`, in seconds of the loop's clock."""
        self._at = at
        self._waiting = asyncio.current_task(self._loop)
        if self._handle is None or at < self._handle.when():
            self.close()
            self._handle = self._loop.call_at(at, self._ring)

    def stop(self) -> None:
        """Watch nobody for now: what the task does next is not ours to cancel."""
        self._at = None

    def close(self) -> None:
        """Never go off."""
        if self._handle is not None:
            self._handle.cancel()

    def cancelled_by_others(self) -> bool:
        """Take our own cancelling back; whether somebody else wants the task to end as well."""
        assert self._waiting is not None  # noqa: S101 (it went off)
        return self._waiting.uncancel() > self._cancelling

    def _ring(self) -> None:
        self._handle = None
        if self._at is None or self._waiting is None:
            return
        if self._loop.time() < self._at:
            self._handle = self._loop.call_at(self._at, self._ring)
            return
        self.expired = True
        self._cancelling = self._waiting.cancelling()
        self._waiting.cancel()

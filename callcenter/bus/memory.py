"""The bus of a single process: a queue a reader, on the event loop, nothing in between.

A reader that falls behind is told so and loses its queue; nobody else waits for it. A call without readers costs one
look-up a publish and keeps no memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from typing_extensions import override

from callcenter.bus import Bus, Subscription
from callcenter.calls import CallId
from callcenter.errors import BusClosed, SubscriberTooSlow
from callcenter.events import AssistantDelta, CallFrame

FRAMES_KEPT: Final = 1_000
"""Frames that may wait for one reader: several long replies in pieces. A socket that far behind had better replay."""


class _Reader(Subscription):
    """One subscription: what waits for it, and whether it missed something."""

    __slots__ = ("_closed", "_frames", "_too_slow", "_waiting")

    def __init__(self) -> None:
        self._frames: list[CallFrame] = []
        self._waiting: asyncio.Future[None] | None = None
        """Done when there is something to read; a future alone is half of what an event costs."""
        self._too_slow = False
        self._closed = False

    @override
    async def batch(self) -> Sequence[CallFrame]:
        while not (self._frames or self._too_slow or self._closed):
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        if self._too_slow:
            raise SubscriberTooSlow
        if not self._frames:
            raise BusClosed
        frames, self._frames = self._frames, []
        return frames

    def offer(self, frames: Sequence[CallFrame]) -> None:
        """Queue frames, or give the reader up if that were too many."""
        if self._too_slow:
            return
        if len(self._frames) + len(frames) > FRAMES_KEPT:
            self._too_slow = True
            self._frames = []
        else:
            self._frames.extend(frames)
        self._wake()

    def close(self) -> None:
        """Let the reader read what waits, and no more."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():  # it is done when whoever waited was cancelled
            waiting.set_result(None)


class MemoryBus(Bus):
    """Carries frames within one process."""

    def __init__(self) -> None:
        self._readers: dict[CallId, set[_Reader]] = {}
        self._listeners: set[_Reader] = set()
        self._closed = False

    @override
    async def publish(self, frames: Sequence[CallFrame]) -> None:
        if not frames:
            return
        for reader in self._readers.get(frames[0].call_id, ()):
            reader.offer(frames)
        if self._listeners:
            kept = [frame for frame in frames if not isinstance(frame, AssistantDelta)]
            for listener in self._listeners if kept else ():
                listener.offer(kept)

    @override
    def heard(self, call_id: CallId) -> bool:
        return bool(self._listeners) or call_id in self._readers

    @override
    @asynccontextmanager
    async def subscribe(self, call_id: CallId) -> AsyncIterator[_Reader]:
        if self._closed:
            raise BusClosed
        reader = _Reader()
        readers = self._readers.setdefault(call_id, set())
        readers.add(reader)
        try:
            yield reader
        finally:
            readers.discard(reader)
            if not readers:
                self._readers.pop(call_id, None)

    @override
    @asynccontextmanager
    async def subscribe_all(self) -> AsyncIterator[_Reader]:
        if self._closed:
            raise BusClosed
        listener = _Reader()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    @override
    async def close(self) -> None:
        self._closed = True
        for readers in self._readers.values():
            for reader in readers:
                reader.close()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        self._readers.clear()

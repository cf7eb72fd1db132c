"""Look for garbage at a time of our own choosing, a little at a time, so that no customer waits for it.

Python's collector goes by counts of objects made and let go. Under many streams at once the two balance while tens of
thousands of young objects pile up, and looking through them holds the loop for 20 ms and more. Looked through a hundred
times a second they are few. Each is looked at once: what outlives that, as a reply in the making does, is left alone
until everything is looked through, in a quiet moment. All that lives as long as the process is spared.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

BUSY_SECONDS: Final = 0.01
QUIET_SECONDS: Final = 0.05
FEW: Final = 200
"""With so few more objects than the last time it is quiet."""
ALL_EVERY_SECONDS: Final = 600.0
"""Everything is looked through in a quiet moment after so long: calls at hand alone may be a million objects."""
LATEST_SECONDS: Final = 3_600.0
"""The same in a busy one; nothing that is garbage stays for longer."""


class Sweeper:
    """Takes over from Python's own collector while it is entered; inside a running loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Be ready; `clock` is in seconds."""
        self._clock = clock
        self._handle: asyncio.TimerHandle | None = None
        self._whole = clock()
        """When everything was looked through."""

    @staticmethod
    def spare() -> None:
        """Leave everything alone until a sweeper is entered: what a start makes, stays."""
        gc.disable()

    def __enter__(self) -> Self:
        gc.freeze()
        gc.disable()
        self._look_after(QUIET_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._handle is not None:
            self._handle.cancel()
        gc.enable()

    def _look_after(self, seconds: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = asyncio.get_running_loop().call_later(seconds, self.look)

    def look(self) -> None:
        """Look through what is new, or through everything when that is due, and see to the next look."""
        quiet = gc.get_count()[0] < FEW
        if self._clock() - self._whole >= (ALL_EVERY_SECONDS if quiet else LATEST_SECONDS):
            self._whole = self._clock()
            gc.collect()
        else:
            gc.collect(1)  # what outlives it is out of the way of the next look
        self._look_after(QUIET_SECONDS if quiet else BUSY_SECONDS)

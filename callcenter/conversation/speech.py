"""A reply in the making, as those see it who may cut it off: the customer who writes or speaks on.

It is cut off only while it waits for a voice: what is being written down or carried out is finished first. What was
delivered by then is speaking.py's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar, cast

PieceT = TypeVar("PieceT")


class Interrupted(Exception):  # noqa: N818 (no error: the customer spoke)
    """The reply in the making was cut off by the customer."""


class Speech:
    """A reply in the making, for whoever may cut it off. It can be, only while it waits for the next piece."""

    __slots__ = ("_cut", "_speaker", "_waiting")

    def __init__(self) -> None:
        self._cut = False
        self._speaker: asyncio.Task[object] | None = None
        """The one task that speaks."""
        self._waiting = False

    @property
    def cut(self) -> bool:
        """Whether it was cut off."""
        return self._cut

    def interrupt(self) -> None:
        """Cut the reply off where it stands."""
        if self._cut:
            return
        self._cut = True
        if self._waiting and self._speaker is not None:
            self._speaker.cancel()

    async def next(self, pieces: AsyncIterator[PieceT]) -> PieceT | None:
        """Wait for the next piece; None when there are no more. Raises Interrupted when the reply was cut off."""
        if self._cut:
            raise Interrupted
        if self._speaker is None:
            self._speaker = cast("asyncio.Task[object]", asyncio.current_task())
        self._waiting = True
        try:
            return await anext(pieces, None)
        except asyncio.CancelledError:
            # Ours or somebody else's: only when no other cancellation is pending was it the customer alone.
            if self._cut and self._speaker.uncancel() == 0:
                raise Interrupted from None
            raise
        finally:
            self._waiting = False

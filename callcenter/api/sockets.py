"""What every WebSocket of ours does alike: it is accepted, read and written by two tasks, and closed with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from callcenter.api.edge import SUBPROTOCOL
from callcenter.api.errors import Closing


async def accept(websocket: WebSocket) -> None:
    """Accept a connection, in our subprotocol where the client offers it."""
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in websocket.scope.get("subprotocols", ()) else None)


async def first_to_end(*parts: Coroutine[Any, Any, Closing | None]) -> Closing | None:
    """Run the parts of a connection until one ends, end the others, and return or raise what that one did.

    Of several that end at the same moment the first named one counts.
    """
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(each for each in tasks if each in ended).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def hang_up(websocket: WebSocket, closing: Closing | None, *, seconds: float) -> None:
    """Close with a code; None when the socket is gone. A reader too slow even for that is left to the server."""
    if closing is not None:
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(seconds):
                await websocket.close(*closing)

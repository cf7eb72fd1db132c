"""WebSocket frames that go out together.

A step of a call has several events, each a frame of its own. ASGI takes them one by one, past everything that stands
between application and server, and each is written to the socket by itself: that costs more than to make them. Our
server takes all of them in one call, offered as an extension of ASGI; before any other server they go the usual way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast

from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

EXTENSION: Final = "callcenter.texts"
ENOUGH: Final = 64 * 1024
"""Bytes written at once: beyond them the socket must be able to say that it takes no more for now."""

SendTexts = Callable[[Sequence[str]], Awaitable[None]]
"""Sends each text as a frame, in order. Raises WebSocketDisconnect when the other side is gone."""


class TextsWebSocket(WebSocketsSansIOProtocol):
    """The server's WebSocket protocol, with the extension."""

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent and (extensions := self.scope.get("extensions")) is not None:
            extensions[EXTENSION] = {"send": self.send_texts}

    async def send_texts(self, texts: Sequence[str]) -> None:
        """Send each text as a frame, waiting while the socket takes no more. Raises ClientDisconnected."""
        await self.writable.wait()
        size = 0
        for text in texts:
            frame = text.encode()
            if self.disconnected:
                raise ClientDisconnected
            try:
                self.conn.send_text(frame)
            except InvalidState:
                raise ClientDisconnected from None
            size += len(frame)
            if size > ENOUGH:
                self._write()
                size = 0
                await self.writable.wait()
        self._write()

    def _write(self) -> None:
        self.transport.write(b"".join(self.conn.data_to_send()))


def texts_to(websocket: WebSocket) -> SendTexts:
    """Return what sends texts over an accepted WebSocket."""
    extension = websocket.scope.get("extensions", {}).get(EXTENSION)
    if extension is None:

        async def one_by_one(texts: Sequence[str]) -> None:
            for text in texts:
                await websocket.send_text(text)

        return one_by_one
    send = cast("SendTexts", extension["send"])

    async def at_once(texts: Sequence[str]) -> None:
        try:
            await send(texts)
        except OSError:
            raise WebSocketDisconnect(code=1006) from None

    return at_once

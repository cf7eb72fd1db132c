"""WebSocket connections that send together what is ready together.

A step of a call has several events, each a frame of its own, and a write to a socket costs more than a frame. What is
written within one round of the event loop goes out at its end, in one piece.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

ENOUGH: Final = 64 * 1024
"""Bytes that go out at once: beyond them the socket itself must be able to say that it takes no more for now."""


class Cork(asyncio.Transport):
    """A transport that waits for the end of the round before it sends."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Send over `transport`."""
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []
        self.waiting = 0
        """Bytes that have not gone out yet."""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(bytes(data))
        self.waiting += len(data)
        if self.waiting > ENOUGH:
            self._send()

    @override
    def close(self) -> None:
        self._send()
        self._transport.close()

    @override
    def abort(self) -> None:
        self._transport.abort()

    @override
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    @override
    def get_extra_info(self, name: str, default: object = None) -> Any:
        return self._transport.get_extra_info(name, default)

    @override
    def pause_reading(self) -> None:
        self._transport.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def _send(self) -> None:
        if self._parts:
            parts, self._parts, self.waiting = self._parts, [], 0
            self._transport.write(b"".join(parts))


class CorkedWebSocket(WebSocketsSansIOProtocol):
    """The server's WebSocket protocol, its writes gathered."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(Cork(cast("asyncio.Transport", transport), self.loop))

"""Customers at work over WebSockets: each writes a message, reads its streamed answer, and writes the next one.

Speaks just enough of RFC 6455 over bare asyncio protocols to cost less than any server it measures: text frames, whole,
without compression; what it sends is masked, with a mask of zeros.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import orjson

_END_OF_HEAD: Final = b"\r\n\r\n"
_TEXT: Final = 0x81
_PING: Final = 0x89
_PONG: Final = 0x8A
_CLOSE: Final = 0x88
_MASKED: Final = 0x80
_NO_MASK: Final = b"\0\0\0\0"
_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and what the model is going to answer."""

    message: str
    reply: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An answered message; times in nanoseconds of the monotonic clock."""

    sent: int
    first: int
    """When the first piece of the model's came; an introduction of our own is none."""
    ended: int

    @property
    def milliseconds(self) -> float:
        """From the message to the first piece."""
        return (self.first - self.sent) / 1e6


async def converse(customer: Customer, script: Sequence[Said]) -> list[Heard]:
    """Say a script, a message after the answer to the last."""
    return [await customer.say(said) for said in script]


async def connect(port: int, call_id: str) -> Customer:
    """Open a call's WebSocket."""
    _, customer = await asyncio.get_running_loop().create_connection(lambda: Customer(call_id), "127.0.0.1", port)
    await customer.opened
    return customer


class Customer(asyncio.Protocol):
    """One WebSocket with at most one message under way."""

    def __init__(self, call_id: str) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the server took the connection and greeted."""
        self._call_id = call_id
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._upgraded = False
        self._said: Said | None = None
        self._sent = self._first = 0
        self._heard: asyncio.Future[Heard] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(
            f"GET /api/conversations/ws/{self._call_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take what the server sends."""
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(_END_OF_HEAD)
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(RuntimeError(f"refused: {self._buffer[:500].decode(errors='replace')}"))
                return
            self._buffer, self._upgraded = rest, True
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whoever waits."""
        self._fail(exc or ConnectionError("the server hung up"))

    def say(self, said: Said) -> asyncio.Future[Heard]:
        """Send a message; await its answer. Raises RuntimeError when that is not what the model said."""
        self._said, self._first = said, 0
        self._heard = asyncio.get_running_loop().create_future()
        self._sent = time.monotonic_ns()
        self._send(_TEXT, orjson.dumps({"message": said.message}))
        return self._heard

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _send(self, kind: int, payload: bytes) -> None:
        assert self._transport is not None
        size = len(payload)
        length = bytes((size | _MASKED,)) if size < _TWO_BYTES else bytes((_TWO_BYTES | _MASKED,)) + size.to_bytes(2)
        self._transport.write(bytes((kind,)) + length + _NO_MASK + payload)

    def _read(self) -> None:
        """Take the frames that are there whole."""
        buffer, at = self._buffer, 0
        while len(buffer) >= at + 2:
            size, begins = buffer[at + 1], at + 2
            if size >= _TWO_BYTES:
                wide = 8 if size == _EIGHT_BYTES else 2
                size, begins = int.from_bytes(buffer[begins : begins + wide]), begins + wide
            if len(buffer) < begins + size:
                break
            self._take(buffer[at], buffer[begins : begins + size])
            at = begins + size
        self._buffer = buffer[at:]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self._hear(orjson.loads(payload))
        elif kind == _PING:
            self._send(_PONG, payload)
        elif kind == _CLOSE:
            self._fail(RuntimeError(f"closed: {payload!r}"))

    def _hear(self, frame: dict[str, str]) -> None:
        event = frame["event"]
        if event == "greeting":
            self.opened.set_result(None)
        elif self._said is None or self._heard is None:
            return
        elif event == "assistant_delta":
            if not self._first and self._said.reply.startswith(frame["delta"]):
                self._first = time.monotonic_ns()
        elif event == "assistant_message":
            heard, self._heard = self._heard, None
            # Between what is ours: an introduction before it, a question after it.
            if self._said.reply in frame["message"] and self._first:
                heard.set_result(Heard(self._sent, self._first, time.monotonic_ns()))
            else:
                heard.set_exception(RuntimeError(f"{self._said} was answered with {frame}"))
        elif event == "error":
            self._fail(RuntimeError(f"{self._said} was answered with {frame}"))

    def _fail(self, error: Exception) -> None:
        for waiting in (self.opened, self._heard):
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)

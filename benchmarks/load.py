"""Customers at work: many keep-alive connections, each sending its requests one after the other, on the load core.

Speaks just enough HTTP/1.1 over bare asyncio protocols to cost less than any server it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final, TypeVar, cast

import orjson
import uvloop

from benchmarks.processes import LOAD_CORE, Server, pinned

Result = TypeVar("Result")

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under a load."""

    requests: int
    seconds: float
    cpu_seconds: float
    """Of the server."""
    milliseconds: tuple[float, ...]
    """Of each request, as its sender saw it."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_micros(self) -> float:
        """Server CPU a request, in microseconds."""
        return self.cpu_seconds / self.requests * 1e6

    @property
    def p50(self) -> float:
        """Median latency in milliseconds."""
        return quantiles(self.milliseconds, n=100)[49]

    @property
    def p99(self) -> float:
        """Latency that one in a hundred exceeds, in milliseconds."""
        return quantiles(self.milliseconds, n=100)[98]


def post(path: str, body: object) -> bytes:
    """Return a POST request with a JSON body."""
    payload = orjson.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    ).encode() + payload


def get(path: str) -> bytes:
    """Return a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def play(server: Server, scripts: Sequence[Sequence[bytes]]) -> Load:
    """Send each script over a connection of its own, all at the same time, and measure the server meanwhile."""
    return on_load_core(_play(server, scripts))


def ask(server: Server, requests: Sequence[bytes]) -> list[bytes]:
    """Send requests one after the other, unmeasured; return the bodies of their answers."""
    return on_load_core(_ask(server, requests))


def on_load_core(work: Coroutine[object, None, Result]) -> Result:
    """Run a coroutine there to its end."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _ask(server: Server, requests: Sequence[bytes]) -> list[bytes]:
    line = await _connect(server.port)
    try:
        return [await line.send(request) for request in requests]
    finally:
        line.close()


async def _play(server: Server, scripts: Sequence[Sequence[bytes]]) -> Load:
    lines = [await _connect(server.port) for _ in scripts]
    took: list[float] = []

    async def talk(line: _Line, script: Sequence[bytes]) -> None:
        for request in script:
            sent = time.perf_counter()
            await line.send(request)
            took.append((time.perf_counter() - sent) * 1000)

    cpu, began = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(talk(line, script) for line, script in zip(lines, scripts, strict=True)))
    seconds, cpu = time.perf_counter() - began, server.cpu_seconds() - cpu
    for line in lines:
        line.close()
    return Load(len(took), seconds, cpu, tuple(took))


async def _connect(port: int) -> _Line:
    _, line = await asyncio.get_running_loop().create_connection(_Line, "127.0.0.1", port)
    return line


class _Line(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(_END_OF_HEAD)
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 2"):
            self._fail(RuntimeError(f"refused: {self._buffer[:500].decode(errors='replace')}"))
            return
        at = head.lower().index(_LENGTH) + len(_LENGTH)
        if len(body) < int(head[at:].partition(b"\r")[0]):
            return
        self._buffer = b""
        answer, self._answer = self._answer, None
        assert answer is not None
        answer.set_result(body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the server hung up"))

    def send(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; await the body of its answer. Raises RuntimeError for an answer that says no."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

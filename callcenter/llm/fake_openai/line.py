"""The line to one client: do what an answer's steps say, and notice when the client goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.types import Receive, Send

from callcenter.llm.fake_openai.answers import Answer
from callcenter.llm.fake_openai.request import Request
from callcenter.llm.fake_openai.steps import Act, Pause, Step


class Line:
    """Sends one answer. Waiting costs one timer and no task, so that hundreds can be slow at once."""

    def __init__(self, receive: Receive, send: Send, request: Request) -> None:
        self._receive = receive
        self._send = send
        self._request = request
        self._listening: asyncio.Task[None] | None = None
        self._waking: asyncio.Future[None] | None = None

    async def send(self, answer: Answer, steps: Iterator[Step], content_type: str, length: int | None = None) -> None:
        """Send headers and body; returns once it is sent, cut or no longer wanted."""
        if answer.stall_after == "before_headers":
            await self._stall()
            return
        headers = self._headers(answer, content_type, length)
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        ready = bytearray()
        for step in steps:
            if isinstance(step, bytes):
                ready += step
                continue
            await self._write(ready, answer.chunk_bytes)
            ready.clear()
            if step is Act.cut:
                return  # a body left open: the server drops the connection
            if isinstance(step, Pause):
                await self._wait(step.seconds)
            elif step is Act.stall:
                await self._stall()
            elif answer.gate is not None:
                await self._hold(answer.gate)
            if self._request.hung_up:
                return
        await self._write(ready, answer.chunk_bytes)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()

    def _headers(self, answer: Answer, content_type: str, length: int | None) -> list[tuple[bytes, bytes]]:
        named = {"content-type": content_type, "x-request-id": self._request.id, "cache-control": "no-cache"}
        if length is not None:
            named["content-length"] = str(length)
        named |= {name.lower(): value for name, value in answer.headers.items()}
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]

    async def _write(self, data: bytearray, chunk_bytes: int | None) -> None:
        size = chunk_bytes or len(data)
        for start in range(0, len(data), size or 1):
            portion = bytes(data[start : start + size])
            await self._send({"type": "http.response.body", "body": portion, "more_body": True})
            if chunk_bytes:
                await asyncio.sleep(0)  # lets the client read this portion by itself

    async def _stall(self) -> None:
        self._request.held.set()
        await self._wait(None)

    async def _hold(self, gate: asyncio.Event) -> None:
        self._request.held.set()
        opened = asyncio.ensure_future(gate.wait())
        opened.add_done_callback(lambda _: self._wake())
        try:
            await self._wait(None)
        finally:
            if not opened.cancel():
                opened.result()  # a gate of another event loop must not pass for an open one

    async def _wait(self, seconds: float | None) -> None:
        """Wait so long, or until the client goes or `_wake` is called."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        if self._request.hung_up:
            return
        loop = asyncio.get_running_loop()
        self._waking = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, self._wake)
        try:
            await self._waking
        finally:
            if timer is not None:
                timer.cancel()

    async def _listen(self) -> None:
        """Wait for the client to go; nothing else can come after its body."""
        await self._receive()
        self._request.hung_up = True
        self._wake()

    def _wake(self) -> None:
        if self._waking is not None and not self._waking.done():
            self._waking.set_result(None)

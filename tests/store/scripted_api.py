"""A data API that says what a test wants, byte for byte, over real HTTP: for what no gateway can be brought to say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from callcenter.store.supabase import SupabaseStore

KEY = "sb_secret_nobody-may-read-this"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    parameters: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


Saying = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]
"""Answers a request, or does not; the connection is closed after it."""


@dataclass(slots=True)
class ScriptedAPI:
    """Answers all requests in the same way, and remembers them."""

    say: Saying
    asked: list[Asked] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await _read(reader))
            await self.say(self.asked[-1], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def scripted(say: Saying, *, seconds: float = 5) -> AsyncIterator[tuple[SupabaseStore, ScriptedAPI]]:
    """Serve, and open a store on it."""
    api = ScriptedAPI(say)
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    store = await SupabaseStore.open("http://{}:{}".format(*server.sockets[0].getsockname()), KEY, seconds=seconds)
    try:
        yield store, api
    finally:
        await store.close()
        server.close()


def answer(status: int, body: object = None, *, kind: str = "application/json", **headers: str) -> Saying:
    """Say one answer; a body that is no text or bytes is written as JSON, None is no body."""
    if body is None or isinstance(body, bytes):
        content = body or b""
    else:
        content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", "Connection: close", *lines]
    if status != 204:
        head.append(f"Content-Length: {len(content)}")
    return raw("\r\n".join(head).encode() + b"\r\n\r\n" + content)


def raw(data: bytes) -> Saying:
    """Say these bytes and hang up."""

    async def say(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return say


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    url = urlsplit(target)
    return Asked(method, url.path, parse_qs(url.query), headers, body)

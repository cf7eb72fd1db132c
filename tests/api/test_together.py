"""Frames go out together and in order, whatever server they go through, and none piles up unread."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect

from callcenter.api.together import ENOUGH, TextsWebSocket, texts_to

pytestmark = pytest.mark.live

WORDS = ("مرحبا", "hello", "مع السلامة")  # hello, goodbye
LONG = "x" * ENOUGH
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Speaker:
    """An application that says its texts and tells what came of it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.may_speak = asyncio.Event()
        self.may_speak.set()
        self.began = asyncio.Event()
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Whether all was taken."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        await self.may_speak.wait()
        self.began.set()
        try:
            await texts_to(websocket)(self.texts)
        except WebSocketDisconnect:
            self.ended.set_result(False)
            return
        self.ended.set_result(True)
        await websocket.close()


@asynccontextmanager
async def serving(
    app: Speaker, protocol: type[asyncio.Protocol] | Literal["websockets-sansio"] = TextsWebSocket
) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, ws=protocol, ws_per_message_deflate=False, lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


@pytest.mark.parametrize("protocol", [TextsWebSocket, "websockets-sansio"])
async def test_every_text_is_a_frame_and_they_come_in_order(protocol):
    texts = [*WORDS, LONG, LONG, "end"]
    async with serving(Speaker(texts), protocol) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        assert [text async for text in client] == texts


async def test_short_texts_are_one_write():
    app = Speaker(WORDS)
    app.may_speak.clear()
    async with serving(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        app.may_speak.set()
        together = b"".join(bytes((0x81, len(word.encode()))) + word.encode() for word in WORDS)
        assert (await reader.read(4096)).startswith(together)
        writer.close()


async def test_a_reader_that_takes_nothing_keeps_the_rest_from_being_written():
    app = Speaker([LONG] * 500)  # far more than sockets buffer
    async with serving(app) as port, connect(f"ws://127.0.0.1:{port}/", max_queue=1) as client:
        await client.recv()
        await app.began.wait()
        await client.ping()
        assert not app.ended.done()
        assert [text async for text in client] == [LONG] * 499
        assert await app.ended


async def test_who_speaks_to_somebody_gone_is_told():
    app = Speaker([LONG] * 500)
    async with serving(app) as port:
        async with connect(f"ws://127.0.0.1:{port}/", max_queue=1) as client:
            await client.recv()
            client.transport.abort()
        assert not await app.ended

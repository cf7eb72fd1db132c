"""The two ways a reply streams to a customer, as one: say something, get the frames of its turn as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeAlias

import httpx

from callcenter.events import AssistantDelta, AssistantMessage
from tests.live.customers import DEADLINE, FRAMES, Frame, rest, socket

Say: TypeAlias = Callable[[str, str], AsyncGenerator[Frame, None]]
"""Takes words and their message id, and yields frames up to the reply."""

Wire: TypeAlias = Callable[[str, str], AbstractAsyncContextManager[Say]]
"""Takes the product's address and a call's id."""


@asynccontextmanager
async def over_websocket(url: str, call_id: str) -> AsyncIterator[Say]:
    """Say things over one WebSocket."""
    async with socket(url, call_id, after=0) as connected:

        async def say(text: str, message_id: str) -> AsyncGenerator[Frame, None]:
            await connected.say(text, message_id)
            while True:
                frame = await connected.frame()
                yield frame
                if isinstance(frame, AssistantMessage) and frame.message_id == message_id:
                    return

        yield say


@asynccontextmanager
async def over_sse(url: str, call_id: str) -> AsyncIterator[Say]:
    """Say things in one request each, answered by server-sent events."""
    async with rest(url) as callers:
        path = f"/api/conversations/{call_id}/message?stream=true"

        async def say(text: str, message_id: str) -> AsyncGenerator[Frame, None]:
            said = {"message": text, "message_id": message_id}
            async with asyncio.timeout(DEADLINE), callers.http.stream("POST", path, json=said) as response:
                assert response.status_code == httpx.codes.OK
                async with aclosing(_frames(response)) as frames:
                    async for frame in frames:
                        yield frame

        yield say


async def _frames(response: httpx.Response) -> AsyncGenerator[Frame, None]:
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield FRAMES.validate_json(line.removeprefix("data: "))


def spoken(frames: list[Frame]) -> list[str]:
    """Return the pieces of replies among frames."""
    return [frame.delta for frame in frames if isinstance(frame, AssistantDelta)]

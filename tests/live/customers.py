"""Customers of a running server, over REST and over WebSocket, and what any log must look like when they are done."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlencode

import httpx
from pydantic import Field, TypeAdapter
from websockets.asyncio.client import ClientConnection, connect

from callcenter.api.models import MessageReply
from callcenter.calls import ConversationState
from callcenter.events import (
    EVENTS,
    AssistantDelta,
    AssistantMessage,
    CallEvent,
    ErrorFrame,
    UserMessage,
    fold,
)

DEADLINE = 30.0
"""Seconds any single answer may take; only a broken server needs them."""

Frame = Annotated[CallEvent | AssistantDelta | ErrorFrame, Field(discriminator="event")]

FRAMES: TypeAdapter[Frame] = TypeAdapter(Frame)


class Rest:
    """Callers over REST."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.url = str(http.base_url).rstrip("/")

    async def start(self, call_id: str, **facts: str | bool) -> None:
        response = await self.http.post("/api/calls", json={"call_id": call_id, **facts})
        response.raise_for_status()

    async def post(self, call_id: str, text: str, message_id: str | None = None) -> httpx.Response:
        said = {"message": text} if message_id is None else {"message": text, "message_id": message_id}
        return await self.http.post(f"/api/conversations/{call_id}/message", json=said)

    async def say(self, call_id: str, text: str, message_id: str | None = None) -> MessageReply:
        response = await self.post(call_id, text, message_id)
        assert response.status_code == httpx.codes.OK, response.text
        return MessageReply.model_validate_json(response.content)

    async def log(self, call_id: str) -> list[CallEvent]:
        events: list[CallEvent] = []
        more = True
        while more:
            page = (await self.get(f"/api/conversations/{call_id}/events?after={len(events)}&limit=500")).json()
            events += [EVENTS.validate_python(each) for each in page["events"]]
            more = page["more"]
        return events

    async def state(self, call_id: str) -> ConversationState:
        return ConversationState.model_validate_json((await self.get(f"/api/calls/{call_id}")).content)

    async def get(self, path: str) -> httpx.Response:
        response = await self.http.get(path)
        response.raise_for_status()
        return response


@asynccontextmanager
async def rest(url: str) -> AsyncIterator[Rest]:
    """Callers that may all speak at once; no proxy of the environment comes between."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE, limits=limits, trust_env=False) as http:
        yield Rest(http)


class Socket:
    """One customer's WebSocket; keeps every frame it got."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Frame] = []

    async def send(self, text: str | bytes) -> None:
        await self.connection.send(text)

    async def say(self, text: str, message_id: str | None = None, language: str | None = None) -> None:
        said = {"message": text, "message_id": message_id, "language": language}
        await self.send(json.dumps({name: value for name, value in said.items() if value is not None}))

    async def frame(self) -> Frame:
        async with asyncio.timeout(DEADLINE):
            frame = FRAMES.validate_json(await self.connection.recv())
        self.frames.append(frame)
        return frame

    async def until(self, wanted: Callable[[Frame], bool]) -> list[Frame]:
        """Return the frames up to and including the first that is wanted."""
        got = [await self.frame()]
        while not wanted(got[-1]):
            got.append(await self.frame())
        return got

    async def reply(self, message_id: str) -> AssistantMessage:
        """Wait for the answer to a message."""
        frame = (await self.until(lambda each: isinstance(each, AssistantMessage) and each.message_id == message_id))[
            -1
        ]
        assert isinstance(frame, AssistantMessage)
        return frame

    @property
    def stored(self) -> list[CallEvent]:
        """The frames got so far that stand in the log."""
        return [frame for frame in self.frames if not isinstance(frame, AssistantDelta | ErrorFrame)]

    @property
    def last_seq(self) -> int:
        return self.stored[-1].seq if self.stored else 0

    async def catch_up(self, seq: int) -> None:
        """Read on until the event with this number."""
        while self.last_seq < seq:
            await self.frame()


@asynccontextmanager
async def socket(url: str, call_id: str, **query: str | int) -> AsyncIterator[Socket]:
    """Connect a customer to a call."""
    address = f"{url.replace('http', 'ws', 1)}/api/conversations/ws/{call_id}"
    if query:
        address += f"?{urlencode(query)}"
    async with connect(
        address, compression=None, ping_interval=None, proxy=None, open_timeout=DEADLINE, close_timeout=DEADLINE
    ) as connection:
        yield Socket(connection)


def check_log(events: Sequence[CallEvent], state: ConversationState) -> None:
    """What holds for any call once all its messages are answered: a gapless log, one answer each, a true header."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    said = [event.message_id for event in events if isinstance(event, UserMessage)]
    assert len(said) == len(set(said)), "a message was taken twice"
    answers = Counter(event.message_id for event in events if isinstance(event, AssistantMessage))
    assert answers == Counter(said), "each message is answered once"
    assert fold(events) == state, "the header is the fold of the log"

"""The desk over a WebSocket: all calls as they stand, then every change, for as long as an agent is there.

First comes a `snapshot` (calls, queue, agents), then a `call` with each change of one, `queue` where the order of those
who wait may have changed, `call_erased`; and for the calls that the agent has, replies suggested to them, in pieces
(`suggestion_delta`) and whole (`suggestion`). The open socket tells that the agent is there; what they send is what
they say of themselves (`Availability`), answered with `agents`. What is said on a call is read on its own socket.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from callcenter.api.access import AGENTS, open_to
from callcenter.api.deps import House, house_of, principal_of
from callcenter.api.desk import agent_of, said_by
from callcenter.api.errors import (
    BROKEN,
    MAX_BODY_BYTES,
    TOO_LARGE,
    TOO_SLOW,
    TRY_LATER,
    BinaryFrame,
    Closing,
    FrameTooLarge,
    InvalidFrame,
)
from callcenter.api.sockets import accept, first_to_end, hang_up
from callcenter.bus import Subscription
from callcenter.calls import CallId, Mode
from callcenter.conversation.copilot.suggesting import Suggestion
from callcenter.desk import Availability, CallCard, SuggestionFrame
from callcenter.errors import CallCenterError, CallNotFound, ProviderError, SubscriberTooSlow
from callcenter.events import CallFrame, ErrorFrame

_log = logging.getLogger(__name__)


@open_to(AGENTS)
async def watch(websocket: WebSocket) -> None:
    """Hold one agent's connection from its acceptance to its close."""
    await accept(websocket)
    house = house_of(websocket)
    closing: Closing | None = BROKEN
    try:
        closing = await _Watch(house, websocket).hold()
    finally:
        await hang_up(websocket, closing, seconds=house.patience.close)


class _Watch:
    """One agent's view of all calls."""

    def __init__(self, house: House, websocket: WebSocket) -> None:
        self._house = house
        self._desk = house.app.desk
        self._websocket = websocket
        self._agent = agent_of(principal_of(websocket))
        self._waiting: set[CallId] = set()
        self._suggestions = house.app.desk.suggestions
        self._suggested: asyncio.Queue[SuggestionFrame] = asyncio.Queue()
        self._sending = asyncio.Lock()

    async def hold(self) -> Closing | None:
        """Watch until somebody ends it, and say how to close; None when the socket is gone already."""
        self._desk.connected(self._agent)
        try:
            async with self._house.app.bus.subscribe_all() as subscription:
                held = await self._open()
                with self._suggestions.watching(self._agent.name, self._suggested.put_nowait):
                    self._suggestions.begin(self._agent.name, held)
                    return await first_to_end(self._read(), self._write(subscription), self._suggest())
        except WebSocketDisconnect:
            return None
        except SubscriberTooSlow:
            return TOO_SLOW
        except ProviderError:
            return TRY_LATER
        except Exception as bug:  # noqa: BLE001 (the client gets a close frame, not a cut connection)
            _log.error("desk socket broke", extra={"error": type(bug).__name__})
            return BROKEN
        finally:
            self._desk.disconnected(self._agent)

    async def _open(self) -> list[CallId]:
        """Send how all calls stand, and return those that the agent has."""
        cards = await self._desk.open_cards()
        self._waiting = {card.call_id for card in cards if card.waiting_since is not None}
        await self._send("snapshot", calls=cards, queue=await self._desk.queue(), agents=await self._desk.agents())
        return [card.call_id for card in cards if self._holds(card)]

    async def _write(self, subscription: Subscription) -> Closing | None:
        while True:
            await self._tell(await subscription.batch())

    async def _tell(self, frames: Sequence[CallFrame]) -> None:
        """Send the calls that changed as they stand now, and the queue where it may have changed."""
        reordered = False
        for call_id in dict.fromkeys(frame.call_id for frame in frames if not isinstance(frame, ErrorFrame)):
            news = [frame for frame in frames if frame.call_id == call_id]
            waited = call_id in self._waiting
            self._waiting.discard(call_id)
            try:
                card = await self._desk.card(call_id)
            except CallNotFound:
                self._suggestions.forget(call_id)
                await self._send("call_erased", call_id=call_id)
                reordered |= waited
                continue
            if card.waiting_since is not None:
                self._waiting.add(call_id)
            reordered |= waited or call_id in self._waiting
            await self._send("call", call=card)
            self._suggestions.heed(self._agent.name, call_id, news, holds=self._holds(card))
        if reordered:
            await self._send("queue", queue=await self._desk.queue())

    def _holds(self, card: CallCard) -> bool:
        return card.mode is Mode.human and card.agent == self._agent.name and not card.ended

    async def _suggest(self) -> Closing | None:
        """Send what is suggested to the agent, as it comes."""
        while True:
            frame = await self._suggested.get()
            kind = "suggestion" if isinstance(frame, Suggestion) else "suggestion_delta"
            await self._send_json({"event": kind, **frame.model_dump(mode="json")})

    async def _read(self) -> Closing | None:
        while True:
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                return None
            text: str | None = received.get("text")
            if text is None:
                await self._refuse(BinaryFrame())
            elif len(text.encode()) > MAX_BODY_BYTES:
                await self._refuse(FrameTooLarge())
                return TOO_LARGE
            else:
                await self._take(text)

    async def _take(self, text: str) -> None:
        try:
            said = said_by(Availability.model_validate_json(text))
        except ValidationError:
            await self._refuse(
                InvalidFrame("The frame is not what an agent says of themselves; see PUT /api/desk/agents/me.")
            )
            return
        await self._desk.available(self._agent, said)
        await self._send("agents", agents=await self._desk.agents())

    async def _refuse(self, error: CallCenterError) -> None:
        await self._send("error", code=error.code, message=error.message)

    async def _send(self, event: str, **parts: BaseModel | Sequence[BaseModel] | str) -> None:
        await self._send_json({"event": event, **{name: _plain(part) for name, part in parts.items()}})

    async def _send_json(self, frame: Mapping[str, object]) -> None:
        """Send one frame. Raises SubscriberTooSlow when the socket does not take it."""
        text = json.dumps(frame, ensure_ascii=False)
        try:
            async with asyncio.timeout(self._house.patience.send), self._sending:
                await self._websocket.send_text(text)
        except TimeoutError:
            raise SubscriberTooSlow from None


def _plain(part: BaseModel | Sequence[BaseModel] | str) -> object:
    if isinstance(part, str):
        return part
    if isinstance(part, BaseModel):
        return part.model_dump(mode="json")
    return [each.model_dump(mode="json") for each in part]

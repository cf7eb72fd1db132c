"""A call over a WebSocket: typed lines or JSON objects in, the call's events out, for as long as both sides like.

Reading and writing are apart: a reader takes frames and begins turns, a writer sends what the bus brings; a turn is a
task of its own and survives the socket. Who connects again gets from the store what was missed, then the bus goes on,
nothing twice and nothing left out. Every way out ends with a close code that says why (api/errors.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from callcenter.api.access import AGENTS, CUSTOMERS, open_to
from callcenter.api.deps import House, house_of, principal_of
from callcenter.api.errors import (
    BAD_ADDRESS,
    BROKEN,
    DONE,
    ERASED,
    MAX_BODY_BYTES,
    NO_CALL,
    TOO_LARGE,
    TOO_SLOW,
    TRY_LATER,
    BinaryFrame,
    Closing,
    FrameTooLarge,
    InvalidFrame,
    customer_text,
)
from callcenter.api.models import CustomerName, Interrupt, MessageRequest
from callcenter.api.sockets import accept, first_to_end, hang_up
from callcenter.api.together import texts_to
from callcenter.bus import Subscription
from callcenter.calls import CallId, ConversationState, IdText, Language, MessageId
from callcenter.conversation import Utterance
from callcenter.deadline import Deadline
from callcenter.errors import (
    CallCenterError,
    CallEnded,
    CallExists,
    CallNotFound,
    NotAllowed,
    ProviderError,
    SubscriberTooSlow,
)
from callcenter.events import (
    AssistantDelta,
    AssistantMessage,
    CallErased,
    CallFrame,
    ErrorFrame,
    Routing,
    shown_to_customer,
)
from callcenter.events import CallEnded as CallEndedEvent

FROM_GREETING: Final = 1
"""Without `after` the replay begins behind `call_started`: a chat opens with its greeting."""
_REPLAY_PAGE: Final = 500
"""Events read at once, so that a very long call is replayed without being in memory whole."""
_NOWHERE: Final = CallId("none")
"""In error frames of a socket whose URL names no possible call."""

_log = logging.getLogger(__name__)


class Address(BaseModel):
    """What the URL of a socket says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    call_id: IdText
    after: Annotated[int, Field(ge=0)] = FROM_GREETING
    """The last event the client has."""
    language: Language | None = None
    """For a call that this connection starts."""
    customer_name: CustomerName = None
    """Likewise."""


@open_to(AGENTS, CUSTOMERS)
async def converse(websocket: WebSocket) -> None:
    """Hold one connection from its acceptance to its close; the call is started if there is none.

    Agents listen: they begin no call, and what they write is not the customer's word.
    """
    await accept(websocket)
    talk = _Talk(house_of(websocket), websocket, listens=principal_of(websocket).role in AGENTS)
    closing: Closing | None = BROKEN
    try:
        closing = await talk.hold()
    finally:
        await talk.close(closing)


class _Talk:
    """One connection on one call."""

    def __init__(self, house: House, websocket: WebSocket, *, listens: bool) -> None:
        self._house = house
        self._listens = listens
        self._app = house.app
        self._websocket = websocket
        self._call_id = _NOWHERE
        self._language = house.app.company.default_language
        """What failures are told in: the call's language, once there is a call."""
        self._last = 0
        """The last stored event that was sent, or that the client has."""
        self._spoken: set[MessageId] = set()
        """Messages whose replies the replay brought whole; pieces of them may still wait on the bus."""
        self._over: Closing | None = None
        """How to close, once there is nothing more to come."""
        self._open = True
        self._send_texts = texts_to(websocket)
        self._sending = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop)
        """For the socket to take what is sent."""
        self._slots = asyncio.Semaphore(house.patience.turns)

    async def hold(self) -> Closing | None:
        """Talk until somebody ends it, and say how to close; None when the socket is gone already."""
        try:
            address = Address.model_validate({**self._websocket.query_params, **self._websocket.path_params})
        except ValidationError:
            await self._tell(BAD_ADDRESS.reason)
            return BAD_ADDRESS
        self._call_id = CallId(address.call_id)
        try:
            async with self._app.bus.subscribe(self._call_id) as subscription:
                return await self._talk(address, subscription)
        except WebSocketDisconnect:
            return None
        except SubscriberTooSlow:
            return TOO_SLOW
        except (CallNotFound, ProviderError) as error:
            await self._tell(error.code)
            return TRY_LATER if isinstance(error, ProviderError) else self._over or NO_CALL
        except Exception as bug:  # noqa: BLE001 (the client gets a close frame, not a cut connection)
            _log.error("socket broke", extra={"call_id": self._call_id, "error": type(bug).__name__})
            return BROKEN

    async def close(self, closing: Closing | None) -> None:
        """Close with a code and let nobody send any more."""
        self._open = False
        self._deadline.close()
        await hang_up(self._websocket, closing, seconds=self._house.patience.close)

    async def _talk(self, address: Address, subscription: Subscription) -> Closing | None:
        state = await self._enter(address)
        self._language = state.language
        self._last = min(address.after, state.seq)
        replayed = await self._replay()
        if self._over or state.ended:
            if not replayed:
                await self._tell(CallEnded.code)
            return self._over or DONE
        if state.unanswered:
            self._house.turns.begin(self._app.conversations.resume(self._call_id))
        return await first_to_end(self._read(), self._write(subscription))

    async def _enter(self, address: Address) -> ConversationState:
        """Return the call, begun now if there is none."""
        conversations = self._app.conversations
        try:
            return await conversations.state(self._call_id)
        except (CallNotFound, ProviderError):
            # Where nobody can look the call up, a journal takes it as a new one, and puts both together afterwards.
            if self._listens:
                raise
        with suppress(CallExists):  # another socket began it in between
            started = await conversations.start(
                call_id=self._call_id, customer_name=address.customer_name, language=address.language
            )
            return started.state
        return await conversations.state(self._call_id)

    async def _replay(self) -> int:
        """Send what the log has after the last event the client has; return how many events that were."""
        replayed = 0
        while True:
            events = await self._app.store.events(self._call_id, after=self._last, limit=_REPLAY_PAGE)
            await self._forward(events)
            self._spoken.update(each.message_id for each in events if isinstance(each, AssistantMessage))
            replayed += len(events)
            if len(events) < _REPLAY_PAGE:
                return replayed

    async def _write(self, subscription: Subscription) -> Closing:
        while self._over is None:
            await self._forward(await subscription.batch())
        return self._over

    async def _forward(self, frames: Sequence[CallFrame]) -> None:
        """Send what was not sent yet, together; a gap that the bus left is filled from the store."""
        fresh: list[CallFrame] = []
        for frame in frames:
            if isinstance(frame, AssistantDelta):
                if frame.message_id not in self._spoken:
                    fresh.append(frame)
                continue
            if isinstance(frame, ErrorFrame):
                fresh.append(frame)
                continue
            if isinstance(frame, CallErased):
                fresh.append(frame)
                self._over = ERASED
                break
            if frame.seq <= self._last:
                continue
            missing = frame.seq - self._last - 1
            if missing:
                fresh += await self._app.store.events(self._call_id, after=self._last, limit=missing)
            fresh.append(frame)
            self._last = frame.seq
            self._spoken.clear()
            if isinstance(frame, CallEndedEvent):
                self._over = DONE
            if isinstance(frame, Routing):
                self._language = frame.decision.language
        await self._send(self._shown(fresh))

    def _shown(self, frames: list[CallFrame]) -> list[CallFrame]:
        """Return what this reader may see: whoever may write is a customer, also in open mode."""
        if self._listens:
            return frames
        return [shown for frame in frames if (shown := shown_to_customer(frame)) is not None]

    async def _read(self) -> Closing | None:
        while True:
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                return None
            text: str | None = received.get("text")
            if text is None:
                await self._tell(BinaryFrame.code)
            elif len(text.encode()) > MAX_BODY_BYTES:
                await self._tell(FrameTooLarge.code)
                return TOO_LARGE
            else:
                await self._take(text)

    async def _take(self, text: str) -> None:
        """Begin the turn of one frame, or cut off the reply in the making; waits while too many are being answered."""
        try:
            said = _said(text)
        except ValidationError:
            await self._tell(InvalidFrame.code)
            return
        if self._listens:
            await self._tell(NotAllowed.code)
            return
        if isinstance(said, Interrupt):
            self._app.conversations.interrupt(self._call_id)
            return
        await self._slots.acquire()
        message_id = MessageId(said.message_id) if said.message_id else None
        self._house.turns.begin(self._turn(Utterance(self._call_id, said.message, message_id, said.language)))

    async def _turn(self, said: Utterance) -> None:
        """See a turn through. Its events come over the bus; only a failure is told here."""
        try:
            await self._app.conversations.handle(said)
        except CallCenterError as error:
            await self._tell(error.code, said.message_id)
        except Exception as bug:  # noqa: BLE001 (the customer must be told)
            _log.error("turn broke", extra={"call_id": said.call_id, "error": type(bug).__name__})
            await self._tell(CallCenterError.code, said.message_id)
        finally:
            self._slots.release()

    async def _tell(self, code: str, message_id: MessageId | None = None) -> None:
        """Tell the customer of a failure in the call's language, if the socket still takes it."""
        message = customer_text(code)[self._language]
        frame = ErrorFrame(call_id=self._call_id, code=code, message=message, message_id=message_id)
        with suppress(WebSocketDisconnect, SubscriberTooSlow):
            await self._send([frame])

    async def _send(self, frames: Sequence[CallFrame]) -> None:
        """Send frames without a pause between them. Raises SubscriberTooSlow when the socket does not take them."""
        if not frames:
            return
        async with self._sending:
            self._deadline.start(self._loop.time() + self._house.patience.send)
            try:
                if self._open:
                    await self._send_texts([frame.json_text for frame in frames])
            except asyncio.CancelledError:
                if not self._deadline.expired or self._deadline.cancelled_by_others():
                    raise
            finally:
                self._deadline.stop()
        if self._deadline.expired:
            raise SubscriberTooSlow


def _said(text: str) -> MessageRequest | Interrupt:
    """Read a frame: a JSON object, or the bare line that somebody typed."""
    if not text.lstrip().startswith("{"):
        return MessageRequest(message=text)
    try:
        return MessageRequest.model_validate_json(text)
    except ValidationError:
        with suppress(ValidationError):
            return Interrupt.model_validate_json(text)
        raise

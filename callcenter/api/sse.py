"""One turn as server-sent events: what the bus carries of it, in order, ending with the assistant's message.

The bus shows the turn early, the turn's own result shows it surely: whatever a slow reader or a lagging bus has missed
is taken from there, so a stream never ends short. Deltas carry no id, since only stored events can be resumed after.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from pydantic import JsonValue
from starlette.responses import StreamingResponse

from callcenter.api.deps import HEADERS, House
from callcenter.api.errors import customer_text
from callcenter.calls import Language, MessageId
from callcenter.conversation import Turn, Utterance
from callcenter.errors import CallCenterError, SubscriberTooSlow
from callcenter.events import (
    AgentEvent,
    AssistantDelta,
    AssistantMessage,
    CallEnded,
    CallErased,
    CallFrame,
    CallStarted,
    ErrorFrame,
    Greeting,
)

MEDIA_TYPE: Final = "text/event-stream"
EVENT_SCHEMA: Final[dict[str, JsonValue]] = {
    "type": "object",
    "description": "One event of the stream; `data` is the call's event as JSON text.",
    "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
STREAM_HEADERS: Final = {**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_KEEPALIVE: Final = b": keepalive\n\n"

_UNNUMBERED: Final = (AssistantDelta, ErrorFrame, CallErased)
"""Frames that are never stored."""

_log = logging.getLogger(__name__)


def turn_stream(house: House, said: Utterance, language: Language) -> StreamingResponse:
    """Return the response that takes `said` and streams what comes of it; failures are told in `language`."""
    if said.message_id is None:  # the turn's frames are known by it
        said = replace(said, message_id=MessageId(secrets.token_hex(8)))
    return StreamingResponse(_lines(house, said, language), headers=STREAM_HEADERS, media_type=MEDIA_TYPE)


async def _lines(house: House, said: Utterance, language: Language) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(_TurnFrames(house, said).batches()) as batches:
            async for frames in batches:
                yield b"".join(map(_encoded, frames)) or _KEEPALIVE
    except CallCenterError as error:
        code = error.code
    except Exception as bug:  # noqa: BLE001 (the status is sent already; the client must still be told)
        _log.error("turn broke", extra={"call_id": said.call_id, "error": type(bug).__name__})
        code = CallCenterError.code
    else:
        return
    message = customer_text(code)[language]
    yield _encoded(ErrorFrame(call_id=said.call_id, code=code, message=message, message_id=said.message_id))


def _encoded(frame: CallFrame) -> bytes:
    seq = b"" if isinstance(frame, _UNNUMBERED) else b"id: %d\n" % frame.seq
    return seq + event_bytes(frame.event, frame.json_text)


def event_bytes(event: str, data: str) -> bytes:
    """Return an event of a stream; `data` has no line breaks, as JSON has none unless it is asked for."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), data.encode())


class _TurnFrames:
    """The frames of one turn, batch by batch; an empty batch says that nothing came for a while."""

    def __init__(self, house: House, said: Utterance) -> None:
        self._house = house
        self._said = said
        self._last = 0

    async def batches(self) -> AsyncGenerator[Sequence[CallFrame], None]:
        patience, app = self._house.patience, self._house.app
        async with app.bus.subscribe(self._said.call_id) as subscription:
            turn = self._house.turns.begin(app.conversations.handle(self._said))
            reading = asyncio.ensure_future(subscription.batch())
            try:
                while not turn.done() or self._behind(turn.result()):
                    seconds = patience.catch_up if turn.done() else patience.keepalive
                    waiting = {reading} if turn.done() else {turn, reading}
                    done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                    if reading in done:
                        if frames := self._new(reading.result()):
                            yield frames
                            if isinstance(frames[-1], CallErased):
                                return
                        reading = asyncio.ensure_future(subscription.batch())
                    elif not done and turn.done():
                        break
                    elif not done:
                        yield ()
            except SubscriberTooSlow:
                await asyncio.wait({turn})
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            if rest := self._new(turn.result().events):
                yield rest

    def _behind(self, turn: Turn) -> bool:
        """Whether the bus has still to bring some of a turn; of one that had come before it brings nothing."""
        return not turn.repeated and self._last < turn.seq

    def _new(self, frames: Sequence[CallFrame]) -> list[CallFrame]:
        """Return what belongs to this turn and was not sent."""
        found: list[CallFrame] = []
        for frame in frames:
            if not self._concerns(frame):
                continue
            if not isinstance(frame, _UNNUMBERED):
                if frame.seq <= self._last:
                    continue
                self._last = frame.seq
            found.append(frame)
        return found

    def _concerns(self, frame: CallFrame) -> bool:
        """Whether a frame is of this turn: of its message, or the reply to a burst that its message was part of."""
        if isinstance(frame, CallStarted | Greeting | CallEnded | AgentEvent):
            return False
        if isinstance(frame, CallErased):
            return True
        if frame.message_id == self._said.message_id:
            return True
        return isinstance(frame, AssistantMessage) and self._said.message_id in frame.answers

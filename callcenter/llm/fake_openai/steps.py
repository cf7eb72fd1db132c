"""Turn events into what the server does one after the other: bytes to send, waits, a cut. Pure.

Invariant: whatever does not go wrong by the answer is sent, in order, to the last byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

import orjson

from callcenter.llm.fake_openai.answers import Answer, Pieces, Position
from callcenter.llm.fake_openai.request import Json

_DONE: Final = b"data: [DONE]\n\n"


class Event(NamedTuple):
    """One event of a stream."""

    data: Json
    is_piece: bool = False
    """It carries a piece of the text."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds, unless the client goes."""

    seconds: float


class Act(Enum):
    """What else can happen in mid-stream."""

    hold = "hold"
    """Wait for the answer's gate."""
    stall = "stall"
    """Wait until the client goes."""
    cut = "cut"
    """Drop the connection."""
    end = "end"
    """Send no more events."""


Step: TypeAlias = bytes | Pause | Act


def stream_steps(events: Sequence[Event], error: Event, answer: Answer, *, typed: bool) -> Iterator[Step]:
    """Yield what happens after the headers. `error` is what the answer's error event looks like.

    `typed` is how Responses frame events: each is named in a line of its own, and there is no [DONE].
    """
    planned = _planned(events, error, answer, typed=typed)
    pause = Pause(answer.pause) if answer.pause else None
    begun = False
    for number in range(len(events) + 1):
        for step in planned.get(number, ()):
            if step is Act.end:
                return
            yield step
        if number < len(events):
            event = events[number]
            if event.is_piece:
                if begun and pause:
                    yield pause
                begun = True
            yield _framed(event.data, answer, typed=typed, sequence=number)
    if not typed and answer.done:
        yield _DONE.replace(b"\n", b"\r\n") if answer.crlf else _DONE


def _planned(events: Sequence[Event], error: Event, answer: Answer, *, typed: bool) -> dict[int, list[Step]]:
    """Return what else happens after so many events, in the order it does."""
    planned: dict[int, list[Step]] = {}

    def plan(position: Position | None, *steps: Step) -> None:
        if position is not None:
            planned.setdefault(_place(position, events), []).extend(steps)

    for inserted in answer.inserted:
        plan(inserted.after, inserted.data)
    plan(answer.hold_after, Act.hold)
    if answer.error:
        position = Pieces(len(answer.pieces)) if answer.error.after is None else answer.error.after
        said = _framed(error.data, answer, typed=typed, sequence=_place(position, events))
        plan(position, said, Act.end)
    plan(answer.end_after, Act.end)
    if answer.stall_after != "before_headers":
        plan(answer.stall_after, Act.stall, Act.end)
    plan(answer.cut_after, Act.cut, Act.end)
    return planned


def body_steps(body: bytes, answer: Answer) -> Iterator[Step]:
    """Yield what happens after the headers of an answer that does not stream."""
    if answer.hold_after is not None:
        yield Act.hold
    if answer.stall_after is not None:
        yield Act.stall
    elif answer.cut_after is not None:
        yield body[: len(body) // 2]
        yield Act.cut
    else:
        yield body


def _place(position: Position, events: Sequence[Event]) -> int:
    """Return after how many events a position is; without any text, pieces are at the end."""
    if isinstance(position, int):
        return min(position, len(events))
    pieces = [number for number, event in enumerate(events) if event.is_piece]
    if not pieces:
        return len(events)
    return pieces[0] if position.count == 0 else pieces[min(position.count, len(pieces)) - 1] + 1


def _framed(data: Json, answer: Answer, *, typed: bool, sequence: int) -> bytes:
    if typed and answer.sequence_numbers:
        data = {"type": data["type"], "sequence_number": sequence, **data}
    end = b"\r\n" if answer.crlf else b"\n"
    name = b"event: %b%b" % (data["type"].encode(), end) if typed and answer.event_lines and "type" in data else b""
    return b"%bdata: %b%b%b" % (name, orjson.dumps(data), end, end)

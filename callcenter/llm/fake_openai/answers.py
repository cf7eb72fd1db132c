"""What happens to one request: what is said, what goes wrong, and how it looks on the wire.

An answer knows neither API; responses.py and chat.py put it into their events, steps.py into bytes and waits. Whatever
is left out goes right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

COMMENT: Final = b": keepalive\n\n"
UNKNOWN_EVENT: Final = b'event: response.mystery\ndata: {"type":"response.mystery","mystery":[1,2]}\n\n'
"""Chat Completions have no types of events; there its readers see a chunk without choices."""
NOT_JSON: Final = b'data: {"type": "response.output_te\n\n'
NOT_UTF8: Final = b'data: {"type":"\xff\xfe"}\n\n'


def huge_line(size: int) -> bytes:
    """Return an event whose data line has at least `size` bytes."""
    return b'data: {"type":"response.mystery","padding":"%b"}\n\n' % (b"x" * size)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The place right after so many pieces of text, in either API; 0 is right before the first."""

    count: int


Position: TypeAlias = int | Pieces
"""A place in the stream: after so many events (0: after the headers), or pieces. Past the end means at the end."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One function call."""

    name: str
    arguments: str = "{}"
    """As sent, so that it may be no JSON."""
    call_id: str | None = None
    """None: numbered."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens counted."""

    input_tokens: int = 12
    output_tokens: int = 3
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """The reply ends in `response.failed`; in Chat Completions, in an error chunk."""

    code: str = "server_error"
    message: str = "The server had an error while processing your request."


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEvent:
    """An `error` event in mid-stream, after which the stream ends in order."""

    code: str = "server_error"
    message: str = "The server had an error while processing your request."
    shape: Literal["flat", "nested"] = "nested"
    """Flat as documented, nested as the live service is reported to send. Chat Completions know only nested."""
    after: Position | None = None
    """None: after the last piece."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """Bytes put between events as they are: garbage, a comment, an event nobody knows."""

    after: Position
    data: bytes


Stall: TypeAlias = Position | Literal["before_headers"]
"""Where the server falls silent until the client hangs up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What happens to one request. Text, calls and refusal come first; then how the reply ends.

    A request that does not stream gets the same in one body: a cut or an early end comes halfway through it, holds and
    stalls before it, garbage instead of it, and an error event as status 500.
    """

    pieces: tuple[str, ...] = ()
    """Text; structured output too, well-formed or not."""
    pause: float = 0.0
    """Seconds before each piece but the first."""
    tool_calls: tuple[ToolCall, ...] = ()
    calls_first: bool = False
    """The calls come before the text."""
    refusal: str | None = None
    """Instead of text."""
    usage: Usage | None = field(default_factory=Usage)
    """None: missing."""

    incomplete: Literal["max_output_tokens", "content_filter"] | None = None
    failed: Failure | None = None
    error: ErrorEvent | None = None

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with any status, e.g. Retry-After."""
    body: bytes | None = None
    """Sent instead of any reply. None: with a status other than 200, OpenAI's JSON for that status."""
    content_type: str = "application/json"
    """Of `body`."""

    cut_after: Position | None = None
    """The TCP connection ends there."""
    end_after: Position | None = None
    """The body ends there in order, without a terminal event."""
    stall_after: Stall | None = None
    hold_after: Position | None = None
    """Where the stream waits for `gate`."""
    gate: asyncio.Event | None = None

    inserted: tuple[Inserted, ...] = ()
    chunk_bytes: int | None = None
    """Bytes a TCP write; it splits lines and letters. None: whatever is ready."""
    crlf: bool = False
    event_lines: bool = True
    """Responses name each event in a line of its own."""
    sequence_numbers: bool = True
    done: bool = True
    """Chat Completions end with `data: [DONE]`."""


def says(*pieces: str, pause: float = 0.0) -> Answer:
    """Answer with this text, streamed in these pieces."""
    return Answer(pieces=pieces, pause=pause)

"""Read server-sent events as OpenAI's servers send them: bytes in any portions become JSON objects. Pure.

Event names, comments and [DONE] are passed over, for every object says its own type. Invariant: whatever is not the
protocol, or too large to be, ends in ModelFailed(garbled); what is merely unfinished yields nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, TypeAlias

import orjson

from callcenter.errors import ModelFailed
from callcenter.llm import Failure

Json: TypeAlias = dict[str, Any]

MAX_EVENT_BYTES: Final = 1_000_000
"""No event is larger: the largest repeats the whole reply, which is bounded in tokens."""

_DONE: Final = b"[DONE]"
_BLANK: Final = (b"", b"\r")


class EventReader:
    """Reads the body of one response."""

    __slots__ = ("_data", "_rest", "begun")

    def __init__(self) -> None:
        self.begun = False
        """Something of the protocol came."""
        self._rest = b""
        self._data = b""

    def feed(self, portion: bytes) -> Iterator[Json]:
        """Yield the events that end in this portion; to be read to the end. Raises ModelFailed."""
        lines = (self._rest + portion).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if (event := self._take(line)) is not None:
                yield event
        if len(self._rest) + len(self._data) > MAX_EVENT_BYTES:
            raise ModelFailed(reason=Failure.garbled)

    def finish(self) -> Iterator[Json]:
        """Yield a last event that lacks its blank line, if its JSON is whole."""
        event = None
        with suppress(ModelFailed):
            event = self._take(self._rest) or self._take(b"")
        if event is not None:
            yield event

    def _take(self, line: bytes) -> Json | None:
        """Return the event that this line ends."""
        if line.startswith(b"data:"):
            data = line[5:].strip()
            self._data = self._data + b"\n" + data if self._data else data
        elif self._data and line in _BLANK:
            data, self._data = self._data, b""
            self.begun = True
            if data != _DONE:
                return _parsed(data)
        return None


def _parsed(data: bytes) -> Json:
    event = None
    if len(data) <= MAX_EVENT_BYTES:
        with suppress(orjson.JSONDecodeError):
            event = orjson.loads(data)
    if type(event) is not dict:
        raise ModelFailed(reason=Failure.garbled)
    return event


def object_in(value: object) -> Json:
    """Return an object of an event, which has to be one. Raises ModelFailed."""
    if isinstance(value, dict):
        return value
    raise ModelFailed(reason=Failure.garbled)


def text_in(value: object) -> str:
    """Return a text of an event, which has to be one. Raises ModelFailed."""
    if isinstance(value, str):
        return value
    raise ModelFailed(reason=Failure.garbled)


def list_in(value: object) -> list[object]:
    """Return a list of an event, empty where there is nothing. Raises ModelFailed."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise ModelFailed(reason=Failure.garbled)

"""Read server-sent events as OpenAI's servers send them: bytes in any portions become JSON objects. Pure.

Event names, comments and [DONE] are passed over, for every object says its own type. Invariant: whatever is not the
protocol, or too large to be, leaves the reader `garbled`; what is merely unfinished yields nothing.
"""

from __future__ import annotations

import re
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
_DATA: Final = b"\ndata:"
_EVENT: Final = re.compile(rb"\ndata:(.*)\n(?=\n)")
"""An event whose data is one line, as every server sends them; the line before it may name the event."""


class EventReader:
    """Reads the body of one response."""

    __slots__ = ("_data", "_rest", "begun", "garbled")

    def __init__(self) -> None:
        self.begun = False
        """Something of the protocol came."""
        self.garbled = False
        """What came last is not the protocol; nothing after it can be read."""
        self._rest = b""
        self._data = b""

    def feed(self, portion: bytes) -> list[Json]:
        """Return the events that end in this portion, up to the first that is `garbled`."""
        if not self._data and portion.endswith(b"\n\n"):
            events = _whole(b"\n" + self._rest + portion)
            if events is not None:
                self.begun, self._rest = True, b""
                return events
        lines = (self._rest + portion).split(b"\n")
        self._rest = lines.pop()
        events = []
        try:
            for line in lines:
                if (event := self._take(line)) is not None:
                    events.append(event)  # what came before a failure counts
        except ModelFailed:
            self.garbled = True
        if len(self._rest) + len(self._data) > MAX_EVENT_BYTES:
            self.garbled = True
        return events

    def finish(self) -> list[Json]:
        """Return a last event that lacks its blank line, if its JSON is whole."""
        with suppress(ModelFailed):
            if (event := self._take(self._rest) or self._take(b"")) is not None:
                return [event]
        return []

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


def _whole(body: bytes) -> list[Json] | None:
    """Return a body's events in one go, where nothing is out of the ordinary; None: it must be read line by line."""
    found = _EVENT.findall(body)
    if len(found) != body.count(_DATA) or len(body) > MAX_EVENT_BYTES:
        return None
    if found and found[-1].strip() == _DONE:
        found.pop()
    try:
        events = list(map(orjson.loads, found))
    except orjson.JSONDecodeError:
        return None
    return events if set(map(type, events)) == {dict} else None


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

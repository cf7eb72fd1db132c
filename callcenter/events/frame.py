"""What every event has: a place in its call's log, and one JSON form for the log and all readers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import AwareDatetime, Field
from typing_extensions import override

from callcenter.calls import CallId, Value


class Frame(Value):
    """What readers of the bus get, in one JSON form for all of them."""

    @cached_property
    def json_text(self) -> str:
        """The frame as JSON, written once for the log and all readers.

        Raises PydanticSerializationError or UnicodeEncodeError for half a character.
        """
        return super().as_json()

    @override
    def as_json(self) -> str:
        return self.json_text

    @override
    def altered(self, changes: Mapping[str, object]) -> Self:
        copy = super().altered(changes)
        copy.__dict__.pop("json_text", None)
        return copy


class Stored(Frame):
    """An event with its place in a call's log."""

    call_id: CallId
    seq: Annotated[int, Field(ge=1)]
    """Place in the call's log."""
    at: AwareDatetime

"""What calls and tickets look like as rows: the same columns and texts in every SQL store.

A value that can't be stored is refused here, and fails only its own caller. Times stand in columns as UTC with
microseconds, so that their order as text is their order in time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from callcenter.calls import ConversationState
from callcenter.errors import InvalidRequest, StoreUnavailable
from callcenter.events import CallEvent
from callcenter.store import Append, ArchivedTicket
from callcenter.tickets import Ticket, comment_words, ticket_words

TICKET_COLUMNS: Final = tuple(Ticket.model_fields)
"""A ticket's columns are its fields, one to one."""

_LOG: Final[TypeAdapter[list[CallEvent]]] = TypeAdapter(list[CallEvent])
_CHANGES: Final[TypeAdapter[dict[str, str | None]]] = TypeAdapter(dict[str, str | None])

_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it. PostgreSQL can't keep one, so that no store does."""

_TIMES: Final = ("created_at", "updated_at", "due_at")
_NO_NOTE: Final[Mapping[str, str]] = {}
_IN_ENTRY: Final = frozenset({"version", "updated_at"})
"""What a history entry says of itself, not among its changes."""


COMMENT: Final = "comment"
"""An agent's words."""
MERGED: Final = "merged"
"""The number of a duplicate. Under these names a history has what was noted beside what changed."""


class HeaderRow(NamedTuple):
    """A row of `conversations`."""

    call_id: str
    seq: int
    customer_name: str | None
    channel: str
    language: str
    current_persona: str
    mode: str
    started_at: str
    updated_at: str
    ended_at: str | None
    state: str


class EventRow(NamedTuple):
    """A row of `conversation_events`."""

    call_id: str
    seq: int
    event: str
    at: str
    message_id: str | None
    payload: str


class TicketRow(NamedTuple):
    """A row of `tickets`, and what its history may say of it."""

    number: str
    version: int
    values: tuple[str | int | None, ...]
    """By column, in the order of TICKET_COLUMNS."""
    fields: Mapping[str, str | int | None]
    """By name, as JSON has them."""
    updated_at: str
    words: str
    """What it is found by, parted by single blanks."""
    note: Mapping[str, str]
    """What its history says beside what changed."""
    note_words: str
    """What it is found by from here on besides: empty, or words with a blank before each."""

    def changes(self, before: Sequence[object] | None) -> str:
        """Return what a history entry says, as JSON: each field that is not as in the row `before` with its new value.

        The note comes with them. Without a row before, of a new ticket, all fields.
        """
        both = zip(TICKET_COLUMNS, before or self.values, self.values, strict=True)
        changed = {
            name: _text(self.fields[name])
            for name, old, new in both
            if (before is None or old != new) and name not in _IN_ENTRY
        }
        return orjson.dumps(changed | dict(self.note)).decode()


def check_step(step: Append) -> None:
    """Raise ValueError for a step that no log could take: a bug of the writer, found before anything is written."""
    last = step.expected_seq
    for event in step.events:
        last += 1
        if event.seq != last or event.call_id != step.call_id:
            raise ValueError(f"event {event.seq} of {event.call_id} does not follow {last - 1} of {step.call_id}")
    if not step.events or step.state.seq != last or step.state.call_id != step.call_id:
        raise ValueError(f"the state is at {step.state.seq}, the step of {len(step.events)} events ends at {last}")


def header_row(state: ConversationState) -> HeaderRow:
    """Return the header of a call. Raises InvalidRequest for text that can't be stored."""
    return HeaderRow(
        call_id=state.call_id,
        seq=state.seq,
        customer_name=state.customer_name,
        channel=str(state.channel),
        language=str(state.language),
        current_persona=str(state.current_persona),
        mode=str(state.mode),
        started_at=time_text(state.started_at),
        updated_at=time_text(state.updated_at),
        ended_at=time_text(state.ended_at) if state.ended_at else None,
        state=stored_json(state.as_json),
    )


def event_row(event: CallEvent) -> EventRow:
    """Return one event of a log. Raises InvalidRequest for text that can't be stored."""
    return EventRow(
        call_id=event.call_id,
        seq=event.seq,
        event=event.event,
        at=time_text(event.at),
        message_id=getattr(event, "message_id", None),
        payload=stored_json(event.as_json),
    )


def ticket_row(ticket: Ticket, note: Mapping[str, str] = _NO_NOTE) -> TicketRow:
    """Return a ticket, with what is noted beside what changed. Raises InvalidRequest for text that can't be stored."""
    fields: dict[str, str | int | None] = orjson.loads(stored_json(ticket.as_json))
    columns = fields | {name: time_text(getattr(ticket, name)) for name in _TIMES}
    if note:
        stored_json(lambda: _CHANGES.dump_json(dict(note)).decode())
    return TicketRow(
        number=ticket.number,
        version=ticket.version,
        values=tuple(columns.values()),
        fields=fields,
        updated_at=time_text(ticket.updated_at),
        words=ticket_words(ticket),
        note=note,
        note_words=_noted(note.values()),
    )


def archived_row(archived: ArchivedTicket) -> TicketRow:
    """Return a ticket as another store had it, found by all that was ever noted on it."""
    notes = (entry.changes.get(name) for entry in archived.history for name in (COMMENT, MERGED))
    return ticket_row(archived.ticket)._replace(note_words=_noted(note for note in notes if note))


def _noted(notes: Iterable[str]) -> str:
    return "".join(f" {words}" for note in notes if (words := comment_words(note)))


def sent(row: TicketRow) -> dict[str, object]:
    """Return a ticket as the functions of a database take it."""
    columns: dict[str, object] = dict(zip(TICKET_COLUMNS, row.values, strict=True))
    return {**columns, "words": row.words, "note": row.note, "note_words": row.note_words}


def read_log(payloads: Sequence[str]) -> list[CallEvent]:
    """Return events from their payloads, in order."""
    try:
        return _LOG.validate_json(f"[{','.join(payloads)}]")
    except ValidationError:
        raise _unreadable("event") from None


def read_state(text: str) -> ConversationState:
    """Return a state from its header."""
    try:
        return ConversationState.model_validate_json(text)
    except ValidationError:
        raise _unreadable("call") from None


def read_ticket(row: Sequence[object]) -> Ticket:
    """Return a ticket from its columns, in the order of TICKET_COLUMNS."""
    try:
        return Ticket.model_validate(dict(zip(TICKET_COLUMNS, row, strict=True)))
    except ValidationError:
        raise _unreadable("ticket") from None


def read_changes(text: str) -> dict[str, str | None]:
    """Return what a history entry says."""
    return _CHANGES.validate_json(text)


@lru_cache(maxsize=64)
def time_text(at: datetime) -> str:
    """Return an aware time as columns hold it. Remembered: all rows of a step are of one moment."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _text(value: str | int | None) -> str | None:
    return value if value is None or isinstance(value, str) else str(value).lower()


def stored_json(write: Callable[[], str]) -> str:
    """Return JSON that can be stored. Raises InvalidRequest."""
    try:
        text = write()
    except (PydanticSerializationError, UnicodeEncodeError):
        # The exception quotes the customer's words: not passed on.
        raise InvalidRequest("A text holds half a character (a lone surrogate) and can't be stored.") from None
    if "\\u0000" in text and _NUL.search(text):
        raise InvalidRequest("A text holds a NUL character and can't be stored.")
    return text


def _unreadable(what: str) -> StoreUnavailable:
    # Whatever the exception says quotes the customer's words: not passed on.
    return StoreUnavailable(f"A stored {what} can't be read by this version of callcenter; another one wrote it.")

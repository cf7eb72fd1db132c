"""The journal's own tables: the steps that wait for the primary store, in order, and the calls that went another way.

They stand beside the embedded store's tables in the same file, so that a step, and that it waits, are kept in one
transaction. Their version is the file's `user_version`; the rest of the schema is migrated as everywhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from callcenter.calls import CallId, ConversationState, Value
from callcenter.errors import ConfigurationError
from callcenter.events import CallEvent
from callcenter.store import Append
from callcenter.store.rows import time_text
from callcenter.tickets import Ticket

VERSION: Final = 1

PARKED_AFTER: Final = 5
"""So many refusals of one step, while the primary is well, are no accident any more."""
PARKED_FOR: Final = timedelta(minutes=5)
"""So long a parked step is left alone; then somebody may have mended what it was refused for."""

_TABLES: Final = (
    """
    create table outbox (
      id integer primary key autoincrement,
      call_id text not null,
      step text not null,
      taken_at text not null,
      attempts integer not null default 0,
      refused text,
      tried_at text
    )
    """,
    "create index outbox_by_call on outbox (call_id, id)",
    # Calls whose steps could not be carried over as they were: here they are numbered otherwise than there.
    "create table diverged (call_id text not null primary key)",
    "create index outbox_parked on outbox (attempts) where refused is not null",
)

WAITS: Final = "select exists (select 1 from outbox where call_id = ?)"
ANY_WAITS: Final = "select exists (select 1 from outbox)"
TICKET_WAITS: Final = "select exists (select 1 from tickets join outbox using (call_id) where number = ?)"

_FIRST_OF_EACH_CALL: Final = """
select id, call_id, step, attempts, exists (select 1 from diverged where diverged.call_id = outbox.call_id)
from outbox
where id in (select min(id) from outbox group by call_id) and id > ? and (attempts < ? or tried_at < ?)
order by id limit ?
"""


class _Kept(Value):
    """A step as the outbox has it."""

    expected_seq: int
    events: tuple[CallEvent, ...]
    state: ConversationState
    opened: tuple[Ticket, ...]
    changed: tuple[Ticket, ...]


class Figures(Value):
    """What waits."""

    steps: int = 0
    oldest_at: AwareDatetime | None = None
    parked: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits."""

    id: int
    call_id: CallId
    text: str
    attempts: int
    """How often it was refused."""
    diverged: bool
    """Steps of its call before it were put behind what others wrote."""


_KEPT: Final = TypeAdapter(_Kept)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables where they are missing. Raises ConfigurationError for a journal of a newer version."""
    version: int = connection.execute("pragma user_version").fetchone()[0]
    if version > VERSION:
        raise ConfigurationError(
            "The journal was written by a newer version of callcenter. Install that version or a later one, so that"
            " what waits in it is carried over."
        )
    if version < VERSION:
        for table in _TABLES:
            connection.execute(table)
        connection.execute(f"pragma user_version = {VERSION}")


def try_parked_again(connection: sqlite3.Connection) -> None:
    """Let parked steps be tried at once: who starts the product anew may have mended what they were refused for."""
    connection.execute("update outbox set tried_at = '' where refused is not null")


def step_text(step: Append) -> str:
    """Return a step as the outbox keeps it; it was found fit to be stored before."""
    events = ",".join(event.json_text for event in step.events)
    opened = ",".join(ticket.model_dump_json() for ticket in step.opened)
    changed = ",".join(ticket.model_dump_json() for ticket in step.changed)
    return (
        f'{{"expected_seq":{step.expected_seq},"events":[{events}],"state":{step.state.model_dump_json()},'
        f'"opened":[{opened}],"changed":[{changed}]}}'
    )


def read_step(waiting: Waiting) -> Append:
    """Return a step that waits. Raises ValueError for one that this version can't read."""
    try:
        kept = _KEPT.validate_json(waiting.text)
    except ValidationError:
        # The exception quotes the customer's words: not passed on.
        raise ValueError("a step in the journal can't be read") from None
    return Append(
        call_id=waiting.call_id,
        expected_seq=kept.expected_seq,
        events=kept.events,
        state=kept.state,
        opened=kept.opened,
        changed=kept.changed,
    )


def put(connection: sqlite3.Connection, call_id: CallId, text: str, taken_at: datetime) -> None:
    """Have a step wait behind all others."""
    connection.execute(
        "insert into outbox (call_id, step, taken_at) values (?, ?, ?)", (call_id, text, time_text(taken_at))
    )


def first_steps(after: int, number: int, now: datetime, connection: sqlite3.Connection) -> Sequence[Waiting]:
    """Return the first step of each call that may be tried now, oldest first, of those with ids beyond `after`."""
    rows = connection.execute(_FIRST_OF_EACH_CALL, (after, PARKED_AFTER, time_text(now - PARKED_FOR), number))
    return [Waiting(row[0], CallId(row[1]), row[2], row[3], bool(row[4])) for row in rows]


def refuse(waiting: Waiting, code: str, attempts: int, now: datetime, connection: sqlite3.Connection) -> None:
    """Note that a step was refused."""
    connection.execute(
        "update outbox set attempts = ?, refused = ?, tried_at = ? where id = ?",
        (attempts, code, time_text(now), waiting.id),
    )


def figures(connection: sqlite3.Connection) -> Figures:
    """Return what waits."""
    steps, oldest_at = connection.execute("select count(*), min(taken_at) from outbox").fetchone()
    (parked,) = connection.execute(
        "select count(*) from outbox where refused is not null and attempts >= ?", (PARKED_AFTER,)
    ).fetchone()
    return Figures(steps=steps, oldest_at=oldest_at, parked=parked)

"""The embedded store: one SQLite file, for one machine, with nothing to install.

One lane writes, in groups (see lanes.py); one answers short reads; one answers lists and logs, so that an export never
keeps a turn waiting. WAL with synchronous=FULL: what a caller was told is kept outlives the process and the power.
Other processes may use the same file; `expected_seq` keeps their order, they only wait for one another.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from typing_extensions import override

from callcenter.calls import CallId, ConversationState, MessageId, TicketNumber
from callcenter.errors import (
    CallExists,
    CallNotFound,
    ConfigurationError,
    MessageTaken,
    StoreUnavailable,
    TicketConflict,
    TicketNotFound,
    TicketNumberTaken,
    TurnConflict,
)
from callcenter.events import CallEvent
from callcenter.store import Append, CallFilter, Page, PageLimit, Store, TicketEntry, TicketFilter
from callcenter.store.cursors import Place, check_limit, page, place
from callcenter.store.lanes import Lane, one_by_one, one_transaction
from callcenter.store.migrate import Migration, migrate_sqlite, migrations, pending
from callcenter.store.rows import (
    TICKET_COLUMNS,
    EventRow,
    HeaderRow,
    check_step,
    event_row,
    header_row,
    read_changes,
    read_log,
    read_state,
    read_ticket,
    ticket_changes,
    ticket_row,
    time_text,
)
from callcenter.tickets import Ticket, TicketChange, change_ticket

BUSY_MS: Final = 5_000
"""How long a write waits for another process; a customer waits no longer for an answer."""

_WAL_BYTES: Final = 64 * 1024 * 1024
"""What a burst may leave of the write-ahead log on disk."""

_PRAGMAS: Final = (
    f"pragma busy_timeout = {BUSY_MS}",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    f"pragma journal_size_limit = {_WAL_BYTES}",
)


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"  # noqa: S608 (ours)


_START_CALL: Final = _insert("conversations", HeaderRow._fields) + " on conflict do nothing"

_REFRESH_HEADER: Final = """
update conversations
set seq = ?, language = ?, current_persona = ?, mode = ?, updated_at = ?, ended_at = ?, state = ?
where call_id = ? and seq = ?
"""

_ADD_EVENT: Final = _insert("conversation_events", EventRow._fields)

_OPEN_TICKET: Final = _insert("tickets", TICKET_COLUMNS)

_READ_TICKET: Final = f"select {', '.join(TICKET_COLUMNS)} from tickets where number = ?"  # noqa: S608 (ours)

_UPDATE_TICKET: Final = f"update tickets set {', '.join(f'{each} = ?' for each in TICKET_COLUMNS)} where number = ?"  # noqa: S608 (ours)

_ADD_TICKET_EVENT: Final = _insert("ticket_events", ("number", "version", "at", "actor", "changes"))

_MESSAGE_SEQ: Final = """
select seq from conversation_events where call_id = ? and message_id = ? and event = 'user_message'
"""

_TURN: Final = """
select payload from conversation_events where call_id = ? and seq >= ? and message_id = ? order by seq
"""

_FROM_CUSTOMER: Final = "customer"
"""Who changed a ticket when the call told something."""


@dataclass(frozen=True, slots=True)
class _Step:
    """An Append as rows."""

    expected_seq: int
    header: HeaderRow
    events: tuple[EventRow, ...]
    message_ids: tuple[str, ...]
    """Of the customer's messages among the events."""
    opened: Sequence[Ticket]
    changed: Sequence[Ticket]


class SQLiteStore(Store):
    """Keeps calls and tickets in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Hold what `open` starts; use that."""
        self._wanted: tuple[Migration, ...] = ()
        self._writer = Lane("store-writer", partial(_connect, path), one_transaction)
        self._short = Lane("store-reader", partial(_connect_reader, path), one_by_one)
        self._long = Lane("store-lists", partial(_connect_reader, path), one_by_one)

    @classmethod
    async def open(cls, path: Path) -> SQLiteStore:
        """Open the file at `path`, made if missing, after running pending migrations.

        Raises ConfigurationError for a database that can't be used by this version, StoreUnavailable when it is locked.
        """
        await asyncio.to_thread(migrate_sqlite, path)
        store = cls(path)
        store._wanted = migrations("sqlite")
        try:
            for lane in store._lanes:
                await lane.start()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def _lanes(self) -> tuple[Lane, ...]:
        return (self._writer, self._short, self._long)

    @override
    async def append(self, step: Append) -> None:
        check_step(step)
        events = tuple(event_row(event) for event in step.events)
        rows = _Step(
            expected_seq=step.expected_seq,
            header=header_row(step.state),
            events=events,
            message_ids=tuple(row.message_id for row in events if row.event == "user_message" and row.message_id),
            opened=step.opened,
            changed=step.changed,
        )
        await self._writer.run(partial(_append, rows))

    @override
    async def state(self, call_id: CallId) -> ConversationState:
        return await self._short.run(partial(_state, call_id))

    @override
    async def events(self, call_id: CallId, *, after: int = 0, limit: int | None = None) -> list[CallEvent]:
        return await self._long.run(partial(_events, call_id, after, limit))

    @override
    async def turn(self, call_id: CallId, message_id: MessageId) -> list[CallEvent]:
        return await self._short.run(partial(_turn, call_id, message_id))

    @override
    async def calls(
        self, wanted: CallFilter, *, limit: PageLimit = 50, cursor: str | None = None
    ) -> Page[ConversationState]:
        check_limit(limit)
        return await self._long.run(partial(_calls, wanted, limit, place("calls", cursor)))

    @override
    async def ticket(self, number: TicketNumber) -> Ticket:
        return await self._short.run(partial(_ticket, number))

    @override
    async def tickets(self, wanted: TicketFilter, *, limit: PageLimit = 50, cursor: str | None = None) -> Page[Ticket]:
        check_limit(limit)
        return await self._long.run(partial(_tickets, wanted, limit, place("tickets", cursor)))

    @override
    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str, now: datetime) -> Ticket:
        return await self._writer.run(partial(_change_ticket, number, change, actor, now))

    @override
    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        return await self._short.run(partial(_ticket_history, number))

    @override
    async def check(self) -> None:
        # In the writer's lane: a database that can be read but not written is of no use to a call.
        await self._writer.run(partial(_check_schema, self._wanted))

    @override
    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _connect_reader(path: Path) -> sqlite3.Connection:
    connection = _connect(path)
    connection.execute("pragma query_only = on")
    return connection


def _append(step: _Step, connection: sqlite3.Connection) -> None:
    header = step.header
    if step.expected_seq == 0:
        written = connection.execute(_START_CALL, header)
    else:
        written = connection.execute(
            _REFRESH_HEADER,
            (
                header.seq,
                header.language,
                header.current_persona,
                header.mode,
                header.updated_at,
                header.ended_at,
                header.state,
                header.call_id,
                step.expected_seq,
            ),
        )
    if written.rowcount != 1:
        for message_id in step.message_ids:
            if connection.execute(_MESSAGE_SEQ, (header.call_id, message_id)).fetchone():
                raise MessageTaken
        raise TurnConflict if step.expected_seq else CallExists
    try:
        connection.executemany(_ADD_EVENT, step.events)
    except sqlite3.IntegrityError as error:
        # The header was where it had to be, so that only the claim on a message id can be in the way.
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise MessageTaken from None
        raise
    for ticket in step.opened:
        _open_ticket(connection, ticket)
    for ticket in step.changed:
        _add_to_ticket(connection, ticket)


def _open_ticket(connection: sqlite3.Connection, ticket: Ticket) -> None:
    try:
        connection.execute(_OPEN_TICKET, tuple(ticket_row(ticket).values()))
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
            raise TicketNumberTaken from None
        raise
    _note(connection, None, ticket, ticket.created_at, _FROM_CUSTOMER)


def _add_to_ticket(connection: sqlite3.Connection, ticket: Ticket) -> None:
    row = connection.execute(_READ_TICKET, (ticket.number,)).fetchone()
    stored = read_ticket(row) if row else None
    if stored is None or stored.version + 1 != ticket.version:
        raise TurnConflict("A ticket of the call was changed since it was read; load both again and retry the turn.")
    _update_ticket(connection, stored, ticket, _FROM_CUSTOMER)


def _change_ticket(
    number: TicketNumber, change: TicketChange, actor: str, now: datetime, connection: sqlite3.Connection
) -> Ticket:
    stored = _ticket(number, connection)
    if change.version is not None and change.version != stored.version:
        raise TicketConflict(version=stored.version)
    changed = change_ticket(stored, change, now=now)
    if changed is not stored:
        _update_ticket(connection, stored, changed, actor)
    return changed


def _update_ticket(connection: sqlite3.Connection, before: Ticket, after: Ticket, actor: str) -> None:
    connection.execute(_UPDATE_TICKET, (*ticket_row(after).values(), after.number))
    _note(connection, before, after, after.updated_at, actor)


def _note(connection: sqlite3.Connection, before: Ticket | None, after: Ticket, at: datetime, actor: str) -> None:
    entry = (after.number, after.version, time_text(at), actor, ticket_changes(before, after))
    connection.execute(_ADD_TICKET_EVENT, entry)


def _state(call_id: CallId, connection: sqlite3.Connection) -> ConversationState:
    row = connection.execute("select state from conversations where call_id = ?", (call_id,)).fetchone()
    if row is None:
        raise CallNotFound
    return read_state(row[0])


def _events(call_id: CallId, after: int, limit: int | None, connection: sqlite3.Connection) -> list[CallEvent]:
    rows = connection.execute(
        "select payload from conversation_events where call_id = ? and seq > ? order by seq limit ?",
        (call_id, after, -1 if limit is None else limit),
    ).fetchall()
    if not rows and not connection.execute("select 1 from conversations where call_id = ?", (call_id,)).fetchone():
        raise CallNotFound
    return read_log([payload for (payload,) in rows])


def _turn(call_id: CallId, message_id: MessageId, connection: sqlite3.Connection) -> list[CallEvent]:
    first = connection.execute(_MESSAGE_SEQ, (call_id, message_id)).fetchone()
    if first is None:
        return []
    rows = connection.execute(_TURN, (call_id, first[0], message_id))
    return read_log([payload for (payload,) in rows])


def _calls(
    wanted: CallFilter, limit: int, start: Place | None, connection: sqlite3.Connection
) -> Page[ConversationState]:
    where = _Where()
    where.equals("current_persona", wanted.persona)
    where.equals("language", wanted.language)
    where.equals("channel", wanted.channel)
    if wanted.ended is not None:
        where.add("ended_at is not null" if wanted.ended else "ended_at is null")
    if wanted.started_from is not None:
        where.add("started_at >= ?", time_text(wanted.started_from))
    if wanted.started_until is not None:
        where.add("started_at < ?", time_text(wanted.started_until))
    if start is not None:
        where.add("(started_at, call_id) < (?, ?)", time_text(start.at), start.id)
    rows = where.select(connection, "select state from conversations", "started_at desc, call_id desc", limit + 1)
    states = [read_state(text) for (text,) in rows]
    return page([(each, Place(listed="calls", at=each.started_at, id=each.call_id)) for each in states], limit)


def _ticket(number: TicketNumber, connection: sqlite3.Connection) -> Ticket:
    row = connection.execute(_READ_TICKET, (number,)).fetchone()
    if row is None:
        raise TicketNotFound
    return read_ticket(row)


def _tickets(wanted: TicketFilter, limit: int, start: Place | None, connection: sqlite3.Connection) -> Page[Ticket]:
    where = _Where()
    where.equals("status", wanted.status)
    where.equals("category", wanted.category)
    where.equals("priority", wanted.priority)
    where.equals("call_id", wanted.call_id)
    if start is not None:
        where.add("(created_at, number) < (?, ?)", time_text(start.at), start.id)
    columns = f"select {', '.join(TICKET_COLUMNS)} from tickets"  # noqa: S608 (ours)
    rows = where.select(connection, columns, "created_at desc, number desc", limit + 1)
    tickets = [read_ticket(row) for row in rows]
    return page([(each, Place(listed="tickets", at=each.created_at, id=each.number)) for each in tickets], limit)


def _ticket_history(number: TicketNumber, connection: sqlite3.Connection) -> list[TicketEntry]:
    rows = connection.execute(
        "select version, at, actor, changes from ticket_events where number = ? order by version", (number,)
    ).fetchall()
    if not rows:
        raise TicketNotFound
    return [
        TicketEntry(version=version, at=at, actor=actor, changes=read_changes(changes))
        for version, at, actor, changes in rows
    ]


def _check_schema(wanted: Sequence[Migration], connection: sqlite3.Connection) -> None:
    try:
        missing = pending(connection, wanted)
    except ConfigurationError as error:
        raise StoreUnavailable(error.message) from error
    if missing:
        raise StoreUnavailable("The database lacks migrations that this version needs; run `callcenter migrate`.")


class _Where:
    """Conditions that are all to hold, with their values apart from the SQL."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self._values: list[str] = []

    def add(self, condition: str, *values: str) -> None:
        self._conditions.append(condition)
        self._values += values

    def equals(self, column: str, value: str | None) -> None:
        """Hold when the column has the value; None asks for nothing."""
        if value is not None:
            self.add(f"{column} = ?", str(value))

    def select(self, connection: sqlite3.Connection, select: str, order: str, limit: int) -> list[tuple[str, ...]]:
        conditions = " and ".join(self._conditions) or "true"
        sql = f"{select} where {conditions} order by {order} limit ?"
        return connection.execute(sql, (*self._values, limit)).fetchall()

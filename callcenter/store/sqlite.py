"""The embedded store: one SQLite file, for one machine, with nothing to install.

One lane writes, in groups (see lanes.py); one answers short reads; one answers lists and logs, so that an export never
keeps a turn waiting. WAL with synchronous=FULL: what a caller was told is kept outlives the process and the power.
Other processes may use the same file; `expected_seq` keeps their order, they only wait for one another.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final, Self

from typing_extensions import override

from callcenter.calls import CallId, ConversationState, MessageId, TicketNumber
from callcenter.errors import (
    CallNotFound,
    ConfigurationError,
    StoreUnavailable,
    TicketConflict,
    TicketNotFound,
)
from callcenter.events import AssistantMessage, CallEvent
from callcenter.store import (
    Append,
    Archive,
    CallFilter,
    Erased,
    Page,
    PageLimit,
    Store,
    StoredCall,
    TicketEntry,
    TicketFilter,
    TicketOrder,
    key_rows,
    writes,
)
from callcenter.store.analytics import Analytics, AnalyticsFilter
from callcenter.store.analytics_sqlite import analytics
from callcenter.store.api_keys import ApiKey
from callcenter.store.archives import erase, restore
from callcenter.store.articles import SQLiteArticles
from callcenter.store.cursors import TICKETS, Place, check_limit, page, place, ticket_page
from callcenter.store.lanes import Lane, one_by_one, one_transaction
from callcenter.store.migrate import Migration, migrate_sqlite, migrations, pending
from callcenter.store.records import SQLiteRecords
from callcenter.store.rows import (
    TICKET_COLUMNS,
    read_changes,
    read_log,
    read_state,
    read_ticket,
    ticket_row,
    time_text,
)
from callcenter.store.scripts import SQLiteScripts
from callcenter.store.ticket_work import SQLiteTicketWork, having
from callcenter.store.writes import MESSAGE_SEQ, READ_TICKET, at_once, rows_of
from callcenter.tickets import AWAITED, Ticket, TicketChange, change_ticket

BUSY_MS: Final = 5_000
"""How long a write waits for another process; a customer waits no longer for an answer."""

_WAL_BYTES: Final = 64 * 1024 * 1024
"""What a burst may leave of the write-ahead log on disk."""

_PRAGMAS: Final = (
    f"pragma busy_timeout = {BUSY_MS}",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma secure_delete = on",
    f"pragma journal_size_limit = {_WAL_BYTES}",
)


_TURN: Final = """
select payload from conversation_events where call_id = ? and seq >= ? and message_id = ? order by seq
"""

_ANSWERED_WITH: Final = """
select payload from conversation_events
where call_id = ? and seq > ? and event = 'assistant_message'
  and exists (select 1 from json_each(payload, '$.answers') where value = ?)
order by seq limit 1
"""

_WAITING: Final = ", ".join(f"'{status}'" for status in AWAITED)
_BREACHED: Final = f"(status in ({_WAITING}) and due_at <= ?)"

_TOKENS_USED: Final = """
select coalesce(sum(payload ->> '$.usage.input_tokens' + payload ->> '$.usage.output_tokens'), 0)
from conversation_events
where event = 'assistant_message' and payload ->> 'usage' is not null and at >= ?
"""


class SQLiteStore(SQLiteArticles, SQLiteRecords, SQLiteScripts, SQLiteTicketWork, Store):
    """Keeps calls and tickets in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Hold what `open` starts; use that."""
        self._wanted: tuple[Migration, ...] = ()
        self._writer = Lane("store-writer", partial(connect, path), partial(one_transaction, at_once=at_once))
        self._short = Lane("store-reader", partial(connect_reader, path), one_by_one)
        self._long = Lane("store-lists", partial(connect_reader, path), one_by_one)

    @classmethod
    async def open(cls, path: Path) -> Self:
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
        await self._writer.begin(rows_of(step))

    @override
    async def load(self, call_id: CallId, *, last: int) -> StoredCall:
        return await self._short.run(partial(_load, call_id, last))

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
    async def tokens_used(self, since: datetime) -> int:
        return await self._long.run(partial(_tokens_used, since))

    @override
    async def analytics(self, wanted: AnalyticsFilter, *, now: datetime) -> Analytics:
        return await self._long.run(partial(analytics, wanted, now))

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
        if wanted.query is not None:
            await self._find_words()
        return await self._long.run(partial(_tickets, wanted, limit, place(TICKETS[wanted.order], cursor)))

    @override
    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str, now: datetime) -> Ticket:
        return await self._writer.run(partial(_change_ticket, number, change, actor, now))

    @override
    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        return await self._short.run(partial(_ticket_history, number))

    @override
    async def erase(self, call_id: CallId) -> Erased:
        return await self._writer.run(partial(erase, call_id))

    @override
    async def restore(self, archive: Archive) -> bool:
        return await self._writer.run(partial(restore, archive))

    @override
    async def add_key(self, key: ApiKey) -> None:
        await self._writer.run(partial(key_rows.add, key))

    @override
    async def keys(self) -> list[ApiKey]:
        return await self._short.run(key_rows.listed)

    @override
    async def key_used(self, key_id: str, day: date) -> None:
        await self._writer.run(partial(key_rows.used, key_id, day))

    @override
    async def remove_key(self, key_id: str) -> bool:
        return await self._writer.run(partial(key_rows.remove, key_id))

    @override
    async def check(self) -> None:
        # In the writer's lane: a database that can be read but not written is of no use to a call.
        await self._writer.run(partial(_check_schema, self._wanted))

    @override
    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection that writes durably."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads."""
    connection = connect(path)
    connection.execute("pragma query_only = on")
    return connection


def _change_ticket(
    number: TicketNumber, change: TicketChange, actor: str, now: datetime, connection: sqlite3.Connection
) -> Ticket:
    row = _ticket_row(number, connection)
    stored = read_ticket(row)
    if change.version is not None and change.version != stored.version:
        raise TicketConflict(version=stored.version)
    changed = change_ticket(stored, change, now=now)
    if changed is not stored:
        writes.change_ticket(connection, row, ticket_row(changed), actor)
    return changed


def _load(call_id: CallId, last: int, connection: sqlite3.Connection) -> StoredCall:
    state = _state(call_id, connection)
    tickets = [_ticket(number, connection) for number in state.tickets]
    known = set(state.tickets)
    for ticket in tickets:  # which grows meanwhile: what one was merged into may have been merged too
        target = ticket.merged_into
        if target is not None and target not in known:
            known.add(target)
            row = connection.execute(READ_TICKET, (target,)).fetchone()
            if row is not None:  # not erased, and at hand
                tickets.append(read_ticket(row))
    rows = connection.execute(
        "select payload from conversation_events where call_id = ? and seq > ? and seq <= ? order by seq",
        (call_id, state.seq - last, state.seq),
    )
    return StoredCall(
        state=state,
        tickets=tickets,
        events=read_log([payload for (payload,) in rows]),
    )


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
    first = connection.execute(MESSAGE_SEQ, (call_id, message_id)).fetchone()
    if first is None:
        return []
    rows = connection.execute(_TURN, (call_id, first[0], message_id))
    events = read_log([payload for (payload,) in rows])
    if any(isinstance(event, AssistantMessage) for event in events):
        return events
    # Asked first, so that the log is not walked for a message that waits for its answer.
    if message_id in _state(call_id, connection).unanswered:
        return events
    rows = connection.execute(_ANSWERED_WITH, (call_id, first[0], message_id))
    return events + read_log([payload for (payload,) in rows])


def _tokens_used(since: datetime, connection: sqlite3.Connection) -> int:
    tokens: int = connection.execute(_TOKENS_USED, (time_text(since),)).fetchone()[0]
    return tokens


def _calls(
    wanted: CallFilter, limit: int, start: Place | None, connection: sqlite3.Connection
) -> Page[ConversationState]:
    where = _Where()
    where.equals("current_persona", wanted.persona)
    where.equals("language", wanted.language)
    where.equals("channel", wanted.channel)
    where.equals("mode", wanted.mode)
    if wanted.waiting is not None:
        where.add(f"json_extract(state, '$.waiting_since') is {'not ' if wanted.waiting else ''}null")
    if wanted.proposals is not None:
        some = "json_array_length(state, '$.proposals') > 0"
        where.add(some if wanted.proposals else f"coalesce({some}, 0) = 0")
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
    return read_ticket(_ticket_row(number, connection))


def _ticket_row(number: TicketNumber, connection: sqlite3.Connection) -> Sequence[object]:
    row: Sequence[object] | None = connection.execute(READ_TICKET, (number,)).fetchone()
    if row is None:
        raise TicketNotFound
    return row


def _tickets(wanted: TicketFilter, limit: int, start: Place | None, connection: sqlite3.Connection) -> Page[Ticket]:
    where = _Where()
    where.equals("status", wanted.status)
    where.equals("category", wanted.category)
    where.equals("priority", wanted.priority)
    where.equals("call_id", wanted.call_id)
    where.equals("assignee", wanted.assignee)
    if wanted.breached_at is not None:
        where.add(_BREACHED, time_text(wanted.breached_at))
    if wanted.in_time_at is not None:
        where.add(f"not {_BREACHED}", time_text(wanted.in_time_at))
    if wanted.query is not None:
        condition, words = having(wanted.query)
        where.add(condition, *words)
    by_due = wanted.order is TicketOrder.due
    time, beyond, way = ("due_at", ">", "asc") if by_due else ("created_at", "<", "desc")
    if start is not None:
        where.add(f"({time}, number) {beyond} (?, ?)", time_text(start.at), start.id)
    columns = f"select {', '.join(TICKET_COLUMNS)} from tickets"  # noqa: S608 (ours)
    rows = where.select(connection, columns, f"{time} {way}, number {way}", limit + 1)
    return ticket_page([read_ticket(row) for row in rows], wanted.order, limit)


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

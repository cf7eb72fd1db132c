"""The journal's file: an embedded store that holds copies of the open calls, and the steps that wait.

A copy is a call as its writer here last knew it: the header, the tickets, and the end of the log without a gap. It is
kept after the fact, by nobody's leave: a copy that fell behind is begun anew with the next step. What waits is kept at
once and durably. Copies may be lost with the power, since only what waits is acknowledged from here.
"""

from __future__ import annotations

import logging
import sqlite3
from asyncio import Future
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Self

from typing_extensions import override

from callcenter.calls import CallId, TicketNumber
from callcenter.errors import CallNotFound, MessageTaken, StoreUnavailable, TicketNotFound
from callcenter.store import Append, Erased, StoredCall, TicketEntry
from callcenter.store.archives import erase
from callcenter.store.journal import outbox
from callcenter.store.journal.outbox import Figures, Waiting
from callcenter.store.lanes import Job, Lane, one_transaction
from callcenter.store.rows import TICKET_COLUMNS, EventRow, HeaderRow, event_row, header_row, ticket_row
from callcenter.store.sqlite import SQLiteStore, connect, connect_reader
from callcenter.store.writes import MESSAGE_SEQ, READ_TICKET, Step, rows_of
from callcenter.tickets import Ticket

EVENTS_KEPT: Final = 100
"""A copy's log goes back at least so far: further than any voice listens back."""
COPIES_KEPT: Final = 5_000
"""Calls; of more, those nobody wrote to for longest are not at hand when the primary goes away."""
_TRIM_EVERY: Final = 500
"""Copies are counted again after so many new ones."""
_COPIES_WAITING: Final = 1_000
"""Of more than these nobody waits for the disk: they are left out, and begun anew later."""
_PROBE_BUSY_MS: Final = 50
"""The event loop waits for this; only a journal that is recovered after a crash ever takes it."""

_WHERE_IT_IS: Final = """
select (select seq from conversations where call_id = ?1), exists (select 1 from outbox where call_id = ?1)
"""
_TOO_MANY: Final = """
select call_id from conversations where call_id not in (select call_id from outbox)
order by updated_at desc limit -1 offset ?
"""
_PUT_HEADER: Final = (
    f"insert into conversations ({', '.join(HeaderRow._fields)}) values ({', '.join('?' * len(HeaderRow._fields))})"  # noqa: S608 (ours)
    " on conflict (call_id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in HeaderRow._fields if name != "call_id")
)
_PUT_EVENT: Final = (
    f"insert or ignore into conversation_events ({', '.join(EventRow._fields)})"  # noqa: S608 (ours)
    f" values ({', '.join('?' * len(EventRow._fields))})"
)
_PUT_TICKET: Final = (
    f"insert into tickets ({', '.join(TICKET_COLUMNS)}) values ({', '.join('?' * len(TICKET_COLUMNS))})"  # noqa: S608 (ours)
    " on conflict (number) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in TICKET_COLUMNS if name != "number")
    + " where excluded.version >= tickets.version"
)

_PUT_ENTRY: Final = "insert or ignore into ticket_events (number, version, at, actor, changes) values (?, ?, ?, ?, ?)"
_CUSTOMER: Final = "customer"

Copy = Callable[[sqlite3.Connection], None]
"""Something to be copied."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _TakeDown:
    """Keep a step here, and that it waits: one transaction, durable."""

    step: Step
    text: str
    now: datetime

    def __call__(self, connection: sqlite3.Connection) -> None:
        call_id = CallId(self.step.header.call_id)
        seq, waits = _where_it_is(connection, call_id)
        if not waits and self.step.expected_seq and (seq is None or seq < self.step.expected_seq):
            # The copy fell behind, or there is none; the writer had the call from the primary itself.
            for event in self.step.events:
                claim = (event.call_id, event.message_id)
                if event.event == "user_message" and connection.execute(MESSAGE_SEQ, claim).fetchone():
                    raise MessageTaken
            _begin_anew(connection, self.step)
        else:
            self.step(connection)
        outbox.put(connection, call_id, self.text, self.now)


class LocalStore(SQLiteStore):
    """Copies of open calls, and what waits. Reads are the embedded store's: of what is at hand."""

    def __init__(self, path: Path) -> None:
        """Hold what `open` starts; use that."""
        super().__init__(path)
        self._writer = Lane("journal-writer", partial(connect, path), _process)
        self._path = path
        self._probe: sqlite3.Connection | None = None
        self._copies = 0
        """So many were begun, ..."""
        self._copying = 0
        """... and so many of these are not done yet."""
        self._copies_fail = False

    @classmethod
    @override
    async def open(cls, path: Path) -> Self:
        """Open the journal at `path`, made if missing. Raises ConfigurationError, StoreUnavailable."""
        store = await super().open(path)
        try:
            await store.begin()
        except BaseException:
            await store.close()
            raise
        return store

    async def begin(self) -> None:
        """Make the file a journal's; `open` does it."""
        await self._writer.run(outbox.create_tables)
        await self._writer.run(outbox.try_parked_again)
        await self._writer.run(_trim)
        self._probe = connect_reader(self._path)
        self._probe.execute(f"pragma busy_timeout = {_PROBE_BUSY_MS}")

    @override
    async def close(self) -> None:
        await super().close()
        if self._probe is not None:
            self._probe.close()
            self._probe = None

    # What waits.

    def waits(self, call_id: CallId) -> bool:
        """Whether steps of a call wait, also those of another process. Asked on the event loop: it takes microseconds.

        A reader of a write-ahead log waits for nobody, and the answer is nearly always that a table is empty.
        """
        return self._is(outbox.WAITS, call_id)

    def ticket_waits(self, number: TicketNumber) -> bool:
        """Whether steps wait of the call that a ticket belongs to."""
        return self._is(outbox.TICKET_WAITS, number)

    def anything_waits(self) -> bool:
        """Whether any step waits."""
        return self._is(outbox.ANY_WAITS)

    async def take_down(self, step: Append, now: datetime) -> None:
        """Keep a step that is to be carried over. Raises as `append` does, as far as can be known here."""
        await self._writer.run(_TakeDown(rows_of(step), outbox.step_text(step), now))

    async def first_steps(self, *, after: int, number: int, now: datetime) -> Sequence[Waiting]:
        """Return the first step of each call that may be carried over now, of those with ids beyond `after`."""
        return await self._short.run(partial(outbox.first_steps, after, number, now))

    async def settle(self, carried: Waiting, *, diverged: bool) -> None:
        """Forget a step that was carried over; `diverged`: otherwise than it stands here."""
        await self._writer.run(partial(_settle, carried, diverged))

    async def refuse(self, waiting: Waiting, code: str, *, attempts: int, now: datetime) -> None:
        """Note that the primary refused a step."""
        await self._writer.run(partial(outbox.refuse, waiting, code, attempts, now))

    async def figures(self) -> Figures:
        """Return what waits in all."""
        return await self._short.run(outbox.figures)

    # What is at hand.

    def copy(self, step: Append) -> None:
        """Have the copy of a call follow a step that the primary took; this returns at once, whatever becomes of it."""
        self._put(partial(_copy, step))

    def copy_loaded(self, stored: StoredCall) -> None:
        """Have a copy of a call as it was read."""
        if stored.state.ended:
            self.forget(stored.state.call_id)
        else:
            self._put(partial(_copy_loaded, stored))

    def copy_ticket(self, ticket: Ticket) -> None:
        """Have a changed ticket on the copy of its call, if there is one."""
        self._put(partial(_copy_ticket, ticket))

    def forget(self, call_id: CallId) -> None:
        """Drop the copy of a call, unless steps of it wait."""
        self._put(partial(_forget_copy, call_id))

    async def forget_for_good(self, call_id: CallId) -> Erased:
        """Drop all there is of a call, also what waits. Raises CallNotFound when there is nothing."""
        return await self._writer.run(partial(_forget_for_good, call_id))

    async def begins(self, call_id: CallId) -> int:
        """Return the seq at which the log at hand begins. Raises CallNotFound when the call is not at hand."""
        return await self._short.run(partial(_begins, call_id))

    @override
    async def load(self, call_id: CallId, *, last: int) -> StoredCall:
        try:
            return await super().load(call_id, last=last)
        except TicketNotFound:
            raise CallNotFound from None

    @override
    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        history = await super().ticket_history(number)
        if [entry.version for entry in history] != list(range(1, (await self.ticket(number)).version + 1)):
            raise TicketNotFound
        return history

    async def told(self, ticket: Ticket) -> frozenset[str] | None:
        """Return which fields the call set with this version of a ticket; None when that is not known."""
        with suppress(TicketNotFound):
            for entry in await super().ticket_history(ticket.number):
                if entry.version == ticket.version:
                    return frozenset(entry.changes)
        return None

    def _is(self, question: str, *about: str) -> bool:
        if self._probe is None:
            raise StoreUnavailable("The store is closed.")
        try:
            with closing(self._probe.execute(question, about)) as found:
                return bool(found.fetchone()[0])
        except (sqlite3.Error, UnicodeEncodeError):
            # A journal that can't be read keeps nobody from the primary; a write to it fails, and tells.
            return False

    def _put(self, copy: Copy) -> None:
        if self._copying >= _COPIES_WAITING:
            return
        try:
            self._writer.begin(copy).add_done_callback(self._copied)
        except StoreUnavailable:  # closed
            return
        self._copying += 1
        self._copies += 1
        if self._copies % _TRIM_EVERY == 0:
            self._put(_trim)

    def _copied(self, copied: Future[None]) -> None:
        self._copying -= 1
        failed = not copied.cancelled() and copied.exception() is not None
        if failed and not self._copies_fail:
            _log.warning("journal can't copy calls; those in progress would not outlive the store's going away")
        self._copies_fail = failed


def _process(connection: sqlite3.Connection, group: Sequence[Job]) -> None:
    """Commit a group; wait for the disk only where somebody is told that a step is kept."""
    durable = any(isinstance(job.work, _TakeDown) for job in group)
    connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
    one_transaction(connection, group)


def _where_it_is(connection: sqlite3.Connection, call_id: CallId) -> tuple[int | None, bool]:
    """Return the seq of a call's copy, and whether steps of it wait."""
    seq, waits = connection.execute(_WHERE_IT_IS, (call_id,)).fetchone()
    return seq, bool(waits)


def _copy(step: Append, connection: sqlite3.Connection) -> None:
    seq, waits = _where_it_is(connection, step.call_id)
    if waits or (seq is not None and step.expected_seq and seq >= step.state.seq):
        return  # what is here goes further
    if step.state.ended:
        _forget(connection, step.call_id)
        return
    rows = rows_of(step)
    if seq == step.expected_seq:
        _put_rows(connection, rows)
        if step.state.seq // EVENTS_KEPT > step.expected_seq // EVENTS_KEPT:
            _shorten(connection, step.call_id, step.state.seq - EVENTS_KEPT)
    else:
        _begin_anew(connection, rows)


def _copy_loaded(stored: StoredCall, connection: sqlite3.Connection) -> None:
    call_id = stored.state.call_id
    seq, waits = _where_it_is(connection, call_id)
    if waits or (seq is not None and seq > stored.state.seq):
        return
    if seq != stored.state.seq:
        _shorten(connection, call_id, stored.state.seq)
    connection.execute(_PUT_HEADER, header_row(stored.state))
    connection.executemany(_PUT_EVENT, [event_row(event) for event in stored.events])
    connection.executemany(_PUT_TICKET, [ticket_row(ticket).values for ticket in stored.tickets])


def _copy_ticket(ticket: Ticket, connection: sqlite3.Connection) -> None:
    if connection.execute(READ_TICKET, (ticket.number,)).fetchone() is not None:
        connection.execute(_PUT_TICKET, ticket_row(ticket).values)


def _begin_anew(connection: sqlite3.Connection, step: Step) -> None:
    """Have the copy of a call begin with this step; tickets stay."""
    connection.execute("delete from conversation_events where call_id = ?", (step.header.call_id,))
    _put_rows(connection, step)


def _put_rows(connection: sqlite3.Connection, step: Step) -> None:
    """Write a step that was taken elsewhere: nothing is left to be refused."""
    connection.execute(_PUT_HEADER, step.header)
    connection.executemany(_PUT_EVENT, step.events)
    for row in (*step.opened, *step.changed):
        before = connection.execute(READ_TICKET, (row.number,)).fetchone()
        connection.execute(_PUT_TICKET, row.values)
        if before is not None or row.version == 1:
            connection.execute(_PUT_ENTRY, (row.number, row.version, row.updated_at, _CUSTOMER, row.changes(before)))


def _shorten(connection: sqlite3.Connection, call_id: CallId, seq: int) -> None:
    connection.execute("delete from conversation_events where call_id = ? and seq <= ?", (call_id, seq))


def _settle(carried: Waiting, diverged: bool, connection: sqlite3.Connection) -> None:  # noqa: FBT001 (a fact)
    call_id = carried.call_id
    connection.execute("delete from outbox where id = ?", (carried.id,))
    if diverged:
        connection.execute("insert or ignore into diverged (call_id) values (?)", (call_id,))
    if connection.execute(outbox.WAITS, (call_id,)).fetchone()[0]:
        return
    # A copy of what went another way there is none, and a call that is over is not gone on with.
    went = connection.execute("delete from diverged where call_id = ?", (call_id,)).rowcount
    ended = "select 1 from conversations where call_id = ? and ended_at is not null"
    if went or connection.execute(ended, (call_id,)).fetchone():
        _forget(connection, call_id)


def _forget(connection: sqlite3.Connection, call_id: CallId) -> None:
    with suppress(CallNotFound):
        erase(call_id, connection)


def _forget_copy(call_id: CallId, connection: sqlite3.Connection) -> None:
    if not connection.execute(outbox.WAITS, (call_id,)).fetchone()[0]:
        _forget(connection, call_id)


def _forget_for_good(call_id: CallId, connection: sqlite3.Connection) -> Erased:
    connection.execute("delete from outbox where call_id = ?", (call_id,))
    connection.execute("delete from diverged where call_id = ?", (call_id,))
    return erase(call_id, connection)


def _begins(call_id: CallId, connection: sqlite3.Connection) -> int:
    seq, first = connection.execute(
        "select (select seq from conversations where call_id = ?1),"
        " (select min(seq) from conversation_events where call_id = ?1)",
        (call_id,),
    ).fetchone()
    if seq is None:
        raise CallNotFound
    begins: int = seq + 1 if first is None else first
    return begins


def _trim(connection: sqlite3.Connection) -> None:
    for (call_id,) in connection.execute(_TOO_MANY, (COPIES_KEPT,)).fetchall():
        _forget(connection, call_id)

"""The calls at hand in the journal: what a copy is, how it follows its call, and when it goes.

A copy is a call as its writer here last knew it: the header, the tickets, and the end of the log without a gap. It is
made after the fact, by nobody's leave; one that fell behind is begun anew with the next step. Works for the lane.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from callcenter.calls import CallId
from callcenter.errors import CallNotFound
from callcenter.store import Append, Erased, StoredCall
from callcenter.store.archives import erase
from callcenter.store.journal import outbox
from callcenter.store.rows import (
    TICKET_COLUMNS,
    EventRow,
    HeaderRow,
    event_row,
    header_row,
    ticket_row,
    time_text,
)
from callcenter.store.writes import READ_TICKET, Step, rows_of
from callcenter.tickets import Ticket

EVENTS_KEPT: Final = 100
"""A copy's log goes back at least so far: further than any voice listens back."""
COPIES_KEPT: Final = 5_000
"""Calls; of more, those nobody wrote to for longest are not at hand when the primary goes away."""
COPIES_FOR: Final = timedelta(days=7)
"""What customers said is kept here no longer than somebody may go on with it."""

_WHERE_IT_IS: Final = """
select (select seq from conversations where call_id = ?1), exists (select 1 from outbox where call_id = ?1)
"""
_TOO_MANY: Final = """
select call_id from conversations where call_id not in (select call_id from outbox)
order by updated_at desc limit -1 offset ?
"""
_TOO_OLD: Final = """
select call_id from conversations where updated_at < ? and call_id not in (select call_id from outbox)
"""
_BEGAN: Final = "select started_at from conversations where call_id = ?"
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


def where_it_is(connection: sqlite3.Connection, call_id: CallId) -> tuple[int | None, bool]:
    """Return the seq of a call's copy, and whether steps of it wait."""
    seq, waits = connection.execute(_WHERE_IT_IS, (call_id,)).fetchone()
    return seq, bool(waits)


def copy(step: Append, connection: sqlite3.Connection) -> None:
    """Have the copy of a call follow a step that was taken elsewhere."""
    seq, waits = where_it_is(connection, step.call_id)
    if waits or (seq is not None and step.expected_seq and seq >= step.state.seq):
        return  # what is here goes further
    if step.state.ended:
        forget(connection, step.call_id)
        return
    rows = rows_of(step)
    if not step.expected_seq:
        forget(connection, step.call_id)  # another call of this id, erased since
    if seq == step.expected_seq:
        _put_rows(connection, rows)
        if step.state.seq // EVENTS_KEPT > step.expected_seq // EVENTS_KEPT:
            _shorten(connection, step.call_id, step.state.seq - EVENTS_KEPT)
    else:
        begin_anew(connection, rows)


def copy_loaded(stored: StoredCall, connection: sqlite3.Connection) -> None:
    """Have a copy of a call as it was read elsewhere."""
    call_id = stored.state.call_id
    seq, waits = where_it_is(connection, call_id)
    if seq is not None and not waits and not _is_same(connection, stored):
        forget(connection, call_id)
        seq = None
    if waits or (seq is not None and seq > stored.state.seq):
        return
    if seq != stored.state.seq:
        _shorten(connection, call_id, stored.state.seq)
    connection.execute(_PUT_HEADER, header_row(stored.state))
    connection.executemany(_PUT_EVENT, [event_row(event) for event in stored.events])
    own = (ticket for ticket in stored.tickets if ticket.call_id == call_id)
    connection.executemany(_PUT_TICKET, [ticket_row(ticket).values for ticket in own])


def _is_same(connection: sqlite3.Connection, stored: StoredCall) -> bool:
    """Whether the copy is of this very call, not of one that was erased and began anew."""
    began: str = connection.execute(_BEGAN, (stored.state.call_id,)).fetchone()[0]
    return began == time_text(stored.state.started_at)


def copy_ticket(ticket: Ticket, connection: sqlite3.Connection) -> None:
    """Have a changed ticket on the copy of its call, if that has it."""
    if connection.execute(READ_TICKET, (ticket.number,)).fetchone() is not None:
        connection.execute(_PUT_TICKET, ticket_row(ticket).values)


def begin_anew(connection: sqlite3.Connection, step: Step) -> None:
    """Have the copy of a call begin with this step; tickets stay."""
    connection.execute("delete from conversation_events where call_id = ?", (step.header.call_id,))
    _put_rows(connection, step)


def _put_rows(connection: sqlite3.Connection, step: Step) -> None:
    """Write a step that was taken elsewhere: nothing is left to be refused."""
    connection.execute(_PUT_HEADER, step.header)
    connection.executemany(_PUT_EVENT, step.events)
    for row in (*step.opened, *step.changed):
        if row.fields["call_id"] != step.header.call_id:
            continue  # another call's, which has a copy of its own if any
        before = connection.execute(READ_TICKET, (row.number,)).fetchone()
        connection.execute(_PUT_TICKET, row.values)
        if before is not None or row.version == 1:
            connection.execute(_PUT_ENTRY, (row.number, row.version, row.updated_at, _CUSTOMER, row.changes(before)))


def _shorten(connection: sqlite3.Connection, call_id: CallId, seq: int) -> None:
    connection.execute("delete from conversation_events where call_id = ? and seq <= ?", (call_id, seq))


def forget(connection: sqlite3.Connection, call_id: CallId) -> None:
    """Drop the copy of a call, if there is one."""
    with suppress(CallNotFound):
        erase(call_id, connection)


def forget_copy(call_id: CallId, connection: sqlite3.Connection) -> None:
    """Drop the copy of a call, unless steps of it wait."""
    if not connection.execute(outbox.WAITS, (call_id,)).fetchone()[0]:
        forget(connection, call_id)


def forget_for_good(call_id: CallId, connection: sqlite3.Connection) -> Erased:
    """Drop all there is of a call, also what waits. Raises CallNotFound when there is nothing."""
    connection.execute("delete from outbox where call_id = ?", (call_id,))
    connection.execute("delete from diverged where call_id = ?", (call_id,))
    return erase(call_id, connection)


def begins(call_id: CallId, connection: sqlite3.Connection) -> int:
    """Return the seq at which the log at hand begins. Raises CallNotFound when the call is not at hand."""
    seq, first = connection.execute(
        "select (select seq from conversations where call_id = ?1),"
        " (select min(seq) from conversation_events where call_id = ?1)",
        (call_id,),
    ).fetchone()
    if seq is None:
        raise CallNotFound
    begin: int = seq + 1 if first is None else first
    return begin


def trim(now: datetime, connection: sqlite3.Connection) -> None:
    """Drop copies of calls that nobody goes on with any more, and of those beyond COPIES_KEPT."""
    old = connection.execute(_TOO_OLD, (time_text(now - COPIES_FOR),)).fetchall()
    for (call_id,) in (*old, *connection.execute(_TOO_MANY, (COPIES_KEPT,)).fetchall()):
        forget(connection, call_id)

"""Take whole calls into SQLite and out of it for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from callcenter.calls import CallId
from callcenter.errors import CallExists, CallNotFound, InvalidRequest, TicketNumberTaken
from callcenter.store import Append, Archive, Erased
from callcenter.store.rows import archived_row, read_log, time_text
from callcenter.store.writes import Entry, open_call, put_tickets, rows_of


def whole(archive: Archive) -> Append:
    """Return the step that starts a call with all it has but its tickets. Raises InvalidRequest for what is no call."""
    step = Append(call_id=CallId(archive.call.call_id), expected_seq=0, events=archive.events, state=archive.call)
    numbers = {each.ticket.number for each in archive.tickets}
    try:
        rows_of(step)
    except ValueError as error:
        raise InvalidRequest(f"This is no whole call: {error}.") from None
    if numbers != set(archive.call.tickets) or not all(each.history for each in archive.tickets):
        raise InvalidRequest("This is no whole call: its tickets, or their histories, are not those it names.")
    return step


def restore(archive: Archive, connection: sqlite3.Connection) -> bool:
    """Keep a call as another store had it."""
    step = rows_of(whole(archive))
    if _is_here(archive, connection):
        return False
    open_call(connection, step)
    tickets = [archived_row(each) for each in archive.tickets]
    entries: list[Entry] = [
        (each.ticket.number, entry.version, time_text(entry.at), entry.actor, orjson.dumps(entry.changes).decode())
        for each in archive.tickets
        for entry in each.history
    ]
    try:
        put_tickets(connection, tickets, entries)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
            raise TicketNumberTaken from None
        raise
    return True


def erase(call_id: CallId, connection: sqlite3.Connection) -> Erased:
    """Delete a call and its tickets."""
    if connection.execute("select 1 from conversations where call_id = ?", (call_id,)).fetchone() is None:
        raise CallNotFound
    tickets = connection.execute("delete from tickets where call_id = ?", (call_id,)).rowcount
    events = connection.execute("delete from conversation_events where call_id = ?", (call_id,)).rowcount
    connection.execute("delete from action_results where call_id = ?", (call_id,))
    connection.execute("delete from conversations where call_id = ?", (call_id,))
    return Erased(events=events, tickets=tickets)


def _is_here(archive: Archive, connection: sqlite3.Connection) -> bool:
    """Whether the store has this call as far as the archive goes. Raises CallExists where it has another."""
    last = archive.events[-1]
    stored: Sequence[tuple[int, str | None]] = connection.execute(
        """
        select conversations.seq, payload from conversations
        left join conversation_events as events on events.call_id = conversations.call_id and events.seq = ?
        where conversations.call_id = ?
        """,
        (last.seq, archive.call.call_id),
    ).fetchall()
    if not stored:
        return False
    payload = stored[0][1]
    if payload is None or read_log([payload]) != [last]:
        raise CallExists
    return True

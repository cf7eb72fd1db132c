"""What agents do with tickets beyond changing one: comment, merge, search; mixed into each store.

Search compares folded words that stand beside the tickets (tickets/search.py), the same in every store, written in the
transaction that writes the ticket. Tickets that an older version wrote get theirs before the first search.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from callcenter.calls import TicketNumber
from callcenter.errors import StoreUnavailable, TicketConflict, TicketNotFound
from callcenter.store import TicketFilter, TicketOrder
from callcenter.store.cursors import Place
from callcenter.store.rows import (
    COMMENT,
    MERGED,
    TICKET_COLUMNS,
    TicketRow,
    read_ticket,
    sent,
    stored_json,
    ticket_row,
    time_text,
)
from callcenter.store.writes import READ_TICKET, change_ticket
from callcenter.tickets import AWAITED, Ticket, merge, query_words, ticket_words

if TYPE_CHECKING:
    from callcenter.store.lanes import Lane
    from callcenter.store.supabase_wire import DataAPI

OLD_AT_ONCE: Final = 500
"""Tickets that get their words together."""

_ROWS: Final = TypeAdapter(list[dict[str, object]])
_OLD: Final = (
    f"select {', '.join(TICKET_COLUMNS)} from tickets"  # noqa: S608 (ours)
    " where not exists (select 1 from ticket_words where ticket_words.number = tickets.number) limit ?"
)


def commented(ticket: Ticket, now: datetime) -> Ticket:
    """Return a ticket that something was noted on: nothing of it but its version is new."""
    return ticket.altered({"updated_at": now, "version": ticket.version + 1})


class SQLiteTicketWork:
    """Does it in an SQLite file."""

    _writer: Lane
    _all_have_words = False

    async def comment_ticket(self, number: TicketNumber, comment: str, *, actor: str, now: datetime) -> Ticket:
        """Note it in the history."""
        return await self._writer.run(partial(_comment, number, comment, actor, now))

    async def merge_tickets(
        self, number: TicketNumber, into: TicketNumber, *, actor: str, now: datetime
    ) -> tuple[Ticket, Ticket]:
        """Write both in one transaction."""
        return await self._writer.run(partial(_merge, number, into, actor, now))

    async def _find_words(self) -> None:
        """See that all tickets have what they are found by."""
        while not self._all_have_words:
            self._all_have_words = await self._writer.run(_give_words) < OLD_AT_ONCE


class SupabaseTicketWork:
    """Does it in a Supabase project, each write one function of the database."""

    _api: DataAPI
    _all_have_words = False

    async def comment_ticket(self, number: TicketNumber, comment: str, *, actor: str, now: datetime) -> Ticket:
        """Note it in the history, behind whatever others do to the ticket."""
        while True:
            changed = commented(await self.ticket(number), now)
            try:
                await self._write([ticket_row(changed, note={COMMENT: comment})], actor)
            except TicketConflict:
                continue
            return changed

    async def merge_tickets(
        self, number: TicketNumber, into: TicketNumber, *, actor: str, now: datetime
    ) -> tuple[Ticket, Ticket]:
        """Write both at once, behind whatever others do to them."""
        while True:
            duplicate, target = merge(await self.ticket(number), await self.ticket(into), now=now)
            try:
                await self._write([ticket_row(duplicate), ticket_row(target, note={MERGED: number})], actor)
            except TicketConflict:
                continue
            return duplicate, target

    async def ticket(self, number: TicketNumber) -> Ticket:
        """Return one ticket; the store does."""
        raise NotImplementedError

    async def _write(self, rows: Sequence[TicketRow], actor: str) -> None:
        await self._api.done("change_tickets", tickets=[sent(row) for row in rows], actor=actor)

    async def _found(self, wanted: TicketFilter, start: Place | None, *, limit: int) -> list[Ticket]:
        """Return the tickets that have the words of `wanted.query`, from a place in the list on."""
        words = query_words(wanted.query or "")
        if not words:
            return []
        while not self._all_have_words:
            rows = _rows(await self._api.call("tickets_without_words", most=OLD_AT_ONCE))
            old = [_read(row) for row in rows]
            if old:
                given = [{"number": each.number, "words": ticket_words(each)} for each in old]
                await self._api.done("put_ticket_words", rows=given)
            self._all_have_words = len(old) < OLD_AT_ONCE
        stored_json(wanted.model_dump_json)  # what no column holds can't be asked for
        asked: dict[str, object] = {
            **wanted.model_dump(mode="json", include={"status", "category", "priority", "call_id", "assignee"}),
            "words": " & ".join(f"'{word}':*" for word in words),
            "breached_at": time_text(wanted.breached_at) if wanted.breached_at else None,
            "in_time_at": time_text(wanted.in_time_at) if wanted.in_time_at else None,
            "awaited": [status.value for status in AWAITED],
            "due": wanted.order is TicketOrder.due,
            "after": {"at": time_text(start.at), "id": start.id} if start else None,
            "limit": limit,
        }
        return [_read(row) for row in _rows(await self._api.call("find_tickets", wanted=asked))]


def having(query: str) -> tuple[str, tuple[str, ...]]:
    """Return the condition that a ticket has the words of a question, and its values, for SQLite."""
    words = query_words(query)
    if not words:
        return "false", ()
    each = " and ".join(["instr(' ' || words || comments, ?)"] * len(words))
    own = "select 1 from ticket_words where ticket_words.number = tickets.number"
    return f"exists ({own} and {each})", tuple(f" {word}" for word in words)


def _comment(number: TicketNumber, comment: str, actor: str, now: datetime, connection: sqlite3.Connection) -> Ticket:
    row, stored = _stored(number, connection)
    changed = commented(stored, now)
    change_ticket(connection, row, ticket_row(changed, note={COMMENT: comment}), actor)
    return changed


def _merge(
    number: TicketNumber, into: TicketNumber, actor: str, now: datetime, connection: sqlite3.Connection
) -> tuple[Ticket, Ticket]:
    (before, stored), (before_into, stored_into) = _stored(number, connection), _stored(into, connection)
    duplicate, target = merge(stored, stored_into, now=now)
    change_ticket(connection, before, ticket_row(duplicate), actor)
    change_ticket(connection, before_into, ticket_row(target, note={MERGED: number}), actor)
    return duplicate, target


def _stored(number: TicketNumber, connection: sqlite3.Connection) -> tuple[Sequence[object], Ticket]:
    row: Sequence[object] | None = connection.execute(READ_TICKET, (number,)).fetchone()
    if row is None:
        raise TicketNotFound
    return row, read_ticket(row)


def _give_words(connection: sqlite3.Connection) -> int:
    old = [read_ticket(row) for row in connection.execute(_OLD, (OLD_AT_ONCE,))]
    connection.executemany(
        "insert into ticket_words (number, words) values (?, ?)", [(each.number, ticket_words(each)) for each in old]
    )
    return len(old)


def _rows(value: object) -> list[dict[str, object]]:
    try:
        return _ROWS.validate_python(value)
    except ValidationError:
        # The exception quotes what came: not passed on.
        raise StoreUnavailable("Supabase answered with what this version of callcenter can't read.") from None


def _read(row: dict[str, object]) -> Ticket:
    return read_ticket([row.get(name) for name in TICKET_COLUMNS])

"""The journal's file: an embedded store that holds copies of the open calls, and the steps that wait.

What waits is kept at once and durably. Copies follow their calls when there is time, and may be lost with the power:
only what waits is acknowledged from here.
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
from callcenter.store.journal import copies, outbox
from callcenter.store.journal.outbox import Figures, Waiting
from callcenter.store.lanes import Job, Lane, one_transaction
from callcenter.store.sqlite import SQLiteStore, connect, connect_reader
from callcenter.store.writes import MESSAGE_SEQ, Step, rows_of
from callcenter.tickets import Ticket

COPIES_WAITING: Final = 1_000
"""Of more than these nobody waits for the disk: they are left out, and begun anew later."""
_PROBE_BUSY_MS: Final = 50
"""The event loop waits for this; only a journal that is recovered after a crash ever takes it."""

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
        seq, waits = copies.where_it_is(connection, call_id)
        if not waits and self.step.expected_seq and (seq is None or seq < self.step.expected_seq):
            # The copy fell behind, or there is none; the writer had the call from the primary itself.
            for event in self.step.events:
                claim = (event.call_id, event.message_id)
                if event.event == "user_message" and connection.execute(MESSAGE_SEQ, claim).fetchone():
                    raise MessageTaken
            copies.begin_anew(connection, self.step)
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
        self._copying = 0
        """So many copies were begun and are not done yet."""
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
        self._put(partial(copies.copy, step))

    def copy_loaded(self, stored: StoredCall) -> None:
        """Have a copy of a call as it was read."""
        if stored.state.ended:
            self.forget(stored.state.call_id)
        else:
            self._put(partial(copies.copy_loaded, stored))

    def copy_ticket(self, ticket: Ticket) -> None:
        """Have a changed ticket on the copy of its call, if there is one."""
        self._put(partial(copies.copy_ticket, ticket))

    def forget(self, call_id: CallId) -> None:
        """Drop the copy of a call, unless steps of it wait."""
        self._put(partial(copies.forget_copy, call_id))

    def trim(self, now: datetime) -> None:
        """Drop copies of calls that nobody goes on with any more."""
        self._put(partial(copies.trim, now))

    async def forget_for_good(self, call_id: CallId) -> Erased:
        """Drop all there is of a call, also what waits. Raises CallNotFound when there is nothing."""
        return await self._writer.run(partial(copies.forget_for_good, call_id))

    async def begins(self, call_id: CallId) -> int:
        """Return the seq at which the log at hand begins. Raises CallNotFound when the call is not at hand."""
        return await self._short.run(partial(copies.begins, call_id))

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
        if self._copying >= COPIES_WAITING:
            return
        try:
            self._writer.begin(copy).add_done_callback(self._copied)
        except StoreUnavailable:  # closed
            return
        self._copying += 1

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
        copies.forget(connection, call_id)

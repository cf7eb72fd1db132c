"""The store of a server whose primary store may go away: a Supabase project, with a network in between.

All goes to the primary while that answers, and copies of the open calls follow into a local file. When it fails, what
calls write is kept in that file and waits; so does all that a call writes while earlier steps of it wait. One task
carries over what waits and finds out when the primary is back; no caller waits for it a second time.

While the primary is away, calls at hand are read from here and any other question is StoreUnavailable: lists, since
part of a list is no list; changes of tickets, erasure, restoring and API keys, since agents can wait where customers
can't. What a day's tokens come to is answered with what is at hand, so that a server can start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from typing_extensions import override

from callcenter.calls import CallId, ConversationState, MessageId, TicketNumber
from callcenter.errors import CallNotFound, ProviderError, StoreUnavailable, TicketNotFound
from callcenter.events import CallEvent
from callcenter.store import (
    Append,
    Archive,
    Backlog,
    CallFilter,
    Erased,
    Page,
    PageLimit,
    Store,
    StoredCall,
    TicketEntry,
    TicketFilter,
)
from callcenter.store.analytics import Analytics, AnalyticsFilter
from callcenter.store.api_keys import ApiKey
from callcenter.store.articles import ArticlesBehind
from callcenter.store.cursors import TICKETS, check_limit, place
from callcenter.store.journal.carrier_lock import CarrierLock
from callcenter.store.journal.carrying import Carrier, Pass
from callcenter.store.journal.local import LocalStore
from callcenter.store.journal.outage import AWAY, Outage
from callcenter.store.journal.outbox import Figures
from callcenter.store.records import RecordsBehind
from callcenter.store.scripts import ScriptsBehind
from callcenter.tickets import Ticket, TicketChange

IDLE_SECONDS: Final = 1.0
"""How often the journal is looked into while all is well: another process may have left something."""
FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
TRIM_EVERY: Final = timedelta(minutes=10)
"""How often copies of calls that nobody goes on with are looked for."""

Result = TypeVar("Result")
Pause = Callable[[float], Awaitable[object]]

_log = logging.getLogger(__name__)


class JournaledStore(ArticlesBehind, RecordsBehind, ScriptsBehind, Store):
    """Keeps calls and tickets in a primary store, and in a journal for as long as that is away."""

    def __init__(self, primary: Store, local: LocalStore, lock: CarrierLock, clock: Callable[[], datetime]) -> None:
        """Hold what `open` starts; use that."""
        self._primary = primary
        self._local = local
        self._lock = lock
        self._clock = clock
        self._outage = Outage()
        self._carrier = Carrier(primary, local, self._outage, clock)
        self._figures = Figures()
        self._task: asyncio.Task[None] | None = None
        self._appending = 0
        self._appended = asyncio.Event()
        self._trimmed_at: datetime | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        primary: Store,
        path: Path,
        *,
        clock: Callable[[], datetime],
        pause: Pause = asyncio.sleep,
        away: ProviderError | None = None,
    ) -> JournaledStore:
        """Open the journal at `path`, made if missing, and begin to carry over what waits there. `primary` is ours now.

        The primary is not asked for that; `away` is how it failed when it was asked just now. `pause` waits between two
        looks. Raises ConfigurationError for a journal that this version can't use, StoreUnavailable when it is locked
        or the disk is full.
        """
        local = await LocalStore.open(path)
        try:
            store = cls(primary, local, CarrierLock(path), clock)
            store._figures = await local.figures()
        except BaseException:
            await local.close()
            raise
        if away is not None:
            store._outage.begin(away)
        store._task = asyncio.create_task(store._carry_on(pause))
        return store

    @property
    def backlog(self) -> Backlog:
        """How many steps wait, and why; as of the last look or step."""
        return Backlog(
            away=self._outage.on,
            reason=self._outage.reason,
            steps=self._figures.steps,
            oldest_at=self._figures.oldest_at,
            parked=self._figures.parked,
        )

    async def carry_over(self) -> Pass:
        """Do one pass of what is done all the time: carry over what waits, see whether the primary is back."""
        now = self._clock()
        if self._trimmed_at is None or now - self._trimmed_at >= TRIM_EVERY:
            self._trimmed_at = now
            self._local.trim(now)
        result = Pass(carried=False, troubled=self._outage.on)
        if self._outage.on or self._local.anything_waits():
            if self._lock.take():
                try:
                    result = await self._carrier.carry_over()
                finally:
                    self._lock.release()
            elif self._outage.on:  # another process carries over; whether we ask the primary is for us to find out
                await self._carrier.look()
                result = Pass(carried=False, troubled=self._outage.on)
            self._figures = await self._local.figures()
        elif self._figures.steps:
            self._figures = Figures()
        return result

    @override
    async def append(self, step: Append) -> None:
        self._check_open()
        self._appending += 1
        try:
            await self._append(step)
        finally:
            self._appending -= 1
            if not self._appending:
                self._appended.set()

    async def _append(self, step: Append) -> None:
        if not self._here(step.call_id):
            try:
                await self._primary.append(step)
            except AWAY as error:
                self._outage.begin(error)
            else:
                self._local.copy(step)
                return
        now = self._clock()
        try:
            await self._local.take_down(step, now)
        except StoreUnavailable as error:
            # Neither store keeps it: the one thing that must not pass in silence.
            reason = error.facts.get("reason")
            _log.error("journal can't keep a step", extra={"call_id": step.call_id, "reason": reason})
            raise
        figures = self._figures
        self._figures = figures.altered({"steps": figures.steps + 1, "oldest_at": figures.oldest_at or now})

    @override
    async def load(self, call_id: CallId, *, last: int) -> StoredCall:
        async def load_there() -> StoredCall:
            stored = await self._primary.load(call_id, last=last)
            self._local.copy_loaded(stored)
            return stored

        return await self._read(load_there, lambda: self._local.load(call_id, last=last), here=self._here(call_id))

    @override
    async def state(self, call_id: CallId) -> ConversationState:
        return await self._read(
            lambda: self._primary.state(call_id), lambda: self._local.state(call_id), here=self._here(call_id)
        )

    @override
    async def events(self, call_id: CallId, *, after: int = 0, limit: int | None = None) -> list[CallEvent]:
        async def events_here() -> list[CallEvent]:
            begins = await self._local.begins(call_id)
            older: list[CallEvent] = []
            if after + 1 < begins:
                missing = begins - 1 - after
                older = await self._older(call_id, after, missing if limit is None else min(limit, missing))
            left = None if limit is None else limit - len(older)
            return older + await self._local.events(call_id, after=max(after, begins - 1), limit=left)

        return await self._read(
            lambda: self._primary.events(call_id, after=after, limit=limit), events_here, here=self._here(call_id)
        )

    @override
    async def turn(self, call_id: CallId, message_id: MessageId) -> list[CallEvent]:
        async def turn_here() -> list[CallEvent]:
            turn = await self._local.turn(call_id, message_id)
            if not turn and await self._local.begins(call_id) > 1:
                # It may have come before what is at hand.
                self._check_asked()
                return await self._primary.turn(call_id, message_id)
            return turn

        return await self._read(lambda: self._primary.turn(call_id, message_id), turn_here, here=self._here(call_id))

    @override
    async def tokens_used(self, since: datetime) -> int:
        self._check_open()
        if not self._outage.on:
            with suppress(*AWAY):
                return await self._primary.tokens_used(since)
        return await self._local.tokens_used(since)

    @override
    async def analytics(self, wanted: AnalyticsFilter, *, now: datetime) -> Analytics:
        self._check_asked()
        return await self._primary.analytics(wanted, now=now)

    @override
    async def calls(
        self, wanted: CallFilter, *, limit: PageLimit = 50, cursor: str | None = None
    ) -> Page[ConversationState]:
        check_limit(limit)
        place("calls", cursor)
        self._check_asked()
        return await self._primary.calls(wanted, limit=limit, cursor=cursor)

    @override
    async def ticket(self, number: TicketNumber) -> Ticket:
        return await self._read(
            lambda: self._primary.ticket(number), lambda: self._local.ticket(number), here=self._ticket_here(number)
        )

    @override
    async def tickets(self, wanted: TicketFilter, *, limit: PageLimit = 50, cursor: str | None = None) -> Page[Ticket]:
        check_limit(limit)
        place(TICKETS[wanted.order], cursor)
        self._check_asked()
        return await self._primary.tickets(wanted, limit=limit, cursor=cursor)

    @override
    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str, now: datetime) -> Ticket:
        self._check_changeable(number)
        ticket = await self._primary.change_ticket(number, change, actor=actor, now=now)
        self._local.copy_ticket(ticket)
        return ticket

    @override
    async def comment_ticket(self, number: TicketNumber, comment: str, *, actor: str, now: datetime) -> Ticket:
        self._check_changeable(number)
        ticket = await self._primary.comment_ticket(number, comment, actor=actor, now=now)
        self._local.copy_ticket(ticket)
        return ticket

    @override
    async def merge_tickets(
        self, number: TicketNumber, into: TicketNumber, *, actor: str, now: datetime
    ) -> tuple[Ticket, Ticket]:
        self._check_changeable(number)
        self._check_changeable(into)
        merged = await self._primary.merge_tickets(number, into, actor=actor, now=now)
        for ticket in merged:
            self._local.copy_ticket(ticket)
        return merged

    @override
    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        return await self._read(
            lambda: self._primary.ticket_history(number),
            lambda: self._local.ticket_history(number),
            here=self._ticket_here(number),
        )

    @override
    async def erase(self, call_id: CallId) -> Erased:
        self._check_asked()
        erased: Erased | None = None
        async with self._carrier.at_work:
            with suppress(CallNotFound):
                erased = await self._primary.erase(call_id)
            try:
                here = await self._local.forget_for_good(call_id)
            except CallNotFound:
                if erased is None:
                    raise
                return erased
        return erased or here

    @override
    async def restore(self, archive: Archive) -> bool:
        self._check_asked()
        new = await self._primary.restore(archive)
        self._local.forget(archive.call.call_id)
        return new

    @override
    async def add_key(self, key: ApiKey) -> None:
        self._check_asked()
        await self._primary.add_key(key)

    @override
    async def keys(self) -> list[ApiKey]:
        self._check_asked()
        return await self._primary.keys()

    @override
    async def key_used(self, key_id: str, day: date) -> None:
        self._check_asked()
        await self._primary.key_used(key_id, day)

    @override
    async def remove_key(self, key_id: str) -> bool:
        self._check_asked()
        return await self._primary.remove_key(key_id)

    @override
    async def check(self) -> None:
        self._check_open()
        await self._local.check()
        if not self._outage.on:
            await self._carrier.look()

    @override
    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._task is not None:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)
        while self._appending:
            self._appended.clear()
            await self._appended.wait()
        await self._primary.close()
        await self._local.close()
        self._lock.close()

    def _here(self, call_id: CallId) -> bool:
        return self._outage.on or self._local.waits(call_id)

    def _ticket_here(self, number: TicketNumber) -> bool:
        return self._outage.on or self._local.ticket_waits(number)

    async def _read(
        self,
        there: Callable[[], Awaitable[Result]],
        local: Callable[[], Awaitable[Result]],
        *,
        here: bool,
    ) -> Result:
        """Ask the primary, unless what is asked for is rather `here`; when that fails, or so it is, what is at hand."""
        self._check_open()
        if not here:
            try:
                return await there()
            except AWAY as error:
                self._outage.begin(error)
        try:
            return await local()
        except (CallNotFound, TicketNotFound):
            # Not at hand, which does not say that it is nowhere.
            self._check_asked()
            return await there()

    async def _older(self, call_id: CallId, after: int, limit: int) -> list[CallEvent]:
        """Return events that are not at hand any more."""
        self._check_asked()
        events = await self._primary.events(call_id, after=after, limit=limit)
        if len(events) < limit:
            raise StoreUnavailable("A part of this call's log is not at hand until the store is back.")
        return events

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("The store is closed.")

    def _check_asked(self) -> None:
        """Raise StoreUnavailable when the primary is left alone."""
        self._check_open()
        if self._outage.on:
            raise StoreUnavailable("The store is away and this is not at hand; calls go on. Try again later.")

    def _check_changeable(self, number: TicketNumber) -> None:
        """Raise StoreUnavailable when the primary is left alone, or a ticket is about to change there."""
        self._check_asked()
        if self._local.ticket_waits(number):
            raise StoreUnavailable("This ticket's call waits to be carried over; try again in a moment.")

    async def _carry_on(self, pause: Pause) -> None:
        """Carry over for as long as the store is open."""
        seconds = FIRST_SECONDS
        while True:
            troubled = False
            try:
                done = await self.carry_over()
                troubled = done.troubled and not done.carried
            except ProviderError as error:
                _log.error(
                    "journal can't be carried over", extra={"code": error.code, "reason": error.facts.get("reason")}
                )
                troubled = True
            except Exception as error:  # noqa: BLE001 (one bug must not keep for ever what waits)
                # The exception may quote customers' words: not passed on.
                _log.error("journal can't be carried over", extra={"error": type(error).__name__})
                troubled = True
            await pause(seconds if troubled else IDLE_SECONDS)
            seconds = min(2 * seconds, LONGEST_SECONDS) if troubled else FIRST_SECONDS

"""A primary store that can go away: a real one, behind a door that fails before or after the work was done."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from datetime import date, datetime
from enum import Enum, auto
from pathlib import Path
from typing import TypeVar

from typing_extensions import override

from callcenter.actions import Change, Record
from callcenter.calls import ActionResult, CallId, ConversationState, MessageId, Row, TableName, TicketNumber
from callcenter.errors import CallCenterError, StoreUnavailable
from callcenter.events import CallEvent
from callcenter.knowledge import Article, Gap
from callcenter.scripts import Script
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
)
from callcenter.store.analytics import Analytics, AnalyticsFilter
from callcenter.store.api_keys import ApiKey
from callcenter.store.journal import JournaledStore
from callcenter.store.sqlite import SQLiteStore
from callcenter.tickets import Ticket, TicketChange
from tests.factories import NOON

Result = TypeVar("Result")


class Fault(Enum):
    before = auto()
    """Nothing is done."""
    after = auto()
    """It is done, but nobody is told."""


class Door(Store):
    """Passes all on to a store, while `fault` is None; `faults` are of single methods."""

    def __init__(self, behind: Store) -> None:
        self.behind = behind
        self.fault: Fault | None = None
        self.faults: dict[str, Fault] = {}
        self.error: CallCenterError = StoreUnavailable("The line is dead.")
        self.asked: Counter[str] = Counter()
        self.refuses: set[str] = set()
        """Calls of which no step is taken, whatever the rest."""
        self.held: asyncio.Event | None = None
        """Until it is set, no step gets through; one that waits sets `waits`."""
        self.waits = asyncio.Event()
        self.closed = False

    async def _pass(self, name: str, work: Coroutine[object, object, Result]) -> Result:
        self.asked[name] += 1
        fault = self.faults.get(name, self.fault)
        if fault is Fault.before:
            work.close()
            raise self.error
        result = await work
        if fault is Fault.after:
            raise self.error
        return result

    @override
    async def append(self, step: Append) -> None:
        if step.call_id in self.refuses:
            self.asked["append"] += 1
            raise self.error
        if self.held is not None:
            self.waits.set()
            await self.held.wait()
        await self._pass("append", self.behind.append(step))

    @override
    async def load(self, call_id: CallId, *, last: int) -> StoredCall:
        return await self._pass("load", self.behind.load(call_id, last=last))

    @override
    async def state(self, call_id: CallId) -> ConversationState:
        return await self._pass("state", self.behind.state(call_id))

    @override
    async def events(self, call_id: CallId, *, after: int = 0, limit: int | None = None) -> list[CallEvent]:
        return await self._pass("events", self.behind.events(call_id, after=after, limit=limit))

    @override
    async def turn(self, call_id: CallId, message_id: MessageId) -> list[CallEvent]:
        return await self._pass("turn", self.behind.turn(call_id, message_id))

    @override
    async def tokens_used(self, since: datetime) -> int:
        return await self._pass("tokens_used", self.behind.tokens_used(since))

    @override
    async def analytics(self, wanted: AnalyticsFilter, *, now: datetime) -> Analytics:
        return await self._pass("analytics", self.behind.analytics(wanted, now=now))

    @override
    async def calls(
        self, wanted: CallFilter, *, limit: PageLimit = 50, cursor: str | None = None
    ) -> Page[ConversationState]:
        return await self._pass("calls", self.behind.calls(wanted, limit=limit, cursor=cursor))

    @override
    async def ticket(self, number: TicketNumber) -> Ticket:
        return await self._pass("ticket", self.behind.ticket(number))

    @override
    async def tickets(self, wanted: TicketFilter, *, limit: PageLimit = 50, cursor: str | None = None) -> Page[Ticket]:
        return await self._pass("tickets", self.behind.tickets(wanted, limit=limit, cursor=cursor))

    @override
    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str, now: datetime) -> Ticket:
        return await self._pass("change_ticket", self.behind.change_ticket(number, change, actor=actor, now=now))

    @override
    async def comment_ticket(self, number: TicketNumber, comment: str, *, actor: str, now: datetime) -> Ticket:
        done = self.behind.comment_ticket(number, comment, actor=actor, now=now)
        return await self._pass("comment_ticket", done)

    @override
    async def merge_tickets(
        self, number: TicketNumber, into: TicketNumber, *, actor: str, now: datetime
    ) -> tuple[Ticket, Ticket]:
        done = self.behind.merge_tickets(number, into, actor=actor, now=now)
        return await self._pass("merge_tickets", done)

    @override
    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        return await self._pass("ticket_history", self.behind.ticket_history(number))

    @override
    async def erase(self, call_id: CallId) -> Erased:
        return await self._pass("erase", self.behind.erase(call_id))

    @override
    async def restore(self, archive: Archive) -> bool:
        return await self._pass("restore", self.behind.restore(archive))

    @override
    async def add_key(self, key: ApiKey) -> None:
        await self._pass("add_key", self.behind.add_key(key))

    @override
    async def keys(self) -> list[ApiKey]:
        return await self._pass("keys", self.behind.keys())

    @override
    async def key_used(self, key_id: str, day: date) -> None:
        await self._pass("key_used", self.behind.key_used(key_id, day))

    @override
    async def remove_key(self, key_id: str) -> bool:
        return await self._pass("remove_key", self.behind.remove_key(key_id))

    @override
    async def articles(self) -> list[Article]:
        return await self._pass("articles", self.behind.articles())

    @override
    async def articles_kept(self) -> int:
        return await self._pass("articles_kept", self.behind.articles_kept())

    @override
    async def article_versions(self, slug: str) -> list[Article]:
        return await self._pass("article_versions", self.behind.article_versions(slug))

    @override
    async def save_article(self, article: Article) -> None:
        await self._pass("save_article", self.behind.save_article(article))

    @override
    async def note_gap(self, gap: Gap) -> None:
        await self._pass("note_gap", self.behind.note_gap(gap))

    @override
    async def gaps(self) -> list[Gap]:
        return await self._pass("gaps", self.behind.gaps())

    @override
    async def scripts(self) -> list[Script]:
        return await self._pass("scripts", self.behind.scripts())

    @override
    async def scripts_kept(self) -> int:
        return await self._pass("scripts_kept", self.behind.scripts_kept())

    @override
    async def script_versions(self, script_id: str) -> list[Script]:
        return await self._pass("script_versions", self.behind.script_versions(script_id))

    @override
    async def save_script(self, script: Script) -> None:
        await self._pass("save_script", self.behind.save_script(script))

    @override
    async def sync_records(self, table: TableName, rows: Sequence[Row], *, now: datetime) -> int:
        return await self._pass("sync_records", self.behind.sync_records(table, rows, now=now))

    @override
    async def record_counts(self) -> dict[TableName, int]:
        return await self._pass("record_counts", self.behind.record_counts())

    @override
    async def records(
        self, table: TableName, *, where: Mapping[str, str] | None = None, changed_after: datetime | None = None
    ) -> list[Record]:
        return await self._pass("records", self.behind.records(table, where=where, changed_after=changed_after))

    @override
    async def record(self, table: TableName, record_id: str) -> Record | None:
        return await self._pass("record", self.behind.record(table, record_id))

    @override
    async def performed(self, key: str) -> ActionResult | None:
        return await self._pass("performed", self.behind.performed(key))

    @override
    async def perform(
        self, key: str, call_id: CallId, changes: Sequence[Change], result: ActionResult, *, now: datetime
    ) -> ActionResult:
        return await self._pass("perform", self.behind.perform(key, call_id, changes, result, now=now))

    @override
    async def check(self) -> None:
        await self._pass("check", self.behind.check())

    @override
    async def close(self) -> None:
        self.closed = True
        await self.behind.close()


class Clock:
    """A time that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Place:
    """A folder with a journal and the primary's database; each `open` is a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.primary = folder / "primary.sqlite3"
        self.journal = folder / "journal.sqlite3"
        self.clock = Clock()
        self._opened: list[Store] = []

    async def open(self, *, fault: Fault | None = None) -> tuple[JournaledStore, Door]:
        """Open the journal and the door to the primary, and let it look once; from then on the test says when."""
        door = Door(await SQLiteStore.open(self.primary))
        door.fault = fault
        looked = asyncio.Event()

        async def never_again(_seconds: float) -> None:
            looked.set()
            await asyncio.Event().wait()

        store = await JournaledStore.open(door, self.journal, clock=self.clock, pause=never_again)
        self._opened.append(store)
        await looked.wait()
        return store, door

    async def truth(self) -> SQLiteStore:
        """Open what the primary has, past the door."""
        store = await SQLiteStore.open(self.primary)
        self._opened.append(store)
        return store

    async def close(self) -> None:
        for each in self._opened:
            await each.close()

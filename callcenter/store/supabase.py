"""The store of a company that keeps its calls at Supabase: one request each to append, to load, to read a page.

What must be whole or not at all is a function of the database (see migrations/), called once; the rest is read from the
tables. Which call is whose is not asked here: the secret key may read all, and row-level security guards the others.
A page of lists needs the data API's maximum of rows to be above MAX_PAGE; logs are read whatever it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal, TypeVar

import orjson
from postgrest import CountMethod
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import override

from callcenter.calls import CallId, ConversationState, MessageId, TicketNumber, Value
from callcenter.errors import CallNotFound, StoreRefused, StoreUnavailable, TicketConflict, TicketNotFound
from callcenter.events import CallEvent
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
)
from callcenter.store.analytics import Analytics, AnalyticsFilter
from callcenter.store.analytics_rows import AnalyticsRow, answer, question
from callcenter.store.api_keys import MAX_KEYS, ApiKey
from callcenter.store.archives import whole
from callcenter.store.articles import SupabaseArticles
from callcenter.store.cursors import TICKETS, Place, check_limit, page, place, ticket_page
from callcenter.store.key_rows import KEY_COLUMNS, key_row, key_taken, read_key
from callcenter.store.migrate import migrations
from callcenter.store.records import SupabaseRecords
from callcenter.store.rows import (
    TICKET_COLUMNS,
    EventRow,
    HeaderRow,
    archived_row,
    read_log,
    read_state,
    read_ticket,
    sent,
    ticket_row,
    time_text,
)
from callcenter.store.scripts import SupabaseScripts
from callcenter.store.supabase_wire import DataAPI, Row, is_text, quoted, sendable, texts
from callcenter.store.ticket_work import SupabaseTicketWork
from callcenter.store.writes import Step, rows_of
from callcenter.tickets import AWAITED, Ticket, TicketChange, change_ticket

ROWS_AT_ONCE: Final = 1000
"""What the data API of a new project gives at most."""

_ENTRY: Final = tuple(TicketEntry.model_fields)
"""The version comes first."""

_NO_PROPOSALS: Final = "state->proposals.eq.[],state->proposals.is.null"
"""A call of an earlier version says nothing of them."""

Answer = TypeVar("Answer")


class _Loaded(Value):
    """What `load_call` returns."""

    state: object
    tickets: list[dict[str, object]]
    events: list[object]


_LOADED: Final = TypeAdapter(_Loaded)
_LIST: Final[TypeAdapter[Sequence[object]]] = TypeAdapter(list[object])
_HISTORY: Final = TypeAdapter(list[TicketEntry])
_ERASED: Final = TypeAdapter(Erased)
_TRUTH: Final = TypeAdapter(bool, config=ConfigDict(strict=True))
_NUMBER: Final = TypeAdapter(int, config=ConfigDict(strict=True))
_FIGURES: Final[TypeAdapter[Sequence[AnalyticsRow]]] = TypeAdapter(list[AnalyticsRow])


class SupabaseStore(SupabaseArticles, SupabaseRecords, SupabaseScripts, SupabaseTicketWork, Store):
    """Keeps calls and tickets in a Supabase project."""

    def __init__(self, api: DataAPI, expected: int) -> None:
        """Hold what `open` made; use that."""
        self._api = api
        self._expected = expected

    @classmethod
    async def open(cls, url: str, secret_key: str, *, seconds: float) -> SupabaseStore:
        """Get ready to use the project at `url`, giving it so many seconds for each answer; nothing is sent yet.

        Raises ConfigurationError for what is no address or key.
        """
        expected = max(migration.version for migration in migrations("supabase"))
        return cls(await DataAPI.open(url, secret_key, seconds=seconds), expected)

    @override
    async def append(self, step: Append) -> None:
        await self._api.done("append_call_events", step=_step(rows_of(step)))

    @override
    async def load(self, call_id: CallId, *, last: int) -> StoredCall:
        found = await self._api.call("load_call", call=sendable(call_id), last=last)
        if found is None:
            raise CallNotFound
        call = _read(_LOADED, found)
        return StoredCall(
            state=_state(call.state),
            tickets=[_ticket(row) for row in call.tickets],
            events=read_log(texts(call.events)),
        )

    @override
    async def state(self, call_id: CallId) -> ConversationState:
        query = self._api.client.table("conversations").select("state").filter("call_id", *is_text(call_id))
        rows, _ = await self._api.rows(query)
        if not rows:
            raise CallNotFound
        return _state(rows[0].get("state"))

    @override
    async def events(self, call_id: CallId, *, after: int = 0, limit: int | None = None) -> list[CallEvent]:
        rows = await self._in_order(
            "conversation_events", ("seq", "payload"), {"call_id": call_id}, after=after, limit=limit
        )
        if not rows:
            await self.state(call_id)
        return read_log(texts([row.get("payload") for row in rows]))

    @override
    async def turn(self, call_id: CallId, message_id: MessageId) -> list[CallEvent]:
        found = await self._api.call("call_turn", call=sendable(call_id), message=sendable(message_id))
        return read_log(texts(_read(_LIST, found)))

    @override
    async def tokens_used(self, since: datetime) -> int:
        return _read(_NUMBER, await self._api.call("tokens_used", since=time_text(since)))

    @override
    async def analytics(self, wanted: AnalyticsFilter, *, now: datetime) -> Analytics:
        return answer(wanted, _read(_FIGURES, await self._api.call("call_analytics", wanted=question(wanted, now))))

    @override
    async def calls(
        self, wanted: CallFilter, *, limit: PageLimit = 50, cursor: str | None = None
    ) -> Page[ConversationState]:
        check_limit(limit)
        start = place("calls", cursor)
        query = self._api.client.table("conversations").select("state")
        same = {
            "current_persona": wanted.persona,
            "language": wanted.language,
            "channel": wanted.channel,
            "mode": wanted.mode,
        }
        for column, value in same.items():
            if value is not None:
                query = query.eq(column, value.value)
        if wanted.waiting is not None:
            query = (query.not_ if wanted.waiting else query).is_("state->>waiting_since", "null")
        if wanted.proposals is not None:
            query = query.neq("state->proposals", "[]") if wanted.proposals else query.or_(_NO_PROPOSALS)
        if wanted.ended is not None:
            query = (query.not_ if wanted.ended else query).is_("ended_at", "null")
        if wanted.started_from is not None:
            query = query.gte("started_at", time_text(wanted.started_from))
        if wanted.started_until is not None:
            query = query.lt("started_at", time_text(wanted.started_until))
        if start is not None:
            query = query.or_(_beyond("started_at", "call_id", start, "lt"))
        query = query.order("started_at", desc=True).order("call_id", desc=True).limit(limit + 1)
        rows, _ = await self._api.rows(query)
        states = [_state(row.get("state")) for row in rows]
        return page([(each, Place(listed="calls", at=each.started_at, id=each.call_id)) for each in states], limit)

    @override
    async def ticket(self, number: TicketNumber) -> Ticket:
        query = self._api.client.table("tickets").select(*TICKET_COLUMNS).filter("number", *is_text(number))
        rows, _ = await self._api.rows(query)
        if not rows:
            raise TicketNotFound
        return _ticket(rows[0])

    @override
    async def tickets(self, wanted: TicketFilter, *, limit: PageLimit = 50, cursor: str | None = None) -> Page[Ticket]:
        check_limit(limit)
        start = place(TICKETS[wanted.order], cursor)
        if wanted.query is not None:
            return ticket_page(await self._found(wanted, start, limit=limit + 1), wanted.order, limit)
        query = self._api.client.table("tickets").select(*TICKET_COLUMNS)
        same = {"status": wanted.status, "category": wanted.category, "priority": wanted.priority}
        for column, value in same.items():
            if value is not None:
                query = query.eq(column, value.value)
        if wanted.call_id is not None:
            query = query.filter("call_id", *is_text(wanted.call_id))
        if wanted.assignee is not None:
            query = query.filter("assignee", *is_text(wanted.assignee))
        if wanted.breached_at is not None:
            query = query.in_("status", AWAITED).lte("due_at", time_text(wanted.breached_at))
        newest = wanted.order is TicketOrder.newest
        time = "created_at" if newest else "due_at"
        either: list[str] = []
        if wanted.in_time_at is not None:
            either.append(f"status.not.in.({','.join(AWAITED)}),due_at.gt.{quoted(time_text(wanted.in_time_at))}")
        if start is not None:
            either.append(_beyond(time, "number", start, "lt" if newest else "gt"))
        if either:
            query = query.or_(f"and({','.join(f'or({each})' for each in either)})")
        query = query.order(time, desc=newest).order("number", desc=newest).limit(limit + 1)
        rows, _ = await self._api.rows(query)
        return ticket_page([_ticket(row) for row in rows], wanted.order, limit)

    @override
    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str, now: datetime) -> Ticket:
        while True:
            stored = await self.ticket(number)
            if change.version is not None and change.version != stored.version:
                raise TicketConflict(version=stored.version)
            changed = change_ticket(stored, change, now=now)
            if changed is stored:
                return stored
            try:
                await self._api.done("change_ticket", ticket=sent(ticket_row(changed)), actor=sendable(actor))
            except TicketConflict:
                # Somebody was quicker; that is of interest only to who said which version they saw.
                if change.version is not None:
                    raise
            else:
                return changed

    @override
    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        rows = await self._in_order("ticket_events", _ENTRY, {"number": number})
        if not rows:
            raise TicketNotFound
        return _read(_HISTORY, rows)

    @override
    async def erase(self, call_id: CallId) -> Erased:
        found = await self._api.call("erase_call", call=sendable(call_id))
        if found is None:
            raise CallNotFound
        return _read(_ERASED, found)

    @override
    async def restore(self, archive: Archive) -> bool:
        step = rows_of(whole(archive))
        kept = {
            "header": _header(step.header),
            "events": [_event(row) for row in step.events],
            "tickets": [sent(archived_row(each)) for each in archive.tickets],
            "entries": [
                {"number": each.ticket.number, **entry.model_dump(), "at": time_text(entry.at)}
                for each in archive.tickets
                for entry in each.history
            ],
        }
        return _read(_TRUTH, await self._api.call("restore_call", archive=kept))

    @override
    async def add_key(self, key: ApiKey) -> None:
        if not _read(_TRUTH, await self._api.call("add_api_key", key=key_row(key))):
            raise key_taken()

    @override
    async def keys(self) -> list[ApiKey]:
        query = self._api.client.table("api_keys").select(*KEY_COLUMNS)
        rows, _ = await self._api.rows(query.order("created_at", desc=True).order("id", desc=True).limit(MAX_KEYS))
        return [read_key(dict(row)) for row in rows]

    @override
    async def key_used(self, key_id: str, day: date) -> None:
        query = self._api.client.table("api_keys").update({"last_used_on": day.isoformat()})
        earlier = f"last_used_on.is.null,last_used_on.lt.{day.isoformat()}"
        await self._api.rows(query.filter("id", *is_text(key_id)).or_(earlier))

    @override
    async def remove_key(self, key_id: str) -> bool:
        query = self._api.client.table("api_keys").delete().filter("id", *is_text(key_id))
        return bool((await self._api.rows(query))[0])

    @override
    async def check(self) -> None:
        schema = _read(_NUMBER, await self._api.call("callcenter_schema"))
        if schema < self._expected:
            raise StoreRefused(
                f"The database is at migration {schema:04}, this version needs {self._expected:04};"
                " run `callcenter migrate`."
            )

    @override
    async def close(self) -> None:
        await self._api.close()

    async def _in_order(
        self, table: str, columns: Sequence[str], same: Mapping[str, str], *, after: int = 0, limit: int | None = None
    ) -> list[Row]:
        """Return rows by their first column, from beyond `after`, however few of them the data API gives at a time."""
        found: list[Row] = []
        wanted = 1
        while len(found) < wanted:
            last = after if not found else _read(_NUMBER, found[-1].get(columns[0]))
            query = self._api.client.table(table).select(*columns, count=None if found else CountMethod.exact)
            for column, value in same.items():
                query = query.filter(column, *is_text(value))
            some = ROWS_AT_ONCE if limit is None else min(ROWS_AT_ONCE, limit - len(found))
            rows, matching = await self._api.rows(query.gt(columns[0], last).order(columns[0]).limit(some))
            if not rows:
                break
            if not found:
                wanted = matching if limit is None else min(matching, limit)
            found += rows
        return found


def _step(step: Step) -> dict[str, object]:
    """Return a step as `append_call_events` takes it."""
    return {
        "call_id": step.header.call_id,
        "expected_seq": step.expected_seq,
        "header": _header(step.header),
        "events": [_event(row) for row in step.events],
        "opened": [sent(row) for row in step.opened],
        "changed": [sent(row) for row in step.changed],
    }


def _header(row: HeaderRow) -> dict[str, object]:
    return {**row._asdict(), "state": orjson.loads(row.state)}


def _event(row: EventRow) -> dict[str, object]:
    return {**row._asdict(), "payload": orjson.loads(row.payload)}


def _beyond(time: str, key: str, start: Place, way: Literal["lt", "gt"]) -> str:
    """Return the condition that a row comes after a place in a list, newest first by "lt"."""
    at = quoted(time_text(start.at))
    return f"{time}.{way}.{at},and({time}.eq.{at},{key}.{way}.{quoted(start.id)})"


def _state(value: object) -> ConversationState:
    return read_state(*texts([value]))


def _ticket(row: Row) -> Ticket:
    return read_ticket([row.get(name) for name in TICKET_COLUMNS])


def _read(adapter: TypeAdapter[Answer], value: object) -> Answer:
    """Return what a function of ours answered. Raises StoreUnavailable for what it never would."""
    try:
        return adapter.validate_python(value)
    except ValidationError:
        # The exception quotes what came: not passed on.
        raise StoreUnavailable("Supabase answered with what this version of callcenter can't read.") from None

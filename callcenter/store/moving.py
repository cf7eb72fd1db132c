"""Carry whole calls from one store to another, straight or by way of a file, in the memory of a few calls.

A call is read as of one moment and kept in one transaction, and one that is there already is left alone: a move that
was stopped, by whatever, is gone on with by starting it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from callcenter.calls import CallId, TicketNumber
from callcenter.errors import (
    CallExists,
    CallNotFound,
    InvalidRequest,
    StoreUnavailable,
    TicketNotFound,
    TicketNumberTaken,
)
from callcenter.events import fold
from callcenter.store import MAX_PAGE, Archive, ArchivedTicket, CallFilter, Store
from callcenter.store.call_file import Line

Item = TypeVar("Item")

AT_ONCE: Final = 16
"""Calls read or kept together: a store across a network answers them in the time of one."""

WAITS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds from one try to the next while a store is away: half a minute, the time of a restart."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was not taken."""

    line: int | None
    """Where it stands in the file; None: it comes from a store."""
    call_id: str | None
    """None: the line is no call."""
    reason: str


@dataclass(slots=True)
class Tally:
    """How a move stands."""

    new: int = 0
    here: int = 0
    """Were there already."""
    refused: list[Refusal] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """All that were looked at."""
        return self.new + self.here + len(self.refused)


def _nothing(_wait: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Retry:
    """Tries again, a few times, what a store is away for."""

    waits: Sequence[float] = WAITS
    waiting: Callable[[float], None] = _nothing
    """Hears of each wait, in seconds."""

    async def __call__(self, work: Callable[[], Awaitable[Item]]) -> Item:
        """Return what `work` does once it succeeds. Raises StoreUnavailable when the last try failed as well."""
        for wait in self.waits:
            try:
                return await work()
            except StoreUnavailable:
                self.waiting(wait)
                await asyncio.sleep(wait)
        return await work()


async def archives(store: Store, retry: Retry) -> AsyncIterator[Archive]:
    """Yield every call of a store, the last started first. Raises StoreUnavailable."""
    cursor: str | None = None
    while True:
        page = await retry(partial(store.calls, CallFilter(), limit=MAX_PAGE, cursor=cursor))
        for begin in range(0, len(page.items), AT_ONCE):
            ids = [state.call_id for state in page.items[begin : begin + AT_ONCE]]
            for archive in await retry(partial(_read_archives, store, ids)):
                if archive is not None:
                    yield archive
        if page.next is None:
            return
        cursor = page.next


async def carried(store: Store, retry: Retry) -> AsyncIterator[Line]:
    """Yield every call of a store, for `keep`. Raises StoreUnavailable."""
    async for archive in archives(store, retry):
        yield Line(None, archive)


async def keep(
    lines: AsyncIterator[Line],
    restore: Callable[[Archive], Awaitable[bool]],
    retry: Retry,
    *,
    tally: Tally,
    kept: Callable[[], None],
) -> None:
    """Keep calls where `restore` keeps them, and count them in `tally`; `kept` hears when it has changed.

    A call that is refused is noted, and the next one taken. Raises what `lines` does and, when the last try failed as
    well, StoreUnavailable: then the calls counted are kept, and others may be.
    """
    some: list[Line] = []
    try:
        async for line in lines:
            some.append(line)
            if len(some) == AT_ONCE:
                await _keep_some(some, restore, retry, tally)
                kept()
                some = []
    except InvalidRequest:
        await _keep_some(some, restore, retry, tally)  # what comes before the damage is whole
        raise
    await _keep_some(some, restore, retry, tally)
    kept()


async def _keep_some(
    lines: Sequence[Line], restore: Callable[[Archive], Awaitable[bool]], retry: Retry, tally: Tally
) -> None:
    left = lines

    async def attempt() -> None:
        nonlocal left
        tried = left
        results = await asyncio.gather(*(_keep_one(line, restore) for line in tried), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        left = [line for line, result in zip(tried, results, strict=True) if isinstance(result, BaseException)]
        tally.refused += [result for result in results if isinstance(result, Refusal)]
        tally.new += results.count(True)
        tally.here += results.count(False)
        # What no waiting mends is told first.
        for error in sorted(errors, key=lambda error: isinstance(error, StoreUnavailable)):
            raise error

    await retry(attempt)


async def _keep_one(line: Line, restore: Callable[[Archive], Awaitable[bool]]) -> bool | Refusal:
    if line.archive is None:
        return Refusal(line.number, None, line.problem or "")
    try:
        return await restore(line.archive)
    except CallExists:
        reason = "another call there has its id, or it went on here or there since it was first moved"
    except TicketNumberTaken:
        reason = "another ticket there has one of its numbers"
    except InvalidRequest as error:
        reason = error.message
    return Refusal(line.number, line.archive.call.call_id, reason)


async def _read_archives(store: Store, ids: Sequence[CallId]) -> list[Archive | None]:
    return await _together([read_archive(store, call_id) for call_id in ids])


async def read_archive(store: Store, call_id: CallId) -> Archive | None:
    """Return all that a store has of a call, as of one moment; None when it was erased. Raises StoreUnavailable."""
    archive = None
    try:
        while archive is None:
            archive = await _read_once(store, call_id)
    except CallNotFound:
        return None
    return archive


async def _read_once(store: Store, call_id: CallId) -> Archive | None:
    """Return None when the call went on while it was read: its tickets may not fit its log. Raises CallNotFound."""
    events = await store.events(call_id)
    call = fold(events)
    if call is None:
        raise StoreUnavailable("A stored call has no log; its store was changed by other means.")
    try:
        tickets = [await _read_ticket(store, number) for number in call.tickets]
    except TicketNotFound:
        await store.state(call_id)  # raises CallNotFound when the call was erased in between
        raise
    if tickets and (await store.state(call_id)).seq != call.seq:
        return None
    return Archive(call=call, events=tuple(events), tickets=tuple(tickets))


async def _read_ticket(store: Store, number: TicketNumber) -> ArchivedTicket:
    ticket = await store.ticket(number)
    history = await store.ticket_history(number)
    return ArchivedTicket(ticket=ticket, history=tuple(each for each in history if each.version <= ticket.version))


async def _together(works: Sequence[Coroutine[None, None, Item]]) -> list[Item]:
    """Return what all of them return, once none runs any more; raise what the first of them that failed did."""
    results = await asyncio.gather(*works, return_exceptions=True)
    done: list[Item] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done

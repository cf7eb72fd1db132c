"""What the actions rest on, with the store that keeps it: durable, once per key, one of two who want the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.actions import Request
from callcenter.actions.registry import Actions
from callcenter.calls import ActionCode, ActionName, ActionResult, CallId
from callcenter.company import DEMO, load_company
from callcenter.store.sqlite import SQLiteStore
from tests.actions.shelf import NOW, caller
from tests.factories import opening

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
CALL = CallId("call-1")
SARA = caller(phone="+966501234567")
OMAR = caller(phone="+201001234567")
CANCEL = Request(action=ActionName.cancel_order, arguments={"order_number": "ORD1001"})
BOOK = Request(action=ActionName.book_consultation, arguments={"when": "tomorrow at 10"})


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[SQLiteStore, SQLiteStore]]:
    """One file, two processes."""
    one = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    other = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    for table, rows in COMPANY.tables.items():
        await one.sync_records(table, rows, now=NOW)
    await one.append(opening(CALL))
    yield one, other
    await one.close()
    await other.close()


async def test_a_cancelled_order_stays_cancelled(stores: tuple[SQLiteStore, SQLiteStore]):
    one, other = stores
    result = await Actions(COMPANY, one).run("p-1", CALL, CANCEL, SARA, NOW)
    assert result.done
    again = await Actions(COMPANY, other).run("p-1", CALL, CANCEL, SARA, NOW)
    assert again == result
    record = await other.record("orders", "ORD1001")
    assert record is not None
    assert (record.version, record.fields["status"]) == (2, "cancelled")
    for table, rows in COMPANY.tables.items():
        await one.sync_records(table, rows, now=NOW)
    told = await Actions(COMPANY, one).run(
        "p-2", CALL, Request(action=ActionName.track_order, arguments={"order_number": "ORD1001"}), SARA, NOW
    )
    assert "cancelled" in told.text.en


async def test_a_double_click_runs_once(stores: tuple[SQLiteStore, SQLiteStore]):
    registries = [Actions(COMPANY, store) for store in stores]
    results = await asyncio.gather(*(each.run("p-1", CALL, CANCEL, SARA, NOW) for each in registries * 4))
    assert len({each.receipt for each in results}) == 1
    assert all(each.done for each in results)
    record = await stores[0].record("orders", "ORD1001")
    assert record is not None
    assert record.version == 2


class Overtaken:
    """A store that is asked whether the action was done just before somebody else does it."""

    def __init__(self, store: SQLiteStore) -> None:
        self.store = store

    async def performed(self, key: str) -> ActionResult | None:
        kept = await self.store.performed(key)
        if kept is None:
            await Actions(COMPANY, self.store).run(key, CALL, CANCEL, SARA, NOW)
        return kept

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


async def test_whoever_comes_while_it_is_being_done_gets_the_same_receipt(stores: tuple[SQLiteStore, SQLiteStore]):
    late = await Actions(COMPANY, Overtaken(stores[0])).run("p-1", CALL, CANCEL, SARA, NOW)  # type: ignore[arg-type]
    assert late == await stores[0].performed("p-1")
    assert late.done


async def test_of_two_who_want_one_time_one_gets_it(stores: tuple[SQLiteStore, SQLiteStore]):
    registries = [Actions(COMPANY, store) for store in stores]
    results = await asyncio.gather(
        registries[0].run("a", CALL, BOOK, SARA, NOW), registries[1].run("b", CALL, BOOK, OMAR, NOW)
    )
    assert sorted(each.code for each in results) == [ActionCode.done, ActionCode.incomplete]
    assert len(await stores[0].records("bookings")) == 1


async def test_history_after_a_refund_tells_of_it(stores: tuple[SQLiteStore, SQLiteStore]):
    actions = Actions(COMPANY, stores[0])
    refund = Request(action=ActionName.request_refund, arguments={"order_number": "ORD1002"})
    assert (await actions.run("r", CALL, refund, SARA, NOW)).done
    listed = await actions.run("h", CALL, Request(action=ActionName.get_order_history, arguments={}), SARA, NOW)
    assert "refund requested" in listed.text.en
    assert await stores[1].performed("h") is None
    assert [each.id for each in await stores[1].records("refunds")] == ["ORD1002"]

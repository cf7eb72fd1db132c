"""A company's tables are in the store when it starts, or soon after the store is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.actions import Change, Row
from callcenter.actions.taking_in import RETRY_SECONDS, TableSync
from callcenter.bootstrap import build
from callcenter.calls import ActionCode, ActionResult, LocalizedText
from callcenter.company import copy_demo
from callcenter.settings import Settings
from callcenter.store.sqlite import SQLiteStore
from tests.factories import CALL, NOON
from tests.store.away import Door, Fault

pytestmark = pytest.mark.unit

ORDERS = (Row(id="ORD1", fields={"number": "ORD1"}), Row(id="ORD2", fields={"number": "ORD2"}))
DONE = ActionResult(code=ActionCode.done, text=LocalizedText(ar="تم الحجز.", en="Booked."))


class Pause:
    """Waits until it is told to go on."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[float] = asyncio.Queue()
        self.over: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        self.asked.put_nowait(seconds)
        await self.over.get()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    store = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    yield Door(store)
    await store.close()


async def test_tables_are_in_the_store_once_it_began(door: Door) -> None:
    sync = TableSync(door, {"orders": ORDERS, "cars": (Row(id="1", fields={}),)}, now=lambda: NOON)
    await sync.begin()
    await sync.close()
    assert await door.record_counts() == {"cars": 1, "orders": 2}


async def test_a_table_that_the_company_has_no_more_goes_but_for_what_actions_began(door: Door) -> None:
    await TableSync(door, {"orders": ORDERS}, now=lambda: NOON).begin()
    booked = [Change(table=table, id="B1", version=0, fields={}) for table in ("orders", "bookings")]
    await door.perform("key", CALL, booked, DONE, now=NOON)
    await TableSync(door, {"cars": (Row(id="1", fields={}),)}, now=lambda: NOON).begin()
    assert await door.record_counts() == {"bookings": 1, "cars": 1, "orders": 1}


async def test_a_store_that_is_away_is_tried_until_it_is_back(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    pause = Pause()
    sync = TableSync(door, {"orders": ORDERS}, now=lambda: NOON, pause=pause)
    door.fault = Fault.before
    await sync.begin()
    assert await pause.asked.get() == RETRY_SECONDS
    pause.over.put_nowait(None)
    assert await pause.asked.get() == RETRY_SECONDS
    assert caplog.text.count("not taken in yet") == 1
    door.fault = None
    pause.over.put_nowait(None)
    async with asyncio.timeout(30):
        while await door.record_counts() != {"orders": 2}:
            pass
    await sync.close()


async def test_who_stops_meanwhile_waits_for_nothing(door: Door) -> None:
    door.fault = Fault.before
    sync = TableSync(door, {"orders": ORDERS}, now=lambda: NOON, pause=Pause())
    await sync.begin()
    await asyncio.wait_for(sync.close(), timeout=30)
    door.fault = None
    assert await door.record_counts() == {}


async def test_what_actions_changed_outlives_a_restart(tmp_path: Path) -> None:
    """And a line that somebody changed in the file in between is taken from there."""
    copy_demo(tmp_path / "company")
    settings = Settings(data_dir=tmp_path / "data", company=tmp_path / "company", _env_file=None)

    first = await build(settings)
    for number in ("ORD1001", "ORD1008"):
        order = await first.store.record("orders", number)
        assert order is not None
        fields = {**order.fields, "status": "cancelled"}
        change = Change(table="orders", id=number, version=order.version, fields=fields)
        await first.store.perform(number, CALL, [change], DONE, now=NOON)
    await first.close()

    file = tmp_path / "company" / "tables" / "orders.csv"
    file.write_text(file.read_text("utf-8").replace("(one seat),received", "(two seats),in_progress"), "utf-8")
    second = await build(settings)
    found = {each.id: each.fields["status"] for each in await second.store.records("orders")}
    await second.close()
    assert (found["ORD1001"], found["ORD1008"]) == ("cancelled", "in_progress")

"""From the embedded store to Supabase and back again: nothing is lost on either way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import perf_counter

import pytest

from callcenter.store import Archive, Store
from callcenter.store.moving import Retry, Tally, archives, carried, keep
from callcenter.store.sqlite import SQLiteStore
from tests.data_api import Project
from tests.store.calls_to_move import keep_arabic_call, keep_english_call, keep_many

pytestmark = pytest.mark.live


@pytest.fixture
async def supabase(project: Project) -> AsyncIterator[Store]:
    store = await project.open()
    await store.check()  # the stand-in for the data API can't take its very first requests at once
    yield store
    await store.close()


async def all_of(store: Store) -> dict[str, Archive]:
    return {each.call.call_id: each async for each in archives(store, Retry(waits=()))}


async def move(source: Store, target: Store) -> tuple[int, int, int]:
    tally = Tally()
    await keep(carried(source, Retry(waits=())), target.restore, Retry(waits=()), tally=tally, kept=lambda: None)
    return tally.new, tally.here, len(tally.refused)


async def test_calls_go_to_supabase_and_come_back_as_they_were(
    supabase: Store, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    source = await SQLiteStore.open(tmp_path / "source.sqlite3")
    back = await SQLiteStore.open(tmp_path / "back.sqlite3")
    try:
        await keep_many(source, 60)
        await keep_arabic_call(source, "AR-1", "TKT-99999999")
        await keep_english_call(source)
        began = perf_counter()
        assert await move(source, supabase) == (62, 0, 0)
        there = perf_counter()
        assert await move(supabase, back) == (62, 0, 0)
        record_property("62 calls", f"{there - began:.1f} s there, {perf_counter() - there:.1f} s back")
        assert await all_of(back) == await all_of(source)
        assert await move(source, supabase) == (0, 62, 0)
    finally:
        await source.close()
        await back.close()


async def test_call_that_is_another_one_at_supabase_is_refused(supabase: Store, tmp_path: Path) -> None:
    source = await SQLiteStore.open(tmp_path / "source.sqlite3")
    try:
        await keep_arabic_call(source, "CALL-A", "TKT-00000001")
        await keep_english_call(source, "CALL-B")
        await keep_arabic_call(supabase, "CALL-C", "TKT-00000001")
        assert await move(source, supabase) == (1, 0, 1)
        assert (await all_of(supabase)).keys() == {"CALL-B", "CALL-C"}
    finally:
        await source.close()

"""Whole calls from store to store and through a file: the same on both sides, whatever happens on the way."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from callcenter.calls import CallId
from callcenter.errors import InvalidRequest, StoreUnavailable
from callcenter.store import Archive, Store
from callcenter.store.call_file import Count, Line, read_calls, write_calls
from callcenter.store.moving import AT_ONCE, Retry, Tally, archives, carried, keep, read_archive
from callcenter.store.sqlite import SQLiteStore
from tests import factories as make
from tests.store.calls_to_move import keep_arabic_call, keep_english_call, keep_many

pytestmark = pytest.mark.unit

IMPATIENT = Retry(waits=(0.0, 0.0))
"""Tries three times, and has no time to lose."""


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[Store]:
    store = await SQLiteStore.open(tmp_path / "source.sqlite3")
    yield store
    await store.close()


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Store]:
    store = await SQLiteStore.open(tmp_path / "target.sqlite3")
    yield store
    await store.close()


async def all_of(store: Store) -> dict[str, Archive]:
    return {each.call.call_id: each async for each in archives(store, Retry())}


async def packed(store: Store) -> tuple[bytes, Count]:
    out = io.BytesIO()
    count = await write_calls(archives(store, Retry()), out, product="0.1.0")
    return out.getvalue(), count


async def sent(lines: Iterable[Line]) -> AsyncIterator[Line]:
    for line in lines:
        yield line


async def unpack(text: bytes, restore: Callable[[Archive], Awaitable[bool]]) -> Tally:
    tally = Tally()
    lines = read_calls(io.BytesIO(text))
    await keep(sent(lines), restore, IMPATIENT, tally=tally, kept=lambda: None)
    return tally


def numbers(tally: Tally) -> tuple[int, int, int]:
    return tally.new, tally.here, len(tally.refused)


async def test_calls_come_out_of_a_file_as_they_went_in(source: Store, target: Store) -> None:
    await keep_arabic_call(source)
    await keep_english_call(source)
    text, count = await packed(source)
    assert count == Count(calls=2, events=6 + 4, tickets=1)
    assert numbers(await unpack(text, target.restore)) == (2, 0, 0)
    moved = await all_of(target)
    assert moved == await all_of(source)
    assert {each.call.customer_name for each in moved.values()} == {"علي", "Layla"}
    assert [entry.actor for entry in moved["AR-1"].tickets[0].history] == ["customer", "key-12345678"]


async def test_second_time_everything_is_there_already(source: Store, target: Store) -> None:
    await keep_arabic_call(source)
    await keep_english_call(source)
    text, _ = await packed(source)
    await unpack(text, target.restore)
    assert numbers(await unpack(text, target.restore)) == (0, 2, 0)
    assert await all_of(target) == await all_of(source)


async def test_a_call_that_went_on_here_is_left_alone(source: Store, target: Store) -> None:
    await keep_english_call(source, "EN-1")
    opening = make.opening("OPEN-1")
    await source.append(opening)
    text, _ = await packed(source)
    await unpack(text, target.restore)
    await target.append(make.following(opening.state, make.user_message("OPEN-1")))
    assert numbers(await unpack(text, target.restore)) == (0, 2, 0)
    assert (await target.state(CallId("OPEN-1"))).seq == 3


async def test_calls_go_straight_from_store_to_store(source: Store, target: Store) -> None:
    await keep_arabic_call(source)
    await keep_english_call(source)
    tally, heard = Tally(), []
    await keep(carried(source, Retry()), target.restore, Retry(), tally=tally, kept=lambda: heard.append(tally.calls))
    assert numbers(tally) == (2, 0, 0)
    assert heard == [2]
    assert await all_of(target) == await all_of(source)


async def test_more_calls_than_a_page_all_arrive(source: Store, target: Store) -> None:
    await keep_many(source, 250)
    text, count = await packed(source)
    assert count.calls == 250
    assert numbers(await unpack(text, target.restore)) == (250, 0, 0)
    assert await all_of(target) == await all_of(source)


async def test_empty_store_makes_a_file_that_says_so(source: Store, target: Store) -> None:
    text, count = await packed(source)
    assert count == Count()
    assert numbers(await unpack(text, target.restore)) == (0, 0, 0)


# Files that are not as they were written.


async def three_calls(source: Store) -> list[bytes]:
    await keep_arabic_call(source)
    await keep_english_call(source)
    await source.append(make.opening("OPEN-1"))
    text, _ = await packed(source)
    return text.splitlines(keepends=True)


async def test_file_cut_between_lines_is_noticed_and_its_calls_kept(source: Store, target: Store) -> None:
    lines = await three_calls(source)
    with pytest.raises(InvalidRequest, match=r"cut short.* after 2 calls"):
        await unpack(b"".join(lines[:3]), target.restore)
    assert len(await all_of(target)) == 2


async def test_file_cut_within_a_line_is_noticed_and_its_calls_kept(source: Store, target: Store) -> None:
    lines = await three_calls(source)
    with pytest.raises(InvalidRequest, match=r"cut short.* after 2 calls"):
        await unpack(b"".join(lines[:3]) + lines[3][:100], target.restore)
    assert len(await all_of(target)) == 2


async def test_line_taken_out_is_noticed(source: Store, target: Store) -> None:
    lines = await three_calls(source)
    with pytest.raises(InvalidRequest, match=r"written with 3 calls and has 2"):
        await unpack(b"".join(lines[:2] + lines[3:]), target.restore)


async def test_what_follows_the_end_is_left_out_and_said(source: Store, target: Store) -> None:
    lines = await three_calls(source)
    with pytest.raises(InvalidRequest, match=r"after the file's end in line 5"):
        await unpack(b"".join([*lines, lines[1]]), target.restore)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"hello",
        b'{"call": {}, "events": []}\n',
        b'{"format": "callcenter-calls", "version": 2, "product": "9.0.0"}\n',
        b"\x1f\x8b\x08\x00\xff\xff",
    ],
)
async def test_file_of_another_kind_is_refused_at_once(text: bytes, target: Store) -> None:
    with pytest.raises(InvalidRequest, match="no file of"):
        await unpack(text, target.restore)


async def test_edited_lines_are_named_and_the_others_taken(source: Store, target: Store) -> None:
    lines = await three_calls(source)
    lines[1] = lines[1].replace(b'"seq":2', b'"seq":"two"')
    gap = json.loads(lines[2])
    del gap["events"][1]
    lines[2] = json.dumps(gap).encode() + b"\n"
    tally = await unpack(b"".join(lines), target.restore)
    assert numbers(tally) == (1, 0, 2)
    first, second = tally.refused
    assert (first.line, first.call_id) == (2, None)
    assert "events.1" in first.reason
    assert (second.line, second.call_id) == (3, gap["call"]["call_id"])
    assert "no whole call" in second.reason


async def test_refusals_never_quote_the_customer(source: Store, target: Store) -> None:
    await keep_arabic_call(source)
    text, _ = await packed(source)
    broken = text.replace(b'"message_id":"m-1"', b'"message_id":7')
    tally = await unpack(broken, target.restore)
    assert len(tally.refused) == 1
    assert make.COMPLAINT not in tally.refused[0].reason


async def test_call_whose_ticket_is_left_out_is_refused(source: Store, target: Store) -> None:
    await keep_arabic_call(source)
    archive = (await all_of(source))["AR-1"]
    lines = [Line(2, archive.model_copy(update={"tickets": ()}))]
    tally = Tally()
    await keep(sent(lines), target.restore, Retry(), tally=tally, kept=lambda: None)
    assert [(each.line, each.call_id) for each in tally.refused] == [(2, "AR-1")]


async def test_other_calls_and_tickets_of_the_same_name_are_refused(source: Store, target: Store) -> None:
    await keep_arabic_call(source, "AR-1", "TKT-00000001")
    await keep_english_call(source)
    await target.append(make.opening("EN-1", customer_name="Somebody else"))
    await keep_arabic_call(target, "AR-2", "TKT-00000001")
    text, _ = await packed(source)
    tally = await unpack(text, target.restore)
    assert {each.call_id: each.reason.split(",")[0] for each in tally.refused} == {
        "AR-1": "another ticket there has one of its numbers",
        "EN-1": "another call there has its id",
    }


@pytest.mark.parametrize("share", [0.3, 0.9])
async def test_compressed_file_cut_short_is_noticed(share: float, source: Store, target: Store) -> None:
    await keep_many(source, 40)
    text = gzip.compress((await packed(source))[0])
    with (
        gzip.open(io.BytesIO(text[: int(len(text) * share)])) as file,
        pytest.raises(InvalidRequest, match="cut short"),
    ):
        await keep(sent(read_calls(file)), target.restore, Retry(), tally=Tally(), kept=lambda: None)  # type: ignore[arg-type]
    assert 0 < len(await all_of(target)) < 40


async def test_compressed_file_that_was_damaged_is_noticed(source: Store, target: Store) -> None:
    await keep_many(source, 40)
    text = bytearray(gzip.compress((await packed(source))[0]))
    text[-6] ^= 0xFF  # in the checksum
    with gzip.open(io.BytesIO(bytes(text))) as file, pytest.raises(InvalidRequest, match="damaged"):
        await keep(sent(read_calls(file)), target.restore, Retry(), tally=Tally(), kept=lambda: None)  # type: ignore[arg-type]


# A store that is away, and a move that is stopped.


async def test_store_that_comes_back_gets_everything_once(source: Store, target: Store, tmp_path: Path) -> None:
    await keep_arabic_call(source)
    await keep_english_call(source)
    away = await SQLiteStore.open(tmp_path / "away.sqlite3")
    await away.close()
    waits: list[float] = []

    async def restore(archive: Archive) -> bool:
        return await (target if len(waits) == 2 else away).restore(archive)

    tally = Tally()
    retry = Retry(waits=(0.0, 0.0, 0.0), waiting=waits.append)
    await keep(carried(source, Retry()), restore, retry, tally=tally, kept=lambda: None)
    assert len(waits) == 2
    assert numbers(tally) == (2, 0, 0)
    assert await all_of(target) == await all_of(source)


async def test_only_what_failed_is_tried_again(source: Store, target: Store, tmp_path: Path) -> None:
    await keep_arabic_call(source)
    await keep_english_call(source)
    away = await SQLiteStore.open(tmp_path / "away.sqlite3")
    await away.close()
    tried: list[str] = []

    async def restore(archive: Archive) -> bool:
        first = archive.call.call_id not in tried
        tried.append(archive.call.call_id)
        return await (away if first and archive.call.call_id == "AR-1" else target).restore(archive)

    tally = Tally()
    await keep(carried(source, Retry()), restore, IMPATIENT, tally=tally, kept=lambda: None)
    assert sorted(tried) == ["AR-1", "AR-1", "EN-1"]
    assert numbers(tally) == (2, 0, 0)


async def test_store_that_stays_away_ends_the_move(source: Store, tmp_path: Path) -> None:
    await keep_english_call(source)
    away = await SQLiteStore.open(tmp_path / "away.sqlite3")
    await away.close()
    waits: list[float] = []
    tally = Tally()
    retry = Retry(waits=(0.0, 0.0), waiting=waits.append)
    with pytest.raises(StoreUnavailable):
        await keep(carried(source, Retry()), away.restore, retry, tally=tally, kept=lambda: None)
    assert len(waits) == 2
    assert numbers(tally) == (0, 0, 0)


async def test_source_that_stays_away_ends_the_move(source: Store, target: Store) -> None:
    await source.close()
    with pytest.raises(StoreUnavailable):
        await keep(carried(source, IMPATIENT), target.restore, Retry(), tally=Tally(), kept=lambda: None)


async def test_move_stopped_in_the_middle_goes_on_where_it_was(source: Store, target: Store) -> None:
    await keep_many(source, 5 * AT_ONCE)
    tally = Tally()

    def stop() -> None:
        if tally.calls == 2 * AT_ONCE:
            moving.cancel()

    moving = asyncio.create_task(keep(carried(source, Retry()), target.restore, Retry(), tally=tally, kept=stop))
    with pytest.raises(asyncio.CancelledError):
        await moving
    before, moved = await all_of(source), await all_of(target)
    assert 2 * AT_ONCE <= len(moved) < 5 * AT_ONCE
    assert moved.items() <= before.items()

    again = Tally()
    await keep(carried(source, Retry()), target.restore, Retry(), tally=again, kept=lambda: None)
    assert numbers(again) == (5 * AT_ONCE - len(moved), len(moved), 0)
    assert await all_of(target) == before


async def test_erased_call_is_no_longer_read(source: Store) -> None:
    await keep_arabic_call(source)
    await source.erase(CallId("AR-1"))
    assert await read_archive(source, CallId("AR-1")) is None


# Many calls.


async def peak_of_moving(source: Store, target: Store, file: Path) -> int:
    tracemalloc.start()
    try:
        with file.open("wb") as out:
            await write_calls(archives(source, Retry()), out, product="0.1.0")
        with file.open("rb") as read:
            await keep(sent(read_calls(read)), target.restore, Retry(), tally=Tally(), kept=lambda: None)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_a_thousand_calls_take_the_memory_of_a_few(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    peaks: list[int] = []
    for number in (200, 1_000):
        source = await SQLiteStore.open(tmp_path / f"source-{number}.sqlite3")
        target = await SQLiteStore.open(tmp_path / f"target-{number}.sqlite3")
        await keep_many(source, number)
        began = time.perf_counter()
        peaks.append(await peak_of_moving(source, target, tmp_path / "calls.jsonl"))
        seconds = time.perf_counter() - began
        size = (tmp_path / "calls.jsonl").stat().st_size
        record_property(f"{number} calls", f"{size:,} bytes, {seconds:.1f} s while traced, {peaks[-1]:,} bytes at most")
        await source.close()
        await target.close()
        assert peaks[-1] < size or number < 1_000
    assert peaks[1] < peaks[0] * 1.5 + 1_000_000

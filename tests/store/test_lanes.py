"""A lane serves a group of callers at once and lets each have its own outcome."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import weakref
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from callcenter.errors import InvalidRequest, StoreUnavailable
from callcenter.store.lanes import Lane, one_by_one, one_transaction

pytestmark = pytest.mark.unit

Work = Callable[[sqlite3.Connection], int]


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table if not exists numbers (n integer primary key)")
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "numbers.sqlite3"


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[Lane]:
    lane = Lane("test-writer", partial(connect, path), one_transaction)
    await lane.start()
    yield lane
    await lane.close()


def add(number: int) -> Work:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("insert into numbers values (?)", (number,))
        return number

    return work


def add_then_fail(number: int, error: Exception) -> Work:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("insert into numbers values (?)", (number,))
        raise error

    return work


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [n for (n,) in connection.execute("select n from numbers order by n")]


async def together(lane: Lane, *jobs: Work) -> list[int | BaseException]:
    """Have all jobs wait at once, behind one that holds the lane until they do; return how each ended."""
    all_wait = Event()

    def hold(_: sqlite3.Connection) -> int:
        all_wait.wait()
        return 0

    waiting = [asyncio.ensure_future(lane.run(job)) for job in (hold, *jobs)]
    await asyncio.sleep(0)
    all_wait.set()
    return (await asyncio.gather(*waiting, return_exceptions=True))[1:]


async def test_all_that_waits_is_one_transaction(writer: Lane) -> None:
    statements: list[str] = []
    await writer.run(lambda connection: connection.set_trace_callback(statements.append))
    statements.clear()
    assert await together(writer, *(add(number) for number in range(50))) == list(range(50))
    assert await writer.run(numbers) == list(range(50))
    # The fifty, in one group with the one that held the lane or in the next; then the count.
    assert 2 <= sum(statement.lower() == "commit" for statement in statements) <= 3
    assert not any("savepoint" in statement.lower() for statement in statements)


async def test_a_job_that_fails_takes_back_its_rows_and_no_others(writer: Lane) -> None:
    results = await together(writer, add(1), add_then_fail(2, ValueError("mine")), add(3), add(1), add(4))
    assert [type(result) for result in results] == [int, ValueError, int, sqlite3.IntegrityError, int]
    assert await writer.run(numbers) == [1, 3, 4]


async def test_a_job_alone_that_fails_leaves_nothing(writer: Lane) -> None:
    with pytest.raises(ValueError, match="mine"):
        await writer.run(add_then_fail(2, ValueError("mine")))
    assert await writer.run(numbers) == []


async def test_when_the_database_fails_nothing_of_the_group_is_kept(writer: Lane) -> None:
    broken = add_then_fail(2, sqlite3.OperationalError("disk I/O error"))
    results = await together(writer, add(1), broken, add(3))
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    assert await writer.run(numbers) == []
    assert await writer.run(add(7)) == 7


async def test_a_locked_database_is_unavailable_until_it_is_free(path: Path, writer: Lane) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    results = await together(writer, *(add(number) for number in range(3)))
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    assert {result.facts["reason"] for result in results if isinstance(result, StoreUnavailable)} == {
        "database is locked"
    }
    other.execute("rollback")
    other.close()
    assert await writer.run(add(1)) == 1


async def test_a_full_disk_is_unavailable_until_there_is_room(writer: Lane) -> None:
    def limit(pages: int) -> Work:
        return lambda connection: int(connection.execute(f"pragma max_page_count = {pages}").fetchone()[0])

    def fill(connection: sqlite3.Connection) -> int:
        connection.execute("create table words (word text)")
        connection.execute("insert into words values (?)", ("x" * 1_000_000,))
        return 1

    await writer.run(limit(10))
    results = await together(writer, add(1), fill)
    assert [type(result) for result in results] == [StoreUnavailable] * 2
    assert await writer.run(numbers) == []
    await writer.run(limit(100_000))
    assert await writer.run(add(1)) == 1


async def test_text_that_is_no_text_is_an_invalid_request(writer: Lane) -> None:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("select ?", ("\ud800",))
        return 1

    with pytest.raises(InvalidRequest) as caught:
        await writer.run(work)
    assert caught.value.__cause__ is None


async def test_readers_fail_for_themselves(path: Path, writer: Lane) -> None:
    await writer.run(add(5))
    reader = Lane("test-reader", partial(connect, path), one_by_one)
    await reader.start()
    broken = add_then_fail(9, sqlite3.OperationalError("disk I/O error"))
    results = await asyncio.gather(
        reader.run(lambda connection: numbers(connection)[0]), reader.run(broken), return_exceptions=True
    )
    assert results[0] == 5
    assert isinstance(results[1], StoreUnavailable)
    await reader.close()


async def test_an_error_keeps_nothing_once_it_was_told(path: Path) -> None:
    """Its frames know the caller's data; waiting for a collector, they would pile up on a busy server."""
    reader = Lane("reader", partial(connect, path), one_by_one)
    await reader.start()
    told: list[weakref.ref[BaseException]] = []

    def refuse(_connection: sqlite3.Connection) -> None:
        raise InvalidRequest

    async def ask() -> None:
        try:
            await reader.run(refuse)
        except InvalidRequest as error:
            told.append(weakref.ref(error))

    gc.disable()
    try:
        await ask()
        await reader.run(numbers)  # the lane itself is at something else
        assert [ref() for ref in told] == [None]
    finally:
        gc.enable()
        await reader.close()


async def test_a_caller_that_gives_up_leaves_the_others_alone(writer: Lane) -> None:
    tasks = [asyncio.ensure_future(writer.run(add(number))) for number in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[3], asyncio.CancelledError)
    assert [result for number, result in enumerate(results) if number != 3] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert set(await writer.run(numbers)) >= {0, 1, 2, 4, 5, 6, 7, 8, 9}


async def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    lane = Lane("test-nowhere", partial(connect, tmp_path / "nowhere" / "x"), one_by_one)
    with pytest.raises(StoreUnavailable, match="can't be read or written"):
        await lane.start()
    await lane.close()


async def test_closing_what_never_started_returns(path: Path) -> None:
    lane = Lane("test-idle", partial(connect, path), one_by_one)
    await lane.close()
    with pytest.raises(StoreUnavailable):
        await lane.run(numbers)

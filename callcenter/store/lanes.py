"""Threads that own one SQLite connection each and do what the event loop hands them, all that waits at a time.

One hand-over there and one back serve a whole group of callers: all that come while the group before them is at work.
A writer commits a group as one transaction, so that many callers share one wait for the disk. A caller hears nothing
before its group is committed. A caller that gives up (is cancelled) takes nothing back: what it asked for may still be
done, wholly.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Final, Generic, Protocol, TypeVar, cast

from callcenter.errors import InvalidRequest, StoreUnavailable

Result = TypeVar("Result")
Item = TypeVar("Item")
News = TypeVar("News")

_OF_ONE_JOB: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)
"""Errors that a job's own statements cause. All others (locked, full, damaged) meet the whole group."""


Work = Callable[[sqlite3.Connection], object]
"""What a caller wants done: touches nothing but the connection, and may be undone and run again."""

AtOnce = Callable[[sqlite3.Connection, Sequence[Work]], Sequence[object]]
"""Does all works of a group and returns what each of them would have returned, or raises: then all are undone."""


class Job(Protocol):
    """Something to do on a connection, and somebody who waits for it."""

    @property
    def work(self) -> Work:
        """What is to be done."""
        ...

    def run(self, connection: sqlite3.Connection) -> None:
        """Do it, in the lane's thread."""
        ...

    def succeed(self, result: object) -> None:
        """Have it end with a result that was had elsewhere, in the lane's thread."""
        ...

    def fail(self, error: Exception) -> None:
        """Have it end with an error instead, in the lane's thread."""
        ...

    def settle(self) -> None:
        """Tell who waits how it ended, on the event loop."""
        ...


class _Job(Generic[Result]):
    __slots__ = ("_ended", "_future", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], Result], future: asyncio.Future[Result]) -> None:
        self.work: Final = work
        self._ended: Callable[[], None] | None = None
        self._future: asyncio.Future[Result] | None = future

    def run(self, connection: sqlite3.Connection) -> None:
        self.succeed(self.work(connection))

    def succeed(self, result: object) -> None:
        if self._future is not None:
            self._ended = partial(self._future.set_result, cast("Result", result))

    def fail(self, error: Exception) -> None:
        if self._future is not None:
            self._ended = partial(self._future.set_exception, _told(error))

    def settle(self) -> None:
        # Let go of the future: an error's traceback leads to this job, and would keep all that its frames know.
        future, self._future = self._future, None
        ended, self._ended = self._ended, None
        if future is not None and ended is not None and not future.done():
            ended()


Process = Callable[[sqlite3.Connection, Sequence[Job]], None]
"""Runs or fails every job of a group; raises nothing."""


class Lane:
    """One thread with one connection. Made, used and closed on one event loop."""

    def __init__(self, name: str, connect: Callable[[], sqlite3.Connection], process: Process) -> None:
        self._connect = connect
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._gathered: list[Job] = []
        self._at_work = False
        """A group is on its way to the thread, or with it."""
        self._groups: SimpleQueue[Sequence[Job] | None] = SimpleQueue()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._closed = False
        # A daemon: an interpreter that stops without close() must not hang, and what was acknowledged is on disk.
        self._thread = Thread(target=self._work, name=name, daemon=True)

    async def start(self) -> None:
        """Open the connection. Raises StoreUnavailable when that fails."""
        self._thread.start()
        await asyncio.shield(self._ready)

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do `work` in the lane's thread and return what it returns, or raise what it raises."""
        return await self.begin(work)

    def begin(self, work: Callable[[sqlite3.Connection], Result]) -> asyncio.Future[Result]:
        """Put `work` behind all that was asked of the lane so far; the future tells how it ended."""
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        future: asyncio.Future[Result] = self._loop.create_future()
        job: _Job[Result] = _Job(work, future)
        self._gathered.append(job)
        if not self._at_work:
            # Not at once: whoever else is ready to run now may have something for the same group.
            self._at_work = True
            self._loop.call_soon(self._hand_over)
        return future

    async def close(self) -> None:
        """Finish what waits, close the connection, end the thread."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._groups.put(None)
        if self._thread.ident is not None:
            await asyncio.shield(self._finished)

    def _work(self) -> None:
        try:
            connection = self._connect()
        except sqlite3.Error as error:
            self._tell(self._ready.set_exception, _told(error))
            self._tell(self._finished.set_result, None)
            return
        self._tell(self._ready.set_result, None)
        with closing(connection):
            while group := self._groups.get():
                self._process(connection, group)
                self._tell(self._settle, group)
        self._tell(self._finished.set_result, None)

    def _hand_over(self) -> None:
        """Give the thread what was gathered; on the event loop."""
        group, self._gathered = self._gathered, []
        self._at_work = bool(group)
        if group:
            self._groups.put(group)

    def _settle(self, group: Sequence[Job]) -> None:
        """Tell the callers of a group, then hand over the next: what they ask for on hearing goes with it."""
        for job in group:
            job.settle()
        self._loop.call_soon(self._hand_over)

    def _tell(self, hear: Callable[[News], object], news: News) -> None:
        try:
            self._loop.call_soon_threadsafe(hear, news)
        except RuntimeError:
            # The loop is closed: nobody waits any more. What was handed over is still done.
            return


def one_by_one(connection: sqlite3.Connection, group: Sequence[Job]) -> None:
    """Run each job for itself: for readers."""
    for job in group:
        try:
            job.run(connection)
        except Exception as error:  # noqa: BLE001 (handed to its caller)
            job.fail(error)


def one_after_another(connection: sqlite3.Connection, works: Sequence[Work]) -> Sequence[object]:
    """Do works one by one: the plainest AtOnce."""
    return [work(connection) for work in works]


def one_transaction(connection: sqlite3.Connection, group: Sequence[Job], at_once: AtOnce = one_after_another) -> None:
    """Commit a group as one transaction: for the writer.

    Nearly every group is free of refusals, so it is first done `at_once`; a group in which a job was refused is undone
    and run again with one savepoint a job. When the database itself fails, nothing of the group is kept.
    """
    try:
        results = _in_transaction(connection, at_once, [job.work for job in group])
    except Exception as error:  # noqa: BLE001 (handed to its callers)
        if _of_database(error):
            _fail_all(group, error)
            return
    else:
        for job, result in zip(group, results, strict=True):
            job.succeed(result)
        return
    try:
        _in_transaction(connection, _run_guarded, group)
    except Exception as error:  # noqa: BLE001 (handed to its callers)
        _fail_all(group, error)


def _run_guarded(connection: sqlite3.Connection, group: Sequence[Job]) -> None:
    """Run each job in a savepoint: refused, it takes back its own rows and no others'."""
    for job in group:
        connection.execute("savepoint job")
        try:
            job.run(connection)
        except Exception as error:
            if _of_database(error):
                raise
            connection.execute("rollback to job")
            job.fail(error)
        connection.execute("release job")


def _in_transaction(
    connection: sqlite3.Connection, do: Callable[[sqlite3.Connection, Sequence[Item]], Result], what: Sequence[Item]
) -> Result:
    try:
        connection.execute("begin immediate")
        result = do(connection, what)
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")
    return result


def _fail_all(group: Sequence[Job], error: Exception) -> None:
    for job in group:
        job.fail(error)


def _of_database(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_JOB)


def _told(error: Exception) -> Exception:
    """Return an error as callers know it."""
    if _of_database(error):
        unavailable = StoreUnavailable(reason=str(error))
        unavailable.__cause__ = error
        return unavailable
    if isinstance(error, UnicodeEncodeError):
        # It quotes the text it is about: not passed on.
        return InvalidRequest("A text holds half a character (a lone surrogate) and can't be stored.")
    return error

"""Threads that own one SQLite connection each and do what the event loop hands them, all that waits at a time.

One hand-over there and one back serve a whole group of callers, and a writer commits a group as one transaction, so
that many callers share one wait for the disk. A caller hears nothing before its group is committed. A caller that gives
up (is cancelled) takes nothing back: what it asked for may still be done, wholly.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, Generic, Protocol, TypeVar

from callcenter.errors import InvalidRequest, StoreUnavailable

Result = TypeVar("Result")

_OF_ONE_JOB: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)
"""Errors that a job's own statements cause. All others (locked, full, damaged) meet the whole group."""


class Job(Protocol):
    """Something to do on a connection, and somebody who waits for it."""

    def run(self, connection: sqlite3.Connection) -> None:
        """Do it, in the lane's thread; may be undone and run again."""
        ...

    def fail(self, error: Exception) -> None:
        """Have it end with an error instead, in the lane's thread."""
        ...

    def settle(self) -> None:
        """Tell who waits how it ended, on the event loop."""
        ...


class _Job(Generic[Result]):
    __slots__ = ("_ended", "_future", "_work")

    def __init__(self, work: Callable[[sqlite3.Connection], Result], future: asyncio.Future[Result]) -> None:
        self._work = work
        self._ended: Callable[[], None] | None = None
        self._future = future

    def run(self, connection: sqlite3.Connection) -> None:
        self._ended = partial(self._future.set_result, self._work(connection))

    def fail(self, error: Exception) -> None:
        self._ended = partial(self._future.set_exception, _told(error))

    def settle(self) -> None:
        if self._ended is not None and not self._future.done():
            self._ended()


Process = Callable[[sqlite3.Connection, Sequence[Job]], None]
"""Runs or fails every job of a group; raises nothing."""


class Lane:
    """One thread with one connection. Made, used and closed on one event loop."""

    def __init__(self, name: str, connect: Callable[[], sqlite3.Connection], process: Process) -> None:
        self._connect = connect
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
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
        """Do `work` in the lane's thread and return what it returns, or raise what it raises.

        `work` touches nothing but the connection: it may be undone and run again.
        """
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.put(_Job(work, future))
        return await future

    async def close(self) -> None:
        """Finish what waits, close the connection, end the thread."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
        if self._thread.ident is not None:
            await asyncio.shield(self._finished)

    def _work(self) -> None:
        try:
            connection = self._connect()
        except sqlite3.Error as error:
            self._tell(partial(self._ready.set_exception, _told(error)))
            self._tell(partial(self._finished.set_result, None))
            return
        self._tell(partial(self._ready.set_result, None))
        with closing(connection):
            for group in self._groups():
                self._process(connection, group)
                self._tell(partial(_settle, group))
        self._tell(partial(self._finished.set_result, None))

    def _groups(self) -> Iterator[list[Job]]:
        """Yield all that waits, again and again, until the lane is closed and empty."""
        while True:
            group: list[Job] = []
            job = self._waiting.get()
            while job is not None:
                group.append(job)
                try:
                    job = self._waiting.get_nowait()
                except Empty:
                    break
            if group:
                yield group
            if job is None:
                return

    def _tell(self, news: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(news)
        except RuntimeError:
            # The loop is closed: nobody waits any more. What is queued is still done.
            return


def one_by_one(connection: sqlite3.Connection, group: Sequence[Job]) -> None:
    """Run each job for itself: for readers."""
    for job in group:
        try:
            job.run(connection)
        except Exception as error:  # noqa: BLE001 (handed to its caller)
            job.fail(error)


def one_transaction(connection: sqlite3.Connection, group: Sequence[Job]) -> None:
    """Commit a group as one transaction: for the writer.

    Nearly every group is free of refusals, so it first runs without savepoints; a group in which a job was refused is
    undone and run again with one savepoint a job. When the database itself fails, nothing of the group is kept.
    """
    try:
        _commit(connection, group)
    except Exception as error:  # noqa: BLE001 (handed to its callers)
        if len(group) == 1 or _of_database(error):
            _fail_all(group, error)
            return
    else:
        return
    try:
        _commit(connection, [_Guarded(job) for job in group])
    except Exception as error:  # noqa: BLE001 (handed to its callers)
        _fail_all(group, error)


class _Guarded:
    """A job in a savepoint: refused, it takes back its own rows and no others'."""

    __slots__ = ("_job",)

    def __init__(self, job: Job) -> None:
        self._job = job

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("savepoint job")
        try:
            self._job.run(connection)
        except Exception as error:
            if _of_database(error):
                raise
            connection.execute("rollback to job")
            self._job.fail(error)
        connection.execute("release job")


class _Runnable(Protocol):
    def run(self, connection: sqlite3.Connection) -> None: ...


def _commit(connection: sqlite3.Connection, group: Sequence[_Runnable]) -> None:
    try:
        connection.execute("begin immediate")
        for job in group:
            job.run(connection)
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def _fail_all(group: Sequence[Job], error: Exception) -> None:
    for job in group:
        job.fail(error)


def _settle(group: Sequence[Job]) -> None:
    for job in group:
        job.settle()


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

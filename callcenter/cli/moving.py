"""Move all calls out of a store and into one, and say how it goes: a bar on a terminal, lines anywhere else."""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from callcenter import __version__
from callcenter.bootstrap import open_store
from callcenter.cli.files import check_database, new_file
from callcenter.errors import InvalidRequest, StoreUnavailable
from callcenter.settings import Settings, StoreKind
from callcenter.store import Archive, Store
from callcenter.store.call_file import Count, Line, read_calls, write_calls
from callcenter.store.moving import Retry, Tally, archives, carried, keep

_COMPRESSED: Final = ".gz"
_LINE_SECONDS: Final = 5.0
"""How often progress is told where it can't be drawn."""
_REFUSALS_SHOWN: Final = 20


def is_moving_file(name: str) -> bool:
    """Whether a name is that of a file to move calls in, and not a call's."""
    return name.endswith((".jsonl", ".jsonl.gz"))


def store_kind(option: str, typed: str) -> StoreKind:
    """Return the store that was named. Raises InvalidRequest."""
    try:
        return StoreKind(typed)
    except ValueError:
        raise InvalidRequest(f"{option} {typed} is no store; choose {' or '.join(StoreKind)}.") from None


def export_all(settings: Settings, path: Path, *, store: str | None, force: bool) -> None:
    """Write every call into a file. Raises InvalidRequest, ConfigurationError, StoreUnavailable, StoreRefused."""
    kind = store_kind("--store", store) if store else settings.store
    check_database(settings, kind)
    with new_file(path, force=force) as raw, _Meter() as meter:

        async def run() -> Count:
            async with _opened(settings, kind, meter.retry) as source:
                counted = meter.counting(archives(source, meter.retry))
                with _packed(raw, path) as out:
                    return await write_calls(counted, out, product=__version__)

        count = asyncio.run(run())
        raw.flush()
        os.fsync(raw.fileno())
    typer.echo(
        f"{_calls(count.calls)}, {count.events:,} events and {count.tickets:,} tickets written to {path} "
        f"{meter.pace(count.calls)}.",
        err=True,
    )


def import_file(settings: Settings, path: Path, *, store: str | None) -> bool:
    """Take in the calls of a file; return whether all of them are kept now. Raises as `export_all`."""
    kind = store_kind("--store", store) if store else settings.store
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        file = cast("IO[bytes]", stack.enter_context(gzip.open(raw))) if path.suffix == _COMPRESSED else raw
        meter = stack.enter_context(_Meter(raw))
        lines = read_calls(file)
        first = next(lines, None)  # a file that is none of ours opens no store

        async def run(tally: Tally) -> None:
            async with _opened(settings, kind, meter.retry) as target:
                await keep(
                    _read(first, lines), target.restore, meter.retry, tally=tally, kept=lambda: meter.show(tally.calls)
                )

        return _move(run, meter, into=_place(settings, kind))


def import_store(settings: Settings, origin: str, *, store: str | None) -> bool:
    """Take in the calls of another store; return whether all of them are kept now. Raises as `export_all`."""
    source_kind = store_kind("--from", origin)
    kind = store_kind("--store", store) if store else settings.store
    if source_kind is kind:
        raise InvalidRequest(f"Calls are to be moved from {source_kind} to {kind}: choose another with --store.")
    check_database(settings, source_kind)
    with _Meter() as meter:

        async def run(tally: Tally) -> None:
            async with (
                _opened(settings, source_kind, meter.retry) as source,
                _opened(settings, kind, meter.retry) as target,
            ):
                lines = carried(source, meter.retry)
                await keep(lines, target.restore, meter.retry, tally=tally, kept=lambda: meter.show(tally.calls))

        return _move(run, meter, into=_place(settings, kind))


def _move(run: Callable[[Tally], Awaitable[None]], meter: _Meter, *, into: str) -> bool:
    """Run a move and tell what came of it, also when it stops in the middle."""
    tally = Tally()

    async def told() -> None:
        try:
            typer.echo(f"Into {into} ...", err=True)
            await run(tally)
        except asyncio.CancelledError:
            typer.echo(f"Stopped. {_GO_ON}", err=True)
            raise
        except StoreUnavailable as error:
            raise StoreUnavailable(f"{error.message} {_GO_ON}") from None

    try:
        asyncio.run(told())
    finally:
        meter.close()
        for refusal in tally.refused[:_REFUSALS_SHOWN]:
            named = [f"line {refusal.line}"] if refusal.line else []
            named += [refusal.call_id] if refusal.call_id else []
            typer.echo(f"refused: {', '.join(named)}: {refusal.reason}", err=True)
        if (more := len(tally.refused) - _REFUSALS_SHOWN) > 0:
            typer.echo(f"refused: {more:,} more", err=True)
        typer.echo(
            f"{_calls(tally.calls)}: {tally.new:,} new, {tally.here:,} already here, {len(tally.refused):,} refused "
            f"{meter.pace(tally.calls)}.",
            err=True,
        )
    return not tally.refused


_GO_ON: Final = "What was taken in is kept; the same command goes on from there."


async def _read(first: Line | None, lines: Iterator[Line]) -> AsyncIterator[Line]:
    if first is not None:
        yield first
    for line in lines:
        yield line


@asynccontextmanager
async def _opened(settings: Settings, kind: StoreKind, retry: Retry) -> AsyncIterator[Store]:
    store = await open_store(settings, kind=kind)
    try:
        await retry(store.check)
        yield store
    finally:
        await store.close()


def _place(settings: Settings, kind: StoreKind) -> str:
    return f"{kind}, {settings.database if kind is StoreKind.sqlite else settings.supabase_url}"


@contextmanager
def _packed(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    if path.suffix != _COMPRESSED:
        yield raw
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        yield cast("IO[bytes]", packed)


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number:,} calls"


class _Meter:
    """Shows how many calls were moved, of a file also how far it was read."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = file
        self._bytes = os.fstat(file.fileno()).st_size if file else 0
        self._began = self._told = time.monotonic()
        console = Console(stderr=True)
        self._bar = _bar(console, known=self._bytes > 0) if console.is_terminal else None
        self._task = self._bar.add_task("", total=self._bytes or None, calls="") if self._bar else None
        self.retry = Retry(waiting=self._wait)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the screen as it is."""
        if self._bar:
            self._bar.stop()

    def show(self, calls: int) -> None:
        """Tell how many calls were moved by now."""
        read = self._file.tell() if self._file else 0
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=read, calls=f"{_calls(calls)} {self.pace(calls)}")
        elif time.monotonic() - self._told >= _LINE_SECONDS:
            self._told = time.monotonic()
            share = f"{min(1.0, read / self._bytes):.0%}, " if self._bytes else ""
            typer.echo(f"{share}{_calls(calls)} {self.pace(calls)}", err=True)

    async def counting(self, source: AsyncIterator[Archive]) -> AsyncIterator[Archive]:
        """Yield what `source` does, and tell of it."""
        count = 0
        async for archive in source:
            yield archive
            count += 1
            self.show(count)

    def pace(self, calls: int) -> str:
        """Return seconds and speed so far."""
        seconds = time.monotonic() - self._began
        return f"in {seconds:.1f} s, {calls / max(seconds, 0.001):,.0f} calls/s"

    def _wait(self, seconds: float) -> None:
        typer.echo(f"The store does not answer; trying again in {seconds:.0f} s.", err=True)


def _bar(console: Console, *, known: bool) -> Progress:
    share = [BarColumn(), TaskProgressColumn()] if known else []
    return Progress(*share, TextColumn("{task.fields[calls]}"), TimeElapsedColumn(), console=console)

"""Write calls to a file or to standard output: which calls, in which format, and where.

The formats themselves are api/transcripts. A file appears under its name only when it is whole; it is readable by its
owner alone, and nothing is overwritten unless asked.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import typer

from callcenter.api.transcripts import TranscriptFormat, export_csv, export_html_zip, export_jsonl, render
from callcenter.bootstrap import App, build
from callcenter.calls import CallId, ConversationState, Language
from callcenter.errors import ConfigurationError, InvalidRequest
from callcenter.events import CallEvent, fold
from callcenter.settings import Settings, StoreKind
from callcenter.store import MAX_PAGE, CallFilter, Store

if TYPE_CHECKING:
    from callcenter.cli import ExportFormat

_BY_SUFFIX: Final = {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "html": "html", "txt": "txt", "json": "json"}
_MANY: Final = ("jsonl", "csv", "html")
"""Formats that hold more than one call."""


@dataclass(frozen=True, slots=True)
class Period:
    """When calls started, as it was typed: ISO 8601; what has no time zone is the company's time."""

    since: str | None
    until: str | None

    def wanted(self, zone: ZoneInfo) -> CallFilter:
        """Return the filter for the calls of this period. Raises InvalidRequest."""
        since, until = _moment("--from", self.since, zone), _moment("--until", self.until, zone)
        if since and until and until <= since:
            raise InvalidRequest(f"--until {self.until} is not after --from {self.since}; nothing lies between them.")
        return CallFilter(started_from=since, started_until=until)


def export_one(  # noqa: PLR0913 (one parameter an option)
    settings: Settings,
    call_id: str,
    *,
    fmt: ExportFormat | None,
    output: Path | None,
    force: bool,
    language: Language | None,
) -> None:
    """Write one call. Raises CallNotFound, InvalidRequest, ConfigurationError, StoreUnavailable."""
    chosen = fmt or _by_name(output) or "txt"

    async def write(app: App, out: IO[bytes]) -> int:
        events = await app.store.events(CallId(call_id))
        if chosen == "jsonl":
            return await export_jsonl(_one(events), out)
        written = render(
            events, TranscriptFormat(chosen), personas=app.personas, company=app.company, language=language
        )
        out.write(written.encode())
        return 1

    _write(settings, write, output, force=force)


def export_period(  # noqa: PLR0913 (one parameter an option)
    settings: Settings,
    period: Period,
    *,
    fmt: ExportFormat | None,
    output: Path | None,
    force: bool,
    language: Language | None,
) -> None:
    """Write the calls of a period. Raises InvalidRequest, ConfigurationError, StoreUnavailable."""
    zipped = "html" if output and output.suffix == ".zip" else None
    chosen = fmt or zipped or _by_name(output) or "jsonl"
    if chosen not in _MANY:
        raise InvalidRequest(f"{chosen} holds one call; for a period choose {', '.join(_MANY)}.")
    if chosen == "html" and output is None and sys.stdout.isatty():
        raise InvalidRequest("A period as html is a zip, which a terminal can't show; name a file with --output.")

    async def write(app: App, out: IO[bytes]) -> int:
        calls = _logged(app.store, period.wanted(ZoneInfo(app.company.timezone)))
        if chosen == "csv":
            return await export_csv(calls, out, personas=app.personas)
        if chosen == "html":
            return await export_html_zip(calls, out, personas=app.personas, company=app.company, language=language)
        return await export_jsonl(calls, out)

    count = _write(settings, write, output, force=force)
    calls = "1 call" if count == 1 else f"{count} calls"
    typer.echo(f"{calls} written{f' to {output}' if output else ''}.", err=True)


def _write(
    settings: Settings, write: Callable[[App, IO[bytes]], Awaitable[int]], output: Path | None, *, force: bool
) -> int:
    check_database(settings, settings.store)

    async def run(out: IO[bytes]) -> int:
        app = await build(settings)
        try:
            return await write(app, out)
        finally:
            await app.close()

    if output is None:
        out = typer.get_binary_stream("stdout")
        count = asyncio.run(run(out))
        out.flush()
        return count
    with new_file(output, force=force) as file:
        return asyncio.run(run(file))


def check_database(settings: Settings, kind: StoreKind) -> None:
    """Raise ConfigurationError where calls are to be read from an embedded database that does not exist."""
    if kind is StoreKind.sqlite and not settings.database.exists():
        raise ConfigurationError(f"There is no database at {settings.database}; set CALLCENTER_DATA_DIR to its folder.")


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """Give a file to write that takes the name `path` once it is whole. Raises InvalidRequest where one exists."""
    if path.exists() and not force:
        raise InvalidRequest(f"{path} exists; --force replaces it.")
    if not path.parent.is_dir():
        raise InvalidRequest(f"There is no folder {path.parent}; make it first.")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


async def _logged(store: Store, wanted: CallFilter) -> AsyncIterator[tuple[ConversationState, Sequence[CallEvent]]]:
    cursor: str | None = None
    while True:
        page = await store.calls(wanted, limit=MAX_PAGE, cursor=cursor)
        for state in page.items:
            async for logged in _one(await store.events(state.call_id)):
                yield logged
        if page.next is None:
            return
        cursor = page.next


async def _one(events: Sequence[CallEvent]) -> AsyncIterator[tuple[ConversationState, Sequence[CallEvent]]]:
    """Yield a call with its log; the state is folded anew, since the call may have gone on while we read."""
    if (state := fold(events)) is not None:
        yield state, events


def _by_name(output: Path | None) -> str | None:
    return _BY_SUFFIX.get(output.suffix.lstrip(".").lower()) if output else None


def _moment(option: str, typed: str | None, zone: ZoneInfo) -> datetime | None:
    if typed is None:
        return None
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise InvalidRequest(f"{option} {typed} is no day or moment such as 2026-11-01 or 2026-11-01T09:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)

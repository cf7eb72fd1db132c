"""Goal F: what a turn costs as a call grows long and as the store fills, beside the same turn of a young call.

Long calls are talked long through the API. The full store is made by copying real calls row by row within SQL, under
random ids, so that its indexes are as scattered as years of calls leave them; all texts are as the product wrote them.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.figures import Figure
from benchmarks.load import ask, play
from benchmarks.messages import CALLS, opening, script
from benchmarks.processes import Server, product

EVENTS: Final = 1_000_000
LONG: Final = 1_000
"""Turns before a call is long."""
YOUNG: Final = 8
"""Turns before a young call is measured: it has a persona and, where due, a ticket by then."""
MEASURED: Final = 12
"""Turns measured at a time on each connection: 9 to 20 of young calls, those beyond 1,000 of long ones."""
CONNECTIONS: Final = 20
ROUNDS: Final = 7

_SAID: Final = (1, 4, 5, 6)
"""Messages of each call in messages.py that, said again and again, stay one matter."""


_NAMING: Final = frozenset({"call_id", "number", "payload", "state", "changes"})
"""Columns that hold a call's id or a ticket's number, alone or somewhere within."""


def measure() -> list[Figure]:
    """Return the figures of goal F."""
    with TemporaryDirectory() as place:
        empty, full = Path(place) / "empty", Path(place) / "full"
        for folder in (empty, full):
            folder.mkdir()
        long, young = _long_calls(empty)
        _fill(full)
        alone, among = _stored_calls(empty, full)
    return [
        Figure(
            goal=f"F turn {LONG} of a call, CPU",
            unit="µs",
            ours=long,
            peer=young,
            bound=1.2,
            beside="turns 9-20 of a call",
        ),
        Figure(
            goal=f"F turn with {EVENTS:,} events stored, CPU",
            unit="µs",
            ours=among,
            peer=alone,
            bound=1.2,
            beside="a fresh database",
        ),
    ]


def _long_calls(folder: Path) -> tuple[float, float]:
    """Return the CPU of a turn of long and of young calls, in microseconds."""
    with product(folder) as server:
        old = [f"long-{number}" for number in range(CONNECTIONS)]
        ask(server, [opening(call_id) for call_id in old])
        play(server, [_talk(call_id, index, LONG) for index, call_id in enumerate(old)])
        long: list[float] = []
        young: list[float] = []
        for number in range(ROUNDS):
            young.append(_young(server, f"young{number}"))
            long.append(play(server, [_talk(call_id, index, MEASURED) for index, call_id in enumerate(old)]).cpu_micros)
    print(f"  long: {_each(long)}; young: {_each(young)}")
    return median(long), median(young)


def _stored_calls(empty: Path, full: Path) -> tuple[float, float]:
    """Return the CPU of a turn in a small and in a full database, in microseconds."""
    with product(empty) as small, product(full) as big:
        for server in (small, big):
            _young(server, "warm")
        alone: list[float] = []
        among: list[float] = []
        for number in range(ROUNDS):
            alone.append(_young(small, f"stored{number}"))
            among.append(_young(big, f"stored{number}"))
    print(f"  small database: {_each(alone)}; {EVENTS:,} events stored: {_each(among)}")
    return median(alone), median(among)


def _young(server: Server, name: str) -> float:
    calls = [f"{name}-{number}" for number in range(CONNECTIONS)]
    ask(server, [opening(call_id) for call_id in calls])
    play(server, [_talk(call_id, index, YOUNG) for index, call_id in enumerate(calls)])
    return play(server, [_talk(call_id, index, MEASURED) for index, call_id in enumerate(calls)]).cpu_micros


def _talk(call_id: str, index: int, turns: int) -> list[bytes]:
    call = CALLS[index % len(CALLS)]
    return script(call_id, [call[number] for number in _SAID]) * (turns // len(_SAID))


def _fill(folder: Path) -> None:
    """Put EVENTS events into the database of `folder`: copies of one call of each kind."""
    originals = [f"original-{number}" for number in range(len(CALLS))]
    with product(folder) as server:
        for call_id, call in zip(originals, CALLS, strict=True):
            ask(server, [opening(call_id), *script(call_id, call)])
    [database] = (folder / "data").glob("*.sqlite3")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript(
            "pragma synchronous = off; pragma cache_size = -1000000; begin;"
            "create temp table copies (call_id text, new_call_id text, number text, new_number text);"
        )
        [[events]] = connection.execute("select count(*) from conversation_events")
        tickets = dict(connection.execute("select call_id, number from tickets"))
        connection.executemany(
            "insert into copies values (?, ?, ?, ?)",
            (
                (call_id, f"CALL-{secrets.token_hex(8)}", tickets.get(call_id, "-"), f"TKT-{secrets.token_hex(8)}")
                for _ in range(-(-EVENTS // events))
                for call_id in originals
            ),
        )
        for table in ("conversations", "conversation_events", "tickets", "ticket_events"):
            connection.execute(_copying(connection, table))
        connection.execute("commit")
        [[stored]] = connection.execute("select count(*) from conversation_events")
        assert stored >= EVENTS
        connection.executescript("pragma wal_checkpoint(truncate)")
    print(f"  filled with {stored:,} events: {database.stat().st_size / 1e9:.2f} GB")


def _copying(connection: sqlite3.Connection, table: str) -> str:
    """Return SQL that copies the rows of the original calls under each copy's call id and ticket number."""
    columns = [name for _, name, *_ in connection.execute(f"pragma table_info({table})")]
    key = "call_id" if "call_id" in columns else "number"
    values = [
        f"replace(replace(source.{name}, copies.call_id, new_call_id), copies.number, new_number)"
        if name in _NAMING
        else f"source.{name}"
        for name in columns
    ]
    return f"""
    insert into {table} ({", ".join(columns)})
    select {", ".join(values)} from copies join {table} as source on source.{key} = copies.{key}
    """  # noqa: S608 (names of tables and columns only)


def _each(values: list[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)

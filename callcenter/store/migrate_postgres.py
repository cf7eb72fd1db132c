"""Bring a PostgreSQL, hosted by Supabase or not, to the schema this version expects; migrate.py knows the files.

All of it is one transaction, so that a failure leaves the database as it was, and a lock lets one process do it while
others wait. A database whose files were run by hand, with the Supabase CLI or in the SQL editor, is taken over: there
the function `callcenter_schema()` tells how far they went.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import Connection

from callcenter.errors import ConfigurationError
from callcenter.store import migration_script
from callcenter.store.migrate import VERSIONS_TABLE, Migration, due, migrations
from callcenter.store.postgres import connected, reason

LOCK_SECONDS: Final = 60
"""How long to wait for whoever migrates the same database, or uses a table that a migration changes."""

LOCK: Final = 0x63616C6C
"""The advisory lock of migrators; any number will do that is always the same, this one spells `call`."""

_FACTS: Final = """
select
  to_regclass('public.schema_migrations') is not null,
  to_regclass('public.conversations') is not null,
  to_regprocedure('public.callcenter_schema()') is not null
"""
_REACHED: Final = "select public.callcenter_schema()"
_APPLIED: Final = "select version, name, checksum from public.schema_migrations order by version"
_NOTE: Final = "insert into public.schema_migrations values (%s, %s, %s, now())"
_RELOAD: Final = "notify pgrst, 'reload schema'"
"""A data API (PostgREST) that listens learns of new functions at once; others don't mind."""
_INSTEAD: Final = "use another database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What was done, by the names of the files; nothing of both: the database was up to date."""

    adopted: tuple[str, ...]
    """They had been run by hand; that was noted."""
    applied: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    adopt: Sequence[Migration]
    apply: Sequence[Migration]


def migrate_postgres(url: str, *, folder: Path | None = None, lock_seconds: int = LOCK_SECONDS) -> Migrated:
    """Run what is pending on the database at `url`; safe when several do it at once.

    Raises ConfigurationError for a database or address that can't be used, StoreUnavailable when it does not answer.
    """
    wanted = migrations("supabase", folder)
    with _transaction(url, lock_seconds) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        plan = _plan(connection, wanted)
        if plan.adopt or plan.apply:
            connection.execute(VERSIONS_TABLE.encode())
        for migration in plan.apply:
            _apply(connection, migration)
        for migration in (*plan.adopt, *plan.apply):
            connection.execute(_NOTE, (migration.version, migration.name, migration.checksum))
        if plan.apply:
            connection.execute(_RELOAD)
    return Migrated(adopted=_names(plan.adopt), applied=_names(plan.apply))


def pending_postgres(url: str, *, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of what `migrate_postgres` would run on the database at `url`. Raises the same."""
    wanted = migrations("supabase", folder)
    with _transaction(url) as connection:
        connection.execute("set transaction read only")
        return _names(_plan(connection, wanted).apply)


def script(*, folder: Path | None = None) -> str:
    """Return SQL that does what `migrate_postgres` does, as one statement."""
    return migration_script.script(migrations("supabase", folder), lock=LOCK)


@contextmanager
def _transaction(url: str, lock_seconds: int = LOCK_SECONDS) -> Iterator[Connection]:
    with connected(url) as connection, connection.transaction():
        connection.execute("set local search_path = public")
        # What a role or a project sets for its requests is too short for an index over all calls.
        connection.execute("set local statement_timeout = 0")
        connection.execute("select set_config('lock_timeout', %s, true)", (f"{lock_seconds}s",))
        yield connection


def _plan(connection: Connection, wanted: Sequence[Migration]) -> _Plan:
    has_versions, has_calls, has_function = _row(connection, _FACTS)
    (reached,) = _row(connection, _REACHED) if has_function else (0,)
    if reached > wanted[-1].version:
        raise ConfigurationError(
            f"The database was migrated by a newer version of callcenter: its schema is number {reached}, this version"
            f" knows {wanted[-1].version}. Install that version or a later one, or {_INSTEAD}."
        )
    applied = _applied(connection) if has_versions else []
    if has_calls and not applied and not has_function:
        raise ConfigurationError(
            "The database has a table `conversations` that can't be taken over: it is another program's, or our files"
            f" were run by hand and not to the end. Run the rest of them in the same way, or {_INSTEAD}."
        )
    missing = due(wanted, applied, otherwise=_INSTEAD)
    return _Plan(
        adopt=[migration for migration in missing if migration.version <= reached],
        apply=[migration for migration in missing if migration.version > reached],
    )


def _applied(connection: Connection) -> list[tuple[int, str, str]]:
    try:
        return [(version, name, checksum) for version, name, checksum in connection.execute(_APPLIED)]
    except psycopg.errors.UndefinedColumn:
        raise ConfigurationError(
            f"The database has a table `schema_migrations` of another program; {_INSTEAD} for callcenter."
        ) from None


def _apply(connection: Connection, migration: Migration) -> None:
    try:
        # Bytes: several statements at once, and no literal of this code.
        connection.execute(migration.sql.encode())
    except psycopg.OperationalError:
        raise  # the server's trouble, not the file's
    except psycopg.Error as error:
        raise ConfigurationError(
            f"The migration {migration.name} can't be run on this database, which is as it was: {reason(error)}.",
            migration=migration.name,
        ) from None


def _names(some: Sequence[Migration]) -> tuple[str, ...]:
    return tuple(migration.name for migration in some)


def _row(connection: Connection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] | None = connection.execute(query.encode()).fetchone()
    assert row is not None  # noqa: S101 (these have one row each)
    return row

"""Bring a database to the schema this version expects: numbered SQL files, each run once, in order, never edited.

`0001_calls.sql` is portable; `0003_views_sqlite.sql` runs on SQLite only, `_supabase` files on PostgreSQL only, hosted
by Supabase or not (migrate_postgres.py). What ran stands in `schema_migrations` with the checksum of its text. A
database that was migrated by a newer version, or by a file that was edited since, is refused before anything is read or
written: guessing would cost somebody's calls.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.errors import ConfigurationError, StoreUnavailable

BUSY_SECONDS: Final = 10.0
"""How long a process waits for another one that migrates the same database; migrations take milliseconds."""

_WAL_ATTEMPTS: Final = 20
"""As many processes may start on a new file in the same moment."""

_FILE: Final = re.compile(r"(?P<version>\d{4})_(?P<topic>[a-z0-9_]+)\.sql")
_DIALECTS: Final = ("sqlite", "supabase")

VERSIONS_TABLE: Final = """
create table if not exists schema_migrations (
  version bigint not null primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the schema's history."""

    version: int
    name: str
    """The file's name without `.sql`."""
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, the same whatever line ends a checkout gave it."""
        return hashlib.sha256(self.sql.replace("\r\n", "\n").encode()).hexdigest()


def migrations_folder() -> Path:
    """Return where the SQL files are: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parent
    for folder in (package / "migrations", package.parents[1] / "migrations"):
        if folder.is_dir():
            return folder
    raise ConfigurationError("The folder `migrations` is missing from this installation; install callcenter again.")


def migrations(dialect: str, folder: Path | None = None) -> tuple[Migration, ...]:
    """Return the migrations a database of this dialect needs, in order."""
    found: dict[int, Migration] = {}
    for path in sorted((folder or migrations_folder()).glob("*.sql")):
        named = _FILE.fullmatch(path.name)
        if named is None:
            raise ConfigurationError(f"{path.name} is no name of a migration; it must look like 0001_topic.sql.")
        only_for = next((each for each in _DIALECTS if named["topic"].endswith(f"_{each}")), dialect)
        if only_for != dialect:
            continue
        version = int(named["version"])
        if version in found:
            raise ConfigurationError(
                f"Two migrations have the number {version:04}: {found[version].name}, {path.stem}."
            )
        found[version] = Migration(version, path.stem, path.read_text(encoding="utf-8"))
    return tuple(found.values())


def pending(connection: sqlite3.Connection, wanted: Sequence[Migration]) -> tuple[Migration, ...]:
    """Return the migrations that have not run here. Raises ConfigurationError where the database is not ours to use."""
    return due(wanted, _applied(connection), otherwise="use another CALLCENTER_DATA_DIR")


def pending_sqlite(path: Path, *, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of what has not run on the database at `path`, which is not touched; all, where there is none.

    Raises ConfigurationError for a database that can't be used, StoreUnavailable when it is locked.
    """
    wanted = migrations("sqlite", folder)
    if not path.exists():
        return tuple(migration.name for migration in wanted)
    with _telling_apart(path), closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        connection.execute("pragma query_only = on")
        return tuple(migration.name for migration in pending(connection, wanted))


def due(
    wanted: Sequence[Migration], applied: Iterable[tuple[int, str, str]], *, otherwise: str
) -> tuple[Migration, ...]:
    """Return what is wanted and not among the applied ones: their versions, names and checksums.

    Raises ConfigurationError for one that is unknown or was edited; `otherwise` is what else can be done then.
    """
    known = {migration.version: migration for migration in wanted}
    for version, name, checksum in applied:
        migration = known.pop(version, None)
        if migration is None:
            raise ConfigurationError(
                f"The database was migrated by a newer version of callcenter: it has {name}, which this version does"
                f" not know. Install that version or a later one, or {otherwise}.",
                migration=name,
            )
        if migration.checksum != checksum:
            raise ConfigurationError(
                f"The migration {name} was changed after it ran on this database. Restore the file as it was, and put"
                " the change into a new migration.",
                migration=name,
            )
    return tuple(known.values())


def migrate_sqlite(path: Path, *, folder: Path | None = None) -> tuple[str, ...]:
    """Run what is pending on the database at `path`, made if missing, and return the names of what ran.

    Idempotent, and safe when several processes start at once: one migrates, the others wait and find it done. All of it
    is one transaction. Raises ConfigurationError for a database that can't be used, StoreUnavailable when it is locked.
    """
    wanted = migrations("sqlite", folder)
    with _telling_apart(path):
        # Customers' words are for the account that runs the product; -wal and -shm files take over these permissions.
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            _use_wal(connection)
            return _migrate(connection, wanted)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Have readers never wait for the writer, nor it for them, in any process; the file keeps it."""
    for _ in range(_WAL_ATTEMPTS):
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            # Two who change the mode at once are both turned away at once; a lock is what SQLite waits for.
            connection.execute("begin immediate")
            connection.execute("rollback")
        else:
            return
    connection.execute("pragma journal_mode = wal")


@contextmanager
def _telling_apart(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"The database {path} can't be migrated now: {error}.") from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise ConfigurationError(f"The database {path} can't be used: {error}.") from error


def _migrate(connection: sqlite3.Connection, wanted: Sequence[Migration]) -> tuple[str, ...]:
    if not pending(connection, wanted):
        return ()
    connection.execute("begin immediate")
    try:
        connection.execute(VERSIONS_TABLE)
        missing = pending(connection, wanted)
        for migration in missing:
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute(
                "insert into schema_migrations values (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))",
                (migration.version, migration.name, migration.checksum),
            )
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")
    return tuple(migration.name for migration in missing)


def _applied(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    table = connection.execute("select 1 from sqlite_schema where name = 'schema_migrations'").fetchone()
    if table is None:
        return []
    return connection.execute("select version, name, checksum from schema_migrations order by version").fetchall()


def _statements(sql: str) -> Iterator[str]:
    """Split a file at its statements' ends; `executescript` would commit half way."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip() and not all(line.startswith("--") or not line.strip() for line in statement.splitlines()):
        raise ConfigurationError("A migration ends in the middle of a statement; a semicolon is missing.")

"""A database comes to the expected schema once, whoever starts first, or is refused with a reason."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from callcenter.calls import TokenUsage
from callcenter.errors import ConfigurationError, StoreUnavailable
from callcenter.store import migrate
from callcenter.store.migrate import migrate_sqlite, migrations, migrations_folder
from callcenter.store.rows import TICKET_COLUMNS, EventRow, HeaderRow
from callcenter.store.writes import rows_of
from tests.factories import assistant_message, following, opening, user_message

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.sqlite3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our migrations that a test may change."""
    return Path(shutil.copytree(migrations_folder(), tmp_path / "migrations"))


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_a_new_database_gets_everything_in_order(path: Path) -> None:
    applied = migrate_sqlite(path)
    assert applied[:4] == ("0001_calls", "0002_tickets", "0003_views_sqlite", "0004_usage")
    assert applied == tuple(sorted(applied))
    kept = rows(path, "select version, name, length(checksum), applied_at is not null from schema_migrations")
    assert kept == [(int(name[:4]), name, 64, 1) for name in applied]


def test_a_second_run_does_nothing(path: Path) -> None:
    migrate_sqlite(path)
    before = rows(path, "select * from schema_migrations")
    assert migrate_sqlite(path) == ()
    assert rows(path, "select * from schema_migrations") == before


def test_starts_at_once_migrate_once(path: Path) -> None:
    with ThreadPoolExecutor(8) as starts:
        applied = list(starts.map(lambda _: migrate_sqlite(path), range(8)))
    assert sorted(applied, key=len)[:7] == [()] * 7
    assert max(applied, key=len) == tuple(each.name for each in migrations("sqlite"))


def test_new_migrations_keep_the_data(path: Path, folder: Path) -> None:
    migrate_sqlite(path, folder=folder)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into schema_migrations values (0, 'x', 'x', 'x')")
        connection.execute(
            "insert into conversations values ('CALL-1', 1, 'علي', 'web', 'ar', 'sales', 'ai', 'a', 'b', null, '{}')"
        )
        connection.execute("delete from schema_migrations where version = 0")
        connection.commit()
    (folder / "9000_mood.sql").write_text(
        "-- A comment; with a semicolon.\nalter table conversations add column mood text;\n\n"
        "create trigger calm after update on conversations begin\n  select 1;\n  select 2;\nend;\n-- The end.\n"
    )
    assert migrate_sqlite(path, folder=folder) == ("9000_mood",)
    assert rows(path, "select call_id, customer_name, mood from conversations") == [("CALL-1", "علي", None)]


def test_the_index_of_usage_comes_to_calls_that_were_kept_before_it(path: Path, folder: Path) -> None:
    (folder / "0004_usage.sql").unlink()
    migrate_sqlite(path, folder=folder)
    start = opening()
    replies = (
        assistant_message(message="أعتذر عن ذلك."),
        assistant_message(message="We are sorry.").model_copy(update={"usage": TokenUsage(input_tokens=9)}),
    )
    with closing(sqlite3.connect(path)) as connection:
        for step in (start, following(start.state, user_message(), *replies)):
            rows_of(step)(connection)
        connection.commit()
        # As it was written before replies could have a usage.
        connection.execute("update conversation_events set payload = json_remove(payload, '$.usage') where seq = 4")
        connection.commit()
    kept = "select * from conversation_events order by seq"
    before = rows(path, kept), rows(path, "select * from conversations")
    assert migrate_sqlite(path)[0] == "0004_usage"
    assert (rows(path, kept), rows(path, "select * from conversations")) == before
    used = "select seq from conversation_events indexed by conversation_events_usage"
    assert rows(path, f"{used} where event = 'assistant_message' and payload ->> 'usage' is not null") == [(5,)]


def test_a_migration_that_fails_leaves_everything_as_it_was(path: Path, folder: Path) -> None:
    migrate_sqlite(path, folder=folder)
    (folder / "9000_good.sql").write_text("create table good (id text);\n")
    (folder / "9001_bad.sql").write_text("create table half (id text);\ninsert into nowhere values (1);\n")
    with pytest.raises(StoreUnavailable, match="nowhere"):
        migrate_sqlite(path, folder=folder)
    assert rows(path, "select name from sqlite_schema where name in ('good', 'half')") == []
    assert rows(path, "select max(version) < 9000 from schema_migrations") == [(1,)]


def test_an_edited_migration_is_refused(path: Path, folder: Path) -> None:
    migrate_sqlite(path, folder=folder)
    edited = folder / "0002_tickets.sql"
    edited.write_text(edited.read_text(encoding="utf-8") + "\n-- one more thought\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="0002_tickets was changed"):
        migrate_sqlite(path, folder=folder)


def test_line_ends_of_a_checkout_are_no_edit(path: Path, folder: Path) -> None:
    migrate_sqlite(path, folder=folder)
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate_sqlite(path, folder=folder) == ()


def test_a_newer_database_is_refused(path: Path, folder: Path) -> None:
    (folder / "9000_future.sql").write_text("create table future (id text);\n")
    migrate_sqlite(path, folder=folder)
    with pytest.raises(ConfigurationError, match="newer version of callcenter: it has 9000_future"):
        migrate_sqlite(path)


def test_each_dialect_gets_its_own_files(folder: Path) -> None:
    (folder / "9000_views_sqlite.sql").write_text("select 1;\n")
    (folder / "9000_views_supabase.sql").write_text("select 2;\n")
    assert [each.name for each in migrations("sqlite", folder)][-1] == "9000_views_sqlite"
    supabase = [each.name for each in migrations("supabase", folder)]
    assert supabase[:3] == ["0001_calls", "0002_tickets", "0004_usage"]
    assert supabase[-1] == "9000_views_supabase"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("notes.sql", "no name of a migration"), ("1_short.sql", "no name"), ("0001_other.sql", "have the number 0001")],
)
def test_a_misnamed_file_is_refused(path: Path, folder: Path, name: str, reason: str) -> None:
    (folder / name).write_text("select 1;\n")
    with pytest.raises(ConfigurationError, match=reason):
        migrate_sqlite(path, folder=folder)


def test_a_file_that_stops_half_way_is_refused(path: Path, folder: Path) -> None:
    (folder / "9000_half.sql").write_text("create table half (\n  id text\n)\n")
    with pytest.raises(ConfigurationError, match="semicolon"):
        migrate_sqlite(path, folder=folder)
    assert rows(path, "select count(*) from sqlite_schema") == [(0,)]


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    words = b"Dear diary, " * 400
    path.write_bytes(words)
    with pytest.raises(ConfigurationError, match="can't be used"):
        migrate_sqlite(path)
    assert path.read_bytes() == words


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        migrate_sqlite(tmp_path / "nowhere" / "calls.sqlite3")


def test_only_the_owner_may_read_the_database(path: Path) -> None:
    migrate_sqlite(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_the_migrations_build_is_what_the_store_writes(path: Path) -> None:
    migrate_sqlite(path)

    def columns(table: str) -> tuple[object, ...]:
        return tuple(name for (name,) in rows(path, f"select name from pragma_table_info('{table}')"))  # noqa: S608 (ours)

    assert columns("conversations") == HeaderRow._fields
    assert columns("conversation_events") == EventRow._fields
    assert columns("tickets") == TICKET_COLUMNS
    assert columns("ticket_events") == ("number", "version", "at", "actor", "changes")


def test_the_migrations_are_found_where_they_are_installed() -> None:
    assert (migrations_folder() / "0001_calls.sql").is_file()
    assert migrations_folder() in {
        Path(migrate.__file__).parent / "migrations",
        Path(migrate.__file__).parents[2] / "migrations",
    }

"""A PostgreSQL comes to the expected schema once, whoever starts first and however, or is refused with a reason."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from traceback import format_exception

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callcenter.errors import ConfigurationError, StoreUnavailable
from callcenter.store.migrate import migrate_sqlite, migrations, migrations_folder
from callcenter.store.migrate_postgres import LOCK, migrate_postgres, pending_postgres, script
from callcenter.store.rows import TICKET_COLUMNS, EventRow, HeaderRow
from tests.factories import assistant_message, following, opening, ticket, ticket_created, user_message
from tests.postgres import running
from tests.store.calls_in_postgres import Json, ask, put, rows, server, step_json

pytestmark = pytest.mark.live

NAMES = tuple(each.name for each in migrations("supabase"))
SECRET = "hunter2hunter2"  # noqa: S105 (of nobody)

SHAPE = (
    "select table_name, column_name, ordinal_position, data_type, is_nullable from information_schema.columns",
    "select proname, prosrc, proacl::text, proconfig from pg_proc where pronamespace = 'public'::regnamespace",
    "select tablename, policyname, roles, cmd, qual, with_check from pg_policies",
    "select oid::regclass::text, relacl::text, relrowsecurity, reloptions from pg_class where relkind in ('r', 'v')",
    "select indexdef from pg_indexes where schemaname = 'public'",
    "select version, name, checksum from schema_migrations",
)
"""What two databases have in common that were brought to the same version."""


@pytest.fixture
def url(postgres) -> str:
    """A project's database before any migration of ours."""
    address: str = postgres.new_database(migrated=False)
    return address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our migrations that a test may change."""
    return Path(shutil.copytree(migrations_folder(), tmp_path / "migrations"))


def asked(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return rows(connection, sql)


def shape(url: str) -> list[list[tuple[object, ...]]]:
    return [sorted(asked(url, sql), key=repr) for sql in SHAPE]


def run_by_hand(url: str, *, until: int = 9999) -> None:
    """Run the files one by one, as the Supabase CLI and the SQL editor do."""
    with psycopg.connect(url, autocommit=True) as connection:
        for each in migrations("supabase"):
            if each.version <= until:
                connection.execute(each.sql.encode())


def steps():
    start = opening(customer_name="ليلى")
    opened = ticket()
    said = (user_message(), ticket_created(opened=opened), assistant_message(message="We are sorry."))
    return start, following(start.state, *said, opened=(opened,))


# In order, once


def test_a_new_database_gets_everything_in_order(url):
    done = migrate_postgres(url)
    assert (done.applied, done.adopted) == (NAMES, ())
    kept = asked(url, "select version, name, checksum from schema_migrations order by version")
    assert kept == [(each.version, each.name, each.checksum) for each in migrations("supabase")]


def test_a_second_run_does_nothing(url):
    migrate_postgres(url)
    before = asked(url, "select * from schema_migrations"), shape(url)
    done = migrate_postgres(url)
    assert (done.applied, done.adopted) == ((), ())
    assert (asked(url, "select * from schema_migrations"), shape(url)) == before


def test_what_is_missing_is_told_and_not_done(url, folder):
    assert pending_postgres(url) == NAMES
    assert asked(url, "select to_regclass('conversations'), to_regclass('schema_migrations')") == [(None, None)]
    migrate_postgres(url)
    assert pending_postgres(url) == ()
    (folder / "9000_mood.sql").write_text("select 1;\n")
    assert pending_postgres(url, folder=folder) == ("9000_mood",)


def test_starts_at_once_migrate_once(url):
    with ThreadPoolExecutor(4) as starts:
        done = list(starts.map(lambda _: migrate_postgres(url).applied, range(4)))
    assert sorted(done, key=len) == [(), (), (), NAMES]


def test_who_waits_too_long_for_another_migrator_is_told(url):
    with psycopg.connect(url) as other:
        other.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        with pytest.raises(StoreUnavailable, match="Somebody else"):
            migrate_postgres(url, lock_seconds=1)
    assert migrate_postgres(url).applied == NAMES


def test_a_migration_that_fails_leaves_everything_as_it_was(url, folder):
    (folder / "9000_good.sql").write_text("create table good (id text);\n")
    (folder / "9001_bad.sql").write_text("create table half (id text);\ninsert into nowhere values (1);\n")
    with pytest.raises(ConfigurationError, match=r"9001_bad can't be run .* as it was: .*nowhere"):
        migrate_postgres(url, folder=folder)
    assert asked(url, "select to_regclass('conversations'), to_regclass('good'), to_regclass('half')") == [
        (None, None, None)
    ]


def test_a_migration_that_fails_leaves_a_database_in_use_as_it_was(url, folder):
    migrate_postgres(url)
    before = shape(url)
    (folder / "9000_bad.sql").write_text("alter table conversations add column mood text;\nselect nothing();\n")
    with pytest.raises(ConfigurationError, match="9000_bad"):
        migrate_postgres(url, folder=folder)
    assert shape(url) == before


def test_a_data_api_that_listens_is_told_of_the_new_schema(url):
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute("listen pgrst")
        migrate_postgres(url)
        migrate_postgres(url)
        assert [each.payload for each in listening.notifies(timeout=0.2)] == ["reload schema"]
        listening.execute(script().encode())
        assert [each.payload for each in listening.notifies(timeout=0.2)] == ["reload schema"]


# Data


def test_migrating_on_keeps_every_row(url, folder):
    for later in migrations("supabase")[3:]:
        (folder / f"{later.name}.sql").unlink()
    migrate_postgres(url, folder=folder)
    kept = "select (select jsonb_agg(t order by t.seq) from conversation_events t), (select jsonb_agg(c) from"
    kept += " conversations c), (select jsonb_agg(to_jsonb(t) - 'merged_into') from tickets t),"
    kept += " (select jsonb_agg(e) from ticket_events e)"
    start, turn = steps()
    with psycopg.connect(url) as connection:
        for step in map(step_json, (start, turn)):
            put_without_functions(connection, step)
    before = asked(url, kept)
    assert migrate_postgres(url).applied == NAMES[3:]
    assert asked(url, kept) == before
    with server(url) as connection:
        loaded = ask(connection, "load_call", call="CALL-1", last=9)
        assert loaded["state"] == turn.state.model_dump(mode="json")
        assert len(loaded["events"]) == 5
        put(connection, following(turn.state, user_message(message_id="m-2")))
    assert asked(url, "select total_messages, tickets from conversation_statistics") == [(4, 1)]


def put_without_functions(connection: psycopg.Connection, step: Json) -> None:
    """Insert what a step holds as rows, for schemas that are too old to have functions."""
    header = "insert into conversations select * from jsonb_populate_record(null::conversations, %s)"
    header += " on conflict (call_id) do update set seq = excluded.seq, state = excluded.state"
    connection.execute(header.encode(), (Jsonb(step["header"]),))
    into = "insert into {0} select * from jsonb_populate_recordset(null::{0}, %s)"
    connection.execute(into.format("conversation_events").encode(), (Jsonb(step["events"]),))
    connection.execute(into.format("tickets").encode(), (Jsonb(step["opened"]),))
    history = "insert into ticket_events select number, version, updated_at, 'customer', '{{}}' from tickets"
    connection.execute(f"{history} on conflict do nothing".replace("{{}}", "{}").encode())


# Run by hand


def test_a_database_whose_files_were_run_by_hand_is_taken_over(url, folder):
    run_by_hand(url)
    with server(url) as connection:
        put(connection, *steps())
    assert pending_postgres(url) == ()
    done = migrate_postgres(url)
    assert (done.applied, done.adopted) == ((), NAMES)
    (folder / "9000_mood.sql").write_text("alter table conversations add column mood text;\n")
    assert migrate_postgres(url, folder=folder).applied == ("9000_mood",)
    assert asked(url, "select call_id, mood from conversations") == [("CALL-1", None)]


def test_files_run_by_hand_after_a_migration_are_taken_over(url, folder):
    (folder / f"{NAMES[-1]}.sql").unlink()
    migrate_postgres(url, folder=folder)
    with psycopg.connect(url) as connection:
        connection.execute(migrations("supabase")[-1].sql.encode())
    done = migrate_postgres(url)
    assert (done.applied, done.adopted) == ((), NAMES[-1:])


def test_files_run_by_hand_half_way_are_gone_on_with(url):
    run_by_hand(url, until=7)
    done = migrate_postgres(url)
    until = sum(each.version <= 7 for each in migrations("supabase"))
    assert (done.adopted, done.applied) == (NAMES[:until], NAMES[until:])


def test_files_run_by_hand_build_the_same(url, postgres):
    run_by_hand(url)
    migrate_postgres(url)
    assert shape(url) == shape(postgres.new_database())


def test_every_file_for_postgresql_says_its_number(url):
    with psycopg.connect(url, autocommit=True) as connection:
        for each in migrations("supabase"):
            connection.execute(each.sql.encode())
            if each.name.endswith("_supabase"):
                assert rows(connection, "select callcenter_schema()") == [(each.version,)]
    assert migrations("supabase")[-1].name.endswith("_supabase"), "only such a file can say how far a schema is"


# The script


def test_the_script_builds_the_same_as_often_as_it_is_run(url, postgres):
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(2):
            connection.execute(script().encode())
    assert shape(url) == shape(postgres.new_database())
    done = migrate_postgres(url)
    assert (done.applied, done.adopted) == ((), ())


def test_the_script_goes_on_from_where_a_database_is_and_keeps_its_rows(url, folder):
    migrate_postgres(url)
    with server(url) as connection:
        put(connection, *steps())
    (folder / "9000_mood.sql").write_text("alter table conversations add column mood text;\n")
    with psycopg.connect(url) as connection:
        connection.execute(script(folder=folder).encode())
    assert asked(url, "select call_id, mood from conversations") == [("CALL-1", None)]
    assert pending_postgres(url, folder=folder) == ()


def test_the_script_takes_over_what_was_run_by_hand(url):
    run_by_hand(url, until=7)
    with psycopg.connect(url) as connection:
        connection.execute(script().encode())
    assert pending_postgres(url) == ()
    assert len(asked(url, "select * from schema_migrations")) == len(NAMES)


def test_the_script_is_all_or_nothing(url, folder):
    (folder / "9000_bad.sql").write_text("insert into nowhere values (1);\n")
    with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.Error, match="nowhere"):
        connection.execute(script(folder=folder).encode())
    assert asked(url, "select to_regclass('conversations')") == [(None,)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update schema_migrations set checksum = 'x' where version = 2", "0002_tickets was changed"),
        ("insert into schema_migrations values (9000, 'x', 'x', now())", "newer version"),
        ("create or replace function callcenter_schema() returns int return 9000", "newer version"),
    ],
)
def test_the_script_refuses_what_the_command_refuses(url, change, reason):
    migrate_postgres(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(change.encode())
        with pytest.raises(psycopg.errors.RaiseException, match=reason):
            connection.execute(script().encode())
    with pytest.raises(ConfigurationError, match=reason):
        migrate_postgres(url)
    with pytest.raises(ConfigurationError, match=reason):
        pending_postgres(url)


def test_a_migration_that_would_end_the_script_early_is_refused(folder):
    (folder / "9000_odd.sql").write_text("select $callcenter$ odd $callcenter$;\n")
    with pytest.raises(ConfigurationError, match="9000_odd"):
        script(folder=folder)


# Refused


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("conversations (id bigint)", "`conversations` that can't be taken over"),
        ("schema_migrations (version text)", "`schema_migrations` of another program"),
    ],
)
def test_another_programs_tables_are_left_alone(url, table, reason):
    with psycopg.connect(url) as connection:
        connection.execute(f"create table {table}".encode())
    with pytest.raises(ConfigurationError, match=reason):
        migrate_postgres(url)
    assert asked(url, "select count(*) from pg_class where relnamespace = 'public'::regnamespace") == [(1,)]


def test_a_role_that_may_not_create_is_told(url, postgres):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop role if exists stranger")
        connection.execute("create role stranger login")
    with pytest.raises(ConfigurationError, match="permission denied for schema public"):
        migrate_postgres(postgres.url(url.rsplit("/", 1)[1], user="stranger"))


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://postgres:{SECRET}@[::1",
        f"postgresql://postgres:{SECRET}%zz@127.0.0.1/postgres",
        f"postgresql://postgres:{SECRET}@half@127.0.0.1/postgres",
        f"postgresql://postgres:half/{SECRET}@127.0.0.1/postgres",
        f"postgresql://postgres:12/{SECRET}@127.0.0.1/postgres",
        f"https://{SECRET}.supabase.example",
        f"host=127.0.0.1 password={SECRET}",
        f"postgresql://postgres@127.0.0.1/postgres?pasword={SECRET}",
        "",
    ],
)
def test_an_address_that_cant_be_read_is_not_repeated(address):
    with pytest.raises(ConfigurationError, match="percent-encoded") as refused:
        migrate_postgres(address)
    assert SECRET not in "".join(format_exception(refused.value))


@pytest.mark.parametrize(
    "where", ["127.0.0.1:1/postgres", "nowhere.invalid/postgres", "127.0.0.1:{port}/nowhere", f"/{SECRET}"]
)
def test_a_server_that_cant_be_reached_is_named_without_the_password(postgres, where):
    with pytest.raises(StoreUnavailable, match="can't be reached") as refused:
        migrate_postgres(f"postgresql://postgres:{SECRET}@{where.format(port=postgres.port)}")
    assert SECRET not in "".join(format_exception(refused.value))


# Elsewhere than in a project


def test_a_plain_postgresql_gets_what_it_lacks():
    with running(like_project=False) as plain:
        url = plain.new_database()
        roles = "select rolname, rolcanlogin, rolbypassrls, rolsuper from pg_roles where rolname in"
        assert asked(url, f"{roles} ('anon', 'authenticated', 'service_role') order by 1") == [
            ("anon", False, False, False),
            ("authenticated", False, False, False),
            ("service_role", False, False, False),
        ]
        start, turn = steps()
        with server(url) as connection:
            put(connection, start, turn)
            assert len(ask(connection, "load_call", call="CALL-1", last=9)["tickets"]) == 1
            assert rows(connection, "select count(*) from transcripts") == [(1,)]
            assert ask(connection, "erase_call", call="CALL-1") == {"events": 5, "tickets": 1}
        other = plain.new_database(migrated=False)
        assert migrate_postgres(other).applied == NAMES, "the roles are there already, the tables are not"


def test_an_owner_who_is_no_superuser_can_migrate():
    with running(like_project=False) as plain:
        with psycopg.connect(plain.url(), autocommit=True) as connection:
            connection.execute("create role owner login createrole")
            connection.execute("create role pauper login")
            connection.execute("create database owned owner owner")
            connection.execute("create database poor owner pauper")
        with pytest.raises(ConfigurationError, match="The role anon is missing here, and pauper may not make it"):
            migrate_postgres(plain.url("poor", user="pauper"))
        url = plain.url("owned", user="owner")
        assert migrate_postgres(url).applied == NAMES
        with server(plain.url("owned")) as connection:
            put(connection, *steps())
        assert asked(url, "select count(*) from conversation_events") == [(5,)]


# What is built


@pytest.fixture
def embedded(tmp_path):
    migrate_sqlite(tmp_path / "calls.sqlite3")
    connection = sqlite3.connect(tmp_path / "calls.sqlite3")
    yield connection
    connection.close()


def columns_on_both(connection, embedded, name: str) -> list[tuple[str, ...]]:
    here = rows(
        connection,
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum",
        (name,),
    )
    there = embedded.execute("select name from pragma_table_info(?)", (name,))
    return [tuple(column for (column,) in found) for found in (here, there)]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("conversations", HeaderRow._fields),
        ("conversation_events", EventRow._fields),
        ("tickets", TICKET_COLUMNS),
        ("ticket_events", ("number", "version", "at", "actor", "changes")),
        ("records", ("table_name", "id", "version", "fields", "line_sha256", "updated_at")),
        ("action_results", ("key", "call_id", "result", "at")),
        ("schema_migrations", ("version", "name", "checksum", "applied_at")),
    ],
)
def test_tables_have_the_columns_that_both_stores_write(postgres, embedded, table, expected):
    with psycopg.connect(postgres.new_database()) as connection:
        assert columns_on_both(connection, embedded, table) == [expected, expected]


def test_both_have_the_same_views_with_the_same_columns(postgres, embedded):
    with psycopg.connect(postgres.new_database()) as connection:
        here = rows(connection, "select viewname from pg_views where schemaname = 'public' order by 1")
        assert here == embedded.execute("select name from sqlite_schema where type = 'view' order by 1").fetchall()
        assert len(here) == 5
        for (view,) in here:
            one, other = columns_on_both(connection, embedded, view)
            assert one == other

"""`callcenter migrate`: the embedded database, or a PostgreSQL; looked at, brought up to date, or printed as SQL."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from callcenter.store.migrate import migrations
from callcenter.store.migrate_postgres import pending_postgres, script
from tests.cli.conftest import Run

pytestmark = pytest.mark.live

PASSWORD = "hunter2hunter2"  # noqa: S105 (of nobody)


@pytest.fixture
def url(postgres) -> str:
    address: str = postgres.new_database(migrated=False)
    return address.replace("postgres@", f"postgres:{PASSWORD}@")


def test_a_postgresql_of_the_environment_is_migrated_once(run: Run, url, folder: Path):
    first, second = (run("migrate", env={"SUPABASE_DB_URL": url}) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    applied = [line for line in first.stdout.splitlines() if line.startswith("applied ")]
    assert applied == [f"applied {each.name}" for each in migrations("supabase")]
    assert second.stdout == "The PostgreSQL database is up to date.\n"
    assert PASSWORD not in first.output + second.output
    assert not (folder / "data").exists()


def test_a_postgresql_of_the_option_wins_over_the_environment(run: Run, url):
    done = run("migrate", "--database-url", url, env={"SUPABASE_DB_URL": "postgresql://127.0.0.1:1/nowhere"})
    assert done.exit_code == 0
    assert pending_postgres(url) == ()


def test_a_check_says_what_is_missing_and_changes_nothing(run: Run, url):
    before = run("migrate", "--check", "--database-url", url)
    assert before.exit_code == 1
    assert before.stdout.startswith("missing 0001_calls\n")
    assert before.stdout.endswith(f"The PostgreSQL database lacks {len(migrations('supabase'))} of its migrations.\n")
    assert pending_postgres(url) != ()
    run("migrate", "--database-url", url)
    after = run("migrate", "--check", "--database-url", url)
    assert (after.exit_code, after.stdout) == (0, "The PostgreSQL database is up to date.\n")


def test_a_check_of_the_embedded_database_makes_none(run: Run, folder: Path):
    before = run("migrate", "--check")
    assert before.exit_code == 1
    assert "missing 0001_calls\n" in before.stdout
    assert not (folder / "data").exists()
    run("migrate")
    assert run("migrate", "--check").exit_code == 0


def test_what_was_run_by_hand_is_told_apart(run: Run, url):
    with psycopg.connect(url) as connection:
        for each in migrations("supabase"):
            connection.execute(each.sql.encode())
    done = run("migrate", "--database-url", url)
    assert "found 0001_calls\n" in done.stdout
    assert "applied" not in done.stdout


def test_the_printed_script_can_be_run(run: Run, url):
    printed = run("migrate", "--print", env={"SUPABASE_DB_URL": "not asked"})
    assert (printed.exit_code, printed.stdout) == (0, script())
    with psycopg.connect(url) as connection:
        connection.execute(printed.stdout.encode())
    assert pending_postgres(url) == ()


@pytest.mark.parametrize("other", [("--check",), ("--database-url", "postgresql://127.0.0.1/x")])
def test_printing_asks_no_database(run: Run, other):
    refused = run("migrate", "--print", *other)
    assert refused.exit_code == 2
    assert "--print" in refused.stderr


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/postgres", 1),
        (f"postgresql://postgres:{PASSWORD}@x@127.0.0.1/postgres", 2),
    ],
)
def test_an_address_that_does_not_work_is_one_line_without_its_password(run: Run, address, code):
    for arguments in (("migrate",), ("migrate", "--check")):
        refused = run(*arguments, env={"SUPABASE_DB_URL": address})
        assert refused.exit_code == code
        assert refused.stderr.startswith("callcenter: ")
        assert refused.stderr.count("\n") == 1
        assert PASSWORD not in refused.output

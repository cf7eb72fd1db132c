from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from callcenter.calls import Language
from callcenter.settings import Settings, StoreKind
from callcenter.store import Archive, Store
from callcenter.store.moving import Retry, archives
from callcenter.store.sqlite import SQLiteStore
from tests import factories as make

pytestmark = pytest.mark.live

Run = Callable[..., Result]

ROOT = Path(__file__).parents[2]


async def _keep_calls(database: Path, number: int) -> None:
    store = await SQLiteStore.open(database)
    try:
        for count in range(number):
            call_id = f"CALL-{count}"
            name, language = ("Layla", Language.en) if count % 2 else ("علي", Language.ar)
            opening = make.opening(call_id, customer_name=name, language=language, at=make.after(count))
            opened = make.ticket(f"TKT-{count:08d}", call_id=call_id)
            said = make.user_message(call_id), make.routing(call_id), make.ticket_created(call_id, opened=opened)
            await store.append(opening)
            await store.append(make.following(opening.state, *said, opened=(opened,)))
    finally:
        await store.close()


async def _all_of(store: Store) -> dict[str, Archive]:
    try:
        return {each.call.call_id: each async for each in archives(store, Retry(waits=()))}
    finally:
        await store.close()


def keep_calls(data: Path, number: int) -> None:
    data.mkdir(exist_ok=True)
    asyncio.run(_keep_calls(Settings(data_dir=data).database, number))


def calls_in(data: Path) -> dict[str, Archive]:
    async def read() -> dict[str, Archive]:
        return await _all_of(await SQLiteStore.open(Settings(data_dir=data).database))

    return asyncio.run(read())


@pytest.fixture
def kept(folder: Path) -> Path:
    """Return the working folder, with three calls in its database."""
    keep_calls(folder / "data", 3)
    return folder


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.jsonl.gz"])
def test_everything_moves_through_a_file_to_another_machine(name: str, run: Run, kept: Path) -> None:
    exported = run("export", name)
    assert exported.exit_code == 0
    assert exported.stdout == ""
    assert re.search(
        rf"3 calls, 15 events and 3 tickets written to {name} in [\d.]+ s, [\d,]+ calls/s", exported.stderr
    )

    imported = run("import", name, env={"CALLCENTER_DATA_DIR": "other"})
    assert imported.exit_code == 0
    assert re.search(r"3 calls: 3 new, 0 already here, 0 refused in [\d.]+ s, [\d,]+ calls/s", imported.stderr)
    assert calls_in(kept / "other") == calls_in(kept / "data")

    again = run("import", name, env={"CALLCENTER_DATA_DIR": "other"})
    assert again.exit_code == 0
    assert "3 calls: 0 new, 3 already here, 0 refused" in again.stderr


def test_name_of_the_file_says_whether_it_is_compressed(run: Run, kept: Path) -> None:
    run("export", "calls.jsonl")
    run("export", "calls.jsonl.gz")
    assert gzip.decompress((kept / "calls.jsonl.gz").read_bytes()) == (kept / "calls.jsonl").read_bytes()
    assert len((kept / "calls.jsonl").read_text(encoding="utf-8").split("\n")) == 1 + 3 + 1 + 1


def test_file_is_for_its_owner_alone_and_replaced_only_when_asked(run: Run, kept: Path) -> None:
    assert run("export", "calls.jsonl.gz").exit_code == 0
    assert stat.S_IMODE((kept / "calls.jsonl.gz").stat().st_mode) == 0o600
    refused = run("export", "calls.jsonl.gz")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert run("export", "calls.jsonl.gz", "--force").exit_code == 0


def test_a_call_may_have_the_name_of_a_file(run: Run, folder: Path) -> None:
    async def keep() -> None:
        store = await SQLiteStore.open(Settings(data_dir=folder / "data").database)
        await store.append(make.opening("odd.jsonl"))
        await store.close()

    (folder / "data").mkdir()
    asyncio.run(keep())
    shown = run("export", "odd.jsonl", "--format", "json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["call_id"] == "odd.jsonl"


def test_refusals_are_named_by_line_and_call_and_end_with_one(run: Run, kept: Path) -> None:
    run("export", "calls.jsonl")
    lines = (kept / "calls.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = b'{"call": "CALL-1"}\n'
    (kept / "calls.jsonl").write_bytes(b"".join(lines))
    keep_calls(kept / "other", 1)
    other = calls_in(kept / "other")

    result = run("import", "calls.jsonl", env={"CALLCENTER_DATA_DIR": "other"})
    assert result.exit_code == 1
    assert "refused: line 3: " in result.stderr
    assert "3 calls: 1 new, 1 already here, 1 refused" in result.stderr
    assert calls_in(kept / "other").keys() == {*other, "CALL-2"}


def test_call_that_is_another_one_here_is_refused_by_its_id(run: Run, kept: Path) -> None:
    run("export", "calls.jsonl.gz")

    async def keep() -> None:
        (kept / "other").mkdir()
        store = await SQLiteStore.open(Settings(data_dir=kept / "other").database)
        await store.append(make.opening("CALL-1", customer_name="Somebody else"))
        await store.close()

    asyncio.run(keep())
    result = run("import", "calls.jsonl.gz", env={"CALLCENTER_DATA_DIR": "other"})
    assert result.exit_code == 1
    assert "refused: line 3, CALL-1: another call there has its id" in result.stderr
    assert "Somebody" not in result.stderr


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.jsonl.gz"])
def test_file_cut_short_is_said_and_what_it_holds_is_taken(name: str, run: Run, kept: Path) -> None:
    run("export", name)
    whole = (kept / name).read_bytes()
    (kept / name).write_bytes(whole[:-12])
    result = run("import", name, env={"CALLCENTER_DATA_DIR": "other"})
    assert result.exit_code == 2
    assert "cut short" in result.stderr
    assert "3 calls: 3 new" in result.stderr


def test_transcripts_by_period_are_told_from_a_file_to_move(run: Run, kept: Path) -> None:
    run("export", "--from", "2020-01-01", "--output", "period.jsonl")
    result = run("import", "period.jsonl", env={"CALLCENTER_DATA_DIR": "other"})
    assert result.exit_code == 2
    assert "hold no tickets" in result.stderr
    assert not (kept / "other").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import"], "either a FILE or a store"),
        (["import", "calls.jsonl", "--from", "sqlite"], "either a FILE or a store"),
        (["import", "--from", "mysql"], "--from mysql is no store; choose sqlite or supabase"),
        (["import", "--from", "sqlite"], "from sqlite to sqlite"),
        (["import", "missing.jsonl.gz"], "missing.jsonl.gz: No such file"),
        (["export", "calls.jsonl", "--store", "mysql"], "--store mysql is no store"),
        (["export", "CALL-1", "--store", "sqlite"], "--store is for exporting all calls"),
    ],
)
@pytest.mark.usefixtures("kept")
def test_what_makes_no_sense_is_refused(arguments: list[str], said: str, run: Run) -> None:
    result = run(*arguments)
    assert result.exit_code in {1, 2}
    assert said in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    "arguments", [["export", "calls.jsonl"], ["import", "--from", "sqlite", "--store", "supabase"]]
)
def test_database_to_move_from_must_exist(arguments: list[str], run: Run, folder: Path) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "CALLCENTER_DATA_DIR" in result.stderr
    assert list(folder.iterdir()) == []


def test_supabase_without_its_address_is_refused_before_anything_is_read(run: Run, kept: Path) -> None:
    result = run("import", "--from", StoreKind.sqlite, "--store", StoreKind.supabase)
    assert result.exit_code == 2
    assert "supabase" in result.stderr.lower()
    assert len(calls_in(kept / "data")) == 3


def test_move_that_is_interrupted_keeps_whole_calls_and_goes_on(run: Run, folder: Path) -> None:
    keep_calls(folder / "data", 400)
    run("export", "calls.jsonl.gz")
    program = [sys.executable, "-c", "from callcenter.cli import main; main()", "import", "calls.jsonl.gz"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CALLCENTER_DATA_DIR": "other"}
    with subprocess.Popen(program, cwd=folder, env=environment, stderr=subprocess.PIPE) as moving:
        assert moving.stderr
        assert moving.stderr.readline().startswith(b"Into sqlite")
        moving.send_signal(signal.SIGINT)
        said = moving.stderr.read().decode()
    before, moved = calls_in(folder / "data"), calls_in(folder / "other")
    assert moving.returncode != 0
    assert "the same command goes on from there" in said
    assert moved.items() <= before.items()

    again = run("import", "calls.jsonl.gz", env={"CALLCENTER_DATA_DIR": "other"})
    assert again.exit_code == 0
    assert f"400 calls: {400 - len(moved)} new, {len(moved)} already here, 0 refused" in again.stderr
    assert calls_in(folder / "other") == before

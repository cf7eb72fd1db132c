from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import Result

from callcenter.bootstrap import build
from callcenter.calls import Language
from callcenter.cli.files import new_file
from callcenter.errors import InvalidRequest
from callcenter.settings import Settings
from tests import factories as make

pytestmark = pytest.mark.live

Run = Callable[..., Result]

# In Riyadh, three hours ahead of UTC, the second call starts half an hour into 2 November.
STARTS = {
    "OCT-31": datetime(2026, 10, 31, 20, 59, tzinfo=UTC),
    "NOV-02": datetime(2026, 11, 1, 21, 30, tzinfo=UTC),
    "NOV-30": datetime(2026, 11, 30, 20, 59, tzinfo=UTC),
    "DEC-01": datetime(2026, 11, 30, 21, 0, tzinfo=UTC),
}


async def _keep_calls(settings: Settings) -> None:
    app = await build(settings)
    try:
        for call_id, at in STARTS.items():
            opening = make.opening(call_id, at=at, customer_name="علي")
            await app.store.append(opening)
            said = make.user_message(message="جوالي +966 50 123 4567", message_id=f"m-{call_id}", at=at)
            await app.store.append(make.following(opening.state, said))
        english = make.call_started("EN", at=datetime(2020, 1, 1, tzinfo=UTC), language=Language.en)
        await app.store.append(make.opening("EN", at=english.at, language=Language.en, customer_name="Layla"))
    finally:
        await app.close()


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("calls") / "data"
    asyncio.run(_keep_calls(Settings(data_dir=data)))
    return data


@pytest.fixture
def kept(folder: Path, calls: Path) -> Path:
    """Return the working folder, with calls in its database."""
    shutil.copytree(calls, folder / "data")
    return folder


def exported_ids(result: Result) -> list[str]:
    assert result.exit_code == 0
    return [json.loads(line)["call"]["call_id"] for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("period", "ids"),
    [
        (["--from", "2026-11-01", "--until", "2026-12-01"], ["NOV-30", "NOV-02"]),
        (["--from", "2026-11-02", "--until", "2026-11-03"], ["NOV-02"]),
        (["--from", "2026-11-01", "--until", "2026-11-02"], []),
        (["--from", "2026-12-01"], ["DEC-01"]),
        (["--until", "2026-11-01"], ["OCT-31", "EN"]),
        (["--from", "2026-11-02T00:30", "--until", "2026-11-02T00:31"], ["NOV-02"]),
        (["--from", "2026-11-30T21:00:00Z"], ["DEC-01"]),
    ],
)
def test_period_is_in_the_companys_days(period: list[str], ids: list[str], run: Run) -> None:
    result = run("export", *period)
    assert exported_ids(result) == ids
    assert f"{len(ids)} call" in result.stderr


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "period",
    [
        ["--from", "yesterday"],
        ["--from", "2026-13-01"],
        ["--from", "2026-11-02", "--until", "2026-11-02"],
        ["--from", "2026-11-02", "--until", "2026-11-01"],
    ],
)
def test_period_that_makes_no_sense_is_refused(period: list[str], run: Run) -> None:
    result = run("export", *period)
    assert result.exit_code == 2
    assert result.stderr.startswith("callcenter: --")
    assert result.stdout == ""


@pytest.mark.usefixtures("kept")
def test_one_call_is_text_to_read_unless_asked(run: Run) -> None:
    arabic = run("export", "NOV-02")
    assert arabic.exit_code == 0
    assert "سجل المحادثة" in arabic.stdout
    assert "2 نوفمبر 2026" in arabic.stdout
    assert "transcript of call" in run("export", "EN").stdout
    assert "transcript of call" in run("export", "NOV-02", "--language", "en").stdout


@pytest.mark.usefixtures("kept")
def test_one_call_in_every_format(run: Run) -> None:
    assert json.loads(run("export", "NOV-02", "-f", "json").stdout)["messages"][1]["role"] == "user"
    assert exported_ids(run("export", "NOV-02", "-f", "jsonl")) == ["NOV-02"]
    assert 'dir="rtl"' in run("export", "NOV-02", "-f", "html").stdout
    table = run("export", "NOV-02", "-f", "csv").stdout_bytes
    assert table.startswith(b"\xef\xbb\xbfcall_id,")
    assert table.count(b"\r\n") == 3


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("c.csv", b"\xef\xbb\xbf"),
        ("c.html", b"<!doctype"),
        ("c.json", b"{"),
        ("c.JSONL", b'{"call"'),
        ("c.txt", b"\xe2"),
    ],
)
def test_name_of_the_output_chooses_the_format(name: str, start: bytes, run: Run, kept: Path) -> None:
    result = run("export", "NOV-02", "--output", name)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (kept / name).read_bytes().startswith(start)


def test_period_as_table_and_as_pages(run: Run, kept: Path) -> None:
    assert run("export", "--from", "2026-11-01", "-o", "november.csv").exit_code == 0
    rows = list(csv.DictReader(io.StringIO((kept / "november.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert [row["call_id"] for row in rows] == ["DEC-01"] * 2 + ["NOV-30"] * 2 + ["NOV-02"] * 2

    assert run("export", "--from", "2026-11-01", "-o", "november.zip").exit_code == 0
    assert len(zipfile.ZipFile(kept / "november.zip").namelist()) == 4


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("fmt", ["txt", "json"])
def test_format_for_one_call_is_refused_for_a_period(fmt: str, run: Run) -> None:
    result = run("export", "--from", "2026-11-01", "--format", fmt)
    assert result.exit_code == 2
    assert f"{fmt} holds one call" in result.stderr


def test_nothing_is_overwritten_unless_asked(run: Run, kept: Path) -> None:
    (kept / "call.txt").write_text("mine", encoding="utf-8")
    refused = run("export", "NOV-02", "--output", "call.txt")
    assert refused.exit_code == 2
    assert "call.txt exists; --force replaces it" in refused.stderr
    assert (kept / "call.txt").read_text(encoding="utf-8") == "mine"

    assert run("export", "NOV-02", "--output", "call.txt", "--force").exit_code == 0
    assert "NOV-02" in (kept / "call.txt").read_text(encoding="utf-8")


def test_file_is_for_its_owner_alone(run: Run, kept: Path) -> None:
    assert run("export", "NOV-02", "--output", "call.txt").exit_code == 0
    assert stat.S_IMODE((kept / "call.txt").stat().st_mode) == 0o600


def test_what_fails_leaves_no_file(run: Run, kept: Path) -> None:
    before = set(kept.iterdir())
    unknown = run("export", "NOBODY", "--output", "call.txt")
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("callcenter: No call has this id")
    nowhere = run("export", "NOV-02", "--output", "no/such/folder/call.txt")
    assert nowhere.exit_code == 2
    assert "no/such/folder" in nowhere.stderr
    assert set(kept.iterdir()) == before


def test_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    with new_file(target, force=False) as out:
        out.write(b"half")
        assert not target.exists()
    assert target.read_bytes() == b"half"
    with pytest.raises(InvalidRequest), new_file(target, force=False):
        pytest.fail("it must not be opened")


def test_missing_database_is_not_made_but_said(run: Run, folder: Path) -> None:
    result = run("export", "CALL-1")
    assert result.exit_code == 2
    assert "CALLCENTER_DATA_DIR" in result.stderr
    assert not (folder / "data").exists()

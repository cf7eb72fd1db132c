from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

import callcenter
from callcenter.company import load_company

pytestmark = pytest.mark.unit

Run = Callable[..., Result]

COMMANDS = (
    "serve",
    "chat",
    "analyze",
    "evaluate",
    "export",
    "import",
    "simulate",
    "words",
    "migrate",
    "init",
    "settings",
)


def test_it_says_its_version(run: Run) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"callcenter {callcenter.__version__}\n")


def test_help_names_every_command(run: Run) -> None:
    listed = run("--help").stdout
    assert all(f"\n  {command} " in listed for command in COMMANDS)
    assert "..." not in listed.partition("Commands:")[2]  # no summary is cut


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, run: Run) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Usage: callcenter {command} " in result.stdout


@pytest.mark.parametrize(("command", "arabic"), [("analyze", "كم تكلفة تصميم موقع؟"), ("chat", "علي")])
def test_examples_speak_both_languages(command: str, arabic: str, run: Run) -> None:
    shown = run(command, "--help").stdout.partition("Examples:")[2]
    assert arabic in shown
    assert "callcenter " + command in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze"],
        ["analyze", "hello", "--language", "fr"],
        ["export"],
        ["export", "CALL-1", "--from", "2026-11-01"],
        ["export", "CALL-1", "--format", "pdf"],
        ["serve", "--port", "70000"],
        ["translate"],
    ],
)
def test_wrong_use_ends_with_two(arguments: list[str], run: Run) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize("command", ["settings", "migrate", "chat", "serve"])
def test_bad_setting_is_one_line_and_ends_with_two(command: str, run: Run) -> None:
    result = run(command, env={"CALLCENTER_PORT": "many"})
    assert result.exit_code == 2
    assert result.stderr.startswith("callcenter: CALLCENTER_PORT: ")
    assert result.stderr.count("\n") == 1


def test_serving_strangers_without_keys_is_refused(run: Run) -> None:
    result = run("serve", "--host", "0.0.0.0")  # noqa: S104 (this is what must be refused)
    assert result.exit_code == 2
    assert "CALLCENTER_AUTH=required" in result.stderr


def test_settings_are_shown_without_keys(run: Run) -> None:
    key = "a-key-that-nobody-may-ever-see"
    result = run("settings", env={"CALLCENTER_API_KEYS": key, "CALLCENTER_PORT": "8123"})
    assert result.exit_code == 0
    assert "CALLCENTER_PORT=8123\n" in result.stdout
    assert "CALLCENTER_HOST=127.0.0.1\n" in result.stdout
    assert "CALLCENTER_COMPANY=\n" in result.stdout
    assert "CALLCENTER_API_KEYS=*" in result.stdout
    assert key not in result.stdout


def test_init_gives_a_company_that_works_and_writes_over_nothing(run: Run, folder: Path) -> None:
    result = run("init", "mine")
    assert result.exit_code == 0
    assert "CALLCENTER_COMPANY=mine callcenter chat" in result.stdout
    assert load_company(folder / "mine").services

    (folder / "mine" / "company.toml").write_text("mine", encoding="utf-8")
    again = run("init", "mine")
    assert again.exit_code == 2
    assert "mine exists and is not an empty folder" in again.stderr
    assert (folder / "mine" / "company.toml").read_text(encoding="utf-8") == "mine"


def test_migrate_says_what_it_did_and_does_it_once(run: Run, folder: Path) -> None:
    first, second = run("migrate"), run("migrate")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "applied 0001_" in first.stdout
    assert (folder / "data" / "callcenter.sqlite3").is_file()
    assert "applied" not in second.stdout
    assert "is up to date" in second.stdout


def test_folder_that_can_not_be_made_is_one_line_and_ends_with_one(run: Run, folder: Path) -> None:
    (folder / "data").write_text("no folder", encoding="utf-8")
    result = run("migrate")
    assert result.exit_code == 1
    assert result.stderr.startswith("callcenter: data: ")
    assert result.stderr.count("\n") == 1

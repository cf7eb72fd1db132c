"""The command line in an empty folder of its own, with nothing configured."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callcenter.cli import app

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder; settings of the developer's own shell don't reach the test."""
    for name in [each for each in os.environ if each.startswith("CALLCENTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:  # noqa: ARG001 (it is where the commands run)
    def invoke(*arguments: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, env=env)

    return invoke

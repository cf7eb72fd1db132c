"""The stores there are. A new one joins by a line in STORES: a function that opens the same data again and again."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from callcenter.store import Store
from callcenter.store.journal import JournaledStore
from callcenter.store.sqlite import SQLiteStore
from tests.data_api import Project
from tests.factories import NOON
from tests.hosted import URL, Hosted

OpenStore = Callable[[], Awaitable[Store]]


def sqlite(request: pytest.FixtureRequest) -> OpenStore:
    path = request.getfixturevalue("tmp_path") / "calls.sqlite3"

    async def open_store() -> Store:
        return await SQLiteStore.open(path)

    return open_store


def supabase(request: pytest.FixtureRequest) -> OpenStore:
    project: Project = request.getfixturevalue("project")
    return project.open


def hosted(request: pytest.FixtureRequest) -> OpenStore:
    project: Hosted = request.getfixturevalue("hosted_project")
    return project.open


def journal(request: pytest.FixtureRequest) -> OpenStore:
    """A journal before a store that is not away; of one that is, tests/store/test_journal_contract.py."""
    folder: Path = request.getfixturevalue("tmp_path")

    async def open_store() -> Store:
        primary = await SQLiteStore.open(folder / "calls.sqlite3")
        return await JournaledStore.open(primary, folder / "journal.sqlite3", clock=lambda: NOON)

    return open_store


STORES: dict[str, Callable[[pytest.FixtureRequest], OpenStore]] = {
    "sqlite": sqlite,
    "supabase": supabase,
    "journal": journal,
}
if URL in os.environ:
    STORES["hosted"] = hosted

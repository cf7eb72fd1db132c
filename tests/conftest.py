"""Every test module says once what it needs: unit, contract or live. One without fails the collection."""

from __future__ import annotations

import os

import pytest

from tests.data_api import data_api as data_api  # noqa: PLC0414 (likewise)
from tests.data_api import project as project  # noqa: PLC0414 (likewise)
from tests.hosted import KEY, URL
from tests.hosted import hosted_project as hosted_project  # noqa: PLC0414 (likewise)
from tests.hosted import lent_project as lent_project  # noqa: PLC0414 (likewise)
from tests.postgres import postgres as postgres  # noqa: PLC0414 (a fixture every test may ask for)

OURS = ("CALLCENTER_", "OPENAI_", "SUPABASE_")
"""What a shell may have set for a server of its own: no test is to depend on it, nor speak to anybody's model."""

CATEGORIES = frozenset({"unit", "contract", "live"})


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith(OURS) and name not in {URL, KEY}]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    unmarked = sorted(
        {item.nodeid for item in items if len(CATEGORIES & {mark.name for mark in item.iter_markers()}) != 1}
    )
    if unmarked:
        listing = "\n  ".join(unmarked[:20])
        raise pytest.UsageError(f"each test needs exactly one of {sorted(CATEGORIES)}:\n  {listing}")

"""Every test module says once what it needs: unit, contract or live. One without fails the collection."""

from __future__ import annotations

import pytest

CATEGORIES = frozenset({"unit", "contract", "live"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    unmarked = sorted(
        {item.nodeid for item in items if len(CATEGORIES & {mark.name for mark in item.iter_markers()}) != 1}
    )
    if unmarked:
        listing = "\n  ".join(unmarked[:20])
        raise pytest.UsageError(f"each test needs exactly one of {sorted(CATEGORIES)}:\n  {listing}")

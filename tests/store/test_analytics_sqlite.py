"""How the embedded store counts: only calls of the period are read, and microseconds are not lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from callcenter.store.analytics import AnalyticsFilter, Split
from callcenter.store.analytics_rows import question
from callcenter.store.analytics_sqlite import _FIGURES
from callcenter.store.sqlite import SQLiteStore
from tests.factories import NOON, after, assistant_message, following, opening, user_message

pytestmark = pytest.mark.unit


async def test_calls_are_found_by_their_start_and_events_by_their_call(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite3"
    await (await SQLiteStore.open(path)).close()
    wanted = AnalyticsFilter(started_from=NOON, started_until=after(86_400), by=Split.day)
    asked = question(wanted, NOON)
    with closing(sqlite3.connect(path)) as connection:
        values = {**asked, "spans": orjson.dumps(asked["spans"]).decode()}
        plan = [detail for *_, detail in connection.execute(f"explain query plan {_FIGURES}", values)]
    assert any("conversations_by_start (started_at>? AND started_at<?)" in each for each in plan)
    read = [each for each in plan if each.startswith("SCAN")]
    assert not [each for each in read if "header" in each or each.startswith("SCAN ticket USING")]
    assert any(each.startswith("SEARCH log USING INDEX sqlite_autoindex_conversation_events") for each in plan)
    assert any(each.startswith("SEARCH ticket USING INDEX tickets_by_call") for each in plan)


@pytest.mark.parametrize(("began", "took"), [(0.999_999, 0.000_001), (0.0005, 0.0015), (59.999_999, 3600.25)])
async def test_a_fraction_of_a_second_is_not_rounded_away_on_either_side(
    tmp_path: Path, began: float, took: float
) -> None:
    store = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    step = opening()
    await store.append(step)
    said, replied = after(began), after(began) + timedelta(seconds=took)
    await store.append(following(step.state, user_message(at=said), assistant_message(at=replied)))
    wanted = AnalyticsFilter(started_from=NOON, started_until=after(1))
    (found,) = (await store.analytics(wanted, now=NOON)).groups
    await store.close()
    assert found.response.p50_seconds == round(took, 3)

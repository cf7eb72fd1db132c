"""What was acknowledged outlives the process, whatever it was doing when it died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.calls import CallId
from callcenter.events import fold
from callcenter.store.sqlite import SQLiteStore
from tests.factories import following, user_message
from tests.store.append_until_killed import WRITERS

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]


def killed_after(acknowledged: int, path: Path) -> list[str]:
    """Run writers on a new database, kill them after so many acknowledgements, return all they had told."""
    command = [sys.executable, "-m", "tests.store.append_until_killed", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(acknowledged)]
        os.kill(child.pid, signal.SIGKILL)
        told += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL
    return told


@pytest.mark.parametrize("acknowledged", [1, 120, 900])
async def test_kill_9_loses_nothing_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "calls.sqlite3"
    told = killed_after(acknowledged, path)

    last_told: dict[str, int] = {}
    for line in told:
        name, place = line.split()
        last_told[name] = int(place)
    assert 1 <= len(last_told) <= WRITERS

    store = await SQLiteStore.open(path)
    for call_id, seq in last_told.items():
        events = await store.events(CallId(call_id))
        state = await store.state(CallId(call_id))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert len(events) >= seq
        assert (len(events) - 2) % 3 == 0, "a step is all there or not at all"
        assert fold(events) == state

        await store.append(following(state, user_message(message_id="after-the-crash")))
        assert (await store.state(CallId(call_id))).seq == state.seq + 1
    await store.close()

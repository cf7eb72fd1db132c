"""Several processes on one journal: no step is brought twice, and none waits for a process that died."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from callcenter.calls import CallId
from callcenter.events import fold
from callcenter.store import Append
from callcenter.store.journal.carrying import AT_ONCE
from callcenter.store.sqlite import SQLiteStore
from tests.factories import assistant_message, following, opening, routing, user_message
from tests.store.away import Fault, Place

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
CALLS = 20
TURNS = 10


@pytest.fixture
async def waiting(tmp_path: Path) -> tuple[Place, list[list[Append]]]:
    """A journal in which many steps of many calls wait."""
    place = Place(tmp_path)
    store, _ = await place.open(fault=Fault.before)
    logs: list[list[Append]] = []
    for number in range(CALLS):
        steps = [opening(f"CALL-{number}")]
        for count in range(TURNS - 1):
            message_id = f"m-{count}"
            said = user_message(message_id=message_id, message="أين طلبي؟")
            events = (said, routing(message_id=message_id), assistant_message(message_id=message_id))
            steps.append(following(steps[-1].state, *events))
        for step in steps:
            await store.append(step)
        logs.append(steps)
    assert store.backlog.steps == CALLS * TURNS
    await place.close()
    return place, logs


@contextmanager
def carrier(place: Place) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to carry over; a line on its stdin lets it begin."""
    command = [sys.executable, "-m", "tests.store.carry_over", str(place.primary), str(place.journal)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.kill()


def begin(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def said(child: subprocess.Popen[str], lines: int) -> list[str]:
    assert child.stdout is not None
    return [child.stdout.readline().strip() for _ in range(lines)]


def rest_of(child: subprocess.Popen[str]) -> list[str]:
    """Wait until nothing waits any more and return what else a child said."""
    told, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    return told.split("\n")[:-1]


async def settled(place: Place, logs: list[list[Append]]) -> None:
    """Check that the primary has each event once, in order, and that nothing waits."""
    truth = await SQLiteStore.open(place.primary)
    for steps in logs:
        call_id = CallId(steps[0].call_id)
        log = await truth.events(call_id)
        assert log == [event for step in steps for event in step.events]
        assert await truth.state(call_id) == fold(log)
    await truth.close()
    store, _ = await place.open()
    assert store.backlog.steps == 0
    await place.close()


async def test_two_processes_bring_no_step_twice(waiting: tuple[Place, list[list[Append]]]) -> None:
    place, logs = waiting
    with ExitStack() as stack:
        children = [stack.enter_context(carrier(place)) for _ in range(2)]
        for child in children:
            begin(child)
        tried = [line for child in children for line in rest_of(child)]
    wanted = [f"{step.call_id} {step.state.seq}" for steps in logs for step in steps]
    assert len(tried) == len(set(tried)), "a step was brought twice"
    assert set(tried) == set(wanted)
    await settled(place, logs)


async def test_what_a_killed_process_left_is_carried_over_by_another(
    waiting: tuple[Place, list[list[Append]]],
) -> None:
    place, logs = waiting
    with carrier(place) as first, carrier(place) as second:
        begin(first)
        assert len(said(first, 50)) == 50
        first.kill()
        begin(second)
        tried = rest_of(second)
    # At most those that were under way are brought again, and found to be there.
    assert 0 < len(tried) <= CALLS * TURNS - 50 + 2 * AT_ONCE
    await settled(place, logs)

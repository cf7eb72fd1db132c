"""A deadline ends the wait it watches, and no other."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.deadline import Deadline

pytestmark = pytest.mark.unit

SOON = 0.01
LATER = 60.0


async def wait_past(deadline: Deadline, seconds: float) -> None:
    """Wait for nothing, watched."""
    loop = asyncio.get_running_loop()
    deadline.start(loop.time() + seconds)
    await asyncio.Event().wait()


async def test_a_wait_past_it_is_ended_and_the_task_goes_on():
    deadline = Deadline(asyncio.get_running_loop())
    with pytest.raises(asyncio.CancelledError):
        await wait_past(deadline, SOON)
    assert deadline.expired
    assert not deadline.cancelled_by_others()
    await asyncio.sleep(0)  # nothing of the cancelling is left


@pytest.mark.parametrize("first", [LATER, SOON / 2])
async def test_it_can_be_moved_both_ways(first: float):
    loop = asyncio.get_running_loop()
    deadline = Deadline(loop)
    deadline.start(loop.time() + first)
    due = loop.time() + SOON
    with pytest.raises(asyncio.CancelledError):
        await wait_past(deadline, SOON)
    deadline.cancelled_by_others()
    assert loop.time() >= due


async def test_a_wait_that_ended_in_time_is_not_ended_later():
    loop = asyncio.get_running_loop()
    stopped, watching = Deadline(loop), Deadline(loop)
    stopped.start(loop.time() + SOON)
    stopped.stop()
    with pytest.raises(asyncio.CancelledError):
        await wait_past(watching, 2 * SOON)  # by then the other one has gone off as well
    watching.cancelled_by_others()
    assert not stopped.expired


async def test_who_else_wants_the_task_to_end_is_heard():
    task = asyncio.current_task()
    assert task is not None
    deadline = Deadline(asyncio.get_running_loop())
    asyncio.get_running_loop().call_later(SOON / 2, task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await wait_past(deadline, LATER)
    assert not deadline.expired
    task.uncancel()
    deadline.close()

"""Turns in the making when the server stops."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.api.deps import Turns

pytestmark = pytest.mark.unit


async def test_stopping_waits_for_the_turns_in_the_making():
    turns, may_end, ended = Turns(), asyncio.Event(), []

    async def turn():
        await may_end.wait()
        ended.append("turn")

    turns.begin(turn())
    stopping = asyncio.ensure_future(turns.finish(20))
    await asyncio.sleep(0)
    assert not stopping.done()
    may_end.set()
    await stopping
    assert ended == ["turn"]


async def test_a_turn_that_never_ends_does_not_keep_the_server_from_stopping():
    turns = Turns()
    task = turns.begin(asyncio.Event().wait())
    await turns.finish(0)
    assert task.cancelled()


async def test_a_turn_that_failed_with_nobody_waiting_is_no_noise():
    turns = Turns()

    async def turn():
        raise RuntimeError

    task = turns.begin(turn())
    await asyncio.wait({task})
    await turns.finish(0)
    assert isinstance(task.exception(), RuntimeError)


async def test_there_may_be_nothing_to_wait_for():
    await Turns().finish(20)

"""What only the in-process bus promises: it keeps nothing of calls that nobody reads."""

from __future__ import annotations

import pytest

from callcenter.bus.memory import MemoryBus
from callcenter.calls import CallId
from tests.factories import CALL, user_message

pytestmark = pytest.mark.unit


async def test_the_last_reader_that_leaves_takes_the_call_with_it() -> None:
    bus = MemoryBus()
    async with bus.subscribe(CALL):
        async with bus.subscribe(CALL):
            assert list(bus._readers) == [CALL]
        assert list(bus._readers) == [CALL]
    assert not bus._readers


async def test_a_reader_that_fails_is_forgotten_too() -> None:
    bus = MemoryBus()
    with pytest.raises(RuntimeError):
        async with bus.subscribe(CALL):
            raise RuntimeError
    assert not bus._readers


async def test_publishing_to_nobody_keeps_nothing() -> None:
    bus = MemoryBus()
    for number in range(100):
        await bus.publish([user_message(CallId(f"CALL-{number}"))])
    assert not bus._readers


async def test_a_reader_may_leave_while_the_bus_closes() -> None:
    bus = MemoryBus()
    async with bus.subscribe(CALL):
        await bus.close()
    assert not bus._readers

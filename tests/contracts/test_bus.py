"""What every bus promises. A new one joins by a line in BUSES."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from callcenter.bus import Bus
from callcenter.bus.memory import FRAMES_KEPT, MemoryBus
from callcenter.calls import CallId, MessageId, PersonaType
from callcenter.errors import BusClosed, SubscriberTooSlow
from callcenter.events import AssistantDelta, CallFrame
from tests.factories import CALL, assistant_message, call_started, user_message

pytestmark = pytest.mark.contract


async def memory() -> Bus:
    return MemoryBus()


BUSES: dict[str, Callable[[], Awaitable[Bus]]] = {"memory": memory}

PATIENCE = 5.0
"""Seconds a test waits for what must come; only a failure takes that long."""


@pytest.fixture(params=BUSES)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    made = await BUSES[request.param]()
    yield made
    await made.close()


def delta(text: str, call_id: str = CALL) -> AssistantDelta:
    return AssistantDelta(
        call_id=CallId(call_id), message_id=MessageId("m-1"), delta=text, persona=PersonaType.reception
    )


async def test_a_reader_gets_what_is_published_in_order_and_all_that_is_ready(bus: Bus) -> None:
    said: list[CallFrame] = [user_message(), delta("أهلاً"), delta(" بك"), assistant_message()]
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        await bus.publish(said[:1])
        await bus.publish(said[1:])
        got = list(await reader.batch())
        while len(got) < len(said):
            got += await reader.batch()
    assert got == said


async def test_a_waiting_reader_wakes_up(bus: Bus) -> None:
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        waiting = asyncio.ensure_future(reader.batch())
        await asyncio.sleep(0)
        assert not waiting.done()
        await bus.publish([delta("hello")])
        assert list(await waiting) == [delta("hello")]


async def test_every_reader_of_a_call_gets_every_frame(bus: Bus) -> None:
    async with bus.subscribe(CALL) as one, bus.subscribe(CALL) as other, asyncio.timeout(PATIENCE):
        await bus.publish([call_started()])
        assert list(await one.batch()) == list(await other.batch()) == [call_started()]


async def test_a_reader_hears_its_own_call_only(bus: Bus) -> None:
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        await bus.publish([delta("not yours", "CALL-2")])
        await bus.publish([delta("yours")])
        assert list(await reader.batch()) == [delta("yours")]


async def test_a_call_is_heard_while_somebody_listens_to_it(bus: Bus) -> None:
    other = CallId("another")
    async with bus.subscribe(CALL), bus.subscribe(other):
        assert bus.heard(CALL)
        assert bus.heard(other)
        async with bus.subscribe(CALL):
            pass
        assert bus.heard(CALL)


async def test_a_listener_hears_all_calls_but_no_pieces_of_replies(bus: Bus) -> None:
    other = CallId("CALL-2")
    assert not bus.heard(other)
    async with bus.subscribe_all() as listener, bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        assert bus.heard(other)
        await bus.publish([delta("piece", other)])
        await bus.publish([user_message(), delta("piece"), assistant_message()])
        await bus.publish([call_started(other)])
        got = list(await listener.batch())
        while len(got) < 3:
            got += await listener.batch()
        assert got == [user_message(), assistant_message(), call_started(other)]
        assert list(await reader.batch()) == [user_message(), delta("piece"), assistant_message()]
    assert not bus.heard(other)


async def test_a_listener_that_falls_behind_is_told_and_one_of_a_closed_bus_ends(bus: Bus) -> None:
    async with bus.subscribe_all() as slow, bus.subscribe_all() as idle, asyncio.timeout(PATIENCE):
        for number in range(FRAMES_KEPT + 1):
            await bus.publish([user_message(message_id=f"m-{number}")])
            await idle.batch()
        with pytest.raises(SubscriberTooSlow):
            await slow.batch()
        await bus.close()
        with pytest.raises(BusClosed):
            await idle.batch()
    with pytest.raises(BusClosed):
        async with bus.subscribe_all():
            pass


async def test_what_was_published_before_is_not_heard(bus: Bus) -> None:
    await bus.publish([delta("too early")])
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        await bus.publish([delta("in time")])
        assert list(await reader.batch()) == [delta("in time")]


async def test_nothing_published_wakes_nobody(bus: Bus) -> None:
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        await bus.publish([])
        await bus.publish([delta("something")])
        assert list(await reader.batch()) == [delta("something")]


async def test_a_reader_that_falls_behind_is_told_and_holds_nobody_up(bus: Bus) -> None:
    async with bus.subscribe(CALL) as slow, bus.subscribe(CALL) as quick, asyncio.timeout(PATIENCE):
        got = 0
        for number in range(FRAMES_KEPT + 1):
            await bus.publish([delta(str(number))])
            got += len(await quick.batch())
        assert got == FRAMES_KEPT + 1
        with pytest.raises(SubscriberTooSlow):
            await slow.batch()
        with pytest.raises(SubscriberTooSlow):
            await slow.batch()


async def test_a_reader_at_the_limit_still_gets_everything(bus: Bus) -> None:
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        await bus.publish([delta(str(number)) for number in range(FRAMES_KEPT)])
        got = list(await reader.batch())
        while len(got) < FRAMES_KEPT:
            got += await reader.batch()
        assert [frame.delta for frame in got if isinstance(frame, AssistantDelta)] == [
            str(number) for number in range(FRAMES_KEPT)
        ]


async def test_a_cancelled_wait_loses_no_frame(bus: Bus) -> None:
    async with bus.subscribe(CALL) as reader, asyncio.timeout(PATIENCE):
        waiting = asyncio.ensure_future(reader.batch())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await bus.publish([delta("kept")])
        assert list(await reader.batch()) == [delta("kept")]


async def test_close_lets_readers_read_what_is_ready_then_ends_them(bus: Bus) -> None:
    async with bus.subscribe(CALL) as reader, bus.subscribe(CALL) as idle, asyncio.timeout(PATIENCE):
        waiting = asyncio.ensure_future(idle.batch())
        await bus.publish([delta("last words")])
        assert list(await waiting) == [delta("last words")]
        waiting = asyncio.ensure_future(idle.batch())
        await asyncio.sleep(0)
        await bus.close()
        assert list(await reader.batch()) == [delta("last words")]
        with pytest.raises(BusClosed):
            await reader.batch()
        with pytest.raises(BusClosed):
            await waiting


async def test_a_closed_bus_takes_no_readers_and_swallows_frames(bus: Bus) -> None:
    await bus.close()
    await bus.close()
    await bus.publish([delta("nobody hears it")])
    with pytest.raises(BusClosed):
        async with bus.subscribe(CALL):
            pass

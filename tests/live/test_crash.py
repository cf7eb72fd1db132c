"""`kill -9` at any moment: what was acknowledged is there, what was left unanswered is answered, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from callcenter.calls import ConversationState, Language
from callcenter.events import AssistantMessage, UserMessage
from callcenter.store.sqlite import SQLiteStore
from tests.factories import following, opening, routing, user_message
from tests.live.conftest import StartServer
from tests.live.customers import Rest, check_log, rest, socket
from tests.live.serving import Server
from tests.live.words import CONVERSATIONS

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class Caller:
    """One customer with what they say, all of it at once."""

    call_id: str
    on_socket: bool
    said: tuple[tuple[str, str], ...]
    """Message id and text of each message."""


def crowd() -> list[Caller]:
    """200 messages: customers alone on a call and customers who share one, on REST and on sockets."""
    callers = []
    for number in range(160):
        # Of each ten callers six are alone on their call, the rest share one in pairs; every second is on a socket.
        shared = number % 10 >= 6
        call_id = f"shared-{number // 10}-{number % 10 // 8}" if shared else f"alone-{number}"
        messages = 2 if number % 4 == 0 else 1
        words = CONVERSATIONS[number % 3 % 2]
        callers.append(
            Caller(
                call_id=call_id,
                on_socket=number % 2 == 1,
                said=tuple((f"m-{number}-{turn}", words[(number + turn) % len(words)]) for turn in range(messages)),
            )
        )
    assert sum(len(caller.said) for caller in callers) == 200
    return callers


@dataclass
class Progress:
    """What the customers have been told, and the moment at which the server dies."""

    server: Server
    kill_after: int
    """Messages acknowledged before the kill."""
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    answered: dict[tuple[str, str], str] = field(default_factory=dict)
    """The words each customer was given."""

    def acknowledge(self, call_id: str, message_id: str) -> None:
        self.acknowledged.add((call_id, message_id))
        if self.server.running and len(self.acknowledged) >= self.kill_after:
            self.server.kill()

    def answer(self, call_id: str, message_id: str, text: str) -> None:
        self.answered[call_id, message_id] = text
        self.acknowledge(call_id, message_id)


async def call(caller: Caller, callers: Rest, progress: Progress) -> None:
    """Say everything at once and note what comes back until the server dies."""
    try:
        if caller.on_socket:
            async with socket(callers.url, caller.call_id) as connected:
                for message_id, text in caller.said:
                    await connected.say(text, message_id)
                while True:
                    match await connected.frame():
                        case UserMessage(message_id=message_id):
                            progress.acknowledge(caller.call_id, message_id)
                        case AssistantMessage(message_id=message_id, message=text):
                            progress.answer(caller.call_id, message_id, text)
        else:
            # Each to its own end: one left behind would meet the server that is started next.
            ends = await asyncio.gather(
                *(say(caller.call_id, callers, progress, *each) for each in caller.said), return_exceptions=True
            )
            for end in ends:
                if end is not None:
                    raise end
    except (httpx.TransportError, ConnectionClosed, InvalidHandshake, OSError):
        assert not progress.server.running


async def say(call_id: str, callers: Rest, progress: Progress, message_id: str, text: str) -> None:
    reply = await callers.say(call_id, text, message_id)
    assert reply.assistant_response is not None
    progress.answer(call_id, message_id, reply.assistant_response)


@pytest.mark.parametrize("kill_after", [1, 60, 130, 195, "at random"])
async def test_kill_9_amid_200_turns(server: Server, kill_after: int | str) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chosen = kill_after if isinstance(kill_after, int) else random.Random(seed).randint(2, 194)  # noqa: S311 (a dice)
    print(f"killed after {chosen} acknowledgements (seed {seed})")  # noqa: T201 (shown when the test fails)
    crowded = crowd()
    progress = Progress(server, chosen)
    async with rest(server.url) as callers:
        calls = sorted({caller.call_id for caller in crowded})
        await asyncio.gather(*(callers.start(call_id) for call_id in calls))
        await asyncio.gather(*(call(caller, callers, progress) for caller in crowded))
    assert not server.running
    assert len(progress.acknowledged) >= chosen

    await server.start()
    async with rest(server.url) as callers:
        left = {call_id: await callers.state(call_id) for call_id in calls}
        logs = {call_id: await callers.log(call_id) for call_id in calls}
        kept = {
            (event.call_id, event.message_id) for log in logs.values() for event in log if event.event == "user_message"
        }
        spoken = {
            (event.call_id, event.message_id): event.message
            for log in logs.values()
            for event in log
            if isinstance(event, AssistantMessage)
        }
        assert progress.acknowledged <= kept
        assert progress.answered.items() <= spoken.items()
        print(f"{len(kept)} kept, {len(kept - spoken.keys())} of them unanswered")  # noqa: T201 (likewise)

        said = {caller.call_id: dict(caller.said) for caller in crowded if not caller.on_socket}
        ways = (go_on, repeat, reconnect)
        await asyncio.gather(
            *(
                ways[number % len(ways)](callers, left[call_id], said.get(call_id, {}))
                for number, call_id in enumerate(calls)
            )
        )
        for call_id in calls:
            check_log(await callers.log(call_id), await callers.state(call_id))


async def go_on(callers: Rest, left: ConversationState, _said: dict[str, str]) -> None:
    await callers.say(left.call_id, "thanks", "after-the-crash")


async def repeat(callers: Rest, left: ConversationState, said: dict[str, str]) -> None:
    """Send again what may have been lost; for what was kept its id alone counts."""
    again = dict.fromkeys(left.unanswered, "again") | said
    replies = await asyncio.gather(*(callers.say(left.call_id, text, each) for each, text in again.items()))
    assert all(reply.assistant_response for reply in replies)


async def reconnect(callers: Rest, left: ConversationState, _said: dict[str, str]) -> None:
    async with socket(callers.url, left.call_id, after=left.seq) as connected:
        waiting = set(left.unanswered)
        while waiting:
            frame = await connected.frame()
            if isinstance(frame, AssistantMessage):
                waiting.remove(frame.message_id)


@pytest.fixture
async def orphans(tmp_path: Path, servers: StartServer) -> AsyncIterator[Rest]:
    """Calls as a crash leaves them, one a language: their last two messages kept and routed, not answered."""
    data = tmp_path / "data"
    data.mkdir()
    store = await SQLiteStore.open(data / "callcenter.sqlite3")
    for call_id, language in CALLS.items():
        opened = opening(call_id, language=language)
        await store.append(opened)
        said = (user_message(message_id="m-1"), routing(message_id="m-1"))
        await store.append(
            following(opened.state, *said, user_message(message_id="m-2"), routing(message_id="m-2")),
        )
    await store.close()
    server = await servers("server")
    async with rest(server.url) as callers:
        yield callers


CALLS = {f"CALL-{language}": language for language in Language}


async def test_the_next_message_has_the_unanswered_answered_first(orphans: Rest) -> None:
    for call_id in CALLS:
        reply = await orphans.say(call_id, "thanks", "m-3")
        log = await orphans.log(call_id)
        check_log(log, await orphans.state(call_id))
        answers = [event for event in log if isinstance(event, AssistantMessage)]
        assert [answer.message_id for answer in answers] == ["m-1", "m-2", "m-3"]
        assert answers[-1].message == reply.assistant_response


async def test_a_repeated_message_is_answered_after_a_crash(orphans: Rest) -> None:
    for call_id in CALLS:
        reply = await orphans.say(call_id, "whatever it said", "m-2")
        assert reply.repeated
        assert reply.assistant_response
        check_log(await orphans.log(call_id), await orphans.state(call_id))


async def test_connecting_again_has_the_unanswered_answered(orphans: Rest) -> None:
    for call_id in CALLS:
        async with socket(orphans.url, call_id, after=6) as connected:
            replies = [await connected.reply("m-1"), await connected.reply("m-2")]
        assert [reply.seq for reply in replies] == [7, 8]
        check_log(await orphans.log(call_id), await orphans.state(call_id))


async def test_a_call_ends_with_nothing_unanswered(orphans: Rest) -> None:
    for call_id in CALLS:
        (await orphans.http.delete(f"/api/conversations/{call_id}")).raise_for_status()
        log = await orphans.log(call_id)
        check_log(log, await orphans.state(call_id))
        assert log[-1].event == "call_ended"


@pytest.mark.parametrize("way", ["message", "socket"])
async def test_what_another_server_left_is_answered_by_one_that_knew_the_call(
    server: Server, callers: Rest, way: str
) -> None:
    for call_id, language in CALLS.items():
        await callers.start(call_id, language=language)
        await callers.say(call_id, "hello", "m-1")  # from here on this server has the call at hand
        await leave_unanswered(server, callers, call_id)
        if way == "message":
            await callers.say(call_id, "thanks", "m-3")
        else:
            async with socket(server.url, call_id, after=0) as connected:
                await connected.reply("m-2")
        check_log(await callers.log(call_id), await callers.state(call_id))


async def leave_unanswered(server: Server, callers: Rest, call_id: str) -> None:
    """Have a message kept, beside the server that runs, by somebody who then is gone."""
    store = await SQLiteStore.open(server.data / "callcenter.sqlite3")
    state = await callers.state(call_id)
    await store.append(following(state, user_message(message_id="m-2"), routing(message_id="m-2")))
    await store.close()

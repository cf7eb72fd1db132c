"""Many calls at once, many hands on one call: transcripts are complete, in order, and every message answered once."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from callcenter.api.models import MessageReply
from callcenter.calls import Language
from callcenter.events import AssistantMessage, UserMessage, transcript
from tests.live.conftest import StartServer
from tests.live.customers import Rest, check_log, rest, socket
from tests.live.serving import Server
from tests.live.words import ARABIC, CONVERSATIONS, ENGLISH

pytestmark = pytest.mark.live

CALLS = 100


def words_of(number: int) -> tuple[str, ...]:
    return CONVERSATIONS[number % len(CONVERSATIONS)]


async def over_rest(callers: Rest, number: int) -> None:
    await callers.start(f"CALL-{number}", language=[*Language][number % 2])
    for turn, text in enumerate(words_of(number)):
        await callers.say(f"CALL-{number}", text, f"m-{turn}")


async def over_socket(callers: Rest, number: int) -> None:
    async with socket(callers.url, f"CALL-{number}") as connected:
        for turn, text in enumerate(words_of(number)):
            await connected.say(text, f"m-{turn}")
            await connected.reply(f"m-{turn}")


async def over_socket_at_once(callers: Rest, number: int) -> None:
    """A customer who does not wait for answers."""
    async with socket(callers.url, f"CALL-{number}") as connected:
        for turn, text in enumerate(words_of(number)):
            await connected.say(text, f"m-{turn}")
        await connected.reply(f"m-{len(words_of(number)) - 1}")


async def over_both(callers: Rest, number: int) -> None:
    async with socket(callers.url, f"CALL-{number}") as connected:
        for turn, text in enumerate(words_of(number)):
            if turn % 2:
                await callers.say(f"CALL-{number}", text, f"m-{turn}")
            else:
                await connected.say(text, f"m-{turn}")
            await connected.reply(f"m-{turn}")


async def test_a_hundred_calls_of_ten_messages_each(callers: Rest) -> None:
    ways = (over_rest, over_socket, over_rest, over_socket_at_once, over_both)
    await asyncio.gather(*(ways[number % len(ways)](callers, number) for number in range(CALLS)))

    for number in range(CALLS):
        call_id = f"CALL-{number}"
        log = await callers.log(call_id)
        check_log(log, await callers.state(call_id))
        said = [event for event in log if isinstance(event, UserMessage)]
        assert [event.message for event in said] == [*words_of(number)]
        answered = [event.message_id for event in log if isinstance(event, AssistantMessage)]
        assert answered == [event.message_id for event in said]

        shown = (await callers.get(f"/api/conversations/{call_id}/transcript")).json()
        assert shown == transcript(log).model_dump(mode="json")
        assert [line["content"] for line in shown["messages"] if line["role"] == "user"] == [*words_of(number)]
        if number % 10 == 0:
            async with socket(callers.url, call_id, after=0) as connected:
                await connected.catch_up(log[-1].seq)
                assert connected.stored == log


@pytest.mark.parametrize("texts", CONVERSATIONS, ids=["en", "ar"])
async def test_a_repeated_message_id_is_answered_once(server: Server, callers: Rest, texts: tuple[str, ...]) -> None:
    first, second, third = texts[1], texts[4], texts[6]
    await callers.start("CALL-1")
    answer = await callers.say("CALL-1", first, "m-1")
    assert not answer.repeated
    assert same(await callers.say("CALL-1", first, "m-1"), answer)
    assert same(await callers.say("CALL-1", "other words", "m-1"), answer), "the id counts, not the words"

    # Five times at once, over REST and two sockets.
    async with socket(server.url, "CALL-1", after=0) as one, socket(server.url, "CALL-1", after=0) as two:
        for connected in (one, two):
            await connected.say(second, "m-2")
        at_once = await asyncio.gather(*(callers.say("CALL-1", second, "m-2") for _ in range(5)))
        assert len({reply.assistant_response for reply in at_once}) == 1
        assert sum(not reply.repeated for reply in at_once) <= 1
        for connected in (one, two):
            await connected.say(third, "m-3")
            await connected.reply("m-3")
            taken = Counter(frame.message_id for frame in connected.frames if isinstance(frame, UserMessage))
            spoken = Counter(frame.message_id for frame in connected.frames if isinstance(frame, AssistantMessage))
            assert taken == spoken == {"m-1": 1, "m-2": 1, "m-3": 1}

    (await callers.http.delete("/api/conversations/CALL-1")).raise_for_status()
    assert same(await callers.say("CALL-1", first, "m-1"), answer), "also after the call has ended"
    assert (await callers.post("CALL-1", first, "m-4")).status_code == httpx.codes.CONFLICT

    server.kill()
    await server.start()
    async with rest(server.url) as again:
        assert same(await again.say("CALL-1", first, "m-1"), answer), "also after a restart"
        log = await again.log("CALL-1")
        check_log(log, await again.state("CALL-1"))
        assert [event.message for event in log if isinstance(event, UserMessage)] == [first, second, third]


def same(reply: MessageReply, first: MessageReply) -> bool:
    return reply == first.model_copy(update={"repeated": True})


async def test_two_racing_messages_are_both_kept_in_one_order(callers: Rest) -> None:
    for race in range(10):
        call_id = f"CALL-{race}"
        await callers.start(call_id)
        async with socket(callers.url, call_id, after=0) as one, socket(callers.url, call_id, after=0) as two:
            await asyncio.gather(
                one.say(ENGLISH[1], "one"), two.say(ARABIC[1], "two"), callers.say(call_id, ENGLISH[4], "three")
            )
            log = await callers.log(call_id)
            while sum(isinstance(event, AssistantMessage) for event in log) < 3:
                await one.frame()
                log = await callers.log(call_id)
            for connected in (one, two):
                await connected.catch_up(log[-1].seq)
                assert connected.stored == log, "each sees the one order"
        check_log(log, await callers.state(call_id))
        assert {event.message_id for event in log if isinstance(event, UserMessage)} == {"one", "two", "three"}


async def test_a_call_that_ends_amid_messages_leaves_none_unanswered(callers: Rest) -> None:
    for race in range(10):
        call_id = f"CALL-{race}"
        await callers.start(call_id)
        said = [callers.post(call_id, text, f"m-{turn}") for turn, text in enumerate(ENGLISH[:5])]
        *replies, ended = await asyncio.gather(*said, callers.http.delete(f"/api/conversations/{call_id}"))
        assert ended.status_code == httpx.codes.OK
        log = await callers.log(call_id)
        check_log(log, await callers.state(call_id))
        kept = {event.message_id for event in log if isinstance(event, UserMessage)}
        told = {f"m-{turn}" for turn, reply in enumerate(replies) if reply.status_code == httpx.codes.OK}
        assert told == kept, "who was refused was not taken, who was taken was answered"
        assert {reply.status_code for reply in replies} <= {httpx.codes.OK, httpx.codes.CONFLICT}


async def test_two_servers_on_one_database_keep_one_log(servers: StartServer) -> None:
    one, two = await asyncio.gather(servers("one"), servers("two"))
    async with rest(one.url) as here, rest(two.url) as there:
        calls = [f"CALL-{number}" for number in range(5)]
        await asyncio.gather(*(here.start(call_id) for call_id in calls))
        await asyncio.gather(
            *(
                talk(side, call_id, name, words)
                for call_id in calls
                for side, name, words in ((here, "here", ENGLISH), (there, "there", ARABIC))
            )
        )
        for call_id in calls:
            log = await here.log(call_id)
            assert log == await there.log(call_id)
            check_log(log, await there.state(call_id))
            for name, words in (("here", ENGLISH), ("there", ARABIC)):
                said = [e.message for e in log if isinstance(e, UserMessage) and e.message_id.startswith(name)]
                assert said == [*words], "each customer's messages in the order they were sent"


async def talk(callers: Rest, call_id: str, name: str, words: tuple[str, ...]) -> None:
    for turn, text in enumerate(words):
        reply = await callers.say(call_id, text, f"{name}-{turn}")
        assert reply.assistant_response

"""A socket that was cut off anywhere gets on where it was: what it missed, in order, nothing twice."""

from __future__ import annotations

import json

import pytest

from callcenter.calls import Language
from callcenter.events import AssistantDelta, AssistantMessage, Greeting, Handoff, Routing, UserMessage
from tests.live.customers import Frame, Rest, check_log, socket
from tests.live.serving import Server
from tests.live.words import ARABIC, CONVERSATIONS, ENGLISH

pytestmark = pytest.mark.live


async def test_the_first_connection_shows_the_whole_turn(server: Server) -> None:
    async with socket(server.url, "CALL-001") as connected:
        await connected.send('{"message": "Hello, I\'m interested in your services", "language": "en"}')
        frames = await connected.until(lambda frame: isinstance(frame, AssistantMessage))
    greeting, message, routing, handoff, *deltas, reply = frames
    assert isinstance(greeting, Greeting)
    assert greeting.persona == "reception"
    assert isinstance(message, UserMessage)
    assert message.message == "Hello, I'm interested in your services"
    assert isinstance(routing, Routing)
    assert isinstance(handoff, Handoff)
    assert handoff.to_persona == "sales"
    assert len(deltas) > 1, "the reply is streamed"
    assert all(isinstance(each, AssistantDelta) and each.message_id == message.message_id for each in deltas)
    assert isinstance(reply, AssistantMessage)
    assert (reply.persona, reply.language) == ("sales", "en")
    assert "".join(each.delta for each in deltas if isinstance(each, AssistantDelta)) == reply.message
    assert [event.seq for event in connected.stored] == [2, 3, 4, 5, 6]


LINES = (
    ("What are your working hours?", Language.en),
    ("ما هي أوقات العمل؟", Language.ar),
    ('"quoted"', Language.en),
    ("[1, 2]", Language.ar),
    ("12345", Language.en),
)


async def test_a_bare_line_is_a_message(server: Server) -> None:
    for number, (line, language) in enumerate(LINES):
        async with socket(server.url, f"CALL-{number}", language=language) as connected:
            await connected.send(line)
            reply = (await connected.until(lambda frame: isinstance(frame, AssistantMessage)))[-1]
        said = next(frame for frame in connected.frames if isinstance(frame, UserMessage))
        assert said.message == line
        assert isinstance(reply, AssistantMessage)
        assert reply.language is language


@pytest.mark.parametrize("words", CONVERSATIONS, ids=["en", "ar"])
async def test_every_place_can_be_resumed_from(server: Server, callers: Rest, words: tuple[str, ...]) -> None:
    await callers.start("CALL-1")
    for turn, text in enumerate(words[:5]):
        await callers.say("CALL-1", text, f"m-{turn}")
    log = await callers.log("CALL-1")
    for after in range(len(log) + 1):
        async with socket(server.url, "CALL-1", after=after) as connected:
            for _ in log[after:]:
                await connected.frame()
            # Whatever else it were to send, such as a part of the log again, would come before this answer.
            await connected.say("ok", f"after-{after}")
            reply = await connected.reply(f"after-{after}")
        assert connected.stored[: len(log) - after] == log[after:]
        assert [event.seq for event in connected.stored] == list(range(after + 1, reply.seq + 1))
        log = await callers.log("CALL-1")
    check_log(log, await callers.state("CALL-1"))


@pytest.mark.parametrize("words", CONVERSATIONS, ids=["en", "ar"])
async def test_a_socket_cut_off_after_any_frame_misses_nothing(
    server: Server, callers: Rest, words: tuple[str, ...]
) -> None:
    """The line breaks after 1, 2, 3 … frames of a turn; the turn goes on, the next connection has the rest."""
    for cut in range(1, 12):
        call_id = f"CALL-{cut}"
        async with socket(server.url, call_id) as connected:
            await connected.frame()
            await connected.say(words[4], "m-1")
            for _ in range(cut):
                frame = await connected.frame()
                if isinstance(frame, AssistantMessage):
                    break
            connected.connection.transport.abort()
        seen = connected.stored
        async with socket(server.url, call_id, after=connected.last_seq) as again:
            if not any(isinstance(event, AssistantMessage) for event in seen):
                await again.reply("m-1")
            await again.say("thanks", "m-2")
            await again.reply("m-2")
        log = await callers.log(call_id)
        assert seen + again.stored == log[1:]
        check_log(log, await callers.state(call_id))


async def test_a_turn_ends_while_nobody_is_connected(server: Server, callers: Rest) -> None:
    for number, words in enumerate((ENGLISH, ARABIC, ENGLISH, ARABIC)):
        call_id = f"CALL-{number}"
        async with socket(server.url, call_id) as connected:
            await connected.frame()
            for turn, text in enumerate(words[:5]):
                await connected.say(text, f"m-{turn}")
        # Whoever comes back later sees that all of it was answered.
        async with socket(server.url, call_id, after=connected.last_seq) as again:
            if not answered(connected.frames, "m-4"):
                await again.reply("m-4")
        log = await callers.log(call_id)
        assert connected.stored + again.stored == log[1:]
        check_log(log, await callers.state(call_id))
        assert [event.message for event in log if isinstance(event, UserMessage)] == [*words[:5]]


async def test_two_sockets_on_a_call_see_the_same(server: Server, callers: Rest) -> None:
    async with socket(server.url, "CALL-1") as one, socket(server.url, "CALL-1") as two:
        for turn, text in enumerate(ARABIC[:4]):
            await (one if turn % 2 else two).say(text, f"m-{turn}")
            await one.reply(f"m-{turn}")
            await two.reply(f"m-{turn}")
    assert one.frames == two.frames
    assert one.stored == (await callers.log("CALL-1"))[1:]


async def test_an_ended_call_is_replayed_and_closed(server: Server, callers: Rest) -> None:
    async with socket(server.url, "CALL-1") as connected:
        await connected.say("hello", "m-1")
        await connected.reply("m-1")
        (await callers.http.delete("/api/conversations/CALL-1?satisfaction=5")).raise_for_status()
        assert (await connected.frame()).event == "call_ended"
        await connected.connection.wait_closed()
    assert connected.connection.close_code == 1000
    log = await callers.log("CALL-1")
    for after in range(len(log)):
        async with socket(server.url, "CALL-1", after=after) as again:
            frames = [json.loads(frame) async for frame in again.connection]
        assert [frame["seq"] for frame in frames] == [event.seq for event in log[after:]]
        assert again.connection.close_code == 1000


async def test_after_beyond_the_end_still_shows_what_comes(server: Server) -> None:
    async with socket(server.url, "CALL-1") as connected:
        await connected.say("hello", "m-1")
        await connected.reply("m-1")
    async with socket(server.url, "CALL-1", after=10_000) as again:
        await again.say("What are your prices?", "m-2")
        await again.reply("m-2")
    assert [event.seq for event in again.stored] == list(range(connected.last_seq + 1, again.last_seq + 1))


def answered(frames: list[Frame], message_id: str) -> bool:
    return any(isinstance(frame, AssistantMessage) and frame.message_id == message_id for frame in frames)

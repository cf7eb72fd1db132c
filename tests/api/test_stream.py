"""A call over a real WebSocket: frames, resuming, everything that can go wrong, and how each connection ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callcenter.analysis.text import clean
from callcenter.api.deps import Patience
from callcenter.api.errors import MAX_BODY_BYTES, customer_text
from callcenter.bus.memory import FRAMES_KEPT, MemoryBus
from callcenter.calls import CallId, Language, MessageId
from callcenter.conversation import Utterance
from callcenter.events import AssistantDelta
from tests.api.wire import FatefulVoice, HeldVoice, serving

pytestmark = pytest.mark.live

SALES = [("ar", "أنا مهتم بخدمة الإعلانات"), ("en", "Hello, I'm interested in your services")]


def said(message, **more):
    return json.dumps({"message": message, **more}, ensure_ascii=False)


@asynccontextmanager
async def socket(address, call_id="CALL-001", query="", **options) -> AsyncIterator[ClientConnection]:
    url = f"ws://{address}/api/conversations/ws/{call_id}{query}"
    async with asyncio.timeout(20), connect(url, proxy=None, compression=None, **options) as connection:
        yield connection


async def frames_until(connection, kind):
    frames = [json.loads(await connection.recv())]
    while frames[-1]["event"] != kind:
        frames.append(json.loads(await connection.recv()))
    return frames


async def closed(connection):
    """Read to the end; return the frames that came, the close code and its reason."""
    frames = [json.loads(frame) async for frame in unread(connection)]
    assert connection.close_code != 1006, "the server closed without a close frame"
    return frames, connection.close_code, connection.close_reason


async def unread(connection):
    with suppress(ConnectionClosed):
        while True:
            yield await connection.recv()


def stored(frames):
    return [frame for frame in frames if "seq" in frame]


@pytest.mark.parametrize(("language", "text"), SALES)
@pytest.mark.parametrize("form", ["object", "line"])
async def test_a_typed_message_shows_every_step_to_the_answer(server, language, text, form):
    async with socket(server, query=f"?language={language}") as connection:
        greeting = json.loads(await connection.recv())
        await connection.send(said(text, language=language) if form == "object" else text)
        frames = await frames_until(connection, "assistant_message")
    kinds = [frame["event"] for frame in frames]
    assert (greeting["event"], greeting["persona"], greeting["language"]) == ("greeting", "reception", language)
    assert greeting["message"]
    assert kinds[:3] == ["user_message", "routing", "handoff"]
    assert set(kinds[3:-1]) == {"assistant_delta"}
    assert frames[0]["message"] == text
    assert frames[-1]["persona"] == "sales"
    assert "".join(frame["delta"] for frame in frames[3:-1]) == frames[-1]["message"]
    assert [frame["seq"] for frame in stored([greeting, *frames])] == [2, 3, 4, 5, 6]


async def test_a_call_that_is_there_is_joined_and_shown_from_its_greeting(app, server):
    await app.conversations.start(call_id=CallId("CALL-001"), customer_name="علي", language=Language.ar)
    await app.conversations.handle(Utterance(CallId("CALL-001"), "مرحبا"))
    async with socket(server, query="?customer_name=Other&language=en") as connection:
        frames = await frames_until(connection, "assistant_message")
    assert [frame["event"] for frame in frames] == ["greeting", "user_message", "routing", "assistant_message"]
    assert "علي" in frames[0]["message"]


async def test_the_query_says_who_calls(app, server):
    async with socket(server, query="?customer_name=%D8%B9%D9%84%D9%8A&language=ar&after=0") as connection:
        frames = await frames_until(connection, "greeting")
    assert [frame["event"] for frame in frames] == ["call_started", "greeting"]
    assert (await app.store.state(CallId("CALL-001"))).customer_name == "علي"


async def test_reconnecting_after_an_event_brings_exactly_what_was_missed(app, server):
    call_id = CallId("CALL-001")
    await app.conversations.start(call_id=call_id, language=Language.en)
    for text in ("hello", "What are your working hours?"):
        await app.conversations.handle(Utterance(call_id, text))
    for after in range(9):
        log = [json.loads(event.model_dump_json()) for event in await app.store.events(call_id)]
        async with socket(server, query=f"?after={after}") as connection:
            missed = [json.loads(await connection.recv()) for _ in log[after:]]
            await connection.send("and then?")
            onwards = await frames_until(connection, "assistant_message")
        assert missed == log[after:]
        assert stored(onwards)[0]["seq"] == len(log) + 1


async def test_a_client_that_claims_to_be_ahead_misses_nothing_new(server):
    async with socket(server, query="?after=999999") as connection:
        await connection.send("hello")
        assert (await frames_until(connection, "assistant_message"))[0]["event"] == "user_message"


async def test_two_sockets_on_a_call_see_the_same(server):
    async with socket(server) as first, socket(server) as second:
        await first.recv()
        await second.recv()
        await first.send(said("hello", message_id="a"))
        seen = await frames_until(first, "assistant_message")
        assert await frames_until(second, "assistant_message") == seen


async def test_a_message_sent_over_rest_is_seen_on_the_socket(server):
    async with socket(server) as connection, httpx.AsyncClient(trust_env=False) as http:
        await connection.recv()
        path = f"http://{server}/api/conversations/CALL-001/message"
        reply = (await http.post(path, json={"message": "hello"})).json()
        frames = await frames_until(connection, "assistant_message")
    assert frames[-1]["message"] == reply["assistant_response"]


async def test_a_repeated_message_is_answered_once(app, server):
    async with socket(server) as connection:
        await connection.recv()
        for _ in range(3):
            await connection.send(said("hello", message_id="same"))
        await connection.send(said("What are your working hours?", message_id="other"))
        frames = await frames_until(connection, "assistant_message")
        frames += await frames_until(connection, "assistant_message")
    assert [frame["message_id"] for frame in frames if frame["event"] == "user_message"] == ["same", "other"]
    assert (await app.store.state(CallId("CALL-001"))).user_message_count == 2


async def test_messages_of_one_socket_are_kept_in_their_order(server):
    texts = [f"message number {count}" for count in range(30)]
    async with socket(server) as connection:
        for text in texts:
            await connection.send(text)
        frames = [frame for _ in texts for frame in await frames_until(connection, "assistant_message")]
    assert [frame["message"] for frame in frames if frame["event"] == "user_message"] == texts
    assert [frame["seq"] for frame in stored(frames)] == list(range(2, len(stored(frames)) + 2))


SAYS_NOTHING: list[tuple[str | bytes, str]] = [
    ("", "empty_message"),
    (" \t ", "empty_message"),
    ("\u202e\u200f", "empty_message"),
    ('{"message": ""}', "empty_message"),
    ('{"message": ', "invalid_frame"),
    ('{"text": "hi"}', "invalid_frame"),
    ('{"message": 5}', "invalid_frame"),
    ('{"message": "\\ud800"}', "invalid_frame"),
    ('{"message": "hi", "message_id": "no spaces"}', "invalid_frame"),
    (b"\x00\x01", "binary_frame"),
]


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_frame_that_says_nothing_is_told_so_and_the_call_goes_on(server, language):
    async with socket(server, query=f"?language={language}") as connection:
        await connection.recv()
        for frame, code in SAYS_NOTHING:
            await connection.send(frame)
            error = json.loads(await connection.recv())
            assert (error["event"], error["code"]) == ("error", code), frame
            assert error["message"] == customer_text(code)[Language(language)]
        await connection.send("hello")
        assert stored(await frames_until(connection, "assistant_message"))[0]["seq"] == 3


async def test_any_other_line_is_what_the_customer_typed(server):
    async with socket(server) as connection:
        await connection.recv()
        for line in ("[1, 2]", '"quoted"', "null", "42", "<b>x</b>", "'; DROP TABLE tickets;--", "👩‍👩‍👧"):
            await connection.send(line)
            assert (await frames_until(connection, "assistant_message"))[0]["message"] == clean(line).text


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 100_000])
async def test_a_frame_too_large_is_told_so_and_closes_with_1009(server, size):
    async with socket(server, query="?language=ar") as connection:
        await connection.recv()
        await connection.send("x" * size)
        frames, code, _ = await closed(connection)
    assert [(frame["event"], frame["code"]) for frame in frames] == [("error", "frame_too_large")]
    assert frames[0]["message"] == customer_text("frame_too_large")[Language.ar]
    assert code == 1009


async def test_a_monstrous_frame_is_cut_off_with_1009(server):
    async with socket(server) as connection:
        await connection.recv()
        with suppress(ConnectionClosed):  # the server does not wait for all of it
            await connection.send("x" * 5_000_000)
        assert [frame async for frame in unread(connection)] == []
        assert connection.close_code in (1009, 1006)  # the close frame may be lost with the unread rest
    async with socket(server, "NEXT") as connection:
        assert json.loads(await connection.recv())["event"] == "greeting"


async def test_the_end_of_the_call_ends_the_socket_with_1000(app, server):
    async with socket(server) as connection:
        await connection.recv()
        await app.conversations.end(CallId("CALL-001"), reason="done")
        frames, code, reason = await closed(connection)
    assert [frame["event"] for frame in frames] == ["call_ended"]
    assert (code, reason) == (1000, "call_ended")


async def test_a_call_that_is_over_is_shown_once_more_and_closed(app, server):
    call_id = CallId("CALL-001")
    await app.conversations.start(call_id=call_id, language=Language.ar)
    over = await app.conversations.end(call_id, reason="done")
    async with socket(server) as connection:
        frames, code, _ = await closed(connection)
    assert ([frame["event"] for frame in frames], code) == (["greeting", "call_ended"], 1000)
    async with socket(server, query=f"?after={over.seq}") as connection:
        frames, code, _ = await closed(connection)
    assert ([frame.get("code") for frame in frames], code) == (["call_ended"], 1000)
    assert frames[0]["message"] == customer_text("call_ended")[Language.ar]


async def test_an_address_that_names_no_possible_call_closes_with_4400(server):
    for call_id, query in (
        ("a%20b", ""),
        ("%00", ""),
        ("x" * 65, ""),
        ("OK", "?after=-1"),
        ("OK", "?after=x"),
        ("OK", "?language=fr"),
    ):
        async with socket(server, call_id, query) as connection:
            frames, code, reason = await closed(connection)
        assert [(frame["event"], frame["code"]) for frame in frames] == [("error", "invalid_request")]
        assert (code, reason) == (4400, "invalid_request")


async def test_a_turn_outlives_its_socket(build):
    voice = HeldVoice()
    async with serving(await build(voice=voice)) as address:
        async with socket(address) as connection:
            await connection.recv()
            await connection.send("hello")
            await voice.begun.wait()
        voice.may_end.set()
        async with socket(address, query="?after=2") as connection:
            frames = await frames_until(connection, "assistant_message")
    assert [frame["event"] for frame in stored(frames)] == ["user_message", "routing", "assistant_message"]
    assert frames[-1]["message"] == "one two"


async def test_who_joins_in_the_middle_of_a_reply_gets_its_rest_and_the_whole(build):
    voice = HeldVoice()
    async with serving(await build(voice=voice)) as address, socket(address) as first:
        await first.recv()
        await first.send("hello")
        await frames_until(first, "assistant_delta")
        async with socket(address) as second:
            await frames_until(second, "routing")
            voice.may_end.set()
            frames = await frames_until(second, "assistant_message")
    assert [frame.get("delta") for frame in frames] == ["two", None]
    assert frames[-1]["message"] == "one two"


async def test_what_a_crash_left_unanswered_is_answered_on_connecting(build):
    voice = FatefulVoice()
    broken = await build(voice=voice)
    voice.store = broken.store
    call_id = CallId("CALL-001")
    await broken.conversations.start(call_id=call_id, language=Language.en)
    with pytest.raises(Exception, match="store"):
        await broken.conversations.handle(Utterance(call_id, "What are your working hours?"))
    async with serving(await build()) as address, socket(address) as connection:
        frames = await frames_until(connection, "assistant_message")
    assert [frame["event"] for frame in stored(frames)] == ["greeting", "user_message", "routing", "assistant_message"]


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_store_that_goes_away_is_told_in_the_calls_language(build, language):
    voice = FatefulVoice()
    app = await build(voice=voice)
    voice.store = app.store
    async with serving(app) as address:
        async with socket(address, query=f"?language={language}") as connection:
            await connection.recv()
            await connection.send(said("hello", message_id="m-1"))
            error = (await frames_until(connection, "error"))[-1]
        assert (error["code"], error["message_id"]) == ("store_unavailable", "m-1")
        assert error["message"] == customer_text("store_unavailable")[Language(language)]
        async with socket(address) as connection:
            frames, code, reason = await closed(connection)
    assert [frame["code"] for frame in frames] == ["store_unavailable"]
    assert (code, reason) == (1013, "store_unavailable")


def pieces(count, size):
    delta = AssistantDelta(call_id=CallId("CALL-001"), message_id=MessageId("m-1"), delta="x" * size, persona="sales")
    return [delta] * count


class WatchedBus(MemoryBus):
    """Says when a reader has left."""

    def __init__(self) -> None:
        super().__init__()
        self.left = asyncio.Event()

    @asynccontextmanager
    async def subscribe(self, call_id):
        try:
            async with super().subscribe(call_id) as subscription:
                yield subscription
        finally:
            self.left.set()


async def test_a_reader_that_does_not_read_is_closed_with_1013_and_can_resume(build):
    bus = WatchedBus()
    app = await build(bus=bus)
    async with serving(app, Patience(send=0.1, close=20)) as address:
        async with socket(address, max_queue=1) as connection:
            await connection.recv()
            await app.bus.publish(pieces(900, 20_000))  # far more than sockets buffer
            await bus.left.wait()
            frames, code, reason = await closed(connection)
        assert 0 < len(frames) < 900
        assert (code, reason) == (1013, "subscriber_too_slow")
        await app.conversations.handle(Utterance(CallId("CALL-001"), "hello"))
        async with socket(address, query="?after=2") as connection:
            assert stored(await frames_until(connection, "assistant_message"))[0]["seq"] == 3


async def test_a_reader_that_the_bus_gave_up_is_closed_with_1013(app, server):
    async with socket(server) as connection:
        await connection.recv()
        await app.bus.publish(pieces(FRAMES_KEPT + 1, 10))
        _, code, reason = await closed(connection)
    assert (code, reason) == (1013, "subscriber_too_slow")


async def test_a_client_that_vanishes_leaves_the_server_well(server):
    async with socket(server) as connection:
        await connection.recv()
        await connection.send("hello")
        connection.transport.abort()
    async with socket(server, "NEXT") as connection:
        assert json.loads(await connection.recv())["event"] == "greeting"


async def test_a_restart_closes_with_1012(build):
    async with serving(await build()) as address:
        connecting = connect(f"ws://{address}/api/conversations/ws/C", proxy=None)
        connection = await connecting
        await connection.recv()
    _, code, _ = await closed(connection)
    assert code == 1012


@pytest.mark.parametrize(
    ("keys", "headers", "status"),
    [
        (["k" * 32], {}, 401),
        (["k" * 32], {"Authorization": "Bearer no"}, 401),
        (None, {"Origin": "https://evil.example"}, 403),
        (None, {"Host": "evil.example"}, 403),
    ],
)
async def test_who_may_not_come_in_is_refused_before_the_socket_opens(build, keys, headers, status):
    async with serving(await build(keys=keys)) as address:
        with pytest.raises(InvalidStatus) as refused:
            async with socket(address, additional_headers=headers):
                pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["status"] == status


async def test_a_key_opens_the_socket(build):
    async with (
        serving(await build(keys=["k" * 32])) as address,
        socket(address, additional_headers={"Authorization": f"Bearer {'k' * 32}"}) as connection,
    ):
        assert json.loads(await connection.recv())["event"] == "greeting"


async def test_a_streamed_turn_outlives_its_reader(build):
    voice = HeldVoice()
    async with serving(await build(voice=voice)) as address, httpx.AsyncClient(trust_env=False) as http:
        await http.post(f"http://{address}/api/calls", json={"call_id": "CALL-001"})
        path = f"http://{address}/api/conversations/CALL-001/message?stream=true"
        async with http.stream("POST", path, json={"message": "hello"}) as response:
            async for line in response.aiter_lines():
                if line == "event: assistant_delta":
                    break
        voice.may_end.set()
        async with socket(address) as connection:
            frames = await frames_until(connection, "assistant_message")
    assert frames[-1]["message"] == "one two"


async def test_a_silent_stream_is_kept_alive(build):
    voice = HeldVoice()
    async with (
        serving(await build(voice=voice), Patience(keepalive=0.01)) as address,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        await http.post(f"http://{address}/api/calls", json={"call_id": "CALL-001"})
        path = f"http://{address}/api/conversations/CALL-001/message?stream=true"
        async with http.stream("POST", path, json={"message": "hello"}) as response:
            lines = response.aiter_lines()
            async for line in lines:
                if line == ": keepalive":
                    break
            voice.may_end.set()
            assert "event: assistant_message" in [line async for line in lines]

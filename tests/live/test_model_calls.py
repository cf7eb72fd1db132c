"""Whole calls through a language model, over both of its APIs and both of ours: piece by piece, kept as delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from callcenter.actions.registry import Actions
from callcenter.calls import ActionName, PersonaType, TokenUsage, ToolName
from callcenter.events import (
    AssistantDelta,
    AssistantMessage,
    CallEvent,
    Handoff,
    TicketUpdated,
    ToolCalled,
    TransferRequested,
    UserMessage,
)
from callcenter.llm.fake_openai import Answer, Pieces, Request, says
from callcenter.llm.tools import TOOLS
from callcenter.settings import OpenAIApi
from tests.live.customers import Frame, Rest, Socket, check_log, rest, socket
from tests.live.model_house import ModelHouse, model_house
from tests.live.scripted_call import CALL, USAGE, Exchange, ScriptedModel, outputs, pieces_of
from tests.live.wires import Say, Wire, over_sse, over_websocket, spoken

pytestmark = pytest.mark.live


class Words(NamedTuple):
    """One question in three parts, and what the model says to it."""

    first: str
    second: str
    third: str
    reply: str


APIS = pytest.mark.parametrize("api", OpenAIApi)
WIRES = pytest.mark.parametrize("wire", [over_websocket, over_sse], ids=["websocket", "sse"])
LANGUAGES = pytest.mark.parametrize(
    "words",
    [
        Words(
            "what are your",
            "working hours",
            "on Saturdays?",
            "On Saturdays we are here from ten in the morning to two.",
        ),
        # Please tell me | working hours | Saturday? On Saturday we are here from ten to two.
        Words(
            "أخبروني من فضلكم",
            "أوقات العمل",
            "يوم السبت؟",
            "نحن هنا يوم السبت من العاشرة حتى الثانية ظهرًا بإذن الله.",
        ),
    ],
    ids=["en", "ar"],
)

CALL_ID = "CALL-1"


@asynccontextmanager
async def begun(folder: Path, api: OpenAIApi, **facts: str) -> AsyncIterator[tuple[ModelHouse, Rest]]:
    async with model_house(folder, api=api) as home, rest(f"http://{home.address}") as callers:
        await callers.start(CALL_ID, **facts)
        yield home, callers


def replies(events: list[CallEvent]) -> list[AssistantMessage]:
    return [event for event in events if isinstance(event, AssistantMessage)]


@WIRES
@APIS
async def test_a_bilingual_call_streams_and_is_kept_as_it_was_delivered(tmp_path: Path, api: OpenAIApi, wire: Wire):
    async with begun(tmp_path, api, language="ar", customer_name="علي") as (home, callers):  # Ali
        model = ScriptedModel(home.app.personas)
        home.fake.script(model)
        heard: list[str] = []
        async with wire(callers.url, CALL_ID) as say:
            for number, exchange in enumerate(CALL):
                frames = await streamed(say, model, exchange, f"m-{number}")
                heard.append("".join(spoken(frames)))

        log = await callers.log(CALL_ID)
        check_log(log, await callers.state(CALL_ID))
        said = replies(log)
        assert [each.message for each in said] == heard
        assert [each.persona for each in said] == [each.persona for each in CALL]
        assert [each.language for each in said] == [each.language for each in CALL]
        assert {each.voice for each in said} == {"gpt-4.1-mini"}
        assert not [each for each in said if each.voice_reason or each.corrections or each.interrupted]
        check_routes(log)
        check_transcript(heard, (await callers.get(f"/api/conversations/{CALL_ID}/transcript")).json())
        check_usage(said, len(home.fake.requests), (await callers.get(f"/api/conversations/{CALL_ID}/stats")).json())
        check_prompts(model, log, home.app.actions)


async def streamed(say: Say, model: ScriptedModel, exchange: Exchange, message_id: str) -> list[Frame]:
    """Say the customer's part; the model ends its reply only once half of its pieces are with the customer."""
    frames: list[Frame] = []
    async with aclosing(say(exchange.said, message_id)) as turn:
        async for frame in turn:
            frames.append(frame)
            if not isinstance(frame, AssistantDelta) or model.gate.is_set():
                continue
            if half_is_there(exchange, pieces_of(model.reply(exchange, model.asked[-1].request)), frames):
                assert not model.asked[-1].request.ended.is_set()
                model.gate.set()
    reply = frames[-1]
    assert isinstance(reply, AssistantMessage)
    assert reply.message == "".join(spoken(frames)), "kept as delivered"
    expected = model.reply(exchange, model.asked[-1].request)
    assert reply.message.endswith(expected), "and delivered as the model said it"
    assert bool(reply.message.removesuffix(expected)) is introduced(frames)
    return frames


def half_is_there(exchange: Exchange, pieces: tuple[str, ...], frames: list[Frame]) -> bool:
    """Whether half of the model's words came; as it said them, where no sentence must be judged as a whole.

    Pieces that reach us together go on together, so that a slow machine has fewer of them.
    """
    half = "".join(pieces[: (len(pieces) + 1) // 2]).rstrip()
    apart = len(spoken(frames)) - introduced(frames) >= len(pieces) // 4
    return half in "".join(spoken(frames)) and (apart or not exchange.is_plain)


def introduced(frames: list[Frame]) -> bool:
    """Whether the reply begins with the persona's introduction."""
    return any(isinstance(frame, Handoff) for frame in frames)


def check_routes(log: list[CallEvent]) -> None:
    handoffs = [event.to_persona for event in log if isinstance(event, Handoff)]
    assert handoffs == [PersonaType.sales, PersonaType.complaints]
    [called] = [event for event in log if isinstance(event, ToolCalled)]
    assert (called.tool, called.granted, called.message_id) == (ToolName.request_human, True, "m-4")
    [transfer] = [event for event in log if isinstance(event, TransferRequested)]
    assert transfer.message_id == "m-4"
    assert any(event.ticket.order_number == "7474839" for event in log if isinstance(event, TicketUpdated))


def check_transcript(heard: list[str], shown: dict[str, list[dict[str, str]]]) -> None:
    lines = [(line["role"], line["content"]) for line in shown["messages"] if line["content"] in {*heard, *SAID}]
    assert lines == [
        line for said, reply in zip(SAID, heard, strict=True) for line in (("user", said), ("assistant", reply))
    ]


SAID = [exchange.said for exchange in CALL]


def check_usage(said: list[AssistantMessage], requests: int, stats: dict[str, object]) -> None:
    for exchange, reply in zip(CALL, said, strict=True):
        assert reply.usage == used(2 if exchange.tool else 1)
    assert stats["usage"] == used(requests).model_dump(mode="json")
    assert stats["voices"] == {"gpt-4.1-mini": len(CALL)}


def used(times: int) -> TokenUsage:
    return TokenUsage(
        input_tokens=times * USAGE.input_tokens,
        cached_tokens=times * USAGE.cached_tokens,
        output_tokens=times * USAGE.output_tokens,
    )


def check_prompts(model: ScriptedModel, log: list[CallEvent], actions: Actions) -> None:
    """The model was told who it is, what is known and all that was said, and the customer's words only as such."""
    expected = [exchange for exchange in CALL for _ in range(2 if exchange.tool else 1)]
    assert [(asked.persona, asked.language) for asked in model.asked] == [
        (each.persona, each.language) for each in expected
    ]
    for exchange, asked in zip(expected, model.asked, strict=True):
        request = asked.request
        name = model.personas.get(exchange.persona).name[exchange.language]
        assert name in request.instructions.splitlines()[0]
        before = SAID[: SAID.index(exchange.said) + 1]
        assert [text for role, text in request.messages if role == "user"] == before
        own = "\n".join(text for role, text in request.messages if role == "assistant")
        for reply in replies(log)[: len(before) - 1]:
            assert reply.message in own
        for text in before:
            assert text not in request.instructions.replace(f"“{text}”", "").replace(f"«{text}»", "")
        assert {tool["name"] if "name" in tool else tool["function"]["name"] for tool in request.body["tools"]} == {
            *(tool.name for tool in TOOLS),
            *(action for action in ActionName if actions.offered(action, exchange.persona)),
        }
        assert ("7474839" in request.instructions) == (len(before) > SAID.index("My order number is 7474839"))
        assert "علي" in request.instructions  # Ali
    [told] = [outputs(asked.request) for asked in model.asked if outputs(asked.request)]
    assert [(each["granted"], bool(each["receipt"])) for each in told] == [(True, True)]


# --- connections that end amid a reply, customers who write on


class Held:
    """A model that falls silent after some pieces of its first reply, and says the next ones to their end."""

    def __init__(self, *replies: str, after: int) -> None:
        self.gate = asyncio.Event()
        self.requests: list[Request] = []
        self._replies = replies
        self._after = after

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        pieces = pieces_of(self._replies[min(len(self.requests), len(self._replies)) - 1])
        if len(self.requests) > 1:
            return says(*pieces)
        return Answer(pieces=pieces, hold_after=Pieces(self._after), gate=self.gate)


async def begun_reply(connected: Socket) -> None:
    """Wait until the first words of a reply have come."""
    while not spoken(connected.frames):
        await connected.frame()


@APIS
@LANGUAGES
async def test_who_comes_back_amid_a_reply_gets_it_whole_and_once(tmp_path: Path, api: OpenAIApi, words: Words):
    async with begun(tmp_path, api) as (home, callers):
        model = Held(words.reply, after=len(pieces_of(words.reply)) - 1)
        home.fake.script(model)
        async with socket(callers.url, CALL_ID, after=0) as connected:
            await connected.say(" ".join(words[:3]), "m-1")
            await begun_reply(connected)
            last = connected.last_seq
        async with socket(callers.url, CALL_ID, after=last) as again:
            model.gate.set()
            kept = await again.reply("m-1")
        assert kept.message == words.reply
        assert [event.seq for event in again.stored] == [last + 1]
        assert words.reply.endswith("".join(spoken(again.frames))), "only what had not been said yet"
        async with socket(callers.url, CALL_ID, after=last) as later:
            assert await later.reply("m-1") == kept
            assert spoken(later.frames) == []
        check_log(await callers.log(CALL_ID), await callers.state(CALL_ID))


@APIS
@LANGUAGES
async def test_a_burst_gets_one_reply_that_answers_all_of_it(tmp_path: Path, api: OpenAIApi, words: Words):
    async with begun(tmp_path, api) as (home, callers):
        model = Held("-", words.reply, after=0)
        home.fake.script(model)
        async with socket(callers.url, CALL_ID, after=0) as connected:
            await connected.say(words.first, "m-1")
            await (await home.fake.arrived()).held.wait()
            await asyncio.gather(connected.say(words.second, "m-2"), connected.say(words.third, "m-3"))
            kept = await connected.reply("m-3")
            delivered = "".join(spoken(connected.frames))
        log = await callers.log(CALL_ID)
        assert (kept.message, kept.answers) == (words.reply, ("m-1", "m-2"))
        assert delivered == kept.message
        assert replies(log) == [kept]
        assert [event.message_id for event in log if isinstance(event, UserMessage)] == ["m-1", "m-2", "m-3"]
        assert (await callers.state(CALL_ID)).unanswered == ()
        assert all(request.hung_up for request in model.requests[:-1]), "nobody waits for what nobody reads"
        asked = " ".join(text for role, text in model.requests[-1].messages if role == "user")
        assert [asked.count(each) for each in words[:3]] == [1, 1, 1]


@APIS
@LANGUAGES
async def test_a_reply_cut_off_is_kept_as_far_as_it_was_delivered(tmp_path: Path, api: OpenAIApi, words: Words):
    async with begun(tmp_path, api) as (home, callers):
        model = Held(words.reply, after=len(pieces_of(words.reply)) - 1)
        home.fake.script(model)
        async with socket(callers.url, CALL_ID, after=0) as connected:
            await connected.say(" ".join(words[:3]), "m-1")
            await begun_reply(connected)
            await connected.send('{"interrupt": true}')
            kept = await connected.reply("m-1")
            delivered = "".join(spoken(connected.frames))
        assert (kept.interrupted, kept.voice) == (True, "gpt-4.1-mini")
        assert kept.message == delivered
        assert words.reply.startswith(delivered)
        assert delivered != words.reply
        await model.requests[0].ended.wait()
        assert model.requests[0].hung_up
        log = await callers.log(CALL_ID)
        assert replies(log) == [kept]
        check_log(log, await callers.state(CALL_ID))


@APIS
@LANGUAGES
async def test_writing_on_amid_a_reply_cuts_it_off_and_both_are_answered(tmp_path: Path, api: OpenAIApi, words: Words):
    async with begun(tmp_path, api) as (home, callers):
        model = Held(words.reply, after=len(pieces_of(words.reply)) - 1)
        home.fake.script(model)
        async with socket(callers.url, CALL_ID, after=0) as connected:
            await connected.say(" ".join(words[:2]), "m-1")
            await begun_reply(connected)
            await connected.say(words.third, "m-2")
            cut, whole = await connected.reply("m-1"), await connected.reply("m-2")
            delivered = [
                "".join(
                    frame.delta
                    for frame in connected.frames
                    if isinstance(frame, AssistantDelta) and frame.message_id == each.message_id
                )
                for each in (cut, whole)
            ]
        assert [each.message for each in (cut, whole)] == delivered
        assert (cut.interrupted, whole.interrupted, whole.answers) == (True, False, ())
        assert whole.message == words.reply
        log = await callers.log(CALL_ID)
        check_log(log, await callers.state(CALL_ID))
        heard = [text for role, text in model.requests[-1].messages if role == "assistant"]
        assert any(each.startswith(cut.message) for each in heard), "the model knows how far it came"

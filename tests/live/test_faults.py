"""Whatever a provider does, the customer gets one sensible reply in time, and the log tells it all.

The rows stand in fault_table.py, fault_words.py and fault_deeds.py. Each is played in Arabic and in English at once, by
customers who speak over REST and listen on a WebSocket, and judged by the same rules.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from callcenter.bootstrap import build
from callcenter.calls import Language
from callcenter.events import AssistantDelta, AssistantMessage, CallEvent, TicketCreated, ToolCalled
from callcenter.llm.fake_openai import Answer, FakeOpenAI, Request, says
from callcenter.settings import OpenAIApi, Settings
from tests.api.wire import serving
from tests.live.customers import FRAMES, Frame, Rest, check_log, rest, socket
from tests.live.fault_deeds import DEEDS
from tests.live.fault_table import AR, EN, GOOD, TRANSPORT, Act, Row
from tests.live.fault_words import WORDS
from tests.live.model_house import HURRIED, ModelHouse, model_house

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

ROWS: Final = (*TRANSPORT, *WORDS, *DEEDS)
ROWS_AT_LEAST: Final = 100
MODEL: Final = "gpt-4.1-mini"
IN_TIME: Final = 20.0
"""Seconds for a reply whose deadline is two; only a reply that never comes needs them."""
LETTERS: Final = {AR: "[\u0621-\u064a]", EN: "[A-Za-z]"}
MOSTLY: Final = 0.6
"""Names, addresses and prices may be in the other script."""
END: Final = re.compile(r"[.!?؟…][\"'”’»)]*$")
NEVER: Final = re.compile(
    r"[{}<>`*#|]|None|null|Traceback|Error|error|undefined|nan|\bHTTP|status|server had|Incorrect API|Rate limit|quota"
    r"|resp_|chatcmpl|call_|open_ticket|update_slots|hand_off|request_human"
    r"|[.!?؟…:][A-Z\u0621-\u064a]|\ufffd|\u202e|\u200b|  |\n{3}"
)
"""Markup, code, what providers say of their errors, what is ours alone, and sentences that run into each other."""
SENTENCES: Final = re.compile(r"(?<=[.!?؟…])\s+")
TOLD: Final = 16
"""Characters of a sentence by which it is recognised in a log."""
STREAMED: Final = (
    "status 500 twice",
    "cut in mid-sentence",
    "the other language twice",
    "a false refund at the end",
    "a tool call, then a cut",
)
"""Rows that are read as server-sent events as well."""


@dataclass
class Played:
    """What became of a row in one language."""

    asked: int = 0
    frames: list[Frame] = field(default_factory=list)
    response: str = ""
    events: Sequence[CallEvent] = ()

    @property
    def reply(self) -> AssistantMessage:
        [found] = [event for event in self.events if isinstance(event, AssistantMessage)]
        return found

    @property
    def delivered(self) -> str:
        return "".join(frame.delta for frame in self.frames if isinstance(frame, AssistantDelta))


@dataclass
class Stage:
    """A house in which rows are played."""

    home: ModelHouse
    callers: Rest
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def play(
        self, row: Row, languages: Sequence[Language] = tuple(Language), *, sse: bool = False
    ) -> Mapping[Language, Played]:
        """Play a row, in both languages at once."""
        found = {language: Played() for language in languages}
        self.home.fake.script(_director(row, found))
        number = next(self.numbers)
        async with asyncio.timeout(IN_TIME):
            await asyncio.gather(*(self._call(f"CALL-{number}-{each}", each, row, found[each], sse) for each in found))
        return found

    async def _call(self, call_id: str, language: Language, row: Row, played: Played, sse: bool) -> None:  # noqa: FBT001 (our own)
        text = row.customer[language]
        await self.callers.start(call_id, language=language)
        if sse:
            played.frames = await self._streamed(call_id, text)
            played.response = played.delivered
        else:
            async with socket(self.callers.url, call_id) as listener:
                await listener.frame()  # the greeting: it listens
                played.response = (await self.callers.say(call_id, text, "M-1")).assistant_response or ""
                await listener.reply("M-1")
                played.frames = listener.frames
        played.events = await self.callers.log(call_id)
        state = await self.callers.state(call_id)
        check_log(played.events, state)
        assert state.unanswered == ()

    async def _streamed(self, call_id: str, text: str) -> list[Frame]:
        address, said = f"/api/conversations/{call_id}/message?stream=true", {"message": text, "message_id": "M-1"}
        async with self.callers.http.stream("POST", address, json=said) as response:
            lines = [line async for line in response.aiter_lines()]
        return [FRAMES.validate_json(line.removeprefix("data:")) for line in lines if line.startswith("data:")]

    async def recover(self) -> None:
        """Have the model be well once, so that no row is charged with the failures of others."""
        self.home.fake.script(lambda _: says(GOOD[EN]))
        call_id = f"CALL-{next(self.numbers)}-well"
        await self.callers.start(call_id, language="en")
        assert (await self.callers.say(call_id, "hello")).assistant_response == GOOD[EN]


def _director(row: Row, found: Mapping[Language, Played]) -> Act:
    """Return what gives each language's call the row's answers, in order."""
    left = {language: deque(row.model) for language in found}

    def act(request: Request) -> Answer:
        language = AR if re.search(LETTERS[AR], request.last_user_message) else EN
        found[language].asked += 1
        turn = left[language].popleft() if left[language] else Answer(status=400)
        turn = turn[language] if isinstance(turn, Mapping) else turn
        return turn if isinstance(turn, Answer) else turn(request)

    return act


def judge(row: Row, language: Language, played: Played) -> None:
    """Hold a reply against what holds for all, and against its row."""
    reply, said = played.reply, played.reply.message
    assert played.asked == len(row.model), "the model was asked as often as the row says"
    assert said == played.response == played.delivered, "what is stored is what went out, to the character"
    assert not reply.interrupted
    assert reply.language is language
    letters, own = len(re.findall(r"[^\W\d_]", said)), len(re.findall(LETTERS[language], said))
    assert own > MOSTLY * letters, said
    assert END.search(said), said
    assert not NEVER.search(said), (NEVER.search(said), said)
    sentences = SENTENCES.split(said)
    assert len(sentences) == len(set(sentences)), said
    assert reply.voice == (MODEL if row.ends == "model" else "offline"), (reply.voice_reason, said)
    assert reply.voice_reason == row.reason
    assert {f"{each.fault} {each.action}" for each in reply.corrections} == set(row.corrections), said
    tools = [event for event in played.events if isinstance(event, ToolCalled)]
    assert tuple(f"{each.tool} {'granted' if each.granted else 'refused'}" for each in tools) == row.tools
    assert row.tickets in {None, len([event for event in played.events if isinstance(event, TicketCreated)])}
    assert row.has[language] in said, said
    assert not (row.never[language] and re.search(row.never[language], said)), said


def judge_log(records: Sequence[logging.LogRecord], row: Row, played: Mapping[Language, Played]) -> None:
    """Hold the process's own log against what it may tell: no bug, and nothing that was said."""
    assert not [record for record in records if record.levelno >= logging.ERROR]
    written = "\n".join(json.dumps(vars(record), default=repr, ensure_ascii=False) for record in records)
    for language, each in played.items():
        for sentence in (*SENTENCES.split(row.customer[language]), *SENTENCES.split(each.reply.message)):
            assert sentence[:TOLD] not in written


def judge_all(row: Row, played: Mapping[Language, Played], records: Sequence[logging.LogRecord]) -> None:
    for language, each in played.items():
        judge(row, language, each)
    judge_log(records, row, played)


Houses = Callable[[OpenAIApi, bool], Awaitable[Stage]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def houses(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Houses]:
    """Return one house for all rows of an API and a patience: to start one takes longer than a row."""
    stages: dict[tuple[OpenAIApi, bool], Stage] = {}
    async with AsyncExitStack() as stack:

        async def house(api: OpenAIApi, hurried: bool) -> Stage:  # noqa: FBT001 (as a row has it)
            if (api, hurried) not in stages:
                folder = tmp_path_factory.mktemp("faults")
                stages[api, hurried] = await stack.enter_async_context(staged(folder, api, hurried=hurried))
            return stages[api, hurried]

        yield house


@asynccontextmanager
async def staged(folder: Path, api: OpenAIApi, *, hurried: bool = False) -> AsyncIterator[Stage]:
    patience = HURRIED if hurried else {}
    async with model_house(folder, api=api, **patience) as home, rest(f"http://{home.address}") as callers:
        yield Stage(home, callers)


def marks(row: Row) -> Sequence[pytest.MarkDecorator]:
    return [pytest.mark.xfail(reason=row.unlike, strict=True)] if row.unlike else []


def rows(found: Iterable[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.name, marks=marks(row)) for row in found])


def on_stages(found: Sequence[Row]) -> pytest.MarkDecorator:
    """Have each row played on the APIs that know it."""
    return pytest.mark.parametrize(
        ("api", "row"),
        [
            pytest.param(api, row, id=f"{api}-{row.name}", marks=marks(row))
            for api in OpenAIApi
            for row in found
            if api in row.apis
        ],
    )


@on_stages([row for row in ROWS if not row.alone])
async def test_every_fault_ends_in_one_sensible_reply(houses, caplog, api, row):
    caplog.set_level(logging.INFO)
    stage = await houses(api, row.hurried)
    try:
        judge_all(row, await stage.play(row), caplog.records)
    finally:
        await stage.recover()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("api", OpenAIApi)
@rows(row for row in ROWS if row.alone)
async def test_a_refused_key_ends_in_one_sensible_reply(tmp_path, caplog, row, api, language):
    caplog.set_level(logging.INFO)
    async with staged(tmp_path, api) as stage:
        judge_all(row, await stage.play(row, [language]), caplog.records)


@pytest.mark.parametrize("api", OpenAIApi)
async def test_a_server_that_is_not_there_ends_in_one_sensible_reply(tmp_path, caplog, api):
    caplog.set_level(logging.INFO)
    row = Row(name="a refused connection", model=(), reason="connection_lost")
    settings = Settings(
        data_dir=tmp_path, port=0, openai_api=api, openai_base_url="http://127.0.0.1:9/v1", _env_file=None, **HURRIED
    )
    app = await build(settings)
    try:
        async with serving(app) as address, rest(f"http://{address}") as callers:
            judge_all(row, await Stage(ModelHouse(app, FakeOpenAI(), address), callers).play(row), caplog.records)
    finally:
        await app.close()


@on_stages([row for row in ROWS if row.name in STREAMED])
async def test_streamed_replies_are_as_sensible(houses, caplog, api, row):
    caplog.set_level(logging.INFO)
    stage = await houses(api, row.hurried)
    try:
        judge_all(row, await stage.play(row, sse=True), caplog.records)
    finally:
        await stage.recover()


async def test_the_table_is_what_it_says():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) > ROWS_AT_LEAST
    assert set(STREAMED) <= set(names)

"""A model's faults as llmock plays them, whose idea of OpenAI's wire is not ours. `make faults` runs these alone.

What each fault ends in stands in docs/language-model.md; tests/live/test_faults.py plays more of them, with a double
of our own. llmock streams word by word, so that a fault is placed by the words that come before it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from llmock.pytest_plugin import LLMock
from pydantic import SecretStr

from callcenter.bootstrap import build
from callcenter.calls import Language
from callcenter.events import AssistantMessage, CallEvent, TicketCreated, ToolCalled
from callcenter.settings import OpenAIApi, Settings
from tests.api.wire import serving
from tests.live.customers import Rest, check_log, rest
from tests.live.fault_table import AR, EN, FIRST, GOOD, HOURS, OFFLINE, Pair
from tests.live.model_house import HURRIED

pytestmark = pytest.mark.live

MODEL: Final = "gpt-4.1-mini"
OPENING: Final = {OpenAIApi.responses: 4, OpenAIApi.chat: 1}
"""Chunks before the first word."""
LONG: Final = 3.0
"""Seconds of silence; `HURRIED` waits less than half a second."""
PROMISED: Final[Pair] = {
    AR: "فتحت لكم تذكرة، وسيتصل بكم أحد زملائي. هل من شيء آخر؟",  # a ticket is open, we will call
    EN: "I have opened a ticket, and a colleague will call you. Is there anything else?",
}
"""True once a ticket is open."""
CALLBACK: Final = {"category": "callback", "description": "wants to be called", "urgency": "medium"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What llmock does to a reply, and who must have ended it."""

    name: str
    inflict: Callable[[LLMock, int], object]
    """Takes the chunks by which a first sentence has come."""
    asked: int
    """How often the model is asked."""
    reason: str | None = None
    """None: the model spoke to the end."""
    begun: bool = False
    """Whether the first sentence had gone out."""
    hurried: bool = False
    verdict: frozenset[str] = frozenset()
    """What llmock holds against us all the same."""


FAULTS: Final = (
    Fault(name="none", inflict=lambda _, __: None, asked=1),
    Fault(name="429, then well", inflict=lambda mock, _: mock.rate_limit(retry_after=0.2), asked=2),
    Fault(
        name="429 for an hour",
        inflict=lambda mock, _: mock.rate_limit(retry_after=3600),
        asked=1,
        reason="rate_limited",
    ),
    Fault(name="500, then well", inflict=lambda mock, _: mock.fail(500), asked=2),
    Fault(name="500 twice", inflict=lambda mock, _: mock.fail(500, times=2), asked=2, reason="server_error"),
    Fault(name="too long", inflict=lambda mock, _: mock.context_overflow(), asked=1, reason="request_refused"),
    Fault(
        name="disconnect amid",
        inflict=lambda mock, chunks: mock.disconnect(after_chunks=chunks),
        asked=1,
        reason="connection_lost",
        begun=True,
    ),
    Fault(name="disconnect, then well", inflict=lambda mock, _: mock.disconnect(after_chunks=1), asked=2),
    Fault(
        name="truncated amid",
        inflict=lambda mock, chunks: mock.truncate(after_chunks=chunks),
        asked=1,
        reason="cut_short",
        begun=True,
        # It wants the model asked again; we carry on ourselves, for what was heard can't be taken back.
        verdict=frozenset({"truncated_stream_accepted"}),
    ),
    Fault(name="truncated, then well", inflict=lambda mock, _: mock.truncate(after_chunks=1), asked=2),
    Fault(
        name="corrupt amid",
        inflict=lambda mock, chunks: mock.corrupt(after_chunks=chunks),
        asked=1,
        reason="garbled",
        begun=True,
    ),
    Fault(
        name="stall amid",
        inflict=lambda mock, chunks: mock.stall(after_chunks=chunks, seconds=LONG),
        asked=1,
        reason="idle_timeout",
        begun=True,
        hurried=True,
    ),
    Fault(
        name="slow first token twice",
        inflict=lambda mock, _: mock.slow_first_token(LONG, times=2),
        asked=2,
        reason="first_token_timeout",
        hurried=True,
    ),
    Fault(
        name="slow first token, then well",
        inflict=lambda mock, _: mock.slow_first_token(LONG),
        asked=2,
        hurried=True,
    ),
)


@asynccontextmanager
async def house(folder: Path, llmock: LLMock, api: OpenAIApi, **hurry: Any) -> AsyncIterator[Rest]:
    """Run the product on llmock; yields its callers."""
    llmock.tool_mode("off")  # it would call a tool of its own choice where nothing is scripted
    configured = Settings(
        data_dir=folder,
        port=0,
        openai_api=api,
        openai_base_url=llmock.base_url(),
        openai_api_key=SecretStr("any"),
        _env_file=None,
        **hurry,
    )
    app = await build(configured)
    try:
        async with serving(app) as address, rest(f"http://{address}") as callers:
            yield callers
    finally:
        await app.close()


async def replied(callers: Rest, language: Language) -> tuple[AssistantMessage, list[CallEvent]]:
    """Have a customer ask once, and return the one reply as it was stored, which is as it went out."""
    call_id = f"CALL-{language}"
    await callers.start(call_id, language=language)
    said = await callers.say(call_id, HOURS[language])
    events = await callers.log(call_id)
    check_log(events, await callers.state(call_id))
    [reply] = [event for event in events if isinstance(event, AssistantMessage)]
    assert reply.message == said.assistant_response
    return reply, events


APIS: Final = pytest.mark.parametrize("api", OpenAIApi)
LANGUAGES: Final = pytest.mark.parametrize("language", Language)


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
@LANGUAGES
@APIS
async def test_every_fault_ends_in_one_sensible_reply(tmp_path, llmock, api, language, fault):
    fault.inflict(llmock, OPENING[api] + len(FIRST[language].split()) + 1)
    llmock.reply(GOOD[language], times=fault.asked)
    async with house(tmp_path, llmock, api, **HURRIED if fault.hurried else {}) as callers:
        reply, _ = await replied(callers, language)
    assert reply.voice_reason == fault.reason
    if fault.reason is None:
        assert (reply.voice, reply.message) == (MODEL, GOOD[language])
    else:
        assert reply.voice == "offline"
        assert reply.message.startswith(FIRST[language]) == fault.begun
        assert fault.begun or OFFLINE[language] in reply.message
    assert len(llmock.requests) == fault.asked
    assert {finding.code for finding in llmock.verdict().errors} == fault.verdict


@LANGUAGES
@APIS
async def test_a_tool_is_carried_out_and_its_receipt_told(tmp_path, llmock, api, language):
    llmock.call_tool("open_ticket", CALLBACK).reply(PROMISED[language])
    async with house(tmp_path, llmock, api) as callers:
        reply, events = await replied(callers, language)
    assert (reply.voice, reply.voice_reason, reply.message) == (MODEL, None, PROMISED[language])
    [called] = [event for event in events if isinstance(event, ToolCalled)]
    [opened] = [event for event in events if isinstance(event, TicketCreated)]
    assert (called.tool, called.granted) == ("open_ticket", True)
    assert opened.ticket.number in str(llmock.last_request.body)
    llmock.assert_resilient()


@pytest.mark.parametrize("kind", ["malformed_arguments", "unknown_tool"])
@LANGUAGES
@APIS
async def test_a_broken_call_of_a_tool_is_refused(tmp_path, llmock, api, language, kind):
    llmock.call_tool("open_ticket", CALLBACK).break_tool_call(kind).reply(GOOD[language])
    async with house(tmp_path, llmock, api) as callers:
        reply, events = await replied(callers, language)
    assert (reply.voice, reply.message) == (MODEL, GOOD[language])
    [called] = [event for event in events if isinstance(event, ToolCalled)]
    assert not called.granted
    assert not [event for event in events if isinstance(event, TicketCreated)]
    llmock.assert_resilient()

"""Two hundred customers at once on one process, and a model that fails one reply in twenty: nothing lost or doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.calls import Language
from callcenter.events import AssistantDelta, AssistantMessage, CallEvent, UserMessage
from callcenter.llm import Failure
from callcenter.llm.fake_openai import FakeOpenAI, serve
from tests.live.customers import Rest, check_log, rest, socket
from tests.live.model_house import KEY
from tests.live.serving import ROOT, Server

pytestmark = pytest.mark.live

CALLS = 200
WAVES = 3
PIECES = 40
PAUSE = 0.005
"""Seconds between two pieces."""
FAULT_RATE = 0.05

WORDS = {
    Language.en: ("Hello", "What are your working hours?", "How much is a website?"),
    Language.ar: ("مرحبا", "ما هي أوقات العمل؟", "كم سعر صفحة هبوط؟"),  # the same, of a landing page
}
REPLIES = CALLS * len(WORDS[Language.en])
"""In a wave."""

DEADLINES = {"CALLCENTER_OPENAI_FIRST_TOKEN_SECONDS": "5", "CALLCENTER_OPENAI_IDLE_SECONDS": "3"}
"""A stall costs its customer a few seconds; two noisy cores that serve model, product and customers take one."""

CALL_BYTES = 30_000
"""A call that stays at hand holds some 7 KB; with what allocator and store keep, the process grows by 25 KB. Its three
prompts, were they kept, would be three times as much."""
SLACK_BYTES = 10_000_000
"""A wave's peak may come a little later than the first one's."""
KEPT_OPEN = 200
"""Connections to the model that may be kept for the next wave (llm/openai_client.py)."""
OTHER_FILES = 20

FAULTS = frozenset({
    Failure.server_error,
    Failure.rate_limited,
    Failure.connection_lost,
    Failure.cut_short,
    Failure.first_token_timeout,
    Failure.idle_timeout,
})  # fmt: skip
"""What the faults of `callcenter/llm/fake_openai/faults.py` look like from the product."""


@asynccontextmanager
async def running(folder: Path, fake: FakeOpenAI) -> AsyncIterator[Server]:
    """Run the product as a process of its own, on a model in this one."""
    async with serve(fake) as url:
        model = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}
        server = Server(folder, environment={**model, **DEADLINES})
        await server.start()
        await fake.arrived()  # it looks at the model once
        try:
            yield server
        finally:
            await server.stop()


async def customer(server: Server, number: int) -> None:
    """Say three things, each after the answer to the one before; what was shown is what is kept."""
    language = [*Language][number % 2]
    async with socket(server.url, f"CALL-{number}", language=language) as connected:
        for turn, text in enumerate(WORDS[language]):
            await connected.say(text, f"m-{turn}")
            reply = await connected.reply(f"m-{turn}")
            shown = [
                frame.delta
                for frame in connected.frames
                if isinstance(frame, AssistantDelta) and frame.message_id == reply.message_id
            ]
            assert "".join(shown) == reply.message
            assert reply.language is language


async def wave(server: Server, callers: Rest, number: int) -> list[AssistantMessage]:
    """Have two hundred calls at once; return their replies."""
    calls = range(number * CALLS, (number + 1) * CALLS)
    async with asyncio.TaskGroup() as customers:
        ended = [customers.create_task(customer(server, call)) for call in calls]
        while not all(task.done() for task in ended):
            assert (await callers.get("/healthz")).json() == {"status": "ok"}
            await asyncio.wait(ended, timeout=0.5)
    replies: list[AssistantMessage] = []
    for call in calls:
        log = await callers.log(f"CALL-{call}")
        check_log(log, await callers.state(f"CALL-{call}"))
        assert messages(log) == [*WORDS[[*Language][call % 2]]]
        replies += (event for event in log if isinstance(event, AssistantMessage))
    return replies


def messages(log: list[CallEvent]) -> list[str]:
    return [event.message for event in log if isinstance(event, UserMessage)]


def resident(server: Server) -> int:
    """Return the bytes of memory that the server's process has."""
    status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024


def open_files(server: Server) -> int:
    """Return how many files and sockets the server's process has open."""
    return sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())


async def test_two_hundred_calls_at_once_through_a_model_with_faults(tmp_path: Path) -> None:
    fake = FakeOpenAI(key=KEY, fault_rate=FAULT_RATE, seed=4, pause=PAUSE, pieces=PIECES)
    async with running(tmp_path, fake) as server, rest(server.url) as callers:
        replies, sizes, before = [], [], open_files(server)
        for number in range(WAVES):
            replies += await wave(server, callers, number)
            sizes.append(resident(server))

        # Each fault was made good by asking again, or by the offline voice, which says why.
        assert len(replies) == WAVES * REPLIES
        assert not [reply for reply in replies if reply.corrections or reply.interrupted or reply.answers]
        reasons = Counter(reply.voice_reason for reply in replies if reply.voice_reason)
        assert Counter(reply.voice for reply in replies if reply.voice_reason) == {"offline": reasons.total()}
        assert {reply.voice for reply in replies if not reply.voice_reason} == {"gpt-4.1-mini"}
        assert reasons.keys() <= FAULTS, reasons
        asked_again = fake.requests[-1].number - 1 - len(replies)  # the first one was the look at the model
        assert fake.faults.total() == asked_again + reasons.total()
        assert asked_again
        assert reasons

        assert sizes[-1] - sizes[0] < (WAVES - 1) * CALLS * CALL_BYTES + SLACK_BYTES, sizes
        assert open_files(server) - before < KEPT_OPEN + OTHER_FILES, "sockets are given back"
        assert all(request.ended.is_set() for request in fake.requests), "nobody waits for a model any more"
        ready = (await callers.get("/readyz")).json()
        assert ready["status"] == "ready"
        assert ready["voice"]["ready"]
    assert f'File "{ROOT}/callcenter' not in server.output()
    assert "ERROR" not in server.output()


async def test_customers_of_a_model_that_comes_and_goes_are_all_answered(tmp_path: Path) -> None:
    """Half of all replies fail, so that the breaker opens; whoever speaks, everybody is answered."""
    fake = FakeOpenAI(key=KEY, fault_rate=0.5, seed=4, pause=PAUSE, pieces=PIECES)
    async with running(tmp_path, fake) as server, rest(server.url) as callers:
        replies = await wave(server, callers, 0)
        assert len(replies) == REPLIES
        by_voice = Counter(reply.voice for reply in replies)
        assert by_voice.keys() <= {"gpt-4.1-mini", "offline"}
        ready = (await callers.get("/readyz")).json()
        assert ready["status"] in {"ready", "degraded"}
        assert ready["voice"]["ready"] or ready["voice"]["reason"]
    assert f'File "{ROOT}/callcenter' not in server.output()

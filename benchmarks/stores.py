"""What a turn costs where calls are kept at Supabase, beside the embedded store: requests, CPU and time.

Conversations run in this process as a server runs them, with the offline voice; every turn is durable before it is
answered. Supabase is the data API and the PostgreSQL of the tests (tests/data_api.py), on this machine: requests and
our own CPU are as with a hosted project, the time a turn takes lacks the way there. Rounds alternate.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest

from benchmarks.figures import Figure
from benchmarks.messages import CALLS
from callcenter.analysis import ConversationAnalyzer, default_lexicons
from callcenter.bootstrap import system_sources
from callcenter.bus.memory import MemoryBus
from callcenter.calls import CallId
from callcenter.company import DEMO, load_company
from callcenter.conversation import ConversationManager, Utterance
from callcenter.llm import Brief, Piece, Voice
from callcenter.llm.offline import OfflineVoice
from callcenter.personas import PersonaManager, load_personas
from callcenter.store import Store
from callcenter.store.sqlite import SQLiteStore
from callcenter.store.supabase import SupabaseStore
from tests.data_api import Project, serving
from tests.postgres import running

if TYPE_CHECKING:
    import httpx

ROUNDS: Final = 5
CALLS_A_ROUND: Final = 8
"""Of eight messages each, one call after the other; then as many at the same time."""
READS: Final = 1
WRITES: Final = 2
"""What a turn may cost at most, in requests."""
CPU_BOUND: Final = 5.0
"""Two HTTP requests by a client made for any use, beside two rows handed to a thread."""

_COMPANY: Final = load_company(DEMO)
_ANALYZER: Final = ConversationAnalyzer(default_lexicons())
_PERSONAS: Final = PersonaManager(load_personas(), _COMPANY)
_PROMPT: Final = OfflineVoice(_COMPANY)


class _Streamed:
    """The offline voice as a model speaks: the message is kept before it begins, its reply when it has ended."""

    name = "streamed"

    def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        """Yield what the offline voice does."""
        return _PROMPT.stream(brief)


_VOICES: Final[Mapping[str, Voice]] = {"answered at once": _PROMPT, "answered in a stream": _Streamed()}


@dataclass(slots=True)
class Round:
    """What the turns of one round took."""

    cpu_micros: list[float] = field(default_factory=list)
    """Of this process, a turn."""
    milliseconds: list[float] = field(default_factory=list)
    """A turn, as its customer saw it."""
    rates: list[float] = field(default_factory=list)
    """Turns a second with all calls at the same time."""


def measure() -> list[Figure]:
    """Return the figures; exits where PostgreSQL or Node is missing."""
    try:
        with TemporaryDirectory() as place, running() as postgres, serving(postgres.new_database()) as project:
            return asyncio.run(_measure(Path(place), project))
    except pytest.skip.Exception as missing:
        sys.exit(f"stores needs what its tests need: {missing}.")


async def _measure(folder: Path, project: Project) -> list[Figure]:
    local, away = await SQLiteStore.open(folder / "calls.sqlite3"), await project.open()
    reads, writes = await _requests(away)
    stores: Mapping[str, Store] = {"SQLite": local, "Supabase": away}
    found = {(name, how): Round() for how in _VOICES for name in stores}
    for number in range(-1, ROUNDS):
        for (name, how), kept in found.items():
            await _round(stores[name], _VOICES[how], f"{name}-{number}", kept if number >= 0 else Round())
    for store in stores.values():
        await store.close()
    for (name, how), each in found.items():
        print(
            f"  {name}, {how}: CPU µs {' '.join(f'{cpu:.0f}' for cpu in each.cpu_micros)}; a turn takes"
            f" {median(each.milliseconds):.1f} ms; {CALLS_A_ROUND} at a time {median(each.rates):.0f} turns/s"
        )
    return [
        Figure(goal="Supabase, reads of a turn at most", unit="requests", ours=reads, bound=READS),
        Figure(goal="Supabase, writes of a turn at most", unit="requests", ours=writes, bound=WRITES),
        *(
            Figure(
                goal=f"Supabase, turn {how}, CPU",
                unit="µs",
                ours=median(found["Supabase", how].cpu_micros),
                peer=median(found["SQLite", how].cpu_micros),
                bound=CPU_BOUND,
                beside="the embedded store",
            )
            for how in _VOICES
        ),
    ]


async def _requests(store: SupabaseStore) -> tuple[int, int]:
    """Return the most reads and writes of any turn, of a server that knows the call and of one that does not yet."""
    asked: list[str] = []
    most = (0, 0)

    async def note(request: httpx.Request) -> None:
        asked.append(request.url.path)

    http = store._api._http  # noqa: SLF001 (the client says nothing of what it sends)
    http.event_hooks = {**http.event_hooks, "request": [note]}
    for kind, call in enumerate(CALLS):
        for voice, cold in product(_VOICES.values(), (False, True)):
            call_id = CallId(f"counted-{kind}-{voice.name}-{cold}")
            async with _house(store, voice) as knowing:
                await knowing.start(call_id=call_id)
                for message in call:
                    async with _house(store, voice) as unknowing:
                        asked.clear()
                        await (unknowing if cold else knowing).handle(Utterance(call_id, message))
                    writes = sum(path.endswith("/rpc/append_call_events") for path in asked)
                    assert writes, "nothing was kept"
                    most = max(most[0], len(asked) - writes), max(most[1], writes)
    assert all(ours <= bound for ours, bound in zip(most, (READS, WRITES), strict=True)), most
    http.event_hooks = {**http.event_hooks, "request": []}
    return most


async def _round(store: Store, voice: Voice, name: str, found: Round) -> None:
    async with _house(store, voice) as house:
        calls = [CallId(f"{name}-{voice.name}-{number}") for number in range(2 * CALLS_A_ROUND)]
        for call_id in calls:
            await house.start(call_id=call_id)
        turns = CALLS_A_ROUND * len(CALLS[0])
        before = time.process_time()
        for number, call_id in enumerate(calls[:CALLS_A_ROUND]):
            found.milliseconds += await _talk(house, call_id, CALLS[number % len(CALLS)])
        found.cpu_micros.append((time.process_time() - before) / turns * 1e6)
        began = time.perf_counter()
        await asyncio.gather(
            *(_talk(house, call_id, CALLS[number % len(CALLS)]) for number, call_id in enumerate(calls[CALLS_A_ROUND:]))
        )
        found.rates.append(turns / (time.perf_counter() - began))


async def _talk(house: ConversationManager, call_id: CallId, call: Sequence[str]) -> list[float]:
    """Say a call's messages; return how many milliseconds each turn took."""
    took = []
    for message in call:
        began = time.perf_counter()
        turn = await house.handle(Utterance(call_id, message))
        took.append((time.perf_counter() - began) * 1000)
        assert turn.events[-1].event == "assistant_message"
    return took


@asynccontextmanager
async def _house(store: Store, voice: Voice) -> AsyncIterator[ConversationManager]:
    bus = MemoryBus()
    yield ConversationManager(
        store=store,
        bus=bus,
        analyzer=_ANALYZER,
        company=_COMPANY,
        personas=_PERSONAS,
        voices=(voice, _PROMPT),
        sources=system_sources(),
    )
    await bus.close()

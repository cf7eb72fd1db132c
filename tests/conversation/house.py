"""A house of one call, for tests of conversations: real store, bus, analyzer and personas; the voice says what it
is told to.

Time and ids come from steady sources; the store can be told to fail.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.actions.registry import Actions
from callcenter.analysis import ConversationAnalyzer, load_lexicons
from callcenter.bus.memory import MemoryBus
from callcenter.calls import ActionResult, CallId, Language, MessageId, ProposalId, TicketNumber
from callcenter.company import DEMO, load_company
from callcenter.conversation import ConversationManager, Sources, Utterance
from callcenter.errors import CallNotFound, StoreUnavailable, VoiceFailed
from callcenter.knowledge import Articles
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Piece, Voice
from callcenter.llm.second_opinion import SecondOpinion
from callcenter.personas import PersonaManager, load_personas
from callcenter.scripts import NO_SCRIPTS, Scripts
from callcenter.store import Append, Erased
from callcenter.store.sqlite import SQLiteStore
from tests.factories import after

COMPANY = load_company(DEMO)
ANALYZER = ConversationAnalyzer(load_lexicons())
PERSONAS = PersonaManager(load_personas(), COMPANY)
CALL = CallId("CALL-7")
SARAS_PHONE = "+966501234567"
"""Three orders of the demo company are hers."""

Saying = Callable[[Brief], AsyncGenerator[Piece, None]]


async def answering(brief: Brief) -> AsyncGenerator[Piece, None]:
    yield Delta(f"[{brief.persona}] ")
    yield Delta(f"asks {brief.asks}?" if brief.asks else "said.")
    yield Completion(CompletionKind.complete, "scripted")


async def failing(_brief: Brief) -> AsyncGenerator[Piece, None]:
    raise VoiceFailed
    yield Delta("")


async def breaking(_brief: Brief) -> AsyncGenerator[Piece, None]:
    raise ZeroDivisionError
    yield Delta("")


@dataclass
class Scripted:
    """A voice that says what the test wants, and remembers what it was told."""

    script: Saying = answering
    briefs: list[Brief] = field(default_factory=list)
    name: str = "scripted"

    def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        self.briefs.append(brief)
        return self.script(brief)


@dataclass
class AtOnce:
    """A voice that answers at once, as often as it can."""

    briefs: list[Brief] = field(default_factory=list)

    fails: int = 0
    name: str = "prompt"

    def say(self, brief: Brief) -> tuple[str, ...]:
        if self.fails:
            self.fails -= 1
            raise ZeroDivisionError
        self.briefs.append(brief)
        return ("At ", "once.")

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        for piece in self.say(brief):
            yield Delta(piece)
        yield Completion(CompletionKind.complete, self.name)


class Faulty:
    """A store in front of the real one that fails the appends it is told to, before or after they are kept."""

    def __init__(self, store: SQLiteStore) -> None:
        self.store = store
        self.before = self.after = 0
        self.erasing_fails = False
        self.performing_fails = 0
        self.steps: list[Append] = []

    async def append(self, step: Append) -> None:
        self.steps.append(step)
        if self.before:
            self.before -= 1
            raise StoreUnavailable
        await self.store.append(step)
        if self.after:
            self.after -= 1
            raise StoreUnavailable

    async def perform(self, *step: object, **more: object) -> ActionResult:
        if self.performing_fails:
            self.performing_fails -= 1
            raise StoreUnavailable
        return await self.store.perform(*step, **more)  # type: ignore[arg-type]

    async def erase(self, call_id: CallId) -> Erased:
        if self.erasing_fails:
            raise StoreUnavailable
        return await self.store.erase(call_id)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@dataclass
class House:
    manager: ConversationManager
    store: SQLiteStore
    faults: Faulty
    bus: MemoryBus
    voice: Scripted

    async def says(self, text: str, message_id: str | None = None, **more: object):
        return await self.manager.handle(
            Utterance(CALL, text, MessageId(message_id) if message_id else None, **more)  # type: ignore[arg-type]
        )

    async def log(self):
        return await self.store.events(CALL)


def sources() -> Sources:
    ticks, ids = itertools.count(1), itertools.count(1)
    return Sources(
        now=lambda: after(next(ticks)),
        call_id=lambda: CallId(f"CALL-{next(ids)}"),
        message_id=lambda: MessageId(f"own-{next(ids)}"),
        ticket_number=lambda: TicketNumber(f"TKT-{next(ids):08}"),
        proposal_id=lambda: ProposalId(f"ACT-{next(ids)}"),
    )


@asynccontextmanager
async def house(
    folder: Path,
    *voices: Voice,
    language: Language | None = Language.en,
    second_opinion: SecondOpinion | None = None,
    articles: Articles | None = None,
    scripts: Callable[[], Scripts] = lambda: NO_SCRIPTS,
    acts: bool = False,
) -> AsyncIterator[House]:
    """Open the house with its one call; `acts`: actions are offered, to a customer who has orders."""
    store = await SQLiteStore.open(folder / "calls.sqlite3")
    bus, voice, faults = MemoryBus(), Scripted(), Faulty(store)
    manager = ConversationManager(
        store=faults,  # type: ignore[arg-type] # everything but append is the real store's
        bus=bus,
        analyzer=ANALYZER,
        company=COMPANY,
        personas=PERSONAS,
        voices=voices or (voice,),
        sources=sources(),
        second_opinion=second_opinion,
        articles=articles,
        scripts=scripts,
        actions=Actions(COMPANY, faults) if acts else None,  # type: ignore[arg-type] # likewise
    )
    for table, rows in COMPANY.tables.items():
        if acts:
            await store.sync_records(table, rows, now=after(0))
    try:
        if not await _exists(store):
            await manager.start(
                call_id=CALL,
                language=language,
                customer_name="Sam",
                phone=SARAS_PHONE if acts else None,
                verified=acts,
            )
        yield House(manager, store, faults, bus, voice)
    finally:
        await bus.close()
        await store.close()


async def _exists(store: SQLiteStore) -> bool:
    try:
        await store.state(CALL)
    except CallNotFound:
        return False
    return True

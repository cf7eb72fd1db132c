"""The product behind its wire: `app` on a folder of the test's own, `client` over ASGI, `server` on a loopback port.

Time and ids come from steady sources, so that the same requests lead to the same answers every time.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from callcenter.actions.registry import Actions
from callcenter.actions.taking_in import TableSync
from callcenter.analysis import ConversationAnalyzer
from callcenter.api.app import create_app
from callcenter.auth import CustomerTokens, Guard, SocketTickets, StoredKeys, Tokens
from callcenter.bootstrap import App, load_analyzer
from callcenter.bus import Bus
from callcenter.bus.memory import MemoryBus
from callcenter.calls import SuggestionId
from callcenter.company import DEMO, Company, load_company
from callcenter.conversation import ConversationManager
from callcenter.conversation.call_log import CallLog
from callcenter.conversation.copilot import Copilot
from callcenter.conversation.copilot.suggesting import Recognise, Suggesting
from callcenter.desk import AgentDesk, Suggestions
from callcenter.desk.approvals import Approvals
from callcenter.knowledge.folder import read_folder
from callcenter.knowledge.library import Library
from callcenter.llm import Voice
from callcenter.llm.offline import OfflineVoice
from callcenter.personas import PersonaManager, load_personas
from callcenter.scripts.book import ScriptBook
from callcenter.scripts.folder import read_folder as read_scripts
from callcenter.settings import Settings
from callcenter.store.sqlite import SQLiteStore
from tests.api.wire import asgi, serving, steady_sources
from tests.factories import NOON

SECRET = b"s" * 32


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, port=0, _env_file=None)


@dataclass(frozen=True, slots=True)
class Read:
    """What is read from files: the same for every test, and half a second's work."""

    company: Company
    personas: PersonaManager
    analyzer: ConversationAnalyzer


@pytest.fixture(scope="session")
def read() -> Read:
    company = load_company(DEMO)
    return Read(company, PersonaManager(load_personas(), company), load_analyzer(company))


Build = Callable[..., Awaitable[App]]


@pytest.fixture
async def build(read: Read, settings: Settings) -> AsyncIterator[Build]:
    """Build the product as bootstrap does, with another voice, keys or tokens where a test wants them."""
    stores: list[SQLiteStore] = []

    async def house(
        *,
        voice: Voice | None = None,
        keys: Sequence[str] | None = None,
        bus: Bus | None = None,
        tokens: Tokens | None = None,
        drafts: Sequence[Voice] = (),
        recognise: Recognise | None = None,
        now: Callable[[], datetime] = lambda: NOON,
    ) -> App:
        store = await SQLiteStore.open(settings.database)
        stores.append(store)
        bus = bus or MemoryBus()
        sources = steady_sources()
        actions = Actions(read.company, store)
        offered = {service.id for service in read.company.services}
        scripts = ScriptBook(store=store, folder=read_scripts(DEMO, services=offered), now=now)
        library = Library(
            store=store,
            folder=read_folder(DEMO),
            analyzer=read.analyzer,
            default=read.company.default_language,
            answered=lambda question: bool(read.company.topics(question)),
            now=now,
        )
        conversations = ConversationManager(
            store=store,
            bus=bus,
            analyzer=read.analyzer,
            company=read.company,
            personas=read.personas,
            voices=(voice or OfflineVoice(read.company),),
            sources=sources,
            articles=library,
            actions=actions,
            scripts=scripts.current,
        )
        ids = itertools.count(1)
        copilot = Copilot(voices=(*drafts, OfflineVoice(read.company)), personas=read.personas)
        tables = TableSync(store, read.company.tables, now=now)
        await tables.begin()
        return App(
            settings=settings,
            company=read.company,
            personas=read.personas,
            store=store,
            bus=bus,
            conversations=conversations,
            actions=actions,
            approvals=Approvals(store=store, conversations=conversations, sources=sources),
            guard=Guard(
                keys=keys,
                tokens=tokens,
                stored=StoredKeys(store, now=now),
                customers=CustomerTokens(SECRET, lifetime=timedelta(hours=24), now=now),
                tickets=SocketTickets(SECRET, now=now),
            ),
            desk=AgentDesk(
                store=store,
                conversations=conversations,
                personas=read.personas,
                company=read.company,
                sources=sources,
                suggestions=Suggestions(
                    Suggesting(
                        copilot=copilot,
                        log=CallLog(store, bus, remembers=True),
                        analyzer=read.analyzer,
                        articles=library,
                        recognise=recognise,
                    ),
                    now=sources.now,
                    new_id=lambda: SuggestionId(f"S-{next(ids):04}"),
                ),
            ),
            library=library,
            scripts=scripts,
            tables=tables,
            copilot=copilot,
        )

    yield house
    for store in stores:
        await store.close()


@pytest.fixture
async def app(build: Build) -> App:
    return await build()


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi(create_app(app)) as client:
        yield client


@pytest.fixture
async def callers(client: httpx.AsyncClient) -> Callable[..., Awaitable[str]]:
    """Start a call and return its id."""

    async def start(**facts: str) -> str:
        response = await client.post("/api/calls", json=facts)
        call_id: str = response.raise_for_status().json()["call_id"]
        return call_id

    return start


@pytest.fixture
async def server(app: App) -> AsyncIterator[str]:
    """Return the address of a running server, `127.0.0.1:PORT`."""
    async with serving(app) as address:
        yield address

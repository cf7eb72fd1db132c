"""The outage drill: Supabase stops amid fifty calls, the server is killed, Supabase is back; nobody notices.

Real parts all: the server is a process, Supabase is its data API over a PostgreSQL, stopped by SIGKILL.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from callcenter.calls import CallId
from callcenter.events import AssistantMessage, ErrorFrame, TicketCreated, UserMessage
from tests.data_api import Project, Relay, serving
from tests.live.customers import Rest, check_log, rest, socket
from tests.live.serving import Server
from tests.live.words import CONVERSATIONS
from tests.postgres import Postgres

pytestmark = pytest.mark.live

CALLS = 50
ROUNDS = 9
"""Messages of each customer."""
STOPPED_IN, KILLED_IN, STARTED_IN = 2, 4, 6
"""The rounds in the midst of which Supabase stops, our server dies, and Supabase is started again."""
WAITING_SECONDS = 40.0
"""What waits is carried over within this: the journal looks every 30 s at most."""


@dataclass
class Supabase:
    """A project that can be stopped and started, at one address."""

    postgres: Postgres
    stack: ExitStack
    relay: Relay

    async def stop(self) -> None:
        self.relay.project.kill()
        self.relay.drop()

    async def start(self) -> None:
        database = self.relay.project.database
        started = await asyncio.to_thread(self.stack.enter_context, serving(database))
        self.relay.project = started


@pytest.fixture
async def supabase(postgres: Postgres) -> AsyncIterator[Supabase]:
    with ExitStack() as stack:
        relay = Relay(stack.enter_context(serving(postgres.new_database())))
        yield Supabase(postgres, stack, relay)
        await relay.cut()


@pytest.fixture
async def server(supabase: Supabase, tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(
        tmp_path,
        environment={
            "CALLCENTER_STORE": "supabase",
            "SUPABASE_URL": await supabase.relay.start(),
            "SUPABASE_SECRET_KEY": supabase.relay.project.secret_key,
        },
    )
    await server.start()
    yield server
    await server.stop()
    assert "Traceback" not in server.output(), server.output()


@dataclass
class Customer:
    """One customer, who says one thing after another and sends it again when the line breaks."""

    number: int
    told: dict[str, str] = field(default_factory=dict)
    """The answer to each message."""
    errors: list[str] = field(default_factory=list)
    last_seq: int = 0

    @property
    def call_id(self) -> str:
        return f"CALL-{self.number}"

    def words(self, turn: int) -> tuple[str, str]:
        return f"m-{turn}", CONVERSATIONS[self.number % 2][turn]


Say = Callable[[Customer, Rest, int], Awaitable[None]]


async def by_rest(customer: Customer, callers: Rest, turn: int) -> None:
    message_id, text = customer.words(turn)
    response = await callers.post(customer.call_id, text, message_id)
    if response.status_code != httpx.codes.OK:
        customer.errors.append(response.text)
        return
    customer.told[message_id] = response.json()["assistant_response"]


async def by_socket(customer: Customer, callers: Rest, turn: int) -> None:
    message_id, text = customer.words(turn)
    async with socket(callers.url, customer.call_id, after=customer.last_seq) as connected:
        await connected.say(text, message_id)
        frames = await connected.until(
            lambda frame: isinstance(frame, ErrorFrame | AssistantMessage) and frame.message_id == message_id
        )
        customer.errors += [frame.code for frame in frames if isinstance(frame, ErrorFrame)]
        customer.told |= {frame.message_id: frame.message for frame in frames if isinstance(frame, AssistantMessage)}
        customer.last_seq = connected.last_seq


@dataclass
class Drill:
    """Rounds of messages, each from all customers at once; in the midst of some something happens."""

    server: Server
    supabase: Supabase
    customers: Sequence[Customer]
    answered: int = 0

    async def begin(self) -> None:
        async with rest(self.server.url) as callers:
            await asyncio.gather(*(callers.start(customer.call_id) for customer in self.customers))

    async def round(self, turn: int) -> None:
        self.answered = 0
        happens = {
            STOPPED_IN: self.supabase.stop,
            KILLED_IN: self.kill_and_start,
            STARTED_IN: self.supabase.start,
        }.get(turn)
        half = asyncio.Event()
        async with rest(self.server.url) as callers:
            said = [asyncio.ensure_future(self.say(customer, callers, turn, half)) for customer in self.customers]
            await half.wait()
            if happens is not None:
                await happens()
            await asyncio.gather(*said)

    async def say(self, customer: Customer, callers: Rest, turn: int, half: asyncio.Event) -> None:
        """Say it until it is answered: a line that breaks with the server is no error, an answer that is one is."""
        way: Say = by_socket if customer.number % 5 == 0 else by_rest
        while True:
            try:
                await way(customer, callers, turn)
            except (httpx.TransportError, ConnectionClosed, InvalidHandshake, OSError):
                assert turn == KILLED_IN, "the line broke"
                await self.back.wait()
            else:
                break
        self.answered += 1
        if self.answered >= CALLS // 2:
            half.set()

    async def kill_and_start(self) -> None:
        self.server.kill()
        await self.server.start()
        self.back.set()

    def __post_init__(self) -> None:
        self.back = asyncio.Event()


def waiting(server: Server) -> int:
    """How many steps the journal holds."""
    with closing(sqlite3.connect(server.data / "journal.sqlite3")) as connection:
        steps: int = connection.execute("select count(*) from outbox").fetchone()[0]
        return steps


async def carried_over(server: Server) -> None:
    async with asyncio.timeout(WAITING_SECONDS):
        while waiting(server):  # noqa: ASYNC110 (another process empties it)
            await asyncio.sleep(0.1)


async def test_supabase_stops_amid_fifty_calls_and_nobody_notices(server: Server, supabase: Supabase) -> None:
    drill = Drill(server, supabase, [Customer(number) for number in range(CALLS)])
    await drill.begin()
    for turn in range(ROUNDS):
        await drill.round(turn)
        if turn == STOPPED_IN - 1:
            assert waiting(server) == 0, "the journal was used before Supabase stopped"
        if turn == STARTED_IN - 1:
            assert waiting(server) >= CALLS * (STARTED_IN - STOPPED_IN - 1), "the journal was not needed"
    await carried_over(server)
    assert [customer.errors for customer in drill.customers if customer.errors] == []

    await drill.round(ROUNDS)
    assert waiting(server) == 0, "Supabase is written to again"
    await server.stop()
    await hold(drill, supabase.relay.project)


async def hold(drill: Drill, project: Project) -> None:
    """Check that the project has all that any customer was told, once and in order."""
    store = await project.open()
    for customer in drill.customers:
        call_id = CallId(customer.call_id)
        log = await store.events(call_id)
        check_log(log, await store.state(call_id))
        said = [event.message_id for event in log if isinstance(event, UserMessage)]
        assert said == [f"m-{turn}" for turn in range(ROUNDS + 1)]
        answers = {event.message_id: event.message for event in log if isinstance(event, AssistantMessage)}
        assert answers == customer.told
        for event in log:
            if isinstance(event, TicketCreated):
                assert (await store.ticket(event.ticket.number)).call_id == call_id
    await store.close()
    with project.sql() as connection:
        counted = connection.execute("select count(*), count(distinct (call_id, seq)) from conversation_events")
        events, places = counted.fetchone() or (0, 0)
    assert events == places > CALLS * ROUNDS

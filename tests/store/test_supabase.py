"""What only the store at Supabase promises: one request a step, and all of a step or none, whoever dies meanwhile.

Over a real PostgreSQL. A step is held within its function by a lock on its call, and killed there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from callcenter.bus.memory import MemoryBus
from callcenter.calls import Language, MessageId
from callcenter.conversation import ConversationManager, Utterance
from callcenter.errors import MessageTaken, StoreUnavailable, TicketNotFound, TurnConflict
from callcenter.events import fold
from callcenter.store import Append, CallFilter, Store, TicketFilter
from callcenter.store.supabase import SupabaseStore
from callcenter.tickets import TicketChange
from tests.conversation.house import ANALYZER, COMPANY, PERSONAS, Scripted, sources
from tests.data_api import Project, Relay, serving
from tests.factories import (
    CALL,
    COMPLAINT,
    NOON,
    TICKET,
    after,
    assistant_message,
    following,
    opening,
    routing,
    ticket,
    ticket_created,
    user_message,
)
from tests.postgres import Postgres

pytestmark = pytest.mark.live

_LOOK_SECONDS = 0.01
_WAITING = """
select pid from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()
"""


@pytest.fixture
async def store(project: Project) -> AsyncIterator[SupabaseStore]:
    opened = await project.open()
    yield opened
    await opened.close()


def count_requests(store: SupabaseStore) -> list[str]:
    """Return a list that each request of the store is added to, as its path, before it is sent."""
    asked: list[str] = []

    async def note(request: httpx.Request) -> None:
        asked.append(f"{request.method} {request.url.path.removeprefix('/rest/v1/')}")

    hooks = store._api._http.event_hooks
    store._api._http.event_hooks = {**hooks, "request": [note]}
    return asked


# What a step costs.


async def test_each_method_is_one_request(store: SupabaseStore) -> None:
    step = opening()
    opened = ticket()
    turn = following(step.state, user_message(), ticket_created(opened=opened), opened=(opened,))
    asked = count_requests(store)
    plan: list[tuple[Awaitable[object], list[str]]] = [
        (store.append(step), ["POST rpc/append_call_events"]),
        (store.append(turn), ["POST rpc/append_call_events"]),
        (store.load(CALL, last=50), ["POST rpc/load_call"]),
        (store.state(CALL), ["GET conversations"]),
        (store.events(CALL), ["GET conversation_events"]),
        (store.turn(CALL, MessageId("m-1")), ["POST rpc/call_turn"]),
        (store.calls(CallFilter(ended=False)), ["GET conversations"]),
        (store.tickets(TicketFilter(call_id=CALL)), ["GET tickets"]),
        (store.ticket(TICKET), ["GET tickets"]),
        (store.ticket_history(TICKET), ["GET ticket_events"]),
        (
            store.change_ticket(TICKET, TicketChange(assignee="ليلى"), actor="ليلى", now=after(1)),
            ["GET tickets", "POST rpc/change_ticket"],
        ),
        (
            store.comment_ticket(TICKET, "seen", actor="ليلى", now=after(2)),
            ["GET tickets", "POST rpc/change_tickets"],
        ),
        (store.tickets(TicketFilter(query="tkt")), ["POST rpc/tickets_without_words", "POST rpc/find_tickets"]),
        (store.tickets(TicketFilter(query="seen")), ["POST rpc/find_tickets"]),
        (store.tokens_used(NOON), ["POST rpc/tokens_used"]),
        (store.check(), ["POST rpc/callcenter_schema"]),
        (store.erase(CALL), ["POST rpc/erase_call"]),
    ]
    for work, requests in plan:
        asked.clear()
        await work
        assert asked == requests


@pytest.mark.parametrize("knows_the_call", [True, False])
async def test_a_turn_is_one_read_at_most_and_two_writes(store: SupabaseStore, *, knows_the_call: bool) -> None:
    """A voice that streams has the message kept before its answer. One of the messages opens a ticket."""

    def server() -> ConversationManager:
        return ConversationManager(
            store=store,
            bus=MemoryBus(),
            analyzer=ANALYZER,
            company=COMPANY,
            personas=PERSONAS,
            voices=(Scripted(),),
            sources=sources(),
        )

    first = server()
    await first.start(call_id=CALL, language=Language.ar)
    asked = count_requests(store)
    for number, message in enumerate(("السلام عليكم", COMPLAINT, "رقم الطلب 7474839", "thank you, goodbye")):
        asked.clear()
        turn = await (first if knows_the_call else server()).handle(Utterance(CALL, message, MessageId(f"m-{number}")))
        assert turn.events[-1].event == "assistant_message"
        read = [] if knows_the_call else ["POST rpc/load_call"]
        assert asked == [*read, "POST rpc/append_call_events", "POST rpc/append_call_events"]
    assert (await store.tickets(TicketFilter(call_id=CALL))).items


async def test_a_log_is_read_a_thousand_events_at_a_time(store: SupabaseStore) -> None:
    step = opening()
    await store.append(step)
    await store.append(following(step.state, *(assistant_message() for _ in range(2_000))))
    asked = count_requests(store)
    assert len(await store.events(CALL)) == 2_002
    assert len(asked) == 3
    asked.clear()
    assert len(await store.events(CALL, after=2, limit=2_000)) == 2_000
    assert len(asked) == 2


async def test_an_agents_change_without_a_version_is_never_lost(project: Project) -> None:
    stores = [await project.open(), await project.open()]
    step = opening()
    await stores[0].append(step)
    opened = ticket()
    await stores[0].append(following(step.state, ticket_created(opened=opened), opened=(opened,)))
    await asyncio.gather(
        *(
            stores[number % 2].change_ticket(TICKET, TicketChange(assignee=f"وكيل {number}"), actor="a", now=after(1))
            for number in range(12)
        )
    )
    entries = await stores[0].ticket_history(TICKET)
    assert [entry.version for entry in entries] == list(range(1, 14))
    assert {entry.changes["assignee"] for entry in entries[1:]} == {f"وكيل {number}" for number in range(12)}
    for each in stores:
        await each.close()


# All of a step or none.


def turn_after(step: Append) -> Append:
    """A turn that writes in every table."""
    opened = ticket()
    return following(
        step.state, user_message(), routing(), ticket_created(opened=opened), assistant_message(), opened=(opened,)
    )


async def found_whole(store: Store, step: Append) -> bool:
    """Whether the store has a turn, which it must have wholly or not at all."""
    state, events = await store.state(CALL), await store.events(CALL)
    assert state == fold(events)
    try:
        kept = [await store.ticket(TICKET)]
        assert [entry.version for entry in await store.ticket_history(TICKET)] == [1]
    except TicketNotFound:
        kept = []
    if state.seq == step.expected_seq:
        assert not kept
        return False
    assert state == step.state
    assert kept == list(step.opened)
    return True


@contextmanager
def held(project: Project) -> Iterator[Callable[[], Awaitable[int]]]:
    """Hold every step of the call back in its function; the yielded tells the backend that waits, once there is one."""
    with project.sql() as holder, project.sql() as watcher, holder.transaction():
        holder.execute("select from public.conversations where call_id = %s for update", (CALL,))

        async def waiting() -> int:
            while True:
                found = watcher.execute(_WAITING).fetchone()
                if found is not None:
                    pid: int = found[0]
                    return pid
                await asyncio.sleep(_LOOK_SECONDS)

        yield waiting


async def end_connection(project: Project, pid: int) -> None:
    """End the connection between data API and database, in the middle of the step."""
    with project.sql() as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))


async def kill_data_api(project: Project, _pid: int) -> None:
    """Kill the data API, in the middle of the step; the database notices when it is about to answer."""
    project.kill()


@pytest.mark.parametrize("die", [end_connection, kill_data_api])
async def test_a_turn_during_which_something_dies_is_there_wholly_or_not_at_all(
    postgres: Postgres, die: Callable[[Project, int], Awaitable[None]]
) -> None:
    database = postgres.new_database()
    start = opening()
    turn = turn_after(start)
    with serving(database) as first:
        store = await first.open()
        await store.append(start)
        with held(first) as waiting:
            appending = asyncio.ensure_future(store.append(turn))
            pid = await waiting()
            await die(first, pid)
            with pytest.raises(StoreUnavailable):
                await appending
        await store.close()
        await until(first, "select from pg_stat_activity where pid = %s", pid)
    with serving(database) as second:
        store = await second.open()
        if not await found_whole(store, turn):
            await store.append(turn)
        with pytest.raises(MessageTaken):
            await store.append(turn)
        assert await found_whole(store, turn)
        await store.close()


async def test_a_turn_whose_caller_is_cut_off_is_there_wholly(project: Project, store: Store) -> None:
    """Nobody heard that it was kept; sent again it is found to be."""
    start = opening()
    await store.append(start)
    turn = turn_after(start)
    relay = Relay(project)
    cut_off = await project.open(await relay.start())
    with held(project) as waiting:
        appending = asyncio.ensure_future(cut_off.append(turn))
        pid = await waiting()
        await relay.cut()
        with pytest.raises(StoreUnavailable):
            await appending
    await until(project, "select from pg_stat_activity where pid = %s and state <> 'idle'", pid)
    with pytest.raises(MessageTaken):
        await store.append(turn)
    assert await found_whole(store, turn)
    await cut_off.close()


async def test_turns_among_which_connections_die_all_the_time_are_whole_and_none_is_lost(postgres: Postgres) -> None:
    """Ten writers; ten times all connections are cut, and once the data API is killed and another takes over."""
    database = postgres.new_database()
    with serving(database) as first, serving(database) as second:
        relay = Relay(first)
        store = await first.open(await relay.start())
        await store.append(opening())
        async with asyncio.timeout(60):
            writing = asyncio.gather(*(write_until_kept(store, number) for number in range(10)))
            dropping = asyncio.ensure_future(keep_dropping(relay))
            await asyncio.sleep(0.3)
            first.kill()
            relay.project = second
            troubles = sum(await writing)
        await dropping
        await store.close()
        await relay.cut()
        assert troubles > 0, "nothing died"

        store = await second.open()
        events = await store.events(CALL)
        assert [event.seq for event in events] == list(range(1, 33))
        said = [event.message_id for event in events if event.event == "user_message"]
        assert sorted(said) == sorted(f"m-{number}" for number in range(10))
        assert await store.state(CALL) == fold(events)
        assert len((await store.tickets(TicketFilter())).items) == 10
        await store.close()


async def write_until_kept(store: Store, number: int) -> int:
    """Write a turn of its own number, again and again until it is there; return how often nobody answered."""
    message_id, opened, troubles = f"m-{number}", ticket(f"TKT-{number:08}"), 0
    said = (user_message(message_id=message_id), routing(message_id=message_id), ticket_created(opened=opened))
    while True:
        try:
            before = await store.state(CALL)
            await store.append(following(before, *said, opened=(opened,)))
        except StoreUnavailable:
            troubles += 1
        except MessageTaken:
            return troubles
        except TurnConflict:
            continue


async def keep_dropping(relay: Relay) -> None:
    for _ in range(10):
        await asyncio.sleep(0.06)
        relay.drop()


async def until(project: Project, none_left: str, pid: int) -> None:
    """Wait until a question about a backend finds nothing."""
    with project.sql() as connection:
        while True:
            if connection.execute(none_left.encode(), (pid,)).fetchone() is None:
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def test_tickets_that_an_older_version_kept_are_found_too(project: Project) -> None:
    store = await project.open()
    await store.append(opening())
    for number in range(3):
        opened = ticket(f"TKT-0000000{number}")
        state = await store.state(CALL)
        said = user_message(message_id=f"m-{number}")
        made = ticket_created(message_id=said.message_id, opened=opened)
        await store.append(following(state, said, made, opened=(opened,)))
    with project.sql() as connection:
        connection.execute("delete from ticket_words")
    assert len((await store.tickets(TicketFilter(query="tkt"))).items) == 3
    with project.sql() as connection:
        assert connection.execute("select count(*) from ticket_words").fetchone() == (3,)
        plan = "explain select number from ticket_words where callcenter_lexemes(words || comments) @@ '''x'''::tsquery"
        connection.execute("set enable_seqscan = off")
        assert "ticket_words_found" in str(connection.execute(plan).fetchall())
    await store.close()

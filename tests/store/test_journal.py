"""What the journal does while the primary store is away, and how what waited gets there."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.calls import CallId, MessageId, Slots, TicketNumber
from callcenter.errors import (
    CallCenterError,
    CallNotFound,
    ConfigurationError,
    InvalidRequest,
    MessageTaken,
    StoreRefused,
    StoreUnavailable,
    TurnConflict,
)
from callcenter.events import fold
from callcenter.store import Append, Backlog, CallFilter, Erased, Store, TicketFilter
from callcenter.store.journal import JournaledStore
from callcenter.store.journal.copies import COPIES_FOR, COPIES_KEPT, EVENTS_KEPT
from callcenter.store.journal.local import COPIES_WAITING
from callcenter.store.journal.outbox import PARKED_AFTER, PARKED_FOR
from callcenter.tickets import TicketChange, TicketStatus
from tests.factories import (
    CALL,
    MESSAGE,
    NOON,
    TICKET,
    after,
    assistant_message,
    call_ended,
    following,
    opening,
    routing,
    ticket,
    ticket_created,
    ticket_updated,
    user_message,
)
from tests.store.away import Door, Fault, Place

pytestmark = pytest.mark.unit

OTHER = CallId("CALL-2")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.close()


@pytest.fixture
async def opened(place: Place) -> tuple[JournaledStore, Door]:
    return await place.open()


@pytest.fixture
def store(opened: tuple[JournaledStore, Door]) -> JournaledStore:
    return opened[0]


@pytest.fixture
def door(opened: tuple[JournaledStore, Door]) -> Door:
    return opened[1]


def turn(before: Append, message_id: str = MESSAGE, message: str = "thank you") -> Append:
    """The step of a message and its answer."""
    said = user_message(message_id=message_id, message=message)
    return following(before.state, said, routing(message_id=message_id), assistant_message(message_id=message_id))


async def written(store: Store, *steps: Append) -> None:
    for step in steps:
        await store.append(step)


async def copied(store: JournaledStore) -> None:
    """Return once all copies that were begun are done, or have failed."""
    with suppress(StoreUnavailable):
        await store._local._writer.run(lambda _connection: None)


def events_of(*steps: Append) -> list[object]:
    return [event for step in steps for event in step.events]


# While the primary is away.


@pytest.mark.parametrize("fault", Fault)
async def test_a_step_outlives_the_primarys_failing_and_is_there_once_in_the_end(
    place: Place, store: JournaledStore, door: Door, fault: Fault
) -> None:
    """Whether the try that failed had been done or not."""
    first = opening()
    second, third = turn(first, "m-1", "الموقع لا يعمل"), turn(turn(first, "m-1"), "m-2")
    await store.append(first)
    door.fault = fault
    await store.append(second)
    door.fault = Fault.before
    await store.append(third)
    assert store.backlog == Backlog(away=True, reason="store_unavailable", steps=2, oldest_at=NOON)
    assert (await store.load(CALL, last=3)).events == list(third.events)
    assert await store.turn(CALL, MessageId("m-1")) == list(second.events)

    door.fault = None
    assert (await store.carry_over()).carried
    assert store.backlog == Backlog(away=False)
    truth = await place.truth()
    assert await truth.events(CALL) == events_of(first, second, third)
    assert await truth.state(CALL) == third.state
    fourth = turn(third, "m-3")
    await store.append(fourth)
    assert await truth.state(CALL) == fourth.state, "the primary is written to again"
    door.fault = Fault.before
    assert await store.events(CALL) == events_of(first, second, third, fourth), "and the call is still at hand"


async def test_nobody_waits_for_a_store_that_is_away_twice(store: JournaledStore, door: Door) -> None:
    first = opening()
    await store.append(first)
    door.fault = Fault.before
    await written(store, turn(first, "m-1"), turn(turn(first, "m-1"), "m-2"))
    door.asked.clear()
    await store.append(opening(OTHER))
    await store.load(CALL, last=5)
    await store.state(OTHER)
    with pytest.raises(StoreUnavailable):
        await store.calls(CallFilter())
    with pytest.raises(StoreUnavailable):
        await store.ticket(TICKET)
    assert not door.asked


@pytest.mark.parametrize("method", ["load", "state", "turn", "events"])
async def test_a_read_that_fails_is_answered_from_here(store: JournaledStore, door: Door, method: str) -> None:
    first = opening()
    second = turn(first)
    await written(store, first, second)
    await copied(store)
    door.fault = Fault.before
    match method:
        case "load":
            assert (await store.load(CALL, last=99)).events == events_of(first, second)
        case "state":
            assert await store.state(CALL) == second.state
        case "turn":
            assert await store.turn(CALL, MESSAGE) == list(second.events)
        case _:
            assert await store.events(CALL, after=1) == events_of(first, second)[1:]
    assert store.backlog.away


@pytest.mark.parametrize("method", ["calls", "tickets", "tokens_used"])
async def test_a_list_that_fails_says_nothing_of_the_store(store: JournaledStore, door: Door, method: str) -> None:
    await store.append(opening())
    door.faults[method] = Fault.before
    match method:
        case "calls":
            with pytest.raises(StoreUnavailable):
                await store.calls(CallFilter())
        case "tickets":
            with pytest.raises(StoreUnavailable):
                await store.tickets(TicketFilter())
        case _:
            assert await store.tokens_used(NOON) == 0
    assert not store.backlog.away


async def test_a_key_that_is_refused_keeps_nobody_from_calling(store: JournaledStore, door: Door) -> None:
    door.fault, door.error = Fault.before, StoreRefused()
    await store.append(opening())
    assert store.backlog.reason == "store_refused"
    assert (await store.carry_over()).troubled
    assert store.backlog == Backlog(away=True, reason="store_refused", steps=1, oldest_at=NOON)


async def test_the_reason_told_is_the_latest(store: JournaledStore, door: Door) -> None:
    door.fault = Fault.before
    await store.append(opening())
    assert store.backlog.reason == "store_unavailable"
    door.error = StoreRefused()
    await store.carry_over()
    assert store.backlog.reason == "store_refused"


async def test_what_the_primary_refuses_for_itself_is_not_the_journals(store: JournaledStore, door: Door) -> None:
    first = opening()
    await written(store, first, turn(first))
    with pytest.raises(TurnConflict):
        await store.append(turn(first, "m-2"))
    with pytest.raises(MessageTaken):
        await store.append(turn(turn(first)))
    door.faults["append"], door.error = Fault.before, InvalidRequest()
    with pytest.raises(InvalidRequest):
        await store.append(turn(turn(first), "m-2"))
    assert store.backlog == Backlog(away=False)


async def test_a_message_is_recognised_on_either_side_of_an_outage(store: JournaledStore, door: Door) -> None:
    first = opening()
    before = turn(first, "m-1")
    await written(store, first, before)
    door.fault = Fault.before
    during = turn(before, "m-2")
    await store.append(during)
    for message_id in ("m-1", "m-2"):
        with pytest.raises(MessageTaken):
            await store.append(turn(during, message_id))
    door.fault = None
    await store.carry_over()
    with pytest.raises(MessageTaken):
        await store.append(turn(during, "m-2"))


async def test_a_tickets_change_waits_for_its_call(place: Place, store: JournaledStore, door: Door) -> None:
    first, made = opening(), ticket()
    with_ticket = following(first.state, user_message(), ticket_created(opened=made), opened=(made,))
    await store.append(first)
    door.fault = Fault.before
    await store.append(with_ticket)
    assert await store.ticket(TICKET) == made
    assert [entry.version for entry in await store.ticket_history(TICKET)] == [1]
    change = TicketChange(status=TicketStatus.open)
    with pytest.raises(StoreUnavailable, match="away"):
        await store.change_ticket(TICKET, change, actor="منى", now=after(1))
    door.fault = None
    door.refuses = {CALL}
    await store.carry_over()  # the primary is back, but this call's step is still here
    door.error = StoreUnavailable()
    await store.append(opening(OTHER))
    await store.carry_over()
    with pytest.raises(StoreUnavailable, match="carried over"):
        await store.change_ticket(TICKET, change, actor="منى", now=after(1))
    door.refuses.clear()
    await store.carry_over()
    changed = await store.change_ticket(TICKET, change, actor="منى", now=after(1))
    assert await (await place.truth()).ticket(TICKET) == changed


async def test_a_ticket_opened_while_the_primary_was_away_is_found_afterwards(
    store: JournaledStore, door: Door
) -> None:
    first, made = opening(), ticket(words="أريد إلغاء الطلب")
    await store.append(first)
    door.fault = Fault.before
    await store.append(following(first.state, user_message(), ticket_created(opened=made), opened=(made,)))
    with pytest.raises(StoreUnavailable):
        await store.tickets(TicketFilter(query="الغاء"))
    door.fault = None
    await store.carry_over()
    assert (await store.tickets(TicketFilter(query="الغاء"))).items == (made,)


async def test_what_a_duplicate_is_told_while_the_primary_is_away_reopens_it(store: JournaledStore, door: Door) -> None:
    """The target, of another call, is not at hand then: nothing of it is in the copy of this call."""
    duplicate, target = ticket(), ticket("TKT-00000002", call_id=OTHER)
    for begun, each in ((opening(), duplicate), (opening(OTHER), target)):
        await store.append(begun)
        await store.append(following(begun.state, user_message(), ticket_created(opened=each), opened=(each,)))
    await store.merge_tickets(duplicate.number, target.number, actor="منى", now=after(60))
    there = await store.load(CALL, last=1)
    assert [each.number for each in there.tickets] == [duplicate.number, target.number]
    await copied(store)
    door.fault = Fault.before
    here = await store.load(CALL, last=1)
    assert [each.number for each in here.tickets if each.call_id == CALL] == [duplicate.number]
    told = here.tickets[0].altered(
        {"order_number": "9981", "status": TicketStatus.reopened, "merged_into": None, "version": 3}
    )
    said = following(
        here.state, user_message(message_id="m-2"), ticket_updated(told, seq=1, message_id="m-2"), changed=(told,)
    )
    await store.append(said)
    door.fault = None
    await store.carry_over()
    kept = await store.ticket(duplicate.number)
    assert (kept.status, kept.merged_into, kept.order_number) == (TicketStatus.reopened, None, "9981")


async def test_an_agents_change_reaches_the_copy(store: JournaledStore, door: Door) -> None:
    first, made = opening(), ticket()
    step = following(first.state, user_message(), ticket_created(opened=made), opened=(made,))
    await written(store, first, step)
    changed = await store.change_ticket(TICKET, TicketChange(status=TicketStatus.open), actor="Sara", now=after(1))
    await copied(store)
    door.fault = Fault.before
    assert list((await store.load(CALL, last=1)).tickets) == [changed]


# Copies.


async def test_a_call_goes_on_after_the_process_died_while_the_primary_was_away(place: Place) -> None:
    store, door = await place.open()
    first, made = opening(), ticket()
    second = following(first.state, user_message(), ticket_created(opened=made), opened=(made,))
    await written(store, first, second)
    await copied(store)
    door.fault = Fault.before

    again, _ = await place.open(fault=Fault.before)
    loaded = await again.load(CALL, last=99)
    assert loaded.state == second.state
    assert list(loaded.tickets) == [made]
    assert list(loaded.events) == events_of(first, second)
    third = turn(second, "m-2")
    await again.append(third)

    last, _ = await place.open()
    assert last.backlog == Backlog(away=False), "carried over as it started"
    assert await (await place.truth()).events(CALL) == events_of(first, second, third)


async def test_a_call_that_was_only_read_is_at_hand_too(place: Place) -> None:
    first, made = opening(), ticket()
    second = following(first.state, user_message(), ticket_created(opened=made), opened=(made,))
    await written(await place.truth(), first, second)
    store, door = await place.open()
    await store.load(CALL, last=2)
    await copied(store)
    door.fault = Fault.before
    third = turn(second, "m-2")
    await store.append(third)
    assert (await store.load(CALL, last=99)).events == events_of(second, third)
    assert list((await store.load(CALL, last=99)).tickets) == [made]
    with pytest.raises(StoreUnavailable):
        await store.events(CALL)
    with pytest.raises(StoreUnavailable):
        await store.turn(CALL, MessageId("m-0"))


async def test_a_log_is_joined_of_what_is_there_and_what_waits(place: Place) -> None:
    first = opening()
    second, third = turn(first, "m-1"), turn(turn(first, "m-1"), "m-2")
    await written(await place.truth(), first, second)
    store, door = await place.open()
    await store.load(CALL, last=1)
    await copied(store)
    door.refuses = {CALL}
    await store.append(third)
    await store.append(opening(OTHER))
    await store.carry_over()
    assert store.backlog.steps == 1
    assert not store.backlog.away
    log = events_of(first, second, third)
    assert await store.events(CALL) == log
    assert await store.events(CALL, after=1, limit=2) == log[1:3]
    assert await store.events(CALL, after=3, limit=4) == log[3:7]
    assert await store.events(CALL, after=5) == log[5:]
    assert await store.events(CALL, after=99) == []
    assert await store.turn(CALL, MessageId("m-1")) == list(second.events)


async def test_a_step_is_kept_of_a_call_that_is_not_at_hand(place: Place, store: JournaledStore, door: Door) -> None:
    """The writer had it from the primary; the copy may have failed, or be behind."""
    first = opening()
    second, third = turn(first, "m-1"), turn(turn(first, "m-1"), "m-2")
    await store.append(first)
    await (await place.truth()).append(second)
    door.fault = Fault.before
    await store.append(third)
    assert await store.state(CALL) == third.state
    assert (await store.load(CALL, last=99)).events == list(third.events)
    door.fault = None
    await store.carry_over()
    assert await (await place.truth()).events(CALL) == events_of(first, second, third)


async def test_a_message_is_recognised_by_a_copy_that_fell_behind(
    place: Place, store: JournaledStore, door: Door
) -> None:
    first = opening()
    second, third = turn(first, "m-1"), turn(turn(first, "m-1"), "m-2")
    await written(store, first, second)
    await copied(store)
    await (await place.truth()).append(third)
    door.fault = Fault.before
    with pytest.raises(MessageTaken):
        await store.append(turn(third, "m-1"))
    assert store.backlog.steps == 0


async def test_a_call_that_ended_leaves_no_copy(place: Place, store: JournaledStore, door: Door) -> None:
    first = opening()
    await written(store, first, following(first.state, call_ended(seq=1)))
    other = opening(OTHER)
    door.fault = Fault.before
    await written(store, other, following(other.state, call_ended(seq=1)))
    assert (await store.state(OTHER)).ended
    assert rows(place, "select call_id from conversations") == [(OTHER,)]
    door.fault = None
    await store.carry_over()
    for sql in ("select * from conversations", "select * from conversation_events", "select * from outbox"):
        assert rows(place, sql) == []


async def test_a_copy_of_a_long_call_keeps_its_end(place: Place, store: JournaledStore) -> None:
    step = opening()
    await store.append(step)
    for number in range(EVENTS_KEPT):
        step = turn(step, f"m-{number}")
        await store.append(step)
    await copied(store)
    ((first, last, count),) = rows(place, "select min(seq), max(seq), count(*) from conversation_events")
    assert isinstance(first, int)
    assert last == step.state.seq == 3 * EVENTS_KEPT + 2
    assert count == last - first + 1, "without a gap"
    assert count == EVENTS_KEPT


async def test_copies_are_bounded(place: Place) -> None:
    store, _ = await place.open()
    await store.append(opening("CALL-last", at=after(99)))
    await copied(store)
    with closing(sqlite3.connect(place.journal)) as connection:
        connection.executemany(
            "insert into conversations (call_id, seq, channel, language, current_persona, mode, started_at, updated_at,"
            " state) values (?, 1, 'web', 'ar', 'sales', 'ai', ?, ?, '{}')",
            [(f"old-{number}", NOON.isoformat(), NOON.isoformat()) for number in range(COPIES_KEPT + 5)],
        )
        connection.commit()
    again, _ = await place.open()
    await copied(again)
    assert rows(place, "select count(*) from conversations") == [(COPIES_KEPT,)]
    assert rows(place, "select count(*) from conversations where call_id = 'CALL-last'") == [(1,)]


async def test_a_copy_that_nobody_goes_on_with_is_dropped_in_time(
    place: Place, store: JournaledStore, door: Door
) -> None:
    await store.append(opening())
    door.fault = Fault.before
    await store.append(opening(OTHER))
    place.clock.now += COPIES_FOR
    await store.carry_over()
    await copied(store)
    assert rows(place, "select count(*) from conversations") == [(2,)]
    place.clock.now += timedelta(minutes=30)
    await store.carry_over()
    await copied(store)
    assert rows(place, "select call_id from conversations") == [(OTHER,)], "what waits is never dropped"


async def test_copies_that_wait_for_a_slow_disk_are_bounded(store: JournaledStore, door: Door) -> None:
    released = threading.Event()
    slow = store._local._writer.begin(lambda _connection: released.wait())
    step = opening()
    await store.append(step)
    for number in range(COPIES_WAITING):
        step = following(step.state, user_message(message_id=f"m-{number}"))
        await store.append(step)
    assert store._local._copying == COPIES_WAITING
    released.set()
    await slow
    await copied(store)
    assert store._local._copying == 0
    step = turn(step, "m-next")
    await store.append(step)
    await copied(store)
    door.fault = Fault.before
    assert await store.state(CALL) == step.state


async def test_a_copy_of_an_erased_call_gives_way_to_one_that_began_anew(
    place: Place, store: JournaledStore, door: Door
) -> None:
    """Another server erased it, and took the next of this id."""
    await written(store, opening(), turn(opening()))
    truth = await place.truth()
    await truth.erase(CALL)
    anew = opening(at=after(60), customer_name="Sara")
    await truth.append(anew)
    await store.load(CALL, last=5)
    await copied(store)
    door.fault = Fault.before
    assert (await store.load(CALL, last=5)).events == list(anew.events)


def rows(place: Place, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(place.journal)) as connection:
        return connection.execute(sql).fetchall()


async def test_nothing_of_an_erased_call_is_at_hand_when_its_id_begins_anew_here(
    place: Place, store: JournaledStore, door: Door
) -> None:
    first, made = opening(), ticket()
    await written(store, first, following(first.state, ticket_created(opened=made), opened=(made,)))
    await (await place.truth()).erase(CALL)
    await store.append(opening(at=after(60)))
    await copied(store)
    door.fault = Fault.before
    with pytest.raises(StoreUnavailable):
        await store.ticket(TICKET)
    assert (await store.state(CALL)).seq == 2


# Carrying over.


async def test_steps_wait_behind_earlier_ones_of_their_call_and_others_do_not(
    place: Place, store: JournaledStore, door: Door
) -> None:
    first, other = opening(), opening(OTHER)
    door.refuses = {CALL}
    await store.append(first)
    await store.append(other)
    assert store.backlog.steps == 2
    await store.carry_over()
    assert not store.backlog.away
    truth = await place.truth()
    assert await truth.state(OTHER) == other.state
    door.asked.clear()
    await store.append(turn(first))
    assert not door.asked, "not past the step before it"
    await store.append(turn(other))
    assert (await truth.state(OTHER)).seq == 5
    door.refuses.clear()
    await store.carry_over()
    assert await truth.events(CALL) == events_of(first, turn(first))
    assert store.backlog == Backlog(away=False)


async def test_many_calls_are_carried_over_in_one_pass(place: Place, store: JournaledStore, door: Door) -> None:
    door.fault = Fault.before
    steps = [opening(f"CALL-{number}") for number in range(30)]
    await written(store, *steps, *(turn(step) for step in steps))
    door.fault = None
    assert (await store.carry_over()) != (await store.carry_over())
    assert store.backlog == Backlog(away=False)
    truth = await place.truth()
    for step in steps:
        assert await truth.events(step.call_id) == events_of(step, turn(step))


async def test_a_line_that_dies_amid_carrying_over_doubles_nothing(
    place: Place, store: JournaledStore, door: Door
) -> None:
    door.fault = Fault.before
    steps = [opening(f"CALL-{number}") for number in range(10)]
    await written(store, *steps, *(turn(step) for step in steps))
    door.fault, door.faults = None, {"append": Fault.after}
    for _ in range(3):
        await store.carry_over()
    door.faults.clear()
    await store.carry_over()
    truth = await place.truth()
    for step in steps:
        assert await truth.events(step.call_id) == events_of(step, turn(step))
    assert store.backlog == Backlog(away=False)


async def test_what_another_wrote_meanwhile_stays_and_ours_comes_behind(
    place: Place, store: JournaledStore, door: Door
) -> None:
    first = opening()
    await store.append(first)
    door.fault = Fault.before
    ours = turn(first, "m-ours", "طلبي لم يصل")
    more = turn(ours, "m-more")
    await written(store, ours, more)
    theirs = turn(first, "m-theirs")
    truth = await place.truth()
    await truth.append(theirs)

    door.fault = None
    await store.carry_over()
    log = await truth.events(CALL)
    assert [event.seq for event in log] == list(range(1, 12))
    expected = events_of(first, theirs, ours, more)
    assert [event.altered({"seq": 1}) for event in log] == [event.altered({"seq": 1}) for event in expected]  # type: ignore[attr-defined]
    assert fold(log) == await truth.state(CALL) == await store.state(CALL)
    assert store.backlog == Backlog(away=False)
    with pytest.raises(TurnConflict):
        await store.append(turn(more, "m-last"))
    loaded = await store.load(CALL, last=99)
    await store.append(following(loaded.state, user_message(message_id="m-last")))


async def test_a_call_that_went_another_way_there_is_not_gone_on_with_as_it_was_here(
    place: Place, store: JournaledStore, door: Door
) -> None:
    first = opening()
    await store.append(first)
    door.fault = Fault.before
    await store.append(turn(first, "m-ours"))
    truth = await place.truth()
    await truth.append(turn(first, "m-theirs"))
    door.fault = None
    await store.carry_over()
    door.fault = Fault.before
    with pytest.raises(StoreUnavailable):
        await store.state(CALL)
    door.fault = None
    await store.carry_over()
    assert (await store.state(CALL)).seq == 8


async def test_a_message_taken_on_both_sides_is_there_once(place: Place, store: JournaledStore, door: Door) -> None:
    """The first try was done by a process that died of it; the customer said it again, to the journal."""
    first = opening()
    await store.append(first)
    truth = await place.truth()
    await truth.append(turn(first, "m-1"))
    door.fault = Fault.before
    said_again = following(
        first.state,
        user_message(message_id="m-1", at=after(9)),
        routing(message_id="m-1", at=after(9)),
        assistant_message(message_id="m-1", message="another answer", at=after(9)),
    )
    await store.append(said_again)
    await store.append(turn(said_again, "m-2"))
    door.fault = None
    await store.carry_over()
    log = await truth.events(CALL)
    assert [(event.seq, event.event) for event in log[2:]] == [
        (3, "user_message"),
        (4, "routing"),
        (5, "assistant_message"),
        (6, "assistant_message"),  # what the customer was told is not taken back
        (7, "user_message"),
        (8, "routing"),
        (9, "assistant_message"),
    ]
    assert fold(log) == await truth.state(CALL)


async def test_the_header_is_the_fold_of_the_log_there(place: Place, store: JournaledStore, door: Door) -> None:
    """Also where nothing of a step is left to be written, since they understood the same message otherwise."""
    first = opening()
    await store.append(first)
    truth = await place.truth()
    understood = routing(message_id="m-1", slots=Slots(order_number="1"))
    await truth.append(following(first.state, user_message(message_id="m-1"), understood))
    door.fault = Fault.before
    ours = following(first.state, user_message(message_id="m-1"), routing(message_id="m-1"))
    await written(store, ours, following(ours.state, assistant_message(message_id="m-1")))
    door.fault = None
    await store.carry_over()
    assert [event.event for event in await truth.events(CALL)][2:] == ["user_message", "routing", "assistant_message"]
    assert await truth.state(CALL) == fold(await truth.events(CALL))


async def test_a_message_taken_long_before_what_is_at_hand_is_there_once(place: Place) -> None:
    first = opening()
    second, third = turn(first, "m-1"), turn(turn(first, "m-1"), "m-2")
    truth = await place.truth()
    await written(truth, first, second, third)
    store, door = await place.open()
    await store.load(CALL, last=1)
    await copied(store)
    door.fault = Fault.before
    await store.append(turn(third, "m-1"))
    door.fault = None
    await store.carry_over()
    assert await truth.events(CALL) == events_of(first, second, third)
    assert store.backlog == Backlog(away=False)


async def test_a_call_begun_on_both_sides_becomes_one(place: Place, store: JournaledStore, door: Door) -> None:
    theirs = opening()
    truth = await place.truth()
    await written(truth, theirs, turn(theirs, "m-theirs"))
    door.fault = Fault.before
    ours = opening(at=after(5))
    await written(store, ours, turn(ours, "m-ours"))
    door.fault = None
    await store.carry_over()
    log = await truth.events(CALL)
    assert [event.event for event in log].count("call_started") == 1
    assert [event.message_id for event in log if event.event == "user_message"] == ["m-theirs", "m-ours"]
    assert fold(log) == await truth.state(CALL)


async def test_a_ticket_that_an_agent_changed_meanwhile_keeps_both_changes(
    place: Place, store: JournaledStore, door: Door
) -> None:
    first, made = opening(), ticket()
    second = following(first.state, user_message(), ticket_created(opened=made), opened=(made,))
    await written(store, first, second)
    door.fault = Fault.before
    told = made.model_copy(update={"order_number": "9981", "updated_at": after(60), "version": 2})
    third = following(
        second.state, user_message(message_id="m-2"), ticket_updated(told, seq=1, message_id="m-2"), changed=(told,)
    )
    await store.append(third)
    truth = await place.truth()
    change = TicketChange(status=TicketStatus.open, assignee="ليلى")
    await truth.change_ticket(TICKET, change, actor="ليلى", now=after(30))
    door.fault = None
    await store.carry_over()
    kept = await truth.ticket(TICKET)
    assert (kept.version, kept.order_number, kept.assignee, kept.status) == (3, "9981", "ليلى", TicketStatus.open)
    assert (await truth.ticket_history(TICKET))[-1].changes == {"order_number": "9981"}
    assert await truth.events(CALL) == events_of(first, second, third)


# Refusals.


async def refused(place: Place, error: CallCenterError) -> tuple[JournaledStore, Door]:
    """A journal with a step of CALL that the primary refuses, and another behind it."""
    store, door = await place.open()
    door.fault = Fault.before
    first = opening()
    await written(store, first, turn(first))
    door.fault, door.refuses, door.error = None, {CALL}, error
    return store, door


@pytest.mark.parametrize("error", [StoreRefused(), InvalidRequest()], ids=["refused", "invalid"])
async def test_a_step_that_is_refused_again_and_again_is_parked(place: Place, error: CallCenterError) -> None:
    store, door = await refused(place, error)
    for number in range(PARKED_AFTER):
        assert store.backlog.parked == 0, number
        assert (await store.carry_over()).troubled
    assert store.backlog == Backlog(away=True, reason="store_unavailable", steps=2, oldest_at=NOON, parked=1)
    asked = door.asked["append"]
    await store.carry_over()
    assert door.asked["append"] == asked, "left alone"
    assert not store.backlog.away
    await store.append(opening(OTHER))
    assert door.asked["append"] == asked + 1, "others go on"
    await store.append(turn(turn(opening()), "m-2"))
    assert door.asked["append"] == asked + 1, "and it waits with all that follows"

    door.refuses.clear()
    await store.carry_over()
    assert store.backlog.parked == 1
    place.clock.now += PARKED_FOR + timedelta(seconds=1)
    await store.carry_over()
    assert store.backlog == Backlog(away=False)
    assert (await (await place.truth()).state(CALL)).seq == 8


async def test_a_parked_step_is_tried_again_by_who_starts(place: Place) -> None:
    store, door = await refused(place, InvalidRequest())
    for _ in range(PARKED_AFTER):
        await store.carry_over()
    await store.close()
    store, door = await place.open()
    assert store.backlog == Backlog(away=False)
    assert not door.refuses
    assert (await (await place.truth()).state(CALL)).seq == 5


async def test_a_ticket_number_that_is_taken_parks_at_once(place: Place, store: JournaledStore, door: Door) -> None:
    door.fault = Fault.before
    first, made = opening(), ticket()
    await written(store, first, following(first.state, ticket_created(opened=made), opened=(made,)))
    truth = await place.truth()
    other, theirs = opening(OTHER), ticket(call_id=OTHER)
    await written(truth, other, following(other.state, ticket_created(opened=theirs), opened=(theirs,)))
    door.fault = None
    await store.carry_over()
    assert store.backlog == Backlog(away=False, steps=1, oldest_at=NOON, parked=1)
    assert await truth.ticket(TICKET) == theirs
    assert await store.ticket(TicketNumber(TICKET)) == made, "as the customer was told"


async def test_a_failure_of_one_step_alone_is_no_outage(place: Place) -> None:
    store, door = await refused(place, StoreUnavailable())
    await store.append(opening(OTHER))
    for _ in range(2 * PARKED_AFTER):
        await store.carry_over()
    assert store.backlog == Backlog(away=False, steps=2, oldest_at=NOON)
    assert (await (await place.truth()).state(OTHER)).seq == 2
    assert door.asked["check"] >= PARKED_AFTER


async def test_a_call_that_was_erased_there_does_not_come_back(place: Place, store: JournaledStore, door: Door) -> None:
    first = opening()
    await store.append(first)
    door.fault = Fault.before
    await store.append(turn(first))
    truth = await place.truth()
    await truth.erase(CALL)
    door.fault = None
    for _ in range(PARKED_AFTER):
        await store.carry_over()
    assert store.backlog.parked == 1
    await store.carry_over()
    with pytest.raises(CallNotFound):
        await truth.state(CALL)
    assert await store.erase(CALL) == Erased(events=5, tickets=0)
    assert rows(place, "select * from outbox") == []
    await store.carry_over()
    assert store.backlog == Backlog(away=False)


async def test_an_erased_call_leaves_nothing_here(place: Place, store: JournaledStore, door: Door) -> None:
    step = opening()
    await store.append(step)
    door.refuses = {CALL}
    await store.append(turn(step))
    await store.append(opening(OTHER))
    await store.carry_over()
    assert await store.erase(CALL) == Erased(events=2, tickets=0), "as many as there were there"
    assert rows(place, "select call_id from conversations") == [(OTHER,)]
    assert rows(place, "select * from outbox") == []
    door.refuses.clear()
    await store.carry_over()
    with pytest.raises(CallNotFound):
        await store.state(CALL)


async def test_a_step_on_its_way_does_not_bring_back_a_call_that_is_erased(
    place: Place, store: JournaledStore, door: Door
) -> None:
    door.refuses = {CALL}
    await written(store, opening(), opening(OTHER))
    await store.carry_over()
    assert not store.backlog.away
    door.refuses.clear()
    door.held = asyncio.Event()
    carrying = asyncio.ensure_future(store.carry_over())
    await door.waits.wait()
    erasing = asyncio.ensure_future(store.erase(CALL))
    await store.check()
    door.held.set()
    await asyncio.gather(carrying, erasing)
    with pytest.raises(CallNotFound):
        await (await place.truth()).state(CALL)
    assert rows(place, "select * from outbox") == []


# The journal itself.


async def test_a_full_disk_is_told_and_nothing_is_acknowledged(
    place: Place, store: JournaledStore, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    first = opening()
    await store.append(first)
    await copied(store)
    door.fault = Fault.before

    def fill(connection: sqlite3.Connection) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {pages + 2}")

    await store._local._writer.run(fill)
    huge = turn(first, message="كلام " * 10_000)
    with pytest.raises(StoreUnavailable) as caught:
        await store.append(huge)
    assert "full" in str(caught.value.facts["reason"])
    (told,) = [record for record in caplog.records if "can't keep a step" in record.message]
    assert told.levelname == "ERROR"
    assert "كلام" not in caplog.text
    assert store.backlog.steps == 0
    assert await store.state(CALL) == first.state

    await store._local._writer.run(lambda connection: connection.execute("pragma max_page_count = 100000").fetchone())
    await store.append(huge)
    assert store.backlog.steps == 1
    door.fault = None
    await store.carry_over()
    assert await (await place.truth()).events(CALL) == events_of(first, huge)


async def test_a_full_disk_disturbs_no_call_while_the_primary_is_there(
    store: JournaledStore, caplog: pytest.LogCaptureFixture
) -> None:
    await store._local._writer.run(lambda connection: connection.execute("pragma max_page_count = 1").fetchone())
    step = opening()
    await store.append(step)
    for number in range(20):
        step = turn(step, f"m-{number}", "كلام " * 500)
        await store.append(step)
    await copied(store)
    assert await store.state(CALL) == step.state
    assert len([record for record in caplog.records if "can't copy" in record.message]) == 1, "told once"


async def test_what_waits_is_on_the_disk_when_it_is_acknowledged(store: JournaledStore, door: Door) -> None:
    def level(connection: sqlite3.Connection) -> int:
        found: int = connection.execute("pragma synchronous").fetchone()[0]
        return found

    await store.append(opening())
    assert await store._local._writer.run(level) == 1, "a copy need not wait for the disk"
    levels: list[int] = []
    await store._local._writer.run(
        lambda connection: connection.set_trace_callback(
            lambda sql: levels.append(2) if sql == "pragma synchronous = full" else None
        )
    )
    door.fault = Fault.before
    await store.append(turn(opening()))
    assert levels == [2]


async def test_a_journal_of_a_newer_version_is_refused(place: Place) -> None:
    store, _ = await place.open()
    await store.close()
    with closing(sqlite3.connect(place.journal)) as connection:
        connection.execute("pragma user_version = 99")
    with pytest.raises(ConfigurationError, match="newer version"):
        await place.open()


async def test_close_leaves_what_waits_to_the_next_start(place: Place, store: JournaledStore, door: Door) -> None:
    door.fault = Fault.before
    first = opening()
    await written(store, first, turn(first))
    await store.close()
    assert rows(place, "select count(*) from outbox") == [(2,)]
    with pytest.raises(StoreUnavailable):
        await store.append(turn(turn(first), "m-2"))
    again, _ = await place.open()
    assert again.backlog == Backlog(away=False)
    assert await (await place.truth()).events(CALL) == events_of(first, turn(first))


async def test_close_waits_for_what_is_under_way(place: Place, store: JournaledStore, door: Door) -> None:
    door.held, door.faults = asyncio.Event(), {"append": Fault.before}
    appending = asyncio.ensure_future(store.append(opening()))
    await door.waits.wait()
    closing_it = asyncio.ensure_future(store.close())
    await (await place.truth()).check()
    assert not door.closed
    door.held.set()
    await asyncio.gather(appending, closing_it)
    assert rows(place, "select call_id from outbox") == [(CALL,)], "acknowledged, and kept"


async def test_a_server_starts_and_checks_well_while_the_primary_is_away(place: Place) -> None:
    store, door = await place.open(fault=Fault.before)
    await store.check()
    assert store.backlog.away
    assert await store.tokens_used(NOON) == 0
    door.fault = None
    await store.carry_over()
    assert store.backlog == Backlog(away=False)
    await store.check()


async def test_a_step_that_no_version_can_read_is_parked_not_lost(
    place: Place, store: JournaledStore, door: Door
) -> None:
    door.fault = Fault.before
    await written(store, opening(), opening(OTHER))
    with closing(sqlite3.connect(place.journal)) as connection:
        connection.execute("update outbox set step = '{}' where call_id = ?", (CALL,))
        connection.commit()
    door.fault = None
    for _ in range(PARKED_AFTER):
        await store.carry_over()
    assert store.backlog == Backlog(away=False, steps=1, oldest_at=NOON, parked=1)


async def test_two_processes_see_what_waits_of_each_other(place: Place) -> None:
    one, door_of_one = await place.open()
    two, door_of_two = await place.open()
    first = opening()
    await one.append(first)
    door_of_one.fault = Fault.before
    await one.append(turn(first, "m-1"))
    door_of_two.asked.clear()
    assert (await two.state(CALL)).seq == 5
    await two.append(turn(turn(first, "m-1"), "m-2"))
    assert not door_of_two.asked, "the call's earlier step waits"
    with pytest.raises(TurnConflict):
        await one.append(turn(turn(first, "m-1"), "m-3"))
    await two.carry_over()
    log = await (await place.truth()).events(CALL)
    assert [event.message_id for event in log if event.event == "user_message"] == ["m-1", "m-2"]


async def test_one_process_at_a_time_carries_over(place: Place) -> None:
    one, door_of_one = await place.open()
    two, door_of_two = await place.open()
    door_of_one.fault = Fault.before
    await one.append(opening())
    assert one._lock.take()
    door_of_two.asked.clear()
    assert not (await two.carry_over()).carried
    assert not door_of_two.asked
    one._lock.release()
    assert (await two.carry_over()).carried
    assert one.backlog.away, "whether one asks the primary again is for it to find out"
    door_of_one.fault = None
    await one.carry_over()
    assert one.backlog == Backlog(away=False)

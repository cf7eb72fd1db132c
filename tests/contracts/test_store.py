"""What every store promises; stores.py says which there are.

Each test opens what it needs through `open_store`; two stores opened in one test stand for two processes.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from callcenter.actions import MAX_RECORDS, Change, Record, Row
from callcenter.calls import (
    ActionCode,
    ActionResult,
    CallId,
    Channel,
    ConversationState,
    Language,
    LocalizedText,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    TicketCategory,
    TicketNumber,
    TokenUsage,
)
from callcenter.errors import (
    ArticleConflict,
    CallExists,
    CallNotFound,
    InvalidRequest,
    InvalidTransition,
    MessageTaken,
    RecordConflict,
    ScriptConflict,
    StoreUnavailable,
    TicketConflict,
    TicketNotFound,
    TicketNumberTaken,
    TurnConflict,
)
from callcenter.events import fold
from callcenter.knowledge import Article, ArticleStatus, ArticleText, Gap
from callcenter.scripts import Script, ScriptStatus
from callcenter.store import (
    MAX_PAGE,
    Append,
    Archive,
    ArchivedTicket,
    CallFilter,
    Erased,
    Store,
    TicketFilter,
    TicketOrder,
)
from callcenter.store.analytics import AnalyticsFilter
from callcenter.store.api_keys import ApiKey
from callcenter.store.sqlite import SQLiteStore
from callcenter.tickets import SLAState, Ticket, TicketChange, TicketStatus, change_ticket, sla_state
from tests.contracts.stores import OpenStore
from tests.data_api import Relay
from tests.factories import (
    CALL,
    COMPLAINT,
    MESSAGE,
    NOON,
    TICKET,
    action_proposed,
    action_run,
    after,
    assistant_message,
    call_claimed,
    call_ended,
    call_started,
    escalation,
    following,
    greeting,
    handoff,
    opening,
    routing,
    state_of,
    ticket,
    ticket_created,
    ticket_updated,
    tool_called,
    transfer_requested,
    user_message,
)

pytestmark = pytest.mark.contract

PATIENCE = 60.0
"""Seconds a race may take on a slow machine; only a failure takes that long."""


def seqs(events: Iterable[object]) -> list[int]:
    return [event.seq for event in events]  # type: ignore[attr-defined]


# One call.


async def test_a_call_is_kept_as_it_was_written(store: Store) -> None:
    """Every kind of event, Arabic text among them, comes back equal, and the header is the fold of the log."""
    steps = [opening()]
    opened = ticket()
    steps.append(
        following(
            steps[-1].state,
            user_message(),
            routing(),
            handoff(),
            escalation(),
            transfer_requested(),
            ticket_created(opened=opened),
            opened=(opened,),
        )
    )
    steps.append(following(steps[-1].state, tool_called(seq=1), assistant_message()))
    steps.append(following(steps[-1].state, handoff(message_id=None)))
    steps.append(following(steps[-1].state, call_ended(seq=1, at=after(60.25))))
    for step in steps:
        await store.append(step)

    events = await store.events(CALL)
    assert events == [event for step in steps for event in step.events]
    assert await store.state(CALL) == steps[-1].state == fold(events)
    assert await store.ticket(opened.number) == opened


async def test_what_was_appended_is_there_for_who_opens_later(open_store: OpenStore) -> None:
    first = await open_store()
    await first.append(opening())
    await first.close()
    second = await open_store()
    assert await second.state(CALL) == opening().state
    assert await second.events(CALL) == list(opening().events)


async def test_what_was_appended_is_there_for_who_is_open_already(open_store: OpenStore) -> None:
    writer, reader = await open_store(), await open_store()
    await writer.append(opening())
    assert await reader.state(CALL) == opening().state


async def test_replay_starts_after_a_seq(store: Store) -> None:
    step = opening()
    await store.append(step)
    await store.append(following(step.state, user_message(), routing(), assistant_message()))
    assert seqs(await store.events(CALL)) == [1, 2, 3, 4, 5]
    assert seqs(await store.events(CALL, after=3)) == [4, 5]
    assert seqs(await store.events(CALL, after=1, limit=2)) == [2, 3]
    assert seqs(await store.events(CALL, limit=1)) == [1]
    assert await store.events(CALL, after=5) == []
    assert await store.events(CALL, after=1_000_000) == []


async def test_an_unknown_call_is_not_found(store: Store) -> None:
    await store.append(opening())
    unknown = CallId("CALL-2")
    with pytest.raises(CallNotFound):
        await store.state(unknown)
    with pytest.raises(CallNotFound):
        await store.events(unknown)
    with pytest.raises(CallNotFound):
        await store.events(unknown, after=3)
    assert await store.turn(unknown, MESSAGE) == []


async def test_a_turn_is_all_that_its_message_led_to(store: Store) -> None:
    """Also where turns are interleaved, and where a reply came late."""
    step = opening()
    await store.append(step)
    for events in (
        [user_message(message_id="m-1"), routing(message_id="m-1")],
        [user_message(message_id="m-2"), routing(message_id="m-2")],
        [assistant_message(message_id="m-1", message="الأولى")],
        [handoff(message_id=None)],
        [assistant_message(message_id="m-2", message="second")],
    ):
        step = following(step.state, *events)
        await store.append(step)

    first = await store.turn(CALL, MessageId("m-1"))
    assert [(event.event, event.seq) for event in first] == [
        ("user_message", 3),
        ("routing", 4),
        ("assistant_message", 7),
    ]
    assert seqs(await store.turn(CALL, MessageId("m-2"))) == [5, 6, 9]
    assert await store.turn(CALL, MessageId("m-3")) == []


@pytest.mark.parametrize("burst", [("m-1", "m-2"), ("m-1", "m-2", "m-3")], ids=len)
async def test_a_turn_of_a_burst_ends_with_the_answer_to_all(store: Store, burst: tuple[str, ...]) -> None:
    step = opening()
    await store.append(step)
    for message_id in burst:
        step = following(step.state, user_message(message_id=message_id), routing(message_id=message_id))
        await store.append(step)
    for message_id in burst:
        waiting = await store.turn(CALL, MessageId(message_id))
        assert [event.event for event in waiting] == ["user_message", "routing"], "not answered yet"

    earlier = tuple(MessageId(message_id) for message_id in burst[:-1])
    answer = assistant_message(message_id=burst[-1], message="عن كل ما سألت").model_copy(update={"answers": earlier})
    step = following(step.state, tool_called(seq=1, message_id=burst[-1]), answer)
    await store.append(step)
    later = following(step.state, user_message(message_id="m-9"), assistant_message(message_id="m-9"))
    await store.append(later)

    for number, message_id in enumerate(earlier):
        turn = await store.turn(CALL, message_id)
        assert [event.event for event in turn] == ["user_message", "routing", "assistant_message"]
        assert seqs(turn) == [3 + 2 * number, 4 + 2 * number, step.state.seq]
        assert turn[-1] == step.events[-1]
    last = await store.turn(CALL, MessageId(burst[-1]))
    assert [event.event for event in last] == ["user_message", "routing", "tool_called", "assistant_message"]
    assert await store.turn(CALL, MessageId("m-9")) == list(later.events)


async def test_a_turn_stays_unanswered_while_others_are_answered(store: Store) -> None:
    """Also where the answer to others names an id of which this one is a part."""
    step = opening()
    await store.append(step)
    for message_id in ("m-1", "m-10", "m-11"):
        step = following(step.state, user_message(message_id=message_id))
        await store.append(step)
    answer = assistant_message(message_id="m-11").model_copy(update={"answers": (MessageId("m-10"),)})
    await store.append(following(step.state, answer))
    assert seqs(await store.turn(CALL, MessageId("m-1"))) == [3]
    assert seqs(await store.turn(CALL, MessageId("m-10"))) == [4, 6]


async def test_times_of_any_zone_keep_their_moment(store: Store) -> None:
    riyadh = timezone(timedelta(hours=3))
    at = datetime(2026, 11, 2, 1, 30, 0, 123_456, tzinfo=riyadh)
    await store.append(opening(at=at))
    kept = await store.events(CALL)
    assert kept[0].at == at
    assert kept[0].at.tzinfo is not None
    state = await store.state(CALL)
    assert state.started_at == at
    found = await store.calls(CallFilter(started_from=at, started_until=at + timedelta(microseconds=1)))
    assert seqs(found.items) == [2]
    assert not (await store.calls(CallFilter(started_from=at + timedelta(microseconds=1)))).items


async def test_lists_follow_the_moment_not_the_writing_of_a_time(store: Store) -> None:
    """Zones and fractions of a second change how a time is written, not when it is."""
    riyadh, honolulu = timezone(timedelta(hours=3)), timezone(timedelta(hours=-10))
    moments = [
        after(0).astimezone(riyadh),
        after(0.000_001),
        after(0.5).astimezone(honolulu),
        after(1),
        after(1.25).astimezone(riyadh),
        after(2).astimezone(honolulu),
    ]
    for number in (3, 0, 5, 1, 4, 2):
        call_id = f"CALL-{number}"
        await open_one(store, ticket(f"TKT-{number:08}", call_id=call_id, at=moments[number]), at=moments[number])
    calls = await store.calls(CallFilter())
    assert [state.call_id for state in calls.items] == [f"CALL-{number}" for number in (5, 4, 3, 2, 1, 0)]
    later = await store.calls(CallFilter(started_from=after(0.5).astimezone(riyadh), started_until=after(2)))
    assert [state.call_id for state in later.items] == ["CALL-4", "CALL-3", "CALL-2"]
    tickets = await store.tickets(TicketFilter())
    assert [each.number for each in tickets.items] == [f"TKT-{number:08}" for number in (5, 4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "name",
    [
        "عَلِيّ بنُ أبي طالب",
        "Robert'); DROP TABLE conversations;--",
        "<script>alert('x')</script>",
        '"\\u0000" and \\ and \\\\u0000',
        "👩‍💻 Zoë ‎",
        "%_*?",
    ],
)
async def test_any_readable_text_is_kept_as_it_is(store: Store, name: str) -> None:
    step = opening(customer_name=name)
    await store.append(step)
    await store.append(following(step.state, user_message(message=name)))
    assert (await store.state(CALL)).customer_name == name
    assert (await store.turn(CALL, MESSAGE))[0] == user_message(message=name)


@pytest.mark.parametrize(
    "name",
    [
        "a,b",
        '"a"',
        "'a'",
        "a(b)",
        "a.b:c",
        "50%25",
        "مكالمة ١",
        "a\\b",
        "*",
        "null",
        "a b+c",
        "x&y=z",
        "#?/..",
        "{1}",
        "and(a)",
    ],
)
async def test_any_id_names_what_it_names(store: Store, name: str) -> None:
    """Also at the end of a page, where a list goes on from it."""
    call_id, message_id = CallId(name), MessageId(name)
    for other in ("CALL-1", "CALL-2"):
        await store.append(opening(other))
    opened = ticket(name, call_id=name)
    step = await open_one(store, opened)
    step = following(step.state, user_message(message_id=name), assistant_message(message_id=name))
    await store.append(step)

    assert await store.state(call_id) == (await store.load(call_id, last=1)).state == step.state
    assert await store.events(call_id, after=step.expected_seq) == await store.turn(call_id, message_id)
    assert await store.ticket(opened.number) == opened
    assert (await store.tickets(TicketFilter(call_id=name))).items == (opened,)
    changed = await store.change_ticket(opened.number, TicketChange(assignee=name), actor=name, now=after(1))
    assert [changed.assignee, (await store.ticket_history(opened.number))[-1].actor] == [name, name]
    for number, wanted in (("TKT-1", "CALL-1"), ("TKT-2", "CALL-2")):
        await open_one(store, ticket(number, call_id=wanted))
    calls, tickets = await store.calls(CallFilter(), limit=1), await store.tickets(TicketFilter(), limit=1)
    called, numbered = [calls.items[0].call_id], [tickets.items[0].number]
    while calls.next and tickets.next:
        calls = await store.calls(CallFilter(), limit=1, cursor=calls.next)
        tickets = await store.tickets(TicketFilter(), limit=1, cursor=tickets.next)
        called += [each.call_id for each in calls.items]
        numbered += [each.number for each in tickets.items]
    assert (sorted(called), sorted(numbered)) == (
        sorted(["CALL-1", "CALL-2", name]),
        sorted(["TKT-1", "TKT-2", name]),
    )
    await store.erase(call_id)
    with pytest.raises(CallNotFound):
        await store.state(call_id)


async def test_a_log_of_thousands_of_events_comes_whole(store: Store) -> None:
    step = opening()
    await store.append(step)
    said = following(step.state, *(assistant_message(message=f"جواب {number}") for number in range(2_400)))
    await store.append(said)
    whole = [*step.events, *said.events]
    assert await store.events(CALL) == whole
    assert await store.events(CALL, after=700) == whole[700:]
    assert await store.events(CALL, after=3, limit=2_000) == whole[3:2_003]
    assert list((await store.load(CALL, last=2_000)).events) == whole[-2_000:]


@pytest.mark.parametrize("name", ["\ud800", "علي \udfff", "a\x00b", "\x00"], ids=ascii)
async def test_text_that_cannot_be_kept_is_refused_cleanly(store: Store, name: str) -> None:
    """Such text is cleaned away before; if it ever comes, it fails alone and the store goes on."""
    bad = call_started().model_copy(update={"customer_name": name})
    spoilt = Append(call_id=CALL, expected_seq=0, events=(bad,), state=state_of(call_started()))
    results = await asyncio.gather(
        store.append(spoilt), store.append(opening("CALL-2")), store.append(spoilt), return_exceptions=True
    )
    assert [type(result) for result in results] == [InvalidRequest, type(None), InvalidRequest]
    assert name not in str(results[0])
    with pytest.raises(CallNotFound):
        await store.state(CALL)
    assert await store.events(CallId("CALL-2"))


async def test_a_lone_surrogate_in_a_question_is_answered_cleanly(store: Store) -> None:
    await store.append(opening())
    for ask in (store.state(CallId("\ud800")), store.turn(CALL, MessageId("\ud800")), store.events(CallId("\ud800"))):
        with pytest.raises((CallNotFound, InvalidRequest)):
            await ask
    with pytest.raises((TicketNotFound, InvalidRequest)):
        await store.ticket(TicketNumber("\ud800"))
    with pytest.raises((TicketNotFound, InvalidRequest)):
        await store.change_ticket(TicketNumber("\ud800"), TicketChange(), actor="\ud800", now=NOON)
    assert await store.state(CALL) == opening().state


# Refusals.


async def test_a_call_starts_once(store: Store) -> None:
    await store.append(opening())
    with pytest.raises(CallExists):
        await store.append(opening(customer_name="Sara"))
    assert (await store.state(CALL)).customer_name == "علي"
    assert seqs(await store.events(CALL)) == [1, 2]


async def test_a_log_that_moved_on_takes_no_stale_step(store: Store) -> None:
    step = opening()
    await store.append(step)
    newer = following(step.state, user_message(message_id="m-1"))
    await store.append(newer)
    stale = following(step.state, user_message(message_id="m-2"), routing(message_id="m-2"))
    with pytest.raises(TurnConflict):
        await store.append(stale)
    assert await store.state(CALL) == newer.state
    assert await store.turn(CALL, MessageId("m-2")) == []


async def test_a_step_cannot_run_ahead_of_the_log(store: Store) -> None:
    step = opening()
    ahead = following(step.state, user_message())
    with pytest.raises(TurnConflict):
        await store.append(ahead)
    await store.append(step)
    far = following(ahead.state, assistant_message())
    with pytest.raises(TurnConflict):
        await store.append(far)
    assert seqs(await store.events(CALL)) == [1, 2]


async def test_a_message_id_is_taken_once_a_call(store: Store) -> None:
    step = opening()
    await store.append(step)
    taken = following(step.state, user_message())
    await store.append(taken)
    with pytest.raises(MessageTaken):
        await store.append(following(taken.state, user_message(message="again"), routing()))
    assert await store.state(CALL) == taken.state
    assert seqs(await store.events(CALL)) == [1, 2, 3]

    elsewhere = opening("CALL-2")
    await store.append(elsewhere)
    await store.append(following(elsewhere.state, user_message("CALL-2")))


async def test_a_taken_message_wins_over_every_other_refusal(store: Store) -> None:
    """Who sent a message twice wants to know what it led to, not that somebody was quicker."""
    step = opening()
    await store.append(step)
    opened = ticket()
    taken = following(step.state, user_message(), ticket_created(opened=opened), opened=(opened,))
    await store.append(taken)

    stale = following(step.state, user_message())
    with pytest.raises(MessageTaken):
        await store.append(stale)
    same_ticket = following(taken.state, user_message(), ticket_created(opened=opened), opened=(opened,))
    with pytest.raises(MessageTaken):
        await store.append(same_ticket)
    started_again = (call_started(), greeting(), user_message(seq=3))
    with pytest.raises(MessageTaken):
        await store.append(Append(call_id=CALL, expected_seq=0, events=started_again, state=state_of(*started_again)))


async def test_a_ticket_number_is_taken_once(store: Store) -> None:
    for call_id in ("CALL-1", "CALL-2"):
        await store.append(opening(call_id))
    opened = ticket()
    first = following(opening("CALL-1").state, user_message(), ticket_created(opened=opened), opened=(opened,))
    await store.append(first)

    other = ticket(call_id="CALL-2", words="another matter")
    second = following(opening("CALL-2").state, user_message(), ticket_created(opened=other), opened=(other,))
    with pytest.raises(TicketNumberTaken):
        await store.append(second)
    assert seqs(await store.events(CallId("CALL-2"))) == [1, 2], "all of a step or none"
    assert await store.ticket(opened.number) == opened
    assert (await store.state(CallId("CALL-2"))).seq == 2

    with pytest.raises(TurnConflict):
        await store.append(
            following(opening("CALL-1").state, user_message(message_id="m-9"), ticket_created(), opened=(opened,))
        )


async def test_refusals_meet_only_their_own_callers(store: Store) -> None:
    """Thirty steps at once, every third refused: the others are kept."""
    for number in range(30):
        await store.append(opening(f"CALL-{number}"))
    steps = [following(opening(f"CALL-{number}").state, user_message(f"CALL-{number}")) for number in range(30)]
    for number in range(0, 30, 3):
        await store.append(steps[number])

    results = await asyncio.gather(*(store.append(step) for step in steps), return_exceptions=True)
    for number, result in enumerate(results):
        assert isinstance(result, MessageTaken) is (number % 3 == 0), result
        assert (await store.state(CallId(f"CALL-{number}"))).seq == 3


@pytest.mark.parametrize(
    "step",
    [
        Append(call_id=CALL, expected_seq=0, events=(), state=opening().state),
        Append(call_id=CALL, expected_seq=0, events=(call_started(),), state=opening().state),
        Append(call_id=CALL, expected_seq=0, events=(call_started(), greeting(seq=3)), state=opening().state),
        Append(call_id=CALL, expected_seq=0, events=(call_started("CALL-2"), greeting()), state=opening().state),
        Append(call_id=CallId("CALL-2"), expected_seq=0, events=opening().events, state=opening().state),
    ],
    ids=["empty", "state is ahead", "a gap", "another call's event", "another call's state"],
)
async def test_a_step_that_no_log_could_take_is_a_bug(store: Store, step: Append) -> None:
    with pytest.raises(ValueError, match=r"does not follow|the step of"):
        await store.append(step)
    assert not (await store.calls(CallFilter())).items


# Races.


async def test_racing_writers_of_one_call_are_put_in_one_order(open_store: OpenStore) -> None:
    """Twenty writers in two processes: one wins each seq, the others retry, nothing is lost or doubled."""
    stores = [await open_store(), await open_store()]
    await stores[0].append(opening())
    conflicts = 0

    async def write(number: int) -> None:
        nonlocal conflicts
        mine = stores[number % 2]
        while True:
            state = await mine.state(CALL)
            message_id = f"m-{number}"
            try:
                await mine.append(following(state, user_message(message_id=message_id), routing(message_id=message_id)))
            except TurnConflict:
                conflicts += 1
            else:
                return

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(write(number) for number in range(20)))
    events = await stores[1].events(CALL)
    assert seqs(events) == list(range(1, 43))
    said = [event.message_id for event in events if event.event == "user_message"]
    assert sorted(said) == sorted(f"m-{number}" for number in range(20))
    assert await stores[0].state(CALL) == fold(events)
    assert conflicts > 0, "nobody raced"


async def test_one_of_many_same_messages_is_taken(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    await stores[0].append(opening())
    step = following(opening().state, user_message())
    results = await asyncio.gather(*(stores[number % 2].append(step) for number in range(20)), return_exceptions=True)
    assert results.count(None) == 1
    assert sum(isinstance(result, MessageTaken) for result in results) == 19


async def test_one_of_many_same_starts_wins(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    results = await asyncio.gather(
        *(stores[number % 2].append(opening()) for number in range(20)), return_exceptions=True
    )
    assert results.count(None) == 1
    assert sum(isinstance(result, CallExists) for result in results) == 19


async def test_callers_that_give_up_harm_nothing(store: Store) -> None:
    writers = [asyncio.ensure_future(store.append(opening(f"CALL-{number}"))) for number in range(40)]
    readers = [asyncio.ensure_future(store.calls(CallFilter())) for _ in range(5)]
    await asyncio.sleep(0)
    for task in (*writers[::2], *readers):
        task.cancel()
    await asyncio.gather(*writers, *readers, return_exceptions=True)
    for number in range(40):
        call_id = CallId(f"CALL-{number}")
        try:
            state = await store.state(call_id)
        except CallNotFound:
            assert writers[number].cancelled()
        else:
            assert state == fold(await store.events(call_id))


async def test_close_finishes_what_was_begun(open_store: OpenStore) -> None:
    first = await open_store()
    await first.append(opening())
    begun = [asyncio.ensure_future(first.append(opening(f"NEW-{number}"))) for number in range(40)]
    await asyncio.sleep(0)
    await first.close()
    await asyncio.gather(*begun)
    second = await open_store()
    assert len((await second.calls(CallFilter())).items) == 41


# Lists of calls.


async def fill_calls(store: Store) -> None:
    """Twelve calls a minute apart: CALL-00 the oldest; each third English, each fourth WhatsApp, each sixth ended."""
    for number in range(12):
        step = opening(
            f"CALL-{number:02}",
            at=after(60 * number),
            language=Language.ar if number % 3 else Language.en,
            channel=Channel.web if number % 4 else Channel.whatsapp,
            persona=PersonaType.sales if number in {1, 2} else PersonaType.reception,
        )
        await store.append(step)
        if number % 6 == 0:
            await store.append(following(step.state, call_ended(seq=3, at=after(60 * number + 30))))
        if number == 5:
            await store.append(following(step.state, handoff(message_id=None)))
        if number in {9, 10}:
            proposed = following(step.state, action_proposed(seq=3))
            await store.append(proposed)
            if number == 10:
                await store.append(following(proposed.state, action_run(seq=4)))
        if number in {7, 8}:
            waiting = following(step.state, transfer_requested())
            await store.append(waiting)
            if number == 8:
                await store.append(following(waiting.state, call_claimed(seq=4)))


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (CallFilter(), range(11, -1, -1)),
        (CallFilter(language=Language.en), [9, 6, 3, 0]),
        (CallFilter(language=Language.ar), [11, 10, 8, 7, 5, 4, 2, 1]),
        (CallFilter(channel=Channel.whatsapp), [8, 4, 0]),
        (CallFilter(channel=Channel.phone), []),
        (CallFilter(persona=PersonaType.sales), [2, 1]),
        (CallFilter(persona=PersonaType.complaints), [5]),
        (CallFilter(ended=True), [6, 0]),
        (CallFilter(ended=False), [11, 10, 9, 8, 7, 5, 4, 3, 2, 1]),
        (CallFilter(waiting=True), [7]),
        (CallFilter(waiting=False, ended=False, language=Language.en), [9, 3]),
        (CallFilter(proposals=True), [9]),
        (CallFilter(proposals=False, language=Language.en), [6, 3, 0]),
        (CallFilter(mode=Mode.human), [8]),
        (CallFilter(mode=Mode.ai, channel=Channel.whatsapp), [4, 0]),
        (CallFilter(started_from=after(600)), [11, 10]),
        (CallFilter(started_until=after(60)), [0]),
        (CallFilter(started_from=after(120), started_until=after(240)), [3, 2]),
        (CallFilter(started_from=after(240), started_until=after(120)), []),
        (CallFilter(language=Language.en, channel=Channel.whatsapp, ended=True), [0]),
    ],
    ids=str,
)
async def test_a_list_of_calls_holds_what_was_asked_for(store: Store, wanted: CallFilter, numbers: list[int]) -> None:
    await fill_calls(store)
    found = await store.calls(wanted)
    assert [state.call_id for state in found.items] == [f"CALL-{number:02}" for number in numbers]
    assert found.next is None
    for state in found.items:
        assert state == fold(await store.events(state.call_id))


async def test_every_filter_of_calls_is_honoured(store: Store) -> None:
    """A new field of the filter must be tried above."""
    assert set(CallFilter.model_fields) == {
        "persona",
        "language",
        "channel",
        "ended",
        "mode",
        "waiting",
        "proposals",
        "started_from",
        "started_until",
    }
    assert not (await store.calls(CallFilter())).items


async def test_pages_of_calls_join_without_gap_or_repeat(store: Store) -> None:
    await fill_calls(store)
    seen: list[str] = []
    cursor = None
    sizes = []
    while True:
        page = await store.calls(CallFilter(language=Language.ar), limit=3, cursor=cursor)
        seen += [state.call_id for state in page.items]
        sizes.append(len(page.items))
        cursor = page.next
        if cursor is None:
            break
    assert sizes == [3, 3, 2]
    assert seen == [f"CALL-{number:02}" for number in (11, 10, 8, 7, 5, 4, 2, 1)]


async def test_a_list_that_fits_its_page_has_no_next(store: Store) -> None:
    await fill_calls(store)
    assert (await store.calls(CallFilter(), limit=12)).next is None
    assert (await store.calls(CallFilter(), limit=11)).next is not None


async def test_pages_stay_put_while_calls_come_in(store: Store) -> None:
    await fill_calls(store)
    first = await store.calls(CallFilter(), limit=6)
    for number in range(5):
        await store.append(opening(f"NEW-{number}", at=after(10_000 + number)))
    second = await store.calls(CallFilter(), limit=6, cursor=first.next)
    assert [state.call_id for state in (*first.items, *second.items)] == [f"CALL-{n:02}" for n in range(11, -1, -1)]


async def test_calls_of_one_moment_are_paged_too(store: Store) -> None:
    for number in range(7):
        await store.append(opening(f"CALL-{number}"))
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = await store.calls(CallFilter(), limit=2, cursor=cursor)
        seen += [state.call_id for state in page.items]
        cursor = page.next
    assert cursor is None
    assert sorted(seen) == [f"CALL-{number}" for number in range(7)]


@pytest.mark.parametrize(
    "cursor", ["", "x", "12", "بعد", "\ud800", "e30", "W10", "bnVsbA==", "a" * 10_000, "..", "%00"]
)
async def test_a_cursor_that_is_none_of_ours_is_refused(store: Store, cursor: str) -> None:
    await fill_calls(store)
    with pytest.raises(InvalidRequest):
        await store.calls(CallFilter(), cursor=cursor)
    with pytest.raises(InvalidRequest):
        await store.tickets(TicketFilter(), cursor=cursor)


async def test_a_cursor_of_another_list_is_refused(store: Store) -> None:
    await fill_calls(store)
    cursor = (await store.calls(CallFilter(), limit=1)).next
    assert cursor is not None
    with pytest.raises(InvalidRequest):
        await store.tickets(TicketFilter(), cursor=cursor)


@pytest.mark.parametrize("limit", [-1, 0, MAX_PAGE + 1])
async def test_a_page_out_of_bounds_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(InvalidRequest):
        await store.calls(CallFilter(), limit=limit)
    with pytest.raises(InvalidRequest):
        await store.tickets(TicketFilter(), limit=limit)


# What models cost.


async def answer_at(store: Store, before: ConversationState, seconds: float, usage: TokenUsage | None) -> Append:
    """Take a message and answer it, with what a model read and wrote for that."""
    message_id = f"m-{before.seq}"
    answer = assistant_message(message_id=message_id, at=after(seconds)).model_copy(update={"usage": usage})
    step = following(before, user_message(message_id=message_id, at=after(seconds)), answer)
    await store.append(step)
    return step


async def test_tokens_are_summed_over_calls_from_a_moment_on(store: Store) -> None:
    assert await store.tokens_used(NOON) == 0
    for call_id, tokens in (("CALL-1", 100), ("CALL-2", 1)):
        step = opening(call_id)
        await store.append(step)
        for seconds in (0, 60, 120):
            usage = TokenUsage(input_tokens=5 * tokens, cached_tokens=4 * tokens, output_tokens=2 * tokens)
            step = await answer_at(store, step.state, seconds, usage)
        assert step.state.tokens_used == 21 * tokens
    riyadh = timezone(timedelta(hours=3))
    assert await store.tokens_used(NOON) == 3 * 707
    assert await store.tokens_used(after(60)) == 2 * 707, "the moment itself counts"
    assert await store.tokens_used(after(60.000_001)) == 707
    assert await store.tokens_used(after(120).astimezone(riyadh)) == 707
    assert await store.tokens_used(after(121)) == 0


async def test_replies_that_no_model_was_asked_for_cost_nothing(store: Store) -> None:
    step = opening()
    await store.append(step)
    step = await answer_at(store, step.state, 1, None)
    assert await store.tokens_used(NOON) == 0
    step = await answer_at(store, step.state, 2, TokenUsage())
    assert await store.tokens_used(NOON) == 0
    await answer_at(store, step.state, 3, TokenUsage(input_tokens=7))
    assert await store.tokens_used(NOON) == 7


# Tickets.


async def open_one(store: Store, opened: Ticket, *, at: datetime = NOON) -> Append:
    """Start the ticket's call if there is none, and open the ticket in a turn of its own."""
    try:
        before = await store.state(opened.call_id)
    except CallNotFound:
        step = opening(opened.call_id, at=at)
        await store.append(step)
        before = step.state
    message_id = f"for-{opened.number}"
    step = following(
        before,
        user_message(message_id=message_id),
        ticket_created(message_id=message_id, opened=opened),
        opened=(opened,),
    )
    await store.append(step)
    return step


def told(opened: Ticket, seconds: float = 60, **facts: object) -> Ticket:
    """Return the ticket after a message added `facts`."""
    return opened.model_copy(update={**facts, "updated_at": after(seconds), "version": opened.version + 1})


async def test_a_ticket_is_kept_as_it_was_opened(store: Store) -> None:
    opened = ticket(number="TKT-00000042", words="طلبي لم يصل\nمنذ أسبوعين").model_copy(
        update={
            "customer_name": "سارة",
            "order_number": "007474839",
            "phone": "+966501234567",
            "email": "sara@example.com",
            "occurred": "منذ أسبوعين",
            "escalated": True,
            "human_requested": True,
            "due_at": after(0.000_001),
        }
    )
    await open_one(store, opened)
    assert await store.ticket(TicketNumber("TKT-00000042")) == opened


async def test_an_unknown_ticket_is_not_found(store: Store) -> None:
    await open_one(store, ticket())
    unknown = TicketNumber("TKT-99999999")
    with pytest.raises(TicketNotFound):
        await store.ticket(unknown)
    with pytest.raises(TicketNotFound):
        await store.ticket_history(unknown)
    with pytest.raises(TicketNotFound):
        await store.change_ticket(unknown, TicketChange(status=TicketStatus.open), actor="agent", now=NOON)


async def test_a_call_adds_to_its_ticket(store: Store) -> None:
    opened = ticket()
    step = await open_one(store, opened)
    changed = told(opened, order_number="9981", escalated=True)
    await store.append(
        following(
            step.state,
            user_message(message_id="m-2"),
            ticket_updated(changed, seq=1, message_id="m-2"),
            changed=(changed,),
        )
    )
    assert await store.ticket(TICKET) == changed
    history = await store.ticket_history(TICKET)
    assert [(entry.version, entry.actor, entry.at) for entry in history] == [
        (1, "customer", NOON),
        (2, "customer", after(60)),
    ]
    assert history[1].changes == {"order_number": "9981", "escalated": "true"}


async def test_a_turn_on_a_ticket_that_an_agent_changed_is_retried(store: Store) -> None:
    opened = ticket()
    step = await open_one(store, opened)
    await store.change_ticket(TICKET, TicketChange(assignee="ليلى"), actor="ليلى", now=after(10))
    changed = told(opened, order_number="9981")
    with pytest.raises(TurnConflict):
        await store.append(following(step.state, user_message(message_id="m-2"), changed=(changed,)))
    assert await store.state(CALL) == step.state, "all of a step or none"
    assert (await store.ticket(TICKET)).order_number == opened.order_number

    unknown = told(ticket(number="TKT-99999999"))
    with pytest.raises(TurnConflict):
        await store.append(following(step.state, user_message(message_id="m-2"), changed=(unknown,)))


async def test_the_first_entry_of_a_history_holds_the_whole_ticket(store: Store) -> None:
    opened = ticket()
    await open_one(store, opened)
    (entry,) = await store.ticket_history(TICKET)
    told_fields = {field: text for field, text in entry.changes.items() if text is not None}
    assert told_fields["description"] == COMPLAINT
    assert told_fields["order_number"] == "0074"
    assert told_fields["escalated"] == "false"
    assert told_fields["status"] == "new"
    assert set(entry.changes) == set(Ticket.model_fields) - {"version", "updated_at"}


async def test_an_agent_changes_a_ticket(store: Store) -> None:
    opened = ticket()
    await open_one(store, opened)
    change = TicketChange(status=TicketStatus.open, priority=PriorityLevel.urgent, assignee="ليلى", version=1)
    changed = await store.change_ticket(TICKET, change, actor="ليلى", now=after(90))
    assert changed == change_ticket(opened, change, now=after(90))
    assert await store.ticket(TICKET) == changed
    history = await store.ticket_history(TICKET)
    assert history[-1].model_dump() == {
        "version": 2,
        "at": after(90),
        "actor": "ليلى",
        "changes": {"status": "open", "priority": "urgent", "assignee": "ليلى"},
    }


async def test_a_change_that_changes_nothing_leaves_no_trace(store: Store) -> None:
    opened = ticket()
    await open_one(store, opened)
    for change in (TicketChange(), TicketChange(status=TicketStatus.new, version=1)):
        assert await store.change_ticket(TICKET, change, actor="agent", now=after(5)) == opened
    assert len(await store.ticket_history(TICKET)) == 1


async def test_a_change_of_an_old_version_is_refused(store: Store) -> None:
    await open_one(store, ticket())
    await store.change_ticket(TICKET, TicketChange(status=TicketStatus.open, version=1), actor="a", now=after(1))
    for version in (1, 3):
        with pytest.raises(TicketConflict):
            await store.change_ticket(
                TICKET, TicketChange(status=TicketStatus.closed, version=version), actor="b", now=after(2)
            )
    assert (await store.ticket(TICKET)).status is TicketStatus.open


async def test_a_status_that_cannot_follow_is_refused(store: Store) -> None:
    opened = ticket()
    await open_one(store, opened)
    with pytest.raises(InvalidTransition):
        await store.change_ticket(TICKET, TicketChange(status=TicketStatus.reopened), actor="a", now=after(1))
    assert await store.ticket(TICKET) == opened
    assert len(await store.ticket_history(TICKET)) == 1


async def test_one_of_many_agents_wins_a_version(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    await open_one(stores[0], ticket())
    changes = [TicketChange(assignee=f"agent {number}", version=1) for number in range(20)]
    results = await asyncio.gather(
        *(
            stores[number % 2].change_ticket(TICKET, change, actor=f"agent {number}", now=after(number))
            for number, change in enumerate(changes)
        ),
        return_exceptions=True,
    )
    winners = [result for result in results if isinstance(result, Ticket)]
    assert len(winners) == 1
    assert sum(isinstance(result, TicketConflict) for result in results) == 19
    assert await stores[1].ticket(TICKET) == winners[0]
    assert [entry.version for entry in await stores[0].ticket_history(TICKET)] == [1, 2]


async def fill_tickets(store: Store) -> None:
    """Eight tickets a minute apart: 0 the oldest; even ones technical, every fourth urgent; 2 and 3 of another call."""
    for number in range(8):
        await open_one(
            store,
            ticket(
                f"TKT-{number:08}",
                call_id="CALL-2" if number in {2, 3} else CALL,
                category=TicketCategory.billing if number % 2 else TicketCategory.technical,
                priority=PriorityLevel.high if number % 4 else PriorityLevel.urgent,
                at=after(60 * number),
            ),
        )
    for number in (1, 2):
        await store.change_ticket(
            TicketNumber(f"TKT-{number:08}"), TicketChange(status=TicketStatus.open), actor="a", now=after(1000)
        )


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (TicketFilter(), range(7, -1, -1)),
        (TicketFilter(status=TicketStatus.open), [2, 1]),
        (TicketFilter(status=TicketStatus.closed), []),
        (TicketFilter(category=TicketCategory.billing), [7, 5, 3, 1]),
        (TicketFilter(priority=PriorityLevel.urgent), [4, 0]),
        (TicketFilter(call_id="CALL-2"), [3, 2]),
        (TicketFilter(call_id="CALL-3"), []),
        (TicketFilter(status=TicketStatus.new, category=TicketCategory.technical, call_id=CALL), [6, 4, 0]),
    ],
    ids=str,
)
async def test_a_list_of_tickets_holds_what_was_asked_for(
    store: Store, wanted: TicketFilter, numbers: list[int]
) -> None:
    await fill_tickets(store)
    found = await store.tickets(wanted)
    assert [each.number for each in found.items] == [f"TKT-{number:08}" for number in numbers]
    for each in found.items:
        assert each == await store.ticket(each.number)


async def test_every_filter_of_tickets_is_honoured(store: Store) -> None:
    """A new field of the filter must be tried above."""
    asked = {"status", "category", "priority", "call_id", "assignee", "breached_at", "in_time_at", "query", "order"}
    assert set(TicketFilter.model_fields) == asked
    assert not (await store.tickets(TicketFilter())).items


async def test_tickets_that_are_overdue_are_told_from_those_in_time(store: Store) -> None:
    """Due at minute 240 and on, one a minute; one of them is settled, one waits for the customer."""
    await fill_tickets(store)
    for number, status in ((0, TicketStatus.resolved), (2, TicketStatus.pending)):
        change = TicketChange(status=status)
        await store.change_ticket(TicketNumber(f"TKT-{number:08}"), change, actor="a", now=after(2000))
    now = after(60 * 4) + timedelta(hours=4)

    async def found(**wanted: object) -> list[int]:
        filtered = TicketFilter.model_validate(wanted)
        return [int(each.number[4:]) for each in (await store.tickets(filtered)).items]

    assert await found(breached_at=now) == [4, 3, 1]
    assert await found(in_time_at=now) == [7, 6, 5, 2, 0]
    assert await found(breached_at=now, order="due") == [1, 3, 4]
    assert await found(breached_at=now, status="open") == [1]
    assert await found(breached_at=now - timedelta(hours=5)) == []
    for each in (await store.tickets(TicketFilter())).items:
        breached = int(each.number[4:]) in await found(breached_at=now)
        assert (sla_state(each, now) is SLAState.breached) is breached


@pytest.mark.parametrize("in_time", [False, True])
async def test_pages_by_due_time_join_without_gap_or_repeat(store: Store, *, in_time: bool) -> None:
    await fill_tickets(store)
    wanted = TicketFilter(order=TicketOrder.due, in_time_at=NOON if in_time else None)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = await store.tickets(wanted, limit=3, cursor=cursor)
        seen += [each.number for each in page.items]
        cursor = page.next
    assert cursor is None
    assert seen == [f"TKT-{number:08}" for number in range(8)]


async def test_a_cursor_of_another_order_is_refused(store: Store) -> None:
    await fill_tickets(store)
    cursor = (await store.tickets(TicketFilter(), limit=1)).next
    assert cursor is not None
    with pytest.raises(InvalidRequest):
        await store.tickets(TicketFilter(order=TicketOrder.due), cursor=cursor)


@pytest.mark.parametrize("name", ["منى", "null", 'Mona (2nd shift), "night"'])
async def test_an_agents_tickets_are_found_by_the_name(store: Store, name: str) -> None:
    await fill_tickets(store)
    change = TicketChange(assignee=name)
    await store.change_ticket(TicketNumber("TKT-00000003"), change, actor="a", now=after(2000))
    found = (await store.tickets(TicketFilter(assignee=name))).items
    assert [each.number for each in found] == ["TKT-00000003"]


async def test_pages_of_tickets_join_without_gap_or_repeat(store: Store) -> None:
    await fill_tickets(store)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = await store.tickets(TicketFilter(), limit=3, cursor=cursor)
        seen += [each.number for each in page.items]
        cursor = page.next
    assert cursor is None
    assert seen == [f"TKT-{number:08}" for number in range(7, -1, -1)]


# A call as a whole.


async def talked(store: Store) -> ConversationState:
    """Have a call with a ticket that an agent has changed; return it as it stands."""
    start = opening()
    opened = ticket()
    step = following(start.state, user_message(), routing(), ticket_created(opened=opened), opened=(opened,))
    last = following(step.state, assistant_message())
    for each in (start, step, last):
        await store.append(each)
    change = TicketChange(status=TicketStatus.open, assignee="منى")
    await store.change_ticket(opened.number, change, actor="منى", now=after(60))
    return last.state


async def archived(store: Store, call_id: CallId = CALL) -> Archive:
    call = await store.state(call_id)
    tickets = [
        ArchivedTicket(ticket=await store.ticket(each), history=tuple(await store.ticket_history(each)))
        for each in call.tickets
    ]
    return Archive(call=call, events=tuple(await store.events(call_id)), tickets=tuple(tickets))


def archive() -> Archive:
    step = opening()
    return Archive(call=step.state, events=tuple(step.events))


async def test_a_call_is_loaded_with_its_tickets_and_the_end_of_its_log(store: Store) -> None:
    state = await talked(store)
    loaded = await store.load(CALL, last=2)
    assert loaded.state == state
    assert list(loaded.tickets) == [await store.ticket(TICKET)]
    assert list(loaded.events) == (await store.events(CALL))[-2:]


async def test_more_of_a_log_than_there_is_loads_all_of_it(store: Store) -> None:
    state = await talked(store)
    assert list((await store.load(CALL, last=10_000)).events) == await store.events(CALL)
    assert list((await store.load(CALL, last=state.seq)).events) == await store.events(CALL)
    assert not (await store.load(CALL, last=0)).events


async def test_a_call_that_is_not_there_is_neither_loaded_nor_erased(store: Store) -> None:
    with pytest.raises(CallNotFound):
        await store.load(CALL, last=1)
    with pytest.raises(CallNotFound):
        await store.erase(CALL)


async def test_an_erased_call_leaves_nothing_and_takes_nobody_elses(store: Store) -> None:
    await talked(store)
    other = opening("CALL-2")
    theirs = ticket(number="TKT-2", call_id="CALL-2")
    await store.append(other)
    await store.append(following(other.state, ticket_created(call_id="CALL-2", opened=theirs), opened=(theirs,)))
    events = len(await store.events(CALL))

    assert await store.erase(CALL) == Erased(events=events, tickets=1)

    for asked in (store.state(CALL), store.events(CALL), store.load(CALL, last=9), store.erase(CALL)):
        with pytest.raises(CallNotFound):
            await asked
    for about in (store.ticket(TICKET), store.ticket_history(TICKET)):
        with pytest.raises(TicketNotFound):
            await about
    assert [each.call_id for each in (await store.calls(CallFilter())).items] == ["CALL-2"]
    assert [each.number for each in (await store.tickets(TicketFilter())).items] == ["TKT-2"]
    assert await store.ticket_history(theirs.number)


async def test_an_erased_id_may_begin_anew(store: Store) -> None:
    await talked(store)
    await store.erase(CALL)
    await talked(store)
    assert len(await store.ticket_history(TICKET)) == 2


async def test_a_call_moves_from_store_to_store_as_it_is(store: Store, tmp_path: Path) -> None:
    await talked(store)
    moved = await archived(store)
    other = await SQLiteStore.open(tmp_path / "other.sqlite3")
    assert await other.restore(moved) is True
    assert await archived(other) == moved
    await other.close()

    await store.erase(CALL)
    assert await store.restore(moved) is True
    assert await archived(store) == moved
    assert (await store.load(CALL, last=99)).state == moved.call
    loaded = await store.load(CALL, last=99)
    await store.append(following(loaded.state, call_ended(seq=1, at=after(99))))


async def test_a_call_that_is_here_already_is_left_alone(store: Store) -> None:
    state = await talked(store)
    moved = await archived(store)
    assert await store.restore(moved) is False
    await store.append(following(state, call_ended(seq=1, at=after(99))))
    assert await store.restore(moved) is False
    assert len(await store.events(CALL)) == state.seq + 1


async def test_another_call_of_the_same_id_is_not_overwritten(store: Store) -> None:
    await talked(store)
    moved = await archived(store)
    await store.erase(CALL)
    await store.append(opening())  # the same call, but less of it
    with pytest.raises(CallExists):
        await store.restore(moved)
    assert len(await store.events(CALL)) == 2
    with pytest.raises(TicketNotFound):
        await store.ticket(TICKET)


async def test_a_ticket_number_that_is_taken_keeps_the_whole_call_out(store: Store) -> None:
    await talked(store)
    moved = await archived(store)
    await store.erase(CALL)
    other = opening("CALL-2")
    theirs = ticket(call_id="CALL-2")
    await store.append(other)
    await store.append(following(other.state, ticket_created(call_id="CALL-2", opened=theirs), opened=(theirs,)))
    with pytest.raises(TicketNumberTaken):
        await store.restore(moved)
    with pytest.raises(CallNotFound):
        await store.state(CALL)


async def test_what_is_no_whole_call_is_refused(store: Store) -> None:
    await talked(store)
    moved = await archived(store)
    await store.erase(CALL)
    for broken in (
        moved.altered({"events": moved.events[1:]}),
        moved.altered({"events": moved.events[:-1]}),
        moved.altered({"tickets": ()}),
        moved.altered({"tickets": (moved.tickets[0].altered({"history": ()}),)}),
    ):
        with pytest.raises(InvalidRequest):
            await store.restore(broken)
    with pytest.raises(CallNotFound):
        await store.state(CALL)


# API keys.


def api_key(number: int = 1, name: str = "موقع المتجر", **facts: object) -> ApiKey:
    given = {"role": "service", "created_at": NOON + timedelta(seconds=number), "secret_sha256": f"{number:064x}"}
    return ApiKey.model_validate({"id": f"{number:012x}", "name": name, **given, **facts})


async def test_keys_are_kept_as_they_were_added_the_last_first(open_store: OpenStore) -> None:
    store, other = await open_store(), await open_store()
    added = [
        api_key(1),
        api_key(2, name="'; drop table api_keys; --", role="supervisor", expires_at=NOON + timedelta(days=90)),
        api_key(3, role="agent", last_used_on=NOON.date()),
        api_key(4, role="admin", created_at=(NOON + timedelta(hours=1)).astimezone(timezone(timedelta(hours=3)))),
    ]
    assert await store.keys() == []
    for key in added:
        await store.add_key(key)
    assert await store.keys() == added[::-1]
    assert await other.keys() == added[::-1]


async def test_a_key_of_an_id_that_is_taken_is_refused_and_the_first_stays(store: Store) -> None:
    await store.add_key(api_key(1))
    with pytest.raises(InvalidRequest):
        await store.add_key(api_key(1, name="another", role="admin"))
    assert await store.keys() == [api_key(1)]


async def test_a_removed_key_is_gone_and_no_other(store: Store) -> None:
    await store.add_key(api_key(1))
    await store.add_key(api_key(2))
    assert await store.remove_key(api_key(1).id)
    assert not await store.remove_key(api_key(1).id)
    assert not await store.remove_key("no-such-id")
    assert await store.keys() == [api_key(2)]


async def test_the_last_day_a_key_was_used_never_goes_back(store: Store) -> None:
    await store.add_key(api_key(1))
    await store.add_key(api_key(2))
    days = [date(2026, 11, 2), date(2026, 11, 4), date(2026, 11, 3)]
    seen = []
    for day in days:
        await store.key_used(api_key(1).id, day)
        seen.append([each.last_used_on for each in await store.keys()])
    assert seen == [[None, days[0]], [None, days[1]], [None, days[1]]]
    await store.key_used("no-such-id", days[0])


# Articles.


def an_article(
    version: int = 1, slug: str = "cancel-order", body: str = "يكفي إشعار مكتوب.", **facts: object
) -> Article:
    texts = {Language.ar: ArticleText(title="إلغاء الطلب", body=body)}
    made = {
        "texts": texts,
        "tags": ("cancel", "كنسل"),
        "updated_at": NOON + timedelta(seconds=version),
        "actor": "سارة",
    }
    return Article.model_validate({"slug": slug, "version": version, **made, **facts})


def a_gap(question: str, *, seconds: float = 0, count: int = 1, language: Language = Language.ar) -> Gap:
    at = NOON + timedelta(seconds=seconds)
    return Gap(question=question, language=language, count=count, first_at=at, last_at=at)


async def test_every_version_of_an_article_is_kept(open_store: OpenStore) -> None:
    store, other = await open_store(), await open_store()
    versions = [
        an_article(1),
        an_article(2, body='\'; drop table articles; -- \\u0000 "quoted"'),
        an_article(3, status=ArticleStatus.published),
    ]
    assert (await store.articles(), await store.articles_kept()) == ([], 0)
    for version in versions:
        await store.save_article(version)
    await store.save_article(an_article(1, slug="a-first"))
    assert await other.article_versions("cancel-order") == versions
    assert await other.article_versions("no-such") == []
    assert await other.articles() == [an_article(1, slug="a-first"), versions[-1]]
    assert await other.articles_kept() == 4


async def test_of_two_who_write_the_same_version_one_wins(store: Store) -> None:
    await store.save_article(an_article(1))
    for late in (an_article(1, actor="late"), an_article(3), an_article(2, slug="never-begun")):
        with pytest.raises(ArticleConflict):
            await store.save_article(late)
    done = await asyncio.gather(
        *(store.save_article(an_article(2, actor=name)) for name in "abc"), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["ArticleConflict", "ArticleConflict", "NoneType"]
    kept = await store.article_versions("cancel-order")
    assert [each.version for each in kept] == [1, 2]
    assert await store.articles() == [kept[-1]]


def a_script(version: int = 1, script_id: str = "website-brief", closing: str = "نتصل بكم.", **facts: object) -> Script:
    step = {
        "id": "pages",
        "label": {"ar": "عدد الصفحات", "en": "Pages"},
        "question": {"ar": "كم صفحة؟", "en": "How many pages?"},
        "guideline": {"ar": "تقدير يكفي.", "en": "A rough figure will do."},
        "kind": "number",
        "words": {"ar": ["صفحة"]},
    }
    made = {
        "title": {"ar": "موقع", "en": "Website"},
        "demand": {"phrases": {"ar": ["أريد موقعًا"], "en": ["want a website"]}, "intents": ["sales_interest"]},
        "persona": "sales",
        "steps": [step],
        "closing": {"ar": closing, "en": "We will call."},
        "updated_at": NOON + timedelta(seconds=version),
        "actor": "سارة",
    }
    return Script.model_validate({"id": script_id, "version": version, **made, **facts})


async def test_every_version_of_a_script_is_kept(open_store: OpenStore) -> None:
    store, other = await open_store(), await open_store()
    versions = [
        a_script(1),
        a_script(2, closing='\'; drop table scripts; -- \\u0000 "quoted"'),
        a_script(3, status=ScriptStatus.published),
    ]
    assert (await store.scripts(), await store.scripts_kept()) == ([], 0)
    for version in versions:
        await store.save_script(version)
    await store.save_script(a_script(1, script_id="a-first"))
    assert await other.script_versions("website-brief") == versions
    assert await other.script_versions("no-such") == []
    assert await other.scripts() == [a_script(1, script_id="a-first"), versions[-1]]
    assert await other.scripts_kept() == 4


async def test_of_two_who_write_the_same_version_of_a_script_one_wins(store: Store) -> None:
    await store.save_script(a_script(1))
    for late in (a_script(1, actor="late"), a_script(3), a_script(2, script_id="never-begun")):
        with pytest.raises(ScriptConflict):
            await store.save_script(late)
    done = await asyncio.gather(*(store.save_script(a_script(2, actor=name)) for name in "abc"), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["NoneType", "ScriptConflict", "ScriptConflict"]
    kept = await store.script_versions("website-brief")
    assert [each.version for each in kept] == [1, 2]
    assert await store.scripts() == [kept[-1]]


async def test_gaps_are_counted_the_most_asked_first(store: Store) -> None:
    assert await store.gaps() == []
    for gap in (a_gap("هل لديكم مواقف"), a_gap("do you rent bikes", count=3), a_gap("هل لديكم مواقف", seconds=9)):
        await store.note_gap(gap)
    await store.note_gap(a_gap("هل لديكم مواقف", seconds=5, language=Language.en))
    most, parking, english = await store.gaps()
    assert most == a_gap("do you rent bikes", count=3)
    assert (parking.count, parking.first_at, parking.last_at) == (2, NOON, NOON + timedelta(seconds=9))
    assert (english.language, english.count) == (Language.en, 1)


# The company's records.


def an_order(number: str = "ORD1001", **fields: str) -> Row:
    return Row(id=number, fields={"number": number, "status": "received", "phone": "+966501234567", **fields})


def cancelling(order: Row, version: int = 1) -> Change:
    return Change(table="orders", id=order.id, version=version, fields={**order.fields, "status": "cancelled"})


def cancelled(receipt: str = "RCP-1") -> ActionResult:
    text = LocalizedText(ar='أُلغي طلبك \\u0000 "ORD1001".', en="Your order 'ORD1001' is cancelled.")
    return ActionResult(code=ActionCode.done, text=text, receipt=receipt, data={"total": "1500.00", "items": [1, None]})


async def test_a_table_is_taken_in_and_read_by_its_fields(open_store: OpenStore) -> None:
    store, other = await open_store(), await open_store()
    rows = [
        an_order("ORD10", **{"الاسم": 'سارة "أحمد"', 'Model "year"': "2024"}),
        an_order("ORD1", phone="+15551234567"),
        an_order("ORD2", status="Received"),
    ]
    assert (await store.records("orders"), await store.record_counts()) == ([], {})
    assert await store.sync_records("orders", rows, now=NOON) == 3
    assert await store.sync_records("cars", [Row(id="VIN1", fields={})], now=NOON) == 1
    listed = await other.records("orders")
    assert [each.id for each in listed] == ["ORD1", "ORD10", "ORD2"]
    assert listed[1] == Record(table="orders", id="ORD10", version=1, fields=rows[0].fields, updated_at=NOON)
    assert await other.record("orders", "ORD10") == listed[1]
    assert await other.record("orders", "ORD99") is await other.record("cars", "ORD10") is None
    assert await other.record_counts() == {"cars": 1, "orders": 3}

    async def found(table: str = "orders", **where: str) -> list[str]:
        return [each.id for each in await store.records(table, where=where)]

    assert await found(phone="+966501234567") == ["ORD10", "ORD2"]
    assert await found(phone="+966501234567", status="received") == ["ORD10"]
    assert await found(الاسم='سارة "أحمد"') == await found(**{'Model "year"': "2024"}) == ["ORD10"]
    assert await found(phone="+96650123456") == await found(missing="") == await found("cars", number="ORD1") == []
    assert await found(**{"' or true --": "x"}) == []


async def test_a_table_whose_file_changed_is_taken_from_it_line_by_line(store: Store) -> None:
    """What actions made of a line stays until the line itself is another, and goes with it."""
    kept, changed, gone = an_order("ORD1"), an_order("ORD2"), an_order("ORD3")
    await store.sync_records("orders", [kept, changed, gone], now=NOON)
    begun = Change(table="orders", id="NEW1", version=0, fields={"number": "NEW1"})
    changes = [cancelling(kept), cancelling(changed), cancelling(gone), begun]
    await store.perform("key", CALL, changes, cancelled(), now=after(1))

    assert await store.sync_records("orders", [gone, changed, kept], now=after(2)) == 0
    assert {each.fields.get("status") for each in await store.records("orders")} == {"cancelled", None}

    fresh = an_order("ORD4")
    assert await store.sync_records("orders", [kept, an_order("ORD2", total="9.50"), fresh], now=after(3)) == 2
    assert [(each.id, each.version, each.fields.get("status")) for each in await store.records("orders")] == [
        ("NEW1", 1, None),
        ("ORD1", 2, "cancelled"),
        ("ORD2", 3, "received"),
        ("ORD4", 1, "received"),
    ]
    assert [each.id for each in await store.records("orders", changed_after=after(2))] == ["ORD2", "ORD4"]

    assert await store.sync_records("orders", [an_order("NEW1")], now=after(4)) == 1
    assert [(each.id, each.version) for each in await store.records("orders")] == [("NEW1", 2)]
    assert await store.sync_records("orders", [], now=after(5)) == 0
    assert await store.record_counts() == {}


async def test_processes_that_start_together_undo_nothing(open_store: OpenStore) -> None:
    """However starts and an action on a line fall together, the line is taken in once and the change stays."""
    store, other = await open_store(), await open_store()
    rows = [an_order(f"ORD{number}") for number in range(30)]
    taken = await asyncio.gather(*(each.sync_records("orders", rows, now=NOON) for each in (store, other) * 3))
    assert sum(taken) == 30
    await asyncio.gather(
        *(each.sync_records("orders", rows, now=after(1)) for each in (store, other) * 3),
        *(store.perform(f"key-{row.id}", CALL, [cancelling(row)], cancelled(), now=after(1)) for row in rows),
        *(each.sync_records("orders", rows, now=after(1)) for each in (store, other) * 3),
    )
    assert {(each.version, each.fields["status"]) for each in await store.records("orders")} == {(2, "cancelled")}


async def test_more_rows_than_a_table_holds_are_refused(store: Store) -> None:
    with pytest.raises(InvalidRequest, match="10,000"):
        await store.sync_records("orders", [an_order()] * (MAX_RECORDS + 1), now=NOON)


async def test_under_one_key_records_are_changed_once(open_store: OpenStore) -> None:
    """Twenty ask at once, in two processes: one writes, and all hear what it wrote."""
    store, other = await open_store(), await open_store()
    order = an_order()
    await store.sync_records("orders", [order], now=NOON)
    assert await store.performed("key") is None
    results = await asyncio.gather(
        *(
            each.perform("key", CALL, [cancelling(order)], cancelled(f"RCP-{attempt}"), now=after(1))
            for attempt, each in enumerate((store, other) * 10)
        )
    )
    assert len({each.receipt for each in results}) == 1
    assert results[0] == cancelled(results[0].receipt or "")
    assert await store.performed("key") == await other.performed("key") == results[0]
    done = await store.record("orders", order.id)
    assert done is not None
    assert (done.version, done.fields["status"], done.updated_at) == (2, "cancelled", after(1))
    assert await store.perform("key", CALL, [cancelling(order, 9)], cancelled("late"), now=after(2)) == results[0]


async def test_of_two_who_change_one_record_one_is_told_to_read_again(open_store: OpenStore) -> None:
    store, other = await open_store(), await open_store()
    order = an_order()
    await store.sync_records("orders", [order], now=NOON)
    done = await asyncio.gather(
        store.perform("one", CALL, [cancelling(order)], cancelled("one"), now=after(1)),
        other.perform("two", CALL, [cancelling(order)], cancelled("two"), now=after(1)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["ActionResult", "RecordConflict"]
    found = await store.record("orders", order.id)
    assert found is not None
    assert found.version == 2


@pytest.mark.parametrize(
    "change",
    [
        Change(table="orders", id="ORD1001", version=0, fields={}),
        Change(table="orders", id="ORD1001", version=2, fields={}),
        Change(table="orders", id="ORD9999", version=1, fields={}),
        Change(table="cars", id="ORD1001", version=1, fields={}),
    ],
    ids=lambda change: f"{change.table}-{change.id}-{change.version}",
)
async def test_where_one_record_is_not_at_its_version_none_is_written(store: Store, change: Change) -> None:
    await store.sync_records("orders", [an_order()], now=NOON)
    begun = Change(table="bookings", id="BK-1", version=0, fields={"at": "2026-11-02"})
    with pytest.raises(RecordConflict):
        await store.perform("key", CALL, [begun, change], cancelled(), now=after(1))
    assert await store.record_counts() == {"orders": 1}
    assert await store.performed("key") is None
    await store.perform("key", CALL, [begun, cancelling(an_order())], cancelled(), now=after(2))
    assert await store.record_counts() == {"bookings": 1, "orders": 1}


async def test_results_go_with_their_call_and_records_stay(store: Store) -> None:
    await store.append(opening())
    await store.append(opening("CALL-2"))
    await store.sync_records("orders", [an_order()], now=NOON)
    await store.perform("key", CALL, [cancelling(an_order())], cancelled(), now=after(1))
    await store.perform("key-2", CallId("CALL-2"), [], cancelled("other"), now=after(1))
    assert await store.erase(CALL) == Erased(events=2, tickets=0)
    assert await store.performed("key") is None
    assert await store.performed("key-2") == cancelled("other")
    kept = await store.record("orders", "ORD1001")
    assert kept is not None
    assert kept.fields["status"] == "cancelled"


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"], ids=ascii)
async def test_records_that_cannot_be_kept_are_refused_cleanly(store: Store, text: str) -> None:
    bad = Change(table="orders", id="ORD1", version=0, fields={"name": text})
    told = cancelled().model_copy(update={"receipt": text})
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: store.sync_records("orders", [an_order(name=text)], now=NOON),
        lambda: store.perform("key", CALL, [bad], cancelled(), now=NOON),
        lambda: store.perform("key", CALL, [], told, now=NOON),
        lambda: store.perform(text, CALL, [], cancelled(), now=NOON),
        lambda: store.performed(text),
        lambda: store.record("orders", text),
        lambda: store.records("orders", where={"name": text}),
    ]
    for ask in asked:
        with pytest.raises(InvalidRequest):
            await ask()
    assert await store.record_counts() == {}


# The store itself.


async def test_an_open_store_checks_well(store: Store) -> None:
    await store.check()


MONTH = AnalyticsFilter(started_from=NOON, started_until=after(30 * 86_400))

ASKED: dict[str, Callable[[Store], Awaitable[object]]] = {
    "append": lambda store: store.append(opening()),
    "load": lambda store: store.load(CALL, last=1),
    "state": lambda store: store.state(CALL),
    "events": lambda store: store.events(CALL),
    "turn": lambda store: store.turn(CALL, MESSAGE),
    "tokens_used": lambda store: store.tokens_used(NOON),
    "analytics": lambda store: store.analytics(MONTH, now=NOON),
    "calls": lambda store: store.calls(CallFilter()),
    "ticket": lambda store: store.ticket(TICKET),
    "tickets": lambda store: store.tickets(TicketFilter()),
    "change_ticket": lambda store: store.change_ticket(TICKET, TicketChange(), actor="agent", now=NOON),
    "comment_ticket": lambda store: store.comment_ticket(TICKET, "seen", actor="agent", now=NOON),
    "merge_tickets": lambda store: store.merge_tickets(TICKET, TicketNumber("TKT-2"), actor="agent", now=NOON),
    "ticket_history": lambda store: store.ticket_history(TICKET),
    "erase": lambda store: store.erase(CALL),
    "restore": lambda store: store.restore(archive()),
    "add_key": lambda store: store.add_key(api_key()),
    "keys": lambda store: store.keys(),
    "key_used": lambda store: store.key_used(api_key().id, NOON.date()),
    "remove_key": lambda store: store.remove_key(api_key().id),
    "articles": lambda store: store.articles(),
    "articles_kept": lambda store: store.articles_kept(),
    "article_versions": lambda store: store.article_versions("cancel-order"),
    "save_article": lambda store: store.save_article(an_article()),
    "note_gap": lambda store: store.note_gap(a_gap("هل لديكم مواقف")),
    "gaps": lambda store: store.gaps(),
    "scripts": lambda store: store.scripts(),
    "scripts_kept": lambda store: store.scripts_kept(),
    "script_versions": lambda store: store.script_versions("website-brief"),
    "save_script": lambda store: store.save_script(a_script()),
    "sync_records": lambda store: store.sync_records("orders", [an_order()], now=NOON),
    "record_counts": lambda store: store.record_counts(),
    "records": lambda store: store.records("orders"),
    "record": lambda store: store.record("orders", "ORD1001"),
    "performed": lambda store: store.performed("key"),
    "perform": lambda store: store.perform("key", CALL, [], cancelled(), now=NOON),
    "check": lambda store: store.check(),
}
"""Each method of a store, called; a new one must be added."""


def test_every_method_of_a_store_is_asked_when_closed() -> None:
    methods = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert methods == {*ASKED, "close"}


@pytest.mark.parametrize("method", ASKED)
async def test_a_closed_store_is_unavailable(store: Store, method: str) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable):
        await ASKED[method](store)


Away = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[tuple[Store, Callable[[], Awaitable[None]]]]]


@asynccontextmanager
async def supabase_away(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Store, Callable[[], Awaitable[None]]]]:
    """Open a store whose connections end, and are refused, from a moment on."""
    relay = Relay(request.getfixturevalue("project"))
    store = await relay.project.open(await relay.start())
    yield store, relay.cut
    await store.close()


AWAY: dict[str, Away] = {"supabase": supabase_away}
"""Stores that something else keeps, which may be away; one that never is has no line."""


@pytest.mark.parametrize("method", ASKED)
@pytest.mark.parametrize("away", AWAY)
async def test_a_store_that_is_away_is_unavailable(request: pytest.FixtureRequest, away: str, method: str) -> None:
    async with AWAY[away](request) as (store, cut):
        await store.append(opening())
        await cut()
        with pytest.raises(StoreUnavailable):
            await ASKED[method](store)

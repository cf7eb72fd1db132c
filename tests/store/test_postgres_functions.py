"""The functions of the schema on PostgreSQL: all of a step or nothing, one winner, refusals by name."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callcenter.calls import Language, MessageId, PersonaType, PriorityLevel, TokenUsage
from callcenter.events import CallEvent
from callcenter.store import Archive, ArchivedTicket, TicketEntry
from callcenter.store.migrate import migrate_sqlite
from callcenter.store.rows import TICKET_COLUMNS, event_row
from callcenter.store.writes import rows_of
from callcenter.tickets import TicketChange, TicketStatus, change_ticket
from tests.factories import (
    CALL,
    NOON,
    after,
    assistant_message,
    call_ended,
    escalation,
    following,
    handoff,
    opening,
    routing,
    ticket,
    ticket_created,
    user_message,
)
from tests.store.calls_in_postgres import archive_json, ask, put, rows, server, step_json, ticket_json

pytestmark = pytest.mark.live

WRITERS = 20


@pytest.fixture
def url(postgres) -> str:
    address: str = postgres.new_database()
    return address


@pytest.fixture
def connection(url):
    with server(url) as connected:
        yield connected


def refusal(connection, step) -> str:
    """Return why a step is refused; it must be as the data API answers with a conflict, and leave nothing behind."""
    before = everything(connection)
    with pytest.raises(psycopg.Error) as refused:
        put(connection, step)
    assert refused.value.sqlstate == "PT409"
    assert everything(connection) == before
    return str(refused.value.diag.message_primary)


def everything(connection) -> list[list[tuple[object, ...]]]:
    tables = ("conversations", "conversation_events", "tickets", "ticket_events")
    return [rows(connection, f"select * from {table} order by 1, 2") for table in tables]  # noqa: S608 (ours)


def payloads(*events: CallEvent) -> list[object]:
    return [event.model_dump(mode="json") for event in events]


def with_ticket(call_id: str = CALL, number: str = "TKT-00000001"):
    """A call that began, and its turn that opened a ticket."""
    start = opening(call_id)
    opened = ticket(number, call_id=call_id)
    said = (user_message(), routing(), ticket_created(opened=opened), assistant_message())
    return start, following(start.state, *said, opened=(opened,)), opened


# Appending


def test_a_step_is_kept_as_it_was_written(connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    loaded = ask(connection, "load_call", call=CALL, last=4)
    assert loaded["state"] == turn.state.model_dump(mode="json")
    assert loaded["events"] == payloads(*turn.events)
    (kept,) = loaded["tickets"]
    assert type(opened).model_validate(kept) == opened
    assert kept["due_at"] == "2026-11-02T16:00:00+00:00"


def test_the_header_is_refreshed_and_keeps_how_the_call_began(connection):
    start = opening(customer_name="علي")
    end = following(start.state, user_message(), handoff(), call_ended(seq=5, at=after(90)))
    put(connection, start, end)
    (row,) = rows(
        connection, "select seq, customer_name, current_persona, started_at, updated_at, ended_at from conversations"
    )
    assert row == (5, "علي", "complaints", NOON, after(90), after(90))


def test_numbers_come_back_exactly(connection):
    start = opening()
    figures = {"tenth": 0.1, "small": 1e-07, "whole": 3, "long": 2**53 + 1, "close": 0.1 + 0.2, "one": 1.0}
    step = step_json(start)
    step["events"][0]["payload"]["figures"] = figures
    ask(connection, "append_call_events", step=step)
    kept = ask(connection, "load_call", call=CALL, last=9)["events"][0]["figures"]
    assert kept == figures
    assert {name: type(value) for name, value in kept.items()} == {name: type(value) for name, value in figures.items()}


def test_a_call_that_exists_is_not_begun_again(connection):
    put(connection, opening())
    assert refusal(connection, opening(customer_name="Sara")) == "call_exists"


@pytest.mark.parametrize("known", [1, 3])
def test_a_log_that_is_elsewhere_is_not_added_to(connection, known):
    start = opening()
    put(connection, start)
    step = following(start.state.model_copy(update={"seq": known}), user_message())
    assert refusal(connection, step) == "turn_conflict"


def test_a_call_that_does_not_exist_is_not_gone_on_with(connection):
    assert refusal(connection, following(opening().state, user_message())) == "turn_conflict"


def test_a_message_is_kept_once(connection):
    start = opening()
    first = following(start.state, user_message())
    put(connection, start, first)
    assert refusal(connection, following(first.state, user_message())) == "message_taken"


def test_a_message_is_kept_once_within_a_step(connection):
    start = opening()
    put(connection, start)
    assert refusal(connection, following(start.state, user_message(), user_message())) == "message_taken"


def test_the_same_message_id_is_free_in_another_call(connection):
    for call_id in ("CALL-1", "CALL-2"):
        start = opening(call_id)
        put(connection, start, following(start.state, user_message()))
    assert rows(connection, "select count(*) from conversation_events where message_id = 'm-1'") == [(2,)]


def test_a_ticket_number_is_given_once(connection):
    put(connection, *with_ticket("CALL-1")[:2])
    start, turn, _ = with_ticket("CALL-2")
    put(connection, start)
    assert refusal(connection, turn) == "ticket_number_taken"


def test_a_ticket_number_is_given_once_within_a_step(connection):
    start, turn, opened = with_ticket()
    put(connection, start)
    assert refusal(connection, following(start.state, *turn.events, opened=(opened, opened))) == "ticket_number_taken"


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_ticket_that_was_changed_meanwhile_is_a_conflict(connection, ahead):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    changed = opened.model_copy(update={"version": opened.version + ahead})
    step = following(turn.state, user_message(message_id="m-2"), changed=(changed,))
    assert refusal(connection, step) == "turn_conflict"


def test_a_ticket_that_does_not_exist_is_a_conflict(connection):
    start = opening()
    put(connection, start)
    changed = ticket("TKT-00000404").model_copy(update={"version": 2})
    assert refusal(connection, following(start.state, user_message(), changed=(changed,))) == "turn_conflict"


def test_a_taken_message_wins_over_all_other_refusals(connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    again = user_message()
    late = following(start.state, again, opened=(opened,), changed=(opened,))
    assert refusal(connection, late) == "message_taken"
    assert refusal(connection, following(turn.state, again, opened=(opened,), changed=(opened,))) == "message_taken"
    begun = late.__class__(call_id=late.call_id, expected_seq=0, events=late.events, state=late.state)
    assert refusal(connection, begun) == "message_taken"


def test_a_taken_number_wins_over_a_changed_ticket(connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    step = following(turn.state, user_message(message_id="m-2"), opened=(opened,), changed=(opened,))
    assert refusal(connection, step) == "ticket_number_taken"


# A ticket's history


def test_a_new_ticket_begins_its_history_with_all_its_fields(connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    ((version, at, actor, changes),) = rows(connection, "select version, at, actor, changes from ticket_events")
    assert (version, at, actor) == (1, NOON, "customer")
    assert set(changes) == set(TICKET_COLUMNS) - {"version", "updated_at"}
    assert changes["escalated"] == "false"
    assert changes["email"] is None
    assert changes["due_at"] == "2026-11-02T16:00:00Z"
    assert changes["subject"] == opened.subject


def test_histories_say_what_they_say_on_sqlite(connection, tmp_path):
    start, turn, opened = with_ticket()
    odd = opened.model_copy(update={"due_at": opened.due_at + timedelta(microseconds=1), "version": 2})
    more = odd.model_copy(update={"description": "and now نص", "escalated": True, "email": "a@b.example", "version": 3})
    steps = [
        start,
        turn,
        (second := following(turn.state, user_message(message_id="m-2"), changed=(odd,))),
        following(second.state, user_message(message_id="m-3"), changed=(more,)),
    ]
    put(connection, *steps)
    migrate_sqlite(tmp_path / "calls.sqlite3")
    embedded = sqlite3.connect(tmp_path / "calls.sqlite3")
    try:
        for step in steps:
            rows_of(step)(embedded)
        told = embedded.execute("select version, actor, changes from ticket_events order by version").fetchall()
    finally:
        embedded.close()
    kept = rows(connection, "select version, actor, changes from ticket_events order by version")
    assert kept == [(version, actor, json.loads(changes)) for version, actor, changes in told]
    assert set(kept[2][2]) == {"description", "escalated", "email"}


def test_an_agents_change_is_noted_under_their_name(connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    wanted = TicketChange(status=TicketStatus.open, assignee="سارة", priority=PriorityLevel.urgent)
    changed = change_ticket(opened, wanted, now=after(60))
    ask(connection, "change_ticket", ticket=ticket_json(changed), actor="sara")
    assert rows(connection, "select status, assignee, version, updated_at from tickets") == [
        ("open", "سارة", 2, after(60))
    ]
    assert rows(connection, "select version, at, actor, changes from ticket_events where version > 1") == [
        (2, after(60), "sara", {"status": "open", "assignee": "سارة", "priority": "urgent"})
    ]


def test_a_change_of_a_ticket_that_was_changed_meanwhile_is_refused(connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    before = everything(connection)
    for stale in (opened, ticket("TKT-00000404").model_copy(update={"version": 2})):
        with pytest.raises(psycopg.Error, match="ticket_conflict") as refused:
            ask(connection, "change_ticket", ticket=ticket_json(stale), actor="sara")
        assert refused.value.sqlstate == "PT409"
    assert everything(connection) == before


# Reading


def test_an_unknown_call_is_null(connection):
    assert ask(connection, "load_call", call="CALL-404", last=5) is None
    assert ask(connection, "erase_call", call="CALL-404") is None
    assert ask(connection, "call_turn", call="CALL-404", message="m-1") == []


def test_a_load_has_the_last_events_and_the_tickets_as_the_call_names_them(connection):
    start = opening()
    later, earlier = ticket("TKT-00000009"), ticket("TKT-00000001")
    turn = following(
        start.state,
        user_message(),
        ticket_created(opened=later),
        ticket_created(opened=earlier),
        opened=(later, earlier),
    )
    put(connection, start, turn)
    loaded = ask(connection, "load_call", call=CALL, last=2)
    assert [each["number"] for each in loaded["tickets"]] == ["TKT-00000009", "TKT-00000001"]
    assert [each["seq"] for each in loaded["events"]] == [4, 5]
    assert ask(connection, "load_call", call=CALL, last=0)["events"] == []


def test_a_turn_is_all_that_a_message_led_to(connection):
    start, turn, _ = with_ticket()
    put(connection, start, turn, following(turn.state, user_message(message_id="m-2")))
    assert ask(connection, "call_turn", call=CALL, message="m-1") == payloads(*turn.events)
    assert [each["event"] for each in ask(connection, "call_turn", call=CALL, message="m-2")] == ["user_message"]
    assert ask(connection, "call_turn", call=CALL, message="m-404") == []


def test_a_message_answered_with_a_later_one_ends_with_that_answer(connection):
    start = opening()
    both = following(start.state, user_message(), user_message(message_id="m-2"))
    answer = assistant_message(message_id="m-2").model_copy(update={"answers": (MessageId("m-1"),)})
    done = following(both.state, answer)
    put(connection, start, both)
    assert [each["seq"] for each in ask(connection, "call_turn", call=CALL, message="m-1")] == [3]
    put(connection, done)
    assert [each["seq"] for each in ask(connection, "call_turn", call=CALL, message="m-1")] == [3, 5]
    assert [each["seq"] for each in ask(connection, "call_turn", call=CALL, message="m-2")] == [4, 5]


def test_a_message_with_an_answer_of_its_own_does_not_end_with_anothers(connection):
    start = opening()
    later = assistant_message(message_id="m-2").model_copy(update={"answers": (MessageId("m-1"),)})
    turn = following(start.state, user_message(), assistant_message(), user_message(message_id="m-2"), later)
    put(connection, start, turn)
    assert [each["seq"] for each in ask(connection, "call_turn", call=CALL, message="m-1")] == [3, 4]


def test_tokens_are_counted_since_a_moment(connection):
    start = opening()
    used = TokenUsage(input_tokens=100, output_tokens=7)
    early = assistant_message(at=NOON).model_copy(update={"usage": used})
    late = assistant_message(at=after(60)).model_copy(update={"usage": used})
    put(connection, start, following(start.state, user_message(), early, assistant_message(), late))
    assert ask(connection, "tokens_used", since=NOON) == 214
    assert ask(connection, "tokens_used", since=after(60)) == 107
    assert ask(connection, "tokens_used", since=after(61)) == 0


# Whole calls


def archive_of(*, call_id: str = CALL, name: str = "علي") -> Archive:
    start = opening(call_id, customer_name=name)
    opened = ticket(call_id=call_id)
    turn = following(start.state, user_message(), escalation(), ticket_created(opened=opened), assistant_message())
    changed = change_ticket(opened, TicketChange(status=TicketStatus.open), now=after(5))
    history = (
        TicketEntry(version=1, at=NOON, actor="customer", changes={"subject": "x"}),
        TicketEntry(version=2, at=after(5), actor="sara", changes={"status": "open"}),
    )
    return Archive(
        call=turn.state,
        events=(*start.events, *turn.events),
        tickets=(ArchivedTicket(ticket=changed, history=history),),
    )


def test_a_call_is_taken_over_whole_and_once(connection):
    archive = archive_of()
    assert ask(connection, "restore_call", archive=archive_json(archive)) is True
    kept = everything(connection)
    loaded = ask(connection, "load_call", call=CALL, last=99)
    assert loaded["events"] == payloads(*archive.events)
    assert loaded["state"] == archive.call.model_dump(mode="json")
    assert rows(connection, "select version, at, actor, changes from ticket_events order by version") == [
        (1, NOON, "customer", {"subject": "x"}),
        (2, after(5), "sara", {"status": "open"}),
    ]
    assert ask(connection, "restore_call", archive=archive_json(archive)) is False
    assert everything(connection) == kept


def test_a_call_that_went_on_here_is_left_alone(connection):
    archive = archive_of()
    ask(connection, "restore_call", archive=archive_json(archive))
    put(connection, following(archive.call, user_message(message_id="m-2")))
    kept = everything(connection)
    assert ask(connection, "restore_call", archive=archive_json(archive)) is False
    assert everything(connection) == kept


def test_a_call_written_before_a_field_existed_is_the_same_call(connection):
    archive = archive_of()
    ask(connection, "restore_call", archive=archive_json(archive))
    with psycopg.connect(connection.info.dsn) as owner:
        owner.execute("update conversation_events set payload = payload - 'corrections' where seq = 6")
    assert ask(connection, "restore_call", archive=archive_json(archive)) is False


def test_another_call_with_the_id_is_refused(connection):
    put(connection, opening())
    for other in (archive_of(), Archive(call=opening(at=after(1)).state, events=opening(at=after(1)).events)):
        with pytest.raises(psycopg.Error, match="call_exists") as refused:
            ask(connection, "restore_call", archive=archive_json(other))
        assert refused.value.sqlstate == "PT409"


def test_a_call_whose_ticket_number_is_anothers_is_refused_whole(connection):
    put(connection, *with_ticket("CALL-9")[:2])
    kept = everything(connection)
    with pytest.raises(psycopg.Error, match="ticket_number_taken") as refused:
        ask(connection, "restore_call", archive=archive_json(archive_of()))
    assert refused.value.sqlstate == "PT409"
    assert everything(connection) == kept


def test_an_erased_call_leaves_nothing_and_others_alone(connection):
    put(connection, *with_ticket("CALL-1", "TKT-00000001")[:2])
    others = everything(connection)
    put(connection, *with_ticket("CALL-2", "TKT-00000002")[:2])
    assert ask(connection, "erase_call", call="CALL-2") == {"events": 6, "tickets": 1}
    assert everything(connection) == others


# Many at once, and cut off


async def append(url: str, step) -> str:
    return await outcome(url, "select append_call_events(%s)", Jsonb(step_json(step)))


async def outcome(url: str, sql: str, *values: object) -> str:
    """Ask as a process of its own would; return how it went."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connected:
        await connected.execute("set role service_role")
        try:
            await connected.execute(sql.encode(), values)
        except psycopg.Error as error:
            return f"{error.sqlstate} {error.diag.message_primary}"
        return "kept"


async def test_of_racing_writers_exactly_one_wins_each_seq(url, connection):
    state = opening().state
    put(connection, opening())
    for round_ in range(5):
        steps = [following(state, user_message(message_id=f"m-{round_}-{writer}")) for writer in range(WRITERS)]
        went = await asyncio.gather(*(append(url, step) for step in steps))
        assert sorted(set(went)) == ["PT409 turn_conflict", "kept"]
        assert went.count("kept") == 1
        state = steps[went.index("kept")].state
    (header,) = rows(connection, "select seq, state from conversations")
    assert header == (7, state.model_dump(mode="json"))
    assert rows(connection, "select array_agg(seq order by seq) from conversation_events") == [([*range(1, 8)],)]


async def test_racing_writers_that_try_again_are_all_kept(url, connection):
    start = opening()
    put(connection, start)

    async def insist(writer: int) -> None:
        state = start.state
        message = user_message(message_id=f"m-{writer}")
        while await append(url, step := following(state, message)) != "kept":
            state = step.state.model_validate(ask(connection, "load_call", call=CALL, last=0)["state"])

    await asyncio.gather(*(insist(writer) for writer in range(WRITERS)))
    kept = rows(connection, "select seq, message_id from conversation_events where seq > 2 order by seq")
    assert [seq for seq, _ in kept] == [*range(3, 3 + WRITERS)]
    assert {message_id for _, message_id in kept} == {f"m-{writer}" for writer in range(WRITERS)}


async def test_of_racing_starts_exactly_one_begins_the_call(url, connection):
    went = await asyncio.gather(*(append(url, opening(customer_name=f"{writer}")) for writer in range(WRITERS)))
    assert sorted(went) == ["PT409 call_exists"] * (WRITERS - 1) + ["kept"]
    assert rows(connection, "select seq, state ->> 'customer_name' from conversations") == [
        (2, str(went.index("kept")))
    ]


async def test_of_the_same_message_sent_twenty_times_one_is_kept(url, connection):
    start = opening()
    put(connection, start)
    went = await asyncio.gather(*(append(url, following(start.state, user_message())) for _ in range(WRITERS)))
    assert sorted(went) == ["PT409 message_taken"] * (WRITERS - 1) + ["kept"]


async def test_of_racing_agents_one_changes_a_ticket(url, connection):
    start, turn, opened = with_ticket()
    put(connection, start, turn)
    wanted = [TicketChange(status=TicketStatus.open, assignee=f"agent {agent}") for agent in range(WRITERS)]
    changed = [ticket_json(change_ticket(opened, each, now=after(60))) for each in wanted]
    went = await asyncio.gather(*(outcome(url, "select change_ticket(%s, 'sara')", Jsonb(each)) for each in changed))
    assert sorted(went) == ["PT409 ticket_conflict"] * (WRITERS - 1) + ["kept"]
    winner = wanted[went.index("kept")].assignee
    assert rows(connection, "select assignee, version from tickets") == [(winner, 2)]
    assert rows(connection, "select changes ->> 'assignee' from ticket_events where version = 2") == [(winner,)]


def test_a_writer_that_dies_in_the_middle_leaves_nothing(url, connection):
    start, turn, _ = with_ticket()
    put(connection, start)
    before = everything(connection)
    dying = psycopg.connect(url)
    dying.execute("set role service_role")
    ask(dying, "append_call_events", step=step_json(turn))
    assert rows(dying, "select count(*) from tickets") == [(1,)]
    with psycopg.connect(url, autocommit=True) as executioner:
        executioner.execute("select pg_terminate_backend(%s, 10000)", (dying.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        dying.commit()
    dying.close()
    assert everything(connection) == before
    put(connection, turn)
    assert rows(connection, "select count(*) from tickets") == [(1,)]


def test_a_writer_that_waits_for_one_that_dies_goes_on(url, connection):
    start = opening()
    put(connection, start)
    dying = psycopg.connect(url)
    ask(dying, "append_call_events", step=step_json(following(start.state, user_message(message_id="m-dying"))))

    async def race() -> str:
        waiting = asyncio.create_task(append(url, following(start.state, user_message(message_id="m-alive"))))
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as watching:
            blocked = "select count(*) from pg_locks where not granted"
            while (await (await watching.execute(blocked)).fetchone()) == (0,):
                pass
            await watching.execute("select pg_terminate_backend(%s)", (dying.info.backend_pid,))
        return await waiting

    assert asyncio.run(race()) == "kept"
    dying.close()
    assert rows(connection, "select message_id from conversation_events where seq = 3") == [("m-alive",)]


def test_a_bilingual_call_is_kept_letter_by_letter(connection):
    start = opening(language=Language.en, persona=PersonaType.sales)
    said = user_message(message='كم السعر؟ "with VAT" \\ ١٢٣ 👍\u200f')
    put(connection, start, following(start.state, said))
    (kept,) = ask(connection, "load_call", call=CALL, last=1)["events"]
    assert kept["message"] == said.message
    assert event_row(said).message_id == kept["message_id"]

"""What only the embedded store promises: durable settings, readers that can't write, lists that use an index."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from callcenter.calls import Channel, Language, MessageId, PersonaType
from callcenter.errors import ConfigurationError, StoreUnavailable
from callcenter.store import CallFilter, Store, TicketFilter, TicketOrder
from callcenter.store.sqlite import SQLiteStore
from callcenter.tickets import TicketStatus
from tests.factories import (
    CALL,
    MESSAGE,
    NOON,
    TICKET,
    after,
    assistant_message,
    following,
    handoff,
    opening,
    routing,
    ticket,
    ticket_created,
    user_message,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.sqlite3"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    opened = await SQLiteStore.open(path)
    yield opened
    await opened.close()


async def keep_a_turn(store: Store) -> None:
    """One bilingual call: an Arabic complaint with a ticket, answered, and an English word after it."""
    step = opening()
    await store.append(step)
    opened = ticket()
    step = following(
        step.state,
        user_message(),
        routing(),
        handoff(),
        ticket_created(opened=opened),
        assistant_message(),
        opened=(opened,),
    )
    await store.append(step)
    await store.append(following(step.state, user_message(message_id="m-2", message="thank you")))


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


async def test_the_writer_waits_for_the_disk(store: SQLiteStore) -> None:
    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return [connection.execute(f"pragma {name}").fetchone()[0] for name in names]

    assert await store._writer.run(pragmas) == ["wal", 2, 1, 0]
    assert await store._short.run(pragmas) == ["wal", 2, 1, 1]
    assert await store._long.run(pragmas) == ["wal", 2, 1, 1]


async def test_a_group_of_steps_takes_few_statements(store: SQLiteStore) -> None:
    """Between statements writer and event loop hand each other the interpreter; a group must not do so by the row."""
    starts = [opening(f"CALL-{number}") for number in range(40)]
    await asyncio.gather(*(store.append(step) for step in starts))
    answers = [
        following(start.state, user_message(), ticket_created(opened=opened), opened=(opened,))
        for number, start in enumerate(starts)
        for opened in (ticket(f"TKT-{number:08}", call_id=start.call_id),)
    ]
    statements: list[str] = []
    await store._writer.run(lambda connection: connection.set_trace_callback(statements.append))
    await asyncio.gather(*(store.append(step) for step in answers))
    await store._writer.run(lambda connection: connection.set_trace_callback(None))
    assert [len(await store.events(step.call_id)) for step in answers] == [4] * 40
    assert len(statements) < 40


async def test_readers_cannot_write(store: SQLiteStore) -> None:
    await store.append(opening())
    with pytest.raises(StoreUnavailable):
        await store._short.run(lambda connection: connection.execute("delete from conversations").rowcount)
    assert await store.state(CALL) == opening().state


async def test_a_closed_store_leaves_one_file(path: Path) -> None:
    store = await SQLiteStore.open(path)
    await store.append(opening())
    await store.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_a_database_of_a_newer_version_is_refused(path: Path) -> None:
    await (await SQLiteStore.open(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into schema_migrations values (9000, '9000_future', 'x', 'x')")
        connection.commit()
    with pytest.raises(ConfigurationError, match="9000_future"):
        await SQLiteStore.open(path)


async def test_check_tells_when_another_process_migrated_on(path: Path, store: SQLiteStore) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into schema_migrations values (9000, '9000_future', 'x', 'x')")
        connection.commit()
    with pytest.raises(StoreUnavailable, match="newer version"):
        await store.check()


async def test_check_tells_when_a_migration_is_missing(path: Path, store: SQLiteStore) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("delete from schema_migrations where version = 2")
        connection.commit()
    with pytest.raises(StoreUnavailable, match="callcenter migrate"):
        await store.check()


async def test_an_event_that_cannot_be_read_is_told_without_its_words(path: Path, store: SQLiteStore) -> None:
    await keep_a_turn(store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "update conversation_events set payload = json_set(payload, '$.mood', 'secret words') where seq = 3"
        )
        connection.commit()
    with pytest.raises(StoreUnavailable) as caught:
        await store.events(CALL)
    assert "secret words" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert await store.events(CALL, after=3), "the others can be read"


def plan(sql: str, connection: sqlite3.Connection) -> list[str]:
    return [row[3] for row in connection.execute(f"explain query plan {sql}")]


async def test_no_question_of_a_call_walks_a_table(store: SQLiteStore) -> None:
    """What a turn, a reconnect and a page cost must not grow with the calls kept: each finds its rows by an index."""
    asked: list[str] = []
    for lane in (store._short, store._long):
        await lane.run(lambda connection: connection.set_trace_callback(asked.append))
    await keep_a_turn(store)
    await store.state(CALL)
    await store.events(CALL, after=2)
    await store.turn(CALL, MESSAGE)
    await store.tokens_used(NOON)
    await store.ticket(TICKET)
    await store.ticket_history(TICKET)
    first = await store.calls(CallFilter(), limit=1)
    await store.append(opening("CALL-2", at=after(1)))
    first = await store.calls(CallFilter(), limit=1)
    await store.calls(CallFilter(), cursor=first.next)
    await store.calls(CallFilter(ended=False))
    await store.calls(CallFilter(started_from=NOON, started_until=NOON))
    await store.calls(CallFilter(language=Language.en, channel=Channel.web, persona=PersonaType.sales))
    await store.tickets(TicketFilter())
    await store.tickets(TicketFilter(status=TicketStatus.new))
    await store.tickets(TicketFilter(call_id=CALL))
    await store.tickets(TicketFilter(assignee="Mona"))
    await store.tickets(TicketFilter(order=TicketOrder.due))
    for lane in (store._short, store._long):
        await lane.run(lambda connection: connection.set_trace_callback(None))

    assert len(asked) >= 13
    for sql in asked:
        for line in await store._short.run(partial(plan, sql)):
            assert line.startswith("SEARCH") or "USING INDEX" in line, f"{line}: {sql}"
            assert "TEMP B-TREE" not in line, f"{line}: {sql}"


async def test_tokens_are_summed_over_an_index_of_replies_that_used_some(store: SQLiteStore) -> None:
    asked: list[str] = []
    await store._long.run(lambda connection: connection.set_trace_callback(asked.append))
    await store.tokens_used(NOON)
    await store._long.run(lambda connection: connection.set_trace_callback(None))
    (sql,) = asked
    (line,) = await store._short.run(partial(plan, sql))
    assert line == "SEARCH conversation_events USING INDEX conversation_events_usage (at>?)"


@pytest.mark.parametrize(("answers", "questions"), [((), 2), (("m-0",), 4)], ids=["ordinary", "burst"])
async def test_only_a_turn_without_an_answer_of_its_own_asks_further(
    store: SQLiteStore, answers: tuple[str, ...], questions: int
) -> None:
    step = opening()
    await store.append(step)
    reply = assistant_message().model_copy(update={"answers": answers})
    await store.append(following(step.state, user_message(message_id="m-0"), user_message(), reply))
    asked: list[str] = []
    await store._short.run(lambda connection: connection.set_trace_callback(asked.append))
    turn = await store.turn(CALL, MessageId("m-0") if answers else MESSAGE)
    await store._short.run(lambda connection: connection.set_trace_callback(None))
    assert turn[-1].event == "assistant_message"
    assert len(asked) == questions


async def test_the_views_read_well(path: Path, store: SQLiteStore) -> None:
    await keep_a_turn(store)
    assert rows(path, "select role, content, persona, message_id from conversation_messages order by seq") == [
        ("assistant", "أهلاً بك، معك أحمد. كيف أستطيع مساعدتك؟", "reception", None),
        ("user", "الموقع الذي سلمتموه لا يعمل منذ أمس", None, "m-1"),
        ("assistant", "أعتذر عن ذلك. ما رقم الطلب؟", "complaints", "m-1"),
        ("user", "thank you", None, "m-2"),
    ]
    assert rows(
        path,
        "select message_id, language, intent, intent_confidence, keywords, sentiment, urgency, is_question"
        " from conversation_analysis",
    ) == [("m-1", "ar", "technical_support", 0.9, '["لا يعمل"]', "negative", "medium", 0)]
    assert rows(
        path,
        "select message_id, target_persona, priority, suggested_action, create_ticket, escalation_needed, handoff, rule"
        " from routing_decisions",
    ) == [("m-1", "complaints", "high", "troubleshoot", 1, 0, 1, "intent.technical_support")]
    ((call_id, name, total, users, text),) = rows(
        path, "select call_id, customer_name, total_messages, user_messages, transcript from transcripts"
    )
    assert (call_id, name, total, users) == (CALL, "علي", 4, 2)
    assert str(text).splitlines() == [
        "reception: أهلاً بك، معك أحمد. كيف أستطيع مساعدتك؟",
        "user: الموقع الذي سلمتموه لا يعمل منذ أمس",
        "complaints: أعتذر عن ذلك. ما رقم الطلب؟",
        "user: thank you",
    ]
    assert rows(path, "select order_number, phone, amount from tickets") == [("0074", "+966501234567", "120.00 SAR")]


async def test_tickets_that_an_older_version_kept_are_found_too(path: Path, store: SQLiteStore) -> None:
    await keep_a_turn(store)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from ticket_words")
    assert [each.number for each in (await store.tickets(TicketFilter(query="tkt"))).items] == [TICKET]
    assert len(rows(path, "select number from ticket_words")) == 1

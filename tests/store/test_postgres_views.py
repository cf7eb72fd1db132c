"""The five views, after a call in two languages: rows that people can read, the same on PostgreSQL and on SQLite."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

import pytest
from psycopg.rows import dict_row

from callcenter.calls import ConversationIntent, Language, Sentiment
from callcenter.events import statistics
from callcenter.store import Append
from callcenter.store.migrate import migrate_sqlite
from callcenter.store.writes import rows_of
from tests.factories import (
    COMPLAINT,
    GREETING,
    after,
    analysis,
    assistant_message,
    call_ended,
    decision,
    escalation,
    following,
    handoff,
    opening,
    routing,
    ticket,
    ticket_created,
    user_message,
)
from tests.store.calls_in_postgres import put, rows, server

pytestmark = pytest.mark.live

VIEWS = (
    "conversation_messages",
    "conversation_analysis",
    "routing_decisions",
    "transcripts",
    "conversation_statistics",
)

ANGRY = "This is the third time! It's still broken."


def bilingual_call() -> list[Append]:
    """A customer who begins in Arabic, goes on in English, gets angry and a ticket, and hangs up."""
    start = opening(customer_name="ليلى")
    opened = ticket()
    first = following(
        start.state,
        user_message(at=after(10)),
        routing(at=after(10)),
        handoff(at=after(11)),
        ticket_created(at=after(11), opened=opened),
        assistant_message(at=after(12)),
        opened=(opened,),
    )
    said = analysis(
        ANGRY, intent=ConversationIntent.complaint, sentiment=Sentiment.angry, language=Language.en, cue="!"
    )
    second = following(
        first.state,
        user_message(at=after(30), message_id="m-2", message=ANGRY),
        routing(
            at=after(30),
            message_id="m-2",
            said=said,
            decided=decision(language=Language.en, escalation_needed=True, create_ticket=False, handoff=False),
        ),
        escalation(at=after(30), message_id="m-2"),
        assistant_message(
            at=after(31), message_id="m-2", message="I am sorry. A colleague will call you.", language=Language.en
        ),
        call_ended(seq=13, at=after(95.5)),
    )
    return [start, first, second]


Rows = dict[str, list[dict[str, Any]]]


def steps() -> list[Append]:
    return [*bilingual_call(), opening("CALL-2", customer_name=None, at=after(3600), language=Language.en)]


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: (row["call_id"], row.get("seq")))


@pytest.fixture(scope="module")
def on_postgres(postgres) -> Rows:
    with server(postgres.new_database()) as connection:
        put(connection, *steps())
        with connection.cursor(row_factory=dict_row) as cursor:
            return {view: in_order(cursor.execute(f"select * from {view}".encode()).fetchall()) for view in VIEWS}  # noqa: S608 (ours)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory) -> Rows:
    path = tmp_path_factory.mktemp("views") / "calls.sqlite3"
    migrate_sqlite(path)
    connection = sqlite3.connect(path)
    try:
        for step in steps():
            rows_of(step)(connection)
        connection.row_factory = sqlite3.Row
        return {view: in_order([dict(row) for row in connection.execute(f"select * from {view}")]) for view in VIEWS}  # noqa: S608 (ours)
    finally:
        connection.close()


def as_postgres_has_it(name: str, value: object) -> object:
    """SQLite has no times and no arrays of its own: they are text there."""
    if name in {"timestamp", "started_at", "ended_at"} and isinstance(value, str):
        return datetime.fromisoformat(value)
    return json.loads(value) if name in {"keywords", "entities"} and isinstance(value, str) else value


@pytest.mark.parametrize("view", VIEWS)
def test_both_stores_tell_the_same(on_postgres, on_sqlite, view):
    there = [{name: as_postgres_has_it(name, value) for name, value in row.items()} for row in on_sqlite[view]]
    assert on_postgres[view] == there
    assert on_postgres[view]


def test_messages_read_as_a_conversation(on_postgres):
    said = [(row["role"], row["persona"], row["content"]) for row in on_postgres["conversation_messages"]]
    assert said == [
        ("assistant", "reception", GREETING),
        ("user", None, COMPLAINT),
        ("assistant", "complaints", "أعتذر عن ذلك. ما رقم الطلب؟"),
        ("user", None, ANGRY),
        ("assistant", "complaints", "I am sorry. A colleague will call you."),
        ("assistant", "reception", GREETING),
    ]


def test_analyses_say_what_was_understood_and_from_which_words(on_postgres):
    arabic, english = on_postgres["conversation_analysis"]
    assert (arabic["language"], arabic["intent"], arabic["sentiment"]) == ("ar", "technical_support", "negative")
    assert (english["language"], english["intent"], english["sentiment"]) == ("en", "complaint", "angry")
    assert (arabic["keywords"], english["keywords"]) == (["لا يعمل"], ["!"])
    assert (arabic["intent_confidence"], arabic["is_question"]) == (0.9, False)
    assert arabic["timestamp"] == after(10)


def test_decisions_say_where_a_message_went_and_why(on_postgres):
    arabic, english = on_postgres["routing_decisions"]
    assert (arabic["target_persona"], arabic["priority"], arabic["create_ticket"]) == ("complaints", "high", True)
    assert (english["escalation_needed"], english["handoff"], english["language"]) == (True, False, "en")
    assert "لا يعمل" in arabic["reasoning"]


def test_a_transcript_is_the_whole_conversation_in_one_text(on_postgres):
    call, other = on_postgres["transcripts"]
    assert call["transcript"].splitlines() == [
        f"reception: {GREETING}",
        f"user: {COMPLAINT}",
        "complaints: أعتذر عن ذلك. ما رقم الطلب؟",
        f"user: {ANGRY}",
        "complaints: I am sorry. A colleague will call you.",
    ]
    assert (call["customer_name"], call["total_messages"], call["outcome"]) == ("ليلى", 5, "resolved")
    assert (other["customer_name"], other["ended_at"]) == (None, None)


def test_statistics_are_the_ones_of_the_api(on_postgres):
    call, other = on_postgres["conversation_statistics"]
    told = statistics([event for step in bilingual_call() for event in step.events])
    assert call == {
        "call_id": "CALL-1",
        "customer_name": "ليلى",
        "channel": "web",
        "language": "en",
        "started_at": after(0),
        "ended_at": after(95.5),
        "duration_seconds": 95.5,
        "total_messages": 5,
        "user_messages": 2,
        "assistant_messages": 3,
        "personas_used": "reception, complaints",
        "intents_detected": "technical_support, complaint",
        "sentiment_progression": "negative, angry",
        "handoffs": 1,
        "escalations": 1,
        "tickets": 1,
        "ticket_numbers": "TKT-00000001",
        "outcome": "resolved",
        "satisfaction": None,
    }
    assert call["duration_seconds"] == told.duration_seconds
    assert (call["total_messages"], call["user_messages"]) == (told.total_messages, told.user_messages)
    assert call["personas_used"].split(", ") == [*told.personas_used]
    assert call["intents_detected"].split(", ") == [*told.intents_detected]
    assert call["sentiment_progression"].split(", ") == [point.sentiment for point in told.sentiment_progression]
    assert (other["intents_detected"], other["tickets"], other["handoffs"]) == (None, 0, 0)


def test_a_view_is_asked_by_the_names_of_its_columns(postgres):
    """`timestamp` and `language` are words of SQL, too."""
    with server(postgres.new_database()) as connection:
        put(connection, *steps())
        asked = "select timestamp, language, content from conversation_messages where timestamp < %s order by timestamp"
        assert [row[0] for row in rows(connection, asked, (after(12),))] == [after(0), after(10)]

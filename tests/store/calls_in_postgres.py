"""Calls as PostgreSQL takes them: steps, tickets and archives as the JSON of its functions, and who asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb

from callcenter.events import CallEvent
from callcenter.store import Append, Archive
from callcenter.store.rows import TICKET_COLUMNS, event_row, header_row, ticket_row
from callcenter.tickets import Ticket

Json = dict[str, Any]


def step_json(step: Append) -> Json:
    return {
        "call_id": step.call_id,
        "expected_seq": step.expected_seq,
        "header": header_json(step),
        "events": [event_json(event) for event in step.events],
        "opened": [ticket_json(ticket) for ticket in step.opened],
        "changed": [ticket_json(ticket) for ticket in step.changed],
    }


def header_json(step: Append) -> Json:
    row = header_row(step.state)
    return row._asdict() | {"state": orjson.loads(row.state)}


def event_json(event: CallEvent) -> Json:
    row = event_row(event)
    return row._asdict() | {"payload": orjson.loads(row.payload)}


def ticket_json(ticket: Ticket) -> Json:
    return dict(zip(TICKET_COLUMNS, ticket_row(ticket).values, strict=True))


def archive_json(archive: Archive) -> Json:
    step = Append(call_id=archive.call.call_id, expected_seq=0, events=archive.events, state=archive.call)
    return {
        "header": header_json(step),
        "events": [event_json(event) for event in archive.events],
        "tickets": [ticket_json(each.ticket) for each in archive.tickets],
        "entries": [
            {"number": each.ticket.number, **entry.model_dump(mode="json")}
            for each in archive.tickets
            for entry in each.history
        ],
    }


def ask(connection: psycopg.Connection, function: str, **arguments: object) -> Any:
    """Call one of our functions by the names of its arguments, as the data API does."""
    names = ", ".join(f"{name} => %({name})s" for name in arguments)
    given = {name: Jsonb(value) if isinstance(value, Mapping) else value for name, value in arguments.items()}
    row = connection.execute(f"select {function}({names})".encode(), given).fetchone()
    assert row is not None
    return row[0]


def put(connection: psycopg.Connection, *steps: Append) -> None:
    for step in steps:
        ask(connection, "append_call_events", step=step_json(step))


@contextmanager
def server(url: str):
    """Connect as our server does, who is `service_role`; each statement is a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set role service_role")
        yield connection


@contextmanager
def asking_as(url: str, role: str, claims: object = None):
    """Connect as the data API does for a request: one transaction, somebody's role, their token's claims."""
    with psycopg.connect(url) as connection, connection.transaction(force_rollback=True):
        connection.execute(f'set local role "{role}"'.encode())
        token = orjson.dumps(claims).decode() if claims is not None else ""
        connection.execute("select set_config('request.jwt.claims', %s, true)", (token,))
        yield connection


def rows(connection: psycopg.Connection, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    return connection.execute(sql.encode(), values).fetchall()

"""Write steps of calls to SQLite: many steps in few statements, so that a whole group costs hardly more than one.

Between two statements the interpreter's lock goes back and forth between the writer's thread and the event loop; a
group of fifty steps is therefore written with a statement a kind of row, not with hundreds. A step that is refused
spoils its group: lanes.py has that undone and each step written alone, which tells the refusals apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final, TypeVar

from callcenter.errors import CallExists, MessageTaken, TicketNumberTaken, TurnConflict
from callcenter.store import Append
from callcenter.store.lanes import Work
from callcenter.store.rows import (
    TICKET_COLUMNS,
    EventRow,
    HeaderRow,
    TicketRow,
    check_step,
    event_row,
    header_row,
    ticket_row,
)

Item = TypeVar("Item")
Entry = tuple[str, int, str, str, str]
"""A row of `ticket_events`: number, version, time, actor, changes as JSON."""

READ_TICKET: Final = f"select {', '.join(TICKET_COLUMNS)} from tickets where number = ?"  # noqa: S608 (ours)

MESSAGE_SEQ: Final = """
select seq from conversation_events where call_id = ? and message_id = ? and event = 'user_message'
"""

_FROM_CUSTOMER: Final = "customer"
"""Who changed a ticket when the call told something."""

_ENTRY_COLUMNS: Final = ("number", "version", "at", "actor", "changes")

_FEW_ROWS: Final = 8
"""So many rows are one statement, as nearly every turn's are."""
_MANY_ROWS: Final = (64, 32, 16, 8)
"""More come in few sizes, so that SQLite finds nearly every statement prepared."""


@dataclass(frozen=True, slots=True)
class Step:
    """An Append as rows: work for the writer's lane."""

    expected_seq: int
    header: HeaderRow
    events: Sequence[EventRow]
    opened: Sequence[TicketRow]
    changed: Sequence[TicketRow]

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Write it alone."""
        _append(connection, [self])


def rows_of(step: Append) -> Step:
    """Return a step as rows. Raises ValueError when no log takes it, InvalidRequest for text that can't be kept."""
    check_step(step)
    return Step(
        expected_seq=step.expected_seq,
        header=header_row(step.state),
        events=[*map(event_row, step.events)],
        opened=[*map(ticket_row, step.opened)],
        changed=[*map(ticket_row, step.changed)],
    )


def at_once(connection: sqlite3.Connection, works: Sequence[Work]) -> Sequence[object]:
    """Write all steps among `works` together, then do the rest. Raises when one is refused, not saying which."""
    steps = [work for work in works if isinstance(work, Step)]
    if steps:
        _append(connection, steps)
    if len(steps) == len(works):
        return [None] * len(works)
    return [None if isinstance(work, Step) else work(connection) for work in works]


def open_call(connection: sqlite3.Connection, step: Step) -> None:
    """Write a call that begins with this step, and all its events."""
    _append(connection, [step])


def put_tickets(connection: sqlite3.Connection, tickets: Sequence[TicketRow], entries: Sequence[Entry]) -> None:
    """Write tickets that are new here with the histories they had elsewhere. Raises sqlite3.IntegrityError."""
    _many(connection, "tickets", TICKET_COLUMNS, [row.values for row in tickets])
    _many(connection, "ticket_events", _ENTRY_COLUMNS, entries)
    _put_words(connection, tickets)


def change_ticket(connection: sqlite3.Connection, before: Sequence[object], after: TicketRow, actor: str) -> None:
    """Write a ticket that was changed, and the change into its history."""
    _write_over(connection, [(after, before)])
    _note(connection, [(after, before)], actor)
    _put_words(connection, [after])


def _append(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Write steps; what is raised is about the first of them."""
    # In one pass without comprehensions, each of which is a call: what is done once a turn is never at hand in a cache.
    starts: list[HeaderRow] = []
    going_on: list[Step] = []
    ending: list[Step] = []
    events: list[EventRow] = []
    opened: list[TicketRow] = []
    changed: list[TicketRow] = []
    for step in steps:
        if not step.expected_seq:
            starts.append(step.header)
        elif step.header.ended_at is None:
            going_on.append(step)
        else:
            ending.append(step)
        events += step.events
        opened += step.opened
        changed += step.changed
    if (
        (
            starts
            and _many(connection, "conversations", HeaderRow._fields, starts, "on conflict do nothing") < len(starts)
        )
        or (going_on and _refresh(connection, going_on, ends=False) < len(going_on))
        or (ending and _refresh(connection, ending, ends=True) < len(ending))
    ):
        raise _refusal(connection, steps[0])
    try:
        _many(connection, "conversation_events", EventRow._fields, events)
    except sqlite3.IntegrityError as error:
        # The header was where it had to be, so that only the claim on a message id can be in the way.
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise MessageTaken from None
        raise
    if opened:
        _open_tickets(connection, opened)
    if changed:
        _add_to_tickets(connection, changed)


def _refusal(connection: sqlite3.Connection, step: Step) -> Exception:
    for event in step.events:
        if event.event == "user_message":
            taken = connection.execute(MESSAGE_SEQ, (event.call_id, event.message_id)).fetchone()
            if taken:
                return MessageTaken()
    return TurnConflict() if step.expected_seq else CallExists()


def _refresh(connection: sqlite3.Connection, steps: Sequence[Step], *, ends: bool) -> int:
    """Refresh the headers that are where their steps expect them; return how many were.

    A call that goes on has no time of its end to be set: SQLite would write the index of the open calls anew for it.
    """
    refreshed = 0
    for some in _parts(steps):
        values: list[object] = []
        for step in some:
            header = step.header
            values += (header.seq, header.language, header.current_persona, header.mode, header.updated_at)
            values += (header.state, header.ended_at) if ends else (header.state,)
            values += (header.call_id, step.expected_seq)
        refreshed += connection.execute(_refreshing(len(some), ends=ends), values).rowcount
    return refreshed


_REFRESHED: Final = ("seq", "language", "current_persona", "mode", "updated_at", "state")


@cache
def _refreshing(number: int, *, ends: bool) -> str:
    columns = (*_REFRESHED, "ended_at") if ends else _REFRESHED
    if number == 1:  # for one alone, a join costs as much as the rest
        changes = ", ".join(f"{column} = ?" for column in columns)
        return f"update conversations set {changes} where call_id = ? and seq = ?"  # noqa: S608 (question marks)
    changes = ", ".join(f"{column} = new.column{place}" for place, column in enumerate(columns, 1))
    call_id, seq = len(columns) + 1, len(columns) + 2
    rows = ", ".join([f"({', '.join('?' * seq)})"] * number)
    return f"""
    update conversations set {changes} from (values {rows}) as new
    where conversations.call_id = new.column{call_id} and conversations.seq = new.column{seq}
    """  # noqa: S608 (question marks)


def _open_tickets(connection: sqlite3.Connection, rows: Sequence[TicketRow]) -> None:
    try:
        _many(connection, "tickets", TICKET_COLUMNS, [row.values for row in rows])
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
            raise TicketNumberTaken from None
        raise
    _note(connection, [(row, None) for row in rows], _FROM_CUSTOMER)
    _put_words(connection, rows)


def _add_to_tickets(connection: sqlite3.Connection, rows: Sequence[TicketRow]) -> None:
    changes: list[tuple[TicketRow, Sequence[object]]] = []
    for row in rows:
        stored = connection.execute(READ_TICKET, (row.number,)).fetchone()
        if stored is None or stored[_VERSION] + 1 != row.version:
            raise TurnConflict(
                "A ticket of the call was changed since it was read; load both again and retry the turn."
            )
        changes.append((row, stored))
    _write_over(connection, changes)
    _note(connection, changes, _FROM_CUSTOMER)
    _put_words(connection, rows)


def _write_over(connection: sqlite3.Connection, changes: Sequence[tuple[TicketRow, Sequence[object]]]) -> None:
    """Write tickets over the rows they were read as."""
    by_ending: dict[str, list[Sequence[object]]] = {}
    for row, stored in changes:
        spared = tuple([name for name, place in _INDEXED.items() if row.values[place] == stored[place]])
        by_ending.setdefault(_over_the_old(spared), []).append(row.values)
    for ending, some in by_ending.items():
        _many(connection, "tickets", TICKET_COLUMNS, some, ending)


def _put_words(connection: sqlite3.Connection, rows: Sequence[TicketRow]) -> None:
    """Write what tickets are found by; what is noted on one ticket is found up to a bound."""
    words = [(row.number, row.words, row.note_words) for row in rows]
    _many(connection, "ticket_words", ("number", "words", "comments"), words, _OVER_OLD_WORDS)


_OVER_OLD_WORDS: Final = """
on conflict (number) do update
set words = excluded.words, comments = substr(ticket_words.comments || excluded.comments, 1, 200000)
"""
_VERSION: Final = TICKET_COLUMNS.index("version")
_INDEXED: Final = {name: TICKET_COLUMNS.index(name) for name in ("status", "due_at", "assignee")}
"""What seldom changes of a ticket; written anew as it was, it would have its index written anew as well."""
_LASTING: Final = ("number", "call_id", "created_at")
"""What never does."""


@cache
def _over_the_old(spared: tuple[str, ...]) -> str:
    names = [name for name in TICKET_COLUMNS if name not in _LASTING and name not in spared]
    return "on conflict (number) do update set " + ", ".join([f"{name} = excluded.{name}" for name in names])


def _note(
    connection: sqlite3.Connection, changes: Sequence[tuple[TicketRow, Sequence[object] | None]], actor: str
) -> None:
    entries: list[Entry] = [
        (row.number, row.version, row.updated_at, actor, row.changes(before)) for row, before in changes
    ]
    _many(connection, "ticket_events", _ENTRY_COLUMNS, entries)


def _many(
    connection: sqlite3.Connection,
    table: str,
    columns: tuple[str, ...],
    rows: Sequence[Sequence[object]],
    ending: str = "",
) -> int:
    """Insert rows; return how many were written."""
    written = 0
    for some in _parts(rows):
        values = [*chain.from_iterable(some)]
        written += connection.execute(_inserting(table, columns, len(some), ending), values).rowcount
    return written


@cache
def _inserting(table: str, columns: tuple[str, ...], number: int, ending: str) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"insert into {table} ({', '.join(columns)}) values {', '.join([row] * number)} {ending}"  # noqa: S608 (ours)


def _parts(rows: Sequence[Item]) -> Sequence[Sequence[Item]]:
    """Part rows into what one statement takes."""
    if len(rows) <= _FEW_ROWS:
        return [rows] if rows else []
    parts: list[Sequence[Item]] = []
    begin = 0
    for size in _MANY_ROWS:
        while len(rows) - begin >= size:
            parts.append(rows[begin : begin + size])
            begin += size
    return [*parts, *_parts(rows[begin:])]

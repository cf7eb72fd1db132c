"""A company's records in every store: what SQLite, Supabase and the journal do of `RecordStore`, mixed into each.

Whoever changes records names a key; the row kept under it is claimed first, so that of many who ask at once one writes
and the others hear what it wrote.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

import orjson
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from callcenter.actions.records import Change, Record, RecordStore
from callcenter.calls import MAX_RECORDS, ActionResult, CallId, Fields, Row, TableName
from callcenter.errors import InvalidRequest, RecordConflict, StoreUnavailable
from callcenter.store.rows import stored_json, time_text

if TYPE_CHECKING:
    from callcenter.store import Store
    from callcenter.store.lanes import Lane
    from callcenter.store.supabase_wire import DataAPI

Answer = TypeVar("Answer")
_Line = tuple[str, str, str]
"""A row of a file: id, fields as JSON, digest."""

_FIELDS: Final[TypeAdapter[Fields]] = TypeAdapter(Fields)
_RECORDS: Final = TypeAdapter(list[Record])
_FOUND: Final = TypeAdapter(Record | None)
_COUNTS: Final[TypeAdapter[dict[TableName, int]]] = TypeAdapter(dict[TableName, int])
_RESULT: Final = TypeAdapter(ActionResult)
_KEPT: Final = TypeAdapter(ActionResult | None)
_NUMBER: Final[TypeAdapter[int]] = TypeAdapter(int)

_READ: Final = """
select json_object('table', table_name, 'id', id, 'version', version, 'fields', json(fields), 'updated_at', updated_at)
from records
where table_name = ?
"""
_HAS: Final = "and exists (select 1 from json_each(fields) where key = ? and value = ?)"
"""No index: of a table as large as may be, the engine reads all fields in some ten milliseconds."""
_UPSERT: Final = """
insert into records (table_name, id, version, fields, line_sha256, updated_at) values (?, ?, 1, ?, ?, ?)
on conflict (table_name, id) do update
set version = version + 1, fields = excluded.fields, line_sha256 = excluded.line_sha256,
  updated_at = excluded.updated_at
"""
_DROP: Final = """
delete from records
where table_name = ? and line_sha256 is not null and id not in (select value from json_each(?))
"""
_BEGIN: Final = """
insert into records (table_name, id, version, fields, updated_at) values (?, ?, 1, ?, ?)
on conflict (table_name, id) do nothing
"""
_CHANGE: Final = """
update records set version = version + 1, fields = ?, updated_at = ? where table_name = ? and id = ? and version = ?
"""


class SQLiteRecords(RecordStore):
    """Keeps records in an SQLite file."""

    _writer: Lane
    _short: Lane
    _long: Lane

    async def sync_records(self, table: TableName, rows: Sequence[Row], *, now: AwareDatetime) -> int:
        """Compare digests and write, in one transaction."""
        return await self._writer.run(partial(_sync, table, _lines(rows), time_text(now)))

    async def record_counts(self) -> dict[TableName, int]:
        """Count."""
        return await self._short.run(_counts)

    async def records(
        self,
        table: TableName,
        *,
        where: Mapping[str, str] | None = None,
        changed_after: AwareDatetime | None = None,
    ) -> list[Record]:
        """Read some of a customer's at once, a whole table apart."""
        lane = self._short if where else self._long
        return await lane.run(partial(_records, table, _wanted(where), _time(changed_after)))

    async def record(self, table: TableName, record_id: str) -> Record | None:
        """Read one row."""
        return await self._short.run(partial(_record, table, _askable(record_id)))

    async def performed(self, key: str) -> ActionResult | None:
        """Read one row."""
        return await self._short.run(partial(_performed, _askable(key)))

    async def perform(
        self, key: str, call_id: CallId, changes: Sequence[Change], result: ActionResult, *, now: AwareDatetime
    ) -> ActionResult:
        """Write all in one transaction."""
        row = (_askable(key), _askable(call_id), stored_json(result.model_dump_json), time_text(now))
        written = [(change, _fields(change.fields)) for change in changes]
        return await self._writer.run(partial(_perform, row, written, result))


class SupabaseRecords(RecordStore):
    """Keeps records in a Supabase project, each method one function of the database."""

    _api: DataAPI

    async def sync_records(self, table: TableName, rows: Sequence[Row], *, now: AwareDatetime) -> int:
        """Send all rows; the database compares."""
        lines = [
            {"id": record_id, "fields": orjson.loads(fields), "line_sha256": digest}
            for record_id, fields, digest in _lines(rows)
        ]
        return _read(_NUMBER, await self._api.call("sync_records", name=table, lines=lines, at=time_text(now)))

    async def record_counts(self) -> dict[TableName, int]:
        """Count."""
        return _read(_COUNTS, await self._api.call("count_records"))

    async def records(
        self,
        table: TableName,
        *,
        where: Mapping[str, str] | None = None,
        changed_after: AwareDatetime | None = None,
    ) -> list[Record]:
        """Read them in one answer, however few rows the data API gives at a time."""
        found = await self._api.call(
            "list_records",
            name=table,
            wanted=_wanted(where),
            changed_after=_time(changed_after),
            most=MAX_RECORDS,
        )
        return _read(_RECORDS, found)

    async def record(self, table: TableName, record_id: str) -> Record | None:
        """Read one row."""
        return _read(_FOUND, await self._api.call("get_record", name=table, record=_askable(record_id)))

    async def performed(self, key: str) -> ActionResult | None:
        """Read one row."""
        return _read(_KEPT, await self._api.call("action_performed", key=_askable(key)))

    async def perform(
        self, key: str, call_id: CallId, changes: Sequence[Change], result: ActionResult, *, now: AwareDatetime
    ) -> ActionResult:
        """Write all in one transaction."""
        done = {
            "key": _askable(key),
            "call_id": _askable(call_id),
            "result": orjson.loads(stored_json(result.model_dump_json)),
            "at": time_text(now),
            "changes": [orjson.loads(stored_json(change.model_dump_json)) for change in changes],
        }
        return _read(_RESULT, await self._api.call("perform_action", done=done))


class RecordsBehind(RecordStore):
    """Passes all on to a primary store, while that is there: what is not at hand can't be changed for certain."""

    _primary: Store

    def _check_asked(self) -> None:
        """Raise StoreUnavailable when the primary is left alone."""
        raise NotImplementedError

    async def sync_records(self, table: TableName, rows: Sequence[Row], *, now: AwareDatetime) -> int:
        """Have the primary take them in."""
        self._check_asked()
        return await self._primary.sync_records(table, rows, now=now)

    async def record_counts(self) -> dict[TableName, int]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.record_counts()

    async def records(
        self,
        table: TableName,
        *,
        where: Mapping[str, str] | None = None,
        changed_after: AwareDatetime | None = None,
    ) -> list[Record]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.records(table, where=where, changed_after=changed_after)

    async def record(self, table: TableName, record_id: str) -> Record | None:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.record(table, record_id)

    async def performed(self, key: str) -> ActionResult | None:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.performed(key)

    async def perform(
        self, key: str, call_id: CallId, changes: Sequence[Change], result: ActionResult, *, now: AwareDatetime
    ) -> ActionResult:
        """Have the primary do it."""
        self._check_asked()
        return await self._primary.perform(key, call_id, changes, result, now=now)


def _lines(rows: Sequence[Row]) -> list[_Line]:
    """Return a file's rows with their digests, by id. Raises InvalidRequest for too many, or what can't be stored."""
    if len(rows) > MAX_RECORDS:
        raise InvalidRequest(f"A table has {MAX_RECORDS:,} rows at most.")
    lines: list[_Line] = []
    for record_id, row in sorted({_askable(row.id): row for row in rows}.items()):
        fields = _fields(row.fields)
        lines.append((record_id, fields, sha256(orjson.dumps(row.fields, option=orjson.OPT_SORT_KEYS)).hexdigest()))
    return lines


def _fields(fields: Fields) -> str:
    return stored_json(lambda: _FIELDS.dump_json(fields).decode())


def _wanted(where: Mapping[str, str] | None) -> Fields:
    """Return conditions that may be asked for. Raises InvalidRequest."""
    wanted = dict(where or {})
    _fields(wanted)
    return wanted


def _time(at: AwareDatetime | None) -> str | None:
    return None if at is None else time_text(at)


def _askable(text: str) -> str:
    """Return a text that every store can compare. Raises InvalidRequest for a NUL, which PostgreSQL can't."""
    if "\0" in text:
        raise InvalidRequest("A text holds a NUL character and can't be asked for.")
    return text


def _sync(table: str, lines: Sequence[_Line], at: str, connection: sqlite3.Connection) -> int:
    # The writer's transaction holds the file alone: between this reading and the writing nobody changes a row.
    known: dict[str, str | None] = dict(
        connection.execute("select id, line_sha256 from records where table_name = ?", (table,)).fetchall()
    )
    changed = [line for line in lines if known.get(line[0]) != line[2]]
    connection.executemany(_UPSERT, [(table, *line, at) for line in changed])
    connection.execute(_DROP, (table, orjson.dumps([record_id for record_id, _, _ in lines]).decode()))
    return len(changed)


def _counts(connection: sqlite3.Connection) -> dict[TableName, int]:
    sql = "select table_name, count(*) from records group by table_name order by table_name"
    return dict(connection.execute(sql).fetchall())


def _records(
    table: str, where: Mapping[str, str], changed_after: str | None, connection: sqlite3.Connection
) -> list[Record]:
    sql, values = _READ, [table]
    for field, value in where.items():
        sql += _HAS
        values += (field, value)
    if changed_after is not None:
        sql += "and updated_at > ?"
        values.append(changed_after)
    rows = connection.execute(f"{sql} order by id limit {MAX_RECORDS}", values)
    return _parse(lambda: _RECORDS.validate_json(f"[{','.join(text for (text,) in rows)}]"))


def _record(table: str, record_id: str, connection: sqlite3.Connection) -> Record | None:
    row = connection.execute(f"{_READ} and id = ?", (table, record_id)).fetchone()
    return None if row is None else _parse(lambda: Record.model_validate_json(row[0]))


def _performed(key: str, connection: sqlite3.Connection) -> ActionResult | None:
    row = connection.execute("select result from action_results where key = ?", (key,)).fetchone()
    return None if row is None else _parse(lambda: ActionResult.model_validate_json(row[0]))


def _perform(
    row: tuple[str, str, str, str],
    changes: Sequence[tuple[Change, str]],
    result: ActionResult,
    connection: sqlite3.Connection,
) -> ActionResult:
    key, _, _, at = row
    kept = _performed(key, connection)
    if kept is not None:
        return kept
    for change, fields in changes:
        if change.version:
            done = connection.execute(_CHANGE, (fields, at, change.table, change.id, change.version))
        else:
            done = connection.execute(_BEGIN, (change.table, change.id, fields, at))
        if not done.rowcount:
            raise RecordConflict
    connection.execute("insert into action_results (key, call_id, result, at) values (?, ?, ?, ?)", row)
    return result


def _read(adapter: TypeAdapter[Answer], value: object) -> Answer:
    return _parse(lambda: adapter.validate_python(value))


def _parse(read: Callable[[], Answer]) -> Answer:
    try:
        return read()
    except ValidationError:
        # Whatever the exception says quotes what came: not passed on.
        raise StoreUnavailable(
            "Stored records can't be read by this version of callcenter; another one wrote them."
        ) from None

"""Service scripts in every store: what SQLite, Supabase and the journal do of `ScriptStore`, mixed into each.

Scripts are read and written whole, as JSON; a new version goes over the one before only where that is the newest.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import TypeAdapter, ValidationError

from callcenter.errors import InvalidRequest, ScriptConflict, StoreUnavailable
from callcenter.scripts.script import MAX_VERSIONS, Script, ScriptStore
from callcenter.store.rows import time_text

if TYPE_CHECKING:
    from callcenter.store import Store
    from callcenter.store.lanes import Lane
    from callcenter.store.supabase_wire import DataAPI

_SCRIPTS: Final = TypeAdapter(list[Script])
_COUNT: Final[TypeAdapter[int]] = TypeAdapter(int)


class SQLiteScripts(ScriptStore):
    """Keeps scripts in an SQLite file."""

    _writer: Lane
    _long: Lane

    async def scripts(self) -> list[Script]:
        """Read them all."""
        return _scripts(await self._long.run(partial(_payloads, "select payload from scripts order by id", ())))

    async def scripts_kept(self) -> int:
        """Add up the newest versions."""
        return await self._long.run(_kept)

    async def script_versions(self, script_id: str) -> list[Script]:
        """Read the newest of them."""
        sql = "select payload from script_versions where id = ? order by version desc limit ?"
        return _scripts(await self._long.run(partial(_payloads, sql, (script_id, MAX_VERSIONS))))[::-1]

    async def save_script(self, script: Script) -> None:
        """Write both tables in one transaction."""
        await self._writer.run(partial(_save, _row(script), script.actor or ""))


class SupabaseScripts(ScriptStore):
    """Keeps scripts in a Supabase project, each method one function of the database."""

    _api: DataAPI

    async def scripts(self) -> list[Script]:
        """Read them all."""
        return _read(await self._api.call("list_scripts"))

    async def scripts_kept(self) -> int:
        """Add up the newest versions."""
        try:
            return _COUNT.validate_python(await self._api.call("scripts_kept"))
        except ValidationError:
            raise _unreadable() from None

    async def script_versions(self, script_id: str) -> list[Script]:
        """Read the newest of them."""
        return _read(await self._api.call("list_script_versions", script=script_id, most=MAX_VERSIONS))

    async def save_script(self, script: Script) -> None:
        """Write both tables."""
        script_id, version, status, at, payload = _row(script)
        columns = {"id": script_id, "version": version, "status": status, "updated_at": at, "actor": script.actor or ""}
        await self._api.done("save_script", script={**columns, "payload": orjson.loads(payload)})


class ScriptsBehind(ScriptStore):
    """Passes all on to a primary store, while that is there: agents can wait where customers can't."""

    _primary: Store

    def _check_asked(self) -> None:
        """Raise StoreUnavailable when the primary is left alone."""
        raise NotImplementedError

    async def scripts(self) -> list[Script]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.scripts()

    async def scripts_kept(self) -> int:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.scripts_kept()

    async def script_versions(self, script_id: str) -> list[Script]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.script_versions(script_id)

    async def save_script(self, script: Script) -> None:
        """Have the primary keep it."""
        self._check_asked()
        await self._primary.save_script(script)


_Row = tuple[str, int, str, str, str]


def _row(script: Script) -> _Row:
    """Return id, version, status, time and payload. Raises InvalidRequest for text that can't be stored."""
    assert script.version and script.updated_at, "only the folder has version 0"  # noqa: PT018, S101
    try:
        payload = script.model_dump_json()
    except ValueError:
        # The exception quotes the text: not passed on.
        raise InvalidRequest("A text holds half a character (a lone surrogate) and can't be stored.") from None
    return script.id, script.version, script.status.value, time_text(script.updated_at), payload


def _save(row: _Row, actor: str, connection: sqlite3.Connection) -> None:
    script_id, version, status, at, payload = row
    if version == 1:
        sql = "insert into scripts (id, version, status, updated_at, payload) values (?, ?, ?, ?, ?)"
        done = connection.execute(f"{sql} on conflict (id) do nothing", row)
    else:
        sql = "update scripts set version = ?, status = ?, updated_at = ?, payload = ? where id = ? and version = ?"
        done = connection.execute(sql, (version, status, at, payload, script_id, version - 1))
    if not done.rowcount:
        raise ScriptConflict
    connection.execute("insert into script_versions values (?, ?, ?, ?, ?)", (script_id, version, at, actor, payload))


def _payloads(sql: str, values: tuple[object, ...], connection: sqlite3.Connection) -> str:
    return f"[{','.join(payload for (payload,) in connection.execute(sql, values))}]"


def _kept(connection: sqlite3.Connection) -> int:
    kept: int = connection.execute("select coalesce(sum(version), 0) from scripts").fetchone()[0]
    return kept


def _read(value: object) -> list[Script]:
    try:
        return _SCRIPTS.validate_python(value)
    except ValidationError:
        raise _unreadable() from None


def _scripts(text: str) -> list[Script]:
    try:
        return _SCRIPTS.validate_json(text)
    except ValidationError:
        raise _unreadable() from None


def _unreadable() -> StoreUnavailable:
    # Whatever the exception says quotes what came: not passed on.
    return StoreUnavailable("Stored scripts can't be read by this version of callcenter; another one wrote them.")

"""Service scripts in every store: what SQLite, Supabase and the journal do of `ScriptStore`, mixed into each.

How versions are kept is versions.py's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import TypeAdapter

from callcenter.errors import ScriptConflict
from callcenter.scripts.script import MAX_VERSIONS, Script, ScriptStore
from callcenter.store.versions import Versioned

if TYPE_CHECKING:
    from callcenter.store import Store
    from callcenter.store.lanes import Lane
    from callcenter.store.supabase_wire import DataAPI

_COUNT: Final[TypeAdapter[int]] = TypeAdapter(int)
_KEPT: Final = Versioned("scripts", "script_versions", "id", TypeAdapter(list[Script]), ScriptConflict)


class SQLiteScripts(ScriptStore):
    """Keeps scripts in an SQLite file."""

    _writer: Lane
    _long: Lane

    async def scripts(self) -> list[Script]:
        """Read them all."""
        return await self._long.run(_KEPT.newest)

    async def scripts_kept(self) -> int:
        """Add up the newest versions."""
        return await self._long.run(_KEPT.kept)

    async def script_versions(self, script_id: str) -> list[Script]:
        """Read the newest of them."""
        return await self._long.run(partial(_KEPT.last, script_id, MAX_VERSIONS))

    async def save_script(self, script: Script) -> None:
        """Write both tables in one transaction."""
        await self._writer.run(partial(_KEPT.save, _KEPT.row(script.id, script), script.actor or ""))


class SupabaseScripts(ScriptStore):
    """Keeps scripts in a Supabase project, each method one function of the database."""

    _api: DataAPI

    async def scripts(self) -> list[Script]:
        """Read them all."""
        return _KEPT.read(_KEPT.items, await self._api.call("list_scripts"))

    async def scripts_kept(self) -> int:
        """Add up the newest versions."""
        return _KEPT.read(_COUNT, await self._api.call("scripts_kept"))

    async def script_versions(self, script_id: str) -> list[Script]:
        """Read the newest of them."""
        found = await self._api.call("list_script_versions", script=script_id, most=MAX_VERSIONS)
        return _KEPT.read(_KEPT.items, found)

    async def save_script(self, script: Script) -> None:
        """Write both tables."""
        script_id, version, status, at, payload = _KEPT.row(script.id, script)
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

"""Keep a company's scripts at hand: its folder's, and over them those of the store; change and publish them.

What calls are matched with and follow is in memory: a turn waits for nobody. A change by this process counts at once;
one by another process once the scripts are next asked for by API, which costs a count.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from callcenter.errors import InvalidRequest, ProviderError, ScriptExists, ScriptNotFound
from callcenter.scripts.match import Scripts
from callcenter.scripts.script import MAX_SCRIPTS, Script, ScriptBody, ScriptStatus, ScriptStore

_log = logging.getLogger(__name__)


class ScriptBook:
    """The scripts of one company, for one process."""

    def __init__(self, *, store: ScriptStore, folder: Sequence[Script], now: Callable[[], datetime]) -> None:
        """Begin with the folder's scripts; `refresh` adds the store's."""
        self._store = store
        self._folder = {script.id: script for script in folder}
        self._now = now
        self._kept = 0
        self._scripts: Mapping[str, Script] = dict(self._folder)
        self._current = Scripts.of(self._scripts.values())

    def current(self) -> Scripts:
        """Return those that calls follow now."""
        return self._current

    async def refresh(self) -> None:
        """Take in what was changed in the store since. Raises StoreUnavailable; what is at hand stays then."""
        kept = await self._store.scripts_kept()
        if kept != self._kept:
            stored = await self._store.scripts()
            scripts = {**self._folder, **{script.id: script for script in stored}}
            self._scripts, self._current, self._kept = scripts, Scripts.of(scripts.values()), kept

    async def begin(self) -> None:
        """Take in the store's scripts; without a store that answers, the folder's alone are followed until it does."""
        try:
            await self.refresh()
        except ProviderError as error:
            _log.warning("scripts of the store are not at hand yet", extra={"code": error.code})

    async def scripts(self) -> list[Script]:
        """Return the newest version of every script, by id."""
        await self.refresh()
        return [self._scripts[script_id] for script_id in sorted(self._scripts)]

    async def script(self, script_id: str) -> Script:
        """Return the newest version of a script. Raises ScriptNotFound."""
        await self.refresh()
        if script_id not in self._scripts:
            raise ScriptNotFound
        return self._scripts[script_id]

    async def versions(self, script_id: str) -> list[Script]:
        """Return all versions of a script, oldest first; 0 is the company folder's. Raises ScriptNotFound."""
        own = [self._folder[script_id]] if script_id in self._folder else []
        found = own + await self._store.script_versions(script_id)
        if not found:
            raise ScriptNotFound
        return found

    async def create(self, script_id: str, body: ScriptBody, *, actor: str) -> Script:
        """Begin a script, as a draft. Raises ScriptExists, InvalidRequest when there are too many."""
        await self.refresh()
        if script_id in self._scripts:
            raise ScriptExists
        if len(self._scripts) >= MAX_SCRIPTS:
            raise InvalidRequest(f"There are {MAX_SCRIPTS} scripts already, as many as can be kept.")
        return await self._save(Script(id=script_id, **dict(body)), actor)

    async def edit(
        self, script_id: str, changes: Mapping[str, object], *, version: int | None = None, actor: str
    ) -> Script:
        """Change parts of a script, checked already (`ScriptBody`'s fields); the version before is kept.

        With `version` it is refused if somebody else changed it since. Raises ScriptNotFound, ScriptConflict.
        """
        script = await self.script(script_id)
        script.check_version(version)
        new = script.altered(changes)
        return script if new == script else await self._save(new, actor)

    async def set_status(
        self, script_id: str, status: ScriptStatus, *, version: int | None = None, actor: str
    ) -> Script:
        """Publish or archive a script, as a new version. Raises ScriptNotFound, ScriptConflict."""
        script = await self.script(script_id)
        script.check_version(version)
        return script if script.status is status else await self._save(script.altered({"status": status}), actor)

    async def _save(self, script: Script, actor: str) -> Script:
        new = script.altered({"version": script.version + 1, "updated_at": self._now(), "actor": actor})
        await self._store.save_script(new)
        await self.refresh()
        return new

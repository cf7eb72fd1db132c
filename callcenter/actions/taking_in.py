"""Bring a company's tables into the store when the product starts, and as soon as there is a store to take them.

What becomes of each row is for the store to tell (`RecordStore.sync_records`). A table that the company brings no more
goes, but for what actions began in it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from callcenter.actions.records import RecordStore, Row, TableName
from callcenter.errors import ProviderError

RETRY_SECONDS: Final = 10.0
"""How long a store that is away is left alone."""

_log = logging.getLogger(__name__)


class TableSync:
    """Takes in the tables of one company, once."""

    def __init__(
        self,
        store: RecordStore,
        tables: Mapping[TableName, Sequence[Row]],
        *,
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Hold what is needed; nothing is done yet. `pause` waits between two tries."""
        self._store = store
        self._tables = tables
        self._now = now
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Take the tables in. A store that is away keeps nobody from starting: it is tried again until it is back."""
        if not await self._taken_in():
            self._task = asyncio.create_task(self._until_taken_in())

    async def close(self) -> None:
        """Try no more; the next start does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _until_taken_in(self) -> None:
        await self._pause(RETRY_SECONDS)
        while not await self._taken_in():
            await self._pause(RETRY_SECONDS)

    async def _taken_in(self) -> bool:
        try:
            for table in sorted({*self._tables, *await self._store.record_counts()}):
                changed = await self._store.sync_records(table, self._tables.get(table, ()), now=self._now())
                if changed:
                    _log.info("table taken in", extra={"table": table, "rows": changed})
        except ProviderError as error:
            if self._task is None:  # told once, not with every try
                _log.warning("the company's tables are not taken in yet", extra={"code": error.code})
            return False
        return True

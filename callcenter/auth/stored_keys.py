"""Let in who holds an API key that the store keeps, reading the store seldom, whatever strangers send.

All keys are read together, since they are few, and looked up by id in memory. They are read again in the background
once they are half a minute old, and nobody is let in by what is older than a minute: a revoked key stops working
within that. An id nobody knows has them read once in a few seconds at most, by one request for all that wait.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from callcenter.auth.key_text import read_key
from callcenter.auth.roles import Principal, Role
from callcenter.errors import NotAuthenticated, ProviderError, SignInUnavailable
from callcenter.store import Store
from callcenter.store.api_keys import ApiKey

REMEMBERED: Final = timedelta(seconds=60)
"""How long keys count after they were read."""
RENEWED: Final = timedelta(seconds=30)
"""When they are read again, so that nobody has to wait for that."""
COOLDOWN: Final = timedelta(seconds=5)
"""Between two reads that unknown ids, or a store that is away, may cause."""

_NOBODYS: Final = "0" * 64
"""Compared with where there is no such key, so that this takes as long."""

_log = logging.getLogger(__name__)


class StoredKeys:
    """The keys of one store."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        """Read nothing yet; the store stays the caller's to close."""
        self._store = store
        self._now = now
        self._keys: Mapping[str, ApiKey] = {}
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._away = False
        self._reading: asyncio.Task[None] | None = None
        self._noting: set[asyncio.Task[None]] = set()
        self._noted: set[str] = set()
        """Keys whose day of use was told the store since the last read."""

    async def principal(self, credential: str) -> Principal:
        """Return who holds a key. Raises NotAuthenticated, SignInUnavailable when that can't be told now."""
        presented = read_key(credential)
        if presented is None:
            raise NotAuthenticated
        now = self._now()
        if not self._fresh(now) or presented.id not in self._keys:
            reading = self._read_seldom(now)
            if reading is not None:
                # Shielded: one caller that hangs up must not fail the others.
                await asyncio.shield(reading)
        elif not _within(self._read_at, RENEWED, now):
            self._read_seldom(now)
        now = self._now()
        key = self._keys.get(presented.id) if self._fresh(now) else None
        same = hmac.compare_digest(presented.digest, key.secret_sha256 if key else _NOBODYS)
        if key is None and self._away:
            raise SignInUnavailable("The store of API keys does not answer, so this key can't be checked now.")
        if key is None or not same or _expired(key, now):
            raise NotAuthenticated
        self._note(key, now)
        return Principal(role=Role(key.role), name=key.name)

    async def any(self) -> bool:
        """Whether the store keeps a key that lets somebody in. Raises StoreUnavailable, StoreRefused."""
        now = self._now()
        return any(not _expired(key, now) for key in await self._store.keys())

    async def close(self) -> None:
        """Wait for no read any more, and for what is being noted."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await asyncio.gather(*self._noting, return_exceptions=True)

    def _fresh(self, now: datetime) -> bool:
        return _within(self._read_at, REMEMBERED, now)

    def _read_seldom(self, now: datetime) -> asyncio.Task[None] | None:
        """Return the read that is going on, begun now if need be; None if there was one a moment ago."""
        if self._reading is None:
            if _within(self._tried_at, COOLDOWN, now):
                return None
            self._tried_at = now
            self._reading = asyncio.create_task(self._read(now))
        return self._reading

    async def _read(self, begun_at: datetime) -> None:
        try:
            keys = await self._store.keys()
        except ProviderError as error:
            self._away = True
            _log.warning("API keys not read", extra={"code": error.code})
        else:
            self._away, self._read_at = False, begun_at
            self._keys = {key.id: key for key in keys}
            self._noted.clear()
        finally:
            self._reading = None

    def _note(self, key: ApiKey, now: datetime) -> None:
        """Have the store know the day of use: one write a day and key, for which nobody waits."""
        today = now.astimezone(UTC).date()
        if key.id in self._noted or (key.last_used_on is not None and key.last_used_on >= today):
            return
        self._noted.add(key.id)
        task = asyncio.create_task(self._tell(key.id, now))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _tell(self, key_id: str, now: datetime) -> None:
        try:
            await self._store.key_used(key_id, now.astimezone(UTC).date())
        except ProviderError as error:
            _log.warning("use of an API key not noted", extra={"code": error.code})


def _expired(key: ApiKey, now: datetime) -> bool:
    return key.expires_at is not None and key.expires_at <= now


def _within(moment: datetime | None, span: timedelta, now: datetime) -> bool:
    """Whether a moment is no longer ago than a span; a clock that was set back counts as long."""
    return moment is not None and timedelta(0) <= now - moment < span

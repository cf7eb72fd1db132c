"""Hold the public keys that a project signs its tokens with, fetched seldom, whatever strangers send.

A key is read again after ten minutes, so that one withdrawn stops working; while the key server is away, known keys go
on. A key id nobody knows has the keys fetched once a minute at most, by one request for all that wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from jwt import PyJWK, PyJWKClient, PyJWKSetError, PyJWTError

from callcenter.errors import NotAuthenticated, SignInUnavailable

ALGORITHMS: Final = ("ES256", "RS256")
"""Those that a project signs with a private key; nothing symmetric, and never `none`."""

LIFESPAN: Final = timedelta(seconds=600)
"""How long fetched keys are taken for the present ones; Supabase's own servers keep them as long."""
COOLDOWN: Final = timedelta(seconds=60)
"""Between two fetches that an unknown key id, or a key server that is away, may cause."""
FIRST_AGAIN: Final = timedelta(seconds=5)
"""The same as long as there was no answer at all: nobody can sign in until there is."""
TIMEOUT_SECONDS: Final = 5
"""For the key server to answer; a person waits."""

_log = logging.getLogger(__name__)


class SigningKeys:
    """The keys of one project."""

    def __init__(self, url: str, *, now: Callable[[], datetime]) -> None:
        """Take the address of the key set; fetches nothing yet."""
        # The client's own cache goes by a clock of its own; it only fetches and reads here.
        self._client = PyJWKClient(url, cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        self._now = now
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._away = False
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, key_id: str) -> PyJWK:
        """Return a key. Raises NotAuthenticated for one the project does not have, SignInUnavailable when unsure."""
        known = key_id in self._keys
        if not known or not _within(self._fetched_at, LIFESPAN, self._now()):
            fetching = self._fetch_seldom()
            # Nobody with a known key waits again for a server that did not answer the last time.
            if fetching is not None and not (known and self._away):
                # Shielded: one caller that hangs up must not fail the others.
                await asyncio.shield(fetching)
        try:
            return self._keys[key_id]
        except KeyError:
            if self._away:
                raise SignInUnavailable from None
            raise NotAuthenticated from None

    async def close(self) -> None:
        """Wait for no answer any more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _fetch_seldom(self) -> asyncio.Task[None] | None:
        """Return the fetch that is going on, begun now if need be; None if there was one a moment ago."""
        if self._fetching is None:
            pause = COOLDOWN if self._fetched_at else FIRST_AGAIN
            if _within(self._tried_at, pause, self._now()):
                return None
            self._tried_at = self._now()
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(2 * TIMEOUT_SECONDS):  # the client's own is for each read, not for all
                fetched = (await asyncio.to_thread(self._client.get_jwk_set)).keys
        except PyJWKSetError:
            # It answered and holds no key, as projects on the legacy secret do; none we know is given up for that.
            self._away, self._fetched_at = False, self._now()
        except (PyJWTError, OSError, ValueError) as error:
            # ValueError: what answered is no JSON. OSError: cut off in the middle, or too late.
            self._away = True
            _log.warning("signing keys not fetched", extra={"error": type(error).__name__})
        else:
            self._away, self._fetched_at = False, self._now()
            self._keys = {key.key_id: key for key in fetched if key.key_id and _verifies(key)}
        finally:
            self._fetching = None


def _verifies(key: PyJWK) -> bool:
    return key.algorithm_name in ALGORITHMS and key.public_key_use in ("sig", None)


def _within(moment: datetime | None, span: timedelta, now: datetime) -> bool:
    """Whether a moment is no longer ago than a span; a clock that was set back counts as long."""
    return moment is not None and timedelta(0) <= now - moment < span

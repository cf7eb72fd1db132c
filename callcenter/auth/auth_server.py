"""Ask a project's auth server who holds a token that only it can verify: one signed with the legacy shared secret.

Few questions are asked at once, so that a flood of made-up tokens can't be turned into one of our own.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from callcenter.errors import NotAuthenticated, SignInUnavailable

AT_ONCE: Final = 8
"""Questions in flight; the others wait."""
_TIMEOUT: Final = httpx.Timeout(5, connect=3)

_log = logging.getLogger(__name__)


class User(BaseModel):
    """Who holds a token, as the auth server knows them now."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    email: str | None = None
    app_metadata: dict[str, object] = {}


class AuthServer:
    """The auth server of one project."""

    def __init__(self, url: str, *, secret_key: str) -> None:
        """Take its address (`…/auth/v1`) and the project's secret key, which opens the gateway before it."""
        self._client = httpx.AsyncClient(headers={"apikey": secret_key}, timeout=_TIMEOUT)
        self._url = f"{url}/user"
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def user(self, token: str) -> User:
        """Return who holds a token. Raises NotAuthenticated when it is refused, SignInUnavailable without an answer."""
        try:
            async with self._slots:
                answer = await self._client.get(self._url, headers={"Authorization": f"Bearer {token}"})
        except (httpx.HTTPError, UnicodeError) as error:
            _log.warning("auth server not asked", extra={"error": type(error).__name__})
            raise SignInUnavailable from None
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise NotAuthenticated
        try:
            if answer.status_code == HTTPStatus.OK:
                return User.model_validate_json(answer.content)
        except ValidationError:
            pass
        _log.warning("auth server failed", extra={"status": answer.status_code})
        raise SignInUnavailable

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

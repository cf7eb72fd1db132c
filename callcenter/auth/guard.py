"""Admit requests and name who sends them. Open mode serves this machine only; required mode wants a key or a token.

In open mode the request must also name this machine as its host and come from no foreign page, so that a website in
the same person's browser can't reach the server (DNS rebinding).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from callcenter.auth.roles import Principal, Role
from callcenter.errors import NotAllowed, NotAuthenticated

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK_PEERS: Final = ("127.", "::ffff:127.")
"""How addresses of this machine begin, ::1 apart; a server started by other means than ours may listen anywhere."""
_DOTS_OF_A_TOKEN: Final = 2
"""A JSON Web Token has three parts."""


_LOCAL: Final = Principal(role=Role.local, name="local")


class Tokens(Protocol):
    """Verifies access tokens."""

    async def principal(self, token: str) -> Principal:
        """Return who holds a token.

        Raises NotAuthenticated for a token that is not valid, NotAllowed for one that grants nothing here,
        SignInUnavailable when that can't be told now.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Guard:
    """Admits requests and names their principals."""

    def __init__(
        self, *, keys: Iterable[str] | None, public_url: str | None = None, tokens: Tokens | None = None
    ) -> None:
        """Build with the API keys of required mode, or None for open mode; with `tokens` users may sign in too."""
        self._digests = None if keys is None else tuple(_digest(key) for key in keys)
        self._tokens = tokens
        self._public = _origin(public_url) if public_url else None

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return self._digests is None

    def admit(self, host: str | None, origin: str | None, *, peer: str | None) -> None:
        """Refuse what comes from elsewhere: another machine, or a foreign web page. Raises NotAllowed.

        `peer` is the address the connection comes from; None where there is none (a Unix socket).
        """
        if self.open and peer is not None and peer != "::1" and not peer.startswith(_LOOPBACK_PEERS):
            raise NotAllowed("Open mode serves this machine only.")
        if self.open and _hostname(host) not in _LOOPBACK_NAMES:
            raise NotAllowed("Open mode serves this machine only; the Host header names another.")
        if origin is None or origin == self._public or urlsplit(origin).netloc == host:
            return
        if self.open and urlsplit(origin).hostname in _LOOPBACK_NAMES:
            return
        raise NotAllowed("This origin is not served; set CALLCENTER_PUBLIC_URL to the site that may use the API.")

    async def authenticate(self, authorization: str | None) -> Principal:
        """Return who sends this `Authorization` header. Raises NotAuthenticated, NotAllowed, SignInUnavailable."""
        if self._digests is None:
            return _LOCAL
        scheme, _, credential = (authorization or "").partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise NotAuthenticated
        digest = _digest(credential)
        if any([hmac.compare_digest(digest, known) for known in self._digests]):  # noqa: C419 (no early exit)
            return Principal(role=Role.service, name=f"key-{digest.hex()[:8]}")
        if self._tokens is None or credential.count(".") != _DOTS_OF_A_TOKEN:
            raise NotAuthenticated
        return await self._tokens.principal(credential)

    async def close(self) -> None:
        """Let go of what tokens are verified with."""
        if self._tokens is not None:
            await self._tokens.close()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


@lru_cache(maxsize=64)
def _hostname(host: str | None) -> str:
    try:
        return urlsplit(f"//{host or ''}").hostname or ""
    except ValueError:
        return ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

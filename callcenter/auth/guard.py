"""Admit requests and name who sends them. Open mode serves this machine only; required mode wants a key or a token.

A credential is a configured key, a stored key, a customer's token of ours, or a token that `Tokens` verifies; what it
begins with says which. A page's WebSocket may come with a ticket instead.

In open mode the request must also name this machine as its host and come from no foreign page, so that a website in
the same person's browser can't reach the server (DNS rebinding).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

from callcenter.auth.key_text import KEY_PREFIX
from callcenter.auth.roles import Principal, Role
from callcenter.auth.signed import NONCE_BYTES, CustomerTokens, SocketTickets
from callcenter.auth.stored_keys import StoredKeys
from callcenter.calls import CallId
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

    def __init__(  # noqa: PLR0913 (one a kind of credential)
        self,
        *,
        keys: Iterable[str] | None,
        public_url: str | None = None,
        tokens: Tokens | None = None,
        stored: StoredKeys | None = None,
        customers: CustomerTokens | None = None,
        tickets: SocketTickets | None = None,
    ) -> None:
        """Build with the configured API keys of required mode, or None for open mode, which asks for nothing.

        With `tokens` users may sign in, with `stored` keys of the store count too; with `customers` whoever begins a
        call gets a token for its customer, with `tickets` a page may open a WebSocket.
        """
        self._digests = None if keys is None else tuple(_digest(key) for key in keys)
        self._tokens = tokens
        self._stored = stored
        self._customers = customers
        self._tickets = tickets
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
        if self._stored is not None and credential.startswith(KEY_PREFIX):
            return await self._stored.principal(credential)
        if self._customers is not None and self._customers.taken_for(credential):
            return self._customers.principal(credential)
        if self._tokens is None or credential.count(".") != _DOTS_OF_A_TOKEN:
            raise NotAuthenticated
        return await self._tokens.principal(credential)

    def customer_token(self, call_id: CallId) -> str | None:
        """Return a token for the customer of a call; None in open mode, which needs none."""
        return self._customers.issue(call_id) if self._customers and not self.open else None

    def socket_ticket(self, principal: Principal, path: str) -> tuple[str, datetime] | None:
        """Return a ticket that opens one WebSocket, and when it expires; None in open mode, which needs none."""
        if self._tickets is None or self.open:
            return None
        return self._tickets.issue(principal, path, secrets.token_bytes(NONCE_BYTES))

    def take_ticket(self, ticket: str, path: str) -> Principal:
        """Return who opens a WebSocket with a ticket; it is of no use afterwards. Raises NotAuthenticated."""
        if self.open:
            return _LOCAL
        if self._tickets is None:
            raise NotAuthenticated
        return self._tickets.take(ticket, path)

    async def close(self) -> None:
        """Let go of what credentials are verified with."""
        if self._tokens is not None:
            await self._tokens.close()
        if self._stored is not None:
            await self._stored.close()


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

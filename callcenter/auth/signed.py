"""What this company's servers sign for one another to believe: tokens of customers, and tickets for WebSockets.

A token reads PREFIX_CONTENT.SIGNATURE: JSON in base64, and HMAC-SHA256 under a key derived from the company's secret
for this kind of token alone, so that none passes for another. Nothing is stored: every server with the secret can
check it. What it says can be read by its holder; only what may be read stands in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, ValidationError

from callcenter.auth.roles import Principal, Role
from callcenter.calls import CallId, IdText, Value
from callcenter.errors import NotAuthenticated

MAX_CHARS: Final = 2048
"""A ticket of somebody with the longest name, for the longest path, has far fewer."""


TICKET_LIFETIME: Final = timedelta(seconds=30)
"""From asking for one to connecting; an address may end up in a log, and is worth nothing there soon after."""
NONCE_BYTES: Final = 16


class _CustomersCall(Value):
    """What a customer's token says."""

    call_id: IdText
    expires: int
    """Seconds since 1970."""


class SocketPass(Value):
    """What a ticket says."""

    nonce: Annotated[str, Field(min_length=22, max_length=22)]
    """Random: no two tickets are alike."""
    path: str
    principal: Principal
    expires: int
    """Seconds since 1970."""


class Signature:
    """Signs one kind of token, and checks it."""

    def __init__(self, secret: bytes, prefix: str) -> None:
        """Take the company's secret and how tokens of this kind begin."""
        self._prefix = f"{prefix}_"
        self._key = hmac.digest(secret, f"callcenter {prefix} 1".encode(), "sha256")

    def sign(self, content: bytes) -> str:
        """Return a token."""
        text = _base64(content)
        return f"{self._prefix}{text}.{_base64(self._mac(text))}"

    def signed(self, token: str) -> bool:
        """Whether a token says that it is of this kind."""
        return token.startswith(self._prefix)

    def content(self, token: str) -> bytes:
        """Return what a token says. Raises NotAuthenticated for one that none of us signed."""
        text, _, signature = token[len(self._prefix) :].partition(".")
        if len(token) > MAX_CHARS or not token.isascii() or not self.signed(token):
            raise NotAuthenticated
        # The text of the signature is compared, not its bytes: base64 can be written in several ways.
        if not hmac.compare_digest(signature, _base64(self._mac(text))):
            raise NotAuthenticated
        try:
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            raise NotAuthenticated from None

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), hashlib.sha256)


class CustomerTokens:
    """Tokens for one call each, which whoever begins the call hands to its customer."""

    def __init__(self, secret: bytes, *, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        """Take the company's secret and how long a token holds."""
        self._signature = Signature(secret, "ct")
        self._now = now
        self._lifetime = lifetime

    def taken_for(self, credential: str) -> bool:
        """Whether a credential says that it is one."""
        return self._signature.signed(credential)

    def issue(self, call_id: CallId) -> str:
        """Return a token for a call."""
        says = _CustomersCall(call_id=call_id, expires=int((self._now() + self._lifetime).timestamp()))
        return self._signature.sign(says.model_dump_json().encode())

    def principal(self, token: str) -> Principal:
        """Return whose token it is. Raises NotAuthenticated."""
        try:
            says = _CustomersCall.model_validate_json(self._signature.content(token))
        except ValidationError:
            raise NotAuthenticated from None
        if self._now().timestamp() >= says.expires:
            raise NotAuthenticated("This token has expired.")
        return Principal(role=Role.customer, name="customer", call_id=CallId(says.call_id))


class SocketTickets:
    """Tickets that open one WebSocket each, for pages, which can set no header there."""

    def __init__(self, secret: bytes, *, now: Callable[[], datetime]) -> None:
        """Take the company's secret."""
        self._now = now
        self._signature = Signature(secret, "wt")
        self._used: dict[str, datetime] = {}
        """Nonces of tickets that were taken, with when they expire, in the order in which they were taken."""

    @property
    def remembered(self) -> int:
        """How many used tickets are remembered: those of the last half a minute."""
        return len(self._used)

    def issue(self, principal: Principal, path: str, random: bytes) -> tuple[str, datetime]:
        """Return a ticket and when it expires; `random` are NONCE_BYTES bytes."""
        assert len(random) == NONCE_BYTES  # noqa: S101 (two tickets alike would be one)
        expires = int((self._now() + TICKET_LIFETIME).timestamp())
        says = SocketPass(nonce=_base64(random), path=path, principal=principal, expires=expires)
        return self._signature.sign(says.model_dump_json().encode()), datetime.fromtimestamp(expires, UTC)

    def take(self, ticket: str, path: str) -> Principal:
        """Return who may open a WebSocket at a path with a ticket, and let nobody do so with it again.

        Raises NotAuthenticated for one that is not ours, is of another path, has expired or was used here.
        """
        try:
            says = SocketPass.model_validate_json(self._signature.content(ticket))
        except ValidationError:
            raise NotAuthenticated from None
        expires_at = datetime.fromtimestamp(says.expires, UTC)
        now = self._now()
        if now >= expires_at or says.path != path or says.nonce in self._used:
            raise NotAuthenticated("This ticket is for another path, was used, or has expired; ask for a new one.")
        self._forget(now)
        self._used[says.nonce] = expires_at
        return says.principal

    def _forget(self, now: datetime) -> None:
        """Drop what could not be used again anyway."""
        gone = [nonce for nonce, expires_at in self._used.items() if expires_at <= now]
        for nonce in gone:
            del self._used[nonce]


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

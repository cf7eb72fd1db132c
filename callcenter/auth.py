"""Decide who is asking. Open mode serves this machine only; required mode wants an API key with every request.

What a principal may do is said at each endpoint. In open mode the request must also name this machine as its host and
come from no foreign page, so that a website in the same person's browser can't reach the server (DNS rebinding).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from callcenter.calls import Value
from callcenter.errors import NotAllowed, NotAuthenticated

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK_PEERS: Final = ("127.", "::ffff:127.")
"""How addresses of this machine begin, ::1 apart; a server started by other means than ours may listen anywhere."""


class Role(StrEnum):
    """What kind of caller a principal is."""

    local = "local"
    """Somebody on this machine, in open mode."""
    service = "service"
    """A program that holds an API key."""


class Principal(Value):
    """Who is asking."""

    role: Role
    name: str
    """For histories and logs: never the key itself."""


_LOCAL: Final = Principal(role=Role.local, name="local")


class Guard:
    """Admits requests and names their principals."""

    def __init__(self, *, keys: Iterable[str] | None, public_url: str | None = None) -> None:
        """Build with the API keys of required mode, or None for open mode."""
        self._digests = None if keys is None else tuple(_digest(key) for key in keys)
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

    def authenticate(self, authorization: str | None) -> Principal:
        """Return who holds this `Authorization` header. Raises NotAuthenticated."""
        if self._digests is None:
            return _LOCAL
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise NotAuthenticated
        digest = _digest(key.strip())
        if not any([hmac.compare_digest(digest, known) for known in self._digests]):  # noqa: C419 (no early exit)
            raise NotAuthenticated
        return Principal(role=Role.service, name=f"key-{digest.hex()[:8]}")


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

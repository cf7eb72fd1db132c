"""Make API keys and read them: `cc_ID_SECRET`, of which the store gets the id and the digest of the secret. Pure.

The secret has 256 random bits: a plain digest can't be tried out, and needs no slow hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from typing import Final, NamedTuple

from callcenter.store.api_keys import ApiKey, KeyRole

ID_BYTES: Final = 6
SECRET_BYTES: Final = 32

KEY_PREFIX: Final = "cc_"

_KEY: Final = re.compile(KEY_PREFIX + r"([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


class Presented(NamedTuple):
    """A key as somebody shows it."""

    id: str
    digest: str
    """SHA-256 of the secret, in hexadecimal."""


def read_key(credential: str) -> Presented | None:
    """Return what a key says; None for what is no key of this kind."""
    found = _KEY.fullmatch(credential)
    return Presented(found[1], _digest(found[2])) if found else None


def new_key(
    random: bytes, *, name: str, role: KeyRole, now: datetime, expires_at: datetime | None = None
) -> tuple[str, ApiKey]:
    """Return a key to show once, and what to keep of it; `random` are ID_BYTES + SECRET_BYTES bytes.

    Raises pydantic's ValidationError for a name that is none.
    """
    assert len(random) == ID_BYTES + SECRET_BYTES  # noqa: S101 (a shorter secret could be guessed)
    key_id = random[:ID_BYTES].hex()
    secret = base64.urlsafe_b64encode(random[ID_BYTES:]).rstrip(b"=").decode()
    kept = ApiKey(id=key_id, name=name, role=role, secret_sha256=_digest(secret), created_at=now, expires_at=expires_at)
    return f"{KEY_PREFIX}{key_id}_{secret}", kept


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""Verify the access tokens that Supabase Auth gives to signed-in users, and name their holders.

A token must be signed with a key of the project, for this audience, by this issuer, and be in its time. One signed with
the legacy shared secret is for the auth server to judge. No token is logged, kept or told: it is known by its digest.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import jwt
from typing_extensions import override

from callcenter.auth.auth_server import AuthServer
from callcenter.auth.guard import Tokens
from callcenter.auth.roles import Principal, principal_of
from callcenter.auth.signing_keys import ALGORITHMS, SigningKeys
from callcenter.errors import NotAuthenticated

if TYPE_CHECKING:
    from jwt.types import Options

AUDIENCE: Final = "authenticated"
LEEWAY: Final = timedelta(seconds=10)
"""How far the clocks of the auth server and of this one may be apart."""
MAX_TOKEN_CHARS: Final = 8_192
"""What proxies let through as one header; tokens with much metadata have a few thousand."""
REMEMBERED: Final = timedelta(seconds=60)
"""How long a verified token is not verified again."""
REMEMBERED_AT_MOST: Final = 10_000

_LEGACY: Final = "HS256"
_CLAIMS: Final = ["exp", "iat", "sub", "aud", "iss"]
_CHECKED: Final[Options] = {"require": _CLAIMS}
_UNSIGNED: Final[Options] = {
    "require": _CLAIMS,
    "verify_signature": False,
    "verify_exp": True,
    "verify_nbf": True,
    "verify_iat": True,
    "verify_aud": True,
    "verify_iss": True,
    "verify_sub": True,
}
_INVALID: Final = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""What reading a token raises; the last four for claims that are no times, numbers or texts."""


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    at: datetime
    until: datetime


class AccessTokens(Tokens):
    """Verifies the tokens of one project."""

    def __init__(self, url: str, *, now: Callable[[], datetime], secret_key: str | None = None) -> None:
        """Take the project's address and, for projects on the legacy secret, its secret key. Asks nobody yet."""
        self._issuer = f"{url.rstrip('/')}/auth/v1"
        self._now = now
        self._keys = SigningKeys(f"{self._issuer}/.well-known/jwks.json", now=now)
        self._auth_server = AuthServer(self._issuer, secret_key=secret_key) if secret_key else None
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    @override
    async def principal(self, token: str) -> Principal:
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise NotAuthenticated
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and known.at <= self._now() < known.until:
            return known.principal
        self._verified.pop(digest, None)
        claims = await self._claims(token)
        principal = principal_of(claims)
        self._remember(digest, principal, claims)
        return principal

    @override
    async def close(self) -> None:
        await self._keys.close()
        if self._auth_server is not None:
            await self._auth_server.close()

    async def _claims(self, token: str) -> Mapping[str, object]:
        """Return what a token says, once it is known to be true."""
        try:
            header = jwt.get_unverified_header(token)
        except _INVALID:
            raise NotAuthenticated from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm == _LEGACY and self._auth_server is not None:
            claims = self._read(token, None)
            user = await self._auth_server.user(token)
            if user.id != claims["sub"]:
                raise NotAuthenticated
            # What the user is granted now, whatever it was when the token was made.
            return {**claims, "email": user.email, "app_metadata": user.app_metadata}
        if algorithm not in ALGORITHMS or not isinstance(key_id, str):
            raise NotAuthenticated
        return self._read(token, await self._keys.key(key_id))

    def _read(self, token: str, key: jwt.PyJWK | None) -> dict[str, object]:
        """Return the claims of a token that is for us and in its time, signed with `key` if one is given."""
        try:
            return jwt.decode(
                token,
                key or "",
                # The key's own, which is one of ALGORITHMS: the token does not choose how it is verified.
                algorithms=[key.algorithm_name] if key else None,
                options=_CHECKED if key else _UNSIGNED,
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY,
            )
        except _INVALID:
            raise NotAuthenticated from None

    def _remember(self, digest: bytes, principal: Principal, claims: Mapping[str, object]) -> None:
        now = self._now()
        try:
            expires_at = datetime.fromtimestamp(int(str(claims["exp"])), UTC)
        except (ValueError, OverflowError, OSError):
            return  # no moment that this machine can count; verified each time
        self._verified[digest] = _Verified(principal, now, min(now + REMEMBERED, expires_at))
        if len(self._verified) > REMEMBERED_AT_MOST:
            self._verified.popitem(last=False)

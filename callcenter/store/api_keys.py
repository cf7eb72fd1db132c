"""What a store keeps of an API key: whose it is, what it is for, and the digest of its secret. Never the secret."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from callcenter.calls import Value

KeyRole = Literal["service", "admin", "supervisor", "agent"]
"""What the holder of a key may be: a program, or somebody who works here."""

KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
KeyName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
]

MAX_KEYS: Final = 1000
"""Keys a store holds at most: servers keep all of them in memory, and a data API gives no more rows at once."""


class ApiKey(Value):
    """One key, as it is kept."""

    id: KeyId
    name: KeyName
    """Whom or what it was made for; histories name its holder so."""
    role: KeyRole
    secret_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    """From then on it is refused; None: it holds until it is revoked."""
    last_used_on: date | None = None
    """The last day (UTC) on which a server let somebody in with it."""

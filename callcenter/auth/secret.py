"""The company's secret, which signs tokens: as configured, or a file of the data folder, made when first needed.

Several servers that answer for one another need the same. Whoever has it can sign a token for anybody: the file is its
owner's alone, and one that others may read is refused.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from callcenter.errors import ConfigurationError

MIN_SECRET_CHARS: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def secret_of(path: Path) -> bytes:
    """Return the secret in a file, made if missing. Raises ConfigurationError for one that is not a secret.

    Processes that start at once end up with the same.
    """
    if not path.exists():
        _make(path)
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise ConfigurationError(f"{path} can be read by others; take that right away: chmod 600 {path}")
    found = path.read_text(encoding="ascii", errors="replace").strip()
    if len(found) < MIN_SECRET_CHARS:
        raise ConfigurationError(f"{path} holds no secret; delete it, and a new one is made at the next start.")
    return found.encode()


def _make(path: Path) -> None:
    """Write a secret under another name, and give it this one unless another process was quicker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)

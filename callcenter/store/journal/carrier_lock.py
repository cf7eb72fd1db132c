"""One process at a time carries over, whatever number of them share a journal.

The lock is the system's, taken through SQLite on an empty file beside the journal: it is gone with the process that
held it, however that ended, needs no clock, and works wherever SQLite does.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


class CarrierLock:
    """Taken and released by who carries over; used in one thread."""

    def __init__(self, journal: Path) -> None:
        path = journal.with_name(f"{journal.name}-carrier")
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)

    def take(self) -> bool:
        """Take it if nobody has it."""
        try:
            self._connection.execute("begin exclusive")
        except sqlite3.OperationalError:
            return False
        return True

    def release(self) -> None:
        """Let another one take it."""
        self._connection.execute("rollback")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

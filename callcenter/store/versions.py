"""What is kept whole, as JSON, with every version of it: the same for articles and for service scripts.

A new version goes over the one before only where that is the newest; the versions stand in a table of their own.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from callcenter.errors import CustomerError, InvalidRequest, StoreUnavailable
from callcenter.store.rows import time_text

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Row = tuple[str, int, str, str, str]
"""Name, version, status, time and payload."""


class _Version(Protocol):
    """A version of something."""

    @property
    def version(self) -> int: ...
    @property
    def status(self) -> StrEnum: ...
    @property
    def updated_at(self) -> datetime | None: ...
    def model_dump_json(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Versioned(Generic[Item]):
    """The tables of one kind of thing."""

    table: str
    """Of the newest versions: `articles`."""
    versions: str
    key: str
    """The column of both that names a thing."""
    items: TypeAdapter[list[Item]]
    conflict: type[CustomerError]
    """Raised where somebody was quicker."""

    def row(self, name: str, item: _Version) -> Row:
        """Return a version as it is kept. Raises InvalidRequest for text that can't be stored."""
        assert item.version and item.updated_at, "only the folder has version 0"  # noqa: PT018, S101
        try:
            payload = item.model_dump_json()
        except ValueError:
            # The exception quotes the text: not passed on.
            raise InvalidRequest("A text holds half a character (a lone surrogate) and can't be stored.") from None
        return name, item.version, item.status.value, time_text(item.updated_at), payload

    def newest(self, connection: sqlite3.Connection) -> list[Item]:
        """Read them all, by name."""
        sql = f"select payload from {self.table} order by {self.key}"  # noqa: S608 (ours)
        return self._of(connection, sql, ())

    def kept(self, connection: sqlite3.Connection) -> int:
        """Add up the newest versions."""
        sql = f"select coalesce(sum(version), 0) from {self.table}"  # noqa: S608 (ours)
        kept: int = connection.execute(sql).fetchone()[0]
        return kept

    def last(self, name: str, most: int, connection: sqlite3.Connection) -> list[Item]:
        """Read the last so many versions of one, oldest first."""
        sql = f"select payload from {self.versions} where {self.key} = ? order by version desc limit ?"  # noqa: S608 (ours)
        return self._of(connection, sql, (name, most))[::-1]

    def save(self, row: Row, actor: str, connection: sqlite3.Connection) -> None:
        """Write a version into both tables. Raises what stands for a conflict."""
        name, version, status, at, payload = row
        table, key = self.table, self.key
        if version == 1:
            sql = f"insert into {table} ({key}, version, status, updated_at, payload) values (?, ?, ?, ?, ?)"  # noqa: S608 (ours)
            done = connection.execute(f"{sql} on conflict ({key}) do nothing", row)
        else:
            changed = "version = ?, status = ?, updated_at = ?, payload = ?"
            sql = f"update {table} set {changed} where {key} = ? and version = ?"  # noqa: S608 (ours)
            done = connection.execute(sql, (version, status, at, payload, name, version - 1))
        if not done.rowcount:
            raise self.conflict
        sql = f"insert into {self.versions} values (?, ?, ?, ?, ?)"  # noqa: S608 (ours)
        connection.execute(sql, (name, version, at, actor, payload))

    def read(self, adapter: TypeAdapter[Answer], value: object) -> Answer:
        """Return what a database function answered. Raises StoreUnavailable for what is not that."""
        try:
            return adapter.validate_python(value)
        except ValidationError:
            raise self.unreadable() from None

    def unreadable(self) -> StoreUnavailable:
        """Return what is raised for rows of another version of the product."""
        # Whatever the exception says quotes what came: not passed on.
        return StoreUnavailable(
            f"Stored {self.table} can't be read by this version of callcenter; another one wrote them."
        )

    def _of(self, connection: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> list[Item]:
        text = f"[{','.join(payload for (payload,) in connection.execute(sql, values))}]"
        try:
            return self.items.validate_json(text)
        except ValidationError:
            raise self.unreadable() from None

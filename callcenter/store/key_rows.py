"""Keep API keys in SQLite: each function is the work of one lane on one connection."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Final

from pydantic import ValidationError

from callcenter.errors import InvalidRequest, StoreUnavailable
from callcenter.store.api_keys import MAX_KEYS, ApiKey
from callcenter.store.rows import time_text

KEY_COLUMNS: Final = tuple(ApiKey.model_fields)
"""A key's columns are its fields, one to one."""

_COLUMNS: Final = ", ".join(KEY_COLUMNS)
_ADD: Final = f"insert into api_keys ({_COLUMNS}) values ({', '.join('?' * len(KEY_COLUMNS))})"  # noqa: S608 (ours)
_LIST: Final = f"select {_COLUMNS} from api_keys order by created_at desc, id desc limit {MAX_KEYS}"  # noqa: S608 (ours)


def key_row(key: ApiKey) -> dict[str, str | None]:
    """Return a key as its columns."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "secret_sha256": key.secret_sha256,
        "created_at": time_text(key.created_at),
        "expires_at": time_text(key.expires_at) if key.expires_at else None,
        "last_used_on": key.last_used_on.isoformat() if key.last_used_on else None,
    }


def read_key(row: dict[str, object]) -> ApiKey:
    """Return a key from its columns. Raises StoreUnavailable for what no version of ours wrote."""
    try:
        return ApiKey.model_validate(row)
    except ValidationError:
        # The exception quotes what was read: not passed on.
        raise StoreUnavailable("The store holds an API key that this version of callcenter can't read.") from None


def key_taken() -> InvalidRequest:
    """Return what refuses a second key of the same id."""
    return InvalidRequest("An API key with this id exists already; make another.")


def add(key: ApiKey, connection: sqlite3.Connection) -> None:
    """Keep a new key."""
    try:
        connection.execute(_ADD, tuple(key_row(key).values()))
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
            raise key_taken() from None
        raise


def listed(connection: sqlite3.Connection) -> list[ApiKey]:
    """Return all keys."""
    return [read_key(dict(zip(KEY_COLUMNS, row, strict=True))) for row in connection.execute(_LIST)]


def used(key_id: str, day: date, connection: sqlite3.Connection) -> None:
    """Note a day on which a key was used, unless a later one is known."""
    connection.execute(
        "update api_keys set last_used_on = ?1 where id = ?2 and (last_used_on is null or last_used_on < ?1)",
        (day.isoformat(), key_id),
    )


def remove(key_id: str, connection: sqlite3.Connection) -> bool:
    """Delete a key and say whether there was one."""
    return connection.execute("delete from api_keys where id = ?", (key_id,)).rowcount > 0

"""Connect to a PostgreSQL by its address, and say in a sentence what went wrong.

An address holds a password. No message quotes one, nor what libpq says of an address it can't read: unless its letters
are percent-encoded, a password's pieces are taken for host, port or database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from callcenter.errors import ConfigurationError, StoreUnavailable

OLDEST: Final = 15
"""The first PostgreSQL whose views look at rows as whoever asks (security_invoker)."""

_OURS: Final = {"connect_timeout": "10", "application_name": "callcenter"}
"""Where an address does not say otherwise."""
_SCHEMES: Final = ("postgresql://", "postgres://")
_UNREADABLE: Final = (
    "This is no address of a PostgreSQL. It looks like postgresql://USER:PASSWORD@HOST:5432/postgres; letters such as"
    " @ : / ? # % in the password are percent-encoded."
)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect to the database at `url` in a way that any pooler takes, and hang up afterwards.

    Raises ConfigurationError for an address, server or statement that can't work, StoreUnavailable where the server
    does not answer, does not let us in, or somebody is in the way.
    """
    address = _read(url)
    try:
        # Nothing is prepared: poolers give each transaction to whichever connection is free.
        connection = psycopg.connect(make_conninfo(**(_OURS | address)), prepare_threshold=None)
    except psycopg.Error as error:
        raise StoreUnavailable(f"PostgreSQL can't be reached: {_said(error, address)}.") from None
    try:
        with connection:
            if connection.info.server_version < OLDEST * 10_000:
                raise ConfigurationError(f"PostgreSQL {OLDEST} or newer is needed; this server is older.")
            yield connection
    except psycopg.errors.LockNotAvailable:
        raise StoreUnavailable("Somebody else is changing the database, or keeps it busy; try again later.") from None
    except psycopg.OperationalError as error:
        raise StoreUnavailable(f"PostgreSQL broke off: {reason(error)}.") from None
    except psycopg.Error as error:
        raise ConfigurationError(f"PostgreSQL refuses: {reason(error)}.") from None


def reason(error: psycopg.Error) -> str:
    """Return what a server says of an error, without the rows it is about."""
    said = error.diag.message_primary or (str(error).splitlines() or [type(error).__name__])[0]
    return said.rstrip(".")


def _read(url: str) -> dict[str, str]:
    if not url.startswith(_SCHEMES):
        raise ConfigurationError(_UNREADABLE)
    try:
        address = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        raise ConfigurationError(_UNREADABLE) from None
    torn = any("@" in address.get(part, "") for part in ("host", "dbname"))
    if torn or not all(port.isdigit() for port in address.get("port", "5432").split(",")):
        raise ConfigurationError(_UNREADABLE)
    return address


def _said(error: psycopg.Error, address: dict[str, str]) -> str:
    said = reason(error)
    password = address.get("password")
    return said.replace(password, "...") if password else said

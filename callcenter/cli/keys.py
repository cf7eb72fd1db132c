"""`callcenter keys`: make API keys in the configured store, list them, take them back.

A key is never an argument, which other users of the machine could see; it is printed once, when it is made.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import typer
from pydantic import ValidationError

from callcenter.auth import ID_BYTES, SECRET_BYTES, new_key
from callcenter.bootstrap import open_store, system_sources
from callcenter.errors import InvalidRequest
from callcenter.settings import AuthMode, Settings
from callcenter.store import Store
from callcenter.store.api_keys import MAX_KEYS, ApiKey, KeyRole

_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([dh])", re.ASCII)

Result = TypeVar("Result")


def create(settings: Settings, name: str, *, role: KeyRole, expires: str | None) -> None:
    """Make a key and print it. Raises InvalidRequest for a name or a span that is none, and beyond MAX_KEYS."""
    now = system_sources().now()
    ends_at = now + _span(expires) if expires else None
    try:
        key, kept = new_key(
            secrets.token_bytes(ID_BYTES + SECRET_BYTES), name=name, role=role, now=now, expires_at=ends_at
        )
    except ValidationError:
        raise InvalidRequest("NAME must be 1 to 64 characters, on one line.") from None

    async def add(store: Store) -> None:
        if len(await store.keys()) >= MAX_KEYS:
            raise InvalidRequest(f"There are {MAX_KEYS} keys already; revoke some that are not used any more.")
        await store.add_key(kept)

    _with_store(settings, add)
    typer.echo(key)
    until = f"until {kept.expires_at:%Y-%m-%d %H:%M} UTC" if kept.expires_at else "until it is revoked"
    typer.echo(f"This key is shown once. It holds {until}: callcenter keys revoke {kept.id}", err=True)
    if settings.auth is AuthMode.open:
        typer.echo("Keys are asked for with CALLCENTER_AUTH=required; the server is in open mode.", err=True)


def show(settings: Settings) -> None:
    """Print the keys, one a line."""
    found = _with_store(settings, lambda store: store.keys())
    if not found:
        typer.echo("There are no keys. Make one with `callcenter keys create NAME`.", err=True)
        return
    now = system_sources().now()
    lines = [("ID", "ROLE", "CREATED", "EXPIRES", "LAST USED", "NAME"), *(_line(key, now) for key in found)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        *cells, name = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        typer.echo("  ".join((*cells, name.rstrip())))


def revoke(settings: Settings, key_id: str) -> None:
    """Delete a key. Raises InvalidRequest when there is none of this id."""
    if not _with_store(settings, lambda store: store.remove_key(key_id)):
        raise InvalidRequest("No key has this id; see `callcenter keys list`.")
    typer.echo(f"Revoked {key_id}. Running servers refuse it within a minute.")


def _line(key: ApiKey, now: datetime) -> tuple[str, ...]:
    expires = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never"
    if key.expires_at and key.expires_at <= now:
        expires += " (over)"
    last_used = f"{key.last_used_on}" if key.last_used_on else "never"
    return key.id, key.role, f"{key.created_at:%Y-%m-%d}", expires, last_used, key.name


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise InvalidRequest("--expires takes days or hours from now, such as 90d or 12h.")
    number = int(found[1])
    return timedelta(days=number) if found[2] == "d" else timedelta(hours=number)


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        store = await open_store(settings)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())

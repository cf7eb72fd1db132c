"""What can be configured, read once from the environment (prefix CALLCENTER_) and an `.env` file.

Every field's string is the text of docs/configuration.md. A value that can't be used is refused at start, by name.
"""

from __future__ import annotations

import ipaddress
import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from callcenter.errors import ConfigurationError, UnsafeListen

MIN_KEY_CHARS: Final = 24
"""A shorter API key can be guessed; `python -c 'import secrets; print(secrets.token_urlsafe(32))'` makes a good one."""


class AuthMode(StrEnum):
    """Who may use the API."""

    open = "open"
    required = "required"


class StoreKind(StrEnum):
    """Where calls and tickets are kept."""

    sqlite = "sqlite"


class Settings(BaseSettings):
    """The configuration of one server."""

    model_config = SettingsConfigDict(
        env_prefix="CALLCENTER_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's loopback needs CALLCENTER_AUTH=required."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one and prints it."""
    data_dir: Path = Path("data")
    """Folder of the embedded database; made when missing."""
    company: Path | None = None
    """Folder that describes the business (see `callcenter init`). Unset: the demo company, Ornina."""
    store: StoreKind = StoreKind.sqlite
    """Where calls and tickets are kept."""
    auth: AuthMode = AuthMode.open
    """`open`: no key is asked, and only this machine is served. `required`: every call of the API needs a key."""
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Comma-separated keys accepted as `Authorization: Bearer KEY`, at least 24 characters each."""
    public_url: str | None = None
    """The address under which customers' browsers see the server; its origin may open WebSockets."""

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("api_keys")
    @classmethod
    def _long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < MIN_KEY_CHARS for key in keys):
            raise ValueError(f"each key needs at least {MIN_KEY_CHARS} characters")
        return keys

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, url: str | None) -> str | None:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url.rstrip("/") if url else None

    @property
    def database(self) -> Path:
        """The embedded store's file."""
        return self.data_dir / "callcenter.sqlite3"


def read_settings(**overrides: object) -> Settings:
    """Read the environment; `overrides` (the command line) win. Raises ConfigurationError naming each bad setting."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type] # pydantic validates what the command line gave
    except ValidationError as error:
        problems = "; ".join(
            f"CALLCENTER_{str(each['loc'][0] if each['loc'] else '').upper()}: {each['msg']}" for each in error.errors()
        )
        raise ConfigurationError(problems) from None
    check_listen(settings)
    return settings


def check_listen(settings: Settings) -> None:
    """Refuse what would serve strangers. Raises UnsafeListen, or ConfigurationError when required keys are missing."""
    if settings.auth is AuthMode.required:
        if not settings.api_keys:
            raise ConfigurationError("CALLCENTER_AUTH=required needs at least one key in CALLCENTER_API_KEYS.")
        return
    if settings.public_url and not is_loopback(urlsplit(settings.public_url).hostname or ""):
        raise UnsafeListen(
            f"CALLCENTER_PUBLIC_URL={settings.public_url} offers the server to others, but no key is asked. Set "
            "CALLCENTER_AUTH=required and CALLCENTER_API_KEYS."
        )
    if not is_loopback(settings.host):
        raise UnsafeListen(
            f"CALLCENTER_HOST={settings.host} would let other machines in without a key. Set CALLCENTER_AUTH=required "
            "and CALLCENTER_API_KEYS, or listen on 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether an address, or every address of a name, is this machine's loopback."""
    bare = host.strip("[]").split("%", 1)[0]
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(bare, None)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(each[4][0]).split("%", 1)[0]).is_loopback for each in found)

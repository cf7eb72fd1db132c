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

MIN_SECRET_CHARS: Final = 32
"""Likewise for what signs tokens: whoever guesses it is anybody's customer."""


class AuthMode(StrEnum):
    """Who may use the API."""

    open = "open"
    required = "required"


class StoreKind(StrEnum):
    """Where calls and tickets are kept."""

    sqlite = "sqlite"
    supabase = "supabase"


class OpenAIApi(StrEnum):
    """Which of OpenAI's APIs a server speaks."""

    responses = "responses"
    chat = "chat"


class ReasoningEffort(StrEnum):
    """How hard a model thinks before it speaks."""

    none = "none"
    minimal = "minimal"
    low = "low"
    medium = "medium"
    high = "high"


class AnalysisMode(StrEnum):
    """Who understands a message."""

    rules = "rules"
    hybrid = "hybrid"


Seconds = Annotated[float, Field(gt=0, le=600)]
Dollars = Annotated[float, Field(ge=0, le=10_000)]


class Settings(BaseSettings):
    """The configuration of one server."""

    model_config = SettingsConfigDict(
        env_prefix="CALLCENTER_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
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
    """Where calls and tickets are kept: `sqlite`, in the data folder, or `supabase`."""
    supabase_url: Annotated[str | None, Field(validation_alias="SUPABASE_URL")] = None
    """Address of the Supabase project; with CALLCENTER_AUTH=required its users may sign in as agents."""
    supabase_secret_key: Annotated[SecretStr | None, Field(validation_alias="SUPABASE_SECRET_KEY")] = None
    """The project's secret (service role) key. It passes by row-level security: keep it on the server."""
    supabase_db_url: Annotated[SecretStr | None, Field(validation_alias="SUPABASE_DB_URL")] = None
    """Connection string of the project's PostgreSQL, for `callcenter migrate` only."""
    supabase_seconds: Seconds = 5
    """How long a request to Supabase may take; then the call goes on in the journal."""
    auth: AuthMode = AuthMode.open
    """`open`: no key is asked, and only this machine is served. `required`: every call of the API needs a key, the
    token of a call's customer, or the access token of somebody signed in at Supabase."""
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Comma-separated keys accepted as `Authorization: Bearer KEY`, at least 24 characters each; beside them count
    those of `callcenter keys`."""
    secret: Annotated[SecretStr | None, Field(min_length=MIN_SECRET_CHARS)] = None
    """Signs customers' tokens and WebSocket tickets; the same on all servers of a company, at least 32 characters.
    Unset: one is made, in `secret.key` of the data folder."""
    customer_token_seconds: Annotated[int, Field(ge=60, le=30 * 24 * 60 * 60)] = 24 * 60 * 60
    """How long the token holds that comes with a new call."""
    public_url: str | None = None
    """The address under which customers' browsers see the server; its origin may open WebSockets."""

    openai_api_key: Annotated[SecretStr | None, Field(validation_alias="OPENAI_API_KEY")] = None
    """With it the personas speak through a language model; without key and address, the offline voice speaks."""
    openai_base_url: Annotated[str | None, Field(validation_alias="OPENAI_BASE_URL")] = None
    """Address of a server that speaks OpenAI's protocol (Azure, vLLM, Ollama, LiteLLM ...). Unset or empty: OpenAI."""
    openai_api: OpenAIApi = OpenAIApi.responses
    """`responses`, or `chat` for servers that speak only Chat Completions."""
    openai_model: str = "gpt-4.1-mini"
    """The model that speaks; one that does not think first answers a customer soonest."""
    openai_reasoning: ReasoningEffort | None = None
    """How hard a model that thinks first should think. Unset: its own; models that don't think take none."""
    openai_temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Unset: the model's own; reasoning models take none."""
    openai_max_output_tokens: Annotated[int, Field(ge=64, le=100_000)] = 800
    """The longest reply; a reasoning model's thoughts count."""
    openai_prompt_tokens: Annotated[int, Field(ge=2_000, le=1_000_000)] = 8_000
    """The longest prompt, roughly; older turns give way to a summary."""
    openai_connect_seconds: Seconds = 3
    """How long to wait for a connection."""
    openai_first_token_seconds: Seconds = 8
    """How long to wait for the first piece of a reply; then one retry, then the offline voice."""
    openai_idle_seconds: Seconds = 6
    """How long to wait between two pieces; then the offline voice carries on."""
    openai_total_seconds: Seconds = 45
    """How long a reply may take in all, retries and tools included."""
    openai_input_price: Dollars | None = None
    """US dollars a million input tokens; with the output price, costs are told."""
    openai_cached_price: Dollars | None = None
    """US dollars a million input tokens the provider had cached; unset: as other input."""
    openai_output_price: Dollars | None = None
    """US dollars a million output tokens."""
    call_tokens: Annotated[int, Field(ge=1)] | None = None
    """What models may read and write for one call; beyond it the offline voice speaks. Unset: no bound."""
    day_tokens: Annotated[int, Field(ge=1)] | None = None
    """The same for all calls of a day (UTC)."""
    analysis: AnalysisMode = AnalysisMode.rules
    """`hybrid`: where the rules are unsure of a message, the model is asked for a second opinion."""
    analysis_seconds: Seconds = 1.5
    """How long a second opinion may take; then the rules' verdict stands."""

    @field_validator(
        "openai_api_key",
        "openai_base_url",
        "supabase_url",
        "supabase_secret_key",
        "supabase_db_url",
        "secret",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("openai_base_url", "supabase_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url

    @property
    def speaks_through_model(self) -> bool:
        """Whether a language model is configured."""
        return self.openai_api_key is not None or self.openai_base_url is not None

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
    def journal(self) -> Path:
        """The file that keeps calls while Supabase is away."""
        return self.data_dir / "journal.sqlite3"

    @property
    def secret_file(self) -> Path:
        """The file that keeps the secret which is not configured."""
        return self.data_dir / "secret.key"

    @property
    def database(self) -> Path:
        """The embedded store's file."""
        return self.data_dir / "callcenter.sqlite3"


def variable(setting: str) -> str:
    """Return the environment variable of a setting; what belongs to OpenAI keeps the name it has everywhere."""
    alias = Settings.model_fields[setting].validation_alias if setting in Settings.model_fields else None
    return alias if isinstance(alias, str) else f"CALLCENTER_{setting.upper()}"


def read_settings(**overrides: object) -> Settings:
    """Read the environment; `overrides` (the command line) win. Raises ConfigurationError naming each bad setting."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type] # pydantic validates what the command line gave
    except ValidationError as error:
        problems = "; ".join(f"{_named(each['loc'])}: {each['msg']}" for each in error.errors())
        raise ConfigurationError(problems) from None
    check_listen(settings)
    return settings


def _named(place: tuple[int | str, ...]) -> str:
    """Return the variable an error is about; pydantic names a setting with an alias by that."""
    name = str(place[0]) if place else ""
    return name if name.isupper() else variable(name)


def check_listen(settings: Settings) -> None:
    """Refuse what would serve strangers. Raises UnsafeListen."""
    if settings.auth is AuthMode.required:
        return
    if settings.public_url and not is_loopback(urlsplit(settings.public_url).hostname or ""):
        raise UnsafeListen(
            f"CALLCENTER_PUBLIC_URL={settings.public_url} offers the server to others, but no key is asked. Set "
            "CALLCENTER_AUTH=required and make a key with `callcenter keys create`."
        )
    if not is_loopback(settings.host):
        raise UnsafeListen(
            f"CALLCENTER_HOST={settings.host} would let other machines in without a key. Set CALLCENTER_AUTH=required "
            "and make a key with `callcenter keys create`, or listen on 127.0.0.1."
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

"""Ask a Supabase project's data API, through the official client, and tell apart how it fails.

What the answer says decides, not what the client makes of it: an answer from no data API at all (a proxy's page) says
that it is away, a refusal says so, and a race is what our own functions raised. Nothing is retried: that is for callers
who know whether it may be done twice. What the data API writes about an error may quote rows, so that only its code
gets into a message. `import supabase` takes a second: this module is loaded only where it is configured.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from supabase import AsyncClient, AsyncClientOptions, AsyncSupabaseException, acreate_client

from callcenter.errors import (
    ArticleConflict,
    CallCenterError,
    CallExists,
    ConfigurationError,
    InvalidRequest,
    MessageTaken,
    RecordConflict,
    ScriptConflict,
    StoreRefused,
    StoreUnavailable,
    TicketConflict,
    TicketNumberTaken,
    TurnConflict,
)

Row = Mapping[str, object]

_CONNECTIONS: Final = 50
"""At once, all kept open: the client would close what is beyond those it may keep, and connect anew each time."""
_CONNECT_SECONDS: Final = 3.0
_IDLE_SECONDS: Final = 30.0
"""A connection unused for so long is closed by us, before those in between do it unseen."""

_TALKATIVE: Final = ("httpx", "hpack")
"""Loggers that note each request's whole address, with the ids of calls in it, and its headers, with the key."""

_RACES: Final[Mapping[str, type[CallCenterError]]] = {
    each.code: each
    for each in (
        ArticleConflict,
        CallExists,
        MessageTaken,
        ScriptConflict,
        RecordConflict,
        TicketConflict,
        TicketNumberTaken,
        TurnConflict,
    )
}
"""What our functions raise as PT409, by the message they give it."""

_IN_TROUBLE: Final = ("PGRST00", "08", "25006", "40", "53", "55", "57", "58", "XX")
"""Codes, by how they begin, of a database that can't now: no connection, read-only for a full disk, out of memory."""
_OUR_MISTAKE: Final = ("38", "39", "42", "54", "P0")
"""Codes, by how they begin, of what would fail again and again, though they come as status 500."""
_NO_MIGRATION: Final = frozenset({"PGRST200", "PGRST202", "PGRST204", "PGRST205", "42703", "42883", "42P01"})
"""A table, a column or a function is missing."""
_WRONG_KEY: Final = frozenset({401, 403})
_LATER: Final = frozenset({408, 425, 429})
"""Statuses that ask to come again."""

_CODE: Final = re.compile(r"[A-Z0-9]{3,10}")


class _Refusal(BaseModel):
    """What the data API, or the gate before it, says of an error; `details` and `hint` are left out: they quote."""

    model_config = ConfigDict(extra="ignore")

    code: str | int | None = None
    message: str | None = None


class Answer(Protocol):
    """What the official client returns."""

    @property
    def data(self) -> object:
        """The body, read as JSON; text where it is none."""
        ...

    @property
    def count(self) -> int | None:
        """Of all rows that match, where it was asked for."""
        ...


class Question(Protocol):
    """A request of the official client, ready to be sent."""

    async def execute(self) -> Answer:
        """Send it."""
        ...


class DataAPI:
    """The data API of one project. Made, used and closed on one event loop."""

    def __init__(self, client: AsyncClient, http: httpx.AsyncClient, seconds: float) -> None:
        """Hold what `open` made; use that."""
        self.client = client
        """Builds the requests that `rows` sends."""
        self._http = http
        self._seconds = seconds
        self._under_way = 0
        self._idle = asyncio.Event()
        self._closed = False

    @classmethod
    async def open(cls, url: str, secret_key: str, *, seconds: float) -> DataAPI:
        """Get ready to ask the project at `url`; nothing is sent. `seconds` is what an answer may take as a whole.

        Raises ConfigurationError for what is no address or key.
        """
        for talkative in _TALKATIVE:
            logging.getLogger(talkative).setLevel(logging.WARNING)
        http = httpx.AsyncClient(
            http2=True,
            timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            limits=httpx.Limits(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                keepalive_expiry=_IDLE_SECONDS,
            ),
            event_hooks={"response": [_raise_refusal]},
        )
        options = AsyncClientOptions(
            httpx_client=http,
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,
        )
        try:
            client = await acreate_client(url, secret_key, options)
        except (AsyncSupabaseException, ValueError) as error:
            await http.aclose()
            raise ConfigurationError(
                "SUPABASE_URL must be like https://PROJECT.supabase.co, SUPABASE_SECRET_KEY the project's secret key."
            ) from error
        return cls(client, http, seconds)

    async def call(self, function: str, **arguments: object) -> object:
        """Call a function of the database and return what it returned.

        Raises InvalidRequest for text that can't be sent, the errors of a race, StoreRefused, StoreUnavailable.
        """
        return (await self._ask(self.client.rpc(function, arguments))).data

    async def done(self, function: str, **arguments: object) -> None:
        """Call a function that returns nothing, and make sure that it did: a proxy's page is no receipt."""
        if await self.call(function, **arguments) not in (None, [], ""):
            raise _garbled()

    async def rows(self, question: Question) -> tuple[Sequence[Row], int]:
        """Return rows of a table, and how many match in all where the question asks for that, else how many came."""
        answer = await self._ask(question)
        found = answer.data
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise _garbled()
        return found, len(found) if answer.count is None else answer.count

    async def close(self) -> None:
        """Wait for what was asked already, then hang up."""
        self._closed = True
        while self._under_way:
            await self._idle.wait()
        await self._http.aclose()

    async def _ask(self, question: Question) -> Answer:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        self._under_way += 1
        self._idle.clear()
        try:
            # httpx counts from piece to piece; whoever waits for an answer counts all of it.
            async with asyncio.timeout(self._seconds):
                return await question.execute()
        except TimeoutError:
            raise StoreUnavailable(f"Supabase gave no answer within {self._seconds:g} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # Its name says enough; its text may hold the address, and so the id of a call.
            raise StoreUnavailable(f"Supabase can't be reached: {type(error).__name__}.") from None
        except UnicodeEncodeError:
            raise InvalidRequest("A text holds half a character (a lone surrogate) and can't be asked for.") from None
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()


def sendable(text: str) -> str:
    """Return a text that may be asked for. Raises InvalidRequest for a NUL, which PostgreSQL can't keep or compare."""
    if "\0" in text:
        raise InvalidRequest("A text holds a NUL character and can't be asked for.")
    return text


def is_text(text: str) -> tuple[str, str]:
    """Return operator and operand of a filter for an id, whatever it is made of.

    In a list of one, since only there it may be quoted, and so is never read as null, as true or as a list itself.
    """
    return "in", f"({quoted(text)})"


def quoted(text: str) -> str:
    """Return a value as it stands within a condition that is put together of several."""
    escaped = sendable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def texts(values: Sequence[object]) -> list[str]:
    """Return values that came as JSON as JSON again, which is what rows.py reads. Raises StoreUnavailable."""
    try:
        return [orjson.dumps(value).decode() for value in values]
    except TypeError:
        raise _garbled() from None


def failure(status: int, body: bytes) -> CallCenterError:
    """Return what an answer that is no success means."""
    try:
        said = _Refusal.model_validate_json(body)
    except ValidationError:
        return StoreUnavailable(f"Something before Supabase answered in its place, with status {status}.")
    code = str(said.code) if _CODE.fullmatch(str(said.code)) else ""
    race = _RACES.get(said.message or "") if code == "PT409" else None
    if race is not None:
        return race()
    name = f"{status} {code}".rstrip()
    if code.startswith(_IN_TROUBLE) or (
        not code.startswith(_OUR_MISTAKE) and (status not in range(400, 500) or status in _LATER)
    ):
        return StoreUnavailable(f"Supabase can't now: {name}.")
    return StoreRefused(f"Supabase refuses what it is asked: {name}. {_advice(status, code)}")


def _advice(status: int, code: str) -> str:
    if code in _NO_MIGRATION:
        return "The database lacks what this version needs; run `callcenter migrate`."
    if code == "42501":
        return (
            "SUPABASE_SECRET_KEY has no right to it; it must be the project's secret key, and `callcenter migrate` run."
        )
    if status in _WRONG_KEY:
        return "See whether SUPABASE_SECRET_KEY is the project's secret key."
    return "See whether `callcenter migrate` was run with this version."


async def _raise_refusal(response: httpx.Response) -> None:
    if not response.is_success:
        raise failure(response.status_code, await response.aread())


def _garbled() -> StoreUnavailable:
    return StoreUnavailable("Something before Supabase answered in its place, with what is no answer of it.")

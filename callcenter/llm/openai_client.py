"""The way to a server that speaks OpenAI's protocol: one official client a process, its answers read unparsed.

A request that the client makes, and an answer that it types, cost more than the rest of a turn. So it says where to,
by which way and with which headers, once; what is sent goes over its transport's own session, as it is. Whatever goes
wrong becomes a ModelFailed here. Its invariant: no body is logged or kept, for it may quote the customer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from math import isnan
from typing import Final, Protocol, Self, cast

import aiohttp
import httpx2
import orjson
from openai import AsyncOpenAI, DefaultAioHttpClient

from callcenter.errors import ModelFailed
from callcenter.llm import Failure
from callcenter.llm.event_stream import MAX_EVENT_BYTES, EventReader, Json
from callcenter.llm.prompt import ToolCall

OPENAI: Final = "https://api.openai.com/v1"
"""Said outright: left out, the client would read OPENAI_BASE_URL, and break where that is empty."""
_NO_KEY: Final = "none"
"""For servers that want none; the client insists on one."""
_LIMITS: Final = httpx2.Limits(max_connections=1_000, max_keepalive_connections=200, keepalive_expiry=30)
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}
"""Compressed, the pieces of a stream could come late."""
_ENOUGH: Final = 0.5
"""Seconds a server may take to end a body after its last word, so that the connection can be used again."""
_TROUBLES: Final = (aiohttp.ClientError, OSError)
_BY_KIND: Final = (
    (aiohttp.ConnectionTimeoutError, Failure.connect_timeout),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), Failure.request_refused),
    (aiohttp.ClientResponseError, Failure.garbled),
)
_NO_LIST: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
_LASTING: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""What a 429 may say that no waiting mends."""
_BY_CODE: Final = {
    "server_error": (Failure.server_error, True),
    "rate_limit_exceeded": (Failure.rate_limited, True),
    "insufficient_quota": (Failure.rate_limited, False),
    "invalid_api_key": (Failure.key_refused, False),
    "context_length_exceeded": (Failure.request_refused, False),
    "model_not_found": (Failure.request_refused, False),
    "invalid_prompt": (Failure.filtered, False),
    "content_filter": (Failure.filtered, False),
}


class _Transport(Protocol):
    """What the official client's transport over aiohttp has."""

    client: object
    """Its session, once it has been opened; closed with it."""
    proxy: httpx2.Proxy | None

    def get_client(self) -> aiohttp.ClientSession:
        """Open a session."""
        ...


class _Http(DefaultAioHttpClient):
    """The official client's HTTP client, which says by which way it reaches a place, TLS and proxies considered."""

    def transport_to(self, url: httpx2.URL) -> _Transport:
        """Return what carries requests to `url`."""
        return cast("_Transport", self._transport_for_url(url))


@dataclass(frozen=True, slots=True)
class _Way:
    """The way to one path of the server."""

    url: str
    session: aiohttp.ClientSession
    proxy: str | None


class Portions:
    """The events of an answer as they come, those that came together in one go.

    Iterating raises ModelFailed, after all that came before. No generator: every reply would pay for it.
    """

    __slots__ = ("_over", "_reader", "_response")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        """Read an answer of which nothing was read."""
        self._response = response
        self._reader = EventReader()
        self._over = False

    def __aiter__(self) -> Self:
        """Return itself: an answer is read once."""
        return self

    async def __anext__(self) -> list[Json]:
        """Wait for the next events."""
        reader, content = self._reader, self._response.content
        try:
            while not self._over:
                portion = await content.readany()
                events = reader.feed(portion) if portion else reader.finish()
                self._over = not portion or reader.garbled
                if events:
                    return events
        except _TROUBLES as trouble:
            failure = failure_of(trouble, silence=Failure.idle_timeout)
        else:
            if reader.begun and not reader.garbled:
                raise StopAsyncIteration
            failure = ModelFailed(reason=Failure.garbled)
        raise failure

    async def rest(self) -> list[Json]:
        """Return what follows a model's last word: a count of tokens perhaps; it may not fail any more."""
        following: list[Json] = []
        # Usually it came together with the last word.
        patience = nullcontext() if self._response.content.at_eof() else asyncio.timeout(_ENOUGH)
        with suppress(ModelFailed, TimeoutError):
            async with patience:
                async for events in self:
                    following += events
        return following

    def close(self) -> None:
        """Hang up, unless all was read: then the connection is kept for the next request."""
        self._response.close()


class OpenAIClient:
    """Connections to one server."""

    def __init__(
        self, *, api_key: str | None, base_url: str | None, connect_seconds: float, read_seconds: float
    ) -> None:
        """Take what is configured; nothing is connected yet.

        `read_seconds` is the longest silence on a connection, a last resort behind the deadlines of a reply.
        """
        self._timeout = aiohttp.ClientTimeout(
            connect=connect_seconds, sock_connect=connect_seconds, sock_read=read_seconds
        )
        self._http = _Http(limits=_LIMITS)
        self._client = AsyncOpenAI(api_key=api_key or _NO_KEY, base_url=base_url or OPENAI, http_client=self._http)
        self._ways: dict[str, _Way] = {}

    @property
    def at_openai(self) -> bool:
        """Whether this is OpenAI itself, which knows no parameters but its newest."""
        return self._client.base_url.host.endswith(".openai.com")

    async def stream(self, path: str, body: Json) -> Portions:
        """Return the events a request is answered with; to be closed. Raises ModelFailed when there is no answer."""
        return Portions(await self._open(path, body))

    async def ask(self, path: str, body: Json) -> Json:
        """Return the object a request is answered with. Raises ModelFailed."""
        answer = None
        with suppress(orjson.JSONDecodeError):
            answer = orjson.loads(await self._read(await self._open(path, body)))
        if type(answer) is not dict:
            raise ModelFailed(reason=Failure.garbled)
        return answer

    async def lists(self, model: str) -> bool:
        """Have the server list its models, and return whether this one is among them; True if it has no such list.

        It takes our key then, and connection and client are warm. Raises ModelFailed.
        """
        response = await self._send("GET", "models")
        if _taken(response):
            return _names(await self._read(response), model)
        if response.status in _NO_LIST:
            response.close()
            return True
        raise await self._refusal(response)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.close()

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        said = {**self._client.default_headers, **self._client.auth_headers, **_AS_IT_IS}
        return {name: value for name, value in said.items() if isinstance(value, str)}

    def _way(self, path: str) -> _Way:
        """Return the way to a path, found once."""
        way = self._ways.get(path)
        if way is None:
            base = self._client.base_url  # ends with a slash
            url = base.copy_with(raw_path=base.raw_path + path.encode())
            transport = self._http.transport_to(url)
            session = transport.client
            if not isinstance(session, aiohttp.ClientSession):
                session = transport.client = transport.get_client()
            way = self._ways[path] = _Way(str(url), session, _address(transport.proxy))
        return way

    async def _open(self, path: str, body: Json) -> aiohttp.ClientResponse:
        """Return what a request is answered with, unread. Raises ModelFailed."""
        response = await self._send("POST", path, orjson.dumps(body))
        if _taken(response):
            return response
        raise await self._refusal(response)

    async def _send(self, method: str, path: str, content: bytes | None = None) -> aiohttp.ClientResponse:
        """Return whatever answer comes, unread. Raises ModelFailed when none does."""
        try:
            way = self._way(path)
            return await way.session.request(
                method,
                way.url,
                data=content,
                headers=self._headers,
                timeout=self._timeout,
                proxy=way.proxy,
            )
        except _TROUBLES as trouble:
            failure = failure_of(trouble)
        raise failure  # outside, or the trouble and the request it holds would go with it

    async def _refusal(self, response: aiohttp.ClientResponse) -> ModelFailed:
        """Say in our words what an answer means that is none."""
        body = b""
        with suppress(ModelFailed):  # the status says enough
            body = await self._read(response)
        return refusal(response.status, response.headers, body, now=time.time())

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Return a body, as far as a sane one goes."""
        body = bytearray()
        try:
            while portion := await response.content.readany():
                body += portion
                if len(body) > MAX_EVENT_BYTES:
                    break
        except _TROUBLES as trouble:
            failure = failure_of(trouble, silence=Failure.idle_timeout)
        else:
            return bytes(body)
        finally:
            response.close()
        raise failure


def _address(proxy: httpx2.Proxy | None) -> str | None:
    """Return where a proxy is, with what it asks for in its address."""
    if proxy is None:
        return None
    username, password = proxy.auth or (None, None)
    return str(proxy.url.copy_with(username=username, password=password) if username else proxy.url)


def _taken(response: aiohttp.ClientResponse) -> bool:
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def _names(listing: bytes, model: str) -> bool:
    """Whether a list of models names this one; what is no list, or an empty one, says nothing."""
    try:
        models = orjson.loads(listing).get("data")
        names = [each.get("id") for each in models] if isinstance(models, list) else []
    except (orjson.JSONDecodeError, AttributeError):
        return True
    return model in names or not names


def together(heard: Iterator[str | ToolCall]) -> Iterator[str | ToolCall]:
    """Join the texts that came at once: what is ready goes out together. Raises what `heard` raises, after them."""
    text: str | None = None
    try:
        for each in heard:
            if isinstance(each, str):
                text = each if text is None else text + each
            else:
                if text is not None:
                    yield text
                text = None
                yield each
    except ModelFailed:
        if text is not None:
            yield text
        raise
    if text is not None:
        yield text


def failure_of(trouble: Exception, *, silence: Failure = Failure.first_token_timeout) -> ModelFailed:
    """Say in our words what went wrong; `silence` is what a read timeout means."""
    for kinds, reason in _BY_KIND:
        if isinstance(trouble, kinds):
            return ModelFailed(reason=reason, retry=reason is Failure.connect_timeout)
    if isinstance(trouble, aiohttp.SocketTimeoutError):
        return ModelFailed(reason=silence, retry=silence is Failure.first_token_timeout)
    return ModelFailed(reason=Failure.connection_lost, retry=True)


def failure_of_code(code: object) -> ModelFailed:
    """Say in our words what an error within an answer means; some servers put a status where OpenAI has a word."""
    if str(code).isdecimal():
        return _failure_of_status(int(str(code)))
    reason, retry = _BY_CODE.get(str(code), (Failure.server_error, False))
    return ModelFailed(reason=reason, retry=retry)


def failure_of_error(error: object) -> ModelFailed:
    """Say in our words what an error object means, whichever of its fields carries the code."""
    if isinstance(error, dict):
        return failure_of_code(error.get("code") or error.get("type"))
    return failure_of_code(None)


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> ModelFailed:
    """Say in our words what a status other than success means; `now` is in seconds since 1970."""
    failure = _failure_of_status(status)
    error = _error_in(body)
    code, kind = str(error.get("code")), str(error.get("type"))
    if _LASTING & {code, kind}:
        failure.retry = False
    elif failure.reason == Failure.request_refused and code in _BY_CODE:
        failure = failure_of_code(code)
    if "x-should-retry" in headers:
        failure.retry = headers["x-should-retry"] == "true"
    failure.retry_after = retry_after(headers, now)
    return failure


def _error_in(body: bytes) -> Json:
    """Return the error object of a body, empty where there is none; some servers leave out what it stands in."""
    found: object = None
    with suppress(orjson.JSONDecodeError):
        found = orjson.loads(body)
    if isinstance(found, dict):
        found = found.get("error", found)
    return found if isinstance(found, dict) else {}


def _failure_of_status(status: int) -> ModelFailed:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ModelFailed(reason=Failure.key_refused)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ModelFailed(reason=Failure.rate_limited, retry=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT):
        return ModelFailed(reason=Failure.server_error, retry=True)
    return ModelFailed(reason=Failure.request_refused)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds a server asks to be left alone: milliseconds, seconds or a date, whichever it says first."""
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(header)
        if said is None:
            continue
        try:
            seconds = float(said) * unit
        except ValueError:
            continue
        if not isnan(seconds):
            return max(seconds, 0.0)
    try:
        return max(parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return None

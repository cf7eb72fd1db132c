"""The way to a server that speaks OpenAI's protocol: one official client a process, its answers read unparsed.

Typed responses cost more than the rest of a turn, so that only the client's keys, headers, pool and errors are used.
Whatever goes wrong becomes a ModelFailed here. Its invariant: no body is logged or kept, for it may quote the customer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isnan
from typing import TYPE_CHECKING, Final

import aiohttp
import httpx2
import openai
import orjson
from openai import AsyncOpenAI, DefaultAioHttpClient

from callcenter.errors import ModelFailed
from callcenter.llm import Failure
from callcenter.llm.event_stream import MAX_EVENT_BYTES, EventReader, Json
from callcenter.llm.prompt import ToolCall

if TYPE_CHECKING:
    from openai._types import RequestOptions

OPENAI: Final = "https://api.openai.com/v1"
"""Said outright: left out, the client would read OPENAI_BASE_URL, and break where that is empty."""
_NO_KEY: Final = "none"
"""For servers that want none; the client insists on one."""
_LIMITS: Final = httpx2.Limits(max_connections=1_000, max_keepalive_connections=200, keepalive_expiry=30)
_UNREAD: Final[RequestOptions] = {"headers": {"X-Stainless-Raw-Response": "stream", "Accept-Encoding": "identity"}}
"""What the client's own `with_streaming_response` sets: the body is left to us, and comes as it is."""
_ENOUGH: Final = 0.5
"""Seconds a server may take to end a body after its last word, so that the connection can be used again."""
_TROUBLES: Final = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, aiohttp.ClientError, OSError)
_BY_CAUSE: Final = (
    (aiohttp.ConnectionTimeoutError, Failure.connect_timeout),
    ((httpx2.InvalidURL, httpx2.UnsupportedProtocol, aiohttp.InvalidURL), Failure.request_refused),
    ((httpx2.DecodingError, aiohttp.ClientResponseError, openai.APIResponseValidationError), Failure.garbled),
)
_SILENT: Final = (httpx2.ReadTimeout, httpx2.WriteTimeout, aiohttp.SocketTimeoutError)
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


class OpenAIClient:
    """Connections to one server."""

    def __init__(
        self, *, api_key: str | None, base_url: str | None, connect_seconds: float, read_seconds: float
    ) -> None:
        """Take what is configured; nothing is connected yet.

        `read_seconds` is the longest silence on a connection, a last resort behind the deadlines of a reply.
        """
        self._client = AsyncOpenAI(
            api_key=api_key or _NO_KEY,
            base_url=base_url or OPENAI,
            max_retries=0,
            timeout=httpx2.Timeout(read_seconds, connect=connect_seconds, pool=connect_seconds),
            http_client=DefaultAioHttpClient(limits=_LIMITS),
        )

    @property
    def at_openai(self) -> bool:
        """Whether this is OpenAI itself, which knows no parameters but its newest."""
        return self._client.base_url.host.endswith(".openai.com")

    async def stream(self, path: str, body: Json) -> AsyncGenerator[list[Json], None]:
        """Yield the events a request is answered with, those that came together in one go.

        Raises ModelFailed, after all that came before; closing it hangs up.
        """
        response = await self._send(path, body)
        reader = EventReader()
        failure = None
        try:
            async for portion in response.aiter_raw():
                events = reader.feed(portion)
                if events:
                    yield events
                if reader.garbled:
                    break
            else:
                yield reader.finish()
            if reader.garbled or not reader.begun:
                failure = ModelFailed(reason=Failure.garbled)
        except _TROUBLES as trouble:
            failure = failure_of(trouble, silence=Failure.idle_timeout, now=time.time())
        finally:
            await response.aclose()
        if failure:
            raise failure

    async def ask(self, path: str, body: Json) -> Json:
        """Return the object a request is answered with. Raises ModelFailed."""
        answer = None
        with suppress(orjson.JSONDecodeError):
            answer = orjson.loads(await self._read(await self._send(path, body)))
        if type(answer) is not dict:
            raise ModelFailed(reason=Failure.garbled)
        return answer

    async def lists(self, model: str) -> bool:
        """Have the server list its models, and return whether this one is among them; True if it has no such list.

        It takes our key then, and connection and client are warm. Raises ModelFailed.
        """
        try:
            response = await self._client.get("/models", cast_to=httpx2.Response, options=_UNREAD)
        except _TROUBLES as trouble:
            if _status(trouble) in _NO_LIST:
                return True
            failure = failure_of(trouble, now=time.time())
        else:
            return _names(await self._read(response), model)
        raise failure

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.close()

    async def _send(self, path: str, body: Json) -> httpx2.Response:
        try:
            return await self._client.post(path, cast_to=httpx2.Response, content=orjson.dumps(body), options=_UNREAD)
        except _TROUBLES as trouble:
            failure = failure_of(trouble, now=time.time())
        raise failure  # outside, or the trouble and the body it holds would go with it

    async def _read(self, response: httpx2.Response) -> bytes:
        """Return a body, as far as a sane one goes."""
        body = bytearray()
        try:
            async with aclosing(response.aiter_bytes()) as portions:
                async for portion in portions:
                    body += portion
                    if len(body) > MAX_EVENT_BYTES:
                        break
        except _TROUBLES as trouble:
            failure = failure_of(trouble, silence=Failure.idle_timeout, now=time.time())
        else:
            return bytes(body)
        finally:
            await response.aclose()
        raise failure


def _names(listing: bytes, model: str) -> bool:
    """Whether a list of models names this one; what is no list, or an empty one, says nothing."""
    try:
        models = orjson.loads(listing).get("data")
        names = [each.get("id") for each in models] if isinstance(models, list) else []
    except (orjson.JSONDecodeError, AttributeError):
        return True
    return model in names or not names


async def rest(portions: AsyncGenerator[list[Json], None]) -> list[Json]:
    """Return what follows a model's last word: a count of tokens perhaps; it may not fail any more."""
    following: list[Json] = []
    with suppress(ModelFailed, TimeoutError):
        async with asyncio.timeout(_ENOUGH):
            async for events in portions:
                following += events
    return following


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


def failure_of(trouble: Exception, *, silence: Failure = Failure.first_token_timeout, now: float) -> ModelFailed:
    """Say in our words what went wrong; `silence` is what a read timeout means, `now` is in seconds since 1970."""
    if isinstance(trouble, openai.APIStatusError):
        return _refused(trouble, now)
    causes = tuple(_causes(trouble))
    for kinds, reason in _BY_CAUSE:
        if any(isinstance(cause, kinds) for cause in causes):
            return ModelFailed(reason=reason, retry=reason is Failure.connect_timeout)
    if any(isinstance(cause, _SILENT) for cause in causes):
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


def _causes(trouble: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it: the transport calls every lost connection a timeout while connecting."""
    cause: BaseException | None = trouble
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _status(trouble: Exception) -> int | None:
    return trouble.status_code if isinstance(trouble, openai.APIStatusError) else None


def _refused(error: openai.APIStatusError, now: float) -> ModelFailed:
    failure = _failure_of_status(error.status_code)
    headers = error.response.headers
    if _LASTING & {str(error.code), str(error.type)}:
        failure.retry = False
    elif failure.reason == Failure.request_refused and str(error.code) in _BY_CODE:
        failure = failure_of_code(error.code)
    if "x-should-retry" in headers:
        failure.retry = headers["x-should-retry"] == "true"
    failure.retry_after = retry_after(headers, now)
    return failure


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

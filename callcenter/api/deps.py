"""What handlers get from a request, and how they answer: the App, the caller, a validated body, a response.

Bodies are read here rather than by the framework, so that size, media type, JSON and fields are refused alike
everywhere; responses are serialised once, straight from their model.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, cast

from fastapi import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from callcenter.api.errors import CREATED, MAX_BODY_BYTES, BodyTooLarge, UnsupportedMedia, invalid
from callcenter.auth import Principal
from callcenter.bootstrap import App
from callcenter.calls import CallId

Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")

HEADERS: Final[Mapping[str, str]] = {"X-Content-Type-Options": "nosniff"}
_JSON: Final = (b"application/json", b"+json")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the wire waits, in seconds, and how much it takes at once."""

    send: float = 5.0
    """For a socket to take what is sent to it; then its reader is too slow."""
    close: float = 15.0
    """For a slow reader to get around to the close frame."""
    keepalive: float = 15.0
    """Of silence on an event stream, then a comment is sent; proxies cut what is silent for 30 to 60."""
    catch_up: float = 1.0
    """For the bus to bring what a finished turn has already returned."""
    shutdown: float = 10.0
    """For turns in the making when the server stops; what is left unanswered then is answered after the restart."""
    turns: int = 8
    """Messages of one socket being answered at once; further frames wait unread."""


class Turns:
    """The turns in the making. They belong to nobody's connection: a client that goes away stops none."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def begin(self, turn: Coroutine[object, None, Result]) -> asyncio.Task[Result]:
        """Run a turn to its end, whoever waits for it."""
        task = asyncio.get_running_loop().create_task(turn)
        kept = cast("asyncio.Task[object]", task)
        self._tasks.add(kept)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Result]) -> None:
        self._tasks.discard(cast("asyncio.Task[object]", task))
        if not task.cancelled():
            task.exception()  # whoever began it reports it; nobody may be waiting any more

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._tasks)

    async def finish(self, seconds: float) -> None:
        """Wait for the turns in the making, at most so long."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            if late:
                _log.warning("turns cut off by shutdown", extra={"turns": len(late)})
                for task in late:
                    task.cancel()
                await asyncio.wait(late, timeout=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every request of one server works with."""

    app: App
    turns: Turns
    patience: Patience


def house_of(connection: HTTPConnection) -> House:
    """Return what this connection's server runs on."""
    return cast("House", connection.app.state.house)


async def _app(request: Request) -> App:
    return house_of(request).app


def principal_of(connection: HTTPConnection) -> Principal:
    """Return who is asking, as the edge has found."""
    return cast("Principal", connection.state.principal)


async def _principal(request: Request) -> Principal:
    return principal_of(request)


AppDep = Annotated[App, Depends(_app)]
PrincipalDep = Annotated[Principal, Depends(_principal)]


class DirectRoute(APIRoute):
    """A route whose handler takes the bare request: nothing is solved, validated or encoded around it.

    For the hot path; what its parameters are is said in `openapi_extra`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint itself."""
        return cast("Callable[[Request], Coroutine[Any, Any, Response]]", self.endpoint)


async def read(request: Request, model: type[Model]) -> Model:
    """Return the body as `model`. Raises BodyTooLarge, UnsupportedMedia, InvalidJson, InvalidRequest."""
    body = await read_body(request)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error, "body") from None


def has_body(request: Request) -> bool:
    """Whether a body came, where one may be left out."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def read_body(request: Request) -> bytes:
    """Return the body, refusing what is no JSON by its own account, or too large to be one of ours."""
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            if not value.partition(b";")[0].strip().lower().endswith(_JSON):
                raise UnsupportedMedia
            break
    size = 0
    pieces: list[bytes] = []
    more = True
    while more and size <= _READ_AT_MOST:  # by hand: the request's own stream costs more than reading the JSON does
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(piece)
        if size <= MAX_BODY_BYTES:
            pieces.append(piece)
    if size > MAX_BODY_BYTES:
        raise BodyTooLarge
    return b"".join(pieces)


_READ_AT_MOST: Final = 16 * MAX_BODY_BYTES
"""A body too large is read on so far and thrown away: a client still sending would not see the answer."""


class _Reply(Response):
    """JSON with the headers of every answer, encoded once instead of with each."""

    media_type = "application/json"

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Put them down; given others, as any response does."""
        if headers is not None:
            super().init_headers(headers)
        else:
            self.raw_headers = [*_HEADERS, (b"content-length", b"%d" % len(self.body))]


_HEADERS: Final = [
    *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in HEADERS.items()),
    (b"content-type", b"application/json"),
]


def reply(model: BaseModel) -> Response:
    """Return `model` as the response."""
    return _Reply(model.__pydantic_serializer__.to_json(model))


def created(model: BaseModel, call_id: CallId) -> Response:
    """Return `model` as the response to what began a call, with where to find the call."""
    response = reply(model)
    response.status_code = CREATED
    response.headers["Location"] = f"/api/calls/{call_id}"
    response.headers["Cache-Control"] = "no-store"  # it may hold the customer's token
    return response

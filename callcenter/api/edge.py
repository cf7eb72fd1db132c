"""The first thing every request meets: who may come in, and small courtesies of HTTP.

Plain ASGI, since every turn pays for it. Admits by Host and Origin, names the caller, lets a path end in a slash,
answers HEAD where GET is answered. Requests for the hot routes go straight to their handlers: they need nothing of the
framework's layers, which cost more than the message's own way in and out. Who may call what is said at each endpoint
and looked up in access.py; this module only knows which few paths ask for no key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.api.access import Access
from callcenter.api.deps import DirectRoute, House
from callcenter.api.errors import expected, failed, problem
from callcenter.auth import Guard
from callcenter.errors import CallCenterError

PUBLIC: Final = frozenset({"/", "/healthz", "/readyz", "/docs", "/docs/oauth2-redirect", "/openapi.json"})
"""Paths that tell nothing about any call and ask for no key: probes and documentation."""

SUBPROTOCOL: Final = "callcenter"
"""What a browser's WebSocket asks for beside its credential; the server must choose one, and not the credential."""
_CREDENTIAL: Final = "bearer."
"""How the other begins. A page can set no header on a WebSocket, and addresses end up in logs."""

_TICKET: Final = b"ticket="
"""How what a page may put into an address instead begins: it is good once, for seconds (auth/signed.py)."""


class Edge:
    """What stands before the application."""

    def __init__(self, app: ASGIApp, hot: Iterable[DirectRoute], access: Access) -> None:
        """Stand before `app`; `hot` are those of its routes that nearly all requests are for."""
        self._app = app
        self._access = access
        self._hot = [(route.methods or set(), route.path_regex, route.endpoint) for route in hot]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope["path"] = path = path.rstrip("/") or "/"
        house = cast("House", cast("Starlette", scope["app"]).state.house)
        try:
            await self._let_in(scope, house.app.guard, path)
        except CallCenterError as error:
            await _refuse(problem(error, path), scope, receive, send)
            return
        if scope.get("method") == "HEAD":
            scope = {**scope, "method": "GET"}  # a copy: the server must go on knowing that it was HEAD
            send = _headers_only(send)
        for methods, place, handler in self._hot:
            if scope.get("method") in methods and (found := place.match(path)):
                scope["path_params"] = found.groupdict()
                await _answer(handler, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope, guard: Guard, path: str) -> None:
        """Name the caller, or raise what refuses them."""
        host: bytes | None = None
        origin: bytes | None = None
        authorization: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"authorization":
                authorization = value
        client = scope.get("client")
        guard.admit(_text(host), _text(origin), peer=client[0] if client else None)
        if path in PUBLIC:
            return
        credential = _text(authorization)
        method: str | None = scope.get("method")
        if method is None and credential is None:
            credential = _offered(scope.get("subprotocols", ()))
        if method is None and credential is None and (ticket := _ticket(scope["query_string"])):
            principal = guard.take_ticket(ticket, path)
        else:
            principal = await guard.authenticate(credential)
        scope.setdefault("state", {})["principal"] = principal
        self._access.check(principal, "GET" if method == "HEAD" else method, path)


async def _answer(
    handler: Callable[[Request], Awaitable[Response]], scope: Scope, receive: Receive, send: Send
) -> None:
    """Have a handler answer; what it raises is answered, and raised on, as behind the framework's layers."""
    request = Request(scope, receive, send)
    try:
        response = await handler(request)
    except Exception as error:
        response = await failed(request, error)
        if not expected(error):
            await response(scope, receive, send)
            raise
    await response(scope, receive, send)


def _offered(subprotocols: Iterable[str]) -> str | None:
    """Return the credential among the subprotocols of a WebSocket, as the header would have it."""
    return next((f"Bearer {each[len(_CREDENTIAL) :]}" for each in subprotocols if each.startswith(_CREDENTIAL)), None)


def _ticket(query: bytes) -> str | None:
    """Return the ticket in the address of a WebSocket."""
    if _TICKET not in query:
        return None
    return next(
        (each[len(_TICKET) :].decode("latin-1") for each in query.split(b"&") if each.startswith(_TICKET)), None
    )


def _text(header: bytes | None) -> str | None:
    return header.decode("latin-1") if header is not None else None


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer instead of the application; a WebSocket is refused before it opens, with the same document."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})  # the server answers 403
        return
    await response(scope, receive, send)


def _headers_only(send: Send) -> Send:
    async def send_headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_headers

"""Put the wire together: routes, the edge before them, problem documents behind them, and the App they work with.

Routes are laid flat, the ones every message takes first. The App is given, or built when the server starts; when it
stops, turns in the making are finished before the App is closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Final

from fastapi import FastAPI
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from callcenter import __version__
from callcenter.api import (
    actions,
    analytics,
    analyze,
    calls,
    conversations,
    copilot,
    desk,
    errors,
    health,
    knowledge,
    metrics,
    records,
    scripts,
    socket_tickets,
    tickets,
)
from callcenter.api.access import Access
from callcenter.api.deps import DirectRoute, House, Patience, Turns
from callcenter.api.desk_stream import watch
from callcenter.api.edge import Edge
from callcenter.api.openapi import DESCRIPTION, TAGS, DocumentedApp
from callcenter.api.stream import converse
from callcenter.api.upkeep import jobs_of, kept_up
from callcenter.bootstrap import App, build, check_admission
from callcenter.settings import Settings, read_settings

SOCKET_PATH: Final = "/api/conversations/ws/{call_id}"
DESK_SOCKET_PATH: Final = "/api/desk/ws"


class _Api(DocumentedApp):
    """The application behind its edge."""

    @cached_property
    def edge(self) -> Edge:
        """What requests meet before the framework's layers, error handling included."""
        hot = (*conversations.hot.routes, *health.hot.routes)
        direct = [route for route in hot if isinstance(route, DirectRoute)]
        return Edge(super().__call__, direct, Access(self.routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        scope["app"] = self
        await self.edge(scope, receive, send)


def create_app(
    app: App | None = None, settings: Settings | None = None, *, patience: Patience | None = None
) -> FastAPI:
    """Return the ASGI application on `app`, which stays the caller's to close; None has one built from `settings`."""
    patience = patience or Patience()

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        built = None if app else await build(settings or read_settings())
        if built:
            api.state.house = House(app=built, turns=Turns(), patience=patience)
        try:
            if built:
                await check_admission(built)
            async with kept_up(jobs_of(api.state.house.app)):
                yield
        finally:
            await api.state.house.turns.finish(patience.shutdown)
            if built:
                await built.close()

    api = _Api(
        title="callcenter",
        summary="Answers a company's calls in Arabic and English.",
        description=DESCRIPTION,
        version=__version__,
        openapi_tags=TAGS,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,  # edge.py takes both forms without a second request
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    if app:
        api.state.house = House(app=app, turns=Turns(), patience=patience)
    errors.install(api)
    api.router.routes[:0] = [
        *conversations.hot.routes,
        WebSocketRoute(SOCKET_PATH, converse),
        *health.hot.routes,
        *calls.router.routes,
        *conversations.router.routes,
        *tickets.router.routes,
        *knowledge.router.routes,
        *scripts.router.routes,
        *scripts.calls.routes,
        *records.router.routes,
        *analytics.router.routes,
        *desk.router.routes,
        *actions.router.routes,
        *copilot.router.routes,
        WebSocketRoute(DESK_SOCKET_PATH, watch),
        *socket_tickets.router.routes,
        *analyze.router.routes,
        *health.router.routes,
        *metrics.router.routes,
    ]
    return api

"""Reaching the API from tests: in process (`asgi`), on a real socket (`serving`); voices that do as a test needs."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import uvicorn
from fastapi import FastAPI

from callcenter.api.app import create_app
from callcenter.api.deps import Patience
from callcenter.api.server import listen, uvicorn_config
from callcenter.bootstrap import App
from callcenter.calls import CallId, MessageId, ProposalId, TicketNumber
from callcenter.conversation import Sources
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Piece, Voice
from callcenter.store import Store
from tests.factories import NOON


def steady_sources() -> Sources:
    ticks, calls, messages, tickets, proposals = (itertools.count(1) for _ in range(5))
    return Sources(
        now=lambda: NOON + timedelta(milliseconds=next(ticks)),
        call_id=lambda: CallId(f"CALL-{next(calls):04}"),
        message_id=lambda: MessageId(f"M-{next(messages):04}"),
        ticket_number=lambda: TicketNumber(f"TKT-{next(tickets):08}"),
        proposal_id=lambda: ProposalId(f"ACT-{next(proposals):04}"),
    )


@asynccontextmanager
async def asgi(api: FastAPI, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serves = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serves.set()


@asynccontextmanager
async def serving(app: App, patience: Patience | None = None) -> AsyncIterator[str]:
    """Serve `app` on a free loopback port as the product does; yields `127.0.0.1:PORT`."""
    with listen(app.settings) as listener:
        server = _Server(uvicorn_config(create_app(app, patience=patience)))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await server.serves.wait()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


class HeldVoice(Voice):
    """Says one word, then waits until it may say the other."""

    name = "held"

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:  # noqa: ARG002 (the same to everybody)
        yield Delta("one ")
        self.begun.set()
        await self.may_end.wait()
        yield Delta("two")
        yield Completion(CompletionKind.complete, "held")


class FatefulVoice(Voice):
    """Loses the store in the middle of its answer."""

    name = "fateful"

    store: Store

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:  # noqa: ARG002 (the same to everybody)
        yield Delta("one")
        await self.store.close()
        yield Completion(CompletionKind.complete, "fateful")

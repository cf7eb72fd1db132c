"""The running product: `server` on a data folder of the test's own, `servers` to start as many as a test needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.live.customers import Rest, rest
from tests.live.serving import ROOT, Server

StartServer = Callable[[str], Awaitable[Server]]


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[StartServer]:
    """Start servers by name, all on the test's one data folder; in the end none may have printed our traceback."""
    begun: list[Server] = []

    async def start(name: str) -> Server:
        server = Server(tmp_path, name=name)
        begun.append(server)
        await server.start()
        return server

    yield start
    for server in begun:
        await server.stop()
    for server in begun:
        assert f'File "{ROOT}/callcenter' not in server.output(), server.output()


@pytest.fixture
async def server(servers: StartServer) -> Server:
    return await servers("server")


@pytest.fixture
async def callers(server: Server) -> AsyncIterator[Rest]:
    async with rest(server.url) as callers:
        yield callers

"""Put a fake on a loopback port: inside a test's event loop, or as a process of its own.

It logs exceptions alone: what the server calls an error, a body left open, is done on purpose.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import uvicorn
from uvicorn.loops.auto import auto_loop_factory
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from callcenter.llm.fake_openai.app import FakeOpenAI

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 2048
_LOG: Final = logging.getLogger(__name__)
_LOG.addFilter(lambda record: record.exc_info is not None)


@asynccontextmanager
async def serve(fake: FakeOpenAI) -> AsyncIterator[str]:
    """Serve inside the running loop and yield the base URL, `http://127.0.0.1:PORT/v1`.

    At the end it hangs up on whoever is still connected, and returns once nothing of it is left.
    """
    with listen(0) as listener:
        server = _Server(fake)
        await server.startup(sockets=[listener])
        try:
            yield base_url(listener)
        finally:
            await server.shutdown()


def run(fake: FakeOpenAI, port: int, *, on_start: Callable[[str], None]) -> None:
    """Serve until the process is told to stop; `on_start` gets the base URL. Raises OSError if the port is taken."""
    with (
        suppress(KeyboardInterrupt),
        listen(port) as listener,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        on_start(base_url(listener))
        runner.run(_Server(fake).serve(sockets=[listener]))


def listen(port: int) -> socket.socket:
    """Open a loopback socket; port 0 takes a free one."""
    listener = socket.create_server((_HOST, port), backlog=_BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def base_url(listener: socket.socket) -> str:
    """Return what a client calls its base URL."""
    return f"http://{_HOST}:{listener.getsockname()[1]}/v1"


class _Connection(HttpToolsProtocol):
    """A connection that says when it is gone."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.logger = _LOG
        self.gone = self.loop.create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self.gone.done():  # cancelled together with who waited for it
            self.gone.set_result(None)


class _Server(uvicorn.Server):
    """A server that starts without a tick to wait for, and hangs up when it stops."""

    def __init__(self, fake: FakeOpenAI) -> None:
        config = uvicorn.Config(
            fake.app,
            interface="asgi3",  # a method is not recognised as one
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,  # the process's logging is not ours
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
        config.load()
        super().__init__(config)
        self.lifespan = config.lifespan_class(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 (uvicorn hands them over)
        """Hang up on everybody, and wait for what that ends."""
        for server in self.servers:
            server.close()  # and its sockets with it
        while connections := [each for each in self.server_state.connections if isinstance(each, _Connection)]:
            for connection in connections:
                connection.transport.abort()
            await asyncio.gather(*(connection.gone for connection in connections))
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)

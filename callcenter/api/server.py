"""Run the product on a socket: one process, one event loop, and a few lines that say where to go.

The App is built before anything is served, so that a configuration that can't work is refused by name; it is closed
after the last turn has ended.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

from callcenter.api.app import SOCKET_PATH, create_app
from callcenter.api.errors import MAX_BODY_BYTES
from callcenter.api.sweeper import Sweeper
from callcenter.api.together import TextsWebSocket
from callcenter.bootstrap import App, Speech, build, check_admission
from callcenter.errors import ConfigurationError
from callcenter.llm import Failure
from callcenter.settings import AuthMode, Settings, StoreKind, check_listen
from callcenter.store import Backlog

HARD_FRAME_BYTES: Final = 4 * MAX_BODY_BYTES
"""Frames over MAX_BODY_BYTES are refused with a word to the customer; beyond this the server cuts them off."""
_STUCK_READER_MS: Final = 60_000
"""A peer that takes nothing for so long is dropped by the kernel; closing politely would wait for it for ever."""
_SHUTDOWN_SECONDS: Final = 15
_ADVICE: Final = {
    Failure.key_refused: "See OPENAI_API_KEY.",
    Failure.connection_lost: "See OPENAI_BASE_URL; it is asked again by itself.",
    Failure.connect_timeout: "See OPENAI_BASE_URL; it is asked again by itself.",
}
_LOOK_EVERY_SECONDS: Final = 15.0
_BACKLOG: Final = 2048


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises ConfigurationError or StoreUnavailable when it can't begin."""
    check_listen(settings)
    with (
        suppress(KeyboardInterrupt),
        listen(settings) as listener,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        runner.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    Sweeper.spare()  # nothing that is made now is garbage
    app = await build(settings)
    try:
        await check_admission(app)
    except BaseException:
        await app.close()
        raise
    server = Server(uvicorn_config(create_app(app)), app)
    with Sweeper():
        await server.serve(sockets=[listener])


def uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    """Return how the server runs; each choice was measured."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws=TextsWebSocket,
        ws_max_size=HARD_FRAME_BYTES,
        ws_per_message_deflate=False,  # 40 KB a connection, for texts of a few lines
        access_log=False,  # a third of the throughput, and URLs may hold names
        log_level="warning",  # likewise: the socket's URL would be logged
        proxy_headers=False,  # nobody's word is taken for who calls
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        lifespan="on",
    )


class Server(uvicorn.Server):
    """A server that says where it is and closes the App behind itself, also when a signal stops it."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app
        self._checking: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so; calls are taken while the language model is still looked at."""
        await super().startup(sockets)
        for each in sockets or []:
            _say(announcement(self._app.settings, each.getsockname()[1]))
        if self._app.journal is not None:
            _say(kept(self._app.journal.backlog, self._app.settings))
        if self._app.speech is not None:
            self._checking = asyncio.create_task(watch(self._app.speech))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is being done, then let go of store and bus; a signal is raised again only after this."""
        await super().shutdown(sockets)
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        await self._app.close()


def kept(backlog: Backlog, settings: Settings) -> str:
    """Say where calls are kept, and what waits for it."""
    place = f"Supabase at {urlsplit(settings.supabase_url or '').netloc}"
    waits = f"; {backlog.steps} steps wait for it in {settings.journal}" if backlog.steps else ""
    if backlog.away:
        why = f"{place} does not take them ({backlog.reason}) and is asked again"
        return f"  data   {settings.journal.resolve()}: {why}{waits}\n"
    return f"  data   {place}{waits}\n"


async def watch(speech: Speech) -> None:
    """Say whether the language model answers, and look again for as long as it can't be reached or refuses our key.

    Of other failures customers' messages find out: that its models can be listed does not say that it speaks.
    """
    await check(speech)
    while True:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        await look_again(speech)


async def look_again(speech: Speech) -> None:
    """Look at a language model that could not be reached or refused our key, and say so if it is well again."""
    state = speech.voice.state
    if not state.ready and state.reason in _ADVICE and await speech.voice.check() is None:
        _say(f"  voice  {speech.voice.name} at {speech.place} again\n")


async def check(speech: Speech) -> None:
    """Say whether the language model answers; where it does not, that the offline voice speaks in its place."""
    failure = await speech.voice.check()
    model = f"{speech.voice.name} at {speech.place}"
    if failure is not None:
        advice = _ADVICE.get(failure, "It is asked again by itself.")
        _say(f"  voice  offline: {model} does not answer ({failure}). {advice}\n")
    elif speech.voice.known:
        _say(f"  voice  {model}\n")
    else:
        _say(f"  voice  {model}, which lists no such model; see CALLCENTER_OPENAI_MODEL\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def announcement(settings: Settings, port: int) -> str:
    """Return where to go and what to try."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{port}"
    asks_key = settings.auth is AuthMode.required
    key = ' -H "Authorization: Bearer $KEY"' if asks_key else ""
    who = "whoever holds a key" if asks_key else "this machine only (open mode, no key)"
    if asks_key and settings.supabase_url:
        who += " or has signed in"
    kept_here = settings.store is StoreKind.sqlite
    return (
        f"callcenter serves {who} at http://{address}\n"
        f"  docs   http://{address}/docs\n"
        f"  try    curl{key} -X POST 'http://{address}/api/calls?language=en'\n"
        f"  talk   wscat{key} -c ws://{address}{SOCKET_PATH.format(call_id='CALL-001')}\n"
        + (f"  data   {settings.database.resolve()}\n" if kept_here else "")
    )


def listen(settings: Settings) -> socket.socket:
    """Open the socket to serve on. Raises ConfigurationError when the address can't be had."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = min(found, key=lambda each: each[0] is not socket.AF_INET)
        listener = socket.create_server((str(address[0]), settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"CALLCENTER_HOST={settings.host}, CALLCENTER_PORT={settings.port} can't be listened on: {reason}."
        ) from None
    # Inherited by every connection; asyncio sets it only on sockets that it opened itself.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STUCK_READER_MS)
    return listener

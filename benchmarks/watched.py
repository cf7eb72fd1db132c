"""Run the product as `python main.py` does, with a watch on its event loop.

    python benchmarks/watched.py

`GET /held` says, in milliseconds since the last `GET /held`: how long single steps of tasks kept the loop, the longest
first, and what ran; how late a task came that wanted to run every millisecond; how long each garbage collection took,
which is part of a step, and over which generation. A step that waited for something by itself, a disk or the
interpreter's lock, counts as long as it took; else as long as it computed, for other processes may have had the core.
All this costs a little, so that no CPU is measured here.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import time
from collections.abc import Coroutine, Generator
from typing import Any, Final, TypeVar

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

from callcenter.api import server
from callcenter.api.app import create_app
from callcenter.api.sweeper import Sweeper
from callcenter.bootstrap import build
from callcenter.settings import read_settings

Result = TypeVar("Result")

_EVERY_SECONDS: Final = 0.001
_LONG_MS: Final = 1.0
"""Steps that are listed."""


Usage = tuple[float, float, int]


def usage() -> Usage:
    """Return the time, how much of it this thread has computed (both in seconds), and how often it chose to wait."""
    # The times of getrusage() grow by a tick of the kernel, four milliseconds on many machines.
    return time.perf_counter(), time.thread_time(), resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


class Watch:
    """What was seen of the loop."""

    def __init__(self) -> None:
        self._steps: list[tuple[float, str]] = []
        self._late: list[float] = []
        self._collections: list[tuple[float, int]] = []
        self._began = usage()

    def step(self, before: Usage, what: str) -> None:
        """Note how long a step of a task took that began then."""
        took, computed, waits = (now - then for now, then in zip(usage(), before, strict=True))
        milliseconds = (took if waits else computed) * 1000
        if milliseconds >= _LONG_MS:
            self._steps.append((milliseconds, what))

    def collect(self, phase: str, found: dict[str, int]) -> None:
        """Note how long the garbage collector took, and over which generation."""
        if phase == "start":
            self._began = usage()
        else:
            _, computed, _ = usage()  # it waits for nothing: what it took beyond that, another one had the core
            self._collections.append(((computed - self._began[1]) * 1000, found["generation"]))

    async def look(self) -> None:
        """Want to run every millisecond, and note how late that comes."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_EVERY_SECONDS)
            self._late.append((time.perf_counter() - began - _EVERY_SECONDS) * 1000)

    def app(self, product: ASGIApp) -> ASGIApp:
        """Return the product with our own path beside it."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != "/held":
                await product(scope, receive, send)
                return
            steps = sorted(self._steps, reverse=True)
            body = orjson.dumps({"steps": steps, "late": self._late, "collections": self._collections})
            self._steps, self._late, self._collections = [], [], []
            length = str(len(body)).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
            await send({"type": "http.response.body", "body": body})

        return answer


class Timed(Coroutine[Any, Any, Result]):
    """A coroutine whose steps are timed."""

    def __init__(self, coroutine: Coroutine[Any, Any, Result], watch: Watch) -> None:
        self._coroutine = coroutine
        self._watch = watch
        self._name: str = getattr(coroutine, "__qualname__", repr(coroutine))

    def send(self, value: object) -> object:
        """Run to the next wait."""
        before = usage()
        try:
            return self._coroutine.send(value)
        finally:
            self._watch.step(before, self._name)

    def throw(self, *error: Any) -> object:  # noqa: ANN401 (three forms, handed through)
        """Run to the next wait, with an error."""
        before = usage()
        try:
            return self._coroutine.throw(*error)
        finally:
            self._watch.step(before, self._name)

    def close(self) -> None:
        """End it."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Result]:
        return self._coroutine.__await__()


async def main() -> None:
    """Serve until told to stop."""
    watch = Watch()
    asyncio.get_running_loop().set_task_factory(
        lambda loop, coroutine, **more: asyncio.Task(Timed(coroutine, watch), loop=loop, **more)
    )
    gc.callbacks.append(watch.collect)
    settings = read_settings()
    with server.listen(settings) as listener:
        app = await build(settings)
        serving = server.Server(server.uvicorn_config(watch.app(create_app(app))), app)
        looking = asyncio.create_task(watch.look())
        with Sweeper():
            await serving.serve(sockets=[listener])
        looking.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main())

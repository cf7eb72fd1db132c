"""The real product as a process of its own: started, killed and started again on the same data folder.

What it printed is kept in a file, so that a test can see whether it complained.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]

STARTED_WITHIN = 30.0
"""Seconds; a slow machine that runs other tests beside these needs several."""

_POLL_SECONDS = 0.03
_SETTINGS = ("CALLCENTER_", "OPENAI_")


class Server:
    """One server process at a time, on one port and one data folder."""

    def __init__(self, folder: Path, *, name: str = "server", environment: Mapping[str, str] | None = None) -> None:
        """Keep data and output in `folder`; of the settings it has only what `environment` says."""
        self.data = folder / "data"
        self.printed = folder / f"{name}.log"
        self.port = _free_port()
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start the process and return once it answers on /healthz."""
        assert not self.running
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
        environment |= self._environment
        environment |= {"CALLCENTER_PORT": str(self.port), "CALLCENTER_DATA_DIR": str(self.data)}
        with self.printed.open("ab") as printed:
            self._process = subprocess.Popen(  # noqa: ASYNC220 (returns at once; asyncio's own would tie it to one loop)
                [sys.executable, str(ROOT / "main.py")],
                cwd=self.printed.parent,  # no .env of the developer's
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
        async with asyncio.timeout(STARTED_WITHIN):
            while not await self._healthy():
                assert self.running, f"the server ended ({self._process.returncode}) with:\n{self.output()}"
                await asyncio.sleep(_POLL_SECONDS)

    def kill(self) -> None:
        """SIGKILL, now: nothing more is written, sent or said by it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    async def stop(self) -> None:
        """End it the polite way, if it runs."""
        if self._process is not None and self.running:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 20)

    def output(self) -> str:
        """Return all that it has printed so far."""
        return self.printed.read_text("utf-8", "replace")

    async def _healthy(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b" 200 " in await reader.readline()
        except OSError:
            return False
        finally:
            writer.close()


def _free_port() -> int:
    """Return a port that is free now and not of those the system gives to clients, so that it stays free."""
    dice = random.SystemRandom()
    while True:
        port = dice.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

"""Servers under measurement: started on a core of their own, asked for their CPU time and memory, stopped.

Linux only: CPU time is read from the kernel's clock of another process (all its threads, in nanoseconds), memory
from /proc. Server and load never share a core where there are two.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The checkout whose product is measured."""

_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _CORES[0]
LOAD_CORE: Final = _CORES[-1]

_PATIENCE_SECONDS: Final = 30.0
_LOOK_EVERY_SECONDS: Final = 0.002
_PROBE: Final = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_MEGABYTE_IN_KB: Final = 1024


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run on one core; processes started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in megabytes."""

    resident: float
    proportional: float
    """Pages shared with other processes count by their share."""


class Server:
    """A server process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, seconds_to_answer: float) -> None:
        self.port: Final = port
        self.seconds_to_answer: Final = seconds_to_answer
        """From its start to the last byte of its first 200 for /healthz."""
        self._process = process
        # Linux makes the id of a process's CPU clock from its pid; see clock_getcpuclockid(3).
        self._clock = (~process.pid << 3) | 2

    def cpu_seconds(self) -> float:
        """Return the user and system time it has used so far."""
        return time.clock_gettime(self._clock)

    def memory(self) -> Memory:
        """Return what it holds now."""
        found = {}
        for line in Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
            name, kilobytes = line.split()[:2]
            found[name] = int(kilobytes) / _MEGABYTE_IN_KB
        return Memory(found["Rss:"], found["Pss:"])

    def stop(self) -> None:
        """Stop it and wait for its end."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, port: int, *, core: int = SERVER_CORE
) -> Iterator[Server]:
    """Run a server that is to listen on `port`, started in `folder`; entered with its first answer."""
    log = folder / f"server-{port}.log"
    with log.open("wb") as output, pinned(core):
        began = time.perf_counter()
        process = subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=output, stderr=output)
    try:
        with pinned(LOAD_CORE):
            seconds = _first_answer(process, port, began)
        if seconds is None:
            raise RuntimeError(f"{' '.join(command)} did not answer:\n{_text(log)}")
        server = Server(process, port, seconds)
        try:
            yield server
        finally:
            if process.poll() is not None:
                print(f"{' '.join(command)} ended by itself with {process.returncode}:\n{_text(log)}")
            server.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextmanager
def product(
    folder: Path, *options: str, model: Server | None = None, program: Path = ROOT / "main.py"
) -> Iterator[Server]:
    """Run the product as `python main.py` does, with its data in `folder`; `options` go to the interpreter."""
    port = free_port()
    environment = product_environment(folder) | {"CALLCENTER_PORT": str(port)} | _speaking_through(model)
    with running([sys.executable, *options, str(program)], environment, folder, port) as server:
        yield server


@contextmanager
def peer(name: str, folder: Path, *, model: Server | None = None) -> Iterator[Server]:
    """Run one of the peers in peers.py."""
    port = free_port()
    command = [sys.executable, str(ROOT / "benchmarks" / "peers.py"), name, str(port)]
    with running(command, _environment() | _speaking_through(model), folder, port) as server:
        yield server


@contextmanager
def model_server(folder: Path) -> Iterator[Server]:
    """Run model.py, on the load core: what it costs is nobody's who is measured."""
    port = free_port()
    command = [sys.executable, str(ROOT / "benchmarks" / "model.py"), str(port)]
    with running(command, _environment(), folder, port, core=LOAD_CORE) as server:
        yield server


def _speaking_through(model: Server | None) -> dict[str, str]:
    if model is None:
        return {}
    return {"OPENAI_BASE_URL": f"http://127.0.0.1:{model.port}/v1", "OPENAI_API_KEY": "fake"}


def product_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a product that is not configured but for its data folder."""
    kept = {name: value for name, value in _environment().items() if not name.startswith(("CALLCENTER_", "OPENAI_"))}
    return kept | {"CALLCENTER_DATA_DIR": str(folder / "data")}


def _environment() -> dict[str, str]:
    # Installed packages come with bytecode; a shell that forbids to write ours would have us compiled at each start.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_answer(process: subprocess.Popen[bytes], port: int, began: float) -> float | None:
    """Return the seconds until the server answered; None when it ended or never did."""
    while process.poll() is None and time.perf_counter() - began < _PATIENCE_SECONDS:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS) as connection:
                connection.sendall(_PROBE)
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            time.sleep(_LOOK_EVERY_SECONDS)
            continue
        if answer.startswith(b"HTTP/1.1 200"):
            return time.perf_counter() - began
        return None
    return None

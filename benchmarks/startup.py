"""Goal E: how soon the product answers and how much memory it takes, beside a bare FastAPI application.

Time runs from the start of the process to the first 200 of /healthz; memory is read right after. Starts alternate; the
first of each is not counted, since it writes bytecode and, here, makes the database.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.figures import Figure
from benchmarks.load import ask
from benchmarks.messages import CALLS, opening, script
from benchmarks.processes import SERVER_CORE, Memory, Server, peer, pinned, product, product_environment

ROUNDS: Final = 7
OPTIONAL: Final = ("openai", "supabase", "twilio")
"""Packages that take as long to import as everything else together; only a configuration that needs them may."""

_COMMAND: Final = "from callcenter.cli import main; main()"
"""What the installed `callcenter` script does."""
_IMPORTED: Final = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\w+)", re.MULTILINE)


def measure() -> list[Figure]:
    """Return the figures of goal E."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        _start(product(folder))
        _start(peer("bare", folder))
        ours: list[tuple[float, Memory]] = []
        theirs: list[tuple[float, Memory]] = []
        for _ in range(ROUNDS):
            ours.append(_start(product(folder)))
            theirs.append(_start(peer("bare", folder)))
        analyses = [_analyze(folder) for _ in range(ROUNDS)]
        loaded = _imported(folder)
    _report("product", ours)
    _report("bare FastAPI", theirs)
    print(f"  analyze: {' '.join(f'{each * 1000:.0f}' for each in analyses)} ms")
    beside = "bare FastAPI application"
    return [
        Figure(
            goal="E first answer",
            unit="ms",
            ours=median(seconds for seconds, _ in ours) * 1000,
            peer=median(seconds for seconds, _ in theirs) * 1000,
            bound=1.4,
            beside=beside,
        ),
        Figure(
            goal="E memory, resident",
            unit="MB",
            ours=median(memory.resident for _, memory in ours),
            peer=median(memory.resident for _, memory in theirs),
            bound=1.6,
            beside=beside,
        ),
        Figure(goal="E callcenter analyze TEXT", unit="s", ours=median(analyses), bound=0.5),
        Figure(
            goal="E optional packages loaded",
            unit="of 3",
            ours=sum(name in loaded for name in OPTIONAL),
            bound=0,
            beside="python -X importtime",
        ),
    ]


def _start(server: AbstractContextManager[Server]) -> tuple[float, Memory]:
    with server as running:
        return running.seconds_to_answer, running.memory()


def _analyze(folder: Path) -> float:
    """Return what `callcenter analyze TEXT` takes, in seconds."""
    with pinned(SERVER_CORE):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", _COMMAND, "analyze", CALLS[2][1]],
            env=product_environment(folder),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - began


def _imported(folder: Path) -> set[str]:
    """Return the packages that a server has loaded after a whole call."""
    with product(folder, "-X", "importtime") as server:
        ask(server, [opening("imports"), *script("imports", CALLS[2])])
        port = server.port
    log = (folder / f"server-{port}.log").read_text(encoding="utf-8", errors="replace")
    found = set(_IMPORTED.findall(log))
    assert "fastapi" in found
    return found


def _report(name: str, starts: list[tuple[float, Memory]]) -> None:
    print(
        f"  {name}: {' '.join(f'{seconds * 1000:.0f}' for seconds, _ in starts)} ms; "
        f"RSS {median(memory.resident for _, memory in starts):.1f} MB, "
        f"PSS {median(memory.proportional for _, memory in starts):.1f} MB"
    )

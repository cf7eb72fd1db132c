"""Goals B and C: what turns cost. Here C, a REST turn beside a FastAPI echo of the same requests; streams.py has B.

The product runs as delivered: one worker, offline voice, embedded store, each turn durable (synchronous=FULL) before it
is answered. Both servers run all the time; rounds alternate, so that whatever else the machine does meets both.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from benchmarks import streams
from benchmarks.figures import Figure
from benchmarks.load import Load, ask, play
from benchmarks.messages import CALLS, opening, script
from benchmarks.processes import Server, peer, product

CONNECTIONS: Final = 50
CALLS_A_CONNECTION: Final = 5
"""One after the other, in one round: 2,000 turns."""
ROUNDS: Final = 5


def measure() -> list[Figure]:
    """Return the figures of both goals."""
    return [*streams.measure(), *_rest()]


def _rest() -> list[Figure]:
    with TemporaryDirectory() as place, product(Path(place)) as ours, peer("echo", Path(place)) as theirs:
        _round(ours, "warm")
        _round(theirs, "warm", calls_exist=False)
        turns: list[Load] = []
        echoes: list[Load] = []
        for number in range(ROUNDS):
            turns.append(_round(ours, f"round{number}"))
            echoes.append(_round(theirs, f"round{number}", calls_exist=False))
        _say(ours)
    _report("turns", turns)
    _report("echo", echoes)
    beside = "FastAPI echo with a validated model"
    return [
        Figure(
            goal="C turn, CPU",
            unit="µs",
            ours=median(each.cpu_micros for each in turns),
            peer=median(each.cpu_micros for each in echoes),
            bound=2.0,
            beside=beside,
        ),
        Figure(
            goal=f"C turns a second, {CONNECTIONS} at a time",
            unit="/s",
            ours=median(each.rate for each in turns),
            peer=median(each.rate for each in echoes),
            bound=0.5,
            at_least=True,
            beside=beside,
        ),
    ]


def _round(server: Server, name: str, *, calls_exist: bool = True) -> Load:
    scripts: list[list[bytes]] = []
    calls: list[str] = []
    for connection in range(CONNECTIONS):
        own: list[bytes] = []
        for number in range(CALLS_A_CONNECTION):
            call_id = f"{name}-{connection}-{number}"
            calls.append(call_id)
            own += script(call_id, CALLS[(connection + number) % len(CALLS)])
        scripts.append(own)
    if calls_exist:
        ask(server, [opening(call_id) for call_id in calls])
    return play(server, scripts)


def _say(server: Server) -> None:
    """Make sure that turns were answered as they should: a fast server that says nothing is of no use."""
    ask(server, [opening("checked")])
    answers = [orjson.loads(answer) for answer in ask(server, script("checked", CALLS[2]))]
    assert all(answer["assistant_response"] for answer in answers)
    assert answers[-1]["persona"] == "complaints"
    assert any(answer["ticket"] for answer in answers)


def _report(name: str, loads: Sequence[Load]) -> None:
    print(
        f"  {name}: µs {_each(load.cpu_micros for load in loads)}; requests/s {_each(load.rate for load in loads)}, "
        f"p50 {median(load.p50 for load in loads):.1f} ms, p99 {median(load.p99 for load in loads):.1f} ms"
    )


def _each(values: object) -> str:
    assert hasattr(values, "__iter__")
    return " ".join(f"{value:.0f}" for value in values)

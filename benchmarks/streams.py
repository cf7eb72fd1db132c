"""Goal B: what a turn costs that a model answers in pieces, beside the official client and the Agents SDK.

The product runs as delivered, with a model configured: each message is analysed, routed, kept, made into a prompt,
answered by the model, checked, kept again, and streamed to its customer's WebSocket meanwhile. All sides ask the same
model server, which has its answer ready; rounds alternate. It runs on the customers' core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from benchmarks.figures import Figure
from benchmarks.load import ask, get, on_load_core, post
from benchmarks.messages import CALLS
from benchmarks.model import reply
from benchmarks.processes import ROOT, Server, model_server, peer, product
from benchmarks.sockets import Customer, Heard, Said, connect, converse

PIECES: Final = 20
AT_ONCE: Final = 50
ROUNDS: Final = 5
CALLS_A_ROUND: Final = 8
"""One after the other, of eight messages each."""
MESSAGES_AT_ONCE: Final = 4
"""Of each of the 50."""
SLOW_STREAMS: Final = 200
SLOW_PIECES: Final = 40
SLOW_MILLISECONDS: Final = 25
SLOW_TURNS: Final = 3
"""Of each customer. The first ones begin evenly over the time that an answer takes, and are not counted."""
SLOW_ROUNDS: Final = 3
_BETWEEN_HANG_UPS_SECONDS: Final = 0.002
"""Two hundred at the same moment would be another thing to measure."""
_Call = tuple[Customer, Sequence[Said]]
_Hold = Callable[[Sequence[_Call]], Awaitable[list[Heard]]]
_CLIENT: Final = "one typed AsyncOpenAI stream"
_AGENTS: Final = "Agents SDK, handoff, streamed"
_RELAY: Final = "AsyncOpenAI relay"


@dataclass(frozen=True, slots=True)
class Talk:
    """What one round of turns took."""

    cpu_seconds: float
    """Of the server."""
    heard: tuple[Heard, ...]
    left: tuple[int, ...]
    """When the model's first pieces left it, in the order they did."""

    @property
    def cpu_ms(self) -> float:
        """Server CPU a turn."""
        return self.cpu_seconds * 1000 / len(self.heard)

    @property
    def behind_model(self) -> list[float]:
        """Milliseconds from the model's first piece to the customer's, of turns one after the other."""
        return [(heard.first - left) / 1e6 for heard, left in zip(self.heard, self.left, strict=True)]

    @property
    def waits(self) -> list[float]:
        """Milliseconds from the message to the first piece."""
        return [heard.milliseconds for heard in self.heard]


def measure() -> list[Figure]:
    """Return the figures of goal B. Raises ModuleNotFoundError without its peer."""
    if find_spec("agents") is None:
        raise ModuleNotFoundError(name="agents")
    with TemporaryDirectory() as place, model_server(Path(place)) as model:
        folder = Path(place)
        with (
            product(folder, model=model) as ours,
            peer("openai", folder, model=model) as relay,
            peer("agents", folder, model=model) as agents,
        ):
            quick = _quick(model, ours, relay, agents)
            slow = _slow(model, ours, relay)
        return [*quick, *slow, _held(model, folder)]


def _quick(model: Server, ours: Server, relay: Server, agents: Server) -> list[Figure]:
    """Measure short answers that come at once."""
    _pace(model, PIECES, 0)
    for server in (ours, relay, agents):
        _one_by_one(model, server, "warm")
        _together(model, server, "warm")
    _streams(relay, AT_ONCE, AT_ONCE)
    alone: dict[Server, list[Talk]] = {server: [] for server in (ours, relay, agents)}
    crowd: dict[Server, list[Talk]] = {server: [] for server in (ours, relay, agents)}
    client: list[float] = []
    client_crowd: list[float] = []
    for number in range(ROUNDS):
        for server in (ours, relay, agents):
            alone[server].append(_one_by_one(model, server, f"round{number}"))
            crowd[server].append(_together(model, server, f"round{number}"))
        client.append(_streams(relay, CALLS_A_ROUND * len(CALLS[0]), 1))
        client_crowd.append(_streams(relay, AT_ONCE * MESSAGES_AT_ONCE, AT_ONCE))
    for name, server in (("turns", ours), ("openai relay", relay), ("agents", agents)):
        _report_cpu(name, (each.cpu_ms for each in alone[server]), (each.cpu_ms for each in crowd[server]))
    _report_cpu("openai alone", client, client_crowd)
    behind = {server: [each for talk in talks for each in talk.behind_model] for server, talks in alone.items()}
    print(f"  first piece behind the model's, ms: ours {_spread(behind[ours])}; relay {_spread(behind[relay])}")
    our_cpu, our_crowd = _median_cpu(alone[ours]), _median_cpu(crowd[ours])
    return [
        _cpu("one at a time", our_cpu, median(client), 0.5, _CLIENT),
        _cpu(f"{AT_ONCE} at a time", our_crowd, median(client_crowd), 0.5, _CLIENT),
        _cpu("one at a time", our_cpu, _median_cpu(alone[agents]), 0.2, _AGENTS),
        _cpu(f"{AT_ONCE} at a time", our_crowd, _median_cpu(crowd[agents]), 0.2, _AGENTS),
        Figure(goal="B first piece behind the model's", unit="ms", ours=median(behind[ours]), bound=3.0),
    ]


def _slow(model: Server, ours: Server, relay: Server) -> list[Figure]:
    """Measure many long answers that trickle in."""
    _pace(model, SLOW_PIECES, SLOW_MILLISECONDS)
    waits: dict[Server, list[list[float]]] = {ours: [], relay: []}
    bursts: dict[Server, list[list[float]]] = {ours: [], relay: []}
    for number in range(SLOW_ROUNDS):
        for server in (ours, relay):
            bursts[server].append(_burst(model, server, f"burst{number}").waits)
            waits[server].append(_trickle(model, server, f"slow{number}").waits)
    for name, server in (("ours", ours), ("relay", relay)):
        print(f"  {SLOW_STREAMS} streams, first piece, ms: {name} {'; '.join(map(_spread, waits[server]))}")
        print(f"    all asked for at the same moment: {'; '.join(map(_spread, bursts[server]))}")
    return [
        Figure(
            goal=f"B {SLOW_STREAMS} streams, first piece, p99",
            unit="ms",
            ours=median(map(_p99, waits[ours])),
            peer=median(map(_p99, waits[relay])),
            bound=0.2,
            beside=_RELAY,
        )
    ]


def _held(model: Server, folder: Path) -> Figure:
    """Measure, in a product of its own, how long the event loop is kept while many answers trickle in."""
    own = folder / "watched"
    own.mkdir()
    longest: list[float] = []
    _pace(model, SLOW_PIECES, SLOW_MILLISECONDS)
    with product(own, model=model, program=ROOT / "benchmarks" / "watched.py") as server:
        _burst(model, server, "warm")
        for number in range(SLOW_ROUNDS):
            ask(server, [get("/held")])
            _trickle(model, server, f"slow{number}")
            found = orjson.loads(ask(server, [get("/held")])[0])
            held = [each for each, _ in (*found["steps"], *found["collections"])]
            longest.append(max(held, default=0.0))
            steps = ", ".join(f"{each:.1f} {what}" for each, what in found["steps"][:3])
            print(f"  longest steps, ms: {steps or 'under 1'}; a waiting task came late by {_spread(found['late'])}")
            collections = " ".join(f"{each:.1f} ({generation})" for each, generation in found["collections"])
            print(f"    garbage collected, ms (generation): {collections or 'never'}")
    return Figure(
        goal=f"B {SLOW_STREAMS} streams, longest step on the loop", unit="ms", ours=median(longest), bound=5.0
    )


def _cpu(how: str, ours: float, peer: float, bound: float, beside: str) -> Figure:
    return Figure(goal=f"B turn, CPU, {how}", unit="ms", ours=ours, peer=peer, bound=bound, beside=beside)


def _one_by_one(model: Server, server: Server, name: str) -> Talk:
    """Hold calls one after the other."""

    async def hold(calls: Sequence[_Call]) -> list[Heard]:
        return [heard for customer, script in calls for heard in await converse(customer, script)]

    scripts = [_script(number, len(CALLS[0]), PIECES) for number in range(CALLS_A_ROUND)]
    return _talk(model, server, name, scripts, hold)


def _together(model: Server, server: Server, name: str) -> Talk:
    """Hold fifty calls at the same time."""
    scripts = [_script(number, MESSAGES_AT_ONCE, PIECES) for number in range(AT_ONCE)]
    return _talk(model, server, f"{name}-together", scripts, _all_at_once)


def _burst(model: Server, server: Server, name: str) -> Talk:
    """Have two hundred customers write at the same moment."""
    return _talk(model, server, name, _slow_scripts(1), _all_at_once)


def _trickle(model: Server, server: Server, name: str) -> Talk:
    """Have two hundred customers write, each again once it is answered, so that about as many answers are under way."""

    async def hold(calls: Sequence[_Call]) -> list[Heard]:
        async def begin(number: int, call: _Call) -> list[Heard]:
            await asyncio.sleep(number / len(calls) * SLOW_PIECES * SLOW_MILLISECONDS / 1000)
            return (await converse(*call))[1:]

        found = await asyncio.gather(*(begin(number, call) for number, call in enumerate(calls)))
        return [heard for each in found for heard in each]

    return _talk(model, server, name, _slow_scripts(SLOW_TURNS), hold)


def _slow_scripts(turns: int) -> list[list[Said]]:
    return [_script(number, turns, SLOW_PIECES) for number in range(SLOW_STREAMS)]


async def _all_at_once(calls: Sequence[_Call]) -> list[Heard]:
    found = await asyncio.gather(*(converse(customer, script) for customer, script in calls))
    return [heard for each in found for heard in each]


def _talk(model: Server, server: Server, name: str, scripts: Sequence[Sequence[Said]], hold: _Hold) -> Talk:
    """Open a call for each script, and measure the server while they are held."""

    async def talk() -> tuple[float, list[Heard]]:
        customers = [await connect(server.port, f"{name}-{number}") for number in range(len(scripts))]
        before = server.cpu_seconds()
        heard = await hold(list(zip(customers, scripts, strict=True)))
        took = server.cpu_seconds() - before
        for customer in customers:
            customer.close()
            await asyncio.sleep(_BETWEEN_HANG_UPS_SECONDS)
        return took, heard

    ask(model, [get("/left")])
    took, heard = on_load_core(talk())
    left = orjson.loads(ask(model, [get("/left")])[0])
    return Talk(took, tuple(heard), tuple(left))


def _script(call: int, messages: int, pieces: int) -> list[Said]:
    """Return the first messages of a call, and what the model answers."""
    said = CALLS[call % len(CALLS)][:messages]
    return [Said(message, "".join(reply(message, pieces))) for message in said]


def _streams(client: Server, count: int, at_once: int) -> float:
    """Return the CPU, in milliseconds a stream, of a client with nobody to relay to."""
    before = client.cpu_seconds()
    ask(client, [post(f"/streams?count={count}&at_once={at_once}", {})])
    return (client.cpu_seconds() - before) * 1000 / count


def _pace(model: Server, pieces: int, milliseconds: int) -> None:
    ask(model, [post("/pace", {"pieces": pieces, "milliseconds": milliseconds})])


def _median_cpu(talks: Sequence[Talk]) -> float:
    return median(talk.cpu_ms for talk in talks)


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]


def _spread(values: Sequence[float]) -> str:
    return f"p50 {median(values):.1f}, p99 {_p99(values):.1f}, max {max(values):.1f}"


def _report_cpu(name: str, alone: Iterable[float], crowd: Iterable[float]) -> None:
    print(f"  {name}: CPU ms one at a time {_each(alone)}; {AT_ONCE} at a time {_each(crowd)}")


def _each(values: Iterable[float]) -> str:
    return " ".join(f"{value:.2f}" for value in values)

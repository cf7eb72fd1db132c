"""Figures for monitoring: `GET /metrics` in the text format of Prometheus.

They are read when they are asked for; nothing is counted on the way of a message. No figure names a call or a customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.deps import HEADERS, House, house_of
from callcenter.api.errors import OK, problems
from callcenter.errors import NotAllowed, NotAuthenticated

_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    OK: {"description": "Text, a figure a line.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}

Gauge = tuple[str, str, float]
"""Its name, what it says, its value."""

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Figures for monitoring",
    responses={**_TEXT, **problems(NotAuthenticated, NotAllowed)},
)
async def metrics(request: Request) -> Response:
    """Give the figures that Prometheus and its like collect: the journal, the voice, turns in the making, process."""
    # Only who is monitored pays for loading it.
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4  # noqa: PLC0415
    from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415
    from prometheus_client.registry import Collector  # noqa: PLC0415

    house = house_of(request)

    class Figures(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            for name, says, value in gauges(house):
                yield GaugeMetricFamily(f"callcenter_{name}", says, value)

    registry = CollectorRegistry()
    registry.register(Figures())
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), headers=dict(HEADERS), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def gauges(house: House) -> Iterator[Gauge]:
    """Yield the product's own figures as they are now."""
    app = house.app
    voice = app.speech.voice.state if app.speech is not None else None
    yield "turns_in_progress", "Messages being answered.", len(house.turns)
    yield (
        "model_ready",
        "Whether a language model would be asked now; 0 without one.",
        float(voice is not None and voice.ready),
    )
    if app.journal is None:
        return
    backlog = app.journal.backlog
    yield "journal_away", "Whether Supabase is away, and calls go to the journal.", float(backlog.away)
    yield "journal_steps", "Steps of calls that wait for Supabase.", backlog.steps
    yield "journal_parked_steps", "Of them, those that Supabase refused.", backlog.parked
    if backlog.oldest_at is not None:
        oldest = backlog.oldest_at.timestamp()
        yield "journal_oldest_timestamp_seconds", "When the oldest of them was taken down.", oldest

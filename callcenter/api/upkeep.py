"""What a server sees to beside requests, for as long as it runs: agents who are gone, actions that are due, gaps.

Each job is done at the start, which is when a crash is made up for, and then every few seconds. A job that fails says
so in the log and is tried again; it stops neither the others nor the server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from callcenter.bootstrap import App
from callcenter.errors import CallCenterError

LOOK_SECONDS: Final = 10.0
"""A sixth of the time that agents have to come back."""
GAPS_SECONDS: Final = 60.0
"""So many seconds' questions without an answer a crash may cost."""

Pause = Callable[[float], Awaitable[None]]

_log = logging.getLogger(__name__)


class Job(NamedTuple):
    """Something to be done again and again."""

    name: str
    do: Callable[[], Awaitable[object]]
    seconds: float
    """Between two times."""


def jobs_of(app: App) -> tuple[Job, ...]:
    """Return what there is to see to."""
    return (
        Job("desk", app.desk.look, LOOK_SECONDS),
        Job("approvals", app.approvals.look, LOOK_SECONDS),
        Job("gaps", app.library.flush, GAPS_SECONDS),
    )


@asynccontextmanager
async def kept_up(jobs: Sequence[Job], *, pause: Pause = asyncio.sleep) -> AsyncIterator[None]:
    """See to the jobs until the end of the block."""
    running = [asyncio.create_task(_again_and_again(job, pause)) for job in jobs]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _again_and_again(job: Job, pause: Pause) -> None:
    while True:
        try:
            await job.do()
        except CallCenterError as error:
            _log.warning("not seen to", extra={"job": job.name, "code": error.code})
        except Exception as bug:  # noqa: BLE001 (the next time may go well)
            # No traceback: an exception's text may quote the customer.
            _log.error("upkeep broke", extra={"job": job.name, "error": type(bug).__name__})
        await pause(job.seconds)

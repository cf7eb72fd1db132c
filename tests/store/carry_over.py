"""Carry over what waits in a journal until nothing does; say on stdout what was tried: `call_id seq` a line.

Run by test_journal_processes, which starts several on one journal and kills some.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from typing_extensions import override

from callcenter.store import Append
from callcenter.store.journal import JournaledStore
from callcenter.store.sqlite import SQLiteStore
from tests.store.away import Clock, Door


class Loud(Door):
    """Says what it is given before it passes it on."""

    @override
    async def append(self, step: Append) -> None:
        os.write(sys.stdout.fileno(), f"{step.call_id} {step.state.seq}\n".encode())
        await super().append(step)


async def main() -> None:
    primary, journal = (Path(each) for each in sys.argv[1:])
    loud = Loud(await SQLiteStore.open(primary))
    os.write(sys.stdout.fileno(), b"ready\n")
    await asyncio.to_thread(sys.stdin.readline)
    empty = asyncio.Event()

    async def look_again(seconds: float) -> None:
        if not store.backlog.steps:
            empty.set()
        await asyncio.sleep(seconds / 100)

    store = await JournaledStore.open(loud, journal, clock=Clock(), pause=look_again)
    await empty.wait()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())

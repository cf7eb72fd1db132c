"""Fifty tasks append to fifty calls for ever and say on stdout what was acknowledged: `call_id seq` a line.

Run by test_durability, which kills it. Each line goes out whole, by one write, only after `append` returned.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from callcenter.store.sqlite import SQLiteStore
from tests.factories import assistant_message, following, opening, routing, user_message

WRITERS = 50


async def talk(store: SQLiteStore, call_id: str) -> None:
    step = opening(call_id)
    count = 0
    while True:
        await store.append(step)
        os.write(sys.stdout.fileno(), f"{call_id} {step.state.seq}\n".encode())
        count += 1
        message_id = f"m-{count}"
        step = following(
            step.state,
            user_message(message_id=message_id),
            routing(message_id=message_id),
            assistant_message(message_id=message_id),
        )


async def main() -> None:
    store = await SQLiteStore.open(Path(sys.argv[1]))
    await asyncio.gather(*(talk(store, f"CALL-{number}") for number in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main())

"""`kill -9` amid approvals: what was approved is done once and told once, what was not is not done; nothing is lost."""

from __future__ import annotations

import asyncio
import random

import httpx
import pytest

from callcenter.events import ActionDecided, ActionProposed, ActionRun
from tests.live.conftest import StartServer
from tests.live.customers import DEADLINE, Rest, check_log, rest, socket
from tests.live.serving import Server

pytestmark = pytest.mark.live

CUSTOMERS = [("+966501234567", "ORD1001"), ("+966551112233", "ORD1004"), ("+971501234567", "ORD1006")]
"""Each with an order that can be cancelled, in the demo company's table."""
WORDS = ("Help me cancel order {}", "ساعدوني في إلغاء الطلب {}")
CLICKS = 4
"""Agents click more than once, and not alone."""


async def asked(callers: Rest, number: int, phone: str, order: str) -> tuple[str, str]:
    """Have a customer ask for a cancellation; return the call and the proposal."""
    call_id = f"CALL-{number}"
    await callers.start(call_id, phone=phone, verified=True, language=("en", "ar")[number % 2])
    reply = await callers.say(call_id, WORDS[number % 2].format(order))
    assert reply.proposal is not None
    return call_id, reply.proposal.id


async def click(callers: Rest, call_id: str, proposal: str) -> str | None:
    """Approve; return the receipt, or None when the server died before it answered."""
    try:
        answer = await callers.http.post(f"/api/desk/calls/{call_id}/proposals/{proposal}/approve")
    except httpx.TransportError:
        return None
    assert answer.status_code == httpx.codes.OK, answer.text
    return str(answer.json()["result"]["receipt"])


async def killed_amid(server: Server, callers: Rest, clicks: list[asyncio.Task[str | None]], moment: str) -> None:
    """Kill the server while agents click: at this moment of the first call's approval, or at any."""
    match moment:
        case "decided":
            async with socket(callers.url, "CALL-0") as watching:
                while not isinstance(await watching.frame(), ActionDecided):
                    pass
        case "answered":
            await asyncio.wait(clicks, return_when=asyncio.FIRST_COMPLETED)
        case _:
            seed = random.SystemRandom().randrange(10**6)
            print(f"killed at random (seed {seed})")  # noqa: T201 (shown when the test fails)
            await asyncio.wait(clicks, timeout=random.Random(seed).uniform(0, 0.04))  # noqa: S311 (a dice)
    server.kill()
    await asyncio.gather(*clicks)


async def run_of(callers: Rest, call_id: str) -> ActionRun:
    """Return what came of the call's action, as soon as the server has seen to it."""
    async with socket(callers.url, call_id, after=0) as watching, asyncio.timeout(DEADLINE):
        while not isinstance(frame := await watching.frame(), ActionRun):
            pass
    return frame


@pytest.mark.parametrize("moment", ["decided", "answered", "at random", "at random too", "at random again"])
async def test_killed_during_approvals_nothing_runs_twice_and_nothing_is_lost(
    servers: StartServer, moment: str
) -> None:
    first = await servers("first")
    async with rest(first.url) as callers:
        proposals = [await asked(callers, number, *who) for number, who in enumerate(CUSTOMERS)]
        clicks = [
            asyncio.create_task(click(callers, call_id, proposal))
            for call_id, proposal in proposals
            for _ in range(CLICKS)
        ]
        await killed_amid(first, callers, clicks, moment)
        receipts = {call_id: set[str]() for call_id, _ in proposals}
        for place, task in enumerate(clicks):
            if (receipt := task.result()) is not None:
                receipts[proposals[place // CLICKS][0]].add(receipt)

    second = await servers("second")
    async with rest(second.url) as callers:
        rows = {row["id"]: row for row in (await callers.get("/api/records/orders")).json()["items"]}
        for (call_id, proposal), (_, order) in zip(proposals, CUSTOMERS, strict=True):
            log = await callers.log(call_id)
            assert [each.proposal.id for each in log if isinstance(each, ActionProposed)] == [proposal]
            if not any(isinstance(each, ActionDecided) for each in log):
                # Killed before anybody's click was kept: nothing was done, and it waits as before.
                assert not receipts[call_id]
                assert rows[order]["fields"]["status"] != "cancelled"
                assert await click(callers, call_id, proposal) is not None
            run = await run_of(callers, call_id)
            assert run.result.done
            assert run.result.receipt is not None
            assert receipts[call_id] <= {run.result.receipt}
            assert await click(callers, call_id, proposal) == run.result.receipt
            log = await callers.log(call_id)
            assert [each.event for each in log if isinstance(each, ActionDecided | ActionRun)] == [
                "action_decided",
                "action_run",
            ]
            check_log(log, await callers.state(call_id))
        rows = {row["id"]: row for row in (await callers.get("/api/records/orders")).json()["items"]}
        assert {(rows[order]["fields"]["status"], rows[order]["version"]) for _, order in CUSTOMERS} == {
            ("cancelled", 2)
        }

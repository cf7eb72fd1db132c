"""What a server sees to by itself: done at the start, again and again, whatever fails."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.actions import Request
from callcenter.api.upkeep import Job, jobs_of, kept_up
from callcenter.calls import ActionName, Language, ProposalId
from callcenter.conversation import Utterance, deeds
from callcenter.conversation.turn import Step
from callcenter.errors import StoreUnavailable
from callcenter.events import Verdict
from tests.api.wire import serving
from tests.factories import NOON

pytestmark = pytest.mark.live


class Rounds:
    """A pause that lets so many rounds pass, and says when they have."""

    def __init__(self, number):
        self.left = number
        self.done = asyncio.Event()

    async def __call__(self, seconds):
        assert seconds == 10
        self.left -= 1
        if self.left == 0:
            self.done.set()
        await asyncio.sleep(0)
        if self.left <= 0:
            await asyncio.Event().wait()


async def first(frames, wanted):
    """Return the first frame of this kind."""
    while True:
        for frame in await frames.batch():
            if frame.event == wanted:
                return frame


@pytest.mark.parametrize("failure", [StoreUnavailable(), ZeroDivisionError()])
async def test_a_job_that_fails_is_done_again_and_stops_no_other(failure, caplog):
    done = []

    async def fails():
        done.append("fails")
        raise failure

    async def works():
        done.append("works")

    rounds = Rounds(4)
    async with kept_up([Job("one", fails, 10), Job("two", works, 10)], pause=rounds), asyncio.timeout(5):
        await rounds.done.wait()
    assert (done.count("fails"), done.count("works")) == (2, 2)
    assert [record.job for record in caplog.records] == ["one", "one"]


async def test_questions_without_an_answer_come_to_the_store_though_nobody_lists_them(build):
    app = await build()
    started = await app.conversations.start(language=Language.en)
    await app.conversations.handle(Utterance(started.state.call_id, "How do I get a parking permit here?"))
    assert await app.store.gaps() == []
    for job in jobs_of(app):
        await job.do()
    assert [each.question for each in await app.store.gaps()] == ["how do i get a parking permit here?"]


async def test_a_server_that_starts_runs_what_was_approved_before_a_crash(build):
    app = await build()
    started = await app.conversations.start(language=Language.en, phone="+966501234567", verified=True)
    call_id = started.state.call_id
    request = Request(action=ActionName.cancel_order, arguments={"order_number": "ORD1001"})

    def propose_and_approve(state, _tickets):
        step = Step(state=state)
        proposal = deeds.propose(
            step, request, app.actions, proposal_id=ProposalId("ACT-1"), by="customer", message_id=None, now=NOON
        )
        assert proposal is not None
        deeds.decided(step, proposal, Verdict.approved, by="mona@company.example", now=NOON)
        return step

    await app.conversations.act(call_id, propose_and_approve)
    assert (await app.store.record("orders", "ORD1001")).fields["status"] == "received"
    async with app.bus.subscribe(call_id) as frames, serving(app), asyncio.timeout(5):
        frame = await first(frames, "action_run")
    assert frame.result.done
    assert "ORD1001" in frame.message
    assert (await app.store.record("orders", "ORD1001")).fields["status"] == "cancelled"
    assert not (await app.store.state(call_id)).proposals


async def test_a_server_lets_lapse_what_nobody_decided(build):
    app = await build()
    started = await app.conversations.start(language=Language.ar, phone="+966501234567", verified=True)
    request = Request(action=ActionName.cancel_order, arguments={"order_number": "ORD1001"})

    def propose(state, _tickets):
        step = Step(state=state)
        deeds.propose(
            step,
            request,
            app.actions,
            proposal_id=ProposalId("ACT-1"),
            by="customer",
            message_id=None,
            now=NOON - deeds.LIFETIME,
        )
        return step

    await app.conversations.act(started.state.call_id, propose)
    async with app.bus.subscribe(started.state.call_id) as frames, serving(app), asyncio.timeout(5):
        frame = await first(frames, "action_decided")
    assert (frame.verdict, frame.decided_by) == (Verdict.expired, "system")
    assert "انتهت مهلة طلبكم" in frame.message
    assert (await app.store.record("orders", "ORD1001")).fields["status"] == "received"

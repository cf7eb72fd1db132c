"""What messages and models ask for on the company's data: judged, done once, told; also when the store is away."""

from __future__ import annotations

import json

import pytest

from callcenter.actions import Request
from callcenter.calls import MAX_PROPOSALS, ActionCode, ActionName, Language, ProposalStatus
from callcenter.desk.approvals import Approvals, OutcomeStatus
from callcenter.events import CUSTOMER, ActionDecided, ActionProposed, ActionRun, ToolCalled
from callcenter.llm import Completion, CompletionKind, Delta
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.prompt import ToolCall
from tests.conversation.house import CALL, COMPANY, Scripted, house, sources

pytestmark = pytest.mark.unit

END = Completion(CompletionKind.complete, "model")


def wants(name, **arguments):
    """Return a voice that asks for an action, then repeats what it is told to tell."""

    async def say(brief):
        if not brief.exchanges:
            yield ToolCall("1", name, json.dumps(arguments))
        else:
            yield Delta(json.loads(brief.exchanges[-1].output).get("tell") or "I'm afraid I can't.")
        yield END

    return Scripted(say)


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


async def test_a_model_that_asks_for_a_safe_action_gets_what_came_of_it(tmp_path):
    async with house(tmp_path, wants("get_order_history"), acts=True) as home:
        turn = await home.says("could you tell me about my shopping with you over the years")
        (run,), (called,) = of(ActionRun, turn.events), of(ToolCalled, turn.events)
        assert (run.result.code, called.granted) == (ActionCode.done, True)
        assert "ORD1002" in turn.reply.message
        assert (await home.store.state(CALL)).actions_done == (ActionName.get_order_history,)


async def test_a_model_can_only_propose_what_is_sensitive(tmp_path):
    async with house(tmp_path, wants("cancel_order", order_number="ORD1001"), acts=True) as home:
        turn = await home.says("ORD1001 hmm well you know what to do")
        (proposed,), (called,) = of(ActionProposed, turn.events), of(ToolCalled, turn.events)
        assert (proposed.proposal.action, called.granted, called.receipt) == (
            ActionName.cancel_order,
            False,
            proposed.proposal.id,
        )
        order = await home.store.record("orders", "ORD1001")
        assert order is not None
        assert order.fields["status"] == "received"


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("track_order", {"order_number": "ORD1001"}, "the customer did not say so"),
        ("track_order", {"order_number": "ORD1004"}, "the customer did not say so"),
        ("send_quote", {"services": ["seo"]}, "this persona does not offer it"),
    ],
)
async def test_a_model_is_refused_what_the_customer_did_not_say_or_its_persona_does_not_do(
    tmp_path, name, arguments, reason
):
    async with house(tmp_path, wants(name, **arguments), acts=True) as home:
        turn = await home.says("hmm well let me think about something")
        (called,) = of(ToolCalled, turn.events)
        assert (called.granted, called.reason) == (False, reason)
        assert not of(ActionRun, turn.events)


async def test_a_model_gets_nothing_of_an_order_that_is_somebody_elses(tmp_path):
    async with house(tmp_path, wants("track_order", order_number="ORD1004"), acts=True) as home:
        turn = await home.says("hmm ORD1004 well let me think")
        (run,) = of(ActionRun, turn.events)
        assert run.result.code is ActionCode.nothing_found
        assert (await home.store.state(CALL)).failed_lookups == 1


async def test_where_no_actions_are_offered_a_model_is_told_that_there_is_no_such_tool(tmp_path):
    async with house(tmp_path, wants("cancel_order", order_number="ORD1001")) as home:
        turn = await home.says("Help me cancel order ORD1001")
        (called,) = of(ToolCalled, turn.events)
        assert not called.granted
        assert not of(ActionProposed, turn.events)


@pytest.mark.parametrize(
    ("language", "words", "told"),
    [
        (Language.en, ("I want to book a consultation tomorrow at 11 am", "yes"), "We'll do it as soon as we can"),
        (Language.ar, ("أبغى أحجز استشارة بكرة الساعة 11 الصبح", "نعم"), "سننفّذه حالما أمكن"),
    ],
)
async def test_what_was_confirmed_while_the_store_was_away_is_done_later_and_told(tmp_path, language, words, told):
    async with house(tmp_path, OfflineVoice(COMPANY), acts=True, language=language) as home:
        await home.says(words[0])
        home.faults.performing_fails = 1
        turn = await home.says(words[1])
        assert told in turn.reply.message
        (waits,) = (await home.store.state(CALL)).proposals
        assert (waits.status, waits.decided_by) == (ProposalStatus.approved, CUSTOMER)

        approvals = Approvals(store=home.store, conversations=home.manager, sources=sources())
        assert await approvals.look() == 1
        *_, last = await home.log()
        assert isinstance(last, ActionRun)
        assert (last.result.code, last.message) == (ActionCode.done, last.result.text[language])
        assert await approvals.look() == 0
        assert len(await home.store.records("bookings")) == 1


async def test_a_confirmation_cut_off_by_a_crash_is_run_when_the_call_is_taken_up_again(tmp_path):
    async with house(tmp_path, OfflineVoice(COMPANY), acts=True) as home:
        await home.says("I want to book a consultation tomorrow at 11 am")
        home.faults.after = 1  # the yes is kept, and nobody gets to answering it
        with pytest.raises(Exception, match=r"store"):
            await home.says("yes", "m-yes")
        (turn,) = await home.manager.resume(CALL)
        assert turn.reply is not None
        (run,) = of(ActionRun, await home.log())
        assert run.result.done
        assert run.result.receipt in turn.reply.message
        again = await home.says("yes", "m-yes")
        assert again.repeated
        assert len(await home.store.records("bookings")) == 1


async def test_an_action_in_an_ordinary_message_costs_the_voice_no_model(tmp_path):
    """What was done is told in our own words, whichever voice is first."""
    model = Scripted()
    async with house(tmp_path, model, OfflineVoice(COMPANY), acts=True) as home:
        turn = await home.says("Give me a list of my past orders")
        assert (turn.reply.voice, model.briefs) == ("offline", [])
        assert "ORD1001" in turn.reply.message


async def test_every_decision_and_its_run_stand_in_the_log_in_order(tmp_path):
    async with house(tmp_path, OfflineVoice(COMPANY), acts=True) as home:
        await home.says("I want to book a consultation tomorrow at 11 am")
        await home.says("yes")
        kinds = [event.event for event in await home.log()]
        assert kinds[2:] == [
            *("user_message", "routing", "action_proposed", "assistant_message"),
            *("user_message", "routing", "action_decided", "action_run", "assistant_message"),
        ]
        assert of(ActionDecided, await home.log())[0].decided_by == CUSTOMER


async def test_an_agent_is_not_told_done_where_no_more_proposals_may_wait(tmp_path):
    async with house(tmp_path, OfflineVoice(COMPANY), acts=True) as home:
        approvals = Approvals(store=home.store, conversations=home.manager, sources=sources())
        names = [service.id for service in COMPANY.services[: MAX_PROPOSALS + 1]]
        quotes = [Request(action=ActionName.send_quote, arguments={"services": [name]}) for name in names]
        asked = [await approvals.ask(CALL, quote, agent="mona@company.example") for quote in quotes]
        assert [each.status for each in asked] == [OutcomeStatus.pending] * MAX_PROPOSALS + [OutcomeStatus.run]
        refused = asked[-1].result
        assert refused is not None
        assert refused.code is ActionCode.not_possible
        assert len((await home.store.state(CALL)).proposals) == MAX_PROPOSALS
        again = await approvals.ask(CALL, quotes[0], agent="omar@company.example")
        assert (again.status, again.proposal) == (OutcomeStatus.pending, asked[0].proposal), "the same waits already"

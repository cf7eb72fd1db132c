"""Humans take calls over, speak, give them away and hand them back; the AI never speaks over them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from callcenter.calls import Language, Mode, PersonaType, PriorityLevel, TicketNumber
from callcenter.desk import GRACE, Agent, AgentDesk, AgentStatus, Availability, CallCard
from callcenter.errors import AgentUnavailable, CallEnded, CallNotHeld, CallTaken
from callcenter.events import AssistantMessage, CallTransferred, Disposition, TicketCreated, TicketUpdated
from callcenter.llm import Completion, CompletionKind, Delta
from callcenter.llm.offline import OfflineVoice
from tests.conversation.house import ANALYZER, CALL, COMPANY, PERSONAS, Scripted, answering, house, sources
from tests.desk.suggested import suggestions_of
from tests.factories import NOON

pytestmark = pytest.mark.contract

MONA, OMAR = Agent(name="mona@company.example"), Agent(name="omar@company.example")
LINA = Agent(name="lina@company.example", may_take_over=True)
HUMAN = {Language.ar: "أريد التحدث مع موظف", Language.en: "I want to talk to a human"}


class Clock:
    def __init__(self):
        self.at = NOON

    def now(self):
        self.at += timedelta(milliseconds=1)
        return self.at


def desk_of(home, clock):
    steady = sources()
    made = type(steady)(
        now=clock.now,
        call_id=steady.call_id,
        message_id=steady.message_id,
        ticket_number=lambda: TicketNumber("TKT-90000001"),
        proposal_id=steady.proposal_id,
    )
    return AgentDesk(
        store=home.store,
        conversations=home.manager,
        personas=PERSONAS,
        company=COMPANY,
        sources=made,
        suggestions=suggestions_of(home, clock),
    )


@asynccontextmanager
async def at_desk(folder, *voices, language=Language.en):
    async with house(folder, *voices, language=language) as home:
        clock = Clock()
        yield home, desk_of(home, clock), clock


def kinds(log):
    return [event.event for event in log]


async def test_of_two_agents_who_claim_at_once_one_gets_the_call(tmp_path):
    async with at_desk(tmp_path) as (home, desk, _):
        found = await asyncio.gather(desk.claim(CALL, MONA), desk.claim(CALL, OMAR), return_exceptions=True)
        assert [type(each) for each in found].count(CallTaken) == 1
        won = [(each.mode, each.agent) for each in found if isinstance(each, CallCard)]
        assert won == [(Mode.human, (await home.store.state(CALL)).agent)]
        assert kinds(await home.log()).count("call_claimed") == 1


async def test_of_two_processes_that_claim_at_once_one_gets_the_call(tmp_path):
    async with at_desk(tmp_path) as (home, desk, clock), house(tmp_path) as other:
        await home.manager.state(CALL)
        await desk.note(CALL, MONA, "both have the call at hand")
        second = desk_of(other, clock)
        await second.note(CALL, OMAR, "now they do")
        found = await asyncio.gather(desk.claim(CALL, MONA), second.claim(CALL, OMAR), return_exceptions=True)
        assert [type(each) for each in found].count(CallTaken) == 1
        assert kinds(await home.log()).count("call_claimed") == 1
        turn = await home.says("is anybody there?", "m-1")  # whichever process hears it
        assert turn.reply is None
        assert (await other.says("hello?", "m-2")).reply is None


async def test_whoever_has_a_call_may_claim_it_again_and_a_supervisor_may_take_it(tmp_path):
    async with at_desk(tmp_path) as (home, desk, _):
        await desk.claim(CALL, MONA)
        seq = (await desk.claim(CALL, MONA)).seq
        assert seq == (await home.store.state(CALL)).seq
        for refused in (OMAR, LINA):
            with pytest.raises(CallTaken):
                await desk.claim(CALL, refused)
        with pytest.raises(CallTaken):
            await desk.claim(CALL, OMAR, take_over=True)
        assert (await desk.claim(CALL, LINA, take_over=True)).agent == LINA.name
        assert (await home.log())[-1].taken_from == MONA.name
        with pytest.raises(CallNotHeld):
            await desk.reply(CALL, MONA, "still me?")


async def test_a_claim_cuts_off_the_reply_in_the_making_and_nothing_of_it_follows(tmp_path):
    begun, never = asyncio.Event(), asyncio.Event()

    async def held(_brief):
        yield Delta("Let me ")
        begun.set()
        await never.wait()
        yield Delta("never said")
        yield Completion(CompletionKind.complete, "scripted")

    async with at_desk(tmp_path, Scripted(held)) as (home, desk, _), home.bus.subscribe(CALL) as reader:
        turn = asyncio.ensure_future(home.says("what are your opening hours?", "m-1"))
        await begun.wait()
        await desk.claim(CALL, MONA)
        reply = (await turn).reply
        assert isinstance(reply, AssistantMessage)
        assert (reply.message, reply.interrupted) == ("Let me ", True)
        assert kinds(await home.log())[-2:] == ["assistant_message", "call_claimed"]
        frames = kinds(await reader.batch())
        assert frames[-1] == "call_claimed"
        assert frames.count("assistant_delta") == 1


async def test_a_claim_before_the_first_word_leaves_the_message_to_the_human(tmp_path):
    begun, never = asyncio.Event(), asyncio.Event()

    async def silent(_brief):
        begun.set()
        await never.wait()
        yield Delta("never said")

    async with at_desk(tmp_path, Scripted(silent)) as (home, desk, _):
        turns = [asyncio.ensure_future(home.says("hello", "m-1"))]
        await begun.wait()
        turns.append(asyncio.ensure_future(home.says("are you there?", "m-2")))
        await asyncio.sleep(0)
        await desk.claim(CALL, MONA)
        for turn in await asyncio.gather(*turns):
            assert (turn.reply, turn.repeated) == (None, False)
        assert "assistant_message" not in kinds(await home.log())
        assert (await home.store.state(CALL)).unanswered == ()


async def test_a_claim_that_is_refused_cuts_nothing_off(tmp_path):
    async with at_desk(tmp_path) as (home, desk, _):
        await home.manager.end(CALL, reason="over")
        with pytest.raises(CallEnded):
            await desk.claim(CALL, MONA)


@pytest.mark.parametrize("offline", [False, True])
async def test_a_customer_who_writes_to_a_human_gets_no_reply_of_the_ai(tmp_path, offline):
    voice = OfflineVoice(COMPANY) if offline else Scripted(answering)
    async with at_desk(tmp_path, voice) as (home, desk, _):
        await desk.claim(CALL, MONA)
        turn = await home.says("My website is down and I want to buy a new one", "m-1")
        assert (turn.reply, turn.handoff, turn.repeated) == (None, None, False)
        assert turn.routing.decision.target_persona is PersonaType.reception
        assert "a human has the call" in turn.routing.decision.reasoning
        again = await home.says("My website is down and I want to buy a new one", "m-1")
        assert (again.reply, again.repeated) == (None, True)
        await home.manager.resume(CALL)
        card = await desk.reply(CALL, MONA, "I'm looking at it now.")
        assert "assistant_message" not in kinds(await home.log())
        assert card.message_count == 3
        with pytest.raises(CallTaken):
            await home.manager.switch_persona(CALL, PersonaType.sales)


async def test_after_the_release_the_persona_goes_on_with_what_is_known(tmp_path):
    voice = Scripted(answering)
    async with at_desk(tmp_path, voice) as (home, desk, _):
        await home.says("My order 4411 arrived broken")
        await desk.claim(CALL, MONA)
        await desk.reply(CALL, MONA, "Your new one leaves tomorrow.")
        await home.says("my number is +966501234567")
        card = await desk.release(CALL, MONA)
        assert (card.mode, card.agent, card.waiting_since) == (Mode.ai, None, None)
        turn = await home.says("and when will it arrive?")
        assert turn.reply is not None
        brief = voice.briefs[-1]
        assert (await home.store.state(CALL)).slots.phone == "+966501234567"
        assert ("agent", "Your new one leaves tomorrow.") in [(line.speaker, line.text) for line in brief.history]
        assert kinds(await home.log()).count("ticket_created") == 1


@pytest.mark.parametrize(
    ("language", "joins", "leaves"),
    [
        (Language.ar, "معك الآن منى لمتابعة طلبك.", "تعود المحادثة الآن إلى المساعد الآلي (أحمد)."),
        (
            Language.en,
            "Mona has joined and will help you from here.",
            "You're back with Ahmed, our automated assistant.",
        ),
    ],
)
async def test_a_customer_is_told_who_comes_and_goes(tmp_path, language, joins, leaves):
    async with at_desk(tmp_path, language=language) as (home, desk, _):
        name = {Language.ar: "منى", Language.en: "Mona"}[language]
        await desk.available(MONA, Availability(display_name=name))
        await desk.claim(CALL, MONA)
        await desk.release(CALL, MONA)
        assert [event.message for event in (await home.log())[-2:]] == [joins, leaves]


async def test_an_agent_without_a_display_name_is_a_colleague(tmp_path):
    async with at_desk(tmp_path) as (home, desk, _):
        await desk.claim(CALL, MONA)
        assert (await home.log())[-1].agent_name == "A colleague of ours"


async def test_a_call_goes_to_another_agent_only_if_they_take_it(tmp_path):
    async with at_desk(tmp_path) as (home, desk, clock):
        await desk.claim(CALL, MONA)
        with pytest.raises(AgentUnavailable):
            await desk.transfer_to_agent(CALL, MONA, OMAR.name, warm=True)
        await desk.available(OMAR, Availability(status=AgentStatus.away))
        with pytest.raises(AgentUnavailable):
            await desk.transfer_to_agent(CALL, MONA, OMAR.name, warm=True)
        await desk.available(OMAR, Availability(display_name="Omar", capacity=1))
        card = await desk.transfer_to_agent(CALL, MONA, OMAR.name, warm=True)
        assert (card.mode, card.agent, card.agent_name) == (Mode.human, OMAR.name, "Omar")
        given = (await home.log())[-1]
        assert isinstance(given, CallTransferred)
        assert given.packet is not None
        with pytest.raises(CallNotHeld):
            await desk.reply(CALL, MONA, "mine?")
        await home.manager.start(call_id="CALL-8")
        await desk.claim("CALL-8", MONA)
        with pytest.raises(AgentUnavailable):  # as many as they can
            await desk.transfer_to_agent("CALL-8", MONA, OMAR.name, warm=False)
        clock.at += GRACE + timedelta(seconds=1)
        await desk.release(CALL, OMAR)


async def test_a_call_given_to_a_queue_waits_there_and_one_given_to_a_persona_is_answered(tmp_path):
    async with at_desk(tmp_path, Scripted(answering)) as (home, desk, _):
        await desk.available(OMAR, Availability(skills=(PersonaType.sales,)))
        await desk.claim(CALL, MONA)
        card = await desk.transfer_to_queue(CALL, MONA, PersonaType.sales, priority=PriorityLevel.medium, warm=False)
        assert (card.mode, card.queue, card.priority) == (Mode.ai, PersonaType.sales, PriorityLevel.medium)
        assert "first colleague who is free" in (await home.log())[-1].message
        assert [place.call_id for place in await desk.queue(skills=[PersonaType.sales])] == [CALL]
        assert await desk.queue(skills=[PersonaType.complaints]) == ()
        await desk.claim(CALL, OMAR)
        assert await desk.queue() == ()
        await desk.transfer_to_persona(CALL, OMAR, PersonaType.complaints, warm=True)
        turn = await home.says("hello again")
        assert turn.reply is not None
        assert turn.reply.persona is PersonaType.complaints


@pytest.mark.parametrize(
    ("language", "told"),
    [(Language.ar, "لا يوجد زميل آخر متاح الآن. طلبك مسجّل برقم"), (Language.en, "nobody else is free at the moment.")],
)
async def test_a_call_whose_agent_is_gone_waits_again_and_the_customer_gets_a_ticket(tmp_path, language, told):
    async with at_desk(tmp_path, language=language) as (home, desk, clock):
        desk.connected(MONA)
        await desk.claim(CALL, MONA)
        clock.at += timedelta(hours=1)
        assert await desk.look() == 0  # the socket is open
        desk.disconnected(MONA)
        clock.at += GRACE
        await desk.available(MONA, Availability())  # a sign of life
        assert await desk.look() == 0
        clock.at += GRACE + timedelta(seconds=1)
        assert await desk.look() == 1
        assert await desk.look() == 0
        *_, opened, released = await home.log()
        assert isinstance(opened, TicketCreated)
        assert (released.event, released.reason, released.waits) == ("call_released", "vanished", True)
        assert told in released.message
        assert opened.ticket.number in released.message
        assert [place.priority for place in await desk.queue()] == [PriorityLevel.urgent]
        assert (await home.says("مرحبا" if language is Language.ar else "hello")).reply is not None
        assert await desk.agents() == ()


async def test_a_matter_that_has_a_ticket_gets_no_second_one(tmp_path):
    async with at_desk(tmp_path) as (home, desk, clock):
        ticket = (await home.says("My website is down since yesterday")).ticket
        await desk.claim(CALL, MONA)
        clock.at += GRACE + timedelta(seconds=1)
        assert await desk.look() == 1
        *_, updated, released = await home.log()
        assert isinstance(updated, TicketUpdated)
        assert (updated.ticket.number, updated.ticket.human_requested) == (ticket.number, True)
        assert ticket.number in released.message
        assert (await home.store.ticket(ticket.number)).human_requested


async def test_with_another_agent_there_the_customer_is_told_to_wait(tmp_path):
    async with at_desk(tmp_path) as (home, desk, clock):
        await desk.claim(CALL, MONA)
        clock.at += GRACE + timedelta(seconds=1)
        desk.connected(OMAR)
        assert await desk.look() == 1
        log = await home.log()
        assert "The first one who is free will answer you." in log[-1].message
        assert "ticket_created" not in kinds(log)


@pytest.mark.parametrize("language", Language)
async def test_nobody_there_a_customer_who_wants_a_human_gets_one_ticket_and_is_told_its_number(tmp_path, language):
    async with at_desk(tmp_path, OfflineVoice(COMPANY), language=language) as (home, desk, _):
        turn = await home.says(HUMAN[language])
        assert turn.reply is not None
        assert turn.ticket is not None
        assert turn.ticket.number in turn.reply.message
        assert turn.reply.language is language
        assert [place.call_id for place in await desk.queue(languages=[language])] == [CALL]
        assert await desk.queue(languages=[language.other]) == ()
        await home.says(HUMAN[language])
        assert kinds(await home.log()).count("ticket_created") == 1


async def test_a_restart_leaves_a_call_with_its_human_who_gets_time_to_come_back(tmp_path):
    async with at_desk(tmp_path) as (home, desk, _):
        await desk.claim(CALL, MONA)
    async with at_desk(tmp_path, Scripted(answering)) as (home, desk, clock):
        assert (await home.says("hello?")).reply is None
        await home.manager.resume(CALL)
        assert "assistant_message" not in kinds(await home.log())
        assert await desk.look() == 0
        assert (await desk.reply(CALL, MONA, "I'm back.")).agent == MONA.name
        clock.at += GRACE + timedelta(seconds=1)
        assert await desk.look() == 1


async def test_a_call_is_wrapped_up_by_whoever_had_it_also_after_its_end(tmp_path):
    async with at_desk(tmp_path) as (home, desk, _):
        with pytest.raises(CallNotHeld):
            await desk.wrap_up(CALL, MONA, Disposition.resolved)
        await desk.claim(CALL, MONA)
        assert (await home.manager.end(CALL, reason="done")).outcome == "handed_off"
        with pytest.raises(CallNotHeld):
            await desk.wrap_up(CALL, OMAR, Disposition.resolved)
        await desk.wrap_up(CALL, MONA, Disposition.information_given, note="asked twice")
        await desk.note(CALL, OMAR, "read it")
        with pytest.raises(CallEnded):
            await desk.reply(CALL, MONA, "one more thing")
        assert kinds(await home.log())[-3:] == ["call_ended", "wrap_up", "internal_note"]
        assert await desk.look() == 0


def test_the_lexicon_knows_who_wants_a_human():
    for language, text in HUMAN.items():
        assert ANALYZER.analyze(text, language).intent.intent == "human_request"

"""A turn as the manager runs it: kept before it is answered, answered once, whatever fails or races in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from callcenter.calls import CallId, Language, PersonaType, Slot, TicketCategory
from callcenter.conversation import Utterance
from callcenter.errors import CallEnded, CallExists, CallNotFound, EmptyMessage, StoreUnavailable, TicketNotFound
from callcenter.events import (
    AssistantDelta,
    AssistantMessage,
    CallErased,
    Escalation,
    Handoff,
    Outcome,
    TicketCreated,
    TicketUpdated,
    TransferRequested,
    UserMessage,
    fold,
)
from callcenter.llm import Brief, Delta, Piece
from callcenter.tickets import TicketChange, TicketStatus
from tests.conversation.house import (
    CALL,
    COMPANY,
    PERSONAS,
    AtOnce,
    House,
    Saying,
    Scripted,
    answering,
    breaking,
    failing,
    house,
)
from tests.factories import after

pytestmark = pytest.mark.unit


async def test_a_call_starts_with_a_greeting_in_the_language_stated(tmp_path):
    async with house(tmp_path) as home:
        for language, name in ((Language.ar, "علي"), (Language.en, "Ali")):
            started = await home.manager.start(language=language, customer_name=name)
            assert name in started.greeting.message
            assert PERSONAS.name(PersonaType.reception, language) in started.greeting.message
            assert started.state.language is language


async def test_a_call_id_is_taken_once(tmp_path):
    async with house(tmp_path) as home:
        with pytest.raises(CallExists):
            await home.manager.start(call_id=CALL)


async def test_a_turn_is_published_as_it_is_kept(tmp_path):
    async with house(tmp_path) as home, home.bus.subscribe(CALL) as heard:
        turn = await home.says("I want to buy a website")
        frames = list(await heard.batch())
        kinds = [frame.event for frame in frames]
        assert kinds == ["user_message", "routing", "handoff", *["assistant_delta"] * 3, "assistant_message"]
        assert turn.reply is not None
        assert "".join(each.delta for each in frames if isinstance(each, AssistantDelta)) == turn.reply.message
        assert [frame for frame in frames if not isinstance(frame, AssistantDelta)] == list(turn.events)
        assert await home.log() == list((await home.log())[:2]) + list(turn.events)


async def test_a_handoff_is_announced_by_the_new_persona(tmp_path):
    async with house(tmp_path) as home:
        turn = await home.says("I want to buy a website")
        assert turn.reply is not None
        assert turn.reply.persona is PersonaType.sales
        assert "Sarah" in turn.reply.message.split("[sales]")[0]
        assert home.voice.briefs[0].introduced
        again = await home.says("How much is a website?")
        assert again.handoff is None
        assert again.reply is not None
        assert again.reply.message.startswith("[sales]")


async def test_the_packet_carries_what_is_known(tmp_path):
    async with house(tmp_path) as home:
        await home.says("my order number is 7474839")
        turn = await home.says("your website is broken and keeps crashing")
        assert turn.handoff is not None
        packet = turn.handoff.packet
        assert packet.slots.order_number == "7474839"
        assert "7474839" in packet.summary.ar
        assert "7474839" in packet.summary.en


async def test_a_repeated_message_is_answered_once(tmp_path):
    async with house(tmp_path) as home:
        first = await home.says("I want to buy a website", "m-1")
        again = await home.says("I want to buy a website", "m-1")
        assert again.repeated
        assert again.events == first.events
        assert len(home.voice.briefs) == 1


async def test_a_message_repeated_at_the_same_moment_is_answered_once(tmp_path):
    async with house(tmp_path) as home:
        turns = await asyncio.gather(*(home.says("I want to buy a website", "m-1") for _ in range(5)))
        assert sum(not turn.repeated for turn in turns) == 1
        assert {turn.reply.message for turn in turns if turn.reply} == {turns[0].reply and turns[0].reply.message}
        assert sum(isinstance(event, UserMessage) for event in await home.log()) == 1


async def test_racing_messages_are_both_kept_in_one_order(tmp_path):
    async with house(tmp_path) as home:
        await asyncio.gather(*(home.says(f"I want {count} websites", f"m-{count}") for count in range(10)))
        log = await home.log()
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        asked = [event.message_id for event in log if isinstance(event, UserMessage)]
        assert sorted(asked) == [f"m-{count}" for count in range(10)]
        replies = [event for event in log if isinstance(event, AssistantMessage)]
        assert [each for reply in replies for each in (*reply.answers, reply.message_id)] == asked
        assert await home.store.state(CALL) == fold(log)


async def test_two_houses_on_one_store_keep_one_log(tmp_path):
    async with house(tmp_path) as one, house(tmp_path) as two:
        for count in range(4):
            await asyncio.gather(one.says("hello", f"a-{count}"), two.says("hello", f"b-{count}"))
        log = await one.log()
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        replies = [event for event in log if isinstance(event, AssistantMessage)]
        answered = [each for reply in replies for each in (*reply.answers, reply.message_id)]
        assert sorted(answered) == sorted(f"{side}-{count}" for side in "ab" for count in range(4))


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u202e\u2066\u200f", "\ud800"])
async def test_nothing_readable_is_no_message(tmp_path, text):
    async with house(tmp_path) as home:
        with pytest.raises(EmptyMessage):
            await home.says(text)
        assert len(await home.log()) == 2


async def test_a_huge_message_is_cut_and_says_so(tmp_path):
    async with house(tmp_path) as home:
        turn = await home.says("كلمة " * 20_000)
        assert turn.message.truncated
        assert turn.reply is not None


async def test_an_unknown_call_is_said_so(tmp_path):
    async with house(tmp_path) as home:
        with pytest.raises(CallNotFound):
            await home.manager.handle(Utterance(CallId("nobody"), "hello"))
        with pytest.raises(CallNotFound):
            await home.manager.resume(CallId("nobody"))


class TestWhenTheStoreFails:
    async def test_before_the_message_is_kept_nothing_happened(self, tmp_path):
        async with house(tmp_path) as home:
            home.faults.before = 1
            with pytest.raises(StoreUnavailable):
                await home.says("hello", "m-1")
            assert len(await home.log()) == 2
            turn = await home.says("hello", "m-1")
            assert not turn.repeated
            assert turn.reply is not None

    async def test_kept_but_not_told_a_repeat_gets_the_answer(self, tmp_path):
        async with house(tmp_path) as home:
            home.faults.after = 1
            with pytest.raises(StoreUnavailable):
                await home.says("hello", "m-1")
            turn = await home.says("hello", "m-1")
            assert turn.repeated
            assert turn.reply is not None
            assert sum(isinstance(event, UserMessage) for event in await home.log()) == 1

    async def test_an_answer_that_could_not_be_kept_comes_before_the_next(self, tmp_path):
        async with house(tmp_path) as home:
            home.voice.script = self._then_fail(home)
            with pytest.raises(StoreUnavailable):
                await home.says("hello", "m-1")
            home.voice.script = answering
            await home.says("what are your working hours?", "m-2")
            replies = [event.message_id for event in await home.log() if isinstance(event, AssistantMessage)]
            assert replies == ["m-1", "m-2"]

    async def test_a_call_that_is_taken_up_again_is_answered(self, tmp_path):
        async with house(tmp_path) as home:
            home.voice.script = self._then_fail(home)
            with pytest.raises(StoreUnavailable):
                await home.says("hello", "m-1")
        async with house(tmp_path) as restarted:
            turns = await restarted.manager.resume(CALL)
            assert [turn.message_id for turn in turns] == ["m-1"]
            assert await restarted.manager.resume(CALL) == ()
            assert (await restarted.store.state(CALL)).unanswered == ()

    @staticmethod
    def _then_fail(home: House) -> Saying:
        async def say(brief: Brief) -> AsyncGenerator[Piece, None]:
            home.faults.before = 1
            async for piece in answering(brief):
                yield piece

        return say


class TestWhenAVoiceFails:
    @pytest.mark.parametrize("fault", [failing, breaking])
    async def test_the_next_one_speaks(self, tmp_path, fault):
        async with house(tmp_path, Scripted(fault), Scripted()) as home:
            turn = await home.says("hello")
            assert turn.reply is not None
            assert (turn.reply.message, turn.reply.voice) == ("[reception] said.", "scripted")

    @pytest.mark.parametrize("language", Language)
    async def test_with_none_left_the_persona_apologises(self, tmp_path, language):
        async with house(tmp_path, Scripted(failing), language=language) as home:
            turn = await home.says("؟؟؟")
            assert turn.reply is not None
            assert turn.reply.message == PERSONAS.apology(PersonaType.reception, language)


class TestAVoiceThatAnswersAtOnce:
    async def test_its_answer_is_kept_in_one_step_with_the_message(self, tmp_path):
        async with house(tmp_path, AtOnce()) as home, home.bus.subscribe(CALL) as heard:
            turn = await home.says("I want to buy a website")
            kinds = [frame.event for frame in await heard.batch()]
            assert kinds == ["user_message", "routing", "handoff", *["assistant_delta"] * 3, "assistant_message"]
            assert turn.reply is not None
            assert turn.reply.message.endswith("At once.")
            assert turn.reply.voice == "prompt"
            assert [len(step.events) for step in home.faults.steps] == [2, 4]
            assert await home.store.state(CALL) == fold(await home.log())

    async def test_when_it_breaks_the_message_is_kept_and_answered_after_all(self, tmp_path):
        async with house(tmp_path, AtOnce(fails=1)) as home:
            turn = await home.says("hello")
            assert turn.reply is not None
            assert turn.reply.message == "At once."
            assert [len(step.events) for step in home.faults.steps] == [2, 2, 1]

    async def test_an_older_message_is_answered_first(self, tmp_path):
        async with house(tmp_path) as home:
            home.voice.script = TestWhenTheStoreFails._then_fail(home)
            with pytest.raises(StoreUnavailable):
                await home.says("hello", "m-1")
        async with house(tmp_path, AtOnce()) as home:
            await home.says("what are your working hours?", "m-2")
            replies = [event.message_id for event in await home.log() if isinstance(event, AssistantMessage)]
            assert replies == ["m-1", "m-2"]


class TestTickets:
    async def test_a_matter_gets_one_ticket_that_grows(self, tmp_path):
        async with house(tmp_path) as home:
            opened = await home.says("your website is broken, it keeps crashing")
            assert opened.find(TicketCreated) is not None
            grown = await home.says("my order number is 7474839")
            update = grown.find(TicketUpdated)
            assert update is not None
            assert update.ticket.order_number == "7474839"
            assert await home.store.ticket(update.ticket.number) == update.ticket
            assert len((await home.store.state(CALL)).tickets) == 1

    async def test_anger_is_escalated_once(self, tmp_path):
        async with house(tmp_path, language=Language.ar) as home:
            first = await home.says("الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً")
            second = await home.says("أنا غاضب جداً من هذه الخدمة السيئة")
            assert first.find(Escalation) is not None
            assert second.find(Escalation) is None
            assert second.routing.decision.escalation_needed

    async def test_a_human_is_asked_for_once_with_a_ticket(self, tmp_path):
        async with house(tmp_path, language=Language.ar) as home:
            first = await home.says("أريد التحدث مع موظف")
            again = await home.says("أريد التحدث مع موظف")
            assert first.find(TransferRequested) is not None
            assert first.find(TicketCreated) is not None
            assert again.find(TransferRequested) is None
            assert again.find(TicketCreated) is None

    async def test_a_human_asked_for_later_stands_on_the_ticket(self, tmp_path):
        async with house(tmp_path, language=Language.ar) as home:
            opened = (await home.says("الموقع لا يعمل")).ticket
            asked = (await home.says("أريد التحدث مع موظف")).find(TicketUpdated)
            assert opened is not None
            assert not opened.human_requested
            assert asked is not None
            assert asked.ticket.human_requested

    async def test_questions_are_asked_one_by_one_and_never_for_what_is_known(self, tmp_path):
        async with house(tmp_path) as home:
            for text in (
                "I have a problem",
                "my website is broken, it keeps crashing",
                "my order number is 7474839",
                "my phone is +966501234567",
                "what else do you need?",
            ):
                await home.says(text)
            assert [brief.asks for brief in home.voice.briefs] == [
                Slot.description,
                Slot.order_number,
                Slot.contact,
                None,
                None,
            ]

    async def test_another_matter_is_told_anew(self, tmp_path):
        async with house(tmp_path) as home:
            first = (await home.says("your website is broken, it keeps crashing")).ticket
            await home.says("I don't have an order number")
            await home.says("my phone is +966501234567")
            second = (await home.says("and I was charged twice on my invoice")).find(TicketCreated)
            assert first is not None
            assert second is not None
            assert second.ticket.number != first.number
            assert second.ticket.category is TicketCategory.billing
            assert "crashing" not in second.ticket.description
            assert second.ticket.phone == "+966501234567"

    async def test_going_back_to_a_matter_goes_back_to_its_ticket(self, tmp_path):
        async with house(tmp_path) as home:
            for _ in range(3):
                for text in (
                    "your website is broken, it keeps crashing",
                    "I don't have an order number",
                    "my phone is +966501234567",
                    "I was charged twice on my invoice",
                    "I don't have an order number",
                ):
                    await home.says(text)
            first, second = (await home.store.state(CALL)).tickets
            technical, billing = await home.store.ticket(first), await home.store.ticket(second)
            assert (technical.category, billing.category) == (TicketCategory.technical, TicketCategory.billing)
            assert technical.description == "your website is broken, it keeps crashing"
            assert billing.description == "I was charged twice on my invoice"
            assert await home.store.state(CALL) == fold(await home.log())

    async def test_a_lead_names_what_it_is_about(self, tmp_path):
        async with house(tmp_path) as home:
            await home.says("how much is web design?")
            lead = (await home.says("my email is sam@example.com")).find(TicketCreated)
            assert lead is not None
            service = COMPANY.service("web-design")
            assert service is not None
            assert lead.ticket.subject == service.name[Language.en]
            assert lead.ticket.email == "sam@example.com"

    async def test_who_asks_for_a_human_is_asked_for_nothing_but_a_contact(self, tmp_path):
        async with house(tmp_path) as home:
            await home.says("your website is broken, it keeps crashing")
            await home.says("I want to talk to a person")
            await home.says("my phone is +966501234567. I want to talk to a person")
            assert [brief.asks for brief in home.voice.briefs] == [Slot.order_number, Slot.contact, None]

    async def test_what_the_desk_changed_meanwhile_is_kept(self, tmp_path):
        async with house(tmp_path) as home:
            opened = (await home.says("your website is broken, it keeps crashing")).ticket
            assert opened is not None
            await home.store.change_ticket(opened.number, TicketChange(assignee="Huda"), actor="desk", now=after(500))
            grown = (await home.says("my order number is 7474839")).ticket
            assert grown is not None
            assert (grown.assignee, grown.order_number) == ("Huda", "7474839")

    async def test_an_agents_change_is_seen_by_the_call(self, tmp_path):
        async with house(tmp_path) as home:
            opened = (await home.says("your website is broken, it keeps crashing")).ticket
            assert opened is not None
            await home.manager.change_ticket(opened.number, TicketChange(status=TicketStatus.resolved), actor="desk")
            ended = await home.manager.end(CALL, reason="done")
            assert ended.outcome == Outcome.resolved


class TestTheEnd:
    async def test_an_ended_call_takes_no_message_but_repeats_an_old_one(self, tmp_path):
        async with house(tmp_path) as home:
            first = await home.says("hello", "m-1")
            state = await home.manager.end(CALL, reason="customer left", satisfaction=5)
            assert (state.ended, state.outcome, state.satisfaction) == (True, Outcome.resolved, 5)
            with pytest.raises(CallEnded):
                await home.says("hello again")
            with pytest.raises(CallEnded):
                await home.manager.end(CALL, reason="again")
            with pytest.raises(CallEnded):
                await home.manager.switch_persona(CALL, PersonaType.sales)
            assert (await home.says("hello", "m-1")).events == first.events

    async def test_the_outcome_tells_what_is_left(self, tmp_path):
        async with house(tmp_path) as home:
            abandoned = await home.manager.start(call_id=CallId("a"))
            assert (await home.manager.end(abandoned.state.call_id, reason="left")).outcome == Outcome.abandoned
            await home.says("your website is broken, it keeps crashing")
            assert (await home.manager.end(CALL, reason="left")).outcome == Outcome.ticket_open


async def test_a_persona_chosen_by_hand_keeps_the_call(tmp_path):
    async with house(tmp_path) as home:
        moved = await home.manager.switch_persona(CALL, PersonaType.complaints)
        assert isinstance(moved, Handoff)
        assert await home.manager.switch_persona(CALL, PersonaType.complaints) is None
        turn = await home.says("What are your working hours?")
        assert turn.reply is not None
        assert turn.reply.persona is PersonaType.complaints


@pytest.mark.parametrize(
    ("language", "text"), [(Language.en, "تكلم عربي لو سمحت"), (Language.ar, "Can you speak English please?")]
)
async def test_asking_for_a_language_switches_the_answer(tmp_path, language, text):
    async with house(tmp_path, language=language) as home:
        turn = await home.says(text)
        assert turn.reply is not None
        assert turn.reply.language is language.other
        assert (await home.store.state(CALL)).language is language.other


async def test_the_service_last_named_is_remembered(tmp_path):
    async with house(tmp_path) as home:
        await home.says("tell me about web design")
        await home.says("and advertising?")
        interests = (await home.store.state(CALL)).interests
        assert [COMPANY.service(each) is not None for each in interests] == [True, True]
        assert "adver" in interests[-1]


@pytest.mark.parametrize(
    ("language", "text"),
    [(Language.ar, "الموقع لا يعمل منذ أمس"), (Language.en, "Your website has been down since yesterday")],
)
async def test_an_erased_call_is_gone_with_its_tickets_and_its_readers_are_told(tmp_path, language, text):
    async with house(tmp_path, language=language) as home:
        ticket = (await home.says(text)).ticket
        events = len(await home.log())
        async with home.bus.subscribe(CALL) as reader:
            erasure = await home.manager.erase(CALL)
            assert await reader.batch() == [CallErased(call_id=CALL)]
        assert (erasure.call_id, erasure.erased.events, erasure.erased.tickets) == (CALL, events, 1)
        for gone in (home.says("hello"), home.manager.state(CALL), home.manager.end(CALL, reason="over")):
            with pytest.raises(CallNotFound):
                await gone
        with pytest.raises(TicketNotFound):
            await home.store.ticket(ticket.number)


async def test_what_was_never_there_can_not_be_erased(tmp_path):
    async with house(tmp_path) as home:
        await home.manager.erase(CALL)
        for call_id in (CallId("NOBODY"), CALL):
            with pytest.raises(CallNotFound):
                await home.manager.erase(call_id)


async def test_a_reply_in_the_making_does_not_outlive_its_call(tmp_path):
    begun = asyncio.Event()

    async def endless(_brief: Brief) -> AsyncGenerator[Piece, None]:
        yield Delta("Once upon a time ")
        begun.set()
        await asyncio.Event().wait()

    async with house(tmp_path, Scripted(endless)) as home:
        turn = asyncio.ensure_future(home.says("Tell me a story", "m-1"))
        await begun.wait()
        await home.manager.erase(CALL)
        with pytest.raises(CallNotFound):
            await asyncio.wait_for(turn, 20)
        started = await home.manager.start(call_id=CALL, language=Language.en)
        assert await home.log() == list(started.events)


async def test_a_call_that_could_not_be_erased_goes_on(tmp_path):
    async with house(tmp_path) as home:
        await home.says("hello")
        before = await home.log()
        home.faults.erasing_fails = True
        with pytest.raises(StoreUnavailable):
            await home.manager.erase(CALL)
        await home.says("What are your working hours?")
        assert (await home.log())[: len(before)] == before


async def test_assessing_a_message_stores_nothing(tmp_path):
    async with house(tmp_path) as home:
        found = home.manager.assess("خدمة سيئة جداً")
        assert found.decision.target_persona is PersonaType.complaints
        assert found.decision.create_ticket
        with pytest.raises(EmptyMessage):
            home.manager.assess(" ")
        assert len(await home.log()) == 2


async def test_a_voice_knows_what_was_said_last_also_after_a_restart(tmp_path: Path):
    async with house(tmp_path) as first:
        first_turn = await first.says("hello")
        second_turn = await first.says("how much is a website?")
        assert first_turn.reply is not None
        assert second_turn.reply is not None
        assert [brief.said for brief in first.voice.briefs] == ["", first_turn.reply.message]
    async with house(tmp_path) as restarted:
        await restarted.says("yes please", "after-the-restart")
        assert [brief.said for brief in restarted.voice.briefs] == [second_turn.reply.message]

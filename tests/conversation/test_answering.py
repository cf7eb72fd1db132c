"""Customers who write on while a reply is made, models that ask for something to be done, voices that break off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest

from callcenter.calls import Language, PersonaType, Slot, TicketCategory, TokenUsage, ToolName
from callcenter.errors import VoiceFailed
from callcenter.events import (
    AssistantDelta,
    AssistantMessage,
    Handoff,
    HandoffTrigger,
    TicketCreated,
    TicketUpdated,
    ToolCalled,
    TransferRequested,
    fold,
)
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Failure, Piece, Receipt
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.prompt import ToolCall
from tests.conversation.house import CALL, COMPANY, PERSONAS, Saying, Scripted, house

pytestmark = pytest.mark.unit

END = Completion(CompletionKind.complete, "model", TokenUsage(input_tokens=100, output_tokens=10))
LEFT = TokenUsage(input_tokens=100, output_tokens=2, estimated=True)


class Held:
    """A voice that says some pieces, then waits until it is let go on or cut off."""

    name = "held"

    def __init__(self, *before: str, after: str = "the rest.") -> None:
        self.before, self.after = before, after
        self.briefs: list[Brief] = []
        self.waiting = asyncio.Event()
        self.go = asyncio.Event()
        self.left = 0

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        self.briefs.append(brief)
        try:
            if len(self.briefs) == 1:
                for piece in self.before:
                    yield Delta(piece)
                self.waiting.set()
                await self.go.wait()
            yield Delta(self.after)
            yield END
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            brief.meter.left = LEFT
            raise


def asking(*rounds: list[tuple[str, object]], last: str = "Done.") -> Saying:
    """Return a model that asks for tools round by round, then says `last`."""

    async def say(brief: Brief) -> AsyncGenerator[Piece, None]:
        number = len({exchange.call.id.split("-")[0] for exchange in brief.exchanges})
        if number < len(rounds):
            for count, (name, arguments) in enumerate(rounds[number]):
                text = arguments if isinstance(arguments, str) else json.dumps(arguments)
                yield ToolCall(f"{number}-{count}", name, text)
        else:
            yield Delta(last)
        yield END

    return say


def slots(**given: str) -> dict[str, str | None]:
    return {"order_number": None, "phone": None, "email": None, "name": None, "description": None} | given


def replies(log) -> list[AssistantMessage]:
    return [event for event in log if isinstance(event, AssistantMessage)]


# --- customers who write on


async def test_a_burst_gets_one_reply(tmp_path):
    voice = Held()
    async with house(tmp_path, voice) as home:
        first = asyncio.create_task(home.says("hello there", "m-1"))
        await voice.waiting.wait()
        second = await home.says("how are you today?", "m-2")
        turn = await first
        [reply] = replies(await home.log())
        assert (reply.message_id, reply.answers, reply.message) == ("m-2", ("m-1",), "the rest.")
        assert not reply.interrupted
        assert turn.reply == second.reply == reply
        assert voice.left == 1
        assert voice.briefs[1].text == "hello there\nhow are you today?"
        assert (await home.store.state(CALL)).unanswered == ()


async def test_what_another_house_has_answered_meanwhile_is_not_answered_twice(tmp_path):
    begun, told = asyncio.Event(), asyncio.Event()

    async def when_told(brief: Brief) -> AsyncGenerator[Piece, None]:
        if brief.text != "hi":
            begun.set()
            await told.wait()
        yield Delta(brief.text)
        yield END

    voice = Held()
    async with house(tmp_path, voice) as one, house(tmp_path, Scripted(when_told)) as two:
        await two.says("hi", "m-0")
        first = asyncio.create_task(one.says("hello", "m-1"))
        await voice.waiting.wait()
        second = asyncio.create_task(two.says("مرحبا", "m-2"))  # it can't know that m-1 is being answered
        await begun.wait()
        voice.go.set()
        await first
        told.set()
        await second
        log = await one.log()
        assert [(reply.message_id, reply.answers) for reply in replies(log)[1:]] == [("m-1", ()), ("m-2", ())]


async def test_three_messages_at_once_get_one_reply_to_all(tmp_path):
    voice = Held()
    async with house(tmp_path, voice) as home:
        first = asyncio.create_task(home.says("hello", "m-1"))
        await voice.waiting.wait()
        turns = await asyncio.gather(home.says("are you there?", "m-2"), home.says("I need a logo", "m-3"), first)
        [reply] = replies(await home.log())
        assert {*reply.answers, reply.message_id} == {"m-1", "m-2", "m-3"}
        assert all(turn.reply == reply for turn in turns)


async def test_a_customer_who_writes_on_amid_a_reply_gets_what_was_delivered_stored(tmp_path):
    voice = Held("It costs ", "a lot, ")
    async with house(tmp_path, voice) as home, home.bus.subscribe(CALL) as heard:
        first = asyncio.create_task(home.says("hello there", "m-1"))
        await voice.waiting.wait()
        second = await home.says("how are you today?", "m-2")
        turn = await first
        cut, whole = replies(await home.log())
        assert (cut.message, cut.interrupted, cut.message_id) == ("It costs a lot, ", True, "m-1")
        assert (cut.asks, cut.voice, cut.usage) == (None, "held", LEFT)
        assert whole.usage == END.usage
        assert (whole.message, whole.interrupted, whole.answers) == ("the rest.", False, ())
        assert (turn.reply, second.reply) == (cut, whole)
        frames = await heard.batch()
        deltas = [each.delta for each in frames if isinstance(each, AssistantDelta) and each.message_id == "m-1"]
        assert "".join(deltas) == cut.message
        interrupted = next(line for line in voice.briefs[1].history if line.interrupted)
        assert interrupted.text == cut.message


async def test_a_customer_may_stop_a_reply_without_a_word(tmp_path):
    voice = Held("Once upon a time ")
    async with house(tmp_path, voice) as home:
        first = asyncio.create_task(home.says("hello there", "m-1"))
        await voice.waiting.wait()
        home.manager.interrupt(CALL)
        home.manager.interrupt(CALL)
        turn = await first
        assert turn.reply is not None
        assert (turn.reply.message, turn.reply.interrupted) == ("Once upon a time ", True)


async def test_stopping_when_nothing_is_said_changes_nothing(tmp_path):
    async with house(tmp_path) as home:
        home.manager.interrupt(CALL)
        assert (await home.says("hello")).reply is not None


async def test_a_reply_stopped_before_its_first_word_is_made_anew(tmp_path):
    voice = Held()
    async with house(tmp_path, voice) as home:
        first = asyncio.create_task(home.says("hello", "m-1"))
        await voice.waiting.wait()
        home.manager.interrupt(CALL)
        assert (await first).reply is not None
        assert len(replies(await home.log())) == 1


async def test_what_a_stopping_server_had_delivered_is_the_reply(tmp_path):
    voice = Held("We open at ")
    async with house(tmp_path, voice) as home:
        turn = asyncio.create_task(home.says("when do you open?", "m-1"))
        await voice.waiting.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        [reply] = replies(await home.log())
        assert (reply.message, reply.interrupted, reply.usage) == ("We open at ", True, LEFT)
        assert (await home.store.state(CALL)).unanswered == ()


async def test_a_stopping_server_leaves_what_was_not_begun_to_the_next(tmp_path):
    voice = Held()
    async with house(tmp_path, voice) as home:
        turn = asyncio.create_task(home.says("when do you open?", "m-1"))
        await voice.waiting.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert replies(await home.log()) == []
        [later] = await home.manager.resume(CALL)
        assert later.reply is not None


async def test_a_house_that_answers_at_once_answers_each_message(tmp_path):
    async with house(tmp_path, OfflineVoice(COMPANY)) as home:
        await asyncio.gather(*(home.says(f"I want {count} websites", f"m-{count}") for count in range(3)))
        log = await home.log()
        assert [each.answers for each in replies(log)] == [(), (), ()]


async def test_a_persona_that_took_over_and_was_cut_off_has_introduced_itself(tmp_path):
    voice = Held()
    async with house(tmp_path, voice) as home:
        first = asyncio.create_task(home.says("I want to buy a website", "m-1"))
        await voice.waiting.wait()
        await home.says("for a bakery", "m-2")
        await first
        opening, whole = replies(await home.log())
        assert PERSONAS.name(PersonaType.sales, Language.en) in opening.message
        assert opening.interrupted
        assert whole.message == "the rest."
        assert "I want to buy a website" in [line.text for line in voice.briefs[1].history]


# --- what a voice is told


async def test_a_model_is_told_what_was_said_before(tmp_path):
    async with house(tmp_path) as home:
        await home.says("hello, I am Sam")
        await home.says("how much is a website?")
    lines = home.voice.briefs[1].history
    assert [line.speaker for line in lines] == ["persona", "customer", "persona"]
    assert lines[1].text == "hello, I am Sam"


async def test_what_was_said_is_known_again_after_a_restart(tmp_path):
    async with house(tmp_path) as home:
        await home.says("hello, I am Sam")
    async with house(tmp_path) as home:
        await home.says("how much is a website?", "m-2")
    assert "hello, I am Sam" in [line.text for line in home.voice.briefs[0].history]


# --- tools


async def test_a_ticket_asked_for_is_opened_and_may_be_told(tmp_path):
    wanted = {"category": "delivery", "description": "parcel is late", "urgency": "urgent"}
    voice = Scripted(asking([("open_ticket", wanted)]))
    async with house(tmp_path, voice) as home:
        turn = await home.says("so about that parcel of mine")
        ticket = turn.find(TicketCreated)
        called = turn.find(ToolCalled)
        assert ticket is not None
        assert called is not None
        assert (called.tool, called.granted, called.receipt) == (ToolName.open_ticket, True, ticket.ticket.number)
        assert (ticket.ticket.category, ticket.ticket.priority) == (TicketCategory.delivery, "high")
        assert voice.briefs[1].ticket == ticket.ticket
        assert {Receipt.ticket, Receipt.callback} <= voice.briefs[1].receipts
        assert json.loads(voice.briefs[1].exchanges[0].output)["receipt"] == ticket.ticket.number
        assert turn.reply is not None
        assert turn.reply.usage == TokenUsage(input_tokens=200, output_tokens=20)
        log = await home.log()
        assert await home.store.state(CALL) == fold(log)
        assert len(replies(log)) == 1


async def test_one_matter_gets_one_ticket_however_often_it_is_asked_for(tmp_path):
    wanted = {"category": "technical", "description": "site is down", "urgency": "high"}
    async with house(tmp_path, Scripted(asking([("open_ticket", wanted)], [("open_ticket", wanted)]))) as home:
        turn = await home.says("my website crashes, it is broken")
        created = [event for event in turn.events if isinstance(event, TicketCreated)]
        calls = [event for event in turn.events if isinstance(event, ToolCalled)]
        assert len(created) == 1
        assert {each.receipt for each in calls} == {created[0].ticket.number}


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("it is number A-7741, call 0501234567", {"order_number": "A-7741", "phone": "0501234567"}),
        ("الرقم A-7741 وجوالي ٠٥٠١٢٣٤٥٦٧", {"order_number": "A-7741", "phone": "0501234567"}),
    ],
    ids=["en", "ar"],
)
async def test_facts_the_customer_gave_are_noted(tmp_path, said, given):
    voice = Scripted(asking([("update_slots", slots(**given))]))
    async with house(tmp_path, voice) as home:
        turn = await home.says(said)
        state = await home.store.state(CALL)
        called = turn.find(ToolCalled)
        assert called is not None
        assert called.granted
        assert state.slots.order_number == "A-7741"
        assert state.slots.phone is not None
        assert state.slots.phone.endswith("501234567")


async def test_facts_the_customer_never_gave_are_not(tmp_path):
    voice = Scripted(asking([("update_slots", slots(phone="0559999999"))]))
    async with house(tmp_path, voice) as home:
        turn = await home.says("hello there")
        called = turn.find(ToolCalled)
        assert called is not None
        assert (called.granted, called.slots) == (False, None)
        assert (await home.store.state(CALL)).slots.phone is None
        assert json.loads(voice.briefs[1].exchanges[0].output)["granted"] is False


async def test_a_fact_noted_is_put_on_the_ticket(tmp_path):
    voice = Scripted()
    async with house(tmp_path, voice) as home:
        await home.says("my website is broken, it keeps crashing")
        voice.script = asking([("update_slots", slots(name="Layla Haddad"))])
        turn = await home.says("by the way you talk to Layla Haddad here")
        updated = [event for event in turn.events if isinstance(event, TicketUpdated)]
        assert updated[-1].ticket.customer_name == "Layla Haddad"


async def test_a_human_is_asked_for_once(tmp_path):
    voice = Scripted(asking([("request_human", {"reason": "wants a person"})], [("request_human", {"reason": "x"})]))
    async with house(tmp_path, voice) as home:
        turn = await home.says("this leads nowhere I am afraid")
        assert sum(isinstance(event, TransferRequested) for event in turn.events) == 1
        [created] = [event for event in turn.events if isinstance(event, TicketCreated)]
        assert created.ticket.category is TicketCategory.callback
        assert created.ticket.human_requested
        assert Receipt.transfer in voice.briefs[2].receipts


async def test_a_handoff_asked_for_lets_the_other_persona_speak(tmp_path):
    voice = Scripted(asking([("hand_off", {"persona": "sales", "reason": "wants to buy"})], last="Gladly."))
    async with house(tmp_path, voice) as home:
        turn = await home.says("hmm well let me think about something")
        handoff = turn.find(Handoff)
        assert handoff is not None
        assert (handoff.to_persona, handoff.trigger) == (PersonaType.sales, HandoffTrigger.model)
        assert turn.reply is not None
        assert turn.reply.persona is PersonaType.sales
        assert turn.reply.message.endswith(" Gladly.")
        assert PERSONAS.name(PersonaType.sales, Language.en) in turn.reply.message
        assert voice.briefs[1].persona is PersonaType.sales


async def test_a_handoff_amid_a_reply_is_announced_in_it(tmp_path):
    async def say(brief: Brief) -> AsyncGenerator[Piece, None]:
        if brief.exchanges:
            yield Delta("Gladly.")
        else:
            yield Delta("One moment.")
            yield ToolCall("1", "hand_off", '{"persona": "sales", "reason": "wants to buy"}')
        yield END

    async with house(tmp_path, Scripted(say)) as home:
        turn = await home.says("hmm well let me think about something")
        assert turn.reply is not None
        introduction = PERSONAS.introduction(PersonaType.sales, Language.en, intent=turn.routing.analysis.intent.intent)
        assert turn.reply.message == f"One moment.\n{introduction} Gladly."


@pytest.mark.parametrize(
    ("text", "persona", "reason"),
    [
        ("hello", "reception", "same_persona"),
        ("I want to buy a website", "reception", "just_taken_over"),
        ("my website is broken, it keeps crashing", "sales", "just_taken_over"),
    ],
)
async def test_rules_judge_a_handoff(tmp_path, text, persona, reason):
    async with house(tmp_path, Scripted(asking([("hand_off", {"persona": persona, "reason": "?"})]))) as home:
        turn = await home.says(text)
        called = turn.find(ToolCalled)
        assert called is not None
        assert (called.granted, called.reason) == (False, reason)


async def test_a_persona_that_collects_keeps_the_call(tmp_path):
    voice = Scripted()
    async with house(tmp_path, voice) as home:
        first = await home.says("my website is broken, it keeps crashing")
        assert first.reply is not None
        assert first.reply.asks is Slot.order_number
        voice.script = asking([("hand_off", {"persona": "sales", "reason": "?"})])
        turn = await home.says("one moment please")
        called = turn.find(ToolCalled)
        assert called is not None
        assert (called.granted, called.reason) == (False, "collecting")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("refund_everything", {}),
        ("open_ticket", "{not json"),
        ("open_ticket", {"category": "nonsense", "description": "x", "urgency": "high"}),
        ("hand_off", {"persona": "boss", "reason": "x"}),
        ("update_slots", {"is_admin": True}),
    ],
)
async def test_a_call_that_can_not_be_read_is_refused_and_stands_in_the_log(tmp_path, name, arguments):
    async with house(tmp_path, Scripted(asking([(name, arguments)]))) as home:
        turn = await home.says("hello there")
        called = turn.find(ToolCalled)
        assert called is not None
        assert (called.tool, called.granted, called.arguments) == (name, False, {})
        assert turn.reply is not None
        assert turn.reply.message == "Done."


@pytest.mark.parametrize("text", ["hello there", "مرحبًا"])  # hello
async def test_what_is_asked_for_beyond_four_at_a_time_is_refused_and_stands_in_the_log(tmp_path, text):
    wanted: list[tuple[str, object]] = [("request_human", {"reason": "x"})] * 5
    voice = Scripted(asking(wanted))
    async with house(tmp_path, voice) as home:
        turn = await home.says(text)
        calls = [event for event in turn.events if isinstance(event, ToolCalled)]
        assert [each.granted for each in calls] == [True] * 4 + [False]
        assert calls[-1].reason == "too many at a time"
        assert [json.loads(each.output)["granted"] for each in voice.briefs[1].exchanges] == [True] * 4 + [False]


async def test_a_model_that_only_asks_is_answered_for(tmp_path):
    endless: list[list[tuple[str, object]]] = [[("request_human", {"reason": "x"})]] * 9
    async with house(tmp_path, Scripted(asking(*endless)), OfflineVoice(COMPANY)) as home:
        turn = await home.says("hello there")
        assert turn.reply is not None
        assert (turn.reply.voice, turn.reply.voice_reason) == ("offline", Failure.empty)


# --- voices that break off


def breaking_after(*pieces: str, reason: Failure = Failure.connection_lost) -> Saying:
    async def say(_brief: Brief) -> AsyncGenerator[Piece, None]:
        for piece in pieces:
            yield Delta(piece)
        raise VoiceFailed(reason=reason)

    return say


@pytest.mark.parametrize(
    ("text", "said", "voice"),
    [
        ("when do you open?", "We open at nine. Anything else?", "scripted"),
        ("متى تفتحون؟", "نفتح في التاسعة. هل من شيء آخر؟", "scripted"),  # when do you open? At nine. Anything else?
        ("when do you open?", "We open at nine.", "offline"),
        ("my website is broken, it keeps crashing", "I'm sorry. Anything else?", "offline"),
        ("موقعي معطل ولا يعمل", "يؤسفني ذلك. هل من شيء آخر؟", "offline"),  # my site is down. Sorry. Anything else?
    ],
)
async def test_a_reply_that_broke_off_is_carried_on_unless_it_was_whole(tmp_path, text, said, voice):
    async with house(tmp_path, Scripted(breaking_after(said)), OfflineVoice(COMPANY)) as home:
        reply = (await home.says(text)).reply
        assert reply is not None
        assert (reply.voice, reply.voice_reason) == (voice, Failure.connection_lost)
        assert reply.message.endswith(said) == (voice == "scripted")


@pytest.mark.parametrize(
    ("language", "text", "begun"),
    [
        (Language.en, "how much is a website?", "Our websites are "),
        (Language.ar, "كم تكلفة تصميم موقع؟", "مواقعنا هي "),
    ],
)
async def test_the_next_voice_carries_on_where_one_breaks_off(tmp_path, language, text, begun):
    async with house(tmp_path, Scripted(breaking_after(begun)), OfflineVoice(COMPANY), language=language) as home:
        turn = await home.says(text)
        assert turn.reply is not None
        assert begun in turn.reply.message
        assert len(turn.reply.message) > turn.reply.message.index(begun) + len(begun) + 20
        assert (turn.reply.voice, turn.reply.voice_reason) == ("offline", Failure.connection_lost)
        assert not turn.reply.interrupted


@pytest.mark.parametrize("language", Language)
async def test_the_apology_follows_what_was_said(tmp_path, language):
    voices = Scripted(breaking_after("One. ")), Scripted(breaking_after())
    async with house(tmp_path, *voices, language=language) as home:
        turn = await home.says("42")
        assert turn.reply is not None
        assert turn.reply.message == f"One. {PERSONAS.apology(PersonaType.reception, language)}"
        assert turn.reply.voice == "apology"


async def test_the_reply_says_why_the_first_voice_did_not_speak(tmp_path):
    silent = Scripted(breaking_after(reason=Failure.rate_limited))
    async with house(tmp_path, silent, OfflineVoice(COMPANY)) as home:
        turn = await home.says("how much is a website?")
        assert turn.reply is not None
        assert (turn.reply.voice, turn.reply.voice_reason) == ("offline", Failure.rate_limited)


async def test_a_question_counts_as_asked_only_if_it_was(tmp_path):
    async with house(tmp_path, Scripted(asking(last="I am sorry to hear that."))) as home:
        turn = await home.says("my website is broken, it keeps crashing")
        assert turn.reply is not None
        assert turn.reply.asks is None
        assert (await home.store.state(CALL)).slots.asked == ()

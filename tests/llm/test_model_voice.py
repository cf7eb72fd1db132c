"""A model's voice over real HTTP: what the customer hears of each thing that a model may say or fail to."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from callcenter.calls import ConversationIntent, Language, Slot, Slots, TicketNumber, TokenUsage
from callcenter.errors import VoiceFailed
from callcenter.events import Correction, CorrectionAction
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Failure, Piece, Receipt
from callcenter.llm.breaker import FAILURES, FIRST_SECONDS, Breaker, BreakerState
from callcenter.llm.budget import Budget, Prices
from callcenter.llm.checks import Fault
from callcenter.llm.fake_openai import Answer, ErrorEvent, FakeOpenAI, Pieces, ToolCall, Usage, says
from callcenter.llm.fake_openai.request import Request
from callcenter.llm.model_voice import MAX_CALLS, ModelVoice
from callcenter.llm.patience import Patience
from callcenter.llm.prompt import Exchange, Prompt
from callcenter.llm.prompt import ToolCall as Called
from tests.llm import briefs
from tests.llm.models import APIS, MakeModel, responses
from tests.llm.voices import NOON, Clock, checks, compose, speaking

pytestmark = pytest.mark.live

both = pytest.mark.parametrize("api", APIS)

USAGE = TokenUsage(input_tokens=12, output_tokens=3)

GOOD = ("Our web sites ", "start at 1200 SAR. ", "Shall I tell you more?")
INVENTED = ("It costs ", "77777 SAR. ")
ELSEWHERE = ("بالتأكيد يسعدني ", "أن أساعدكم في هذا الأمر اليوم. ")  # certainly, glad to help you with this today


def asked(language: Language = Language.en, **changed: object) -> Brief:
    understood = briefs.analysis(language, ConversationIntent.service_inquiry)
    made = briefs.brief("How much is a web site?", understood, language=language)
    return replace(made, **changed)  # type: ignore[arg-type] # a builder's facts


async def heard_from(voice: ModelVoice, brief: Brief | None = None) -> tuple[list[Piece], str | None]:
    pieces: list[Piece] = []
    try:
        async with aclosing(voice.stream(brief or asked())) as stream:
            async for piece in stream:
                pieces.append(piece)  # noqa: PERF401 (what came before a failure counts)
    except VoiceFailed as failure:
        return pieces, failure.reason
    return pieces, None


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Delta))


def corrections(pieces: list[Piece]) -> list[tuple[str, str]]:
    return [(piece.fault, piece.action.value) for piece in pieces if isinstance(piece, Correction)]


@both
@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.en, "".join(GOOD)), (Language.ar, "أهلاً بك. سعر الموقع ١٢٠٠ ريال. هل تود معرفة المزيد؟")],
)
async def test_fit_reply_goes_out_as_it_comes(api: MakeModel, language: Language, said: str):
    words = tuple(f"{word} " for word in said.split())
    async with speaking(api, Answer(pieces=words)) as (voice, _):
        pieces, reason = await heard_from(voice, asked(language))
    assert reason is None
    assert text(pieces) == said
    assert pieces[-1] == Completion(CompletionKind.complete, "fake", USAGE)
    assert corrections(pieces) == []


async def test_first_words_go_out_before_the_model_is_done():
    gate = asyncio.Event()
    answer = Answer(pieces=("Welcome to our company, it is nice to ", "meet you."), hold_after=Pieces(1), gate=gate)
    async with speaking(responses, answer) as (voice, _), aclosing(voice.stream(asked())) as stream:
        assert text([await anext(stream)]).startswith("Welcome")
        gate.set()
        rest = [piece async for piece in stream]
    assert isinstance(rest[-1], Completion)


@both
@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=429, headers={"retry-after-ms": "1"}),
        Answer(pieces=GOOD, cut_after=1),
        Answer(pieces=GOOD, end_after=1),
        Answer(pieces=GOOD, error=ErrorEvent(after=Pieces(0))),
    ],
)
async def test_failure_before_the_first_piece_is_tried_once_more(api: MakeModel, answer: Answer):
    async with speaking(api, answer, says(*GOOD)) as (voice, fake):
        pieces, reason = await heard_from(voice)
        assert len(fake.requests) == 2
        assert voice.state.reason is None
    assert (text(pieces), reason) == ("".join(GOOD), None)


@both
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=401), Failure.key_refused),
        (Answer(status=400), Failure.request_refused),
        (Answer(status=429, headers={"retry-after": "2.1"}), Failure.rate_limited),
        (Answer(refusal="I can't help with that."), Failure.refused),
        (Answer(pieces=GOOD, incomplete="content_filter"), Failure.filtered),
        (Answer(pieces=("",)), Failure.empty),
        (Answer(pieces=("Our web",), incomplete="max_output_tokens"), Failure.truncated),
        (Answer(pieces=GOOD, cut_after=Pieces(2)), Failure.connection_lost),
        (Answer(body=b"<html>"), Failure.garbled),
    ],
)
async def test_other_failures_leave_the_reply_to_the_next_voice_at_once(
    api: MakeModel, answer: Answer, reason: Failure
):
    async with speaking(api, answer, says(*GOOD)) as (voice, fake):
        pieces, why = await heard_from(voice)
        assert len(fake.requests) == 1
    assert why == reason
    assert not any(isinstance(piece, Completion) for piece in pieces)


@both
async def test_failing_twice_is_failing(api: MakeModel):
    async with speaking(api, Answer(status=503), Answer(status=500), says(*GOOD)) as (voice, fake):
        assert await heard_from(voice) == ([], Failure.server_error)
        assert len(fake.requests) == 2


@both
@pytest.mark.parametrize(
    ("patience", "answer", "reason", "requests"),
    [
        (Patience(first_token=0.05, idle=9, total=9), Answer(stall_after="before_headers"), "first_token_timeout", 2),
        (Patience(first_token=0.05, idle=9, total=9), Answer(pieces=GOOD, stall_after=1), "first_token_timeout", 2),
        (Patience(first_token=9, idle=0.05, total=9), Answer(pieces=GOOD, stall_after=Pieces(2)), "idle_timeout", 1),
        (Patience(first_token=9, idle=9, total=0.05), Answer(pieces=GOOD, stall_after=Pieces(2)), "total_timeout", 1),
        (Patience(first_token=9, idle=9, total=0.05), Answer(stall_after="before_headers"), "total_timeout", 1),
    ],
)
async def test_silence_ends_a_reply_and_the_line(
    api: MakeModel, patience: Patience, answer: Answer, reason: str, requests: int
):
    async with speaking(api, answer, answer, patience=patience) as (voice, fake):
        _, why = await heard_from(voice)
        assert (why, len(fake.requests)) == (reason, requests)
        for request in fake.requests:
            await request.ended.wait()
            assert request.hung_up


@both
async def test_what_the_customer_waited_before_counts(api: MakeModel):
    patience = Patience(first_token=9, idle=9, total=9)
    async with speaking(api, Answer(stall_after="before_headers"), patience=patience) as (voice, fake):
        _, why = await heard_from(voice, replace(asked(), waited=8.9))
        assert (why, len(fake.requests)) == (Failure.total_timeout, 1)


@both
async def test_slow_pieces_are_borne_while_they_come(api: MakeModel):
    patience = Patience(first_token=10, idle=10, total=10)
    async with speaking(api, says(*GOOD, pause=0.01), patience=patience) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert (text(pieces), reason) == ("".join(GOOD), None)


@both
async def test_customer_who_hangs_up_ends_the_request(api: MakeModel):
    breaker = Breaker()
    async with speaking(api, Answer(pieces=GOOD, stall_after=Pieces(2)), breaker=breaker) as (voice, fake):
        task = asyncio.create_task(heard_from(voice))
        request = await fake.arrived()
        await request.held.wait()
        task.cancel()
        await request.ended.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert request.hung_up
    assert breaker.reason is None


@both
async def test_unfit_beginning_is_asked_for_again_with_the_reason(api: MakeModel):
    async with speaking(api, says(*INVENTED), says(*GOOD)) as (voice, fake):
        pieces, reason = await heard_from(voice)
        assert [request.instructions for request in fake.requests] == ["You are Sara.", "Mind unknown_price."]
    assert reason is None
    assert corrections(pieces) == [("unknown_price", "regenerated")]
    assert text(pieces) == "".join(GOOD)


@both
async def test_what_opens_unfit_twice_is_left_to_the_next_voice(api: MakeModel):
    async with speaking(api, says(*INVENTED), says(*INVENTED, *INVENTED, "Good bye.")) as (voice, fake):
        pieces, reason = await heard_from(voice)
        assert len(fake.requests) == 2
    assert (text(pieces), reason) == ("", Failure.unfit)
    assert corrections(pieces) == [(Fault.unknown_price, each) for each in ("regenerated", "dropped")]


@both
async def test_who_reads_out_its_instructions_twice_is_answered_for_by_a_line_of_ours(api: MakeModel):
    told = ("My instructions say ", "that I must be polite. ")
    async with speaking(api, says(*told), says(*told, *told, "What is it for?")) as (voice, _):
        pieces, reason = await heard_from(voice)
    line = checks().replacement(Fault.leaked_instructions, Language.en, begun=False)
    assert (text(pieces), reason) == (f"{line} What is it for?", None)
    assert corrections(pieces) == [(Fault.leaked_instructions, each) for each in ("regenerated", "replaced", "dropped")]


@both
async def test_what_is_unfit_more_than_once_is_replaced_once(api: MakeModel):
    async with speaking(api, says("Thank you for asking. ", *INVENTED, *INVENTED, "Good bye.")) as (voice, _):
        pieces, reason = await heard_from(voice)
    line = checks().replacement(Fault.unknown_price, Language.en, begun=False)
    assert (text(pieces), reason) == (f"Thank you for asking. {line} Good bye.", None)
    assert corrections(pieces) == [(Fault.unknown_price, each) for each in ("replaced", "dropped")]


@both
async def test_unfit_sentence_after_fit_ones_is_replaced_in_its_place(api: MakeModel):
    async with speaking(api, says("Thank you for asking. ", *INVENTED, "What is it for?")) as (voice, fake):
        pieces, _ = await heard_from(voice)
        assert len(fake.requests) == 1
    line = checks().replacement(Fault.unknown_price, Language.en, begun=False)
    assert text(pieces) == f"Thank you for asking. {line} What is it for?"
    assert corrections(pieces) == [("unknown_price", "replaced")]


async def test_half_a_sentence_that_is_out_is_taken_back():
    begun = ("Our finest web site of all that we make ", "costs 77777 SAR. ")
    async with speaking(responses, says(*begun, "What is it for?")) as (voice, fake):
        pieces, _ = await heard_from(voice)
        assert len(fake.requests) == 1
    line = checks().replacement(Fault.unknown_price, Language.en, begun=True)
    assert line in text(pieces)
    assert "77777" not in text(pieces)
    assert corrections(pieces) == [("unknown_price", "replaced")]


async def test_half_a_sentence_that_announces_is_taken_back_without_three_dots():
    announced = ("Our finest web site: ", "you may see it costs 77777 SAR. ")
    async with speaking(responses, says(*announced)) as (voice, _):
        pieces, _ = await heard_from(voice)
    line = checks().replacement(Fault.unknown_price, Language.en, begun=True)
    assert text(pieces) == f"Our finest web site:{line.removeprefix('…')}"


@pytest.mark.parametrize(
    ("language", "claim", "told"),
    [
        (Language.en, "I've opened a ticket for you. ", "Your ticket is open."),
        (Language.ar, "فتحت لكم تذكرة الآن. ", "تذكرتكم مفتوحة."),  # I have opened a ticket | it is open
    ],
)
async def test_a_claim_that_came_twice_with_its_tool_is_dropped_and_the_tool_asked_for(
    language: Language, claim: str, told: str
):
    call = ToolCall("open_ticket", "{}", "c1")
    beside = Answer(pieces=(claim, told), tool_calls=(call,))
    async with speaking(responses, beside, beside) as (voice, fake):
        pieces, reason = await heard_from(voice, asked(language))
        assert len(fake.requests) == 2
    assert (text(pieces), reason) == ("", None)
    assert corrections(pieces) == [("unbacked_action", "regenerated"), ("unbacked_action", "dropped")]
    assert Called("c1", "open_ticket", "{}") in pieces
    async with speaking(responses, says(claim), says(claim)) as (voice, _):
        assert (await heard_from(voice, asked(language)))[1] == Failure.unfit


@both
async def test_wrong_language_again_is_left_to_the_next_voice(api: MakeModel):
    async with speaking(api, says(*ELSEWHERE), says(*ELSEWHERE)) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert reason == Failure.unfit
    assert corrections(pieces) == [("wrong_language", "regenerated"), ("wrong_language", "dropped")]
    assert text(pieces) == ""


@both
@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (("Thank you for asking. ", "What is it for?"), "Thank you for asking. What is it for?"),
        (("Thank you for asking. ", "It is 77777 SAR, no less."), "Thank you for asking."),
        (("Thank you for asking. ", "We open at 9."), "Thank you for asking."),
        (("Thank you for asking. ", "We make web"), "Thank you for asking."),
    ],
)
async def test_whole_last_sentence_of_a_reply_that_broke_off_goes_out_if_it_is_fit(
    api: MakeModel, said: tuple[str, ...], heard: str
):
    async with speaking(api, Answer(pieces=said, cut_after=Pieces(2))) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert (text(pieces).strip(), reason, corrections(pieces)) == (heard, Failure.connection_lost, [])


@both
async def test_nothing_more_goes_out_where_the_content_filter_stepped_in(api: MakeModel):
    said = ("Thank you for asking. ", "What is it for?")
    async with speaking(api, Answer(pieces=said, incomplete="content_filter")) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert (text(pieces).strip(), reason) == ("Thank you for asking.", Failure.filtered)


@both
async def test_what_a_reply_took_that_is_left_is_in_the_briefs_meter(api: MakeModel):
    brief = asked()
    async with speaking(api, Answer(pieces=GOOD, stall_after=Pieces(2))) as (voice, _):
        async with aclosing(voice.stream(brief)) as stream:
            await anext(stream)
        assert brief.meter.left is not None
        assert brief.meter.left.estimated
    told = asked()
    async with speaking(api, says(*GOOD)) as (voice, _), aclosing(voice.stream(told)) as stream:
        async for piece in stream:
            if isinstance(piece, Completion):
                break
    assert told.meter.left is None, "told already"


async def test_the_articles_a_model_was_given_are_noted():
    brief = asked()
    async with speaking(responses, says(*GOOD)) as (voice, _):
        voice._compose = lambda made, *, failed=None: replace(compose(made, failed=failed), sources=("parking",))
        await heard_from(voice, brief)
    assert brief.meter.sources == ("parking",)


async def test_one_sentence_in_the_wrong_language_can_be_spared():
    async with speaking(responses, says("Thank you for asking. ", *ELSEWHERE, "What is it for?")) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert reason is None
    assert text(pieces) == "Thank you for asking. What is it for?"
    assert corrections(pieces) == [("wrong_language", "dropped")]


async def test_reply_that_goes_on_in_the_wrong_language_is_left_to_the_next_voice():
    async with speaking(responses, says("Thank you for asking. ", *ELSEWHERE, *ELSEWHERE)) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert (text(pieces).strip(), reason) == ("Thank you for asking.", Failure.unfit)


ASKED = ("What's your ", "order number, please? ")


def known() -> Brief:
    state = asked().state.model_copy(update={"slots": Slots(order_number="A-1234")})
    return asked(state=state)


@both
async def test_question_for_what_is_known_is_asked_for_again_and_then_left_to_the_next_voice(api: MakeModel):
    async with speaking(api, says(*ASKED), says(*ASKED)) as (voice, fake):
        pieces, reason = await heard_from(voice, known())
        assert len(fake.requests) == 2
    assert (text(pieces), reason) == ("", Failure.unfit)
    assert corrections(pieces) == [("asked_again", "regenerated"), ("asked_again", "dropped")]


@both
async def test_question_for_what_is_known_is_left_out_of_a_reply_that_stands_without_it(api: MakeModel):
    async with speaking(api, says("Thank you for asking. ", *ASKED)) as (voice, _):
        pieces, reason = await heard_from(voice, known())
    assert (text(pieces), reason) == ("Thank you for asking.", None)
    assert corrections(pieces) == [("asked_again", "dropped")]


async def test_question_for_what_the_brief_asks_passes_and_one_half_out_is_taken_back():
    long = ("And now, since it is the only thing that I still lack here, do please say to me: ", *ASKED)
    async with speaking(responses, says(*ASKED), says(*long)) as (voice, _):
        unknown, _ = await heard_from(voice, asked(asks=Slot.order_number))
        begun, reason = await heard_from(voice, known())
    assert (text(unknown).strip(), corrections(unknown)) == ("".join(ASKED).strip(), [])
    assert text(begun).endswith(checks().replacement(Fault.asked_again, Language.en, begun=True))
    assert (reason, corrections(begun)) == (None, [("asked_again", "replaced")])


@both
async def test_receipts_let_out_what_was_done(api: MakeModel):
    said = "I have opened ticket TKT-00000042 for you."
    state = asked().state.model_copy(update={"tickets": (TicketNumber("TKT-00000042"),)})
    proved = asked(receipts=frozenset({Receipt.ticket}), state=state)
    async with speaking(api, says(said)) as (voice, _):
        pieces, _ = await heard_from(voice, proved)
    assert (text(pieces), corrections(pieces)) == (said, [])


@both
async def test_markup_is_taken_out_and_told_once(api: MakeModel):
    async with speaking(api, says("**Our** web sites are good. ", "They are **very** good.")) as (voice, _):
        pieces, _ = await heard_from(voice)
    assert text(pieces) == "Our web sites are good. They are very good."
    assert corrections(pieces) == [("markup", CorrectionAction.cleaned)]


@both
async def test_tool_calls_come_after_the_text_and_are_bounded(api: MakeModel):
    calls = tuple(ToolCall("request_human", "{}", f"c{number}") for number in range(MAX_CALLS + 1))
    async with speaking(api, Answer(pieces=("One moment.",), tool_calls=calls, calls_first=True)) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert reason is None
    assert text(pieces) == "One moment."
    assert pieces[-MAX_CALLS - 1 : -1] == [Called(f"c{number}", "request_human", "{}") for number in range(MAX_CALLS)]


@both
async def test_tools_without_a_word_are_a_reply(api: MakeModel):
    async with speaking(api, Answer(tool_calls=(ToolCall("request_human", "{}", "c1"),))) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert reason is None
    assert [type(piece) for piece in pieces] == [Called, Completion]


@both
async def test_calls_of_a_reply_given_up_are_not_carried_out(api: MakeModel):
    first = Answer(pieces=INVENTED, tool_calls=(ToolCall("request_human", "{}", "c1"),), calls_first=True)
    async with speaking(api, first, says(*GOOD)) as (voice, _):
        pieces, _ = await heard_from(voice)
    assert not any(isinstance(piece, Called) for piece in pieces)


@both
async def test_silence_is_a_reply_only_after_tools_that_followed_words(api: MakeModel):
    exchange = Exchange(Called("c1", "request_human", "{}"), "{}")
    async with speaking(api, Answer(pieces=("",)), Answer(pieces=("",))) as (voice, _):
        _, after_words = await heard_from(voice, asked(exchanges=(exchange,), said_now="One moment."))
        _, after_none = await heard_from(voice, asked(exchanges=(exchange,)))
    assert (after_words, after_none) == (None, Failure.empty)


@both
@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (("Thank you for asking. ", "Our 1200"), "Thank you for asking."),
        (("We make web sites for many ", "small companies in"), "We make web…"),
        (("Thank you for asking. ", "What is it for?"), "Thank you for asking. What is it for?"),
    ],
)
async def test_truncated_reply_ends_where_it_can(api: MakeModel, said: tuple[str, ...], heard: str):
    async with speaking(api, Answer(pieces=said, incomplete="max_output_tokens")) as (voice, _):
        pieces, reason = await heard_from(voice)
    assert reason is None
    assert text(pieces).strip() == heard
    assert pieces[-1] == Completion(CompletionKind.truncated, "fake", USAGE)


@both
async def test_tokens_of_all_attempts_are_counted_with_their_cost(api: MakeModel):
    prices = Prices.of(input_price=1, cached_price=None, output_price=10)
    budget = Budget(now=lambda: NOON, prices=prices, day_tokens=101)
    first = Answer(pieces=("It costs 77777 SAR. ", "More?"), usage=Usage(input_tokens=70, output_tokens=9))
    async with speaking(api, first, Answer(pieces=GOOD, usage=Usage(90, 10)), budget=budget) as (voice, _):
        pieces, _ = await heard_from(voice)
        assert isinstance(pieces[-1], Completion)
        usage = pieces[-1].usage
        assert usage is not None
        assert usage.estimated  # the first attempt was left before it said what it took
        assert usage.input_tokens > 90
        assert usage.output_tokens > 10
        assert usage.cost_microusd == usage.input_tokens + 10 * usage.output_tokens
        assert await heard_from(voice) == ([], Failure.day_budget)
        assert (voice.state.ready, voice.state.reason) == (False, Failure.day_budget)


async def test_call_that_used_its_tokens_gets_another_voice():
    budget = Budget(now=lambda: NOON, call_tokens=100)
    state = asked().state.model_copy(update={"tokens_used": 100})
    async with speaking(responses, budget=budget) as (voice, fake):
        assert await heard_from(voice, asked(state=state)) == ([], Failure.call_budget)
        assert not fake.requests
        assert voice.state.ready


async def test_breaker_leaves_a_failing_provider_alone_until_a_probe_succeeds():
    clock = Clock()

    def failing(_: Request) -> Answer:
        return Answer(status=500)

    async with speaking(responses, clock=clock) as (voice, fake):
        fake.script(failing)
        reasons = [(await heard_from(voice))[1] for _ in range(3)]
        assert reasons == [Failure.server_error] * 3
        assert len(fake.requests) == FAILURES
        assert await heard_from(voice) == ([], Failure.breaker_open)
        assert (voice.state.ready, voice.state.reason) == (False, Failure.server_error)
        assert len(fake.requests) == FAILURES
        clock.now = FIRST_SECONDS
        fake.script(says(*GOOD), says(*GOOD))
        assert (await heard_from(voice))[1] is None
        assert (voice.state.ready, voice.state.reason) == (True, None)


async def test_interrupted_probe_makes_room_for_the_next():
    clock, breaker = Clock(), Breaker()
    async with speaking(
        responses, Answer(status=401), Answer(pieces=GOOD, stall_after=Pieces(1)), clock=clock, breaker=breaker
    ) as (voice, fake):
        await heard_from(voice)
        clock.now = FIRST_SECONDS
        task = asyncio.create_task(heard_from(voice))
        request = await fake.arrived(2)
        await request.held.wait()
        assert await heard_from(voice) == ([], Failure.breaker_open)
        task.cancel()
        await request.ended.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await heard_from(voice))[1] is None
        assert breaker.state(clock.now) is BreakerState.closed


async def test_bug_of_ours_does_not_keep_the_probe():
    def broken(*_: object, **__: object) -> Prompt:
        raise ZeroDivisionError

    clock, breaker = Clock(), Breaker()
    async with speaking(responses, Answer(status=401), clock=clock, breaker=breaker) as (voice, _):
        await heard_from(voice)
        clock.now = FIRST_SECONDS
        voice._compose = broken
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await heard_from(voice)
        assert breaker.attempt(clock.now) is not None


@both
async def test_check_tells_the_state_of_the_voice(api: MakeModel):
    async with speaking(api, fake=FakeOpenAI(key="sk-other")) as (voice, _):
        assert voice.state.ready
        assert await voice.check() is Failure.key_refused
        assert (voice.state.voice, voice.state.ready, voice.state.reason) == ("fake", False, Failure.key_refused)
        assert await voice.check() is Failure.breaker_open
    async with speaking(api) as (voice, _):
        assert await voice.check() is None


async def test_check_does_not_wait_for_ever():
    async with speaking(responses, patience=Patience(first_token=0.05, idle=9, total=9)) as (voice, fake):
        fake.script_models(Answer(stall_after="before_headers"))
        assert await voice.check() is Failure.first_token_timeout

"""What the desk is helped with, with and without a model: drafts, summaries, dispositions, and every way they fail."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import pytest

from callcenter.calls import (
    ConversationIntent,
    Language,
    PersonaType,
    Sentiment,
    Slot,
    Slots,
    TicketCategory,
    TokenUsage,
)
from callcenter.company import DEMO, load_company
from callcenter.conversation.copilot import Copilot, Disposition
from callcenter.conversation.copilot.disposition import VERDICTS, Rule
from callcenter.conversation.copilot.grounds import is_in, unknown_numbers
from callcenter.conversation.copilot.texts import load_texts
from callcenter.errors import ModelFailed, VoiceFailed
from callcenter.events import CallEvent, Correction, CorrectionAction, Routing
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Failure, Piece, Voice
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.prompt import ToolCall
from callcenter.personas import PersonaManager, load_personas
from callcenter.tickets import TicketChange, TicketStatus, change_ticket
from tests.factories import (
    NOON,
    TICKET,
    analysis,
    assistant_message,
    call_ended,
    call_started,
    decision,
    escalation,
    greeting,
    handoff,
    routing,
    ticket,
    ticket_created,
    transfer_requested,
    user_message,
)
from tests.llm.asked import USAGE, AskedModel, assert_strict
from tests.llm.briefs import analysis as understood
from tests.llm.briefs import brief

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
PERSONAS = PersonaManager(load_personas(), COMPANY)
TEXTS = {Language.ar: "كم سعر الموقع؟", Language.en: "How much is a website?"}
REASONS = load_texts().disposition


class Saying:
    """A voice that yields these pieces, then raises or ends."""

    name = "model-x"

    def __init__(self, *pieces: Piece, error: Exception | None = None) -> None:
        self._pieces = pieces
        self._error = error

    async def stream(self, _brief: Brief) -> AsyncGenerator[Piece, None]:
        for piece in self._pieces:
            yield piece
        if self._error is not None:
            raise self._error


END = Completion(CompletionKind.complete, "model-x", TokenUsage(input_tokens=9))


def a_brief(language: Language, asks: Slot | None = None) -> Brief:
    said = understood(language, ConversationIntent.sales_interest, question="price")
    return brief(TEXTS[language], said, language=language, asks=asks)


def copilot(*voices: Voice, model: AskedModel | None = None, seconds: float = 30) -> Copilot:
    return Copilot(voices=voices, personas=PERSONAS, model=model, seconds=seconds)


@pytest.mark.parametrize("language", Language)
async def test_the_offline_voice_drafts_in_the_calls_language(language):
    draft = await copilot(OfflineVoice(COMPANY)).draft(a_brief(language))
    assert (draft.voice, draft.language) == ("offline", language)
    assert is_in(language, draft.text)
    assert all(is_in(each, draft.why[each]) for each in Language)


async def test_the_first_voice_that_can_drafts_and_what_it_wants_done_is_left():
    call = ToolCall("1", "open_ticket", "{}")
    correction = Correction(fault="markup", action=CorrectionAction.cleaned)
    voice = Saying(Delta("Two "), call, correction, Delta("kinds. "), END)
    draft = await copilot(voice, OfflineVoice(COMPANY)).draft(a_brief(Language.en))
    assert (draft.text, draft.voice, draft.usage) == ("Two kinds.", "model-x", END.usage)


async def test_a_draft_says_as_whom_it_answers_and_what_it_asks():
    why = (await copilot(Saying(Delta("x"), END)).draft(a_brief(Language.en, Slot.order_number))).why
    assert "interest in buying" in why.en
    assert why.en.endswith("asks for: order number")
    assert "رغبة في الشراء" in why.ar
    assert why.ar.endswith("رقم الطلب")


@pytest.mark.parametrize(
    "voice",
    [
        Saying(error=VoiceFailed(reason="rate_limited")),
        Saying(Delta("Half a sen"), error=VoiceFailed(reason="idle_timeout")),
        Saying(error=ZeroDivisionError("customer's words")),
        Saying(ToolCall("1", "open_ticket", "{}"), END),
        Saying(Delta("  "), END),
        Saying(Delta("no end")),
    ],
)
async def test_where_a_voice_fails_the_next_one_drafts(voice, caplog):
    draft = await copilot(voice, OfflineVoice(COMPANY)).draft(a_brief(Language.ar))
    assert draft.voice == "offline"
    assert "Half" not in draft.text
    assert "customer's words" not in caplog.text


async def test_without_any_voice_that_can_there_is_no_draft():
    with pytest.raises(VoiceFailed):
        await copilot(Saying(error=VoiceFailed())).draft(a_brief(Language.en))


def log(*events: CallEvent, language: Language = Language.ar) -> tuple[CallEvent, ...]:
    """Return a call's log: started, greeted, and then these."""
    whole = (call_started(language=language), greeting(language=language), *events)
    return tuple(event.model_copy(update={"seq": seq}) for seq, event in enumerate(whole, start=1))


def asked(
    intent: ConversationIntent,
    *,
    text: str = "hello",
    slots: Slots = Slots(),  # noqa: B008 (frozen)
    sentiment: Sentiment = Sentiment.neutral,
    answered: bool = True,
) -> tuple[CallEvent, ...]:
    """Return a message understood as this, and its answer."""
    message_id = f"m-{text[:20].replace(' ', '')}"
    said = analysis(text, intent=intent, sentiment=sentiment)
    turn: tuple[CallEvent, ...] = (
        user_message(message_id=message_id, message=text),
        routing(message_id=message_id, said=said, decided=decision(create_ticket=False, handoff=False), slots=slots),
    )
    return (*turn, assistant_message(message_id=message_id, message="It is 1,500 SAR.")) if answered else turn


COMPLAINT_LOG = log(
    user_message(),
    routing(),
    handoff(),
    escalation(),
    transfer_requested(),
    ticket_created(),
    assistant_message(),
    call_ended(seq=10),
)


async def test_an_offline_summary_tells_what_was_done_in_both_languages():
    summary = await copilot().summarise(COMPLAINT_LOG)
    assert (summary.voice, summary.voice_reason, summary.usage) == ("offline", None, None)
    for language in Language:
        assert is_in(language, summary.text[language])
        assert TICKET in summary.text[language]
        assert "0074" in summary.text[language]
        for value in (PersonaType.complaints, TicketCategory.technical, TicketStatus.new):
            assert PERSONAS.label(value, language) in summary.text[language]
    assert summary.text.en.count(TICKET) == 1
    assert "asked for a human" in summary.text.en
    assert "Escalated" in summary.text.en
    assert "Outcome: resolved" in summary.text.en


async def test_an_offline_summary_leaves_out_what_did_not_happen():
    text = (await copilot().summarise(log(*asked(ConversationIntent.information)))).text.en
    for word in ("Ticket", "Escalated", "human", "Outcome"):
        assert word not in text


async def test_a_summary_shows_tickets_as_they_stand_now():
    settled = change_ticket(ticket(), TicketChange(status=TicketStatus.resolved), now=NOON)
    text = (await copilot().summarise(COMPLAINT_LOG, [settled])).text.en
    assert "resolved, high priority" in text
    assert "new, high priority" not in text


async def test_even_a_call_without_a_message_has_a_summary():
    summary = await copilot().summarise(log())
    assert summary.text.ar
    assert summary.text.en


def a_summary(**changed: str) -> str:
    texts = {
        "en": "The site of order 0074 is down since yesterday. Ticket TKT-00000001 was opened.",
        "ar": "موقع الطلب رقم ٠٠٧٤ متوقف منذ أمس، وفُتحت التذكرة TKT-00000001.",
    }
    return json.dumps(texts | changed)


async def test_a_model_sums_up_where_one_is_configured():
    model = AskedModel(a_summary())
    summary = await copilot(model=model).summarise(COMPLAINT_LOG)
    assert (summary.voice, summary.voice_reason, summary.usage) == ("asked", None, USAGE)
    assert summary.text.en.startswith("The site of order 0074")
    (question,) = model.questions
    shown = json.loads(question.text)
    assert [line["speaker"] for line in shown["lines"]] == ["persona", "customer", "persona"]
    assert TICKET in shown["facts"]
    assert "0074" not in question.instructions
    assert_strict(question)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (a_summary(en="Order 0075 is late."), Failure.unfit),
        (a_summary(ar="الطلب رقم ٠٠٧٥ متأخر."), Failure.unfit),
        (a_summary(ar="The site is down."), Failure.unfit),
        (a_summary(en="الموقع متوقف."), Failure.unfit),
        (a_summary(en=" "), Failure.unfit),
        ('{"en": "only one"}', Failure.garbled),
        ("", Failure.empty),
    ],
)
async def test_a_summary_that_the_call_does_not_bear_out_is_not_taken(answer, reason):
    summary = await copilot(model=AskedModel(answer)).summarise(COMPLAINT_LOG)
    assert summary.text == (await copilot().summarise(COMPLAINT_LOG)).text
    assert (summary.voice, summary.voice_reason, summary.usage) == ("offline", reason, USAGE)


@pytest.mark.parametrize("error", [ModelFailed(reason="refused"), ModelFailed(reason="key_refused")])
async def test_where_the_model_fails_the_log_sums_up(error):
    summary = await copilot(model=AskedModel(error)).summarise(COMPLAINT_LOG)
    assert (summary.voice, summary.voice_reason) == ("offline", error.reason)


async def test_a_slow_model_is_not_waited_for():
    summary = await copilot(model=AskedModel(None), seconds=0).summarise(COMPLAINT_LOG)
    assert (summary.voice, summary.voice_reason) == ("offline", Failure.total_timeout)


CONTACT = Slots(phone="+966501234567")
SETTLED = change_ticket(ticket(), TicketChange(status=TicketStatus.closed), now=NOON)
LEAD = ticket(category=TicketCategory.callback)
PLAIN = asked(ConversationIntent.information)
RULES = {
    Rule.silent: log(),
    Rule.waits_for_call: log(*asked(ConversationIntent.human_request, slots=CONTACT), transfer_requested()),
    Rule.waits_for_human: log(*asked(ConversationIntent.human_request), transfer_requested()),
    Rule.ticket_open: log(*PLAIN, ticket_created()),
    Rule.left_contact: log(*PLAIN, ticket_created(opened=LEAD)),
    Rule.tickets_settled: log(*PLAIN, ticket_created(opened=SETTLED)),
    Rule.unanswered: log(*asked(ConversationIntent.information, answered=False)),
    Rule.wants_to_buy: log(*asked(ConversationIntent.sales_interest)),
    Rule.asked_and_answered: log(
        *asked(ConversationIntent.greeting), *asked(ConversationIntent.information, text="hours")
    ),
    Rule.pleased: log(*asked(ConversationIntent.other, sentiment=Sentiment.positive)),
    Rule.only_courtesies: log(*asked(ConversationIntent.greeting), *asked(ConversationIntent.goodbye, text="bye")),
    Rule.nothing_of_ours: log(*asked(ConversationIntent.other)),
}


@pytest.mark.parametrize("rule", Rule)
async def test_each_rule_suggests_its_disposition_and_says_why(rule):
    suggestion = await copilot().suggest_disposition(RULES[rule])
    assert (suggestion.code, suggestion.confidence) == VERDICTS[rule]
    assert suggestion.reason == REASONS[rule]
    assert all(is_in(language, suggestion.reason[language]) for language in Language)
    assert suggestion.voice == "offline"


def test_every_disposition_can_come_about():
    assert {code for code, _ in VERDICTS.values()} == set(Disposition)


async def test_a_ticket_settled_since_makes_the_call_resolved():
    assert (await copilot().suggest_disposition(RULES[Rule.ticket_open])).code is Disposition.ticket_opened
    assert (await copilot().suggest_disposition(RULES[Rule.ticket_open], [SETTLED])).code is Disposition.resolved


async def test_interest_with_a_contact_known_is_a_lead():
    bought = log(*asked(ConversationIntent.sales_interest, slots=CONTACT))
    assert (await copilot().suggest_disposition(bought)).reason == REASONS[Rule.left_contact]


async def test_a_guess_is_no_wish():
    events = log(*asked(ConversationIntent.sales_interest))
    faint = tuple(
        event.altered(
            {"analysis": event.analysis.altered({"intent": event.analysis.intent.altered({"confidence": 0.1})})}
        )
        if isinstance(event, Routing)
        else event
        for event in events
    )
    assert (await copilot().suggest_disposition(faint)).reason == REASONS[Rule.nothing_of_ours]


def a_disposition(**changed: object) -> str:
    fields = {"reason_en": "They were pleased.", "reason_ar": "كان راضيًا.", "code": "resolved", "confidence": 0.8}
    return json.dumps(fields | changed)


@pytest.mark.parametrize("rule", Rule)
async def test_a_model_is_asked_only_where_the_log_does_not_tell(rule):
    model = AskedModel(a_disposition())
    suggestion = await copilot(model=model).suggest_disposition(RULES[rule])
    unsure = VERDICTS[rule][1] < 0.75
    assert len(model.questions) == unsure
    assert suggestion.voice == ("asked" if unsure else "offline")
    if unsure:
        assert (suggestion.code, suggestion.confidence) == (Disposition.resolved, 0.8)
        assert suggestion.reason.ar == "كان راضيًا."
        assert_strict(model.questions[0])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (a_disposition(confidence=0.59), "model_unsure"),
        (a_disposition(code="ticket_opened"), Failure.garbled),
        (a_disposition(code="transferred"), Failure.garbled),
        (a_disposition(reason_en="They paid 700."), Failure.unfit),
        (a_disposition(reason_ar="pleased"), Failure.unfit),
        (ModelFailed(reason="refused"), Failure.refused),
    ],
)
async def test_a_models_disposition_that_can_not_be_taken_leaves_the_rules(answer, reason):
    events = RULES[Rule.nothing_of_ours]
    suggestion = await copilot(model=AskedModel(answer)).suggest_disposition(events)
    own = await copilot().suggest_disposition(events)
    assert (suggestion.code, suggestion.reason, suggestion.voice) == (own.code, own.reason, "offline")
    assert suggestion.voice_reason == reason


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("order 5512", "طلبي رقم ٥٥١٢"),
        ("الطلب ٥٥١٢", "order 5512"),
        ("1,500 SAR", "1500.00 SAR"),
        ("1500", "it costs 1,500"),
        ("call 0501234567", "my number is 050 123 4567"),
        ("call 050-123-4567", "0501234567"),
        ("no numbers", ""),
        ("5512, 3 times", "3 times for 5512"),
    ],
)
def test_numbers_of_the_call_are_known_however_they_are_written(text, source):
    assert unknown_numbers(text, source) == ()


@pytest.mark.parametrize(
    ("text", "source", "unknown"),
    [
        ("order 5513", "order 5512", ("5513",)),
        ("order 551", "order 5512", ("551",)),
        ("1,600 SAR", "1500.00 SAR", ("1,600",)),
        ("الطلب ٥٥١٣", "order 5512", ("5513",)),
    ],
)
def test_other_numbers_are_not(text, source, unknown):
    assert unknown_numbers(text, source) == unknown


@pytest.mark.parametrize(
    ("language", "text", "own"),
    [
        (Language.en, "The order is late", True),
        (Language.en, "الطلب متأخر", False),
        (Language.en, "5512", False),
        (Language.ar, "الطلب متأخر من DHL", True),
        (Language.ar, "order is late متأخر", False),
    ],
)
def test_a_text_is_in_the_language_of_most_of_its_letters(language, text, own):
    assert is_in(language, text) is own

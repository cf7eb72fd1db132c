"""What the customer wants: cues decide, learnt words where there are none, and every verdict says on what it rests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.analysis import EntityKind, analyze, default_lexicons
from callcenter.analysis.models import LEARNT
from callcenter.calls import ConversationIntent, Language, PriorityLevel, Sentiment, fresh_call
from callcenter.routing import RoutingPolicy, decide
from tests.factories import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.analysis import MessageAnalysis

    Read = Callable[[str], MessageAnalysis]

pytestmark = pytest.mark.unit

LEXICONS = default_lexicons()
FAULTS: Final = {ConversationIntent.complaint, ConversationIntent.technical_support}
SURE: Final = 0.9
"""From here on a verdict passes for certain, and is right nine times in ten at least."""
DATA: Final = Path(__file__).parents[1] / "data" / "messages.jsonl"
MESSAGES: Final = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("the delivery was a day late", ConversationIntent.complaint),
        ("the room was smaller than on the photos", ConversationIntent.complaint),
        ("شركة زبالة وموظفين حمير", ConversationIntent.complaint),
        ("عايز اعمل cancel للاوردر", ConversationIntent.account_request),
    ],
)
def test_without_a_cue_learnt_words_are_cited(read: Read, text: str, intent: ConversationIntent) -> None:
    found = read(text).intent
    assert found.intent is intent
    assert found.guessed
    assert found.evidence
    assert all(cited.rule == f"{LEARNT}{intent}" for cited in found.evidence)
    assert all(text[cited.start : cited.end] == cited.text for cited in found.evidence)
    assert found.keywords == tuple(dict.fromkeys(cited.text for cited in found.evidence))
    assert found.reasoning.startswith("no cue, but learnt words")


@pytest.mark.parametrize("text", ["where is my order, it is late", "وين طلبي متأخر", "fen el order beta3i"])
def test_with_a_cue_the_cue_is_cited(read: Read, text: str) -> None:
    found = read(text).intent
    assert not found.guessed
    assert all(not cited.rule.startswith(LEARNT) for cited in found.evidence)
    assert found.evidence[0].rule in found.reasoning


@pytest.mark.parametrize("text", ["", "😡😡", "...", "؟!"])
def test_no_word_is_no_verdict(read: Read, text: str) -> None:
    found = read(text).intent
    assert found.intent is ConversationIntent.other
    assert found.guessed
    assert not found.keywords
    assert found.reasoning.startswith("no ")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I want to talk to a human", ConversationIntent.human_request),
        ("the engine of the mixer hums but does not turn, I want to talk to a human", ConversationIntent.human_request),
        ("التطبيق يعلق عند صفحة الدفع، أريد التحدث مع موظف", ConversationIntent.human_request),
        ("my parcel arrived damaged", ConversationIntent.complaint),
        ("كتاب الدورة وصل مكسور الغلاف", ConversationIntent.complaint),
        ("how much is the course", ConversationIntent.sales_interest),
        ("I want to register for the course", ConversationIntent.training_interest),
        ("أريد التسجيل في الدورة", ConversationIntent.training_interest),
        ("the app crashes when I buy a ticket", ConversationIntent.technical_support),
        ("الموقع لا يعمل عندما أشتري تذكرة", ConversationIntent.technical_support),
    ],
)
def test_strong_cues_outweigh_what_the_other_words_speak_for(read: Read, text: str, intent: ConversationIntent) -> None:
    found = read(text).intent
    if intent is ConversationIntent.sales_interest:
        assert found.intent in {intent, ConversationIntent.training_interest}
    else:
        assert found.intent is intent
    assert not found.guessed


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("the app is not working and I want a refund", ConversationIntent.complaint),
        ("hello, how much is the blue one?", ConversationIntent.greeting),
        ("السلام عليكم، كم سعر الغسالة؟", ConversationIntent.greeting),
        ("الموقع لا يعمل، أريد التحدث مع موظف", ConversationIntent.technical_support),
    ],
)
def test_a_second_wish_is_reported_beside_the_first(read: Read, text: str, beside: ConversationIntent) -> None:
    found = read(text).intent
    assert found.also(beside)
    candidate = next(other for other in found.others if other.intent is beside)
    assert candidate.score > 0
    assert all(text[cited.start : cited.end] == cited.text for cited in candidate.evidence)
    assert f"ahead of {found.others[0].intent}" in found.reasoning


PIECES: Final = (
    "my order is late|refund|broken|not working|how much|price|course|hello|thanks|bye|agent|change my address|"
    "وين طلبي|مكسور|لا يعمل|كم السعر|دورة|مرحبا|شكرا|موظف|اغير عنواني|fen el order|bkam|mesh shaghal|"
    "the|and|but|what if|لو|بس|12|?|!|chair|كرسي"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES.split("|")), max_size=10))
def test_a_verdict_and_its_rivals_are_in_order(pieces: list[str]) -> None:
    found = analyze(" ".join(pieces), LEXICONS).intent
    named = [found.intent, *(other.intent for other in found.others)]
    assert len(named) == len(set(named))
    assert all(0 <= other.confidence <= found.confidence for other in found.others)
    assert 0 < found.confidence < 1
    assert len(found.evidence) <= 3
    assert found.guessed == all(cited.rule.startswith(LEARNT) for cited in found.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "what if it breaks?",
        "what happens if the screen breaks?",
        "what if my parcel gets lost?",
        "do you repair broken laptops?",
        "do you fix leaking taps?",
        "ماذا لو تعطل الجهاز؟",
        "ماذا لو ضاعت الشحنة؟",
        "بتصلحوا شاشات مكسورة؟",
        "هل تصلحون المكيفات المعطلة؟",
    ],
)
def test_a_fault_that_only_may_be_is_none(read: Read, text: str) -> None:
    found = read(text)
    assert found.intent.intent not in FAULTS
    assert found.sentiment.sentiment is Sentiment.neutral


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("laptop", "my laptop is broken, do you repair it?"),
        ("شاشة", "الشاشة مكسورة، بتصلحوها؟"),
        ("parcel", "my parcel is lost, what happens now?"),
        ("شحنة", "الشحنة ضاعت، ماذا يحدث الآن؟"),
    ],
)
def test_a_fault_that_is_stays_one_beside_a_question(read: Read, fault: str, text: str) -> None:
    assert fault in text
    found = read(text).intent
    assert FAULTS & {found.intent, *(other.intent for other in found.others)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my phone is +966501234567", EntityKind.phone),
        ("رقمي +966501234567", EntityKind.phone),
        ("it's 0551234567", EntityKind.phone),
        ("رقم الطلب هو 7474839", EntityKind.order_number),
        ("the order number is 7474839", EntityKind.order_number),
        ("7474839", EntityKind.order_number),
        ("٧٤٧٤٨٣٩", EntityKind.order_number),
        ("TKT-12345678", EntityKind.ticket_number),
        ("رقم التذكرة TKT-12345678", EntityKind.ticket_number),
        ("my email is sara@example.com", EntityKind.email),
        ("I don't have an order number", None),
        ("I don't remember the order number", None),
        ("ما عندي رقم طلب", None),
        ("معنديش رقم الطلب", None),
        ("مش فاكر رقم الطلب", None),
    ],
)
def test_a_mere_answer_wants_nothing_new_and_is_calm(read: Read, text: str, kind: EntityKind | None) -> None:
    found = read(text)
    assert found.intent.intent is ConversationIntent.other
    assert found.sentiment.sentiment is Sentiment.neutral
    assert {each.kind for each in found.entities} == ({kind} if kind else set())


@pytest.mark.parametrize(
    "text",
    [
        "my order 7474839 arrived broken",
        "طلبي رقم 7474839 وصل مكسور",
        "order 7474839 is late, call me on +966501234567",
        "الطلب 7474839 متأخر، رقمي 0501234567",
    ],
)
def test_a_number_beside_a_fault_is_no_mere_answer(read: Read, text: str) -> None:
    assert read(text).intent.intent is ConversationIntent.complaint


def test_a_guess_too_unsure_is_heard_as_nothing_in_particular(read: Read) -> None:
    """Learnt words alone need more confidence than a cue does."""
    policy = RoutingPolicy(min_confidence=0.1, min_learnt_confidence=0.98)
    guess, cue = read("the room was smaller than on the photos"), read("the vase arrived damaged")
    assert guess.intent.guessed
    assert not cue.intent.guessed
    call = fresh_call(Language.en, NOON)
    assert decide(call, guess, policy).rule == "intent.other"
    assert decide(call, cue, policy).rule == "intent.complaint"


@pytest.mark.parametrize("text", ["my parcel is late", "طردي متأخر", "el tard met2akher"])
def test_a_plain_complaint_is_routed_as_one_however_written(read: Read, text: str) -> None:
    found = read(text)
    decision = decide(fresh_call(found.language.language or Language.ar, NOON), found)
    assert decision.priority is PriorityLevel.high
    assert decision.create_ticket


def test_who_is_sure_is_right() -> None:
    """Calibration: of the verdicts that call themselves this sure, nine in ten are right."""
    judged = [
        found.intent.value in message["intents"]
        for message in MESSAGES
        if (found := analyze(message["text"], LEXICONS).intent).confidence >= SURE
    ]
    assert len(judged) >= 100
    assert sum(judged) / len(judged) >= 0.9


def test_who_is_unsure_errs_more_often() -> None:
    """A confidence that said nothing would be right as often below as above."""
    judged: dict[bool, list[bool]] = {True: [], False: []}
    for message in MESSAGES:
        found = analyze(message["text"], LEXICONS).intent
        judged[found.confidence >= SURE].append(found.intent.value in message["intents"])
    sure, unsure = (sum(judged[key]) / len(judged[key]) for key in (True, False))
    assert sure >= unsure

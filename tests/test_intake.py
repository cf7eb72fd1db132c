"""Intake over turns: what is known is never lost, never asked again; corrections replace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.analysis.models import (
    Act,
    ActEvidence,
    CategoryVerdict,
    Entity,
    EntityKind,
    Evidence,
    IntentAnalysis,
    IntentCandidate,
    LanguageKind,
    LanguageVerdict,
    MessageAnalysis,
    QuestionVerdict,
    SentimentAnalysisResult,
    UrgencyVerdict,
)
from callcenter.calls import ConversationIntent, Language, PriorityLevel, Sentiment, Slot, Slots, TicketCategory
from callcenter.tickets.intake import (
    ANNOUNCEMENT_WORDS,
    ASK_AT_MOST,
    DECLINING,
    DESCRIPTION_CHARS,
    NEEDED,
    another_matter,
    collect,
    next_slot,
)
from tests.factories import ticket

pytestmark = pytest.mark.unit

COMPLAINT = ConversationIntent.complaint
OTHER = ConversationIntent.other


def piece(rule: str = "complaint.failure") -> Evidence:
    return Evidence(start=0, end=1, text="x", cue="x", rule=rule, weight=1)


def entity(kind: EntityKind, value: str, rule: str = "after_label", start: int = 0) -> Entity:
    return Entity(kind=kind, value=value, text=value, start=start, end=start + len(value), confidence=0.9, rule=rule)


def heard(
    *entities: Entity,
    intent: ConversationIntent = OTHER,
    rule: str = "complaint.failure",
    acts: tuple[Act, ...] = (),
    words: int = 5,
    question: bool = False,
    category: TicketCategory | None = None,
    urgency: PriorityLevel = PriorityLevel.medium,
) -> MessageAnalysis:
    return MessageAnalysis(
        language=LanguageVerdict(
            language=Language.en,
            kind=LanguageKind.en,
            confidence=1,
            arabic_share=0,
            words=words,
            reasoning="test",
        ),
        intent=IntentAnalysis(
            intent=intent,
            confidence=0.9,
            keywords=(),
            language=Language.en,
            reasoning="test",
            evidence=(piece(rule),),
        ),
        sentiment=SentimentAnalysisResult(
            sentiment=Sentiment.neutral, confidence=1, emotion_indicators=(), reasoning="test"
        ),
        urgency=UrgencyVerdict(level=urgency, confidence=1),
        question=QuestionVerdict(is_question=question, confidence=1),
        category=CategoryVerdict(category=category, confidence=1),
        entities=entities,
        acts=tuple(ActEvidence(act=act, evidence=piece()) for act in acts),
    )


def asking(slot: Slot, **known: object) -> Slots:
    return Slots.model_validate({"asked": (slot,), **known})


def test_a_labelled_order_number_is_taken_and_replaces():
    known = collect(Slots(), heard(entity(EntityKind.order_number, "7474839")), "…", collecting=False)
    assert known.order_number == "7474839"
    later = collect(known, heard(entity(EntityKind.order_number, "9981")), "…", collecting=False)
    assert later.order_number == "9981"


def test_a_bare_number_does_not_replace_a_known_order_number():
    known = Slots(order_number="7474839")
    bare = heard(entity(EntityKind.order_number, "55555", rule="answer_shape"))
    assert collect(known, bare, "55555", collecting=False).order_number == "7474839"


def test_a_bare_number_replaces_as_a_correction():
    known = Slots(order_number="7474839")
    bare = heard(entity(EntityKind.order_number, "55555", rule="answer_shape"), acts=(Act.correction,))
    assert collect(known, bare, "sorry, 55555", collecting=False).order_number == "55555"


def test_a_bare_number_answers_the_question_that_was_asked():
    bare = heard(entity(EntityKind.order_number, "0551234", rule="answer_shape"))
    assert collect(asking(Slot.order_number), bare, "…", collecting=True).order_number == "0551234"
    assert collect(asking(Slot.contact), bare, "…", collecting=True).phone == "0551234"
    assert collect(asking(Slot.contact), bare, "…", collecting=True).order_number is None


def test_a_pasted_form_with_empty_fields_loses_nothing():
    known = Slots(order_number="7474839", phone="+966500000000", description="No refund", name="Sam")
    form = "Order number:\nPhone:\nWhat happened: deposit not refunded"
    after = collect(known, heard(intent=COMPLAINT), form, collecting=True)
    assert (after.order_number, after.phone, after.name) == ("7474839", "+966500000000", "Sam")
    assert after.description is not None
    assert after.description.startswith("No refund\n")


def test_announcing_a_problem_does_not_describe_it():
    announced = heard(intent=COMPLAINT, rule="complaint.problem")
    assert collect(Slots(), announced, "hello, i have a issue", collecting=False).description is None
    longer = heard(intent=COMPLAINT, rule="complaint.problem", words=ANNOUNCEMENT_WORDS + 1)
    assert collect(Slots(), longer, "a problem with …", collecting=False).description == "a problem with …"
    placed = heard(intent=COMPLAINT, rule="complaint.problem", category=TicketCategory.billing)
    assert collect(Slots(), placed, "a wrong invoice", collecting=False).description == "a wrong invoice"
    told = collect(Slots(), heard(intent=COMPLAINT), "the screen is broken", collecting=False)
    assert told.description == "the screen is broken"


def test_being_unhappy_does_not_say_why():
    unhappy = heard(intent=COMPLAINT, rule="complaint.service", words=3)
    assert collect(Slots(), unhappy, "خدمة سيئة جداً", collecting=False).description is None
    rude = heard(intent=COMPLAINT, rule="complaint.service", words=2, category=TicketCategory.staff)
    assert collect(Slots(), rude, "الموظف وقح", collecting=False).description == "الموظف وقح"


def test_another_matter_keeps_who_the_customer_is():
    known = Slots(
        name="علي",
        phone="+966500000000",
        order_number="7",
        description="broken",
        category=TicketCategory.technical,
        asked=(Slot.contact,),
        declined=(Slot.contact,),
    )
    assert another_matter(known, None) == Slots(name="علي", phone="+966500000000", order_number="7")
    earlier = ticket(slots=Slots(order_number="9", description="late"), category=TicketCategory.delivery)
    assert another_matter(known, earlier) == Slots(
        name="علي",
        phone="+966500000000",
        order_number="9",
        category=TicketCategory.delivery,
        description="late",
    )


def test_the_answer_to_what_happened_describes_it():
    known = collect(asking(Slot.description), heard(words=2), "deposit missing", collecting=True)
    assert known.description == "deposit missing"


def test_a_number_given_instead_does_not_describe_it():
    told = heard(entity(EntityKind.order_number, "7"), words=4)
    known = collect(asking(Slot.description), told, "my order number is 7", collecting=True)
    assert (known.order_number, known.description) == ("7", None)


def test_a_question_is_no_description():
    known = collect(asking(Slot.description), heard(question=True), "what do you need?", collecting=True)
    assert known.description is None


def test_the_same_words_are_kept_once_and_bounded():
    words = "the screen is broken"
    known = collect(Slots(description=words), heard(intent=COMPLAINT), words, collecting=False)
    assert known.description == words
    long = collect(Slots(description=words), heard(intent=COMPLAINT), "x" * 9000, collecting=False)
    assert long.description is not None
    assert len(long.description) == DESCRIPTION_CHARS
    assert long.description.startswith(words)


@pytest.mark.parametrize("act", DECLINING)
def test_what_the_customer_does_not_have_is_left_in_peace(act):
    known = collect(asking(Slot.order_number), heard(acts=(act,), words=1), "none", collecting=True)
    assert known.declined == (Slot.order_number,)
    assert next_slot(known, TicketCategory.billing) is not Slot.order_number


def test_not_having_something_counts_only_when_it_was_asked():
    known = collect(Slots(), heard(acts=(Act.not_available,)), "I don't have internet", collecting=False)
    assert known.declined == ()


def test_a_category_set_by_the_matter_outlives_angry_words():
    late = Slots(description="my boards are late", category=TicketCategory.delivery)
    furious = heard(intent=COMPLAINT, category=TicketCategory.technical)
    assert collect(late, furious, "furious, nothing happens", collecting=True).category is TicketCategory.delivery


@pytest.mark.parametrize("intent", [ConversationIntent.human_request, ConversationIntent.information])
def test_a_day_in_a_wish_or_a_question_is_not_when_it_happened(intent):
    assert (
        collect(Slots(), heard(entity(EntityKind.date, "tomorrow"), intent=intent), "…", collecting=True).date is None
    )


@pytest.mark.parametrize("intent", [COMPLAINT, OTHER])
def test_a_day_in_a_complaint_or_beside_no_other_business_is(intent):
    told = heard(entity(EntityKind.date, "yesterday"), intent=intent)
    assert collect(Slots(), told, "…", collecting=False).date == "yesterday"


def test_a_day_beside_a_wish_counts_where_the_message_complains_too():
    told = heard(entity(EntityKind.duration, "two weeks"), intent=ConversationIntent.human_request)
    also = IntentCandidate(intent=COMPLAINT, score=1, confidence=0.5, evidence=())
    told = told.model_copy(update={"intent": told.intent.model_copy(update={"others": (also,)})})
    assert collect(Slots(), told, "get me a manager, I've waited two weeks", collecting=False).date == "two weeks"


def lacking(words: str, text: str) -> MessageAnalysis:
    start = text.index(words)
    seen = Evidence(start=start, end=start + len(words), text=words, cue=words, rule="not_available", weight=1)
    return heard().model_copy(update={"acts": (ActEvidence(act=Act.not_available, evidence=seen),)})


@pytest.mark.parametrize(
    ("words", "text", "asked", "declined"),
    [
        ("I don't have", "I don't have an order number", Slot.contact, Slot.order_number),
        ("I have no order", "I have no order number", Slot.contact, Slot.order_number),
        ("ما عندي", "ما عندي رقم طلب", Slot.contact, Slot.order_number),
        ("ليس لدي", "ليس لدي رقم العقد", Slot.contact, Slot.order_number),
        ("I don't have", "I don't have a phone", Slot.order_number, Slot.contact),
        ("ما عندي", "ما عندي جوال", Slot.order_number, Slot.contact),
        ("I don't have", "I don't have it", Slot.contact, Slot.contact),
        ("ما عندي", "ما عندي", Slot.contact, Slot.contact),
        ("I don't have", "I don't have it, I ordered by phone", Slot.order_number, Slot.order_number),
        ("ما عندي", "ما عندي لأني طلبت بالتلفون", Slot.order_number, Slot.order_number),
    ],
)
def test_what_is_named_is_declined_rather_than_what_was_asked(words, text, asked, declined):
    assert collect(asking(asked), lacking(words, text), text, collecting=True).declined == (declined,)


def test_a_second_refusal_of_one_fact_notes_it_once():
    text = "I don't have an order number"
    known = Slots(asked=(Slot.contact,), declined=(Slot.order_number,))
    assert collect(known, lacking("I don't have", text), text, collecting=True).declined == (Slot.order_number,)


def test_urgency_only_rises_and_category_is_understood():
    first = heard(intent=COMPLAINT, urgency=PriorityLevel.urgent, category=TicketCategory.billing)
    known = collect(Slots(), first, "refund now", collecting=False)
    assert (known.urgency, known.category) == (PriorityLevel.urgent, TicketCategory.billing)
    calmer = collect(known, heard(intent=COMPLAINT, urgency=PriorityLevel.low), "whenever", collecting=True)
    assert calmer.urgency is PriorityLevel.urgent


def test_an_answer_does_not_say_what_the_matter_is():
    told = heard(entity(EntityKind.order_number, "7"), category=TicketCategory.delivery, words=2)
    assert collect(asking(Slot.order_number), told, "my order number is 7", collecting=True).category is None


def test_a_message_that_tells_nothing_returns_the_same_object():
    known = Slots(order_number="1")
    assert collect(known, heard(), "ok", collecting=False) is known


@pytest.mark.parametrize("category", TicketCategory)
def test_questions_come_one_by_one_and_end(category):
    slots, asked = Slots(), []
    while (slot := next_slot(slots, category)) is not None:
        asked.append(slot)
        slots = slots.model_copy(update={"asked": (*slots.asked, slot)})
    assert asked == [slot for slot in NEEDED[category] for _ in range(ASK_AT_MOST)]


texts = st.text(min_size=1, max_size=30)
facts = st.fixed_dictionaries(
    {},
    optional={
        "order_number": texts,
        "phone": texts,
        "email": texts,
        "name": texts,
        "amount": texts,
        "description": texts,
        "asked": st.lists(st.sampled_from(Slot), max_size=3).map(tuple),
    },
)
messages = st.builds(
    heard,
    intent=st.sampled_from(ConversationIntent),
    acts=st.lists(st.sampled_from(Act), max_size=3, unique=True).map(tuple),
    words=st.integers(0, 20),
    question=st.booleans(),
    category=st.none() | st.sampled_from(TicketCategory),
    urgency=st.sampled_from(PriorityLevel),
)


@given(facts, messages, texts, st.booleans())
def test_a_message_without_facts_never_loses_one(known, message, text, collecting):
    before = Slots.model_validate(known)
    after = collect(before, message, text, collecting=collecting)
    for field in ("order_number", "phone", "email", "name", "amount", "date"):
        assert getattr(after, field) == getattr(before, field)
    if before.description is not None:
        assert after.description is not None
        assert after.description.startswith(before.description)


@given(facts, st.sampled_from(TicketCategory))
def test_what_is_known_is_never_asked(known, category):
    slots = Slots.model_validate(known)
    slot = next_slot(slots, category)
    assert slot is None or getattr(slots, slot.value) is None

"""What routing promises (docs/how-it-decides.md), as properties over every state and analysis, and as single rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.analysis import analyze, default_lexicons
from callcenter.analysis.models import (
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
from callcenter.calls import (
    CallId,
    ConversationIntent,
    ConversationState,
    Language,
    PersonaType,
    PriorityLevel,
    Sentiment,
    TicketCategory,
    TicketNumber,
)
from callcenter.routing import RoutingPolicy, SuggestedAction, choose_language, decide, decide_first

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
POLICY = RoutingPolicy()
MATTERS = {ConversationIntent.complaint, ConversationIntent.technical_support}
SALES = {ConversationIntent.sales_interest, ConversationIntent.service_inquiry, ConversationIntent.training_interest}
STAYING = {
    ConversationIntent.information,
    ConversationIntent.account_request,
    ConversationIntent.greeting,
    ConversationIntent.goodbye,
    ConversationIntent.other,
}


def a_state(**facts: object) -> ConversationState:
    known: dict[str, object] = {
        "call_id": CallId("CALL-1"),
        "customer_name": None,
        "language": Language.en,
        "current_persona": PersonaType.reception,
        "started_at": NOW,
        "updated_at": NOW,
    }
    return ConversationState.model_validate(known | facts)


def verdict(language: Language | None = Language.en, *, words: int = 5, **facts: object) -> LanguageVerdict:
    kind = LanguageKind(language.value) if language else LanguageKind.unknown
    known: dict[str, object] = {
        "language": language,
        "kind": kind,
        "confidence": 0.95,
        "arabic_share": 0,
        "words": words,
        "reasoning": "said so",
    }
    return LanguageVerdict.model_validate(known | facts)


def an_analysis(
    intent: ConversationIntent = ConversationIntent.other,
    confidence: float = 0.9,
    *,
    sentiment: Sentiment = Sentiment.neutral,
    urgency: PriorityLevel = PriorityLevel.medium,
    category: TicketCategory | None = None,
    others: tuple[IntentCandidate, ...] = (),
    language: LanguageVerdict | None = None,
) -> MessageAnalysis:
    piece = Evidence(start=0, end=4, text="word", cue="word", rule=f"{intent}.test", weight=1)
    return MessageAnalysis(
        language=language or verdict(),
        intent=IntentAnalysis(
            intent=intent,
            confidence=confidence,
            keywords=("word",),
            language=Language.en,
            reasoning="test",
            evidence=(piece,),
            others=others,
        ),
        sentiment=SentimentAnalysisResult(
            sentiment=sentiment, confidence=0.9, emotion_indicators=(), reasoning="test", evidence=(piece,)
        ),
        urgency=UrgencyVerdict(level=urgency, confidence=0.5),
        question=QuestionVerdict(is_question=False, confidence=0.5),
        category=CategoryVerdict(category=category, confidence=0.5),
    )


confidences = st.floats(0, 1, allow_nan=False)
analyses = st.builds(
    an_analysis,
    st.sampled_from(ConversationIntent),
    confidences,
    sentiment=st.sampled_from(Sentiment),
    urgency=st.sampled_from(PriorityLevel),
    category=st.none() | st.sampled_from(TicketCategory),
)
personas = st.sampled_from(PersonaType)
states = st.builds(
    a_state,
    language=st.sampled_from(Language),
    current_persona=personas,
    previous_persona=st.none() | personas,
    handoff_count=st.integers(0, 8),
    collecting=st.booleans(),
    human_requested=st.booleans(),
    ticket=st.none() | st.just(TicketNumber("TKT-00000001")),
    ticket_category=st.none() | st.sampled_from(TicketCategory),
    user_message_count=st.integers(0, 30),
)


@given(states, analyses)
def test_an_upset_customer_is_escalated_urgently_with_a_ticket(state, analysis):
    decision = decide(state, analysis)
    upset = analysis.sentiment.sentiment.upset
    assert decision.escalation_needed is upset
    if upset:
        assert decision.priority is PriorityLevel.urgent
        assert decision.create_ticket or decision.add_to_ticket
        if state.handoff_count < POLICY.max_handoffs:
            assert decision.target_persona is PersonaType.complaints


@given(states, analyses)
def test_asking_for_a_human_always_wins(state, analysis):
    asks = analysis.intent.intent is ConversationIntent.human_request
    if asks and analysis.intent.confidence >= POLICY.min_confidence:
        decision = decide(state, analysis)
        assert decision.transfer_to_human
        assert decision.suggested_action is SuggestedAction.transfer_to_human
        assert decision.priority.rank >= PriorityLevel.high.rank
        assert decision.create_ticket or decision.add_to_ticket


@given(states, analyses)
def test_a_matter_gets_a_ticket_of_at_least_high_priority(state, analysis):
    if analysis.intent.intent in MATTERS and analysis.intent.confidence >= POLICY.min_confidence:
        decision = decide(state, analysis)
        assert decision.priority.rank >= PriorityLevel.high.rank
        assert decision.create_ticket or decision.add_to_ticket
        assert not (decision.create_ticket and decision.add_to_ticket)


@given(states, analyses)
def test_staying_intents_never_move_a_calm_customer(state, analysis):
    if analysis.intent.intent in STAYING and not analysis.sentiment.sentiment.upset:
        decision = decide(state, analysis)
        assert decision.target_persona is state.current_persona
        assert not decision.handoff


@given(states, analyses)
def test_going_straight_back_needs_strong_words(state, analysis):
    decision = decide(state, analysis)
    goes_back = decision.handoff and decision.target_persona is state.previous_persona
    if goes_back and not analysis.sentiment.sentiment.upset:
        assert analysis.intent.confidence >= POLICY.return_confidence


@given(states, analyses)
def test_a_persona_keeps_the_call_while_it_collects(state, analysis):
    decision = decide(state, analysis)
    if state.collecting and decision.handoff and not analysis.sentiment.sentiment.upset:
        assert analysis.intent.confidence >= POLICY.interrupt_confidence


@given(states, analyses)
def test_handoffs_are_bounded_and_then_a_human_comes(state, analysis):
    decision = decide(state, analysis)
    if state.handoff_count >= POLICY.max_handoffs:
        assert not decision.handoff
        if decision.rule == "handoff_limit":
            assert decision.transfer_to_human or state.human_requested


@given(states, analyses)
def test_every_decision_says_why(state, analysis):
    decision = decide(state, analysis)
    assert decision.reasoning
    assert decision.rule
    assert decision.language_reason
    assert decision.handoff is (decision.target_persona is not state.current_persona)


@given(states, analyses)
def test_the_same_facts_lead_to_the_same_decision(state, analysis):
    assert decide(state, analysis) == decide(state, analysis)


@pytest.mark.parametrize("intent", sorted(SALES))
@pytest.mark.parametrize("language", Language)
def test_interest_goes_to_sales_at_medium_priority(intent, language):
    decision = decide(a_state(language=language), an_analysis(intent))
    assert (decision.target_persona, decision.priority) == (PersonaType.sales, PriorityLevel.medium)
    assert decision.handoff
    assert not decision.create_ticket


def contact(kind: EntityKind) -> Entity:
    return Entity(kind=kind, value="x", text="x", start=0, end=1, confidence=0.9, rule="pattern")


@pytest.mark.parametrize("kind", [EntityKind.phone, EntityKind.email])
def test_a_contact_left_with_sales_becomes_a_callback(kind):
    told = an_analysis().model_copy(update={"entities": (contact(kind),)})
    lead = decide(a_state(current_persona=PersonaType.sales), told)
    assert (lead.create_ticket, lead.ticket_category) == (True, TicketCategory.callback)
    assert lead.priority is PriorityLevel.medium
    assert not lead.transfer_to_human
    assert not decide(a_state(current_persona=PersonaType.reception), told).create_ticket
    known = a_state(current_persona=PersonaType.sales, ticket=TicketNumber("TKT-00000001"))
    assert not decide(known, told).create_ticket


def test_another_fact_left_with_sales_is_no_lead():
    told = an_analysis().model_copy(update={"entities": (contact(EntityKind.amount),)})
    assert not decide(a_state(current_persona=PersonaType.sales), told).create_ticket


def test_a_guess_moves_nobody():
    decision = decide(a_state(), an_analysis(ConversationIntent.complaint, POLICY.min_confidence - 0.01))
    assert not decision.handoff
    assert not decision.create_ticket


def learnt(
    intent: ConversationIntent, confidence: float = 0.7, *, words: int = 5, **changed: object
) -> MessageAnalysis:
    told = an_analysis(intent, confidence, language=verdict(words=words))
    piece = Evidence(start=0, end=4, text="word", cue="word", rule=f"learnt.{intent}", weight=1)
    return told.model_copy(update={"intent": told.intent.model_copy(update={"evidence": (piece,)}), **changed})


@pytest.mark.parametrize(
    ("words", "number", "adds"), [(2, "TKT-00000001", True), (3, "TKT-00000001", False), (2, None, False)]
)
def test_learnt_words_beside_a_fact_only_add_to_an_open_ticket(words, number, adds):
    told = learnt(ConversationIntent.complaint, words=words, entities=(contact(EntityKind.amount),))
    decision = decide(a_state(ticket=number), told)
    assert decision.rule == ("intent.other" if adds else "intent.complaint")
    assert (decision.priority is PriorityLevel.low) is adds


def test_a_cue_beside_a_fact_is_still_a_complaint():
    told = an_analysis(ConversationIntent.complaint, language=verdict(words=2))
    told = told.model_copy(update={"entities": (contact(EntityKind.amount),)})
    assert decide(a_state(ticket="TKT-00000001"), told).rule == "intent.complaint"


def test_who_asks_for_a_language_asks_for_no_human_by_learnt_words_alone():
    wish = learnt(ConversationIntent.human_request, language=verdict(requested=Language.ar))
    assert not decide(a_state(), wish).transfer_to_human
    assert decide(a_state(), learnt(ConversationIntent.human_request)).transfer_to_human


def test_evidence_at_the_threshold_moves():
    decision = decide(a_state(), an_analysis(ConversationIntent.complaint, POLICY.min_confidence))
    assert decision.target_persona is PersonaType.complaints


def test_technical_trouble_gets_a_technical_ticket():
    decision = decide(a_state(), an_analysis(ConversationIntent.technical_support))
    assert decision.ticket_category is TicketCategory.technical
    assert decision.priority is PriorityLevel.high


def test_urgent_words_raise_a_complaint_to_urgent_without_escalation():
    decision = decide(a_state(), an_analysis(ConversationIntent.complaint, urgency=PriorityLevel.urgent))
    assert decision.priority is PriorityLevel.urgent
    assert not decision.escalation_needed


def test_a_human_asked_for_beside_a_complaint_is_heard():
    wish = IntentCandidate(intent=ConversationIntent.human_request, score=1, confidence=0.5, evidence=())
    decision = decide(a_state(), an_analysis(ConversationIntent.complaint, others=(wish,)))
    assert decision.transfer_to_human
    assert decision.ticket_category is not TicketCategory.callback


def evidence(start: int, end: int, rule: str) -> Evidence:
    return Evidence(start=start, end=end, text="word", cue="word", rule=rule, weight=1)


def angry_wish(category_at: tuple[int, int]) -> MessageAnalysis:
    """Return "get me someone in charge!": the wish stands at 8 to 25."""
    told = an_analysis(ConversationIntent.human_request, sentiment=Sentiment.angry, category=TicketCategory.billing)
    wish, word = evidence(8, 25, "human_request.ask"), evidence(*category_at, "category.billing")
    return told.model_copy(
        update={
            "intent": told.intent.model_copy(update={"evidence": (wish,)}),
            "category": told.category.model_copy(update={"evidence": (word,)}),
        }
    )


def test_a_word_within_the_wish_for_a_human_tells_no_category():
    assert decide(a_state(), angry_wish((19, 25))).ticket_category is TicketCategory.general
    assert decide(a_state(), angry_wish((30, 37))).ticket_category is TicketCategory.billing


@pytest.mark.parametrize("known", [TicketCategory.delivery, TicketCategory.billing])
def test_anger_without_a_word_of_another_matter_stays_with_the_ticket(known):
    state = a_state(ticket=TicketNumber("TKT-00000001"), ticket_category=known)
    told = an_analysis(ConversationIntent.complaint, sentiment=Sentiment.angry, category=TicketCategory.technical)
    assert decide(state, told).add_to_ticket == "TKT-00000001"
    said = told.category.model_copy(update={"evidence": (evidence(0, 4, "category.technical"),)})
    assert decide(state, told.model_copy(update={"category": said})).create_ticket


def test_a_second_message_on_the_same_matter_adds_to_its_ticket():
    state = a_state(
        current_persona=PersonaType.complaints,
        ticket=TicketNumber("TKT-00000001"),
        ticket_category=TicketCategory.billing,
    )
    decision = decide(state, an_analysis(ConversationIntent.complaint, category=TicketCategory.billing))
    assert decision.add_to_ticket == "TKT-00000001"
    assert not decision.create_ticket


def test_another_matter_gets_a_ticket_of_its_own():
    state = a_state(
        current_persona=PersonaType.complaints,
        ticket=TicketNumber("TKT-00000001"),
        ticket_category=TicketCategory.billing,
    )
    decision = decide(state, an_analysis(ConversationIntent.technical_support))
    assert decision.create_ticket


def test_going_back_to_a_matter_finds_its_ticket():
    state = a_state(
        current_persona=PersonaType.complaints,
        ticket=TicketNumber("TKT-00000002"),
        ticket_category=TicketCategory.billing,
        matters=(
            {"ticket": "TKT-00000001", "category": "technical"},
            {"ticket": "TKT-00000002", "category": "billing"},
        ),
    )
    assert decide(state, an_analysis(ConversationIntent.technical_support)).add_to_ticket == "TKT-00000001"


def test_while_collecting_another_category_still_belongs_to_the_matter():
    state = a_state(
        current_persona=PersonaType.complaints,
        ticket=TicketNumber("TKT-00000001"),
        ticket_category=TicketCategory.billing,
        collecting=True,
    )
    assert decide(state, an_analysis(ConversationIntent.technical_support)).add_to_ticket == "TKT-00000001"


@pytest.mark.parametrize("mine", Language)
class TestLanguageFollowsTheCustomer:
    def test_asking_switches_at_once(self, mine):
        asked = verdict(mine, words=2, requested=mine.other)
        state = a_state(language=mine, language_stated=True)
        assert choose_language(state, asked, POLICY)[0] is mine.other

    def test_one_loan_word_does_not_switch(self, mine):
        state = a_state(language=mine, language_stated=True)
        assert choose_language(state, verdict(mine.other, words=1), POLICY)[0] is mine

    def test_a_number_does_not_switch(self, mine):
        state = a_state(language=mine, other_language_turns=5)
        assert choose_language(state, verdict(None, words=0), POLICY)[0] is mine

    def test_a_sentence_switches(self, mine):
        state = a_state(language=mine, language_stated=True)
        assert choose_language(state, verdict(mine.other, words=POLICY.switch_words), POLICY)[0] is mine.other

    def test_one_word_less_than_a_sentence_does_not(self, mine):
        state = a_state(language=mine, language_stated=True)
        assert choose_language(state, verdict(mine.other, words=POLICY.switch_words - 1), POLICY)[0] is mine

    def test_a_second_short_message_switches(self, mine):
        state = a_state(language=mine, language_stated=True, other_language_turns=1)
        assert choose_language(state, verdict(mine.other, words=1), POLICY)[0] is mine.other

    def test_the_first_message_decides_where_nothing_was_stated(self, mine):
        assert choose_language(a_state(language=mine), verdict(mine.other, words=1), POLICY)[0] is mine.other

    def test_the_clients_word_counts_where_the_text_does_not_contradict(self, mine):
        state = a_state(language=mine, language_stated=True)
        assert choose_language(state, verdict(None, words=0), POLICY, hint=mine.other)[0] is mine.other
        assert choose_language(state, verdict(mine.other, words=1), POLICY, hint=mine.other)[0] is mine.other
        assert choose_language(state, verdict(mine, words=1), POLICY, hint=mine.other)[0] is mine


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("الموقع", False),  # the website
        ("ما هي", False),  # what is
        ("الموقع معطل", True),  # the website is down
        ("website crashed", True),
    ],
)
def test_a_word_or_two_that_no_cue_knows_open_no_ticket(text, fault):
    decision = decide_first(analyze(text, default_lexicons()))
    assert decision.create_ticket is fault

"""Briefs from facts, for tests of voices: what a turn would have handed over, without analyzer, routing or store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
from callcenter.calls import (
    CallId,
    ConversationIntent,
    ConversationState,
    Language,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slot,
    Slots,
    TicketCategory,
    TicketNumber,
)
from callcenter.llm import Brief, TicketNews
from callcenter.routing import decide
from callcenter.tickets import Ticket

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
"""A Sunday, 11:00 in Riyadh: the demo company is open."""
NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
TICKET = TicketNumber("TKT-00000042")

SALES = frozenset(
    {ConversationIntent.sales_interest, ConversationIntent.service_inquiry, ConversationIntent.training_interest}
)


def ticket(language: Language = Language.en, **changed: object) -> Ticket:
    facts: dict[str, object] = {
        "number": TICKET,
        "call_id": CallId("CALL-1"),
        "category": TicketCategory.general,
        "priority": PriorityLevel.high,
        "subject": "matter",
        "description": "matter",
        "language": language,
        "persona": PersonaType.complaints,
        "created_at": NOW,
        "updated_at": NOW,
        "due_at": NOW + timedelta(hours=2),
    }
    return Ticket.model_validate(facts | changed)


def analysis(
    language: Language,
    intent: ConversationIntent,
    *,
    sentiment: Sentiment = Sentiment.neutral,
    category: TicketCategory | None = None,
    acts: tuple[Act, ...] = (),
    entities: tuple[tuple[EntityKind, str], ...] = (),
    question: str | None = None,
    also: tuple[ConversationIntent, ...] = (),
    words: int = 6,
    confidence: float = 0.9,
) -> MessageAnalysis:
    seen = Evidence(start=0, end=0, text="", cue="", rule="given", weight=1)
    return MessageAnalysis(
        language=LanguageVerdict(
            language=language,
            kind=LanguageKind(language.value),
            confidence=1,
            arabic_share=1 if language.rtl else 0,
            words=words,
            reasoning="given",
        ),
        intent=IntentAnalysis(
            intent=intent,
            confidence=confidence,
            keywords=(),
            language=language,
            reasoning="given",
            others=tuple(IntentCandidate(intent=each, score=1, confidence=0.5, evidence=()) for each in also),
        ),
        sentiment=SentimentAnalysisResult(sentiment=sentiment, confidence=1, emotion_indicators=(), reasoning="given"),
        urgency=UrgencyVerdict(level=PriorityLevel.medium, confidence=1),
        question=QuestionVerdict(is_question=question is not None, kind=question, confidence=1),
        category=CategoryVerdict(category=category, confidence=1),
        entities=tuple(
            Entity(kind=kind, value=value, text=value, start=0, end=0, confidence=1, rule="given")
            for kind, value in entities
        ),
        acts=tuple(ActEvidence(act=act, evidence=seen) for act in acts),
    )


def brief(
    text: str,
    understood: MessageAnalysis,
    *,
    language: Language,
    persona: PersonaType | None = None,
    introduced: bool = False,
    ticket: Ticket | None = None,
    news: TicketNews | None = None,
    asks: Slot | None = None,
    asked: tuple[Slot, ...] = (),
    interests: tuple[str, ...] = (),
    messages: int = 1,
    said: str = "",
    at: datetime = NOW,
) -> Brief:
    state = ConversationState(
        call_id=CallId("CALL-1"),
        customer_name=None,
        language=language,
        current_persona=persona or PersonaType.reception,
        user_message_count=messages,
        message_count=messages * 2,
        slots=Slots(asked=asked),
        interests=interests,
        ticket=ticket.number if ticket else None,
        started_at=NOW,
        updated_at=NOW,
    )
    decision = decide(state, understood)
    return Brief(
        state=state,
        persona=persona or decision.target_persona,
        language=language,
        text=text,
        analysis=understood,
        decision=decision,
        introduced=introduced,
        ticket=ticket,
        ticket_news=news,
        asks=asks,
        said=said,
        at=at,
    )

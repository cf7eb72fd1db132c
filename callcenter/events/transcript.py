"""Read a call's log as what was said (`transcript`) and as figures (`statistics`), as the wire contract shows them.

Neither is stored: both are computed from the log, which is the only copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Final, Literal

from pydantic import AwareDatetime

from callcenter.calls import (
    CallId,
    ConversationIntent,
    Language,
    PersonaType,
    PriorityLevel,
    Sentiment,
    TicketNumber,
    TokenUsage,
    Value,
)
from callcenter.events.action_kinds import ActionDecided, ActionRun
from callcenter.events.agent_kinds import AgentMessage
from callcenter.events.fold import fold
from callcenter.events.kinds import (
    AssistantMessage,
    CallEvent,
    Escalation,
    Greeting,
    Handoff,
    Routing,
    TicketCreated,
    UserMessage,
)
from callcenter.events.rating_kinds import CsatAsked

_SAID: Final = (Greeting, AssistantMessage, AgentMessage, ActionDecided, ActionRun, CsatAsked)
"""What customers read of us."""


class TranscriptMessage(Value):
    """One line of a transcript."""

    role: Literal["assistant", "user"]
    content: str
    persona: PersonaType | None = None
    """Who spoke; None for a customer's line, for a human's, and for one that tells of an action."""
    agent: str | None = None
    """The human who spoke, by display name."""
    timestamp: AwareDatetime
    seq: int
    interrupted: bool = False
    """The reply was cut off; `content` is what was delivered."""


class TranscriptStatistics(Value):
    """The figures under a transcript."""

    total_messages: int
    user_messages: int
    assistant_messages: int
    personas_used: tuple[PersonaType, ...]
    satisfaction: int | None
    """The customer's score, 1 to 5; null: they gave none."""


class Transcript(Value):
    """What was said on a call, in order."""

    call_id: CallId
    customer_name: str | None
    language: Language
    messages: tuple[TranscriptMessage, ...]
    statistics: TranscriptStatistics


class SentimentPoint(Value):
    """How one customer message sounded."""

    seq: int
    at: AwareDatetime
    sentiment: Sentiment
    score: float


class EscalationPoint(Value):
    """One escalation."""

    seq: int
    at: AwareDatetime
    priority: PriorityLevel
    reason: str


class CallStatistics(Value):
    """A call in figures: the wire contract's `stats`."""

    call_id: CallId
    customer_name: str | None
    duration_seconds: float
    total_messages: int
    user_messages: int
    assistant_messages: int
    agent_messages: int = 0
    """Of the assistant messages, those a human wrote."""
    personas_used: tuple[PersonaType, ...]
    intents_detected: tuple[ConversationIntent, ...]
    """Of each customer message, in order."""
    sentiment_progression: tuple[SentimentPoint, ...]
    escalations: tuple[EscalationPoint, ...]
    handoffs: int
    ticket_created: bool
    tickets: tuple[TicketNumber, ...]
    outcome: str | None
    """How the call ended; None while it goes on."""
    satisfaction: int | None
    started_at: AwareDatetime
    ended_at: datetime | None
    usage: TokenUsage | None
    """What models read and wrote for the replies; None: none was asked."""
    voices: dict[str, int]
    """How many replies each voice ended, in order of first appearance."""
    corrections: int
    """Sentences of models that did not go out as they were."""


def transcript(events: Sequence[CallEvent]) -> Transcript:
    """Return what was said. `events` is the whole log of one call, which is never empty."""
    state = fold(events)
    assert state is not None  # noqa: S101 (a call's log starts with call_started)
    messages = tuple(line for event in events if (line := _line(event)) is not None)
    spoken_by = [line.persona for line in messages if line.persona is not None]
    return Transcript(
        call_id=state.call_id,
        customer_name=state.customer_name,
        language=state.language,
        messages=messages,
        statistics=TranscriptStatistics(
            total_messages=len(messages),
            user_messages=sum(line.role == "user" for line in messages),
            assistant_messages=sum(line.role == "assistant" for line in messages),
            personas_used=tuple(dict.fromkeys(spoken_by)),
            satisfaction=state.satisfaction,
        ),
    )


def statistics(events: Sequence[CallEvent]) -> CallStatistics:
    """Return a call in figures. `events` is the whole log of one call, which is never empty."""
    state = fold(events)
    assert state is not None  # noqa: S101 (a call's log starts with call_started)
    routings = [event for event in events if isinstance(event, Routing)]
    replies = [event for event in events if isinstance(event, AssistantMessage)]
    usages = [reply.usage for reply in replies if reply.usage is not None]
    return CallStatistics(
        call_id=state.call_id,
        customer_name=state.customer_name,
        duration_seconds=state.conversation_duration_seconds,
        total_messages=state.message_count,
        user_messages=state.user_message_count,
        assistant_messages=state.message_count - state.user_message_count,
        agent_messages=sum(isinstance(event, AgentMessage) for event in events),
        personas_used=state.personas_used,
        intents_detected=tuple(event.analysis.intent.intent for event in routings),
        sentiment_progression=tuple(
            SentimentPoint(
                seq=event.seq,
                at=event.at,
                sentiment=event.analysis.sentiment.sentiment,
                score=event.analysis.sentiment.score,
            )
            for event in routings
        ),
        escalations=tuple(
            EscalationPoint(seq=event.seq, at=event.at, priority=event.priority, reason=event.reason)
            for event in events
            if isinstance(event, Escalation)
        ),
        handoffs=sum(isinstance(event, Handoff) for event in events),
        ticket_created=any(isinstance(event, TicketCreated) for event in events),
        tickets=state.tickets,
        outcome=state.outcome,
        satisfaction=state.satisfaction,
        started_at=state.started_at,
        ended_at=state.ended_at,
        usage=reduce(TokenUsage.plus, usages) if usages else None,
        voices=dict(Counter(reply.voice for reply in replies)),
        corrections=sum(len(reply.corrections) for reply in replies),
    )


def _line(event: CallEvent) -> TranscriptMessage | None:
    if isinstance(event, UserMessage):
        return TranscriptMessage(role="user", content=event.message, timestamp=event.at, seq=event.seq)
    if not isinstance(event, _SAID) or event.message is None:
        return None
    return TranscriptMessage(
        role="assistant",
        content=event.message,
        persona=event.persona if isinstance(event, Greeting | AssistantMessage | CsatAsked) else None,
        agent=event.agent_name if isinstance(event, AgentMessage) else None,
        timestamp=event.at,
        seq=event.seq,
        interrupted=isinstance(event, AssistantMessage) and event.interrupted,
    )

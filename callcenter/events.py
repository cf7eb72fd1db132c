"""The events of a call: one closed union that the log, the sockets, the transcript and every reader share.

`evolve` folds an event into the state; the state a store keeps is only a cache of that fold. Order within one call is
`seq`, from 1, without gaps. Events are past facts: none is changed or renamed after it was stored. `AssistantDelta` and
`ErrorFrame` travel on the bus only and are never stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, Literal, assert_never

from pydantic import AwareDatetime, Field, TypeAdapter

from callcenter.analysis.models import LanguageVerdict, MessageAnalysis
from callcenter.calls import (
    TREND_LENGTH,
    CallId,
    Channel,
    ConversationState,
    HandoffPacket,
    Language,
    MessageId,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slot,
    Slots,
    Value,
)
from callcenter.routing import RoutingDecision
from callcenter.tickets import Ticket


class _Stored(Value):
    call_id: CallId
    seq: Annotated[int, Field(ge=1)]
    """Place in the call's log."""
    at: AwareDatetime


class CallStarted(_Stored):
    """A customer made contact."""

    event: Literal["call_started"] = "call_started"
    customer_name: str | None
    language: Language
    language_stated: bool
    """The language was given, not assumed from the company's default."""
    channel: Channel
    persona: PersonaType
    phone: str | None = None
    """The number the customer contacts us from, where the channel knows it."""


class Greeting(_Stored):
    """The first words of a call."""

    event: Literal["greeting"] = "greeting"
    message: str
    persona: PersonaType
    language: Language


class UserMessage(_Stored):
    """What the customer said, as said (bounded, cleaned of invisible controls)."""

    event: Literal["user_message"] = "user_message"
    message_id: MessageId
    message: str
    language: Language | None = None
    """The language the sender's client stated, if it did."""
    truncated: bool = False
    """The message was longer than the product keeps."""


class Routing(_Stored):
    """How the message was understood and what was decided."""

    event: Literal["routing"] = "routing"
    message_id: MessageId
    analysis: MessageAnalysis
    decision: RoutingDecision
    slots: Slots
    """What is known after this message."""
    interests: tuple[str, ...] = ()
    """Ids of the company's services known to interest the customer after this message, newest last."""


class HandoffTrigger(StrEnum):
    """Who caused a handoff."""

    routing = "routing"
    manual = "manual"


class Handoff(_Stored):
    """Another persona has the call from here on."""

    event: Literal["handoff"] = "handoff"
    message_id: MessageId | None
    """The message that caused it; None when somebody moved the call by hand."""
    from_persona: PersonaType
    to_persona: PersonaType
    trigger: HandoffTrigger
    message: str
    """The line that tells the customer, in their language."""
    packet: HandoffPacket


class Escalation(_Stored):
    """The call needs somebody with more authority, now."""

    event: Literal["escalation"] = "escalation"
    message_id: MessageId
    priority: PriorityLevel
    sentiment: Sentiment
    reason: str
    assigned_to: Literal["dedicated_agent"] = "dedicated_agent"


class TransferRequested(_Stored):
    """The customer waits for a human."""

    event: Literal["transfer_requested"] = "transfer_requested"
    message_id: MessageId
    priority: PriorityLevel
    reason: str


class TicketCreated(_Stored):
    """A matter got a ticket."""

    event: Literal["ticket_created"] = "ticket_created"
    message_id: MessageId
    ticket: Ticket


class TicketUpdated(_Stored):
    """A message added to the ticket of its matter."""

    event: Literal["ticket_updated"] = "ticket_updated"
    message_id: MessageId
    ticket: Ticket


class AssistantMessage(_Stored):
    """What the persona said, as delivered."""

    event: Literal["assistant_message"] = "assistant_message"
    message_id: MessageId
    """The customer message it answers."""
    message: str
    persona: PersonaType
    language: Language
    voice: str
    """Which voice spoke: `offline` or a model's name."""
    asks: Slot | None = None
    """The fact it asks for."""
    interrupted: bool = False
    """Cut off before its end; `message` is what was delivered."""
    first_token_ms: Annotated[float, Field(ge=0)] | None = None
    duration_ms: Annotated[float, Field(ge=0)] | None = None


class Outcome(StrEnum):
    """How a call ended."""

    resolved = "resolved"
    ticket_open = "ticket_open"
    handed_off = "handed_off"
    abandoned = "abandoned"


class CallEnded(_Stored):
    """The call is over; its log stays readable."""

    event: Literal["call_ended"] = "call_ended"
    outcome: Outcome
    reason: str
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None


CallEvent = Annotated[
    CallStarted
    | Greeting
    | UserMessage
    | Routing
    | Handoff
    | Escalation
    | TransferRequested
    | TicketCreated
    | TicketUpdated
    | AssistantMessage
    | CallEnded,
    Field(discriminator="event"),
]
"""Any stored event."""


class AssistantDelta(Value):
    """A piece of a reply in the making; its pieces joined are the `assistant_message` that follows."""

    event: Literal["assistant_delta"] = "assistant_delta"
    call_id: CallId
    message_id: MessageId
    delta: str
    persona: PersonaType


class ErrorFrame(Value):
    """Something failed that the reader should know; `message` is in the call's language where a customer reads it."""

    event: Literal["error"] = "error"
    call_id: CallId
    code: str
    message: str
    message_id: MessageId | None = None


CallFrame = CallEvent | AssistantDelta | ErrorFrame
"""What readers of the bus get."""

EVENTS: Final[TypeAdapter[CallEvent]] = TypeAdapter(CallEvent)

EVENT_KINDS: Final = (
    "call_started",
    "greeting",
    "user_message",
    "routing",
    "handoff",
    "escalation",
    "transfer_requested",
    "ticket_created",
    "ticket_updated",
    "assistant_message",
    "call_ended",
)

_NEWEST_WEIGHT: Final = 0.5
"""Each message back counts half of the next: one calm word does not undo anger, three do."""


def evolve(  # noqa: C901 (one flat case an event)
    state: ConversationState | None, event: CallEvent
) -> ConversationState:
    """Fold one event into the state of its call. The first event must be `call_started`, `seq` must follow."""
    if isinstance(event, CallStarted):
        return _started(event)
    if state is None or event.seq != state.seq + 1:
        raise ValueError(f"{event.event} {event.seq} can't follow {state and state.seq}")
    changed: dict[str, object] = {
        "seq": event.seq,
        "updated_at": event.at,
        "conversation_duration_seconds": (event.at - state.started_at).total_seconds(),
    }
    match event:
        case Greeting():
            changed |= {"message_count": state.message_count + 1}
        case UserMessage():
            changed |= {
                "message_count": state.message_count + 1,
                "user_message_count": state.user_message_count + 1,
                "turns_with_persona": state.turns_with_persona + 1,
                "unanswered": (*state.unanswered, event.message_id),
            }
        case Routing():
            changed |= _routed(state, event)
        case Handoff():
            changed |= {
                "previous_persona": event.from_persona,
                "current_persona": event.to_persona,
                "personas_used": tuple(dict.fromkeys((*state.personas_used, event.to_persona))),
                "handoff_count": state.handoff_count + 1,
                "turns_with_persona": 0,
                "collecting": False,
            }
        case Escalation():
            changed |= {"escalation_count": state.escalation_count + 1}
        case TransferRequested():
            changed |= {"human_requested": True}
        case TicketCreated(ticket=ticket) | TicketUpdated(ticket=ticket):
            changed |= {
                "ticket": ticket.number,
                "ticket_category": ticket.category,
                "tickets": tuple(dict.fromkeys((*state.tickets, ticket.number))),
            }
        case AssistantMessage():
            changed |= _answered(state, event)
        case CallEnded():
            changed |= {"ended_at": event.at, "outcome": event.outcome.value, "satisfaction": event.satisfaction}
        case _:
            assert_never(event)
    return state.model_copy(update=changed)


def fold(events: Iterable[CallEvent], state: ConversationState | None = None) -> ConversationState | None:
    """Fold a log, or the rest of one, into the state of its call; None for an empty log."""
    for event in events:
        state = evolve(state, event)
    return state


def overall_sentiment(trend: tuple[Sentiment, ...]) -> Sentiment:
    """Weigh the last messages, the newest most, and name the class nearest to the mean valence."""
    if not trend:
        return Sentiment.neutral
    weights = [_NEWEST_WEIGHT**age for age in range(len(trend))]
    mean = sum(weight * sentiment.valence for weight, sentiment in zip(weights, reversed(trend), strict=True)) / sum(
        weights
    )
    return min(Sentiment, key=lambda sentiment: abs(sentiment.valence - mean))


def _started(event: CallStarted) -> ConversationState:
    return ConversationState(
        call_id=event.call_id,
        customer_name=event.customer_name,
        language=event.language,
        language_stated=event.language_stated,
        current_persona=event.persona,
        personas_used=(event.persona,),
        channel=event.channel,
        seq=event.seq,
        started_at=event.at,
        updated_at=event.at,
        slots=Slots(name=event.customer_name, phone=event.phone),
    )


def _routed(state: ConversationState, event: Routing) -> dict[str, object]:
    trend = (*state.sentiment_trend, event.analysis.sentiment.sentiment)[-TREND_LENGTH:]
    language = event.decision.language
    verdict = event.analysis.language
    return {
        "last_intent": event.analysis.intent.intent,
        "sentiment_trend": trend,
        "overall_sentiment": overall_sentiment(trend),
        "language": language,
        "language_stated": state.language_stated or verdict.requested is not None,
        "other_language_turns": _other_turns(state, verdict, language),
        "slots": event.slots,
        "interests": event.interests,
    }


def _other_turns(state: ConversationState, verdict: LanguageVerdict, language: Language) -> int:
    if verdict.language is None:
        return state.other_language_turns if language is state.language else 0
    return state.other_language_turns + 1 if verdict.language is not language else 0


def _answered(state: ConversationState, event: AssistantMessage) -> dict[str, object]:
    changed: dict[str, object] = {
        "message_count": state.message_count + 1,
        "unanswered": tuple(each for each in state.unanswered if each != event.message_id),
        "collecting": event.asks is not None,
    }
    if event.asks is not None:
        changed["slots"] = state.slots.model_copy(update={"asked": (*state.slots.asked, event.asks)})
    return changed


__all__ = [
    "EVENTS",
    "EVENT_KINDS",
    "AssistantDelta",
    "AssistantMessage",
    "CallEnded",
    "CallEvent",
    "CallFrame",
    "CallStarted",
    "ErrorFrame",
    "Escalation",
    "Greeting",
    "Handoff",
    "HandoffTrigger",
    "Outcome",
    "Routing",
    "TicketCreated",
    "TicketUpdated",
    "TransferRequested",
    "UserMessage",
    "evolve",
    "fold",
    "overall_sentiment",
]

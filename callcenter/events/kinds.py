"""What can happen on a call: one closed union, discriminated by `event`, that is also the wire format.

Events are past facts with a place in their call's log (`seq`, from 1, without gaps); none is changed or renamed once
stored. `AssistantDelta` and `ErrorFrame` travel on the bus only and are never stored.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from callcenter.analysis.models import MessageAnalysis
from callcenter.calls import (
    CallId,
    Channel,
    HandoffPacket,
    Language,
    MessageId,
    PersonaType,
    PriorityLevel,
    ScriptProgress,
    Sentiment,
    Slot,
    Slots,
    Term,
    TokenUsage,
    ToolName,
    Value,
)
from callcenter.events.action_kinds import ActionDecided, ActionProposed, ActionRun, seen_as
from callcenter.events.agent_kinds import (
    AgentEvent,
    AgentMessage,
    CallClaimed,
    CallReleased,
    CallTransferred,
    InternalNote,
    SuggestionUsed,
    WrapUp,
)
from callcenter.events.frame import Frame, Stored
from callcenter.events.rating_kinds import CsatAsked, CsatGiven
from callcenter.events.script_kinds import ScriptCompleted, ScriptDropped, ScriptEvent, ScriptStarted, ScriptStep
from callcenter.routing import RoutingDecision
from callcenter.tickets import Ticket


class CallStarted(Stored):
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
    email: str | None = None
    """The address the customer wrote from or signed in with, where the channel knows it."""
    verified: bool = False
    """Phone and e-mail address are known to be the customer's own, not merely stated."""


class Greeting(Stored):
    """The first words of a call."""

    event: Literal["greeting"] = "greeting"
    message: str
    persona: PersonaType
    language: Language


class UserMessage(Stored):
    """What the customer said, as said (bounded, cleaned of invisible controls)."""

    event: Literal["user_message"] = "user_message"
    message_id: MessageId
    message: str
    language: Language | None = None
    """The language the sender's client stated, if it did."""
    truncated: bool = False
    """The message was longer than the product keeps."""


class Routing(Stored):
    """How the message was understood and what was decided."""

    event: Literal["routing"] = "routing"
    message_id: MessageId
    analysis: MessageAnalysis
    decision: RoutingDecision
    slots: Slots
    """What is known after this message."""
    interests: tuple[str, ...] = ()
    """Ids of the company's services known to interest the customer after this message, newest last."""


class HandoffTrigger(Term):
    """Who caused a handoff."""

    routing = "routing"
    manual = "manual"
    model = "model"
    """The model asked for it and the rules had no objection."""


class Handoff(Stored):
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


class Escalation(Stored):
    """The call needs somebody with more authority, now."""

    event: Literal["escalation"] = "escalation"
    message_id: MessageId
    priority: PriorityLevel
    sentiment: Sentiment
    reason: str
    assigned_to: Literal["dedicated_agent"] = "dedicated_agent"


class TransferRequested(Stored):
    """The customer waits for a human."""

    event: Literal["transfer_requested"] = "transfer_requested"
    message_id: MessageId
    priority: PriorityLevel
    reason: str


class TicketCreated(Stored):
    """A matter got a ticket."""

    event: Literal["ticket_created"] = "ticket_created"
    message_id: MessageId | None
    """None where the desk did it, without a message of the customer's."""
    ticket: Ticket


class TicketUpdated(Stored):
    """A message added to the ticket of its matter."""

    event: Literal["ticket_updated"] = "ticket_updated"
    message_id: MessageId | None
    """None where the desk did it, without a message of the customer's."""
    ticket: Ticket


class ToolCalled(Stored):
    """The model asked for something to be done: what was asked, how it was judged, and the receipt."""

    event: Literal["tool_called"] = "tool_called"
    message_id: MessageId
    """The message being answered."""
    tool: Annotated[ToolName | str, Field(union_mode="left_to_right")]
    """A name that is none of our tools stays as the model wrote it."""
    arguments: dict[str, str]
    """Those that were valid, as text."""
    granted: bool
    reason: str
    """Why it was done, or was not."""
    receipt: str | None = None
    """What proves it: a ticket's number, a persona."""
    slots: Slots | None = None
    """What is known afterwards, where that changed."""


class CorrectionAction(Term):
    """What was done about a sentence that must not go out."""

    replaced = "replaced"
    """An honest line of ours went out in its place."""
    dropped = "dropped"
    """Nothing did; it had been replaced once already."""
    regenerated = "regenerated"
    """The model was asked again, told why."""
    cleaned = "cleaned"
    """Only markup was taken out."""


class Correction(Value):
    """A sentence of the model's that did not go out as it was; the sentence itself is not kept."""

    fault: str
    """Which check it failed: `wrong_language`, `unbacked_action`, `unknown_price` ..., `markup`."""
    action: CorrectionAction


class AssistantMessage(Stored):
    """What the persona said, as delivered."""

    event: Literal["assistant_message"] = "assistant_message"
    message_id: MessageId
    """The customer message it answers; of several that came in a burst, the last."""
    answers: tuple[MessageId, ...] = ()
    """Earlier messages that it answers as well."""
    message: str
    persona: PersonaType
    language: Language
    voice: str
    """Which voice spoke: `offline` or a model's name; of several, the one that ended the reply."""
    voice_reason: str | None = None
    """Why the first voice in line did not, or not to the end: `first_token_timeout`, `rate_limited` ... (`Failure`)."""
    corrections: tuple[Correction, ...] = ()
    usage: TokenUsage | None = None
    """What models read and wrote for it; None: none was asked."""
    asks: Slot | None = None
    """The fact it asks for."""
    asks_rating: bool = False
    """It ends by asking for a score from 1 to 5."""
    sources: tuple[str, ...] = ()
    """Articles it rests on, by slug: those it quotes, or, where a model spoke, those the model was given."""
    script: ScriptProgress | None = None
    """How far the service script is that the call follows; None: it follows none, or this reply leaves it aside."""
    interrupted: bool = False
    """Cut off before its end; `message` is what was delivered."""
    first_token_ms: Annotated[float, Field(ge=0)] | None = None
    duration_ms: Annotated[float, Field(ge=0)] | None = None


class Outcome(Term):
    """How a call ended."""

    resolved = "resolved"
    ticket_open = "ticket_open"
    handed_off = "handed_off"
    abandoned = "abandoned"


class CallEnded(Stored):
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
    | ToolCalled
    | ScriptStarted
    | ScriptStep
    | ScriptCompleted
    | ScriptDropped
    | ActionProposed
    | ActionDecided
    | ActionRun
    | AssistantMessage
    | CallClaimed
    | AgentMessage
    | InternalNote
    | SuggestionUsed
    | CallTransferred
    | CallReleased
    | WrapUp
    | CsatAsked
    | CsatGiven
    | CallEnded,
    Field(discriminator="event"),
]
"""Any stored event."""


class AssistantDelta(Frame):
    """A piece of a reply in the making; its pieces joined are the `assistant_message` that follows."""

    event: Literal["assistant_delta"] = "assistant_delta"
    call_id: CallId
    message_id: MessageId
    delta: str
    persona: PersonaType


class ErrorFrame(Frame):
    """Something failed that the reader should know; `message` is in the call's language where a customer reads it."""

    event: Literal["error"] = "error"
    call_id: CallId
    code: str
    message: str
    message_id: MessageId | None = None


class CallErased(Frame):
    """The call was deleted for good: there is nothing left to read, and nothing more will come. Never stored."""

    event: Literal["call_erased"] = "call_erased"
    call_id: CallId


CallFrame = CallEvent | AssistantDelta | ErrorFrame | CallErased
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
    "tool_called",
    "script_started",
    "script_step",
    "script_completed",
    "script_dropped",
    "action_proposed",
    "action_decided",
    "action_run",
    "assistant_message",
    "call_claimed",
    "agent_message",
    "internal_note",
    "suggestion_used",
    "call_transferred",
    "call_released",
    "wrap_up",
    "csat_asked",
    "csat_given",
    "call_ended",
)

_FOR_ALL: Final = frozenset({AssistantDelta, UserMessage, Routing, AssistantMessage})
"""What every turn has, for customers as it is. To look a class up costs less than to compare it with one."""
_INTERNAL: Final = (InternalNote, ScriptEvent, SuggestionUsed, WrapUp)


def shown_to_customer(frame: CallFrame) -> CallFrame | None:
    """Return a frame as a customer may read it; None for what is the desk's own business.

    Who works for the company is known to its customers by display name alone; what agents tell each other, not at all.
    """
    if type(frame) in _FOR_ALL:
        return frame
    looked_up = isinstance(frame, ActionRun) and frame.message_id is None and frame.message is None  # by an agent
    if looked_up or isinstance(frame, _INTERNAL):
        return None
    if isinstance(frame, ActionProposed):
        return frame.altered({"proposal": frame.proposal.altered({"proposed_by": seen_as(frame.proposal.proposed_by)})})
    if isinstance(frame, ActionDecided | CsatGiven):
        name = frame.decided_by if isinstance(frame, ActionDecided) else frame.given_by
        return frame.altered({"decided_by" if isinstance(frame, ActionDecided) else "given_by": seen_as(name)})
    if not isinstance(frame, AgentEvent):
        return frame
    hidden: dict[str, object] = {"agent": frame.agent_name}
    if isinstance(frame, CallClaimed):
        hidden["taken_from"] = None
    if isinstance(frame, CallTransferred):
        hidden |= {"to_agent": frame.to_agent_name, "packet": None}
    return frame.altered(hidden)

"""What humans do on a call: take it, speak, note, pass it on, hand it back, and say what came of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.calls import HandoffPacket, Language, MessageId, PersonaType, PriorityLevel, SuggestionId, Term
from callcenter.events.frame import Stored


class AgentEvent(Stored):
    """Something a human did on a call."""

    agent: str
    """Who did it, as histories name them; a customer reads the display name here."""
    agent_name: str
    """What customers are told they are called."""


class CallClaimed(AgentEvent):
    """A human has the call from here on; no voice speaks on it."""

    event: Literal["call_claimed"] = "call_claimed"
    from_queue: PersonaType | None = None
    """The queue it waited in; None when it did not wait."""
    taken_from: str | None = None
    """The agent who had it, where a supervisor took it over."""
    message: str
    """The line that tells the customer, in their language."""


class AgentMessage(AgentEvent):
    """What a human said to the customer."""

    event: Literal["agent_message"] = "agent_message"
    message: str
    language: Language
    reply_id: MessageId | None = None
    """The sender's own id of this reply, where there is one."""


class SuggestionVerdict(Term):
    """What an agent made of a suggested reply."""

    sent = "sent"
    """As it was, but for white space."""
    edited = "edited"
    dismissed = "dismissed"
    ignored = "ignored"
    """They answered the same message in words of their own."""


class SuggestionUsed(AgentEvent):
    """An agent decided on a reply that was suggested to them; no customer ever sees it. Its text is not kept."""

    event: Literal["suggestion_used"] = "suggestion_used"
    suggestion_id: SuggestionId
    verdict: SuggestionVerdict
    voice: str
    """Who wrote it: `offline` or a model's name."""
    similarity: Annotated[float, Field(ge=0, le=1)] | None = None
    """How much of it is in what was said, by words in their order; None where nothing was said."""
    sources: tuple[str, ...] = ()
    """Articles it was written with, by slug."""
    seconds: Annotated[float, Field(ge=0)]
    """From when it was shown whole to the decision."""
    reason: str | None = None
    """Why it was dismissed."""


class InternalNote(AgentEvent):
    """What the desk noted for itself; no customer ever sees it."""

    event: Literal["internal_note"] = "internal_note"
    note: str


class CallTransferred(AgentEvent):
    """A human gave the call to another human, to a queue, or, knowing what it is about, to a persona."""

    event: Literal["call_transferred"] = "call_transferred"
    to_agent: str | None = None
    to_agent_name: str | None = None
    to_queue: PersonaType | None = None
    to_persona: PersonaType | None = None
    priority: PriorityLevel = PriorityLevel.high
    """In the queue."""
    packet: HandoffPacket | None = None
    """What whoever gets it should know: a warm transfer has one, a cold one has none."""
    message: str
    """The line that tells the customer, in their language."""


class ReleaseReason(Term):
    """Why a human no longer has a call."""

    released = "released"
    """They handed it back."""
    vanished = "vanished"
    """They were gone for longer than the desk waits."""


class CallReleased(AgentEvent):
    """A human no longer has the call."""

    event: Literal["call_released"] = "call_released"
    to_persona: PersonaType
    """The persona that answers from here on."""
    reason: ReleaseReason
    waits: bool = False
    """The customer waits for another human meanwhile."""
    message: str
    """The line that tells the customer, in their language."""


class Disposition(Term):
    """What came of a call, in the code an agent sets."""

    resolved = "resolved"
    ticket_opened = "ticket_opened"
    callback_requested = "callback_requested"
    transferred = "transferred"
    """To a human; from a log alone: the customer waits for one."""
    sale_lead = "sale_lead"
    information_given = "information_given"
    abandoned = "abandoned"
    """The customer left before anything came of it."""
    spam_or_wrong_number = "spam_or_wrong_number"


class WrapUp(AgentEvent):
    """An agent said what came of the call; no customer ever sees it."""

    event: Literal["wrap_up"] = "wrap_up"
    disposition: Disposition
    note: str | None = None

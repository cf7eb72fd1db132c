"""A call as it stands, and what is passed on with it from one persona to the next. Values only."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import AwareDatetime

from callcenter.calls.actions import ActionName, LastAction, PendingAction, Proposal, ProposalId
from callcenter.calls.scripts import FollowedScript
from callcenter.calls.vocabulary import (
    CallId,
    Channel,
    ConversationIntent,
    Language,
    LocalizedText,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slots,
    TicketCategory,
    TicketNumber,
    Value,
)


class HandoffPacket(Value):
    """What the next persona gets, so that it never asks for what is known."""

    reason: str
    language: Language
    slots: Slots
    sentiment_trend: tuple[Sentiment, ...]
    """The last messages' sentiment, oldest first."""
    promises: tuple[TicketNumber, ...] = ()
    """Tickets the customer was promised."""
    summary: LocalizedText


class Matter(Value):
    """One thing the customer wants settled, and its ticket."""

    ticket: TicketNumber
    category: TicketCategory


class ConversationState(Value):
    """A call as it stands: `evolve()` folded over its log. The first eleven fields are the wire contract's."""

    call_id: CallId
    customer_name: str | None
    language: Language
    current_persona: PersonaType
    message_count: int = 0
    """Customer and persona messages together."""
    user_message_count: int = 0
    last_intent: ConversationIntent | None = None
    overall_sentiment: Sentiment = Sentiment.neutral
    """Of the last messages, the newest weighing most; an upset message stays visible until calmer ones outweigh it."""
    personas_used: tuple[PersonaType, ...] = ()
    """In order of first appearance."""
    escalation_count: int = 0
    conversation_duration_seconds: float = 0.0
    """From the start to the last event."""

    seq: int = 0
    """Number of the last event in the log."""
    channel: Channel = Channel.web
    mode: Mode = Mode.ai
    started_at: AwareDatetime
    updated_at: AwareDatetime
    ended_at: datetime | None = None
    language_stated: bool = False
    """The language was asked for, by the customer or at the start of the call, not assumed."""
    other_language_turns: int = 0
    """Messages in a row that were in the other language but too thin to switch."""
    previous_persona: PersonaType | None = None
    handoff_count: int = 0
    turns_with_persona: int = 0
    """Customer messages since the last handoff."""
    collecting: bool = False
    """The persona is in the middle of asking for slots."""
    slots: Slots = Slots()
    ticket: TicketNumber | None = None
    """The ticket of the matter in hand."""
    ticket_category: TicketCategory | None = None
    tickets: tuple[TicketNumber, ...] = ()
    matters: tuple[Matter, ...] = ()
    """What each ticket is about, the one spoken of last at the end."""
    human_requested: bool = False
    waiting_since: AwareDatetime | None = None
    """Since when the customer waits for a human; None: they do not."""
    waiting_priority: PriorityLevel | None = None
    waiting_queue: PersonaType | None = None
    """Whose matter they wait with: the skill that is wanted."""
    agent: str | None = None
    """The human who has the call, or had it when it ended, as histories name them."""
    agent_name: str | None = None
    """What customers are told they are called."""
    claimed_at: AwareDatetime | None = None
    """Since when they have it."""
    agent_replies: tuple[MessageId, ...] = ()
    """The desk's own ids of what humans said last (see REPLIES_KNOWN): repeated, it is not said again."""
    sentiment_trend: tuple[Sentiment, ...] = ()
    """Of the last customer messages (see TREND_LENGTH), oldest first."""
    interests: tuple[str, ...] = ()
    """Ids of the company's services the customer asked about, newest last."""
    unanswered: tuple[MessageId, ...] = ()
    """Customer messages without a reply yet; after a crash they are answered first."""
    email: str | None = None
    """The address the customer wrote from or signed in with, where the channel knows it."""
    phone: str | None = None
    """The number the customer contacts us from, where the channel knows it."""
    verified: bool = False
    """Phone and e-mail address are known to be the customer's own, not merely stated."""
    proposals: tuple[Proposal, ...] = ()
    """Sensitive actions that wait for approval, or were approved and are not done yet, oldest first."""
    confirming: ProposalId | None = None
    """The proposal our last words asked the customer to confirm."""
    pending_action: PendingAction | None = None
    """An action the customer asked for that lacks a fact."""
    actions_done: tuple[ActionName, ...] = ()
    """What was done on this call, each once."""
    last_action: LastAction | None = None
    """What of it was done last."""
    failed_lookups: int = 0
    """How often the customer named an order that was not theirs or is none."""
    script: FollowedScript | None = None
    """The service script that the call follows, or followed last."""
    opening: tuple[str, ...] = ()
    """The customer's first messages, as long as it is looked for what they come for (see OPENING_MESSAGES)."""
    unheard: tuple[MessageId, ...] = ()
    """Customer messages that the human who has the call has not answered; a persona does, if they give it back so."""
    tokens_used: int = 0
    """What models read and wrote for this call's replies."""
    outcome: str | None = None
    satisfaction: int | None = None
    """1 to 5, when the customer gave a score."""
    satisfaction_comment: str | None = None
    """What they said with it."""
    rating_asked: bool = False
    """They were asked for it."""
    rating_turns: int = 0
    """For so many messages more a number is their answer to that, or corrects it."""
    ratings: int = 0
    """How often they gave one; the last counts."""

    @property
    def asking(self) -> bool:
        """Whether our last reply asked for a fact, of intake or of a script."""
        return self.collecting or (self.script is not None and self.script.active and self.script.asking)

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.ended_at is not None


def fresh_call(language: Language, at: datetime) -> ConversationState:
    """Return a call that nobody has spoken on, for judging a message by itself; no store knows it."""
    return ConversationState(
        call_id=CallId("none"),
        customer_name=None,
        language=language,
        current_persona=PersonaType.reception,
        personas_used=(PersonaType.reception,),
        started_at=at,
        updated_at=at,
    )


REPLIES_KNOWN: Final = 16
"""Ids of human replies a call remembers; whoever repeats a request does so within seconds."""

TREND_LENGTH: Final = 8
"""Messages a sentiment trend looks back; enough to see a call turn, small enough to keep a turn's cost flat."""

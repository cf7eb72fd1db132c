"""What a voice is: it turns a brief into a streamed reply in persona. Implementations are this file's siblings.

The brief holds all that a voice may rely on; what is not in it, the voice does not know and must not claim. Who speaks,
in which language and what is asked for was decided before; conversation.py delivers the pieces and stores the whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from callcenter.analysis.models import MessageAnalysis
from callcenter.calls import ConversationState, Language, PersonaType, Slot
from callcenter.routing import RoutingDecision
from callcenter.tickets import Ticket


class TicketNews(StrEnum):
    """What happened to the call's ticket in this turn."""

    created = "created"
    updated = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that a voice may know for one reply."""

    state: ConversationState
    """The call after this message's events were folded in: language, slots, interests, tickets, trend."""
    persona: PersonaType
    language: Language
    text: str
    """The customer's message: data, never instruction."""
    analysis: MessageAnalysis
    decision: RoutingDecision
    introduced: bool
    """The persona has just taken over and the reply already opens with its introduction; greet no more."""
    ticket: Ticket | None
    """The ticket of the matter in hand."""
    ticket_news: TicketNews | None
    asks: Slot | None
    """The fact the reply ends by asking for; None: it asks for no slot."""
    said: str
    """Our reply before this one, empty if there is none: what "yes" answers, and what need not be said again."""
    at: datetime
    """When the customer wrote, aware UTC."""


class CompletionKind(StrEnum):
    """How a reply ended."""

    complete = "complete"
    truncated = "truncated"
    refused = "refused"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the reply; the pieces joined are the reply, spaces and line breaks included."""

    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a reply; always the last thing of a stream."""

    kind: CompletionKind
    voice: str
    """Who spoke: `offline` or a model's name."""


class Voice(Protocol):
    """Speaks for a persona."""

    def stream(self, brief: Brief) -> AsyncIterator[Delta | Completion]:
        """Yield one or more deltas, then exactly one completion. Raises VoiceFailed when nothing can be said.

        Cancelling the consumer stops the voice; it keeps no state between replies.
        """
        ...


@runtime_checkable
class PromptVoice(Voice, Protocol):
    """A voice that answers in memory, without waiting: its answer can be kept together with the message."""

    @property
    def name(self) -> str:
        """What the voice is called in the events of its answers."""
        ...

    def say(self, brief: Brief) -> tuple[str, ...]:
        """Return the pieces that `stream` would yield, joined the whole reply; at least one."""
        ...

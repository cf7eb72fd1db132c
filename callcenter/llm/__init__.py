"""What a voice is: it turns a brief into a streamed reply in persona. Implementations are this file's siblings.

The brief holds all that a voice may rely on; what is not in it, the voice does not know and must not claim. Who speaks,
in which language and what is asked for was decided before; conversation.py delivers the pieces and stores the whole.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from callcenter.analysis.models import MessageAnalysis
from callcenter.calls import ConversationState, Language, PersonaType, Slot, TokenUsage
from callcenter.events import Correction
from callcenter.knowledge import Passage
from callcenter.llm.prompt import Exchange, Line, Prompt, Question, ToolCall
from callcenter.llm.script_cue import ScriptCue
from callcenter.routing import RoutingDecision
from callcenter.tickets import Ticket


class Receipt(StrEnum):
    """Something that was done and may be said to have been: a tool's receipt or an event of the call shows it."""

    transfer = "transfer"
    """A human was asked for, or another persona took over."""
    ticket = "ticket"
    callback = "callback"
    """Somebody will get in touch: a ticket stands behind it."""
    refund = "refund"
    cancellation = "cancellation"
    booking = "booking"
    """An appointment, a registration or an order was placed."""
    change = "change"
    """Data, a subscription or a setting was changed."""
    payment = "payment"
    message = "message"
    """An e-mail, a text message or a link was sent."""
    repair = "repair"
    status = "status"
    """How the customer's own order, payment or request stands was looked up."""


class TicketNews(StrEnum):
    """What happened to the call's ticket in this turn."""

    created = "created"
    updated = "updated"


@dataclass(slots=True)
class Meter:
    """Where a voice notes what its words do not show."""

    left: TokenUsage | None = None
    """What a reply took that is left before its end, and so has no completion to tell it."""
    sources: tuple[str, ...] = ()
    """Slugs of the articles the reply rests on; of a model's, those it was offered."""


class RatingNews(NamedTuple):
    """The score that a message gave."""

    score: int
    changed: bool
    """It replaces the one before."""
    bare: bool
    """The message says nothing else: there is nothing to answer but thanks."""


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
    history: tuple[Line, ...] = ()
    """What was said before the message, oldest first; empty where no voice of the house needs it."""
    said_now: str = ""
    """What went out of this very reply already: by us on taking over, or by a voice that could not go on."""
    waited: float = 0
    """Seconds the customer has waited for this very reply already."""
    exchanges: tuple[Exchange, ...] = ()
    """What the model asked to be done for this very reply, and what came of it."""
    told: tuple[str, ...] = ()
    """What was done for this message, or could not be, in our words: told as they are, whoever speaks."""
    rating: RatingNews | None = None
    """The score the message gave; the reply opens with our thanks for it."""
    asks_rating: bool = False
    """The reply ends with our question for a score; voices don't put it."""
    script: ScriptCue | None = None
    """The service script that the reply goes on with; None: it follows none, or leaves it aside."""
    passages: Sequence[Passage] = ()
    """What the company's articles say on the message, the best first; the other language's where there is no own.

    Looked up when first asked for: a voice that can do without does not ask.
    """
    receipts: frozenset[Receipt] = frozenset()
    """What was done for the customer on this call, so that a reply may say so."""
    meter: Meter = field(default_factory=Meter, compare=False, repr=False)


class Failure(StrEnum):
    """Why a voice could not answer, or not to the end; API, in the event of the reply."""

    connect_timeout = "connect_timeout"
    first_token_timeout = "first_token_timeout"  # noqa: S105 (no password but a word of the model's)
    idle_timeout = "idle_timeout"
    """Silence between two pieces."""
    total_timeout = "total_timeout"
    connection_lost = "connection_lost"
    """Refused, or cut."""
    rate_limited = "rate_limited"
    server_error = "server_error"
    key_refused = "key_refused"
    request_refused = "request_refused"
    """The provider takes such a request never: model, parameter, size."""
    garbled = "garbled"
    """What came is not the protocol."""
    cut_short = "cut_short"
    """The stream ended without saying that it was the end."""
    truncated = "truncated"
    """The model ran into its limit of tokens."""
    refused = "refused"
    """The model declined to answer."""
    filtered = "filtered"
    """The provider's content filter stepped in."""
    empty = "empty"
    """The model said nothing."""
    unfit = "unfit"
    """What it said failed our checks, twice."""
    breaker_open = "breaker_open"
    """It failed so often that it is left alone for a while."""
    call_budget = "call_budget"
    day_budget = "day_budget"
    broken = "broken"
    """A bug of ours."""


class CompletionKind(StrEnum):
    """How a reply ended."""

    complete = "complete"
    truncated = "truncated"
    """By the model's limit of tokens; what was said stands."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the reply, fit to be shown; the pieces joined are the reply, spaces and line breaks included."""

    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a reply; always the last thing of a stream."""

    kind: CompletionKind
    voice: str
    """Who spoke: `offline` or a model's name."""
    usage: TokenUsage | None = None
    """What was read and written; None: no model was asked."""


Piece = Delta | Correction | ToolCall | Completion
"""What a voice yields. A correction tells of a sentence that was not let out; what took its place comes as a delta."""


class Voice(Protocol):
    """Speaks for a persona."""

    @property
    def name(self) -> str:
        """What the voice is called in the events of its replies: `offline` or a model's name."""
        ...

    def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        """Yield pieces, then exactly one completion. Raises VoiceFailed, also after pieces, when it can't go on.

        Where tool calls came, they are carried out when the stream has ended, and it is asked again with the answers
        in `brief.exchanges`. Cancelling the consumer stops the voice; it keeps nothing of a reply. What a reply took is
        told once: in its completion, by VoiceFailed (`usage`), or, if it is stopped, in `brief.meter`.
        """
        ...


@runtime_checkable
class PromptVoice(Voice, Protocol):
    """A voice that answers in memory, without waiting: its answer can be kept together with the message."""

    def say(self, brief: Brief) -> tuple[str, ...]:
        """Return the pieces that `stream` would yield, joined the whole reply; at least one."""
        ...


class Model(Protocol):
    """A language model behind an API; a sibling an API. Checks nothing, repeats nothing, sets no deadline."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[Heard, None]:
        """Yield what the model says, then exactly one Stopped. Raises ModelFailed, also after pieces."""
        ...

    async def answer(self, question: Question) -> tuple[str, TokenUsage]:
        """Return the JSON text the model answers with, unchecked, and what it took. Raises ModelFailed."""
        ...

    async def check(self) -> bool:
        """Make the first request cheap, see that the provider takes our key, and return whether it knows the model.

        True as well where it can't be asked. Raises ModelFailed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Stopped:
    """The model's own end of what it says."""

    kind: CompletionKind
    usage: TokenUsage


Heard = str | ToolCall | Stopped
"""What a model's stream yields: text as it comes (empty: a sign of life), a whole tool call, the end."""

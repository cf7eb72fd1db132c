"""What requests and responses look like where the core's own models are not it. Values only.

Fields may be added, none renamed or dropped: users rely on them. Requests that change something refuse fields they do
not know, so that a misspelt one is noticed; messages take them, since chat clients send their own beside ours. The
string under a field is its description in the OpenAPI document; openapi.py reads it there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from callcenter.analysis.models import (
    ActEvidence,
    CategoryVerdict,
    Entity,
    IntentAnalysis,
    LanguageVerdict,
    MessageAnalysis,
    QuestionVerdict,
    SentimentAnalysisResult,
    UrgencyVerdict,
)
from callcenter.calls import (
    MAX_MESSAGE_CHARS,
    ActionName,
    ActionResult,
    CallId,
    Channel,
    ConversationState,
    IdText,
    Language,
    MessageId,
    PersonaType,
    Proposal,
    ScriptProgress,
    TicketNumber,
    Value,
)
from callcenter.events import MAX_RATING_COMMENT_CHARS, CallEvent, Outcome
from callcenter.routing import RoutingDecision
from callcenter.store import TicketEntry
from callcenter.tickets import Ticket

NAME_CHARS: Final = 120
"""Longer than any name we met; what is longer is no name."""

VISIBLE: Final = (
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""A character that shows: for the documentation. What counts is what analysis/text.py leaves of a message."""

MessageText = Annotated[
    str,
    Field(
        description="The customer's words, at least one character that shows. "
        f"Text beyond {MAX_MESSAGE_CHARS} characters is cut and marked `truncated`.",
        json_schema_extra={"pattern": VISIBLE},
    ),
]
StatedLanguage = Annotated[
    Language | None,
    Field(description="The language the customer's client is set to; a hint, the words themselves weigh more."),
]
Satisfaction = Annotated[int, Field(ge=1, le=5, description="The customer's score, 1 (worst) to 5.")]


def _one_line(name: str) -> str | None:
    return " ".join(name.split()) or None


CustomerName = Annotated[
    Annotated[str, StringConstraints(max_length=NAME_CHARS), AfterValidator(_one_line)] | None,
    Field(description="What the customer is called; invisible and control characters are dropped."),
]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{4,30}$")]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Response(Value):
    # Built when first used: a server starts sooner without some twenty schemas.
    model_config = ConfigDict(defer_build=True)


EmailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        pattern=r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,24}$",
        max_length=254,
    ),
]


def _true_or_false(value: object, info: ValidationInfo) -> object:
    """Take a number or a word for a truth in a query only: JSON can say true and false."""
    if info.mode == "json" and not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


Truth = Annotated[bool, BeforeValidator(_true_or_false)]


class StartCall(_Request):
    """Who calls, and how. Everything may be left out."""

    customer_name: CustomerName = None
    language: Language | None = None
    """The language to greet in. Left out: the company's default, until the customer's words tell."""
    channel: Channel = Channel.web
    """Where the customer writes or speaks."""
    phone: PhoneNumber | None = None
    """The number the customer contacts you from, where the channel knows it."""
    email: EmailAddress | None = None
    """The address the customer signed in with or wrote from."""
    verified: Truth = False
    """You know phone and e-mail address to be the customer's own: they signed in, or the channel says so. Then their
    orders are shown without asking; never set it for what somebody merely typed."""
    call_id: IdText | None = None
    """An id of your own; left out, one is made."""


class NewCall(_Response):
    """A call that has just begun."""

    call_id: CallId
    greeting: str
    """What to show or say to the customer first."""
    persona: PersonaType
    language: Language
    customer_name: str | None
    channel: Channel
    timestamp: AwareDatetime
    seq: int
    """Number of the last event of the call; resume after it."""
    token: str | None
    """For the customer's own page: opens this call and no other. Told this once; null in open mode."""


class CallPage(_Response):
    """Some calls, the last started first."""

    items: tuple[ConversationState, ...]
    next: str | None
    """Hand it back as `cursor` for the calls after these; null: there are no more."""


class Function(StrEnum):
    """What a conversation can be opened for."""

    customer_support = "customer_support"


class OpenConversation(_Request):
    """Which function a conversation is opened for, and who opens it."""

    function: Function
    customer_name: CustomerName = None
    language: Language | None = None


class ConversationOpened(_Response):
    """The parties of a conversation that has just been opened."""

    conversation_id: CallId
    """The call's id: good for every path that takes one."""
    bot_id: str
    """The persona that speaks first."""
    human_user_id: str
    """The customer, as a party of this conversation."""
    greeting: str
    language: Language
    token: str | None
    """For the customer's own page: opens this conversation and no other. Told this once; null in open mode."""


class SocketTicketRequest(_Request):
    """Which WebSocket a ticket is for."""

    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._:/-]{1,199}$")]
    """Without a query: `/api/conversations/ws/CALL-001`."""


class SocketTicket(_Response):
    """What opens one WebSocket."""

    ticket: str | None
    """Put it behind the path as `?ticket=`; good once. Null in open mode, where none is needed."""
    path: str
    expires_at: AwareDatetime | None


class MessageRequest(BaseModel):
    """What the customer says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message: MessageText
    language: StatedLanguage = None
    message_id: IdText | None = None
    """Your own id of this message. Sent again, it is answered once and what it led to comes back."""


class Interrupt(BaseModel):
    """The customer has heard enough of the reply in the making; WebSocket only."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    interrupt: Literal[True]


class HandoffNotice(_Response):
    """Another persona has the call from this message on."""

    from_persona: PersonaType
    to_persona: PersonaType
    message: str
    """The line that tells the customer."""


class ActionNotice(_Response):
    """An action that was run for this message, or could not be."""

    action: ActionName
    result: ActionResult


class MessageReply(_Response):
    """What a message led to."""

    assistant_response: str | None
    """The persona's words; null while a human has the call."""
    persona: PersonaType
    """Who answered."""
    timestamp: AwareDatetime
    call_id: CallId
    message_id: MessageId
    language: Language
    """The language of the reply."""
    intent: IntentAnalysis
    sentiment: SentimentAnalysisResult
    routing: RoutingDecision
    ticket: Ticket | None
    """The ticket that this message opened or added to."""
    handoff: HandoffNotice | None
    """The handoff that this message caused."""
    script: ScriptProgress | None
    """How far the service script is that the call follows; null: it follows none, or this reply leaves it aside."""
    proposal: Proposal | None = None
    """The action that this message asked for and that has to be confirmed or approved first."""
    action: ActionNotice | None = None
    """What was done for this message on the company's data, or could not be."""
    sources: tuple[str, ...]
    """Articles the reply rests on, by slug: those it quotes, or, where a model spoke, those the model was given."""
    truncated: bool
    """The message was longer than is kept, and was cut."""
    repeated: bool
    """This message id had come before; nothing was done twice."""
    seq: int
    """Number of the turn's last event; resume after it."""


class BotReply(MessageReply):
    """What a message led to, under the names of the conversations form."""

    conversation_id: CallId
    bot_message: str | None
    """The same words as `assistant_response`."""


class SwitchPersona(_Request):
    """Who shall have the call."""

    persona: PersonaType


class PersonaSwitched(_Response):
    """Who has the call now."""

    call_id: CallId
    persona: PersonaType
    previous_persona: PersonaType | None
    """Who had it before; null when nothing changed."""
    changed: bool
    """False: this persona had the call already."""
    message: str | None
    """The line that told the customer, in the call's language."""
    seq: int


class RatingRequest(_Request):
    """How the customer rates the call."""

    score: Satisfaction
    comment: Annotated[str, Field(max_length=MAX_RATING_COMMENT_CHARS)] | None = None
    """What they say with it."""


class CallRating(_Response):
    """The score that counts for a call."""

    call_id: CallId
    score: int
    comment: str | None
    seq: int


class CallOver(_Response):
    """A call that has just ended; its transcript, events and figures stay."""

    call_id: CallId
    outcome: Outcome
    satisfaction: int | None
    asks_rating: bool
    """The customer was asked for a score and gave none: `POST …/rating` still takes it."""
    ended_at: AwareDatetime
    seq: int


class ErasureReceipt(_Response):
    """That a call was deleted for good, and what was."""

    call_id: CallId
    erased_at: AwareDatetime
    events: int
    """Events of its log."""
    tickets: int
    """Its tickets, with their histories."""


class CallLog(_Response):
    """A part of a call's log."""

    call_id: CallId
    events: tuple[CallEvent, ...]
    seq: int
    """The last event's number here; ask for what is after it."""
    more: bool
    """There are events after these."""


class TicketHistory(_Response):
    """Everything that happened to a ticket, oldest first."""

    number: TicketNumber
    history: tuple[TicketEntry, ...]


class AnalyzeRequest(_Request):
    """A message to be understood, not answered."""

    text: MessageText
    language: StatedLanguage = None


class Understanding(_Response):
    """How a message is understood, and what it would lead to as the first of a fresh call."""

    language: Language
    """The language it would be answered in."""
    language_verdict: LanguageVerdict
    """What the message itself is written in."""
    intent: IntentAnalysis
    sentiment: SentimentAnalysisResult
    urgency: UrgencyVerdict
    question: QuestionVerdict
    category: CategoryVerdict
    entities: tuple[Entity, ...]
    acts: tuple[ActEvidence, ...]
    routing: RoutingDecision
    truncated: bool

    @classmethod
    def of(cls, analysis: MessageAnalysis, decision: RoutingDecision, *, truncated: bool) -> Understanding:
        """Lay out what the analyzer and routing say of a message."""
        return cls(
            language=analysis.language.language or decision.language,
            language_verdict=analysis.language,
            intent=analysis.intent,
            sentiment=analysis.sentiment,
            urgency=analysis.urgency,
            question=analysis.question,
            category=analysis.category,
            entities=analysis.entities,
            acts=analysis.acts,
            routing=decision,
            truncated=truncated,
        )


class Health(_Response):
    """The process answers."""

    status: str = "ok"


class ReadyStatus(StrEnum):
    """How well calls can be taken."""

    ready = "ready"
    degraded = "degraded"
    """They are, but by the offline voice in place of the language model, or into the journal in place of Supabase."""


class VoiceReadiness(_Response):
    """Who speaks for the personas."""

    name: str
    """`offline`, or the language model that is configured."""
    ready: bool
    """It would be asked now; if not, the offline voice speaks."""
    reason: str | None = None
    """Why it would not, or how it failed last: `key_refused`, `server_error`, `day_budget` ...; null: it is well."""


class JournalReadiness(_Response):
    """What waits on this machine for Supabase."""

    away: bool
    """Supabase is left alone for now, and calls go to the journal."""
    reason: str | None = None
    """Why: `store_unavailable`, `store_refused`."""
    steps: int = 0
    """Steps of calls that wait to be carried over."""
    oldest_at: AwareDatetime | None = None
    """When the first of them was taken down."""
    parked: int = 0
    """Of them, those that Supabase refused for themselves; the log says which."""


class Readiness(_Response):
    """Calls can be taken."""

    status: ReadyStatus = ReadyStatus.ready
    store: str
    """Where calls are kept, and that it answers."""
    journal: JournalReadiness | None = None
    """null: calls are kept where there is no need of one."""
    voice: VoiceReadiness
    company: str
    """Whose calls are taken."""
    personas: tuple[PersonaType, ...]

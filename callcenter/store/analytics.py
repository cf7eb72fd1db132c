"""What may be asked about many calls at once, and what is answered: figures that the store counts itself.

All figures are of the calls that started in the period, with all that belongs to them, whenever it happened; each is
defined in docs/analytics.md. A share or a time of nothing is None, never 0.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, model_validator

from callcenter.calls import Channel, ConversationIntent, Language, PersonaType, Sentiment, TicketCategory, Value

LONGEST_PERIOD: Final = timedelta(days=400)
"""A year beside the one before, at its edges; what is longer is asked for in parts."""


class Split(StrEnum):
    """What figures are told apart by."""

    day = "day"
    """The day a call started, in the filter's time zone."""
    language = "language"
    persona = "persona"
    """The persona that has the call now, or had it at its end."""
    channel = "channel"


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone of the IANA database, such as Asia/Riyadh") from None
    return zone


class AnalyticsFilter(Value):
    """Which calls are counted, and what they are told apart by; None matches all."""

    started_from: AwareDatetime
    """Included."""
    started_until: AwareDatetime
    """Excluded."""
    by: Split | None = None
    """None: all calls are one group."""
    language: Language | None = None
    channel: Channel | None = None
    persona: PersonaType | None = None
    time_zone: Annotated[str, AfterValidator(_known)] = "UTC"
    """Where days begin and end; an IANA name."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.started_from >= self.started_until:
            raise ValueError("the period ends before it begins: `from` must be earlier than `until`")
        if self.started_until - self.started_from > LONGEST_PERIOD:
            raise ValueError(f"the period may be {LONGEST_PERIOD.days} days at most; ask for a longer one in parts")
        return self


class Share(Value):
    """Some out of many."""

    count: int
    of: int
    rate: float | None
    """0 to 1, four decimals; None: out of none."""


class Delay(Value):
    """How long something took, in seconds with three decimals: nearest-rank percentiles. None: it never happened."""

    count: int
    p50_seconds: float | None
    p95_seconds: float | None


class CallFigures(Value):
    """How many calls, and what became of them."""

    started: int
    ended: int
    """Of those that started, how many are over."""
    spoken: int
    """Calls in which the customer said something."""
    outcomes: dict[str, int]
    """Calls that are over, by outcome."""


class MessageFigures(Value):
    """How much was said."""

    customer: int
    persona: int
    """Greetings and replies."""
    agent: int


class Mood(Value):
    """How customers felt in one quarter of their calls."""

    messages: int
    valence: float | None
    """Mean of the messages' valences, -3 (angry) to 2 (very positive), two decimals."""
    sentiments: dict[Sentiment, int]


class Quarters(Value):
    """A call's messages in four parts of the same size, first to last."""

    first: Mood
    second: Mood
    third: Mood
    fourth: Mood


class Promises(Value):
    """Tickets by whether a human saw to them until they were due."""

    met: int
    breached: int
    waiting: int
    """Nobody has, and they are not due yet."""
    rate: float | None
    """Met among met and breached."""


class TicketFigures(Value):
    """What calls left for humans to do."""

    opened: int
    settled: int
    """Of those opened, how many are resolved or closed now."""
    categories: dict[str, int]
    """What they are about, the most frequent first."""
    first_response: Delay
    resolution: Delay
    sla: Promises


class Satisfaction(Value):
    """Scores that customers gave, 1 to 5."""

    count: int
    average: float | None
    """Two decimals."""
    scores: dict[str, int]


class ReplyFigures(Value):
    """What personas said, and with which voice."""

    count: int
    offline: int
    model: int
    apology: int
    """Replies that ended as an apology, as no voice could speak."""
    wrong_language: Share
    """Of the replies that a model was asked for, how many had a sentence in the wrong language taken out."""
    asked_again: Share
    """Likewise, a question for what was known or had been asked."""


class TokenFigures(Value):
    """What models read and wrote for replies; None where no model was asked."""

    input: int | None
    cached: int | None
    """Of the input."""
    output: int | None
    cost_microusd: int | None
    """Millionths of a US dollar; None too where the price of any reply is not known."""


class AgentTaking(Value):
    """What one agent made of the replies suggested to them."""

    agent: str
    """As histories name them."""
    sent: int
    edited: int
    dismissed: int
    ignored: int
    acceptance: Share


class CopilotFigures(Value):
    """What agents made of the replies suggested to them; those that nobody decided on are not counted."""

    sent: int
    """As they were."""
    edited: int
    dismissed: int
    ignored: int
    """The agent answered in words of their own."""
    acceptance: Share
    """Sent or edited, of all that were decided on."""
    edit_similarity: float | None
    """Median over the edited ones: how much of the suggestion is in what was said, 0 to 1, four decimals."""
    decision: Delay
    """From when a suggestion was shown to the decision."""
    agents: tuple[AgentTaking, ...]
    """By name; not in CSV."""


class Figures(Value):
    """The figures of one group of calls."""

    group: str | None
    """A day (`2026-11-02`), a language, persona or channel; None: all calls are one group."""
    calls: CallFigures
    messages: MessageFigures
    intents: dict[ConversationIntent, int]
    """Customer messages by what they wanted."""
    sentiment: Quarters
    handoffs: dict[PersonaType, dict[PersonaType, int]]
    """Handoffs by the persona that gave the call away, then by the one that got it."""
    containment: Share
    """Of the calls that are over and in which the customer spoke: those that left nothing for a human."""
    escalation: Share
    """Of the calls in which the customer spoke: those that escalated."""
    transfer: Share
    """Likewise, those in which a human was asked for."""
    claimed: Share
    """Likewise, those that an agent took."""
    human_wait: Delay
    """From the first time a human was asked for to the first time an agent took the call."""
    first_response: Delay
    """From a call's first message to its first reply."""
    response: Delay
    """From a message to its reply."""
    tickets: TicketFigures
    satisfaction: Satisfaction
    replies: ReplyFigures
    tokens: TokenFigures
    copilot: CopilotFigures


class Analytics(Value):
    """Figures of calls, by group."""

    started_from: AwareDatetime
    started_until: AwareDatetime
    by: Split | None
    language: Language | None
    channel: Channel | None
    persona: PersonaType | None
    time_zone: str
    groups: tuple[Figures, ...]
    """Days in order, each of the period; else every value that the filter lets through, calls or not."""


CATEGORIES: Final = tuple(each.value for each in TicketCategory)

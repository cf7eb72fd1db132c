"""Hold what each turn of a call led to, as far as a scenario can tell. Read from a turn's events; judges nothing."""

from __future__ import annotations

from callcenter.calls import (
    ConversationIntent,
    Language,
    Mode,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slots,
    TicketCategory,
    TicketNumber,
    Value,
)
from callcenter.conversation import Turn
from callcenter.evaluation.scenarios import Fact
from callcenter.events import TicketCreated, TicketUpdated


class TicketTouch(Value):
    """What a turn did to a ticket."""

    opened: bool
    place: int
    """1 for the call's first ticket."""
    category: TicketCategory

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{'opens' if self.opened else 'adds to'} {self.category} ticket {self.place}"


class Outcome(Value):
    """What a turn led to, as far as a scenario can tell."""

    customer: str
    persona: PersonaType
    intent: ConversationIntent
    sentiment: Sentiment
    priority: PriorityLevel
    ticket: TicketTouch | None
    slots: Slots
    escalation: bool
    human: bool
    mode: Mode
    language: Language
    """The language the call is answered in."""
    answer: str
    """Empty while a human has the call."""
    told: tuple[str, ...]
    """All that the customer was told, a handoff's line first."""

    def slot(self, fact: Fact) -> str | None:
        """Return what is known of a fact."""
        value: str | None = getattr(self.slots, fact.value)
        return value

    @property
    def known(self) -> str:
        """The facts that are known, by name."""
        return ", ".join(fact for fact in Fact if self.slot(fact))


class Played(Value):
    """A whole call as it went."""

    greeting: str
    outcomes: tuple[Outcome, ...]


def outcome_of(turn: Turn, text: str, mode: Mode, tickets: list[TicketNumber]) -> Outcome:
    """Read a turn's events; `tickets` are the call's so far, and grow with the one it opens."""
    routing = turn.routing
    touch = None
    if news := turn.find(TicketCreated) or turn.find(TicketUpdated):
        if news.ticket.number not in tickets:
            tickets.append(news.ticket.number)
        touch = TicketTouch(
            opened=isinstance(news, TicketCreated),
            place=tickets.index(news.ticket.number) + 1,
            category=news.ticket.category,
        )
    answer = turn.reply.message if turn.reply else ""
    return Outcome(
        customer=text,
        persona=routing.decision.target_persona,
        intent=routing.analysis.intent.intent,
        sentiment=routing.analysis.sentiment.sentiment,
        priority=routing.decision.priority,
        ticket=touch,
        slots=routing.slots,
        escalation=routing.decision.escalation_needed,
        human=routing.decision.transfer_to_human,
        mode=mode,
        language=routing.decision.language,
        answer=answer,
        told=tuple(each for each in (turn.handoff.message if turn.handoff else "", answer) if each),
    )

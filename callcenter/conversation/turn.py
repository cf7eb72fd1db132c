"""Turn one understood message into the events of its turn, and a turn's events into the brief of its reply. Pure.

The manager brings facts (state, analysis, decision, time, numbers) and carries out what comes back. The order of a turn
is fixed: user_message, routing, handoff, escalation, transfer_requested, script, ticket; then, once spoken,
assistant_message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from callcenter.analysis import MessageAnalysis
from callcenter.calls import (
    CallId,
    ConversationIntent,
    ConversationState,
    HandoffPacket,
    Language,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    Slot,
    Slots,
    TicketCategory,
    TicketNumber,
)
from callcenter.conversation.scripting import plan
from callcenter.events import (
    AssistantMessage,
    CallEvent,
    Escalation,
    Handoff,
    HandoffTrigger,
    Routing,
    TicketCreated,
    TicketUpdated,
    TransferRequested,
    UserMessage,
    evolve,
)
from callcenter.personas import PersonaManager
from callcenter.routing import RoutingDecision
from callcenter.scripts import NO_SCRIPTS, Scripts
from callcenter.tickets import (
    Ticket,
    add_to_ticket,
    another_matter,
    collect,
    next_slot,
    open_ticket,
    passed_on,
    stands_for,
    still_merged,
)

Tickets = Mapping[TicketNumber, Ticket]
"""All tickets of a call, and those that they were merged into."""

INTERESTS_KEPT: Final = 5
"""Services a call remembers; "how much is it?" means one of the last few."""

_Event = TypeVar("_Event", bound=CallEvent)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a customer said on a call."""

    call_id: CallId
    text: str
    message_id: MessageId | None = None
    """The sender's own id of this message; repeated, it is answered once."""
    language: Language | None = None
    """The language the sender's client states."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance and everything we did about it."""

    call_id: CallId
    message_id: MessageId
    events: tuple[CallEvent, ...]
    repeated: bool = False
    """The message id had been seen before; these are the events it led to then."""

    def find(self, kind: type[_Event]) -> _Event | None:
        """Return the first event of this kind."""
        for event in self.events:  # no generator: a turn is asked a dozen times
            if type(event) is kind:  # kinds have no subclasses, and pydantic makes `isinstance` dear
                return event
        return None

    @property
    def message(self) -> UserMessage:
        """What the customer said."""
        found = self.find(UserMessage)
        assert found is not None  # noqa: S101 (take() puts it into every turn)
        return found

    @property
    def routing(self) -> Routing:
        """How it was understood and what was decided."""
        found = self.find(Routing)
        assert found is not None  # noqa: S101 (likewise)
        return found

    @property
    def reply(self) -> AssistantMessage | None:
        """What was answered; None while a human has the call."""
        return self.find(AssistantMessage)

    @property
    def handoff(self) -> Handoff | None:
        """The handoff it caused, if any."""
        return self.find(Handoff)

    @property
    def ticket(self) -> Ticket | None:
        """The ticket it opened or added to, if any."""
        news = self.find(TicketCreated) or self.find(TicketUpdated)
        return news.ticket if news else None

    @property
    def seq(self) -> int:
        """Place of its last event in the log."""
        return self.events[-1].seq


@dataclass(slots=True)
class Step:
    """Events in the making, with the state they lead to."""

    state: ConversationState
    events: list[CallEvent] = field(default_factory=list)
    ticket: Ticket | None = None
    """The ticket of the matter in hand, after this step."""
    target: Ticket | None = None
    """Another call's ticket that it was merged into: what it is told goes there too."""
    opened: tuple[Ticket, ...] = ()
    changed: tuple[Ticket, ...] = ()
    pieces: tuple[str, ...] = ()
    """How the answer that ends the step was spoken, where it was given at once."""

    @property
    def next_seq(self) -> int:
        """Place of the next event."""
        return self.state.seq + 1

    def add(self, event: CallEvent) -> None:
        """Put an event at the end."""
        self.events.append(event)
        self.state = evolve(self.state, event)

    def take_up(self, tickets: Tickets, number: TicketNumber | None) -> None:
        """Have a ticket in hand: the one that a merged one leads to, unless that is another call's.

        A customer hears of their own call's tickets only. A merged one whose target is not known stands for itself.
        """
        self.ticket, self.target = tickets.get(number) if number else None, None
        target = stands_for(self.ticket, tickets) if self.ticket else None
        if target is not None and target is not self.ticket:
            if target.call_id == self.state.call_id:
                self.ticket = target
            else:
                self.target = target


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message as it came."""

    message_id: MessageId
    text: str
    truncated: bool
    stated_language: Language | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Heard):
    """What is known about a message before its events are made."""

    analysis: MessageAnalysis
    decision: RoutingDecision
    services: tuple[str, ...]
    """Ids of the company's services it names."""
    heard: bool = False
    """The message itself stands in the log already (`hear`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the company promises, as far as a turn needs it."""

    personas: PersonaManager
    respond_within: Callable[[PriorityLevel, datetime], timedelta]
    """How long a ticket of a priority may wait from a moment on."""
    new_ticket_number: Callable[[], TicketNumber]
    scripts: Callable[[], Scripts] = lambda: NO_SCRIPTS
    """Those that calls follow now."""


def in_hand(state: ConversationState, tickets: Tickets) -> Ticket | None:
    """Return the ticket that a call is about."""
    step = Step(state=state)
    step.take_up(tickets, state.ticket)
    return step.ticket


def hear(state: ConversationState, facts: Heard) -> Step:
    """Return the event of the bare message: kept first where understanding it takes a while."""
    step = Step(state=state)
    step.add(
        UserMessage(
            call_id=state.call_id,
            seq=step.next_seq,
            at=facts.now,
            message_id=facts.message_id,
            message=facts.text,
            language=facts.stated_language,
            truncated=facts.truncated,
        )
    )
    return step


def take(state: ConversationState, tickets: Tickets, facts: Facts, desk: Desk) -> Step:
    """Return the events that a message leads to before anybody answers it; its own, unless it was heard before."""
    if state.mode is Mode.human:
        facts = replace(facts, decision=_beside_human(state, facts.decision))
    decision = facts.decision
    number = None if decision.create_ticket else decision.add_to_ticket or state.ticket
    step = Step(state=state) if facts.heard else hear(state, facts)
    step.take_up(tickets, number)
    turns = state.ticket is not None and number != state.ticket  # to another matter, new or known
    known_before = another_matter(state.slots, step.ticket) if turns else state.slots
    slots = collect(known_before, facts.analysis, facts.text, collecting=state.collecting and not turns)
    script = plan(state, facts, slots, desk.scripts())
    slots, decision = script.slots, script.decision
    if decision is not facts.decision:
        facts = replace(facts, decision=decision)
    step.add(
        Routing(
            call_id=state.call_id,
            seq=step.next_seq,
            at=facts.now,
            message_id=facts.message_id,
            analysis=facts.analysis,
            decision=decision,
            slots=slots,
            interests=_interests(state.interests, facts.services),
        )
    )
    if decision.handoff:
        step.add(handed_off(step.state, decision.target_persona, desk.personas, facts.now, facts=facts))
    escalate(step, facts)
    script.tell(step, facts)
    put_on_ticket(step, facts, desk, told=slots is not known_before, turns=turns)
    return step


def _beside_human(state: ConversationState, decision: RoutingDecision) -> RoutingDecision:
    """Return what is left to decide while a human has the call: no persona takes it, nobody else is asked for."""
    return decision.altered(
        {
            "target_persona": state.current_persona,
            "handoff": False,
            "transfer_to_human": False,
            "reasoning": f"{decision.reasoning}; a human has the call",
        }
    )


def manual_handoff(state: ConversationState, persona: PersonaType, personas: PersonaManager, now: datetime) -> Handoff:
    """Return the handoff that somebody asked for by hand."""
    return handed_off(state, persona, personas, now, facts=None, trigger=HandoffTrigger.manual)


def question(state: ConversationState, analysis: MessageAnalysis) -> Slot | None:
    """Return the fact a reply should ask for now: one at a time, only while a ticket needs it, never at a goodbye."""
    if state.ticket is None or state.ticket_category is None:
        return None
    if analysis.intent.intent is ConversationIntent.goodbye:
        return None
    wish = ConversationIntent.human_request
    asks_for_human = analysis.intent.intent is wish or analysis.intent.also(wish)
    if asks_for_human or (state.human_requested and state.current_persona is not PersonaType.complaints):
        return next_slot(state.slots, TicketCategory.callback)
    if state.current_persona is PersonaType.complaints:
        return next_slot(state.slots, state.ticket_category)
    return None


def handed_off(  # noqa: PLR0913 (what a handoff is made of)
    state: ConversationState,
    persona: PersonaType,
    personas: PersonaManager,
    now: datetime,
    *,
    facts: Facts | None,
    trigger: HandoffTrigger = HandoffTrigger.routing,
) -> Handoff:
    """Return the handoff to a persona; `facts` of the message that caused it, None when it was done by hand.

    The message's routing is folded into the state already, so that the state's language is the reply's.
    """
    return Handoff(
        call_id=state.call_id,
        seq=state.seq + 1,
        at=now,
        message_id=facts.message_id if facts else None,
        from_persona=state.current_persona,
        to_persona=persona,
        trigger=trigger,
        message=personas.handoff_line(state.current_persona, persona, state.language),
        packet=HandoffPacket(
            reason=facts.decision.reasoning if facts else "asked for by hand",
            language=state.language,
            slots=state.slots,
            sentiment_trend=state.sentiment_trend,
            promises=state.tickets,
            summary=personas.summary(state, facts.analysis if facts else None, facts.decision if facts else None),
        ),
    )


def escalate(step: Step, facts: Facts) -> None:
    """Escalate once a matter; ask for a human once a call."""
    decision = facts.decision
    escalated = step.ticket is not None and step.ticket.escalated and not decision.create_ticket
    if decision.escalation_needed and not escalated:
        step.add(
            Escalation(
                call_id=step.state.call_id,
                seq=step.next_seq,
                at=facts.now,
                message_id=facts.message_id,
                priority=decision.priority,
                sentiment=facts.analysis.sentiment.sentiment,
                reason=decision.reasoning,
            )
        )
    if decision.transfer_to_human and not step.state.human_requested:
        step.add(
            TransferRequested(
                call_id=step.state.call_id,
                seq=step.next_seq,
                at=facts.now,
                message_id=facts.message_id,
                priority=decision.priority,
                reason=decision.reasoning,
            )
        )


def put_on_ticket(step: Step, facts: Facts, desk: Desk, *, told: bool, turns: bool) -> None:
    """Open the ticket that is due, or put what the message told on the one in hand."""
    state, decision = step.state, facts.decision
    slots = state.slots
    if decision.create_ticket:
        ticket = open_ticket(
            number=desk.new_ticket_number(),
            call_id=state.call_id,
            category=_category(slots, decision) or TicketCategory.general,
            priority=_raised(decision.priority, slots.urgency),
            slots=slots,
            words=_words(state, facts, desk),
            language=decision.language,
            persona=decision.target_persona,
            escalated=decision.escalation_needed,
            human_requested=decision.transfer_to_human,
            now=facts.now,
            respond_within=desk.respond_within(decision.priority, facts.now),
        )
        step.opened = (ticket,)
        step.ticket = ticket
        step.add(
            TicketCreated(
                call_id=state.call_id, seq=step.next_seq, at=facts.now, message_id=facts.message_id, ticket=ticket
            )
        )
        return
    if step.ticket is None or not (decision.add_to_ticket or told):
        return
    priority = decision.priority if decision.add_to_ticket else step.ticket.priority
    ticket = add_to_ticket(
        step.ticket,
        slots=slots,
        category=_category(slots, decision),
        priority=_raised(priority, slots.urgency),
        escalated=decision.escalation_needed,
        human_requested=decision.transfer_to_human,
        now=facts.now,
        respond_within=desk.respond_within(priority, facts.now),
    )
    if step.target is not None:
        ticket = still_merged(step.ticket, ticket)
    if ticket is step.ticket:
        if not turns:
            return
        # Nothing new, but the call is about this ticket again: that too stands in the log.
        ticket = ticket.altered({"updated_at": facts.now, "version": ticket.version + 1})
    step.changed = (ticket,)
    if step.target is not None:
        step.target = passed_on(step.ticket, ticket, step.target, now=facts.now)
        step.changed = (ticket, step.target)
    step.ticket = ticket
    step.add(
        TicketUpdated(
            call_id=state.call_id, seq=step.next_seq, at=facts.now, message_id=facts.message_id, ticket=ticket
        )
    )


def _category(slots: Slots, decision: RoutingDecision) -> TicketCategory | None:
    """Return what routing says of this message, or where it can't tell, what was said before."""
    decided = decision.ticket_category
    return slots.category if decided in {None, TicketCategory.general} and slots.category else decided


def _words(state: ConversationState, facts: Facts, desk: Desk) -> str:
    """Return what a ticket says where nothing was described: for a lead, what interests the customer comes first."""
    wanted = desk.personas.service_names(state.interests, facts.decision.language)
    lead = facts.decision.ticket_category is TicketCategory.callback and wanted
    return f"{wanted}\n{facts.text}" if lead else facts.text


def _raised(priority: PriorityLevel, urgency: PriorityLevel | None) -> PriorityLevel:
    return urgency if urgency is not None and urgency.rank > priority.rank else priority


def _interests(known: tuple[str, ...], named: Sequence[str]) -> tuple[str, ...]:
    if not named:
        return known
    return (*(each for each in known if each not in named), *reversed(named))[-INTERESTS_KEPT:]

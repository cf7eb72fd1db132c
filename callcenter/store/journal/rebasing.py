"""Put a step behind what others wrote on its call meanwhile. Pure.

Nothing of the step is lost, nothing of it is doubled: its events get the next free places and the state is folded anew;
what is in the other log already, since somebody was told twice or a first try had been done after all, is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callcenter.calls import ConversationState, MessageId, TicketNumber
from callcenter.events import (
    AgentEvent,
    AssistantMessage,
    CallEnded,
    CallEvent,
    CallStarted,
    Greeting,
    Routing,
    TicketCreated,
    TicketUpdated,
    UserMessage,
    evolve,
)
from callcenter.store import Append
from callcenter.tickets import Ticket

_CALLS_OWN: Final = frozenset({
    *("category", "priority", "subject", "description", "customer_name", "order_number", "phone", "email", "amount"),
    *("occurred", "escalated", "human_requested", "due_at"),
})  # fmt: skip
"""What a call sets on a ticket, as far as nothing else is known; status and assignee are the agents'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """A call as the primary store has it."""

    state: ConversationState
    newer: Sequence[CallEvent]
    """Its log behind the place that the step was written for."""
    older: Mapping[MessageId, Sequence[CallEvent]]
    """What the step's messages led to there, where they came before that."""
    tickets: Mapping[TicketNumber, Ticket]
    """Those that the step changes."""


Told = Mapping[TicketNumber, frozenset[str] | None]
"""Which fields of a ticket the step set; None: not known."""


def rebased(step: Append, there: There, told: Told) -> Append | None:
    """Return what is left of a step to be written behind the log there; None when all of it is there."""
    known = Counter(_identity(event) for event in _known(there))
    state = there.state
    events: list[CallEvent] = []
    left_out: set[TicketNumber] = set()
    for event in step.events:
        identity = _identity(event)
        if known[identity]:
            known[identity] -= 1
            left_out |= _ticket_of(event)
        elif not isinstance(event, CallStarted):  # the call there has begun, whoever began it
            events.append(event.altered({"seq": state.seq + 1}))
            state = evolve(state, events[-1])
    if not events:
        return None
    return Append(
        call_id=step.call_id,
        expected_seq=there.state.seq,
        events=events,
        state=state,
        opened=[ticket for ticket in step.opened if ticket.number not in left_out],
        changed=[
            _merged(ticket, there.tickets[ticket.number], told.get(ticket.number))
            for ticket in step.changed
            if ticket.number not in left_out
        ],
    )


def _known(there: There) -> list[CallEvent]:
    seqs = {event.seq for event in there.newer}
    older = [event for turn in there.older.values() for event in turn if event.seq not in seqs]
    return [*older, *there.newer]


def _identity(event: CallEvent) -> Hashable:  # noqa: PLR0911 (one a kind)
    """Return what makes two events one and the same, whatever their places and times."""
    match event:
        case UserMessage() | Routing():
            return (event.event, event.message_id)
        case AssistantMessage():
            return (event.event, event.message_id, event.message)
        case Greeting():
            return (event.event, event.message)
        case CallEnded() | CallStarted():
            return event.event
        case TicketCreated() | TicketUpdated():
            return (event.event, event.message_id, event.ticket.number, event.ticket.version)
        case AgentEvent():
            return event.model_dump_json(exclude={"seq"})
        case _:
            # Of what a message led to, each thing once; what was done by hand may be done twice.
            at = event.at if event.message_id is None else None
            return (event.model_dump_json(exclude={"seq", "at"}), at)


def _ticket_of(event: CallEvent) -> set[TicketNumber]:
    return {event.ticket.number} if isinstance(event, TicketCreated | TicketUpdated) else set()


def _merged(ours: Ticket, theirs: Ticket, told: frozenset[str] | None) -> Ticket:
    """Return their ticket with what the call told; what only agents set stays as they set it."""
    fields = _CALLS_OWN if told is None else told
    changes: dict[str, object] = {name: getattr(ours, name) for name in fields}
    changes |= {"updated_at": max(ours.updated_at, theirs.updated_at), "version": theirs.version + 1}
    return theirs.altered(changes)

"""A ticket: follow-up work that outlives the call, and how its status may change. Pure; `now` and numbers are given.

What a ticket is made of comes from intake.py; who may change one is decided at the API. A ticket is never thrown away,
and every change raises `version` by one, so that two editors can't overwrite each other unseen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, Field, StrictBool, model_validator

from callcenter.calls import (
    CallId,
    Language,
    PersonaType,
    PriorityLevel,
    Slots,
    Term,
    TicketCategory,
    TicketNumber,
    Value,
)
from callcenter.errors import InvalidTransition


class TicketStatus(Term):
    """Where a ticket stands."""

    new = "new"
    open = "open"
    pending = "pending"
    """Waiting for the customer."""
    resolved = "resolved"
    closed = "closed"
    reopened = "reopened"


ALLOWED: Final[dict[TicketStatus, frozenset[TicketStatus]]] = {
    TicketStatus.new: frozenset({TicketStatus.open, TicketStatus.pending, TicketStatus.resolved, TicketStatus.closed}),
    TicketStatus.open: frozenset({TicketStatus.pending, TicketStatus.resolved, TicketStatus.closed}),
    TicketStatus.pending: frozenset({TicketStatus.open, TicketStatus.resolved, TicketStatus.closed}),
    TicketStatus.resolved: frozenset({TicketStatus.reopened, TicketStatus.closed}),
    TicketStatus.closed: frozenset({TicketStatus.reopened}),
    TicketStatus.reopened: frozenset({TicketStatus.open, TicketStatus.pending, TicketStatus.resolved}),
}
"""From each status, the statuses that may follow; staying where one is is always allowed."""

SETTLED: Final = frozenset({TicketStatus.resolved, TicketStatus.closed})

SUBJECT_CHARS: Final = 80
"""A subject is one line of a list; longer words stand in the description."""


class Ticket(Value):
    """One matter of one customer."""

    number: TicketNumber
    """What the customer is told: TKT- and eight digits, easy to say in both languages."""
    call_id: CallId
    category: TicketCategory
    priority: PriorityLevel
    status: TicketStatus = TicketStatus.new
    subject: str
    """The matter in one line, in the customer's words."""
    description: str
    """The customer's words about the matter, oldest first."""
    customer_name: str | None = None
    order_number: str | None = None
    phone: str | None = None
    email: str | None = None
    amount: str | None = None
    occurred: str | None = None
    """When it happened or since when, as the customer wrote it."""
    language: Language
    """The language to answer the customer in."""
    persona: PersonaType
    escalated: bool = False
    """Somebody senior must look at it at once."""
    human_requested: bool = False
    """The customer asked to talk to a human about it."""
    assignee: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    due_at: AwareDatetime
    """When the customer was promised a first answer by a human."""
    version: Annotated[int, Field(ge=1)] = 1
    merged_into: TicketNumber | None = None
    """The ticket of the same matter that is worked on in its place."""

    @property
    def settled(self) -> bool:
        """Whether nobody works on it any more."""
        return self.status in SETTLED


class TicketChange(Value):
    """What an agent may change on a ticket; None leaves a field as it is."""

    status: TicketStatus | None = None
    priority: PriorityLevel | None = None
    category: TicketCategory | None = None
    assignee: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    unassign: StrictBool = False
    """Take it from whoever has it; goes with no `assignee`."""
    version: Annotated[int, Field(ge=1)] | None = None
    """The version the change was made on; when given, a newer ticket refuses it."""

    @model_validator(mode="after")
    def _check_assignee(self) -> Self:
        if self.unassign and self.assignee is not None:
            raise ValueError("name an assignee, or take the ticket from one, not both")
        return self


def open_ticket(  # noqa: PLR0913 (the facts a ticket is made of; all keyword-only)
    *,
    number: TicketNumber,
    call_id: CallId,
    category: TicketCategory,
    priority: PriorityLevel,
    slots: Slots,
    words: str,
    language: Language,
    persona: PersonaType,
    escalated: bool,
    human_requested: bool = False,
    now: datetime,
    respond_within: timedelta,
) -> Ticket:
    """Open a ticket from what intake knows; `words` is the message that caused it, kept if nothing else tells."""
    description = slots.description or words
    return Ticket(
        number=number,
        call_id=call_id,
        category=category,
        priority=priority,
        subject=subject_of(description),
        description=description,
        customer_name=slots.name,
        order_number=slots.order_number,
        phone=slots.phone,
        email=slots.email,
        amount=slots.amount,
        occurred=slots.date,
        language=language,
        persona=persona,
        escalated=escalated,
        human_requested=human_requested,
        created_at=now,
        updated_at=now,
        due_at=now + respond_within,
    )


def add_to_ticket(  # noqa: PLR0913 (the facts a message can add; all keyword-only)
    ticket: Ticket,
    *,
    slots: Slots,
    category: TicketCategory | None,
    priority: PriorityLevel,
    escalated: bool,
    human_requested: bool = False,
    now: datetime,
    respond_within: timedelta,
) -> Ticket:
    """Put what a later message told on the ticket of the same matter. Priority only rises, the due time only nears.

    A settled ticket is reopened, also one that was merged: merging.py keeps what belongs to its target from here.
    Returns the very same object when the message told nothing new.
    """
    raised = priority if priority.rank > ticket.priority.rank else ticket.priority
    description = slots.description or ticket.description
    told = {
        "category": category if category and ticket.category is TicketCategory.general else ticket.category,
        "priority": raised,
        "description": description,
        "subject": subject_of(description),
        "customer_name": slots.name or ticket.customer_name,
        "order_number": slots.order_number or ticket.order_number,
        "phone": slots.phone or ticket.phone,
        "email": slots.email or ticket.email,
        "amount": slots.amount or ticket.amount,
        "occurred": slots.date or ticket.occurred,
        "escalated": ticket.escalated or escalated,
        "human_requested": ticket.human_requested or human_requested,
        "due_at": min(ticket.due_at, now + respond_within) if raised is not ticket.priority else ticket.due_at,
        "status": TicketStatus.reopened if ticket.settled else ticket.status,
        "merged_into": None,  # reopened, it is worked on by itself again
    }
    if told.items() <= ticket.__dict__.items():
        return ticket
    return ticket.altered({**told, "updated_at": now, "version": ticket.version + 1})


def change_ticket(ticket: Ticket, change: TicketChange, *, now: datetime) -> Ticket:
    """Apply an agent's change. Raises InvalidTransition where the status can't follow; the same object if not."""
    wanted = change.model_dump(exclude={"version", "unassign"}, exclude_none=True)
    if change.unassign:
        wanted["assignee"] = None
    status = change.status
    if status is not None and status is not ticket.status and ticket.merged_into is not None:
        raise InvalidTransition(
            f"This ticket was merged into {ticket.merged_into}; change that one.", status=ticket.status, allowed=[]
        )
    if status is not None and status is not ticket.status and status not in ALLOWED[ticket.status]:
        raise InvalidTransition(
            f"A ticket that is {ticket.status} can't become {status}.",
            status=ticket.status,
            allowed=sorted(ALLOWED[ticket.status]),
        )
    if all(getattr(ticket, field) == value for field, value in wanted.items()):
        return ticket
    return ticket.model_copy(update={**wanted, "updated_at": now, "version": ticket.version + 1})


def subject_of(description: str) -> str:
    """Return the first line, cut at a word: what the customer began with names the matter best."""
    line = next((each.strip() for each in description.splitlines() if each.strip()), "")
    if len(line) <= SUBJECT_CHARS:
        return line
    return line[: SUBJECT_CHARS - 1].rsplit(" ", 1)[0] + "…"

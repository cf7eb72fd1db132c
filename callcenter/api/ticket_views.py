"""Show tickets: how they stand against what was promised, why they are due when they are, what was noted on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter

from callcenter.api.models import VISIBLE
from callcenter.calls import IdText, LocalizedText, PriorityLevel, TicketNumber, Value
from callcenter.company import Promises
from callcenter.store import Page, TicketEntry
from callcenter.tickets import MAX_COMMENT_CHARS, SLAState, Ticket, sla_state


class TicketSLA(Value):
    """A ticket against what was promised."""

    model_config = ConfigDict(defer_build=True)

    due_at: AwareDatetime
    state: SLAState
    """Of an answer that is awaited: `due_soon` in the last quarter of its time, `breached` from its due time on."""
    explained: tuple[LocalizedText, ...] | None
    """Step by step why it is due then; null in lists."""


class TicketView(Ticket):
    """A ticket: the matter, its facts, how it stands and until when an answer is due."""

    model_config = ConfigDict(defer_build=True)

    sla: TicketSLA
    duplicates: tuple[TicketNumber, ...] | None
    """Tickets that were merged into this one, in that order; null in lists."""


class TicketComment(Value):
    """What somebody at the desk noted on a ticket; no customer ever sees it."""

    model_config = ConfigDict(defer_build=True)

    version: int
    """The ticket's, which the comment made."""
    at: AwareDatetime
    author: str
    comment: str


class TicketComments(Value):
    """All comments on a ticket, oldest first."""

    model_config = ConfigDict(defer_build=True)

    number: TicketNumber
    comments: tuple[TicketComment, ...]


class CommentRequest(Value):
    """What to note on a ticket."""

    comment: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_COMMENT_CHARS,
            description="At least one character that shows.",
            json_schema_extra={"pattern": VISIBLE},
        ),
    ]


class MergeRequest(Value):
    """The ticket that is worked on in this one's place."""

    into: IdText


class MergedTickets(Value):
    """Two tickets of which one was made."""

    model_config = ConfigDict(defer_build=True)

    duplicate: Ticket
    """Closed, with all it has."""
    target: TicketView


class TicketPage(Value):
    """Some tickets, in the order asked for."""

    model_config = ConfigDict(defer_build=True)

    items: tuple[TicketView, ...]
    next: str | None
    """Hand it back as `cursor` for the tickets after these; null: there are no more."""


_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


def listed(page: Page[Ticket], now: datetime) -> TicketPage:
    """Return a page of tickets as they stand at `now`."""
    return TicketPage(items=tuple(_view(each, now, None) for each in page.items), next=page.next)


def explained(ticket: Ticket, history: Sequence[TicketEntry], promises: Promises, now: datetime) -> TicketView:
    """Return a ticket as it stands at `now`, with why it is due: by the change that set the time, as history has it.

    A ticket that no change in the history explains was due so from the start.
    """
    since, priority = ticket.created_at, ticket.priority
    known: PriorityLevel = ticket.priority
    for entry in history:
        known = PriorityLevel(entry.changes.get("priority") or known)
        due_at = entry.changes.get("due_at")
        if due_at is not None and _MOMENT.validate_python(due_at) == ticket.due_at:
            since, priority = entry.at, known
    view = _view(ticket, now, promises.explain(ticket.due_at, priority, since))
    merged = (entry.changes.get("merged") for entry in history)
    return view.model_copy(update={"duplicates": tuple(number for number in merged if number)})


def commented(number: TicketNumber, history: Sequence[TicketEntry]) -> TicketComments:
    """Return what was noted on a ticket."""
    comments = (
        TicketComment(version=entry.version, at=entry.at, author=entry.actor, comment=comment)
        for entry in history
        if (comment := entry.changes.get("comment"))
    )
    return TicketComments(number=number, comments=tuple(comments))


def _view(ticket: Ticket, now: datetime, steps: tuple[LocalizedText, ...] | None) -> TicketView:
    sla = TicketSLA(due_at=ticket.due_at, state=sla_state(ticket, now), explained=steps)
    return TicketView.model_construct(**dict(ticket), sla=sla, duplicates=None)

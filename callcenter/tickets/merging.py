"""Make one ticket of two that are about the same matter. Pure; the store writes both at once.

The duplicate is closed and keeps all it has; the target keeps its number and becomes no less urgent than either was.
What a customer adds to a duplicate later belongs to the target, also where that is another call's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from callcenter.calls import TicketNumber
from callcenter.errors import InvalidMerge
from callcenter.tickets.intake import DESCRIPTION_CHARS
from callcenter.tickets.ticket import Ticket, TicketStatus


def merge(duplicate: Ticket, target: Ticket, *, now: datetime) -> tuple[Ticket, Ticket]:
    """Return both as they stand once merged. Raises InvalidMerge for one and the same, and for what was merged before.

    The due time of a duplicate that is settled counts no more: its answer was given.
    """
    if duplicate.number == target.number:
        raise InvalidMerge("A ticket can't be merged into itself.")
    if duplicate.merged_into is not None:
        raise InvalidMerge(
            f"Ticket {duplicate.number} was merged into {duplicate.merged_into} already.",
            merged_into=duplicate.merged_into,
        )
    if target.merged_into is not None:
        raise InvalidMerge(
            f"Ticket {target.number} was itself merged into {target.merged_into}; merge into that one.",
            merged_into=target.merged_into,
        )
    closed = {"status": TicketStatus.closed, "merged_into": target.number}
    raised = {
        "priority": max(duplicate.priority, target.priority, key=lambda level: level.rank),
        "due_at": target.due_at if duplicate.settled else min(duplicate.due_at, target.due_at),
        "escalated": duplicate.escalated or target.escalated,
        "human_requested": duplicate.human_requested or target.human_requested,
    }
    return _next(duplicate, closed, now), _next(target, raised, now)


def stands_for(ticket: Ticket, tickets: Mapping[TicketNumber, Ticket]) -> Ticket | None:
    """Return the ticket that a merged one leads to; itself if it was not merged, None where the target is not known."""
    found: Ticket | None = ticket
    while found is not None and found.merged_into is not None:  # no circle: nothing is merged into a merged one
        found = tickets.get(found.merged_into)
    return found


def still_merged(before: Ticket, after: Ticket) -> Ticket:
    """Return a duplicate with what a later message told it, closed as it was; the very same object for nothing new."""
    kept = after.altered({"status": before.status, "merged_into": before.merged_into})
    alike = {"updated_at": before.updated_at, "version": before.version}
    return before if kept.altered(alike) == before else kept


def passed_on(before: Ticket, after: Ticket, target: Ticket, *, now: datetime) -> Ticket:
    """Return the target with what a duplicate of another call was told between `before` and `after`.

    New words come last; a fact that the target has stays as it is. A settled target is reopened.
    """
    known = {*before.description.splitlines(), *target.description.splitlines()}
    lines = [line for line in after.description.splitlines() if line not in known]
    changes: dict[str, object] = {
        "description": "\n".join((target.description, *lines))[:DESCRIPTION_CHARS],
        "priority": max(after.priority, target.priority, key=lambda level: level.rank),
        "due_at": min(after.due_at, target.due_at) if after.due_at != before.due_at else target.due_at,
        "escalated": after.escalated or target.escalated,
        "human_requested": after.human_requested or target.human_requested,
        "status": TicketStatus.reopened if target.settled else target.status,
    }
    for fact in ("customer_name", "order_number", "phone", "email", "amount", "occurred"):
        changes[fact] = getattr(target, fact) or getattr(after, fact)
    return _next(target, changes, now)


def _next(ticket: Ticket, changes: Mapping[str, object], now: datetime) -> Ticket:
    return ticket.altered({**changes, "updated_at": now, "version": ticket.version + 1})

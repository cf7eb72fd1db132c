"""Tell whether a ticket is answered in time: fine, due soon or too late. Pure; `now` is given.

Only while an answer of ours is awaited can a ticket be late: one that waits for the customer, or is settled, is fine.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.tickets.ticket import Ticket, TicketStatus

AWAITED: Final = (TicketStatus.new, TicketStatus.open, TicketStatus.reopened)
"""While a ticket stands so, the customer waits for us."""

SOON: Final = 4
"""The last quarter of the promised time is soon: an hour of four, a morning of a day."""


class SLAState(StrEnum):
    """How a ticket stands against what was promised."""

    ok = "ok"
    due_soon = "due_soon"
    breached = "breached"


def sla_state(ticket: Ticket, now: datetime) -> SLAState:
    """Return how a ticket stands at `now`; from its due time on an unanswered one is breached."""
    if ticket.status not in AWAITED:
        return SLAState.ok
    if ticket.due_at <= now:
        return SLAState.breached
    soon = (ticket.due_at - now) * SOON <= ticket.due_at - ticket.created_at
    return SLAState.due_soon if soon else SLAState.ok

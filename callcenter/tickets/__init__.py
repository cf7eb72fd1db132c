"""Tickets and the intake that fills them. Pure; the store keeps what is decided here.

`intake` collects the facts of a matter over turns, `ticket` holds the matter itself and how its status may change.
"""

from callcenter.tickets.intake import another_matter, collect, next_slot
from callcenter.tickets.sla import AWAITED, SLAState, sla_state
from callcenter.tickets.ticket import (
    ALLOWED,
    Ticket,
    TicketChange,
    TicketStatus,
    add_to_ticket,
    change_ticket,
    open_ticket,
)

__all__ = [
    "ALLOWED",
    "AWAITED",
    "SLAState",
    "Ticket",
    "TicketChange",
    "TicketStatus",
    "add_to_ticket",
    "another_matter",
    "change_ticket",
    "collect",
    "next_slot",
    "open_ticket",
    "sla_state",
]

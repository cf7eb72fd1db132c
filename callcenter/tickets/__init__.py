"""Tickets and the intake that fills them. Pure; the store keeps what is decided here.

`intake` collects the facts of a matter over turns, `ticket` holds the matter itself and how its status may change,
`merging` makes one of two, `search` says what a ticket is found by.
"""

from callcenter.tickets.intake import another_matter, collect, next_slot
from callcenter.tickets.merging import merge, passed_on, stands_for, still_merged
from callcenter.tickets.search import MAX_COMMENT_CHARS, MAX_QUERY_CHARS, comment_words, query_words, ticket_words
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
    "MAX_COMMENT_CHARS",
    "MAX_QUERY_CHARS",
    "SLAState",
    "Ticket",
    "TicketChange",
    "TicketStatus",
    "add_to_ticket",
    "another_matter",
    "change_ticket",
    "collect",
    "comment_words",
    "merge",
    "next_slot",
    "open_ticket",
    "passed_on",
    "query_words",
    "sla_state",
    "stands_for",
    "still_merged",
    "ticket_words",
]

"""Where a list goes on: the place of the last row shown, wrapped so that nobody builds on what is inside.

A place is the row's time and id, not its position, so that rows added meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final, Literal, TypeVar

from pydantic import AwareDatetime

from callcenter.calls import Value
from callcenter.errors import InvalidRequest
from callcenter.store import MAX_PAGE, Page, TicketOrder
from callcenter.tickets import Ticket

Item = TypeVar("Item")

Listed = Literal["calls", "tickets", "tickets_due"]

TICKETS: Final[dict[TicketOrder, Listed]] = {TicketOrder.newest: "tickets", TicketOrder.due: "tickets_due"}
"""Each order is a list of its own."""


class Place(Value):
    """The last row of a page."""

    listed: Listed
    at: AwareDatetime
    id: str

    def cursor(self) -> str:
        """Return this place as callers get it."""
        return urlsafe_b64encode(self.model_dump_json().encode()).rstrip(b"=").decode()


def place(listed: Listed, cursor: str | None) -> Place | None:
    """Read a cursor; None is the start of the list. Raises InvalidRequest for one that is none of this list's."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = Place.model_validate_json(b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        found = None
    if found is None or found.listed != listed:
        raise InvalidRequest("This cursor is none of ours; leave it out to start from the beginning.", field="cursor")
    return found


def ticket_page(rows: Sequence[Ticket], order: TicketOrder, limit: int) -> Page[Ticket]:
    """Make a page of tickets, in an order of theirs, as `page` does."""
    by_due = order is TicketOrder.due
    moments = ((each, each.due_at if by_due else each.created_at) for each in rows)
    return page([(each, Place(listed=TICKETS[order], at=at, id=each.number)) for each, at in moments], limit)


def check_limit(limit: int) -> None:
    """Raise InvalidRequest for a page size out of bounds."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequest(f"A page holds 1 to {MAX_PAGE} rows.", field="limit")


def page(rows: Sequence[tuple[Item, Place]], limit: int) -> Page[Item]:
    """Make a page of up to `limit` rows; one row more than that says that the list goes on."""
    shown = rows[:limit]
    return Page(
        items=tuple(item for item, _ in shown),
        next=shown[-1][1].cursor() if len(rows) > limit else None,
    )

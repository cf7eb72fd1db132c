"""What addresses name: call ids, ticket numbers, pages of lists; and what every path may answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Annotated, Final, TypeVar

from fastapi import Path, Query

from callcenter.api.errors import PageNotFound
from callcenter.calls import CallId, TicketNumber
from callcenter.errors import (
    CallCenterError,
    CallNotFound,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    SignInUnavailable,
    StoreUnavailable,
    TicketNotFound,
)

EVERYWHERE: Final[tuple[type[CallCenterError], ...]] = (
    NotAuthenticated,
    NotAllowed,
    StoreUnavailable,
    SignInUnavailable,
)
"""Failures that any request about calls may meet."""

Rows = TypeVar("Rows")

CallPath = Annotated[str, Path(description="The call's id.", examples=["CALL-001"])]
TicketPath = Annotated[str, Path(description="The ticket's number.", examples=["TKT-20417365"])]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def known(call_id: str) -> CallId:
    """Return the id if a call could have it; raises CallNotFound for what no call is ever called."""
    if not _ID.fullmatch(call_id):
        raise CallNotFound
    return CallId(call_id)


def known_ticket(number: str) -> TicketNumber:
    """Return the number if a ticket could have it; raises TicketNotFound otherwise."""
    if not _ID.fullmatch(number):
        raise TicketNotFound
    return TicketNumber(number)


async def page_of(rows: Awaitable[Rows]) -> Rows:
    """Return a page that the store was asked for; raises PageNotFound. All but its cursor was validated before."""
    try:
        return await rows
    except InvalidRequest as error:
        raise PageNotFound from error

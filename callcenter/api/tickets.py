"""Tickets: list and search them, read one and its history, change one, comment on it, merge duplicates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from callcenter.analysis.text import clean
from callcenter.api.access import AGENTS, open_to
from callcenter.api.deps import AppDep, PrincipalDep, read, reply
from callcenter.api.errors import CREATED, BodyTooLarge, InvalidJson, PageNotFound, UnsupportedMedia, problems
from callcenter.api.models import TicketHistory
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE, Cursor, TicketPath, known_ticket, page_of
from callcenter.api.ticket_views import (
    CommentRequest,
    MergedTickets,
    MergeRequest,
    TicketComment,
    TicketComments,
    TicketPage,
    TicketView,
    commented,
    explained,
    listed,
)
from callcenter.bootstrap import App
from callcenter.calls import PriorityLevel, TicketCategory
from callcenter.company import Promises
from callcenter.errors import (
    EmptyMessage,
    InvalidMerge,
    InvalidRequest,
    InvalidTransition,
    TicketConflict,
    TicketNotFound,
)
from callcenter.store import PageLimit, TicketFilter, TicketOrder
from callcenter.tickets import MAX_QUERY_CHARS, Ticket, TicketChange, TicketStatus

router = APIRouter(prefix="/api/tickets", tags=["tickets"])


def _filter(  # noqa: PLR0913 (what a list may be asked for)
    app: AppDep,
    *,
    status: Annotated[TicketStatus | None, Query(description="Tickets that stand so.")] = None,
    category: Annotated[TicketCategory | None, Query(description="Tickets about this.")] = None,
    priority: Annotated[PriorityLevel | None, Query(description="Tickets of this priority.")] = None,
    call_id: Annotated[str | None, Query(description="Tickets of this call.")] = None,
    assignee: Annotated[str | None, Query(description="Tickets of this agent.")] = None,
    breached: Annotated[
        bool | None, Query(description="Tickets whose answer is awaited and overdue; false: all others.")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=MAX_QUERY_CHARS,
            description="Tickets that have, for each of these words, one that begins so: in number, description, "
            "comments, name, phone, e-mail or order number, in any spelling and with any digits.",
            examples=["إلغاء الطلب", "TKT-2041", "0501234567"],
        ),
    ] = None,
    order: Annotated[TicketOrder, Query(description="What comes first.")] = TicketOrder.newest,
) -> TicketFilter:
    now = app.conversations.now
    return TicketFilter(
        status=status,
        category=category,
        priority=priority,
        call_id=call_id,
        assignee=assignee,
        breached_at=now if breached else None,
        in_time_at=now if breached is False else None,
        query=q,
        order=order,
    )


@router.get(
    "",
    operation_id="list_tickets",
    summary="List or search tickets",
    responses={**answer(TicketPage), **problems(PageNotFound, InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_tickets(
    app: AppDep,
    wanted: Annotated[TicketFilter, Depends(_filter)],
    limit: Annotated[PageLimit, Query(description="Tickets a page.")] = 50,
    cursor: Cursor = None,
) -> Response:
    """List tickets, the last opened first or those due first, a page at a time."""
    page = await page_of(app.store.tickets(wanted, limit=limit, cursor=cursor or None))
    return reply(listed(page, app.conversations.now))


@router.get(
    "/{number}",
    operation_id="get_ticket",
    summary="Read a ticket",
    responses={**answer(TicketView), **problems(TicketNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_ticket(app: AppDep, number: TicketPath) -> Response:
    """Read a ticket: the matter in the customer's words, its facts, how it stands, and until when and why it is due."""
    return reply(await _explained(app, await app.store.ticket(known_ticket(number))))


@router.patch(
    "/{number}",
    operation_id="change_ticket",
    summary="Change a ticket",
    responses={
        **answer(TicketView),
        **problems(
            InvalidJson,
            TicketNotFound,
            TicketConflict,
            InvalidTransition,
            BodyTooLarge,
            UnsupportedMedia,
            InvalidRequest,
            *EVERYWHERE,
        ),
    },
    openapi_extra=body(TicketChange),
)
@open_to(AGENTS)
async def change_ticket(request: Request, app: AppDep, principal: PrincipalDep, number: TicketPath) -> Response:
    """Change a ticket's status, priority, category or assignee; what is left out or null stays.

    `unassign` takes it from whoever has it.
    With `version` the change is refused if somebody else changed the ticket since. The history notes who did it.
    """
    change = await read(request, TicketChange)
    ticket = await app.conversations.change_ticket(known_ticket(number), change, actor=principal.name)
    return reply(await _explained(app, ticket))


@router.get(
    "/{number}/history",
    operation_id="get_ticket_history",
    summary="Read a ticket's history",
    responses={**answer(TicketHistory), **problems(TicketNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_ticket_history(app: AppDep, number: TicketPath) -> Response:
    """Read every change of a ticket, oldest first, with who made it; `customer` is what the call told."""
    history = await app.store.ticket_history(known_ticket(number))
    return reply(TicketHistory(number=known_ticket(number), history=tuple(history)))


@router.get(
    "/{number}/comments",
    operation_id="get_ticket_comments",
    summary="Read a ticket's comments",
    responses={**answer(TicketComments), **problems(TicketNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_ticket_comments(app: AppDep, number: TicketPath) -> Response:
    """Read what agents noted on a ticket, oldest first; customers never see it."""
    return reply(commented(known_ticket(number), await app.store.ticket_history(known_ticket(number))))


@router.post(
    "/{number}/comments",
    operation_id="comment_ticket",
    summary="Comment on a ticket",
    status_code=CREATED,
    responses={
        **answer(TicketComment, CREATED),
        **problems(
            InvalidJson, TicketNotFound, BodyTooLarge, UnsupportedMedia, InvalidRequest, EmptyMessage, *EVERYWHERE
        ),
    },
    openapi_extra=body(CommentRequest),
)
@open_to(AGENTS)
async def comment_ticket(request: Request, app: AppDep, principal: PrincipalDep, number: TicketPath) -> Response:
    """Note something on a ticket for the desk; it stands in the history, and the ticket is found by it.

    Comments are internal: nothing of them is told to the customer.
    """
    said = clean((await read(request, CommentRequest)).comment)
    if said.empty:
        raise EmptyMessage
    comment = said.text.strip()
    ticket = await app.conversations.comment_ticket(known_ticket(number), comment, actor=principal.name)
    response = reply(
        TicketComment(version=ticket.version, at=ticket.updated_at, author=principal.name, comment=comment)
    )
    response.status_code = CREATED
    return response


@router.post(
    "/{number}/merge",
    operation_id="merge_tickets",
    summary="Merge a duplicate",
    responses={
        **answer(MergedTickets),
        **problems(
            InvalidJson,
            TicketNotFound,
            InvalidMerge,
            BodyTooLarge,
            UnsupportedMedia,
            InvalidRequest,
            *EVERYWHERE,
        ),
    },
    openapi_extra=body(MergeRequest),
)
@open_to(AGENTS)
async def merge_tickets(request: Request, app: AppDep, principal: PrincipalDep, number: TicketPath) -> Response:
    """Merge this ticket, a duplicate, into the one that is worked on; it can't be undone.

    The duplicate is closed with `merged_into` and stays readable with its comments. The target takes the higher
    priority and the earlier due time; what a customer adds to the duplicate goes to the target from here on, also when
    that is another call's.
    """
    into = known_ticket((await read(request, MergeRequest)).into)
    duplicate, target = await app.conversations.merge_tickets(known_ticket(number), into, actor=principal.name)
    return reply(MergedTickets(duplicate=duplicate, target=await _explained(app, target)))


async def _explained(app: App, ticket: Ticket) -> TicketView:
    promises = Promises(app.company.response_times, app.company.calendar)
    return explained(ticket, await app.store.ticket_history(ticket.number), promises, app.conversations.now)

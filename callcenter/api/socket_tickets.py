"""Tickets that open one WebSocket each: for pages, which can set no header there, and put no key into an address."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.access import AGENTS, CUSTOMERS, Access, open_to
from callcenter.api.deps import AppDep, PrincipalDep, read, reply
from callcenter.api.errors import CREATED, BodyTooLarge, InvalidJson, UnknownPath, UnsupportedMedia, problems
from callcenter.api.models import SocketTicket, SocketTicketRequest
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE
from callcenter.errors import CallNotFound, InvalidRequest

router = APIRouter(prefix="/api/socket-tickets", tags=["conversations"])


@router.post(
    "",
    operation_id="make_socket_ticket",
    summary="Get a ticket for a WebSocket",
    status_code=CREATED,
    responses={
        **answer(SocketTicket, CREATED),
        **problems(
            *(InvalidJson, UnknownPath, CallNotFound, BodyTooLarge, UnsupportedMedia, InvalidRequest), *EVERYWHERE
        ),
    },
    openapi_extra=body(SocketTicketRequest),
)
@open_to(AGENTS, CUSTOMERS, asks_itself=True)
async def make_socket_ticket(request: Request, app: AppDep, principal: PrincipalDep) -> Response:
    """Get a ticket that opens one WebSocket within 30 seconds: connect to its path with `?ticket=`.

    Name the path of a WebSocket here. The ticket opens what you may open yourself, and nothing else, once. In open
    mode no ticket is needed, and null comes.
    """
    wanted = await read(request, SocketTicketRequest)
    Access(request.app.routes).check_socket(principal, wanted.path)
    made = app.guard.socket_ticket(principal, wanted.path)
    ticket, expires_at = made or (None, None)
    response = reply(SocketTicket(ticket=ticket, path=wanted.path, expires_at=expires_at))
    response.status_code = CREATED
    response.headers["Cache-Control"] = "no-store"
    return response

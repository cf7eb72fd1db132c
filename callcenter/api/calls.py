"""Calls as a whole: start one, list them, read one, erase one. What is said on a call is in conversations.py."""

from __future__ import annotations

import logging
import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BeforeValidator
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.access import AGENTS, SUPERVISORS, open_to
from callcenter.api.deps import AppDep, PrincipalDep, created, has_body, read, reply
from callcenter.api.errors import CREATED, BodyTooLarge, InvalidJson, PageNotFound, UnsupportedMedia, problems
from callcenter.api.models import CallPage, ErasureReceipt, NewCall, StartCall
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE, CallPath, Cursor, known, page_of
from callcenter.calls import CallId, Channel, ConversationState, Language, PersonaType
from callcenter.errors import CallExists, CallNotFound, InvalidRequest
from callcenter.store import CallFilter, PageLimit

_log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/calls", tags=["calls"])


@router.post(
    "",
    operation_id="start_call",
    summary="Start a call",
    status_code=CREATED,
    responses={
        **answer(NewCall, CREATED),
        **problems(InvalidJson, CallExists, BodyTooLarge, UnsupportedMedia, InvalidRequest, *EVERYWHERE),
    },
    openapi_extra=body(StartCall, required=False),
)
async def start_call(request: Request, app: AppDep, query: Annotated[StartCall, Query()]) -> Response:
    """Start a call and get the greeting. Say who calls in the query or in a JSON body; the body wins."""
    wanted = query
    if has_body(request):
        told = await read(request, StartCall)
        wanted = query.model_copy(update={name: getattr(told, name) for name in told.model_fields_set})
    started = await app.conversations.start(
        call_id=CallId(wanted.call_id) if wanted.call_id else None,
        customer_name=wanted.customer_name,
        language=wanted.language,
        channel=wanted.channel,
        phone=wanted.phone,
        email=wanted.email,
        verified=wanted.verified,
    )
    state, greeting = started.state, started.greeting
    return created(
        NewCall(
            call_id=state.call_id,
            greeting=greeting.message,
            persona=greeting.persona,
            language=greeting.language,
            customer_name=state.customer_name,
            channel=state.channel,
            timestamp=greeting.at,
            seq=state.seq,
            token=app.guard.customer_token(state.call_id),
        ),
        state.call_id,
    )


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _written_out(moment: object) -> object:
    """Refuse a bare number, which would count as seconds since 1970."""
    if isinstance(moment, str) and not _DATE.match(moment):
        raise ValueError("must be a date and time with its offset, such as 2026-11-02T12:00:00Z")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


def _filter(  # noqa: PLR0913 (one a query parameter)
    *,
    persona: Annotated[PersonaType | None, Query(description="Calls that this persona has now.")] = None,
    language: Annotated[Language | None, Query(description="Calls held in this language.")] = None,
    channel: Annotated[Channel | None, Query(description="Calls on this channel.")] = None,
    ended: Annotated[bool | None, Query(description="true: calls that are over; false: calls going on.")] = None,
    started_from: Annotated[Moment | None, Query(description="Started then or later.")] = None,
    started_until: Annotated[Moment | None, Query(description="Started before then.")] = None,
) -> CallFilter:
    return CallFilter(
        persona=persona,
        language=language,
        channel=channel,
        ended=ended,
        started_from=started_from,
        started_until=started_until,
    )


@router.get(
    "",
    operation_id="list_calls",
    summary="List calls",
    responses={**answer(CallPage), **problems(PageNotFound, InvalidRequest, *EVERYWHERE)},
)
@open_to(SUPERVISORS)
async def list_calls(
    app: AppDep,
    wanted: Annotated[CallFilter, Depends(_filter)],
    limit: Annotated[PageLimit, Query(description="Calls a page.")] = 50,
    cursor: Cursor = None,
) -> Response:
    """List calls, the last started first, a page at a time."""
    return reply(await page_of(app.store.calls(wanted, limit=limit, cursor=cursor or None)))


@router.get(
    "/{call_id}",
    operation_id="get_call",
    summary="Read a call",
    responses={**answer(ConversationState), **problems(CallNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_call(app: AppDep, call_id: CallPath) -> Response:
    """Read a call as it stands: who has it, in which language, how it feels, what is known."""
    return reply(await app.conversations.state(known(call_id)))


@router.delete(
    "/{call_id}",
    operation_id="erase_call",
    summary="Erase a call for good",
    responses={**answer(ErasureReceipt), **problems(CallNotFound, *EVERYWHERE)},
)
async def erase_call(app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Delete a call for good: its log, its transcript, its figures, its tickets with their histories.

    Nothing of it can be had back. Whoever reads it just then is told `call_erased`; what is being answered is dropped.
    To end a call and keep it, use `DELETE /api/conversations/{call_id}`.
    """
    erasure = await app.conversations.erase(known(call_id))
    app.desk.suggestions.forget(erasure.call_id)
    _log.info("call erased", extra={"call_id": erasure.call_id, "by": principal.name})
    return reply(
        ErasureReceipt(
            call_id=erasure.call_id,
            erased_at=erasure.erased_at,
            events=erasure.erased.events,
            tickets=erasure.erased.tickets,
        )
    )

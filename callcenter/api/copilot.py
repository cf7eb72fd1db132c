"""What helps an agent beside a call, over HTTP: a reply to send, a summary to read, a disposition to set.

Nothing here is said to a customer or stored, but for what an agent decides on a suggestion. While an agent's desk
socket is open, suggestions come there by themselves (desk_stream.py).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcenter.analysis.text import clean
from callcenter.api.access import AGENTS, open_to
from callcenter.api.deps import AppDep, PrincipalDep, read, reply
from callcenter.api.desk import agent_of
from callcenter.api.desk_models import DismissRequest
from callcenter.api.errors import OK, BodyTooLarge, InvalidJson, UnsupportedMedia, problems
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE, CallPath, known
from callcenter.api.sse import EVENT_SCHEMA, MEDIA_TYPE, STREAM_HEADERS, event_bytes
from callcenter.bootstrap import App
from callcenter.calls import CallId, SuggestionId
from callcenter.conversation.copilot import DispositionSuggestion, Summary
from callcenter.conversation.copilot.suggesting import Suggestion
from callcenter.desk import CallCard, SuggestionFrame
from callcenter.errors import (
    CallCenterError,
    CallEnded,
    CallNotFound,
    InvalidRequest,
    NothingToAnswer,
    SuggestionNotFound,
    VoiceFailed,
)
from callcenter.events import CallEvent
from callcenter.store import MAX_PAGE, TicketFilter
from callcenter.tickets import Ticket

router = APIRouter(prefix="/api/desk/calls/{call_id}", tags=["desk"])

SuggestionPath = Annotated[str, Path(description="The suggestion's id.", examples=["5f0c3be21a94d7e0"], max_length=64)]

_BODY: Final = (InvalidJson, BodyTooLarge, UnsupportedMedia, InvalidRequest)

_log = logging.getLogger(__name__)


@router.post(
    "/suggestion",
    operation_id="suggest_reply",
    summary="Ask for a reply to send",
    responses={
        **answer(Suggestion, OK, {MEDIA_TYPE: EVENT_SCHEMA}),
        **problems(CallNotFound, CallEnded, NothingToAnswer, VoiceFailed, InvalidRequest, *EVERYWHERE),
    },
)
@open_to(AGENTS)
async def suggest_reply(
    app: AppDep,
    principal: PrincipalDep,
    call_id: CallPath,
    *,
    stream: Annotated[bool, Query(description="As server-sent events: `suggestion_delta`, then `suggestion`.")] = False,
) -> Response:
    """Ask for a reply to what the customer said last, on any call that goes on; the customer sees nothing of it.

    It comes with the passages of articles that fit, and actions that could be taken. Send it, changed or not, with its
    `suggestion_id`, or dismiss it.
    """
    suggestions = app.desk.suggestions
    awaited = await suggestions.awaited(known(call_id))
    frames = suggestions.suggest(awaited, agent_of(principal).name)
    if stream:
        return StreamingResponse(_lines(frames, awaited.state.call_id), headers=STREAM_HEADERS, media_type=MEDIA_TYPE)
    async with aclosing(frames):
        async for frame in frames:
            if isinstance(frame, Suggestion):
                return reply(frame)
    raise VoiceFailed


async def _lines(frames: AsyncGenerator[SuggestionFrame, None], call_id: CallId) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(frames):
            async for frame in frames:
                kind = "suggestion" if isinstance(frame, Suggestion) else "suggestion_delta"
                yield event_bytes(kind, frame.model_dump_json())
    except CallCenterError as error:
        yield event_bytes("error", f'{{"code": "{error.code}"}}')
    except Exception as bug:  # noqa: BLE001 (the status is sent already; the client must still be told)
        _log.error("suggesting broke", extra={"call_id": call_id, "error": type(bug).__name__})
        yield event_bytes("error", f'{{"code": "{CallCenterError.code}"}}')


@router.post(
    "/suggestions/{suggestion_id}/dismiss",
    operation_id="dismiss_suggestion",
    summary="Leave a suggested reply",
    responses={**answer(CallCard), **problems(CallNotFound, SuggestionNotFound, *_BODY, *EVERYWHERE)},
    openapi_extra=body(DismissRequest),
)
@open_to(AGENTS)
async def dismiss_suggestion(
    request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath, suggestion_id: SuggestionPath
) -> Response:
    """Leave a reply that was suggested to you, and say why if you like; one in the making is merely stopped."""
    wanted = await read(request, DismissRequest)
    reason = clean(wanted.reason or "").text.strip() or None
    card = await app.desk.dismiss(known(call_id), agent_of(principal), SuggestionId(suggestion_id), reason=reason)
    return reply(card)


@router.get(
    "/summary",
    operation_id="summarise_call",
    summary="Read a call in a few sentences",
    responses={**answer(Summary), **problems(CallNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def summarise_call(app: AppDep, call_id: CallPath) -> Response:
    """Read what a call was about and what was done, in both languages; also of one that ended."""
    return reply(await app.copilot.summarise(*await _whole(app, known(call_id))))


@router.get(
    "/disposition",
    operation_id="suggest_disposition",
    summary="Ask what came of a call",
    responses={**answer(DispositionSuggestion), **problems(CallNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def suggest_disposition(app: AppDep, call_id: CallPath) -> Response:
    """Ask for the code to wrap a call up with, how sure it is and why; setting it is the agent's."""
    return reply(await app.copilot.suggest_disposition(*await _whole(app, known(call_id))))


async def _whole(app: App, call_id: CallId) -> tuple[Sequence[CallEvent], Sequence[Ticket]]:
    """Return a call's log, and its tickets as they stand."""
    events = await app.store.events(call_id)
    tickets = await app.store.tickets(TicketFilter(call_id=call_id), limit=MAX_PAGE)
    return events, tickets.items[::-1]

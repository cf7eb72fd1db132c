"""The desk over HTTP: the live list and the queue, claiming, speaking, noting, transferring, releasing, wrapping up.

Who acts is who is signed in, never what a body says. The socket that shows all this live is in desk_stream.py.
"""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from callcenter.analysis.text import clean
from callcenter.api.access import AGENTS, open_to
from callcenter.api.deps import AppDep, PrincipalDep, house_of, read, reply
from callcenter.api.desk_models import (
    AgentReply,
    ClaimRequest,
    DeskAgents,
    DeskCalls,
    DeskQueue,
    NoteRequest,
    ReleaseRequest,
    TransferRequest,
    WrapUpRequest,
)
from callcenter.api.errors import BodyTooLarge, InvalidJson, PageNotFound, UnsupportedMedia, problems
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE, CallPath, Cursor, known, page_of
from callcenter.auth import UNLIMITED, Principal, Role
from callcenter.calls import Language, MessageId, Mode, PersonaType, SuggestionId
from callcenter.desk import Agent, AgentCard, Availability, CallCard
from callcenter.errors import (
    AgentUnavailable,
    CallEnded,
    CallNotFound,
    CallNotHeld,
    CallTaken,
    EmptyMessage,
    InvalidRequest,
)
from callcenter.store import CallFilter, PageLimit

router = APIRouter(prefix="/api/desk", tags=["desk"])

_TAKES_OVER: Final = UNLIMITED | {Role.supervisor}
_BODY: Final = (InvalidJson, BodyTooLarge, UnsupportedMedia, InvalidRequest)

_log = logging.getLogger(__name__)


def agent_of(principal: Principal) -> Agent:
    """Return the human who is signed in."""
    return Agent(name=principal.name, may_take_over=principal.role in _TAKES_OVER)


def said_by(availability: Availability) -> Availability:
    """Return what an agent says of themselves, the name for customers free of invisible controls."""
    name = clean(availability.display_name or "").text.strip()
    return availability.altered({"display_name": name or None})


def _filter(
    *,
    mode: Annotated[Mode | None, Query(description="Calls that a persona (ai) or a human answers.")] = None,
    waiting: Annotated[bool | None, Query(description="Whether the customer waits for a human.")] = None,
    persona: Annotated[PersonaType | None, Query(description="Calls with this persona.")] = None,
    language: Annotated[Language | None, Query(description="Calls in this language.")] = None,
) -> CallFilter:
    return CallFilter(ended=False, mode=mode, waiting=waiting, persona=persona, language=language)


@router.get(
    "/calls",
    operation_id="list_desk_calls",
    summary="Watch the calls that go on",
    responses={**answer(DeskCalls), **problems(PageNotFound, InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_desk_calls(
    app: AppDep,
    wanted: Annotated[CallFilter, Depends(_filter)],
    limit: Annotated[PageLimit, Query(description="Calls a page.")] = 50,
    cursor: Cursor = None,
) -> Response:
    """List the calls that go on, the last started first: who answers, how the customer feels, who waits since when."""
    return reply(await page_of(app.desk.calls(wanted, limit=limit, cursor=cursor or None)))


@router.get(
    "/queue",
    operation_id="get_desk_queue",
    summary="See who waits for a human",
    responses={**answer(DeskQueue), **problems(InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_desk_queue(
    app: AppDep,
    language: Annotated[Language | None, Query(description="Calls in this language.")] = None,
    skill: Annotated[PersonaType | None, Query(description="Calls about what this persona deals with.")] = None,
) -> Response:
    """List the calls that wait for a human in the order to take them, each with why it stands there."""
    return reply(
        DeskQueue(queue=await app.desk.queue(languages=[language] if language else (), skills=[skill] if skill else ()))
    )


@router.get(
    "/agents",
    operation_id="list_desk_agents",
    summary="See who is at the desk",
    responses={**answer(DeskAgents), **problems(*EVERYWHERE)},
)
@open_to(AGENTS)
async def list_desk_agents(app: AppDep) -> Response:
    """List the agents who are at the desk, by name: what they take, and how many calls they have."""
    return reply(DeskAgents(agents=await app.desk.agents()))


@router.put(
    "/agents/me",
    operation_id="set_availability",
    summary="Say whether you take calls",
    responses={**answer(AgentCard), **problems(*_BODY, *EVERYWHERE)},
    openapi_extra=body(Availability),
)
@open_to(AGENTS)
async def set_availability(request: Request, app: AppDep, principal: PrincipalDep) -> Response:
    """Say whether you take calls, of which languages and skills, how many, and what customers may call you.

    Without an open desk socket, send it again at least every 30 seconds: it tells that you are still there.
    """
    said = said_by(await read(request, Availability))
    return reply(await app.desk.available(agent_of(principal), said))


@router.post(
    "/calls/{call_id}/claim",
    operation_id="claim_call",
    summary="Take a call",
    responses={**answer(CallCard), **problems(CallNotFound, CallEnded, CallTaken, *_BODY, *EVERYWHERE)},
    openapi_extra=body(ClaimRequest),
)
@open_to(AGENTS)
async def claim_call(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Take a call, whether its customer waits or not: a reply in the making is cut off, and no persona speaks on it.

    Of several who claim it at once one gets it.
    """
    wanted = await read(request, ClaimRequest)
    card = await app.desk.claim(known(call_id), agent_of(principal), take_over=wanted.take_over)
    return reply(card)


@router.post(
    "/calls/{call_id}/reply",
    operation_id="reply_to_customer",
    summary="Speak to the customer",
    responses={
        **answer(CallCard),
        **problems(CallNotFound, CallEnded, CallNotHeld, EmptyMessage, *_BODY, *EVERYWHERE),
    },
    openapi_extra=body(AgentReply),
)
@open_to(AGENTS)
async def reply_to_customer(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Say something to the customer of a call that you have.

    With the `suggestion_id` of a suggested reply it is noted whether it was sent as it was, or changed, and how much.
    """
    said = await read(request, AgentReply)
    card = await app.desk.reply(
        known(call_id),
        agent_of(principal),
        _text(said.message),
        language=said.language,
        suggestion_id=SuggestionId(said.suggestion_id) if said.suggestion_id else None,
        reply_id=MessageId(said.message_id) if said.message_id else None,
    )
    return reply(card)


@router.post(
    "/calls/{call_id}/note",
    operation_id="note_on_call",
    summary="Note something for the desk",
    responses={**answer(CallCard), **problems(CallNotFound, EmptyMessage, *_BODY, *EVERYWHERE)},
    openapi_extra=body(NoteRequest),
)
@open_to(AGENTS)
async def note_on_call(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Note something on any call, also an ended one; no customer ever sees it."""
    text = _text((await read(request, NoteRequest)).note)
    return reply(await app.desk.note(known(call_id), agent_of(principal), text))


@router.post(
    "/calls/{call_id}/transfer",
    operation_id="transfer_call",
    summary="Give a call to somebody else",
    responses={
        **answer(CallCard),
        **problems(CallNotFound, CallEnded, CallNotHeld, AgentUnavailable, *_BODY, *EVERYWHERE),
    },
    openapi_extra=body(TransferRequest),
)
@open_to(AGENTS)
async def transfer_call(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Give a call that you have to another agent, a queue or a persona; the customer is told in their language.

    Where a queue has nobody there, they are told that too, with the number of a ticket.
    """
    wanted = await read(request, TransferRequest)
    desk, agent, call = app.desk, agent_of(principal), known(call_id)
    if wanted.to_agent is not None:
        card = await desk.transfer_to_agent(call, agent, wanted.to_agent, warm=wanted.warm)
    elif wanted.to_queue is not None:
        card = await desk.transfer_to_queue(call, agent, wanted.to_queue, priority=wanted.priority, warm=wanted.warm)
    else:
        assert wanted.to_persona is not None  # noqa: S101 (one of the three is named)
        card = await desk.transfer_to_persona(call, agent, wanted.to_persona, warm=wanted.warm)
    _taken_up(request, card)
    return reply(card)


@router.post(
    "/calls/{call_id}/release",
    operation_id="release_call",
    summary="Hand a call back to a persona",
    responses={**answer(CallCard), **problems(CallNotFound, CallEnded, CallNotHeld, *_BODY, *EVERYWHERE)},
    openapi_extra=body(ReleaseRequest),
)
@open_to(AGENTS)
async def release_call(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Hand a call that you have back to a persona, which goes on with what is known and answers what you have not."""
    wanted = await read(request, ReleaseRequest)
    card = await app.desk.release(known(call_id), agent_of(principal), persona=wanted.persona)
    _taken_up(request, card)
    return reply(card)


@router.post(
    "/calls/{call_id}/wrap-up",
    operation_id="wrap_up_call",
    summary="Say what came of a call",
    responses={**answer(CallCard), **problems(CallNotFound, CallNotHeld, EmptyMessage, *_BODY, *EVERYWHERE)},
    openapi_extra=body(WrapUpRequest),
)
@open_to(AGENTS)
async def wrap_up_call(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Say what came of a call that you have, or had when it ended; it ends nothing by itself."""
    wanted = await read(request, WrapUpRequest)
    note = None if wanted.note is None else _text(wanted.note)
    return reply(await app.desk.wrap_up(known(call_id), agent_of(principal), wanted.disposition, note=note))


def _taken_up(request: Request, card: CallCard) -> None:
    """Have a persona answer what the human left unanswered; whoever gave the call away need not wait for it."""
    if card.mode is Mode.ai:
        house = house_of(request)
        house.turns.begin(house.app.conversations.resume(card.call_id))


def _text(said: str) -> str:
    """Return what an agent wrote, bounded and free of invisible controls. Raises EmptyMessage."""
    cleaned = clean(said)
    if cleaned.empty:
        raise EmptyMessage
    return cleaned.text

"""What is said on a call, and what becomes of it: messages, handoffs by hand, transcript, figures, log, end.

The two forms of the wire contract meet here: `/message` and the older `PATCH`. Streams of a turn are in sse.py, the
socket in stream.py, what a transcript looks like in transcripts/.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from callcenter.analysis.text import clean
from callcenter.api.access import AGENTS, CUSTOMERS, open_to
from callcenter.api.deps import HEADERS, AppDep, DirectRoute, PrincipalDep, created, house_of, read, reply
from callcenter.api.errors import CREATED, OK, BodyTooLarge, InvalidJson, UnsupportedMedia, problems
from callcenter.api.models import (
    ActionNotice,
    BotReply,
    CallLog,
    CallOver,
    CallRating,
    ConversationOpened,
    HandoffNotice,
    MessageReply,
    MessageRequest,
    OpenConversation,
    PersonaSwitched,
    RatingRequest,
    Satisfaction,
    SwitchPersona,
)
from callcenter.api.openapi import answer, body, parameter
from callcenter.api.paths import EVERYWHERE, CallPath, known
from callcenter.api.sse import EVENT_SCHEMA, MEDIA_TYPE, turn_stream
from callcenter.api.transcripts import CONTENT_SECURITY_POLICY, MEDIA_TYPES, TranscriptFormat, render
from callcenter.auth import Role
from callcenter.calls import Language, MessageId, Proposal
from callcenter.conversation import Turn, Utterance
from callcenter.errors import CallEnded, CallNotFound, EmptyMessage, InvalidRequest, RatingSettled
from callcenter.events import (
    CUSTOMER,
    ActionProposed,
    ActionRun,
    CallStatistics,
    Handoff,
    Transcript,
    shown_to_customer,
    statistics,
)

router = APIRouter(prefix="/api/conversations", tags=["conversations"])
hot = APIRouter(prefix="/api/conversations", tags=["conversations"], route_class=DirectRoute)
"""What every message goes through."""

MAX_EVENTS = 1000
"""Events one answer holds at most; a long call is read in parts."""

_MESSAGE_PROBLEMS = problems(
    InvalidJson, CallNotFound, CallEnded, BodyTooLarge, UnsupportedMedia, InvalidRequest, EmptyMessage, *EVERYWHERE
)
_WRITTEN: dict[str, dict[str, JsonValue]] = {
    media_type.partition(";")[0]: {"type": "string"}
    for form, media_type in MEDIA_TYPES.items()
    if form is not TranscriptFormat.json
}
_CALL_ID = parameter("call_id", "path", "The call's id.", {"type": "string", "example": "CALL-001"})


@hot.post(
    "/{call_id}/message",  # noqa: FAST003 (a DirectRoute reads it from the request)
    operation_id="send_message",
    summary="Say something on a call",
    responses={
        **_MESSAGE_PROBLEMS,
        **answer(MessageReply, OK, {MEDIA_TYPE: EVENT_SCHEMA}),
    },
    openapi_extra={
        **body(MessageRequest),
        "parameters": [
            _CALL_ID,
            parameter(
                "stream",
                "query",
                "true: the same turn as server-sent events, each named by its kind, with `seq` as its id.",
                {"type": "boolean", "default": False},
            ),
        ],
    },
)
@open_to(CUSTOMERS)
async def send_message(request: Request) -> Response:
    """Say something as the customer; get the persona's answer with how it was understood and routed.

    Sent again with the same `message_id`, a message is answered once. A turn that has begun ends, also when its caller
    goes away.
    """
    said = await _utterance(request)
    house = house_of(request)
    if _wants_stream(request):
        state = await house.app.conversations.state(said.call_id)
        if state.ended:
            raise CallEnded
        if clean(said.text).empty:
            raise EmptyMessage
        return turn_stream(house, said, state.language)
    return reply(_replied(await house.app.conversations.handle(said)))


@hot.patch(
    "/{call_id}",  # noqa: FAST003 (a DirectRoute reads it from the request)
    operation_id="message_bot",
    summary="Say something on a call, in the conversations form",
    responses={**answer(BotReply), **_MESSAGE_PROBLEMS},
    openapi_extra={**body(MessageRequest), "parameters": [_CALL_ID]},
)
@open_to(CUSTOMERS)
async def message_bot(request: Request) -> Response:
    """Say something as the customer; the answer comes as `bot_message`, beside all that `/message` returns."""
    said = await _utterance(request)
    replied = _replied(await house_of(request).app.conversations.handle(said))
    return reply(
        BotReply(conversation_id=said.call_id, bot_message=replied.assistant_response, **dict(replied)),
    )


@router.post(
    "",
    operation_id="open_conversation",
    summary="Open a conversation for a function",
    status_code=CREATED,
    responses={
        **answer(ConversationOpened, CREATED),
        **problems(InvalidJson, BodyTooLarge, UnsupportedMedia, InvalidRequest, *EVERYWHERE),
    },
    openapi_extra=body(OpenConversation),
)
async def open_conversation(request: Request, app: AppDep) -> Response:
    """Open a conversation for a function, as some chat front ends do; it is a call like any other."""
    wanted = await read(request, OpenConversation)
    started = await app.conversations.start(customer_name=wanted.customer_name, language=wanted.language)
    state = started.state
    return created(
        ConversationOpened(
            conversation_id=state.call_id,
            bot_id=state.current_persona,
            human_user_id=f"customer-{state.call_id}",
            greeting=started.greeting.message,
            language=state.language,
            token=app.guard.customer_token(state.call_id),
        ),
        state.call_id,
    )


@router.post(
    "/{call_id}/switch-persona",
    operation_id="switch_persona",
    summary="Give a call to a persona",
    responses={
        **answer(PersonaSwitched),
        **problems(InvalidJson, CallNotFound, CallEnded, BodyTooLarge, UnsupportedMedia, InvalidRequest, *EVERYWHERE),
    },
    openapi_extra=body(SwitchPersona),
)
@open_to(AGENTS)
async def switch_persona(request: Request, app: AppDep, call_id: CallPath) -> Response:
    """Give a call to a persona by hand; the customer is told in their language."""
    wanted = (await read(request, SwitchPersona)).persona
    handoff = await app.conversations.switch_persona(known(call_id), wanted)
    seq = handoff.seq if handoff else (await app.conversations.state(known(call_id))).seq
    return reply(
        PersonaSwitched(
            call_id=known(call_id),
            persona=wanted,
            previous_persona=handoff.from_persona if handoff else None,
            changed=handoff is not None,
            message=handoff.message if handoff else None,
            seq=seq,
        )
    )


@router.get(
    "/{call_id}/transcript",
    operation_id="get_transcript",
    summary="Read what was said",
    responses={
        **problems(CallNotFound, InvalidRequest, *EVERYWHERE),
        **answer(Transcript, OK, _WRITTEN),
    },
)
@open_to(AGENTS, CUSTOMERS)
async def get_transcript(
    app: AppDep,
    call_id: CallPath,
    form: Annotated[TranscriptFormat, Query(alias="format", description="How it is written.")] = TranscriptFormat.json,
    language: Annotated[Language | None, Query(description="Of headings and labels; the call's if left out.")] = None,
) -> Response:
    """Read every message in order with its persona: as JSON, plain text, a spreadsheet's CSV, or a page to print."""
    events = await app.store.events(known(call_id))
    text = render(events, form, personas=app.personas, company=app.company, language=language)
    headers = {
        **HEADERS,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Content-Disposition": f'inline; filename="{call_id}.{form}"',
    }
    return Response(text, headers=headers, media_type=MEDIA_TYPES[form])


@router.get(
    "/{call_id}/stats",
    operation_id="get_stats",
    summary="Read a call in figures",
    responses={**answer(CallStatistics), **problems(CallNotFound, *EVERYWHERE)},
)
@open_to(AGENTS, CUSTOMERS)
async def get_stats(app: AppDep, call_id: CallPath) -> Response:
    """Read how long a call took, who spoke, what was wanted, how the customer felt and how it ended."""
    return reply(statistics(await app.store.events(known(call_id))))


@router.get(
    "/{call_id}/events",
    operation_id="get_events",
    summary="Read a call's log",
    responses={**answer(CallLog), **problems(CallNotFound, InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS, CUSTOMERS)
async def get_events(
    app: AppDep,
    principal: PrincipalDep,
    call_id: CallPath,
    after: Annotated[int, Query(ge=0, le=2**31, description="Events after this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="Events at most.")] = MAX_EVENTS,
) -> Response:
    """Read the events of a call in order, all or those after a number: what the socket would have replayed."""
    events = await app.store.events(known(call_id), after=after, limit=limit + 1)
    page = events[:limit]
    hides = principal.role is Role.customer
    shown = [seen for event in page if (seen := shown_to_customer(event))] if hides else page
    return reply(
        CallLog(
            call_id=known(call_id),
            events=tuple(shown),
            seq=page[-1].seq if page else after,
            more=len(events) > len(page),
        )
    )


@router.delete(
    "/{call_id}",
    operation_id="end_call",
    summary="End a call",
    responses={**answer(CallOver), **problems(CallNotFound, CallEnded, InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS, CUSTOMERS)
async def end_call(
    app: AppDep,
    call_id: CallPath,
    satisfaction: Annotated[Satisfaction | None, Query()] = None,
) -> Response:
    """End a call; its transcript, log and figures stay readable, and a later message to it is refused.

    Where the customer was answered and not asked for a score yet, `csat_asked` comes before `call_ended`.
    """
    state = await app.conversations.end(
        known(call_id), reason="ended over the API", satisfaction=satisfaction, asks_rating=True
    )
    return reply(
        CallOver.model_validate(
            {
                "call_id": state.call_id,
                "outcome": state.outcome,
                "satisfaction": state.satisfaction,
                "asks_rating": state.rating_asked and state.satisfaction is None,
                "ended_at": state.ended_at,
                "seq": state.seq,
            }
        )
    )


@router.post(
    "/{call_id}/rating",
    operation_id="rate_call",
    summary="Rate a call",
    responses={
        **answer(CallRating),
        **problems(
            InvalidJson, CallNotFound, RatingSettled, BodyTooLarge, UnsupportedMedia, InvalidRequest, *EVERYWHERE
        ),
    },
    openapi_extra=body(RatingRequest),
)
@open_to(AGENTS, CUSTOMERS)
async def rate_call(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Give a call the customer's score, while it goes on or after its end; the last one counts.

    The same score again changes nothing; after five changes no other is taken.
    """
    rating = await read(request, RatingRequest)
    comment = clean(rating.comment or "").text.strip() or None
    by = CUSTOMER if principal.role is Role.customer else principal.name
    state = await app.conversations.rate(known(call_id), rating.score, comment, by=by)
    return reply(
        CallRating.model_validate(
            {
                "call_id": state.call_id,
                "score": state.satisfaction,
                "comment": state.satisfaction_comment,
                "seq": state.seq,
            }
        )
    )


async def _utterance(request: Request) -> Utterance:
    call_id = known(request.path_params["call_id"])
    said = await read(request, MessageRequest)
    return Utterance(call_id, said.message, MessageId(said.message_id) if said.message_id else None, said.language)


def _wants_stream(request: Request) -> bool:
    if not request.scope["query_string"]:
        return False
    wish = request.query_params.get("stream", "false").lower()
    if wish not in _WISHES:
        raise InvalidRequest("`stream` is true or false.")
    return _WISHES[wish]


_WISHES = {"true": True, "1": True, "false": False, "0": False, "": False}


def _notice(handoff: Handoff | None) -> HandoffNotice | None:
    if handoff is None:
        return None
    return HandoffNotice(from_persona=handoff.from_persona, to_persona=handoff.to_persona, message=handoff.message)


def _proposal(turn: Turn) -> Proposal | None:
    proposed = turn.find(ActionProposed)
    return proposed.proposal if proposed else None


def _action(turn: Turn) -> ActionNotice | None:
    run = turn.find(ActionRun)
    return ActionNotice(action=run.action, result=run.result) if run else None


def _replied(turn: Turn) -> MessageReply:
    routing, spoken = turn.routing, turn.reply
    return MessageReply(
        assistant_response=spoken.message if spoken else None,
        persona=spoken.persona if spoken else routing.decision.target_persona,
        timestamp=spoken.at if spoken else routing.at,
        call_id=turn.call_id,
        message_id=turn.message_id,
        language=spoken.language if spoken else routing.decision.language,
        intent=routing.analysis.intent,
        sentiment=routing.analysis.sentiment,
        routing=routing.decision,
        ticket=turn.ticket,
        handoff=_notice(turn.handoff),
        script=spoken.script if spoken else None,
        proposal=_proposal(turn),
        action=_action(turn),
        sources=spoken.sources if spoken else (),
        truncated=turn.message.truncated,
        repeated=turn.repeated,
        seq=turn.seq,
    )

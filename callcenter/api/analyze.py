"""Understanding without a call: what a message means and would lead to. Stores nothing."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.deps import AppDep, read, reply
from callcenter.api.errors import BodyTooLarge, InvalidJson, UnsupportedMedia, problems
from callcenter.api.models import AnalyzeRequest, Understanding
from callcenter.api.openapi import answer, body
from callcenter.errors import EmptyMessage, InvalidRequest, NotAllowed, NotAuthenticated, SignInUnavailable

router = APIRouter(prefix="/api/analyze", tags=["analysis"])


@router.post(
    "",
    operation_id="analyze",
    summary="Understand a message",
    responses={
        **answer(Understanding),
        **problems(
            InvalidJson,
            BodyTooLarge,
            UnsupportedMedia,
            InvalidRequest,
            EmptyMessage,
            NotAuthenticated,
            NotAllowed,
            SignInUnavailable,
        ),
    },
    openapi_extra=body(AnalyzeRequest),
)
async def analyze(request: Request, app: AppDep) -> Response:
    """Say how a message is understood, with the words that led to it, and how it would be routed on a fresh call."""
    wanted = await read(request, AnalyzeRequest)
    found = app.conversations.assess(wanted.text, wanted.language)
    return reply(Understanding.of(found.analysis, found.decision, truncated=found.truncated))

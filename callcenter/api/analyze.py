"""Understanding without a call: what a message means and would lead to. Stores nothing."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.deps import AppDep, read, reply
from callcenter.api.errors import BodyTooLarge, InvalidJson, UnsupportedMedia, problems
from callcenter.api.models import AnalyzeRequest, Understanding
from callcenter.api.openapi import answer, body
from callcenter.errors import EmptyMessage, InvalidRequest, NotAllowed, NotAuthenticated

router = APIRouter(prefix="/api/analyze", tags=["analysis"])


@router.post(
    "",
    operation_id="analyze",
    summary="Understand a message",
    responses={
        **answer(Understanding),
        **problems(
            InvalidJson, BodyTooLarge, UnsupportedMedia, InvalidRequest, EmptyMessage, NotAuthenticated, NotAllowed
        ),
    },
    openapi_extra=body(AnalyzeRequest),
)
async def analyze(request: Request, app: AppDep) -> Response:
    """Say how a message is understood, with the words that led to it, and how it would be routed on a fresh call.

    For whoever may use the API: anyone on this machine in open mode, else the holder of a key.
    """
    wanted = await read(request, AnalyzeRequest)
    assessment = app.conversations.assess(wanted.text, wanted.language)
    analysis = assessment.analysis
    return reply(
        Understanding(
            language=analysis.language.language or assessment.decision.language,
            language_verdict=analysis.language,
            intent=analysis.intent,
            sentiment=analysis.sentiment,
            urgency=analysis.urgency,
            question=analysis.question,
            category=analysis.category,
            entities=analysis.entities,
            acts=analysis.acts,
            routing=assessment.decision,
            truncated=assessment.truncated,
        )
    )

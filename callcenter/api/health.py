"""Whether the server lives and whether it can take calls, for probes and people."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from callcenter.api.deps import AppDep, DirectRoute, reply
from callcenter.api.errors import NotReady, problems
from callcenter.api.models import Health, JournalReadiness, Readiness, ReadyStatus, VoiceReadiness
from callcenter.api.openapi import answer
from callcenter.bootstrap import App
from callcenter.calls import PersonaType
from callcenter.errors import NotAllowed, ProviderError

OFFLINE: Final = "offline"

router = APIRouter(tags=["health"])
hot = APIRouter(tags=["health"], route_class=DirectRoute)


@hot.get(
    "/healthz",
    operation_id="health",
    summary="Is the process alive?",
    responses={**answer(Health), **problems(NotAllowed)},
)
async def health(_request: Request) -> Response:
    """Say that the process answers; asks nothing else. For everybody, without a key."""
    return reply(Health())


@router.get(
    "/readyz",
    operation_id="ready",
    summary="Can calls be taken?",
    responses={**answer(Readiness), **problems(NotReady, NotAllowed)},
)
async def ready(app: AppDep) -> Response:
    """Say whether calls can be taken: the store answers, the company and its personas are loaded.

    `degraded`: they can, but the offline voice speaks for now in place of the language model, or Supabase is away and
    calls wait in the journal. A problem with the code `not_ready` says what is missing. For everybody, without a key.
    """
    try:
        await app.store.check()
    except ProviderError as error:
        raise NotReady(f"The store does not answer ({error.code}); the server tries on by itself.") from error
    voice, journal = _voice(app), _journal(app)
    well = voice.ready and (journal is None or not (journal.away or journal.parked))
    return reply(
        Readiness(
            status=ReadyStatus.ready if well else ReadyStatus.degraded,
            store=app.settings.store,
            journal=journal,
            voice=voice,
            company=app.company.id,
            personas=tuple(PersonaType),
        )
    )


def _voice(app: App) -> VoiceReadiness:
    if app.speech is None:
        return VoiceReadiness(name=OFFLINE, ready=True)
    state = app.speech.voice.state
    return VoiceReadiness(name=state.voice, ready=state.ready, reason=state.reason)


def _journal(app: App) -> JournalReadiness | None:
    if app.journal is None:
        return None
    return JournalReadiness.model_validate(app.journal.backlog.model_dump())


@router.get("/", include_in_schema=False)
async def front_door() -> Response:
    """Show whoever opens the bare address in a browser what there is."""
    return RedirectResponse("/docs")

"""Service scripts: list them, read them, write them, publish them; and which one a call follows.

Agents and up read, and choose for a call; admins, API keys and this machine write. Only published ones are followed.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.access import AGENTS, open_to
from callcenter.api.deps import AppDep, PrincipalDep, read, reply
from callcenter.api.desk import agent_of
from callcenter.api.errors import CREATED, BodyTooLarge, InvalidJson, UnsupportedMedia, invalid, problems
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE, CallPath, known
from callcenter.api.script_models import (
    CallScript,
    ChosenScript,
    NewScript,
    ScriptEdit,
    ScriptList,
    ScriptVersions,
    line_of,
)
from callcenter.bootstrap import App
from callcenter.calls import ConversationState
from callcenter.errors import (
    CallCenterError,
    CallEnded,
    CallNotFound,
    InvalidRequest,
    ScriptConflict,
    ScriptExists,
    ScriptNotFound,
)
from callcenter.scripts import Script, ScriptBody, ScriptStatus
from callcenter.scripts.script import known_slug

router = APIRouter(prefix="/api/scripts", tags=["scripts"])
calls = APIRouter(prefix="/api/desk/calls", tags=["desk"])
"""Which script a call follows."""

_WRITING: Final[tuple[type[CallCenterError], ...]] = (
    InvalidJson,
    BodyTooLarge,
    UnsupportedMedia,
    InvalidRequest,
    *EVERYWHERE,
)
ScriptPath = Annotated[str, Path(description="The script's id.", examples=["website-brief"])]
Seen = Annotated[int | None, Query(ge=0, description="The version you read; refused if there is a newer one.")]


@router.get(
    "",
    operation_id="list_scripts",
    summary="List the service scripts",
    responses={**answer(ScriptList), **problems(InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_scripts(
    app: AppDep, status: Annotated[ScriptStatus | None, Query(description="Scripts that got so far.")] = None
) -> Response:
    """List the newest version of every script, without its steps."""
    found = await app.scripts.scripts()
    return reply(ScriptList(items=tuple(line_of(each) for each in found if status in {None, each.status})))


@router.post(
    "",
    operation_id="create_script",
    summary="Begin a service script",
    status_code=CREATED,
    responses={**answer(Script, CREATED), **problems(ScriptExists, *_WRITING)},
    openapi_extra=body(NewScript),
)
async def create_script(request: Request, app: AppDep, principal: PrincipalDep) -> Response:
    """Begin a script as a draft; calls follow it once it is published."""
    new = await read(request, NewScript)
    _check_services(app, new)
    fields = {name: getattr(new, name) for name in ScriptBody.model_fields}
    script = await app.scripts.create(new.id, ScriptBody.model_construct(**fields), actor=principal.name)
    response = reply(script)
    response.status_code = CREATED
    response.headers["Location"] = f"/api/scripts/{script.id}"
    return response


@router.get(
    "/{script_id}",
    operation_id="get_script",
    summary="Read a service script",
    responses={**answer(Script), **problems(ScriptNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_script(app: AppDep, script_id: ScriptPath) -> Response:
    """Read the newest version of a script, with its steps and guidelines in both languages."""
    return reply(await app.scripts.script(script_id))


@router.patch(
    "/{script_id}",
    operation_id="edit_script",
    summary="Edit a service script",
    responses={**answer(Script), **problems(ScriptNotFound, ScriptConflict, *_WRITING)},
    openapi_extra=body(ScriptEdit),
)
async def edit_script(request: Request, app: AppDep, principal: PrincipalDep, script_id: ScriptPath) -> Response:
    """Change parts of a script; the version before is kept. A published script stays published.

    Calls that follow it go on with the new version, step by step by the steps' ids.
    """
    edit = await read(request, ScriptEdit)
    names = set(ScriptBody.model_fields) & edit.model_fields_set
    changes: dict[str, object] = {name: value for name in names if (value := getattr(edit, name)) is not None}
    script = await app.scripts.script(script_id)
    try:
        whole = ScriptBody.model_validate(
            {name: changes.get(name, getattr(script, name)) for name in ScriptBody.model_fields}
        )
    except ValidationError as error:
        raise invalid(error, "body") from None
    _check_services(app, whole)
    return reply(await app.scripts.edit(script_id, changes, version=edit.version, actor=principal.name))


@router.post(
    "/{script_id}/publish",
    operation_id="publish_script",
    summary="Publish a service script",
    responses={**answer(Script), **problems(ScriptNotFound, ScriptConflict, InvalidRequest, *EVERYWHERE)},
)
async def publish_script(app: AppDep, principal: PrincipalDep, script_id: ScriptPath, version: Seen = None) -> Response:
    """Have calls follow a script from now on, where it fits."""
    status = ScriptStatus.published
    return reply(await app.scripts.set_status(script_id, status, version=version, actor=principal.name))


@router.post(
    "/{script_id}/archive",
    operation_id="archive_script",
    summary="Archive a service script",
    responses={**answer(Script), **problems(ScriptNotFound, ScriptConflict, InvalidRequest, *EVERYWHERE)},
)
async def archive_script(app: AppDep, principal: PrincipalDep, script_id: ScriptPath, version: Seen = None) -> Response:
    """Have no call follow a script any more; it can be read, and published again."""
    status = ScriptStatus.archived
    return reply(await app.scripts.set_status(script_id, status, version=version, actor=principal.name))


@router.get(
    "/{script_id}/versions",
    operation_id="list_script_versions",
    summary="Read a service script's versions",
    responses={**answer(ScriptVersions), **problems(ScriptNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_script_versions(app: AppDep, script_id: ScriptPath) -> Response:
    """Read every version of a script, oldest first, with who made it; 0 is the company folder's."""
    if not known_slug(script_id):
        raise ScriptNotFound
    return reply(ScriptVersions(id=script_id, versions=tuple(await app.scripts.versions(script_id))))


@calls.get(
    "/{call_id}/script",
    operation_id="get_call_script",
    summary="See the script of a call",
    responses={**answer(CallScript), **problems(CallNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_call_script(app: AppDep, call_id: CallPath) -> Response:
    """See which script a call follows, or followed last: why, what was collected, what is due, whether it is done."""
    return reply(_of(app, await app.conversations.state(known(call_id))))


@calls.put(
    "/{call_id}/script",
    operation_id="choose_call_script",
    summary="Choose the script of a call",
    responses={**answer(CallScript), **problems(CallNotFound, CallEnded, ScriptNotFound, *_WRITING)},
    openapi_extra=body(ChosenScript),
)
@open_to(AGENTS)
async def choose_call_script(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Have a call follow a published script, in place of the one it follows; nothing happens if that is the same.

    What is known already is not asked. A persona other than the script's hands the call over; a human keeps it.
    """
    wanted = (await read(request, ChosenScript)).script_id
    await app.scripts.refresh()
    listener = app.scripts.current().get(wanted)
    if listener is None:
        raise ScriptNotFound
    return reply(_of(app, await app.desk.follow_script(known(call_id), agent_of(principal), listener)))


@calls.delete(
    "/{call_id}/script",
    operation_id="drop_call_script",
    summary="Drop the script of a call",
    responses={**answer(CallScript), **problems(CallNotFound, CallEnded, ScriptNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def drop_call_script(app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Have a call follow its script no further; what was collected stays, and no other one is begun by itself."""
    return reply(_of(app, await app.desk.drop_script(known(call_id), agent_of(principal))))


def _of(app: App, state: ConversationState) -> CallScript:
    followed = state.script
    listener = app.scripts.current().get(followed.script_id) if followed else None
    return CallScript(followed=followed, script=listener.script if listener else None)


def _check_services(app: App, script: ScriptBody) -> None:
    """Refuse ids of services that the company does not offer. Raises InvalidRequest."""
    offered = {service.id for service in app.company.services}
    if not offered.issuperset(script.demand.services):
        raise InvalidRequest("`demand.services` names a service that the company does not offer.")

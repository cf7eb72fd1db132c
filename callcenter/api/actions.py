"""Actions over HTTP: what is offered, what waits for approval, approving, denying, running; confirming by the customer.

Nothing here decides whether an action may run; whoever calls, that is desk/approvals.py's word.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from callcenter.actions import Request as Wanted
from callcenter.analysis.text import clean
from callcenter.api.access import AGENTS, CUSTOMERS, open_to
from callcenter.api.action_models import (
    ActionRequest,
    DenyRequest,
    OfferedAction,
    OfferedActions,
    PendingApprovals,
)
from callcenter.api.deps import AppDep, PrincipalDep, has_body, read, reply
from callcenter.api.errors import BodyTooLarge, InvalidJson, PageNotFound, UnsupportedMedia, problems
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE, CallPath, Cursor, known, page_of
from callcenter.calls import ActionName, Approver, PersonaType, ProposalId
from callcenter.desk.approvals import ActionOutcome
from callcenter.errors import (
    CallEnded,
    CallNotFound,
    InvalidRequest,
    NotApproved,
    ProposalDecided,
    ProposalNotFound,
)
from callcenter.events import CUSTOMER
from callcenter.store import PageLimit

router = APIRouter(tags=["actions"])

_BODY: Final = (InvalidJson, BodyTooLarge, UnsupportedMedia, InvalidRequest)
_DECIDING: Final = (CallNotFound, ProposalNotFound, ProposalDecided)

ProposalPath = Annotated[str, Path(description="The proposal's id.", examples=["ACT-5C0F2A91B3"])]


@router.get(
    "/api/actions",
    operation_id="list_actions",
    summary="See what can be done for customers",
    responses={**answer(OfferedActions), **problems(*EVERYWHERE)},
)
@open_to(AGENTS)
async def list_actions(app: AppDep) -> Response:
    """List the actions this company offers: what they take, who may approve them, which personas may do them."""
    book = app.actions
    return reply(
        OfferedActions(
            actions=tuple(
                OfferedAction(
                    action=action,
                    sensitive=book.sensitive(action),
                    approvers=book.approvers(action) if book.sensitive(action) else (),
                    personas=tuple(persona for persona in PersonaType if book.offered(action, persona)),
                    description=book.description(action),
                    parameters=book.parameters(action),
                )
                for action in ActionName
                if book.offered(action, None)
            )
        )
    )


@router.get(
    "/api/desk/approvals",
    operation_id="list_approvals",
    summary="See what waits for approval",
    responses={**answer(PendingApprovals), **problems(PageNotFound, InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_approvals(
    app: AppDep,
    limit: Annotated[PageLimit, Query(description="Calls a page.")] = 50,
    cursor: Cursor = None,
) -> Response:
    """List the actions that wait for somebody, or were approved and could not be run yet."""
    page = await page_of(app.approvals.pending(limit=limit, cursor=cursor or None))
    return reply(PendingApprovals(items=page.items, next=page.next))


@router.post(
    "/api/desk/calls/{call_id}/actions",
    operation_id="ask_for_action",
    summary="Do something for a customer",
    responses={**answer(ActionOutcome), **problems(CallNotFound, CallEnded, *_BODY, *EVERYWHERE)},
    openapi_extra=body(ActionRequest),
)
@open_to(AGENTS)
async def ask_for_action(request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath) -> Response:
    """Do something on the company's data for a call: what is safe is done at once, what is sensitive is proposed.

    A proposal changes nothing: it comes back with `status` `pending` until somebody approves it. You vouch for whose
    order it is; what you look up is not shown to the customer.
    """
    wanted = await read(request, ActionRequest)
    asked = Wanted(action=wanted.action, arguments=wanted.arguments)
    return reply(await app.approvals.ask(known(call_id), asked, agent=principal.name))


@router.post(
    "/api/desk/calls/{call_id}/proposals/{proposal_id}/approve",
    operation_id="approve_action",
    summary="Approve an action",
    responses={**answer(ActionOutcome), **problems(*_DECIDING, *EVERYWHERE)},
)
@open_to(AGENTS)
async def approve_action(
    app: AppDep, principal: PrincipalDep, call_id: CallPath, proposal_id: ProposalPath
) -> Response:
    """Approve a proposal: it is run once, however often you ask, and the customer is told the receipt."""
    outcome = await app.approvals.approve(
        known(call_id), ProposalId(proposal_id), by=principal.name, approver=Approver.agent
    )
    return reply(outcome)


@router.post(
    "/api/desk/calls/{call_id}/proposals/{proposal_id}/deny",
    operation_id="deny_action",
    summary="Deny an action",
    responses={**answer(ActionOutcome), **problems(*_DECIDING, *_BODY, *EVERYWHERE)},
    openapi_extra=body(DenyRequest, required=False),
)
@open_to(AGENTS)
async def deny_action(
    request: Request, app: AppDep, principal: PrincipalDep, call_id: CallPath, proposal_id: ProposalPath
) -> Response:
    """Deny a proposal, with a reason that the customer reads."""
    reason = (await read(request, DenyRequest)).reason if has_body(request) else None
    outcome = await app.approvals.deny(
        known(call_id),
        ProposalId(proposal_id),
        by=principal.name,
        approver=Approver.agent,
        reason=clean(reason).text.strip() or None if reason else None,
    )
    return reply(outcome)


@router.post(
    "/api/desk/calls/{call_id}/proposals/{proposal_id}/run",
    operation_id="run_action",
    summary="Run an approved action now",
    responses={**answer(ActionOutcome), **problems(NotApproved, *_DECIDING, *EVERYWHERE)},
)
@open_to(AGENTS)
async def run_action(app: AppDep, call_id: CallPath, proposal_id: ProposalPath) -> Response:
    """Run an approved action that could not be run yet, or read its receipt. What nobody approved is refused."""
    return reply(await app.approvals.run(known(call_id), ProposalId(proposal_id)))


@router.post(
    "/api/conversations/{call_id}/proposals/{proposal_id}/confirm",
    operation_id="confirm_action",
    summary="Confirm an action as the customer",
    responses={**answer(ActionOutcome), **problems(*_DECIDING, *EVERYWHERE)},
)
@open_to(CUSTOMERS)
async def confirm_action(app: AppDep, call_id: CallPath, proposal_id: ProposalPath) -> Response:
    """Say yes to what you were asked: it is run once. What only an agent may approve is refused."""
    outcome = await app.approvals.approve(
        known(call_id), ProposalId(proposal_id), by=CUSTOMER, approver=Approver.customer
    )
    return reply(outcome)


@router.post(
    "/api/conversations/{call_id}/proposals/{proposal_id}/decline",
    operation_id="decline_action",
    summary="Decline an action as the customer",
    responses={**answer(ActionOutcome), **problems(*_DECIDING, *EVERYWHERE)},
)
@open_to(CUSTOMERS)
async def decline_action(app: AppDep, call_id: CallPath, proposal_id: ProposalPath) -> Response:
    """Say no to what was to be done for you; nothing is changed."""
    outcome = await app.approvals.deny(known(call_id), ProposalId(proposal_id), by=CUSTOMER, approver=Approver.customer)
    return reply(outcome)

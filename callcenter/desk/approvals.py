"""Have actions approved or denied, and run what was approved: by an agent, or by the customer where that suffices.

Whether something may run is decided on the call's state under its lock; that it runs once is the store's word, by the
proposal's id. So a double click, two agents, two processes and a crash in between all end in the same one receipt.
"""

from __future__ import annotations

import logging
from enum import StrEnum

from callcenter.actions import Request
from callcenter.calls import (
    ActionResult,
    Approver,
    CallId,
    ConversationState,
    Language,
    Proposal,
    ProposalId,
    ProposalStatus,
    Value,
)
from callcenter.conversation import ConversationManager, Sources, deeds
from callcenter.conversation.turn import Step, Tickets
from callcenter.errors import (
    CallCenterError,
    InvalidRequest,
    NotAllowed,
    NotApproved,
    ProposalDecided,
    ProposalNotFound,
)
from callcenter.events import ActionDecided, ActionProposed, ActionRun, Verdict
from callcenter.store import MAX_PAGE, CallFilter, Page, Store

_log = logging.getLogger(__name__)


class OutcomeStatus(StrEnum):
    """How far an action has got."""

    pending = "pending"
    """Nothing was done: somebody has to approve it first."""
    approved = "approved"
    """It could not be run this moment, and will be."""
    denied = "denied"
    run = "run"
    """It was tried; `result` says what came of it."""


class ActionOutcome(Value):
    """What came of asking for an action, or of deciding about it."""

    call_id: CallId
    status: OutcomeStatus
    proposal: Proposal | None = None
    """Of a sensitive action, as it was proposed or stands."""
    result: ActionResult | None = None


class PendingApproval(Value):
    """An action that waits for somebody."""

    call_id: CallId
    customer_name: str | None
    language: Language
    ended: bool
    """The customer has left; what comes of it stands in the call's log."""
    proposal: Proposal


class Approvals:
    """Who decides what is done on the calls of one process."""

    def __init__(self, *, store: Store, conversations: ConversationManager, sources: Sources) -> None:
        """Build from the parts of the house; the conversations must know actions."""
        assert conversations.doing is not None  # noqa: S101 (bootstrap gives it actions)
        self._store = store
        self._conversations = conversations
        self._doing = conversations.doing
        self._sources = sources

    async def pending(self, *, limit: int = 50, cursor: str | None = None) -> Page[PendingApproval]:
        """Return what waits, by call, the last started first. Raises InvalidRequest for a foreign cursor."""
        page = await self._store.calls(CallFilter(proposals=True), limit=limit, cursor=cursor)
        return Page(
            items=tuple(
                PendingApproval(
                    call_id=state.call_id,
                    customer_name=state.slots.name or state.customer_name,
                    language=state.language,
                    ended=state.ended,
                    proposal=proposal,
                )
                for state in page.items
                for proposal in state.proposals
            ),
            next=page.next,
        )

    async def ask(self, call_id: CallId, request: Request, *, agent: str) -> ActionOutcome:
        """Do something for a customer: a safe action runs at once, a sensitive one becomes a proposal.

        Raises CallNotFound, CallEnded, InvalidRequest for an action that is not offered or arguments it does not take.
        """
        doing = self._doing
        if not doing.actions.offered(request.action, None):
            raise InvalidRequest("This company does not offer that action.")
        request = doing.actions.check(request)
        state = await self._conversations.state(call_id)
        key = f"{call_id}/{self._sources.proposal_id()}"
        meant, result = await doing.attempt(request, state, key=key, by_agent=True)
        noted: list[Proposal | ActionResult] = []

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step = Step(state=state)
            waits = deeds.waiting(state, meant) if result.done else None
            noted.append(waits or doing.note(step, meant, result, by=agent, message_id=None, tells=False))
            return step

        await self._conversations.act(call_id, make)
        came = noted[-1]
        if isinstance(came, Proposal):
            return ActionOutcome(call_id=call_id, status=OutcomeStatus.pending, proposal=came)
        return ActionOutcome(call_id=call_id, status=OutcomeStatus.run, result=came)

    async def approve(self, call_id: CallId, proposal_id: ProposalId, *, by: str, approver: Approver) -> ActionOutcome:
        """Approve a proposal and run it; again, it brings the same receipt.

        Raises CallNotFound, ProposalNotFound, ProposalDecided when it was denied or lapsed, NotAllowed.
        """

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step, proposal = Step(state=state), _open(state, proposal_id)
            if proposal is not None and proposal.status is ProposalStatus.pending:
                self._check(proposal, approver)
                deeds.decided(step, proposal, Verdict.approved, by=by, now=self._sources.now())
            return step

        await self._conversations.act(call_id, make, after_end=True)
        return await self.run(call_id, proposal_id)

    async def deny(
        self, call_id: CallId, proposal_id: ProposalId, *, by: str, approver: Approver, reason: str | None = None
    ) -> ActionOutcome:
        """Deny a proposal; the customer is told, with the reason. Raises CallNotFound, ProposalNotFound, NotAllowed.

        Raises ProposalDecided when it was approved or lapsed; denied before, it stays so.
        """

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step, proposal = Step(state=state), _open(state, proposal_id)
            if proposal is None:
                return step
            if proposal.status is not ProposalStatus.pending:
                raise ProposalDecided
            self._check(proposal, approver)
            deeds.decided(step, proposal, Verdict.denied, by=by, now=self._sources.now(), reason=reason)
            return step

        step = await self._conversations.act(call_id, make, after_end=True)
        if not step.events:
            return await self._history(call_id, proposal_id, wanted=Verdict.denied)
        return ActionOutcome(call_id=call_id, status=OutcomeStatus.denied)

    async def run(self, call_id: CallId, proposal_id: ProposalId) -> ActionOutcome:
        """Run what was approved, unless it was run. Raises NotApproved, ProposalDecided, ProposalNotFound."""
        state = await self._conversations.state(call_id)
        proposal = _open(state, proposal_id)
        if proposal is None:
            return await self._history(call_id, proposal_id, wanted=Verdict.approved)
        if proposal.status is ProposalStatus.pending:
            raise NotApproved
        result = await self._doing.outcome(proposal, state)

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            return deeds.finished(state, proposal, result, now=self._sources.now(), message_id=None)

        step = await self._conversations.act(call_id, make, after_end=True)
        if _open(step.state, proposal_id) is not None:
            return ActionOutcome(call_id=call_id, status=OutcomeStatus.approved, proposal=proposal, result=result)
        return await self._history(call_id, proposal_id, wanted=Verdict.approved)

    async def look(self) -> int:
        """Run what was approved and is not done yet, and let lapse what nobody decided; return on how many calls.

        To be called every few seconds: what a crash left, and what the store could not do when it was approved.
        """
        seen, cursor = 0, None
        while True:
            page = await self._store.calls(CallFilter(proposals=True), limit=MAX_PAGE, cursor=cursor)
            for state in page.items:
                try:
                    seen += await self._look_at(state)
                except CallCenterError as error:  # erased, or the store is away: seen to the next time
                    _log.warning("actions not looked after", extra={"call_id": state.call_id, "code": error.code})
            cursor = page.next
            if cursor is None:
                return seen

    async def _look_at(self, state: ConversationState) -> bool:
        call_id, now = state.call_id, self._sources.now()
        due = any(deeds.lapsed(proposal, now) for proposal in state.proposals)
        if due:
            await self._conversations.act(call_id, self._lapse, after_end=True)
        approved = deeds.approved_of(state)
        for proposal in approved:
            await self.run(call_id, proposal.id)
        return due or bool(approved)

    def _lapse(self, state: ConversationState, _tickets: Tickets) -> Step:
        step = Step(state=state)
        deeds.lapse(step, self._sources.now())
        return step

    def _check(self, proposal: Proposal, approver: Approver) -> None:
        if approver not in proposal.approvers:
            who = " or ".join(each.value for each in proposal.approvers)
            raise NotAllowed(f"This action can be approved by: {who}.")
        if deeds.lapsed(proposal, self._sources.now()):
            raise ProposalDecided

    async def _history(self, call_id: CallId, proposal_id: ProposalId, *, wanted: Verdict) -> ActionOutcome:
        """Return what became of a proposal that is open no more. Raises ProposalNotFound, ProposalDecided."""
        proposal: Proposal | None = None
        verdict: Verdict | None = None
        result: ActionResult | None = None
        for event in await self._store.events(call_id):
            match event:
                case ActionProposed() if event.proposal.id == proposal_id:
                    proposal = event.proposal
                case ActionDecided() if event.proposal_id == proposal_id:
                    verdict = event.verdict
                case ActionRun() if event.proposal_id == proposal_id:
                    result = event.result
                case _:
                    pass
        if proposal is None:
            raise ProposalNotFound
        if verdict is not wanted:
            raise ProposalDecided
        status = OutcomeStatus.run if result else OutcomeStatus.denied
        return ActionOutcome(call_id=call_id, status=status, proposal=proposal, result=result)


def _open(state: ConversationState, proposal_id: ProposalId) -> Proposal | None:
    return next((each for each in state.proposals if each.id == proposal_id), None)

"""Do what is asked for on the company's data: run actions, once each, and keep in the log what came of them.

What changes something is done under a key (the proposal's id) that the store knows for ever, then told to the log. A
crash between the two is made up for by whoever comes next: the key brings the same result, and the log takes it once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from callcenter.actions import Plan, Request
from callcenter.analysis import MessageAnalysis
from callcenter.calls import ActionResult, CallId, ConversationState, MessageId, Proposal, ProposalId
from callcenter.conversation import deeds
from callcenter.conversation.briefing import Asked
from callcenter.conversation.call_log import CallLog
from callcenter.conversation.deeds import ActionBook
from callcenter.conversation.open_calls import OpenCall
from callcenter.conversation.turn import Step, Tickets
from callcenter.errors import CallCenterError, InvalidRequest
from callcenter.events import CUSTOMER, ActionProposed, ActionRun

_log = logging.getLogger(__name__)


class Doing:
    """Runs actions for the calls of one process."""

    def __init__(
        self, actions: ActionBook, log: CallLog, *, now: Callable[[], datetime], new_id: Callable[[], ProposalId]
    ) -> None:
        """Take the registry, the logs, the clock (aware UTC) and where ids of proposals come from."""
        self.actions = actions
        self._log = log
        self._now = now
        self._new_id = new_id

    def deed(self, state: ConversationState, analysis: MessageAnalysis, text: str) -> deeds.Deed | None:
        """Return what a message means for actions on a call as it was before it."""
        return deeds.deed_of(state, analysis, text, self.actions, self._now())

    async def carry_out(self, call: OpenCall, asked: Asked) -> Step | None:
        """Do what the messages being answered ask for; None where that is nothing, or was done before.

        The caller holds the call's voice. Nothing a customer may ask for raises; where the store is away they are told.
        """
        call_id, turns = asked.turn.call_id, (*asked.earlier, asked.turn)
        async with call.log:
            state = await self._log.load(call_id, call)
        step: Step | None = None
        for proposal in deeds.approved_of(state):
            confirmed = asked.turn.message_id if proposal.decided_by == CUSTOMER else None
            step = await self._finish(call_id, call, proposal, confirmed)
        if step is not None or any(turn.find(ActionRun) or turn.find(ActionProposed) for turn in turns):
            return step
        if deeds.RULES.isdisjoint(turn.routing.decision.rule for turn in turns):
            return None
        request = self.actions.recognise(asked.text, asked.analysis, state)
        if request is None:
            return None
        return await self._take_up(call_id, call, state, request, asked)

    async def run(self, request: Request, state: ConversationState, *, key: str, by_agent: bool) -> ActionResult:
        """Run an action; whatever keeps it from being done is its result. Never raises but for a bad request."""
        caller = deeds.caller_of(state, state.language, by_agent=by_agent)
        try:
            return await self.actions.run(key, state.call_id, request, caller, now=self._now())
        except InvalidRequest:
            raise
        except CallCenterError as error:
            _log.warning("action not run", extra={"call_id": state.call_id, "code": error.code})
            return deeds.unavailable(request, self.actions)

    async def plan(self, request: Request, state: ConversationState, *, by_agent: bool) -> Plan:
        """Return what would come of an action now; likewise. Its request says what was meant."""
        caller = deeds.caller_of(state, state.language, by_agent=by_agent)
        try:
            plan = await self.actions.plan(request, caller, now=self._now())
        except InvalidRequest:
            raise
        except CallCenterError as error:
            _log.warning("action not planned", extra={"call_id": state.call_id, "code": error.code})
            plan = Plan(result=deeds.unavailable(request, self.actions))
        return replace(plan, request=plan.request or request)

    async def outcome(self, proposal: Proposal, state: ConversationState) -> ActionResult:
        """Run what was approved; the same proposal again brings the same result. An agent who approved vouches."""
        request = Request(action=proposal.action, arguments=proposal.arguments)
        return await self.run(request, state, key=proposal.id, by_agent=proposal.decided_by != CUSTOMER)

    async def _take_up(
        self, call_id: CallId, call: OpenCall, state: ConversationState, request: Request, asked: Asked
    ) -> Step:
        """Run a safe action, or propose a sensitive one that could be done."""
        message_id = asked.turn.message_id
        sensitive = self.actions.sensitive(request.action)
        if state.failed_lookups >= deeds.MAX_FAILED_LOOKUPS:
            result = deeds.refused_for_tries(request, self.actions)
        else:
            plan = await self.plan(request, state, by_agent=False)
            request, result = plan.request or request, plan.result
            if plan.changes and not sensitive:
                result = await self.run(request, state, key=f"{call_id}/{message_id}", by_agent=False)

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step = Step(state=state)
            if message_id not in state.unanswered:
                return step
            now, came = self._now(), result
            if sensitive and result.done:
                proposed = deeds.propose(
                    step,
                    request,
                    self.actions,
                    proposal_id=self._new_id(),
                    by=CUSTOMER,
                    message_id=message_id,
                    now=now,
                )
                if proposed is not None:
                    return step
                came = deeds.refused_for_waiting(request, self.actions, state)
            deeds.ran(step, request, came, now=now, message_id=message_id)
            return step

        return await self._log.write(call_id, call, make)

    async def _finish(self, call_id: CallId, call: OpenCall, proposal: Proposal, message_id: MessageId | None) -> Step:
        """Run what was approved and keep what came of it, unless somebody else has."""
        async with call.log:
            state = await self._log.load(call_id, call)
        result = await self.outcome(proposal, state)

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            return deeds.finished(state, proposal, result, now=self._now(), message_id=message_id)

        return await self._log.write(call_id, call, make)

"""Do what is asked for on the company's data: run actions, once each, and keep in the log what came of them.

What changes something is done under a key (the proposal's id) that the store knows for ever, then told to the log. A
crash between the two is made up for by whoever comes next: the key brings the same result, and the log takes it once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from callcenter.actions import Request
from callcenter.actions.registry import Actions
from callcenter.analysis import MessageAnalysis
from callcenter.calls import (
    ActionName,
    ActionResult,
    CallId,
    ConversationState,
    MessageId,
    Mode,
    PersonaType,
    Proposal,
    ProposalId,
)
from callcenter.conversation import deeds
from callcenter.conversation.acting import CALLS_AT_A_TIME
from callcenter.conversation.briefing import Asked
from callcenter.conversation.call_log import CallLog
from callcenter.conversation.open_calls import OpenCall
from callcenter.conversation.turn import Step, Tickets, Turn
from callcenter.errors import CallCenterError, InvalidRequest
from callcenter.events import CUSTOMER, ActionProposed, ActionRun, ToolCalled
from callcenter.llm.prompt import Exchange, ToolCall
from callcenter.llm.tools import InvalidToolCall, all_heard, answer_json, read_arguments

_log = logging.getLogger(__name__)


class Doing:
    """Runs actions for the calls of one process."""

    def __init__(
        self, actions: Actions, log: CallLog, *, now: Callable[[], datetime], new_id: Callable[[], ProposalId]
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
        state = await self._log.read(call_id, call)
        step: Step | None = None
        for proposal in deeds.approved_of(state):
            confirmed = asked.turn.message_id if proposal.decided_by == CUSTOMER else None
            step = await self._finish(call_id, call, proposal, confirmed)
        if step is not None or any(turn.find(ActionRun) or turn.find(ActionProposed) for turn in turns):
            return step
        if deeds.RULES.isdisjoint([turn.routing.decision.rule for turn in turns]):
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

    async def attempt(
        self, request: Request, state: ConversationState, *, key: str, by_agent: bool
    ) -> tuple[Request, ActionResult]:
        """Run a request, unless somebody has to approve it; return what was meant by it, and what came of it.

        Of one that has to be approved: what would come of it now. Likewise.
        """
        caller = deeds.caller_of(state, state.language, by_agent=by_agent)
        try:
            plan = await self.actions.plan(request, caller, now=self._now())
        except InvalidRequest:
            raise
        except CallCenterError as error:
            _log.warning("action not planned", extra={"call_id": state.call_id, "code": error.code})
            return request, deeds.unavailable(request, self.actions)
        meant = plan.request or request
        if plan.changes and not self.actions.sensitive(meant.action):
            return meant, await self.run(meant, state, key=key, by_agent=by_agent)
        return meant, plan.result

    async def outcome(self, proposal: Proposal, state: ConversationState) -> ActionResult:
        """Run what was approved; the same proposal again brings the same result. An agent who approved vouches."""
        request = Request(action=proposal.action, arguments=proposal.arguments)
        return await self.run(request, state, key=proposal.id, by_agent=proposal.decided_by != CUSTOMER)

    async def for_model(  # noqa: PLR0913 (what a wish of a model is judged by)
        self, call: OpenCall, turn: Turn, wanted: ToolCall, said: Sequence[str], *, before: int, persona: PersonaType
    ) -> tuple[Step, Exchange]:
        """Do, propose or refuse an action that a model asks for; return what to note and the answer for the model."""
        state = await self._log.read(turn.call_id, call)
        request, refusal = self._read(wanted, said, before, persona)
        result: ActionResult | None = None
        if request is not None:
            request, result = await self._for_customer(request, state, f"{turn.message_id}/{wanted.id}")
        answers: list[Exchange] = []

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step = Step(state=state)
            if request is None or result is None or state.mode is Mode.human:
                answers.append(_refused(step, turn, wanted, refusal or "a human has the call", self._now()))
                return step
            told = self.note(step, request, result, by=CUSTOMER, message_id=turn.message_id)
            language, receipt = state.language, told.id if isinstance(told, Proposal) else told.receipt
            done = not isinstance(told, Proposal) and told.done
            reason = told.code if isinstance(told, ActionResult) else "waits for approval; nothing is done yet"
            step.add(_tool_called(step, turn, request, granted=done, reason=reason, receipt=receipt, now=self._now()))
            lines = deeds.told(step.events, language)
            text = answer_json(granted=done, reason=reason, receipt=receipt, tell=" ".join(lines))
            answers.append(Exchange(wanted, text))
            return step

        step = await self._log.write(turn.call_id, call, make)
        return step, answers[-1]

    def _read(
        self, wanted: ToolCall, said: Sequence[str], before: int, persona: PersonaType
    ) -> tuple[Request | None, str]:
        """Return what a model's call asks for, or why it is not heard. Reasons hold no values."""
        action = ActionName(wanted.name)
        if before >= CALLS_AT_A_TIME:
            return None, "too many at a time"
        if not self.actions.offered(action, persona):
            return None, "this persona does not offer it"
        try:
            arguments = read_arguments(wanted)
            if not all_heard(arguments, said):
                return None, "the customer did not say so"
            return self.actions.check(Request(action=action, arguments=arguments)), ""
        except InvalidToolCall as invalid:
            return None, str(invalid)
        except InvalidRequest as invalid:
            return None, invalid.message

    def note(  # noqa: PLR0913 (what a wish came to)
        self,
        step: Step,
        request: Request,
        result: ActionResult,
        *,
        by: str,
        message_id: MessageId | None,
        tells: bool = True,
    ) -> Proposal | ActionResult:
        """Add the proposal of what is sensitive and could be done, or else what came of it; return which."""
        now = self._now()
        if self.actions.sensitive(request.action) and result.done:
            proposed = deeds.propose(
                step, request, self.actions, proposal_id=self._new_id(), by=by, message_id=message_id, now=now
            )
            if proposed is not None:
                return proposed
            result = deeds.refused_for_waiting(request, self.actions, step.state)
        deeds.ran(step, request, result, now=now, message_id=message_id, tells=tells)
        return result

    async def _for_customer(self, request: Request, state: ConversationState, key: str) -> tuple[Request, ActionResult]:
        """Do what a customer asks for (`attempt`), unless they asked for too much that is not theirs."""
        if state.failed_lookups >= deeds.MAX_FAILED_LOOKUPS:
            return request, deeds.refused_for_tries(request, self.actions)
        return await self.attempt(request, state, key=f"{state.call_id}/{key}", by_agent=False)

    async def _take_up(
        self, call_id: CallId, call: OpenCall, state: ConversationState, request: Request, asked: Asked
    ) -> Step:
        """Run a safe action, or propose a sensitive one that could be done."""
        message_id = asked.turn.message_id
        meant, result = await self._for_customer(request, state, message_id)

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step = Step(state=state)
            if message_id in state.unanswered:
                self.note(step, meant, result, by=CUSTOMER, message_id=message_id)
            return step

        return await self._log.write(call_id, call, make)

    async def _finish(self, call_id: CallId, call: OpenCall, proposal: Proposal, message_id: MessageId | None) -> Step:
        """Run what was approved and keep what came of it, unless somebody else has."""
        state = await self._log.read(call_id, call)
        result = await self.outcome(proposal, state)

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            return deeds.finished(state, proposal, result, now=self._now(), message_id=message_id)

        return await self._log.write(call_id, call, make)


def _refused(step: Step, turn: Turn, wanted: ToolCall, reason: str, now: datetime) -> Exchange:
    step.add(
        ToolCalled(
            call_id=turn.call_id,
            seq=step.next_seq,
            at=now,
            message_id=turn.message_id,
            tool=wanted.name,
            arguments={},
            granted=False,
            reason=reason,
        )
    )
    return Exchange(wanted, answer_json(granted=False, reason=reason, receipt=None))


def _tool_called(  # noqa: PLR0913 (the event's fields)
    step: Step, turn: Turn, request: Request, *, granted: bool, reason: str, receipt: str | None, now: datetime
) -> ToolCalled:
    return ToolCalled(
        call_id=turn.call_id,
        seq=step.next_seq,
        at=now,
        message_id=turn.message_id,
        tool=request.action.value,
        arguments={name: str(value) for name, value in request.arguments.items()},
        granted=granted,
        reason=reason,
        receipt=receipt,
    )

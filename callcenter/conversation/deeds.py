"""Decide what a message means for actions: it asks for one, confirms one or declines one; and what is told of it. Pure.

A customer's yes counts only right after they were asked: the proposal sets `state.confirming`, the next message clears
it. Its invariant: what changes something runs after `action_decided` alone, and is told of once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from callcenter.actions import Caller, Request
from callcenter.actions.registry import Actions
from callcenter.analysis import MessageAnalysis
from callcenter.calls import (
    MAX_PROPOSALS,
    ActionCode,
    ActionName,
    ActionResult,
    Approver,
    ConversationState,
    Language,
    LocalizedText,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    Proposal,
    ProposalId,
    ProposalStatus,
    Value,
)
from callcenter.conversation.confirming import confirmed
from callcenter.conversation.turn import Step
from callcenter.events import (
    CUSTOMER,
    SYSTEM,
    ActionDecided,
    ActionProposed,
    ActionRun,
    CallEvent,
    Verdict,
)
from callcenter.routing import RoutingDecision, RoutingPolicy, SuggestedAction

LIFETIME: Final = timedelta(hours=24)
"""A proposal that nobody decides for so long lapses: what the customer wanted then may not be what they want now."""
MAX_FAILED_LOOKUPS: Final = 5
"""Whoever names so many orders that are not theirs on one call is told to talk to a human."""

_FILE: Final = Path(__file__).with_name("deeds.toml")


class DeedTexts(Value):
    """What customers are told; {action} stands for what it is about."""

    asks_customer: LocalizedText
    waits_for_agent: LocalizedText
    waits_already: LocalizedText
    too_many_waiting: LocalizedText
    declined: LocalizedText
    denied: LocalizedText
    denied_because: LocalizedText
    expired: LocalizedText
    too_many_tries: LocalizedText
    unavailable: LocalizedText
    delayed: LocalizedText


@cache
def load_texts() -> DeedTexts:
    """Return the packaged texts."""
    return DeedTexts.model_validate(tomllib.loads(_FILE.read_text("utf-8")))


_RULES: Final = {action: f"action.{action}" for action in ActionName}
"""Of routing, where a message asks for an action."""
RULES: Final = frozenset(_RULES.values())


@dataclass(frozen=True, slots=True)
class Wanted:
    """The message asks for an action."""

    request: Request


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The customer says yes to what they were asked."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Declined:
    """They say no to it."""

    proposal: Proposal


Deed = Wanted | Confirmed | Declined


def deed_of(
    state: ConversationState, analysis: MessageAnalysis, text: str, actions: Actions, now: datetime
) -> Deed | None:
    """Return what a message means for actions; `state` as it was before the message. None: nothing."""
    if state.mode is Mode.human:
        return None
    asked = next((each for each in state.proposals if each.id == state.confirming), None)
    if asked is not None and asked.status is ProposalStatus.pending and not lapsed(asked, now):
        yes = confirmed(text, analysis)
        if yes is not None:
            return Confirmed(asked) if yes else Declined(asked)
    request = actions.recognise(text, analysis, state)
    return None if request is None else Wanted(request)


def settled(
    state: ConversationState, decision: RoutingDecision, deed: Deed, actions: Actions, policy: RoutingPolicy
) -> RoutingDecision | None:
    """Return what is left to decide where an action does what the message asks: no ticket, and who may do it speaks.

    None: somebody upset, or who wants a human, gets one; the action is then the human's to do.
    """
    if decision.escalation_needed or decision.transfer_to_human:
        return None
    target = state.current_persona
    if isinstance(deed, Wanted):
        action = deed.request.action
        able = [each for each in (target, *PersonaType) if actions.offered(action, each)]
        if able and state.handoff_count < policy.max_handoffs:
            target = able[0]
        rule = _RULES[action]
    else:
        rule = f"action.{'confirmed' if isinstance(deed, Confirmed) else 'declined'}"
    return decision.altered(
        {
            "target_persona": target,
            "handoff": target is not state.current_persona,
            "priority": PriorityLevel.medium,
            "suggested_action": SuggestedAction.run_action,
            "create_ticket": False,
            "add_to_ticket": None,
            "ticket_category": None,
            "rule": rule,
            "reasoning": f"{decision.reasoning}; an action of ours does what is asked ({rule})",
        }
    )


def caller_of(state: ConversationState, language: Language, *, by_agent: bool = False) -> Caller:
    """Return for whom an action is done on a call."""
    return Caller(
        phone=state.phone if state.verified else None,
        email=state.email if state.verified else None,
        slots=state.slots,
        language=language,
        by_agent=by_agent,
    )


def propose(  # noqa: PLR0913 (what a proposal is made of)
    step: Step,
    request: Request,
    actions: Actions,
    *,
    proposal_id: ProposalId,
    by: str,
    message_id: MessageId | None,
    now: datetime,
) -> Proposal | None:
    """Add the proposal of a sensitive action; None where the same waits already, or too many do."""
    state = step.state
    if waiting(state, request) is not None or len(state.proposals) >= MAX_PROPOSALS:
        return None
    proposal = Proposal(
        id=proposal_id,
        action=request.action,
        arguments=request.arguments,
        summary=actions.summary(request),
        approvers=actions.approvers(request.action),
        proposed_by=by,
        proposed_at=now,
        expires_at=now + LIFETIME,
    )
    step.add(ActionProposed(call_id=state.call_id, seq=step.next_seq, at=now, message_id=message_id, proposal=proposal))
    return proposal


def waiting(state: ConversationState, request: Request) -> Proposal | None:
    """Return the open proposal of the very same thing."""
    same = (request.action, request.arguments)
    return next((each for each in state.proposals if (each.action, each.arguments) == same), None)


def decided(  # noqa: PLR0913 (what a decision is made of)
    step: Step,
    proposal: Proposal,
    verdict: Verdict,
    *,
    by: str,
    now: datetime,
    message_id: MessageId | None = None,
    reason: str | None = None,
) -> None:
    """Add a decision; where no reply or receipt follows, with the line that tells the customer."""
    language, texts = step.state.language, load_texts()
    line = None
    if verdict is Verdict.denied and message_id is None:
        ours = texts.denied_because if reason else texts.denied
        line = texts.declined if by == CUSTOMER else ours
    elif verdict is Verdict.expired:
        line = texts.expired
    step.add(
        ActionDecided(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=now,
            message_id=message_id,
            proposal_id=proposal.id,
            action=proposal.action,
            verdict=verdict,
            decided_by=by,
            reason=reason,
            message=line[language].format(action=proposal.summary[language], reason=reason) if line else None,
        )
    )


def answered(step: Step, deed: Deed, message_id: MessageId, now: datetime) -> None:
    """Add what the customer decided with this message, if they were asked to."""
    match deed:
        case Confirmed(proposal):
            decided(step, proposal, Verdict.approved, by=CUSTOMER, now=now, message_id=message_id)
        case Declined(proposal):
            decided(step, proposal, Verdict.denied, by=CUSTOMER, now=now, message_id=message_id)
        case Wanted():
            pass


def lapsed(proposal: Proposal, now: datetime) -> bool:
    """Whether nobody decided a proposal in time."""
    return proposal.status is ProposalStatus.pending and proposal.expires_at <= now


def lapse(step: Step, now: datetime) -> None:
    """Add that proposals lapsed which nobody decided in time."""
    for proposal in step.state.proposals:
        if lapsed(proposal, now):
            decided(step, proposal, Verdict.expired, by=SYSTEM, now=now)


def ran(  # noqa: PLR0913 (what came of it)
    step: Step,
    request: Request,
    result: ActionResult,
    *,
    now: datetime,
    message_id: MessageId | None = None,
    proposal_id: ProposalId | None = None,
    tells: bool = True,
) -> None:
    """Add what came of an action; where no reply follows, with the line that tells the customer.

    `tells` is false where an agent looked something up: they tell the customer what is of use.
    """
    language = step.state.language
    step.add(
        ActionRun(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=now,
            message_id=message_id,
            proposal_id=proposal_id,
            action=request.action,
            arguments=request.arguments,
            result=result,
            language=language,
            message=result.text[language] if tells and message_id is None else None,
        )
    )


def finished(
    state: ConversationState, proposal: Proposal, result: ActionResult, *, now: datetime, message_id: MessageId | None
) -> Step:
    """Return what came of an approved action, unless the log has it; one that could not be run now waits on."""
    step = Step(state=state)
    if not any(each.id == proposal.id for each in approved_of(state)):
        return step
    request = Request(action=proposal.action, arguments=proposal.arguments)
    if result.code is not ActionCode.unavailable:
        ran(step, request, result, now=now, message_id=message_id, proposal_id=proposal.id)
    elif message_id is not None:
        delayed = _result(ActionCode.unavailable, load_texts().delayed, proposal.summary)
        ran(step, request, delayed, now=now, message_id=message_id)
    return step


def unavailable(request: Request, actions: Actions) -> ActionResult:
    """Return what is told where an action could not be done now."""
    return _result(ActionCode.unavailable, load_texts().unavailable, actions.summary(request))


def refused_for_tries(request: Request, actions: Actions) -> ActionResult:
    """Return what is told to somebody who named too many orders that are not theirs."""
    return _result(ActionCode.not_possible, load_texts().too_many_tries, actions.summary(request))


def refused_for_waiting(request: Request, actions: Actions, state: ConversationState) -> ActionResult:
    """Return what is told where nothing more is proposed."""
    texts = load_texts()
    line = texts.too_many_waiting if waiting(state, request) is None else texts.waits_already
    return _result(ActionCode.not_possible, line, actions.summary(request))


TOLD: Final = (ActionRun, ActionProposed, ActionDecided)
"""Events that a reply may have to tell of; most messages lead to none."""


def told(events: Iterable[CallEvent], language: Language) -> tuple[str, ...]:
    """Return what a reply tells of what was done for its message, in our words."""
    return tuple([line for event in events if isinstance(event, _DONE) and (line := _line(event, language))])


_DONE: Final = (ActionRun, ActionProposed, ActionDecided)
"""The events of actions, which few turns have."""


def _line(event: CallEvent, language: Language) -> str | None:
    texts = load_texts()
    match event:
        case ActionRun(message=None) if event.message_id is not None:
            return event.result.text[language]
        case ActionProposed(proposal=proposal) if event.message_id is not None:
            line = texts.asks_customer if Approver.customer in proposal.approvers else texts.waits_for_agent
            return line[language].format(action=proposal.summary[language])
        case ActionDecided(verdict=Verdict.denied, decided_by=by) if by == CUSTOMER and event.message is None:
            return texts.declined[language]
        case _:
            return None


def _result(code: ActionCode, line: LocalizedText, summary: LocalizedText) -> ActionResult:
    filled = {each.value: line[each].format(action=summary[each]) for each in Language}
    return ActionResult(code=code, text=LocalizedText.model_validate(filled))


def approved_of(state: ConversationState) -> Sequence[Proposal]:
    """Return proposals that are approved and not run yet."""
    return [each for each in state.proposals if each.status is ProposalStatus.approved]

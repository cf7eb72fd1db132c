"""Carry out what a model asks for: the rules judge, we do it or refuse, and the log keeps what came of it. Pure.

The model may ask for four things only (llm/tools.py). What it says about the customer counts only where the customer
said so. Its invariant: whatever a voice passes on, one `tool_called` event tells it, and how it was judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from callcenter.calls import ConversationState, Mode, PriorityLevel, Slots, TicketCategory, ToolName
from callcenter.conversation.turn import Desk, Facts, Step, Tickets, Turn, escalate, handed_off, put_on_ticket
from callcenter.events import HandoffTrigger, ToolCalled
from callcenter.llm.prompt import Exchange, ToolCall
from callcenter.llm.tools import (
    HandOff,
    InvalidToolCall,
    OpenTicket,
    RequestHuman,
    UpdateSlots,
    answer_json,
    grounded,
    read_call,
)
from callcenter.routing import RoutingPolicy, may_hand_off, ticket_of

CALLS_AT_A_TIME: Final = 4
"""A reply needs no more tools at a time; what goes beyond is refused."""
TICKETS_A_CALL: Final = 5
"""A model may not open more: no customer has so many matters at once, and each is somebody's work."""
_NAME_CHARS: Final = 40
"""An unknown tool's name is kept so far."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    granted: bool
    reason: str
    receipt: str | None = None
    slots: Slots | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What tool calls are judged by."""

    turn: Turn
    """The one being answered."""
    said: Sequence[str]
    """The customer's words on this call, as far as they are at hand."""
    policy: RoutingPolicy
    desk: Desk
    now: datetime
    before: int = 0
    """Calls of the same time that were judged already."""


def carry_out(state: ConversationState, tickets: Tickets, call: ToolCall, bench: Bench) -> tuple[Step, Exchange]:
    """Return what a tool call leads to, and the answer for the model."""
    step = Step(state=state)
    try:
        wanted = read_call(call)
    except InvalidToolCall as invalid:
        verdict = _Verdict(granted=False, reason=str(invalid))
        arguments: Mapping[str, str] = {}
        tool: ToolName | str = call.name[:_NAME_CHARS]
    else:
        tool = ToolName(call.name)
        arguments = {name: str(value) for name, value in wanted.model_dump(mode="json").items() if value is not None}
        match wanted:
            case _ if state.mode is Mode.human:
                verdict = _Verdict(granted=False, reason="a human has the call")
            case _ if bench.before >= CALLS_AT_A_TIME:
                verdict = _Verdict(granted=False, reason="too many at a time")
            case OpenTicket():
                verdict = _open_ticket(step, tickets, wanted, bench)
            case UpdateSlots():
                verdict = _update_slots(step, wanted, bench)
            case RequestHuman():
                verdict = _request_human(step, tickets, bench)
            case HandOff():
                verdict = _hand_off(step, wanted, bench)
            case _:
                assert_never(wanted)
    step.add(
        ToolCalled(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=bench.now,
            message_id=bench.turn.message_id,
            tool=tool,
            arguments=dict(arguments),
            granted=verdict.granted,
            reason=verdict.reason,
            receipt=verdict.receipt,
            slots=verdict.slots,
        )
    )
    if verdict.slots is not None:
        _tell_ticket(step, tickets, bench)
    return step, Exchange(call, answer_json(granted=verdict.granted, reason=verdict.reason, receipt=verdict.receipt))


def _open_ticket(step: Step, tickets: Tickets, wanted: OpenTicket, bench: Bench) -> _Verdict:
    known = ticket_of(step.state, wanted.category)
    if known is not None:
        step.take_up(tickets, known)
        return _Verdict(granted=True, reason="the matter has a ticket already", receipt=known)
    if len(step.state.tickets) >= TICKETS_A_CALL:
        return _Verdict(granted=False, reason="the call has as many tickets as a call may have")
    told = grounded(UpdateSlots(description=wanted.description), bench.said).description
    callback = wanted.category is TicketCategory.callback
    least = PriorityLevel.medium if callback else PriorityLevel.high
    facts = _facts(step, bench, ticket=wanted.category, priority=least, text=told)
    put_on_ticket(step, facts, bench.desk, told=False, turns=False)
    assert step.ticket is not None  # noqa: S101 (it has just been opened)
    return _Verdict(granted=True, reason="opened", receipt=step.ticket.number)


def _update_slots(step: Step, wanted: UpdateSlots, bench: Bench) -> _Verdict:
    told = grounded(wanted, bench.said).model_dump(exclude_none=True)
    if not told:
        return _Verdict(granted=False, reason="the customer did not say so")
    known = step.state.slots
    changed = {field: value for field, value in told.items() if getattr(known, field) != value}
    if "description" in changed and known.description is not None:
        del changed["description"]  # the customer's own words are kept already
    if not changed:
        return _Verdict(granted=True, reason="known already")
    return _Verdict(granted=True, reason="noted", slots=known.model_copy(update=changed))


def _request_human(step: Step, tickets: Tickets, bench: Bench) -> _Verdict:
    if step.state.human_requested:
        return _Verdict(granted=True, reason="asked for already", receipt=step.state.ticket)
    known = ticket_of(step.state, TicketCategory.callback)
    facts = _facts(
        step, bench, ticket=None if known else TicketCategory.callback, priority=PriorityLevel.high, human=True
    )
    if known is not None:
        step.take_up(tickets, known)
    escalate(step, facts)
    if known is None:
        put_on_ticket(step, facts, bench.desk, told=False, turns=False)
    return _Verdict(granted=True, reason="asked for", receipt=step.ticket.number if step.ticket else None)


def _hand_off(step: Step, wanted: HandOff, bench: Bench) -> _Verdict:
    held = may_hand_off(step.state, wanted.persona, bench.policy)
    if held is not None:
        return _Verdict(granted=False, reason=held)
    facts = _facts(step, bench, ticket=None, priority=bench.turn.routing.decision.priority)
    step.add(
        handed_off(
            step.state, wanted.persona, bench.desk.personas, bench.now, facts=facts, trigger=HandoffTrigger.model
        )
    )
    return _Verdict(granted=True, reason="handed off", receipt=wanted.persona)


def _tell_ticket(step: Step, tickets: Tickets, bench: Bench) -> None:
    """Put new facts on the ticket of the matter in hand."""
    step.take_up(tickets, step.state.ticket)
    facts = _facts(step, bench, ticket=None, priority=PriorityLevel.low)
    put_on_ticket(step, facts, bench.desk, told=True, turns=False)


def _facts(  # noqa: PLR0913 (what is decided anew)
    step: Step,
    bench: Bench,
    *,
    ticket: TicketCategory | None,
    priority: PriorityLevel,
    human: bool = False,
    text: str | None = None,
) -> Facts:
    """Return the facts of the message being answered, decided anew: a ticket of this category, or none."""
    message, routing = bench.turn.message, bench.turn.routing
    decision = routing.decision.altered(
        {
            "target_persona": step.state.current_persona,
            "create_ticket": ticket is not None,
            "add_to_ticket": None,
            "ticket_category": ticket,
            "priority": priority,
            "escalation_needed": False,
            "transfer_to_human": human,
            "reasoning": "the model asked for it",
        }
    )
    return Facts(
        message_id=bench.turn.message_id,
        text=text or message.message,
        truncated=message.truncated,
        stated_language=message.language,
        analysis=routing.analysis,
        decision=decision,
        services=(),
        now=bench.now,
    )

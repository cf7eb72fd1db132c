"""Turn what a human does with a call's service script into events. Pure; the desk keeps what is decided here."""

from __future__ import annotations

from typing import TypedDict

from callcenter.calls import CallId, ConversationState, MessageId, Mode
from callcenter.conversation.scripting import begin
from callcenter.conversation.turn import Step, manual_handoff
from callcenter.desk.steps import Acting, House
from callcenter.errors import ScriptNotFound
from callcenter.events import ScriptDropped, ScriptStarted, ScriptStep
from callcenter.scripts import Listener, due


class _Head(TypedDict):
    call_id: CallId
    message_id: MessageId | None


def follow(state: ConversationState, who: Acting, house: House, listener: Listener) -> Step:
    """Have a call follow a script in place of another; nothing happens where it follows this one.

    The persona it is for gets the call, unless a human has it.
    """
    step, script = Step(state=state), listener.script
    if state.script is not None and state.script.active:
        if state.script.script_id == script.id:
            return step
        _drop(step, who, reason="replaced")
    if state.mode is Mode.ai and state.current_persona is not script.persona:
        step.add(manual_handoff(step.state, script.persona, house.personas, who.now))
    begun = begin(script, listener, state.opening, state.slots, reason=f"chosen by {who.agent}")
    head = _Head(call_id=state.call_id, message_id=None)
    step.add(
        ScriptStarted(
            **head,
            seq=step.next_seq,
            at=who.now,
            script_id=script.id,
            version=script.version,
            title=script.title,
            total_steps=len(script.steps),
            reason=begun.reason,
        )
    )
    first = due(script, begun, aside=False)
    step.add(
        ScriptStep(
            **head,
            seq=step.next_seq,
            at=who.now,
            script_id=script.id,
            facts=begun.facts,
            asks=first.id if first else None,
        )
    )
    return step


def drop(state: ConversationState, who: Acting) -> Step:
    """Have a call follow its script no further. Raises ScriptNotFound where it follows none."""
    if state.script is None or not state.script.active:
        raise ScriptNotFound
    step = Step(state=state)
    _drop(step, who, reason="agent")
    return step


def _drop(step: Step, who: Acting, *, reason: str) -> None:
    followed = step.state.script
    assert followed is not None  # noqa: S101 (the callers looked)
    step.add(
        ScriptDropped(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=who.now,
            message_id=None,
            script_id=followed.script_id,
            by=who.agent,
            reason=reason,
        )
    )

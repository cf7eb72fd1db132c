"""Decide what a message does with a call's service script: begin one, answer of it, give it up, be done with it. Pure.

`plan` is made before a message's routing is told, so that what was collected is known to intake, and the ticket that a
finished script needs is a part of the decision; `Plan.tell` then puts the events. No script is begun twice on a call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from callcenter.analysis import Act
from callcenter.calls import (
    OPENING_MESSAGES,
    ConversationIntent,
    ConversationState,
    FollowedScript,
    Mode,
    PriorityLevel,
    ScriptFact,
    Slots,
)
from callcenter.events import ScriptCompleted, ScriptDropped, ScriptStarted, ScriptStep
from callcenter.routing import RoutingDecision, RoutingPolicy
from callcenter.scripts import Listener, Match, Said, Scripts, Wish, due, lines, with_facts
from callcenter.tickets.intake import DESCRIPTION_CHARS

if TYPE_CHECKING:
    from callcenter.conversation.turn import Facts, Step

RULES: Final = "rules"
"""Who dropped a script, where nobody did."""
_POLICY: Final = RoutingPolicy()
"""What is a guess to routing is one to scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a message does with the call's script."""

    slots: Slots
    """What is known after the message, with what the script collected."""
    decision: RoutingDecision
    """With the ticket that a finished script needs."""
    begun: Match | None = None
    heard: tuple[ScriptFact, ...] = ()
    step: str | None = None
    """The step that is due."""
    done: bool = False
    dropped: str | None = None
    """Why it is given up."""

    def tell(self, step: Step, facts: Facts) -> None:
        """Put the events of it."""
        if self.begun is not None:
            script = self.begun.script
            step.add(
                ScriptStarted(
                    call_id=step.state.call_id,
                    seq=step.next_seq,
                    at=facts.now,
                    message_id=facts.message_id,
                    script_id=script.id,
                    version=script.version,
                    title=script.title,
                    total_steps=len(script.steps),
                    reason=self.begun.reason,
                )
            )
        followed = step.state.script
        if followed is None or not followed.active:
            return
        head = {
            "call_id": step.state.call_id,
            "at": facts.now,
            "message_id": facts.message_id,
            "script_id": followed.script_id,
        }
        if self.dropped is not None:
            step.add(ScriptDropped.model_validate({**head, "seq": step.next_seq, "by": RULES, "reason": self.dropped}))
            return
        if self.heard or self.step != followed.step:
            step.add(ScriptStep.model_validate({**head, "seq": step.next_seq, "facts": self.heard, "asks": self.step}))
        if self.done:
            step.add(ScriptCompleted.model_validate({**head, "seq": step.next_seq}))


def plan(state: ConversationState, facts: Facts, slots: Slots, scripts: Scripts) -> Plan:
    """Return what a message does with the script of a call as it was before; `slots` are what intake made of it."""
    nothing = Plan(slots=slots, decision=facts.decision)
    followed = state.script
    heard = _POLICY.heard(facts.analysis, has_ticket=state.ticket is not None)
    if followed is None:
        match = _match(state, facts, heard, scripts)
        if match is None:
            return nothing
        begun = scripts.listeners[match.script.id]
        fresh = begin(match, begun, (*state.opening, facts.text), slots)
        return _go_on(state, facts, fresh, begun, nothing, heard, before=())
    if not followed.active:
        return nothing
    listener = scripts.get(followed.script_id)
    if listener is None:
        return replace(nothing, dropped="archived")
    going = _go_on(state, facts, followed, listener, nothing, heard, before=followed.facts)
    if state.mode is Mode.ai and (reason := _ends(state, facts, listener, answered=bool(going.heard))):
        return replace(nothing, dropped=reason)
    return going


def begin(match: Match, listener: Listener, texts: tuple[str, ...], slots: Slots) -> FollowedScript:
    """Return a script as it begins, with what is known already."""
    script = match.script
    return FollowedScript(
        script_id=script.id,
        version=script.version,
        title=script.title,
        total_steps=len(script.steps),
        reason=match.reason,
        facts=listener.remembered(texts, slots),
    )


def _match(state: ConversationState, facts: Facts, heard: ConversationIntent, scripts: Scripts) -> Match | None:
    decision = facts.decision
    unfit = (
        state.mode is Mode.human
        or state.user_message_count + (not facts.heard) > OPENING_MESSAGES
        or state.human_requested
        or state.escalation_count
        or decision.escalation_needed
        or decision.transfer_to_human
        or state.pending_action is not None
        or state.proposals
    )
    if unfit:
        return None
    return scripts.match(
        Wish(
            text=facts.text,
            analysis=facts.analysis,
            heard=heard,
            persona=decision.target_persona,
            services=(*state.interests, *facts.services),
        )
    )


def _go_on(  # noqa: PLR0913, PLR0917 (what a step is made of)
    state: ConversationState,
    facts: Facts,
    followed: FollowedScript,
    listener: Listener,
    nothing: Plan,
    heard: ConversationIntent,
    *,
    before: tuple[ScriptFact, ...],
) -> Plan:
    """Take down what a message answers, and see what is due."""
    script, language = listener.script, facts.decision.language
    slots = nothing.slots
    begins = state.script is None
    asked = followed.asked[-1] if followed.asking and state.mode is Mode.ai else None
    said = Said(
        text=facts.text,
        analysis=facts.analysis,
        heard=heard,
        slots=slots,
        own_words=slots.description != state.slots.description,
    )
    told = listener.hear(followed, said, asked=asked)
    known = with_facts(followed, told)
    new = tuple(fact for fact in known.facts if fact not in before)
    aside = asked is not None and not told
    step = due(script, known, aside=aside)
    decision = facts.decision
    if state.mode is Mode.ai and step is None and not decision.create_ticket and state.ticket is None:
        level = max(decision.priority, PriorityLevel.medium, key=lambda each: each.rank)
        decision = decision.altered(
            {
                "create_ticket": True,
                "ticket_category": script.category,
                "priority": level,
                "reasoning": f"{decision.reasoning}; the script {script.id} is done",
            }
        )
    return Plan(
        slots=_with_lines(slots, script.title[language], lines(script, new, language)),
        decision=decision,
        begun=Match(script, 0, followed.reason) if begins else None,
        heard=new,
        step=step.id if step else None,
        done=step is None and state.mode is Mode.ai,
    )


def _ends(state: ConversationState, facts: Facts, listener: Listener, *, answered: bool) -> str | None:
    """Return why a message gives the script up; None: it goes on."""
    decision = facts.decision
    if decision.escalation_needed:
        return "upset"
    if decision.transfer_to_human:
        return "human_request"
    moved = decision.handoff and decision.target_persona is not listener.script.persona
    if moved or (decision.create_ticket and state.ticket is not None):
        return "other_matter"
    if facts.analysis.does(Act.not_interested) and not answered:
        return "not_interested"
    return None


def _with_lines(slots: Slots, title: str, told: list[str]) -> Slots:
    """Put what a script collected under the customer's own words, a line each; a correction replaces its line."""
    if not told:
        return slots
    labels = tuple(f"{line.partition(': ')[0]}: " for line in told)
    before = slots.description.splitlines() if slots.description else [title]
    text = "\n".join((*(line for line in before if not line.startswith(labels)), *told))
    return slots.altered({"description": text[:DESCRIPTION_CHARS]})

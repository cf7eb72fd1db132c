"""Decide what a message does with a call's service script: begin one, answer of it, give it up, be done with it. Pure.

`plan` is made before a message's routing is told, so that what was collected is known to intake, and the ticket that a
finished script needs is a part of the decision; `Plan.tell` then puts the events. No script is begun twice on a call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from callcenter.analysis import Act, EntityKind, MessageAnalysis
from callcenter.calls import (
    OPENING_MESSAGES,
    ConversationIntent,
    ConversationState,
    FollowedScript,
    Language,
    Mode,
    PersonaType,
    PriorityLevel,
    ScriptFact,
    Slot,
    Slots,
)
from callcenter.events import ScriptCompleted, ScriptDropped, ScriptStarted, ScriptStep
from callcenter.routing import RoutingDecision, RoutingPolicy
from callcenter.scripts import FactKind, Listener, Match, Said, Script, Scripts, Wish, due, lines, with_facts
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
        if followed is None or followed.dropped is not None:
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
        nothing = replace(nothing, decision=_with_persona(state, facts.decision, match))
        begun = scripts.listeners[match.script.id]
        fresh = begin(match.script, begun, (*state.opening, facts.text), slots, reason=match.reason)
        return _go_on(state, facts, fresh, begun, nothing, heard, before=())
    listener = scripts.get(followed.script_id)
    if not followed.active:
        return _after(state, facts, followed, listener, nothing, heard)
    if listener is None:
        return replace(nothing, dropped="archived")
    going = _go_on(state, facts, followed, listener, nothing, heard, before=followed.facts)
    if state.mode is Mode.ai and (reason := _ends(state, facts, listener, answered=bool(going.heard))):
        return replace(nothing, dropped=reason, slots=_own_words_first(slots, listener))
    return going


def answers_script(state: ConversationState, analysis: MessageAnalysis) -> bool:
    """Whether a message answers a script's question rather than ask for an action: "the consultation on Sunday".

    `state` as it was before the message. What names an order, asks something, or clearly wants something done of us,
    does not, nor what follows an action's own question.
    """
    if state.script is None or not state.script.active or not state.script.asking:
        return False
    if state.pending_action is not None or state.confirming is not None:
        return False
    wants = analysis.intent.intent is ConversationIntent.account_request
    return not (
        analysis.question.is_question
        or analysis.entity(EntityKind.order_number) is not None
        or (wants and analysis.intent.confidence >= _POLICY.interrupt_confidence)
    )


def begin(script: Script, listener: Listener, texts: tuple[str, ...], slots: Slots, *, reason: str) -> FollowedScript:
    """Return a script as it begins, with what is known already."""
    return FollowedScript(
        script_id=script.id,
        version=script.version,
        title=script.title,
        total_steps=len(script.steps),
        reason=reason,
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
            persona=None if _anybody(state, decision, heard) else decision.target_persona,
            services=(*state.interests, *facts.services),
        )
    )


def _anybody(state: ConversationState, decision: RoutingDecision, heard: ConversationIntent) -> bool:
    """Whether routing leaves open who answers: reception has the call, and the message tells no intent."""
    at_reception = state.current_persona is decision.target_persona is PersonaType.reception
    return at_reception and heard is ConversationIntent.other and not state.handoff_count


def _with_persona(state: ConversationState, decision: RoutingDecision, match: Match) -> RoutingDecision:
    """Return a decision that gives the call to whom the script is for, where routing left that open."""
    persona = match.script.persona
    if persona is decision.target_persona:
        return decision
    return decision.altered(
        {
            "target_persona": persona,
            "handoff": True,
            "rule": "script",
            "reasoning": f"{state.current_persona} -> {persona}: the script {match.script.id}; {match.reason}",
        }
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
    script = listener.script
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
    slots = _without_account(state, facts, listener, slots, told)
    known = with_facts(followed, told)
    new = tuple(fact for fact in known.facts if fact not in before)
    aside = asked is not None and not told
    step = due(script, known, aside=aside)
    decision = _in_language(state, facts, nothing.decision, listener, (*told, *followed.facts) if begins else told)
    language = decision.language
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


def _after(  # noqa: PLR0913, PLR0917 (likewise)
    state: ConversationState,
    facts: Facts,
    followed: FollowedScript,
    listener: Listener | None,
    nothing: Plan,
    heard: ConversationIntent,
) -> Plan:
    """Take down what comes when a script is done already: how many pages, said behind the summary."""
    if listener is None or not followed.done:
        return nothing
    decision, script = facts.decision, listener.script
    elsewhere = decision.escalation_needed or decision.transfer_to_human or decision.handoff or decision.create_ticket
    if elsewhere or (heard is not ConversationIntent.other and heard not in script.demand.intents):
        return nothing
    said = Said(text=facts.text, analysis=facts.analysis, heard=heard, slots=nothing.slots, own_words=False)
    told = () if said.is_question else listener.hear(followed, said, asked=None)
    decision = _in_language(state, facts, decision, listener, told)
    told_lines = lines(script, told, decision.language)
    slots = _without_account(state, facts, listener, nothing.slots, told)
    slots = _with_lines(slots, script.title[decision.language], told_lines)
    return replace(nothing, heard=told, decision=decision, slots=slots)


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


def _without_account(
    state: ConversationState, facts: Facts, listener: Listener, slots: Slots, told: tuple[ScriptFact, ...]
) -> Slots:
    """Return slots in which an answer to the script is no account of a matter, though it may sound like one."""
    steps = [listener.script.step(fact.step) for fact in told]
    if not told or any(step is not None and step.slot is Slot.description for step in steps):
        return slots
    asked = state.script.asked[-1] if state.script is not None and state.script.asking else None
    if facts.analysis.intent.guessed or any(fact.step == asked for fact in told):
        return slots.altered({"description": state.slots.description})
    return slots


def _in_language(
    state: ConversationState,
    facts: Facts,
    decision: RoutingDecision,
    listener: Listener,
    told: tuple[ScriptFact, ...],
) -> RoutingDecision:
    """Return a decision that takes "in Arabic and English" for an answer, not for a wish to speak Arabic."""
    verdict = facts.analysis.language
    steps = [listener.script.step(fact.step) for fact in told]
    names = any(step is not None and step.kind is FactKind.choice for step in steps)
    if not names or verdict.requested is None or decision.language is state.language:
        return decision
    return decision.altered({"language": state.language, "language_reason": "an answer to the script"})


def _own_words_first(slots: Slots, listener: Listener) -> Slots:
    """Put what a script collected behind the customer's words on another matter, which name the ticket."""
    if slots.description is None:
        return slots
    script = listener.script
    labels = tuple(f"{step.label[language]}: " for step in script.steps for language in Language)
    titles = {script.title[language] for language in Language}
    told = slots.description.splitlines()
    own = [line for line in told if line not in titles and not line.startswith(labels)]
    return slots.altered({"description": "\n".join((*own, *(line for line in told if line not in own)))})


def _with_lines(slots: Slots, title: str, told: list[str]) -> Slots:
    """Put what a script collected under the customer's own words, a line each; a correction replaces its line."""
    if not told:
        return slots
    labels = tuple(f"{line.partition(': ')[0]}: " for line in told)
    before = slots.description.splitlines() if slots.description else [title]
    text = "\n".join((*(line for line in before if not line.startswith(labels)), *told))
    return slots.altered({"description": text[:DESCRIPTION_CHARS]})

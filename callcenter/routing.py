"""Decide who answers a message, how urgent it is, in which language, and whether it becomes a ticket.

Pure: `decide(state, analysis, policy)` reads nothing but its arguments. conversation.py acts on the decision and
tickets/ says what a ticket holds. Invariants, property-tested: a customer who asks for a human gets one; an upset one
is escalated; nobody is passed back and forth without new words of theirs; every decision says why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from callcenter.analysis.models import (
    EntityKind,
    Evidence,
    LanguageKind,
    LanguageVerdict,
    MessageAnalysis,
)
from callcenter.calls import (
    Confidence,
    ConversationIntent,
    ConversationState,
    Language,
    PersonaType,
    PriorityLevel,
    Term,
    TicketCategory,
    TicketNumber,
    TokenUsage,
    Value,
    fresh_call,
)


class SuggestedAction(Term):
    """What the decision asks for next."""

    greet = "greet"
    answer = "answer"
    present_offer = "present_offer"
    collect_complaint_details = "collect_complaint_details"
    troubleshoot = "troubleshoot"
    assign_dedicated_agent = "assign_dedicated_agent"
    transfer_to_human = "transfer_to_human"
    close_call = "close_call"
    run_action = "run_action"
    """An action of ours does what is asked (callcenter/actions)."""


class RoutingPolicy(Value):
    """The bounds of routing; a company may set its own."""

    min_confidence: Confidence = 0.22
    """Below this an intent is a guess: it changes nothing about who speaks."""
    min_learnt_confidence: Confidence = 0.27
    """The same where no cue speaks for the intent, only learnt words."""
    return_confidence: Confidence = 0.45
    """Going back to the persona the customer just came from needs evidence this strong."""
    interrupt_confidence: Confidence = 0.55
    """Leaving a persona in the middle of collecting needs evidence this strong."""
    min_model_confidence: Confidence = 0.6
    """A model less sure of its second opinion than this is not followed."""
    max_handoffs: Annotated[int, Field(ge=1, le=50)] = 6
    """After so many handoffs in one call a human takes over: the routing is not helping."""
    switch_words: Annotated[int, Field(ge=1)] = 3
    """A message of so many words in the other language switches the call to it; a shorter one only if repeated."""

    answer_words: Annotated[int, Field(ge=1)] = 2
    """A fact with so few words beside it, while a ticket is open, only adds to it: "المبلغ 300 ريال" (300 riyals)."""

    def heard(self, analysis: MessageAnalysis, *, has_ticket: bool) -> ConversationIntent:
        """Return the intent a message is taken to have: `other` if the verdict on it is but a guess.

        Learnt words alone also give way to what the message plainly does: to ask for a language, or to give a fact.
        """
        verdict = analysis.intent
        guessed = verdict.guessed
        least = self.min_learnt_confidence if guessed else self.min_confidence
        if verdict.confidence < least:
            return ConversationIntent.other
        if (
            guessed
            and verdict.intent in _TICKET_INTENTS
            and analysis.language.words <= self.answer_words
            and verdict.confidence < self.interrupt_confidence
        ):
            return ConversationIntent.other  # "الموقع" (the website), "ما هي" (what is): too little to complain of
        gives_fact = has_ticket and bool(analysis.entities) and analysis.language.words <= self.answer_words
        if guessed and (gives_fact or analysis.language.requested is not None):
            return ConversationIntent.other
        return verdict.intent


class DoubtReason(Term):
    """Why the rules' verdict on a message is worth a second opinion."""

    low_confidence = "low_confidence"
    """The intent is little more than a guess."""
    contradiction = "contradiction"
    """Intents of different personas are nearly as likely, or the mood speaks against the intent."""


class Winner(Term):
    """Whose verdict a decision rests on."""

    rules = "rules"
    model = "model"


class Opinion(Value):
    """A model's second opinion on a message, and what came of it (opinions.py)."""

    asked_because: DoubtReason
    rules_intent: ConversationIntent
    rules_confidence: Confidence
    intent: ConversationIntent | None
    """The model's; None: it gave none."""
    confidence: Confidence | None
    """How sure the model says it is."""
    winner: Winner
    reason: str
    """Why that one: `model_surer`, `agreed`, `words_not_in_message` ..., or why no opinion came (`llm.Failure`)."""
    usage: TokenUsage | None = None
    """What it took; None: unknown, as after a failure."""


class RoutingDecision(Value):
    """What follows from one message. The first six fields are the wire contract's."""

    target_persona: PersonaType
    priority: PriorityLevel
    suggested_action: SuggestedAction
    create_ticket: bool
    """A ticket of its own is due for this message."""
    escalation_needed: bool
    reasoning: str
    rule: str
    """The rule that decided who speaks; stable, for statistics."""
    matched: tuple[str, ...] = ()
    """The customer's words that the decision rests on."""
    confidence: Confidence
    language: Language
    """The language the reply goes out in."""
    language_reason: str
    handoff: bool = False
    """The persona changes with this message."""
    transfer_to_human: bool = False
    """The customer waits for a human from now on."""
    add_to_ticket: TicketNumber | None = None
    """The message belongs to this ticket."""
    ticket_category: TicketCategory | None = None
    opinion: Opinion | None = None
    """The second opinion on the message's intent; None: none was asked for."""


_Route = tuple[PersonaType | None, PriorityLevel, SuggestedAction]

_ROUTES: Final[dict[ConversationIntent, _Route]] = {
    ConversationIntent.complaint: (
        PersonaType.complaints,
        PriorityLevel.high,
        SuggestedAction.collect_complaint_details,
    ),
    ConversationIntent.technical_support: (PersonaType.complaints, PriorityLevel.high, SuggestedAction.troubleshoot),
    ConversationIntent.sales_interest: (PersonaType.sales, PriorityLevel.medium, SuggestedAction.present_offer),
    ConversationIntent.service_inquiry: (PersonaType.sales, PriorityLevel.medium, SuggestedAction.present_offer),
    ConversationIntent.training_interest: (PersonaType.sales, PriorityLevel.medium, SuggestedAction.present_offer),
    ConversationIntent.account_request: (None, PriorityLevel.medium, SuggestedAction.answer),
    ConversationIntent.information: (None, PriorityLevel.low, SuggestedAction.answer),
    ConversationIntent.greeting: (None, PriorityLevel.low, SuggestedAction.greet),
    ConversationIntent.goodbye: (None, PriorityLevel.low, SuggestedAction.close_call),
    ConversationIntent.other: (None, PriorityLevel.low, SuggestedAction.answer),
    ConversationIntent.human_request: (None, PriorityLevel.high, SuggestedAction.transfer_to_human),
}
"""Intent to persona (None: whoever has the call keeps it), priority and next action: the promises of routing."""

_TICKET_INTENTS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})

_CONTACTS: Final = frozenset({EntityKind.phone, EntityKind.email})

_STATED_CONFIDENCE: Final = 0.8
"""A verdict on the language of a message this sure may switch the call's language by itself."""


def persona_for(intent: ConversationIntent) -> PersonaType | None:
    """Return who answers an intent; None: whoever has the call."""
    return _ROUTES[intent][0]


def decide(
    state: ConversationState,
    analysis: MessageAnalysis,
    policy: RoutingPolicy = RoutingPolicy(),  # noqa: B008 (frozen)
    *,
    hint: Language | None = None,
) -> RoutingDecision:
    """Decide what follows from a message on a call in this state. `hint`: the language the sender's client states."""
    confidence = analysis.intent.confidence
    upset = analysis.sentiment.sentiment.upset
    heard = policy.heard(analysis, has_ticket=state.ticket is not None)
    target, priority, action = _ROUTES[heard]
    wants_human = heard is ConversationIntent.human_request or analysis.intent.also(
        ConversationIntent.human_request, at_least=policy.min_confidence
    )
    rule, why = f"intent.{heard}", f"{heard} ({confidence:.2f})"

    if upset:
        target, priority = PersonaType.complaints, PriorityLevel.urgent
        action = SuggestedAction.assign_dedicated_agent
        rule, why = f"sentiment.{analysis.sentiment.sentiment}", f"customer is {analysis.sentiment.sentiment}"
    elif target is PersonaType.complaints and analysis.urgency.level is PriorityLevel.urgent:
        priority = PriorityLevel.urgent
        why += ", says it is urgent"
    if wants_human:
        action = SuggestedAction.transfer_to_human
        priority = max(priority, PriorityLevel.high, key=lambda level: level.rank)
        if not upset:
            target, rule, why = None, "human_request", "customer asks for a human"

    persona, held = _hold(state, target or state.current_persona, confidence, upset=upset, policy=policy)
    exhausted = held == "handoff_limit" and not state.human_requested
    lead = state.ticket is None and persona is PersonaType.sales and _leaves_contact(analysis)
    if lead:
        priority = max(priority, PriorityLevel.medium, key=lambda level: level.rank)
    ticket_due = upset or wants_human or exhausted or lead or heard in _TICKET_INTENTS
    category = _category(state, analysis, heard, callback=lead or (wants_human and not upset)) if ticket_due else None
    language, language_reason = choose_language(state, analysis.language, policy, hint=hint)
    adds = ticket_of(state, category) if ticket_due or state.asking else None
    return RoutingDecision(
        target_persona=persona,
        priority=priority,
        suggested_action=SuggestedAction.transfer_to_human if exhausted else action,
        create_ticket=ticket_due and adds is None,
        escalation_needed=upset,
        reasoning=_reasoning(state, persona, why, held, analysis),
        rule=held or rule,
        matched=_matched(analysis, upset=upset),
        confidence=analysis.sentiment.confidence if upset else confidence,
        language=language,
        language_reason=language_reason,
        handoff=persona is not state.current_persona,
        transfer_to_human=wants_human or exhausted,
        add_to_ticket=adds,
        ticket_category=category,
    )


def decide_first(analysis: MessageAnalysis, *, hint: Language | None = None) -> RoutingDecision:
    """Decide what a message leads to as the first of a call in its own language, by the policy every company has."""
    spoken = hint or analysis.language.language or next(iter(Language))
    return decide(fresh_call(spoken, _NO_TIME), analysis, hint=hint)


_NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A fresh call's state wants a time; nothing that is decided depends on it."""


def choose_language(  # noqa: PLR0911 (one rule a return, in order of strength)
    state: ConversationState, verdict: LanguageVerdict, policy: RoutingPolicy, *, hint: Language | None = None
) -> tuple[Language, str]:
    """Follow the customer's language with hysteresis: a loan word, a number or a brand name never switches it.

    Returns the language of the reply and why.
    """
    if verdict.requested is not None:
        return verdict.requested, "customer asked for it"
    spoken = verdict.language or hint
    if spoken is None or spoken is state.language:
        return state.language, "unchanged"
    if verdict.language is None or verdict.language is hint:
        return spoken, "client states it"
    if not state.language_stated and state.last_intent is None:
        return spoken, "language of the first message"
    if verdict.words >= policy.switch_words and (
        verdict.kind is not LanguageKind.mixed or verdict.confidence >= _STATED_CONFIDENCE
    ):
        return spoken, f"{verdict.words} words in it"
    if state.other_language_turns >= 1 and verdict.kind is not LanguageKind.mixed:
        return spoken, "second message in it"
    return state.language, "too little to switch"


def _hold(
    state: ConversationState, target: PersonaType, confidence: float, *, upset: bool, policy: RoutingPolicy
) -> tuple[PersonaType, str | None]:
    """Return who speaks, and the rule that kept the call where it is, if one did."""
    current = state.current_persona
    if target is current:
        return target, None
    if state.handoff_count >= policy.max_handoffs:
        return current, "handoff_limit"
    if upset:
        return target, None
    if state.asking and confidence < policy.interrupt_confidence:
        return current, "collecting"
    if target is state.previous_persona and confidence < policy.return_confidence:
        return current, "no_return"
    return target, None


def _leaves_contact(analysis: MessageAnalysis) -> bool:
    """Whether the customer gives a number or address: left with sales it is a lead, and somebody must call back."""
    return not _CONTACTS.isdisjoint([found.kind for found in analysis.entities])


def _category(
    state: ConversationState, analysis: MessageAnalysis, heard: ConversationIntent, *, callback: bool
) -> TicketCategory:
    if callback and heard not in _TICKET_INTENTS:
        return TicketCategory.callback
    if heard is ConversationIntent.technical_support:
        return TicketCategory.technical
    known = state.ticket is not None
    if analysis.category.category is None or _beside_the_matter(analysis, known=known):
        return TicketCategory.general
    return analysis.category.category


def _beside_the_matter(analysis: MessageAnalysis, *, known: bool) -> bool:
    """Whether a category was read where none is told: in "someone in charge", or, the matter known, in mere anger."""
    words = analysis.category.evidence
    if not words:
        return known and analysis.sentiment.sentiment.upset
    wishes = [piece for piece in analysis.intent.evidence if piece.rule.startswith(ConversationIntent.human_request)]
    return all(any(wish.start <= word.start and word.end <= wish.end for wish in wishes) for word in words)


def may_hand_off(state: ConversationState, target: PersonaType, policy: RoutingPolicy) -> str | None:
    """Return the rule that keeps the call where it is when a model asks to hand it off; None: it may.

    Stricter than for a customer's own words: never while facts are collected, nor back where the call came from.
    """
    if target is state.current_persona:
        return "same_persona"
    if state.turns_with_persona == 0:
        return "just_taken_over"
    return _hold(state, target, 0, upset=False, policy=policy)[1]


def ticket_of(state: ConversationState, category: TicketCategory | None) -> TicketNumber | None:
    """Return the ticket a message of this category belongs to; None: it is another matter, or the first."""
    if _same_matter(state, category):
        return state.ticket
    return next((matter.ticket for matter in reversed(state.matters) if matter.category is category), None)


def _same_matter(state: ConversationState, category: TicketCategory | None) -> bool:
    """One ticket per matter: only a message of another, definite category on a finished intake opens a second one."""
    if state.ticket is None:
        return False
    loose = {None, TicketCategory.general, TicketCategory.callback}
    known = state.ticket_category
    if known is TicketCategory.callback:
        return category in loose
    return state.asking or category in loose or known in loose or category is known


def _matched(analysis: MessageAnalysis, *, upset: bool) -> tuple[str, ...]:
    pieces: tuple[Evidence, ...] = analysis.sentiment.evidence if upset else analysis.intent.evidence
    return tuple(dict.fromkeys([piece.text for piece in pieces if piece.weight]))


def _reasoning(
    state: ConversationState, persona: PersonaType, why: str, held: str | None, analysis: MessageAnalysis
) -> str:
    move = f"{persona} keeps the call" if persona is state.current_persona else f"{state.current_persona} -> {persona}"
    words = ", ".join([f"“{word}”" for word in analysis.intent.keywords[:4]])
    return f"{move}: {why}{f' from {words}' if words else ''}{f'; held by {held}' if held else ''}"

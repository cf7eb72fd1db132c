"""Facts to arrange tests with: small real events, analyses and tickets. Plain functions; every argument has a default.

Times count from NOON, a fixed moment, so that tests need no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from callcenter.analysis.models import (
    CategoryVerdict,
    Evidence,
    IntentAnalysis,
    LanguageKind,
    LanguageVerdict,
    MessageAnalysis,
    QuestionVerdict,
    SentimentAnalysisResult,
    UrgencyVerdict,
)
from callcenter.calls import (
    ActionCode,
    ActionName,
    ActionResult,
    Approver,
    CallId,
    Channel,
    ConversationIntent,
    ConversationState,
    HandoffPacket,
    Language,
    LocalizedText,
    MessageId,
    PersonaType,
    PriorityLevel,
    Proposal,
    ProposalId,
    ScriptFact,
    Sentiment,
    Slot,
    Slots,
    SuggestionId,
    TicketCategory,
    TicketNumber,
    ToolName,
)
from callcenter.events import (
    ActionDecided,
    ActionProposed,
    ActionRun,
    AgentMessage,
    AssistantMessage,
    CallClaimed,
    CallEnded,
    CallEvent,
    CallReleased,
    CallStarted,
    CallTransferred,
    CsatAsked,
    CsatGiven,
    Disposition,
    Escalation,
    Greeting,
    Handoff,
    HandoffTrigger,
    InternalNote,
    Outcome,
    ReleaseReason,
    Routing,
    ScriptCompleted,
    ScriptDropped,
    ScriptStarted,
    ScriptStep,
    SuggestionUsed,
    SuggestionVerdict,
    TicketCreated,
    TicketUpdated,
    ToolCalled,
    TransferRequested,
    UserMessage,
    Verdict,
    WrapUp,
    fold,
)
from callcenter.routing import RoutingDecision, SuggestedAction
from callcenter.store import Append
from callcenter.tickets import Ticket, open_ticket

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

CALL = CallId("CALL-1")

MESSAGE = MessageId("m-1")

GREETING = "أهلاً بك، معك أحمد. كيف أستطيع مساعدتك؟"

COMPLAINT = "الموقع الذي سلمتموه لا يعمل منذ أمس"

TICKET = TicketNumber("TKT-00000001")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def call_started(
    call_id: str = CALL,
    *,
    seq: int = 1,
    at: datetime = NOON,
    customer_name: str | None = "علي",
    language: Language = Language.ar,
    channel: Channel = Channel.web,
    persona: PersonaType = PersonaType.reception,
    phone: str | None = None,
) -> CallStarted:
    return CallStarted(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        customer_name=customer_name,
        language=language,
        language_stated=True,
        channel=channel,
        persona=persona,
        phone=phone,
    )


def greeting(
    call_id: str = CALL,
    *,
    seq: int = 2,
    at: datetime = NOON,
    message: str = GREETING,
    persona: PersonaType = PersonaType.reception,
    language: Language = Language.ar,
) -> Greeting:
    return Greeting(call_id=CallId(call_id), seq=seq, at=at, message=message, persona=persona, language=language)


def user_message(
    call_id: str = CALL,
    *,
    seq: int = 3,
    at: datetime = NOON,
    message_id: str = MESSAGE,
    message: str = COMPLAINT,
) -> UserMessage:
    return UserMessage(call_id=CallId(call_id), seq=seq, at=at, message_id=MessageId(message_id), message=message)


def analysis(
    message: str = COMPLAINT,
    *,
    intent: ConversationIntent = ConversationIntent.technical_support,
    sentiment: Sentiment = Sentiment.negative,
    language: Language = Language.ar,
    cue: str = "لا يعمل",
) -> MessageAnalysis:
    """Return what an analyzer could say about `message`; the cue counts as evidence where the message holds it."""
    start = message.find(cue)
    evidence = (
        (Evidence(start=start, end=start + len(cue), text=cue, cue=cue, rule=f"{intent}.cue", weight=2.0),)
        if start >= 0
        else ()
    )
    return MessageAnalysis(
        language=LanguageVerdict(
            language=language,
            kind=LanguageKind(language.value),
            confidence=0.99,
            arabic_share=1.0 if language.rtl else 0.0,
            words=len(message.split()),
            reasoning="letters of one script",
        ),
        intent=IntentAnalysis(
            intent=intent,
            confidence=0.9,
            keywords=tuple(each.text for each in evidence),
            language=language,
            reasoning="a cue of the lexicon",
            evidence=evidence,
        ),
        sentiment=SentimentAnalysisResult(
            sentiment=sentiment,
            confidence=0.8,
            emotion_indicators=tuple(each.text for each in evidence),
            reasoning="a cue of the lexicon",
            score=sentiment.valence / 3,
            evidence=evidence,
        ),
        urgency=UrgencyVerdict(level=PriorityLevel.medium, confidence=0.5),
        question=QuestionVerdict(is_question=False, confidence=0.9),
        category=CategoryVerdict(category=TicketCategory.technical, confidence=0.7),
    )


def decision(
    *,
    target: PersonaType = PersonaType.complaints,
    priority: PriorityLevel = PriorityLevel.high,
    action: SuggestedAction = SuggestedAction.troubleshoot,
    language: Language = Language.ar,
    create_ticket: bool = True,
    escalation_needed: bool = False,
    handoff: bool = True,
) -> RoutingDecision:
    return RoutingDecision(
        target_persona=target,
        priority=priority,
        suggested_action=action,
        create_ticket=create_ticket,
        escalation_needed=escalation_needed,
        reasoning=f"reception -> {target}: technical_support (0.90) from “لا يعمل”",
        rule="intent.technical_support",
        matched=("لا يعمل",),
        confidence=0.9,
        language=language,
        language_reason="unchanged",
        handoff=handoff,
        ticket_category=TicketCategory.technical if create_ticket else None,
    )


def routing(
    call_id: str = CALL,
    *,
    seq: int = 4,
    at: datetime = NOON,
    message_id: str = MESSAGE,
    said: MessageAnalysis | None = None,
    decided: RoutingDecision | None = None,
    slots: Slots = Slots(order_number="0074", description=COMPLAINT),  # noqa: B008 (frozen)
) -> Routing:
    return Routing(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id),
        analysis=said or analysis(),
        decision=decided or decision(),
        slots=slots,
    )


def handoff(
    call_id: str = CALL,
    *,
    seq: int = 5,
    at: datetime = NOON,
    message_id: str | None = MESSAGE,
    from_persona: PersonaType = PersonaType.reception,
    to_persona: PersonaType = PersonaType.complaints,
) -> Handoff:
    return Handoff(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id) if message_id else None,
        from_persona=from_persona,
        to_persona=to_persona,
        trigger=HandoffTrigger.routing if message_id else HandoffTrigger.manual,
        message="سأحوّلك إلى محمد من قسم الشكاوى.",
        packet=HandoffPacket(
            reason="technical_support",
            language=Language.ar,
            slots=Slots(),
            sentiment_trend=(Sentiment.negative,),
            summary=LocalizedText(ar="موقع العميل لا يعمل.", en="The customer's site is down."),
        ),
    )


def escalation(call_id: str = CALL, *, seq: int = 6, at: datetime = NOON, message_id: str = MESSAGE) -> Escalation:
    return Escalation(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id),
        priority=PriorityLevel.urgent,
        sentiment=Sentiment.angry,
        reason="customer is angry",
    )


def transfer_requested(
    call_id: str = CALL, *, seq: int = 7, at: datetime = NOON, message_id: str = MESSAGE
) -> TransferRequested:
    return TransferRequested(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id),
        priority=PriorityLevel.high,
        reason="customer asks for a human",
    )


def ticket(
    number: str = TICKET,
    *,
    call_id: str = CALL,
    category: TicketCategory = TicketCategory.technical,
    priority: PriorityLevel = PriorityLevel.high,
    slots: Slots = Slots(order_number="0074", phone="+966501234567", amount="120.00 SAR"),  # noqa: B008 (frozen)
    words: str = COMPLAINT,
    at: datetime = NOON,
) -> Ticket:
    return open_ticket(
        number=TicketNumber(number),
        call_id=CallId(call_id),
        category=category,
        priority=priority,
        slots=slots,
        words=words,
        language=Language.ar,
        persona=PersonaType.complaints,
        escalated=False,
        now=at,
        respond_within=timedelta(hours=4),
    )


def ticket_created(
    call_id: str = CALL,
    *,
    seq: int = 6,
    at: datetime = NOON,
    message_id: str = MESSAGE,
    opened: Ticket | None = None,
) -> TicketCreated:
    return TicketCreated(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id),
        ticket=opened or ticket(call_id=call_id, at=at),
    )


def ticket_updated(changed: Ticket, *, seq: int, at: datetime = NOON, message_id: str = MESSAGE) -> TicketUpdated:
    return TicketUpdated(call_id=changed.call_id, seq=seq, at=at, message_id=MessageId(message_id), ticket=changed)


def tool_called(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    message_id: str = MESSAGE,
    tool: ToolName = ToolName.update_slots,
    slots: Slots | None = None,
) -> ToolCalled:
    return ToolCalled(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id),
        tool=tool,
        arguments={"order_number": "0074"},
        granted=True,
        reason="stands in the customer's words",
        slots=slots,
    )


def proposal(
    proposal_id: str = "P-1", *, action: ActionName = ActionName.cancel_order, proposed_by: str = "customer"
) -> Proposal:
    return Proposal(
        id=ProposalId(proposal_id),
        action=action,
        arguments={"order_number": "ORD1001"},
        summary=LocalizedText(ar="إلغاء الطلب ORD1001", en="Cancel order ORD1001"),
        approvers=(Approver.agent,),
        proposed_by=proposed_by,
        proposed_at=NOON,
        expires_at=after(86_400),
    )


def action_proposed(
    call_id: str = CALL, *, seq: int, at: datetime = NOON, message_id: str | None = MESSAGE, of: Proposal | None = None
) -> ActionProposed:
    return ActionProposed(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id) if message_id else None,
        proposal=of or proposal(),
    )


def action_decided(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    verdict: Verdict = Verdict.approved,
    decided_by: str = "mona@company.example",
    message: str | None = None,
) -> ActionDecided:
    return ActionDecided(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=None,
        proposal_id=ProposalId("P-1"),
        action=ActionName.cancel_order,
        verdict=verdict,
        decided_by=decided_by,
        message=message,
    )


def action_run(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    code: ActionCode = ActionCode.done,
    missing: tuple[str, ...] = (),
    proposal_id: str | None = "P-1",
    message: str | None = "أُلغي الطلب ORD1001.",
) -> ActionRun:
    return ActionRun(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=None,
        proposal_id=ProposalId(proposal_id) if proposal_id else None,
        action=ActionName.cancel_order,
        arguments={"order_number": "ORD1001"},
        result=ActionResult(
            code=code,
            text=LocalizedText(ar="أُلغي الطلب ORD1001.", en="Order ORD1001 is cancelled."),
            receipt="RCP-1" if code is ActionCode.done else None,
            missing=missing,
        ),
        language=Language.ar,
        message=message,
    )


def assistant_message(
    call_id: str = CALL,
    *,
    seq: int = 5,
    at: datetime = NOON,
    message_id: str = MESSAGE,
    message: str = "أعتذر عن ذلك. ما رقم الطلب؟",
    persona: PersonaType = PersonaType.complaints,
    language: Language = Language.ar,
    asks: Slot | None = None,
) -> AssistantMessage:
    return AssistantMessage(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id),
        message=message,
        persona=persona,
        language=language,
        voice="offline",
        asks=asks,
    )


def call_claimed(
    call_id: str = CALL, *, seq: int, at: datetime = NOON, agent: str = "mona@company.example"
) -> CallClaimed:
    return CallClaimed(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        agent=agent,
        agent_name="منى",
        from_queue=PersonaType.complaints,
        message="انضمت إليك منى.",
    )


def agent_message(call_id: str = CALL, *, seq: int, at: datetime = NOON, message: str = "معك منى.") -> AgentMessage:
    return AgentMessage(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        agent="mona@company.example",
        agent_name="منى",
        message=message,
        language=Language.ar,
    )


def internal_note(
    call_id: str = CALL, *, seq: int, at: datetime = NOON, note: str = "customer is right"
) -> InternalNote:
    return InternalNote(
        call_id=CallId(call_id), seq=seq, at=at, agent="mona@company.example", agent_name="منى", note=note
    )


def call_transferred(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    to_agent: str | None = None,
    to_queue: PersonaType | None = None,
    to_persona: PersonaType | None = None,
) -> CallTransferred:
    return CallTransferred(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        agent="mona@company.example",
        agent_name="منى",
        to_agent=to_agent,
        to_agent_name="عمر" if to_agent else None,
        to_queue=to_queue,
        to_persona=to_persona,
        packet=handoff().packet,
        message="سيتابع معك زميل آخر.",
    )


def call_released(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    to_persona: PersonaType = PersonaType.complaints,
    reason: ReleaseReason = ReleaseReason.released,
    waits: bool = False,
) -> CallReleased:
    return CallReleased(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        agent="mona@company.example",
        agent_name="منى",
        to_persona=to_persona,
        reason=reason,
        waits=waits,
        message="معك محمد من جديد.",
    )


def suggestion_used(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    verdict: SuggestionVerdict = SuggestionVerdict.edited,
    similarity: float | None = 0.75,
    seconds: float = 4.5,
    agent: str = "mona@company.example",
) -> SuggestionUsed:
    return SuggestionUsed(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        agent=agent,
        agent_name="منى",
        suggestion_id=SuggestionId("S-1"),
        verdict=verdict,
        voice="offline",
        similarity=similarity,
        sources=("cancellation",),
        seconds=seconds,
    )


def script_started(
    call_id: str = CALL, *, seq: int, at: datetime = NOON, message_id: str | None = MESSAGE
) -> ScriptStarted:
    return ScriptStarted(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MessageId(message_id) if message_id else None,
        script_id="website-brief",
        version=0,
        title=LocalizedText(ar="طلب موقع جديد", en="New website brief"),
        total_steps=6,
        reason="phrases “أريد موقعاً”; intent sales_interest",
    )


def script_step(
    call_id: str = CALL, *, seq: int, at: datetime = NOON, asks: str | None = "pages", value: str | None = "store"
) -> ScriptStep:
    return ScriptStep(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MESSAGE,
        script_id="website-brief",
        facts=(ScriptFact(step="site-kind", value=value),),
        asks=asks,
    )


def script_completed(call_id: str = CALL, *, seq: int, at: datetime = NOON) -> ScriptCompleted:
    return ScriptCompleted(call_id=CallId(call_id), seq=seq, at=at, message_id=MESSAGE, script_id="website-brief")


def script_dropped(call_id: str = CALL, *, seq: int, at: datetime = NOON, by: str = "rules") -> ScriptDropped:
    return ScriptDropped(
        call_id=CallId(call_id), seq=seq, at=at, message_id=MESSAGE, script_id="website-brief", by=by, reason="upset"
    )


def csat_asked(call_id: str = CALL, *, seq: int, at: datetime = NOON, message: str | None = None) -> CsatAsked:
    return CsatAsked(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=None if message else MESSAGE,
        language=Language.ar,
        persona=PersonaType.reception,
        message=message,
    )


def csat_given(
    call_id: str = CALL,
    *,
    seq: int,
    at: datetime = NOON,
    score: int = 4,
    comment: str | None = None,
    given_by: str = "customer",
) -> CsatGiven:
    return CsatGiven(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        message_id=MESSAGE if given_by == "customer" else None,
        score=score,
        comment=comment,
        given_by=given_by,
    )


def wrap_up(call_id: str = CALL, *, seq: int, at: datetime = NOON) -> WrapUp:
    return WrapUp(
        call_id=CallId(call_id),
        seq=seq,
        at=at,
        agent="mona@company.example",
        agent_name="منى",
        disposition=Disposition.resolved,
        note="paid back",
    )


def call_ended(call_id: str = CALL, *, seq: int, at: datetime = NOON, outcome: Outcome = Outcome.resolved) -> CallEnded:
    return CallEnded(call_id=CallId(call_id), seq=seq, at=at, outcome=outcome, reason="customer said goodbye")


def state_of(*events: CallEvent) -> ConversationState:
    """Return the state of a call whose whole log is given."""
    state = fold(events)
    assert state is not None
    return state


def opening(call_id: str = CALL, **facts: object) -> Append:
    """Return the step that starts a call and greets; `facts` go to `call_started`."""
    start: Callable[..., CallStarted] = call_started
    started = start(call_id, **facts)
    events = (started, greeting(call_id, at=started.at, persona=started.persona, language=started.language))
    return Append(call_id=CallId(call_id), expected_seq=0, events=events, state=state_of(*events))


def following(
    before: ConversationState,
    *events: CallEvent,
    opened: tuple[Ticket, ...] = (),
    changed: tuple[Ticket, ...] = (),
) -> Append:
    """Return the step that puts `events` after a state; their seq is set to follow it."""
    placed = tuple(
        event.model_copy(update={"seq": before.seq + count, "call_id": before.call_id})
        for count, event in enumerate(events, start=1)
    )
    state = fold(placed, before)
    assert state is not None
    return Append(
        call_id=before.call_id,
        expected_seq=before.seq,
        events=placed,
        state=state,
        opened=opened,
        changed=changed,
    )

"""Fold the log of a call into its state. The state that a store keeps is only a cache of this fold.

`evolve` takes one event, `fold` a whole log; both refuse an event that does not follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor
from typing import Final, assert_never

from callcenter.analysis.models import LanguageVerdict, MessageAnalysis
from callcenter.calls import (
    OPENING_CHARS,
    OPENING_MESSAGES,
    REPLIES_KNOWN,
    TREND_LENGTH,
    ActionCode,
    ActionName,
    Approver,
    ConversationIntent,
    ConversationState,
    FollowedScript,
    Language,
    LastAction,
    Matter,
    Mode,
    PendingAction,
    PersonaType,
    PriorityLevel,
    ProposalStatus,
    Sentiment,
    Slots,
)
from callcenter.events.action_kinds import ActionDecided, ActionProposed, ActionRun, Verdict
from callcenter.events.agent_kinds import (
    AgentMessage,
    CallClaimed,
    CallReleased,
    CallTransferred,
    InternalNote,
    ReleaseReason,
    SuggestionUsed,
    WrapUp,
)
from callcenter.events.kinds import (
    AssistantMessage,
    CallEnded,
    CallEvent,
    CallStarted,
    Escalation,
    Greeting,
    Handoff,
    Routing,
    TicketCreated,
    TicketUpdated,
    ToolCalled,
    TransferRequested,
    UserMessage,
)
from callcenter.events.rating_kinds import CsatAsked, CsatGiven
from callcenter.events.script_kinds import ScriptCompleted, ScriptDropped, ScriptStarted, ScriptStep

RATING_TURNS: Final = 2
"""A score is looked for in so many messages: "excellent!", then "5"."""
_CHAT: Final = frozenset({ConversationIntent.goodbye, ConversationIntent.greeting, ConversationIntent.other})
"""A message about anything else is no word on the score any more."""
_NEWEST_WEIGHT: Final = 0.5
"""Each message back counts half of the next: one calm word does not undo anger, three do."""
_BY_VALENCE: Final = {sentiment.valence: sentiment for sentiment in Sentiment}

_OF_STOCK: Final = frozenset({ActionName.look_up_catalogue, ActionName.estimate_credit})
"""Of these nothing is anybody's: to find nothing is no try at what is somebody else's."""

_NOT_WAITING: Final[dict[str, object]] = {"waiting_since": None, "waiting_priority": None, "waiting_queue": None}
_NOBODY: Final[dict[str, object]] = {"mode": Mode.ai, "agent": None, "agent_name": None, "claimed_at": None}


def evolve(  # noqa: C901, PLR0912, PLR0915 (one flat case an event)
    state: ConversationState | None, event: CallEvent
) -> ConversationState:
    """Fold one event into the state of its call. The first event must be `call_started`, `seq` must follow."""
    if isinstance(event, CallStarted):
        return _started(event)
    if state is None or event.seq != state.seq + 1:
        raise ValueError(f"{event.event} {event.seq} can't follow {state and state.seq}")
    changed: dict[str, object] = {
        "seq": event.seq,
        "updated_at": event.at,
        "conversation_duration_seconds": (event.at - state.started_at).total_seconds(),
    }
    match event:
        case UserMessage():  # what every turn has comes first
            changed |= {
                "message_count": state.message_count + 1,
                "user_message_count": state.user_message_count + 1,
                "turns_with_persona": state.turns_with_persona + 1,
            }
            if state.user_message_count <= OPENING_MESSAGES:
                changed["opening"] = _opening(state, event)
            waits = "unanswered" if state.mode is Mode.ai else "unheard"
            changed[waits] = (*getattr(state, waits), event.message_id)
        case Routing():
            changed |= _routed(state, event)
        case AssistantMessage():
            changed |= _answered(state, event)
        case Greeting():
            changed |= {"message_count": state.message_count + 1}
        case Handoff():
            changed |= {
                "previous_persona": event.from_persona,
                "current_persona": event.to_persona,
                "personas_used": tuple(dict.fromkeys((*state.personas_used, event.to_persona))),
                "handoff_count": state.handoff_count + 1,
                "turns_with_persona": 0,
                "collecting": False,
            }
        case Escalation():
            changed |= {"escalation_count": state.escalation_count + 1}
        case TransferRequested():
            changed |= {"human_requested": True}
            if state.mode is Mode.ai:
                changed |= {
                    "waiting_since": event.at,
                    "waiting_priority": event.priority,
                    "waiting_queue": state.current_persona,
                }
        case TicketCreated(ticket=ticket) | TicketUpdated(ticket=ticket):
            changed |= {
                "ticket": ticket.number,
                "ticket_category": ticket.category,
                "tickets": tuple(dict.fromkeys((*state.tickets, ticket.number))),
                "matters": (
                    *(matter for matter in state.matters if matter.ticket != ticket.number),
                    Matter(ticket=ticket.number, category=ticket.category),
                ),
            }
        case ToolCalled():
            if event.slots is not None:
                changed |= {"slots": event.slots}
        case ScriptStarted() | ScriptStep() | ScriptCompleted() | ScriptDropped():
            changed["script"] = _scripted(state.script, event)
        case ActionProposed():
            asks = event.message_id is not None and Approver.customer in event.proposal.approvers
            changed |= {
                "proposals": (*state.proposals, event.proposal),
                "confirming": event.proposal.id if asks else None,
                "pending_action": None,
            }
        case ActionDecided():
            changed |= _decided(state, event)
        case ActionRun():
            changed |= _ran(state, event)
        case CallClaimed():
            changed |= _NOT_WAITING | {
                "mode": Mode.human,
                "agent": event.agent,
                "agent_name": event.agent_name,
                "claimed_at": event.at,
                "unanswered": (),  # theirs to answer
                "unheard": (*state.unanswered, *state.unheard),
                "collecting": False,
            }
        case AgentMessage():
            changed |= {"message_count": state.message_count + 1, "unheard": ()}
            if state.script is not None:
                changed["script"] = _asked(state.script, None)  # what comes next answers the agent
            if event.reply_id is not None:
                changed["agent_replies"] = (*state.agent_replies, event.reply_id)[-REPLIES_KNOWN:]
        case CallTransferred():
            changed |= _transferred(state, event)
        case CallReleased():
            changed |= _nobody(state) | _with(state, event.to_persona)
            if event.reason is ReleaseReason.released:
                changed["human_requested"] = False
            if event.waits:
                changed |= {
                    "human_requested": True,
                    "waiting_since": event.at,
                    "waiting_priority": PriorityLevel.urgent,  # they had somebody already
                    "waiting_queue": event.to_persona,
                }
        case InternalNote() | SuggestionUsed() | WrapUp():
            pass
        case CsatAsked():
            changed |= {
                "rating_asked": True,
                "rating_turns": RATING_TURNS,
                "message_count": state.message_count + (event.message is not None),
            }
        case CsatGiven():
            changed |= {
                "satisfaction": event.score,
                "satisfaction_comment": event.comment,
                "ratings": state.ratings + 1,
                "rating_turns": 0 if state.ratings else 1,  # corrected once
            }
        case CallEnded():
            changed |= _NOT_WAITING
            changed |= {"ended_at": event.at, "outcome": event.outcome.value}
            if event.satisfaction is not None:
                changed |= {"satisfaction": event.satisfaction, "ratings": state.ratings + 1}
        case _:
            assert_never(event)
    return state.altered(changed)


def fold(events: Iterable[CallEvent], state: ConversationState | None = None) -> ConversationState | None:
    """Fold a log, or the rest of one, into the state of its call; None for an empty log."""
    for event in events:
        state = evolve(state, event)
    return state


def overall_sentiment(trend: tuple[Sentiment, ...]) -> Sentiment:
    """Weigh the last messages, the newest most, and name the class nearest to the mean valence."""
    if not trend:
        return Sentiment.neutral
    total = weights = 0.0
    for sentiment in trend:
        total = total * _NEWEST_WEIGHT + sentiment.valence
        weights = weights * _NEWEST_WEIGHT + 1
    # Valences are whole numbers; between two, the kinder class.
    return _BY_VALENCE[floor(total / weights + 0.5)]


def _opening(state: ConversationState, event: UserMessage) -> tuple[str, ...]:
    """Remember the first messages, and forget them with the one that follows."""
    if state.user_message_count >= OPENING_MESSAGES:
        return ()
    return (*state.opening, event.message[:OPENING_CHARS])


def _scripted(
    script: FollowedScript | None, event: ScriptStarted | ScriptStep | ScriptCompleted | ScriptDropped
) -> FollowedScript | None:
    if isinstance(event, ScriptStarted):
        return FollowedScript(
            script_id=event.script_id,
            version=event.version,
            title=event.title,
            total_steps=event.total_steps,
            reason=event.reason,
        )
    if script is None:  # a log begins with what starts one
        return None
    match event:
        case ScriptStep():
            new = {fact.step for fact in event.facts}
            facts = (*(fact for fact in script.facts if fact.step not in new), *event.facts)
            return script.altered({"facts": facts, "step": event.asks})
        case ScriptCompleted():
            return script.altered({"done": True, "step": None})
        case ScriptDropped():
            return script.altered({"dropped": event.reason, "step": None})


def _asked(script: FollowedScript, step: str | None) -> FollowedScript:
    """Note what a reply asked of a script, if it did."""
    if step is None:
        return script.altered({"asking": False}) if script.asking else script
    return script.altered({"asking": True, "asked": (*script.asked, step)})


def _started(event: CallStarted) -> ConversationState:
    return ConversationState(
        call_id=event.call_id,
        customer_name=event.customer_name,
        language=event.language,
        language_stated=event.language_stated,
        current_persona=event.persona,
        personas_used=(event.persona,),
        channel=event.channel,
        seq=event.seq,
        started_at=event.at,
        updated_at=event.at,
        slots=Slots(name=event.customer_name, phone=event.phone, email=event.email),
        phone=event.phone,
        email=event.email,
        verified=event.verified,
    )


def _routed(state: ConversationState, event: Routing) -> dict[str, object]:
    trend = (*state.sentiment_trend, event.analysis.sentiment.sentiment)[-TREND_LENGTH:]
    language = event.decision.language
    verdict = event.analysis.language
    return {
        "last_intent": event.analysis.intent.intent,
        "sentiment_trend": trend,
        "overall_sentiment": overall_sentiment(trend),
        "language": language,
        "language_stated": state.language_stated or verdict.requested is not None,
        "other_language_turns": _other_turns(state, verdict, language),
        "slots": event.slots,
        "interests": event.interests,
        "rating_turns": max(0, state.rating_turns - 1) if _is_chat(event.analysis) else 0,
        "confirming": None,
    }


def _is_chat(analysis: MessageAnalysis) -> bool:
    return analysis.intent.intent in _CHAT and not analysis.question.is_question


def _other_turns(state: ConversationState, verdict: LanguageVerdict, language: Language) -> int:
    if verdict.language is None:
        return state.other_language_turns if language is state.language else 0
    return state.other_language_turns + 1 if verdict.language is not language else 0


def _nobody(state: ConversationState) -> dict[str, object]:
    """Return what changes when no human has the call any more: what they left unanswered is a persona's to answer."""
    return _NOBODY | {"unanswered": state.unheard, "unheard": ()}


def _with(state: ConversationState, persona: PersonaType) -> dict[str, object]:
    """Return what changes when the desk gives a call to a persona."""
    if persona is state.current_persona:
        return {}
    return {
        "previous_persona": state.current_persona,
        "current_persona": persona,
        "personas_used": tuple(dict.fromkeys((*state.personas_used, persona))),
        "turns_with_persona": 0,
    }


def _transferred(state: ConversationState, event: CallTransferred) -> dict[str, object]:
    if event.to_agent is not None:
        return {"agent": event.to_agent, "agent_name": event.to_agent_name, "claimed_at": event.at}
    if event.to_persona is not None:
        return _nobody(state) | _with(state, event.to_persona) | {"human_requested": False}
    return _nobody(state) | {
        "human_requested": True,
        "waiting_since": event.at,
        "waiting_priority": event.priority,
        "waiting_queue": event.to_queue,
    }


def _decided(state: ConversationState, event: ActionDecided) -> dict[str, object]:
    if event.verdict is Verdict.approved:
        approved = {"status": ProposalStatus.approved, "decided_by": event.decided_by}
        left = [each.altered(approved) if each.id == event.proposal_id else each for each in state.proposals]
    else:
        left = [each for each in state.proposals if each.id != event.proposal_id]
    return {"proposals": tuple(left), "message_count": state.message_count + (event.message is not None)}


def _ran(state: ConversationState, event: ActionRun) -> dict[str, object]:
    result, of_stock = event.result, event.action in _OF_STOCK
    asked_for = None
    if result.code is ActionCode.incomplete:
        asked_for = PendingAction(
            action=event.action, arguments=event.arguments, missing=result.missing, language=event.language
        )
    return {
        "proposals": tuple(each for each in state.proposals if each.id != event.proposal_id),
        "pending_action": asked_for,
        "actions_done": tuple(dict.fromkeys((*state.actions_done, event.action)))
        if result.done
        else state.actions_done,
        "last_action": _last(event) if result.done else state.last_action,
        "failed_lookups": state.failed_lookups + (result.code is ActionCode.nothing_found and not of_stock),
        "message_count": state.message_count + (event.message is not None),
    }


def _last(event: ActionRun) -> LastAction:
    match event.result.data.get("items"):
        case [{"id": str(item)}]:
            return LastAction(action=event.action, arguments=event.arguments, item=item)
        case _:
            return LastAction(action=event.action, arguments=event.arguments)


def _answered(state: ConversationState, event: AssistantMessage) -> dict[str, object]:
    changed: dict[str, object] = {
        "message_count": state.message_count + 1,
        "unanswered": tuple(
            each for each in state.unanswered if each != event.message_id and each not in event.answers
        ),
        "collecting": event.asks is not None,
    }
    if state.script is not None:
        changed["script"] = _asked(state.script, event.script.step_id if event.script else None)
    if event.usage is not None:
        changed["tokens_used"] = state.tokens_used + event.usage.tokens
    if event.asks is not None:
        changed["slots"] = state.slots.altered({"asked": (*state.slots.asked, event.asks)})
    return changed

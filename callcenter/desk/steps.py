"""Turn what a human does on a call into events, or refuse it. Pure; the desk keeps what is decided here.

Its invariant: a call has one human at most, and only they speak on it, give it away or hand it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from callcenter.calls import (
    CallId,
    ConversationState,
    HandoffPacket,
    Language,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    SuggestionId,
    TicketCategory,
    TicketNumber,
)
from callcenter.conversation.turn import Step, Tickets
from callcenter.desk.likeness import verdict_on
from callcenter.desk.suggestions import Shown
from callcenter.desk.texts import DeskTexts
from callcenter.errors import CallNotHeld, CallTaken
from callcenter.events import (
    AgentMessage,
    CallClaimed,
    CallReleased,
    CallTransferred,
    Disposition,
    InternalNote,
    ReleaseReason,
    SuggestionUsed,
    SuggestionVerdict,
    TicketCreated,
    TicketUpdated,
    WrapUp,
)
from callcenter.personas import PersonaManager
from callcenter.routing import ticket_of
from callcenter.tickets import add_to_ticket, open_ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who does something, and when."""

    agent: str
    display_name: str | None
    may_take_over: bool
    """From another agent."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the steps are made with."""

    personas: PersonaManager
    texts: DeskTexts
    respond_within: Callable[[PriorityLevel, datetime], timedelta]
    new_ticket_number: Callable[[], TicketNumber]


class _Head(TypedDict):
    call_id: CallId
    seq: int
    at: datetime
    agent: str
    agent_name: str


class _About(TypedDict):
    suggestion_id: SuggestionId
    voice: str
    sources: tuple[str, ...]
    seconds: float


def claim(state: ConversationState, who: Acting, house: House, *, take_over: bool) -> Step:
    """Give a call to an agent; nothing happens when they have it. Raises CallTaken when another one has it."""
    step = Step(state=state)
    held = state.mode is Mode.human
    if held and state.agent == who.agent:
        return step
    if held and not (take_over and who.may_take_over):
        raise CallTaken
    head = _head(step, who, house)
    step.add(
        CallClaimed(
            **head,
            from_queue=state.waiting_queue if state.waiting_since else None,
            taken_from=state.agent if held else None,
            message=house.texts.joined[state.language].format(agent=head["agent_name"]),
        )
    )
    return step


def reply(  # noqa: PLR0913 (what a reply is made of)
    state: ConversationState,
    who: Acting,
    house: House,
    *,
    message: str,
    language: Language | None,
    reply_id: MessageId | None = None,
) -> Step:
    """Say something to the customer; nothing happens when a reply of this id was said. Raises CallNotHeld."""
    if reply_id is not None and reply_id in state.agent_replies:
        return Step(state=state)
    step = _held(state, who)
    step.add(
        AgentMessage(**_head(step, who, house), message=message, language=language or state.language, reply_id=reply_id)
    )
    return step


def judge(  # noqa: PLR0913 (what a verdict goes by)
    step: Step, who: Acting, house: House, shown: Shown, *, message: str, named: bool
) -> None:
    """Add what became of a suggestion when this was said; `named`: the agent says they started from it."""
    verdict, alike = verdict_on(shown.suggestion.text, message, named=named)
    step.add(SuggestionUsed(**_head(step, who, house), **_about(shown, who), verdict=verdict, similarity=alike))


def dismiss(state: ConversationState, who: Acting, house: House, *, shown: Shown, reason: str | None) -> Step:
    """Note that an agent wants nothing of a suggestion, whoever has the call."""
    step = Step(state=state)
    step.add(
        SuggestionUsed(
            **_head(step, who, house), **_about(shown, who), verdict=SuggestionVerdict.dismissed, reason=reason
        )
    )
    return step


def note(state: ConversationState, who: Acting, house: House, *, text: str) -> Step:
    """Note something for the desk, whoever has the call."""
    step = Step(state=state)
    step.add(InternalNote(**_head(step, who, house), note=text))
    return step


def give_to_agent(state: ConversationState, who: Acting, house: House, *, to: Acting, warm: bool) -> Step:
    """Give the call to another agent. Raises CallNotHeld."""
    step = _held(state, who)
    name = _name(to, state.language, house)
    step.add(
        CallTransferred(
            **_head(step, who, house),
            to_agent=to.agent,
            to_agent_name=name,
            packet=_packet(state, house) if warm else None,
            message=house.texts.given_to_agent[state.language].format(agent=name),
        )
    )
    return step


def give_to_persona(state: ConversationState, who: Acting, house: House, *, persona: PersonaType, warm: bool) -> Step:
    """Give the call to a persona. Raises CallNotHeld."""
    step = _held(state, who)
    step.add(
        CallTransferred(
            **_head(step, who, house),
            to_persona=persona,
            packet=_packet(state, house) if warm else None,
            message=_back_with(persona, state, house),
        )
    )
    return step


def give_to_queue(  # noqa: PLR0913 (what a transfer is made of)
    state: ConversationState,
    tickets: Tickets,
    who: Acting,
    house: House,
    *,
    queue: PersonaType,
    priority: PriorityLevel,
    warm: bool,
    anybody: bool,
) -> Step:
    """Have the customer wait for another human; with nobody there, a ticket says so. Raises CallNotHeld."""
    step = _held(state, who)
    texts = house.texts
    number = None if anybody else _call_back(step, tickets, who, house)
    line = texts.queued if number is None else texts.queued_nobody
    step.add(
        CallTransferred(
            **_head(step, who, house),
            to_queue=queue,
            priority=priority,
            packet=_packet(state, house) if warm else None,
            message=line[state.language].format(ticket=number),
        )
    )
    return step


def release(state: ConversationState, who: Acting, house: House, *, persona: PersonaType | None) -> Step:
    """Hand the call back to a persona, the one that had it if none is named. Raises CallNotHeld."""
    step = _held(state, who)
    to = persona or state.current_persona
    step.add(
        CallReleased(
            **_head(step, who, house),
            to_persona=to,
            reason=ReleaseReason.released,
            message=_back_with(to, state, house),
        )
    )
    return step


def vanish(state: ConversationState, tickets: Tickets, who: Acting, house: House, *, anybody: bool) -> Step:
    """Put a call whose agent is gone back into the queue; nothing happens when they do not have it any more."""
    step = Step(state=state)
    if state.mode is not Mode.human or state.agent != who.agent or state.ended:
        return step
    texts = house.texts
    number = None if anybody else _call_back(step, tickets, who, house)
    line = texts.vanished if number is None else texts.vanished_nobody
    step.add(
        CallReleased(
            **_head(step, who, house),
            to_persona=state.current_persona,
            reason=ReleaseReason.vanished,
            waits=True,
            message=line[state.language].format(ticket=number),
        )
    )
    return step


def wrap_up(state: ConversationState, who: Acting, house: House, *, disposition: Disposition, text: str | None) -> Step:
    """Say what came of the call, also after its end. Raises CallNotHeld."""
    step = _held(state, who)
    step.add(WrapUp(**_head(step, who, house), disposition=disposition, note=text))
    return step


def _held(state: ConversationState, who: Acting) -> Step:
    if state.mode is not Mode.human or state.agent != who.agent:
        raise CallNotHeld
    return Step(state=state)


def _head(step: Step, who: Acting, house: House) -> _Head:
    return _Head(
        call_id=step.state.call_id,
        seq=step.next_seq,
        at=who.now,
        agent=who.agent,
        agent_name=_name(who, step.state.language, house),
    )


def _about(shown: Shown, who: Acting) -> _About:
    return _About(
        suggestion_id=shown.suggestion.suggestion_id,
        voice=shown.suggestion.voice,
        sources=shown.sources,
        seconds=max(0.0, round((who.now - shown.at).total_seconds(), 3)),
    )


def _name(who: Acting, language: Language, house: House) -> str:
    return who.display_name or house.texts.colleague[language]


def _back_with(persona: PersonaType, state: ConversationState, house: House) -> str:
    name = house.personas.name(persona, state.language)
    return house.texts.released[state.language].format(persona=name)


def _packet(state: ConversationState, house: House) -> HandoffPacket:
    return HandoffPacket(
        reason="transferred by an agent",
        language=state.language,
        slots=state.slots,
        sentiment_trend=state.sentiment_trend,
        promises=state.tickets,
        summary=house.personas.summary(state, None, None),
    )


def _call_back(step: Step, tickets: Tickets, who: Acting, house: House) -> TicketNumber:
    """Have somebody get back to the customer: on the ticket of the matter in hand, else on a new one."""
    state = step.state
    known = ticket_of(state, TicketCategory.callback)
    priority = PriorityLevel.high
    if known is not None and known in tickets:
        told = add_to_ticket(
            tickets[known],
            slots=state.slots,
            category=None,
            priority=priority,
            escalated=False,
            human_requested=True,
            now=who.now,
            respond_within=house.respond_within(priority, who.now),
        )
        if told is not tickets[known]:
            step.changed = (told,)
            step.add(TicketUpdated(call_id=state.call_id, seq=step.next_seq, at=who.now, message_id=None, ticket=told))
        return known
    opened = open_ticket(
        number=house.new_ticket_number(),
        call_id=state.call_id,
        category=TicketCategory.callback,
        priority=priority,
        slots=state.slots,
        words=house.texts.callback[state.language],
        language=state.language,
        persona=state.current_persona,
        escalated=False,
        human_requested=True,
        now=who.now,
        respond_within=house.respond_within(priority, who.now),
    )
    step.opened = (opened,)
    step.add(TicketCreated(call_id=state.call_id, seq=step.next_seq, at=who.now, message_id=None, ticket=opened))
    return opened.number

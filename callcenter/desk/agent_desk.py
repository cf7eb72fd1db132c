"""Let humans watch calls, take them over, speak, and hand them back.

What may happen is decided in steps.py on the call's state under its lock, so that of two agents who claim a call at
once, also in two processes, one gets it. Who waits and who has what is read from the store, never from memory; only
which agents are at the desk is this process's own knowledge (presence.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pydantic import AwareDatetime

from callcenter.calls import (
    CallId,
    Channel,
    ConversationIntent,
    ConversationState,
    FollowedScript,
    Language,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    Proposal,
    Sentiment,
    SuggestionId,
    TicketNumber,
    Value,
)
from callcenter.company import Company
from callcenter.company.promises import Promises
from callcenter.conversation import ConversationManager, Sources
from callcenter.conversation.turn import Step, Tickets
from callcenter.desk import scripts, steps
from callcenter.desk.presence import AgentCard, Availability, Presence
from callcenter.desk.steps import Acting
from callcenter.desk.suggestions import Shown, Suggestions
from callcenter.desk.texts import load_texts
from callcenter.errors import AgentUnavailable, CallCenterError, SuggestionNotFound
from callcenter.events import Disposition
from callcenter.personas import PersonaManager
from callcenter.queues import Place, in_order, waiting_of
from callcenter.scripts import Listener
from callcenter.store import MAX_PAGE, CallFilter, Page, Store

PAGES: Final = 10
"""So many pages of calls are read at most where all are wanted: 2,000 that wait for a human are beyond any order."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A human at the desk, as the API knows them."""

    name: str
    may_take_over: bool = False
    """Calls that another agent has."""


class CallCard(Value):
    """A call as the desk sees it."""

    call_id: CallId
    customer_name: str | None
    channel: Channel
    language: Language
    persona: PersonaType
    mode: Mode
    agent: str | None
    """Who has it."""
    agent_name: str | None
    claimed_at: AwareDatetime | None
    waiting_since: AwareDatetime | None
    """Since when the customer waits for a human."""
    queue: PersonaType | None
    priority: PriorityLevel | None
    """In the queue."""
    sentiment: Sentiment
    sentiment_trend: tuple[Sentiment, ...]
    """Of the last messages, oldest first."""
    last_intent: ConversationIntent | None
    ticket: TicketNumber | None
    script: FollowedScript | None
    """The service script that the call follows, or followed last."""
    message_count: int
    started_at: AwareDatetime
    updated_at: AwareDatetime
    proposals: tuple[Proposal, ...] = ()
    """Actions that wait for approval, or were approved and are not done yet."""
    ended: bool
    seq: int

    @classmethod
    def of(cls, state: ConversationState) -> CallCard:
        """Lay out a call."""
        held = state.mode is Mode.human
        return cls(
            call_id=state.call_id,
            customer_name=state.slots.name or state.customer_name,
            channel=state.channel,
            language=state.language,
            persona=state.current_persona,
            mode=state.mode,
            agent=state.agent if held else None,
            agent_name=state.agent_name if held else None,
            claimed_at=state.claimed_at if held else None,
            waiting_since=state.waiting_since,
            queue=state.waiting_queue,
            priority=state.waiting_priority,
            sentiment=state.overall_sentiment,
            sentiment_trend=state.sentiment_trend,
            last_intent=state.last_intent,
            ticket=state.ticket,
            script=state.script,
            message_count=state.message_count,
            started_at=state.started_at,
            updated_at=state.updated_at,
            proposals=state.proposals,
            ended=state.ended,
            seq=state.seq,
        )


class AgentDesk:
    """The desk of one process."""

    def __init__(  # noqa: PLR0913 (the parts of the house; all keyword-only)
        self,
        *,
        store: Store,
        conversations: ConversationManager,
        personas: PersonaManager,
        company: Company,
        sources: Sources,
        suggestions: Suggestions,
    ) -> None:
        """Build from the parts of the house."""
        self.suggestions = suggestions
        self._store = store
        self._conversations = conversations
        self._now = sources.now
        self._presence = Presence(opened_at=sources.now())
        self._house = steps.House(
            personas=personas,
            texts=load_texts(),
            respond_within=Promises(company.response_times, company.calendar).within,
            new_ticket_number=sources.ticket_number,
        )

    async def calls(self, wanted: CallFilter, *, limit: int = 50, cursor: str | None = None) -> Page[CallCard]:
        """Return calls as the desk sees them, the last started first. Raises InvalidRequest for a foreign cursor."""
        page = await self._store.calls(wanted, limit=limit, cursor=cursor)
        return Page(items=tuple(map(CallCard.of, page.items)), next=page.next)

    async def card(self, call_id: CallId) -> CallCard:
        """Return one call as the desk sees it. Raises CallNotFound."""
        return CallCard.of(await self._store.state(call_id))

    async def open_cards(self) -> tuple[CallCard, ...]:
        """Return the calls a desk opens with: all that wait or that a human has, and the last started of the others."""
        newest = await self._store.calls(CallFilter(ended=False), limit=MAX_PAGE)
        found = [*await self._all(waiting=True), *await self._all(mode=Mode.human), *newest.items]
        return tuple({state.call_id: CallCard.of(state) for state in found}.values())

    async def queue(
        self, *, languages: Collection[Language] = (), skills: Collection[PersonaType] = ()
    ) -> tuple[Place, ...]:
        """Return the calls that wait for a human, the one to be taken first at the front."""
        waiting = [call for state in await self._all(waiting=True) if (call := waiting_of(state)) is not None]
        return in_order(waiting, now=self._now(), languages=languages, skills=skills)

    async def agents(self) -> tuple[AgentCard, ...]:
        """Return who is at the desk, by name."""
        load = await self._load()
        return self._presence.cards(self._now(), load)

    async def available(self, agent: Agent, said: Availability) -> AgentCard:
        """Take down what an agent says of themselves; a sign of life as well."""
        self._presence.seen(agent.name, self._now(), said)
        return next(card for card in await self.agents() if card.agent == agent.name)

    def connected(self, agent: Agent) -> None:
        """Note that an agent opened a socket."""
        self._presence.connected(agent.name, self._now())

    def disconnected(self, agent: Agent) -> None:
        """Note that an agent's socket is gone."""
        self._presence.disconnected(agent.name, self._now())

    async def claim(self, call_id: CallId, agent: Agent, *, take_over: bool = False) -> CallCard:
        """Take a call: no voice says another word on it. Raises CallNotFound, CallEnded, CallTaken."""
        who = self._acting(agent)
        step = await self._conversations.act(
            call_id,
            lambda state, _tickets: steps.claim(state, who, self._house, take_over=take_over),
            silences=True,
        )
        return CallCard.of(step.state)

    async def reply(  # noqa: PLR0913 (what a reply may come with; keyword-only)
        self,
        call_id: CallId,
        agent: Agent,
        message: str,
        *,
        language: Language | None = None,
        suggestion_id: SuggestionId | None = None,
        reply_id: MessageId | None = None,
    ) -> CallCard:
        """Say something to the customer, and note what became of what was suggested to say.

        A `suggestion_id` that is not known (any more) keeps nobody from speaking. A `reply_id` that came before says
        nothing again. Raises CallNotFound, CallEnded, CallNotHeld.
        """
        who = self._acting(agent)
        named = self.suggestions.find(suggestion_id, call_id, agent.name) if suggestion_id else None
        judged: Shown | None = None

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            nonlocal judged
            step = steps.reply(state, who, self._house, message=message, language=language, reply_id=reply_id)
            judged = named or self.suggestions.before(call_id, agent.name, messages=state.user_message_count)
            if step.events and judged is not None:
                steps.judge(step, who, self._house, judged, message=message, named=named is not None)
            return step

        step = await self._conversations.act(call_id, make)
        if step.events and judged is not None:
            self.suggestions.decided(judged.suggestion.suggestion_id)
        return CallCard.of(step.state)

    async def dismiss(
        self, call_id: CallId, agent: Agent, suggestion_id: SuggestionId, *, reason: str | None = None
    ) -> CallCard:
        """Note that an agent wants nothing of what was suggested to them; one in the making is merely stopped.

        Raises CallNotFound, SuggestionNotFound.
        """
        who = self._acting(agent)
        if self.suggestions.stopped(suggestion_id, call_id, agent.name):
            return await self.card(call_id)
        shown = self.suggestions.find(suggestion_id, call_id, agent.name)
        if shown is None:
            raise SuggestionNotFound
        self.suggestions.decided(suggestion_id)  # before it is kept: a second click finds nothing
        return await self._act(
            call_id,
            lambda state: steps.dismiss(state, who, self._house, shown=shown, reason=reason),
            after_end=True,
        )

    async def note(self, call_id: CallId, agent: Agent, text: str) -> CallCard:
        """Note something that no customer sees, also after the call's end. Raises CallNotFound."""
        who = self._acting(agent)
        return await self._act(call_id, lambda state: steps.note(state, who, self._house, text=text), after_end=True)

    async def transfer_to_agent(self, call_id: CallId, agent: Agent, to: str, *, warm: bool) -> CallCard:
        """Give a call to another agent. Raises CallNotFound, CallEnded, CallNotHeld, AgentUnavailable."""
        who = self._acting(agent)
        if not self._presence.takes(to, who.now, await self._load()):
            raise AgentUnavailable
        other = replace(who, agent=to, display_name=self._presence.display_name(to))
        return await self._act(call_id, lambda state: steps.give_to_agent(state, who, self._house, to=other, warm=warm))

    async def transfer_to_queue(
        self, call_id: CallId, agent: Agent, queue: PersonaType, *, priority: PriorityLevel, warm: bool
    ) -> CallCard:
        """Have the customer wait for another human. Raises CallNotFound, CallEnded, CallNotHeld."""
        who = self._acting(agent)
        language = (await self._conversations.state(call_id)).language
        anybody = self._presence.free(who.now, await self._load(), language=language, queue=queue, but=agent.name)
        step = await self._conversations.act(
            call_id,
            lambda state, tickets: steps.give_to_queue(
                state, tickets, who, self._house, queue=queue, priority=priority, warm=warm, anybody=anybody
            ),
        )
        return CallCard.of(step.state)

    async def transfer_to_persona(self, call_id: CallId, agent: Agent, persona: PersonaType, *, warm: bool) -> CallCard:
        """Give a call to a persona. Raises CallNotFound, CallEnded, CallNotHeld."""
        who = self._acting(agent)
        return await self._act(
            call_id, lambda state: steps.give_to_persona(state, who, self._house, persona=persona, warm=warm)
        )

    async def release(self, call_id: CallId, agent: Agent, *, persona: PersonaType | None = None) -> CallCard:
        """Hand a call back to a persona. Raises CallNotFound, CallEnded, CallNotHeld."""
        who = self._acting(agent)
        return await self._act(call_id, lambda state: steps.release(state, who, self._house, persona=persona))

    async def follow_script(self, call_id: CallId, agent: Agent, listener: Listener) -> ConversationState:
        """Have a call follow a script, in place of another. Raises CallNotFound, CallEnded."""
        who = self._acting(agent)
        step = await self._conversations.act(
            call_id, lambda state, _tickets: scripts.follow(state, who, self._house, listener)
        )
        return step.state

    async def drop_script(self, call_id: CallId, agent: Agent) -> ConversationState:
        """Have a call follow its script no further. Raises CallNotFound, CallEnded, ScriptNotFound."""
        who = self._acting(agent)
        step = await self._conversations.act(call_id, lambda state, _tickets: scripts.drop(state, who))
        return step.state

    async def wrap_up(
        self, call_id: CallId, agent: Agent, disposition: Disposition, *, note: str | None = None
    ) -> CallCard:
        """Say what came of a call, also after its end. Raises CallNotFound, CallNotHeld."""
        who = self._acting(agent)
        return await self._act(
            call_id,
            lambda state: steps.wrap_up(state, who, self._house, disposition=disposition, text=note),
            after_end=True,
        )

    async def look(self) -> int:
        """Put calls whose agent is gone back into the queue; return how many. To be called every few seconds."""
        now, returned = self._now(), 0
        held = await self._all(mode=Mode.human)
        load = _load_of(held)
        for state in held:
            if state.agent is None or not self._presence.gone(state.agent, now):
                continue
            anybody = self._presence.free(now, load, language=state.language, queue=state.current_persona)
            who = Acting(agent=state.agent, display_name=state.agent_name, may_take_over=False, now=now)
            try:
                step = await self._vanish(state.call_id, who, anybody=anybody)
                returned += bool(step.events)
                await self._conversations.resume(state.call_id)
            except CallCenterError as error:  # ended, erased, or the store is away: seen to the next time
                _log.warning("call not returned", extra={"call_id": state.call_id, "code": error.code})
        return returned

    async def _vanish(self, call_id: CallId, who: Acting, *, anybody: bool) -> Step:
        return await self._conversations.act(
            call_id, lambda state, tickets: steps.vanish(state, tickets, who, self._house, anybody=anybody)
        )

    async def _act(
        self, call_id: CallId, make: Callable[[ConversationState], Step], *, after_end: bool = False
    ) -> CallCard:
        step = await self._conversations.act(call_id, lambda state, _tickets: make(state), after_end=after_end)
        return CallCard.of(step.state)

    def _acting(self, agent: Agent) -> Acting:
        now = self._now()
        self._presence.seen(agent.name, now)
        return Acting(
            agent=agent.name,
            display_name=self._presence.display_name(agent.name),
            may_take_over=agent.may_take_over,
            now=now,
        )

    async def _load(self) -> Mapping[str, int]:
        return _load_of(await self._all(mode=Mode.human))

    async def _all(self, *, mode: Mode | None = None, waiting: bool | None = None) -> list[ConversationState]:
        found: list[ConversationState] = []
        cursor = None
        for _ in range(PAGES):
            wanted = CallFilter(ended=False, mode=mode, waiting=waiting)
            page = await self._store.calls(wanted, limit=MAX_PAGE, cursor=cursor)
            found += page.items
            cursor = page.next
            if cursor is None:
                break
        return found


def _load_of(held: Collection[ConversationState]) -> Mapping[str, int]:
    return Counter(state.agent for state in held if state.agent is not None)

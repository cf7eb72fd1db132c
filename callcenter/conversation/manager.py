"""Run a call: take a message, understand it, keep it, have it answered, keep the answer, tell the readers.

What a message leads to is decided in turn.py and below; this module does the I/O around it and owns the order of
things. Its invariant: nothing is published, answered or returned that the store has not kept, and a message is
answered once, also when two processes, a repeated request or a crash get in each other's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callcenter.actions.registry import Actions
from callcenter.analysis import ConversationAnalyzer, MessageAnalysis
from callcenter.analysis.text import clean
from callcenter.bus import Bus
from callcenter.calls import (
    CallId,
    Channel,
    ConversationState,
    Language,
    MessageId,
    Mode,
    PersonaType,
    ProposalId,
    TicketNumber,
    fresh_call,
)
from callcenter.company import Company, Promises
from callcenter.conversation import rating
from callcenter.conversation.answering import Answering, Parts
from callcenter.conversation.call_log import RACES, CallLog, Make, lines_before
from callcenter.conversation.deeds import Deed, answered, settled
from callcenter.conversation.doing import Doing
from callcenter.conversation.open_calls import InUse, OpenCall, OpenCalls
from callcenter.conversation.scripting import answers_script
from callcenter.conversation.speaking import Speaker
from callcenter.conversation.turn import Desk, Facts, Heard, Step, Tickets, Turn, Utterance, hear, manual_handoff, take
from callcenter.errors import (
    CallEnded,
    CallExists,
    CallTaken,
    EmptyMessage,
    MessageTaken,
    TurnConflict,
)
from callcenter.events import CallEnded as CallEndedEvent
from callcenter.events import (
    CallErased,
    CallEvent,
    CallStarted,
    Greeting,
    Handoff,
    Outcome,
    Routing,
    evolve,
)
from callcenter.knowledge import Articles
from callcenter.llm import Voice
from callcenter.llm.second_opinion import SecondOpinion
from callcenter.opinions import doubt, settle
from callcenter.personas import PersonaManager
from callcenter.routing import Opinion, RoutingDecision, RoutingPolicy, decide
from callcenter.scripts import NO_SCRIPTS, Scripts
from callcenter.store import Append, Erased, Store
from callcenter.tickets import Ticket, TicketChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where time and ids come from; tests bring their own."""

    now: Callable[[], datetime]
    """Aware UTC."""
    call_id: Callable[[], CallId]
    message_id: Callable[[], MessageId]
    ticket_number: Callable[[], TicketNumber]
    proposal_id: Callable[[], ProposalId]


@dataclass(frozen=True, slots=True)
class StartedCall:
    """A call that has just begun."""

    state: ConversationState
    greeting: Greeting
    events: tuple[CallEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That a call is no more."""

    call_id: CallId
    erased_at: datetime
    erased: Erased


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a message would lead to as the first of a fresh call."""

    analysis: MessageAnalysis
    decision: RoutingDecision
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A message as it is understood."""

    message_id: MessageId
    text: str
    truncated: bool
    language: Language | None
    """What the sender's client states."""
    analysis: MessageAnalysis
    services: tuple[str, ...]
    opinion: Opinion | None = None
    heard: bool = False
    """The bare message stands in the log already."""


class ConversationManager:
    """Runs all calls of one process."""

    def __init__(  # noqa: PLR0913 (the parts of the house; all keyword-only)
        self,
        *,
        store: Store,
        bus: Bus,
        analyzer: ConversationAnalyzer,
        company: Company,
        personas: PersonaManager,
        voices: Sequence[Voice],
        sources: Sources,
        policy: RoutingPolicy | None = None,
        second_opinion: SecondOpinion | None = None,
        articles: Articles | None = None,
        actions: Actions | None = None,
        scripts: Callable[[], Scripts] = lambda: NO_SCRIPTS,
    ) -> None:
        """Build from the parts; `voices` in the order they are tried, the last one never failing by design.

        `second_opinion` is asked where the rules doubt their own verdict; None: the rules decide alone. `actions` are
        what is done for customers beyond words; None: nothing is. `scripts` are those that calls follow now.
        `articles` are what voices may quote.
        """
        self._store = store
        self._bus = bus
        self._analyzer = analyzer
        self._company = company
        self._personas = personas
        self._sources = sources
        self._policy = policy or RoutingPolicy()
        self._second_opinion = second_opinion
        self._open = OpenCalls()
        self._desk = Desk(
            personas=personas,
            respond_within=Promises(company.response_times, company.calendar).within,
            new_ticket_number=sources.ticket_number,
            scripts=scripts,
        )
        speaker = Speaker(voices, personas, bus)
        self._log = CallLog(store, bus, remembers=speaker.streams)
        self.doing = Doing(actions, self._log, now=sources.now, new_id=sources.proposal_id) if actions else None
        """What is done for customers beyond words."""
        self._answering = Answering(
            Parts(
                log=self._log,
                speaker=speaker,
                analyzer=analyzer,
                desk=self._desk,
                policy=self._policy,
                now=sources.now,
                articles=articles,
                doing=self.doing,
            )
        )

    @property
    def now(self) -> datetime:
        """The present, by the clock that calls go by."""
        return self._sources.now()

    async def start(  # noqa: PLR0913 (what is known of who calls; all keyword-only)
        self,
        *,
        call_id: CallId | None = None,
        customer_name: str | None = None,
        language: Language | None = None,
        channel: Channel = Channel.web,
        phone: str | None = None,
        email: str | None = None,
        verified: bool = False,
    ) -> StartedCall:
        """Begin a call and greet. Raises CallExists when `call_id` is taken, StoreUnavailable.

        `verified`: whoever starts the call knows phone and e-mail address to be the customer's own.
        """
        now = self._sources.now()
        name = clean(customer_name).text.strip() or None if customer_name else None
        spoken = language or self._company.default_language
        started = CallStarted(
            call_id=call_id or self._sources.call_id(),
            seq=1,
            at=now,
            customer_name=name,
            language=spoken,
            language_stated=language is not None,
            channel=channel,
            persona=PersonaType.reception,
            phone=phone,
            email=email,
            verified=verified,
        )
        greeting = Greeting(
            call_id=started.call_id,
            seq=2,
            at=now,
            message=self._personas.greeting(PersonaType.reception, spoken, customer_name=name),
            persona=PersonaType.reception,
            language=spoken,
        )
        step = Step(state=evolve(None, started))
        step.events.append(started)
        step.add(greeting)
        with self._use(started.call_id) as call:
            async with call.log:
                try:
                    await self._store.append(
                        Append(call_id=started.call_id, expected_seq=0, events=step.events, state=step.state)
                    )
                except TurnConflict:
                    raise CallExists from None
                self._log.began(call, step)
                await self._bus.publish(step.events)
        return StartedCall(state=step.state, greeting=greeting, events=tuple(step.events))

    async def handle(self, utterance: Utterance) -> Turn:
        """Take a customer's message, answer it, and return everything it led to.

        A message id seen before is not taken again: what it led to is returned, and made if a crash had cut it off.
        Raises EmptyMessage, CallNotFound, CallEnded, StoreUnavailable (nothing of the message was kept, or it was kept
        and only the answer is missing: repeat it with the same id), TurnConflict when other writers never let go.
        """
        said = self._understood(utterance)
        with self._use(utterance.call_id) as call:
            if call.state is None or call.state.unanswered:
                await self._catch_up(utterance.call_id, call)
            call.in_flight.add(said.message_id)
            try:
                step = await self._take(utterance.call_id, call, said)
            except (MessageTaken, CallEnded):
                seen = await self._seen(utterance, call)
                if seen is None:
                    raise
                return seen
            else:
                if not call.in_flight.issuperset(step.state.unanswered):  # another process left some, and is gone
                    await self._catch_up(utterance.call_id, call)
                turn = Turn(utterance.call_id, said.message_id, tuple(step.events))
                if turn.reply is not None or step.state.mode is Mode.human:
                    return turn
                return await self._answering.answer(call, turn)
            finally:
                call.in_flight.discard(said.message_id)

    async def resume(self, call_id: CallId) -> tuple[Turn, ...]:
        """Answer what a crash left unanswered on a call; usually there is nothing. Raises CallNotFound."""
        with self._use(call_id) as call:
            async with call.log:
                call.forget()  # the state at hand does not know what another process left
            return await self._catch_up(call_id, call)

    def interrupt(self, call_id: CallId) -> None:
        """Cut off the reply in the making, if there is one; what was delivered of it is stored as the reply."""
        with self._use(call_id) as call:
            if call.speech is not None:
                call.speech.interrupt()

    async def switch_persona(self, call_id: CallId, persona: PersonaType) -> Handoff | None:
        """Give the call to a persona by hand; None when it has it already.

        Raises CallNotFound, CallEnded, CallTaken.
        """
        made: Handoff | None = None

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            nonlocal made
            if state.mode is Mode.human:
                raise CallTaken("A human has this call; it goes to a persona when they release or transfer it.")
            step = Step(state=state)
            made = None
            if state.current_persona is not persona:
                made = manual_handoff(state, persona, self._personas, self._sources.now())
                step.add(made)
            return step

        with self._use(call_id) as call:
            await self._log.write(call_id, call, make)
        return made

    async def act(self, call_id: CallId, make: Make, *, silences: bool = False, after_end: bool = False) -> Step:
        """Keep what a human does on a call, made on its state as it stands, and have its readers told.

        `silences`: the reply in the making is cut off and kept first, so that none follows; `make` has been asked
        before whether it would raise, so that nothing is cut off in vain. `after_end`: the call may be over. Raises
        what `make` raises, CallNotFound, CallEnded, TurnConflict, StoreUnavailable.
        """
        with self._use(call_id) as call:
            if not silences:
                return await self._log.write(call_id, call, make, after_end=after_end)
            async with call.log:
                state = await self._log.load(call_id, call)
                if state.ended:
                    raise CallEnded
                make(state, call.tickets)
            call.claims += 1
            try:
                if call.speech is not None:
                    call.speech.interrupt()
                async with call.voice:
                    return await self._log.write(call_id, call, make)
            finally:
                call.claims -= 1

    async def end(
        self, call_id: CallId, *, reason: str, satisfaction: int | None = None, asks_rating: bool = False
    ) -> ConversationState:
        """End a call once all that was said on it is answered.

        `asks_rating`: the customer is there to read our question for a score, unless it was put before. Raises
        CallNotFound, CallEnded if it is over, TurnConflict when the customer talks on without a pause.
        """

        def make(state: ConversationState, tickets: Tickets) -> Step:
            step = Step(state=state)
            if state.unanswered:
                return step
            if asks_rating and satisfaction is None and rating.may_ask(state):
                rating.asked_at_the_end(step, self._personas.rating_question(state.language), self._sources.now())
            step.add(
                CallEndedEvent(
                    call_id=call_id,
                    seq=step.next_seq,
                    at=self._sources.now(),
                    outcome=_outcome(state, tickets),
                    reason=reason,
                    satisfaction=satisfaction,
                )
            )
            return step

        with self._use(call_id) as call:
            for _ in range(RACES):
                await self._catch_up(call_id, call)
                async with call.voice:
                    step = await self._log.write(call_id, call, make)
                if step.events:
                    return step.state
            raise TurnConflict

    async def rate(self, call_id: CallId, score: int, comment: str | None, *, by: str) -> ConversationState:
        """Keep a customer's score, 1 to 5; the last one counts, also after the end.

        Raises CallNotFound, RatingSettled, TurnConflict, StoreUnavailable.
        """

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            return rating.rated(state, score, comment, by=by, now=self._sources.now())

        return (await self.act(call_id, make, after_end=True)).state

    async def erase(self, call_id: CallId) -> Erasure:
        """Delete a call for good, with its tickets, and have its readers told. Raises CallNotFound, StoreUnavailable.

        What is being said or answered on it then fails with CallNotFound.
        """
        with self._use(call_id) as call:
            if call.speech is not None:
                call.speech.interrupt()
            async with call.log:
                try:
                    erased = await self._store.erase(call_id)
                finally:
                    call.forget()
                await self._bus.publish([CallErased(call_id=call_id)])
        return Erasure(call_id=call_id, erased_at=self._sources.now(), erased=erased)

    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str) -> Ticket:
        """Change a ticket for an agent. Raises TicketNotFound, InvalidTransition, TicketConflict."""
        ticket = await self._store.change_ticket(number, change, actor=actor, now=self._sources.now())
        self._open.forget(ticket.call_id)
        return ticket

    async def comment_ticket(self, number: TicketNumber, comment: str, *, actor: str) -> Ticket:
        """Note an agent's comment on a ticket. Raises TicketNotFound, InvalidRequest for text that can't be kept."""
        ticket = await self._store.comment_ticket(number, comment, actor=actor, now=self._sources.now())
        self._open.forget(ticket.call_id)
        return ticket

    async def merge_tickets(self, number: TicketNumber, into: TicketNumber, *, actor: str) -> tuple[Ticket, Ticket]:
        """Merge a duplicate into the ticket that is worked on; return both. Raises TicketNotFound, InvalidMerge."""
        merged = await self._store.merge_tickets(number, into, actor=actor, now=self._sources.now())
        for ticket in merged:
            self._open.forget(ticket.call_id)
        return merged

    def assess(self, text: str, language: Language | None = None) -> Assessment:
        """Say what a message would lead to as the first of a fresh call; stores nothing. Raises EmptyMessage."""
        cleaned = clean(text)
        if cleaned.empty:
            raise EmptyMessage
        analysis = self._analyzer.analyze(cleaned.text, language)
        fresh = fresh_call(self._company.default_language, self._sources.now())
        return Assessment(analysis, decide(fresh, analysis, self._policy, hint=language), cleaned.truncated)

    async def state(self, call_id: CallId) -> ConversationState:
        """Return a call as it stands. Raises CallNotFound."""
        return await self._store.state(call_id)

    def _understood(self, utterance: Utterance) -> _Said:
        """Return a message as the rules understand it. Raises EmptyMessage."""
        cleaned = clean(utterance.text)
        if cleaned.empty:
            raise EmptyMessage
        return _Said(
            message_id=utterance.message_id or self._sources.message_id(),
            text=cleaned.text,
            truncated=cleaned.truncated,
            language=utterance.language,
            analysis=self._analyzer.analyze(cleaned.text, utterance.language),
            services=tuple(service.id for service in self._company.mentioned(cleaned.text)),
        )

    async def _take(self, call_id: CallId, call: OpenCall, said: _Said) -> Step:
        """Keep a message with all that it leads to; with the answer, where the voice needs no waiting."""
        if self._second_opinion is None:
            return await self._keep(call_id, call, said)
        async with call.ear:
            state = await self._log.read(call_id, call)
            scored = rating.heard(state, said.text, said.analysis) is not None
            asks = state.mode is Mode.ai and not scored
            doubted = doubt(state, said.analysis, self._policy) if asks else None
            if doubted is None:
                return await self._keep(call_id, call, said)
            # The customer's words are safe before any model is asked about them.
            heard = await self._log.write(call_id, call, lambda state, _tickets: hear(state, self._heard(said)))
            self._answering.cut_off(call)
            verdict = await self._second_opinion.ask(said.text, lines_before(call, (said.message_id,)))
            analysis, opinion = settle(said.text, said.analysis, verdict, doubted, self._policy)
            step = await self._keep(call_id, call, replace(said, analysis=analysis, opinion=opinion, heard=True))
            step.events[:0] = heard.events
            return step

    async def _keep(self, call_id: CallId, call: OpenCall, said: _Said) -> Step:
        def make(state: ConversationState, tickets: Tickets) -> Step:
            given = rating.heard(state, said.text, said.analysis)
            if given is not None and given.bare:
                facts = replace(said, analysis=rating.plain(self._analyzer, given, said.language))
            else:
                facts = said
            decision = decide(state, facts.analysis, self._policy, hint=said.language)
            if said.opinion is not None:
                decision = decision.altered({"opinion": said.opinion})
            deed, decision = (None, decision) if given else self._deed(state, said, decision)
            step = take(state, tickets, self._facts(facts, decision), self._desk)
            if given is not None:
                rating.note(step, given, said.message_id, self._sources.now())
            if deed is not None:
                answered(step, deed, said.message_id, self._sources.now())
            elif step.state.mode is Mode.ai:
                self._answering.at_once(step, Turn(call_id, said.message_id, tuple(step.events)), call)
            return step

        step = await self._log.write(call_id, call, make)
        self._answering.cut_off(call)
        return step

    def _deed(
        self, state: ConversationState, said: _Said, decision: RoutingDecision
    ) -> tuple[Deed | None, RoutingDecision]:
        """Return what a message means for actions, if anything, and what is then left to decide."""
        if self.doing is None or answers_script(state, said.analysis):
            return None, decision
        deed = self.doing.deed(state, said.analysis, said.text)
        left = settled(state, decision, deed, self.doing.actions, self._policy) if deed else None
        return (None, decision) if left is None else (deed, left)

    def _heard(self, said: _Said) -> Heard:
        return Heard(
            message_id=said.message_id,
            text=said.text,
            truncated=said.truncated,
            stated_language=said.language,
            now=self._sources.now(),
        )

    def _facts(self, said: _Said, decision: RoutingDecision) -> Facts:
        return Facts(
            message_id=said.message_id,
            text=said.text,
            truncated=said.truncated,
            stated_language=said.language,
            now=self._sources.now(),
            analysis=said.analysis,
            decision=decision,
            services=said.services,
            heard=said.heard,
        )

    async def _routed(self, call: OpenCall, turn: Turn) -> Turn:
        """Return a turn that a crash cut off before it was routed, routed by the rules."""
        if turn.find(Routing) is not None:
            return turn
        message = turn.message
        said = self._understood(Utterance(turn.call_id, message.message, turn.message_id, message.language))
        step = await self._keep(turn.call_id, call, replace(said, heard=True))
        return replace(turn, events=(*turn.events, *step.events))

    def _use(self, call_id: CallId) -> InUse:
        return InUse(self._open, call_id)

    async def _seen(self, utterance: Utterance, call: OpenCall) -> Turn | None:
        """Return what a message id led to when it came first, answered now if it was not; None if it never came."""
        if utterance.message_id is None:
            return None
        # The locks let it be understood, and a reply that is in the making end, first.
        async with call.ear, call.voice:
            turn = await self._log.turn(utterance.call_id, utterance.message_id, repeated=True)
        if not turn.events:
            return None
        if turn.reply is not None:
            return turn
        over = (await self._log.read(utterance.call_id, call)).ended
        return turn if over else await self._answering.answer(call, await self._routed(call, turn))

    async def _catch_up(self, call_id: CallId, call: OpenCall) -> tuple[Turn, ...]:
        """Answer messages that were kept but not answered, by nobody who still runs."""
        state = await self._log.read(call_id, call)
        orphans = [each for each in state.unanswered if each not in call.in_flight]
        if state.ended or not orphans:
            return ()
        call.in_flight.update(orphans)
        try:
            turns = []
            for message_id in orphans:
                turn = await self._routed(call, await self._log.turn(call_id, message_id))
                turns.append(turn if turn.reply is not None else await self._answering.answer(call, turn))
            return tuple(turns)
        finally:
            call.in_flight.difference_update(orphans)


def _outcome(state: ConversationState, tickets: Tickets) -> Outcome:
    if not all(ticket.settled for ticket in tickets.values()):
        return Outcome.ticket_open
    if state.human_requested or state.mode is Mode.human:
        return Outcome.handed_off
    return Outcome.resolved if state.user_message_count else Outcome.abandoned

"""Have kept messages answered, once: by the reply being made, by the next one, after a crash, or by somebody else.

Whoever gets the voice of a call answers all that is unanswered then. A customer who writes on while a reply is made
cuts it off: undelivered, it is dropped and the next reply answers everything; else what was delivered is the reply.
Its invariant: a reply is stored as it was delivered, to the character, and no message is answered twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from callcenter.analysis import ConversationAnalyzer, MessageAnalysis
from callcenter.calls import ActionName, ConversationState, Mode, PersonaType
from callcenter.calls import Speaker as Side
from callcenter.conversation.acting import Bench, carry_out
from callcenter.conversation.briefing import Asked, asked_by, brief_of, may_want_article
from callcenter.conversation.call_log import CallLog, lines_before
from callcenter.conversation.doing import Doing
from callcenter.conversation.open_calls import OpenCall
from callcenter.conversation.rating import asked_with
from callcenter.conversation.speaking import CutOff, Speaker
from callcenter.conversation.speech import Speech
from callcenter.conversation.turn import Desk, Step, Tickets, Turn, in_hand
from callcenter.errors import CallEnded
from callcenter.events import AssistantMessage, Routing
from callcenter.knowledge import Articles, Lookup, Passage
from callcenter.llm import Brief
from callcenter.llm.prompt import Exchange, ToolCall
from callcenter.routing import RoutingPolicy

_ACTIONS: Final = frozenset(ActionName)
"""Tools that are actions on the company's data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What answering works with."""

    log: CallLog
    speaker: Speaker
    analyzer: ConversationAnalyzer
    desk: Desk
    policy: RoutingPolicy
    now: Callable[[], datetime]
    """Aware UTC."""
    articles: Articles | None = None
    """None: the company has written none."""
    doing: Doing | None = None
    """None: the company offers no actions."""


class Answering:
    """Answers the messages of all calls of one process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def streams(self) -> bool:
        """Whether replies take their time, so that a customer may write on before one is made."""
        return self._parts.speaker.streams

    def cut_off(self, call: OpenCall) -> None:
        """Cut off the reply in the making: the customer wrote on, and gets one reply to all that was said."""
        if self.streams and call.speech is not None:
            call.speech.interrupt()

    def at_once(self, step: Step, turn: Turn, call: OpenCall) -> None:
        """Add the answer to the step of its message, where the voice needs no waiting; else leave it to `answer`."""
        if not self.streams:
            asked = self._asked_by(call, turn)
            self._parts.speaker.answer_at_once(step, asked, call.said, self._parts.desk.scripts())

    async def answer(self, call: OpenCall, turn: Turn) -> Turn:
        """Have a kept message answered: speak, store, publish. Returns its turn with the reply, whoever gave it."""
        while True:
            async with call.voice:
                state = await self._parts.log.read(turn.call_id, call)
                if state.mode is Mode.human:  # theirs to answer, but for what was cut off before they came
                    return replace(await self.stored(turn), repeated=turn.repeated)
                if turn.message_id not in state.unanswered:
                    return await self.stored(turn)
                work = _Work(self._parts, call, await self._asked(call, state, turn))
                try:
                    answered = await work.answer()
                except CallEnded:  # by another process: the message was taken nevertheless, and not to be refused
                    return await self.stored(turn)
            if answered and work.turn.message_id == turn.message_id:
                return work.turn if work.turn.repeated == turn.repeated else replace(work.turn, repeated=turn.repeated)

    async def stored(self, turn: Turn) -> Turn:
        """Return the turn as the log has it: somebody else answered it."""
        return await self._parts.log.turn(turn.call_id, turn.message_id, repeated=turn.repeated)

    async def _asked(self, call: OpenCall, state: ConversationState, turn: Turn) -> Asked:
        """Return what the next reply is to answer: this message, or of a burst all that this process has to answer."""
        ours = [each for each in state.unanswered if each in call.in_flight or each == turn.message_id]
        if not self.streams or len(ours) == 1:
            return self._asked_by(call, turn)
        log = self._parts.log
        turns = [turn if each == turn.message_id else await log.turn(turn.call_id, each) for each in ours]
        # One may be in the middle of being understood; it is answered by itself, afterwards.
        *earlier, newest = (each for each in turns if each.find(Routing) is not None)
        if not earlier:
            return self._asked_by(call, newest)
        text = "\n".join(each.message.message for each in (*earlier, newest))
        analysis = self._parts.analyzer.analyze(text, newest.routing.decision.language)
        passages = self._passages(call, newest, text, analysis, collect=False)
        return Asked(turn=newest, earlier=tuple(earlier), text=text, analysis=analysis, passages=passages)

    def _asked_by(self, call: OpenCall, turn: Turn) -> Asked:
        passages = self._passages(call, turn, turn.message.message, turn.routing.analysis, collect=True)
        return asked_by(turn, passages)

    def _passages(
        self, call: OpenCall, turn: Turn, text: str, analysis: MessageAnalysis, *, collect: bool
    ) -> Sequence[Passage]:
        """Return what articles say on a message, searched for when a voice first looks.

        A reply may be made anew; what articles lack is then not counted again.
        """
        articles, message_id = self._parts.articles, turn.message_id
        if articles is None or not may_want_article(analysis):
            return ()

        def find() -> tuple[Passage, ...]:
            first, call.looked_up = call.looked_up != message_id, message_id
            return articles.on_call(text, turn.routing.decision.language, analysis, collect=collect and first)

        return Lookup(find)


class _Work:
    """One reply being worked at; the caller holds the call's voice."""

    def __init__(self, parts: Parts, call: OpenCall, asked: Asked) -> None:
        self._parts = parts
        self._call = call
        self._asked = asked
        self.turn = asked.turn
        """With all events it has led to by now."""

    async def answer(self) -> bool:
        """Make the reply and keep it; False when the customer cut it off before anything was delivered."""
        self._call.speech = speech = Speech()
        if self._call.claims:
            speech.interrupt()
        try:
            if self._parts.doing is not None and (step := await self._parts.doing.carry_out(self._call, self._asked)):
                self._note(step)
            brief = await self._brief()
            reply = await self._parts.speaker.speak(self._asked, brief, speech, self._carry_out)
        except CutOff as cut:
            await self._keep(cut.reply)
            raise asyncio.CancelledError from None
        finally:
            self._call.speech = None
        if reply is not None:
            await self._keep(reply)
        return reply is not None

    async def _brief(self, exchanges: tuple[Exchange, ...] = ()) -> Brief:
        call = self._call
        if self.turn is not self._asked.turn:
            self._asked = replace(self._asked, turn=self.turn)
        state = await self._parts.log.read(self.turn.call_id, call)
        return brief_of(
            state,
            in_hand(state, call.tickets),
            self._asked,
            said=call.said,
            history=lines_before(call, self._asked.messages),
            exchanges=exchanges,
            scripts=self._parts.desk.scripts(),
        )

    async def _carry_out(self, calls: Sequence[ToolCall], brief: Brief) -> Brief:
        """Do what a model asks for, one step a call, and brief it anew."""
        said = (*(line.text for line in brief.history if line.speaker is Side.customer), brief.text)
        done = [await self._act(each, said, before, brief.persona) for before, each in enumerate(calls)]
        return await self._brief((*brief.exchanges, *done))

    async def _act(self, wanted: ToolCall, said: Sequence[str], before: int, persona: PersonaType) -> Exchange:
        parts = self._parts
        if parts.doing is not None and wanted.name in _ACTIONS:
            step, exchange = await parts.doing.for_model(
                self._call, self.turn, wanted, said, before=before, persona=persona
            )
            self._note(step)
            return exchange
        answers: list[Exchange] = []

        def make(state: ConversationState, tickets: Tickets) -> Step:
            bench = Bench(
                turn=self.turn, said=said, policy=parts.policy, desk=parts.desk, now=parts.now(), before=before
            )
            step, answer = carry_out(state, tickets, wanted, bench)
            answers.append(answer)
            return step

        step = await parts.log.write(self.turn.call_id, self._call, make)
        self._note(step)
        return answers[-1]

    async def _keep(self, reply: AssistantMessage) -> None:
        """Store the reply, unless another process has answered meanwhile: all of what it answers, or some."""

        def make(state: ConversationState, _tickets: Tickets) -> Step:
            step = Step(state=state)
            if reply.message_id in state.unanswered:
                answers = tuple(each for each in reply.answers if each in state.unanswered)
                if reply.asks_rating:
                    asked_with(step, reply.message_id, self._parts.now())
                step.add(reply.altered({"seq": step.next_seq, "at": self._parts.now(), "answers": answers}))
            return step

        step = await self._parts.log.write(self.turn.call_id, self._call, make)
        self._note(step)
        if not step.events:
            turn = self.turn
            self.turn = await self._parts.log.turn(turn.call_id, turn.message_id, repeated=turn.repeated)

    def _note(self, step: Step) -> None:
        turn = self.turn
        self.turn = Turn(turn.call_id, turn.message_id, (*turn.events, *step.events), turn.repeated)

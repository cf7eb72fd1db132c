"""Have a message answered: brief the voice, deliver what it says, and turn it into the event that is kept.

A voice that answers at once has its words kept together with the message, in one step; any other streams to the bus
while the message is already safe. When a voice fails the next one in line speaks, and in the end the persona
apologises: a customer is never left without a sentence. Storing and locking stay with manager.py.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Final

from callcenter.bus import Bus
from callcenter.calls import ConversationState
from callcenter.conversation.turn import Step, Turn, question
from callcenter.errors import VoiceFailed
from callcenter.events import AssistantDelta, AssistantMessage, CallFrame, TicketCreated, TicketUpdated
from callcenter.llm import Brief, Completion, Delta, PromptVoice, TicketNews, Voice
from callcenter.personas import PersonaManager
from callcenter.tickets import Ticket

APOLOGY: Final = "apology"
"""The voice's name in an answer that no voice could give."""

_log = logging.getLogger(__name__)


class Speaker:
    """Speaks for the personas through the voices of one process."""

    def __init__(self, voices: Sequence[Voice], personas: PersonaManager, bus: Bus) -> None:
        """Take the voices in the order they are tried."""
        self._voices = tuple(voices)
        self._personas = personas
        self._bus = bus
        first = self._voices[0]
        self._prompt = first if isinstance(first, PromptVoice) else None

    def answer_at_once(self, step: Step, turn: Turn, said: str) -> None:
        """Add the answer to the step of its message, where the voice needs no waiting; else leave it to `speak`."""
        if self._prompt is None or len(step.state.unanswered) > 1:  # an older message is answered first
            return
        began = perf_counter()
        brief = brief_of(step.state, step.ticket, turn, said)
        try:
            words = self._prompt.say(brief)
        except Exception as bug:  # noqa: BLE001 (a bug in a voice must not cost the customer the answer)
            _complain(turn, bug)
            return
        step.pieces = (*self._opening(brief), *words)
        seconds = perf_counter() - began
        step.add(
            _spoken(brief, turn, step.pieces, self._prompt.name, first=seconds, seconds=seconds, seq=step.next_seq)
        )

    async def speak(self, brief: Brief, turn: Turn) -> AssistantMessage:
        """Stream the answer to the bus and return it whole; `seq` and `at` are set when it is stored."""
        began = perf_counter()
        first: float | None = None
        pieces: list[str] = []
        speaker = APOLOGY
        for opening in self._opening(brief):
            await self._deliver(brief, turn, pieces, opening)
        for voice in self._voices:
            try:
                async for piece in voice.stream(brief):
                    if isinstance(piece, Completion):
                        speaker = piece.voice
                    elif isinstance(piece, Delta):
                        first = first or perf_counter() - began
                        await self._deliver(brief, turn, pieces, piece.text)
                break
            except VoiceFailed as failure:
                _log.warning("voice failed", extra={"call_id": turn.call_id, "code": failure.code})
            except Exception as bug:  # noqa: BLE001 (likewise)
                _complain(turn, bug)
        else:
            await self._deliver(brief, turn, pieces, self._personas.apology(brief.persona, brief.language))
        return _spoken(brief, turn, pieces, speaker, first=first, seconds=perf_counter() - began)

    def _opening(self, brief: Brief) -> tuple[str, ...]:
        if not brief.introduced:
            return ()
        intent = brief.analysis.intent.intent
        return (self._personas.introduction(brief.persona, brief.language, intent=intent) + " ",)

    async def _deliver(self, brief: Brief, turn: Turn, pieces: list[str], text: str) -> None:
        pieces.append(text)
        await self._bus.publish((_delta(turn, brief, text),))


def frames_of(step: Step) -> Sequence[CallFrame]:
    """Return what readers see of a step: its events, an answer given at once in the pieces it was spoken in."""
    if not step.pieces:
        return step.events
    *before, answer = step.events
    assert isinstance(answer, AssistantMessage)  # noqa: S101 (answer_at_once() puts it there)
    deltas = [
        AssistantDelta(call_id=answer.call_id, message_id=answer.message_id, delta=piece, persona=answer.persona)
        for piece in step.pieces
    ]
    return (*before, *deltas, answer)


def brief_of(state: ConversationState, ticket: Ticket | None, turn: Turn, said: str) -> Brief:
    """Return what a voice may know for its answer to a turn; `said` is our last reply on the call."""
    message, routing = turn.message, turn.routing
    news = None
    if ticket is not None:
        if turn.find(TicketCreated):
            news = TicketNews.created
        elif turn.find(TicketUpdated):
            news = TicketNews.updated
    return Brief(
        state=state,
        persona=routing.decision.target_persona,
        language=routing.decision.language,
        text=message.message,
        analysis=routing.analysis,
        decision=routing.decision,
        introduced=turn.handoff is not None,
        ticket=ticket,
        ticket_news=news,
        asks=question(state, routing.analysis),
        said=said,
        at=message.at,
    )


def _delta(turn: Turn, brief: Brief, text: str) -> AssistantDelta:
    return AssistantDelta(call_id=turn.call_id, message_id=turn.message_id, delta=text, persona=brief.persona)


def _spoken(  # noqa: PLR0913 (the facts of one answer)
    brief: Brief, turn: Turn, pieces: Sequence[str], voice: str, *, first: float | None, seconds: float, seq: int = 1
) -> AssistantMessage:
    """Return the answer as an event, and leave the turn's one line in the log."""
    if _log.isEnabledFor(logging.INFO):
        _log.info(
            "turn",
            extra={
                "call_id": turn.call_id,
                "persona": brief.persona.value,
                "intent": brief.analysis.intent.intent.value,
                "sentiment": brief.analysis.sentiment.sentiment.value,
                "rule": brief.decision.rule,
                "language": brief.language.value,
                "voice": voice,
                "milliseconds": round(seconds * 1000, 2),
            },
        )
    return AssistantMessage(
        call_id=turn.call_id,
        seq=seq,
        at=brief.at,
        message_id=turn.message_id,
        message="".join(pieces),
        persona=brief.persona,
        language=brief.language,
        voice=voice,
        asks=brief.asks,
        first_token_ms=None if first is None else round(first * 1000, 3),
        duration_ms=round(seconds * 1000, 3),
    )


def _complain(turn: Turn, bug: Exception) -> None:
    # No traceback: an exception's text may quote the customer.
    _log.error("voice broke", extra={"call_id": turn.call_id, "error": type(bug).__name__})

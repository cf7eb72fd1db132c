"""Have messages answered: let a voice speak, deliver what it says, and turn it into the event that is kept.

A voice that answers at once has its words kept together with the message, in one step; any other streams to the bus
while the message is already safe. When a voice fails, before or amid a reply, the next one in line carries on without
repeating what was said, and in the end the persona apologises: a customer is never left without a sentence. Storing and
locking stay with answering.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final, assert_never, cast

from callcenter.bus import Bus
from callcenter.calls import Language, TokenUsage
from callcenter.conversation.briefing import Asked, brief_of
from callcenter.conversation.rating import asked_with
from callcenter.conversation.speech import Interrupted, Speech
from callcenter.conversation.turn import Step, Turn
from callcenter.errors import VoiceFailed
from callcenter.events import AssistantDelta, AssistantMessage, Correction
from callcenter.llm import (
    Brief,
    Completion,
    CompletionKind,
    Delta,
    Failure,
    Meter,
    Piece,
    PromptVoice,
    RatingNews,
    Voice,
)
from callcenter.llm.carrying_on import carry_on, seems_whole
from callcenter.llm.prompt import ToolCall
from callcenter.personas import PersonaManager
from callcenter.scripts import Scripts

APOLOGY: Final = "apology"
"""The voice's name in an answer that no voice could give."""
ROUNDS: Final = 3
"""How often a model may ask for tools within one reply; each time the customer waits for it to begin anew."""
_QUESTION_MARKS: Final = ("?", "؟")

CarryOut = Callable[[Sequence[ToolCall], Brief], Awaitable[Brief]]
"""Does what a model asks for, and returns the brief as it stands then, with the answers in `exchanges`."""

_log = logging.getLogger(__name__)


class CutOff(Exception):  # noqa: N818 (no error: the server stops)
    """The reply was cut off after some of it was delivered; `reply` is what the customer has seen."""

    def __init__(self, reply: AssistantMessage) -> None:
        super().__init__()
        self.reply = reply


@dataclass(slots=True)
class _Reply:
    """A reply in the making."""

    asked: Asked
    brief: Brief
    speech: Speech
    began: float
    pieces: list[str] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    usage: TokenUsage | None = None
    voice: str = APOLOGY
    reason: str | None = None
    """Why the first voice did not speak to the end."""
    first: float | None = None
    """Seconds to the first piece of a voice's own."""
    opening: int = 0
    """Pieces up to the end of the persona's introduction, which is ours."""
    meter: Meter = field(default_factory=Meter)
    sources: tuple[str, ...] = ()
    """Articles that what went out rests on."""
    interrupted: bool = False
    joint: str = ""
    """What parts a voice's next piece from its words before a tool."""
    free: bool = False
    """A model spoke, which may or may not ask what was due."""
    asks_rating: bool = False
    """It ended by asking for a score."""

    @property
    def spoken(self) -> str:
        """What went out by now."""
        return "".join(self.pieces)

    @property
    def said(self) -> str:
        """What voices said of it for the persona that has the call."""
        return "".join(self.pieces[self.opening :])

    def next_brief(self) -> Brief:
        """Return the brief for a model that speaks now; the first one's is the reply's own, of which nothing is out."""
        if self.free or self.pieces:
            return replace(self.brief, said_now=self.spoken, waited=perf_counter() - self.began, meter=self.meter)
        self.meter = self.brief.meter
        return self.brief

    def spent(self, usage: TokenUsage | None) -> None:
        """Count what a model took."""
        if usage is not None:
            self.usage = usage if self.usage is None else self.usage.plus(usage)

    def rests_on(self, sources: tuple[str, ...]) -> None:
        """Note the articles behind what a voice has just said."""
        self.sources = tuple(dict.fromkeys((*self.sources, *sources)))

    def cut_off(self) -> None:
        """End the reply where it stands."""
        self.interrupted = True
        self.spent(self.meter.left)


class Speaker:
    """Speaks for the personas through the voices of one process."""

    def __init__(self, voices: Sequence[Voice], personas: PersonaManager, bus: Bus) -> None:
        """Take the voices in the order they are tried."""
        # Asked here once: what a protocol is met by takes longer to find out than a sentence to check.
        self._voices = [(voice, isinstance(voice, PromptVoice)) for voice in voices]
        self._personas = personas
        self._bus = bus
        first = voices[0]
        self._prompt = first if isinstance(first, PromptVoice) else None

    @property
    def streams(self) -> bool:
        """Whether replies take their time, so that a customer may write on before one is made."""
        return self._prompt is None

    def answer_at_once(self, step: Step, asked: Asked, said: str, scripts: Scripts) -> None:
        """Add the answer to the step of its message, where the voice needs no waiting; else leave it to `speak`."""
        if self._prompt is None or len(step.state.unanswered) > 1:  # an older message is answered first
            return
        brief = self._thankful(brief_of(step.state, step.ticket, asked, said=said, scripts=scripts))
        reply = _Reply(asked, brief, Speech(), perf_counter(), voice=self._prompt.name)
        try:
            words = self._prompt.say(brief)
        except Exception as bug:  # noqa: BLE001 (a bug in a voice must not cost the customer the answer)
            _complain(asked.turn, bug)
            return
        reply.rests_on(brief.meter.sources)
        reply.pieces = [*self._opening(brief), *words, *self._closing(brief)]
        reply.asks_rating = brief.asks_rating
        reply.first = perf_counter() - reply.began
        step.pieces = tuple(reply.pieces)
        if reply.asks_rating:
            asked_with(step, asked.turn.message_id, brief.at)
        step.add(_event(reply, seq=step.next_seq))

    async def speak(self, asked: Asked, brief: Brief, speech: Speech, carry_out: CarryOut) -> AssistantMessage | None:
        """Stream the answer to the bus and return it whole; `seq` and `at` are set when it is stored.

        None when the customer wrote on before anything was delivered: what there is to answer has changed.
        """
        if speech.cut:
            return None
        reply = _Reply(asked, self._thankful(brief), speech, perf_counter())
        for turn in (*asked.earlier, asked.turn):
            opinion = turn.routing.decision.opinion
            reply.spent(opinion.usage if opinion else None)
        try:
            await self._open(reply)
            await self._talk(reply, carry_out)
            if reply.voice != APOLOGY and not speech.cut:
                await self._close(reply)
        except Interrupted:
            if not reply.pieces:
                return None
            reply.cut_off()
        except asyncio.CancelledError:
            if not reply.pieces:
                raise
            reply.cut_off()
            raise CutOff(_event(reply)) from None
        return _event(reply)

    async def _talk(self, reply: _Reply, carry_out: CarryOut) -> None:
        """Let the voices speak in turn until one gets to the end; what was done is told by us, in our words."""
        ours = bool(reply.brief.told) and any(prompt for _, prompt in self._voices)
        for voice, prompt in self._voices:
            if ours and not prompt:
                continue
            before = len(reply.pieces)
            try:
                if prompt:
                    await self._say(cast("PromptVoice", voice), reply)
                else:
                    await self._stream(voice, reply, carry_out)
            except VoiceFailed as failure:
                reply.reason = reply.reason or failure.reason
                usage = failure.facts.get("usage")
                reply.spent(usage if isinstance(usage, TokenUsage) else None)
                _log.warning("voice failed", extra={"call_id": reply.asked.turn.call_id, "reason": failure.reason})
            except Interrupted:
                raise
            except Exception as bug:  # noqa: BLE001 (likewise)
                reply.reason = reply.reason or Failure.broken
                _complain(reply.asked.turn, bug)
            else:
                return
            finally:
                if len(reply.pieces) > before:
                    reply.rests_on((reply.brief.meter if prompt else reply.meter).sources)
        reply.voice = APOLOGY
        apology = self._personas.apology(reply.brief.persona, reply.brief.language)
        for piece in carry_on(reply.said, (apology,)):
            await self._deliver(reply, piece)

    async def _say(self, voice: PromptVoice, reply: _Reply) -> None:
        """Let a voice that needs no waiting speak, or carry on where another one could not."""
        if seems_whole(reply.said) and not _is_due(reply):
            return
        if reply.free:
            reply.brief = replace(reply.brief, meter=Meter())  # a model has noted there what it was offered
        reply.voice = voice.name
        for piece in carry_on(reply.said, voice.say(reply.brief)):
            await self._deliver(reply, piece, voices=True)

    async def _stream(self, voice: Voice, reply: _Reply, carry_out: CarryOut) -> None:
        """Let a voice speak, and do what it asks for in between."""
        reply.voice = voice.name
        for _ in range(ROUNDS):
            calls: list[ToolCall] = []
            brief = reply.next_brief()
            reply.free = True
            async with aclosing(voice.stream(brief)) as pieces:
                while (piece := await reply.speech.next(pieces)) is not None:
                    await self._take(piece, reply, calls)
            if not calls:
                break
            spoke = reply.brief.persona
            reply.brief = await carry_out(calls, reply.brief)
            if reply.brief.persona is not spoke:
                if reply.pieces:
                    await self._deliver(reply, "\n")
                await self._open(reply)
            elif reply.said and not reply.said[-1].isspace():
                reply.joint = " "
        if not reply.said:
            raise VoiceFailed(reason=Failure.empty)

    async def _take(self, piece: Piece, reply: _Reply, calls: list[ToolCall]) -> None:
        match piece:
            case Delta():
                await self._deliver(reply, reply.joint + piece.text, voices=True)
                reply.joint = ""
            case Correction():
                reply.corrections.append(piece)
            case ToolCall():
                calls.append(piece)
            case Completion():
                reply.voice = piece.voice
                if piece.kind is CompletionKind.truncated:
                    reply.reason = Failure.truncated
                reply.spent(piece.usage)
            case _:
                assert_never(piece)

    async def _open(self, reply: _Reply) -> None:
        """Have a persona that takes over introduce itself, at once."""
        for opening in self._opening(reply.brief):
            await self._deliver(reply, opening)
        reply.opening = len(reply.pieces)

    async def _close(self, reply: _Reply) -> None:
        """Have the persona ask for a score, where that is due."""
        for closing in self._closing(reply.brief):
            await self._deliver(reply, closing)
            reply.asks_rating = True

    def _opening(self, brief: Brief) -> tuple[str, ...]:
        opening: tuple[str, ...] = ()
        if brief.rating is not None and not brief.rating.bare:
            opening = (self._thanks(brief.rating, brief.language) + " ",)
        if not brief.introduced:
            return opening
        intent = brief.analysis.intent.intent
        return (*opening, self._personas.introduction(brief.persona, brief.language, intent=intent) + " ")

    def _closing(self, brief: Brief) -> tuple[str, ...]:
        return (" " + self._personas.rating_question(brief.language),) if brief.asks_rating else ()

    def _thankful(self, brief: Brief) -> Brief:
        """Return a brief whose reply is our thanks alone, where a score is all that was said."""
        if brief.rating is None or not brief.rating.bare:
            return brief
        return replace(brief, told=(self._thanks(brief.rating, brief.language),))

    def _thanks(self, rating: RatingNews, language: Language) -> str:
        return self._personas.rating_thanks(rating.score, language, changed=rating.changed, bare=rating.bare)

    async def _deliver(self, reply: _Reply, text: str, *, voices: bool = False) -> None:
        if voices and reply.first is None:
            reply.first = perf_counter() - reply.began
        reply.pieces.append(text)
        turn = reply.asked.turn
        if self._bus.heard(turn.call_id):
            delta = AssistantDelta(
                call_id=turn.call_id, message_id=turn.message_id, delta=text, persona=reply.brief.persona
            )
            await self._bus.publish((delta,))


def _is_due(reply: _Reply) -> bool:
    """Whether a reply that breaks off still lacks what it has to ask, or the number of a ticket that is news."""
    brief = reply.brief
    ticket = brief.ticket if brief.ticket_news else None
    due = brief.asks is not None or brief.script is not None
    return due or (ticket is not None and ticket.number not in reply.said)


def _event(reply: _Reply, *, seq: int = 1) -> AssistantMessage:
    """Return the answer as an event, and leave the turn's one line in the log."""
    brief, turn = reply.brief, reply.asked.turn
    seconds = perf_counter() - reply.began
    message = reply.spoken
    asks, script = brief.asks, brief.script.progress if brief.script else None
    if reply.interrupted or (reply.free and not any(mark in message for mark in _QUESTION_MARKS)):
        asks = None  # it was due, and not put
        script = script and script.altered({"step_id": None})
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
                "voice": reply.voice,
                "voice_reason": reply.reason,
                "milliseconds": round(seconds * 1000, 2),
            },
        )
    return AssistantMessage(
        call_id=turn.call_id,
        seq=seq,
        at=brief.at,
        message_id=turn.message_id,
        answers=tuple(each.message_id for each in reply.asked.earlier),
        message=message,
        persona=brief.persona,
        language=brief.language,
        voice=reply.voice,
        voice_reason=reply.reason,
        corrections=tuple(reply.corrections),
        usage=reply.usage,
        asks=asks,
        sources=reply.sources,
        asks_rating=reply.asks_rating,
        script=script,
        interrupted=reply.interrupted,
        first_token_ms=None if reply.first is None else round(reply.first * 1000, 3),
        duration_ms=round(seconds * 1000, 3),
    )


def _complain(turn: Turn, bug: Exception) -> None:
    # No traceback: an exception's text may quote the customer.
    _log.error("voice broke", extra={"call_id": turn.call_id, "error": type(bug).__name__})

"""What helps the human beside a call: a reply to send, a summary to read, a disposition to set.

Suggestions only; nothing here is stored or said to a customer. A model may write them where one is configured, and what
it writes is held against the call (grounds.py); whatever goes wrong, the offline text stands in.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeVar

from callcenter.calls import (
    Confidence,
    ConversationState,
    Language,
    LocalizedText,
    Speaker,
    TokenUsage,
    Value,
)
from callcenter.conversation.copilot.disposition import JUDGED, VERDICTS, rule_of
from callcenter.conversation.copilot.grounds import is_in, unknown_numbers
from callcenter.conversation.copilot.texts import in_every_language, load_texts
from callcenter.errors import VoiceFailed
from callcenter.events import CallEvent, Disposition, Outcome, Routing, TicketCreated, TicketUpdated, fold, transcript
from callcenter.llm import Brief, Completion, Delta, Failure, Meter, Model, Piece, Voice
from callcenter.llm.asking import Answered, Unanswered, as_data, ask, question, quoted_lines
from callcenter.llm.prompt import Line
from callcenter.personas import PersonaManager
from callcenter.tickets import Ticket

__all__ = ["Copilot", "Disposition", "DispositionSuggestion", "Draft", "Summary"]

OFFLINE: Final = "offline"
"""Who wrote what no model did."""
UNSURE: Final = "model_unsure"
_SUMMARY: Final = Path(__file__).with_name("summary.md").read_text("utf-8")
_DISPOSITION: Final = Path(__file__).with_name("disposition.md").read_text("utf-8")
_LINES: Final = 60
"""Of a longer call a model reads the end, and the facts."""
_SURE: Final = 0.6
"""A model less sure of a disposition is not followed."""

_log = logging.getLogger(__name__)

_AnswerT = TypeVar("_AnswerT", bound=Value)


class Draft(Value):
    """A reply that an agent may send, change or leave."""

    text: str
    language: Language
    voice: str
    why: LocalizedText
    """As whom and to what it answers."""
    usage: TokenUsage | None = None
    sources: tuple[str, ...] = ()
    """Slugs of the articles it rests on, as the voice tells them."""


class Summary(Value):
    """A call in a few sentences, in every language."""

    text: LocalizedText
    voice: str
    voice_reason: str | None = None
    """Why the model's was not taken (`llm.Failure`); None: it was, or there is no model."""
    usage: TokenUsage | None = None


class DispositionSuggestion(Value):
    """What came of a call, as far as its log shows."""

    code: Disposition
    confidence: Confidence
    reason: LocalizedText
    voice: str
    voice_reason: str | None = None
    """Why the model's was not taken (`llm.Failure`, `model_unsure`); None: it was, or none was asked."""
    usage: TokenUsage | None = None


class SummaryAnswer(Value):
    """What the model is asked to answer."""

    en: str
    ar: str


class DispositionAnswer(Value):
    """The grounds first, then the verdict. What must stand in the log (a ticket, a transfer) is no model's to say."""

    reason_en: str
    reason_ar: str
    code: Literal["resolved", "information_given", "sale_lead", "abandoned", "spam_or_wrong_number"]
    confidence: Confidence


class Copilot:
    """Helps the agents of one company."""

    def __init__(
        self, *, voices: Sequence[Voice], personas: PersonaManager, model: Model | None = None, seconds: float = 10
    ) -> None:
        """Take the voices in the order they are tried; `model` writes summaries, within so many seconds."""
        self._voices = tuple(voices)
        self._personas = personas
        self._model = model
        self._seconds = seconds
        self._texts = load_texts()

    async def draft(self, brief: Brief) -> Draft:
        """Return a reply to the brief's message by the first voice that can. Raises VoiceFailed when none can."""
        async with aclosing(self.drafting(brief)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Draft):
                    return piece
        raise VoiceFailed(reason=Failure.empty)

    async def drafting(self, brief: Brief) -> AsyncGenerator[str | Draft, None]:
        """Yield a reply to the brief's message in pieces, then whole. Raises VoiceFailed when no voice can.

        The whole is what counts: pieces are of the first voice that says anything, and another one may have to stand
        in for it. What a voice asks to be done is left undone: an agent decides.
        """
        shown = False
        for voice in self._voices:
            own = replace(brief, meter=Meter())
            collected = _Collected()
            try:
                async with aclosing(voice.stream(own)) as pieces:
                    async for piece in pieces:
                        if (text := collected.take(piece)) and not shown:
                            yield text
            except VoiceFailed as failure:
                _log.warning("draft failed", extra={"call_id": brief.state.call_id, "reason": failure.reason})
            except Exception as bug:  # noqa: BLE001 (a bug in one voice must not cost the others' draft)
                # No traceback: an exception's text may quote the customer.
                _log.error("draft broke", extra={"call_id": brief.state.call_id, "error": type(bug).__name__})
            else:
                if collected.end is not None and collected.text.strip():
                    yield Draft(
                        text=collected.text.strip(),
                        language=brief.language,
                        voice=collected.end.voice,
                        why=self._why(brief),
                        usage=collected.end.usage,
                        sources=own.meter.sources,
                    )
                    return
            shown = shown or bool(collected.text)
        raise VoiceFailed(reason=Failure.empty)

    async def summarise(self, events: Sequence[CallEvent], tickets: Sequence[Ticket] = ()) -> Summary:
        """Sum up a call from its whole log; `tickets` as they stand now, where they changed since."""
        plain = self._plain(events, _latest(events, tickets))
        if self._model is None:
            return Summary(text=plain, voice=OFFLINE)
        found = await self._ask(SummaryAnswer, "summary", _SUMMARY, events, plain)
        if isinstance(found, Unanswered):
            return Summary(text=plain, voice=OFFLINE, voice_reason=found.reason, usage=found.usage)
        text = _grounded(found.answer.ar, found.answer.en, events, plain)
        if text is None:
            return Summary(text=plain, voice=OFFLINE, voice_reason=Failure.unfit, usage=found.usage)
        return Summary(text=text, voice=self._model.name, usage=found.usage)

    async def suggest_disposition(
        self, events: Sequence[CallEvent], tickets: Sequence[Ticket] = ()
    ) -> DispositionSuggestion:
        """Say what came of a call; a model is asked only where the log itself does not tell."""
        rule = rule_of(events, _latest(events, tickets))
        code, sure = VERDICTS[rule]
        own = DispositionSuggestion(code=code, confidence=sure, reason=self._texts.disposition[rule], voice=OFFLINE)
        if self._model is None or rule not in JUDGED:
            return own
        plain = self._plain(events, _latest(events, tickets))
        found = await self._ask(DispositionAnswer, "disposition", _DISPOSITION, events, plain)
        if isinstance(found, Unanswered):
            return own.altered({"voice_reason": found.reason, "usage": found.usage})
        answer = found.answer
        reason = _grounded(answer.reason_ar, answer.reason_en, events, plain)
        if reason is None:
            return own.altered({"voice_reason": Failure.unfit.value, "usage": found.usage})
        if answer.confidence < max(_SURE, sure):
            return own.altered({"voice_reason": UNSURE, "usage": found.usage})
        return DispositionSuggestion(
            code=Disposition(answer.code),
            confidence=answer.confidence,
            reason=reason,
            voice=self._model.name,
            usage=found.usage,
        )

    async def _ask(
        self, answer: type[_AnswerT], name: str, instructions: str, events: Sequence[CallEvent], plain: LocalizedText
    ) -> Answered[_AnswerT] | Unanswered:
        assert self._model is not None  # noqa: S101 (callers look)
        said = [
            Line(Speaker.customer if line.role == "user" else Speaker.persona, line.content)
            for line in transcript(events).messages[-_LINES:]
        ]
        text = as_data({"lines": quoted_lines(said), "facts": plain.en})
        asked = question(answer, name=name, instructions=instructions, text=text, max_output_tokens=1_500)
        return await ask(self._model, asked, answer, seconds=self._seconds)

    def _why(self, brief: Brief) -> LocalizedText:
        personas, texts = self._personas, self._texts.draft

        def write(language: Language) -> str:
            why = texts.answers[language].format(
                persona=personas.label(brief.persona, language),
                intent=personas.label(brief.analysis.intent.intent, language),
            )
            if brief.asks is None:
                return why
            return texts.asks[language].format(answers=why, slot=personas.label(brief.asks, language))

        return in_every_language(write)

    def _plain(self, events: Sequence[CallEvent], tickets: Sequence[Ticket]) -> LocalizedText:
        """Return the summary that the log itself gives: the personas' own, and what was done."""
        state = fold(events)
        assert state is not None  # noqa: S101 (a call's log starts with call_started)
        last = next((event for event in reversed(events) if isinstance(event, Routing)), None)
        known = self._personas.summary(  # the tickets are told one by one
            state.altered({"tickets": ()}), last.analysis if last else None, last.decision if last else None
        )
        done = self._done(state, tickets)
        return in_every_language(lambda language: "\n".join((known[language], *done(language))))

    def _done(self, state: ConversationState, tickets: Sequence[Ticket]) -> Callable[[Language], list[str]]:
        texts, label = self._texts.summary, self._personas.label

        def lines(language: Language) -> list[str]:
            personas = f" {texts.then[language]} ".join(label(persona, language) for persona in state.personas_used)
            written = [texts.answered_by[language].format(personas=personas)]
            if state.escalation_count:
                written.append(texts.escalated[language])
            if state.human_requested:
                written.append(texts.human_requested[language])
            written += [
                texts.ticket[language].format(
                    number=ticket.number,
                    category=label(ticket.category, language),
                    status=label(ticket.status, language),
                    priority=label(ticket.priority, language),
                )
                for ticket in tickets
            ]
            if state.outcome:
                written.append(texts.outcome[language].format(outcome=label(Outcome(state.outcome), language)))
            return written

        return lines


@dataclass(slots=True)
class _Collected:
    """All a voice says, and its end."""

    text: str = ""
    end: Completion | None = None

    def take(self, piece: Piece) -> str:
        """Take a piece, and return what it adds to the text."""
        if isinstance(piece, Completion):
            self.end = piece
        if not isinstance(piece, Delta):
            return ""
        self.text += piece.text
        return piece.text


def _latest(events: Sequence[CallEvent], tickets: Sequence[Ticket]) -> tuple[Ticket, ...]:
    """Return each ticket of the log as it stands last, `tickets` being newer than the log."""
    logged = [event.ticket for event in events if isinstance(event, TicketCreated | TicketUpdated)]
    return tuple({ticket.number: ticket for ticket in (*logged, *tickets)}.values())


def _grounded(ar: str, en: str, events: Sequence[CallEvent], plain: LocalizedText) -> LocalizedText | None:
    """Return a model's pair of texts if each is in its language and has no number that the call has not."""
    pair = {Language.ar: ar.strip(), Language.en: en.strip()}
    if not all(is_in(language, text) for language, text in pair.items()):
        return None
    source = "\n".join([*(line.content for line in transcript(events).messages), plain.en, plain.ar])
    if any(unknown_numbers(text, source) for text in pair.values()):
        return None
    return in_every_language(pair.__getitem__)

"""Suggest a reply to what a customer said last: read the call, brief the copilot, and pass on what it writes.

It reads what the store has and holds none of the call's locks: a suggestion, however slow, delays no turn, and nothing
of it goes into the log or onto the bus.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import dropwhile, takewhile
from typing import Final

from callcenter.analysis import ConversationAnalyzer, MessageAnalysis
from callcenter.calls import (
    ActionArguments,
    ActionName,
    CallId,
    ConversationIntent,
    ConversationState,
    Language,
    LocalizedText,
    MessageId,
    Speaker,
    SuggestionId,
    Value,
)
from callcenter.conversation.briefing import Asked, asked_by, brief_of
from callcenter.conversation.call_log import CallLog, lines_before
from callcenter.conversation.copilot import Copilot, Draft
from callcenter.conversation.open_calls import OpenCall, Remembered
from callcenter.conversation.turn import in_hand
from callcenter.errors import VoiceFailed
from callcenter.events import Routing
from callcenter.knowledge import Articles, Passage
from callcenter.llm import Brief, Failure
from callcenter.scripts import NO_SCRIPTS, Scripts

TOGETHER: Final = 5
"""So many messages in a row are answered by one suggestion; those before them are read as what was said before."""


class SuggestedPassage(Value):
    """A piece of an article that fits what the customer said."""

    slug: str
    """The article's."""
    title: str
    heading: str
    """What it stands under; empty at the article's top."""
    text: str
    language: Language
    """Of the text; the other one's where the article has no own."""
    used: bool
    """The suggested reply rests on it; of a model's, it was written with it at hand."""


class SuggestedAction(Value):
    """Something that could be done for the customer, as far as it is known; an agent starts it, nobody else."""

    action: ActionName
    arguments: ActionArguments
    summary: LocalizedText
    """What would be done."""


class Suggestion(Value):
    """A reply that an agent may send, change or leave."""

    call_id: CallId
    suggestion_id: SuggestionId
    message_id: MessageId
    """The customer's message that it answers; of several in a row, the last."""
    text: str
    language: Language
    voice: str
    """`offline` or a model's name."""
    why: LocalizedText
    """As whom and to what it answers."""
    passages: tuple[SuggestedPassage, ...] = ()
    actions: tuple[SuggestedAction, ...] = ()


class SuggestionDelta(Value):
    """A piece of a suggestion in the making; what counts is the `suggestion` that follows, or that none does."""

    call_id: CallId
    suggestion_id: SuggestionId
    delta: str


Recognise = Callable[[str, MessageAnalysis, ConversationState], Sequence[SuggestedAction]]
"""Says which actions a message asks for on a call as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What the customer said last, ready to be answered."""

    state: ConversationState
    asked: Asked
    brief: Brief
    unanswered: bool
    """No human has said anything since, and it is not merely the wish for one."""


class Suggesting:
    """Suggests replies on the calls of one company."""

    def __init__(  # noqa: PLR0913 (what it works with; all keyword-only)
        self,
        *,
        copilot: Copilot,
        log: CallLog,
        analyzer: ConversationAnalyzer,
        articles: Articles,
        recognise: Recognise | None = None,
        scripts: Callable[[], Scripts] = lambda: NO_SCRIPTS,
    ) -> None:
        """Take who writes and what is written with; `log` must remember what was said.

        `recognise` says which actions could be suggested; None: none are. `scripts` are those that calls may follow.
        """
        self._copilot = copilot
        self._log = log
        self._analyzer = analyzer
        self._articles = articles
        self._recognise = recognise
        self._scripts = scripts

    async def awaited(self, call_id: CallId) -> Awaited | None:
        """Return what the customer said last, None if nothing. Raises CallNotFound, StoreUnavailable."""
        call = OpenCall()  # of our own: the one that turns work with is not touched
        state = await self._log.load(call_id, call)
        since = list(takewhile(lambda each: each[0] is None, reversed(call.lines)))
        turns = [await self._log.turn(call_id, message_id) for message_id in _last_said(call.lines)]
        turns = [turn for turn in turns if turn.find(Routing) is not None]
        if not turns:
            return None
        *earlier, newest = turns
        asked = asked_by(newest)
        if earlier:
            text = "\n".join(turn.message.message for turn in turns)
            analysis = self._analyzer.analyze(text, newest.routing.decision.language)
            asked = Asked(turn=newest, earlier=tuple(earlier), text=text, analysis=analysis)
        ticket = in_hand(state, call.tickets)
        history = lines_before(call, asked.messages)
        brief = brief_of(state, ticket, asked, said=call.said, history=history, scripts=self._scripts())
        found = self._articles.on_call(asked.text, brief.language, asked.analysis, collect=False)
        human = any(line.speaker is Speaker.agent for _, line in since)
        wants_human = asked.analysis.intent.intent is ConversationIntent.human_request
        return Awaited(
            state=state,
            asked=asked,
            brief=replace(brief, passages=found),
            unanswered=not human and not wants_human,
        )

    async def suggest(
        self, awaited: Awaited, suggestion_id: SuggestionId
    ) -> AsyncGenerator[SuggestionDelta | Suggestion, None]:
        """Yield a reply in pieces, then whole. Raises VoiceFailed when no voice can."""
        call_id = awaited.state.call_id
        async with aclosing(self._copilot.drafting(awaited.brief)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield SuggestionDelta(call_id=call_id, suggestion_id=suggestion_id, delta=piece)
                else:
                    yield self._whole(piece, awaited, suggestion_id)
                    return
        raise VoiceFailed(reason=Failure.empty)

    def _whole(self, draft: Draft, awaited: Awaited, suggestion_id: SuggestionId) -> Suggestion:
        asked = awaited.asked
        recognise = self._recognise
        return Suggestion(
            call_id=awaited.state.call_id,
            suggestion_id=suggestion_id,
            message_id=asked.turn.message_id,
            text=draft.text,
            language=draft.language,
            voice=draft.voice,
            why=draft.why,
            passages=tuple(_passage(each, draft) for each in awaited.brief.passages),
            actions=tuple(recognise(asked.text, asked.analysis, awaited.state)) if recognise else (),
        )


def _last_said(lines: Sequence[Remembered]) -> list[MessageId]:
    """Return the ids of what the customer said last without one of us in between, oldest first."""
    newest_first = [message_id for message_id, _ in reversed(lines)]
    from_customer = dropwhile(lambda each: each is None, newest_first)
    run = [each for each in takewhile(lambda each: each is not None, from_customer) if each is not None]
    return run[:TOGETHER][::-1]


def _passage(passage: Passage, draft: Draft) -> SuggestedPassage:
    return SuggestedPassage(
        slug=passage.slug,
        title=passage.title,
        heading=passage.heading,
        text=passage.text,
        language=passage.language,
        used=passage.slug in draft.sources,
    )

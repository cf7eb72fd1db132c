"""The voice that needs nothing: answers in persona from the company profile and the ticket, in the customer's language.

Deterministic: the same brief gives the same reply, and wordings take turns by counting messages. `choice` says which
sibling answers; this module prepares the facts once and puts the question that is due at the end. A reply claims
nothing that the brief or the profile does not show, and never asks two questions.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Final

from callcenter.analysis import PhraseIndex
from callcenter.calls import Language
from callcenter.company import Company
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Piece
from callcenter.llm.offline.choice import draft_reply
from callcenter.llm.offline.facts import facts_of, item_index
from callcenter.llm.offline.phrases import Cue, Day, load_phrasebook
from callcenter.llm.offline.scripted import put
from callcenter.llm.offline.turn import Turn
from callcenter.routing import RoutingPolicy

NAME: Final = "offline"
_POLICY: Final = RoutingPolicy()
"""What is a guess to routing is one to the voice."""
_SENTENCE_END: Final = re.compile(r"[.!?؟…]\s+")


class OfflineVoice:
    """Speaks for every persona of a company; a `PromptVoice`."""

    def __init__(self, company: Company) -> None:
        book = load_phrasebook()
        self._personas = book.personas
        self._counts = book.counts
        self._company = company
        self._cue_index: PhraseIndex[Cue] = PhraseIndex(
            [(phrase, cue) for cue, words in book.cues.items() for phrase in words.phrases]
            + [(phrase, Cue.day) for words in book.days.values() for phrase in words.phrases]
            + [(company.name[language], Cue.about) for language in Language]
        )
        self._day_index: PhraseIndex[Day] = PhraseIndex(
            [(phrase, day) for day, words in book.days.items() for phrase in words.phrases]
        )
        self._ordinal_index: PhraseIndex[int] = PhraseIndex(
            [(phrase, place) for place, words in enumerate(book.ordinals) for phrase in words.phrases]
        )
        self._last_ordinal = len(book.ordinals) - 1
        self._items = item_index(company)
        offers = book.cues[Cue.offer].phrases
        self._facts = {language: facts_of(company, language, offers) for language in Language}

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        """Yield the reply sentence by sentence; never fails."""
        for piece in self.say(brief):
            yield Delta(piece)
        yield Completion(CompletionKind.complete, NAME)

    @property
    def name(self) -> str:
        """What the voice is called in events."""
        return NAME

    def say(self, brief: Brief) -> tuple[str, ...]:
        """Return the reply sentence by sentence."""
        reply = self.reply(brief)
        ends = [0, *(found.end() for found in _SENTENCE_END.finditer(reply)), len(reply)]
        return tuple(reply[start:end] for start, end in pairwise(ends) if start < end)

    def reply(self, brief: Brief) -> str:
        """Return the whole reply."""
        turn = self._turn(brief)
        draft = draft_reply(turn)
        if brief.script is not None:
            put(turn, brief.script, draft)
        elif brief.asks is not None and draft.asking:
            again = brief.asks in brief.state.slots.asked
            draft.closing = turn.say((turn.lines.asks_again if again else turn.lines.asks)[brief.asks])
        return draft.text()

    def _turn(self, brief: Brief) -> Turn:
        return Turn(
            brief=brief,
            lines=self._personas[brief.persona],
            facts=self._facts[brief.language],
            counts=self._counts,
            heard=_POLICY.heard(brief.analysis, has_ticket=brief.state.ticket is not None),
            company=self._company,
            cue_index=self._cue_index,
            day_index=self._day_index,
            ordinal_index=self._ordinal_index,
            last_ordinal=self._last_ordinal,
            item_index=self._items,
        )

"""Find the script that fits what a customer comes with. Pure, and it says why.

A trigger phrase of the script must stand in the message, and something else must speak for the script too: its intent,
its kind of ticket, its service, or a second phrase. Only a clear winner is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from callcenter.analysis import Act, MessageAnalysis, PhraseIndex
from callcenter.calls import ConversationIntent, Language, PersonaType
from callcenter.scripts.hearing import Listener, longest
from callcenter.scripts.script import Script, ScriptStatus
from callcenter.scripts.words import load_words

PHRASE: Final = 3
"""What a trigger phrase weighs."""
ANOTHER_PHRASE: Final = 1
"""What all further ones weigh together."""
INTENT: Final = 2
CATEGORY: Final = 1
SERVICE: Final = 1
LEAST: Final = 4
"""A phrase alone is not enough: "a new website" stands in many a message."""
MARGIN: Final = 1
"""So much must lie between the best and the next one."""


class Match(NamedTuple):
    """A script that fits, and why."""

    script: Script
    score: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a message tells of what the customer comes for."""

    text: str
    analysis: MessageAnalysis
    heard: ConversationIntent
    """The intent it is taken to have."""
    persona: PersonaType | None
    """Who answers it; None: whoever a script is for."""
    services: Collection[str] = ()
    """Ids of the company's services known to interest the customer."""


@dataclass(frozen=True)
class Scripts:
    """The published scripts of a company, ready to be matched and followed."""

    listeners: dict[str, Listener] = field(default_factory=dict)
    """By script id."""
    phrases: PhraseIndex[str] = field(default_factory=lambda: PhraseIndex([]))

    @classmethod
    def of(cls, scripts: Iterable[Script]) -> Scripts:
        """Compile those that are published."""
        live = [script for script in scripts if script.status is ScriptStatus.published]
        return cls(
            listeners={script.id: Listener(script) for script in live},
            phrases=PhraseIndex(
                [
                    (phrase, script.id)
                    for script in live
                    for language in Language
                    for phrase in script.demand.phrases.get(language, ())
                ]
            ),
        )

    def get(self, script_id: str) -> Listener | None:
        """Return a published script, ready to be followed."""
        return self.listeners.get(script_id)

    def match(self, wish: Wish) -> Match | None:
        """Return the script that clearly fits best; None where none or more than one does."""
        if not self.listeners or wish.analysis.does(Act.not_interested) or wish.analysis.sentiment.sentiment.upset:
            return None
        fitting = sorted(self._fitting(wish), key=lambda each: -each.score)
        if not fitting or fitting[0].score < LEAST:
            return None
        best, *others = fitting
        return None if others and best.score - others[0].score < MARGIN else best

    def _fitting(self, wish: Wish) -> Iterable[Match]:
        """Return the scripts a phrase of which stands in the message, with what speaks for each."""
        words, found = load_words(), dict[str, list[str]]()
        for match in longest(self.phrases.find(wish.text)):
            if not words.turned_around(wish.text, match.start):
                found.setdefault(match.payload, []).append(wish.text[match.start : match.end])
        for script_id, phrases in found.items():
            judged = _judged(self.listeners[script_id].script, wish, tuple(dict.fromkeys(phrases)))
            if judged is not None:
                yield judged


NO_SCRIPTS: Final = Scripts()


def _judged(script: Script, wish: Wish, phrases: Sequence[str]) -> Match | None:
    """Weigh what speaks for a script; None where another persona answers, or the customer wants something else."""
    demand, intent = script.demand, wish.analysis.intent
    if wish.persona not in {None, script.persona}:
        return None
    score = PHRASE + (ANOTHER_PHRASE if len(phrases) > 1 else 0)
    reasons = ["phrases " + ", ".join(f"“{phrase}”" for phrase in phrases)]
    wanted = next((each for each in demand.intents if wish.heard is each or intent.also(each)), None)
    if wanted is not None:
        score += INTENT
        reasons.append(f"intent {wanted}")
    elif demand.intents and wish.heard is not ConversationIntent.other:
        return None
    category = wish.analysis.category.category
    if category is not None and category in demand.categories:
        score += CATEGORY
        reasons.append(f"category {category}")
    named = [each for each in demand.services if each in wish.services]
    if named:
        score += SERVICE
        reasons.append(f"service {named[0]}")
    return Match(script, score, "; ".join(reasons))

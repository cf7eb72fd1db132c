"""Who reads the messages: the analyzer, and beside it what people usually put together, and the libraries alone.

The usual stack is langdetect for the language, VADER for the mood, and a loop over a few hundred keywords for each
intent. It names no negation, urgency, entity or evidence, so that what it costs is the least it could cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import langdetect
import lingua
from vaderSentiment import vaderSentiment

from callcenter.analysis import analyze, default_lexicons

Reader = Callable[[str], object]
"""Makes of a message what it can; what that is, only the reader knows."""

OURS: Final = "ours"
VADER: Final = "VADER"
LANGDETECT: Final = "langdetect"
KEYWORDS: Final = "keywords"
LINGUA: Final = "lingua"
USUAL_STACK: Final = (LANGDETECT, VADER, KEYWORDS)
"""These three, one after the other."""

KEYWORDS_AN_INTENT: Final = 300


def _ours() -> Reader:
    lexicons = default_lexicons()
    return lambda text: analyze(text, lexicons)


def _vader() -> Reader:
    reader: Reader = vaderSentiment.SentimentIntensityAnalyzer().polarity_scores
    return reader


def _langdetect() -> Reader:
    langdetect.DetectorFactory.seed = 0  # as its manual says, or it answers differently from run to run
    reader: Reader = langdetect.detect
    return reader


def _lingua() -> Reader:
    languages = (lingua.Language.ARABIC, lingua.Language.ENGLISH)
    reader: Reader = lingua.LanguageDetectorBuilder.from_languages(*languages).build().detect_language_of
    return reader


def _keywords() -> Reader:
    """Count the keywords of each intent that are in a message, as plain loops do."""
    keywords = intent_keywords()

    def count(text: str) -> dict[str, int]:
        lowered = text.lower()
        scores = {}
        for intent, phrases in keywords.items():
            score = 0
            for phrase in phrases:
                if phrase in lowered:
                    score += 1
            scores[intent] = score
        return scores

    return count


def intent_keywords() -> Mapping[str, Sequence[str]]:
    """Return up to KEYWORDS_AN_INTENT of our own phrases for each intent, those a plain search can find."""
    phrases: dict[str, list[str]] = {}
    for cue in default_lexicons().cues:
        if cue.aspect == "intent" and "…" not in cue.text:
            phrases.setdefault(cue.label, []).append(cue.text.removesuffix("*"))
    return {
        intent: every[:: -(-len(every) // KEYWORDS_AN_INTENT)][:KEYWORDS_AN_INTENT] for intent, every in phrases.items()
    }


READERS: Final[Mapping[str, Callable[[], Reader]]] = {
    OURS: _ours,
    VADER: _vader,
    LANGDETECT: _langdetect,
    KEYWORDS: _keywords,
    LINGUA: _lingua,
}
"""How each is made ready."""

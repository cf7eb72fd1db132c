"""Say how the customer feels: words for it, weighed by degree ("very"), negation ("not bad") and contrast ("but").

Anger (insults, threats, shouting) and frustration (waiting, repeating oneself) are told apart from mere
displeasure. A complaint without any such word is still negative. What follows from it, escalation above all,
routing decides.
"""

from __future__ import annotations

import math
import re
import string
from typing import TYPE_CHECKING, Final

from callcenter.analysis.models import SentimentAnalysisResult, stated
from callcenter.calls import Sentiment

if TYPE_CHECKING:
    from callcenter.analysis.models import Evidence
    from callcenter.analysis.reading import Reading

_SIGN: Final = {"positive": 1.0, "negative": -1.0, "frustrated": -1.0, "angry": -1.0}
_NEGATED: Final = {"positive": -0.9, "negative": 0.45, "frustrated": 0.0, "angry": 0.0}
""""not good" is nearly bad, "not bad" faintly good, "not angry" nothing."""
_DEGREES: Final = {"up": 1.4, "down": 0.6}
_BEFORE_CONTRAST: Final = 0.5
_AFTER_CONTRAST: Final = 1.25
""""good but late" leans to what follows."""
_SOFTNESS: Final = 3.0
"""Folds a sum into -1..1: a plain word (1) gives .5, two .76, three .87."""
_STRONG: Final = 0.73
_NEUTRAL: Final = 0.2
_SHOUTED: Final = re.compile(r"\b[A-Z]{3,}\b(?:[^A-Za-z]+[A-Z]{2,}\b)+")
"""Two words or more in capitals, the first of three letters at least."""
_NO_CAPITALS: Final = bytes(set(range(256)) - set(string.ascii_uppercase.encode()))
_FEWEST_CAPITALS: Final = len("AAABB")
"""Counting capitals costs a fifth of looking for shouting, and nearly all messages have fewer."""
_LOUD: Final = 0.5
"""What shouting or "!!!" adds to anger, when something unpleasant is said at all."""
_MATTER: Final = 0.55
"""What a complaint or failure takes from the mood by itself, per point of its score, up to _MATTER_MOST points."""
_MATTER_MOST: Final = 2.0
_BURST: Final = 1.0
"""From this much anger (or frustration) on, it is the verdict."""
_MAX_EVIDENCE: Final = 4

_CALM: Final = SentimentAnalysisResult(
    sentiment=Sentiment.neutral, confidence=0.7, emotion_indicators=(), reasoning="no word of feeling", score=0.0
)


def verdict(reading: Reading, matter: float) -> SentimentAnalysisResult:
    """Sum the words of feeling; `matter` is the score of complaint and failure cues in the same message."""
    hits = reading.hits.get("sentiment", ())
    if not hits and matter <= 0:
        return _CALM
    turning = reading.hits.get("contrast")
    turn = turning[-1][0] if turning else None
    total = -_MATTER * min(matter, _MATTER_MOST)
    burst = {"angry": 0.0, "frustrated": 0.0}
    evidence: list[Evidence] = []
    before: dict[int, float] = {}
    after: dict[int, float] = {}
    for start, end, cue, _ in reading.hits.get("degree", ()):
        before[end] = after[start] = _DEGREES[cue.label]
    for hit in hits:
        start, end, cue, negated = hit
        label = cue.label
        negated = negated and cue.when != "any"
        value = cue.weight * (_NEGATED[label] if negated else _SIGN[label])
        if before:
            value *= before.get(start - 1) or after.get(end + 1) or 1.0
        if turn is not None:
            value *= _BEFORE_CONTRAST if end <= turn else _AFTER_CONTRAST
        total += value
        if label in burst and not negated:
            burst[label] -= value
        if value and len(evidence) < _MAX_EVIDENCE:
            evidence.append(reading.evidence(hit, round(value, 2)))
    loud = total < 0 and _loud(reading.text)
    if loud:
        total -= _LOUD
        burst["angry"] += _LOUD
    score = total / math.sqrt(total * total + _SOFTNESS)
    sentiment, reasoning = _fold(score, burst["angry"], burst["frustrated"])
    return stated(
        SentimentAnalysisResult,
        {
            "sentiment": sentiment,
            "confidence": round(
                0.8 - abs(score) if sentiment is Sentiment.neutral else min(0.98, 0.5 + 0.5 * abs(score)), 3
            ),
            "emotion_indicators": tuple(dict.fromkeys([found.text for found in evidence])),
            "reasoning": f"{reasoning}, said loudly" if loud else reasoning,
            "score": round(score, 3),
            "evidence": tuple(evidence),
        },
    )


def _loud(text: str) -> bool:
    if "!!" in text:
        return True
    capitals = len(text.encode("ascii", "ignore").translate(None, _NO_CAPITALS))
    return capitals >= _FEWEST_CAPITALS and _SHOUTED.search(text) is not None


def _fold(score: float, angry: float, frustrated: float) -> tuple[Sentiment, str]:
    if angry >= _BURST and score < 0:
        return Sentiment.angry, "words of anger"
    if frustrated + angry >= _BURST and score < 0:
        return Sentiment.frustrated, "words of frustration"
    if score >= _STRONG:
        return Sentiment.very_positive, "strong words of pleasure"
    if score >= _NEUTRAL:
        return Sentiment.positive, "words of pleasure"
    if score <= -_NEUTRAL:
        return Sentiment.negative, "words of displeasure or a matter that displeases"
    return Sentiment.neutral, "good and bad balance out"

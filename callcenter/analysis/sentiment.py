"""Say how the customer feels: words for it, weighed by degree ("very"), negation ("not bad") and contrast ("but").

Anger (insults, threats, shouting) and frustration (waiting, repeating oneself) are told apart from mere
displeasure. A complaint without any such word is still negative. Beneath the words for feelings, every word adds what
was learnt of it (learnt.py). What follows from a feeling, escalation above all, routing decides.
"""

from __future__ import annotations

import math
import re
import string
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from callcenter.analysis.learnt import FEELINGS, LANES
from callcenter.analysis.models import SentimentAnalysisResult, stated
from callcenter.calls import Sentiment

if TYPE_CHECKING:
    from callcenter.analysis.learnt import LearntLayer, Weighed
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

_WORDED: Final = 8.0
"""What words for feelings, at their strongest, add to a feeling's log-odds. Read off trades left out of the training
and off the development messages together."""
_CALM_ODDS: Final = 0.3
"""Added to the log-odds of no feeling: a word that often stands beside a feeling is none by itself."""
_UNSAID_ODDS: Final = 0.8
"""The same where neither a word for a feeling nor a matter that displeases is in the message."""
_IRONIC: Final = 0.45
"""What each point of a complaint takes from praise beside it: "a month of waiting, what a wonderful service"."""
_FAULT: Final = 1.0
"""What a matter that displeases adds by itself to the log-odds of a bad feeling."""
_UPSET: Final = 0.5
_UPSET_ASKING: Final = 0.9
"""How likely learnt words must make anger or frustration, since a call is escalated for it: in a complaint, and where
the message rather asks or wishes ("when will I get my money back?")."""
_FEW_WORDS: Final = 5
"""So few words without a word for a feeling say twice as little of one."""
_DENIED: Final = 2.0
"""What a bad feeling denied adds to the log-odds of none: its word and the "not" were both learnt from complaints."""
_FIRST: Final = LANES.index(FEELINGS[0])
_SUREST: Final = 0.99
_LEAST: Final = 0.05
"""A feeling named is never scored as none."""

_CALM: Final = SentimentAnalysisResult(
    sentiment=Sentiment.neutral, confidence=0.7, emotion_indicators=(), reasoning="no word to go by", score=0.0
)


Stance = Literal["complains", "answers", "asks"]
"""What a message does: it says that something is wrong, gives what was asked, or anything else."""


def verdict(
    reading: Reading, matter: float, layer: LearntLayer, weighed: Weighed, stance: Stance
) -> SentimentAnalysisResult:
    """Sum the words of feeling and what the words `weighed`; `matter` is the score of complaint and failure cues.

    Who complains is sooner taken for upset; who but answers what was asked shows no feeling unless they say so.
    Words for feelings are no longer guessed at: what was learnt counts for the share of the words that are none.
    """
    hits = reading.hits.get("sentiment", ())
    if not hits and matter <= 0 and not weighed.words:
        return _CALM
    worded = _worded(reading, matter) if hits or matter > 0 else _UNSAID
    shares = _shares(weighed, worded, len(hits), matter, answers=stance == "answers")
    sentiment, reasoning = _fold(shares, worded, _UPSET if stance == "complains" else _UPSET_ASKING)
    evidence = worded.evidence or _learnt(reading, layer, weighed, sentiment)
    if worded.loud:
        reasoning += ", said loudly"
    return stated(
        SentimentAnalysisResult,
        {
            "sentiment": sentiment,
            "confidence": round(min(_SUREST, max(shares.bad, shares.even, shares.good)), 3),
            "emotion_indicators": tuple(dict.fromkeys([found.text for found in evidence])) if evidence else (),
            "reasoning": reasoning,
            "score": round(_degree(sentiment, shares.good - shares.bad, worded.score), 3),
            "evidence": evidence,
        },
    )


def _degree(sentiment: Sentiment, likely: float, worded: float) -> float:
    """Place the feeling between -1 and 1: half by how likely it is, half by how strong its words are."""
    middle = (likely + worded) / 2
    if sentiment.valence < 0:
        return min(middle, -_LEAST)
    return max(middle, _LEAST) if sentiment.valence > 0 else middle


class _Worded(NamedTuple):
    """What the words for feelings amount to."""

    score: float
    """-1 to 1."""
    angry: float
    frustrated: float
    denied: int
    """How many bad feelings are said not to be there ("not bad", "I am not angry")."""
    loud: bool
    evidence: tuple[Evidence, ...]


_UNSAID: Final = _Worded(0.0, 0.0, 0.0, 0, loud=False, evidence=())
"""Nothing said: no word for a feeling, and no matter that displeases."""


class _Shares(NamedTuple):
    """How likely each feeling is; the first three add up to 1."""

    bad: float
    even: float
    good: float
    frustrated: float
    """Part of `bad`, as `angry` is: the two feelings that escalate a call."""
    angry: float


def _shares(weighed: Weighed, worded: _Worded, hits: int, matter: float, *, answers: bool) -> _Shares:
    """Add what words for feelings say to what was learnt of the others."""
    said = len(weighed.words)
    unworded = max(0.0, 1 - hits / said) if said else 0.0
    plain, worn, angry, even, good = [unworded * each for each in weighed.odds[_FIRST : _FIRST + len(FEELINGS)]]
    base = max(plain, worn, angry)
    plain, worn, angry = math.exp(plain - base), math.exp(worn - base), math.exp(angry - base)
    displeased = plain + worn + angry
    bad = base + math.log(displeased)
    if worded.score <= 0:
        bad -= _WORDED * worded.score
    else:
        good += _WORDED * worded.score * (1 - _IRONIC * min(matter, _MATTER_MOST))
    if matter > 0:
        bad += _FAULT
    if hits or matter > 0:
        even += _CALM_ODDS
    else:
        even += _UNSAID_ODDS * (2 if answers or said <= _FEW_WORDS else 1)
    even += _DENIED * worded.denied
    most = max(bad, even, good)
    bad, even, good = math.exp(bad - most), math.exp(even - most), math.exp(good - most)
    total = bad + even + good
    upset = bad / total / displeased
    return _Shares(bad / total, even / total, good / total, worn * upset, angry * upset)


def _worded(reading: Reading, matter: float) -> _Worded:
    """Sum the words for feelings, each by its degree, its negation and its side of a contrast."""
    turning = reading.hits.get("contrast")
    turn = turning[-1][0] if turning else None
    total = -_MATTER * min(matter, _MATTER_MOST)
    burst = {"angry": 0.0, "frustrated": 0.0}
    denied = 0
    evidence: list[Evidence] = []
    before: dict[int, float] = {}
    after: dict[int, float] = {}
    for start, end, cue, _ in reading.hits.get("degree", ()):
        before[end] = after[start] = _DEGREES[cue.label]
    for hit in reading.hits.get("sentiment", ()):
        start, end, cue, negated = hit
        label = cue.label
        negated = negated and cue.when != "any"
        denied += negated and label != "positive"
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
    return _Worded(score, burst["angry"], burst["frustrated"], denied, loud, tuple(evidence))


def _learnt(reading: Reading, layer: LearntLayer, weighed: Weighed, sentiment: Sentiment) -> tuple[Evidence, ...]:
    """Cite the words that learning gives most weight for the feeling found; calm needs no words."""
    if sentiment is Sentiment.neutral:
        return ()
    if sentiment.valence > 0:
        return tuple(reading.learnt_evidence(layer, weighed, LANES.index("positive")))
    found = reading.learnt_evidence(layer, weighed, LANES.index(sentiment.value))
    return tuple([each.model_copy(update={"weight": -each.weight}) for each in found])


def _loud(text: str) -> bool:
    if "!!" in text:
        return True
    capitals = len(text.encode("ascii", "ignore").translate(None, _NO_CAPITALS))
    return capitals >= _FEWEST_CAPITALS and _SHOUTED.search(text) is not None


def _fold(shares: _Shares, worded: _Worded, upset: float) -> tuple[Sentiment, str]:
    """Name the likeliest feeling and say what it rests on."""
    if shares.bad > shares.even and shares.bad > shares.good:
        return _displeasure(shares, worded, upset)
    if shares.good > shares.even:
        if worded.score >= _STRONG:
            return Sentiment.very_positive, "strong words of pleasure"
        return Sentiment.positive, "words of pleasure"
    return Sentiment.neutral, "no feeling, or good and bad balance out"


def _displeasure(shares: _Shares, worded: _Worded, upset: float) -> tuple[Sentiment, str]:
    """Tell anger and frustration from mere displeasure: words for them say so, or learnt ones beyond doubt."""
    if worded.angry >= _BURST:
        return Sentiment.angry, "words of anger"
    if worded.frustrated + worded.angry >= _BURST:
        return Sentiment.frustrated, "words of frustration"
    if worded.score >= 0 or shares.frustrated + shares.angry < upset:
        return Sentiment.negative, "words of displeasure or a matter that displeases"
    if shares.angry > shares.frustrated:
        return Sentiment.angry, "said as angry people speak"
    return Sentiment.frustrated, "said as worn-out people speak"

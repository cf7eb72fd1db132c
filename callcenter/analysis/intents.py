"""Weigh what the customer wants: cues and learnt words add up for every intent, the likeliest decides.

A section of cues says one thing: its heaviest cue counts in full, further ones confirm it at a discount. Beneath the
cues, every word adds what was learnt of it (learnt.py). What has cues is reported beside the verdict, for a message
may want several things. Which persona an intent leads to is routing's business.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from callcenter.analysis.learnt import INTENTS
from callcenter.analysis.models import Act, Evidence, IntentAnalysis, IntentCandidate, stated
from callcenter.calls import ConversationIntent

if TYPE_CHECKING:
    from callcenter.analysis.learnt import LearntLayer, Weighed
    from callcenter.analysis.reading import Hit, Reading
    from callcenter.calls import Language

_CONFIRMING: Final = 0.35
"""What a second cue of the same section adds: it mostly repeats the first."""
_STEEPNESS: Final = 0.8
"""Turns a score into confidence: a weak cue (0.6) .38, a fair one (1.2) .62, a strong one (2) .8, two strong .96."""
_DOUBT: Final = 0.35
"""How much an equally strong rival takes from the confidence."""
_CUE: Final = dict.fromkeys(INTENTS, 2.2) | {
    "greeting": 2.3,
    "goodbye": 2.6,
    "training_interest": 2.6,
    "human_request": 3.5,
}
"""What a point of cues adds to an intent's log-odds. Read off trades left out of the training and off the development
messages together: less lets learnt words overrule plain cues, more wastes what they know. Some cues hardly err."""
_MOST_CUES: Final = 4.0
"""Points beyond which more cues say nothing new."""
_TEMPER: Final = 1.8
"""Divides the log-odds before they become likelihoods: cues of one message repeat one another. Read off trades and
dialects nobody tuned for, so that of the verdicts at .9 nine of ten are right."""
_NO_CUE: Final = 0.2
_MAX_EVIDENCE: Final = 3
"""Cues cited per intent; more explain nothing further, and a page-long message would cite hundreds."""
_MAX_RIVAL_EVIDENCE: Final = 1
_UNMEANT: Final = 1.5
"""What learnt words lose where the message says that they are not meant: others' faults, an offer turned down."""
_LANE: Final = {name: lane for lane, name in enumerate(INTENTS)}
_FAULTS: Final = tuple(INTENTS.index(name) for name in ("complaint", "technical_support"))
_WISHES: Final = tuple(INTENTS.index(name) for name in ("sales_interest", "service_inquiry", "training_interest"))
_MAX_OTHERS: Final = 3
_LIKELY: Final = 0.15
"""An intent without a cue is reported beside the verdict from this likelihood on."""

_INTENTS: Final = {intent.value: intent for intent in ConversationIntent}


def scores(reading: Reading) -> dict[str, float]:
    """Return each intent's points by its cues, intents without a cue left out."""
    total: dict[str, float] = {}
    heaviest: dict[str, float] = {}
    for _, _, cue, _ in reading.hits.get("intent", ()):
        label, rule, weight = cue.label, cue.rule, cue.weight
        most = heaviest.get(rule, 0.0)
        if weight > most:
            heaviest[rule] = weight
            weight -= most * (1 - _CONFIRMING)
        else:
            weight *= _CONFIRMING
        total[label] = total.get(label, 0.0) + weight
    return {name: round(score, 3) for name, score in total.items() if score > 0}


def verdict(
    reading: Reading, points: dict[str, float], layer: LearntLayer, weighed: Weighed, language: Language | None
) -> IntentAnalysis:
    """Rank the intents by `points` of their cues and what the words `weighed`, and cite both."""
    if not points and not weighed.words:
        return IntentAnalysis(
            intent=ConversationIntent.other,
            confidence=_NO_CUE,
            keywords=(),
            language=language,
            reasoning="no word to go by",
        )
    acts = reading.hits.get("act")
    declines = acts is not None and Act.not_interested in [hit[2].label for hit in acts]
    ranking = _ranked(points, weighed, aside="aside" in reading.hits, declines=declines)
    _, lane, sure = ranking
    name = INTENTS[lane]
    cited: dict[str, list[Hit]] = {}
    for hit in reading.hits.get("intent", ()):
        if hit[2].label in points:
            cited.setdefault(hit[2].label, []).append(hit)
    evidence = _evidence(reading, cited.get(name, []), _MAX_EVIDENCE)
    others = _others(reading, points, cited, ranking)
    if evidence:
        reasoning = f"{evidence[0].rule} scored {points[name]:.3g}"
    else:
        evidence = tuple(sorted(reading.learnt_evidence(layer, weighed, lane), key=_place))
        reasoning = "no cue, but learnt words" if evidence else "no cue"
    if others:
        reasoning += f", ahead of {others[0].intent} ({others[0].confidence:.2f})"
    return stated(
        IntentAnalysis,
        {
            "intent": _INTENTS[name],
            "confidence": sure,
            "keywords": tuple(dict.fromkeys([found.text for found in evidence])),
            "language": language,
            "reasoning": reasoning,
            "evidence": evidence,
            "others": others,
        },
    )


_SUREST: Final = 0.99


_Ranking = tuple[list[float], int, float]
"""How likely each intent is, by INTENTS, the place of the likeliest, and how surely it is meant."""


def _ranked(points: dict[str, float], weighed: Weighed, *, aside: bool, declines: bool) -> _Ranking:
    """Turn points and learnt log-odds into likelihoods.

    In an `aside` words for faults are not meant as such, nor words for wishes where the customer `declines`.
    """
    odds = weighed.odds[: len(INTENTS)]
    for name, own in points.items():
        odds[_LANE[name]] += _CUE[name] * min(own, _MOST_CUES)
    if aside or declines:
        for lane in (*(_FAULTS if aside else ()), *(_WISHES if declines else ())):
            odds[lane] -= _UNMEANT
    most = max(odds)
    shares = [math.exp((each - most) / _TEMPER) for each in odds]
    total = sum(shares)
    likely, first = [share / total for share in shares], odds.index(most)
    return likely, first, round(min(_SUREST, likely[first]), 3)


def _others(
    reading: Reading, points: dict[str, float], cited: dict[str, list[Hit]], ranking: _Ranking
) -> tuple[IntentCandidate, ...]:
    """Report the further intents: those with cues of their own, then those that learnt words make likely."""
    likely, first, sure = ranking
    rivals = [
        (name not in points, -likely[lane], lane, name)
        for lane, name in enumerate(INTENTS)
        if lane != first and (name in points or likely[lane] >= _LIKELY)
    ]
    if not rivals:
        return ()
    rivals.sort()
    own = points.get(INTENTS[first], 0.0)
    return tuple(
        [
            stated(
                IntentCandidate,
                {
                    "intent": _INTENTS[name],
                    "score": points.get(name, 0.0),
                    "confidence": round(min(sure, -unlikely if uncued else _confidence(points[name], own)), 3),
                    "evidence": _evidence(reading, cited.get(name, []), _MAX_RIVAL_EVIDENCE),
                },
            )
            for uncued, unlikely, _, name in rivals[:_MAX_OTHERS]
        ]
    )


def _place(evidence: Evidence) -> int:
    return evidence.start


def _evidence(reading: Reading, hits: list[Hit], most: int) -> tuple[Evidence, ...]:
    """Cite the heaviest of `hits`, the last of equals, in order of place."""
    if len(hits) > most:
        least = sorted([hit[2].weight for hit in hits])[-most]
        heavy = [hit for hit in hits if hit[2].weight > least]
        even = [hit for hit in hits if hit[2].weight == least]
        hits = sorted(heavy + even[len(heavy) - most :]) if heavy else even[-most:]
    return tuple([reading.evidence(hit, hit[2].weight) for hit in hits])


def _confidence(score: float, rival: float) -> float:
    sure = 1 - math.exp(-_STEEPNESS * score)
    return round(min(_SUREST, sure * (1 - _DOUBT * min(1.0, rival / score))), 3)

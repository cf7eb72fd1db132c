"""Weigh what the customer wants: every intent gets the sum of its cues, the heaviest decides, the others are reported.

A section of cues says one thing: its heaviest cue counts in full, further ones confirm it at a discount. Ties go to
the intent that costs the customer most to miss. Which persona an intent leads to is routing's business.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from callcenter.analysis.models import IntentAnalysis, IntentCandidate, stated
from callcenter.calls import ConversationIntent

if TYPE_CHECKING:
    from callcenter.analysis.models import Evidence
    from callcenter.analysis.reading import Hit, Reading
    from callcenter.calls import Language

_CONFIRMING: Final = 0.35
"""What a second cue of the same section adds: it mostly repeats the first."""
_STEEPNESS: Final = 0.8
"""Turns a score into confidence: a weak cue (0.6) .38, a fair one (1.2) .62, a strong one (2) .8, two strong .96."""
_DOUBT: Final = 0.35
"""How much an equally strong rival takes from the confidence."""
_NO_CUE: Final = 0.2
_MAX_EVIDENCE: Final = 3
"""Cues cited per intent; more explain nothing further, and a page-long message would cite hundreds."""
_MAX_RIVAL_EVIDENCE: Final = 1
_MAX_OTHERS: Final = 3

_BY_COST: Final = (
    ConversationIntent.human_request,
    ConversationIntent.complaint,
    ConversationIntent.technical_support,
    ConversationIntent.sales_interest,
    ConversationIntent.training_interest,
    ConversationIntent.service_inquiry,
    ConversationIntent.account_request,
    ConversationIntent.information,
    ConversationIntent.goodbye,
    ConversationIntent.greeting,
    ConversationIntent.other,
)
_COST: Final = {intent.value: rank for rank, intent in enumerate(_BY_COST)}
_INTENTS: Final = {intent.value: intent for intent in ConversationIntent}


def scores(reading: Reading) -> dict[str, float]:
    """Return each intent's score, intents without a cue left out."""
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
    return {name: round(score, 3) for name, score in total.items()}


def verdict(reading: Reading, total: dict[str, float], language: Language | None) -> IntentAnalysis:
    """Rank `total` and cite the cues."""
    ranked = sorted([(-score, _COST[name], name) for name, score in total.items() if score > 0])
    if not ranked:
        return IntentAnalysis(
            intent=ConversationIntent.other,
            confidence=_NO_CUE,
            keywords=(),
            language=language,
            reasoning="no cue of any intent",
        )
    cited: dict[str, list[Hit]] = {name: [] for _, _, name in ranked}
    for hit in reading.hits["intent"]:
        if (name := hit[2].label) in cited:
            cited[name].append(hit)
    score, name = -ranked[0][0], ranked[0][2]
    evidence = _evidence(reading, cited[name], _MAX_EVIDENCE)
    others = [
        stated(
            IntentCandidate,
            {
                "intent": _INTENTS[other],
                "score": -value,
                "confidence": _confidence(-value, score),
                "evidence": _evidence(reading, cited[other], _MAX_RIVAL_EVIDENCE),
            },
        )
        for value, _, other in ranked[1 : _MAX_OTHERS + 1]
    ]
    reasoning = f"{evidence[0].rule} scored {score:.3g}"
    rival = 0.0
    if others:
        rival = others[0].score
        reasoning += f", ahead of {others[0].intent} ({rival:.3g})"
    return stated(
        IntentAnalysis,
        {
            "intent": _INTENTS[name],
            "confidence": _confidence(score, rival),
            "keywords": tuple(dict.fromkeys([found.text for found in evidence])),
            "language": language,
            "reasoning": reasoning,
            "evidence": evidence,
            "others": tuple(others),
        },
    )


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
    return round(min(0.99, sure * (1 - _DOUBT * min(1.0, rival / score))), 3)

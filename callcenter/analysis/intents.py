"""Weigh what the customer wants: every intent gets the sum of its cues, the heaviest decides, the others are reported.

A section of cues says one thing: its first cue counts in full, further ones confirm it at a discount. Ties go to
the intent that costs the customer most to miss. Which persona an intent leads to is routing's business.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from callcenter.analysis.models import IntentAnalysis, IntentCandidate
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
_MAX_EVIDENCE: Final = 4
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


def scores(reading: Reading) -> dict[str, float]:
    """Return each intent's score, intents without a cue left out."""
    total: dict[str, float] = {}
    said: set[str] = set()
    for hit in reading.hits.get("intent", ()):
        cue = hit.cue
        weight = cue.weight
        if cue.rule in said:
            weight *= _CONFIRMING
        said.add(cue.rule)
        total[cue.label] = total.get(cue.label, 0.0) + weight
    return {name: round(score, 3) for name, score in total.items()}


def verdict(reading: Reading, total: dict[str, float], language: Language | None) -> IntentAnalysis:
    """Rank `total` and cite the cues."""
    ranked = sorted(((score, name) for name, score in total.items() if score > 0), key=_rank)
    if not ranked:
        return IntentAnalysis(
            intent=ConversationIntent.other,
            confidence=_NO_CUE,
            keywords=(),
            language=language,
            reasoning="no cue of any intent",
        )
    cited: dict[str, list[Hit]] = {}
    for hit in reading.hits["intent"]:
        cited.setdefault(hit.cue.label, []).append(hit)
    (score, name), *rivals = ranked[: _MAX_OTHERS + 1]
    intent = ConversationIntent(name)
    evidence = _evidence(reading, cited[name], _MAX_EVIDENCE)
    others = tuple(
        [
            IntentCandidate(
                intent=ConversationIntent(other),
                score=value,
                confidence=_confidence(value, score),
                evidence=_evidence(reading, cited[other], _MAX_RIVAL_EVIDENCE),
            )
            for value, other in rivals
        ]
    )
    second = f", ahead of {rivals[0][1]} ({rivals[0][0]:.3g})" if rivals else ""
    return IntentAnalysis(
        intent=intent,
        confidence=_confidence(score, rivals[0][0] if rivals else 0.0),
        keywords=tuple(dict.fromkeys([found.text for found in evidence])),
        language=language,
        reasoning=f"{evidence[0].rule} scored {score:.3g}{second}",
        evidence=evidence,
        others=others,
    )


def _evidence(reading: Reading, hits: list[Hit], most: int) -> tuple[Evidence, ...]:
    if len(hits) > most:
        hits = sorted(sorted(hits, key=_weight)[-most:], key=_start)
    return tuple([reading.evidence(hit, hit.cue.weight) for hit in hits])


def _confidence(score: float, rival: float) -> float:
    sure = 1 - math.exp(-_STEEPNESS * score)
    return round(min(0.99, sure * (1 - _DOUBT * min(1.0, rival / score))), 3)


def _rank(item: tuple[float, str]) -> tuple[float, int]:
    return -item[0], _COST[item[1]]


def _start(hit: Hit) -> int:
    return hit.start


def _weight(hit: Hit) -> float:
    return hit.cue.weight

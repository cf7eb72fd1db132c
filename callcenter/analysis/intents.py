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
    from callcenter.analysis.reading import Hit, Reading
    from callcenter.calls import Language

_CONFIRMING: Final = 0.35
"""What a second cue of the same section adds: it mostly repeats the first."""
_STEEPNESS: Final = 0.8
"""Turns a score into confidence: a weak cue (0.6) .38, a fair one (1.2) .62, a strong one (2) .8, two strong .96."""
_DOUBT: Final = 0.35
"""How much an equally strong rival takes from the confidence."""
_NO_CUE: Final = 0.2
_MAX_EVIDENCE: Final = 8
"""Cues cited per intent; more explain nothing further, and a page-long message would cite hundreds."""
_MAX_OTHERS: Final = 4

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
    return total


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
    candidates = []
    for place, (score, name) in enumerate(ranked[: _MAX_OTHERS + 1]):
        rival = ranked[1 - place][0] if place < 2 and len(ranked) > 1 else ranked[0][0]  # noqa: PLR2004 (the first two rival each other)
        hits = cited[name]
        if len(hits) > _MAX_EVIDENCE:
            hits = sorted(hits, key=_weight)[-_MAX_EVIDENCE:]
        candidates.append(
            IntentCandidate(
                intent=ConversationIntent(name),
                score=round(score, 3),
                confidence=_confidence(score, rival if len(ranked) > 1 else 0.0),
                evidence=tuple([reading.evidence(hit, hit.cue.weight) for hit in hits]),
            )
        )
    best = candidates[0]
    keywords = tuple(dict.fromkeys([evidence.text for evidence in best.evidence]))
    second = f", ahead of {candidates[1].intent} ({candidates[1].score:g})" if len(candidates) > 1 else ""
    return IntentAnalysis(
        intent=best.intent,
        confidence=best.confidence,
        keywords=keywords,
        language=language,
        reasoning=f"{best.evidence[0].rule} scored {best.score:g}{second}",
        evidence=best.evidence,
        others=tuple(candidates[1:]),
    )


def _confidence(score: float, rival: float) -> float:
    sure = 1 - math.exp(-_STEEPNESS * score)
    return round(min(0.99, sure * (1 - _DOUBT * min(1.0, rival / score))), 3)


def _rank(item: tuple[float, str]) -> tuple[float, int]:
    return -round(item[0], 6), _COST[item[1]]


def _weight(hit: Hit) -> float:
    return hit.cue.weight

"""Measure verdicts against labels: accuracy, precision, recall, F1, confusion, calibration.

Pure arithmetic on what was labelled, what was said and how surely; which labels there are is labels.py's to say.
Invariant: every ratio lies in 0..1, and one whose denominator is nothing (a class never predicted) is 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import fsum
from typing import Final, NamedTuple

from pydantic import Field

from callcenter.calls import Confidence, Value

_EDGES: Final = tuple(tenth / 10 for tenth in range(11))
"""Tenths: fine enough to see where confidence misleads, coarse enough for a few hundred messages."""


class Judgement(NamedTuple):
    """One verdict beside its label."""

    gold: str
    predicted: str
    confidence: float


class ClassScores(Value):
    """How well one class is told from the others."""

    precision: Confidence
    """Of the verdicts for this class, the share that is right; 0 if there is none."""
    recall: Confidence
    """Of the items labelled so, the share that was found; 0 if there is none."""
    f1: Confidence
    """Harmonic mean of the two."""
    support: int
    """Items labelled so."""


class CalibrationBin(Value):
    """The verdicts of about the same confidence: where that is honest, accuracy and mean confidence agree."""

    from_: Confidence = Field(serialization_alias="from")
    to: Confidence
    """Excluded, but for 1."""
    items: int
    accuracy: Confidence
    mean_confidence: Confidence


class PartScores(Value):
    """All that is measured of one part (intent, say) over some items."""

    accuracy: Confidence
    macro_f1: Confidence
    """Unweighted mean of F1 over the classes that occur among the labels; a class only predicted doesn't count."""
    per_class: dict[str, ClassScores]
    """Every class that was labelled or predicted."""
    confusion: dict[str, dict[str, int]]
    """Label to verdict to items; pairs that never occurred are left out."""
    calibration: tuple[CalibrationBin, ...]
    """Bins that hold anything, in rising order."""

    @property
    def items(self) -> int:
        """How many items were labelled."""
        return sum(scores.support for scores in self.per_class.values())

    @property
    def calibration_error(self) -> float:
        """How far confidence is from accuracy, on average over the items (expected calibration error)."""
        return fsum(each.items * abs(each.accuracy - each.mean_confidence) for each in self.calibration) / self.items


def score(judgements: Sequence[Judgement], order: Sequence[str]) -> PartScores:
    """Return the scores of at least one judgement; `order` holds every label there is, in the order to report them."""
    pairs = Counter((each.gold, each.predicted) for each in judgements)
    labelled: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    for (gold, said), count in pairs.items():
        labelled[gold] += count
        predicted[said] += count
    per_class = {
        label: _class_scores(pairs[label, label], labelled[label], predicted[label])
        for label in order
        if label in labelled or label in predicted
    }
    return PartScores(
        accuracy=sum(pairs[label, label] for label in labelled) / len(judgements),
        macro_f1=fsum(per_class[label].f1 for label in labelled) / len(labelled),
        per_class=per_class,
        confusion={
            gold: {said: pairs[gold, said] for said in order if (gold, said) in pairs}
            for gold in order
            if gold in labelled
        },
        calibration=calibrate(judgements),
    )


def calibrate(judgements: Sequence[Judgement]) -> tuple[CalibrationBin, ...]:
    """Return how often verdicts are right by how sure they are, in bins a tenth wide."""
    binned: list[list[Judgement]] = [[] for _ in pairwise(_EDGES)]
    for each in judgements:
        binned[min(bisect_right(_EDGES, each.confidence), len(binned)) - 1].append(each)
    return tuple(
        CalibrationBin(
            from_=low,
            to=high,
            items=len(held),
            accuracy=sum(each.gold == each.predicted for each in held) / len(held),
            mean_confidence=fsum(each.confidence for each in held) / len(held),
        )
        for (low, high), held in zip(pairwise(_EDGES), binned, strict=True)
        if held
    )


def _class_scores(hits: int, labelled: int, predicted: int) -> ClassScores:
    return ClassScores(
        precision=hits / predicted if predicted else 0.0,
        recall=hits / labelled if labelled else 0.0,
        f1=2 * hits / (labelled + predicted),
        support=labelled,
    )

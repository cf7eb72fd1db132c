"""Judge labelled messages: analyse each by itself, route it on a fresh call, and compare with its labels.

The labels come from labels.py, the arithmetic from metrics.py. Pure: no hint of the sender's language is given, and the
same messages and lexicons give the same evaluation. Invariant: a message counts for the parts it is labelled with only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from callcenter.analysis import Evidence, Lexicons, MessageAnalysis, analyze
from callcenter.calls import Sentiment
from callcenter.evaluation.labels import LABELS, LANGUAGE_UNKNOWN, LabelledMessage, Part
from callcenter.evaluation.metrics import Judgement, PartScores, score
from callcenter.routing import decide_first

_COARSE: Final[Mapping[str, str]] = {
    Sentiment.very_positive: Sentiment.positive,
    Sentiment.positive: Sentiment.positive,
    Sentiment.neutral: Sentiment.neutral,
    Sentiment.negative: Sentiment.negative,
    Sentiment.frustrated: Sentiment.negative,
    Sentiment.angry: Sentiment.negative,
}
"""What a sentiment counts as against a label that knows three."""
_THREE: Final = frozenset(_COARSE.values())


@dataclass(frozen=True, slots=True)
class Mistake:
    """A verdict that no label allows, and what it rests on."""

    line: int
    text: str
    labels: tuple[str, ...]
    predicted: str
    confidence: float
    reason: str
    """The rule or the count behind the verdict; none of the customer's words."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured over some messages."""

    items: int
    parts: Mapping[Part, PartScores]
    """Only the parts that a message is labelled with."""
    by: Mapping[str, Report] | None = None
    """The same for each value of the field that the messages are split by, the most frequent first."""

    def document(self) -> dict[str, object]:
        """Return the report as JSON has it: `items`, a member for each part, and `by` if it is split."""
        parts = {part.value: scores.model_dump(by_alias=True) for part, scores in self.parts.items()}
        split = {} if self.by is None else {"by": {value: each.document() for value, each in self.by.items()}}
        return {"items": self.items, **parts, **split}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A report, and the mistakes behind it."""

    report: Report
    mistakes: Mapping[Part, Sequence[Mistake]]
    """By part, the most confident first; of equals the first in the file."""


def evaluate(messages: Iterable[LabelledMessage], lexicons: Lexicons) -> Evaluation:
    """Judge every message on each part that it is labelled with."""
    whole, groups = _Tally(), defaultdict[str, _Tally](_Tally)
    mistakes: dict[Part, list[Mistake]] = {}
    for message in messages:
        analysis = analyze(message.text, lexicons)
        judged: dict[Part, Judgement] = {}
        for part, labels in message.labels.items():
            verdict = _VERDICTS[part](analysis)
            judged[part] = found = compare(part, labels, verdict)
            mistakes.setdefault(part, [])
            if found.gold != found.predicted:
                mistakes[part].append(_mistake(message, labels, found, verdict))
        whole.add(judged)
        if message.group is not None:
            groups[message.group].add(judged)
    for wrong in mistakes.values():
        wrong.sort(key=lambda each: -each.confidence)
    split = sorted(groups.items(), key=lambda group: -group[1].items)
    return Evaluation(whole.report({value: tally.report() for value, tally in split} or None), mistakes)


class Verdict(NamedTuple):
    """What the product says of one part of a message."""

    label: str
    confidence: float
    reason: str
    evidence: tuple[Evidence, ...]


def compare(part: Part, labels: tuple[str, ...], verdict: Verdict) -> Judgement:
    """Hold a verdict against the labels that are right: the class it counts for is its own if right, else the first.

    Where all labels of a message are positive, neutral or negative, so is the verdict on its sentiment: very positive
    counts as positive, frustrated and angry as negative. One label of the finer classes has the verdict compared as is.
    """
    predicted = verdict.label
    if part is Part.sentiment and _THREE.issuperset(labels):
        predicted = _COARSE[predicted]
    return Judgement(predicted if predicted in labels else labels[0], predicted, verdict.confidence)


class _Tally:
    """Judgements so far."""

    def __init__(self) -> None:
        self.items = 0
        self._judgements: dict[Part, list[Judgement]] = {}

    def add(self, judged: Mapping[Part, Judgement]) -> None:
        self.items += 1
        for part, judgement in judged.items():
            self._judgements.setdefault(part, []).append(judgement)

    def report(self, by: Mapping[str, Report] | None = None) -> Report:
        held = self._judgements
        return Report(self.items, {part: score(held[part], LABELS[part]) for part in Part if part in held}, by)


def _mistake(message: LabelledMessage, labels: tuple[str, ...], found: Judgement, verdict: Verdict) -> Mistake:
    return Mistake(
        line=message.line,
        text=message.text,
        labels=labels,
        predicted=found.predicted,
        confidence=verdict.confidence,
        reason=verdict.reason,
        evidence=verdict.evidence,
    )


def _persona(analysis: MessageAnalysis) -> Verdict:
    decision = decide_first(analysis)
    felt = decision.escalation_needed
    evidence = analysis.sentiment.evidence if felt else analysis.intent.evidence
    return Verdict(decision.target_persona.value, decision.confidence, decision.rule, evidence)


def _intent(analysis: MessageAnalysis) -> Verdict:
    found = analysis.intent
    return Verdict(found.intent.value, found.confidence, found.reasoning, found.evidence)


def _sentiment(analysis: MessageAnalysis) -> Verdict:
    found = analysis.sentiment
    return Verdict(found.sentiment.value, found.confidence, found.reasoning, found.evidence)


def _language(analysis: MessageAnalysis) -> Verdict:
    found = analysis.language
    label = LANGUAGE_UNKNOWN if found.language is None else found.language.value
    return Verdict(label, found.confidence, found.reasoning, ())


def _kind(analysis: MessageAnalysis) -> Verdict:
    found = analysis.language
    return Verdict(found.kind.value, found.confidence, found.reasoning, ())


_VERDICTS: Final[Mapping[Part, Callable[[MessageAnalysis], Verdict]]] = {
    Part.persona: _persona,
    Part.intent: _intent,
    Part.sentiment: _sentiment,
    Part.language: _language,
    Part.kind: _kind,
}

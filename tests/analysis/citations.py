"""What a test of citations asks of an analysis: every span that a verdict rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callcenter.analysis import Evidence, MessageAnalysis


def citations(found: MessageAnalysis) -> Iterator[Evidence]:
    yield from found.intent.evidence
    for other in found.intent.others:
        yield from other.evidence
    yield from found.sentiment.evidence
    yield from found.urgency.evidence
    yield from found.question.evidence
    yield from found.category.evidence
    yield from (act.evidence for act in found.acts)

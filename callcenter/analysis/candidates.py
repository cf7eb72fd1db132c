"""Settle which of the facts that seem to stand in a message do: the surest, and no two share a character.

What seems to be a fact, and how surely, the finders say (identifiers.py, phones.py, quantities.py, names.py,
entities.py), in offsets of the folded text; what leaves here carries those of the customer's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.models import Entity, EntityKind, stated
from callcenter.analysis.text import ASCII_DIGITS

if TYPE_CHECKING:
    from callcenter.analysis.reading import Reading


class Candidate(NamedTuple):
    """What seems to be a fact."""

    kind: EntityKind
    value: str
    """Empty: as the customer wrote it, digits folded."""
    start: int
    end: int
    confidence: float
    rule: str


_MAX_ENTITIES: Final = 32
"""A customer's message has a handful; a pasted table of thousands is not read cell by cell."""


def apart(reading: Reading, candidates: list[Candidate]) -> tuple[Entity, ...]:
    """Keep the surest of those that share a character, in order of place, cited as the customer wrote them."""
    taken: list[Candidate] = []
    for candidate in sorted(candidates, key=_place):
        if not taken or candidate.start >= taken[-1].end:
            taken.append(candidate)
        elif candidate.confidence > taken[-1].confidence:
            taken[-1] = candidate
    return tuple([_cited(reading, candidate) for candidate in taken[:_MAX_ENTITIES]])


def _place(candidate: Candidate) -> tuple[int, float, int]:
    return candidate.start, -candidate.confidence, -candidate.end


def _cited(reading: Reading, candidate: Candidate) -> Entity:
    kind, value, first, last, confidence, rule = candidate
    start, end = reading.own_span(first, last)
    text = reading.text[start:end]
    return stated(
        Entity,
        {
            "kind": kind,
            "value": value or text.translate(ASCII_DIGITS),
            "text": text,
            "start": start,
            "end": end,
            "confidence": confidence,
            "rule": rule,
        },
    )

"""Read one message once: fold it, find every cue, and settle which cues count.

A cue inside a longer cue of the same aspect is passed over ("interested" in "not interested"), a cue within a
negation's reach is marked negated, and a cue that wants a negation is dropped without one. What the cues amount to,
the modules beside this one say.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.models import Evidence
from callcenter.analysis.phrases import words_only
from callcenter.analysis.text import normalise

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Cue, Lexicons

    _Found = tuple[int, int, Cue, bool, bool]

_SCOPE_END: Final = re.compile(r"[.,!?;:\n]")
_REACH_CHARS: Final = 70
"""No negation reaches further than this, however short the words between; keeps the search flat."""
_RECENT: Final = 3
"""Negations looked back at: an earlier one has spent itself."""
_EITHER: Final = frozenset({"sentiment"})
"""Aspects whose cues count whether negated or not: a negated one counts the other way round."""


class Hit(NamedTuple):
    """A cue found in the message; offsets are the folded text's."""

    start: int
    end: int
    cue: Cue
    negated: bool
    gapped: bool


class Reading:
    """A message and what the lexicons find in it."""

    __slots__ = ("folded", "hits", "offsets", "text", "words")

    def __init__(self, text: str) -> None:
        """Fold `text`; `scan` finds the cues once it is known which lexicons apply."""
        self.text = text
        self.folded, self.offsets = normalise(text)
        self.words = words_only(self.folded)
        self.hits: dict[str, list[Hit]] = {}

    def scan(self, lexicons: Lexicons, *, without: str | None) -> None:
        """Find all cues but those of the lexicon `without`, by aspect, in order of their place."""
        found = lexicons.index.scan(self.folded, self.words)
        found.sort(key=_longest_first)
        negations, rest = self._negations(found)
        hits = self.hits
        covered: dict[str, int] = {}
        for start, end, cue, glued, gapped in rest:
            aspect = cue.aspect
            if cue.lexicon == without or (end <= covered.get(aspect, 0) and not gapped):
                continue
            negated = glued or (bool(negations) and self._negated(start, negations))
            if cue.when != "any" and negated != (cue.when == "negated") and aspect not in _EITHER:
                continue
            if not gapped:
                covered[aspect] = end
            hits.setdefault(aspect, []).append(Hit(start, end, cue, negated, gapped))

    def _negations(self, found: list[_Found]) -> tuple[list[tuple[int, int, int]], list[_Found]]:
        """Part negations (start, end, reach in words) from other cues; "not only" and its like silence theirs."""
        negations: list[tuple[int, int, int]] = []
        rest: list[_Found] = []
        silenced = 0
        for match in found:
            start, end, cue, _, _ = match
            if cue.aspect != "negation":
                rest.append(match)
            elif cue.label == "none":
                silenced = max(silenced, end)
            elif end > silenced:
                negations.append((start, end, int(cue.weight)))
        return negations, rest

    def _negated(self, start: int, negations: list[tuple[int, int, int]]) -> bool:
        before = bisect_left(negations, (start,))
        for _, end, reach in reversed(negations[max(0, before - _RECENT) : before]):
            if start - end > _REACH_CHARS:
                return False
            if (
                end < start
                and self.words.count(" ", end + 1, start + 1) <= reach + 1
                and not _SCOPE_END.search(self.folded, end, start)
            ):
                return True
        return False

    def evidence(self, hit: Hit, weight: float) -> Evidence:
        """Cite the customer's own words for `hit`."""
        start, end, cue, negated, _ = hit
        if self.offsets is not None:
            end = max(self.offsets[end], self.offsets[end - 1] + 1)
            start = self.offsets[start]
        rule = f"negated.{cue.rule}" if negated else cue.rule
        return Evidence(start=start, end=end, text=self.text[start:end], cue=cue.text, rule=rule, weight=weight)


def _longest_first(match: _Found) -> tuple[int, int]:
    return match[0], -match[1]

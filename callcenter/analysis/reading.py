"""Read one message once: fold it, find every cue, and settle which cues count.

A cue inside a longer cue of the same aspect is passed over ("interested" in "not interested"), a cue within a
negation's reach is marked negated, and a cue that wants a negation is dropped without one. What the cues amount to,
the modules beside this one say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.models import Evidence
from callcenter.analysis.phrases import words_only
from callcenter.analysis.text import normalise

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Cue, Lexicons
    from callcenter.analysis.phrases import Found

_SCOPE_END: Final = re.compile(r"[.,!?;:\n]")
_EITHER: Final = frozenset({"sentiment"})
"""Aspects whose cues count whether negated or not: a negated one counts the other way round."""


_HINT: Final = 0.8
"""A longer cue lighter than this is a hint ("didn't") and hushes nothing in it; one of weight 0 is there to hush."""


class Hit(NamedTuple):
    """A cue found in the message; offsets are the folded text's."""

    start: int
    end: int
    cue: Cue
    negated: bool


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
        found = sorted(lexicons.index.scan(self.folded, self.words))
        scopes = self._scopes(found)
        hits = self.hits
        covered: dict[str, int] = {}
        negated_until = passed = 0
        for start, minus_end, _, _, cues, glued, gapped in found:
            end = -minus_end
            while passed < len(scopes) and scopes[passed][0] < start:
                negated_until = max(negated_until, scopes[passed][1])
                passed += 1
            negated = glued or start < negated_until
            for cue in cues:
                aspect, when = cue.aspect, cue.when
                if cue.lexicon == without or (not gapped and end <= covered.get(aspect, 0)):
                    continue
                if when != "any" and negated != (when == "negated") and aspect not in _EITHER:
                    continue
                if not gapped and (cue.weight >= _HINT or cue.weight == 0):
                    covered[aspect] = end
                hit = Hit(start, end, cue, negated)
                if aspect in hits:
                    hits[aspect].append(hit)
                else:
                    hits[aspect] = [hit]

    def _scopes(self, found: list[Found[Cue]]) -> list[tuple[int, int]]:
        """Say how far each negation reaches: "not only" nowhere, "not working and I am angry" to the "and"."""
        scopes: list[tuple[int, int]] = []
        silenced = 0
        for start, minus_end, _, _, cues, _, _ in found:
            cue = cues[0]
            if cue.aspect != "negation":
                continue
            if cue.label == "none":
                silenced = max(silenced, -minus_end)
            elif cue.label == "end":
                scopes = [(begin, min(end, start)) for begin, end in scopes]
            elif -minus_end > silenced:
                scopes.append((-minus_end, self._scope_end(-minus_end, int(cue.weight))))
        scopes.sort()
        return scopes

    def _scope_end(self, end: int, reach: int) -> int:
        """Return where a negation ending at `end` stops to bear: `reach` words on, the word after still included."""
        place = end + 1
        for _ in range(reach + 1):
            place = self.words.find(" ", place + 1)
            if place < 0:
                place = len(self.words)
                break
        broken = _SCOPE_END.search(self.folded, end, place)
        return broken.start() if broken else place - 1

    def evidence(self, hit: Hit, weight: float) -> Evidence:
        """Cite the customer's own words for `hit`."""
        start, end, cue, negated = hit
        if self.offsets is not None:
            end = max(self.offsets[end], self.offsets[end - 1] + 1)
            start = self.offsets[start]
        rule = f"negated.{cue.rule}" if negated else cue.rule
        return Evidence(start=start, end=end, text=self.text[start:end], cue=cue.text, rule=rule, weight=weight)

"""Read one message once: fold it, find every cue, and settle which cues count.

A cue inside a longer cue of the same aspect is passed over ("interested" in "not interested"), a cue within a
negation's reach is marked negated, and a cue that wants a negation is dropped without one. What the cues amount to,
the modules beside this one say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callcenter.analysis.models import Evidence
from callcenter.analysis.phrases import words_only
from callcenter.analysis.text import normalise

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Cue, Lexicons

_SCOPE_END: Final = re.compile(r"[.,!?;:\n]")

Hit = tuple[int, int, "Cue", bool]
"""A cue found in the message: start, end (offsets of the folded text), the cue, and whether it is negated.

A bare tuple, since a message has dozens.
"""


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
        """Find all cues but those of the lexicon `without`, by aspect, in order of their place.

        One pass from left to right: a negation opens a scope ("not working and I am angry" reaches to the "and"),
        cues within are negated, and a longer cue covers those inside it.
        """
        hits = self.hits
        covered: dict[str, int] = {}
        scopes = _Scopes(self)
        for start, minus_end, _, _, cues, glued, gapped in sorted(lexicons.index.scan(self.folded, self.words)):
            end = -minus_end
            negated = glued or start < scopes.until
            if scopes.opening or cues[0].aspect == "negation":
                scopes.move(start, end, cues[0])
                negated = glued or start < scopes.until
            for cue in cues:
                aspect, wants = cue.aspect, cue.wants
                if (wants is not None and wants is not negated) or cue.lexicon == without:
                    continue
                if not gapped:
                    if aspect in covered and end <= covered[aspect]:
                        continue
                    if cue.covers:
                        covered[aspect] = end
                if aspect in hits:
                    hits[aspect].append((start, end, cue, negated))
                else:
                    hits[aspect] = [(start, end, cue, negated)]

    def evidence(self, hit: Hit, weight: float) -> Evidence:
        """Cite the customer's own words for `hit`."""
        start, end, cue, negated = hit
        if self.offsets is not None:
            end = max(self.offsets[end], self.offsets[end - 1] + 1)
            start = self.offsets[start]
        rule = f"negated.{cue.rule}" if negated else cue.rule
        return Evidence(start, end, self.text[start:end], cue.text, rule, weight)


class _Scopes:
    """How far the negations so far reach, moved along from cue to cue."""

    __slots__ = ("opening", "reading", "silenced", "until")

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.until = 0
        """Where the reach of the negations passed ends."""
        self.opening: list[tuple[int, int]] = []
        """Negations not passed yet, by their own end and the end of their reach; they all share one place."""
        self.silenced = 0
        """Where the last idiom that only looks like a negation ends: "not only"."""

    def move(self, start: int, end: int, cue: Cue) -> None:
        """Pass on to `cue`, which may be a negation itself."""
        if self.opening:
            self.until = max([self.until, *[until for begin, until in self.opening if begin < start]])
            self.opening = [scope for scope in self.opening if scope[0] >= start]
        if cue.aspect != "negation":
            return
        if cue.label == "end":
            self.until, self.opening = min(self.until, start), []
        elif cue.label == "none":
            self.silenced = max(self.silenced, end)
        elif end > self.silenced:
            self.opening.append((end, _reach(self.reading, end, int(cue.weight))))


def _reach(reading: Reading, end: int, words: int) -> int:
    """Return where a negation ending at `end` stops to bear: `words` words on, the word after still included."""
    place = end + 1
    for _ in range(words + 1):
        place = reading.words.find(" ", place + 1)
        if place < 0:
            place = len(reading.words)
            break
    broken = _SCOPE_END.search(reading.folded, end, place)
    return broken.start() if broken else place - 1

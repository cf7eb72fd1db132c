"""Read one message once: fold it, find every cue, and settle which cues count.

A cue inside a longer cue of the same aspect is passed over ("interested" in "not interested"), a cue within a
negation's reach is marked negated, and a cue that wants a negation is dropped without one. What the cues amount to,
the modules beside this one say.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from callcenter.analysis.learnt import LANES, words_of
from callcenter.analysis.lexicon import SCOPES
from callcenter.analysis.models import LEARNT, Evidence, LanguageKind, stated
from callcenter.analysis.phrases import words_only
from callcenter.analysis.spelling import composed, respelled
from callcenter.analysis.text import normalise

if TYPE_CHECKING:
    from callcenter.analysis.learnt import LearntLayer, Weighed
    from callcenter.analysis.lexicon import Entry, Lexicons
    from callcenter.analysis.lexicon_file import Cue
    from callcenter.analysis.phrases import Found, PhraseIndex
    from callcenter.analysis.spelling import Spelling
    from callcenter.analysis.text import Normalised

_ARABIC: Final = "ar"
_LATER: Final = 1 << 32
"""Added to the running numbers of a second search, so that no two finds have the same."""
_MAX_LEARNT: Final = 2
_TELLING: Final = 0.25
"""So many learnt words are cited, each from so many log-odds on."""
_SCOPE_END: Final = re.compile(r"[.,!?;:\n]")

Hit = tuple[int, int, "Cue", bool]
"""A cue found in the message: start, end (offsets of the folded text), the cue, and whether it is negated.

A bare tuple, since a message has dozens.
"""


class Reading:
    """A message and what the lexicons find in it."""

    __slots__ = ("arabic_words", "folded", "hits", "in_arabic", "offsets", "text", "tokens", "weighed", "words")

    def __init__(self, text: str) -> None:
        """Fold `text`; `scan` finds the cues once it is known which lexicons apply."""
        self.text = text
        self.folded, self.offsets = normalise(text)
        self.words = words_only(self.folded)
        self.tokens = self.words.split()
        self.hits: defaultdict[str, list[Hit]] = defaultdict(list)
        self.in_arabic: Normalised | None = None
        """An Arabizi message in Arabic letters, each with its place in `folded`."""
        self.arabic_words = ""
        """What `words_only` made of it."""
        self.weighed: Weighed | None = None

    def read_as(self, kind: LanguageKind, spelling: Spelling) -> None:
        """Read the words as they are meant, now that it is known what they are written in."""
        if kind is LanguageKind.arabizi:
            self.in_arabic = respelled(self.folded, self.words, spelling.in_arabic)
            self.arabic_words = words_only(self.in_arabic.text) if self.in_arabic else ""
        elif kind is not LanguageKind.ar:
            self._mend(spelling)

    def typed(self, layer: LearntLayer) -> Weighed:
        """Weigh the words as they were typed."""
        if self.weighed is None:
            self.weighed = layer.weigh(words_of(self.folded, self.tokens))
        return self.weighed

    def meant(self, layer: LearntLayer) -> Weighed:
        """Weigh the words as they are meant: mended, and an Arabizi message's as Arabic writes them."""
        return self.typed(layer) if self.in_arabic is None else layer.weigh(self.meant_words())

    def meant_words(self) -> list[str]:
        """Return what is weighed of the message as it is meant."""
        if self.in_arabic is None:
            return words_of(self.folded, self.tokens)
        return words_of(self.in_arabic.text, self.arabic_words.split())

    def _mend(self, spelling: Spelling) -> None:
        """Put right the words that are one slip away from a long cue."""
        meant = spelling.corrections(self.tokens)
        if meant and (mended := respelled(self.folded, self.words, meant.get)):
            self.folded, offsets = mended
            self.words = words_only(self.folded)
            self.tokens = self.words.split()
            self.weighed = None
            self.offsets = composed(offsets or (), self.offsets)

    def _found(self, index: PhraseIndex[Entry]) -> list[Found[Entry]]:
        """Find all phrases, in the letters typed and in those meant, in order of their place."""
        found = index.scan(self.folded, self.words)
        if self.in_arabic is not None and (places := self.in_arabic.offsets) is not None:
            again = index.scan(self.in_arabic.text, self.arabic_words)
            for start, end, length, number, entries, glued, gapped in again:
                if arabic := tuple([entry for entry in entries if entry[2] == _ARABIC]):
                    found.append((places[start], -places[-end], length, _LATER + number, arabic, glued, gapped))
        found.sort()
        return found

    def scan(self, lexicons: Lexicons, *, without: str | None) -> None:
        """Find all cues but those of the lexicon `without`, by aspect, in order of their place.

        One pass from left to right: a negation opens a scope ("not working and I am angry" reaches to the "and"),
        cues within are negated, and a longer cue covers those inside it.
        """
        hits = self.hits
        covered: dict[str, int] = {}
        scopes = _Scopes(self)
        extent = len(self.words.strip())
        for start, minus_end, _, _, entries, glued, gapped in self._found(lexicons.index):
            end = -minus_end
            if scopes.begin < start or entries[0][1] in SCOPES:
                scopes.move(start, end, entries)
            negated = glued or start < scopes.until
            for cue, aspect, lexicon, wants, covers, placed in entries:
                if (wants is not None and wants is not negated) or lexicon == without:
                    continue
                if placed and (end - start < extent if cue.alone else start < scopes.aside):
                    continue
                if not gapped:
                    if aspect in covered and end <= covered[aspect]:
                        continue
                    for hushed in covers:
                        covered[hushed] = end
                hits[aspect].append((start, end, cue, negated))

    def own_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the folded text stands in the customer's own."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], max(self.offsets[end], self.offsets[end - 1] + 1)

    def evidence(self, hit: Hit, weight: float) -> Evidence:
        """Cite the customer's own words for `hit`."""
        start, end, cue, negated = hit
        return self._cited(start, end, cue.text, f"negated.{cue.rule}" if negated else cue.rule, weight)

    def learnt_evidence(self, layer: LearntLayer, weighed: Weighed, lane: int) -> list[Evidence]:
        """Cite the words that learning gives most weight in one lane, heaviest first."""
        found = []
        for word, added in layer.telling(weighed, lane, _MAX_LEARNT):
            place = self._place_of(word) if added >= _TELLING else None
            if place is not None:
                found.append(self._cited(*place, word, f"{LEARNT}{LANES[lane]}", round(added, 2)))
        return found

    def _place_of(self, word: str) -> tuple[int, int] | None:
        """Return the first place of a word, as typed or as transliterated; None for what is no word, as "?"."""
        begin = (self.arabic_words or self.words).find(f" {word} ")
        if begin < 0:
            return None
        end = begin + len(word)
        places = self.in_arabic.offsets if self.in_arabic is not None else None
        return (begin, end) if places is None else (places[begin], places[end])

    def _cited(self, first: int, last: int, cue: str, rule: str, weight: float) -> Evidence:
        start, end = (first, last) if self.offsets is None else self.own_span(first, last)
        return stated(
            Evidence,
            {"start": start, "end": end, "text": self.text[start:end], "cue": cue, "rule": rule, "weight": weight},
        )


class _Scopes:
    """How far the negations and asides so far reach, moved along from cue to cue."""

    __slots__ = ("aside", "begin", "reading", "silenced", "then", "until")

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.until = 0
        """Where the reach of the negations passed ends."""
        self.begin = _NONE
        """Where the first negation not passed yet itself ends; those that share its words count as one."""
        self.then = 0
        """Where the reach of the negations not passed yet will end."""
        self.aside = 0
        """Where the last aside ends: "do you fix", "my competitor's", "what if" and what they speak of."""
        self.silenced = 0
        """Where the last idiom that only looks like a negation ends: "not only"."""

    def move(self, start: int, end: int, entries: tuple[Entry, ...]) -> None:
        """Pass on to cues, all of the same words, which may open or end scopes themselves."""
        if self.begin < start:
            self.until, self.begin = max(self.until, self.then), _NONE
        for entry in entries:
            if entry[1] not in SCOPES:
                continue
            label, reach = entry[0].label, int(entry[0].weight)
            if label == "end":
                self.aside = min(self.aside, start)
                if entry[1] == "negation":
                    self.until, self.begin = min(self.until, start), _NONE
            elif label == "none":
                self.silenced = max(self.silenced, end)
            elif label == "after":
                self.aside = _reach(self.reading, end, reach)
            elif end > self.silenced:
                until = _reach(self.reading, end, reach)
                self.then = until if self.begin == _NONE else max(self.then, until)
                self.begin = min(self.begin, end)


_NONE: Final = sys.maxsize
"""A place no message has."""


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

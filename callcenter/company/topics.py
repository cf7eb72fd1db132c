"""Find what a message talks about by the words customers use for it, most specific first. Built once, cheap to ask.

How a word is spelled, inflected and delimited is analysis.text's business; which topics have which words is the
profile's. Among topics of one sort the longest phrase wins its place in the message, so "digital marketing course" is
never also "digital marketing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TopicT = TypeVar("TopicT")


class Mention(NamedTuple, Generic[TopicT]):
    """A topic that a message talks about."""

    topic: TopicT
    start: int
    """Where its longest phrase begins in the message."""
    end: int
    weight: int
    """Characters of the message that are about it, all its phrases together."""

    @property
    def specificity(self) -> int:
        """Length of its longest phrase; what orders mentions, `weight` breaking ties."""
        return self.end - self.start


class Entry(NamedTuple, Generic[TopicT]):
    """A topic with the words that lead to it."""

    topic: TopicT
    phrases: Sequence[str]
    subjects: Sequence[str] = ()
    """Words that lead to it only beside one of `phrases`, and then to no other topic of its sort."""


class _Cue(NamedTuple):
    entry: int
    sort: int
    """Topics of one sort compete for a place in the message; a service and an answer don't."""
    subject: bool


class _Hit(NamedTuple):
    start: int
    end: int
    cue: _Cue

    def within(self, other: _Hit) -> bool:
        return other.start <= self.start and self.end <= other.end


class TopicIndex(Generic[TopicT]):
    """All topics of a company, found by their words in one pass over a message."""

    def __init__(self, entries: Iterable[Entry[TopicT]]) -> None:
        from callcenter.analysis.text import PhraseIndex, normalise

        topics: list[TopicT] = []
        sorts: dict[type, int] = {}
        cues: dict[str, list[_Cue]] = {}
        for number, entry in enumerate(entries):
            topics.append(entry.topic)
            sort = sorts.setdefault(type(entry.topic), len(sorts))
            for subject, phrases in ((False, entry.phrases), (True, entry.subjects)):
                for phrase in {normalise(each).text for each in phrases}:
                    cues.setdefault(phrase, []).append(_Cue(number, sort, subject))
        self._topics = tuple(topics)
        self._index = PhraseIndex((phrase, tuple(found)) for phrase, found in cues.items())

    def find(self, text: str) -> tuple[Mention[TopicT], ...]:
        """Return what `text` talks about, the most specific first."""
        hits = [_Hit(found.start, found.end, cue) for found in self._index.find(text) for cue in found.payload]
        if not hits:
            return ()
        named = {hit.cue.entry for hit in hits if not hit.cue.subject}
        hits = [hit for hit in hits if hit.cue.entry in named]
        best: dict[int, Mention[TopicT]] = {}
        for hit in hits:
            if any(_beats(other, hit) for other in hits):
                continue
            entry, length = hit.cue.entry, hit.end - hit.start
            known = best.get(entry)
            if known is None:
                best[entry] = Mention(self._topics[entry], hit.start, hit.end, length)
            elif length > known.specificity:
                best[entry] = known._replace(start=hit.start, end=hit.end, weight=known.weight + length)
            else:
                best[entry] = known._replace(weight=known.weight + length)
        return tuple(sorted(best.values(), key=lambda each: (-each.specificity, -each.weight, each.start)))


def _beats(other: _Hit, hit: _Hit) -> bool:
    """Whether `other` takes the place of `hit`: longer around it, or the subject of something the message names."""
    if other.cue.sort != hit.cue.sort or not hit.within(other):
        return False
    if not other.within(hit):
        return True
    return other.cue.subject and not hit.cue.subject and other.cue.entry != hit.cue.entry

"""Find what a message talks about by the words customers use for it, most specific first. Built once, cheap to ask.

How a word is spelled and what may be glued to it is analysis.phrases' business; which topics have which words is the
profile's; here an article may come and go inside an Arabic phrase, as it does in speech. Among topics of one sort the
longest phrase wins its place in the message, so "digital marketing course" is never also "digital marketing".
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from callcenter.analysis.phrases import Match, PhraseIndex
from callcenter.analysis.text import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TopicT = TypeVar("TopicT")

_REMEMBERED: Final = 64
"""Messages in work at a time: routing, the voice and its looks at policies ask about the same one in turn."""


class Mention(NamedTuple, Generic[TopicT]):
    """A topic that a message talks about."""

    topic: TopicT
    start: int
    """Where its longest phrase begins in the message."""
    end: int
    specificity: int
    """Length of that phrase; what orders mentions."""
    weight: int
    """Lengths of all its phrases in the message together; breaks ties."""


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
    length: int
    """Of the phrase, not of its match: a phrase with a gap is no more specific for what stands in the gap."""


class TopicIndex(Generic[TopicT]):
    """All topics of a company, found by their words in one pass over a message."""

    def __init__(self, entries: Iterable[Entry[TopicT]]) -> None:
        topics: list[TopicT] = []
        sorts: dict[type, int] = {}
        cues: dict[tuple[str, _Cue], None] = {}
        for number, entry in enumerate(entries):
            topics.append(entry.topic)
            sort = sorts.setdefault(type(entry.topic), len(sorts))
            for subject, phrases in ((False, entry.phrases), (True, entry.subjects)):
                for phrase in phrases:
                    cue = _Cue(number, sort, subject, len(phrase))
                    cues |= dict.fromkeys((form, cue) for form in _forms(phrase))
        self._topics = tuple(topics)
        self._index = PhraseIndex(cues, folded=True)
        self._found = lru_cache(maxsize=_REMEMBERED)(self._search)

    def find(self, text: str) -> tuple[Mention[TopicT], ...]:
        """Return what `text` talks about, the most specific first."""
        return self._found(text)

    def _search(self, text: str) -> tuple[Mention[TopicT], ...]:
        hits = self._index.find(text)
        if not hits:
            return ()
        mentions: dict[int, Mention[TopicT]] = {}
        for start, end, (entry, _, _, length), _, _ in _winners(hits):
            known = mentions.get(entry)
            if known is None:
                mentions[entry] = Mention(self._topics[entry], start, end, length, length)
            elif length > known.specificity:
                mentions[entry] = Mention(known.topic, start, end, length, known.weight + length)
            else:
                mentions[entry] = known._replace(weight=known.weight + length)
        return tuple(sorted(mentions.values(), key=lambda each: (-each.specificity, -each.weight, each.start)))


def _winners(hits: list[Match[_Cue]]) -> list[Match[_Cue]]:
    """Return the hits that count: what nothing longer of the same sort surrounds, and subjects of what is named.

    Loops over bare fields: a message has few hits, but every turn comes by here.
    """
    named = {hit.payload.entry for hit in hits if not hit.payload.subject}
    # Two phrases of a topic may lie on the same words ("إعلان" with an ending, "إعلانات"): the longer one counts.
    hits.sort(key=lambda hit: hit.payload.length)
    places = {(hit.payload.entry, hit.start, hit.end): hit for hit in hits if hit.payload.entry in named}
    rivals = [(*place, hit.payload.sort, hit.payload.subject, hit.gapped) for place, hit in places.items()]
    winners = []
    for (entry, start, end), hit in places.items():
        _, sort, subject, _ = hit.payload
        for other, from_, to, other_sort, other_subject, gapped in rivals:
            if from_ <= start and end <= to and other_sort == sort and not gapped:
                longer = from_ < start or end < to
                if longer or (other_subject and not subject and other != entry):
                    break
        else:
            winners.append(hit)
    return winners


def phrase_key(phrase: str) -> str:
    """Return what two phrases share when a message can't tell them apart: spelling and articles aside."""
    return " ".join(_bare(word) for word in normalise(phrase).text.split())


_ARTICLE: Final = "ال"  # the
_TAKES_ARTICLE: Final = re.compile("[\u0621-\u064a]{3}")
_MAX_FORMS_WORDS: Final = 5
"""A longer phrase is a whole sentence; its forms would multiply for nothing."""


def _forms(phrase: str) -> set[str]:
    """Return a phrase, folded, with and without each word's article: "تصميم موقع" (website design), "تصميم الموقع".

    The first word only loses it: the index tolerates one glued to it.
    """
    first, *rest = normalise(phrase).text.split()
    if len(rest) >= _MAX_FORMS_WORDS:
        return {" ".join((first, *rest))}
    choices = [{first, _bare(first)}]
    choices += [{word, _bare(word), _with_article(word)} if _TAKES_ARTICLE.match(word) else {word} for word in rest]
    return {" ".join(chosen) for chosen in product(*choices)}


def _with_article(word: str) -> str:
    return normalise(_ARTICLE + word).text  # before "للجوال" (for the mobile) it makes three of a letter, too many


def _bare(word: str) -> str:
    bare = word.removeprefix(_ARTICLE)
    return bare if _TAKES_ARTICLE.match(bare) else word

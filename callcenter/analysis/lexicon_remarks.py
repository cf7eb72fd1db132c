"""Say which entries of a lexicon file do nothing, or may do other than what was meant.

A file that is wrong is refused by lexicon_file.py; what is remarked here is valid and odd. Entries come with their
places, read by whoever asks. Invariant: what is remarked changes nothing of how messages are understood.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from callcenter.analysis.lexicon_file import Cue
from callcenter.analysis.lexicon_gaps import section_of
from callcenter.analysis.phrases import GAP
from callcenter.calls import Value

_MOST_HALVES: Final = 2
_MISPLACED: Final = re.compile(r"[*…]|\.\.")
"""What is a sign to the reader of lexicons elsewhere, and dots typed for one."""


class Entry(NamedTuple):
    """An entry as it stands in a file."""

    cue: Cue
    place: str
    """FILE:LINE."""


class RemarkKind(StrEnum):
    """What is odd about an entry."""

    repeats = "repeats"
    """The words beside it say the same already."""
    replaces = "replaces"
    """The words beside it said otherwise, and no longer do; that is what a company's own words are for."""
    contradicts = "contradicts"
    """The same words stand for something else as well."""
    never_found = "never_found"
    """It has a * or a gap where none is read, so no message matches it."""
    no_language = "no_language"
    """Its file is named after no lexicon, so the words tell no language and replace nothing."""


class Remark(Value):
    """One thing that is odd about an entry."""

    kind: RemarkKind
    place: str
    """FILE:LINE."""
    text: str
    says: str


def remarks(entries: Sequence[Entry], beside: Sequence[Cue] = ()) -> tuple[Remark, ...]:
    """Return what is odd about `entries`, among themselves and next to the words `beside` them."""
    return (
        *_unnamed(entries, beside),
        *_never_found(entries),
        *_next_to(entries, beside),
        *_contradicting(entries, beside),
    )


def _unnamed(entries: Sequence[Entry], beside: Sequence[Cue]) -> Iterator[Remark]:
    names = {cue.lexicon for cue in beside}
    told: set[str] = set()
    for cue, place in entries:
        if names and cue.lexicon not in names | told:
            told.add(cue.lexicon)
            files = ", ".join(f"{name}.toml" for name in sorted(names))
            says = f"stands in {cue.lexicon}.toml; name the file {files}, or its words count in every language"
            yield Remark(kind=RemarkKind.no_language, place=place, text=cue.text, says=says)


def _never_found(entries: Sequence[Entry]) -> Iterator[Remark]:
    for cue, place in entries:
        halves = cue.text.split(GAP)
        if len(halves) > _MOST_HALVES or any(_MISPLACED.search(half.removesuffix("*")) for half in halves):
            says = "a * stands at the end of a word, a gap once, between blanks and two words; no message matches this"
            yield Remark(kind=RemarkKind.never_found, place=place, text=cue.text, says=says)


def _next_to(entries: Sequence[Entry], beside: Sequence[Cue]) -> Iterator[Remark]:
    """Yield the entries that take the place of one beside them: the same words, aspect, lexicon and `when`."""
    known = {_key(cue): cue for cue in beside}
    for cue, place in entries:
        other = known.get(_key(cue))
        if other is None:
            continue
        if _meaning(cue) == _meaning(other):
            says = f"stands in the packaged words already, under {section_of(other)}"
            yield Remark(kind=RemarkKind.repeats, place=place, text=cue.text, says=says)
        else:
            says = f"now stands for {_shown(cue)}; in the packaged words for {_shown(other)}"
            yield Remark(kind=RemarkKind.replaces, place=place, text=cue.text, says=says)


def _contradicting(entries: Sequence[Entry], beside: Sequence[Cue]) -> Iterator[Remark]:
    """Yield entries whose words stand for something else whenever they count."""
    replaced = {_key(cue) for cue, _ in entries}
    same_words: defaultdict[tuple[str, str, str], list[Cue]] = defaultdict(list)
    for cue in [*(cue for cue in beside if _key(cue) not in replaced), *(cue for cue, _ in entries)]:
        same_words[cue.aspect, cue.text, cue.lexicon].append(cue)
    for cue, place in entries:
        for other in same_words[cue.aspect, cue.text, cue.lexicon]:
            if other is cue:
                break  # told once, at the later of the two
            if other.label != cue.label and _hides(other, cue):
                says = f'stands under {section_of(other)} too, when = "{other.when}", which counts first; keep one'
                yield Remark(kind=RemarkKind.contradicts, place=place, text=cue.text, says=says)


def _hides(first: Cue, second: Cue) -> bool:
    """Whether `first` takes messages from `second`, which is found after it; a negated one before `any` is meant so."""
    return first.when == "any" or (first.when == "plain" and second.when == "any")


def _key(cue: Cue) -> tuple[str, str, str, str]:
    return cue.aspect, cue.text, cue.lexicon, cue.when


def _meaning(cue: Cue) -> tuple[str, float, bool]:
    return cue.label, cue.weight, cue.alone


def _shown(cue: Cue) -> str:
    return f"{section_of(cue)} ({cue.weight:g})"

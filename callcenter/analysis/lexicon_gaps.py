"""Say what one language's words have and the other's lack.

The gaps that are right, a language having no such construction, stand in ACCEPTED with their reasons; those we still
have to close, in OWED. What follows from a gap is for whoever asks. Invariant: only languages of `Language` are held
against each other; Arabizi is Arabic once more, and read as such where it has no words of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from callcenter.analysis.lexicon_file import Cue
from callcenter.calls import Language, Value

_FEW_OF: Final = 10
"""Below so many entries in the language that has more, proportions say nothing."""
_FEW_SHARE: Final = 5
"""A language has few entries if another has more than five times as many: dialects alone make twice as many of some."""
_LANGUAGES: Final = tuple(language.value for language in Language)

ACCEPTED: Final[Mapping[tuple[str, str], str]] = {
    ("negation.before.word", "en"): "English reach differs by the word: before.verb, before.noun, before.never.",
    ("negation.before.verb", "ar"): "All Arabic negations reach alike: before.word.",
    ("negation.before.noun", "ar"): "All Arabic negations reach alike: before.word.",
    ("negation.before.never", "ar"): "All Arabic negations reach alike: before.word.",
    ("label.name.opening", "en"): "“معك سارة” (Sara speaking) is said otherwise in English: label.name.this.",
    ("label.name.this", "ar"): "“This is Sara” is said otherwise in Arabic: label.name.opening.",
    ("label.name.given", "en"): "“انا” (I am) comes before any word, so names stand beside it: label.name.introduced.",
    ("label.name.introduced", "ar"): "“I'm” introduces names alone, “انا” (I am) only beside them: label.name.given.",
    ("sentiment.negative.formula", "en"): "Hushes “بعيد” (far) in “بعيد الفطر” (on Eid); English has no such pair.",
    ("intent.information.span", "en"): "English asks how long it takes with “how long does”: information.facts.",
    ("intent.service_inquiry.able", "en"): "“Can you” may ask for anything; with its verb it stands in capability.",
    ("intent.training_interest.offer", "ar"): "“تدريب” (training) has no other sense and weighs enough alone: course.",
}
"""Gaps that are right: section and the language without it, with the reason."""
OWED: Final[Mapping[tuple[str, str], str]] = {
    ("sentiment.negative.hint", "en"): "“I wish”, “there is no” and “supposed to be” tell no displeasure yet.",
}
"""Gaps that are none of the language: words that are still to be added."""


class GapKind(StrEnum):
    """What is missing."""

    label = "label"
    """A language has no entry at all for what another one speaks to."""
    section = "section"
    """A language has no section of this name, though it speaks to the same label."""
    few = "few"
    """A language has far fewer entries than another."""


class Standing(StrEnum):
    """What is known of a gap."""

    new = "new"
    owed = "owed"
    accepted = "accepted"


class Gap(Value):
    """Something one language has and another lacks."""

    kind: GapKind
    section: str
    """As in the file's headings: `intent.complaint.money`, or `intent.complaint` for a whole label."""
    language: str
    """The language that lacks it."""
    entries: dict[str, int]
    """How many entries each language has."""
    standing: Standing = Standing.new
    reason: str | None = None

    @property
    def fails(self) -> bool:
        """Whether a strict check fails on it: nobody has said yet why it is there."""
        return self.kind is not GapKind.few and self.standing is Standing.new


class MissingDialects(Value):
    """Dialects without an entry of their own for a label that others have some for."""

    lexicon: str
    label: str
    dialects: tuple[str, ...]


def counts(cues: Sequence[Cue]) -> dict[str, dict[str, int]]:
    """Return the number of entries by label (`intent.complaint`) and lexicon."""
    names = sorted({*_LANGUAGES, *(cue.lexicon for cue in cues)})
    return {label: {name: each[name] for name in names} for label, each in _counted(cues, _label).items()}


def gaps(cues: Sequence[Cue], beside: Sequence[Cue] = ()) -> tuple[Gap, ...]:
    """Return what `cues` say in one language only; what the words `beside` them say needn't be said again."""
    return (*_lacking(cues, beside), *_few(cues))


def missing_dialects(cues: Sequence[Cue]) -> tuple[MissingDialects, ...]:
    """Return the dialects a label lacks where it has others; a dialect is one that marks a fair number of entries."""
    marked = Counter((cue.lexicon, cue.dialect) for cue in cues if cue.dialect)
    known: defaultdict[str, set[str]] = defaultdict(set)
    for (lexicon, dialect), count in marked.items():
        if count >= _FEW_OF:
            known[lexicon].add(dialect)
    heard: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for cue in cues:
        if cue.dialect:
            heard[cue.lexicon, _label(cue)].add(cue.dialect)
    return tuple(
        MissingDialects(lexicon=lexicon, label=label, dialects=tuple(sorted(missing)))
        for (lexicon, label), dialects in heard.items()
        if (missing := known[lexicon] - dialects)
    )


def section_of(cue: Cue) -> str:
    """Return the heading `cue` stands under, as its file has it: `intent.complaint.money`."""
    return cue.rule if cue.rule.startswith(f"{cue.aspect}.") else f"{cue.aspect}.{cue.rule}"


def _label(cue: Cue) -> str:
    return f"{cue.aspect}.{cue.label}"


def _counted(cues: Iterable[Cue], by: Callable[[Cue], str]) -> dict[str, Counter[str]]:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for cue in cues:
        counted[by(cue)][cue.lexicon] += 1
    return counted


def _lacking(cues: Sequence[Cue], beside: Sequence[Cue]) -> Iterator[Gap]:
    """Yield the labels that a language has no word for, then sections that it lacks though it has the label."""
    spoken = [cue for cue in cues if cue.lexicon in _LANGUAGES]
    labels, sections = _counted([*cues, *beside], _label), _counted([*cues, *beside], section_of)
    for label, each in _counted(spoken, _label).items():
        yield from (_gap(GapKind.label, label, name, each) for name in _LANGUAGES if not labels[label][name])
    label_of = {section_of(cue): _label(cue) for cue in spoken}
    for section, each in _counted(spoken, section_of).items():
        known, whole = sections[section], labels[label_of[section]]
        yield from (
            _gap(GapKind.section, section, name, each) for name in _LANGUAGES if whole[name] and not known[name]
        )


def _few(cues: Sequence[Cue]) -> Iterator[Gap]:
    for label, each in _counted(cues, _label).items():
        most = max(each[name] for name in _LANGUAGES)
        if most >= _FEW_OF:
            few = [name for name in _LANGUAGES if 0 < each[name] * _FEW_SHARE < most]
            yield from (_gap(GapKind.few, label, name, each) for name in few)


def _gap(kind: GapKind, section: str, language: str, entries: Mapping[str, int]) -> Gap:
    key = (section, language)
    return Gap(
        kind=kind,
        section=section,
        language=language,
        entries={name: entries[name] for name in _LANGUAGES},
        standing=Standing.accepted if key in ACCEPTED else Standing.owed if key in OWED else Standing.new,
        reason=ACCEPTED.get(key) or OWED.get(key),
    )

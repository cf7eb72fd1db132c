"""One lexicon file: sections `[aspect.label.name]` of cues, read from TOML and checked entry by entry.

The packaged files explain the format at their top. What is not valid is refused with file, line and reason, never
skipped. What the cues of several files amount to together, lexicon.py says.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.models import Act, EntityKind
from callcenter.analysis.phrases import GAP, words_only
from callcenter.analysis.text import normalise
from callcenter.calls import ConversationIntent, Language, PriorityLevel, TicketCategory
from callcenter.errors import LexiconInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABELS: Final[dict[str, frozenset[str]]] = {
    "intent": frozenset(ConversationIntent),
    "sentiment": frozenset({"positive", "negative", "frustrated", "angry"}),
    "urgency": frozenset(PriorityLevel),
    "question": frozenset({"price", "time", "place", "how", "whether", "what", "who", "why", "how_many"}),
    "category": frozenset(TicketCategory),
    "act": frozenset(Act),
    "negation": frozenset({"before", "end", "none"}),
    "aside": frozenset({"after", "end"}),
    "degree": frozenset({"up", "down"}),
    "contrast": frozenset({"but"}),
    "request": frozenset(Language),
    "label": frozenset({EntityKind.order_number, EntityKind.ticket_number, EntityKind.phone, EntityKind.name})
    | frozenset({EntityKind.amount, EntityKind.national_id, "serial", "none"}),
    "fact": frozenset({EntityKind.date, EntityKind.duration, "none"}),
    "unit": frozenset({"time", "month"}),
    "currency": frozenset(
        {"SAR", "AED", "KWD", "QAR", "BHD", "OMR", "EGP", "JOD", "SYP", "LBP", "IQD", "MAD", "TND", "DZD"}
    )
    | frozenset({"LYD", "YER", "SDG", "USD", "EUR", "GBP", "TRY"}),
}
"""Every section a lexicon may have: the aspect it speaks to, and what it may say about it."""
WHEN: Final = frozenset({"plain", "negated", "any"})
"""`plain` cues count unless negated, `negated` ones only when negated ("work": "doesn't work"), `any` always."""
_NEGATABLE: Final = frozenset({"intent", "sentiment", "urgency", "act"})
"""Aspects whose cues are `plain` if they don't say when they count; words for units or questions count `any` time."""
_SCRIPTS: Final = {"arabic": re.compile(r"[a-z]"), "latin": re.compile("[\u0621-\u064a]")}
"""Letters that an entry of a file in this script must not have."""
_PERSONS: Final = ("ت", "ن", "ا", "ب")
"""What the imperfect's first letter ي becomes for the other persons, and where ب swallows it ("بشتغل")."""
_LISTS: Final = ("cues", "verbs", "alone")
_SECTION_KEYS: Final = frozenset({"weight", "when", *_LISTS})
_ENTRY_KEYS: Final = frozenset({"text", "dialect", "weight"})


class Cue(NamedTuple):
    """One entry of a lexicon: words, what they speak for, and how strongly."""

    text: str
    aspect: str
    label: str
    rule: str
    """The section's name, as evidence shows it: `complaint.failure`, `sentiment.angry.insult`."""
    weight: float
    when: str
    lexicon: str
    dialect: str | None
    alone: bool
    """Counts only if it is the whole message ("agent")."""


class LexiconFile:
    """One file's words; `cues` yields its entries."""

    def __init__(self, path: Path) -> None:
        """Read `path`; LexiconInvalid if it is no TOML or says no script."""
        self.path = path
        self.name = path.stem
        try:
            self.raw = path.read_text(encoding="utf-8")
            self.tree = _parsed(self.raw)
        except (OSError, ValueError) as failure:
            raise LexiconInvalid(f"{path}: {failure}", file=str(path), reason=str(failure)) from failure
        script = self.tree.pop("script", None)
        if not isinstance(script, str) or script not in _SCRIPTS:
            raise self.invalid("script", f"must be one of {', '.join(sorted(_SCRIPTS))}")
        self.foreign = _SCRIPTS[script]
        self.sound = _sound(self.raw, self.foreign)

    def invalid(self, entry: str, reason: str) -> LexiconInvalid:
        """Build the error that says where `entry` stands and what is wrong with it."""
        lines = [
            number
            for number, line in enumerate(self.raw.splitlines(), 1)
            if f'"{entry}"' in line or f"[{entry}]" in line
        ]
        place = f"{self.path}:{lines[-1]}" if lines else str(self.path)
        return LexiconInvalid(f"{place}: {entry!r} {reason}", file=str(self.path), entry=entry, reason=reason)

    def plain_words(self, key: str) -> frozenset[str]:
        """Take the top-level list `key`: function words, which tell the language, or names that are words as well."""
        words = self.tree.pop(key, [])
        if not isinstance(words, list):
            raise self.invalid(key, "must be a list of words")
        checked = [self._checked(word) for word in words if isinstance(word, str)]
        if len(checked) < len(words):
            raise self.invalid(key, "must be a list of words")
        return frozenset(checked)

    def cues(self) -> Iterator[Cue]:
        """Yield every cue of the file."""
        for aspect, labels in self.tree.items():
            if aspect not in LABELS:
                raise self.invalid(aspect, f"is no section; there are {', '.join(LABELS)}")
            if not isinstance(labels, dict):
                raise self.invalid(aspect, "must hold sections")
            for label, section in labels.items():
                if label not in LABELS[aspect]:
                    raise self.invalid(
                        f"{aspect}.{label}", f"is unknown; there are {', '.join(sorted(LABELS[aspect]))}"
                    )
                yield from self._section(aspect, label, label if aspect == "intent" else f"{aspect}.{label}", section)

    def _section(self, aspect: str, label: str, rule: str, section: object) -> Iterator[Cue]:
        if not isinstance(section, dict):
            raise self.invalid(rule, "must be a section")
        if not section.keys() & set(_LISTS):
            for name, inner in section.items():
                yield from self._section(aspect, label, f"{rule}.{name}", inner)
            return
        if unknown := section.keys() - _SECTION_KEYS:
            raise self.invalid(rule, f"has unknown keys: {', '.join(sorted(unknown))}")
        weight, when = section.get("weight", 1.0), section.get("when", "plain" if aspect in _NEGATABLE else "any")
        if not isinstance(weight, (int, float)) or when not in WHEN:
            raise self.invalid(rule, f"needs a number as weight and one of {', '.join(sorted(WHEN))} as `when`")
        for key in _LISTS:
            items = section.get(key, [])
            if not isinstance(items, list):
                raise self.invalid(rule, f"needs a list of words as `{key}`")
            for item in items:
                text, own, dialect = self._entry(item, float(weight))
                cue = Cue(text, aspect, label, rule, own, when, self.name, dialect, key == "alone")
                yield cue
                if key == "verbs":
                    yield from [cue._replace(text=person + text[1:]) for person in _PERSONS]

    def _entry(self, item: object, weight: float) -> tuple[str, float, str | None]:
        """Return an entry's words, weight and dialect."""
        if isinstance(item, str):
            return item if item in self.sound else self._checked(item), weight, None
        if not isinstance(item, dict) or item.keys() - _ENTRY_KEYS:
            raise self.invalid(str(item), "must be words, or a table of text, dialect and weight")
        text, own, dialect = item.get("text"), item.get("weight", weight), item.get("dialect")
        if not (
            isinstance(text, str) and isinstance(own, (int, float)) and (dialect is None or isinstance(dialect, str))
        ):
            raise self.invalid(str(item), "must be words, or a table of text, dialect and weight")
        return self._checked(text), float(own), dialect

    def _checked(self, text: str) -> str:
        if text in self.sound:
            return text
        folded = normalise(text).text.strip()
        if not words_only(text).strip():
            raise self.invalid(text, "is empty")
        if text != folded:
            raise self.invalid(text, f"must be written as the analyzer folds it: {folded!r}")
        if self.foreign.search(text):
            raise self.invalid(text, "is in the wrong script for this file")
        if any(not words_only(half.removesuffix("*")).strip() for half in text.split(GAP)):
            raise self.invalid(text, "has a gap with nothing on one side")
        return text


def _parsed(raw: str) -> dict[str, object]:
    """Parse TOML; lists that read the same as JSON are read as JSON, in a thirtieth of the time.

    A lexicon is ten thousand short strings in a few hundred lists, and tomllib takes its time with each.
    """
    lists: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        entries = match[2]
        lists.append(_TRAILING_COMMA.sub("]", _INLINE_KEY.sub(r'\1"\2":', entries) if "{" in entries else entries))
        return f'{match[1]}"{_MARK}{len(lists) - 1}"'

    if _MARK in raw:
        return tomllib.loads(raw)
    skeleton = _LIST.sub(set_aside, raw)
    try:
        values: list[object] = json.loads(f"[{','.join(lists)}]")
    except ValueError:  # comments, escapes, or a mistake that tomllib explains better
        return tomllib.loads(raw)
    return _filled(tomllib.loads(skeleton), values)


_MARK: Final = "\ue000"
"""Marks a list set aside; a private-use character, which no lexicon has."""
_LIST: Final = re.compile(r"^(\w+ = )(\[[^\]\\#]*\])$", re.MULTILINE)
_INLINE_KEY: Final = re.compile(r"([{,] ?)(text|dialect|weight) =")
_TRAILING_COMMA: Final = re.compile(r",\s*\]$")


def _filled(tree: dict[str, object], lists: list[object]) -> dict[str, object]:
    """Put the lists that were set aside back into `tree`."""
    for key, value in tree.items():
        if isinstance(value, dict):
            _filled(value, lists)
        elif isinstance(value, str) and value.startswith(_MARK):
            tree[key] = lists[int(value.removeprefix(_MARK))]
    return tree


def _sound(raw: str, foreign: re.Pattern[str]) -> frozenset[str]:
    """Return those words of a file that are plainly valid: nearly all, checked in one go in a tenth of the time."""
    quoted = _PLAIN_WORDS.findall(raw)
    folded = normalise("\n".join(quoted)).text.split("\n")
    return frozenset(
        text for text, fold in zip(quoted, folded, strict=True) if text == fold and not foreign.search(text)
    )


_PLAIN_WORDS: Final = re.compile(r'"([^\W_]+(?: [^\W_]+)*)"')

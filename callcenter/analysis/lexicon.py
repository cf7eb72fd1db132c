"""Load the words the analyzer knows: TOML files of cues, checked entry by entry and compiled into one index.

A file declares its language and script and holds sections `[aspect.label.name]` with `cues` (and, in Arabic,
`verbs`: every person is accepted). The packaged files explain the format at their top. A company's folder adds to
them, or reweighs: on the same words the later file wins. What is not valid is refused with file, line and reason,
never skipped.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.models import Act, EntityKind
from callcenter.analysis.phrases import GAP, PhraseIndex, words_only
from callcenter.analysis.text import normalise
from callcenter.calls import ConversationIntent, Language, PriorityLevel, TicketCategory
from callcenter.errors import LexiconInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGED: Final = Path(__file__).parent / "lexicons"

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
    "label": frozenset({EntityKind.order_number, EntityKind.ticket_number, EntityKind.name, "none"}),
    "fact": frozenset({EntityKind.date, EntityKind.duration}),
    "unit": frozenset({"time", "month"}),
    "currency": frozenset(
        {"SAR", "AED", "KWD", "QAR", "BHD", "OMR", "EGP", "JOD", "SYP", "LBP", "IQD", "MAD", "TND", "DZD"}
    )
    | frozenset({"USD", "EUR", "GBP", "TRY"}),
}
"""Every section a lexicon may have: the aspect it speaks to, and what it may say about it."""
SCOPES: Final = frozenset({"negation", "aside"})
"""Aspects whose cues say something about the words that follow them."""
WHEN: Final = frozenset({"plain", "negated", "any"})
"""`plain` cues count unless negated, `negated` ones only when negated ("work": "doesn't work"), `any` always."""
_NEGATABLE: Final = frozenset({"intent", "sentiment", "urgency", "act"})
"""Aspects whose cues are `plain` if they don't say when they count; words for units or questions count `any` time."""
_WANTS: Final = {"plain": False, "negated": True, "any": None}
_EITHER: Final = frozenset({"sentiment"})
"""Aspects whose cues count whether negated or not: a negated one counts the other way round."""
_HINT: Final = 0.8
"""A longer cue lighter than this is a hint ("didn't") and hushes nothing in it; one of weight 0 is there to hush."""
_COVERS: Final = {"label": ("label", "category")}
"""What a cue hushes, where that is more than its own aspect: "order number" tells nothing of the matter."""
_SCRIPTS: Final = {"arabic": re.compile(r"[a-z]"), "latin": re.compile("[\u0621-\u064a]")}
"""Letters that an entry of a file in this script must not have."""
_PERSONS: Final = ("ت", "ن", "ا", "ب")
"""What the imperfect's first letter ي becomes for the other persons, and where ب swallows it ("بشتغل")."""
_FAULTS: Final = frozenset(
    {
        *(("intent", intent.value) for intent in (ConversationIntent.complaint, ConversationIntent.technical_support)),
        *(("sentiment", feeling) for feeling in ("negative", "frustrated", "angry")),
    }
)
_SECTION_KEYS: Final = frozenset({"weight", "when", "cues", "verbs", "alone"})


_Key = tuple[str, str, str, str]
"""What makes a cue one of a kind: the same words may mean one thing plain and another negated, but not two at once."""


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


Entry = tuple[Cue, str, str, bool | None, tuple[str, ...], bool]
"""What finding a cue looks at, laid out flat, since it is looked at for every word of every message: the cue, its
aspect, its lexicon, whether it wants a negation (None: either way), the aspects whose shorter cues inside it it hushes
("not interested" hushes "interested"), and whether its place matters: a fault doesn't count in an aside.
"""


def entry(cue: Cue) -> Entry:
    """Work out what finding `cue` looks at."""
    aspect = cue.aspect
    wants = None if aspect in _EITHER else _WANTS[cue.when]
    covers = _COVERS.get(aspect, (aspect,)) if cue.weight >= _HINT or cue.weight == 0 else ()
    return cue, aspect, cue.lexicon, wants, covers, cue.alone or (aspect, cue.label) in _FAULTS


@dataclass(frozen=True, slots=True)
class Lexicons:
    """All cues of all languages, compiled once; shared by everything that analyses."""

    cues: tuple[Cue, ...]
    index: PhraseIndex[Entry]
    words: dict[str, frozenset[str]]
    """Per lexicon, every single word it knows, function words included."""
    telling: dict[str, frozenset[str]]
    """Per lexicon, its words that no other lexicon has; they tell languages of one script apart."""
    not_names: frozenset[str]
    """Words of any lexicon that end a name ("my name is Sara and ...")."""


@cache
def default_lexicons() -> Lexicons:
    """Return the packaged lexicons."""
    return load_lexicons()


def load_lexicons(*folders: Path) -> Lexicons:
    """Compile the packaged lexicons and those in `folders` on top; LexiconInvalid names file, line and reason."""
    cues: dict[_Key, Cue] = {}
    words: dict[str, set[str]] = {}
    names: set[str] = set()
    for folder in (PACKAGED, *folders):
        for path in sorted(folder.glob("*.toml")):
            source = _Source(path)
            own: set[_Key] = set()
            known = words.setdefault(source.name, set())
            known.update(source.plain_words("function_words"))
            names.update(source.plain_words("given_names"))
            for cue in source.cues():
                key = (cue.aspect, cue.text, cue.lexicon, cue.when)
                if key in own:
                    raise source.invalid(cue.text, f"stands twice under {cue.aspect}")
                own.add(key)
                cues[key] = cue
                known.update(cue.text.removesuffix("*").split())
    spelled = {name: frozenset(known | {word.replace("'", "") for word in known}) for name, known in words.items()}
    return Lexicons(
        cues=tuple(cues.values()),
        index=PhraseIndex([(cue.text, entry(cue)) for cue in sorted(cues.values(), key=_scopes_first)], folded=True),
        words=spelled,
        telling={
            name: known - frozenset[str]().union(*(others for other, others in spelled.items() if other != name))
            for name, known in spelled.items()
        },
        not_names=frozenset[str]().union(*spelled.values()) - names,
    )


def _scopes_first(cue: Cue) -> bool:
    """Order cues of the same words so that a reader who looks at the first one sees whether they open a scope."""
    return cue.aspect not in SCOPES


class _Source:
    """One lexicon file, read and checked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        try:
            self.raw = path.read_text(encoding="utf-8")
            self.tree = tomllib.loads(self.raw)
        except (OSError, ValueError) as failure:
            raise LexiconInvalid(f"{path}: {failure}", file=str(path), reason=str(failure)) from failure
        script = self.tree.pop("script", None)
        if script not in _SCRIPTS:
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
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise self.invalid(key, "must be a list of words")
        return frozenset(self._checked(word) for word in words)

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
        if not section.keys() & {"cues", "verbs", "alone"}:
            for name, inner in section.items():
                yield from self._section(aspect, label, f"{rule}.{name}", inner)
            return
        if unknown := section.keys() - _SECTION_KEYS:
            raise self.invalid(rule, f"has unknown keys: {', '.join(sorted(unknown))}")
        weight, when = section.get("weight", 1.0), section.get("when", "plain" if aspect in _NEGATABLE else "any")
        if not isinstance(weight, (int, float)) or when not in WHEN:
            raise self.invalid(rule, f"needs a number as weight and one of {', '.join(sorted(WHEN))} as `when`")
        for key, forms in (("cues", _as_written), ("verbs", _all_persons), ("alone", _as_written)):
            for item in section.get(key, []):
                entry = {"text": item} if isinstance(item, str) else item
                if (
                    not isinstance(entry, dict)
                    or not isinstance(entry.get("text"), str)
                    or entry.keys() - {"text", "dialect", "weight"}
                ):
                    raise self.invalid(str(item), "must be words, or a table of text, dialect and weight")
                text = self._checked(entry["text"])
                own = float(entry.get("weight", weight))
                dialect = entry.get("dialect")
                for form in forms(text):
                    yield Cue(form, aspect, label, rule, own, when, self.name, dialect, key == "alone")

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


def _sound(raw: str, foreign: re.Pattern[str]) -> frozenset[str]:
    """Return those words of a file that are plainly valid: nearly all, checked in one go in a tenth of the time."""
    quoted = _PLAIN_WORDS.findall(raw)
    folded = normalise("\n".join(quoted)).text.split("\n")
    return frozenset(
        text for text, fold in zip(quoted, folded, strict=True) if text == fold and not foreign.search(text)
    )


_PLAIN_WORDS: Final = re.compile(r'"([^\W_]+(?: [^\W_]+)*)"')


def _as_written(text: str) -> tuple[str, ...]:
    return (text,)


def _all_persons(text: str) -> tuple[str, ...]:
    return (text, *(person + text[1:] for person in _PERSONS))

"""Compile what the analyzer knows: the cues of all lexicon files in one index.

A company's folder adds to the packaged files, or reweighs: on the same words the later file wins. What one file may
say, lexicon_file.py checks; how cues are found in a message, phrases.py and reading.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from callcenter.analysis.learnt import LearntLayer, default_layer
from callcenter.analysis.lexicon_file import LABELS, Cue, LexiconFile
from callcenter.analysis.phrases import PhraseIndex
from callcenter.analysis.spelling import Spelling
from callcenter.calls import ConversationIntent

PACKAGED: Final = Path(__file__).parent / "lexicons"
SCOPES: Final = frozenset({"negation", "aside"})
"""Aspects whose cues say something about the words that follow them."""
SHARED: Final = "shared"
_WANTS: Final = {"plain": False, "negated": True, "any": None}
_EITHER: Final = frozenset({"sentiment"})
"""Aspects whose cues count whether negated or not: a negated one counts the other way round."""
_HINT: Final = 0.8
"""A longer cue lighter than this is a hint ("didn't") and hushes nothing in it; one of weight 0 is there to hush."""
_COVERS: Final = {**{aspect: (aspect,) for aspect in LABELS}, "label": ("label", "category")}
"""What a cue hushes: shorter ones of its own aspect; and "order number" tells nothing of the matter."""
_FAULTS: Final = frozenset(
    {
        *(("intent", intent.value) for intent in (ConversationIntent.complaint, ConversationIntent.technical_support)),
        *(("sentiment", feeling) for feeling in ("negative", "frustrated", "angry")),
    }
)
_Key = tuple[str, str, str, str]
"""What makes a cue one of a kind: the same words may mean one thing plain and another negated, but not two at once."""


Entry = tuple[Cue, str, str, bool | None, tuple[str, ...], bool]
"""What finding a cue looks at, laid out flat, since it is looked at for every word of every message: the cue, its
aspect, its lexicon, whether it wants a negation (None: either way), the aspects whose shorter cues inside it it hushes
("not interested" hushes "interested"), and whether its place matters: a fault doesn't count in an aside.
"""


def entry(cue: Cue) -> Entry:
    """Work out what finding `cue` looks at."""
    aspect = cue.aspect
    wants = None if aspect in _EITHER else _WANTS[cue.when]
    covers = _COVERS[aspect] if cue.weight >= _HINT or cue.weight == 0 else ()
    return cue, aspect, cue.lexicon, wants, covers, cue.alone or (aspect, cue.label) in _FAULTS


@dataclass(frozen=True, slots=True)
class Lexicons:
    """All cues of all languages, compiled once; shared by everything that analyses."""

    cues: tuple[Cue, ...]
    index: PhraseIndex[Entry]
    words: dict[str, frozenset[str]]
    """Per lexicon, every single word it knows, function words included."""
    tongues: dict[str, str]
    """Words in Latin letters by the lexicon that alone has them, which tells languages of one script apart; SHARED for
    an English one that another has as well."""
    not_names: frozenset[str]
    """Words of any lexicon that end a name ("my name is Sara and ...")."""
    spelling: Spelling
    """How else the words may be spelled."""
    learnt: LearntLayer
    """What any word adds beneath the cues."""


@cache
def default_lexicons() -> Lexicons:
    """Return the packaged lexicons."""
    return load_lexicons()


def load_lexicons(*folders: Path) -> Lexicons:
    """Compile the packaged lexicons and those in `folders` on top; LexiconInvalid names file, line and reason."""
    cues: dict[_Key, Cue] = {}
    words: dict[str, set[str]] = {}
    names: set[str] = set()
    real: set[str] = set()
    for folder in (PACKAGED, *folders):
        for path in sorted(folder.glob("*.toml")):
            file = LexiconFile(path)
            known = words.setdefault(file.name, set())
            known |= file.plain_words("function_words")
            names |= file.plain_words("given_names")
            real |= file.plain_words("real_words")
            own = _by_key(file)
            cues |= own
            for cue in own.values():
                known.update(cue.text.removesuffix("*").split())
    spelled = {name: frozenset(known | {word.replace("'", "") for word in known}) for name, known in words.items()}
    every = tuple(cues.values())
    return Lexicons(
        cues=every,
        index=PhraseIndex(((cue.text, entry(cue)) for cue in sorted(cues.values(), key=_scopes_first)), folded=True),
        words=spelled,
        tongues=_tongues(spelled),
        not_names=frozenset[str]().union(*spelled.values()) - names,
        spelling=Spelling(every, spelled, frozenset(real)),
        learnt=default_layer(),
    )


def _tongues(words: dict[str, frozenset[str]]) -> dict[str, str]:
    """Say whose each word in Latin letters is: one look instead of three for every word of every message."""
    told = dict.fromkeys(words["en"], SHARED)
    for name in ("en", "arabizi"):
        others = [known for other, known in words.items() if other != name]
        told |= dict.fromkeys(words[name].difference(*others), name)
    return told


def _by_key(file: LexiconFile) -> dict[_Key, Cue]:
    cues: dict[_Key, Cue] = {}
    for cue in file.cues():
        key = (cue.aspect, cue.text, cue.lexicon, cue.when)
        if key in cues:
            raise file.invalid(cue.text, f"stands twice under {cue.aspect}")
        cues[key] = cue
    return cues


def _scopes_first(cue: Cue) -> bool:
    """Order cues of the same words so that a reader who looks at the first one sees whether they open a scope."""
    return cue.aspect not in SCOPES

"""A lexicon many times the packaged one: each of its cues anew, several times, in words that nobody has ever said.

A made-up cue has the weight, place and shape of its model (as many words, a `*`, a gap), in letters of the same script,
so that the larger lexicon differs in its size only. Made-up words have six letters or more: shorter ones would be
found within what customers say, and one would measure more finds, not more cues.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callcenter.analysis import default_lexicons

if TYPE_CHECKING:
    from callcenter.analysis.lexicon_file import Cue

_SCRIPTS: Final = {"ar": "arabic", "en": "latin", "arabizi": "latin"}
_SYLLABLES: Final = {
    "arabic": [first + second for first in "بتثجحخدذرزسشصضطظعغفقكلمن" for second in "ابرسكلمنوي" if first != second],
    "latin": [first + second for first in "bcdfghjklmnprstvwxz" for second in "aeiou"],
}
_SYLLABLES_A_WORD: Final = (3, 3, 3, 4, 4, 5)
_GAP: Final = "…"


def write_larger_lexicon(folder: Path, times: int) -> int:
    """Write made-up lexicons to `folder` that, with the packaged ones, hold `times` as many cues; return how many."""
    words = {script: _words(syllables) for script, syllables in _SYLLABLES.items()}
    sections: dict[str, dict[tuple[str, ...], list[str]]] = {name: defaultdict(list) for name in _SCRIPTS}
    written = 0
    for cue in default_lexicons().cues:
        key = (cue.aspect, cue.label, str(cue.weight), cue.when, "alone" if cue.alone else "cues")
        made_up = [_like(cue, words[_SCRIPTS[cue.lexicon]]) for _ in range(times - 1)]
        sections[cue.lexicon][key] += made_up
        written += len(made_up)
    for name, own in sections.items():
        lines = [f'script = "{_SCRIPTS[name]}"']
        for number, ((aspect, label, weight, when, kind), cues) in enumerate(own.items()):
            lines += [
                f"[{aspect}.{label}.made_up_{number}]",
                f"weight = {weight}",
                f'when = "{when}"',
                f"{kind} = {_toml(cues)}",
            ]
        (folder / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    return written


def _toml(cues: Sequence[str]) -> str:
    return json.dumps(cues, ensure_ascii=False)


def _like(cue: Cue, words: Iterator[str]) -> str:
    parts = [part if part == _GAP else next(words) for part in cue.text.removesuffix("*").split()]
    return " ".join(parts) + ("*" if cue.text.endswith("*") else "")


def _words(syllables: Sequence[str]) -> Iterator[str]:
    """Yield words, none twice."""
    # Not for secrets: the same words in each run.
    chance = random.Random(300)  # noqa: S311
    seen: set[str] = set()
    while True:
        word = "".join(chance.choices(syllables, k=chance.choice(_SYLLABLES_A_WORD)))
        if word not in seen and not any(letter * 3 in word for letter in set(word)):
            seen.add(word)
            yield word

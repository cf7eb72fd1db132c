"""Hold how a question of a script is left open, and what turns a trigger phrase around: words.toml, read once."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from callcenter.analysis import PhraseIndex, normalise
from callcenter.calls import Language

FILE: Final = Path(__file__).with_name("words.toml")
_BEFORE: Final = 2
"""Words before a phrase in which it is turned around: "don't really need a website"."""
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_CLAUSE: Final = re.compile(r"[.!?؟،,;؛:\n]")


class ScriptWords(NamedTuple):
    """What words.toml holds, ready to be found."""

    open: PhraseIndex[bool]
    negations: frozenset[str]

    def leaves_open(self, text: str) -> bool:
        """Whether a message says that the customer does not know, or not now."""
        return bool(self.open.find(text))

    def turned_around(self, text: str, start: int) -> bool:
        """Whether a negation stands right before a place in the text, in the same clause."""
        clause = _CLAUSE.split(text[:start])[-1]
        before = _WORD.findall(normalise(clause).text)[-_BEFORE:]
        return not self.negations.isdisjoint(before)


@lru_cache(maxsize=1)
def load_words(file: Path = FILE) -> ScriptWords:
    """Read the words."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return ScriptWords(
        open=PhraseIndex([(phrase, True) for language in Language for phrase in document["open"][language]]),
        negations=frozenset(normalise(word).text for language in Language for word in document["not"][language]),
    )

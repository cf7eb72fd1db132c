"""Hold what the facts of a reply name, read line by line: a company's lines are the same for every reply."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Final

from callcenter.analysis.text import normalise
from callcenter.calls import Language
from callcenter.llm.checks.figures import NOTHING, FigureReader, Figures
from callcenter.llm.checks.instructions import bare
from callcenter.llm.checks.script import is_foreign

_ALONE: Final = re.compile(r"\S*@\S*|[\d\s()+.-]+")
_QUOTED_WORDS: Final = 4
"""From so many words in a row on, a clause is the fact itself and not chance."""


class Facts:
    """One reply's facts; nothing is read before a sentence asks for it."""

    def __init__(self, texts: tuple[str, ...], reader: FigureReader) -> None:
        self._texts = texts
        self._reader = reader

    @cached_property
    def _lines(self) -> list[str]:
        return "\n".join(self._texts).splitlines()

    @cached_property
    def figures(self) -> Figures:
        """Everything in figures."""
        return self._read(self._lines)

    @cached_property
    def lent(self) -> Figures:
        """What stands alone on its line: the customer's own, which no reply may give as the company's."""
        return self._read([line for line in self._lines if _ALONE.fullmatch(line)])

    def _read(self, lines: Iterable[str]) -> Figures:
        everything = Figures()
        for figures in map(self._reader.read, lines):
            if figures is not NOTHING:
                everything.add(figures)
        return everything

    @cached_property
    def _runs(self) -> str:
        return " ".join(["", *map(_bare_line, self._lines), ""])

    def names(self, language: Language) -> frozenset[str]:
        """Return the foreign words of lines that are in the language: names, no wrong language where they are said."""
        return frozenset().union(*(_names(line, language) for line in self._lines))

    def quote(self, clause: str) -> bool:
        """Whether a folded clause stands here word for word."""
        words = [word for each in clause.split() if (word := bare(each))]
        return len(words) >= _QUOTED_WORDS and f" {' '.join(words)} " in self._runs


@lru_cache(4096)
def _bare_line(line: str) -> str:
    return " ".join(word for each in normalise(line).text.split() if (word := bare(each)))


@lru_cache(4096)
def _names(line: str, language: Language) -> frozenset[str]:
    words = [word for word in line.split() if any(char.isalpha() for char in word)]
    foreign = [word for word in words if is_foreign(word, language)]
    return frozenset(bare(normalise(word).text) for word in foreign) if len(foreign) < len(words) else frozenset()

"""Look passages up when a reply first wants them, and once: most messages are answered without any.

A search is in memory and takes part of a millisecond, more than all the rest of finding an answer; who never looks
never pays, and leaves no gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, overload

from callcenter.analysis import MessageAnalysis
from callcenter.calls import Language
from callcenter.knowledge.article import Passage


class Articles(Protocol):
    """What a company has written, as calls ask for it: in memory, without waiting."""

    def on_call(
        self, question: str, language: Language, analysis: MessageAnalysis, *, collect: bool = True
    ) -> tuple[Passage, ...]:
        """Return the passages for a customer's message, the best first: in `language`, else marked as the other's.

        With `collect` a question that nothing answers is kept as a gap.
        """
        ...


class Lookup(Sequence[Passage]):
    """Passages that are searched for when somebody first looks; a sequence like any other."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], tuple[Passage, ...]]) -> None:
        self._find = find
        self._found: tuple[Passage, ...] | None = None

    def _look(self) -> tuple[Passage, ...]:
        if self._found is None:
            self._found = self._find()
        return self._found

    def __len__(self) -> int:
        return len(self._look())

    @overload
    def __getitem__(self, index: int) -> Passage: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, index: int | slice) -> Passage | tuple[Passage, ...]:
        """Return one passage, or several."""
        return self._look()[index]

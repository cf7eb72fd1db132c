"""Let a reply through word by word while it is written, and hold back what must be judged as a whole sentence first.

What goes out depends on the text alone, never on how it was cut into pieces. The gate invents nothing: what is said in
place of a withheld sentence is the caller's to add.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callcenter.llm.checks.checks import ASKING, LEAKED, QUOTED, Checks
from callcenter.llm.checks.instructions import HINT, LEAK
from callcenter.llm.checks.markup import Cleaner
from callcenter.llm.checks.models import LEFT_OUT, Fault, Ground, Release

if TYPE_CHECKING:
    from callcenter.llm.checks.checks import Word

_LAG: Final = 5
"""Words held although nothing is doubtful yet: a claim begins before the word that tells it."""
_ASKING_LAG: Final = 8
"""The same where something is asked: what is asked for comes late in a polite question."""
_LONGEST: Final = 400
"""Characters; a sentence that is held longer is taken for finished."""
_CHUNK: Final = re.compile(r"\s*\S+")
_BLANK_LINE: Final = "\n\n"
_WHOLE: Final = re.compile(r"""[^\W\d][\u064b-\u0652]*[.!?؟…]+["'”’»)]*\s*$""")
"""The end of text that broke off between two sentences, as far as one can tell: "9." might have become "9.30"."""


class Gate:
    """Checks one reply."""

    def __init__(self, ground: Ground, checks: Checks) -> None:
        self._ground = ground
        self._checks = checks
        self._facts = checks.facts(ground.facts)
        self._minded = checks.minded(ground)
        self._cleaner = Cleaner()
        self._tail = ""
        """Text whose last word may not be whole yet."""
        self._recent: list[str] = []
        self._opened = False
        """Something of the reply went out, or a replacement stands for it."""
        self._words: list[Word] = []
        self._held: list[str] = []
        self._held_chars = 0
        self._begun = False
        self._doubts = 0
        self._waits = False
        """The sentence must be judged as a whole."""
        self._lag = _LAG
        self._passed: list[str] = []
        self._releases: list[Release] = []

    def feed(self, piece: str) -> list[Release]:
        """Return what may go out now that `piece` is written."""
        self._tail += self._cleaner.feed(piece)
        tail = self._tail
        if not tail:
            return []
        if tail[-1].isspace():
            whole = tail.rstrip()
        else:
            parts = tail.rsplit(None, 1)
            whole = parts[0] if len(parts) > 1 else ""
        if whole:
            self._tail = tail[len(whole) :]
            self._take_all(whole)
        if self._words and "\n" in self._tail and "\n" in self._tail[: len(self._tail) - len(self._tail.lstrip())]:
            self._end()
        return self._told()

    def settle(self) -> list[Release]:
        """Return the last sentence if it is whole, where the text broke off; half a one stays held."""
        return self.feed(" ") if _WHOLE.search(self._tail) else []

    def finish(self) -> list[Release]:
        """Return the rest; blank space at the end of a reply is left out."""
        self._tail += self._cleaner.finish()
        self._take_all(self._tail.rstrip())
        self._tail = ""
        self._end()
        releases = self._told()
        if self._was_cleaned():
            releases.append(Release("", cleaned=True))
        return releases

    def _take_all(self, text: str) -> None:
        """Take whole words in, each with the blank space before it. One loop, for this is done for every word."""
        see, language, minded, recent = self._checks.word, self._ground.language, self._minded, self._recent
        hints = self._ground.instructions.hints
        for spaced in _CHUNK.findall(text):
            chunk, word = spaced, spaced.lstrip()
            if "\n" in spaced:
                self._end()
                if spaced.count("\n") > len(_BLANK_LINE):
                    chunk = _BLANK_LINE + word
            if not self._opened and not self._held:
                chunk = word
            seen = see(word, language)
            doubts = seen.doubts & minded
            if seen.bare:
                recent.append(seen.bare)
                if tuple(recent[-HINT:]) in hints:
                    doubts |= self._quoted()
            if doubts:
                self._doubt(doubts)
            self._words.append(seen)
            self._held.append(chunk)
            self._held_chars += len(chunk)
            if len(self._held) > self._lag and not self._waits:
                self._passed.append(self._held.pop(0))
                self._held_chars -= len(self._passed[-1])
                self._opened = self._begun = True
            if (seen.ends and not (seen.numbers and len(self._words) == 1)) or self._held_chars > _LONGEST:
                self._end()

    def _quoted(self) -> int:
        """Return what the last words are, which stand in the instructions; they may run over the end of a sentence."""
        return QUOTED | LEAKED if tuple(self._recent[-LEAK:]) in self._ground.instructions.leaks else QUOTED

    def _doubt(self, doubts: int) -> None:
        self._doubts |= doubts
        self._waits = self._checks.waits(self._doubts)
        if self._doubts & ASKING:
            self._lag = _ASKING_LAG

    def _end(self) -> None:
        if not self._words:
            return
        fault = None
        if self._waits:
            fault = self._checks.fault(self._ground, self._facts, self._words, self._doubts)
        if fault is None:
            self._opened = True
            self._passed += self._held
        else:
            self._withhold(fault)
        self._words, self._held, self._held_chars, self._begun = [], [], 0, False
        self._doubts, self._waits, self._lag = 0, False, _LAG

    def _withhold(self, fault: Fault) -> None:
        self._flush()
        first = self._held[0]
        lead = "" if self._begun else first[: len(first) - len(first.lstrip())]
        self._opened = self._opened or fault not in LEFT_OUT
        self._releases.append(Release("", fault, self._begun, self._was_cleaned(), lead))

    def _flush(self) -> None:
        if self._passed:
            self._releases.append(Release("".join(self._passed), cleaned=self._was_cleaned()))
            self._passed = []

    def _told(self) -> list[Release]:
        self._flush()
        releases, self._releases = self._releases, []
        return releases

    def _was_cleaned(self) -> bool:
        cleaned, self._cleaner.cleaned = self._cleaner.cleaned, False
        return cleaned

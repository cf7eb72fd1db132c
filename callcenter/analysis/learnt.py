"""Weigh the words of a message by what was learnt from labelled ones: the layer beneath the lexicons' cues.

A linear model over pieces of words: a word and its runs of letters each add to the log-odds of every intent, feeling
and tongue, whatever their order. So a word nobody listed still speaks through its stem, and a verdict is explained
by the words that added most. `make train` makes the file from training/messages; what the log-odds amount to beside
the cues, intents.py, sentiment.py and language.py say. Invariant: the same words give the same log-odds, always.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache, cached_property
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from callcenter.analysis.phrases import words_only
from callcenter.analysis.text import holds_address
from callcenter.calls import ConversationIntent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INTENTS: Final = tuple(intent.value for intent in ConversationIntent)
FEELINGS: Final = ("negative", "frustrated", "angry", "neutral", "positive")
TONGUES: Final = ("en", "arabizi", "unknown")
"""What Latin letters may spell."""
LANES: Final = (*INTENTS, *FEELINGS, *TONGUES)
"""What each piece of a word speaks for or against, in the order the file has them."""

PATH: Final = Path(__file__).parent / "learnt.bin"
_RUNS: Final = (3, 4, 5)
"""Letters in a row that make a piece: Arabic stems have three or four, English ones up to five tell."""
_NUMBER: Final = "#"
_MARKS: Final = ("?", "!")
_LONGEST: Final = 24
"""Of a longer word only so many letters are read; no word that tells anything is as long."""
_REMEMBERED: Final = 16384
"""Words kept with what they weigh: a few thousand make up nearly all that customers write."""
_ZERO: Final = 128
"""The file's bytes stand for -128 to 127."""
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|@\w+")
_LANE_BITS: Final = 32
_SUMS: Final = Struct(f"<{len(LANES) + 1}I")
"""What pieces of words sum up to in each lane, and their number: as one integer, a word is added in one go."""


class Weighed(NamedTuple):
    """What the words of one message speak for."""

    odds: list[float]
    """Log-odds, by LANES; those of one group (intents, feelings, tongues) are comparable."""
    words: tuple[str, ...]
    """The words weighed, folded, each once."""
    scale: float
    """What one word's own weight is multiplied by in this message."""


class _Weights(NamedTuple):
    """What the file holds."""

    table: bytes
    """A byte for each piece and lane."""
    mask: int
    step: float
    reach: float
    bias: Sequence[float]


class LearntLayer:
    """The learnt weights, read from one file when the first message is weighed."""

    def __init__(self, path: Path = PATH, *, remembered: int = _REMEMBERED) -> None:
        self._path = path
        self._known = _Known(self, remembered)

    @cached_property
    def _weights(self) -> _Weights:
        """Read the file: a line of JSON (how the weights are scaled), then a byte for each piece and lane."""
        header, _, table = self._path.read_bytes().partition(b"\n")
        facts = json.loads(header)
        bias = [float(facts["bias"][lane]) for lane in LANES]
        return _Weights(table, int(facts["pieces"]) - 1, float(facts["step"]), float(facts["reach"]), bias)

    def weigh(self, words: Iterable[str]) -> Weighed:
        """Sum up what `words` speak for."""
        once = tuple(dict.fromkeys(words))
        weights = self._weights
        sums = _SUMS.unpack(sum(map(self._known.__getitem__, once)).to_bytes(_SUMS.size, "little"))
        pieces = sums[-1]
        scale = weights.reach / math.sqrt(pieces) if pieces else 0.0
        zero, step = _ZERO * pieces, weights.step * scale
        odds = [(own - zero) * step + bias for own, bias in zip(sums, weights.bias, strict=False)]
        return Weighed(odds, once, scale)

    def telling(self, weighed: Weighed, lane: int, most: int) -> list[tuple[str, float]]:
        """Return the words that speak most for one lane, with what each adds to its log-odds, heaviest first."""
        known, scale, step = self._known, weighed.scale, self._weights.step
        found = []
        for word in weighed.words:
            packed = known[word]
            own = (packed >> _LANE_BITS * lane & _LANE) - _ZERO * (packed >> _PIECES)
            if own > 0:
                found.append((own * step * scale, word))
        found.sort(reverse=True)
        return [(word, added) for added, word in found[:most]]

    def weigh_word(self, word: str) -> int:
        """Return what one word's pieces sum up to in each lane, and their number, as one integer."""
        width = len(LANES)
        table, mask = self._weights[:2]
        places = [width * (crc32(piece) & mask) for piece in pieces_of(word)]
        sums = [sum(column) for column in zip(*[table[place : place + width] for place in places], strict=True)]
        return int.from_bytes(_SUMS.pack(*sums, len(places)), "little")


_LANE: Final = (1 << _LANE_BITS) - 1
_PIECES: Final = _LANE_BITS * len(LANES)


class _Known(dict[str, int]):
    """Words with what they weigh, emptied when full.

    An `lru_cache` moves the neighbours of what it finds as well: three more places to fetch, for each word said.
    """

    def __init__(self, layer: LearntLayer, most: int) -> None:
        super().__init__()
        self._layer = layer
        self._most = most

    def __missing__(self, word: str) -> int:
        if len(self) >= self._most:
            self.clear()
        self[word] = packed = self._layer.weigh_word(word)
        return packed


def pieces_of(word: str) -> list[bytes]:
    """Return the pieces of a folded word: the whole, and its runs of letters, its ends marked."""
    whole = f"<{word[:_LONGEST]}>"
    pieces = {whole[start : start + run] for run in _RUNS for start in range(len(whole) - run + 1)}
    return [f"={whole}".encode("utf-8", "replace"), *[piece.encode("utf-8", "replace") for piece in sorted(pieces)]]


def words_of(folded: str, tokens: Sequence[str]) -> list[str]:
    """Return what is weighed of a message: its words, without addresses, numbers alike, and how it ends."""
    if holds_address(folded):
        tokens = words_only(_ADDRESS.sub(" ", folded)).split()
    weighed = [_NUMBER if word.isdigit() else word for word in tokens]
    for mark in _MARKS:
        if mark in folded:
            weighed.append(mark)  # noqa: PERF401 (a comprehension is a call, for what is mostly not there)
    return weighed


@cache
def default_layer() -> LearntLayer:
    """Return the packaged layer."""
    return LearntLayer()

"""Texts that nobody means well with: hypothesis draws the material, and many different cases are put together from it.

A draw costs far more than an analysis; from each some dozens of cases are assembled by chance that hangs on the
material alone. Whether a case has been seen before, fuzz.py looks after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log
from random import Random
from typing import Final

from hypothesis import strategies as st

from benchmarks.utterances import utterances
from callcenter.analysis import default_lexicons

LONGEST: Final = 100_000
"""UTF-8 bytes of the longest texts, about."""

_INVISIBLE: Final = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff\xad\u2060"
)
_MARKS: Final = "\u0300\u0301\u0308\u20e3\u064b\u064e\u0650\u0651\u0652\u0670\u0640\u06d6\ufe0e\ufe0f"
_SIGNS: Final = "!?.,;:؟،؛…'\"`’«»()[]{}<>@#$%^&*-_=+/\\|~€£﷼\n\r\t\x00\x1b\x85\xa0\u2028\u2029\u3000"
_EMOJI: Final = ("😀", "😡", "👍🏽", "👨\u200d👩\u200d👧", "🇸🇦", "❤️", "1️⃣", "\U000e0041")  # the last: text nobody sees
_LETTERS: Final = "aeiounrstAZzßſİıéñABC بتثجحخدذرزسشصضطظعغفقكلمنهويأإآةىئؤءپچگیکٱﷺﻻ"
_FIGURES: Final = "0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳²½Ⅷ.,+-/:"
_NUMBER: Final = re.compile(r"(\+|0|00|\$|[A-Z]{2})?[0-9٠-٩]{1,16}([ .,/:-]?[0-9٠-٩]{1,6}){0,3}")
_FACTS: Final = frozenset({"label", "unit", "currency", "fact"})
"""What the lexicons have to tell one number from another."""
_GLUE: Final = ("", " ", "  ", "\n", "، ", ", ", ". ", "'", "-", "_", "ـ", "\u200d", "\u202e", "\ud800", "0", "@", ".")
_HEADS: Final = ("و", "ف", "ال", "وال", "بال", "ما", "م", "هال", "un", "re", "el", "el ", "not ", "لا ", "مش ")
_TAILS: Final = ("ها", "ش", "وني", "نا", "s", "ing", "n't", "'s", "!!!", "؟", "ااااا")
_PIECE_CHARS: Final = 40
_USUAL_LENGTH: Final = 400
_LENGTHS: Final = ((0.970, _USUAL_LENGTH), (0.998, 6_000), (1.0, LONGEST))
"""How long the cases are at most, by chance: a chat's messages mostly, some longer than may be, few enormous."""


@dataclass(frozen=True, slots=True)
class Material:
    """What hypothesis drew; all cases made from it are the same each time."""

    pieces: Sequence[str]
    seed: int

    def cases(self, count: int) -> list[str]:
        """Put `count` cases together."""
        # Not for secrets: a case is to be found again.
        chance = Random(self.seed)  # noqa: S311
        return [chance.choice(_WAYS)(self.pieces, chance, _length(chance)) for _ in range(count)]


def materials() -> st.SearchStrategy[Material]:
    """Draw pieces of all kinds: any Unicode with lone surrogates, both scripts, signs, numbers, cues, real messages."""
    cues = sorted({cue.text for cue in default_lexicons().cues})
    beside = sorted({cue.text for cue in default_lexicons().cues if cue.aspect in _FACTS})
    said = sorted(text for texts in utterances().values() for text in texts)
    piece = st.one_of(
        st.text(st.characters(), max_size=_PIECE_CHARS),
        st.text(st.characters(categories=["Cs", "Co", "Cf", "Cc", "Mn"]), max_size=_PIECE_CHARS),
        st.text(st.sampled_from(_LETTERS + _SIGNS + _MARKS + _INVISIBLE), max_size=_PIECE_CHARS),
        st.text(st.sampled_from(_FIGURES), min_size=1, max_size=_PIECE_CHARS),
        st.text(st.characters(min_codepoint=0x600, max_codepoint=0x6FF), max_size=_PIECE_CHARS),
        st.text(st.characters(max_codepoint=0x7F), max_size=_PIECE_CHARS),
        st.sampled_from(_EMOJI),
        st.sampled_from(cues),
        st.sampled_from(cues),
        st.sampled_from(said),
        st.builds("{} {}".format, st.sampled_from(beside), st.from_regex(_NUMBER, fullmatch=True)),
        st.builds("{} {}".format, st.from_regex(_NUMBER, fullmatch=True), st.sampled_from(beside)),
        st.from_regex(_NUMBER, fullmatch=True),
        st.emails(),
    )
    return st.builds(Material, st.lists(piece, min_size=5, max_size=14), st.integers(0, 2**63))


def _length(chance: Random) -> int:
    """Choose how long a case may be; between the bounds, each order of magnitude is as likely as another."""
    kind = chance.random()
    most = next(length for share, length in _LENGTHS if kind <= share)
    return int(exp(chance.uniform(log(most / 20), log(most))))


def _joined(pieces: Sequence[str], chance: Random, length: int) -> str:
    """Put pieces side by side, with this or that in between, until it is long enough."""
    text: list[str] = []
    size = 0
    while size < length:
        text += [chance.choice(pieces), chance.choice(_GLUE)]
        size += len(text[-1]) + len(text[-2]) + 1
    return _bounded("".join(text))


def _repeated(pieces: Sequence[str], chance: Random, length: int) -> str:
    """Say one thing, or two in turns, over and over."""
    unit = "".join(chance.choice(pieces) + chance.choice(_GLUE) for _ in range(chance.randint(1, 2)))
    unit = unit[: chance.randint(1, 30)] or "a"
    return _bounded(chance.choice(pieces) + unit * (length // len(unit)) + chance.choice(pieces))


def _glued(pieces: Sequence[str], chance: Random, length: int) -> str:
    """Stick particles and other pieces to words, fore and aft."""
    words: list[str] = []
    size = 0
    while size < length:
        word = f"{chance.choice(('', *_HEADS))}{chance.choice(pieces)[:_PIECE_CHARS]}{chance.choice(('', *_TAILS))}"
        words.append(word * chance.choice((1, 1, 1, 2, 5)))
        size += len(words[-1]) + 1
    return _bounded(chance.choice(("", " ", " ", " ")).join(words))


def _garbled(pieces: Sequence[str], chance: Random, length: int) -> str:
    """Mistype: leave out, double, exchange and put in characters."""
    text = list(" ".join(chance.sample(pieces, len(pieces)))[:length])
    strange = "".join(pieces) or "a"
    for _ in range(chance.randint(1, max(1, len(text) // 8))):
        place = chance.randint(0, len(text))
        text[place : place + chance.randint(0, 2)] = chance.choice(
            ([], [chance.choice(strange)], text[place - 1 : place] * chance.randint(2, 4), [chance.choice(_INVISIBLE)])
        )
    return "".join(text)


def _shuffled(pieces: Sequence[str], chance: Random, length: int) -> str:
    """Take single characters of all pieces."""
    return _bounded("".join(chance.choices("".join(pieces) or "a", k=length)))


def _bounded(text: str) -> str:
    """Cut what is longer than the longest."""
    while (size := len(text.encode("utf-8", "surrogatepass"))) > LONGEST:
        text = text[: len(text) * LONGEST // size]
    return text


_WAYS: Final[Sequence[Callable[[Sequence[str], Random, int], str]]] = (
    _joined,
    _repeated,
    _glued,
    _garbled,
    _shuffled,
)

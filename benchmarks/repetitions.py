"""Texts of any size that look for what is not linear: one thing over and over, and words never seen before.

Each pattern makes a text of about so many UTF-8 bytes. Those of fresh words are other words at each call, so that what
a reader remembers does not help it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from random import Random
from typing import Final

from benchmarks.utterances import LANGUAGES, utterances
from callcenter.analysis import default_lexicons

Pattern = Callable[[int], str]

_UNITS: Final = (
    *("a", "A", "ا", "ل", "و", "é", "ß", "İ", "ﷺ", "پ", "漢", "א", "0", "٣", "😀"),  # one character
    *("ـ", "\u064e", "\u0301", "\u200d", "\u202e", "\ud800", "\x00", "a\u0301", "👨\u200d👩\u200d👧 "),  # unseen ones
    *(" ", "\n", "\t ", "\xa0", "'", '"', "\"' ", "' ", "a'", "n't ", ".", ",", "-", "!", "?!", "؟ ", "@"),  # signs
    *("a@", "a@b.", "a.b@c.de ", "www.", "http://", "x.", "://"),  # addresses that never are
    *("9 ", "123 ", "1,", "1.", "1,000,000 ", "+966 ", "05", "12/12/2024 ", "12/", "SA03 ", "4111 1111 "),  # numbers
    *("10 sar ", "٣ ريال ", "3 days ", "order number ", "رقم الطلب ", "my name is ", "اسمي "),  # facts and labels
    *("not ", "لا ", "لا", "مش ", "ما ", "not only ", "no, ", "what if ", "but ", "very ", "جدا "),  # what reaches on
    *("el ", "el", "2", "3a", "3ayez ", "mesh ", "7aga mesh ", "el order mesh sha8al "),  # Arabizi
    *("AAA BB ", "A1", "AAA", "sooo ", "جداااا ", "ab ", "a b "),  # shouting, stretching
    *(
        "how ",
        "how much ",
        "problem ",
        "problem",
        "problemm ",
        "مشكلة ",
        "مشكلة",
        "والمشكلة ",
        "وال",
        "ماوصلش ",
    ),  # cues
)


def repetitions() -> Mapping[str, Pattern]:
    """Return the patterns by what they repeat."""
    # Not for secrets: the same texts in each run.
    chance = Random(100)  # noqa: S311
    cues = [cue.text.removesuffix("*") for cue in default_lexicons().cues]
    gapped = [half for cue in cues if "…" in cue for half in cue.split(" … ")]
    said = {language: " ".join(utterances()[300, language]) for language in LANGUAGES}
    spelled = [cue.text.removesuffix("*") for cue in default_lexicons().cues if cue.lexicon == "en"]
    return {
        **{repr(unit): _repeated(unit) for unit in _UNITS},
        **{f"messages in {language}": _repeated(f"{text} ") for language, text in said.items()},
        "any cues": _drawn(lambda: chance.choice(cues)),
        "cues glued": _drawn(lambda: chance.choice(cues), glue=""),
        "halves of cues with a gap": _drawn(lambda: chance.choice(gapped)),
        "cues mistyped": _drawn(lambda: _mistyped(chance.choice(spelled), chance)),
        "fresh English words": _drawn(lambda: _fresh("abcdefghijklmnoprstuvwyz", chance)),
        "fresh Arabic words": _drawn(lambda: _fresh("ابتثجحخدذرزسشصضطعغفقكلمنهوي", chance)),
        "fresh Arabizi words": _drawn(
            lambda: _fresh("abdefghiklmnorstuwyz235789", chance), also=("mesh", "3ayez", "el")
        ),
        "fresh numbers": _drawn(lambda: str(chance.randrange(10 ** chance.randint(1, 16)))),
        "fresh endless word": _drawn(lambda: _fresh("abdefghiklmnorstuwyz", chance), glue=""),
        "fresh endless Arabic word": _drawn(lambda: _fresh("ابتثجحخدذرزسشصضطعغفقكلمنهوي", chance), glue=""),
    }


def _repeated(unit: str) -> Pattern:
    size = len(unit.encode("utf-8", "surrogatepass"))
    return lambda length: unit * max(1, length // size)


def _drawn(draw: Callable[[], str], *, glue: str = " ", also: Sequence[str] = ()) -> Pattern:
    """Draw words, each followed by one of `also` now and then, until there are enough."""

    def text(length: int) -> str:
        words: list[str] = []
        size = 0
        between: Iterator[str] = cycle(also)
        while size < length:
            words.append(draw())
            if also and len(words) % 3 == 0:
                words.append(next(between))
            size += len(words[-1].encode()) + len(glue)
        return glue.join(words)

    return text


def _fresh(letters: str, chance: Random) -> str:
    return "".join(chance.choices(letters, k=chance.randint(3, 11)))


def _mistyped(words: str, chance: Random) -> str:
    place = chance.randrange(len(words))
    return words[:place] + chance.choice("aeiourstln") + words[place + chance.randint(0, 1) :]

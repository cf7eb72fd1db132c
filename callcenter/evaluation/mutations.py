"""Respell what a customer says as people type it: without hamzas, with harakat, typos, other digits, another word.

Pure and deterministic: a word is always respelled the same way, wherever it stands. No mutation changes what is meant,
so none may change a call's route. Addresses (e-mail, web) are left as they are: a respelled one is another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import count
from typing import Final
from zlib import crc32


class Mutation(StrEnum):
    """A way of respelling; its value is its name in scenario files."""

    harakat = "harakat"
    """Arabic with its vowel marks written."""
    hamza = "hamza"
    """Arabic with every hamza dropped."""
    endings = "endings"
    """Arabic with ة typed as ه, and ى as ي."""
    tatweel = "tatweel"
    """Arabic words drawn out by the tatweel."""
    stretch = "stretch"
    """Arabic words drawn out by their last long vowel."""
    digits = "digits"
    """Digits typed as ٠-٩."""
    typo_swap = "typo_swap"
    """Two letters inside each long word change places."""
    typo_drop = "typo_drop"
    """A letter inside each long word is missing."""
    typo_double = "typo_double"
    """A letter inside each long word is typed twice."""
    apostrophes = "apostrophes"
    """English without its apostrophes."""
    lower_case = "lower_case"
    """English without capitals."""
    upper_case = "upper_case"
    """English in capitals."""
    code_switch = "code_switch"
    """One word is said in the other language; the scenario says which."""


LONG_LATIN: Final = 7
"""Letters of a word long enough that a typo leaves no doubt which word is meant."""
LONG_ARABIC: Final = 6
"""Likewise in Arabic, which leaves out short vowels; the article and what is glued to it do not count."""
_ADDRESS: Final = re.compile(r"(\S*(?:@|://|www\.)\S*)")
_LONG_WORD: Final = re.compile(
    rf"(?<![\w'’])(?:[A-Za-z]{{{LONG_LATIN},}}"
    rf"|(?P<article>[وف]?(?:بال|كال|ال|لل))?+(?P<stem>[\u0621-\u064a]{{{LONG_ARABIC},}}))(?![\w'’])"
)
_ARABIC_LETTER: Final = re.compile("[\u0628-\u063a\u0641-\u0648](?![\u064b-\u0652])")
_HARAKAT: Final = "\u064e\u0650\u064f"
"""Fatha, kasra, damma."""
_JOINED: Final = re.compile("(?<=[بتثجحخسشصضطظعغفقكلمنهي])(?=[\u0621-\u064a])")
"""Between two letters that are drawn as one: where a tatweel may stand."""
_LAST_VOWEL: Final = re.compile("(?<=[\u0621-\u064a]{2})([اوي])(?![\u0621-\u0652])")
_STRETCHED: Final = 4
_APOSTROPHE: Final = re.compile("(?<=[A-Za-z])['’](?=[A-Za-z])")
_NO_HAMZA: Final = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ؤ": "و", "ئ": "ي", "ء": None})
_ENDINGS: Final = str.maketrans({"ة": "ه", "ى": "ي"})
_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def mutate(text: str, mutation: Mutation, code_switch: Mapping[str, str]) -> str:
    """Return `text` respelled; the same text where there is nothing to respell.

    `code_switch` pairs Arabic words with English ones; the first that `text` holds is said in the other language.
    """
    if mutation is Mutation.code_switch:
        return _code_switched(text, code_switch)
    respell = _RESPELLINGS[mutation]
    pieces = _ADDRESS.split(text)
    return "".join(piece if _ADDRESS.fullmatch(piece) else respell(piece) for piece in pieces)


def holds(text: str, words: str) -> bool:
    """Whether `words` stand in `text` as whole words, as written."""
    return _whole(words).search(text) is not None


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)


def _code_switched(text: str, pairs: Mapping[str, str]) -> str:
    for words, others in (*pairs.items(), *((english, arabic) for arabic, english in pairs.items())):
        switched = _whole(words).sub(others.replace("\\", r"\\"), text, count=1)
        if switched != text:
            return switched
    return text


def _with_harakat(text: str) -> str:
    marks = count()
    return _ARABIC_LETTER.sub(lambda letter: letter[0] + _HARAKAT[next(marks) % len(_HARAKAT)], text)


def _with_tatweel(text: str) -> str:
    return re.sub(r"\S+", lambda word: _JOINED.sub("ـ" * 2, word[0], count=1), text)


def _stretched(text: str) -> str:
    return _LAST_VOWEL.sub(lambda vowel: vowel[0] * _STRETCHED, text)


def _mistyped(slip: Callable[[str, int], str]) -> Callable[[str], str]:
    """Make `slip` at one place inside each long word: the first that changes it, from a place the word itself picks."""

    def mistype(found: re.Match[str]) -> str:
        word = found[0]
        begin = found.start("stem") - found.start() if found["stem"] else 0
        inside = range(begin + 1, len(word) - 1)
        picked = crc32(word.lower().encode()) % len(inside)
        places = (*inside[picked:], *inside[:picked])
        return next((typo for place in places if (typo := slip(word, place)) != word), word)

    return lambda text: _LONG_WORD.sub(mistype, text)


def _swap(word: str, place: int) -> str:
    if place + 1 >= len(word) - 1:  # the last letter stays
        return word
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _drop(word: str, place: int) -> str:
    return word[:place] + word[place + 1 :]


def _double(word: str, place: int) -> str:
    return word[: place + 1] + word[place:]


_RESPELLINGS: Final[dict[Mutation, Callable[[str], str]]] = {
    Mutation.harakat: _with_harakat,
    Mutation.hamza: lambda text: text.translate(_NO_HAMZA),
    Mutation.endings: lambda text: text.translate(_ENDINGS),
    Mutation.tatweel: _with_tatweel,
    Mutation.stretch: _stretched,
    Mutation.digits: lambda text: text.translate(_DIGITS),
    Mutation.typo_swap: _mistyped(_swap),
    Mutation.typo_drop: _mistyped(_drop),
    Mutation.typo_double: _mistyped(_double),
    Mutation.apostrophes: lambda text: _APOSTROPHE.sub("", text),
    Mutation.lower_case: str.lower,
    Mutation.upper_case: str.upper,
}

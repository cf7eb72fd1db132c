"""Read Arabic written in Latin letters ("3ayez", "mesh shaghal") as the Arabic words it most likely stands for.

Arabizi spells sounds, leaves out what Arabic writes and writes the short vowels that Arabic leaves out. So words are
looked up by their consonants alone and ranked by how well the rest fits; what no known word fits is spelled out letter
by letter. Which words are known is the lexicons' business, which messages are Arabizi is language.py's.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SOUNDS: Final = re.compile(r"[3679]'|kh|gh|sh|ch|th|dh|o[uo]|ee|[a-z0-9àâçéèêîôû]")
_VOWELS: Final = {
    **dict.fromkeys(("a", "à", "â"), "a"),
    **dict.fromkeys(("e", "é", "è", "ê"), "e"),
    **dict.fromkeys(("i", "ee", "î"), "i"),
    **dict.fromkeys(("o", "u", "ou", "oo", "ô", "û"), "u"),
}
"""What a vowel sounds like, near enough to tell which long vowel it may stand for."""
_CONSONANTS: Final = {
    "b": "ب", "p": "ب", "t": "تط", "6": "ط", "th": "ثذظ", "s": "سصث", "9": "صق", "j": "ج", "g": "جقغك", "gh": "غ",
    "8": "غق", "3'": "غ", "7": "ح", "h": "هح", "kh": "خ", "5": "خ", "7'": "خ", "x": "خ", "d": "دضذ", "9'": "ض",
    "dh": "ذضظ", "6'": "ظ", "z": "زظذ", "r": "ر", "sh": "ش", "ch": "شك", "c": "كس", "ç": "س", "k": "كق", "q": "ق",
    "2": "ءاقوي", "l": "ل", "m": "م", "n": "ن", "f": "ف", "v": "ف", "3": "ع", "4": "ذ", "y": "ي", "w": "و",
}  # fmt: skip
"""Letters that a Latin sound may stand for, the likeliest first."""
_WEAK: Final = "اويعءه"
"""Letters that Arabizi leaves out, writes as vowels or both: they play no part in looking a word up."""
_FOLDED_SOUNDS: Final = str.maketrans("طثظذضصق", "تتزددسك")
"""Letters that one Latin letter stands for fall together when a word is looked up."""
_LONG: Final = {"ا": "ae", "و": "u", "ي": "ie"}
"""Vowels that a long vowel's letter may be written as."""
_SPELLED_VOWEL: Final = {"a": "ا", "e": "", "i": "ي", "u": "و"}
PREFIXES: Final = {
    **dict.fromkeys(("el", "al", "il", "l"), "ال"),
    **dict.fromkeys(("wel", "wal"), "وال"),
    **dict.fromkeys(("bel", "bil"), "بال"),
    **dict.fromkeys(("fel", "fil"), "فال"),
    **dict.fromkeys(("lel", "lil"), "لل"),
    "3al": "عال",
}
"""The article, and what Arabic joins to it, as they are typed."""
_HEADS: Final = (*PREFIXES.items(), ("hal", "هال"), ("w", "و"), ("b", "ب"), ("f", "ف"), ("ma", "ما"), ("m", "م"))
_TAILS: Final = (
    ("hom", "هم"), ("hum", "هم"), ("kom", "كم"), ("kum", "كم"), ("lak", "لك"), ("lek", "لك"), ("lik", "لك"),
    ("esh", "ش"), ("ich", "ش"), ("ak", "ك"), ("ek", "ك"), ("ik", "ك"), ("ha", "ها"), ("na", "نا"), ("ni", "ني"),
    ("ny", "ني"), ("li", "لي"), ("ly", "لي"), ("et", "ت"), ("it", "ت"), ("at", "ات"), ("sh", "ش"), ("ch", "ش"),
    ("i", "ي"), ("y", "ي"), ("o", "ه"), ("u", "ه"), ("t", "ت"), ("k", "ك"),
)  # fmt: skip
"""Particles joined to a word, and how Arabic writes them; tried when the whole is no known word."""
_NUNATION: Final = "an"
_STEM: Final = 3
"""What is left without a particle has at least this many letters."""
_KEYS: Final = 12
"""Readings of a word's consonants tried; more means a word of many ambiguous letters, which fits nothing surely."""
_SLACK: Final = 0.45
_SLACK_A_LETTER: Final = 0.16
"""How badly a known word may fit, by length; beyond, spelling out is the better guess."""
_JOINED: Final = 0.3
"""What a particle costs: a whole word is the likelier reading."""
_REMEMBERED: Final = 8192
"""Arabic words kept with what their letters cost; most are candidates again and again."""
_COMMON: Final = 0.07
"""What being common is worth, a doubling of use at a time."""
_SHORT: Final = 0.18
_LOST: Final = {"ا": 0.5, "و": 0.7, "ي": 0.7, "ع": 0.6, "ء": 0.2, "ه": 0.9}
_EDGE: Final = 0.35
"""What it costs more if that letter or vowel begins or ends the word."""
_NEVER: Final = 9.0


class _Sound(NamedTuple):
    vowel: str
    """Empty for a consonant."""
    letters: str
    """What a consonant may stand for; empty for a vowel."""


class _Word(NamedTuple):
    letters: str
    bonus: float
    """What being common is worth."""


class Transliteration:
    """Arabic words by how they sound."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """Index `words`, which are folded, each with how often it is used: of two that fit, the commoner is meant."""
        self._by_consonants: defaultdict[str, list[_Word]] = defaultdict(list)
        for word, used in sorted(words.items()):
            if word.isalpha():
                self._by_consonants[_skeleton(word)].append(_Word(word, _COMMON * math.log1p(used)))

    def read(self, token: str) -> str:
        """Return the Arabic for one Latin word, folded; the same word always reads the same."""
        best = self._known(token)
        if token.endswith(_NUNATION) and (bare := self._known(token[:-1])):  # "shokran" is written شكرا
            best = min(best or bare, bare)
        if best is None:
            best = min(self._in_parts(token), default=None)
        return best[1] if best else _spelled(token)

    def _known(self, token: str) -> tuple[float, str] | None:
        """Return the known word that fits best with how badly it fits; None if none fits."""
        sounds = _sounds(token)
        if not sounds:
            return None
        most = _SLACK + _SLACK_A_LETTER * len(sounds)
        candidates = {found for key in _keys(sounds) for found in self._by_consonants.get(key, ())}
        costs = [(_misfit(sounds, letters, most), bonus, letters) for letters, bonus in candidates]
        fitting = [(cost - bonus, letters) for cost, bonus, letters in costs if cost <= most]
        return min(fitting, default=None)

    def _in_parts(self, token: str) -> Iterator[tuple[float, str]]:
        """Yield readings with a particle at either end, or both."""
        for head, before in (("", ""), *_HEADS):
            if not token.startswith(head) or len(token) - len(head) < _STEM:
                continue
            rest = token[len(head) :]
            if head and (found := self._known(rest)):
                yield found[0] + _JOINED, before + found[1]
            for tail, after in _TAILS:
                stem = rest.removesuffix(tail)
                if len(stem) < _STEM or stem == rest:
                    continue
                if found := self._known(stem):
                    yield found[0] + _JOINED * (2 if head else 1), before + found[1] + after


def _sounds(token: str) -> list[_Sound]:
    """Take a word apart into sounds; a doubled consonant is one, as Arabic writes it."""
    sounds: list[_Sound] = []
    last = ""
    for part in _SOUNDS.findall(token):
        if part == last and part in _CONSONANTS:
            continue
        last = part
        if vowel := _VOWELS.get(part):
            sounds.append(_Sound(vowel, ""))
        elif letters := _CONSONANTS.get(part):
            sounds.append(_Sound("", letters))
    return sounds


def _keys(sounds: list[_Sound]) -> list[str]:
    """Return what the consonants may be looked up by."""
    keys = [""]
    for _, letters in sounds:
        if not letters:
            continue
        folded = dict.fromkeys("" if letter in _WEAK else letter.translate(_FOLDED_SOUNDS) for letter in letters)
        grown = [key + letter for letter in folded for key in keys]
        keys = grown if len(grown) <= _KEYS else [key + next(iter(folded)) for key in keys]
    return list(dict.fromkeys(_undoubled(key) for key in keys))


def _skeleton(word: str) -> str:
    return _undoubled("".join([letter for letter in word if letter not in _WEAK]).translate(_FOLDED_SOUNDS))


def _undoubled(key: str) -> str:
    return re.sub(r"(.)\1+", r"\1", key)


def _misfit(sounds: list[_Sound], letters: str, most: float) -> float:
    """Return how badly a word fits the sounds: 0 letter by letter, more for what is missing, left over or unlikely.

    Past `most` it matters no more how badly. The usual alignment, a row a sound.
    """
    lost = _lost(letters)
    before = [0.0, *accumulate(lost)]
    size, ends = len(letters), len(sounds) - 1
    for number, (vowel, possible) in enumerate(sounds):
        skipped = _unwritten(edge=number in (0, ends)) if vowel else _NEVER
        left = before[0] + skipped
        now = [left]
        for place in range(size):
            cost = before[place] + _heard(vowel, possible, letters[place], last=place == size - 1)
            if (other := before[place + 1] + skipped) < cost:
                cost = other
            if (other := left + lost[place]) < cost:
                cost = other
            left = cost
            now.append(cost)
        before = now
        if min(before) > most:
            return _NEVER
    return before[-1]


def _unwritten(*, edge: bool) -> float:
    """Return the cost of a vowel that Arabic does not write: little, but words neither begin nor end with one."""
    return _SHORT + (_EDGE if edge else 0.0)


@lru_cache(_REMEMBERED)
def _lost(word: str) -> tuple[float, ...]:
    """Return what each letter of an Arabic word costs if it is not written."""
    return tuple([_left_out(word, place, letter) for place, letter in enumerate(word)])


def _left_out(word: str, place: int, letter: str) -> float:
    """Return the cost of a letter that Arabizi does not write."""
    if place and word[place - 1] == letter:
        return 0.05  # a doubled letter was heard as one
    if letter == "ه" and place == len(word) - 1:
        return 0.4
    return _LOST.get(letter, _NEVER) + (_EDGE if place in (0, len(word) - 1) else 0.0)


def _heard(vowel: str, letters: str, letter: str, *, last: bool) -> float:
    """Return the cost of taking a sound for a letter."""
    if letters:
        place = letters.find(letter)
        return _NEVER if place < 0 else 0.15 * place
    if letter in _LONG:
        if vowel in _LONG[letter]:
            return 0.05 if vowel == _LONG[letter][0] else 0.25
        return 0.15 if last and letter == "ي" and vowel == "a" else _NEVER  # "3ala" is written with alef maqsura
    if letter == "ه" and last:
        return 0.1 if vowel in "ae" else 0.3 if vowel == "u" else _NEVER  # "gomla" جملة, "kollo" كله
    if letter == "ع":
        return 0.4 if vowel == "a" else 0.55
    return _NEVER


def _spelled(token: str) -> str:
    """Write an unknown word letter by letter; vowels in its middle are taken for long ones."""
    letters = []
    sounds = _sounds(token)
    for number, (vowel, possible) in enumerate(sounds):
        if possible:
            letters.append(possible[0])
        elif number == 0:
            letters.append("ا")
        elif number == len(sounds) - 1:
            letters.append({"a": "ه", "e": "ه"}.get(vowel, _SPELLED_VOWEL[vowel]))
        else:
            letters.append(_SPELLED_VOWEL[vowel])
    return "".join(letters) or token

"""Tell which words of a catalogue a customer means by other ones: "بيضاء" and "white" by "أبيض", "Camry" by "كامري".

Colours and the like stand in namesakes.toml, and so do names that sound does not tell; a company adds its own. Of the
other names a word in one script is taken for one in the other where their consonants and long vowels agree, if there
are three consonants or more. Its invariant: ordinary words of a lexicon are nobody's name, since taking one for a name
does more harm than missing a name. Pure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from callcenter.analysis import PhraseIndex, default_lexicons
from callcenter.analysis.text import normalise
from callcenter.calls import Value

_FILE: Final = Path(__file__).with_name("namesakes.toml")
_REMEMBERED: Final = 4096
"""Words kept with the names that they are."""
_FEWEST: Final = 3
"""Consonants; two agree by chance."""
_SHORTEST, _LONGEST = 4, 24
_MOST_ALIKE: Final = 50
"""Names with one row of consonants that are compared; a table with more is no table of names."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_ARABIC: Final = re.compile("[\u0621-\u064a]+")
_LATIN: Final = re.compile("[a-z]+")
_PARTICLES: Final = ("", "ال", "لل", "بال", "وال", "ل", "ب", "و")

_SOUNDS: Final = {
    "ب": "b|p|v",
    "ت": "t",
    "ث": "th|t",
    "ج": "j|g|dj|dg",
    "خ": "kh|k|ch",
    "د": "d",
    "ر": "r",
    "ز": "z|ts|s(?=[aeiou])",
    "س": "s|c(?=[eiy])|z",
    "ش": "sh|ch|sch",
    "ص": "s",
    "ط": "t",
    "غ": "gh|g",
    "ف": "f|ph|v",
    "ق": "q|k|c|g",
    "ك": "k|ck|c|q|ch|g|kh",
    "ل": "l",
    "م": "m",
    "ن": "n",
    "ه": "h",
    "تش": "ch|tch",
    "كس": "x|ks|cs|cks|cc|xs|c",
}
"""How Arabic consonants may be written in Latin letters; foreign names have no others."""
_LONG: Final = {
    "ا": "a[aeiouhy]?|ea|u",
    "ي": "[eiy][aeiy]?|a[iy]",
    "و": "[ouw][aeiouwy]?|a[uw]",
    "اي": "[iy]|[ae][iy]e?|ie",
}
_LAST: Final = {"ا": "ah?", "ه": "ah?|e", "ي": "y|i|ie|ee|ey|ay", "و": "o|ow|oe|u|oo|ou"}
"""Long vowels as they are written inside a word and at its end."""
_CLASSES: Final = {
    **dict.fromkeys("بفbpvf", "b"),
    **dict.fromkeys("تطدضثذtd", "t"),
    **dict.fromkeys("جغقكخسصزظشkgjqcszx", "k"),
    "ر": "r",
    "ل": "l",
    "م": "m",
    "ن": "n",
    "r": "r",
    "l": "l",
    "m": "m",
    "n": "n",
}
"""Consonants that may stand for one another, for finding quickly what is then compared sound by sound."""
_CLASSED: Final = str.maketrans(
    {chr(code): _CLASSES.get(chr(code)) for code in (*range(ord("a"), ord("z") + 1), *range(0x621, 0x64B))}
)
_VOWELS: Final = "اوي"
_PART: Final = re.compile(f"[{_VOWELS}]+|تش|كس|[^{_VOWELS}]")
_DOUBLE: Final = re.compile(r"([^aeiou])\1+")


class _File(Value):
    qualities: tuple[tuple[str, ...], ...]
    names: tuple[tuple[str, ...], ...]


@cache
def _pairs() -> _File:
    return _File.model_validate(tomllib.loads(_FILE.read_text("utf-8")))


@cache
def quality_words() -> frozenset[str]:
    """Return the single words that say of what kind a thing is, folded."""
    return frozenset(normalise(word).text for line in _pairs().qualities for word in line if " " not in word)


class Namesakes:
    """What else the words of one catalogue are called."""

    def __init__(self, words: Iterable[str], names: Iterable[str], aliases: Mapping[str, Sequence[str]]) -> None:
        """Take the folded words of the table, those of its names among them, and what its company adds to them."""
        known, names_ = frozenset(words), tuple(dict.fromkeys(names))
        own = [(key, *others) for key, others in aliases.items()]
        named = [*_lines(known, own), *_lines(known, _pairs().names)]
        self.phrases: tuple[str, ...] = tuple(dict.fromkeys(said for said, _ in named))
        """Other words for its names, folded."""
        self._index = PhraseIndex([*named, *_lines(known, _pairs().qualities)], folded=True)
        self._names = frozenset(each for each in names_ if _WORD.fullmatch(each))
        self._by_sound: dict[tuple[bool, str], list[str]] = {}
        for name in names_:
            if _could_be_name(name):
                arabic = _ARABIC.fullmatch(name) is not None
                alike = self._by_sound.setdefault((arabic, _skeleton(name)), [])
                if len(alike) < _MOST_ALIKE:
                    alike.append(name)
        self._heard = lru_cache(_REMEMBERED)(self._like)

    def by_sound(self, word: str) -> tuple[str, ...]:
        """Return the names in the other script that a folded word is."""
        return self._heard(word)

    def names_one(self, text: str) -> bool:
        """Whether a text holds a word of a name."""
        words = _WORD.findall(self.rewritten(text))
        return any(word.removeprefix(each) in self._names for word in words for each in _PARTICLES)

    def heard(self, words: str) -> Iterator[tuple[int, int]]:
        """Yield the places of the words, in a text that `words_only` made, that are names in the other script."""
        if not self._by_sound:
            return
        place = 1
        for word in words[1:-1].split(" "):
            if len(word) >= _SHORTEST and self._heard(word):
                yield place - 1, place - 1 + len(word)
            place += len(word) + 1

    def rewritten(self, text: str) -> str:
        """Return a text, folded, with the table's words in the place of others that mean them."""
        folded = _WORD.sub(lambda match: " ".join(self._heard(match[0])) or match[0], normalise(text).text)
        done = len(folded)
        places: dict[tuple[int, int], list[str]] = {}
        for found in self._index.find(folded):
            places.setdefault((found.end, found.start), []).append(found.payload)
        for end, start in sorted(places, key=lambda place: (-place[0], place[1])):
            if end <= done:
                folded = folded[:start] + " ".join(places[end, start]) + folded[end:]
                done = start
        return folded

    def _like(self, word: str) -> tuple[str, ...]:
        arabic = _ARABIC.fullmatch(word) is not None
        if not arabic and _LATIN.fullmatch(word) is None:
            return ()
        forms = {word.removeprefix(each) for each in _PARTICLES} if arabic else {word.removesuffix("s"), word}
        if not forms.isdisjoint(_ordinary()):
            return ()
        return tuple(
            dict.fromkeys(
                name
                for form in sorted(forms)
                if _could_be_name(form)
                for name in self._by_sound.get((not arabic, _skeleton(form)), ())
                if (_alike(form, name) if arabic else _alike(name, form))
            )
        )


def _lines(known: frozenset[str], lines: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield of each line whatever may be said for those of its words that the table has."""
    for line in lines:
        folded = [" ".join(normalise(each.replace("-", " ")).text.split()) for each in line]
        ours = [each for each in folded if known.issuperset(each.split())]
        yield from ((said, one) for said in folded for one in ours)


def _could_be_name(word: str) -> bool:
    if not _SHORTEST <= len(word) <= _LONGEST or not (_ARABIC.fullmatch(word) or _LATIN.fullmatch(word)):
        return False
    return _consonants(word) >= _FEWEST and word not in _ordinary()


@cache
def _ordinary() -> frozenset[str]:
    """Return the words that mean something: no name is heard in them."""
    lexicons = default_lexicons()
    return frozenset[str]().union(*lexicons.words.values())


def _skeleton(word: str) -> str:
    """Return the classes of a word's consonants, each once in a row."""
    return _DOUBLE.sub(r"\1", word.replace("th", "t").replace("ph", "f").replace("تش", "ش").translate(_CLASSED))


def _alike(arabic: str, latin: str) -> bool:
    """Whether two words sound the same; short vowels may be left out in Arabic, of a short word none."""
    sounds = _sounds_of(arabic)
    found = sounds.fullmatch(_DOUBLE.sub(r"\1", latin)) if sounds else None
    left_out = sum(1 for short in found.groups() if short) if found else 0
    return found is not None and left_out <= _consonants(arabic) - _FEWEST


@lru_cache(_REMEMBERED)
def _sounds_of(arabic: str) -> re.Pattern[str] | None:
    """Return how an Arabic word may be written in Latin letters, no consonant double; a group is a short vowel.

    None: it has a sound that foreign names have not.
    """
    parts = _PART.findall(arabic)
    pattern = []
    for place, part in enumerate(parts):
        following = parts[place + 1] if place + 1 < len(parts) else None
        vowels = part[0] in _VOWELS
        if following is None and (vowels or part == "ه"):
            pattern.append(f"(?:{'' if len(part) == 1 else '[aeiouwy]{1,3}'}(?:{_LAST[part[-1]]}))")
        elif vowels and place == 0:
            pattern.append("[aeiouwyh]{1,3}")
        elif vowels:
            pattern.append(f"(?:{_LONG.get(part, '[aeiouwy]{2,4}')})")
        elif part not in _SOUNDS:
            return None
        else:
            short = following is not None and following[0] not in _VOWELS and not _ends(parts, place, "ه")
            pattern.append(f"(?:{_SOUNDS[part]})" + ("([aeiouy]{0,2})" if short else ""))
    silent = "e?" if parts and parts[-1] in _SOUNDS and parts[-1] != "ه" else ""
    return re.compile("".join(pattern) + silent)


def _ends(parts: Sequence[str], place: int, last: str) -> bool:
    return parts[place + 1 :] == [last]


def _consonants(word: str) -> int:
    return sum(letter in _CLASSES or letter in "hه" for letter in _DOUBLE.sub(r"\1", word.removesuffix("ه")))

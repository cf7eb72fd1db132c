"""Say in which script a word is written. What a language is written in is data, never a branch."""

from __future__ import annotations

import re
from typing import Final

from callcenter.calls import Language

_LETTERS: Final = {
    Language.ar: "\u0621-\u064a\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff"
    "\u0750-\u077f\u08a0-\u08c9\ufb50-\ufdfb\ufe70-\ufefc",
    Language.en: "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\uff21-\uff3a\uff41-\uff5a",
}
"""The letters that each language's texts are made of, as ranges."""
_OWN: Final = {language: re.compile(f"[{letters}]") for language, letters in _LETTERS.items()}
_FOREIGN: Final = {language: re.compile(rf"[^\W\d_{letters}]") for language, letters in _LETTERS.items()}
_THIRD: Final = re.compile(rf"[^\W\d_{''.join(_LETTERS.values())}]")
_FEWEST_WORDS: Final = 2
_FEWEST_THIRD: Final = 2
"""One Greek letter is a sign; two letters are a word that the customer can't read."""


def is_foreign(word: str, language: Language) -> bool:
    """Whether a word has letters that the language is not written with."""
    return _FOREIGN[language].search(word) is not None


def is_wrong(words: list[str], language: Language) -> bool:
    """Whether words, names left out, are not in the language's script: most of their letters, or two of a third one."""
    own = sum(len(_OWN[language].findall(word)) for word in words)
    foreign = [found for word in words if (found := len(_FOREIGN[language].findall(word)))]
    if sum(len(_THIRD.findall(word)) for word in words) >= _FEWEST_THIRD:
        return True
    return len(foreign) >= _FEWEST_WORDS and sum(foreign) > own

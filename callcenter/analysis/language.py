"""Say which language a message is in: by script first, then by words, and by statistics only where neither tells.

Arabic letters decide for Arabic unless they are Persian's or Urdu's. Latin letters are English or Arabizi by the
words the lexicons know. Numbers, addresses and words no lexicon knows (brands, names) decide nothing. Whether the
call's language changes is routing's business.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.learnt import LANES, TONGUES
from callcenter.analysis.lexicon import SHARED
from callcenter.analysis.models import LanguageKind, LanguageVerdict, stated
from callcenter.analysis.phrases import words_only
from callcenter.analysis.text import holds_address
from callcenter.calls import Language

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Lexicons
    from callcenter.analysis.reading import Reading

_ARABIC_LEADS: Final = bytes(range(0xD8, 0xDC))
_OTHER_LEADS: Final = bytes([*range(0xCD, 0xD8), *range(0xDC, 0xE2), *range(0xE3, 0xEF)])
"""Greek to Hebrew, and what comes after Arabic but for punctuation (E2), full-width forms (EF) and emoji (F0)."""
_LETTERS: Final = bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B))
_ALL: Final = bytes(range(256))
_NOT_ARABIC: Final = bytes(byte for byte in _ALL if byte not in _ARABIC_LEADS)
_NOT_OTHER: Final = bytes(byte for byte in _ALL if byte not in _OTHER_LEADS)
_NOT_LETTERS: Final = bytes(byte for byte in _ALL if byte not in _LETTERS)

_PERSIAN_OR_URDU: Final = re.compile("[ٹڈڑںےہھۂۓپژیگچک]")
_ONLY_ARABIC: Final = re.compile("[يكةىأإئؤ]")
_FOREIGN_SHARE: Final = 0.04
"""From one letter in twenty-five that Arabic lacks, a text is Persian or Urdu; below, it a loan or a keyboard's ی."""
_DIGIT: Final = re.compile("[0-9]")
_DIGIT_FOR_LETTER: Final = re.compile(
    r"(?=[a-z0-9']*[a-z][a-z0-9']*$)(?![a-z]{1,4}\d+$)"
    r"(?!\d+(?:st|nd|rd|th|am|pm|k|m|g|d|x|h|s|gb|mb|tb|kg|cm|mm|ml|km|in|ft|sar|aed|egp|usd|rs|lb|oz|way|"
    r"hrs?|hours?|min(?:ute)?s?|days?|weeks?|months?|years?|yrs?|pcs?|times?)$)"
    r"(?:[a-z']+[235679][a-z']*|[2357][a-z']{2,})[a-z0-9']*$"
)
"""Arabizi writes ء ع خ ط ح ق ص as 2 3 5 6 7 9: "3ayez", "ma3lesh", "sa7"; not "3rd", "2nd", "5gb", "covid19"."""
_LONGEST_WORD: Final = 30
"""What is longer is no word, and no pattern need try it."""
_ENOUGH_WORDS: Final = 4
"""langdetect guesses wildly on fewer words than this."""
_THIN_SHARE: Final = 0.25
"""Fewer known words than one in four, and the text may be French or Turkish that shares a few with English."""
_DETECT_CHARS: Final = 400

_KNOWN: Final = 1.0
"""What a word that only one lexicon has adds to the log-odds of its language."""
_SHARED: Final = 0.3
"""What an English word adds that Arabizi spells as well ("men", "fi")."""
_FOREIGN_DOUBT: Final = 1.0
"""Few customers write anything but Arabic and English here, so looks alone must be plain."""
_DOUBTFUL: Final = 0.9
"""Below this likelihood letter statistics are asked, if few words are known."""
_UNHEARD_OF: Final = 0.6
"""Below this likelihood a single unknown word (a brand, a name) tells no language."""
_FOREIGN_LETTERS: Final = re.compile("[ığşñßäöüõãåæøœčćžšřěůąęłńśźżțăőű]")
_FOREIGN_LETTER: Final = 3.0
"""What a letter that neither English nor Arabizi uses adds to the log-odds of another language."""
_EUROPEAN: Final = frozenset({"fr", "es", "it", "de", "pt", "nl"})
"""Languages that letter statistics tell from Arabizi; others it takes Arabizi for at random."""

_EN: Final = "en"
_FOREIGN: Final = "unknown"
_FIRST_TONGUE: Final = LANES.index(TONGUES[0])
_ARABIZI: Final = "arabizi"
_SPOKEN: Final = {_EN: (Language.en, LanguageKind.en), _ARABIZI: (Language.ar, LanguageKind.arabizi)}


class Tally(NamedTuple):
    """What a message's letters and words say, before any cue is looked up."""

    language: Language | None
    kind: LanguageKind
    confidence: float
    arabic_share: float
    words: int
    reasoning: str


def tally(reading: Reading, lexicons: Lexicons) -> Tally:
    """Count scripts, then known words."""
    folded = reading.folded
    if reading.text.isascii():
        return _latin(reading, lexicons)
    raw = folded.encode("utf-8", "replace")
    arabic = len(raw.translate(None, _NOT_ARABIC))
    latin = len(raw.translate(None, _NOT_LETTERS))
    if len(raw.translate(None, _NOT_OTHER)) > arabic + latin:
        return Tally(None, LanguageKind.unknown, 0.9, 0.0, 0, "written in a script that is neither Arabic nor Latin")
    if not arabic:
        return _latin(reading, lexicons) if latin else _NOTHING
    return _arabic(reading, lexicons, arabic, latin)


def _arabic(reading: Reading, lexicons: Lexicons, arabic: int, latin: int) -> Tally:
    """Part Arabic from Persian and Urdu by letters, from English by the share of its words."""
    text = reading.text
    share = arabic / (arabic + latin)
    foreign = len(_PERSIAN_OR_URDU.findall(text))
    if foreign > _FOREIGN_SHARE * arabic and len(_ONLY_ARABIC.findall(text)) < foreign:
        return Tally(None, LanguageKind.unknown, 0.8, share, 0, "letters of Persian or Urdu, not of Arabic")
    tokens = reading.tokens
    if not latin:
        arabic_words = sum(map(_LAST_LATIN.__lt__, tokens))
        return Tally(Language.ar, LanguageKind.ar, 0.99, 1.0, arabic_words, "all letters are Arabic")
    arabic_words = sum(token[0] > _LAST_LATIN or token[-1] > _LAST_LATIN for token in tokens)
    english = len(lexicons.words[_EN].intersection(tokens))
    if english > arabic_words:
        return Tally(Language.en, LanguageKind.mixed, 0.7, share, english, "mostly English words, some Arabic")
    if english:
        return Tally(Language.ar, LanguageKind.mixed, 0.85, share, arabic_words, "Arabic with some English words")
    return Tally(
        Language.ar, LanguageKind.ar, 0.95, share, arabic_words, "Arabic; its Latin words are names or numbers"
    )


_NOTHING: Final = Tally(None, LanguageKind.unknown, 0.0, 0.0, 0, "no letters that tell a language")
_LAST_LATIN: Final = "\u05ff"


def _latin(reading: Reading, lexicons: Lexicons) -> Tally:
    """Tell English from Arabizi by the words each lexicon has and the other lacks."""
    folded, tokens = reading.folded, reading.tokens
    if holds_address(folded):
        tokens = words_only(" ".join([part for part in folded.split() if not holds_address(part)])).split()
    digits = _DIGIT.search(folded) is not None
    if digits:
        tokens = [token for token in tokens if not token.isdigit()]
    lettered = len(tokens)
    tongues = list(map(lexicons.tongues.get, tokens))
    arabizi = tongues.count(_ARABIZI)
    if digits:
        arabizi += sum(
            len(token) <= _LONGEST_WORD and token not in lexicons.tongues and _DIGIT_FOR_LETTER.match(token) is not None
            for token in [token for token in tokens if not token.isalpha()]
        )
    if not lettered:
        return _NOTHING
    return _told(reading, lexicons, _Known(tongues.count(_EN), tongues.count(SHARED), arabizi, lettered))


class _Known(NamedTuple):
    """How many of a message's words the lexicons know."""

    english: int
    """Words that only English has."""
    shared: int
    """English words that Arabizi has as well."""
    arabizi: int
    words: int
    """All its words but numbers and addresses."""


def _told(reading: Reading, lexicons: Lexicons, known: _Known) -> Tally:
    """Add what the words look like to what is known of them, and ask letter statistics where that leaves a doubt."""
    english, words = known.english + known.shared, known.words
    lanes = reading.typed(lexicons.learnt).odds[_FIRST_TONGUE:]
    odds = {
        _EN: lanes[0] + _KNOWN * known.english + _SHARED * known.shared,
        _ARABIZI: lanes[1] + _KNOWN * known.arabizi,
        _FOREIGN: lanes[2] - _FOREIGN_DOUBT,
    }
    if not reading.folded.isascii():
        odds[_FOREIGN] += _FOREIGN_LETTER * len(_FOREIGN_LETTERS.findall(reading.folded))
    name = max(odds, key=odds.__getitem__)
    most = odds[name]
    sure = 1 / sum([math.exp(each - most) for each in odds.values()])
    if name == _ARABIZI and not known.arabizi and english and sure < _UNHEARD_OF:
        name = _EN  # "Name: Sara Haddad": an Arab name makes no Arabizi
    heard = english if name == _EN else known.arabizi
    if name != _FOREIGN and sure < _DOUBTFUL:
        name = _settled(name, heard, words, reading.text) if words >= _ENOUGH_WORDS else name
        if words == 1 and not heard and sure < _UNHEARD_OF:
            name = _FOREIGN
    if name == _FOREIGN:
        if words >= _ENOUGH_WORDS:
            return Tally(None, LanguageKind.unknown, 0.5, 0.0, 0, "Latin letters, words of neither English nor Arabizi")
        return Tally(None, LanguageKind.unknown, 0.2, 0.0, 0, "no word that tells a language")
    language, kind = _SPOKEN[name]
    reasoning = f"{heard} of {words} words are {_NAMED[name]}, and the others look like it"
    return Tally(language, kind, round(min(0.99, sure), 3), 0.0, words, reasoning)


def _settled(name: str, known: int, words: int, text: str) -> str:
    """Ask letter statistics where a message may be in another language altogether, English or French."""
    if known >= _THIN_SHARE * words:
        return name
    detected = _detected(text)
    if detected == _EN:
        return _EN
    return _FOREIGN if name == _EN or detected in _EUROPEAN else name


_NAMED: Final = {_EN: "English", _ARABIZI: "Arabic in Latin letters"}


def _detected(text: str) -> str | None:
    """Ask langdetect, seeded so that it always answers the same."""
    from langdetect import DetectorFactory, LangDetectException, detect  # noqa: PLC0415 (0.4 s on first use; few messages need it)

    DetectorFactory.seed = 0
    try:
        guess: str = detect(text[:_DETECT_CHARS])
    except LangDetectException:
        return None
    return guess


def verdict(reading: Reading, counted: Tally, hint: Language | None) -> LanguageVerdict:
    """Add what was asked for ("speak English") and, where nothing tells, the sender's setting."""
    language, kind, confidence, share, words, reasoning = counted
    asked = reading.hits.get("request")
    requested = Language(asked[-1][2].label) if asked else None
    if (
        language is None
        and kind is LanguageKind.unknown
        and not words
        and hint is not None
        and confidence < _SURE_FOREIGN
    ):
        language, reasoning = hint, f"{reasoning}; the sender's setting decides"
    return stated(
        LanguageVerdict,
        {
            "language": language,
            "kind": kind,
            "confidence": confidence,
            "arabic_share": share,
            "words": words,
            "requested": requested,
            "reasoning": reasoning,
        },
    )


_SURE_FOREIGN: Final = 0.5
"""From here on the text is known to be in a language we don't speak; a setting doesn't change that."""

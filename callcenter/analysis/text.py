"""Make customers' text safe to keep and easy to match: `clean` on the way in, `normalise` before any word is looked up.

`clean` removes what can harm a reader (controls, bidi overrides, invisible characters, lone surrogates) and bounds
the length. `normalise` folds the spellings people use for one word into one, and keeps the way back:
`Normalised.span` turns offsets in the folded text into offsets in the customer's own. What words mean is the
lexicons' business.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import ahocorasick_rs

from callcenter.calls import MAX_MESSAGE_CHARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class CleanText(NamedTuple):
    """A message as it may be stored, shown and analysed."""

    text: str
    truncated: bool
    """It was longer than MAX_MESSAGE_CHARS and has been cut."""
    empty: bool
    """Nothing but white space is left."""


class Normalised(NamedTuple):
    """Folded text with the way back to the text it came from."""

    text: str
    offsets: Sequence[int] | None
    """For each folded character, and for the end, its place in the original; None when places are the same."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's span for a span of `text`; what was dropped after a letter belongs to that letter."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], max(self.offsets[end], self.offsets[end - 1] + 1)


_HARMFUL: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, except line feed and tab
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners and fillers, Arabic letter mark
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero-width, bidi controls, annotations
    "\ud800-\udfff"  # lone surrogates: they can't be written as UTF-8
    "\U000e0000-\U000e007f"  # tags: text nobody sees
)
_UNSAFE: Final = re.compile(f"[{_HARMFUL}]+")
_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNCLEAN: Final = re.compile(f"[\r\x0b\x0c\x85\u2028\u2029{_HARMFUL}]")
"""Finds what either of them does; nearly all messages have nothing of it."""
_SLACK: Final = 4
"""Composing (NFC) shortens a text by less than this; what lies beyond can't survive the cut anyway."""


ASCII_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
"""Arabic-Indic and Persian digits as 0-9."""


def holds_address(folded: str) -> bool:
    """Whether normalised text may hold an address: an e-mail's, a page's, or a name after @."""
    return "@" in folded or "://" in folded or "www." in folded


def clean(text: str) -> CleanText:
    """Return `text` without what no reader sees or should obey, composed (NFC) and at most MAX_MESSAGE_CHARS long."""
    safe = _UNSAFE.sub("", _LINE_ENDS.sub("\n", text)) if _UNCLEAN.search(text) else text
    bounded = unicodedata.normalize("NFC", safe[: MAX_MESSAGE_CHARS * _SLACK])
    kept = bounded[:MAX_MESSAGE_CHARS]
    truncated = len(bounded) > MAX_MESSAGE_CHARS or len(safe) > MAX_MESSAGE_CHARS * _SLACK
    return CleanText(text=kept, truncated=truncated, empty=not kept.strip())


_FOLDED: Final = (
    ("أ", "ا"),  # alef with hamza above
    ("إ", "ا"),  # alef with hamza below
    ("آ", "ا"),  # alef with madda
    ("ة", "ه"),  # ta marbuta
    ("ى", "ي"),  # alef maqsura
    ("ئ", "ي"),  # hamza on ya
    ("ؤ", "و"),  # hamza on waw
    ("؟", "?"),
    ("،", ","),
    ("’", "'"),  # the apostrophe phones type
)
"""The spellings found in most Arabic messages: ten replacements in C cost a fifth of one `str.translate`."""
_NOW: Final = "هلأ"
_NOW_WORD: Final = re.compile(rf"\b([وف]?){_NOW}\b")
_NOW_SPELLED: Final = r"\1هلق"
"""Levantine "now" in its other spelling: without its hamza it would read "هلا", hello."""
_SURROGATES: Final = range(0xD800, 0xE000)
_RARE_FOLDED: Final = str.maketrans(
    {
        **dict.fromkeys("ٱٲٳٵ", "ا"),
        **dict.fromkeys("ٶٷ", "و"),
        **dict.fromkeys("ٸیۍێےۓ", "ي"),  # Persian and Urdu ya, as many keyboards type it
        **dict.fromkeys("ھہۂۀۃەۥ", "ه"),
        **dict.fromkeys("کڪگ", "ك"),
        "پ": "ب",
        "چ": "ج",
        "ڤ": "ف",
        "؛": ";",
        "٪": "%",
        "٫": ".",
        "٬": ",",
        "۔": ".",
        **dict.fromkeys("`´‘ʼ", "'"),
        **dict.fromkeys("\xa0\u2009\u202f", " "),
        **{chr(code): "\ufffd" for code in _SURROGATES},  # alone, they can't be written as UTF-8
        **{digit: str(value) for value, digit in enumerate("٠١٢٣٤٥٦٧٨٩")},
        **{digit: str(value) for value, digit in enumerate("۰۱۲۳۴۵۶۷۸۹")},
    }
)
_MARKS: Final = r"[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\ufe0e\ufe0f]"
"""Harakat, tatweel, and what says whether a sign is drawn as an emoji."""
_UNEVEN: Final = re.compile(
    rf"(?P<mark>{_MARKS}+)"
    r"|(?P<letter>[^\W\d_])(?P=letter)(?!(?<=ww)w\.)(?P=letter)+"  # "جداااا", "sooo"; an address ("www.") is none
    r"|(?P<space>[ \t])[ \t]+"
    r"|(?P<shape>[\ufb50-\ufdff\ufe70-\ufefc])"  # letters as old printers drew them, ligatures among them
)
_FAR: Final = (*range(0x610, 0x700), *range(0xFB50, 0xFF00))
_OTHER_SIGNS: Final = (
    *(letter * 3 for letter in map(chr, (*range(ord("a"), ord("z") + 1), *range(0x621, 0x64B)))),
    *("  ", "\t"),
    *(chr(code) for code in _RARE_FOLDED if code not in _SURROGATES),
    *(shape for shape in map(chr, _FAR) if _UNEVEN.fullmatch(shape) and not re.match(_MARKS, shape)),
)
_SIGNS: Final = ahocorasick_rs.AhoCorasick(
    [*_OTHER_SIGNS, *(mark for mark in map(chr, _FAR) if re.match(_MARKS, mark) and ord(mark) not in _RARE_FOLDED)]
)
"""Finds in a tenth of the time whether there is anything left to fold; most messages have nothing or a mark or two."""
_STRETCHED: Final = re.compile(r"([^\W\d_a-z\u0621-\u064a])\1\1")
"""Finds the stretched letters that the signs have not."""
_DOUBLES: Final = frozenset("eolsfptnmrcdg")
"""Latin letters that stand double in English words; a longer run of one of them inside a word keeps two."""


def normalise(text: str) -> Normalised:
    """Fold case, digits, letter forms, vowel marks, stretched letters and runs of blanks; line breaks stay."""
    folded = text.lower()
    if not text.isascii():
        if len(folded) != len(text):  # "İ" grows when lowered
            folded = "".join(low if len(low := char.lower()) == 1 else char for char in text)
        if _NOW in folded:
            folded = _NOW_WORD.sub(_NOW_SPELLED, folded)
        for variant, plain in _FOLDED:
            folded = folded.replace(variant, plain)
    try:
        signs = _SIGNS.find_matches_as_indexes(folded)
    except UnicodeEncodeError:  # a lone surrogate, which no automaton reads
        return _even_out(folded.translate(_RARE_FOLDED))
    if not signs:
        return Normalised(folded, None)
    if min(signs)[0] >= len(_OTHER_SIGNS) and not _STRETCHED.search(folded):
        return _without(folded, signs)
    return _even_out(folded.translate(_RARE_FOLDED))


def _without(text: str, marks: Iterable[tuple[int, int, int]]) -> Normalised:
    """Leave out the marks found in `text`, where nothing else is to fold: a quarter of evening it out."""
    pieces: list[str] = []
    offsets: list[int] = []
    done = 0
    for _, start, end in marks:
        pieces.append(text[done:start])
        offsets += range(done, start)
        done = end
    pieces.append(text[done:])
    offsets += range(done, len(text) + 1)
    return Normalised("".join(pieces), offsets)


def _even_out(text: str) -> Normalised:
    """Carry out the foldings that change the length, noting where every character came from."""
    pieces: list[str] = []
    offsets: list[int] = []
    done = 0
    for match in _UNEVEN.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        offsets.extend(range(done, start))
        kept = _evened(match, text)
        pieces.append(kept)
        if match.lastgroup == "shape":
            offsets.extend([start] * len(kept))
        else:
            offsets.extend(range(start, start + len(kept)))
        done = end
    if not pieces:
        return Normalised(text, None)
    pieces.append(text[done:])
    offsets.extend(range(done, len(text) + 1))
    return Normalised("".join(pieces), offsets)


def _evened(match: re.Match[str], text: str) -> str:
    if match["mark"]:
        return ""
    if match["space"]:
        return " "
    if match["shape"]:
        return unicodedata.normalize("NFKC", match["shape"]).translate(_SHAPE_FOLDED)
    letter: str = match["letter"]
    inside = match.start() > 0 and text[match.start() - 1].isalpha() and text[match.end() : match.end() + 1].isalpha()
    return letter * 2 if inside and letter in _DOUBLES else letter


_SHAPE_FOLDED: Final = str.maketrans({**{ord(variant): plain for variant, plain in _FOLDED}, **_RARE_FOLDED, 0x640: ""})

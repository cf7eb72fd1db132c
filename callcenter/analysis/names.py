"""Find the customer's name behind "my name is", "I'm", "اسمي" (my name), "معك" (with you is) and the like.

A name goes on until a word that is none: one that a lexicon knows, one that something else begins with, or, where the
name has capital letters, one without. What introduces a name in so many words ("my name is") needs no capitals; what
introduces much else besides ("I'm ...", "this is ...") does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callcenter.analysis.candidates import Candidate
from callcenter.analysis.models import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callcenter.analysis.lexicon import Lexicons
    from callcenter.analysis.reading import Reading

_SAID: Final = re.compile(
    r"[ \t]*(?:[:=,–-]|(?:is|it's|هو|هي)(?!\w))?[ \t]*"
    r"(?:(?:mr|mrs|ms|miss|dr|eng|د|م|ا|(?:ال)?(?:استاذ|دكتور|مهندس)ه?)(?:[./]|(?= ))[ \t]*)?"
)
"""What may stand between an introduction and the name: a colon, "is", a title."""
_WORD: Final = re.compile(r"[ \t-]?([^\W\d_][^\W\d_'-]{0,23}(?:['-][^\W\d_]{1,23}){0,2})(?![\w@])")
_LINKS: Final = frozenset(
    {"al", "el", "bin", "ben", "ibn", "bint", "abu", "abou", "abdul", "abdel", "abd", "de", "van", "von", "da"}
    | {"ال", "ابو", "ام", "بن", "ابن", "بنت", "بو", "عبد", "ابا", "ابي"}
)
"""Parts of a name that need another after them, and are not counted: "عبد الله", "بن سلمان", "Al Harbi"."""
_SERVANTS: Final = frozenset({"عبد", "abd", "abdul", "abdel"})
"""Behind these any word is a name: "عبد الله", "عبد الكريم"."""
_TELLING: Final = ("intent", "act", "question", "request", "category", "label", "unit")
"""Aspects whose cues no name begins with; feelings are not among them: "جميلة" is beautiful, and a name."""
_NAME_WORDS: Final = 3
_MOST_WORDS: Final = 7
_STARTS: Final = re.compile(r"(?:^|[.!?,;:\n،-])[ \t]*$")
_ENDS: Final = re.compile(r"[ \t]*(?:$|[^\w \t]|(?:speaking|calling|here|from|again|and|with)(?!\w))")
"""What follows a name behind "this is": "this is Omar speaking", but not "this is Samsung quality"."""
_COLON: Final = re.compile("[ \t]?[:=]")
_ONLY_CAPITALS: Final = frozenset({"introduced", "this"})
"""Sections of labels that introduce much else besides names."""
_CONTEXT: Final = 8
_MOST_LABELS: Final = 16
"""Nobody gives more names; keeps the search linear."""


def names(reading: Reading, lexicons: Lexicons) -> Iterator[Candidate]:
    """Return the names that the labels in the message introduce."""
    labels = [hit for hit in reading.hits.get("label", ()) if hit[2].label == EntityKind.name]
    for start, end, cue, _ in labels[:_MOST_LABELS]:
        section = cue.rule.rpartition(".")[2]
        if section == "opening" and not _opens(reading, start):
            continue
        if section == "loose" and not (_COLON.match(reading.folded, end) or _opens(reading, start)):
            continue
        # the last word of a given name's cue is the name itself: "انا محمد" (I'm Mohammed)
        place = reading.folded.rfind(" ", start, end) if section == "given" else end
        found = _name(reading, place, lexicons, capitals=section in _ONLY_CAPITALS)
        if found and (section != "this" or _ENDS.match(reading.folded, found.end)):
            yield found


def _opens(reading: Reading, start: int) -> bool:
    """Whether a sentence begins at `start`, or only a greeting goes before: "مرحبا معك خالد" (hi, Khaled here)."""
    if _STARTS.search(reading.folded, max(0, start - _CONTEXT), start):
        return True
    said = start
    while said and reading.folded[said - 1] in " ,":
        said -= 1
    return any(end == said and cue.label == "greeting" for _, end, cue, _ in reading.hits.get("intent", ()))


def _name(reading: Reading, after: int, lexicons: Lexicons, *, capitals: bool) -> Candidate | None:
    """Read a name of up to three words, with the particles that belong to them."""
    said = _SAID.match(reading.folded, after)
    place = said.end() if said else after
    start, end, counted, link, shouted = -1, -1, 0, "", not capitals
    for _ in range(_MOST_WORDS):
        match = _WORD.match(reading.folded, place)
        if match is None or counted == _NAME_WORDS:
            break
        if link not in _SERVANTS and match[1] not in _LINKS and _is_no_name(reading, match, lexicons):
            break
        link = match[1] if match[1] in _LINKS else ""
        if not link:
            capital = _is_capital(reading, match, shouted=shouted)
            if capitals and not capital:
                break
            capitals = capitals or capital
            counted += 1
            end = match.end(1)
        start = match.start(1) if start < 0 else start
        place = match.end(1)
    return Candidate(EntityKind.name, "", start, end, 0.85, "after_label") if counted else None


def _is_no_name(reading: Reading, match: re.Match[str], lexicons: Lexicons) -> bool:
    """Whether a lexicon knows the word, also behind "و" (and), or finds something else that begins with it."""
    word, start = match[1], match.start(1)
    if word in lexicons.not_names or (word[0] == "و" and word[1:] in lexicons.not_names):
        return True
    return any(hit[0] == start and hit[2].text != word for aspect in _TELLING for hit in reading.hits.get(aspect, ()))


def _is_capital(reading: Reading, match: re.Match[str], *, shouted: bool) -> bool:
    """Whether the customer began the word with a capital; a word all in capitals is one only if `shouted` ones are."""
    start, end = reading.own_span(match.start(1), match.end(1))
    word = reading.text[start:end]
    return word[:1].isupper() and (shouted or len(word) == 1 or not word.isupper())

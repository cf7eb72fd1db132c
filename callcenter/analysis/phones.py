"""Find phone numbers: by their own shape, or by the label or the word for calling beside them.

Shapes are international numbers, the region's mobiles with their country code but no plus, and national numbers with
their leading 0. Gulf and Tunisian numbers have no 0 and look like any number of eight digits: for them the label
decides. A number behind an order's label is the order's, whatever it looks like.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callcenter.analysis.candidates import Candidate
from callcenter.analysis.models import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callcenter.analysis.reading import Hit

_DIGIT: Final = re.compile("[0-9]")
_END: Final = r"(?![\w]|[.,/-][0-9])"
_INTERNATIONAL: Final = re.compile(
    rf"(?<![\w.,/-])(?:\((?:\+ ?|00)[1-9][0-9]{{0,3}}\)|(?:\+ ?|00)[1-9])(?:[ ().-]{{0,2}}[0-9]){{6,14}}{_END}"
)
_NATIONAL: Final = re.compile(
    rf"(?<![\w.,/+(-])(?:0[1-9](?:[ -]?[0-9]){{7,9}}"  # 05xxxxxxxx, 01xxxxxxxxx, 07xxxxxxxx
    rf"|\(0[1-9][0-9]?\)(?:[ -]{{0,2}}[0-9]){{6,8}}){_END}"
)
_LEBANESE: Final = re.compile(rf"(?<![\w.,/+(-])(?:0[1-9]|7[01689]|81)[/ -][0-9]{{3}}[ -]?[0-9]{{3}}(?! ?[0-9]){_END}")
"""03/123456, 71 123 456; written together they are like any eight digits."""
_MOBILES: Final = {
    "966": ("5", 8),
    "971": ("5", 8),
    "965": ("4569", 7),
    "974": ("3567", 7),
    "973": ("36", 7),
    "968": ("79", 7),
    "20": ("1", 9),
    "962": ("7", 8),
    "961": ("378", 7),
    "963": ("9", 8),
    "964": ("7", 9),
    "970": ("5", 8),
    "972": ("5", 8),
    "212": ("67", 8),
    "213": ("567", 8),
    "216": ("24579", 7),
    "218": ("9", 8),
    "249": ("19", 8),
    "967": ("7", 8),
}
"""How the region's mobile numbers go on after the country code: first digit, and how many more (ITU-T E.164 plans)."""
_WITH_CODE: Final = re.compile(
    r"(?<![\w.,/+(-])(?:"
    + "|".join([f"{code}[ -]?[{first}](?:[ -]?[0-9]){{{more}}}" for code, (first, more) in _MOBILES.items()])
    + rf"){_END}"
)
_SAID: Final = "is|at|on|no|number|it's|this|هو|هي|علي|رقم|الرقم|هذا|هاد|ده|دا"
"""Words between a label and its number, or the other way round; "علي" is على (on), folded."""
_AFTER_LABEL: Final = re.compile(
    rf"(?:[ \t]*(?:[:=#.,–-]|\b(?:{_SAID})\b))*+[ \t]*"
    r"(\(?\+?[0-9](?:[ ()/-]{0,2}[0-9]){6,15})(?![\w@]|[.,/-]?[0-9])"
)
_BEFORE_LABEL: Final = re.compile(rf"(?<![\w.,/+-])(\+?[0-9](?:[ -]?[0-9]){{7,14}}) ?(?:[,(–-] ?|(?:{_SAID}) ){{0,2}}$")
_BEFORE: Final = 32
"""Characters before a label in which its number must stand; keeps the search linear."""
_TRUNK: Final = re.compile(r"\( ?0 ?\)")
"""The 0 that is dropped when calling from abroad: "+44 (0)20 ..."."""
_LOOSE: Final = ".loose"
"""Sections of labels that say little by themselves: "my number", "paid"."""
FEWEST: Final = 7
_FEWEST_LOOSE: Final = 8
"""Digits of the shortest number behind a label ("phone"), and behind a loose one ("my number")."""
_MOST: Final = 15
"""ITU-T E.164."""


def by_shape(folded: str) -> list[Candidate]:
    """Return the phone numbers that can be told without a label."""
    found = [_phone(match[0], *match.span(), 0.95, "pattern") for match in _INTERNATIONAL.finditer(folded)]
    found += [_phone(match[0], *match.span(), 0.95, "pattern") for match in _NATIONAL.finditer(folded)]
    found += [_phone(f"+{match[0]}", *match.span(), 0.95, "pattern") for match in _WITH_CODE.finditer(folded)]
    found += [_phone(match[0], *match.span(), 0.8, "pattern") for match in _LEBANESE.finditer(folded)]
    return [candidate for candidate in found if len(candidate.value) <= _MOST + 1]


def by_label(folded: str, labels: Iterable[Hit]) -> list[Candidate]:
    """Return the numbers that follow a label on its line, or else go before it."""
    found = []
    for start, end, cue, _ in labels:
        if cue.label != EntityKind.phone:
            continue
        fewest = _FEWEST_LOOSE if cue.rule.endswith(_LOOSE) else FEWEST
        if match := _AFTER_LABEL.match(folded, end):
            candidate = _first_number(match)
            if candidate is not None and len(_DIGIT.findall(candidate.value)) >= fewest:
                found.append(candidate)
        elif match := _BEFORE_LABEL.search(folded, max(0, start - _BEFORE), start):
            found.append(_phone(match[1], *match.span(1), 0.9, "before_label"))
    return found


def _first_number(match: re.Match[str]) -> Candidate | None:
    """Take the first group alone where it is a whole number: "on 66554433 2 times"."""
    text, start = match[1], match.start(1)
    first = text.split(" ")[0]
    if len(_DIGIT.findall(first)) >= FEWEST:
        text = first
    if len(_DIGIT.findall(text)) > _MOST:
        return None
    if text.startswith("(") and ")" not in text:
        text, start = text[1:], start + 1
    return _phone(text, start, start + len(text), 0.96, "after_label")


def _phone(text: str, start: int, end: int, confidence: float, rule: str) -> Candidate:
    """Write a number as +digits if it has its country code, else as digits."""
    digits = "".join(_DIGIT.findall(_TRUNK.sub("", text)))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif "+" in text or _WITH_CODE.fullmatch(text):
        digits = f"+{digits}"
    return Candidate(EntityKind.phone, digits, start, end, confidence, rule)

"""Find card, bank account and national id numbers, however their digits are grouped; check_digits.py says which are.

They come before all else that a number may be: a card number in an order's place is worse than an order number asked
twice. Only where a label says "order number" and nothing but the check digit speaks for a card, the label wins; a
number that begins and is as long as a scheme's cards, or is grouped like one, is a card behind any label.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from callcenter.analysis.candidates import Candidate
from callcenter.analysis.check_digits import (
    IBAN_LENGTHS,
    LONGEST_CARD,
    SHORTEST_CARD,
    is_card,
    is_egyptian_id,
    is_emirati_id,
    is_iban,
    is_kuwaiti_id,
    is_of_a_scheme,
    is_saudi_id,
)
from callcenter.analysis.models import EntityKind
from callcenter.analysis.text import ASCII_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callcenter.analysis.reading import Reading

_RUN: Final = re.compile(r"(?<![\w.,/+@-])[0-9](?:[ .-]?[0-9])*+")
"""Digits, whether grouped or not; possessive, since a run is never given back."""
_GROUP: Final = re.compile("[0-9]+")
_SHORTEST: Final = 10
"""Digits of the shortest number looked for here, a Saudi's."""
_CARD_GROUPS: Final = re.compile("4(?:,4){2,3}(?:,[1-4])?|4,6,[45]|8,8|1(?:,1){11,18}")
"""Lengths of the groups that cards are printed and typed in; all ones: read out digit by digit."""
_MAX_GROUPS: Final = 256
"""Of one run so many are looked at; a table of numbers is nobody's card."""
_IBAN_START: Final = re.compile(r"(?<![^\W_])([A-Za-z]{2})[ -]?[0-9٠-٩۰-۹]{2}")
_IBAN_CHAR: Final = re.compile("[ \xa0-]{0,2}([A-Za-z0-9٠-٩۰-۹])")
_MOST_LABELS: Final = 16
_NEAR: Final = 8
"""Characters between "IMEI", "serial number" and theirs, which has Luhn's check digit as well."""

_SURE: Final = 0.985
_CARD: Final = 0.98
_LIKELY: Final = 0.96
_DATED: Final = 0.93
_CHECKED_ONLY: Final = 0.9
"""How surely a number is what it seems, beside 0.97 for a labelled order number, 0.95 for a phone by its shape."""


def numbers(reading: Reading) -> list[Candidate]:
    """Return the cards and national ids that seem to be in the message."""
    labelled = any(hit[2].label == EntityKind.national_id for hit in reading.hits.get("label", ()))
    serials = [end for _, end, cue, _ in reading.hits.get("label", ()) if cue.label == "serial"][:_MOST_LABELS]
    found: list[Candidate] = []
    for match in _RUN.finditer(reading.folded):
        if match.end() - match.start() >= _SHORTEST:
            found += [
                candidate
                for candidate in _in_run(reading.folded, match, labelled=labelled)
                if candidate.confidence != _CHECKED_ONLY
                or not any(0 <= candidate.start - end <= _NEAR for end in serials)
            ]
    return found


def _in_run(folded: str, run: re.Match[str], *, labelled: bool) -> Iterator[Candidate]:
    """Look at a run's groups from left to right, at the longest number that begins with each first."""
    groups = [match.span() for match in _GROUP.finditer(folded, *run.span())]
    if folded[run.end() : run.end() + 1].isalnum():
        groups.pop()
    first = 0
    while first < min(len(groups), _MAX_GROUPS):
        reach = _reach(groups, first)
        for last in range(reach, first, -1):
            cut = (first, last) != (0, len(groups))
            if (found := _read(folded, groups[first:last], labelled=labelled, cut=cut)) is not None:
                yield found
                first = last - 1
                break
        first += 1


def _reach(groups: list[tuple[int, int]], first: int) -> int:
    """Return the end of the groups from `first` on that together are no longer than the longest card."""
    digits, last = 0, first
    while last < len(groups) and digits + groups[last][1] - groups[last][0] <= LONGEST_CARD:
        digits += groups[last][1] - groups[last][0]
        last += 1
    return last


def _read(folded: str, groups: list[tuple[int, int]], *, labelled: bool, cut: bool) -> Candidate | None:
    """Read groups as one number; `cut`: the run has other groups before or after them.

    Three groups of a mistyped card's four pass by chance too often: only a whole card of a scheme is cut out of a run.
    """
    digits = "".join([folded[start:end] for start, end in groups])
    start, end = groups[0][0], groups[-1][1]
    if len(digits) < _SHORTEST:
        return None
    if (sure := _national(digits, labelled=labelled)) and (len(groups) == 1 or _are_few(groups)):
        return Candidate(EntityKind.national_id, digits, start, end, sure, "check_digit")
    if cut and not (len(digits) >= _WHOLE and is_of_a_scheme(digits)):
        return None
    if len(digits) >= SHORTEST_CARD and is_card(digits):
        grouped = len(groups) > 1 and _CARD_GROUPS.fullmatch(",".join([str(stop - begin) for begin, stop in groups]))
        if grouped or is_of_a_scheme(digits):
            if grouped or _are_few(groups):
                return Candidate(EntityKind.card, digits, start, end, _CARD, "check_digit")
        elif len(groups) == 1:
            return Candidate(EntityKind.card, digits, start, end, _CHECKED_ONLY, "check_digit")
    return None


_WHOLE: Final = 15
_FEW: Final = 4
_SMALLEST_GROUP: Final = 3


def _are_few(groups: list[tuple[int, int]]) -> bool:
    """Whether the groups may be one number: up to four, none but the last of one digit or two."""
    return len(groups) <= _FEW and all(end - start >= _SMALLEST_GROUP for start, end in groups[:-1])


def _national(digits: str, *, labelled: bool) -> float:
    """Return how surely `digits` are a national id; 0: not at all.

    Ten digits pass for a Saudi's by chance too often: they count in a message that speaks of an id.
    """
    if is_emirati_id(digits):
        return _SURE
    if is_egyptian_id(digits):
        return _SURE if labelled else _LIKELY
    if is_kuwaiti_id(digits):
        return _SURE if labelled else _DATED
    return _SURE if labelled and is_saudi_id(digits) else 0.0


def ibans(reading: Reading) -> Iterator[Candidate]:
    """Read IBANs in the customer's own letters: folding makes one of "AAA"."""
    text = reading.text
    for match in _IBAN_START.finditer(text):
        length = IBAN_LENGTHS.get(match[1].upper())
        if length is None:
            continue
        chars, end = [*match[1].upper(), *match[0][-2:]], match.end()
        while len(chars) < length and (char := _IBAN_CHAR.match(text, end)):
            chars.append(char[1].upper())
            end = char.end()
        value = "".join(chars).translate(ASCII_DIGITS)
        if not text[end : end + 1].isalnum() and is_iban(value):
            start = match.start()
            if reading.offsets is not None:
                start, end = bisect_left(reading.offsets, start), bisect_left(reading.offsets, end)
            yield Candidate(EntityKind.iban, value, start, end, 0.99, "check_digit")

"""Find the facts in a message: numbers of orders and tickets, cards, accounts and ids, phones, amounts, dates, names.

Numbers are told apart by their check digits and by what stands beside them: a label ("order number", "رقم الطلب"), a
currency, a unit of time, a month; the words for these come from the lexicons. This module reads addresses, order and
ticket numbers itself and asks its neighbours for the rest; which candidates stand, candidates.py settles. Whether a
fact fills a slot is for the conversation to say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from callcenter.analysis import identifiers, phones, quantities
from callcenter.analysis.candidates import Candidate, apart
from callcenter.analysis.models import EntityKind
from callcenter.analysis.names import names
from callcenter.analysis.text import holds_address

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Lexicons
    from callcenter.analysis.models import Entity
    from callcenter.analysis.reading import Hit, Reading

_DIGIT: Final = re.compile("[0-9]")
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"']+[^\s<>\"'.,!?;:)\]]")
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w+-][\w.+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}(?<!-)")
_TICKET: Final = re.compile(r"(?<![\w-])tkt[- ]?([0-9]{8})(?![\w-])")
_ORDER_SHAPE: Final = re.compile(r"(?<![\w-])#? ?((?:ord|order|inv|po|so|rma|ref)[-_ ]?#?[0-9]{3,12})(?![\w-])")
_ORDER_HEADS: Final = frozenset({"ord", "order", "inv", "po", "so", "rma", "ref"})
_DATE_PARTS: Final = 3
"""Groups of figures in a date's shortest form."""
_AFTER_LABEL: Final = re.compile(
    r"(?:[ \t]*(?:[:=#.\-–]|\b(?:is|was|are|it's|its|no|number|هو|هي|كان)\b))*+[ \t]*"  # possessive: no second thoughts
    r"([0-9]{4}(?: [0-9]{4}){2,4}(?! ?[0-9])"  # grouped as a card is
    r"|(?:[a-z]{1,6}[-_/]?)?[0-9][a-z0-9]{0,18}(?:[-_/][a-z0-9]{1,10}){0,3})(?![\w@])"
)
_ANSWER: Final = re.compile(r"\s*#?\s*((?:[a-z]{1,5}[-_]?)?[0-9]{4,12})\s*[.!]?\s*$")
_CORRECTED: Final = re.compile(r"\W{0,3}#?((?:[a-z]{1,5}[-_]?)?[0-9]{4,12})(?![\w-])")
_MIN_LOOSE_ID: Final = 4
"""After a loose label ("order 7474") an id has at least this many digits; "order 2 pizzas" has none."""
_LOOSE: Final = 1.0
"""A label cue of less weight is loose."""
_SIDE_BY_SIDE: Final = re.compile("[0-9]{2}")
_MANY: Final = re.compile(r"[0-9](?:\W{0,3}[0-9]){6}")
"""As many digits as the shortest phone number has, with nothing but signs between them."""
_FEWEST_DIGITS: Final = 3
"""Fewer digits in a whole message can't be an order number, nor the year of a date; counting them is cheap."""


def find(reading: Reading, lexicons: Lexicons) -> tuple[Entity, ...]:
    """Return the facts of the message in order of appearance."""
    folded, hits = reading.folded, reading.hits
    candidates: list[Candidate] = []
    if holds_address(folded):
        candidates += [_plain(EntityKind.url, match, 0.99) for match in _URL.finditer(folded)]
        candidates += [_plain(EntityKind.email, match, 0.99) for match in _EMAIL.finditer(folded)]
    figures = [token for token in reading.tokens if not token.isalpha() and _DIGIT.search(token)]
    digits = bool(figures)
    if digits:
        mixed = not all(map(str.isdigit, figures))
        candidates += _by_shape(reading, figures, mixed=mixed)
        candidates += _after_labels(folded, hits.get("label", ()))
        candidates += _bare(folded, hits.get("act", ()))
        if mixed:
            candidates += quantities.glued(reading, lexicons)
    if "unit" in hits or "fact" in hits:
        candidates += quantities.periods(reading)
    if "currency" in hits or (digits and "label" in hits):
        candidates += quantities.amounts(reading)
    if "label" in hits:
        candidates += names(reading, lexicons)
    return apart(reading, candidates) if candidates else ()


def _plain(kind: EntityKind, match: re.Match[str], confidence: float) -> Candidate:
    return Candidate(kind, match[0], match.start(), match.end(), confidence, "pattern")


def _by_shape(reading: Reading, figures: list[str], *, mixed: bool) -> list[Candidate]:
    """Find what its own shape gives away, and phone numbers by their labels.

    `figures` are the words with digits, `mixed` says whether any has letters as well. Every shape is sought only where
    there are figures enough for it.
    """
    folded = reading.folded
    if (digits := len(_DIGIT.findall("".join(figures)))) < _FEWEST_DIGITS:
        return []
    found = [
        Candidate(EntityKind.ticket_number, f"TKT-{match[1]}", match.start(), match.end(), 0.99, "pattern")
        for match in (_TICKET.finditer(folded) if "tkt" in folded else ())
    ]
    numbers = _SIDE_BY_SIDE.search(folded) is not None  # rather than Arabizi's digits among letters
    if numbers and len(figures) >= _DATE_PARTS:
        found += quantities.by_shape(folded)
    if numbers and mixed:
        found += identifiers.ibans(reading)
    if digits >= phones.FEWEST and _MANY.search(folded):
        found += phones.by_label(folded, reading.hits.get("label", ()))
        found += phones.by_shape(folded)
        found += identifiers.numbers(reading)
    if numbers and (mixed or not _ORDER_HEADS.isdisjoint(reading.tokens)):
        found += [
            Candidate(EntityKind.order_number, _identifier(match[1]), match.start(1), match.end(1), 0.9, "pattern")
            for match in _ORDER_SHAPE.finditer(folded)
        ]
    return found


def _after_labels(folded: str, labels: tuple[Hit, ...] | list[Hit]) -> list[Candidate]:
    """Read the id that follows a label on the same line; an empty form field stays empty."""
    found = []
    for _, end, cue, _ in labels:
        if cue.label not in _NUMBERED or not (match := _AFTER_LABEL.match(folded, end)):
            continue
        if cue.weight < _LOOSE and len(_DIGIT.findall(match[1])) < _MIN_LOOSE_ID and "#" not in match[0]:
            continue
        kind = EntityKind(cue.label)
        section = cue.rule.rpartition(".")[2]
        rule = f"after_label.{section}" if section in _TOLD_APART else "after_label"
        found.append(Candidate(kind, _identifier(match[1]), match.start(1), match.end(1), 0.97, rule))
    return found


_TOLD_APART: Final = frozenset({"invoice"})
"""Sections of labels whose numbers do as order numbers but are something else."""
_NUMBERED: Final = frozenset({EntityKind.order_number.value, EntityKind.ticket_number.value})


def _bare(folded: str, acts: tuple[Hit, ...] | list[Hit]) -> list[Candidate]:
    """Take a number that is the whole message, or that a correction puts in another's place, for an order number."""
    if match := _ANSWER.match(folded):
        return [
            Candidate(EntityKind.order_number, _identifier(match[1]), match.start(1), match.end(1), 0.6, "answer_shape")
        ]
    return [
        Candidate(EntityKind.order_number, _identifier(match[1]), match.start(1), match.end(1), 0.6, "after_correction")
        for _, end, cue, _ in acts
        if cue.label == "correction" and (match := _CORRECTED.match(folded, end))
    ]


def _identifier(text: str) -> str:
    return text.upper().replace(" ", "")

"""Find the facts in a message: order and ticket numbers, phones, e-mails, amounts, dates, durations, names, addresses.

Numbers are told apart by what stands beside them: a label ("order number", "رقم الطلب"), a currency, a unit of
time, a month; the words for these come from the lexicons. Candidates are tried in the order of how surely they are
what they seem, and no two share a character. Whether a fact fills a slot is for the conversation to say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from callcenter.analysis.models import Entity, EntityKind, stated

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Lexicons
    from callcenter.analysis.reading import Hit, Reading


class _Candidate(NamedTuple):
    kind: EntityKind
    value: str
    """Empty: as the customer wrote it, digits folded."""
    start: int
    end: int
    confidence: float
    rule: str


_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_DIGIT: Final = re.compile("[0-9]")
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"']+[^\s<>\"'.,!?;:)\]]")
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w+-][\w.+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}(?<!-)")
_TICKET: Final = re.compile(r"(?<![\w-])tkt[- ]?([0-9]{8})(?![\w-])")
_PHONE: Final = re.compile(
    r"(?<![\w.,/-])(?:\+|00)[1-9](?:[ ().-]{0,2}[0-9]){7,13}(?![\w]|[.,/-][0-9])"  # international
    r"|(?<![\w.,/+-])0[1-9](?:[ -]?[0-9]){7,9}(?![\w]|[.,/-][0-9])"  # regional: 05xxxxxxxx, 01xxxxxxxxx, 07xxxxxxxx
)
_DATE: Final = re.compile(
    r"(?<![\w/.-])(?:(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([-/.])(?:0?[1-9]|1[0-2])\2(?:(?:19|20)[0-9]{2}|[0-9]{2}))(?![\w/]|[.-][0-9])"
)
_NUMBER_BEFORE: Final = re.compile(
    r"(?<![\w.,/-])((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:[.,][0-9]{1,3})?) ?(?:k |الف )?$"
)
_NUMBER_AFTER: Final = re.compile(r" ?((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:[.][0-9]{1,3})?)(?![\w/-]|[.,][0-9])")
_ORDER_SHAPE: Final = re.compile(r"(?<![\w-])#? ?((?:ord|order|inv|po|so|rma|ref)[-_ ]?#?[0-9]{3,12})(?![\w-])")
_AFTER_LABEL: Final = re.compile(
    r"(?:[ \t]*(?:[:=#.\-–]|\b(?:is|was|are|it's|its|no|number|هو|هي|كان)\b))*+[ \t]*"  # possessive: no second thoughts
    r"((?:[a-z]{1,6}[-_/]?)?[0-9][a-z0-9]{0,14}(?:[-_/][a-z0-9]{1,10}){0,3})(?![\w@])"
)
_ANSWER: Final = re.compile(r"\s*#?\s*((?:[a-z]{1,5}[-_]?)?[0-9]{4,12})\s*[.!]?\s*$")
_CORRECTED: Final = re.compile(r"\W{0,3}#?((?:[a-z]{1,5}[-_]?)?[0-9]{4,12})(?![\w-])")
_WORD: Final = re.compile(r"[ \t]*[:,]?[ \t]*([^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*)")
_DAY_MONTH: Final = re.compile(r"(?<![\w/.-])([0-3]?[0-9])(?:st|nd|rd|th)?(?: of)? ?$")
_MONTH_DAY: Final = re.compile(r" ?([0-3]?[0-9])(?:st|nd|rd|th)?(?![\w/-])")
_YEAR: Final = re.compile(r",? ?(?:19|20)[0-9]{2}(?!\w)")
_CONTEXT: Final = 24
"""Characters before a unit or currency in which its number must stand; keeps the search linear."""
_NAME_WORDS: Final = 3
_MIN_LOOSE_ID: Final = 4
"""After a loose label ("order 7474") an id has at least this many digits; "order 2 pizzas" has none."""
_LOOSE: Final = 1.0
"""A label cue of less weight is loose."""
_FEWEST_DIGITS: Final = 3
_FEWEST_PHONE_DIGITS: Final = 8
"""Fewer digits in a whole message can't be an order number, or a phone number; counting them is cheap."""
_KINDS: Final = {kind.value: kind for kind in EntityKind}
_MAX_ENTITIES: Final = 32
"""A customer's message has a handful; a pasted table of thousands is not read cell by cell."""


def find(reading: Reading, lexicons: Lexicons) -> tuple[Entity, ...]:
    """Return the facts of the message in order of appearance."""
    folded, hits = reading.folded, reading.hits
    candidates: list[_Candidate] = []
    if "@" in folded or "://" in folded or "www." in folded:
        candidates += [_plain(EntityKind.url, match, 0.99) for match in _URL.finditer(folded)]
        candidates += [_plain(EntityKind.email, match, 0.99) for match in _EMAIL.finditer(folded)]
    if _DIGIT.search(folded):
        candidates += _by_shape(folded)
        candidates += _after_labels(folded, hits.get("label", ()))
        candidates += _beside_words(folded, hits)
        candidates += _bare(folded, hits.get("act", ()))
    for start, end, cue, _ in hits.get("fact", ()):
        candidates.append(_Candidate(_KINDS[cue.label], "", start, end, 0.9, "word"))
    for _, end, cue, _ in hits.get("label", ()):
        if cue.label == EntityKind.name and (name := _name(reading, end, lexicons)):
            candidates.append(name)
    return _apart(reading, candidates) if candidates else ()


def _plain(kind: EntityKind, match: re.Match[str], confidence: float) -> _Candidate:
    return _Candidate(kind, match[0], match.start(), match.end(), confidence, "pattern")


def _by_shape(folded: str) -> list[_Candidate]:
    """Find what its own shape gives away."""
    if len(digits_in := _DIGIT.findall(folded)) < _FEWEST_DIGITS:
        return []
    found = [
        _Candidate(EntityKind.ticket_number, f"TKT-{match[1]}", match.start(), match.end(), 0.99, "pattern")
        for match in (_TICKET.finditer(folded) if "tkt" in folded else ())
    ]
    found += [_plain(EntityKind.date, match, 0.95) for match in _DATE.finditer(folded)]
    for match in _PHONE.finditer(folded) if len(digits_in) >= _FEWEST_PHONE_DIGITS else ():
        digits = "".join(_DIGIT.findall(match[0]))
        value = f"+{digits.removeprefix('00')}" if match[0][0] == "+" or digits.startswith("00") else digits
        found.append(_Candidate(EntityKind.phone, value, match.start(), match.end(), 0.95, "pattern"))
    found += [
        _Candidate(EntityKind.order_number, _identifier(match[1]), match.start(1), match.end(1), 0.9, "pattern")
        for match in _ORDER_SHAPE.finditer(folded)
    ]
    return found


def _after_labels(folded: str, labels: tuple[Hit, ...] | list[Hit]) -> list[_Candidate]:
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
        found.append(_Candidate(kind, _identifier(match[1]), match.start(1), match.end(1), 0.97, rule))
    return found


_TOLD_APART: Final = frozenset({"invoice"})
"""Sections of labels whose numbers do as order numbers but are something else."""
_NUMBERED: Final = frozenset({EntityKind.order_number.value, EntityKind.ticket_number.value})


def _beside_words(folded: str, hits: dict[str, list[Hit]]) -> list[_Candidate]:
    """Find amounts, durations and dates: a number beside the word for a currency, a unit of time or a month."""
    found = []
    for start, end, cue, _ in hits.get("currency", ()):
        if (number := _number(folded, start, end)) is not None:
            first, last, digits = number
            found.append(
                _Candidate(EntityKind.amount, f"{_decimal(digits)} {cue.label}", first, last, 0.95, "with_currency")
            )
    for start, end, cue, _ in hits.get("unit", ()):
        if cue.label == "month":
            found += _month_date(folded, start, end)
        elif before := _NUMBER_BEFORE.search(folded, max(0, start - _CONTEXT), start):
            found.append(_Candidate(EntityKind.duration, "", before.start(1), end, 0.9, "with_unit"))
    return found


def _number(folded: str, start: int, end: int) -> tuple[int, int, str] | None:
    before = _NUMBER_BEFORE.search(folded, max(0, start - _CONTEXT), start)
    if before:
        return before.start(1), end, before[1]
    after = _NUMBER_AFTER.match(folded, end)
    if after:
        return start, after.end(1), after[1]
    return None


def _month_date(folded: str, start: int, end: int) -> list[_Candidate]:
    before = _DAY_MONTH.search(folded, max(0, start - _CONTEXT), start)
    after = None if before else _MONTH_DAY.match(folded, end)
    if not before and not after:
        return []
    start = before.start(1) if before else start
    end = after.end(1) if after else end
    if year := _YEAR.match(folded, end):
        end = year.end()
    return [_Candidate(EntityKind.date, "", start, end, 0.9, "with_month")]


def _bare(folded: str, acts: tuple[Hit, ...] | list[Hit]) -> list[_Candidate]:
    """Take a number that is the whole message, or that a correction puts in another's place, for an order number."""
    if match := _ANSWER.match(folded):
        return [
            _Candidate(
                EntityKind.order_number, _identifier(match[1]), match.start(1), match.end(1), 0.6, "answer_shape"
            )
        ]
    return [
        _Candidate(
            EntityKind.order_number, _identifier(match[1]), match.start(1), match.end(1), 0.6, "after_correction"
        )
        for _, end, cue, _ in acts
        if cue.label == "correction" and (match := _CORRECTED.match(folded, end))
    ]


def _name(reading: Reading, after: int, lexicons: Lexicons) -> _Candidate | None:
    """Read up to three words after "my name is", stopping at a word that is no name."""
    folded = reading.folded
    start, end = -1, after
    for _ in range(_NAME_WORDS):
        match = _WORD.match(folded, end)
        if not match or match[1] in lexicons.not_names or (start >= 0 and match[1].lstrip("و") in lexicons.not_names):
            break
        if start < 0:
            start = match.start(1)
        elif "," in match[0] or ":" in match[0]:
            break
        end = match.end(1)
    if start < 0:
        return None
    return _Candidate(EntityKind.name, "", start, end, 0.85, "after_label")


def _identifier(text: str) -> str:
    return text.upper()


def _decimal(digits: str) -> str:
    """Write "1,500.5" as "1500.50" and "1,5" as "1.50"; a comma before three digits groups thousands."""
    whole, point, rest = digits.rpartition(".") if "." in digits else digits.rpartition(",")
    if not point or (point == "," and len(rest) == len("000")):
        return digits.replace(",", "") + ".00"
    return f"{whole.replace(',', '')}.{rest:0<2}"


def _apart(reading: Reading, candidates: list[_Candidate]) -> tuple[Entity, ...]:
    """Keep the surest of those that share a character, in order of place, cited as the customer wrote them."""
    taken: list[_Candidate] = []
    end = -1
    for candidate in sorted(candidates, key=_place):
        if candidate.start >= end:
            taken.append(candidate)
            end = candidate.end
        elif candidate.confidence > taken[-1].confidence:
            taken[-1] = candidate
            end = candidate.end
    entities = []
    for kind, value, first, last, confidence, rule in taken[:_MAX_ENTITIES]:
        start, stop = first, last
        if reading.offsets is not None:
            start, stop = reading.offsets[first], max(reading.offsets[last], reading.offsets[last - 1] + 1)
        text = reading.text[start:stop]
        entities.append(
            stated(
                Entity,
                {
                    "kind": kind,
                    "value": value or text.translate(_DIGITS),
                    "text": text,
                    "start": start,
                    "end": stop,
                    "confidence": confidence,
                    "rule": rule,
                },
            )
        )
    return tuple(entities)


def _place(candidate: _Candidate) -> tuple[int, float]:
    return candidate.start, -candidate.confidence

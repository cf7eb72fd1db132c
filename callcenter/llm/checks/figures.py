"""Find prices, percentages, contacts, links and ticket numbers in a text, each in one form however it is written.

The same reader goes over the facts and over the reply, so that what is compared was read alike.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from callcenter.analysis.numbers import FIGURES, decimal, number_after, number_before
from callcenter.analysis.text import normalise
from callcenter.calls import Value
from callcenter.company.money import CURRENCIES

FILE: Final = Path(__file__).with_name("figures.toml")

Words = Annotated[tuple[str, ...], Field(min_length=1)]


class _Money(Value):
    signs: Words
    words: Words
    ambiguous: Words


class _Named(Value):
    words: Words


class _Price(Value):
    words: Words
    worded: Words
    between: Words
    units: Words


class _Phone(Value):
    words: Words
    ours: Words


class _Ticket(Value):
    words: Words
    links: Words


class _Link(Value):
    ends: Words


class FigureWords(Value):
    """What figures.toml holds."""

    money: _Money
    percent: _Named
    price: _Price
    phone: _Phone
    ticket: _Ticket
    link: _Link


@dataclass(slots=True)
class Figures:
    """What a text names in figures."""

    prices: set[Decimal] = field(default_factory=set)
    percents: set[Decimal] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    """Digits of what is or may be a phone number, without what leads into a country or a city (+, 00, 0)."""
    contacts: set[str] = field(default_factory=set)
    """E-mail addresses and accounts (@name)."""
    links: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    """Their digits without leading zeros."""

    def add(self, other: Figures) -> None:
        """Take in what another text names."""
        self.prices |= other.prices
        self.percents |= other.percents
        self.numbers |= other.numbers
        self.contacts |= other.contacts
        self.links |= other.links
        self.tickets |= other.tickets


_EMAIL: Final = re.compile(r"[\w.+%-]*\w@\w[\w-]*(?:\.[\w-]+)+")
_ACCOUNT: Final = re.compile(r"(?<![\w@])@\w[\w.]+")
_DATE: Final = re.compile(
    r"(?<![\d-])(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})(?:t\d\d:\d\d\S*)?(?![\d-])"
)
_NUMBER: Final = re.compile(r"(?<![\w.,])(\+ ?)?\(?\d(?:[ .()\u2010-\u2015-]{0,2}\d){2,}(?![\d%])")
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d{1,2}(?!\d)")
_TICKET: Final = re.compile(r"\btkt[- #:]*(\d+)")
_TRAIL: Final = ".,;:!?)]}>»\"'…،؛؟”’*_"
_PHONE_DIGITS: Final = 7
_SURE_DIGITS: Final = 9
"""So many digits in a row are somebody's number even where nothing beside them says so."""
_LEAST_WORDED: Final = 20
"""Smaller numbers in words count pages and people rather than money: "the price for two"."""
_NEAR: Final = 24
_SHORTEST_NAME: Final = 4
"""Shorter names of currencies are other words as well: "بات" (baht) also says "became"."""
_RANGE_BEFORE: Final = re.compile(rf"(?<![\w.,/])({FIGURES}) ?(?:-|–|—|to|الي|ل|حتي|and|و|او|or) ?$")
_RANGE_AFTER: Final = re.compile(rf" ?(?:-|–|—|to|الي|حتي|and|و|او|or) ?({FIGURES})(?![\d%])")
_AFTER: Final = re.compile(rf" ?({FIGURES})(?![\d%])(?: ?(k|thousand|الف|الاف|million|مليون)\b)?")
_SCALES: Final = {"k": 1000, "thousand": 1000, "الف": 1000, "الاف": 1000, "million": 10**6, "مليون": 10**6}
_BLANKED: Final = re.compile(r"\S")


NOTHING: Final = Figures()
"""What most lines name; one object, so that they are passed over quickly."""


class FigureReader:
    """Reads figures by the words of figures.toml."""

    def __init__(self, words: FigureWords) -> None:
        named = {normalise(each.written.ar.format("").split()[0]).text for each in CURRENCIES.values()}
        self.money = frozenset({*words.money.words, *(name for name in named if len(name) >= _SHORTEST_NAME)})
        signs = [normalise(sign).text for sign in words.money.signs]
        any_word = [rf"(?<![^\W\d_])[وبل]?(?:{_any(self.money)})(?![^\W_])", _any(signs)]
        self._currency = re.compile("|".join(any_word))
        self._code = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(CURRENCIES)})(?![^\W\d_])")
        self._ambiguous = frozenset(words.money.ambiguous)
        self._percent = re.compile(rf"(?:{_any(words.percent.words)})(?![^\W\d_])")
        between = rf"(?:(?:{_any(words.price.between)})\s+|[:=~]\s*)"
        self._price = re.compile(
            rf"(?<!\w)[وفبل]?(?:{_any(words.price.words)})(?!\w)\W{{1,3}}(?:{between}){{0,4}}ب?({FIGURES})(?![\d%:/-]|[.,]\d)"
            rf"(?!\s*(?:{_any(words.price.units)})(?!\w))"
        )
        self._worded = re.compile(rf"(?<!\w)[وفبل]?(?:{_any(words.price.worded)})(?!\w)\W{{1,3}}(?:{between}){{0,4}}ب?")
        self._unit = re.compile(rf"\s*(?:{_any((*words.price.units, *words.percent.words))})(?!\w)")
        self._ours = re.compile(rf"(?<!\w)[وفبل]?(?:{_any(words.phone.ours)})(?!\w)")
        self._phone = re.compile(rf"(?<!\w)[وفبل]?(?:{_any(words.phone.words)})(?!\w)")
        self._short = re.compile(
            rf"(?<!\w)(?:{_any(words.phone.words)})\W{{1,3}}(?:(?:us|on|at|is|number|بنا|علي|رقم|الرقم)\W{{1,3}}){{0,3}}"
            r"(\d{3,6})(?![\d:,]|[.-]\d)"
        )
        self._ticket = re.compile(
            rf"(?<!\w)[وفبل]?(?:{_any(words.ticket.words)})(?:\W{{1,3}}(?:{_any(words.ticket.links)})(?!\w)|\W{{0,2}}#)+\W{{0,3}}(\d{{2,}})"
        )
        self._link = re.compile(
            r"https?://\S+|(?<![\w@.])www\.\S+"
            rf"|(?<![\w@.-])(?:[a-z0-9][a-z0-9-]*\.)+(?:{_any(words.link.ends)})(?![\w-]|\.\w)(?:/\S*)?"
        )
        self.read = lru_cache(4096)(self._read)

    def is_ours(self, text: str) -> bool:
        """Whether what `text` names to reach somebody at is said to be the company's."""
        return self._ours.search(normalise(text).text) is not None

    def is_high(self, word: str) -> bool:
        """Whether a folded word is a number that may be a price."""
        number = number_after(word.removeprefix("ب"), 0)
        return number is not None and number[1] >= _LEAST_WORDED

    def _read(self, text: str) -> Figures:
        """Return what `text` names; the result is remembered, so it must not be changed."""
        figures = Figures()
        normalised = normalise(text)
        folded = normalised.text

        def take(pattern: re.Pattern[str], folded: str) -> tuple[list[re.Match[str]], str]:
            found = list(pattern.finditer(folded))
            for match in found:
                start, end = match.span()
                folded = folded[:start] + _BLANKED.sub("\0", folded[start:end]) + folded[end:]
            return found, folded

        found, folded = take(_EMAIL, folded)
        figures.contacts.update(match[0] for match in found)
        found, folded = take(self._link, folded)
        figures.links.update(_plain_link(match[0]) for match in found)
        found, folded = take(_ACCOUNT, folded)
        figures.contacts.update(match[0].rstrip(_TRAIL) for match in found)
        found, folded = take(_TICKET, folded)
        figures.tickets.update(_significant(match[1]) for match in found)
        figures.tickets.update(_significant(match[1]) for match in self._ticket.finditer(folded))
        _, folded = take(_DATE, folded)
        if any(char.isdigit() for char in folded) or self._currency.search(folded) or self._worded.search(folded):
            codes = [
                at
                for match in self._code.finditer(text)
                if (at := _folded_place(normalised.offsets, match.start())) is not None
            ]
            self._read_money(figures, folded, codes)
            self._read_worded(figures, folded)
            self._read_percents(figures, folded)
            self._read_numbers(figures, folded)
        return NOTHING if figures == NOTHING else figures

    def _read_money(self, figures: Figures, folded: str, codes: list[int]) -> None:
        marks = [match.span() for match in self._currency.finditer(folded)]
        marks += [(place, place + 3) for place in codes]
        for start, end in marks:
            before = number_before(folded, start)
            after = None
            if folded[start:end].upper() not in self._ambiguous and (before is None or folded[start].isascii()):
                after = _AFTER.match(folded, end)
            if after is not None and (before is None or folded[start - 1 : start] == " "):
                value = decimal(after[1]) * _SCALES.get(after[2] or "", 1)
                figures.prices.add(value)
                if more := _RANGE_AFTER.match(folded, after.end()):
                    figures.prices.add(decimal(more[1]))
                before = None
            if before is not None:
                figures.prices.add(before.value)
                if less := _RANGE_BEFORE.search(folded, max(0, before.start - _NEAR), before.start):
                    figures.prices.add(decimal(less[1]))
        for match in self._price.finditer(folded):
            figures.prices.add(decimal(match[1]))
            if more := _RANGE_AFTER.match(folded, match.end(1)):
                figures.prices.add(decimal(more[1]))

    def _read_worded(self, figures: Figures, folded: str) -> None:
        for match in self._worded.finditer(folded):
            number = number_after(folded, match.end())
            if number and number[1] >= _LEAST_WORDED and not self._unit.match(folded, number[0]):
                figures.prices.add(number[1])

    def _read_percents(self, figures: Figures, folded: str) -> None:
        for match in self._percent.finditer(folded):
            number = number_before(folded, match.start())
            if number is None:
                continue
            figures.percents.add(number.value)
            if less := _RANGE_BEFORE.search(folded, max(0, number.start - _NEAR), number.start):
                figures.percents.add(decimal(less[1]))

    def _read_numbers(self, figures: Figures, folded: str) -> None:
        labelled = self._phone.search(folded) is not None
        for match in _NUMBER.finditer(folded):
            if _GROUPED.fullmatch(match[0]):
                continue
            digits = "".join(filter(str.isdigit, match[0]))
            shaped = match[1] is not None or digits.startswith("0") or labelled
            if len(digits) >= _SURE_DIGITS or (shaped and len(digits) >= _PHONE_DIGITS):
                figures.numbers.add(_significant(digits))
        figures.numbers.update(match[1] for match in self._short.finditer(folded))


def same_number(number: str, known: Iterable[str]) -> bool:
    """Whether a phone number is one of `known`, with or without its country's code."""
    return any(
        number == each
        or (min(len(number), len(each)) >= _PHONE_DIGITS and (number.endswith(each) or each.endswith(number)))
        for each in known
    )


def same_link(link: str, known: Iterable[str]) -> bool:
    """Whether a link is one of `known`, or names no more than the host of one."""
    return any(link in (each, each.partition("/")[0]) for each in known)


def _plain_link(link: str) -> str:
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", link.rstrip(_TRAIL))
    return bare.rstrip("/")


def _significant(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _folded_place(offsets: Sequence[int] | None, place: int) -> int | None:
    if offsets is None:
        return place
    return offsets.index(place) if place in offsets else None


def _any(words: Iterable[str]) -> str:
    """Return a pattern for any of `words`, the longest first; `*` is any ending."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\*", r"\w*") for word in ordered)


def load_figure_words(file: Path = FILE) -> FigureWords:
    """Read figures.toml."""
    document: Mapping[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    return FigureWords.model_validate(document)

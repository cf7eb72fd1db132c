"""Look up what a company sells in its table `catalogue`, whatever its columns are, and estimate instalments for it.

What a message says is compared with what stands in the table, both folded as the analyzer folds words: of each column
whose values are named only these rows count, and of names those that have most of the words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from pydantic import JsonValue

from callcenter.actions import wording
from callcenter.actions.action import Caller, Plan
from callcenter.actions.arguments import CatalogueSearch, CreditEstimate, parsed
from callcenter.actions.credit import Schedule, schedule
from callcenter.actions.namesakes import Namesakes, quality_words
from callcenter.actions.records import Record, RecordStore
from callcenter.actions.wording import Part, in_both, incomplete, lines, listed, nothing_found, refused, say
from callcenter.analysis import PhraseIndex, normalise
from callcenter.analysis.numbers import FIGURES, decimal
from callcenter.calls import ActionArguments, ActionCode, ActionResult, Language, LocalizedText
from callcenter.company import Catalogue, Company, Credit
from callcenter.company.money import CURRENCIES
from callcenter.company.tables import CATALOGUE

_SHOWN: Final = 5
_ALIKE: Final = 2
"""What is offered where all that was found is gone."""
_ALIKE_PRICE: Final = Decimal("0.25")
"""What is alike costs at most so much more or less."""
_IN_DATA: Final = 20
_NUMBER: Final = re.compile(FIGURES)
_YES: Final = frozenset(
    {"yes", "true", "available", "in stock", "y", "متوفر", "متوفره", "نعم", "متاح", "متاحه", "موجود", "موجوده"}
)
_NO: Final = frozenset(
    {"no", "false", "unavailable", "out of stock", "sold", "sold out", "n", "reserved", "لا", "غير متوفر", "غير متوفره"}
    | {"نفد", "نفذ", "مباع", "مباعه", "غير متاح", "غير متاحه", "محجوز", "محجوزه"}
)
_BARE_ANSWERS: Final = frozenset({"yes", "no", "true", "false", "y", "n", "نعم", "لا"})
_BARE_FIGURE: Final = re.compile(r"[\d.,' ]*\d")
_NO_WORD: Final = re.compile(r"[^\w]")
_SHORTEST_PART: Final = 2
_SHORT_VALUE: Final = 3


class Item(NamedTuple):
    """A row of the catalogue as it is told of."""

    record: Record
    name: LocalizedText
    details: tuple[Part, ...]
    price: Decimal | None
    currency: str
    available: bool | None
    """None: the table does not say."""


class LookUpCatalogue:
    """Tells what there is, at which price."""

    def __init__(self, company: Company, catalogue: Catalogue) -> None:
        self._shelves = Shelves(company, catalogue)

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:  # noqa: ARG002 (the same for everybody, whenever)
        """At most five lines, and how many more there are."""
        asked = parsed(CatalogueSearch, arguments)
        found = [each for each in await self._shelves.find(asked.query or "", records) if _within(each, asked)]
        left = [each for each in found if each.available is not False]
        if asked.available and left:
            found = left
        if not found:
            return Plan(nothing_found("catalogue_nothing"))
        found.sort(key=lambda each: (each.available is False, each.price is None, each.price or 0, each.record.id))
        shown = [self._shelves.line(each) for each in found[:_SHOWN]]
        head = say("catalogue_found_one") if len(found) == 1 else say("catalogue_found", count=str(len(found)))
        alike: list[LocalizedText] = []
        if not left:
            head = say("catalogue_all_gone")
            shown = [self._shelves.line(each, availability=False) for each in found[:_SHOWN]]
            others = [each for each in await self._shelves.alike(found[0], records) if _within(each, asked)][:_ALIKE]
            alike = [say("catalogue_alike"), *map(self._shelves.line, others)] if others else []
        more = [say("catalogue_more", count=str(len(found) - _SHOWN))] if len(found) > _SHOWN else []
        data: dict[str, JsonValue] = {"count": len(found), "items": [_data(each) for each in found[:_IN_DATA]]}
        return Plan(ActionResult(code=ActionCode.done, text=lines(head, *shown, *more, *alike), data=data))


class EstimateCredit:
    """Tells what something costs a month."""

    def __init__(self, company: Company) -> None:
        self._currency = company.currency
        self._credit = company.credit or Credit()
        self._shelves = Shelves(company, company.catalogue) if company.catalogue else None

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:  # noqa: ARG002 (likewise)
        """Take the price that was said, else that of the one item which is spoken of."""
        asked = parsed(CreditEstimate, arguments)
        item = None if asked.price is not None else await self._item(asked, records)
        currency = item.currency if item else self._currency
        known = CURRENCIES[currency]
        unit = Decimal(1).scaleb(-known.decimals)
        price = ((item.price if item else asked.price) or Decimal(0)).quantize(unit)
        if not price:
            return Plan(incomplete("price", say("ask_price")))
        if asked.months is None:
            return Plan(incomplete("months", say("ask_months")))
        down = (asked.down_payment or Decimal(0)).quantize(unit)
        amount = price - down
        if amount <= 0:
            return Plan(refused("credit_down_too_large"))
        rate = self._credit.annual_rate if asked.annual_rate is None else asked.annual_rate
        reckoned = schedule(amount, rate, asked.months, decimals=known.decimals)
        parts = [say("credit_item", item=item.name, price=wording.money(price, currency))] if item else []
        if down:
            parts.append(say("credit_down", down=wording.money(down, currency)))
        parts.append(
            say(
                "credit",
                amount=wording.money(amount, currency),
                months=str(asked.months),
                rate=_plain(rate),
                instalment=wording.money(reckoned.instalment, currency),
                interest=wording.money(reckoned.interest, currency),
                total=wording.money(reckoned.total, currency),
            )
        )
        text = in_both(lambda language: " ".join(each[language] for each in parts))
        data = _credit_data(reckoned, price, down, rate, currency)
        return Plan(ActionResult(code=ActionCode.done, text=text, data=data))

    async def _item(self, asked: CreditEstimate, records: RecordStore) -> Item | None:
        """Return what is spoken of, where it is one thing, or several at one price."""
        if self._shelves is None:
            return None
        if asked.item is not None and (known := await records.record(CATALOGUE, asked.item)) is not None:
            return self._shelves.item(known)
        found = await self._shelves.find(asked.query, records, named_only=True) if asked.query else []
        priced = [each for each in found if each.price]
        return priced[0] if len({(each.price, each.currency) for each in priced}) == 1 else None


class Shelves:
    """A company's catalogue, as its columns are meant. What was folded of it is kept until a record changes."""

    def __init__(self, company: Company, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._currency = company.currency
        self._names = {column for columns in catalogue.name.values() for column in columns}
        self._known: tuple[int, _Folded] | None = None

    async def find(self, query: str, records: RecordStore, *, named_only: bool = False) -> list[Item]:
        """Return the rows that a query speaks of; all of them where it names nothing, unless `named_only`."""
        folded = self._folded(await records.records(CATALOGUE))
        named = self._named(query, folded)
        if named_only and not any(column in self._names for column in named):
            return []
        wanted = named.items()
        return [
            item
            for item, values in zip(folded.items, folded.rows, strict=True)
            if all(values[column] in those for column, those in wanted)
        ]

    async def alike(self, item: Item, records: RecordStore) -> list[Item]:
        """Return what can be had at about the price of an item that can't, what shares most with it first."""
        folded = self._folded(await records.records(CATALOGUE))
        price = item.price
        if price is None:
            return []
        own = next(values for each, values in zip(folded.items, folded.rows, strict=True) if each is item)
        ranked = [
            (-sum(value == own[column] for column, value in values.items()), abs(each.price - price), place)
            for place, (each, values) in enumerate(zip(folded.items, folded.rows, strict=True))
            if each.available and each.price is not None and each.currency == item.currency
            if abs(each.price - price) <= price * _ALIKE_PRICE
        ]
        return [folded.items[place] for _, _, place in sorted(ranked)]

    def line(self, item: Item, *, availability: bool = True) -> LocalizedText:
        """Say what a thing is, what it costs and whether it can be had, in one line."""
        parts: list[Part] = [item.name, *item.details]
        parts.append(say("catalogue_no_price") if item.price is None else wording.money(item.price, item.currency))
        if availability and item.available is not None:
            parts.append(say("catalogue_available" if item.available else "catalogue_unavailable"))
        return say("catalogue_line", what=listed(parts))

    def _folded(self, rows: Sequence[Record]) -> _Folded:
        """Return the table made ready for comparing; ten thousand rows take most of a second, so only once."""
        state = hash(tuple((each.id, each.version, each.updated_at) for each in rows))
        if self._known is None or self._known[0] != state:
            searched = self._catalogue.searched
            folded = [{column: _fold(row.fields.get(column, "")) for column in searched} for row in rows]
            values = {column: frozenset(each[column] for each in folded) - {""} for column in searched}
            phrases = [(value, (column, value)) for column, those in values.items() for value in those]
            phrases += [
                (word, told) for value, told in phrases if told[0] not in self._names for word in _qualities(value)
            ]
            words = {word for those in values.values() for value in those for word in (value, *value.split())}
            names = {word for column in self._names for value in values.get(column, ()) for word in value.split()}
            namesakes = Namesakes(sorted(words), sorted(names), self._catalogue.aliases)
            items = [self.item(row) for row in rows]
            self._known = state, _Folded(items, folded, values, PhraseIndex(phrases), namesakes)
        return self._known[1]

    def _named(self, query: str, folded: _Folded) -> dict[str, frozenset[str]]:
        """Return, by column, the values that a query names: whole ones, else of names those with most of its words."""
        meant = folded.namesakes.rewritten(query)
        hits = {found.payload for text in (query, meant) for found in folded.phrases.find(text) if not found.negated}
        typed = frozenset(_fold(_NO_WORD.sub(" ", f"{query} {meant}")).split())
        words = typed.union(*(_bare(word) for word in typed))
        named: dict[str, frozenset[str]] = {}
        for column, values in folded.values.items():
            if exact := frozenset(value for each, value in hits if each == column):
                inner = frozenset(value for value in exact if _inside(value, exact))
                named[column] = exact - inner if column in self._names else exact
            elif column in self._names:
                scored = {value: _shared(value, words) for value in values}
                if best := max(scored.values(), default=0):
                    named[column] = frozenset(value for value, score in scored.items() if score == best)
        return named

    def item(self, row: Record) -> Item:
        """Return a row as it is told of."""
        fields, catalogue = row.fields, self._catalogue
        told = fields.get(catalogue.currency, "").strip().upper() if catalogue.currency else ""

        def name(language: Language) -> str:
            return " ".join(filter(None, (fields.get(each) for each in catalogue.name[language]))) or row.id

        return Item(
            record=row,
            name=in_both(name),
            details=tuple(_detail(each, value) for each in catalogue.shown if (value := fields.get(each, "").strip())),
            price=_price(fields.get(catalogue.price, "")) if catalogue.price else None,
            currency=told if told in CURRENCIES else self._currency,
            available=_available(fields.get(catalogue.availability, "")) if catalogue.availability else None,
        )


class _Folded(NamedTuple):
    """A table as it is compared."""

    items: list[Item]
    rows: list[dict[str, str]]
    """Of each item the values of the columns that are searched, folded."""
    values: dict[str, frozenset[str]]
    phrases: PhraseIndex[tuple[str, str]]
    namesakes: Namesakes


def _detail(column: str, value: str) -> Part:
    """Say a word as it is; a figure, a yes or a no tells nothing without the header of its column."""
    folded = _fold(value)
    if folded not in _BARE_ANSWERS and not _BARE_FIGURE.fullmatch(folded):
        return value
    return say("catalogue_detail", what=" ".join(column.replace("_", " ").split()), value=value)


def _within(item: Item, asked: CatalogueSearch) -> bool:
    """Whether an item's price is within the bounds; without a price it is within none."""
    if asked.min_price is None and asked.max_price is None:
        return True
    if item.price is None:
        return False
    return (asked.min_price or Decimal(0)) <= item.price and (asked.max_price is None or item.price <= asked.max_price)


def _qualities(value: str) -> frozenset[str]:
    """Return the words of a short value that speak for it alone: "pearl white" is white."""
    words = value.split()
    return quality_words().intersection(words) if 1 < len(words) <= _SHORT_VALUE else frozenset()


def _inside(value: str, others: frozenset[str]) -> bool:
    return any(value != other and f" {value} " in f" {other} " for other in others)


def _bare(word: str) -> set[str]:
    """Return an Arabic word without what may be glued to it: "للكامري" (for the Camry)."""
    return {word.removeprefix(each) for each in ("ال", "لل", "بال", "وال", "ل", "ب", "و")}


def _shared(value: str, words: frozenset[str]) -> int:
    """Return how many telling words of a name are among `words`; figures alone tell no name."""
    parts = {part for part in value.split() if len(part) > _SHORTEST_PART or not part.isalpha()}
    found = parts & words
    return 0 if all(part.isdigit() for part in found) else len(found)


def _price(cell: str) -> Decimal | None:
    """Read "85,000", "٨٥٠٠٠ ريال", "85000.50"."""
    match = _NUMBER.search(normalise(cell).text)
    return decimal(match[0]) if match else None


def _available(cell: str) -> bool | None:
    folded = _fold(cell)
    if folded in _YES or folded in _NO:
        return folded in _YES
    match = _NUMBER.search(folded)
    return decimal(match[0]) > 0 if match else None


def _fold(text: str) -> str:
    return " ".join(normalise(text.replace("-", " ")).text.split())


def _plain(figure: Decimal) -> str:
    """Write a rate without zeros that say nothing: 10, 7.5."""
    return f"{figure.normalize():f}"


def _data(item: Item) -> dict[str, JsonValue]:
    return {
        "id": item.record.id,
        "name_ar": item.name.ar,
        "name_en": item.name.en,
        "price": None if item.price is None else str(item.price),
        "currency": item.currency,
        "available": item.available,
        "fields": dict(item.record.fields),
    }


def _credit_data(
    reckoned: Schedule, price: Decimal, down: Decimal, rate: Decimal, currency: str
) -> dict[str, JsonValue]:
    """Return a plan of instalments for programs: amounts as texts, since binary fractions hold no cents."""
    months: list[JsonValue] = [
        {
            "month": number,
            "payment": str(each.payment),
            "interest": str(each.interest),
            "principal": str(each.principal),
            "owed": str(each.owed),
        }
        for number, each in enumerate(reckoned.months, start=1)
    ]
    return {
        "price": str(price),
        "down_payment": str(down),
        "annual_rate": str(rate),
        "currency": currency,
        "instalment": str(reckoned.instalment),
        "interest": str(reckoned.interest),
        "total": str(reckoned.total),
        "schedule": months,
    }

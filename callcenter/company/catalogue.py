"""Read what a company's catalogue is made of: which column is the name, the price, what is in stock, and which words.

Any CSV will do: columns are known by their headers (columns.toml has them in both languages), and what no header tells
`tables/catalogue.toml` does. The rows themselves are the store's; from the file come the words customers may use.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from callcenter.analysis.text import normalise
from callcenter.calls import Language, Value
from callcenter.company.tables import TableFile

_MAX_WORDS: Final = 4_000
_LONGEST_WORD: Final = 60
"""A longer cell is a description, not a word one asks by."""
_SHORTEST_WORD: Final = 2
_COLUMNS: Final = Path(__file__).with_name("columns.toml")
_SUFFIXES: Final = {
    language: tuple(f" {each}" for each in endings)
    for language, endings in {
        Language.ar: ("ar", "arabic", "عربي", "بالعربيه", "العربيه"),
        Language.en: ("en", "english", "انجليزي", "بالانجليزيه", "الانجليزيه"),
    }.items()
}
"""How a header ends whose column holds one language only, folded."""
_CALLED_BY: Final = ("brand", "model", "year")

Columns = Annotated[tuple[str, ...], Field(min_length=1)]


class CatalogueFile(TableFile):
    """What `tables/catalogue.toml` may say; all of it is optional."""

    name: dict[Language, Columns] | Columns | None = None
    """The columns that together say what a thing is called, by language where they differ."""
    price: str | None = None
    availability: str | None = None
    currency: str | None = None
    hidden: tuple[str, ...] = ()
    """Columns that customers neither see nor search by."""
    called: tuple[str, ...] = ()
    """What the things are: "car", "سيارة", "flat", "شقة"."""
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What customers call what the table calls otherwise: `"توسان" = ["Tucson"]`."""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Every column it names, with the field that does."""
        names = self.name or ()
        named = [each for group in names.values() for each in group] if isinstance(names, dict) else list(names)
        single = (
            ("key", self.key),
            ("price", self.price),
            ("availability", self.availability),
            ("currency", self.currency),
        )
        return (
            *(("name", each) for each in named),
            *((field, column) for field, column in single if column is not None),
            *(("hidden", each) for each in self.hidden),
        )


class Catalogue(Value):
    """Which columns of the table `catalogue` mean what."""

    name: dict[Language, tuple[str, ...]]
    """The columns that together say what a thing is called."""
    price: str | None
    availability: str | None
    currency: str | None
    """None: prices are in the company's currency."""
    searched: tuple[str, ...]
    """The columns whose values customers name, the names' among them."""
    shown: tuple[str, ...]
    """What is told of a thing beside name, price and availability."""
    words: tuple[str, ...]
    """Values of `searched`, and what the things are: who uses one may speak of the catalogue. Folded, each once."""
    names: tuple[str, ...] = ()
    """The single words of names, likewise."""
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What customers say for some of these words."""


def read_catalogue(header: Sequence[str], rows: Iterable[Sequence[str]], told: CatalogueFile) -> Catalogue:
    """Settle what a table's columns are, by what was told of them and else by their headers."""
    kept = tuple(rows)
    roles: dict[str, list[str]] = {}
    for column in header:
        roles.setdefault(_role(column), []).append(column)
    price, availability, currency = (
        getattr(told, role) or next(iter(roles.get(role, ())), None) for role in ("price", "availability", "currency")
    )
    name = _names(told, roles, header)
    figures = {each for each in (price, availability, currency) if each is not None}
    hidden = figures | set(told.hidden) | set(roles.get("id", ()))
    searched = tuple(column for column in header if column and column not in hidden)
    called = {column for columns in name.values() for column in columns}
    return Catalogue(
        name=name,
        price=price,
        availability=availability,
        currency=currency,
        searched=searched,
        shown=tuple(column for column in searched if column not in called),
        words=_words(header, kept, searched, told.called),
        names=tuple(word for word in _words(header, kept, tuple(called), ()) if " " not in word),
        aliases=told.aliases,
    )


def _names(told: CatalogueFile, roles: dict[str, list[str]], header: Sequence[str]) -> dict[Language, tuple[str, ...]]:
    if isinstance(told.name, dict):
        first = next(iter(told.name.values()))
        return {language: told.name.get(language, first) for language in Language}
    if told.name:
        return dict.fromkeys(Language, told.name)
    if named := roles.get("name"):
        return {language: _in_language(named, language) for language in Language}
    called = tuple(column for role in _CALLED_BY for column in roles.get(role, ())[:1])
    return dict.fromkeys(Language, called or tuple(header[:1]))


def _in_language(columns: list[str], language: Language) -> tuple[str, ...]:
    """Return the column that is in `language`, or the first where none says so."""
    own = [column for column in columns if _folded(column).endswith(_SUFFIXES[language])]
    return tuple(own[:1] or columns[:1])


def _words(
    header: Sequence[str], rows: Iterable[Sequence[str]], searched: tuple[str, ...], called: tuple[str, ...]
) -> tuple[str, ...]:
    places = [index for index, column in enumerate(header) if column in searched]
    cells = (row[index] for row in rows for index in places if index < len(row))
    words: dict[str, None] = {}
    for cell in (*called, *cells):
        value = _folded(cell)
        for word in dict.fromkeys((value, *value.split())):
            if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD and any(char.isalpha() for char in word):
                words[word] = None
        if len(words) >= _MAX_WORDS:
            break
    return tuple(words)


def _folded(text: str) -> str:
    return " ".join(normalise(text.replace("_", " ").replace("-", " ")).text.split())


def _role(header: str) -> str:
    known, folded = _known_headers(), _folded(header)
    for endings in _SUFFIXES.values():
        for ending in endings:
            folded = folded.removesuffix(ending)
    return known.get(folded, "")


@cache
def _known_headers() -> dict[str, str]:
    table = TypeAdapter(dict[str, list[str]]).validate_python(tomllib.loads(_COLUMNS.read_text("utf-8")))
    return {_folded(header): role for role, headers in table.items() for header in headers}

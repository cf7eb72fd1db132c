"""Read a company from its folder, or say all that is wrong with it at once: file, field and reason, one line each.

    company.toml            who we are; `services` and `policies` list the ids on offer, in order
    services/ID.toml        one service, with its details in ID.ar.md and ID.en.md
    policies/ID.toml        one policy, with its body in ID.ar.md and ID.en.md
    faq.toml                [[answers]]
    lexicon/*.toml          optional: the company's own words for the analyzer, which reads them itself
    tables/NAME.csv         optional: its own data, which a store takes in; tables.py knows what they look like
    tables/NAME.toml        optional: which column is the key, and of the catalogue what the others are

Files say amounts as people do (`amount = 4500`); the profile holds minor units. What a value must look like stands in
profile.py, money.py and hours.py; this module knows what a folder must look like, and how to say so.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from callcenter.calls import Language, Value
from callcenter.company.catalogue import Catalogue, CatalogueFile, read_catalogue
from callcenter.company.hours import known_timezone
from callcenter.company.money import CURRENCIES
from callcenter.company.profile import Answer, Company, Policy, Service, known_id
from callcenter.company.tables import CATALOGUE, Table, TableFile, known_table, read_table
from callcenter.company.topics import phrase_key
from callcenter.errors import CompanyInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

ValueT = TypeVar("ValueT", bound=Value)
TableFileT = TypeVar("TableFileT", bound=TableFile)
Document = dict[str, object]
"""A TOML file as read, not yet believed."""

COMPANY_FILE: Final = "company.toml"
FAQ_FILE: Final = "faq.toml"
TABLES: Final = "tables"
_LANGUAGE_NAMES: Final = {Language.ar.value: "Arabic", Language.en.value: "English"}
_AMOUNTS: Final = {"amount": "amount_minor", "max_amount": "max_amount_minor"}
"""What a file says in whole units of the currency, and the field that holds it in minor units."""
_LANGUAGE_REASONS: Final = {
    "missing": "the {language} text is missing; every text needs all languages",
    "string_too_short": "the {language} text is empty",
    "too_short": "it has no {language} words",
}
_REASONS: Final = {"missing": "it is missing", "extra_forbidden": "unknown field"}
"""Our words for what pydantic reports under these names; what it says of the rest is clear enough."""
_FILE_NAMES: Final = {minor: amount for amount, minor in _AMOUNTS.items()}


class Problem(Value):
    """One thing wrong with a company folder."""

    file: str
    """Relative to the folder; "." is the folder itself."""
    field: str
    """Where in the file, e.g. `prices[0].label.en`; empty for the file as a whole."""
    reason: str

    def __str__(self) -> str:
        """Write it in one line."""
        return ": ".join(part for part in (self.file, self.field, self.reason) if part)


class _Faq(Value):
    answers: tuple[Answer, ...]


def load_company(folder: Path) -> Company:
    """Return the company described in `folder`; raise CompanyInvalid with every problem found."""
    reader = _Reader(folder)
    company = reader.company()
    if company is None or reader.problems:
        listing = "".join(f"\n  {problem}" for problem in reader.problems)
        raise CompanyInvalid(
            f"The company profile in {folder} can't be used:{listing}",
            folder=str(folder),
            problems=tuple(reader.problems),
        )
    company.topics("")  # builds the index now, not under the first customer's message
    return company


class _Reader:
    """One reading of one folder; collects problems instead of stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def report(self, file: str, field: str, reason: str) -> None:
        self.problems.append(Problem(file=file, field=field, reason=" ".join(reason.split())))

    def company(self) -> Company | None:
        if not self.folder.is_dir():
            self.report(".", "", "there is no such folder; `callcenter init DIR` makes one to start from")
            return None
        document = self.document(COMPANY_FILE)
        if document is None:
            return None  # without its list of services and policies the rest can't be judged
        services = [self.service(each, document.get("currency")) for each in self.listed(document, "services")]
        policies = [self.policy(each) for each in self.listed(document, "policies")]
        if not document.get("services"):
            self.report(COMPANY_FILE, "services", "list at least one")
        self.check_keywords([each for each in services if each])
        lexicon = self.folder / "lexicon"
        tables = self.tables()
        listed = {key: value for key, value in document.items() if key not in {"services", "policies"}}
        if "hours" in listed:
            listed["hours"] = _in_timezone(listed["hours"], document.get("timezone"))
        return self.validated(
            COMPANY_FILE,
            Company,
            listed,
            services=[each for each in services if each],
            policies=[each for each in policies if each],
            faq=self.answers(),
            lexicon_folder=lexicon if lexicon.is_dir() else None,
            tables={name: table.rows for name, table in tables.items()},
            catalogue=self.catalogue(tables.get(CATALOGUE)),
        )

    def listed(self, document: Document, kind: str) -> list[str]:
        """Return the ids that company.toml lists under `kind`; what lies in the folder unlisted is reported."""
        ids = document.get(kind, [])
        if not isinstance(ids, list):
            self.report(COMPANY_FILE, kind, 'a list of ids such as ["web-design"] is expected')
            return []
        good: list[str] = []
        for index, each in enumerate(ids):
            if not known_id(each):
                self.report(COMPANY_FILE, f"{kind}[{index}]", f"{each!r} is not an id: lower case, digits and hyphens")
            elif each in good:
                self.report(COMPANY_FILE, f"{kind}[{index}]", f"{each!r} is listed twice")
            else:
                good.append(each)
        endings = [".toml", *(f".{language}.md" for language in Language)]
        expected = {f"{each}{ending}" for each in good for ending in endings}
        for path in sorted((self.folder / kind).glob("*")):
            if path.suffix in {".toml", ".md"} and path.name not in expected and not path.name.startswith("README"):
                self.report(f"{kind}/{path.name}", "", f"it belongs to nothing that {COMPANY_FILE} lists under {kind}")
        return good

    def service(self, service_id: str, currency: object) -> Service | None:
        file = f"services/{service_id}.toml"
        document, details = self.document(file), self.markdown(f"services/{service_id}")
        if document is None:
            return None
        if "prices" in document:
            document["prices"] = self.priced(file, document["prices"], currency)
        return self.validated(file, Service, document, id=service_id, details=details)

    def policy(self, policy_id: str) -> Policy | None:
        file = f"policies/{policy_id}.toml"
        document, body = self.document(file), self.markdown(f"policies/{policy_id}")
        return None if document is None else self.validated(file, Policy, document, id=policy_id, body=body)

    def answers(self) -> tuple[Answer, ...]:
        document = self.document(FAQ_FILE)
        faq = None if document is None else self.validated(FAQ_FILE, _Faq, document)
        answers = faq.answers if faq else ()
        seen: set[str] = set()
        for index, answer in enumerate(answers):
            if answer.id in seen:
                self.report(FAQ_FILE, f"answers[{index}].id", f"{answer.id!r} is the id of another answer")
            seen.add(answer.id)
        return answers

    def tables(self) -> dict[str, Table]:
        """Read the company's own data; a file that can't be, or belongs to nothing, is reported."""
        found: dict[str, Table] = {}
        for path in sorted((self.folder / TABLES).glob("*")):
            file = f"{TABLES}/{path.name}"
            if path.name.startswith(("README", ".", "~")):
                continue
            if path.suffix == ".toml":
                if not path.with_suffix(".csv").exists():
                    self.report(file, "", f"it tells of {path.stem}.csv, and there is none")
            elif path.suffix != ".csv":
                self.report(file, "", "tables are CSV files: save it as “CSV UTF-8”, NAME.csv")
            elif not known_table(path.stem):
                self.report(file, "", "a table's name is lower-case Latin letters, digits and _, such as orders.csv")
            elif (table := self.table(path.stem, file)) is not None:
                found[path.stem] = table
        return found

    def table(self, name: str, file: str) -> Table | None:
        try:
            content = (self.folder / file).read_bytes()
        except OSError as error:
            self.report(file, "", f"the file can't be read: {error.strerror}")
            return None
        told = self.told_of(name, CatalogueFile if name == CATALOGUE else TableFile)
        if told is None:
            return None

        def report(line: int | None, reason: str) -> None:
            self.report(file, "" if line is None else f"line {line}", reason)

        return read_table(name, content, key=told.key, report=report)

    def told_of(self, name: str, model: type[TableFileT]) -> TableFileT | None:
        """Return what the file beside a table says of it; None when that can't be read."""
        file = f"{TABLES}/{name}.toml"
        document = self.document(file) if (self.folder / file).exists() else {}
        return None if document is None else self.validated(file, model, document)

    def catalogue(self, table: Table | None) -> Catalogue | None:
        """Settle the columns of the catalogue, if there is one; a column told of that it lacks is reported."""
        told = None if table is None else self.told_of(CATALOGUE, CatalogueFile)
        if table is None or told is None:
            return None
        for field, column in told.columns:
            if column not in table.header:
                self.report(f"{TABLES}/{CATALOGUE}.toml", field, f"{TABLES}/{CATALOGUE}.csv has no column {column!r}")
        return read_catalogue(table.header, [tuple(row.fields.values()) for row in table.rows], told)

    def priced(self, file: str, prices: object, currency: object) -> object:
        """Give each price its currency and turn its amounts into minor units."""
        if not isinstance(prices, list):
            return prices
        # A bad currency of the company is reported with company.toml, not with each price.
        usual = currency if isinstance(currency, str) and currency in CURRENCIES else next(iter(CURRENCIES))
        return [
            self.one_priced(file, f"prices[{index}]", price, usual) if isinstance(price, dict) else price
            for index, price in enumerate(prices)
        ]

    def one_priced(self, file: str, field: str, price: Document, usual: str) -> Document:
        priced: Document = {"currency": usual} | {key: value for key, value in price.items() if key not in _AMOUNTS}
        for minor in _FILE_NAMES.keys() & price.keys():
            self.report(file, f"{field}.{minor}", f"unknown field; the file says {_FILE_NAMES[minor]}, in whole units")
        known = CURRENCIES.get(str(priced["currency"]), CURRENCIES[usual])
        for name, minor in _AMOUNTS.items():
            if name not in price:
                continue
            amount, priced[minor] = _decimal(price[name]), 0
            if amount is None or amount < 0:
                self.report(file, f"{field}.{name}", "an amount is a number such as 4500 or 99.50, not below zero")
                priced.pop("max_amount_minor", None)
            elif (scaled := amount.scaleb(known.decimals)) != scaled.to_integral_value():
                self.report(file, f"{field}.{name}", f"{amount} has more decimals than the currency has")
                priced.pop("max_amount_minor", None)
            else:
                priced[minor] = int(scaled)
        return priced

    def check_keywords(self, services: list[Service]) -> None:
        """Report words that two services claim, in whatever spelling: a message with one must mean one service."""
        owners: dict[str, str] = {}
        for service in services:
            for field, phrase in service.words:
                owner = owners.setdefault(phrase_key(phrase), service.id)
                if owner != service.id:
                    self.report(f"services/{service.id}.toml", field, f"{phrase!r} already means {owner!r}")

    def validated(self, file: str, model: type[ValueT], document: Document, **ours: object) -> ValueT | None:
        """Check `document`, completed by what is `ours`, against `model`; report what does not fit."""
        for key in document.keys() & ours.keys():
            self.report(file, key, "unknown field")
        try:
            return model.model_validate(document | ours)
        except ValidationError as error:
            found = error.errors(include_url=False)
            below = {details["loc"][:-1] for details in found}
            for details in found:
                # A list whose only member is wrong counts as too short besides; the member's own error says it all.
                if details["type"] != "too_short" or details["loc"] not in below:
                    self.report(file, _path(details["loc"]), _reason(details))
            return None

    def markdown(self, stem: str) -> dict[str, str]:
        """Return one text in every language; a language without its file, or with an empty one, is reported."""
        texts: dict[str, str] = {}
        for language, name in _LANGUAGE_NAMES.items():
            file = f"{stem}.{language}.md"
            text = self.text(file, missing=f"the file with the {name} text is missing")
            if text is not None and not text.strip():
                self.report(file, "", f"the {name} text is empty")
            texts[language] = (text or "").strip() or file
        return texts

    def document(self, file: str) -> Document | None:
        text = self.text(file)
        if text is None:
            return None
        try:
            return tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            self.report(file, "", f"not valid TOML: {error}")
            return None

    def text(self, file: str, *, missing: str = "the file is missing") -> str | None:
        try:
            return (self.folder / file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.report(file, "", missing)
        except UnicodeDecodeError as error:
            self.report(file, "", f"not UTF-8 text (byte {error.start})")
        except OSError as error:
            self.report(file, "", f"the file can't be read: {error.strerror}")
        return None


def _in_timezone(hours: object, timezone: object) -> object:
    """Give the hours the company's time zone; a bad one is reported with the company, not again with them."""
    if not isinstance(hours, dict):
        return hours
    return {"timezone": timezone if known_timezone(timezone) else "UTC"} | hours


def _decimal(amount: object) -> Decimal | None:
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    exact = Decimal(amount)
    return exact if exact.is_finite() else None


def _path(location: tuple[int | str, ...]) -> str:
    """Write a place in a document as people do: `prices[0].label.en`, by the names the file uses."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_FILE_NAMES.get(part, part)}" for part in location)
    return "".join(parts).removeprefix(".")


def _reason(details: ErrorDetails) -> str:
    """Say what is wrong, naming the language where half of a pair is."""
    language = _LANGUAGE_NAMES.get(str(details["loc"][-1])) if details["loc"] else None
    said = _LANGUAGE_REASONS.get(details["type"]) if language else _REASONS.get(details["type"])
    return said.format(language=language) if said else details["msg"].removeprefix("Value error, ")

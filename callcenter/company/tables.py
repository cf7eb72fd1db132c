"""Read a company's own data from CSV files as spreadsheets write them, or say in which line each of their faults is.

Commas, semicolons or tabs, with a byte order mark or without, Arabic or English headers: all is text and stays as it is
written. One column is the key that tells rows apart: `id`, of orders also `number`, or the one that `tables/NAME.toml`
names. Rows of a catalogue may go without: they are told apart by what they say. A sheet of `GET /api/records/NAME` is
such a file too: the columns that the store added there are no data.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from callcenter.calls import MAX_ID_CHARS, MAX_RECORDS, TABLE_NAME, Row, Value

CATALOGUE: Final = "catalogue"
MAX_BYTES: Final = 10_000_000
"""A file; ten thousand rows of a thousand bytes."""
MAX_COLUMNS: Final = 100
FAULTS_TOLD: Final = 10
"""Of one file; whoever mends these finds the rest."""

_KEYS: Final = {"orders": ("id", "number")}
_USUAL_KEYS: Final = ("id",)
RECORD_ID: Final = "record_id"
RECORD_VERSION: Final = "record_version"
RECORD_UPDATED_AT: Final = "record_updated_at"
_STORES: Final = frozenset({RECORD_ID, RECORD_VERSION, RECORD_UPDATED_AT})
"""Columns of a sheet that say what the store knows of a record."""
_DEFUSED: Final = re.compile(r"'(?=\s*[=+\-@\uff0b\uff0d\uff1d\uff20])")
"""What a sheet puts before a cell that would else be computed."""
_DELIMITERS: Final = ",;\t"
_ID_CHARS: Final = 16
_TOLD_CHARS: Final = 40
"""Of a value that is quoted in a fault."""

Report = Callable[[int | None, str], None]
"""Hears of a fault: the line it is in, if it is in one, and what it is."""


class TableFile(Value):
    """What `tables/NAME.toml` may say."""

    key: str | None = None
    """The column whose values tell the rows apart."""


class Table(Value):
    """A file as it was read."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    """Each with all columns of the header, in its order."""


class _Faulty(Exception):  # noqa: N818 (never leaves this module)
    """There is nothing more to be found."""


def known_table(name: str) -> bool:
    """Whether a file may be called so."""
    return re.fullmatch(TABLE_NAME, name) is not None


def read_table(name: str, content: bytes, *, key: str | None, report: Report) -> Table | None:
    """Return the table in a file's content; None when it has faults, which `report` heard of."""
    faults = 0

    def tell(line: int | None, reason: str) -> None:
        nonlocal faults
        faults += 1
        if faults <= FAULTS_TOLD:
            report(line, reason)
        elif faults == FAULTS_TOLD + 1:
            report(None, "there is more like this further down")

    try:
        lines = list(_lines(_text(content)))
        header = _header(lines, tell)
        column = _key_column(name, header, key)
        rows = _rows(lines[1:], header, column, tell)
    except _Faulty as fault:
        tell(*fault.args)
        return None
    return None if faults else Table(header=tuple(each for each in header if _is_data(each)), rows=tuple(rows))


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _Faulty(None, f"it is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _Faulty(line, "not UTF-8 text; save the file as “CSV UTF-8”") from None
    if "\0" in text:
        raise _Faulty(text.count("\n", 0, text.index("\0")) + 1, "it holds a NUL character; save it as “CSV UTF-8”")
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line that has any, without blanks round them, with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(stripped := [cell.strip() for cell in cells]):
                yield begin, stripped
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _Faulty(begin, f"not valid CSV: {error}") from None


def _delimiter(text: str) -> str:
    """Return what the first line is divided by; commas, where it is not divided at all."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=unquoted.count)


def _is_data(column: str) -> bool:
    return bool(column) and column not in _STORES


def _header(lines: Sequence[tuple[int, list[str]]], report: Report) -> list[str]:
    """Return the columns' names; one without a name, and with nothing in it, is empty."""
    if not lines:
        raise _Faulty(None, "it is empty; its first line names the columns")
    number, header = lines[0]
    if len(header) > MAX_COLUMNS:
        raise _Faulty(number, f"it has more than {MAX_COLUMNS} columns")
    for place, name in enumerate(header):
        if not name and any(cells[place] for _, cells in lines[1:] if place < len(cells)):
            report(number, f"column {place + 1} has no name; the first line names all columns")
        elif name and name in header[:place]:
            report(number, f"two columns are called {name!r}")
    return header


def _key_column(name: str, header: Sequence[str], key: str | None) -> int | None:
    """Return where the key stands; None: there is none, and need be none."""
    wanted = _KEYS.get(name, _USUAL_KEYS) if key is None else (key,)
    for column in (*wanted, RECORD_ID) if key is None else wanted:
        if column in header:
            return header.index(column)
    if key is not None:
        raise _Faulty(1, f"it has no column {key!r}, which tables/{name}.toml names as its key")
    if name == CATALOGUE:
        return None
    columns = " or ".join(repr(each) for each in wanted)
    raise _Faulty(1, f'it has no column {columns}; tables/{name}.toml can name another key: key = "..."')


def _rows(
    lines: Sequence[tuple[int, list[str]]], header: Sequence[str], column: int | None, report: Report
) -> list[Row]:
    if len(lines) > MAX_RECORDS:
        raise _Faulty(lines[MAX_RECORDS][0], f"it has more than {MAX_RECORDS:,} rows")
    rows: list[Row] = []
    seen: dict[str, int] = {}
    sheet = RECORD_ID in header
    for number, cells in lines:
        if any(cells[len(header) :]):
            report(number, f"it has {len(cells)} cells, and there are {len(header)} columns")
            continue
        filled = cells + [""] * (len(header) - len(cells))
        if sheet:
            filled = [cell[1:] if _DEFUSED.match(cell) else cell for cell in filled]
        row_id = filled[column] if column is not None else _told_apart(filled, seen)
        if not row_id or len(row_id) > MAX_ID_CHARS:
            name = header[column or 0]
            report(number, f"{name!r} is the key: it is given in every row, in at most {MAX_ID_CHARS} characters")
        elif row_id in seen:
            report(number, f"{row_id[:_TOLD_CHARS]!r} is the key of line {seen[row_id]} already")
        else:
            seen[row_id] = number
            fields = {name: cell for name, cell in zip(header, filled, strict=False) if _is_data(name)}
            rows.append(Row(id=row_id, fields=fields))
    return rows


def _told_apart(cells: Sequence[str], seen: dict[str, int]) -> str:
    """Return a key made of what a row says; the second of two alike has another than the first."""
    digest = sha256("\t".join(cells).encode()).hexdigest()[:_ID_CHARS]
    copy = 1
    while (row_id := digest if copy == 1 else f"{digest}-{copy}") in seen:
        copy += 1
    return row_id

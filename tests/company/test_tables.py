"""A company's data is read as spreadsheets write it, or refused with the line of everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.calls import MAX_RECORDS, Language
from callcenter.company import load_company
from callcenter.company.tables import FAULTS_TOLD, MAX_BYTES, Table, read_table
from callcenter.errors import CompanyInvalid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def read(text: str | bytes, *, name: str = "stock", key: str | None = None) -> Table:
    """Read what has no faults."""
    found = faults(text, name=name, key=key)
    assert isinstance(found, Table), found
    return found


def faults(text: str | bytes, *, name: str = "stock", key: str | None = None) -> Table | list[tuple[int | None, str]]:
    """Return the faults of a file, or what was read from one without any."""
    told: list[tuple[int | None, str]] = []
    content = text if isinstance(text, bytes) else text.encode()
    table = read_table(name, content, key=key, report=lambda line, reason: told.append((line, reason)))
    assert (table is None) == bool(told)
    return told if table is None else table


PLAIN = "id,name,price\nA1,زيت محرك,45.50\nA2,Air filter,٣٠\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.removesuffix("\n"),
        PLAIN.replace("\n", "\n\n,,\n"),
        PLAIN.replace("\n", ",,\n"),
        PLAIN.replace("A1,", ' A1 , "').replace("محرك,", 'محرك" ,').replace(' "زيت', '"زيت').replace('" ,', '",'),
    ],
    ids=[
        "plain",
        "mark",
        "semicolons",
        "tabs",
        "windows",
        "old-mac",
        "no-end",
        "blank-lines",
        "blank-columns",
        "quoted",
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(text: str):
    table = read(text)
    assert table.header == ("id", "name", "price")
    assert [(row.id, row.fields) for row in table.rows] == [
        ("A1", {"id": "A1", "name": "زيت محرك", "price": "45.50"}),
        ("A2", {"id": "A2", "name": "Air filter", "price": "٣٠"}),
    ]


def test_cells_may_hold_delimiters_quotes_and_lines():
    table = read('id;note\n1;"a, ""b""; c\nd"\n2;"1,000,000"\n')
    assert [row.fields["note"] for row in table.rows] == ['a, "b"; c\nd', "1,000,000"]


def test_delimiters_within_a_quoted_header_divide_nothing():
    table = read('id;"price, tax, fees, all";name\n1;5;x\n')
    assert table.header == ("id", "price, tax, fees, all", "name")


def test_a_row_that_ends_early_has_empty_cells():
    assert read("id,name,note\n1,x\n").rows[0].fields == {"id": "1", "name": "x", "note": ""}


@pytest.mark.parametrize(
    ("name", "key", "text", "expected"),
    [
        ("stock", None, "name,id\nx,7\n", "7"),
        ("orders", None, "number,item\nORD1,x\n", "ORD1"),
        ("orders", None, "number,id\nORD1,7\n", "7"),
        ("cars", "رقم الهيكل", "الماركة,رقم الهيكل\nتويوتا,JT1\n", "JT1"),
        ("orders", "ref", "number,ref\nORD1,R1\n", "R1"),
    ],
)
def test_one_column_is_the_key(name: str, key: str | None, text: str, expected: str):
    assert [row.id for row in read(text, name=name, key=key).rows] == [expected]


def test_a_catalogue_may_go_without_a_key():
    cars = "brand,price\nToyota,50000\nKia,40000\nKia,40000\n"
    first = [row.id for row in read(cars, name="catalogue").rows]
    moved = [row.id for row in read("brand,price\nKia,40000\nKia,40000\nToyota,50000\n", name="catalogue").rows]
    assert len(set(first)) == 3
    assert set(first) == set(moved)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(None, "it is empty; its first line names the columns")]),
        ("\n , \n", [(None, "it is empty; its first line names the columns")]),
        ("number,name\n1,x\n", [(1, "it has no column 'id'; tables/stock.toml can name another key: key = \"...\"")]),
        ("id,name,name\n1,x,y\n", [(1, "two columns are called 'name'")]),
        ("id,,name\n1,x,y\n", [(1, "column 2 has no name; the first line names all columns")]),
        ("id,name\n1,x\n2,y,z\n3,y,\n", [(3, "it has 3 cells, and there are 2 columns")]),
        (
            'id,name\n1,"x\ny"\n2,x\n1,z\n,w\n',
            [
                (5, "'1' is the key of line 2 already"),
                (6, "'id' is the key: it is given in every row, in at most 80 characters"),
            ],
        ),
        (f"id\n{'x' * 81}\n", [(2, "'id' is the key: it is given in every row, in at most 80 characters")]),
        ('id,name\n1,x\n2,"y"z\n', [(3, "not valid CSV: ',' expected after '\"'")]),
        ('id,name\n1,x\n2,"y\n3,z\n', [(3, "not valid CSV: unexpected end of data")]),
        ("id,name\n1,x\n2,زيت\n".encode("cp1256"), [(3, "not UTF-8 text; save the file as “CSV UTF-8”")]),
        ("id,name\n1,x\n".encode("utf-16"), [(1, "not UTF-8 text; save the file as “CSV UTF-8”")]),
        ("id,name\n1,\0\n", [(2, "it holds a NUL character; save it as “CSV UTF-8”")]),
        (b"id\n" + b"x" * MAX_BYTES, [(None, "it is larger than 10 MB")]),
        (",".join(["id", *map(str, range(100))]), [(1, "it has more than 100 columns")]),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(text: str | bytes, expected: list[tuple[int | None, str]]):
    assert faults(text) == expected


def test_a_table_holds_so_many_rows():
    most = "id\n" + "".join(f"{number}\n" for number in range(MAX_RECORDS))
    assert len(read(most).rows) == MAX_RECORDS
    assert faults(f"{most}one more\n") == [(MAX_RECORDS + 2, "it has more than 10,000 rows")]


def test_of_many_faults_alike_some_are_told():
    told = faults("id\n" + "same\n" * 100)
    assert isinstance(told, list)
    assert told[-1] == (None, "there is more like this further down")
    assert [line for line, _ in told[:-1]] == list(range(3, 3 + FAULTS_TOLD))


def put(folder: Path, name: str, text: str) -> None:
    (folder / "tables" / name).write_text(text, encoding="utf-8")


def told(folder: Path) -> list[str]:
    with pytest.raises(CompanyInvalid) as caught:
        load_company(folder)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_a_company_brings_its_tables(folder: Path):
    put(folder, "catalogue.csv", "الماركة;الموديل;السعر;رقم الهيكل\nتويوتا;كامري;98000;JT1\n")
    put(folder, "catalogue.toml", 'key = "رقم الهيكل"\ncalled = ["سيارة"]\n')
    put(folder, "README.md", "what these are")
    company = load_company(folder)
    assert set(company.tables) == {"accounts", "catalogue", "orders"}
    assert [row.id for row in company.tables["catalogue"]] == ["JT1"]
    assert company.catalogue is not None
    assert company.catalogue.price == "السعر"
    assert company.catalogue.name[Language.ar] == ("الماركة", "الموديل")
    assert "كامري" in company.catalogue.words


def test_a_company_without_tables_is_one(folder: Path):
    for path in (folder / "tables").iterdir():
        path.unlink()
    assert (load_company(folder).tables, load_company(folder).catalogue) == ({}, None)
    (folder / "tables").rmdir()
    assert load_company(folder).tables == {}


def test_all_that_is_wrong_with_a_companys_tables_is_told_at_once(folder: Path):
    put(folder, "orders.csv", "number,item\nORD1,x\nORD1,y\n")
    put(folder, "accounts.toml", 'key = "e-mail"\n')
    put(folder, "catalogue.csv", "id,brand\n1,Kia\n")
    put(folder, "catalogue.toml", 'price = "السعر"\n')
    put(folder, "parts.toml", 'key = "id"\n')
    put(folder, "stock.csv", "id\n1\n")
    put(folder, "stock.toml", 'keys = "id"\n')
    put(folder, "My Cars.csv", "id\n1\n")
    put(folder, "prices.xlsx", "")
    put(folder, "~$prices.xlsx", "")
    assert told(folder) == [
        "tables/My Cars.csv: a table's name is lower-case Latin letters, digits and _, such as orders.csv",
        "tables/accounts.csv: line 1: it has no column 'e-mail', which tables/accounts.toml names as its key",
        "tables/orders.csv: line 3: 'ORD1' is the key of line 2 already",
        "tables/parts.toml: it tells of parts.csv, and there is none",
        "tables/prices.xlsx: tables are CSV files: save it as “CSV UTF-8”, NAME.csv",
        "tables/stock.toml: keys: unknown field",
        "tables/catalogue.toml: price: tables/catalogue.csv has no column 'السعر'",
    ]

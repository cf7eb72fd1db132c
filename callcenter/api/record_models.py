"""What requests for the company's data are answered with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callcenter.actions import Record
from callcenter.calls import Value


class TableSize(Value):
    """A table of the company's data."""

    table: str
    records: Annotated[int, Field(description="How many it has now.")]


class RecordTables(Value):
    """The tables of the company's data, by name."""

    items: tuple[TableSize, ...]


class RecordList(Value):
    """Records of one table, by id."""

    table: str
    items: tuple[Record, ...]

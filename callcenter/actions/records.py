"""The company's own data that actions read and change: orders, catalogue, bookings. Values, and what a store promises.

A record is a row of a table with text fields, as in the CSV file it may have come from. Whoever changes records names a
key; under one key they are changed once, however often it is asked: the result of the first time comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

from pydantic import AwareDatetime, Field

from callcenter.calls import MAX_RECORDS, ActionResult, CallId, Fields, RecordId, Row, TableName, Value

__all__ = ["MAX_RECORDS", "Change", "Fields", "Record", "RecordId", "RecordStore", "Row", "TableName"]


class Record(Value):
    """A row as it stands."""

    table: TableName
    id: RecordId
    version: Annotated[int, Field(ge=1)]
    """Grows by one with every change."""
    fields: Fields
    updated_at: AwareDatetime


class Change(Value):
    """What is written to one record."""

    table: TableName
    id: RecordId
    version: Annotated[int, Field(ge=0)]
    """The one it has now; 0 begins it."""
    fields: Fields
    """All of its fields afterwards."""


class RecordStore(Protocol):
    """Keeps a company's records; a part of what every store promises."""

    async def sync_records(self, table: TableName, rows: Sequence[Row], *, now: AwareDatetime) -> int:
        """Take in a table of the company folder and return how many rows were new or changed in the file.

        A row whose line in the file is as it was the last time keeps what actions have made of it; one whose line
        changed is taken from the file; one that came from the file and is no longer in it is removed. Records that
        actions began are left alone, until a line of the file has their id: from then on they are the file's. Many
        processes may do this at once, as they do when they start.
        """
        ...

    async def record_counts(self) -> dict[TableName, int]:
        """Return how many records each table has, for every table that has any."""
        ...

    async def records(
        self,
        table: TableName,
        *,
        where: Mapping[str, str] | None = None,
        changed_after: AwareDatetime | None = None,
    ) -> list[Record]:
        """Return the records of a table whose fields are equal to all of `where`, by id, MAX_RECORDS at most.

        With `changed_after` only those begun or changed later than that.
        """
        ...

    async def record(self, table: TableName, record_id: RecordId) -> Record | None:
        """Return one record."""
        ...

    async def performed(self, key: str) -> ActionResult | None:
        """Return what came of the action under this key, if it was performed."""
        ...

    async def perform(
        self, key: str, call_id: CallId, changes: Sequence[Change], result: ActionResult, *, now: AwareDatetime
    ) -> ActionResult:
        """Write all changes and the result under the key in one transaction, durable on return.

        Where the key was used before nothing is written, and the result kept then comes back. Raises RecordConflict
        when a record is not at its version; then nothing is written either. The result goes with its call when that is
        erased, the records stay: they are the company's.
        """
        ...

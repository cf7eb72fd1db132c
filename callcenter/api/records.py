"""The company's own data as actions have left it: what tables there are, and their records, as JSON or CSV.

For agents to see that the order is really cancelled, and for the company's own systems to fetch what has changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from callcenter.actions import Record
from callcenter.api.access import AGENTS, open_to
from callcenter.api.calls import Moment
from callcenter.api.deps import HEADERS, AppDep, reply
from callcenter.api.errors import OK, problems
from callcenter.api.openapi import answer
from callcenter.api.paths import EVERYWHERE
from callcenter.api.record_models import RecordList, RecordTables, TableSize
from callcenter.api.spreadsheet import CSV, cell
from callcenter.company.tables import RECORD_ID, RECORD_UPDATED_AT, RECORD_VERSION, known_table
from callcenter.errors import InvalidRequest, TableNotFound

router = APIRouter(prefix="/api/records", tags=["records"])


class RecordsFormat(StrEnum):
    """How records are written."""

    json = "json"
    csv = "csv"


@router.get(
    "",
    operation_id="list_tables",
    summary="List the tables of the company's data",
    responses={**answer(RecordTables), **problems(*EVERYWHERE)},
)
@open_to(AGENTS)
async def list_tables(app: AppDep) -> Response:
    """List the tables that the company brings or that actions began, each with how many records it has."""
    counts = dict.fromkeys(app.company.tables, 0) | await app.store.record_counts()
    return reply(RecordTables(items=tuple(TableSize(table=name, records=counts[name]) for name in sorted(counts))))


@router.get(
    "/{table}",
    operation_id="list_records",
    summary="Read the records of a table",
    responses={
        **answer(RecordList, OK, {CSV: {"type": "string"}}),
        **problems(TableNotFound, InvalidRequest, *EVERYWHERE),
    },
)
@open_to(AGENTS)
async def list_records(
    request: Request,
    app: AppDep,
    table: Annotated[str, Path(description="The table's name.", examples=["orders"])],
    changed_after: Annotated[
        Moment | None, Query(description="Only records begun or changed later than this, by `updated_at`.")
    ] = None,
    form: Annotated[
        RecordsFormat | None, Query(alias="format", description="How it is written; `Accept` says so too.")
    ] = None,
) -> Response:
    """Read a table as it stands: what came from the company's file, and what actions made of it; 10,000 at most.

    As CSV, the columns of the file stand between `record_id` and `record_version`, `record_updated_at`. Such a sheet
    can take the place of the table's file in the company folder.
    """
    if not known_table(table):
        raise TableNotFound
    found = await app.store.records(table, changed_after=changed_after)
    if not found and table not in app.company.tables and table not in await app.store.record_counts():
        raise TableNotFound
    asked_for_csv = CSV in request.headers.get("accept", "") if form is None else form is RecordsFormat.csv
    in_file = [column for row in app.company.tables.get(table, ())[:1] for column in row.fields]
    response = _sheet(table, found, in_file) if asked_for_csv else reply(RecordList(table=table, items=tuple(found)))
    response.headers["Vary"] = "Accept"
    return response


def _sheet(table: str, records: Sequence[Record], in_file: Iterable[str]) -> Response:
    """Return one row a record, columns in the file's order; the mark at the beginning has it read as UTF-8."""
    columns = [*dict.fromkeys([*in_file, *sorted({name for record in records for name in record.fields})])]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([RECORD_ID, *map(cell, columns), RECORD_VERSION, RECORD_UPDATED_AT])
    for record in records:
        cells = [record.id, *(record.fields.get(column, "") for column in columns)]
        writer.writerow([*map(cell, cells), record.version, record.updated_at.isoformat()])
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{table}.csv"'}
    return Response(out.getvalue().encode("utf-8-sig"), headers=headers, media_type=f"{CSV}; charset=utf-8")

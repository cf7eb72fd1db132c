"""The company's data over the API: what came from its files, and what actions made of it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from callcenter.actions import Change, Row
from callcenter.calls import ActionCode, ActionResult, LocalizedText
from callcenter.company.tables import read_table
from tests.factories import CALL, NOON

pytestmark = pytest.mark.unit

LATER = NOON + timedelta(minutes=5)
DONE = ActionResult(code=ActionCode.done, text=LocalizedText(ar="أُلغي الطلب.", en="The order is cancelled."))


async def cancel(app):
    """Cancel ORD1001 and begin a booking, as actions do."""
    order = await app.store.record("orders", "ORD1001")
    changes = [
        Change(table="orders", id=order.id, version=order.version, fields={**order.fields, "status": "cancelled"}),
        Change(table="bookings", id="BK-1", version=0, fields={"name": "سارة", "at": "11-03", "note": "@sara"}),
    ]
    await app.store.perform("key", CALL, changes, DONE, now=LATER)


async def read(client, path="orders", **query):
    response = await client.get(f"/api/records/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def test_tables_are_listed_with_their_sizes(client, app):
    listed = (await client.get("/api/records")).json()["items"]
    assert listed == [{"table": "accounts", "records": 6}, {"table": "orders", "records": 12}]
    await cancel(app)
    listed = (await client.get("/api/records/")).json()["items"]
    assert [each["table"] for each in listed] == ["accounts", "bookings", "orders"]


async def test_an_order_that_was_cancelled_is_seen_so(client, app):
    before = (await read(client))[0]
    assert (before["id"], before["version"], before["fields"]["status"]) == ("ORD1001", 1, "received")
    await cancel(app)
    after = (await read(client))[0]
    assert (after["id"], after["version"], after["fields"]["status"]) == ("ORD1001", 2, "cancelled")
    assert after["updated_at"] == "2026-11-02T12:05:00Z"
    assert len(await read(client)) == 12


async def test_other_systems_fetch_what_has_changed(client, app):
    await cancel(app)
    assert [each["id"] for each in await read(client, changed_after=NOON.isoformat())] == ["ORD1001"]
    assert await read(client, changed_after=LATER.isoformat()) == []
    assert await read(client, "accounts", changed_after=LATER.isoformat()) == []
    refused = await client.get("/api/records/orders?changed_after=yesterday")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("table", ["cars", "Orders", "x" * 41, "orders%00", "'; drop table records"])
async def test_a_table_that_is_not_there_is_not_found(client, table):
    response = await client.get(f"/api/records/{table}", headers={"Accept": "text/csv"})
    assert (response.status_code, response.json()["code"]) == (404, "table_not_found")


@pytest.mark.parametrize("asked", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
async def test_a_table_is_read_as_a_sheet_in_the_files_order(client, app, asked):
    await cancel(app)
    response = await client.get("/api/records/orders", **asked)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    assert response.content.startswith(b"\xef\xbb\xbf")
    header, first, *others = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert header == [
        "record_id",
        *app.company.tables["orders"][0].fields,
        "record_version",
        "record_updated_at",
    ]
    assert first[:4] == ["ORD1001", "ORD1001", "سارة العتيبي", "+966501234567"]
    assert first[header.index("status")] == "cancelled"
    assert first[-2:] == ["2", "2026-11-02T12:05:00+00:00"]
    assert len(others) == 11


async def test_nothing_in_a_sheet_is_a_formula(client, app):
    fields = {"=name": '=HYPERLINK("http://evil.example")', "note": "@SUM(A1)", "total": "-5.00", "phone": "+9665 01"}
    await app.store.sync_records("cars", [Row(id="-1+cmd", fields=fields)], now=NOON)
    text = (await client.get("/api/records/cars?format=csv")).content.decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert header[1:-2] == ["'=name", "note", "phone", "total"]
    assert row[:-2] == ["'-1+cmd", '\'=HYPERLINK("http://evil.example")', "'@SUM(A1)", "+9665 01", "-5.00"]


async def test_a_sheet_can_take_the_files_place(client, app):
    """What was changed meanwhile, and what actions began, is then in the file."""
    await cancel(app)
    before = {name: await app.store.records(name) for name in ("orders", "bookings")}
    for name, kept in before.items():
        sheet = (await client.get(f"/api/records/{name}?format=csv")).content
        table = read_table(name, sheet, key=None, report=lambda line, reason: pytest.fail(f"{line}: {reason}"))
        assert table is not None
        assert [(row.id, row.fields) for row in table.rows] == [(each.id, each.fields) for each in kept]

"""The page of figures: what calls held over the API came to, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from callcenter.store.analytics import Analytics
from tests.factories import NOON

pytestmark = pytest.mark.unit

DAY = timedelta(days=1)


@pytest.fixture
async def talked(client):
    """A call in Arabic that left a ticket, one in English that was resolved with a score of 4."""
    arabic = (await client.post("/api/calls?language=ar")).json()["call_id"]
    await client.post(f"/api/conversations/{arabic}/message", json={"message": "موقعي معطل منذ أمس وأنا غاضب جداً"})
    english = (await client.post("/api/calls", json={"language": "en", "channel": "whatsapp"})).json()["call_id"]
    await client.post(f"/api/conversations/{english}/message", json={"message": "What services do you offer?"})
    await client.delete(f"/api/conversations/{english}?satisfaction=4")


async def read(client, **query):
    response = await client.get("/api/analytics", params=query)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.usefixtures("talked")
async def test_the_last_thirty_days_are_told_of_unless_somebody_says_otherwise(client, app):
    found = await read(client)
    whole = Analytics.model_validate(found)
    assert whole.started_until - whole.started_from == timedelta(days=30)
    assert (found["by"], found["time_zone"]) == (None, app.company.timezone)
    (figures,) = found["groups"]
    assert figures["calls"]["started"] == 2
    assert figures["containment"] == {"count": 1, "of": 1, "rate": 1.0}
    assert figures["escalation"] == {"count": 1, "of": 2, "rate": 0.5}
    assert figures["tickets"]["sla"] == {"met": 0, "breached": 0, "waiting": 1, "rate": None}
    assert figures["satisfaction"]["average"] == 4.0
    assert figures["tokens"]["input"] is None


@pytest.mark.usefixtures("talked")
async def test_a_period_leaves_out_what_is_not_in_it(client):
    before = {"from": (NOON - 2 * DAY).isoformat(), "until": (NOON - DAY).isoformat()}
    assert (await read(client, **before))["groups"][0]["calls"]["started"] == 0
    only_until = await read(client, until=(NOON + DAY).isoformat())
    assert only_until["started_from"] == "2026-10-04T12:00:00Z"
    assert only_until["groups"][0]["calls"]["started"] == 2


@pytest.mark.usefixtures("talked")
async def test_figures_are_split_and_filtered(client):
    arabic, english = (await read(client, by="language"))["groups"]
    assert [arabic["group"], english["group"]] == ["ar", "en"]
    assert [arabic["tickets"]["opened"], english["tickets"]["opened"]] == [1, 0]
    (whatsapp,) = (await read(client, channel="whatsapp"))["groups"]
    assert whatsapp["intents"]["service_inquiry"] == whatsapp["calls"]["started"] == 1
    days = (await read(client, by="day", **{"from": (NOON - DAY).isoformat(), "language": "ar"}))["groups"]
    assert [(each["group"], each["calls"]["started"]) for each in days] == [("2026-11-01", 0), ("2026-11-02", 1)]
    assert (await read(client, persona="sales", language="ar"))["groups"][0]["calls"]["started"] == 0


@pytest.mark.usefixtures("talked")
@pytest.mark.parametrize("accept", [True, False])
async def test_a_spreadsheet_has_a_row_for_each_group(client, accept):
    query = {"by": "language"} | ({} if accept else {"format": "csv"})
    response = await client.get("/api/analytics", params=query, headers={"accept": "text/csv"} if accept else {})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbfgroup,")
    arabic, english = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert (arabic["group"], english["group"]) == ("ar", "en")
    assert (arabic["calls_started"], arabic["tickets_opened"], arabic["sentiment_first_sentiments_angry"]) == (
        *("1", "1", "1"),
    )
    assert (arabic["containment_rate"], english["containment_rate"]) == ("", "1.0"), "no data is an empty cell"
    assert arabic["handoffs_reception_complaints"] == "1"


async def test_columns_are_the_same_whatever_was_counted(client, talked):
    headers = [
        (await client.get("/api/analytics", params={"format": "csv", **query})).text.splitlines()[0]
        for query in ({}, {"by": "day"}, {"language": "en", "persona": "complaints"})
    ]
    assert len(set(headers)) == 1
    assert len(headers[0].split(",")) > 100
    assert talked is None


async def test_a_format_that_is_named_wins_over_what_a_browser_accepts(client):
    response = await client.get("/api/analytics?format=json", headers={"accept": "text/csv"})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"from": "2025-01-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}, "400 days"),
        ({"from": "2026-11-02T00:00:00Z", "until": "2026-11-02T00:00:00Z"}, "earlier than `until`"),
        ({"from": "2027-01-01T00:00:00Z"}, "earlier than `until`"),
        ({"from": "2026-11-02T00:00:00"}, "timezone"),
        ({"from": "1700000000"}, "its offset"),
        ({"by": "agent"}, "language"),
        ({"language": "fr"}, "ar"),
    ],
)
async def test_what_can_not_be_told_is_refused_with_the_reason(client, query, said):
    response = await client.get("/api/analytics", params=query)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert said in response.json()["errors"][0]["message"]

"""Starting, listing and reading calls over REST."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit

GREETED = {"call_id", "greeting", "persona", "language"}


@pytest.mark.parametrize(("language", "name"), [("ar", "علي"), ("en", "Alice")])
async def test_a_call_is_started_with_query_parameters(client, language, name):
    response = await client.post("/api/calls", params={"customer_name": name, "language": language})
    started = response.json()
    assert response.status_code == 201
    assert started.keys() >= GREETED
    assert (started["persona"], started["language"], started["customer_name"]) == ("reception", language, name)
    assert name in started["greeting"]
    assert (await client.get(response.headers["location"])).json()["call_id"] == started["call_id"]


async def test_a_call_is_started_with_a_json_body(client):
    facts = {
        "call_id": "SHOP-7",
        "customer_name": "سارة",
        "language": "ar",
        "channel": "whatsapp",
        "phone": "+966501234567",
    }
    started = (await client.post("/api/calls", json=facts)).json()
    state = (await client.get("/api/calls/SHOP-7")).json()
    assert started["call_id"] == state["call_id"] == "SHOP-7"
    assert (state["customer_name"], state["channel"]) == ("سارة", "whatsapp")
    assert state["slots"]["phone"] == "+966501234567"


async def test_the_body_wins_over_the_query(client):
    response = await client.post("/api/calls?customer_name=Query&language=ar", json={"customer_name": "Body"})
    started = response.json()
    assert (started["customer_name"], started["language"]) == ("Body", "ar")


async def test_nothing_need_be_said_to_start_a_call(client):
    started = (await client.post("/api/calls")).json()
    assert started["customer_name"] is None
    assert started["seq"] == 2


async def test_an_id_is_given_once(client):
    await client.post("/api/calls", json={"call_id": "SAME"})
    again = await client.post("/api/calls", json={"call_id": "SAME"})
    assert (again.status_code, again.json()["code"]) == (409, "call_exists")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  ", None),
        ("", None),
        ("\u202eevil\u202c", "evil"),
        ("a\x00b\nc\t d", "ab c d"),
        ("'); DROP TABLE conversations;--", "'); DROP TABLE conversations;--"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("محمد عبد الله", "محمد عبد الله"),
        ("\u200f", None),
    ],
)
async def test_a_name_is_kept_readable_and_otherwise_as_given(client, sent, kept):
    for response in (
        await client.post("/api/calls", json={"customer_name": sent}),
        await client.post("/api/calls", params={"customer_name": sent}),
    ):
        assert response.status_code == 201
        assert response.json()["customer_name"] == kept


async def test_bytes_that_are_no_text_do_no_harm_in_a_query(client):
    response = await client.post("/api/calls?customer_name=%ED%A0%80%FF%00x")
    assert response.status_code == 201
    assert response.json()["customer_name"].endswith("x")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"customer_name": "x" * 121}, "body.customer_name"),
        ({"language": "fr"}, "body.language"),
        ({"call_id": "../etc"}, "body.call_id"),
        ({"phone": "call me"}, "body.phone"),
        ({"channel": "pigeon"}, "body.channel"),
        ({"customr_name": "Ali"}, "body.customr_name"),
    ],
)
async def test_what_does_not_fit_is_refused_by_field(client, facts, field):
    response = await client.post("/api/calls", json=facts)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert [each["field"] for each in response.json()["errors"]] == [field]


async def test_a_bad_query_is_refused_by_field(client):
    response = await client.post("/api/calls?language=fr")
    assert [each["field"] for each in response.json()["errors"]] == ["query.language"]


async def test_calls_are_listed_newest_first_a_page_at_a_time(client, callers):
    ids = [await callers(call_id=f"C{number}") for number in range(5)]
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/calls", params=params)).json()
        seen += [each["call_id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]


async def test_lists_hold_what_was_asked_for(client, callers):
    await callers(call_id="A", language="ar")
    await callers(call_id="E", language="en", channel="phone")
    await client.delete("/api/conversations/E")

    async def found(**wanted):
        return [each["call_id"] for each in (await client.get("/api/calls", params=wanted)).json()["items"]]

    assert await found(language="ar") == ["A"]
    assert await found(channel="phone") == ["E"]
    assert await found(ended="true") == ["E"]
    assert await found(ended="false") == ["A"]
    assert await found(persona="sales") == []
    moment = (await client.get("/api/calls/E")).json()["started_at"]
    assert await found(started_from="2026-11-02T12:00:00Z", started_until=moment) == ["A"]
    assert await found(started_from=moment) == ["E"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "persona=nobody", "started_from=2026-11-02T12:00", "started_until=0.5"]
)
async def test_a_list_says_which_parameter_is_wrong(client, query):
    response = await client.get(f"/api/calls?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "query." + query.partition("=")[0]


async def test_a_cursor_of_ones_own_making_is_refused(client):
    response = await client.get("/api/calls?cursor=mine")
    assert (response.status_code, response.json()["code"]) == (404, "page_not_found")


async def test_the_state_has_what_users_rely_on(client, callers):
    state = (await client.get(f"/api/calls/{await callers(customer_name='علي', language='ar')}")).json()
    assert state.keys() >= {
        "call_id", "customer_name", "language", "current_persona", "message_count", "user_message_count", "last_intent",
        "overall_sentiment", "personas_used", "escalation_count", "conversation_duration_seconds",
    }  # fmt: skip


@pytest.mark.parametrize("call_id", ["NOBODY", "a b", "%00", "..%2Fx", "x" * 200, "%D8%B9"])
async def test_a_call_nobody_knows_is_not_found(client, call_id):
    response = await client.get(f"/api/calls/{call_id}")
    assert response.status_code == 404


async def test_paths_may_end_in_a_slash(client, callers):
    call_id = await callers()
    for path in ("/api/calls", f"/api/calls/{call_id}", f"/api/conversations/{call_id}/transcript", "/healthz"):
        assert (await client.get(path)).status_code == (await client.get(path + "/")).status_code == 200
    assert (await client.post("/api/calls/")).status_code == 201

"""Service scripts over HTTP: written, published, followed on a call, and chosen for one at the desk."""

from __future__ import annotations

import json

import pytest

from callcenter.api.openapi import EXAMPLES

pytestmark = pytest.mark.unit

SCRIPTS = "/api/scripts"
VISIT = json.loads(EXAMPLES.read_text(encoding="utf-8"))["create_script"]["request"]["arabic"]["value"]


async def says(client, call_id, *texts):
    answers = []
    for text in texts:
        answer = await client.post(f"/api/conversations/{call_id}/message", json={"message": text})
        answers.append(answer.json())
    return answers


@pytest.mark.parametrize(
    ("language", "texts", "asked"),
    [
        (
            "en",
            ("We need a website, an online store", "about 12 pages", "both", "What are your opening hours?", "in May"),
            [2, 3, 4, 4, 5],
        ),
        (
            "ar",
            ("نحتاج موقعاً، متجر إلكتروني", "١٢ صفحة تقريباً", "كلتاهما", "ما هي أوقات الدوام عندكم؟", "في مايو"),
            [2, 3, 4, 4, 5],
        ),
    ],
)
async def test_a_script_driven_call_skips_what_is_known_and_ends_with_its_final_step(
    client, callers, language, texts, asked
):
    call_id = await callers(language=language)
    replies = await says(client, call_id, *texts)
    assert [each["script"]["step"] for each in replies] == asked
    assert {each["script"]["id"] for each in replies} == {"website-brief"}
    assert not any(each["script"]["is_final_step"] for each in replies)
    *_, last = await says(client, call_id, "I don't know" if language == "en" else "لا أعرف", "0501234567")
    assert last["script"] == {
        "id": "website-brief",
        "step": 6,
        "total_steps": 6,
        "is_final_step": True,
        "step_id": None,
    }
    assert last["ticket"]["category"] == "callback"
    for told in ("12", "0501234567", last["ticket"]["number"]):
        assert told in last["assistant_response"]
    after = await client.patch(f"/api/conversations/{call_id}", json={"message": "thanks, bye"})
    assert after.json()["script"] is None
    events = (await client.get(f"/api/conversations/{call_id}/events")).json()["events"]
    questions = [each["script"]["step_id"] for each in events if each.get("script") and each["script"]["step_id"]]
    assert questions == ["pages", "languages", "deadline", "deadline", "budget", "contact"]


async def test_the_script_stands_in_the_event_of_a_streamed_reply(client, callers):
    call_id = await callers(language="en")
    answer = await client.post(
        f"/api/conversations/{call_id}/message", params={"stream": "true"}, json={"message": "I need a new website"}
    )
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    [reply] = [event for event in events if event["event"] == "assistant_message"]
    assert reply["script"] == {
        "id": "website-brief",
        "step": 1,
        "total_steps": 6,
        "is_final_step": False,
        "step_id": "site-kind",
    }


async def test_a_script_is_written_published_followed_edited_and_archived(client, callers):
    made = await client.post(SCRIPTS, json=VISIT)
    assert (made.status_code, made.headers["location"]) == (201, f"{SCRIPTS}/site-visit")
    assert (made.json()["status"], made.json()["version"]) == ("draft", 1)
    text = "أريد زيارة إلى مقرنا بخصوص شراء موقع"
    [before] = await says(client, await callers(language="ar"), text)
    assert before["script"] is None
    assert (await client.post(f"{SCRIPTS}/site-visit/publish?version=1")).json()["status"] == "published"
    call_id = await callers(language="ar")
    [followed] = await says(client, call_id, text)
    assert (followed["script"]["id"], followed["script"]["total_steps"]) == ("site-visit", 2)
    edit = {"steps": VISIT["steps"][1:], "version": 2}
    assert len((await client.patch(f"{SCRIPTS}/site-visit", json=edit)).json()["steps"]) == 1
    late = await client.patch(f"{SCRIPTS}/site-visit", json=edit)
    assert (late.status_code, late.json()["code"]) == (409, "script_conflict")
    [on] = await says(client, call_id, "الأحد")
    assert on["script"]["step_id"] == "contact"
    assert (await client.post(f"{SCRIPTS}/site-visit/archive")).json()["status"] == "archived"
    [given_up] = await says(client, call_id, "0501234567")
    assert given_up["script"] is None
    versions = (await client.get(f"{SCRIPTS}/site-visit/versions")).json()["versions"]
    assert [(each["version"], each["status"], each["actor"]) for each in versions] == [
        *((1, "draft", "local"), (2, "published", "local"), (3, "published", "local"), (4, "archived", "local"))
    ]
    listed = (await client.get(SCRIPTS, params={"status": "archived"})).json()["items"]
    assert [(each["id"], each["total_steps"]) for each in listed] == [("site-visit", 1)]
    assert len((await client.get(SCRIPTS)).json()["items"]) >= 5


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/no-such", None, 404, "script_not_found"),
        ("GET", "/a%00b/versions", None, 404, "script_not_found"),
        ("PATCH", "/no-such", {"category": "general"}, 404, "script_not_found"),
        ("POST", "/no-such/publish", None, 404, "script_not_found"),
        ("POST", "", {**VISIT, "id": "website-brief"}, 409, "script_exists"),
        ("POST", "", {**VISIT, "id": "Not An Id"}, 422, "invalid_request"),
        ("POST", "", {**VISIT, "steps": []}, 422, "invalid_request"),
        ("POST", "", {**VISIT, "title": {"ar": "زيارة"}}, 422, "invalid_request"),
        ("POST", "", {**VISIT, "title": {"ar": "زيارة", "en": "a\0b"}}, 422, "invalid_request"),
        ("POST", "", {**VISIT, "demand": {"phrases": {"ar": ["زيارة"]}}}, 422, "invalid_request"),
        ("POST", "", {**VISIT, "demand": {**VISIT["demand"], "services": ["no-such"]}}, 422, "invalid_request"),
        ("POST", "", {**VISIT, "steps": [VISIT["steps"][0], VISIT["steps"][0]]}, 422, "invalid_request"),
        ("PATCH", "/website-brief", {"steps": [VISIT["steps"][0]] * 2}, 422, "invalid_request"),
        ("PATCH", "/website-brief", {"nonsense": 1}, 422, "invalid_request"),
    ],
)
async def test_what_can_not_be_done_is_a_problem(client, method, path, body, status, code):  # noqa: PLR0917 (a case)
    answer = await client.request(method, f"{SCRIPTS}{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_agent_sees_changes_and_drops_the_script_of_a_call(client, callers):
    call_id = await callers(language="en")
    place = f"/api/desk/calls/{call_id}/script"
    assert (await client.get(place)).json() == {"followed": None, "script": None}
    await says(client, call_id, "Hello, we are a bakery and would like 12 pages on the web")
    chosen = (await client.put(place, json={"script_id": "website-brief"})).json()
    assert (chosen["followed"]["reason"], chosen["followed"]["step"]) == ("chosen by local", "site-kind")
    assert chosen["followed"]["facts"] == [{"step": "pages", "value": "12"}]
    assert chosen["script"]["steps"][0]["guideline"]["en"]
    again = (await client.put(place, json={"script_id": "website-brief"})).json()
    assert again == chosen
    [reply] = await says(client, call_id, "ok")
    assert (reply["script"]["step_id"], reply["persona"]) == ("site-kind", "sales")
    changed = (await client.put(place, json={"script_id": "training-enrolment"})).json()
    assert changed["followed"]["script_id"] == "training-enrolment"
    [card] = [each for each in (await client.get("/api/desk/calls")).json()["items"] if each["call_id"] == call_id]
    assert card["script"] == changed["followed"]
    dropped = (await client.delete(place)).json()["followed"]
    assert (dropped["dropped"], dropped["done"]) == ("agent", False)
    [reply] = await says(client, call_id, "I need a new website")
    assert reply["script"] is None
    for method, body in (("DELETE", None), ("PUT", {"script_id": "no-such"})):
        refused = await client.request(method, place, json=body)
        assert (refused.status_code, refused.json()["code"]) == (404, "script_not_found")
    log = (await client.get(f"/api/conversations/{call_id}/events")).json()["events"]
    assert [(each["by"], each["reason"]) for each in log if each["event"] == "script_dropped"] == [
        *(("local", "replaced"), ("local", "agent"))
    ]


async def test_an_agent_who_has_the_call_keeps_it_and_the_script_is_theirs_to_ask(client, callers):
    call_id = await callers(language="en")
    await client.post(f"/api/desk/calls/{call_id}/claim", json={})
    chosen = await client.put(f"/api/desk/calls/{call_id}/script", json={"script_id": "website-brief"})
    assert chosen.json()["followed"]["step"] == "site-kind"
    card = next(each for each in (await client.get("/api/desk/calls")).json()["items"] if each["call_id"] == call_id)
    assert (card["mode"], card["persona"]) == ("human", "reception")
    [silent] = await says(client, call_id, "an online store please")
    assert (silent["assistant_response"], silent["script"]) == (None, None)
    seen = (await client.get(f"/api/desk/calls/{call_id}/script")).json()["followed"]
    assert (seen["facts"], seen["step"]) == ([{"step": "site-kind", "value": "store"}], "pages")

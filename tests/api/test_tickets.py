"""Tickets over REST."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit

COMPLAINTS = {
    "ar": "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً",
    "en": "Your platform is not working properly. It keeps crashing.",
}


@pytest.fixture
def complain(client, callers):
    async def complaint(language="en", **facts):
        call_id = await callers(language=language, **facts)
        path = f"/api/conversations/{call_id}/message"
        return (await client.post(path, json={"message": COMPLAINTS[language]})).json()["ticket"]

    return complaint


async def test_tickets_are_listed_newest_first_and_by_what_is_asked(client, complain):
    angry, technical = await complain("ar", call_id="A"), await complain("en", call_id="B")

    async def found(**wanted):
        return [each["number"] for each in (await client.get("/api/tickets", params=wanted)).json()["items"]]

    assert await found() == [technical["number"], angry["number"]]
    assert await found(priority="urgent") == [angry["number"]]
    assert await found(call_id="B") == [technical["number"]]
    assert await found(status="new", category=technical["category"], call_id="B") == [technical["number"]]
    assert await found(status="closed") == []
    page = (await client.get("/api/tickets?limit=1")).json()
    assert await found(limit=1, cursor=page["next"]) == [angry["number"]]


async def test_a_ticket_is_changed_and_the_change_noted(client, complain):
    ticket = await complain()
    path = f"/api/tickets/{ticket['number']}"
    changed = (await client.patch(path, json={"status": "open", "assignee": "Mona", "version": 1})).json()
    history = (await client.get(f"{path}/history")).json()
    assert (changed["status"], changed["assignee"], changed["version"]) == ("open", "Mona", 2)
    assert (await client.get(path)).json() == changed
    assert [each["version"] for each in history["history"]] == [1, 2]
    assert history["history"][1]["actor"] == "local"
    assert history["history"][1]["changes"]["assignee"] == "Mona"


async def test_a_change_on_an_old_version_is_refused(client, complain):
    path = f"/api/tickets/{(await complain())['number']}"
    await client.patch(path, json={"status": "open", "version": 1})
    response = await client.patch(path, json={"assignee": "Omar", "version": 1})
    assert (response.status_code, response.json()["code"]) == (409, "ticket_conflict")


async def test_a_status_that_can_not_follow_is_told_which_can(client, complain):
    response = await client.patch(f"/api/tickets/{(await complain())['number']}", json={"status": "reopened"})
    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert set(response.json()["allowed"]) == {"open", "pending", "resolved", "closed"}


@pytest.mark.parametrize("change", [{"status": "done"}, {"priorty": "high"}, {"assignee": ""}, {"version": 0}])
async def test_a_change_that_is_none_is_refused(client, complain, change):
    response = await client.patch(f"/api/tickets/{(await complain())['number']}", json=change)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("number", ["TKT-99999999", "x y", "%00"])
async def test_an_unknown_ticket_is_not_found(client, number):
    for response in (
        await client.get(f"/api/tickets/{number}"),
        await client.get(f"/api/tickets/{number}/history"),
        await client.patch(f"/api/tickets/{number}", json={"status": "open"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "ticket_not_found")


async def test_a_ticket_says_until_when_an_answer_is_due_and_why(client, complain):
    number = (await complain("ar"))["number"]
    ticket = (await client.get(f"/api/tickets/{number}")).json()
    assert ticket["sla"]["due_at"] == ticket["due_at"]
    assert ticket["sla"]["state"] == "ok"
    steps = ticket["sla"]["explained"]
    assert [step["en"].split(":")[0] for step in steps[1:2]] == ["Priority urgent"]
    assert steps[1]["ar"].startswith("الأولوية عاجلة: الرد خلال 4:00 ساعة")
    assert steps[0]["en"].startswith("The clock started on")
    assert steps[-1]["en"].startswith("So it is due on")
    listed = (await client.get("/api/tickets")).json()["items"]
    assert listed[0]["sla"] == {**ticket["sla"], "explained": None}


async def test_a_changed_priority_does_not_change_what_was_promised(client, complain):
    path = f"/api/tickets/{(await complain('ar'))['number']}"
    before = (await client.get(path)).json()["sla"]
    after = (await client.patch(path, json={"priority": "low"})).json()["sla"]
    assert after == before


async def test_tickets_are_listed_by_due_time_by_agent_and_by_being_late(client, complain):
    later, sooner = await complain("en", call_id="B"), await complain("ar", call_id="A")
    assert sooner["due_at"] < later["due_at"]
    await client.patch(f"/api/tickets/{later['number']}", json={"assignee": "منى"})

    async def found(**wanted):
        return [each["number"] for each in (await client.get("/api/tickets", params=wanted)).json()["items"]]

    assert await found(order="due") == [sooner["number"], later["number"]]
    assert await found(assignee="منى") == [later["number"]]
    assert await found(breached="true") == []
    assert await found(breached="false") == [sooner["number"], later["number"]]
    response = await client.get("/api/tickets", params={"order": "due", "limit": 1})
    newest = await client.get("/api/tickets", params={"cursor": response.json()["next"]})
    assert newest.json()["code"] == "page_not_found"

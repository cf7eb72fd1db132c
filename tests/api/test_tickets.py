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


async def test_a_ticket_can_be_taken_from_whoever_has_it(client, complain):
    path = f"/api/tickets/{(await complain())['number']}"
    await client.patch(path, json={"assignee": "Mona"})
    freed = (await client.patch(path, json={"unassign": True})).json()
    assert (freed["assignee"], freed["version"]) == (None, 3)
    again = (await client.patch(path, json={"unassign": True})).json()
    assert again["version"] == 3, "nothing changed"
    history = (await client.get(f"{path}/history")).json()["history"]
    assert history[-1]["changes"] == {"assignee": None}


@pytest.mark.parametrize(
    "change",
    [{"status": "done"}, {"priorty": "high"}, {"assignee": ""}, {"version": 0}, {"assignee": "Mona", "unassign": True}],
)
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


@pytest.mark.parametrize(
    ("query", "languages"),
    [("يعمل", {"ar"}), ("اليوم", set()), ("CRASHING platform", {"en"}), ("المَوْقع", {"ar"}), ("tkt", {"ar", "en"})],
)
async def test_tickets_are_found_by_words(client, complain, query, languages):
    made = {language: (await complain(language))["number"] for language in ("ar", "en")}
    page = (await client.get("/api/tickets", params={"q": query})).json()
    assert {each["number"] for each in page["items"]} == {made[language] for language in languages}


@pytest.mark.parametrize("query", ["", "x" * 201])
async def test_a_question_of_no_length_is_refused(client, query):
    response = await client.get("/api/tickets", params={"q": query})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_comments_are_listed_in_order_and_found(client, complain):
    path = f"/api/tickets/{(await complain('ar'))['number']}"
    for comment in ("  الطرد عند الجيران  ", "neighbours called"):
        response = await client.post(f"{path}/comments", json={"comment": comment})
        assert response.status_code == 201
    listed = (await client.get(f"{path}/comments")).json()
    assert listed["comments"][1] == response.json()
    assert [(each["author"], each["comment"], each["version"]) for each in listed["comments"]] == [
        ("local", "الطرد عند الجيران", 2),
        ("local", "neighbours called", 3),
    ]
    assert (await client.get("/api/tickets?q=جيران")).json()["items"][0]["number"] == listed["number"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "invalid_request"),
        ({"comment": "x" * 4001}, "invalid_request"),
        ({"comment": "seen", "author": "me"}, "invalid_request"),
        ({"comment": 5}, "invalid_request"),
        ({"comment": "   \u200f"}, "empty_message"),
    ],
)
async def test_a_comment_that_is_none_is_refused(client, complain, sent, code):
    path = f"/api/tickets/{(await complain())['number']}/comments"
    response = await client.post(path, json=sent)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert (await client.get(path)).json()["comments"] == []


async def test_no_customer_sees_a_comment(client, complain):
    ticket = await complain("ar", call_id="A")
    await client.post(f"/api/tickets/{ticket['number']}/comments", json={"comment": "وعده زميلنا بهدية"})
    for what in ("events", "transcript", "stats"):
        assert "بهدية" not in (await client.get(f"/api/conversations/A/{what}")).text


async def test_a_duplicate_is_merged_and_stays_readable(client, complain):
    angry, technical = await complain("ar", call_id="A"), await complain("en", call_id="B")
    await client.post(f"/api/tickets/{angry['number']}/comments", json={"comment": "اتصل مرتين"})
    path = f"/api/tickets/{angry['number']}"
    merged = (await client.post(f"{path}/merge", json={"into": technical["number"]})).json()
    assert (merged["duplicate"]["status"], merged["duplicate"]["merged_into"]) == ("closed", technical["number"])
    assert (merged["target"]["priority"], merged["target"]["duplicates"]) == ("urgent", [angry["number"]])
    assert merged["target"]["sla"]["due_at"] == angry["due_at"]
    assert (await client.get(f"/api/tickets/{technical['number']}")).json() == merged["target"]
    assert (await client.get(path)).json()["description"] == COMPLAINTS["ar"]
    assert (await client.get(f"{path}/comments")).json()["comments"][0]["comment"] == "اتصل مرتين"
    found = (await client.get("/api/tickets", params={"q": angry["number"]})).json()["items"]
    assert {each["number"] for each in found} == {angry["number"], technical["number"]}


async def test_what_can_not_be_merged_is_refused(client, complain):
    first, second = (await complain("ar", call_id="A"))["number"], (await complain("en", call_id="B"))["number"]

    async def refused(number, into):
        response = await client.post(f"/api/tickets/{number}/merge", json={"into": into})
        return response.status_code, response.json()["code"]

    assert await refused(first, first) == (409, "invalid_merge")
    assert await refused(first, "TKT-99999999") == (404, "ticket_not_found")
    await client.post(f"/api/tickets/{first}/merge", json={"into": second})
    assert await refused(first, second) == (409, "invalid_merge")
    assert await refused(second, first) == (409, "invalid_merge")
    reopened = await client.patch(f"/api/tickets/{first}", json={"status": "reopened"})
    assert (reopened.status_code, reopened.json()["allowed"]) == (409, [])


SAME_CALL = {
    "ar": (
        *("تأخر تسليم التطبيق ثلاثة أسابيع", "رقم العقد 88231", "رقمي 0501234567"),
        *("عندي موضوع ثانٍ: خصمتم مني مبلغاً زائداً في الفاتورة", "المبلغ 300 ريال"),
    ),
    "en": (
        *("The delivery of the app is three weeks late", "Contract number 88231", "My number is 0501234567"),
        *("I have another issue: you charged me too much on the invoice", "The amount is 300 SAR"),
    ),
}


@pytest.mark.parametrize("language", SAME_CALL)
async def test_what_a_customer_adds_goes_to_the_target_of_the_same_call(client, callers, language):
    path = f"/api/conversations/{await callers(language=language)}/message"
    *before, amount = SAME_CALL[language]
    numbers = [(await client.post(path, json={"message": each})).json()["ticket"]["number"] for each in before]
    first, second = dict.fromkeys(numbers)
    await client.post(f"/api/tickets/{second}/merge", json={"into": first})
    told = (await client.post(path, json={"message": amount})).json()
    assert (told["ticket"]["number"], told["ticket"]["amount"]) == (first, "300.00 SAR")
    assert (await client.get(f"/api/tickets/{second}")).json()["amount"] is None


ADDED = {"ar": "رقم الطلب 7474839 والموقع لا يعمل حتى الآن", "en": "My order number is 7474839, it crashed again"}


@pytest.mark.parametrize("language", COMPLAINTS)
async def test_what_a_customer_adds_goes_to_the_target_of_another_call(client, complain, language):
    target = await complain(language, call_id="FIRST")
    duplicate = await complain(language, call_id="SECOND")
    await client.patch(f"/api/tickets/{target['number']}", json={"status": "resolved"})
    await client.post(f"/api/tickets/{duplicate['number']}/merge", json={"into": target["number"]})
    said = await client.post("/api/conversations/SECOND/message", json={"message": ADDED[language]})
    own = said.json()["ticket"]
    assert (own["number"], own["status"], own["order_number"]) == (duplicate["number"], "closed", "7474839")
    now = (await client.get(f"/api/tickets/{target['number']}")).json()
    assert (now["status"], now["order_number"]) == ("reopened", "7474839")
    assert (now["call_id"], now["version"]) == ("FIRST", 4)
    history = (await client.get(f"/api/tickets/{target['number']}/history")).json()["history"]
    assert history[-1]["actor"] == "customer"
    log = (await client.get("/api/conversations/SECOND/events")).json()["events"]
    assert {each["ticket"]["number"] for each in log if "ticket" in each} == {duplicate["number"]}
    assert (await client.get("/api/calls/SECOND")).json()["tickets"] == [duplicate["number"]]


async def test_a_duplicate_whose_target_is_gone_is_worked_on_again(client, complain):
    target, duplicate = await complain("en", call_id="FIRST"), await complain("en", call_id="SECOND")
    await client.post(f"/api/tickets/{duplicate['number']}/merge", json={"into": target["number"]})
    await client.delete("/api/calls/FIRST")
    said = await client.post("/api/conversations/SECOND/message", json={"message": ADDED["en"]})
    own = said.json()["ticket"]
    assert (own["number"], own["status"], own["merged_into"]) == (duplicate["number"], "reopened", None)

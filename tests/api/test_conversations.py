"""Talking over REST: messages in both forms, handoffs by hand, transcript, figures, log, end."""

from __future__ import annotations

import pytest

from callcenter.calls import MAX_MESSAGE_CHARS

pytestmark = pytest.mark.unit

SALES = [("ar", "أنا مهتم بخدمة الإعلانات"), ("en", "I'm interested in your advertising service")]
COMPLAINTS = [
    ("ar", "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً"),
    ("en", "The website you delivered has not worked since yesterday and I am very angry"),
]


@pytest.fixture
def say(client):
    async def send(call_id, message, **more):
        return await client.post(f"/api/conversations/{call_id}/message", json={"message": message, **more})

    return send


@pytest.mark.parametrize(("language", "text"), SALES)
async def test_a_message_is_answered_with_how_it_was_understood(callers, say, language, text):
    response = await say(await callers(language=language), text)
    reply = response.json()
    assert response.status_code == 200
    assert reply.keys() >= {
        "assistant_response", "persona", "timestamp", "call_id", "message_id", "intent", "sentiment", "routing",
        "ticket", "seq",
    }  # fmt: skip
    assert (reply["persona"], reply["language"], reply["ticket"]) == ("sales", language, None)
    assert (reply["handoff"]["from_persona"], reply["handoff"]["to_persona"]) == ("reception", "sales")
    assert reply["intent"].keys() >= {"intent", "confidence", "keywords", "language", "reasoning"}
    assert reply["sentiment"].keys() >= {"sentiment", "confidence", "emotion_indicators", "reasoning"}
    assert reply["routing"].keys() >= {
        "target_persona", "priority", "suggested_action", "create_ticket", "escalation_needed", "reasoning",
    }  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [("en", "how long is the warranty?"), ("ar", "هل المواقع عليها كفالة؟")])
async def test_a_reply_says_which_articles_it_rests_on(callers, say, language, text):
    caller = await callers(language=language)
    assert (await say(caller, text)).json()["sources"] == ["warranty"]
    assert (await say(caller, "8812")).json()["sources"] == []


@pytest.mark.parametrize(("language", "text"), COMPLAINTS)
async def test_an_angry_customer_gets_a_ticket_in_the_reply(client, callers, say, language, text):
    reply = (await say(await callers(language=language), text)).json()
    assert (reply["persona"], reply["routing"]["escalation_needed"]) == ("complaints", True)
    assert reply["ticket"]["priority"] == "urgent"
    assert reply["ticket"]["number"] in reply["assistant_response"]
    kept = (await client.get(f"/api/tickets/{reply['ticket']['number']}")).json()
    assert kept == {**reply["ticket"], "sla": kept["sla"], "duplicates": []}


async def test_a_repeated_message_is_answered_once(client, callers, say):
    call_id = await callers(language="en")
    first = (await say(call_id, "What are your working hours?", message_id="m-1")).json()
    again = (await say(call_id, "What are your working hours?", message_id="m-1")).json()
    assert again == {**first, "repeated": True}
    assert (await client.get(f"/api/calls/{call_id}")).json()["user_message_count"] == 1


@pytest.mark.parametrize("text", ["", "   \n\t ", "\u202e\u200f\u200b", "\x00\x01", "\ufeff"])
@pytest.mark.parametrize("form", ["message", "patch"])
async def test_a_message_without_text_is_refused(client, callers, text, form):
    call_id = await callers()
    if form == "patch":
        response = await client.patch(f"/api/conversations/{call_id}", json={"message": text})
    else:
        response = await client.post(f"/api/conversations/{call_id}/message", json={"message": text})
    assert (response.status_code, response.json()["code"]) == (422, "empty_message")
    assert (await client.get(f"/api/calls/{call_id}")).json()["user_message_count"] == 0


@pytest.mark.parametrize("text", ["م" * (MAX_MESSAGE_CHARS + 1), "word " * 2000])
async def test_a_long_message_is_cut_marked_and_answered(client, callers, say, text):
    call_id = await callers()
    reply = (await say(call_id, text)).json()
    messages = (await client.get(f"/api/conversations/{call_id}/transcript")).json()["messages"]
    assert reply["truncated"]
    assert reply["assistant_response"]
    assert len(messages[1]["content"]) == MAX_MESSAGE_CHARS


@pytest.mark.parametrize(
    "text",
    ["<img src=x onerror=alert(1)>", "'; DROP TABLE tickets;--", "{{7*7}} ${x}", "🙂👩‍👩‍👧", "\u0600\u0300" * 50],
)
async def test_a_hostile_message_is_answered_like_any_other(callers, say, text):
    response = await say(await callers(), text)
    assert response.status_code == 200
    assert response.json()["assistant_response"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"message": 5},
        {"message": None},
        {"message": "hi", "language": "fr"},
        {"message": "hi", "message_id": "no spaces"},
        [],
    ],
)
async def test_a_message_that_is_none_is_refused(client, callers, sent):
    response = await client.post(f"/api/conversations/{await callers()}/message", json=sent)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


async def test_a_chat_client_may_send_fields_of_its_own(callers, say):
    assert (await say(await callers(), "hello", typing_ms=120, client="widget 3")).status_code == 200


async def test_a_message_to_an_unknown_call_is_refused(say):
    response = await say("NOBODY", "hello")
    assert (response.status_code, response.json()["code"]) == (404, "call_not_found")


async def test_the_conversations_form_opens_and_talks(client):
    opened = (await client.post("/api/conversations", json={"function": "customer_support", "language": "ar"})).json()
    assert opened.keys() >= {"conversation_id", "bot_id", "human_user_id"}
    path = f"/api/conversations/{opened['conversation_id']}"
    reply = (await client.patch(path, json={"message": "ما هي مواعيد العمل؟"})).json()
    assert reply["conversation_id"] == opened["conversation_id"]
    assert reply["bot_message"] == reply["assistant_response"]
    assert reply["bot_message"]
    assert (await client.get(f"{path}/transcript")).json()["statistics"]["total_messages"] == 3


async def test_an_unknown_function_is_told_what_there_is(client):
    response = await client.post("/api/conversations", json={"function": "fortune_telling"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert "customer_support" in response.json()["errors"][0]["message"]
    assert "fortune" not in response.text


async def test_a_persona_is_given_the_call_by_hand_once(client, callers):
    call_id = await callers(language="ar")
    path = f"/api/conversations/{call_id}/switch-persona"
    first = (await client.post(path, json={"persona": "sales"})).json()
    again = (await client.post(path, json={"persona": "sales"})).json()
    assert (first["persona"], first["previous_persona"], first["changed"]) == ("sales", "reception", True)
    assert first["message"]
    assert (again["persona"], again["changed"], again["message"], again["seq"]) == ("sales", False, None, first["seq"])
    assert (await client.get(f"/api/calls/{call_id}")).json()["current_persona"] == "sales"


async def test_an_unknown_persona_is_told_which_there_are(client, callers):
    response = await client.post(f"/api/conversations/{await callers()}/switch-persona", json={"persona": "wizard"})
    assert response.status_code == 422
    assert "reception" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(("language", "text"), SALES)
async def test_the_transcript_has_every_message_in_order(client, callers, say, language, text):
    call_id = await callers(language=language)
    reply = (await say(call_id, text)).json()
    transcript = (await client.get(f"/api/conversations/{call_id}/transcript")).json()
    assert [(each["role"], each["persona"]) for each in transcript["messages"]] == [
        ("assistant", "reception"),
        ("user", None),
        ("assistant", "sales"),
    ]
    assert [each["content"] for each in transcript["messages"]][1:] == [text, reply["assistant_response"]]
    assert transcript["statistics"] == {
        "satisfaction": None,
        "total_messages": 3,
        "user_messages": 1,
        "assistant_messages": 2,
        "personas_used": ["reception", "sales"],
    }


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("json", "application/json"), ("txt", "text/plain"), ("csv", "text/csv"), ("html", "text/html")],
)
async def test_a_transcript_comes_in_every_form(client, callers, say, form, media_type):
    call_id = await callers(customer_name="<b>علي</b>", language="ar")
    await say(call_id, "أريد <script>alert(1)</script> الطلب 7474839")
    response = await client.get(f"/api/conversations/{call_id}/transcript?format={form}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media_type)
    assert f'filename="{call_id}.{form}"' in response.headers["content-disposition"]
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "7474839" in response.text
    assert form != "html" or "<script>alert" not in response.text


async def test_stats_have_what_users_rely_on(client, callers, say):
    call_id = await callers(language="en")
    await say(call_id, COMPLAINTS[1][1])
    stats = (await client.get(f"/api/conversations/{call_id}/stats")).json()
    assert stats.keys() >= {
        "call_id", "customer_name", "duration_seconds", "total_messages", "user_messages", "assistant_messages",
        "personas_used", "intents_detected", "sentiment_progression", "escalations", "ticket_created", "outcome",
        "satisfaction",
    }  # fmt: skip
    assert (stats["ticket_created"], stats["user_messages"], stats["outcome"]) == (True, 1, None)


async def test_the_log_is_read_after_an_event_and_in_parts(client, callers, say):
    call_id = await callers()
    await say(call_id, "hello")
    path = f"/api/conversations/{call_id}/events"
    whole = (await client.get(path)).json()
    assert [each["seq"] for each in whole["events"]] == list(range(1, whole["seq"] + 1))
    assert not whole["more"]
    part = (await client.get(path, params={"after": 1, "limit": 2})).json()
    assert (part["events"], part["seq"], part["more"]) == (whole["events"][1:3], 3, True)
    assert (await client.get(path, params={"after": 999})).json() == {
        "call_id": call_id,
        "events": [],
        "seq": 999,
        "more": False,
    }


async def test_an_ended_call_stays_readable_and_takes_no_more(client, callers, say):
    call_id = await callers(language="ar")
    await say(call_id, "مرحبا")
    path = f"/api/conversations/{call_id}"
    over = (await client.delete(path, params={"satisfaction": 5})).json()
    assert (over["call_id"], over["satisfaction"], over["outcome"]) == (call_id, 5, "resolved")
    for response in (
        await say(call_id, "مرحبا"),
        await client.patch(path, json={"message": "مرحبا"}),
        await client.post(f"{path}/message?stream=true", json={"message": "مرحبا"}),
        await client.post(f"{path}/switch-persona", json={"persona": "sales"}),
        await client.delete(path),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "call_ended")
    assert (await client.get(f"{path}/stats")).json()["outcome"] == "resolved"
    assert (await client.get(f"{path}/events")).json()["events"][-1]["event"] == "call_ended"
    assert (await client.get(f"{path}/transcript")).status_code == 200


@pytest.mark.parametrize("score", ["0", "6", "good"])
async def test_a_score_is_one_to_five(client, callers, score):
    response = await client.delete(f"/api/conversations/{await callers()}", params={"satisfaction": score})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "query.satisfaction")


@pytest.mark.parametrize("path", ["transcript", "stats", "events"])
async def test_what_an_unknown_call_became_is_not_found(client, path):
    response = await client.get(f"/api/conversations/NOBODY/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "call_not_found")

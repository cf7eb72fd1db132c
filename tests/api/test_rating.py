"""The customer's score over REST: given at the end, corrected, counted in figures."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit

TALK = {
    "ar": ("ما هي أوقات العمل؟", "شكراً، مع السلامة", "٤ من ٥"),
    "en": ("What are your opening hours?", "Thanks, bye", "four stars"),
}
ASKED = {"ar": "من 1 إلى 5", "en": "from 1 to 5"}


@pytest.fixture
def talk(client, callers):
    async def talking(language, *messages, **facts):
        call_id = await callers(language=language, **facts)
        path = f"/api/conversations/{call_id}/message"
        replies = [(await client.post(path, json={"message": each})).json() for each in messages]
        return call_id, [each["assistant_response"] for each in replies]

    return talking


async def log_of(client, call_id):
    return (await client.get(f"/api/conversations/{call_id}/events")).json()["events"]


@pytest.mark.parametrize("language", TALK)
async def test_a_score_given_in_the_chat_is_counted_everywhere(client, talk, language):
    call_id, replies = await talk(language, *TALK[language])
    assert [ASKED[language] in each for each in replies] == [False, True, False]
    assert "4" in replies[-1]
    assert (await client.get(f"/api/conversations/{call_id}/stats")).json()["satisfaction"] == 4
    assert (await client.get(f"/api/calls/{call_id}")).json()["satisfaction"] == 4
    over = (await client.delete(f"/api/conversations/{call_id}")).json()
    assert (over["satisfaction"], over["asks_rating"]) == (4, False)
    (figures,) = (await client.get("/api/analytics")).json()["groups"]
    assert (figures["satisfaction"]["count"], figures["satisfaction"]["average"]) == (1, 4.0)
    assert [each["event"] for each in await log_of(client, call_id)].count("csat_asked") == 1


@pytest.mark.parametrize("language", TALK)
async def test_a_call_ended_over_the_api_asks_once_and_takes_the_score_afterwards(client, talk, language):
    call_id, _ = await talk(language, TALK[language][0])
    over = (await client.delete(f"/api/conversations/{call_id}")).json()
    assert (over["satisfaction"], over["asks_rating"]) == (None, True)
    *_, asked, ended = await log_of(client, call_id)
    assert (asked["event"], ended["event"], over["seq"]) == ("csat_asked", "call_ended", ended["seq"])
    transcript = (await client.get(f"/api/conversations/{call_id}/transcript")).json()
    assert ASKED[language] in transcript["messages"][-1]["content"]
    rating = f"/api/conversations/{call_id}/rating"
    given = (await client.post(rating, json={"score": 2, "comment": " بطيء "})).json()
    assert given == {"call_id": call_id, "score": 2, "comment": "بطيء", "seq": ended["seq"] + 1}
    assert (await client.get(f"/api/conversations/{call_id}/stats")).json()["satisfaction"] == 2


async def test_the_last_score_counts_and_the_same_one_changes_nothing(client, talk):
    call_id, _ = await talk("en", TALK["en"][0])
    rating = f"/api/conversations/{call_id}/rating"
    scores = [(await client.post(rating, json={"score": score})).json() for score in (3, 3, 5, 4, 2, 1)]
    assert scores[0] == scores[1]
    assert [each["score"] for each in scores] == [3, 3, 5, 4, 2, 1]
    refused = await client.post(rating, json={"score": 5})
    assert (refused.status_code, refused.json()["code"]) == (409, "rating_settled")
    assert (await client.post(rating, json={"score": 1})).status_code == 200, "nothing new is no change"
    assert [each["score"] for each in await log_of(client, call_id) if each["event"] == "csat_given"] == [3, 5, 4, 2, 1]


@pytest.mark.parametrize(
    "sent", [{}, {"score": 0}, {"score": 6}, {"score": 4.5}, {"score": 3, "comment": "x" * 1001}, {"stars": 5}]
)
async def test_what_is_no_score_is_refused(client, talk, sent):
    call_id, _ = await talk("ar", TALK["ar"][0])
    refused = await client.post(f"/api/conversations/{call_id}/rating", json=sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_call_that_is_not_there_is_not_rated(client):
    refused = await client.post("/api/conversations/NONE/rating", json={"score": 5})
    assert (refused.status_code, refused.json()["code"]) == (404, "call_not_found")


@pytest.mark.parametrize("messages", [(), ("I want to talk to a human",), ("Your site is down and I am very angry",)])
async def test_who_never_spoke_waits_or_is_angry_is_not_asked_at_the_end(client, talk, messages):
    call_id, _ = await talk("en", *messages)
    assert (await client.delete(f"/api/conversations/{call_id}")).json()["asks_rating"] is False
    assert "csat_asked" not in [each["event"] for each in await log_of(client, call_id)]

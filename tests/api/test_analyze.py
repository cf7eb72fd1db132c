"""Understanding a message without a call."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language", "intent", "persona"),
    [
        ("أنا أبحث عن خدمة تصميم ويب، هل لديكم عرض أفضل؟", "ar", "sales_interest", "sales"),
        ("هل تقدمون برامج تدريب؟ أنا مهتم بالتسويق الرقمي", "ar", "training_interest", "sales"),
        ("Your platform is not working properly. It keeps crashing.", "en", "technical_support", "complaints"),
        ("What are your working hours?", "en", "information", "reception"),
    ],
)
async def test_a_message_is_understood_and_nothing_is_kept(client, text, language, intent, persona):
    understood = (await client.post("/api/analyze", json={"text": text})).json()
    assert understood.keys() >= {"language", "intent", "sentiment", "urgency", "entities", "routing"}
    assert (understood["language"], understood["intent"]["intent"]) == (language, intent)
    assert understood["routing"]["target_persona"] == persona
    assert (await client.get("/api/calls")).json()["items"] == []


async def test_the_words_a_verdict_rests_on_are_where_it_says(client):
    text = "Your platform keeps crashing, order number 7474839"
    understood = (await client.post("/api/analyze", json={"text": text})).json()
    found = [*understood["intent"]["evidence"], *understood["entities"]]
    assert found
    assert all(text[each["start"] : each["end"]] == each["text"] for each in found)


@pytest.mark.parametrize("text", ["", " ", "\u202e", "\u200b\u200f"])
async def test_there_must_be_something_to_understand(client, text):
    response = await client.post("/api/analyze", json={"text": text})
    assert (response.status_code, response.json()["code"]) == (422, "empty_message")


@pytest.mark.parametrize("text", ["12345", "🙂", "؟؟؟", "Bonjour, ça va?", "x" * 50_000])
async def test_whatever_it_is_it_gets_a_language_to_answer_in(client, text):
    response = await client.post("/api/analyze", json={"text": text})
    assert response.status_code == 200
    assert response.json()["language"] in ("ar", "en")

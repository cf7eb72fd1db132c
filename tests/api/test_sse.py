"""A turn as server-sent events."""

from __future__ import annotations

import json

import pytest

from callcenter.api.app import create_app
from tests.api.wire import FatefulVoice, asgi

pytestmark = pytest.mark.unit


def events(text: str) -> list[dict[str, str]]:
    """Read a stream as a browser does: fields of each event, comments left out."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


@pytest.mark.parametrize(
    ("language", "text"), [("ar", "أنا مهتم بخدمة الإعلانات"), ("en", "I'm interested in your advertising service")]
)
async def test_a_streamed_turn_shows_every_step_and_ends_with_the_answer(client, callers, language, text):
    call_id = await callers(language=language)
    response = await client.post(f"/api/conversations/{call_id}/message?stream=true", json={"message": text})
    got = events(response.text)
    kinds = [each["event"] for each in got]
    data = [json.loads(each["data"]) for each in got]
    stored = [each for each in data if "seq" in each]
    assert response.headers["content-type"].startswith("text/event-stream")
    assert [kind for kind in kinds if kind != "assistant_delta"] == [
        "user_message",
        "routing",
        "handoff",
        "assistant_message",
    ]
    assert kinds[-2:] == ["assistant_delta", "assistant_message"]
    assert [int(each["id"]) for each in got if "id" in each] == [each["seq"] for each in stored] == [3, 4, 5, 6]
    assert all(kind == each["event"] for kind, each in zip(kinds, data, strict=True))
    assert "".join(each["delta"] for each in data if each["event"] == "assistant_delta") == data[-1]["message"]
    log = (await client.get(f"/api/conversations/{call_id}/events?after=2")).json()["events"]
    assert stored == log


async def test_a_repeated_message_streams_what_it_led_to(client, callers):
    call_id = await callers(language="en")
    path, said = f"/api/conversations/{call_id}/message", {"message": "hello", "message_id": "m-1"}
    await client.post(path, json=said)
    again = events((await client.post(f"{path}?stream=true", json=said)).text)
    assert [each["event"] for each in again] == ["user_message", "routing", "assistant_message"]


@pytest.mark.parametrize(("language", "sorry"), [("ar", "نعتذر"), ("en", "Sorry")])
async def test_a_turn_that_fails_ends_with_an_error_in_the_calls_language(build, language, sorry):
    voice = FatefulVoice()
    app = await build(voice=voice)
    voice.store = app.store
    async with asgi(create_app(app)) as client:
        call_id = (await client.post("/api/calls", json={"language": language})).json()["call_id"]
        path = f"/api/conversations/{call_id}/message?stream=true"
        got = events((await client.post(path, json={"message": "hello", "message_id": "m-1"})).text)
    frame = json.loads(got[-1]["data"])
    assert [each["event"] for each in got] == ["user_message", "routing", "assistant_delta", "error"]
    assert (frame["code"], frame["message_id"]) == ("store_unavailable", "m-1")
    assert sorry in frame["message"]


async def test_an_unknown_call_is_no_stream(client):
    response = await client.post("/api/conversations/NOBODY/message?stream=true", json={"message": "hello"})
    assert (response.status_code, response.json()["code"]) == (404, "call_not_found")


@pytest.mark.parametrize(("wish", "status"), [("1", 200), ("false", 200), ("", 200), ("maybe", 422)])
async def test_the_wish_to_stream_is_true_or_false(client, callers, wish, status):
    response = await client.post(
        f"/api/conversations/{await callers()}/message?stream={wish}", json={"message": "hello"}
    )
    assert response.status_code == status

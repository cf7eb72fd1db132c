"""What is on the wire, to the byte: framing, odd framings, garbage, and where TCP splits it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from callcenter.llm.fake_openai import (
    COMMENT,
    NOT_JSON,
    NOT_UTF8,
    UNKNOWN_EVENT,
    Answer,
    Inserted,
    Pieces,
    huge_line,
    says,
)
from tests.llm.fake_openai.asking import LISTENERS, heard_by, listen_to_responses

pytestmark = pytest.mark.live

PIECES = ("نعم، ", "we are open 👍🏽")  # "yes"
TEXT = "".join(PIECES)

RESPONSES = ("/responses", {"model": "m", "input": "hi", "stream": True})
CHAT = ("/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True})


async def streamed(http: httpx.AsyncClient, request, **more) -> bytes:
    path, body = request
    response = await http.post(path, json={**body, **more})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-request-id"] == "req_1"
    return response.content


def data_of(content: bytes) -> list[dict[str, Any]]:
    lines = [line.removeprefix(b"data: ") for line in content.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


async def test_responses_name_and_number_every_event(fake, http):
    fake.script(says(*PIECES))
    content = await streamed(http, RESPONSES)
    events = data_of(content)
    assert [event["sequence_number"] for event in events] == list(range(10))
    blocks = content.decode().split("\n\n")
    assert blocks.pop() == ""
    assert [block.split("\n")[0] for block in blocks] == [f"event: {event['type']}" for event in events]
    assert "نعم" in content.decode()  # "yes", not escaped
    assert len({event["response"]["id"] for event in events if "response" in event}) == 1


async def test_chat_ends_with_done_and_counts_only_when_asked(fake, http):
    fake.script(says(*PIECES), says(*PIECES))
    content = await streamed(http, CHAT)
    assert content.endswith(b"\n\ndata: [DONE]\n\n")
    assert b"event:" not in content
    assert all(chunk["choices"] for chunk in data_of(content))
    path, body = CHAT
    counted = data_of((await http.post(path, json={**body, "stream_options": {"include_usage": True}})).content)
    assert {chunk["usage"] for chunk in counted[:-1]} == {None}
    assert counted[-1]["choices"] == []
    assert counted[-1]["usage"]["total_tokens"] == 15


async def test_what_can_be_left_out_is(fake, http):
    fake.script(Answer(pieces=PIECES, event_lines=False, sequence_numbers=False))
    content = await streamed(http, RESPONSES)
    assert b"event:" not in content
    assert b"sequence_number" not in content


async def test_chat_without_done_ends_all_the_same(fake, http):
    fake.script(Answer(pieces=PIECES, done=False))
    content = await streamed(http, CHAT)
    assert b"[DONE]" not in content
    assert data_of(content)[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("request_", [RESPONSES, CHAT])
async def test_crlf_is_used_throughout(fake, http, request_):
    fake.script(Answer(pieces=PIECES, crlf=True))
    content = await streamed(http, request_)
    assert content.count(b"\n") == content.count(b"\r\n") > 0


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize(
    "odd",
    [
        {"chunk_bytes": 1},
        {"chunk_bytes": 7},
        {"chunk_bytes": 7, "crlf": True},
        {"crlf": True},
        {"event_lines": False, "sequence_numbers": False, "done": False},
        {"inserted": (Inserted(0, COMMENT), Inserted(Pieces(1), COMMENT), Inserted(99, COMMENT))},
    ],
    ids=str,
)
async def test_odd_framings_are_read_all_the_same(fake, client, listen, odd):
    fake.script(Answer(pieces=PIECES, **odd))
    heard = await heard_by(listen(client))
    assert heard.text == TEXT
    assert heard.end in {"completed", "stop"}


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_chunks_are_no_larger_than_asked(fake, http, size):
    fake.script(Answer(pieces=PIECES, chunk_bytes=size))
    path, body = RESPONSES
    async with http.stream("POST", path, json=body) as response:
        sizes = [len(chunk) async for chunk in response.aiter_raw()]
    assert max(sizes) <= size
    assert (len(sizes) == 1) is (size == 100_000)


async def test_unknown_event_is_passed_on(fake, client):
    fake.script(Answer(pieces=PIECES, inserted=(Inserted(Pieces(1), UNKNOWN_EVENT),)))
    heard = await heard_by(listen_to_responses(client))
    assert (heard.text, heard.end) == (TEXT, "completed")
    assert "response.mystery" in heard.types


async def test_huge_line_arrives_whole(fake, client):
    fake.script(Answer(pieces=PIECES, inserted=(Inserted(Pieces(1), huge_line(3_000_000)),)))
    assert (await heard_by(listen_to_responses(client))).text == TEXT


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize(("garbage", "error"), [(NOT_JSON, json.JSONDecodeError), (NOT_UTF8, UnicodeDecodeError)])
async def test_garbage_stands_where_it_was_put(fake, client, listen, garbage, error):
    fake.script(Answer(pieces=PIECES, inserted=(Inserted(Pieces(2), garbage),)))
    text = ""
    with pytest.raises(error):  # noqa: PT012 (what was heard before it counts too)
        async for heard in listen(client):
            text = heard.text
    assert text == TEXT


@pytest.mark.parametrize("request_", [RESPONSES, CHAT])
async def test_body_can_be_garbage(fake, http, request_):
    fake.script(Answer(pieces=PIECES, inserted=(Inserted(0, NOT_UTF8),)))
    path, body = request_
    assert (await http.post(path, json={**body, "stream": False})).content == NOT_UTF8


@pytest.mark.parametrize("listen", LISTENERS)
async def test_status_200_can_carry_a_page(fake, client, listen):
    fake.script(Answer(body=b"<html>", content_type="text/html"))
    assert (await heard_by(listen(client))).types == []
    assert fake.requests[-1].streams

"""Requests that a real server would refuse are refused here, and models are listed; all in OpenAI's words."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from callcenter.llm.fake_openai import Answer, FakeOpenAI, serve
from callcenter.llm.fake_openai.app import MODELS

pytestmark = pytest.mark.live

HELLO: list[Any] = [{"role": "user", "content": "hi"}]
RESULT = {"type": "function_call_output", "call_id": "call_9", "output": "open"}
CALL = {"type": "function_call", "call_id": "call_9", "name": "find", "arguments": "{}"}

CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
OPEN: dict[str, Any] = {"type": "object", "properties": {}}
PARTLY = {**CLOSED, "required": []}
NESTED = {**CLOSED, "properties": {"a": {"type": "array", "items": OPEN}}}


def format_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "name": "verdict", "strict": True, "schema": schema}


async def test_models_are_listed_and_scripted_apart(fake, client):
    fake.script(Answer(status=500))
    assert [model.id async for model in client.models.list()] == list(MODELS)
    fake.script_models(Answer(status=429, headers={"Retry-After": "0"}))
    with pytest.raises(openai.RateLimitError):
        await client.models.list()
    assert [model.id async for model in client.models.list()] == list(MODELS)
    assert [request.api for request in fake.requests] == ["models"] * 3


@pytest.mark.parametrize(("key", "served"), [("right", True), ("wrong", False), ("righ", False)])
async def test_key_is_checked_by_every_path(key, served):
    fake = FakeOpenAI(key="right", models=["one", "two"])
    async with serve(fake) as url, AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:
        for ask in (
            client.models.list,
            lambda: client.responses.create(model="m", input="hi"),
            lambda: client.responses.create(model="m", input="hi", stream=True),
            lambda: client.chat.completions.create(model="m", messages=HELLO),
        ):
            with (
                nullcontext() if served else pytest.raises(openai.AuthenticationError, match="401 - Incorrect API key")
            ):
                await ask()


async def test_missing_key_is_refused_before_anything_else():
    async with serve(FakeOpenAI(key="right")) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        response = await http.post("/responses", content=b"{")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/responses", 405), ("POST", "/models", 405), ("POST", "/responses", 400)],
)
async def test_what_is_no_request_is_refused_as_json(http, method, path, status):
    response = await http.request(method, path)
    assert response.status_code == status
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/responses", {"input": "hi"}, "model"),
        ("/responses", {"model": "m"}, "input"),
        ("/responses", {"model": "m", "input": "hi", "messages": HELLO}, "messages"),
        ("/responses", {"model": "m", "input": "hi", "tools": [{"function": {"name": "find"}}]}, "tools[0].name"),
        ("/responses", {"model": "m", "input": [*HELLO, RESULT]}, "input"),
        ("/responses", {"model": "m", "input": "hi", "max_tokens": 9}, "max_tokens"),
        ("/responses", {"model": "m", "input": "hi", "text": {"format": format_of(OPEN)}}, "text.format.schema"),
        ("/responses", {"model": "m", "input": "hi", "text": {"format": format_of(PARTLY)}}, "text.format.schema"),
        ("/responses", {"model": "m", "input": "hi", "text": {"format": format_of(NESTED)}}, "text.format.schema"),
        (
            "/responses",
            {"model": "m", "input": "hi", "tools": [{"name": "x", "strict": True, "parameters": OPEN}]},
            "tools[0].parameters",
        ),
        (
            "/chat/completions",
            {
                "model": "m",
                "messages": HELLO,
                "response_format": {"type": "json_schema", "json_schema": format_of(OPEN)},
            },
            "response_format",
        ),
        ("/chat/completions", {"model": "m", "messages": HELLO, "max_output_tokens": 9}, "max_output_tokens"),
        ("/chat/completions", {"model": "m", "input": "hi"}, "messages"),
        ("/chat/completions", {"model": "m", "messages": HELLO, "input": "hi"}, "input"),
        ("/chat/completions", {"model": "m", "messages": HELLO, "tools": [{"name": "x"}]}, "tools[0].function.name"),
        ("/chat/completions", {"model": "m", "messages": [{"role": "tool", "tool_call_id": "call_9"}]}, "messages"),
    ],
)
async def test_mistakes_of_an_adapter_fail_as_they_would_there(fake, http, path, body, param):
    response = await http.post(path, json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/responses", {"model": "m", "input": [*HELLO, CALL, RESULT]}),
        ("/responses", {"model": "m", "input": "hi", "tools": [{"type": "function", "name": "find"}]}),
        ("/responses", {"model": "m", "input": "hi", "tools": [{"type": "web_search"}]}),
        ("/responses", {"model": "m", "input": "hi", "text": {"format": format_of(CLOSED)}}),
        ("/responses", {"model": "m", "input": "hi", "text": {"format": {**format_of(OPEN), "strict": False}}}),
        ("/chat/completions", {"model": "m", "messages": HELLO, "tools": [{"function": {"name": "find"}}]}),
        (
            "/chat/completions",
            {
                "model": "m",
                "messages": [
                    {"role": "assistant", "tool_calls": [{"id": "call_9", "function": {"name": "find"}}]},
                    {"role": "tool", "tool_call_id": "call_9", "content": "open"},
                ],
            },
        ),
    ],
)
async def test_what_is_right_is_served(http, path, body):
    assert (await http.post(path, json=body)).status_code == 200


async def test_refused_request_uses_up_no_answer(fake, http):
    fake.script(Answer(pieces=("Kept.",)))
    await http.post("/responses", json={"model": "m"})
    answered = await http.post("/responses", json={"model": "m", "input": "hi"})
    assert answered.json()["output"][0]["content"][0]["text"] == "Kept."


async def test_mistake_in_a_script_is_told(fake, http, caplog):
    fake.script(lambda request: Answer(pieces=(request.nothing,)))
    assert (await http.post("/responses", json={"model": "m", "input": "hi"})).status_code == 500
    assert "has no attribute 'nothing'" in caplog.text
    assert fake.requests[0].ended.is_set()

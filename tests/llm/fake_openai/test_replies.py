"""What a model says, by both APIs, as the openai client understands it."""

from __future__ import annotations

from typing import Literal

import pytest
from openai import LengthFinishReasonError
from pydantic import BaseModel, ValidationError

from callcenter.llm.fake_openai import Answer, Failure, ToolCall, Usage, says
from tests.llm.fake_openai.asking import LISTENERS, heard_by, listen_to_chat, listen_to_responses

pytestmark = pytest.mark.live

TOOL = {"name": "find_ticket", "description": "Find it.", "parameters": {"type": "object", "properties": {}}}
PIECES = ("نعم", "، ", "we are ", "open.\n", " 👍🏽")  # "yes"


class Verdict(BaseModel):
    intent: Literal["complaint", "other"]
    confidence: float


@pytest.mark.parametrize("listen", LISTENERS)
async def test_text_arrives_as_it_was_written(fake, client, listen):
    fake.script(says(*PIECES))
    heard = await heard_by(listen(client))
    assert heard.text == "".join(PIECES)
    assert heard.end in {"completed", "stop"}
    assert heard.tokens == 15


@pytest.mark.parametrize("listen", LISTENERS)
async def test_script_is_followed_in_order_and_then_it_speaks_by_itself(fake, client, listen):
    fake.script(says("one"), says("two"))
    texts = [(await heard_by(listen(client))).text for _ in range(3)]
    assert texts[:2] == ["one", "two"]
    assert texts[2] not in {"", "one", "two"}


@pytest.mark.parametrize("listen", LISTENERS)
async def test_callable_decides_whenever_the_queue_is_empty(fake, client, listen):
    fake.script(lambda request: says(f"You said: {request.last_user_message}"))
    fake.script(says("first"))
    assert (await heard_by(listen(client))).text == "first"
    for _ in range(2):
        assert (await heard_by(listen(client))).text.startswith("You said: When do you open?")


async def test_responses_send_the_complete_sequence(fake, client):
    fake.script(says("a", "b"))
    assert (await heard_by(listen_to_responses(client))).types == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        says("Hel", "lo"),
        Answer(pieces=("Hel", "lo"), tool_calls=(ToolCall("find_ticket"), ToolCall("find_ticket", '{"a": 1}'))),
        Answer(pieces=("Hello",), tool_calls=(ToolCall("find_ticket"),), calls_first=True),
    ],
)
async def test_the_strict_stream_helpers_accept_it(fake, client, answer):
    fake.script(answer, answer)
    async with client.responses.stream(model="m", input="hi", tools=[{"type": "function", **TOOL}]) as stream:
        whole = await stream.get_final_response()
    async with client.chat.completions.stream(
        model="m", messages=[{"role": "user", "content": "hi"}], tools=[{"type": "function", "function": TOOL}]
    ) as stream:
        completion = await stream.get_final_completion()
    assert whole.output_text == completion.choices[0].message.content == "Hello"
    called = [item.arguments for item in whole.output if item.type == "function_call"]
    assert called == [call.function.arguments for call in completion.choices[0].message.tool_calls or []]
    assert called == [call.arguments for call in answer.tool_calls]


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize("arguments", ["{}", '{"number": "TKT-17", "name": "علي"}', '{"numb', ""])  # a man's name
async def test_calls_carry_their_arguments_to_the_letter(fake, client, listen, arguments):
    fake.script(Answer(tool_calls=(ToolCall("find_ticket", arguments), ToolCall("close", "{}", call_id="call_mine"))))
    heard = await heard_by(listen(client))
    assert [(name, said) for name, said, _ in heard.calls] == [("find_ticket", arguments), ("close", "{}")]
    assert heard.calls[0][2] != heard.calls[1][2] == "call_mine"
    assert heard.text == ""


async def test_a_round_with_a_tool_by_responses(fake, client):
    fake.script(Answer(tool_calls=(ToolCall("find_ticket", '{"number": 17}'),)), says("It is open."))
    tools = [{"type": "function", **TOOL}]
    asked = [{"role": "user", "content": "My ticket?"}]
    first = await client.responses.create(model="m", input=asked, tools=tools)
    call = first.output[0]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "open"}
    second = await client.responses.create(model="m", input=[*asked, *first.output, result], tools=tools)
    assert second.output_text == "It is open."
    assert fake.requests[-1].body["input"][-1] == result
    assert fake.requests[-1].last_user_message == "My ticket?"


async def test_a_round_with_a_tool_by_chat(fake, client):
    fake.script(Answer(tool_calls=(ToolCall("find_ticket", '{"number": 17}'),)), says("It is open."))
    tools = [{"type": "function", "function": TOOL}]
    asked = [{"role": "user", "content": "My ticket?"}]
    first = await client.chat.completions.create(model="m", messages=asked, tools=tools)
    message = first.choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "open"}
    second = await client.chat.completions.create(model="m", messages=[*asked, message, result], tools=tools)
    assert first.choices[0].finish_reason == "tool_calls"
    assert second.choices[0].message.content == "It is open."
    assert fake.requests[-1].last_user_message == "My ticket?"


@pytest.mark.parametrize("listen", LISTENERS)
async def test_refusal_is_no_text_and_ends_well(fake, client, listen):
    fake.script(Answer(refusal="لا يمكنني المساعدة في ذلك."))  # I can't help with that
    heard = await heard_by(listen(client))
    assert (heard.text, heard.refusal) == ("", "لا يمكنني المساعدة في ذلك.")
    assert heard.end in {"completed", "stop"}


@pytest.mark.parametrize(("reason", "finish"), [("max_output_tokens", "length"), ("content_filter", "content_filter")])
async def test_incomplete_says_why(fake, client, reason, finish):
    fake.script(*[Answer(pieces=("We are",), incomplete=reason)] * 2)
    heard = await heard_by(listen_to_responses(client))
    assert (heard.text, heard.end, heard.reason, heard.tokens) == ("We are", "incomplete", reason, 15)
    assert (await heard_by(listen_to_chat(client))).end == finish


async def test_failed_keeps_what_was_said(fake, client):
    fake.script(*[Answer(pieces=("We are",), failed=Failure("rate_limit_exceeded", "Too much."))] * 2)
    heard = await heard_by(listen_to_responses(client))
    assert (heard.text, heard.end, heard.reason) == ("We are", "failed", "rate_limit_exceeded")
    assert "response.output_text.done" not in heard.types
    response = await client.responses.create(model="m", input="hi")
    assert response.error.message == "Too much."


@pytest.mark.parametrize("listen", LISTENERS)
async def test_usage_is_counted_or_missing(fake, client, listen):
    fake.script(Answer(pieces=("a",), usage=Usage(input_tokens=100, output_tokens=7)), Answer(usage=None))
    assert (await heard_by(listen(client))).tokens == 107
    assert (await heard_by(listen(client))).tokens is None


async def test_structured_output_is_parsed_by_both_helpers(fake, client):
    said = says('{"intent": "comp', 'laint", "confidence": 0.9}')
    fake.script(said, said)
    verdict = (await client.responses.parse(model="m", input="hi", text_format=Verdict)).output_parsed
    messages = [{"role": "user", "content": "hi"}]
    completion = await client.chat.completions.parse(model="m", messages=messages, response_format=Verdict)
    assert verdict == completion.choices[0].message.parsed == Verdict(intent="complaint", confidence=0.9)


async def test_structured_output_can_be_malformed_cut_short_or_refused(fake, client):
    fake.script(
        says('{"intent": '),
        Answer(pieces=('{"intent": "comp',), incomplete="max_output_tokens"),
        Answer(refusal="No."),
        Answer(pieces=("{",), incomplete="max_output_tokens"),
    )
    for _ in range(2):
        with pytest.raises(ValidationError):
            await client.responses.parse(model="m", input="hi", text_format=Verdict)
    assert (await client.responses.parse(model="m", input="hi", text_format=Verdict)).output_parsed is None
    with pytest.raises(LengthFinishReasonError):
        await client.chat.completions.parse(
            model="m", messages=[{"role": "user", "content": "hi"}], response_format=Verdict
        )

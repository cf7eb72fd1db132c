"""Both adapters against the fake server: each thing that a provider may do, and what we make of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import orjson
import pytest

from callcenter.calls import Speaker, TokenUsage
from callcenter.errors import ModelFailed
from callcenter.llm import CompletionKind, Failure, Stopped
from callcenter.llm.fake_openai import (
    COMMENT,
    NOT_JSON,
    NOT_UTF8,
    UNKNOWN_EVENT,
    Answer,
    ErrorEvent,
    FakeOpenAI,
    Inserted,
    Pieces,
    ToolCall,
    Usage,
    huge_line,
    says,
    serve,
)
from callcenter.llm.fake_openai import Failure as Failed
from callcenter.llm.openai_chat import ChatModel
from callcenter.llm.openai_responses import ResponsesModel
from callcenter.llm.prompt import Exchange, Line
from callcenter.llm.prompt import ToolCall as Called
from tests.llm.models import (
    APIS,
    QUESTION,
    TOOL,
    MakeModel,
    chat,
    client_of,
    heard_from,
    prompt,
    responses,
    talking,
)

pytestmark = pytest.mark.live

both = pytest.mark.parametrize("api", APIS)

PIECES = ("أهلاً ", "بك. ", "A site costs ", "1200 SAR. 😀")  # welcome
JOINED = "".join(PIECES)
WHOLE = Stopped(CompletionKind.complete, TokenUsage(input_tokens=12, output_tokens=3))


@both
async def test_text_comes_as_it_arrives_and_together_what_came_together(api: MakeModel):
    gate = asyncio.Event()
    answer = Answer(pieces=PIECES, hold_after=Pieces(2), gate=gate)
    async with talking(api, answer) as (model, _), aclosing(model.stream(prompt())) as stream:
        first = [await anext(stream)]
        while "".join(map(str, first)) != "".join(PIECES[:2]):
            first.append(await anext(stream))
        gate.set()
        rest = [each async for each in stream]
    assert "".join(each for each in rest if isinstance(each, str)) == "".join(PIECES[2:])


@both
async def test_text_comes_with_its_count_of_tokens(api: MakeModel):
    usage = Usage(input_tokens=90, cached_tokens=64, output_tokens=7)
    async with talking(api, Answer(pieces=PIECES, usage=usage)) as (model, _):
        counted = TokenUsage(input_tokens=90, cached_tokens=64, output_tokens=7)
        assert await heard_from(model) == ([JOINED, Stopped(CompletionKind.complete, counted)], None)


@both
@pytest.mark.parametrize(
    "answer",
    [
        Answer(pieces=PIECES, crlf=True),
        Answer(pieces=PIECES, event_lines=False, sequence_numbers=False),
        Answer(pieces=PIECES, chunk_bytes=1),
        Answer(pieces=PIECES, chunk_bytes=7, crlf=True),
        Answer(pieces=PIECES, done=False),
        Answer(pieces=PIECES, inserted=(Inserted(0, COMMENT), Inserted(Pieces(1), COMMENT))),
        Answer(pieces=PIECES, inserted=(Inserted(Pieces(2), UNKNOWN_EVENT),)),
        Answer(pieces=PIECES, inserted=(Inserted(Pieces(2), huge_line(500_000)),)),
    ],
    ids=["crlf", "bare", "bytes", "portions", "no done", "comments", "unknown event", "large event"],
)
async def test_framing_makes_no_difference(api: MakeModel, answer: Answer):
    async with talking(api, answer) as (model, _):
        assert await heard_from(model) == ([JOINED, WHOLE], None)


@both
async def test_tool_calls_come_whole_and_in_order(api: MakeModel):
    calls = (ToolCall("open_ticket", '{"subject": "الموقع معطل"}', "c1"), ToolCall("request_human", "{}", "c2"))
    async with talking(api, Answer(pieces=("Let me see.",), tool_calls=calls)) as (model, _):
        heard, failure = await heard_from(model)
    assert failure is None
    assert heard == ["Let me see.", *(Called(each.call_id or "", each.name, each.arguments) for each in calls), WHOLE]


@both
async def test_arguments_on_their_way_are_a_sign_of_life(api: MakeModel):
    call = ToolCall("open_ticket", '{"subject": "the site is down"}', "c1")
    async with talking(api, Answer(tool_calls=(call,))) as (model, _), aclosing(model.stream(prompt())) as stream:
        assert await anext(stream) == ""


@both
async def test_missing_count_of_tokens_is_estimated_from_characters(api: MakeModel):
    async with talking(api, Answer(pieces=("12345678",), usage=None)) as (model, _):
        heard, _ = await heard_from(model, prompt(Line(Speaker.customer, "x" * 40), own="y" * 400))
    usage = TokenUsage(input_tokens=110, output_tokens=2, estimated=True)
    assert heard[-1] == Stopped(CompletionKind.complete, usage)


@both
async def test_limit_of_tokens_ends_a_reply_as_truncated(api: MakeModel):
    async with talking(api, Answer(pieces=PIECES, incomplete="max_output_tokens")) as (model, _):
        heard, failure = await heard_from(model)
    assert failure is None
    assert heard == [JOINED, Stopped(CompletionKind.truncated, WHOLE.usage)]


@both
@pytest.mark.parametrize(
    ("answer", "reason", "retry"),
    [
        (Answer(pieces=PIECES, incomplete="content_filter"), Failure.filtered, False),
        (Answer(refusal="I can't help with that."), Failure.refused, False),
        (Answer(pieces=PIECES, end_after=Pieces(4)), Failure.cut_short, True),
        (Answer(pieces=PIECES, cut_after=Pieces(4)), Failure.connection_lost, True),
        (Answer(pieces=PIECES, error=ErrorEvent()), Failure.server_error, True),
        (Answer(pieces=PIECES, error=ErrorEvent(shape="flat")), Failure.server_error, True),
        (Answer(pieces=PIECES, error=ErrorEvent(code="rate_limit_exceeded")), Failure.rate_limited, True),
        (Answer(pieces=PIECES, error=ErrorEvent(code="503")), Failure.server_error, True),
        (Answer(pieces=PIECES, error=ErrorEvent(code="mystery")), Failure.server_error, False),
        (Answer(pieces=PIECES, failed=Failed()), Failure.server_error, True),
        (Answer(pieces=PIECES, failed=Failed(code="rate_limit_exceeded")), Failure.rate_limited, True),
        (Answer(pieces=PIECES, failed=Failed(code="invalid_prompt")), Failure.filtered, False),
        (Answer(pieces=PIECES, inserted=(Inserted(Pieces(4), NOT_JSON),)), Failure.garbled, False),
        (Answer(pieces=PIECES, inserted=(Inserted(Pieces(4), NOT_UTF8),)), Failure.garbled, False),
        (Answer(pieces=PIECES, inserted=(Inserted(Pieces(4), b"data: [1]\n\n"),)), Failure.garbled, False),
        (Answer(pieces=PIECES, inserted=(Inserted(Pieces(4), huge_line(1_100_000)),)), Failure.garbled, False),
    ],
)
async def test_reply_that_fails_amid_says_why(api: MakeModel, answer: Answer, reason: Failure, retry: bool):  # noqa: FBT001 (a row's fact)
    async with talking(api, answer) as (model, _):
        heard, failure = await heard_from(model)
    assert failure is not None
    assert (failure.reason, failure.retry) == (reason, retry)
    assert heard == ([] if answer.refusal else [JOINED])


@pytest.mark.parametrize(
    ("api", "event"),
    [
        (responses, {"type": "response.output_text.delta", "delta": None}),
        (responses, {"type": "response.output_text.delta"}),
        (responses, {"type": "response.output_item.done", "item": []}),
        (responses, {"type": "response.output_item.done", "item": {"type": "function_call", "name": "x"}}),
        (responses, {"type": "response.completed", "response": None}),
        (chat, {"choices": {}}),
        (chat, {"choices": [7]}),
        (chat, {"choices": [{"delta": {"content": ["a"]}}]}),
        (chat, {"choices": [{"delta": {"tool_calls": [{"function": "f"}]}}]}),
    ],
)
async def test_malformed_fields_are_garbled(api: MakeModel, event: object):
    garbage = Inserted(Pieces(0), b"data: " + orjson.dumps(event) + b"\n\n")
    async with talking(api, Answer(pieces=PIECES, inserted=(garbage,))) as (model, _):
        heard, failure = await heard_from(model)
    assert (heard, failure and failure.reason) == ([], Failure.garbled)


@both
@pytest.mark.parametrize("body", [b"<html>Gateway</html>", b"", b'{"ok":true}'])
async def test_page_instead_of_a_stream_is_garbled(api: MakeModel, body: bytes):
    async with talking(api, Answer(body=body, content_type="text/html")) as (model, _):
        _, failure = await heard_from(model)
    assert failure is not None
    assert failure.reason == Failure.garbled


@pytest.mark.parametrize(
    ("api", "body"),
    [
        (responses, {"type": "response.completed", "response": {"status": "completed", "output": []}}),
        (chat, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ],
)
async def test_last_event_without_its_blank_line_counts(api: MakeModel, body: object):
    async with talking(api, Answer(body=b"data: " + orjson.dumps(body))) as (model, _):
        heard, failure = await heard_from(model)
    assert failure is None
    assert [type(each) for each in heard] == [Stopped]


async def test_reply_that_comes_only_with_the_last_event_is_heard():
    content = [{"type": "output_text", "text": "أهلاً"}]  # welcome
    call = {"type": "function_call", "call_id": "c1", "name": "request_human", "arguments": "{}"}
    response = {"status": "completed", "output": [{"type": "message", "content": content}, call]}
    event = b"data: " + orjson.dumps({"type": "response.completed", "response": response}) + b"\n\n"
    async with talking(responses, Answer(body=event)) as (model, _):
        heard, failure = await heard_from(model)
    assert failure is None
    assert heard[:-1] == ["أهلاً", Called("c1", "request_human", "{}")]


async def test_second_message_of_one_reply_begins_on_a_new_line():
    added = {"type": "response.output_item.added", "item": {"type": "message", "content": []}}
    inserted = Inserted(Pieces(1), b"data: " + orjson.dumps(added) + b"\n\n")
    async with talking(responses, Answer(pieces=("One.", "Two."), inserted=(inserted,))) as (model, _):
        heard, _ = await heard_from(model)
    assert heard[:-1] == ["One.\nTwo."]


async def test_chat_calls_without_index_or_id_are_told_apart():
    function = {"name": "request_human", "arguments": "{}"}
    delta = {"tool_calls": [{"function": function}, {"function": function}]}
    chunk = {"choices": [{"delta": delta, "finish_reason": "tool_calls"}], "usage": None}
    async with talking(chat, Answer(body=b"data: " + orjson.dumps(chunk) + b"\n\n")) as (model, _):
        heard, _ = await heard_from(model)
    assert heard[:-1] == [Called("call_0", "request_human", "{}"), Called("call_1", "request_human", "{}")]


@both
async def test_cut_after_the_last_word_does_not_spoil_the_reply(api: MakeModel):
    async with talking(api, Answer(pieces=PIECES, cut_after=10_000, done=False)) as (model, _):
        heard, failure = await heard_from(model)
    assert (heard, failure) == ([JOINED, WHOLE], None)


@both
async def test_server_that_leaves_the_line_open_is_not_waited_for(api: MakeModel):
    async with talking(api, Answer(pieces=PIECES, stall_after=10_000, done=False)) as (model, fake):
        assert await heard_from(model) == ([JOINED, WHOLE], None)
        request = await fake.arrived()
        await request.ended.wait()
        assert request.hung_up


@both
@pytest.mark.parametrize(
    ("answer", "reason", "retry", "after"),
    [
        (Answer(status=401), Failure.key_refused, False, None),
        (Answer(status=403), Failure.key_refused, False, None),
        (Answer(status=400), Failure.request_refused, False, None),
        (Answer(status=404), Failure.request_refused, False, None),
        (Answer(status=422), Failure.request_refused, False, None),
        (Answer(status=408), Failure.server_error, True, None),
        (Answer(status=409), Failure.server_error, True, None),
        (Answer(status=429, headers={"retry-after": "1.5"}), Failure.rate_limited, True, 1.5),
        (Answer(status=429, headers={"retry-after-ms": "250", "retry-after": "9"}), Failure.rate_limited, True, 0.25),
        (Answer(status=429, headers={"x-should-retry": "false"}), Failure.rate_limited, False, None),
        (Answer(status=429, body=b'{"error":{"code":"insufficient_quota"}}'), Failure.rate_limited, False, None),
        (Answer(status=400, body=b'{"error":{"code":"content_filter"}}'), Failure.filtered, False, None),
        (Answer(status=500), Failure.server_error, True, None),
        (Answer(status=529, body=b"overloaded"), Failure.server_error, True, None),
        (Answer(status=502, body=b"<html>", content_type="text/html"), Failure.server_error, True, None),
    ],
)
async def test_refused_request_says_why_and_whether_to_try_again(
    api: MakeModel,
    answer: Answer,
    reason: Failure,
    retry: bool,  # noqa: FBT001 (a row's fact)
    after: float | None,
):
    async with talking(api, answer) as (model, fake):
        heard, failure = await heard_from(model)
        assert len(fake.requests) == 1
    assert failure is not None
    assert (heard, failure.reason, failure.retry, failure.retry_after) == ([], reason, retry, after)


@both
async def test_failure_keeps_nothing_of_what_the_provider_wrote(api: MakeModel):
    async with talking(api, Answer(status=400, body=b'{"error":{"message":"secret words"}}')) as (model, _):
        _, failure = await heard_from(model)
    assert failure is not None
    assert failure.__cause__ is None
    assert failure.__context__ is None
    assert "secret" not in repr(vars(failure))


@both
async def test_nobody_at_the_address_is_a_lost_connection(api: MakeModel):
    async with serve(FakeOpenAI()) as url:
        pass
    model = api(client_of(url))
    _, failure = await heard_from(model)
    await model.close()
    assert failure is not None
    assert (failure.reason, failure.retry) == (Failure.connection_lost, True)


@both
async def test_silence_beyond_the_clients_own_bound_ends_a_request(api: MakeModel):
    fake = FakeOpenAI()
    fake.script(Answer(stall_after="before_headers"), Answer(pieces=PIECES, stall_after=Pieces(1)))
    async with serve(fake) as url:
        model = api(client_of(url, seconds=0.05))
        _, before = await heard_from(model)
        _, amid = await heard_from(model)
        await model.close()
    assert before is not None
    assert amid is not None
    assert (before.reason, amid.reason) == (Failure.first_token_timeout, Failure.idle_timeout)


@both
async def test_leaving_a_reply_hangs_up_at_once(api: MakeModel):
    async with talking(api, Answer(pieces=PIECES, stall_after=Pieces(1))) as (model, fake):
        async with aclosing(model.stream(prompt())) as stream:
            assert await anext(stream) == PIECES[0]
        request = await fake.arrived()
        await request.ended.wait()
        assert request.hung_up


@both
@pytest.mark.parametrize("stall", ["before_headers", Pieces(1)])
async def test_cancelling_a_reply_hangs_up_at_once(api: MakeModel, stall: Pieces):
    async with talking(api, Answer(pieces=PIECES, stall_after=stall)) as (model, fake):
        task = asyncio.create_task(heard_from(model))
        request = await fake.arrived()
        await request.held.wait()
        task.cancel()
        await request.ended.wait()
        assert request.hung_up
        with pytest.raises(asyncio.CancelledError):
            await task


@both
async def test_connection_is_used_again(api: MakeModel):
    fake = FakeOpenAI()
    ports: set[object] = set()

    async def app(scope, receive, send):
        ports.add(scope["client"])
        await fake.app(scope, receive, send)

    server = FakeOpenAI()
    server.app = app  # type: ignore[method-assign] # looks at who calls
    fake.script(says("One."), says("Two."), says("Three."))
    async with talking(api, fake=server) as (model, _):
        for _ in range(3):
            await heard_from(model)
    assert len(ports) == 1


SAID = (
    Line(Speaker.persona, "Welcome!"),
    Line(Speaker.customer, "How much", interrupted=True),
    Line(Speaker.agent, "Sami here."),
    Line(Speaker.customer, "كم السعر؟"),  # what is the price?
)
TURNED = [
    ("system", "You are Sara of Ornina."),
    ("assistant", "Welcome!"),
    ("user", "How much [interrupted]"),
    ("assistant", "Sami here."),
    ("user", "كم السعر؟"),
    ("assistant", "One moment."),
]


@both
async def test_request_carries_the_conversation_and_no_more(api: MakeModel):
    exchange = Exchange(Called("c1", "request_human", "{}"), '{"done": true}')
    asked = prompt(*SAID, said="One moment.", exchanges=(exchange,), tools=(TOOL,))
    async with talking(api, says("Done.")) as (model, fake):
        _, failure = await heard_from(model, asked)
        request = await fake.arrived()
    assert failure is None
    assert [(role, text) for role, text in request.messages if text and role != "tool"] == TURNED
    assert request.headers["authorization"] == "Bearer sk-test"
    assert "temperature" not in request.body


@both
@pytest.mark.parametrize("opening", ["", 'You are "Sara".\n', 'أنتِ "سارة".\n'])  # you are "Sara"
@pytest.mark.parametrize("own", [" ", 'Be brief: "yes",\tno more.', "باختصار"])  # in short
async def test_instructions_are_sent_whole_however_they_open(api: MakeModel, opening: str, own: str):
    async with talking(api, says("Done."), says("Done.")) as (model, fake):
        for _ in range(2):
            await heard_from(model, prompt(opening=opening, own=own))
            assert (await fake.arrived()).messages[0] == ("system", opening + own)


@pytest.mark.parametrize("kind", [ResponsesModel, ChatModel])
async def test_temperature_is_sent_where_one_is_set(kind: type[ResponsesModel | ChatModel]):
    async with talking(lambda client: kind(client, model="fake", temperature=0.2), says("Done.")) as (model, fake):
        await heard_from(model)
        assert (await fake.arrived()).body["temperature"] == 0.2


async def test_responses_request_leaves_nothing_at_the_provider():
    exchange = Exchange(Called("c1", "request_human", "{}"), '{"done": true}')
    async with talking(responses, says("Done.")) as (model, fake):
        await heard_from(model, prompt(exchanges=(exchange,), tools=(TOOL,)))
        body = (await fake.arrived()).body
    assert body["store"] is False
    assert body["max_output_tokens"] == 100
    assert body["prompt_cache_key"] == "sara-ar"
    assert body["tools"] == [
        {"type": "function", "name": "request_human", "description": TOOL.description, "strict": True}
        | {"parameters": TOOL.parameters}
    ]
    assert body["input"][1:] == [
        {"type": "function_call", "call_id": "c1", "name": "request_human", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": '{"done": true}'},
    ]


async def test_chat_request_asks_for_the_count_of_tokens():
    exchange = Exchange(Called("c1", "request_human", "{}"), '{"done": true}')
    async with talking(chat, says("Done.")) as (model, fake):
        await heard_from(model, prompt(exchanges=(exchange,), tools=(TOOL,)))
        body = (await fake.arrived()).body
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_tokens"] == 100
    assert body["tools"][0]["function"]["strict"] is True
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "request_human", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '{"done": true}'},
    ]


@both
async def test_question_is_answered_in_json_by_its_schema(api: MakeModel):
    async with talking(api, Answer(pieces=('{"intent":', '"sales"}'))) as (model, fake):
        assert await model.answer(QUESTION) == ('{"intent":"sales"}', WHOLE.usage)
        request = await fake.arrived()
    assert request.schema == QUESTION.schema
    assert request.last_user_message == QUESTION.text
    assert not request.streams


@both
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(refusal="No."), Failure.refused),
        (Answer(pieces=('{"int',), incomplete="max_output_tokens"), Failure.truncated),
        (Answer(pieces=('{"int',), incomplete="content_filter"), Failure.filtered),
        (Answer(pieces=("",)), Failure.empty),
        (Answer(failed=Failed()), Failure.server_error),
        (Answer(status=401), Failure.key_refused),
        (Answer(body=b"<html>"), Failure.garbled),
        (Answer(body=b"[]"), Failure.garbled),
        (Answer(pieces=('{"intent": "sales"}',), cut_after=1), Failure.connection_lost),
    ],
)
async def test_question_without_an_answer_says_why(api: MakeModel, answer: Answer, reason: Failure):
    async with talking(api, answer) as (model, _):
        with pytest.raises(ModelFailed) as failed:
            await model.answer(QUESTION)
    assert failed.value.reason == reason


@both
async def test_check_finds_a_refused_key_before_a_customer_does(api: MakeModel):
    async with talking(api, fake=FakeOpenAI(key="sk-other")) as (model, _):
        with pytest.raises(ModelFailed) as failed:
            await model.check()
    assert failed.value.reason == Failure.key_refused


@both
@pytest.mark.parametrize("answer", [Answer(), Answer(status=404), Answer(status=405), Answer(body=b"x" * 2_000_000)])
async def test_check_needs_no_list_of_models(api: MakeModel, answer: Answer):
    async with talking(api) as (model, fake):
        fake.script_models(answer)
        await model.check()
        assert [request.path for request in fake.requests] == ["/v1/models"]


async def test_without_a_key_something_is_sent_in_its_place():
    async with serve(FakeOpenAI()) as url:
        model = responses(client_of(url, key=None))
        await model.check()
        await model.close()


async def test_without_an_address_it_is_openai_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    client = client_of(None)
    assert client.at_openai
    await client.close()


async def test_company_behind_a_proxy_reaches_its_model(monkeypatch: pytest.MonkeyPatch):
    requests: list[bytes] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(forward, "127.0.0.1", 0) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://sara:pass@127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        model = responses(client_of("http://model.example/v1"))
        with pytest.raises(ModelFailed) as failed:
            await model.check()
        await model.close()
    assert failed.value.reason == Failure.key_refused  # what the proxy passed on
    assert requests[0].startswith(b"GET http://model.example/v1/models HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic c2FyYTpwYXNz\r\n" in requests[0]

"""What goes wrong on the wire: each failure its problem document, none a 500, no customer's words repeated."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from callcenter.api.app import create_app
from callcenter.api.errors import MAX_BODY_BYTES, customer_text, status_of
from callcenter.calls import Language
from callcenter.errors import CallCenterError, TurnConflict
from tests.api.wire import asgi

pytestmark = pytest.mark.unit

PRIVATE = "كلمة-سر-العميل"


def is_problem(response: httpx.Response, status: int, code: str) -> bool:
    document = response.json()
    return (
        response.headers["content-type"] == "application/problem+json"
        and (response.status_code, document["status"], document["code"]) == (status, status, code)
        and document["type"].endswith(code)
        and bool(document["title"] and document["detail"])
        and document["instance"] == response.request.url.path
    )


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/nothing", "/api/conversations/ws/CALL-1"])
async def test_an_unknown_path_is_a_problem(client, path):
    assert is_problem(await client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/calls", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/api/conversations/C/message", "OPTIONS, POST"),
        ("POST", "/api/tickets/T", "GET, HEAD, OPTIONS, PATCH"),
        ("POST", "/api/conversations/C", "DELETE, OPTIONS, PATCH"),
        ("TRACE", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(client, method, path, allowed):
    response = await client.request(method, path)
    assert is_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allowed


async def test_options_says_what_a_path_takes(client):
    response = await client.options("/api/calls")
    assert (response.status_code, response.headers["allow"], response.content) == (
        204,
        "GET, HEAD, OPTIONS, POST",
        b"",
    )


async def test_head_is_get_without_a_body(client, callers):
    path = f"/api/calls/{await callers()}"
    head, got = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'message': 'hi'}",
        b'{"message": "\\ud800"}',
        b'{"message": "\xff\xfe"}',
        b"\x00\x01\x02",
        b"[" * 9999,
    ],
)
async def test_what_is_no_json_is_refused(client, callers, body):
    response = await client.post(
        f"/api/conversations/{await callers()}/message", content=body, headers={"content-type": "application/json"}
    )
    assert is_problem(response, 400, "invalid_json")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
async def test_what_does_not_say_it_is_json_is_refused(client, callers, media_type):
    response = await client.post(
        f"/api/conversations/{await callers()}/message",
        content=b'{"message": "hi"}',
        headers={"content-type": media_type},
    )
    assert is_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"]
)
async def test_json_is_taken_under_any_of_its_names(client, callers, media_type):
    response = await client.post(
        f"/api/conversations/{await callers()}/message",
        content=b'{"message": "hi"}',
        headers={"content-type": media_type},
    )
    assert response.status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_too_large_is_refused_whether_it_says_so_or_not(client, callers, chunked):
    body = json.dumps({"message": "x" * 100_000}).encode()

    async def pieces():
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    response = await client.post(
        f"/api/conversations/{await callers()}/message",
        content=pieces() if chunked else body,
        headers={"content-type": "application/json"},
    )
    assert is_problem(response, 413, "body_too_large")


async def test_a_body_just_within_the_limit_is_taken(client, callers):
    frame = len(json.dumps({"message": ""}))
    response = await client.post(
        f"/api/conversations/{await callers()}/message", json={"message": "x" * (MAX_BODY_BYTES - frame)}
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/api/calls", {"customer_name": PRIVATE * 20}),
        ("/api/calls", {"call_id": PRIVATE}),
        ("/api/calls", {"phone": PRIVATE}),
        ("/api/calls", {PRIVATE: "x"}),
        ("/api/analyze", {"text": "x", "language": PRIVATE}),
        ("/api/conversations", {"function": PRIVATE}),
    ],
)
async def test_a_problem_never_repeats_what_was_sent(client, path, sent):
    response = await client.post(path, json=sent)
    assert is_problem(response, 422, "invalid_request")
    assert PRIVATE not in response.text


async def test_a_store_that_is_away_is_worth_another_try(app, client, callers):
    call_id = await callers()
    await app.store.close()
    for response in (
        await client.post(f"/api/conversations/{call_id}/message", json={"message": "hi"}),
        await client.get("/api/calls"),
        await client.post("/api/calls"),
    ):
        assert is_problem(response, 503, "store_unavailable")
        assert int(response.headers["retry-after"]) > 0


async def test_a_bug_is_a_problem_without_its_details(app):
    api = create_app(app)

    @api.get("/broken")
    async def broken():
        raise KeyError(PRIVATE)

    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        response = await client.get("/broken")
    assert is_problem(response, 500, "internal")
    assert PRIVATE not in response.text


class BrokenConversations:
    async def handle(self, _utterance):
        raise KeyError(PRIVATE)


async def test_a_bug_in_a_turn_is_a_problem_too_and_reaches_the_servers_log(app):
    api = create_app(replace(app, conversations=BrokenConversations()))
    for raises in (False, True):
        transport = httpx.ASGITransport(api, raise_app_exceptions=raises)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            if raises:
                with pytest.raises(KeyError):
                    await client.post("/api/conversations/C-1/message", json={"message": "hi"})
            else:
                response = await client.post("/api/conversations/C-1/message", json={"message": "مرحبا"})
    assert is_problem(response, 500, "internal")
    assert PRIVATE not in response.text


async def test_losing_every_race_is_worth_another_try(app):
    api = create_app(app)

    @api.get("/raced")
    async def raced():
        raise TurnConflict

    async with asgi(api) as client:
        response = await client.get("/raced")
    assert is_problem(response, 503, "turn_conflict")
    assert "retry-after" in response.headers


def every_kind(kind: type[CallCenterError] = CallCenterError) -> list[type[CallCenterError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in every_kind(child))]


@pytest.mark.parametrize("kind", every_kind())
def test_a_failure_worth_another_try_says_503(kind):
    assert (status_of(kind) == 503) == kind.retryable


@pytest.mark.parametrize("kind", every_kind())
@pytest.mark.parametrize("language", Language)
def test_customers_are_told_in_their_language_and_never_the_code(kind, language):
    text = customer_text(kind.code)[language]
    assert kind.code not in text
    assert text.endswith((".", "}"))

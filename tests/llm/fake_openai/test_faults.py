"""What goes wrong, as the openai client feels it; and nothing outlives a client that hangs up."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack, aclosing

import openai
import pytest
from openai import AsyncOpenAI

from callcenter.llm.fake_openai import Answer, ErrorEvent, FakeOpenAI, Fault, Pieces, says, serve
from tests.llm.fake_openai.asking import ASKERS, LISTENERS, heard_by, listen_to_responses

pytestmark = pytest.mark.live

PIECES = ("one ", "two ", "three")


def client_of(url: str, **options) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=url, api_key="key", **{"max_retries": 0, **options})


async def text_until(error, listening) -> str:
    """Return what was heard before this error."""
    text = ""
    try:
        async for heard in listening:
            text = heard.text
    except openai.APIError as raised:
        assert type(raised) is error  # noqa: PT017 (what was heard before it counts too)
        return text
    pytest.fail(f"ended without {error.__name__}")


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize("after", [0, 1, Pieces(0)])
async def test_cut_before_the_text_leaves_none(fake, client, listen, after):
    fake.script(Answer(pieces=PIECES, cut_after=after))
    assert await text_until(openai.APIConnectionError, listen(client)) == ""


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize(("pieces", "text"), [(1, "one "), (2, "one two "), (3, "one two three"), (9, "one two three")])
async def test_cut_after_a_piece_leaves_what_came_before(fake, client, listen, pieces, text):
    fake.script(Answer(pieces=PIECES, cut_after=Pieces(pieces)))
    assert await text_until(openai.APIConnectionError, listen(client)) == text


@pytest.mark.parametrize("listen", LISTENERS)
async def test_early_end_is_silent(fake, client, listen):
    fake.script(Answer(pieces=PIECES, end_after=Pieces(2)))
    heard = await heard_by(listen(client))
    assert (heard.text, heard.end) == ("one two ", "")


async def test_positions_count_events(fake, client):
    fake.script(Answer(pieces=PIECES, end_after=3))
    heard = await heard_by(listen_to_responses(client))
    assert heard.types == ["response.created", "response.in_progress", "response.output_item.added"]


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize(("after", "text"), [(None, "one two three"), (Pieces(1), "one "), (0, "")])
async def test_nested_error_raises_where_it_stands(fake, client, listen, after, text):
    fake.script(Answer(pieces=PIECES, error=ErrorEvent(code="rate_limit_exceeded", after=after)))
    assert await text_until(openai.APIError, listen(client)) == text


async def test_flat_error_is_an_event_like_any_other(fake, client):
    fake.script(Answer(pieces=PIECES, error=ErrorEvent(shape="flat", after=Pieces(1))))
    heard = await heard_by(listen_to_responses(client))
    assert (heard.text, heard.end, heard.reason) == ("one ", "error", "server_error")


@pytest.mark.parametrize("ask", ASKERS)
async def test_error_without_a_stream_is_a_status(fake, client, ask):
    fake.script(Answer(pieces=PIECES, error=ErrorEvent(code="overloaded")))
    with pytest.raises(openai.InternalServerError) as raised:
        await ask(client)
    assert raised.value.code == "overloaded"


@pytest.mark.parametrize("ask", ASKERS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
async def test_status_has_an_error_and_a_request_id(fake, client, ask, status, error):
    fake.script(Answer(status=status, headers={"Retry-After": "7"}))
    with pytest.raises(error) as raised:
        await ask(client)
    assert raised.value.body["message"]
    assert raised.value.request_id == fake.requests[-1].id
    assert raised.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("listen", LISTENERS)
async def test_retry_after_leads_to_another_request(fake, url, listen):
    fake.script(Answer(status=429, headers={"Retry-After": "0", "retry-after-ms": "1"}), says("Now."))
    async with client_of(url, max_retries=1) as client:
        assert (await heard_by(listen(client))).text == "Now."
    assert [request.headers["x-stainless-retry-count"] for request in fake.requests] == ["0", "1"]


@pytest.mark.parametrize("ask", ASKERS)
async def test_page_instead_of_json(fake, client, ask):
    fake.script(Answer(status=502, body=b"<html>Bad gateway</html>", content_type="text/html"))
    with pytest.raises(openai.InternalServerError) as raised:
        await ask(client)
    assert raised.value.code is None


@pytest.mark.parametrize("ask", ASKERS)
async def test_cut_halfway_through_a_body(fake, client, ask):
    fake.script(Answer(pieces=PIECES, cut_after=1))
    with pytest.raises(openai.APIConnectionError):
        await ask(client)


@pytest.mark.parametrize("ask", ASKERS)
async def test_end_halfway_through_a_body_is_no_json(fake, client, ask):
    fake.script(Answer(pieces=PIECES, end_after=1))
    with pytest.raises(json.JSONDecodeError):
        await ask(client)


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize("after", ["before_headers", 0, Pieces(1)])
async def test_stall_outlasts_a_clients_patience(fake, url, listen, after):
    fake.script(Answer(pieces=PIECES, stall_after=after))
    async with client_of(url, timeout=openai.Timeout(20, read=0.05)) as client:
        text = await text_until(openai.APITimeoutError, listen(client))
    assert text == ("one " if after == Pieces(1) else "")
    await fake.requests[0].ended.wait()
    assert fake.requests[0].hung_up


@pytest.mark.parametrize("ask", ASKERS)
async def test_hang_up_ends_a_stall_before_the_headers(fake, client, ask):
    fake.script(Answer(stall_after="before_headers"))
    asking = asyncio.ensure_future(ask(client))
    request = await fake.arrived()
    await request.held.wait()
    assert not request.ended.is_set()
    asking.cancel()
    await request.ended.wait()
    assert request.hung_up


@pytest.mark.parametrize("listen", LISTENERS)
@pytest.mark.parametrize("wait", [{"stall_after": Pieces(1)}, {"pause": 3600}, {"hold_after": Pieces(1)}])
async def test_hang_up_ends_every_wait_in_mid_stream(fake, client, listen, wait):
    fake.script(Answer(pieces=PIECES, gate=asyncio.Event(), **wait))
    async with aclosing(listen(client)) as listening:
        async for heard in listening:
            if heard.text == "one ":
                break
    await fake.requests[0].ended.wait()
    assert fake.requests[0].hung_up


@pytest.mark.parametrize("listen", LISTENERS)
async def test_gate_holds_the_stream_until_it_opens(fake, client, listen):
    gate = asyncio.Event()
    fake.script(Answer(pieces=PIECES, hold_after=Pieces(2), gate=gate))
    async with aclosing(listen(client)) as listening:
        heard = await anext(listening)
        while heard.text != "one two ":
            heard = await anext(listening)
        await fake.requests[0].held.wait()
        gate.set()
        async for heard in listening:  # noqa: B007 (the last one counts)
            pass
    assert heard.text == "one two three"
    await fake.requests[0].ended.wait()
    assert not fake.requests[0].hung_up


@pytest.mark.parametrize("listen", LISTENERS)
async def test_open_gate_holds_nobody(fake, client, listen):
    gate = asyncio.Event()
    gate.set()
    fake.script(Answer(pieces=PIECES, hold_after=1, gate=gate))
    assert (await heard_by(listen(client))).text == "one two three"


@pytest.mark.parametrize("ask", ASKERS)
async def test_gate_holds_a_body_too(fake, client, ask):
    gate = asyncio.Event()
    fake.script(Answer(pieces=PIECES, hold_after=1, gate=gate))
    asking = asyncio.ensure_future(ask(client))
    await (await fake.arrived()).held.wait()
    gate.set()
    assert await asking


async def test_server_that_stops_hangs_up_on_everybody(fake):
    fake.script(Answer(stall_after="before_headers"), Answer(pieces=PIECES, stall_after=Pieces(1)), says("idle"))
    async with AsyncExitStack() as outlasting:
        async with serve(fake) as url:
            client = await outlasting.enter_async_context(client_of(url))
            first = asyncio.ensure_future(ASKERS[0](client))
            await fake.arrived(1)
            second = asyncio.ensure_future(heard_by(LISTENERS[1](client)))
            await fake.arrived(2)
            await ASKERS[0](client)
        ended = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(each) for each in ended] == [openai.APIConnectionError] * 2
    assert [request.hung_up for request in fake.requests] == [True, True, False]
    assert all(request.ended.is_set() for request in fake.requests)


async def test_fake_can_be_served_again(fake):
    for _ in range(2):
        async with serve(fake) as url, client_of(url) as client:
            assert await ASKERS[0](client)


async def test_two_hundred_streams_at_once(fake, url):
    gate = asyncio.Event()
    fake.script(*[Answer(pieces=("a",) * 20, pause=0.001, hold_after=Pieces(1), gate=gate)] * 200)
    async with client_of(url) as client:
        listening = [asyncio.create_task(heard_by(listen_to_responses(client))) for _ in range(200)]
        await (await fake.arrived(200)).held.wait()
        gate.set()
        assert {heard.text for heard in await asyncio.gather(*listening)} == {"a" * 20}


async def outcomes(seed: int, rate: float) -> tuple[list[str], Counter[Fault]]:
    """Return how each of forty requests ended, and the faults that were counted."""
    fake = FakeOpenAI(fault_rate=rate, seed=seed, pieces=4)
    ends = []
    async with serve(fake) as url, client_of(url, timeout=openai.Timeout(20, read=0.1)) as client:
        for _ in range(40):
            try:
                ends.append((await heard_by(listen_to_responses(client))).end)
            except openai.APIError as error:
                ends.append(type(error).__name__)
    return ends, fake.faults


async def test_faults_at_random_are_counted_and_repeatable():
    ends, faults = await outcomes(seed=1, rate=0.4)
    assert (ends, faults) == await outcomes(seed=1, rate=0.4)
    assert set(faults) == set(Fault)
    assert Counter(ends) == {
        "completed": 40 - faults.total(),
        "InternalServerError": faults[Fault.status_500],
        "RateLimitError": faults[Fault.status_429],
        "APIConnectionError": faults[Fault.cut],
        "APITimeoutError": faults[Fault.stall],
        "APIError": faults[Fault.error_event],
        "": faults[Fault.early_end],
    }


async def test_without_a_rate_nothing_goes_wrong():
    ends, faults = await outcomes(seed=1, rate=0)
    assert set(ends) == {"completed"}
    assert not faults

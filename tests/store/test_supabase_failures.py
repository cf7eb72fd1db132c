"""How a Supabase project fails, and what the store makes of it: of each documented answer, and of what is none.

The gateway of the other tests can't be brought to most of this; here a local server says it byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable

import pytest

from callcenter.errors import (
    CallCenterError,
    CallExists,
    ConfigurationError,
    MessageTaken,
    StoreRefused,
    StoreUnavailable,
    TicketConflict,
    TicketNumberTaken,
    TurnConflict,
)
from callcenter.store import CallFilter, Store
from callcenter.store.migrate import migrations
from callcenter.store.supabase import SupabaseStore
from tests.contracts.test_store import ASKED
from tests.factories import CALL, TICKET, assistant_message, following, opening
from tests.store.scripted_api import KEY, Asked, answer, raw, scripted

pytestmark = pytest.mark.live

WORDS = "علي said +966501234567"
"""What must stand in no error of ours, however the data API quotes it."""

PAGE = f"<html><body><h1>502 Bad Gateway</h1>{WORDS}</body></html>"
BEHIND = max(migration.version for migration in migrations("supabase")) - 1


def error(code: str | None, message: str = WORDS) -> dict[str, str | None]:
    """Return an error as PostgREST writes it: it quotes rows."""
    return {"code": code, "message": message, "details": f"Failing row contains ({WORDS}).", "hint": WORDS}


async def told(ask: Callable[[Store], Awaitable[object]], store: Store) -> CallCenterError:
    """Return the error of the product that a method raises, which must tell nobody's words and no key."""
    with pytest.raises(CallCenterError) as raised:
        await ask(store)
    text = "".join(traceback.format_exception(raised.value)) + repr(raised.value.facts)
    assert WORDS not in text
    assert "966" not in text
    assert KEY not in text
    return raised.value


# What the data API answers.


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("message_taken", MessageTaken),
        ("turn_conflict", TurnConflict),
        ("call_exists", CallExists),
        ("ticket_number_taken", TicketNumberTaken),
        ("ticket_conflict", TicketConflict),
        ("a newer function's word", StoreRefused),
    ],
)
async def test_a_race_is_told_by_its_word(message: str, expected: type[CallCenterError]) -> None:
    async with scripted(answer(409, error("PT409", message))) as (store, _):
        assert type(await told(ASKED["append"], store)) is expected


AWAY = {
    "no way to the database": (503, error("PGRST000")),
    "the database hangs up": (503, error("PGRST001")),
    "no schema cache yet": (503, error("PGRST002")),
    "no free connection": (504, error("PGRST003")),
    "statement timeout": (500, error("57014")),
    "restarting": (503, error("57P01")),
    "starting up": (400, error("57P03")),
    "too many connections": (503, error("53300")),
    "disk full": (503, error("53100")),
    "disk full, made read-only": (405, error("25006")),
    "connection failure": (503, error("08006")),
    "deadlock": (500, error("40P01")),
    "lock not available": (500, error("55P03")),
    "internal error": (500, error("XX000")),
    "the gateway's own": (500, error("SUP")),
    "too many requests": (429, {"message": WORDS}),
    "request timeout": (408, {"message": WORDS}),
    "a gate's error": (503, {"message": "name resolution failed"}),
    "paused": (540, {"message": WORDS}),
    "nothing said": (520, None),
    "a redirect": (302, None),
}


@pytest.mark.parametrize("name", AWAY)
async def test_a_project_that_cannot_now_is_unavailable(name: str) -> None:
    status, body = AWAY[name]
    async with scripted(answer(status, body, Location="/elsewhere")) as (store, _):
        for method in ("append", "state"):
            assert type(await told(ASKED[method], store)) is StoreUnavailable


REFUSALS = {
    "no key": (401, {"message": "No API key found in request", "hint": WORDS}),
    "a wrong key": (401, {"message": "Invalid API key", "hint": WORDS}),
    "a token that ran out": (401, error("PGRST303")),
    "a token we can't read": (401, error("PGRST301")),
    "no right, signed in": (403, error("42501")),
    "no right, not signed in": (401, error("42501")),
    "a wrong password of the data API": (403, error("28P01")),
    "no such function": (404, error("PGRST202")),
    "no such table": (404, error("PGRST205")),
    "no such column": (400, error("42703")),
    "no such function in SQL": (404, error("42883")),
    "no such table in SQL": (404, error("42P01")),
    "no such schema": (406, error("PGRST106")),
    "a body that is none": (400, error("PGRST102")),
    "a value of another type": (400, error("22P02")),
    "a null": (400, error("23502")),
    "a foreign key": (409, error("23503")),
    "a duplicate": (409, error("23505")),
    "a check": (400, error("23514")),
    "raised by a function": (400, error("P0001")),
    "too many rows for a function": (500, error("P0003")),
    "too complex": (500, error("54001")),
    "too large": (413, {"message": WORDS}),
    "a gate's 404": (404, {"message": "no Route matched with those values"}),
    "no project of ours": (404, {"error": {"code": 404, "words": WORDS}}),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_project_that_will_not_refuses(name: str) -> None:
    status, body = REFUSALS[name]
    async with scripted(answer(status, body)) as (store, _):
        for method in ("append", "state"):
            assert type(await told(ASKED[method], store)) is StoreRefused


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("no such function", "callcenter migrate"),
        ("no such table", "callcenter migrate"),
        ("a wrong key", "SUPABASE_SECRET_KEY"),
        ("no right, signed in", "SUPABASE_SECRET_KEY"),
    ],
)
async def test_a_refusal_says_what_to_see_to(name: str, advice: str) -> None:
    status, body = REFUSALS[name]
    async with scripted(answer(status, body)) as (store, _):
        refused = await told(ASKED["check"], store)
    assert isinstance(refused, StoreRefused)
    assert advice in refused.message


# What something else answers.


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 502, 503])
@pytest.mark.parametrize("method", ASKED)
async def test_a_page_of_a_proxy_is_no_answer(method: str, status: int) -> None:
    async with scripted(answer(status, PAGE, kind="text/html")) as (store, _):
        assert type(await told(ASKED[method], store)) is StoreUnavailable


@pytest.mark.parametrize(
    "body", ["7", '"true"', "null7", "[7]", '[{"payload": 7}]', "{}", '{"state": {}}', "[[]]", "\ufeff"]
)
@pytest.mark.parametrize(
    "method", ["load", "state", "events", "ticket", "ticket_history", "restore", "erase", "append"]
)
async def test_an_answer_to_another_question_is_none(method: str, body: str) -> None:
    async with scripted(answer(200, body)) as (store, _):
        assert type(await told(ASKED[method], store)) is StoreUnavailable


CUT = {
    "not a word": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"state": {',
    "no zip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
}


@pytest.mark.parametrize("name", CUT)
async def test_a_connection_that_ends_is_no_answer(name: str) -> None:
    async with scripted(raw(CUT[name])) as (store, _):
        for method in ("append", "state"):
            assert type(await told(ASKED[method], store)) is StoreUnavailable


async def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        store = await SupabaseStore.open(f"http://127.0.0.1:{unheard.getsockname()[1]}", KEY, seconds=5)
        assert type(await told(ASKED["append"], store)) is StoreUnavailable
        await store.close()


async def test_a_name_that_nobody_has_is_unavailable() -> None:
    store = await SupabaseStore.open("https://project.invalid", KEY, seconds=5)
    assert type(await told(ASKED["state"], store)) is StoreUnavailable
    await store.close()


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "a byte now and then"])
async def test_an_answer_is_not_waited_for_longer_than_said(*, drips: bool) -> None:
    async def dawdle(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" if drips else b"")
        while True:
            await asyncio.sleep(0.05)
            writer.write(b"[" if drips else b"")
            await writer.drain()

    async with scripted(dawdle, seconds=0.25) as (store, _):
        async with asyncio.timeout(2):
            assert type(await told(ASKED["append"], store)) is StoreUnavailable
            assert type(await told(ASKED["state"], store)) is StoreUnavailable


# What is asked.


async def test_nothing_is_asked_twice() -> None:
    """Whether it may be done again is for the caller to know."""
    async with scripted(answer(503, error("PGRST001"))) as (store, api):
        for method, ask in ASKED.items():
            api.asked.clear()
            await told(ask, store)
            assert len(api.asked) == 1, method


async def test_opening_asks_nothing() -> None:
    async with scripted(answer(503)) as (_, api):
        await asyncio.sleep(0)
    assert api.asked == []


async def test_the_key_goes_where_the_data_api_looks_for_it() -> None:
    async with scripted(answer(200, [])) as (store, api):
        assert (await store.calls(CallFilter())).items == ()
    assert api.asked[0].headers["apikey"] == KEY
    assert api.asked[0].path == "/rest/v1/conversations"


async def test_neither_key_nor_call_gets_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted(answer(503, error("PGRST001"))) as (store, api):
        for ask in ASKED.values():
            await told(ask, store)
        assert len(api.asked) == len(ASKED)
    for secret in (KEY, CALL, TICKET, WORDS):
        assert secret not in caplog.text


@pytest.mark.parametrize("said", [answer(204), answer(200, "null"), answer(200)], ids=["204", "null", "empty"])
async def test_a_step_is_kept_when_its_function_returned(said: Callable[..., Awaitable[None]]) -> None:
    async with scripted(said) as (store, api):
        await store.append(opening())
    [asked] = api.asked
    assert (asked.method, asked.path) == ("POST", "/rest/v1/rpc/append_call_events")
    step = json.loads(asked.body)["step"]
    assert [step["call_id"], step["expected_seq"], step["header"]["state"]["seq"]] == [CALL, 0, 2]


async def test_a_data_api_that_gives_few_rows_at_a_time_is_asked_until_all_came() -> None:
    """Whoever runs the project may have set its maximum lower than we ask for."""
    start = opening()
    said = following(start.state, *(assistant_message(message=f"جواب {number}") for number in range(8)))
    log = [*start.events, *said.events]

    async def three_at_a_time(asked: Asked, writer: asyncio.StreamWriter) -> None:
        after = int(asked.parameters["seq"][0].removeprefix("gt."))
        later = log[after:]
        some = min(3, int(asked.parameters["limit"][0]))
        rows = [{"seq": event.seq, "payload": event.model_dump(mode="json")} for event in later[:some]]
        await answer(206, rows, Content_Range=f"0-{len(rows) - 1}/{len(later)}")(asked, writer)

    async with scripted(three_at_a_time) as (store, api):
        assert await store.events(CALL) == log
        assert len(api.asked) == 4
        assert await store.events(CALL, after=2, limit=4) == log[2:6]
        assert await store.events(CALL, after=8) == log[8:]


# Its schema and its address.


@pytest.mark.parametrize("ahead", [1, 2, 50])
async def test_a_schema_of_this_version_or_a_newer_one_checks_well(ahead: int) -> None:
    async with scripted(answer(200, BEHIND + ahead)) as (store, _):
        await store.check()


async def test_an_older_schema_is_refused() -> None:
    async with scripted(answer(200, BEHIND)) as (store, _):
        refused = await told(ASKED["check"], store)
    assert isinstance(refused, StoreRefused)
    assert "callcenter migrate" in refused.message


@pytest.mark.parametrize(
    ("url", "key"), [("", KEY), ("project.supabase.co", KEY), ("ftp://127.0.0.1", KEY), ("https://x.supabase.co", "")]
)
async def test_what_is_no_address_or_no_key_is_a_matter_of_configuration(url: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match="SUPABASE_URL"):
        await SupabaseStore.open(url, key, seconds=5)

"""Tickets for WebSockets, and the token that comes with a call: given once, good for what they name, for no more."""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from callcenter.api.app import create_app
from callcenter.auth import new_key
from tests.api.wire import asgi, serving
from tests.factories import NOON

pytestmark = pytest.mark.live

KEY = "k" * 32
BEARER = {"authorization": f"Bearer {KEY}"}


class Clock:
    def __init__(self):
        self.at = NOON

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def guarded(build, clock):
    return await build(keys=[KEY], now=clock)


async def began(client, path="/api/calls", **facts):
    response = await client.post(path, headers=BEARER, json=facts)
    assert response.headers["cache-control"] == "no-store"
    return response.raise_for_status().json()


async def ticket(client, credential, path):
    holder = {"authorization": f"Bearer {credential}"}
    return await client.post("/api/socket-tickets", headers=holder, json={"path": path})


def socket(call_id):
    return f"/api/conversations/ws/{call_id}"


@asynccontextmanager
async def opened(address, path, made):
    async with connect(f"ws://{address}{path}?after=1&ticket={made}", proxy=None) as connection:
        yield connection


async def status_of(address, path, made):
    try:
        async with opened(address, path, made):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize(
    ("path", "facts", "named"),
    [
        ("/api/calls", {"customer_name": "علي", "language": "ar"}, "call_id"),
        ("/api/conversations", {"function": "customer_support", "language": "en"}, "conversation_id"),
    ],
)
async def test_a_call_comes_with_a_token_for_its_customer_alone(guarded, path, facts, named):
    async with asgi(create_app(guarded)) as client:
        mine, other = await began(client, path, **facts), await began(client)
        holder = {"authorization": f"Bearer {mine['token']}"}
        said = await client.post(
            f"/api/conversations/{mine[named]}/message", headers=holder, json={"message": "متى تفتحون؟"}
        )
        assert said.status_code == 200
        for forbidden, status in (
            (f"/api/conversations/{other['call_id']}/stats", 404),
            (f"/api/calls/{mine[named]}", 403),
            ("/api/tickets", 403),
        ):
            assert (await client.get(forbidden, headers=holder)).status_code == status, forbidden
        told = (await client.get(f"/api/calls/{mine[named]}", headers=BEARER)).text
        log = (await client.get(f"/api/conversations/{mine[named]}/events", headers=BEARER)).text
        assert mine["token"] not in told + log


async def test_a_token_ends_after_a_day(guarded, clock):
    async with asgi(create_app(guarded)) as client:
        mine = await began(client)
        path, holder = f"/api/conversations/{mine['call_id']}/stats", {"authorization": f"Bearer {mine['token']}"}
        clock.at = NOON + timedelta(hours=24) - timedelta(seconds=1)
        assert (await client.get(path, headers=holder)).status_code == 200
        clock.at = NOON + timedelta(hours=24)
        refused = await client.get(path, headers=holder)
        assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")


async def test_open_mode_gives_neither_tokens_nor_tickets(client, server):
    call = (await client.post("/api/calls")).json()
    assert call["token"] is None
    path = socket(call["call_id"])
    made = await client.post("/api/socket-tickets", json={"path": path})
    assert (made.status_code, made.json()) == (201, {"ticket": None, "path": path, "expires_at": None})
    assert await status_of(server, path, "anything") == 101


async def test_a_ticket_opens_a_socket_once(guarded):
    async with serving(guarded) as address, asgi(create_app(guarded)) as client:
        mine = await began(client)
        made = (await ticket(client, mine["token"], socket(mine["call_id"]))).json()
        assert made["expires_at"] == "2026-11-02T12:00:30Z"
        async with opened(address, made["path"], made["ticket"]) as connection:
            assert json.loads(await connection.recv())["event"] == "greeting"
        assert await status_of(address, made["path"], made["ticket"]) == 401


async def test_a_ticket_is_dead_after_half_a_minute(guarded, clock):
    async with serving(guarded) as address, asgi(create_app(guarded)) as client:
        made = [(await ticket(client, KEY, socket("CALL-7"))).json() for _ in range(2)]
        clock.at = NOON + timedelta(seconds=29)
        assert await status_of(address, made[0]["path"], made[0]["ticket"]) == 101
        clock.at = NOON + timedelta(seconds=30)
        assert await status_of(address, made[1]["path"], made[1]["ticket"]) == 401


async def test_a_ticket_opens_its_path_alone_and_no_request(guarded):
    async with serving(guarded) as address, asgi(create_app(guarded)) as client:
        made = (await ticket(client, KEY, socket("CALL-7"))).json()["ticket"]
        assert await status_of(address, "/api/conversations/ws/CALL-8", made) == 401
        for place in ("/api/calls", "/api/conversations/ws/CALL-7"):
            assert (await client.get(place, params={"ticket": made})).status_code == 401
            assert (await ticket(client, made, socket("CALL-7"))).status_code == 401
        assert await status_of(address, "/api/conversations/ws/CALL-7", made) == 101


async def test_a_ticket_is_as_good_as_its_holder(guarded):
    key, kept = new_key(b"a" * 38, name="ليلى", role="agent", now=NOON)
    await guarded.store.add_key(kept)
    async with serving(guarded) as address, asgi(create_app(guarded)) as client:
        mine, other = await began(client), await began(client)
        made = (await ticket(client, key, socket(mine["call_id"]))).json()
        async with opened(address, made["path"], made["ticket"]) as connection:
            await connection.recv()
            await connection.send("I am the customer")
            assert json.loads(await connection.recv())["code"] == "not_allowed"
        for call_id in (other["call_id"], "CALL-NEVER"):
            refused = await ticket(client, mine["token"], socket(call_id))
            assert (refused.status_code, refused.json()["code"]) == (404, "call_not_found")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 422),
        ("/api/calls", 404),
        ("/api/conversations/ws/CALL-7/", 404),
        ("/api/conversations/ws/CALL-7?after=3", 422),
        ("//evil.example/x", 404),
        ("/api/conversations/ws/مكالمة", 422),
    ],
)
async def test_a_ticket_is_for_a_socket_there_is(guarded, path, status):
    async with asgi(create_app(guarded)) as client:
        assert (await ticket(client, KEY, path)).status_code == status


async def test_nothing_of_a_credential_is_logged(guarded, caplog):
    caplog.set_level(logging.DEBUG)
    key, kept = new_key(b"b" * 38, name="website", role="service", now=NOON)
    await guarded.store.add_key(kept)
    async with serving(guarded) as address, asgi(create_app(guarded)) as client:
        mine = await began(client)
        made = (await ticket(client, key, socket(mine["call_id"]))).json()
        assert await status_of(address, made["path"], made["ticket"]) == 101
        wrong = key[:-4] + "AAAA"
        assert (await client.get("/api/calls", headers={"authorization": f"Bearer {wrong}"})).status_code == 401
    ours = "\n".join(str(vars(each)) for each in caplog.records if not each.name.startswith("websockets.client"))
    for credential in (KEY, key, key.split("_", 2)[2], mine["token"]):
        assert credential not in ours

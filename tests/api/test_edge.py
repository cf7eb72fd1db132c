"""Who may come in: Host and Origin in open mode, keys in required mode."""

from __future__ import annotations

import pytest

from callcenter.api.app import create_app
from callcenter.errors import StoreUnavailable
from tests.api.wire import asgi

pytestmark = pytest.mark.unit

KEY = "k" * 32


@pytest.fixture
async def guarded(build):
    async with asgi(create_app(await build(keys=[KEY]))) as client:
        yield client


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.5:8000", "127.0.0.1.evil.example", ""])
async def test_open_mode_answers_to_this_machines_names_only(client, host):
    response = await client.get("/api/calls", headers={"host": host})
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
async def test_open_mode_answers_to_each_of_this_machines_names(client, host):
    assert (await client.get("/api/calls", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("path", ["/api/calls", "/healthz", "/readyz", "/openapi.json"])
async def test_a_foreign_page_is_refused_everywhere(client, path):
    response = await client.get(path, headers={"origin": "https://evil.example"})
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")


async def test_a_page_of_this_machine_is_served(client):
    assert (await client.get("/api/calls", headers={"origin": "http://localhost:5173"})).status_code == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x"])
async def test_required_mode_wants_a_key_for_every_call(guarded, authorization):
    headers = {"authorization": authorization} if authorization is not None else {}
    for method, path in (("GET", "/api/calls"), ("POST", "/api/conversations/C/message"), ("POST", "/api/analyze")):
        response = await guarded.request(method, path, headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
        assert response.headers["www-authenticate"] == "Bearer"


async def test_a_key_opens_the_door(guarded):
    assert (await guarded.get("/api/calls", headers={"authorization": f"Bearer {KEY}"})).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/healthz/", "/readyz", "/openapi.json", "/docs", "/"])
async def test_probes_and_documentation_need_no_key(guarded, path):
    assert (await guarded.get(path)).status_code in (200, 307)


async def test_an_unknown_path_tells_strangers_nothing(guarded):
    assert (await guarded.get("/api/nothing")).status_code == 401


async def test_a_ticket_notes_whose_key_changed_it(guarded):
    guarded.headers["authorization"] = f"Bearer {KEY}"
    call_id = (await guarded.post("/api/calls", json={"language": "en"})).json()["call_id"]
    said = {"message": "Your website is down since yesterday and I am very angry"}
    number = (await guarded.post(f"/api/conversations/{call_id}/message", json=said)).json()["ticket"]["number"]
    await guarded.patch(f"/api/tickets/{number}", json={"status": "open"})
    history = (await guarded.get(f"/api/tickets/{number}/history")).json()["history"]
    assert history[0]["actor"] == "customer"
    assert history[-1]["actor"].startswith("key-")
    assert KEY not in history[-1]["actor"]


async def test_the_process_is_healthy_also_when_the_store_is_not(app, client):
    assert (await client.get("/readyz")).json()["company"] == "ornina"
    await app.store.close()
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert StoreUnavailable.code in response.json()["detail"]

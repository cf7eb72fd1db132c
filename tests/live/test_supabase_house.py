"""The whole product with CALLCENTER_STORE=supabase: what a start, /readyz and /metrics say, and where the words go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from callcenter.api.app import create_app
from callcenter.api.server import announcement, kept
from callcenter.bootstrap import App, build
from callcenter.calls import CallId
from callcenter.errors import ConfigurationError
from callcenter.settings import Settings, StoreKind
from callcenter.store.journal import JournaledStore
from tests.api.wire import asgi, serving
from tests.data_api import Project, Relay

pytestmark = pytest.mark.live

NOBODY = "http://127.0.0.1:9"
"""Where nothing listens."""


def settings(folder: Path, url: str | None, key: str | None) -> Settings:
    return Settings(
        data_dir=folder,
        store=StoreKind.supabase,
        supabase_url=url,
        supabase_secret_key=key,
        supabase_seconds=20,
        _env_file=None,
    )


@asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[tuple[App, httpx.AsyncClient]]:
    app = await build(chosen)
    try:
        async with asgi(create_app(app)) as client:
            yield app, client
    finally:
        await app.close()


def figures(text: str) -> dict[str, float]:
    lines = (line.split(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


async def say(client: httpx.AsyncClient, call_id: str, message: str) -> str:
    answer = await client.post(f"/api/conversations/{call_id}/message", json={"message": message})
    assert answer.status_code == 200, answer.text
    said: str = answer.json()["assistant_response"]
    return said


async def test_calls_are_kept_at_supabase(tmp_path: Path, project: Project) -> None:
    async with running(settings(tmp_path, project.url, project.secret_key)) as (app, client):
        await client.post("/api/calls", json={"call_id": "SB-1", "language": "ar"})
        assert "TKT-" in await say(client, "SB-1", "الموقع لا يعمل منذ أمس وأنا غاضب جدًا")
        await say(client, "SB-1", "Can we go on in English? My order number is 7474839")
        ready = (await client.get("/readyz")).json()
        measured = figures((await client.get("/metrics")).text)
        log = await app.store.events(CallId("SB-1"))
    assert (ready["status"], ready["store"]) == ("ready", "supabase")
    assert ready["journal"] == {"away": False, "reason": None, "steps": 0, "oldest_at": None, "parked": 0}
    assert measured["callcenter_journal_away"] == measured["callcenter_journal_steps"] == 0
    assert "callcenter_journal_oldest_timestamp_seconds" not in measured
    assert measured["process_resident_memory_bytes"] > 0
    with project.sql() as connection:
        stored = connection.execute("select count(*), max(seq) from conversation_events").fetchone()
        words = connection.execute("select content from conversation_messages where role = 'user' order by seq")
        assert [content for (content,) in words] == [
            "الموقع لا يعمل منذ أمس وأنا غاضب جدًا",
            "Can we go on in English? My order number is 7474839",
        ]
    assert stored == (len(log), len(log))


@pytest.mark.parametrize(("url", "key"), [(None, "key"), (NOBODY, None)])
async def test_a_start_without_address_or_key_says_what_is_missing(
    tmp_path: Path, url: str | None, key: str | None
) -> None:
    with pytest.raises(ConfigurationError, match="SUPABASE_URL and SUPABASE_SECRET_KEY"):
        await build(settings(tmp_path, url, key))


async def test_a_wrong_key_is_refused_at_the_first_start(tmp_path: Path, project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"CALLCENTER_STORE=supabase.*SUPABASE_SECRET_KEY"):
        await build(settings(tmp_path, project.url, "sb_secret_wrong"))
    assert not (tmp_path / "journal.sqlite3").exists()


async def test_a_key_that_was_taken_before_costs_no_customer_a_call(tmp_path: Path, project: Project) -> None:
    async with running(settings(tmp_path, project.url, project.secret_key)) as (_, client):
        await client.post("/api/calls", json={"call_id": "SB-1"})
        await say(client, "SB-1", "hello")
    async with running(settings(tmp_path, project.url, "sb_secret_revoked")) as (app, client):
        assert await say(client, "SB-1", "كم تكلفة تصميم موقع؟")
        ready = (await client.get("/readyz")).json()
        assert (ready["status"], ready["journal"]["reason"]) == ("degraded", "store_refused")
        assert "store_refused" in kept(backlog_of(app), app.settings)


async def test_a_start_while_supabase_is_away_serves_and_says_so(tmp_path: Path, project: Project) -> None:
    relay = Relay(project)
    address = await relay.start()
    await relay.cut()
    async with running(settings(tmp_path, address, project.secret_key)) as (app, client):
        await client.post("/api/calls", json={"call_id": "SB-1", "language": "en"})
        assert await say(client, "SB-1", "How much is a website?")
        ready = (await client.get("/readyz")).json()
        measured = figures((await client.get("/metrics")).text)
        said = kept(backlog_of(app), app.settings)
        assert "data " not in announcement(app.settings, 8000)
    assert ready["status"] == "degraded"
    assert (ready["journal"]["away"], ready["journal"]["reason"]) == (True, "store_unavailable")
    assert ready["journal"]["steps"] == measured["callcenter_journal_steps"] >= 2
    assert measured["callcenter_journal_away"] == 1
    assert measured["callcenter_journal_oldest_timestamp_seconds"] > 1_700_000_000
    assert "journal.sqlite3" in said
    assert "store_unavailable" in said

    async with running(settings(tmp_path, project.url, project.secret_key)) as (app, client):
        store = app.store
        assert isinstance(store, JournaledStore)
        assert f"{ready['journal']['steps']} steps wait" in kept(backlog_of(app), app.settings) or not (
            store.backlog.steps
        )
        while store.backlog.steps:
            await store.carry_over()
        assert (await client.get("/readyz")).json()["status"] == "ready"
    with project.sql() as connection:
        events = connection.execute("select seq from conversation_events order by seq").fetchall()
    assert [seq for (seq,) in events] == list(range(1, len(events) + 1))
    assert len(events) > 4


@pytest.mark.parametrize(("text", "language"), [("كم تكلفة تصميم موقع؟", "ar"), ("How much is a website?", "en")])
async def test_a_customer_who_comes_by_socket_while_supabase_is_away_is_answered(
    tmp_path: Path, project: Project, text: str, language: str
) -> None:
    async with (
        running(settings(tmp_path, NOBODY, project.secret_key)) as (app, _),
        serving(app) as address,
        connect(f"ws://{address}/api/conversations/ws/SB-WS?language={language}", proxy=None) as socket,
    ):
        assert json.loads(await socket.recv())["event"] == "greeting"
        await socket.send(json.dumps({"message": text}))
        frames = [json.loads(await socket.recv())]
        while frames[-1]["event"] != "assistant_message":
            frames.append(json.loads(await socket.recv()))
        assert frames[-1]["language"] == language
        assert "error" not in {frame["event"] for frame in frames}


async def test_without_supabase_there_is_no_journal(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path, _env_file=None)
    async with running(chosen) as (app, client):
        assert (await client.get("/readyz")).json()["journal"] is None
        assert "callcenter_journal_steps" not in figures((await client.get("/metrics")).text)
        assert "Supabase" not in announcement(app.settings, 8000)
        assert app.journal is None


def backlog_of(app: App):
    assert app.journal is not None
    return app.journal.backlog

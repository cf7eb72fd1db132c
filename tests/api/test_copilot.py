"""The copilot on the wire: suggestions come to the agent who has the call and to nobody else, no customer above all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from callcenter.api.app import create_app
from callcenter.api.transcripts import TranscriptFormat
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Piece
from tests.api.test_desk import key, received
from tests.api.wire import asgi, serving

pytestmark = pytest.mark.live

KEYS = ("a" * 32, "b" * 32)
DRAFTED = "You may surely cancel, said the copilot"


class Drafting:
    """A voice that drafts: first half a sentence, the rest once it may."""

    name = "model-x"

    def __init__(self, *, held: int = 0) -> None:
        self.briefs: list[Brief] = []
        self.begun = asyncio.Event()
        self._held = held

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        self.briefs.append(brief)
        yield Delta("You may surely ")
        self.begun.set()
        if len(self.briefs) <= self._held:
            await asyncio.Event().wait()
        yield Delta("cancel, said the copilot")
        yield Completion(CompletionKind.complete, "model-x")


def shown(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in frames if each["event"].startswith("suggestion")]


@pytest.mark.parametrize(("language", "asked"), [("ar", "كيف الغي طلبي؟"), ("en", "How can I cancel my order?")])
async def test_what_customers_write_to_an_agent_is_answered_to_the_agent_first(build, language, asked):
    app = await build(keys=KEYS)
    async with serving(app) as address, httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        begun = await http.post("/api/calls", headers=key(0), json={"call_id": "CALL-7", "language": language})
        customer = {"authorization": f"Bearer {begun.json()['token']}"}
        desk = f"ws://{address}/api/desk/ws"
        async with (
            connect(desk, proxy=None, additional_headers=key(0)) as mona,
            connect(desk, proxy=None, additional_headers=key(1)) as omar,
        ):
            await http.post("/api/desk/calls/CALL-7/claim", headers=key(0), json={})
            await http.post("/api/conversations/CALL-7/message", headers=customer, json={"message": asked})
            frames = shown(await received(mona, "suggestion"))
            whole = frames.pop()
            assert {each["event"] for each in frames} == {"suggestion_delta"}
            assert "".join(each["delta"] for each in frames).strip() == whole["text"]
            assert {each["suggestion_id"] for each in frames} == {whole["suggestion_id"]}
            assert (whole["call_id"], whole["language"], whole["voice"]) == ("CALL-7", language, "offline")
            assert whole["passages"][0]["slug"] == "cancel-order"
            assert whole["passages"][0]["language"] == language
            assert set(whole["why"]) == {"ar", "en"}
            said = {"message": whole["text"] + "\n", "suggestion_id": whole["suggestion_id"], "message_id": "r-1"}
            for _ in range(2):
                (await http.post("/api/desk/calls/CALL-7/reply", headers=key(0), json=said)).raise_for_status()
            await http.post("/api/desk/calls/CALL-7/release", headers=key(0), json={})
            others = await received(omar, "call")
            while others[-1]["call"]["mode"] != "ai" or others[-1]["call"]["seq"] < 7:
                others += await received(omar, "call")
            assert not shown(others)
        log = (await http.get("/api/conversations/CALL-7/events", headers=key(0))).json()["events"]
        kinds = [event["event"] for event in log]
        assert kinds[-3:] == ["agent_message", "suggestion_used", "call_released"]
        assert (log[-2]["verdict"], log[-2]["similarity"]) == ("sent", 1.0)


async def test_a_newer_message_takes_the_place_of_what_is_in_the_making_and_a_release_ends_it(build):
    voice = Drafting(held=1)
    async with (
        serving(await build(drafts=[voice])) as address,
        httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http,
        connect(f"ws://{address}/api/desk/ws", proxy=None) as desk,
    ):
        await http.post("/api/calls", json={"call_id": "CALL-7", "language": "en"})
        await http.post("/api/desk/calls/CALL-7/claim", json={})
        await http.post("/api/conversations/CALL-7/message", json={"message": "How do I cancel?"})
        first = (await received(desk, "suggestion_delta"))[-1]
        await http.post("/api/conversations/CALL-7/message", json={"message": "My order, I mean."})
        frames = shown(await received(desk, "suggestion"))
        assert frames[-1]["suggestion_id"] != first["suggestion_id"]
        assert {each["suggestion_id"] for each in frames} == {frames[-1]["suggestion_id"]}
        assert frames[-1]["text"] == DRAFTED
        assert voice.briefs[-1].text == "How do I cancel?\nMy order, I mean."

        voice.briefs.clear()
        voice.begun.clear()
        await http.post("/api/conversations/CALL-7/message", json={"message": "Are you there?"})
        await voice.begun.wait()
        await http.post("/api/desk/calls/CALL-7/release", json={})
        await http.post("/api/conversations/CALL-7/message", json={"message": "What services do you offer?"})
        await http.post("/api/desk/calls/CALL-7/note", json={"note": "the end"})
        frames = await received(desk, "call")
        while frames[-1]["call"]["mode"] != "ai" or len(frames) < 3:
            frames += await received(desk, "call")
        assert "suggestion" not in {each["event"] for each in frames}
        assert len(voice.briefs) == 1, "on a call that a persona answers nothing is drafted unasked"


async def test_a_page_that_is_loaded_anew_is_shown_what_it_had_without_another_draft(build):
    voice = Drafting()
    async with (
        serving(await build(drafts=[voice])) as address,
        httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http,
    ):
        await http.post("/api/calls", json={"call_id": "CALL-7", "language": "en"})
        await http.post("/api/desk/calls/CALL-7/claim", json={})
        await http.post("/api/conversations/CALL-7/message", json={"message": "How do I cancel?"})
        whole = []
        for _ in range(2):
            async with connect(f"ws://{address}/api/desk/ws", proxy=None) as desk:
                whole.append((await received(desk, "suggestion"))[-1])
        assert whole[0] == whole[1]
        assert len(voice.briefs) == 1
        left = f"/api/desk/calls/CALL-7/suggestions/{whole[0]['suggestion_id']}/dismiss"
        assert (await http.post(left, json={"reason": "too sure"})).status_code == 200
        assert (await http.post(left, json={})).json()["code"] == "suggestion_not_found"


async def test_nothing_of_a_suggestion_reaches_a_customer(build):
    app = await build(keys=KEYS[:1], drafts=[Drafting()])
    async with serving(app) as address, httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        begun = (await http.post("/api/calls", headers=key(0), json={"language": "en"})).json()
        call, customer = begun["call_id"], {"authorization": f"Bearer {begun['token']}"}
        place = f"/api/desk/calls/{call}"
        async with (
            connect(f"ws://{address}/api/desk/ws", additional_headers=key(0), proxy=None) as desk,
            connect(f"ws://{address}/api/conversations/ws/{call}", additional_headers=customer, proxy=None) as socket,
        ):
            await http.post(f"{place}/claim", headers=key(0), json={})
            stream = await http.post(
                f"/api/conversations/{call}/message?stream=true", headers=customer, json={"message": "Can I cancel?"}
            )
            whole = (await received(desk, "suggestion"))[-1]
            assert whole["text"] == DRAFTED
            events = (await http.post(f"{place}/suggestion?stream=true", headers=key(0))).text
            assert [line for line in events.splitlines() if line.startswith("event")] == [
                "event: suggestion_delta",
                "event: suggestion_delta",
                "event: suggestion",
            ]
            said = {"message": "You may indeed", "suggestion_id": whole["suggestion_id"]}
            await http.post(f"{place}/reply", headers=key(0), json=said)
            live = await received(socket, "agent_message")
            await http.post(f"{place}/release", headers=key(0), json={})
        pages = [
            (await http.get(f"/api/conversations/{call}/{page}", headers=customer)).raise_for_status().text
            for page in ("events", "stats", *(f"transcript?format={form}" for form in TranscriptFormat))
        ]
        url = f"ws://{address}/api/conversations/ws/{call}?after=0"
        async with connect(url, additional_headers=customer, proxy=None) as again:
            replayed = await received(again, "call_released")
        exports = [
            (await http.get(f"/api/conversations/{call}/transcript?format={form}", headers=key(0))).text
            for form in TranscriptFormat
        ]
        for text in (*pages, *exports, stream.text, json.dumps(live), json.dumps(replayed)):
            assert DRAFTED not in text
            assert "said the copilot" not in text
            assert "suggestion" not in text
        assert "suggestion_used" in (await http.get(f"/api/conversations/{call}/events", headers=key(0))).text


async def test_one_in_the_making_can_be_left_and_is_not_counted(build):
    app = await build(drafts=[Drafting(held=1)])
    async with (
        serving(app) as address,
        httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http,
        connect(f"ws://{address}/api/desk/ws", proxy=None) as desk,
    ):
        await http.post("/api/calls", json={"call_id": "CALL-7", "language": "en"})
        await http.post("/api/desk/calls/CALL-7/claim", json={})
        await http.post("/api/conversations/CALL-7/message", json={"message": "How do I cancel?"})
        begun = (await received(desk, "suggestion_delta"))[-1]["suggestion_id"]
        left = f"/api/desk/calls/CALL-7/suggestions/{begun}/dismiss"
        assert [(await http.post(left, json={})).status_code for _ in range(2)] == [200, 404]
        assert "suggestion_used" not in [event.event for event in await app.store.events("CALL-7")]


async def test_with_its_call_what_was_suggested_on_it_is_gone(client, callers, app):
    call = await callers(language="en")
    await client.post(f"/api/conversations/{call}/message", json={"message": "What do you sell?"})
    made = (await client.post(f"/api/desk/calls/{call}/suggestion")).json()["suggestion_id"]
    assert app.desk.suggestions.find(made, call, "local") is not None
    await client.delete(f"/api/calls/{call}")
    assert app.desk.suggestions.find(made, call, "local") is None


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_summary_and_a_disposition_are_there_for_the_asking(client, callers, language):
    call = await callers(language=language)
    said = {"ar": "موقعي معطل منذ أمس", "en": "My website is down since yesterday"}[language]
    number = (await client.post(f"/api/conversations/{call}/message", json={"message": said})).json()["ticket"][
        "number"
    ]
    summary = (await client.get(f"/api/desk/calls/{call}/summary")).json()
    assert number in summary["text"]["ar"]
    assert number in summary["text"]["en"]
    assert summary["voice"] == "offline"
    found = (await client.get(f"/api/desk/calls/{call}/disposition")).json()
    assert (found["code"], found["confidence"]) == ("ticket_opened", 0.95)
    assert set(found["reason"]) == {"ar", "en"}
    await client.patch(f"/api/tickets/{number}", json={"status": "open"})
    await client.patch(f"/api/tickets/{number}", json={"status": "resolved"})
    await client.delete(f"/api/conversations/{call}")
    assert (await client.get(f"/api/desk/calls/{call}/disposition")).json()["code"] == "resolved", "as it stands now"


async def test_a_suggestion_is_refused_where_there_is_nothing_to_suggest(client, callers):
    call = await callers(language="en")
    for path, status, code in (
        (f"/api/desk/calls/{call}/suggestion", 409, "nothing_to_answer"),
        ("/api/desk/calls/CALL-NEVER/suggestion?stream=true", 404, "call_not_found"),
    ):
        refused = await client.post(path)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    await client.post(f"/api/conversations/{call}/message", json={"message": "What do you sell?"})
    assert (await client.post(f"/api/desk/calls/{call}/suggestion")).json()["voice"] == "offline"
    await client.delete(f"/api/conversations/{call}")
    assert (await client.post(f"/api/desk/calls/{call}/suggestion")).json()["code"] == "call_ended"


async def test_the_figures_tell_how_often_agents_took_what_was_suggested(build):
    async with asgi(create_app(await build())) as client:
        await client.post("/api/calls", json={"call_id": "CALL-7", "language": "ar"})
        await client.post("/api/desk/calls/CALL-7/claim", json={})
        await client.post("/api/conversations/CALL-7/message", json={"message": "كيف الغي طلبي؟"})
        for change in ("", " شكرًا"):
            made = (await client.post("/api/desk/calls/CALL-7/suggestion")).json()
            said = {"message": made["text"] + change, "suggestion_id": made["suggestion_id"]}
            await client.post("/api/desk/calls/CALL-7/reply", json=said)
        made = (await client.post("/api/desk/calls/CALL-7/suggestion")).json()
        await client.post(f"/api/desk/calls/CALL-7/suggestions/{made['suggestion_id']}/dismiss", json={})
        (figures,) = (await client.get("/api/analytics")).json()["groups"]
        copilot = figures["copilot"]
        assert (copilot["sent"], copilot["edited"], copilot["dismissed"], copilot["ignored"]) == (1, 1, 1, 0)
        assert copilot["acceptance"] == {"count": 2, "of": 3, "rate": 0.6667}
        assert [each["agent"] for each in copilot["agents"]] == ["local"]
        assert (await client.get("/api/analytics?format=csv")).text.splitlines()[0].count("copilot_") == 11

"""The desk on the wire: claims, words of humans, what customers never see, and the socket that shows all calls."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from callcenter.api.app import create_app
from callcenter.api.transcripts import TranscriptFormat
from tests.api.wire import HeldVoice, asgi, serving

pytestmark = pytest.mark.live

KEYS = ("a" * 32, "b" * 32)
REMARK = "this customer was wrong before"
HELD = ("reply", "transfer", "release", "wrap-up")


def key(number):
    return {"authorization": f"Bearer {KEYS[number]}"}


async def received(connection, wanted):
    """Return the frames up to the one with this event."""
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while not frames or frames[-1]["event"] != wanted:
            frames.append(json.loads(await connection.recv()))
    return frames


async def test_of_two_who_claim_at_once_one_gets_the_call_and_the_other_a_clear_no(build):
    async with asgi(create_app(await build(keys=KEYS))) as client:
        call = (await client.post("/api/calls", headers=key(0), json={"language": "en"})).json()["call_id"]
        path = f"/api/desk/calls/{call}/claim"
        answers = await asyncio.gather(*(client.post(path, headers=key(each), json={}) for each in (0, 1)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        lost = next(answer for answer in answers if answer.status_code == 409)
        assert lost.json()["code"] == "call_taken"
        loser = answers.index(lost)
        for action, body in zip(
            HELD, ({"message": "hi"}, {"to_queue": "sales"}, {}, {"disposition": "resolved"}), strict=True
        ):
            refused = await client.post(f"/api/desk/calls/{call}/{action}", headers=key(loser), json=body)
            assert (refused.status_code, refused.json()["code"]) == (409, "call_not_held"), action
        taken = await client.post(path, headers=key(loser), json={"take_over": True})
        assert taken.json()["mode"] == "human"


async def test_a_takeover_during_a_streaming_reply_ends_it_for_the_customer(build):
    voice = HeldVoice()
    async with (
        serving(await build(voice=voice)) as address,
        httpx.AsyncClient(trust_env=False) as http,
        connect(f"ws://{address}/api/conversations/ws/CALL-7?language=en", proxy=None) as customer,
    ):
        await customer.recv()
        await customer.send("what do you sell?")
        await voice.begun.wait()
        claimed = await http.post(f"http://{address}/api/desk/calls/CALL-7/claim", json={})
        assert claimed.json()["mode"] == "human"
        seen = await received(customer, "call_claimed")
        assert [each["event"] for each in seen[-2:]] == ["assistant_message", "call_claimed"]
        assert seen[-2]["interrupted"]
        voice.may_end.set()
        await customer.send("hello?")
        await http.post(f"http://{address}/api/desk/calls/CALL-7/note", json={"note": REMARK})
        await http.post(f"http://{address}/api/desk/calls/CALL-7/reply", json={"message": "Mona here."})
        after = await received(customer, "agent_message")
        assert {each["event"] for each in after} == {"user_message", "routing", "agent_message"}
        assert after[-1]["message"] == "Mona here."


@pytest.mark.parametrize(
    ("language", "question"),
    [("en", "What are your opening hours?"), ("ar", "متى تفتحون؟")],
)
@pytest.mark.parametrize(("path", "body"), [("release", {}), ("transfer", {"to_persona": "sales"})])
async def test_a_persona_answers_what_a_human_left_unanswered(build, language, question, path, body):
    async with (
        serving(await build()) as address,
        httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http,
        connect(f"ws://{address}/api/conversations/ws/CALL-7?language={language}", proxy=None) as customer,
    ):
        await customer.recv()
        await http.post("/api/desk/calls/CALL-7/claim", json={})
        for words in ("hello", question) if language == "en" else ("مرحبا", question):
            await customer.send(words)
            await received(customer, "routing")
            if words != question:
                await http.post("/api/desk/calls/CALL-7/reply", json={"message": "Mona here."})
        await http.post(f"/api/desk/calls/CALL-7/{path}", json=body)
        answers = await received(customer, "assistant_message")
        assert "9:00" in answers[-1]["message"]
        log = (await http.get("/api/conversations/CALL-7/events")).json()["events"]
        assert [each["event"] for each in log].count("assistant_message") == 1, "what the human answered is not"


async def test_what_the_desk_notes_reaches_no_customer(build):
    app = await build(keys=KEYS[:1])
    async with serving(app) as address, httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        begun = (await http.post("/api/calls", headers=key(0), json={"language": "en"})).json()
        call, customer = begun["call_id"], {"authorization": f"Bearer {begun['token']}"}
        desk = f"/api/desk/calls/{call}"
        for action, body in (
            ("claim", {}),
            ("note", {"note": REMARK}),
            ("reply", {"message": "I'm looking."}),
            ("wrap-up", {"disposition": "resolved", "note": REMARK}),
            ("release", {}),
        ):
            (await http.post(f"{desk}/{action}", headers=key(0), json=body)).raise_for_status()
        log = (await http.get(f"/api/conversations/{call}/events", headers=key(0))).text
        assert log.count(REMARK) == 2
        name = json.loads(log)["events"][-1]["agent"]
        shown = [
            (await http.get(f"/api/conversations/{call}/{place}", headers=customer)).raise_for_status().text
            for place in ("events", "stats", *(f"transcript?format={form}" for form in TranscriptFormat))
        ]
        stream = await http.post(
            f"/api/conversations/{call}/message?stream=true", headers=customer, json={"message": "thanks"}
        )
        async with connect(
            f"ws://{address}/api/conversations/ws/{call}?after=0", proxy=None, additional_headers=customer
        ) as socket:
            frames = await received(socket, "assistant_message")
        for text in (*shown, stream.text, json.dumps(frames)):
            assert REMARK not in text
            assert name not in text
        assert "I'm looking." in shown[0]
        assert {"call_claimed", "agent_message", "call_released"} <= {each["event"] for each in frames}


async def test_the_desks_socket_shows_every_change_and_tells_who_is_there(build):
    app = await build()
    async with serving(app) as address, httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        await http.post("/api/calls", json={"call_id": "CALL-7", "language": "ar"})
        async with connect(f"ws://{address}/api/desk/ws", proxy=None) as desk:
            snapshot = json.loads(await desk.recv())
            assert [each["call_id"] for each in snapshot["calls"]] == ["CALL-7"]
            assert (snapshot["queue"], [each["agent"] for each in snapshot["agents"]]) == ([], ["local"])
            await http.post("/api/conversations/CALL-7/message", json={"message": "أريد التحدث مع موظف"})
            changed, queue = (await received(desk, "queue"))[-2:]
            assert changed["call"]["waiting_since"] is not None
            assert [each["call_id"] for each in queue["queue"]] == ["CALL-7"]
            await http.post("/api/desk/calls/CALL-7/claim", json={})
            changed, queue = (await received(desk, "queue"))[-2:]
            assert (changed["call"]["mode"], queue["queue"]) == ("human", [])
            await desk.send('{"status": "away", "display_name": "منى", "capacity": 2}')
            assert (await received(desk, "agents"))[-1]["agents"][0]["calls"] == 1
            await desk.send("hello")
            assert (await received(desk, "error"))[-1]["code"] == "invalid_frame"
            await http.delete("/api/calls/CALL-7")
            assert (await received(desk, "call_erased"))[-1]["call_id"] == "CALL-7"


async def test_lists_hold_what_was_asked_for(client, callers):
    waits, held, other = [await callers(language=language) for language in ("ar", "ar", "en")]
    await client.post(f"/api/conversations/{waits}/message", json={"message": "أريد التحدث مع موظف"})
    await client.post(f"/api/desk/calls/{held}/claim", json={})

    async def listed(**wanted):
        return [each["call_id"] for each in (await client.get("/api/desk/calls", params=wanted)).json()["items"]]

    assert await listed() == [other, held, waits]
    assert await listed(waiting=True) == [waits]
    assert await listed(mode="human") == [held]
    assert await listed(language="en") == [other]
    queue = (await client.get("/api/desk/queue", params={"language": "ar"})).json()["queue"]
    assert [(each["call_id"], each["position"]) for each in queue] == [(waits, 1)]
    assert (await client.get("/api/desk/queue", params={"language": "en"})).json() == {"queue": []}
    said = await client.put("/api/desk/agents/me", json={"status": "available", "display_name": "منى\u202e"})
    assert (said.json()["display_name"], said.json()["calls"]) == ("منى", 1)
    assert [each["agent"] for each in (await client.get("/api/desk/agents")).json()["agents"]] == ["local"]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("reply", {"message": "\u200b"}),
        ("note", {"note": " "}),
        ("transfer", {}),
        ("transfer", {"to_queue": "sales", "to_persona": "sales"}),
        ("wrap-up", {"disposition": "whatever"}),
        ("reply", {"message": "hi", "agent": "somebody else"}),
    ],
)
async def test_what_makes_no_sense_is_refused(client, callers, action, body):
    call = await callers(language="en")
    await client.post(f"/api/desk/calls/{call}/claim", json={})
    assert (await client.post(f"/api/desk/calls/{call}/{action}", json=body)).status_code == 422

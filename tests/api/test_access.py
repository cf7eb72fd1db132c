"""Who may call what: every route of the app is tried by every role, and one table says what must come of it."""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callcenter import bootstrap
from callcenter.api.access import Access, open_to
from callcenter.api.app import create_app
from callcenter.api.openapi import EXAMPLES
from callcenter.auth import Principal, Role, new_key
from callcenter.auth.tokens import AccessTokens
from callcenter.errors import NotAllowed
from callcenter.settings import AuthMode, Settings
from callcenter.store import CallFilter
from callcenter.store.api_keys import KeyRole
from tests.api.wire import HeldVoice, asgi, serving
from tests.factories import NOON
from tests.key_server import SECRET_KEY, Clock, key_server

pytestmark = pytest.mark.live

KEY = "k" * 32

ALL = {"service", "admin", "supervisor", "agent", "customer", "stranger"}
OURS = {"service", "admin"}
SUPERVISORS = OURS | {"supervisor"}
AGENTS = SUPERVISORS | {"agent"}
CUSTOMERS = OURS | {"customer"}

COLUMNS = ("customer", "agent", "supervisor", "admin")

TABLE = {
    "POST /api/calls": OURS,
    "GET /api/calls": SUPERVISORS,
    "GET /api/calls/{call_id}": AGENTS,
    "DELETE /api/calls/{call_id}": OURS,
    "POST /api/conversations": OURS,
    "POST /api/conversations/{call_id}/message": CUSTOMERS,
    "PATCH /api/conversations/{call_id}": CUSTOMERS,
    "POST /api/conversations/{call_id}/switch-persona": AGENTS,
    "GET /api/conversations/{call_id}/transcript": AGENTS | {"customer"},
    "POST /api/conversations/{call_id}/rating": AGENTS | {"customer"},
    "GET /api/conversations/{call_id}/stats": AGENTS | {"customer"},
    "GET /api/conversations/{call_id}/events": AGENTS | {"customer"},
    "DELETE /api/conversations/{call_id}": AGENTS | {"customer"},
    "WS /api/conversations/ws/{call_id}": AGENTS | {"customer"},
    "POST /api/socket-tickets": AGENTS | {"customer"},
    "GET /api/tickets": AGENTS,
    "GET /api/tickets/{number}": AGENTS,
    "PATCH /api/tickets/{number}": AGENTS,
    "GET /api/tickets/{number}/history": AGENTS,
    "GET /api/tickets/{number}/comments": AGENTS,
    "POST /api/tickets/{number}/comments": AGENTS,
    "POST /api/tickets/{number}/merge": AGENTS,
    "GET /api/analytics": SUPERVISORS,
    "GET /api/desk/calls": AGENTS,
    "GET /api/desk/queue": AGENTS,
    "GET /api/desk/agents": AGENTS,
    "PUT /api/desk/agents/me": AGENTS,
    "POST /api/desk/calls/{call_id}/claim": AGENTS,
    "POST /api/desk/calls/{call_id}/reply": AGENTS,
    "POST /api/desk/calls/{call_id}/note": AGENTS,
    "POST /api/desk/calls/{call_id}/transfer": AGENTS,
    "POST /api/desk/calls/{call_id}/release": AGENTS,
    "POST /api/desk/calls/{call_id}/wrap-up": AGENTS,
    "POST /api/desk/calls/{call_id}/suggestion": AGENTS,
    "POST /api/desk/calls/{call_id}/suggestions/{suggestion_id}/dismiss": AGENTS,
    "GET /api/desk/calls/{call_id}/summary": AGENTS,
    "GET /api/desk/calls/{call_id}/disposition": AGENTS,
    "GET /api/actions": AGENTS,
    "GET /api/desk/approvals": AGENTS,
    "POST /api/desk/calls/{call_id}/actions": AGENTS,
    "POST /api/desk/calls/{call_id}/proposals/{proposal_id}/approve": AGENTS,
    "POST /api/desk/calls/{call_id}/proposals/{proposal_id}/deny": AGENTS,
    "POST /api/desk/calls/{call_id}/proposals/{proposal_id}/run": AGENTS,
    "POST /api/conversations/{call_id}/proposals/{proposal_id}/confirm": CUSTOMERS,
    "POST /api/conversations/{call_id}/proposals/{proposal_id}/decline": CUSTOMERS,
    "WS /api/desk/ws": AGENTS,
    "GET /api/knowledge/search": AGENTS,
    "GET /api/knowledge/gaps": AGENTS,
    "GET /api/knowledge/articles": AGENTS,
    "POST /api/knowledge/articles": OURS,
    "POST /api/knowledge/upload": OURS,
    "GET /api/knowledge/articles/{slug}": AGENTS,
    "PATCH /api/knowledge/articles/{slug}": OURS,
    "POST /api/knowledge/articles/{slug}/publish": OURS,
    "POST /api/knowledge/articles/{slug}/archive": OURS,
    "GET /api/knowledge/articles/{slug}/versions": AGENTS,
    "GET /api/scripts": AGENTS,
    "POST /api/scripts": OURS,
    "GET /api/scripts/{script_id}": AGENTS,
    "PATCH /api/scripts/{script_id}": OURS,
    "POST /api/scripts/{script_id}/publish": OURS,
    "POST /api/scripts/{script_id}/archive": OURS,
    "GET /api/scripts/{script_id}/versions": AGENTS,
    "GET /api/desk/calls/{call_id}/script": AGENTS,
    "PUT /api/desk/calls/{call_id}/script": AGENTS,
    "DELETE /api/desk/calls/{call_id}/script": AGENTS,
    "GET /api/records": AGENTS,
    "GET /api/records/{table}": AGENTS,
    "POST /api/analyze": OURS,
    "GET /metrics": OURS,
    "GET /": ALL,
    "GET /docs": ALL,
    "GET /docs/oauth2-redirect": ALL,
    "GET /openapi.json": ALL,
    "GET /healthz": ALL,
    "GET /readyz": ALL,
}
CHOSEN = {"script_id": "training-enrolment"}
QUOTE = {"action": "send_quote", "arguments": {"services": ["seo"]}}
SCRIPT = json.loads(EXAMPLES.read_text(encoding="utf-8"))["create_script"]["request"]["english"]["value"]
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/conversations": {"function": "customer_support"},
    "POST /api/conversations/{call_id}/message": {"message": "مرحبا"},
    "PATCH /api/conversations/{call_id}": {"message": "hello"},
    "POST /api/conversations/{call_id}/switch-persona": {"persona": "sales"},
    "POST /api/conversations/{call_id}/rating": {"score": 4, "comment": "سريع"},
    "POST /api/socket-tickets": {"path": "/api/conversations/ws/{call_id}"},
    "PATCH /api/tickets/{number}": {"status": "open"},
    "POST /api/tickets/{number}/comments": {"comment": "العميل محق"},
    "POST /api/tickets/{number}/merge": {"into": "{other}"},
    "POST /api/analyze": {"text": "hello"},
    "POST /api/knowledge/articles": {"slug": "parking", "texts": {"en": {"title": "Parking", "body": "Behind."}}},
    "PATCH /api/knowledge/articles/{slug}": {"tags": ["working days"]},
    "POST /api/scripts": SCRIPT,
    "PATCH /api/scripts/{script_id}": {"category": "general"},
    "PUT /api/desk/calls/{call_id}/script": CHOSEN,
    "PUT /api/desk/agents/me": {"status": "available"},
    "POST /api/desk/calls/{call_id}/actions": QUOTE,
    "POST /api/desk/calls/{call_id}/proposals/{proposal_id}/deny": {"reason": "السعر قديم"},
    "POST /api/desk/calls/{call_id}/claim": {},
    "POST /api/desk/calls/{call_id}/reply": {"message": "معك منى"},
    "POST /api/desk/calls/{call_id}/note": {"note": "customer is right"},
    "POST /api/desk/calls/{call_id}/transfer": {"to_queue": "complaints"},
    "POST /api/desk/calls/{call_id}/release": {},
    "POST /api/desk/calls/{call_id}/wrap-up": {"disposition": "resolved"},
    "POST /api/desk/calls/{call_id}/suggestions/{suggestion_id}/dismiss": {"reason": "السعر قديم"},
}
HELD = re.compile(r"/(reply|transfer|release|wrap-up)$")
"""What only whoever has the call may do."""
PARAMS = {
    "GET /api/knowledge/search": {"q": "كيف الغي طلبي"},
    "POST /api/knowledge/upload": {"slug": "garage", "language": "en"},
}
DOCUMENTS = {"POST /api/knowledge/upload": "# Garage\n\nBelow."}
SLUG = "opening-hours"
NAMES = {"slug": SLUG, "script_id": "website-brief", "table": "orders"}
DROPS = "DELETE /api/desk/calls/{call_id}/script"
ANGRY = {"message": "Your website is down since yesterday and I am very angry"}


def walked(api):
    """Return every route as the table has it, from the app itself."""
    found = []
    for route in api.routes:
        assert isinstance(route, Route | WebSocketRoute), route
        methods = ["WS"] if isinstance(route, WebSocketRoute) else sorted(set(route.methods or ()) - {"HEAD"})
        found += [f"{method} {route.path}" for method in methods]
    return found


@pytest.fixture
def project(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with key_server() as project:
        yield project


@pytest.fixture
async def guarded(build, project):
    tokens = AccessTokens(project.url, now=Clock().now, secret_key=SECRET_KEY)
    yield await build(keys=[KEY], tokens=tokens)
    await tokens.close()


def credentials(project, role, call_id="CALL-7"):
    if role == "stranger":
        return {}
    if role == "service":
        return {"authorization": f"Bearer {KEY}"}
    token = project.token(call_id=call_id) if role == "customer" else project.staff(role)
    return {"authorization": f"Bearer {token}"}


async def ours(guarded):
    """Return what gives credentials of our own making: stored keys of every role, tokens of calls."""
    keys = {}
    roles: tuple[KeyRole, ...] = ("service", "admin", "supervisor", "agent")
    for number, role in enumerate(roles):
        keys[role], kept = new_key(bytes([number]) * 38, name=role, role=role, now=NOON)
        await guarded.store.add_key(kept)

    def given(role, call_id):
        key = guarded.guard.customer_token(call_id) if role == "customer" else keys.get(role)
        return {"authorization": f"Bearer {key}"} if key else {}

    return given


def body_of(place, call_id, other):
    body = BODIES.get(place)
    return body and {
        name: value.format(call_id=call_id, other=other) if isinstance(value, str) else value
        for name, value in body.items()
    }


async def suggested(client, place, call_id, headers):
    """Return the id of a reply suggested to whoever asks, where the place names one."""
    if "{suggestion_id}" not in place:
        return None
    answer = await client.post(f"/api/desk/calls/{call_id}/suggestion", headers=headers)
    return answer.json().get("suggestion_id", "S-0000")


async def proposed(client, place, call_id, headers):
    """Return the id of an action that waits on the call, or was approved, where the place names one."""
    if "{proposal_id}" not in place:
        return None
    answer = await client.post(f"/api/desk/calls/{call_id}/actions", headers=headers, json=QUOTE)
    proposal_id = answer.json()["proposal"]["id"]
    if place.endswith("/run"):
        await client.post(f"/api/desk/calls/{call_id}/proposals/{proposal_id}/approve", headers=headers)
    return proposal_id


async def another_ticket(client, place, headers):
    """Return the number of a ticket to merge into, where the place needs one."""
    if not place.endswith("/merge"):
        return None
    call_id = (await client.post("/api/calls", json={"language": "en"}, headers=headers)).json()["call_id"]
    said = await client.post(f"/api/conversations/{call_id}/message", json=ANGRY, headers=headers)
    return said.json()["ticket"]["number"]


def asked(place, call_id, headers, other=None):
    """Return what a request to this place is made of, besides its path."""
    if place in DOCUMENTS:
        sent = {"content": DOCUMENTS[place], "headers": {**headers, "content-type": "text/markdown"}}
    else:
        sent = {"json": body_of(place, call_id, other), "headers": headers}
    return {**sent, "params": PARAMS.get(place)}


@asynccontextmanager
async def talk(address, call_id, project, role, **options):
    url = f"ws://{address}/api/conversations/ws/{call_id}"
    headers = credentials(project, role, call_id) if role else {}
    async with connect(url, proxy=None, compression=None, additional_headers=headers, **options) as connection:
        yield connection


def test_every_route_is_in_the_table_and_the_table_has_no_other():
    assert sorted(walked(create_app())) == sorted(TABLE)


@pytest.mark.parametrize("issuer", ["the project", "ourselves"])
@pytest.mark.parametrize("role", sorted(ALL))
async def test_a_role_may_call_what_the_table_says_and_nothing_else(guarded, project, role, issuer):
    given = partial(credentials, project) if issuer == "the project" else await ours(guarded)
    async with asgi(create_app(guarded)) as client:
        key = {"authorization": f"Bearer {KEY}"}
        for count, place in enumerate(each for each in TABLE if not each.startswith("WS ")):
            call_id = f"CALL-{count}"
            await client.post("/api/calls", headers=key, json={"call_id": call_id, "language": "en"})
            said = await client.post(f"/api/conversations/{call_id}/message", headers=key, json=ANGRY)
            if HELD.search(place):
                await client.post(f"/api/desk/calls/{call_id}/claim", headers=given(role, call_id), json={})
            method, _, path = place.partition(" ")
            if place == DROPS:
                await client.put(path.format(call_id=call_id), headers=key, json=CHOSEN)
            suggestion_id = await suggested(client, place, call_id, given(role, call_id))
            proposal_id = await proposed(client, place, call_id, key)
            number = said.json()["ticket"]["number"]
            other = await another_ticket(client, place, key)
            answer = await client.request(
                method,
                path.format(
                    call_id=call_id, number=number, suggestion_id=suggestion_id, proposal_id=proposal_id, **NAMES
                ),
                **asked(place, call_id, given(role, call_id), other),
            )
            if role in TABLE[place]:
                assert answer.status_code < 400, (place, answer.text)
            elif role == "stranger":
                assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), place
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), place


@pytest.mark.parametrize("role", sorted(ALL))
async def test_a_socket_opens_for_whom_the_table_says(guarded, project, role):
    async with serving(guarded) as address:
        async with talk(address, "CALL-7", project, "service") as connection:
            await connection.recv()
        if role in TABLE["WS /api/conversations/ws/{call_id}"]:
            async with talk(address, "CALL-7", project, role) as connection:
                assert json.loads(await connection.recv())["event"] == "greeting"
        else:
            with pytest.raises(InvalidStatus, match="401"):
                async with talk(address, "CALL-7", project, role):
                    pass


@pytest.mark.parametrize("role", sorted(ALL))
async def test_the_desks_socket_opens_for_whom_the_table_says(guarded, project, role):
    async with serving(guarded) as address:
        url, headers = f"ws://{address}/api/desk/ws", credentials(project, role)
        if role in TABLE["WS /api/desk/ws"]:
            async with connect(url, proxy=None, additional_headers=headers) as connection:
                assert json.loads(await connection.recv())["event"] == "snapshot"
        else:
            with pytest.raises(InvalidStatus, match="401" if role == "stranger" else "403"):
                await connect(url, proxy=None, additional_headers=headers)


@pytest.mark.parametrize("place", sorted(TABLE))
async def test_this_machine_may_call_everything_in_open_mode(app, callers, client, place):
    method, _, path = place.partition(" ")
    call_id = await callers(language="en")
    number = (await client.post(f"/api/conversations/{call_id}/message", json=ANGRY)).json()["ticket"]["number"]
    if HELD.search(place):
        await client.post(f"/api/desk/calls/{call_id}/claim", json={})
    if method == "WS":
        url_path, event = path.format(call_id=call_id), "snapshot" if "desk" in path else "greeting"
        async with serving(app) as address, connect(f"ws://{address}{url_path}", proxy=None) as connection:
            assert json.loads(await connection.recv())["event"] == event
    else:
        if place == DROPS:
            await client.put(path.format(call_id=call_id), json=CHOSEN)
        suggestion_id = await suggested(client, place, call_id, {})
        proposal_id = await proposed(client, place, call_id, {})
        path = path.format(
            call_id=call_id, number=number, suggestion_id=suggestion_id, proposal_id=proposal_id, **NAMES
        )
        other = await another_ticket(client, place, {})
        assert (await client.request(method, path, **asked(place, call_id, {}, other))).status_code < 400


async def test_another_customers_call_looks_like_one_that_never_was(guarded, project):
    mine = credentials(project, "customer", "CALL-MINE")
    async with asgi(create_app(guarded)) as client:
        for call_id in ("CALL-MINE", "CALL-OTHER"):
            await client.post("/api/calls", headers={"authorization": f"Bearer {KEY}"}, json={"call_id": call_id})
        theirs = [each for each, roles in TABLE.items() if "customer" in roles and "{call_id}" in each]
        assert len(theirs) == 10
        for place in (each for each in theirs if not each.startswith("WS ")):
            method, _, path = place.partition(" ")
            answers = []
            for call_id in ("CALL-OTHER", "CALL-NEVER", "CALL-MINE\n", "call-mine", "CALL-MINE%20"):
                target = path.format(call_id=call_id.replace("\n", "%0A"), proposal_id="ACT-0001")
                response = await client.request(method, target, headers=mine, json=BODIES.get(place))
                problem = {**response.json(), "instance": None}
                answers.append((response.status_code, problem, sorted(set(response.headers) - {"content-length"})))
            assert answers[0][0] == 404
            assert answers[0][1]["code"] == "call_not_found"
            assert all(each == answers[0] for each in answers), place
        assert (await client.get("/api/conversations/CALL-MINE/stats", headers=mine)).status_code == 200


@pytest.mark.parametrize("call_id", ["CALL-OTHER", "CALL-NEVER"])
async def test_a_socket_on_another_customers_call_is_not_found(guarded, project, call_id):
    async with serving(guarded) as address:
        async with talk(address, "CALL-OTHER", project, "service") as connection:
            await connection.recv()
        url = f"ws://{address}/api/conversations/ws/{call_id}"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, proxy=None, additional_headers=credentials(project, "customer", "CALL-MINE"))
    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body)["code"] == "call_not_found"


@pytest.mark.parametrize("role", ["agent", "customer"])
async def test_a_path_that_no_route_knows_is_not_found(guarded, project, role):
    async with asgi(create_app(guarded), **credentials(project, role)) as client:
        for method, path in (("GET", "/api/nothing"), ("PUT", "/api/calls"), ("GET", "/api/conversations/CALL-7/x")):
            response = await client.request(method, path)
            assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_a_head_and_a_slash_open_no_other_door(guarded, project):
    async with asgi(create_app(guarded), **credentials(project, "agent")) as client:
        assert (await client.head("/api/calls")).status_code == 403
        assert (await client.get("/api/calls/")).status_code == 403
        assert (await client.head("/api/tickets/")).status_code == 200


@pytest.mark.parametrize("role", [Role.supervisor, Role.agent, Role.customer])
def test_an_endpoint_that_names_nobody_is_closed(role):
    async def forgotten(_request):
        raise AssertionError

    access = Access([Route("/new/{call_id}", forgotten)])
    with pytest.raises(NotAllowed):
        access.check(Principal(role=role, name="x", call_id="CALL-7"), "GET", "/new/CALL-7")


def test_an_endpoint_may_ask_itself_which_call_is_meant():
    async def told_in_the_body(_request):
        raise AssertionError

    access = Access([Route("/new", open_to(frozenset({Role.customer}), asks_itself=True)(told_in_the_body))])
    access.check(Principal(role=Role.customer, name="x", call_id="CALL-7"), "GET", "/new")
    with pytest.raises(NotAllowed):
        access.check(Principal(role=Role.agent, name="x"), "GET", "/new")


def test_no_endpoint_can_be_a_customers_without_saying_of_which_call():
    async def list_all(_request):
        raise AssertionError

    with pytest.raises(AssertionError, match="/everything"):
        Access([Route("/everything", open_to(frozenset({Role.customer}))(list_all))])


async def test_a_token_that_grants_nothing_and_one_that_can_not_be_told_are_told_apart(guarded, project):
    async with asgi(create_app(guarded)) as client:
        nobody = await client.get("/api/tickets", headers={"authorization": f"Bearer {project.token()}"})
        project.stop()
        project.rotate()
        unsure = await client.get("/api/tickets", headers={"authorization": f"Bearer {project.legacy()}"})
    assert (nobody.status_code, nobody.json()["code"]) == (403, "not_allowed")
    assert (unsure.status_code, unsure.json()["code"]) == (503, "sign_in_unavailable")
    assert unsure.headers["retry-after"] == "1"
    assert "sign-in server" in unsure.json()["detail"]


async def test_a_history_names_who_changed_a_ticket(guarded, project):
    async with asgi(create_app(guarded)) as client:
        key = {"authorization": f"Bearer {KEY}"}
        call_id = (await client.post("/api/calls?language=en", headers=key)).json()["call_id"]
        said = await client.post(f"/api/conversations/{call_id}/message", headers=key, json=ANGRY)
        path = f"/api/tickets/{said.json()['ticket']['number']}"
        agent = credentials(project, "agent")
        await client.patch(path, headers=agent, json={"status": "open"})
        history = (await client.get(f"{path}/history", headers=agent)).json()["history"]
    assert history[-1]["actor"] == "agent@company.example"


async def test_a_page_opens_a_socket_with_its_token_as_a_subprotocol(guarded, project):
    async with serving(guarded) as address:
        for credential in (project.token(call_id="CALL-7"), KEY):
            offered = ["callcenter", f"bearer.{credential}"]
            async with talk(address, "CALL-7", project, None, subprotocols=offered) as connection:
                assert json.loads(await connection.recv())["event"] == "greeting"
                assert connection.subprotocol == "callcenter"
                assert credential not in str(connection.response.headers)
        for offered in (["callcenter"], ["callcenter", "bearer.x"], [f"bearer.{project.token(call_id='CALL-8')}"]):
            with pytest.raises(InvalidStatus):
                async with talk(address, "CALL-7", project, None, subprotocols=offered):
                    pass


async def test_a_page_may_offer_a_subprotocol_in_open_mode_too(server):
    async with talk(server, "CALL-7", None, None, subprotocols=["callcenter"]) as connection:
        assert json.loads(await connection.recv())["event"] == "greeting"


async def test_no_address_takes_a_credential(guarded):
    async with asgi(create_app(guarded)) as client:
        for name in ("access_token", "token", "api_key", "apikey"):
            assert (await client.get("/api/calls", params={name: KEY})).status_code == 401


async def test_a_customers_socket_begins_their_call_where_there_is_none(guarded, project):
    async with serving(guarded) as address, talk(address, "CALL-NEW", project, "customer") as connection:
        assert json.loads(await connection.recv())["event"] == "greeting"
    assert [each.call_id for each in (await guarded.store.calls(CallFilter())).items] == ["CALL-NEW"]


async def test_the_product_lets_users_in_where_a_project_is_configured(project, tmp_path):
    configured = {"data_dir": tmp_path, "auth": AuthMode.required, "_env_file": None}
    app = await bootstrap.build(Settings(**configured, supabase_url=f"{project.url}/", supabase_secret_key=SECRET_KEY))
    project.users["5b2f3c1e-0000-4000-8000-000000000001"] = {"app_metadata": {"role": "agent"}}
    async with asgi(create_app(app)) as client:
        for token in (project.staff("agent"), project.legacy()):
            assert (await client.get("/api/tickets", headers={"authorization": f"Bearer {token}"})).status_code == 200
        assert (await client.get("/api/tickets", headers={"authorization": f"Bearer {KEY}"})).status_code == 401
    await app.close()
    alone = await bootstrap.build(Settings(**configured, api_keys=(KEY,)))
    async with asgi(create_app(alone)) as client:
        refused = await client.get("/api/tickets", headers={"authorization": f"Bearer {project.staff('agent')}"})
        assert refused.status_code == 401
    await alone.close()


async def test_a_customer_talks_on_a_socket_and_an_agent_only_listens(guarded, project):
    async with serving(guarded) as address, talk(address, "CALL-7", project, "customer") as customer:
        await customer.recv()
        async with talk(address, "CALL-7", project, "agent") as agent:
            assert json.loads(await agent.recv())["event"] == "greeting"
            for frame in ('{"message": "I am the customer"}', "أنا العميل", '{"interrupt": true}'):
                await agent.send(frame)
                refused = json.loads(await agent.recv())
                assert (refused["event"], refused["code"]) == ("error", "not_allowed")
            await customer.send("hello")
            seen = [json.loads(await agent.recv()) for _ in range(2)]
    assert [each["event"] for each in seen] == ["user_message", "routing"]
    assert seen[0]["message"] == "hello"


async def test_an_agent_who_listens_begins_no_call(guarded, project):
    async with serving(guarded) as address:
        async with talk(address, "CALL-NEVER", project, "supervisor") as connection:
            assert json.loads(await connection.recv())["code"] == "call_not_found"
            with pytest.raises(ConnectionClosed):
                await connection.recv()
        assert (connection.close_code, connection.close_reason) == (4404, "call_not_found")
    assert (await guarded.store.calls(CallFilter())).items == ()


async def test_an_erased_call_leaves_a_receipt_and_nothing_else(guarded, project):
    key, admin = ({"authorization": f"Bearer {KEY}"}, credentials(project, "admin"))
    async with asgi(create_app(guarded)) as client:
        await client.post("/api/calls", headers=key, json={"call_id": "CALL-7", "language": "en"})
        said = (await client.post("/api/conversations/CALL-7/message", headers=key, json=ANGRY)).json()
        receipt = (await client.delete("/api/calls/CALL-7", headers=admin)).json()
        assert receipt.keys() == {"call_id", "erased_at", "events", "tickets"}
        assert (receipt["call_id"], receipt["events"], receipt["tickets"]) == ("CALL-7", said["seq"], 1)
        for path in ("calls/CALL-7", "conversations/CALL-7/transcript", f"tickets/{said['ticket']['number']}"):
            assert (await client.get(f"/api/{path}", headers=key)).status_code == 404
        for call_id in ("CALL-7", "CALL-NEVER", "a b"):
            again = await client.delete(f"/api/calls/{call_id}", headers=admin)
            assert (again.status_code, again.json()["code"]) == (404, "call_not_found")


async def test_sockets_and_streams_of_an_erased_call_end_cleanly(build):
    voice = HeldVoice()
    app = await build(voice=voice)
    async with serving(app) as address, httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        await http.post("/api/calls", json={"call_id": "CALL-7", "language": "en"})
        async with talk(address, "CALL-7", None, None) as connection:
            path = "/api/conversations/CALL-7/message?stream=true"
            async with http.stream("POST", path, json={"message": "hello"}) as response:
                await voice.begun.wait()
                assert (await http.delete("/api/calls/CALL-7")).status_code == 200
                lines = [line async for line in response.aiter_lines()]
            frames = []
            with suppress(ConnectionClosed):
                while True:
                    frames.append(json.loads(await connection.recv()))
        assert (connection.close_code, connection.close_reason) == (1000, "call_erased")
        assert frames[-1] == {"event": "call_erased", "call_id": "CALL-7"}
        assert [line for line in lines if line.startswith("event: ")][-1] == "event: call_erased"
        assert (await http.get("/api/calls/CALL-7")).status_code == 404


def test_the_page_on_access_says_what_the_table_says():
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    told = {}
    for place, *marks in re.findall(r"^\| `([A-Z]+ /\S+)` \|([ ✓]+)\|([ ✓]+)\|([ ✓]+)\|([ ✓]+)\|$", page, re.MULTILINE):
        told[place] = {role for role, mark in zip(COLUMNS, marks, strict=True) if "✓" in mark}
    assert told == {
        place: (roles - {"service"}) for place, roles in TABLE.items() if place.split()[1].startswith("/api/")
    }

"""Access tokens against a key server over real HTTP: which are believed, what is asked for them, and how often."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import subprocess
import sys
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from callcenter.auth import Guard, Role
from callcenter.auth.tokens import MAX_TOKEN_CHARS, AccessTokens
from callcenter.errors import NotAllowed, NotAuthenticated, SignInUnavailable
from tests.key_server import KEYS, LEGACY_SECRET, SECRET_KEY, USER, Clock, key_server

pytestmark = pytest.mark.live

USER_ID = "5b2f3c1e-0000-4000-8000-000000000001"


@pytest.fixture
def project(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with key_server() as project:
        yield project


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def tokens(project, clock):
    verifier = AccessTokens(project.url, now=clock.now, secret_key=SECRET_KEY)
    yield verifier
    await verifier.close()


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_a_good_token_names_its_holder_and_role(project, tokens):
    for role in ("agent", "supervisor", "admin"):
        principal = await tokens.principal(project.staff(role))
        assert (principal.role, principal.name, principal.call_id) == (Role(role), f"{role}@company.example", None)


async def test_who_has_no_address_is_known_by_their_id(project, tokens):
    principal = await tokens.principal(project.token(app_metadata={"role": "agent"}, email=""))
    assert principal.name == USER_ID


@pytest.mark.parametrize("claims", [{"call_id": "CALL-7"}, {"app_metadata": {"call_id": "CALL-7", "role": "boss"}}])
async def test_a_token_of_one_call_makes_a_customer_of_that_call(project, tokens, claims):
    principal = await tokens.principal(project.token(**claims))
    assert (principal.role, principal.call_id) == (Role.customer, "CALL-7")


async def test_a_role_goes_before_a_call(project, tokens):
    assert (await tokens.principal(project.staff("agent", call_id="CALL-7"))).call_id is None


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"app_metadata": {}},
        {"app_metadata": None},
        {"app_metadata": "agent"},
        {"app_metadata": {"role": ["agent"]}},
        {"app_metadata": {"role": "service"}},
        {"app_metadata": {"role": "local"}},
        {"app_metadata": {"role": "customer"}},
        {"role": "admin"},
        {"role": "service_role"},
        {"user_metadata": {"role": "admin", "call_id": "CALL-7"}},
        {"call_id": ""},
        {"call_id": 7},
        {"call_id": "../CALL-7"},
        {"call_id": "محادثة"},
        {"call_id": ["CALL-7"]},
        {"call_id": "CALL-7\n"},
    ],
)
async def test_a_valid_token_that_grants_nothing_is_not_allowed(project, tokens, claims):
    with pytest.raises(NotAllowed):
        await tokens.principal(project.token(**claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "anon"},
        {"aud": ["anon", "other"]},
        {"iss": "https://other.supabase.example/auth/v1"},
        {"iss": "supabase"},
        {"exp": 0},
        {"exp": int(time.time()) - 11},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"exp": "tomorrow"},
        {"exp": 1e400},
        {"exp": [1]},
        {"iat": {}},
        {"sub": 7},
        {"aud": 7},
        *({name: None} for name in ("exp", "iat", "sub", "aud", "iss")),
    ],
)
async def test_a_token_for_somebody_else_or_another_time_is_refused(project, tokens, claims):
    for token in (project.staff("admin", **claims), project.legacy(app_metadata={"role": "admin"}, **claims)):
        with pytest.raises(NotAuthenticated):
            await tokens.principal(token)
    assert project.asked[USER] == 0


async def test_clocks_may_be_some_seconds_apart(project, tokens):
    now = int(time.time())
    assert (await tokens.principal(project.staff("agent", exp=now - 5))).role is Role.agent
    assert (await tokens.principal(project.staff("agent", iat=now + 5, nbf=now + 5))).role is Role.agent


async def test_a_token_nobody_signed_is_refused(project, tokens):
    good = project.staff("admin")
    header, payload, signature = good.split(".")
    kid = jwt.get_unverified_header(good)["kid"]
    other = part({**project.claims(), "app_metadata": {"role": "admin"}, "sub": "somebody-else"})
    forged = [
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{payload}.",
        f"{part({'alg': 'None', 'kid': kid})}.{payload}.",
        f"{part({'alg': 'none', 'kid': kid})}.{payload}.{signature}",
        f"{part({'alg': 'RS256', 'kid': kid})}.{payload}.{signature}",
        f"{part({'alg': 'ES384', 'kid': kid})}.{payload}.{signature}",
        f"{part({'kid': kid})}.{payload}.{signature}",
        f"{part({'alg': 'ES256', 'kid': [kid]})}.{payload}.{signature}",
        f"{part({'alg': 'ES256'})}.{payload}.{signature}",
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.",
    ]
    for token in forged:
        with pytest.raises(NotAuthenticated):
            await tokens.principal(token)


@pytest.mark.parametrize("legacy", [True, False])
async def test_the_public_key_is_no_shared_secret(project, clock, legacy):
    """The oldest trick: what everybody may read, taken as the secret of a symmetric signature."""
    key_id, key = next(iter(project.keys.items()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, payload = part({"alg": "HS256", "typ": "JWT", "kid": key_id}), part(project.claims())
    digest = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(digest.sign(f"{header}.{payload}".encode(), public)).rstrip(b"=").decode()
    tokens = AccessTokens(project.url, now=clock.now, secret_key=SECRET_KEY if legacy else None)
    with pytest.raises(NotAuthenticated):
        await tokens.principal(f"{header}.{payload}.{signature}")
    await tokens.close()


@pytest.mark.parametrize(
    "token",
    ["", "..", "a.b.c", "a.b", "ة.ة.ة", "\x00.\x00.\x00", "e30.e30.e30", "bnVsbA.bnVsbA.", "x" * (MAX_TOKEN_CHARS + 1)],
)
async def test_garbage_is_refused_and_asks_nobody(project, tokens, token):
    with pytest.raises(NotAuthenticated):
        await tokens.principal(token)
    assert not project.asked


async def test_nothing_is_asked_before_somebody_signs_in_and_then_once(project, tokens):
    assert not project.asked
    first = await asyncio.gather(*(tokens.principal(project.staff("agent", sub=f"user-{n}")) for n in range(20)))
    assert {each.role for each in first} == {Role.agent}
    assert project.asked == {KEYS: 1}


async def test_a_flood_of_unknown_keys_makes_one_fetch_a_minute(project, tokens, clock):
    await tokens.principal(project.staff("agent"))

    async def flood():
        made_up = (tokens.principal(project.token(f"key-{n}", sub=f"user-{n}")) for n in range(200))
        return await asyncio.gather(*made_up, return_exceptions=True)

    for seconds, fetches in ((0, 1), (59, 1), (1, 2), (30, 2), (30, 3)):
        clock.forward(seconds)
        assert {type(each) for each in await flood()} == {NotAuthenticated}
        assert project.asked[KEYS] == fetches


async def test_a_flood_before_anybody_else_makes_one_fetch(project, tokens):
    flood = (tokens.principal(project.token(f"key-{n}")) for n in range(200))
    assert {type(each) for each in await asyncio.gather(*flood, return_exceptions=True)} == {NotAuthenticated}
    assert (await tokens.principal(project.staff("agent"))).role is Role.agent
    assert project.asked[KEYS] == 1


async def test_a_rotated_key_is_known_within_a_minute(project, tokens, clock):
    old = project.staff("agent")
    await tokens.principal(old)
    project.rotate()
    clock.forward(60)
    assert (await tokens.principal(project.staff("supervisor"))).role is Role.supervisor
    assert (await tokens.principal(old)).role is Role.agent
    assert project.asked[KEYS] == 2


async def test_a_withdrawn_key_stops_working(project, tokens, clock):
    old = project.staff("admin")
    await tokens.principal(old)
    project.keys.pop(next(iter(project.keys)))
    project.rotate()
    clock.forward(599)
    assert (await tokens.principal(old)).role is Role.admin
    clock.forward(60)
    with pytest.raises(NotAuthenticated):
        await tokens.principal(old)


async def test_known_keys_work_on_while_the_key_server_is_away(project, tokens, clock):
    await tokens.principal(project.staff("agent"))
    project.stop()
    for _ in range(3):
        clock.forward(3600)
        assert (await tokens.principal(project.staff("agent", sub="another"))).role is Role.agent
    project.rotate()
    clock.forward(3600)
    with pytest.raises(SignInUnavailable):
        await tokens.principal(project.staff("agent"))
    project.start()
    clock.forward(60)
    assert (await tokens.principal(project.staff("agent"))).role is Role.agent


@pytest.mark.parametrize(
    "answer", [(500, b""), (404, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"\xff"), (302, b"{}")]
)
async def test_a_key_server_that_talks_nonsense_is_away(project, tokens, clock, answer):
    project.answers[KEYS] = answer
    with pytest.raises(SignInUnavailable):
        await tokens.principal(project.staff("agent"))
    assert project.asked[KEYS] == 1
    del project.answers[KEYS]
    clock.forward(5)
    assert (await tokens.principal(project.staff("agent"))).role is Role.agent


async def test_keys_of_another_kind_verify_nothing(project, tokens):
    key_id = next(iter(project.keys))
    shared = part("x" * 32)
    kinds = [
        {"kty": "oct", "k": shared, "alg": "HS256", "kid": key_id},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": key_id},
        {"kid": key_id},
    ]
    project.answers[KEYS] = (200, json.dumps({"keys": kinds}).encode())
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.staff("admin"))


async def test_a_key_that_is_not_for_signing_verifies_nothing(project, tokens):
    key_id, key = next(iter(project.keys.items()))
    published = {**jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "enc"}
    project.answers[KEYS] = (200, json.dumps({"keys": [published]}).encode())
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.staff("admin"))


async def test_a_project_without_keys_has_signed_nothing(project, tokens):
    project.answers[KEYS] = (200, b'{"keys": []}')
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.staff("admin"))


async def test_the_auth_server_judges_what_the_shared_secret_signed(project, tokens, clock):
    project.users[USER_ID] = {"email": "lina@company.example", "app_metadata": {"role": "supervisor"}}
    token = project.legacy(app_metadata={"role": "admin"})  # what the user was when it was made
    for _ in range(3):
        principal = await tokens.principal(token)
        assert (principal.role, principal.name) == (Role.supervisor, "lina@company.example")
    assert project.asked == {USER: 1}
    project.users[USER_ID]["app_metadata"] = {}
    clock.forward(60)
    with pytest.raises(NotAllowed):
        await tokens.principal(token)
    assert project.asked == {USER: 2}


async def test_a_legacy_token_may_be_of_one_call(project, tokens):
    project.users[USER_ID] = {}
    principal = await tokens.principal(project.legacy(call_id="CALL-7"))
    assert (principal.role, principal.call_id, principal.name) == (Role.customer, "CALL-7", USER_ID)


async def test_no_token_is_remembered_beyond_its_own_time(project, tokens, clock):
    project.users[USER_ID] = {"app_metadata": {"role": "agent"}}
    token = project.legacy(exp=int(time.time()) + 30)
    await tokens.principal(token)
    clock.forward(29)
    await tokens.principal(token)
    assert project.asked[USER] == 1
    clock.forward(2)
    await tokens.principal(token)
    assert project.asked[USER] == 2


async def test_the_auth_servers_refusal_is_ours(project, tokens):
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.legacy(secret="another-secret-of-more-than-32-letters"))  # noqa: S106
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.legacy())  # signed well, by a user who is no more


@pytest.mark.parametrize("answer", [(500, b""), (429, b"{}"), (200, b"<html>"), (200, b"{}"), (200, b"[]"), (302, b"")])
async def test_an_auth_server_that_does_not_answer_refuses_nobody(project, tokens, answer):
    project.answers[USER] = answer
    with pytest.raises(SignInUnavailable):
        await tokens.principal(project.legacy())
    project.stop()
    with pytest.raises(SignInUnavailable):
        await tokens.principal(project.legacy())


async def test_an_answer_about_somebody_else_is_no_answer(project, tokens):
    project.answers[USER] = (200, b'{"id": "another", "app_metadata": {"role": "admin"}}')
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.legacy())


async def test_without_a_secret_key_nobody_is_asked_about_legacy_tokens(project, clock):
    tokens = AccessTokens(project.url, now=clock.now)
    with pytest.raises(NotAuthenticated):
        await tokens.principal(project.legacy(app_metadata={"role": "admin"}))
    assert not project.asked
    await tokens.close()


async def test_no_token_nor_secret_is_ever_logged_or_told(project, tokens, caplog):
    caplog.set_level(logging.DEBUG)
    told = []
    good, legacy = project.staff("agent"), project.legacy()
    for token in (good, project.token("no-such-key"), legacy, project.token(), good[:-8]):
        try:
            told.append(repr(await tokens.principal(token)))
        except (NotAllowed, NotAuthenticated) as refused:
            told.append(f"{refused!r} {refused.__cause__!r} {refused.facts}")
    project.stop()
    with pytest.raises(SignInUnavailable):
        await tokens.principal(project.legacy(sub="another"))
    said = "\n".join([*told, *(f"{record.getMessage()} {vars(record)}" for record in caplog.records)])
    for token in (good, legacy):
        assert not [piece for piece in token.split(".")[1:] if piece in said]
    assert SECRET_KEY not in said
    assert LEGACY_SECRET not in said


async def test_a_guard_takes_keys_and_tokens_alike(project, tokens):
    key = "k" * 24
    guard = Guard(keys=[key], tokens=tokens)
    assert (await guard.authenticate(f"Bearer {key}")).role is Role.service
    assert (await guard.authenticate(f"Bearer {project.staff('agent')}")).role is Role.agent
    with pytest.raises(NotAuthenticated):
        await guard.authenticate("Bearer " + "x" * 24)
    with pytest.raises(NotAuthenticated):
        await Guard(keys=[key]).authenticate(f"Bearer {project.staff('agent')}")
    assert (await Guard(keys=None, tokens=tokens).authenticate(f"Bearer {project.staff('agent')}")).role is Role.local


def test_who_has_no_users_to_sign_in_does_not_load_what_verifies_them():
    program = "import sys, callcenter.bootstrap; sys.exit('jwt' in sys.modules or 'cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

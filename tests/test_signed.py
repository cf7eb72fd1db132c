"""Tokens and tickets that our servers sign: nobody else's pass, none passes for another kind, and all of them end."""

from __future__ import annotations

import base64
import os
import stat
import threading
from datetime import timedelta

import pytest

from callcenter.auth import CustomerTokens, Guard, Principal, Role, SocketTickets, secret_of
from callcenter.auth.signed import TICKET_LIFETIME, Signature
from callcenter.calls import CallId
from callcenter.errors import ConfigurationError, NotAuthenticated
from tests.factories import NOON

pytestmark = pytest.mark.unit

SECRET, OTHER = b"s" * 32, b"t" * 32
DAY = timedelta(hours=24)
LEILA = Principal(role=Role.agent, name="ليلى")
CALL = CallId("CALL-7")
PATH = f"/api/conversations/ws/{CALL}"


class Clock:
    def __init__(self):
        self.at = NOON

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(clock):
    return CustomerTokens(SECRET, lifetime=DAY, now=clock)


@pytest.fixture
def tickets(clock):
    return SocketTickets(SECRET, now=clock)


def test_a_token_names_the_customer_of_one_call(tokens, clock):
    token = tokens.issue(CALL)
    assert tokens.principal(token) == Principal(role=Role.customer, name="customer", call_id="CALL-7")
    elsewhere = CustomerTokens(SECRET, lifetime=timedelta(seconds=60), now=clock)
    assert elsewhere.principal(token).call_id == "CALL-7"
    with pytest.raises(NotAuthenticated):
        CustomerTokens(OTHER, lifetime=DAY, now=clock).principal(token)


@pytest.mark.parametrize(("after", "holds"), [(timedelta(0), True), (DAY - timedelta(seconds=1), True), (DAY, False)])
def test_a_token_ends(tokens, clock, after, holds):
    token = tokens.issue(CALL)
    clock.at = NOON + after
    if holds:
        tokens.principal(token)
    else:
        with pytest.raises(NotAuthenticated):
            tokens.principal(token)


def test_a_token_with_any_character_changed_is_refused(tokens):
    token = tokens.issue(CALL)
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(NotAuthenticated):
            tokens.principal(changed)


@pytest.mark.parametrize("wrong", ["", "ct_", "ct_.", "ct_..", "ct_e30.", "ct_é.é", "ct_" + "A" * 5000, "a.b.c"])
def test_what_is_no_token_is_refused(tokens, wrong):
    with pytest.raises(NotAuthenticated):
        tokens.principal(wrong)


def test_a_kind_of_token_passes_for_no_other(tokens, tickets):
    ticket, _ = tickets.issue(LEILA, PATH, b"r" * 16)
    assert not tokens.taken_for(ticket)
    for wrong in (ticket, ticket.replace("wt_", "ct_", 1)):
        with pytest.raises(NotAuthenticated):
            tokens.principal(wrong)
    for wrong in (tokens.issue(CALL), tokens.issue(CALL).replace("ct_", "wt_", 1)):
        with pytest.raises(NotAuthenticated):
            tickets.take(wrong, PATH)


@pytest.mark.parametrize(
    "says", ["{}", "[]", "no json", '{"call_id":"a b","expires":9999999999}', '{"call_id":"CALL-7"}']
)
def test_a_signed_text_that_is_no_token_is_refused(tokens, says):
    with pytest.raises(NotAuthenticated):
        tokens.principal(Signature(SECRET, "ct").sign(says.encode()))


def test_a_ticket_is_taken_once_for_its_path_by_its_holder(tickets):
    ticket, expires_at = tickets.issue(LEILA, PATH, b"r" * 16)
    assert expires_at == NOON + TICKET_LIFETIME
    with pytest.raises(NotAuthenticated):
        tickets.take(ticket, f"{PATH}8")
    assert tickets.take(ticket, PATH) == LEILA
    with pytest.raises(NotAuthenticated):
        tickets.take(ticket, PATH)
    another, _ = tickets.issue(LEILA, PATH, b"q" * 16)
    assert tickets.take(another, PATH) == LEILA


@pytest.mark.parametrize(("seconds", "holds"), [(29, True), (30, False)])
def test_a_ticket_is_dead_after_half_a_minute(tickets, clock, seconds, holds):
    ticket, _ = tickets.issue(LEILA, PATH, b"r" * 16)
    clock.at = NOON + timedelta(seconds=seconds)
    if holds:
        assert tickets.take(ticket, PATH) == LEILA
    else:
        with pytest.raises(NotAuthenticated):
            tickets.take(ticket, PATH)


def test_used_tickets_are_remembered_until_they_expire_and_no_longer(tickets, clock):
    used = []
    for second in range(100):
        clock.at = NOON + timedelta(seconds=second)
        ticket, _ = tickets.issue(LEILA, PATH, bytes([second]) * 16)
        tickets.take(ticket, PATH)
        used.append(ticket)
        for each in used:
            with pytest.raises(NotAuthenticated):
                tickets.take(each, PATH)
        assert tickets.remembered <= 31


def test_another_server_takes_a_ticket_and_remembers_its_own(tickets, clock):
    """As docs/api.md says: the memory of used tickets is each server's own."""
    ticket, _ = tickets.issue(LEILA, PATH, b"r" * 16)
    other = SocketTickets(SECRET, now=clock)
    assert tickets.take(ticket, PATH) == other.take(ticket, PATH) == LEILA
    with pytest.raises(NotAuthenticated):
        other.take(ticket, PATH)


def test_the_secret_does_not_stand_in_what_is_signed(tokens):
    text = tokens.issue(CALL).removeprefix("ct_").partition(".")[0]
    said = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert said == b'{"call_id":"CALL-7","expires":%d}' % int((NOON + DAY).timestamp())


async def test_the_guard_gives_out_nothing_in_open_mode(tokens, tickets):
    guard = Guard(keys=None, customers=tokens, tickets=tickets)
    assert guard.customer_token(CALL) is None
    assert guard.socket_ticket(LEILA, PATH) is None
    assert guard.take_ticket("anything", PATH).role is Role.local


async def test_the_guard_tells_credentials_apart(tokens, tickets):
    guard = Guard(keys=["k" * 24], customers=tokens, tickets=tickets)
    assert (await guard.authenticate(f"Bearer {guard.customer_token(CALL)}")).call_id == "CALL-7"
    made = guard.socket_ticket(LEILA, PATH)
    assert made is not None
    ticket, _ = made
    with pytest.raises(NotAuthenticated):
        await guard.authenticate(f"Bearer {ticket}")
    with pytest.raises(NotAuthenticated):
        await Guard(keys=["k" * 24]).authenticate(f"Bearer {guard.customer_token(CALL)}")
    with pytest.raises(NotAuthenticated):
        Guard(keys=["k" * 24]).take_ticket(ticket, PATH)


# The secret's file.


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "data" / "secret.key"
    made = secret_of(path)
    assert len(made) >= 43
    assert secret_of(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]
    assert secret_of(tmp_path / "other.key") != made


def test_servers_that_start_at_once_have_the_same_secret(tmp_path):
    found, together = [], threading.Barrier(8)

    def start():
        together.wait()
        found.append(secret_of(tmp_path / "secret.key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_can_read_is_refused(tmp_path, mode):
    path = tmp_path / "secret.key"
    secret = secret_of(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600") as refused:
        secret_of(path)
    assert secret.decode() not in refused.value.message


@pytest.mark.parametrize("content", ["", "short\n", "\n" * 40])
def test_a_file_that_holds_no_secret_is_refused(tmp_path, content):
    path = tmp_path / "secret.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="holds no secret"):
        secret_of(path)

"""Who is admitted: this machine only in open mode, holders of a key in required mode, no foreign web page ever."""

from __future__ import annotations

import pytest

from callcenter.auth import Guard, Role
from callcenter.errors import NotAllowed, NotAuthenticated

pytestmark = pytest.mark.unit

KEY = "k" * 24
OPEN = Guard(keys=None)
REQUIRED = Guard(keys=[KEY, "another-key-of-24-letters"], public_url="https://calls.example/app")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_open_mode_serves_this_machine(host):
    OPEN.admit(host, None, peer="127.0.0.1")
    OPEN.admit(host, "http://localhost:3000", peer="::1")


async def test_open_mode_asks_for_no_key():
    assert (await OPEN.authenticate(None)).role is Role.local


@pytest.mark.parametrize("host", [None, "", "evil.example", "127.0.0.1.evil.example", "10.0.0.5:8000", "[bad"])
def test_open_mode_refuses_another_host(host):
    with pytest.raises(NotAllowed):
        OPEN.admit(host, None, peer="127.0.0.1")


@pytest.mark.parametrize("peer", ["10.0.0.9", "::ffff:10.0.0.9", "::2", "::12", "1127.0.0.1", ""])
def test_open_mode_refuses_another_machine(peer):
    with pytest.raises(NotAllowed):
        OPEN.admit("localhost", None, peer=peer)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://"])
def test_open_mode_refuses_a_foreign_page(origin):
    with pytest.raises(NotAllowed):
        OPEN.admit("127.0.0.1:8000", origin, peer=None)


def test_required_mode_admits_its_own_site_and_programs():
    REQUIRED.admit("calls.example", None, peer="10.0.0.9")
    REQUIRED.admit("calls.example", "https://calls.example", peer="10.0.0.9")
    REQUIRED.admit("10.0.0.5:8000", "http://10.0.0.5:8000", peer="10.0.0.9")


def test_required_mode_refuses_a_foreign_page():
    with pytest.raises(NotAllowed):
        REQUIRED.admit("calls.example", "https://evil.example", peer="10.0.0.9")


async def test_a_key_is_accepted_and_named_without_being_told():
    principal = await REQUIRED.authenticate(f"Bearer {KEY}")
    assert principal.role is Role.service
    assert KEY not in principal.name
    assert (await REQUIRED.authenticate(f"bearer  {KEY} ")).name == principal.name


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer \udcff", "Bearer a.b.c"]
)
async def test_anything_else_is_refused(header):
    with pytest.raises(NotAuthenticated):
        await REQUIRED.authenticate(header)

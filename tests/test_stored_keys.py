"""API keys of a store: who they let in, for how long they are remembered, and what they cost the store."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from callcenter.auth import Guard, Role, StoredKeys, new_key
from callcenter.auth.key_text import read_key
from callcenter.errors import NotAuthenticated, SignInUnavailable
from callcenter.store.sqlite import SQLiteStore
from tests.factories import NOON
from tests.store.away import Door, Fault

pytestmark = pytest.mark.unit

SECOND = timedelta(seconds=1)


class House:
    """A store behind a door that may close, its keys, and a clock."""

    def __init__(self, store):
        self.door = Door(store)
        self.at = NOON
        self.keys = StoredKeys(self.door, now=lambda: self.at)
        self.made = 0

    async def make(self, name="website", role="service", expires_at=None):
        self.made += 1
        key, kept = new_key(bytes([self.made]) * 38, name=name, role=role, now=NOON, expires_at=expires_at)
        await self.door.behind.add_key(kept)
        return key, kept

    async def asks(self, key):
        """Return what becomes of somebody who comes with a key, once all that it led to is done."""
        try:
            principal = await self.keys.principal(key)
        except (NotAuthenticated, SignInUnavailable) as error:
            return error.code
        finally:
            await self.settle()
        return principal.role.value, principal.name

    async def settle(self):
        while len(asyncio.all_tasks()) > 1:
            await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})

    @property
    def reads(self):
        return self.door.asked["keys"]


@pytest.fixture
async def house(tmp_path):
    store = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    house = House(store)
    yield house
    await house.keys.close()
    await store.close()


IN = ("service", "website")
OUT = "not_authenticated"
UNSURE = "sign_in_unavailable"


@pytest.mark.parametrize("role", ["service", "admin", "supervisor", "agent"])
@pytest.mark.parametrize("name", ["website", "ليلى"])
async def test_a_key_lets_its_holder_in_as_what_it_says(house, name, role):
    key, _ = await house.make(name, role)
    assert await house.asks(key) == (role, name)


async def test_only_the_whole_key_lets_in(house):
    key, kept = await house.make()
    other, _ = await house.make()
    swapped = f"cc_{kept.id}_{other.split('_', 2)[2]}"
    for wrong in (
        key[:-1],
        f"{key}A",
        key[:-1] + ("A" if key[-1] != "A" else "B"),
        swapped,
        key.upper(),
        f"cc_{kept.id}_",
    ):
        assert await house.asks(wrong) == OUT, wrong
    assert await house.asks(f"cc_{kept.id}_{kept.secret_sha256}") == OUT
    assert await house.asks(key) == IN


def test_a_key_has_256_random_bits_of_which_a_digest_is_kept():
    key, kept = new_key(bytes(range(38)), name="website", role="service", now=NOON)
    assert read_key(key) == (kept.id, kept.secret_sha256)
    assert key.startswith(f"cc_{kept.id}_")
    assert key.split("_", 2)[2] not in kept.model_dump_json()
    assert kept.secret_sha256 not in repr(kept)
    with pytest.raises(AssertionError):
        new_key(b"short", name="website", role="service", now=NOON)


async def test_no_request_reads_the_store_while_keys_are_remembered(house):
    key, _ = await house.make()
    for second in range(30):
        house.at = NOON + second * SECOND
        assert await house.asks(key) == IN
    assert house.reads == 1


async def test_keys_are_read_again_before_anybody_has_to_wait(house):
    key, _ = await house.make()
    await house.asks(key)
    house.at = NOON + 30 * SECOND
    assert await house.asks(key) == IN
    assert house.reads == 2


@pytest.mark.parametrize("busy", [True, False])
async def test_a_revoked_key_is_refused_within_a_minute(house, busy):
    key, kept = await house.make()
    assert await house.asks(key) == IN
    await house.door.behind.remove_key(kept.id)
    for second in range(1, 60) if busy else ():
        house.at = NOON + second * SECOND
        await house.asks(key)
    house.at = NOON + 60 * SECOND
    assert await house.asks(key) == OUT


async def test_a_new_key_works_within_seconds(house):
    first, _ = await house.make()
    await house.asks(first)
    second, _ = await house.make()
    house.at = NOON + 4 * SECOND
    assert await house.asks(second) == OUT
    house.at = NOON + 5 * SECOND
    assert await house.asks(second) == IN


async def test_a_key_ends_at_its_time_also_while_it_is_remembered(house):
    key, _ = await house.make(expires_at=NOON + 10 * SECOND)
    house.at = NOON + 9 * SECOND
    assert await house.asks(key) == IN
    house.at = NOON + 10 * SECOND
    assert await house.asks(key) == OUT


async def test_a_flood_of_made_up_keys_reads_the_store_once_and_is_not_remembered(house):
    key, _ = await house.make()
    flood = [f"cc_{number:012x}_{'A' * 43}" for number in range(500)]
    asked = await asyncio.gather(*map(house.keys.principal, flood), return_exceptions=True)
    assert {type(each) for each in asked} == {NotAuthenticated}
    assert house.reads == 1
    house.at = NOON + 5 * SECOND
    for each in flood:
        assert await house.asks(each) == OUT
    assert house.reads == 2
    assert await house.asks(key) == IN


async def test_what_is_no_key_reads_nothing(house):
    for credential in ("cc_", "cc_x", "CC_" + "0" * 12, "eyJ.x.y", "cc_" + "0" * 5000, "cc_٠١٢٣٤٥٦٧٨٩٠١_" + "A" * 43):
        assert await house.asks(credential) == OUT
    assert house.reads == 0


async def test_while_the_store_is_away_known_keys_go_on_for_a_minute(house):
    key, _ = await house.make()
    unknown, _ = await house.make()
    await house.door.behind.remove_key(unknown.split("_")[1])
    assert await house.asks(key) == IN
    house.door.fault = Fault.before
    house.at = NOON + 59 * SECOND
    assert await house.asks(key) == IN
    assert await house.asks(unknown) == UNSURE
    house.at = NOON + 60 * SECOND
    assert await house.asks(key) == UNSURE
    house.at = NOON + 64 * SECOND
    reads = house.reads
    house.door.fault = None
    house.at = NOON + 70 * SECOND
    assert await house.asks(key) == IN
    assert house.reads == reads + 1
    assert await house.asks(unknown) == OUT


async def test_a_store_that_was_never_there_tells_nobody_that_their_key_is_wrong(house):
    key, _ = await house.make()
    house.door.fault = Fault.before
    assert [await house.asks(key) for _ in range(3)] == [UNSURE] * 3
    assert house.reads == 1


async def test_a_clock_that_is_set_back_has_keys_read_again(house):
    key, kept = await house.make()
    await house.asks(key)
    await house.door.behind.remove_key(kept.id)
    house.at = NOON - timedelta(hours=1)
    assert await house.asks(key) == OUT


async def test_the_day_of_use_is_noted_once_a_day(house):
    key, _ = await house.make()
    for second in range(0, 300, 10):
        house.at = NOON + second * SECOND
        await house.asks(key)
    assert house.door.asked["key_used"] == 1
    house.at = NOON + timedelta(days=1)
    await house.asks(key)
    assert [each.last_used_on for each in await house.door.keys()] == [(NOON + timedelta(days=1)).date()]
    assert house.door.asked["key_used"] == 2


async def test_a_day_of_use_that_can_not_be_noted_keeps_nobody_out(house):
    key, _ = await house.make()
    house.door.faults["key_used"] = Fault.before
    assert await house.asks(key) == IN
    del house.door.faults["key_used"]
    house.at = NOON + 30 * SECOND
    await house.asks(key)
    assert await house.asks(key) == IN
    assert (await house.door.keys())[0].last_used_on == NOON.date()


async def test_whether_anybody_could_come_in_is_told(house):
    assert not await house.keys.any()
    await house.make(expires_at=NOON)
    assert not await house.keys.any()
    await house.make()
    assert await house.keys.any()


async def test_configured_keys_and_stored_ones_count_side_by_side(house):
    key, _ = await house.make()
    guard = Guard(keys=["cc_configured-key-of-24-letters"], stored=house.keys)
    assert (await guard.authenticate("Bearer cc_configured-key-of-24-letters")).role is Role.service
    assert house.reads == 0
    assert (await guard.authenticate(f"Bearer {key}")).name == "website"
    with pytest.raises(NotAuthenticated):
        await Guard(keys=[]).authenticate(f"Bearer {key}")
    await house.settle()

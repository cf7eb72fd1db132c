"""Garbage is found in time, by whoever is asked to, and nobody else's collector is left switched off."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from callcenter.api.sweeper import ALL_EVERY_SECONDS, FEW, LATEST_SECONDS, Sweeper

pytestmark = pytest.mark.unit


class Knot:
    """Holds on to itself."""

    def __init__(self) -> None:
        self.own = self


def tied() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    assert gc.isenabled()


async def test_what_is_young_is_found_at_the_next_look():
    with Sweeper() as sweeper:
        assert not gc.isenabled()
        knot = tied()
        assert knot() is not None
        sweeper.look()
        assert knot() is None


@pytest.mark.parametrize(("busy", "after"), [(False, ALL_EVERY_SECONDS), (True, LATEST_SECONDS)])
async def test_what_outlived_a_look_is_found_when_everything_is_looked_through(*, busy: bool, after: float):
    now = 0.0
    with Sweeper(lambda: now) as sweeper:
        held = Knot()
        knot = weakref.ref(held)
        sweeper.look()
        del held
        for moment, found in ((after - 0.1, False), (after, True)):
            now = moment
            made: list[list[None]] = [[] for _ in range(FEW * 3 if busy else 0)]
            sweeper.look()
            del made
            assert (knot() is None) is found


async def test_what_was_there_before_is_spared():
    Sweeper.spare()
    knot = tied()
    with Sweeper() as sweeper:
        sweeper.look()
        assert knot() is not None
    assert gc.isenabled()

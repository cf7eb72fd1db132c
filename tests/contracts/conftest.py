"""Every store in turn, for tests of what they all promise; what a test opens is closed for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from callcenter.store import Store
from tests.contracts.stores import STORES, OpenStore


@pytest.fixture(params=STORES)
async def open_store(request: pytest.FixtureRequest) -> AsyncIterator[OpenStore]:
    opened: list[Store] = []
    opener = STORES[request.param](request)

    async def open_and_remember() -> Store:
        opened.append(await opener())
        return opened[-1]

    yield open_and_remember
    for each in opened:
        await each.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()

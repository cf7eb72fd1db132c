"""A hosted Supabase project for the contract suite, where these two are set; else the suite goes without.

The suite's calls have the same ids in every run, and its lists are compared with all there is. The project must
therefore be migrated and hold no call, and be used by one run at a time. Each test erases what it kept, through the
store. A project that holds calls when a run begins is left as it is, and the run fails: it may be somebody's.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from callcenter.store import MAX_PAGE, CallFilter
from tests.data_api import SECONDS

if TYPE_CHECKING:
    from callcenter.store.supabase import SupabaseStore

URL: Final = "CALLCENTER_TEST_SUPABASE_URL"
KEY: Final = "CALLCENTER_TEST_SUPABASE_KEY"
"""The project's secret key."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A project somebody lent us."""

    url: str
    secret_key: str

    async def open(self) -> SupabaseStore:
        """Open a store on it."""
        from callcenter.store.supabase import SupabaseStore  # noqa: PLC0415 (a second, for tests that open one)

        return await SupabaseStore.open(self.url, self.secret_key, seconds=SECONDS)

    async def empty(self) -> bool:
        """Return whether it holds no call."""
        async with self._opened() as store:
            return not (await store.calls(CallFilter(), limit=1)).items

    async def erase_all(self) -> None:
        """Erase every call."""
        async with self._opened() as store:
            while found := (await store.calls(CallFilter(), limit=MAX_PAGE)).items:
                for call in found:
                    await store.erase(call.call_id)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[SupabaseStore]:
        store = await self.open()
        try:
            yield store
        finally:
            await store.close()


@pytest.fixture(scope="session")
def lent_project() -> Hosted:
    """The project, once it is known to hold nothing of anybody's."""
    project = Hosted(os.environ[URL], os.environ[KEY])
    if not _run(project.empty()):
        pytest.fail(f"the project at {URL} holds calls; the contract suite erases all it finds, and needs one without")
    return project


@pytest.fixture
def hosted_project(lent_project: Hosted) -> Iterator[Hosted]:
    """The project, emptied after the test."""
    yield lent_project
    _run(lent_project.erase_all())


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it on a loop of its own, whatever the tests' does."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()

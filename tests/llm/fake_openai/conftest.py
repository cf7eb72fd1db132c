"""A fake on a loopback port, a real client for it, and bare HTTP for what no client shows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from openai import AsyncOpenAI

from callcenter.llm.fake_openai import FakeOpenAI, serve


@pytest.fixture
def fake() -> FakeOpenAI:
    return FakeOpenAI()


@pytest.fixture
async def url(fake: FakeOpenAI) -> AsyncIterator[str]:
    async with serve(fake) as url:
        yield url


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=url, api_key="key", max_retries=0) as client:
        yield client


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
        yield http

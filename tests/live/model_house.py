"""The product as bootstrap builds it, speaking through our scripted model over real HTTP, with short deadlines.

`home` is in this process, so that a test can look at its store; customers reach it as they would, over sockets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from callcenter.bootstrap import App, build
from callcenter.llm.fake_openai import FakeOpenAI, serve
from callcenter.settings import OpenAIApi, Settings
from tests.api.wire import serving

KEY = "a-key-for-tests"
HURRIED: dict[str, Any] = {
    "openai_connect_seconds": 2.0,
    "openai_first_token_seconds": 0.8,
    "openai_idle_seconds": 0.8,
    "openai_total_seconds": 2.5,
}
"""Deadlines for tests of silence: a stall costs less than a second. Others wait as long as a busy machine needs."""


@dataclass(frozen=True, slots=True)
class ModelHouse:
    """A running product and the model it speaks through."""

    app: App
    fake: FakeOpenAI
    address: str
    """`127.0.0.1:PORT` of the product."""


@asynccontextmanager
async def model_house(
    folder: Path,
    *,
    api: OpenAIApi = OpenAIApi.responses,
    fake: FakeOpenAI | None = None,
    key: str = KEY,
    **settings: object,
) -> AsyncIterator[ModelHouse]:
    """Run the product in `folder` on a model of its own; `settings` are those of callcenter/settings.py."""
    fake = fake or FakeOpenAI(key=KEY)
    async with serve(fake) as url:
        configured = Settings(
            data_dir=folder,
            port=0,
            openai_api=api,
            openai_base_url=url,
            openai_api_key=SecretStr(key),
            _env_file=None,
            **settings,  # type: ignore[arg-type] # pydantic validates what a test gives
        )
        app = await build(configured)
        try:
            async with serving(app) as address:
                yield ModelHouse(app, fake, address)
        finally:
            await app.close()

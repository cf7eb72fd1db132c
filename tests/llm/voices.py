"""A model's voice over our scripted server, for tests: real wire, real checks, a plain prompt, and time as told."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache

from callcenter.calls import Speaker
from callcenter.llm import Brief
from callcenter.llm.breaker import Breaker
from callcenter.llm.budget import Budget
from callcenter.llm.checks import Checks, load_checks
from callcenter.llm.fake_openai import Answer, FakeOpenAI
from callcenter.llm.model_voice import ModelVoice
from callcenter.llm.patience import Patience
from callcenter.llm.prompt import Line, Prompt
from tests.llm.models import MakeModel, prompt, talking

PATIENT = Patience(first_token=10, idle=10, total=20)
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@lru_cache
def checks() -> Checks:
    return load_checks()


def compose(brief: Brief, *, failed: str | None = None) -> Prompt:
    return prompt(
        Line(Speaker.customer, brief.text),
        own=f"Mind {failed}." if failed else "You are Sara.",
        said=brief.said_now,
        exchanges=brief.exchanges,
    )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def speaking(
    api: MakeModel,
    *answers: Answer,
    fake: FakeOpenAI | None = None,
    patience: Patience = PATIENT,
    breaker: Breaker | None = None,
    budget: Budget | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[tuple[ModelVoice, FakeOpenAI], None]:
    async with talking(api, *answers, fake=fake) as (model, server):
        yield (
            ModelVoice(
                model,
                compose=compose,
                checks=checks(),
                breaker=breaker or Breaker(),
                budget=budget or Budget(now=lambda: NOON),
                patience=patience,
                clock=clock or Clock(),
            ),
            server,
        )

"""Put questions to a model within the bounds its voice keeps: the same budget, the same breaker.

For what is asked beside the replies (a second opinion, a summary): it costs as they do, and a provider that is left
alone is left alone by all. Replies have model_voice.py, which keeps the bounds itself.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable

from callcenter.calls import TokenUsage
from callcenter.errors import ModelFailed
from callcenter.llm import Failure, Heard, Model
from callcenter.llm.breaker import Breaker
from callcenter.llm.budget import Budget
from callcenter.llm.prompt import Prompt, Question


class GuardedModel:
    """A model whose answers are paid for; a `Model`."""

    def __init__(
        self, model: Model, *, breaker: Breaker, budget: Budget, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the parts a voice of the same model has; `clock` is the breaker's, in seconds."""
        self._model = model
        self._breaker = breaker
        self._budget = budget
        self._clock = clock

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def stream(self, prompt: Prompt) -> AsyncGenerator[Heard, None]:
        """Stream unguarded."""
        return self._model.stream(prompt)

    async def answer(self, question: Question) -> tuple[str, TokenUsage]:
        """Answer, unless the day's budget is spent or the provider left alone; the usage comes with its cost."""
        spent = self._budget.allows(0)
        if spent is not None:
            raise ModelFailed(reason=spent)
        attempt = self._breaker.attempt(self._clock())
        if attempt is None:
            raise ModelFailed(reason=Failure.breaker_open)
        try:
            text, usage = await self._model.answer(question)
        except ModelFailed as failure:
            attempt.failed(Failure(failure.reason), self._clock())
            raise
        else:
            attempt.succeeded()
            return text, self._budget.spent(usage)
        finally:
            attempt.dropped()

    async def check(self) -> bool:
        """See whether the provider takes our key, and knows the model."""
        return await self._model.check()

    async def close(self) -> None:
        """Let go of connections."""
        await self._model.close()

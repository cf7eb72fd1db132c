"""Speak through a language model, as far as budget, breaker and checks let it; what can't go out is put right here.

The model is asked again once where that helps: before its first piece if it failed, and before anything of its text
went out if that was unfit. What goes out of its words model_reply.py says. Invariant: every attempt's tokens are
counted, and however it ends, the breaker hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from callcenter.errors import ModelFailed, VoiceFailed
from callcenter.llm import Brief, Completion, Failure, Model, Piece
from callcenter.llm.breaker import Breaker, BreakerState
from callcenter.llm.budget import Budget
from callcenter.llm.checks import Checks
from callcenter.llm.model_reply import ModelReply, Unfit
from callcenter.llm.patience import Patience, Wait
from callcenter.llm.prompt import Prompt

MAX_CALLS: Final = 8
"""What is asked for beyond that at a time is not even refused: the model is out of its mind."""
LONGEST_PAUSE: Final = 2.0
"""Seconds a customer may wait for a provider that wants to be left alone; then another voice is quicker."""
_DECLINED: Final = frozenset({Failure.refused, Failure.filtered})
"""After these nothing more of what was said should go out."""
_log = logging.getLogger(__name__)


class Compose(Protocol):
    """Makes a brief into a prompt."""

    def __call__(self, brief: Brief, *, failed: str | None = None) -> Prompt:
        """Return the prompt; `failed` is the check that a first try at this reply did not pass."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceState:
    """How a voice is."""

    voice: str
    ready: bool
    """It would be asked now."""
    reason: Failure | None
    """Why it would not; if it would, how it failed last, None if it was well since."""


class ModelVoice:
    """One model's voice."""

    def __init__(  # noqa: PLR0913 (the parts a voice is made of)
        self,
        model: Model,
        *,
        compose: Compose,
        checks: Checks,
        breaker: Breaker,
        budget: Budget,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts; the model is closed with the voice. `clock` is the breaker's, in seconds."""
        self._model = model
        self._compose = compose
        self._checks = checks
        self._breaker = breaker
        self._budget = budget
        self._patience = patience
        self._clock = clock
        self._known = True

    @property
    def known(self) -> bool:
        """Whether the provider, as last checked, lists the model; some list others than they serve."""
        return self._known

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def state(self) -> VoiceState:
        """How the voice is, without asking the model."""
        closed = self._breaker.state(self._clock()) is BreakerState.closed
        spent = self._budget.allows(0)
        return VoiceState(voice=self.name, ready=closed and spent is None, reason=spent or self._breaker.reason)

    async def check(self) -> Failure | None:
        """See whether the provider takes our key, and warm up; return why not. Raises nothing."""
        attempt = self._breaker.attempt(self._clock())
        if attempt is None:
            return Failure.breaker_open
        failure = None
        try:
            async with asyncio.timeout(self._patience.first_token):
                self._known = await self._model.check()
            attempt.succeeded()
        except TimeoutError:
            failure = Failure.first_token_timeout
        except ModelFailed as failed:
            failure = Failure(failed.reason)
        finally:
            if failure is not None:
                attempt.failed(failure, self._clock())
            attempt.dropped()
        return failure

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    async def stream(self, brief: Brief) -> AsyncGenerator[Piece, None]:
        """Yield what the model says and may say, then the tools it asks for."""
        spent = self._budget.allows(brief.state.tokens_used)
        if spent is not None:
            raise VoiceFailed(reason=spent)
        reply = ModelReply(brief, self._checks, Wait(self._patience, waited=brief.waited))
        done = False
        try:
            while not done:
                try:
                    async with aclosing(self._attempt(reply)) as pieces:
                        async for piece in pieces:
                            yield piece
                    done = True
                except ModelFailed as failure:
                    if not await self._may_retry(reply, failure):
                        raise VoiceFailed(reason=failure.reason, usage=reply.usage) from None
                except Unfit as unfit:
                    yield unfit.correction
                    if not unfit.again:
                        raise VoiceFailed(reason=Failure.unfit, usage=reply.usage) from None
            for call in reply.calls[:MAX_CALLS]:
                yield call
        except (asyncio.CancelledError, GeneratorExit):
            brief.meter.left = reply.usage
            raise
        yield Completion(reply.kind, self.name, reply.usage)

    async def _attempt(self, reply: ModelReply) -> AsyncGenerator[Piece, None]:
        """Ask the model once. Raises ModelFailed, Unfit."""
        attempt = self._breaker.attempt(self._clock())
        if attempt is None:
            raise ModelFailed(reason=Failure.breaker_open)
        try:
            prompt = self._compose(reply.brief, failed=reply.fault)
            reply.brief.meter.sources = prompt.sources
            reply.begin(prompt)
            async with aclosing(reply.wait.hear(self._model.stream(prompt))) as hearing:
                async for heard in hearing:
                    for piece in reply.take(heard):
                        yield piece
            for piece in reply.finish():
                yield piece
            attempt.succeeded()
        except ModelFailed as failure:
            attempt.failed(Failure(failure.reason), self._clock())
            if failure.reason not in _DECLINED:
                for piece in reply.rescue():
                    yield piece
            raise
        except Unfit:
            attempt.succeeded()
            raise
        finally:
            attempt.dropped()
            reply.count(self._budget)

    async def _may_retry(self, reply: ModelReply, failure: ModelFailed) -> bool:
        """Whether to ask again; if so, returns when the time has come."""
        pause = failure.retry_after or 0.0
        if not failure.retry or reply.retried or reply.heard or pause > LONGEST_PAUSE or not reply.wait.allows(pause):
            return False
        if self._breaker.state(self._clock()) is not BreakerState.closed:
            return False
        reply.retried = True
        _log.info("model asked again", extra={"call_id": reply.brief.state.call_id, "reason": failure.reason})
        if pause:
            await asyncio.sleep(pause)
        return True

"""Put a question to a model and take the answer as a checked value: a second opinion, a summary, a disposition.

Whatever goes wrong comes back as a value as well, for whoever asks can do without the answer. Invariant: `ask` raises
nothing but the cancelling of its caller, and is over within its seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import orjson
from pydantic import ValidationError

from callcenter.calls import TokenUsage, Value
from callcenter.errors import ModelFailed
from callcenter.llm import Failure, Model
from callcenter.llm.prompt import Line, Question

AnswerT = TypeVar("AnswerT", bound=Value)

_CONTEXT_CHARS: Final = 300
"""Of an earlier line so much is shown; it is there for what "that one" means."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answered(Generic[AnswerT]):
    """What the model answered; its shape is checked, its truth is not."""

    answer: AnswerT
    usage: TokenUsage


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer that can be used."""

    reason: str
    """A value of `Failure`."""
    usage: TokenUsage | None = None
    """What was spent nevertheless; None: unknown."""


def question(answer: type[Value], *, name: str, instructions: str, text: str, max_output_tokens: int = 500) -> Question:
    """Return the question that `answer` is the shape of: all its fields required, without bounds on lengths.

    OpenAI's strict mode knows no lengths, and refuses a schema that has fields with defaults.
    """
    return Question(
        instructions=instructions,
        text=text,
        name=name,
        schema=answer.model_json_schema(),
        max_output_tokens=max_output_tokens,
    )


async def ask(
    model: Model, asked: Question, answer: type[AnswerT], *, seconds: float
) -> Answered[AnswerT] | Unanswered:
    """Return the model's answer within so many seconds, or why there is none."""
    try:
        async with asyncio.timeout(seconds):
            text, usage = await model.answer(asked)
    except TimeoutError:
        return Unanswered(Failure.total_timeout)
    except ModelFailed as failure:
        return Unanswered(failure.reason)
    except Exception as bug:  # noqa: BLE001 (a bug in an adapter must not cost the customer the turn)
        # No traceback: an exception's text may quote the customer.
        _log.error("model broke", extra={"question": asked.name, "error": type(bug).__name__})
        return Unanswered(Failure.broken)
    if not text.strip():
        return Unanswered(Failure.empty, usage)
    try:
        return Answered(answer.model_validate_json(text), usage)
    except ValidationError:
        return Unanswered(Failure.garbled, usage)


def quoted_lines(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Return what was said as data for a question's text, long lines cut."""
    return [{"speaker": line.speaker.value, "text": line.text[:_CONTEXT_CHARS]} for line in lines]


def as_data(facts: dict[str, object]) -> str:
    """Return facts as JSON: nothing a customer writes can end the quotation it stands in."""
    return orjson.dumps(facts).decode()

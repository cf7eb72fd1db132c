"""A model to ask questions of, for tests: it answers what it was given, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator

from callcenter.calls import TokenUsage
from callcenter.llm import CompletionKind, Heard, Stopped
from callcenter.llm.prompt import Prompt, Question

USAGE = TokenUsage(input_tokens=700, output_tokens=50)

_UNSUPPORTED = {"minLength", "maxLength", "default", "allOf", "oneOf", "not", "prefixItems", "patternProperties"}
"""Keywords that OpenAI's strict mode refuses."""


class AskedModel:
    """Answers each question with the next of `answers`: text as it is, an exception raised, None: never."""

    name = "asked"

    def __init__(self, *answers: str | Exception | None) -> None:
        self._answers = list(answers)
        self.questions: list[Question] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Heard, None]:
        yield prompt.instructions
        yield Stopped(CompletionKind.complete, USAGE)

    async def answer(self, question: Question) -> tuple[str, TokenUsage]:
        self.questions.append(question)
        answer = self._answers.pop(0)
        if answer is None:
            await asyncio.get_running_loop().create_future()
        if isinstance(answer, Exception):
            raise answer
        return answer or "", USAGE

    async def check(self) -> bool:
        return True

    async def close(self) -> None:
        pass


def assert_strict(question: Question) -> None:
    """Fail unless OpenAI's strict mode would take the question's schema."""
    for part in _parts(dict(question.schema)):
        assert not _UNSUPPORTED & part.keys()
        if part.get("type") == "object":
            assert isinstance(part["properties"], dict)
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])


def _parts(schema: object) -> Iterator[dict[str, object]]:
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from _parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _parts(each)

"""Count tokens where a provider does not. Pure."""

from __future__ import annotations

from typing import Final

import orjson

from callcenter.calls import TokenUsage
from callcenter.llm.prompt import Prompt, Question

_BYTES_A_TOKEN: Final = 4
"""A token is 4 Latin letters or 2 Arabic ones."""


def tokens_in(text: str, *, more: int = 0) -> int:
    """Return about how many tokens a text is, with so many bytes more beside it."""
    size = len(text) if text.isascii() else len(text.encode(errors="replace"))
    return (size + more + _BYTES_A_TOKEN - 1) // _BYTES_A_TOKEN


def estimated(prompt: Prompt, said: str) -> TokenUsage:
    """Return about what a prompt and what was said to it come to."""
    tokens = tokens_in(prompt.instructions) + tokens_in(prompt.said)
    tokens += sum(tokens_in(line.text) for line in prompt.lines)
    for exchange in prompt.exchanges:
        tokens += tokens_in(exchange.call.arguments) + tokens_in(exchange.output)
    for tool in prompt.tools:
        tokens += tokens_in(tool.description) + tokens_in(orjson.dumps(tool.parameters).decode())
    return TokenUsage(input_tokens=tokens, output_tokens=tokens_in(said), estimated=True)


def estimated_answer(question: Question, said: str) -> TokenUsage:
    """Return about what a question and its answer come to."""
    asked = tokens_in(question.instructions) + tokens_in(question.text)
    schema = tokens_in(orjson.dumps(question.schema).decode())
    return TokenUsage(input_tokens=asked + schema, output_tokens=tokens_in(said), estimated=True)


def counted(usage: object, *, read: str, written: str) -> TokenUsage | None:
    """Return what a provider counted, under its API's names for tokens read and written; None if it makes no sense."""
    if not isinstance(usage, dict):
        return None
    details = usage.get(f"{read}_details")
    tokens = _number(usage.get(read)), _number(usage.get(written))
    cached = _number(details.get("cached_tokens")) if isinstance(details, dict) else None
    if tokens[0] is None or tokens[1] is None:
        return None
    return TokenUsage(input_tokens=tokens[0], output_tokens=tokens[1], cached_tokens=min(cached or 0, tokens[0]))


def _number(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None

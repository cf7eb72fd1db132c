"""Asks a model by either API and reads what comes back the way a client would: text, calls, how it ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from openai import AsyncOpenAI

QUESTION = "When do you open? متى تفتحون؟"  # the same in Arabic


@dataclass
class Heard:
    text: str = ""
    refusal: str = ""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, arguments, call_id."""
    end: str = ""
    """The terminal event or finish reason; empty if there was none."""
    reason: str | None = None
    tokens: int | None = None
    types: list[str] = field(default_factory=list)


Listen = Callable[[AsyncOpenAI], AsyncIterator[Heard]]


async def listen_to_responses(client: AsyncOpenAI) -> AsyncIterator[Heard]:
    """Yield what was heard so far, after each event."""
    heard = Heard()
    async with await client.responses.create(model="m", input=QUESTION, stream=True) as stream:
        async for event in stream:
            heard.types.append(event.type)
            match event.type:
                case "response.output_text.delta":
                    heard.text += event.delta
                case "response.refusal.delta":
                    heard.refusal += event.delta
                case "response.output_item.done" if event.item.type == "function_call":
                    heard.calls.append((event.item.name, event.item.arguments, event.item.call_id))
                case "error":
                    heard.end, heard.reason = "error", event.code
                case "response.completed" | "response.incomplete" | "response.failed":
                    heard.end = event.response.status or ""
                    heard.tokens = event.response.usage.total_tokens if event.response.usage else None
                    if event.response.incomplete_details:
                        heard.reason = event.response.incomplete_details.reason
                    if event.response.error:
                        heard.reason = event.response.error.code
            yield heard


async def listen_to_chat(client: AsyncOpenAI) -> AsyncIterator[Heard]:
    """Yield what was heard so far, after each chunk."""
    heard, parts = Heard(), defaultdict[int, list[str]](list)
    async with await client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        async for chunk in stream:
            heard.tokens = chunk.usage.total_tokens if chunk.usage else None
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.refusal += choice.delta.refusal or ""
                for call in choice.delta.tool_calls or []:
                    assert call.function
                    named = [call.function.name or "", call.id] if call.id else []
                    parts[call.index] += [*named, call.function.arguments or ""]
                if choice.finish_reason:
                    heard.end = choice.finish_reason
                    heard.calls = [(name, "".join(rest), id_) for name, id_, *rest in parts.values()]
            yield heard


async def heard_by(listening: AsyncIterator[Heard]) -> Heard:
    """Return all that was heard to the end of the stream."""
    heard = Heard()
    async for heard in listening:  # noqa: B007 (the last one counts)
        pass
    return heard


async def ask_responses(client: AsyncOpenAI) -> object:
    """Ask without a stream."""
    return await client.responses.create(model="m", input=QUESTION)


async def ask_chat(client: AsyncOpenAI) -> object:
    """Ask without a stream."""
    return await client.chat.completions.create(model="m", messages=[{"role": "user", "content": QUESTION}])


Ask = Callable[[AsyncOpenAI], Awaitable[object]]
LISTENERS: list[Listen] = [listen_to_responses, listen_to_chat]
ASKERS: list[Ask] = [ask_responses, ask_chat]

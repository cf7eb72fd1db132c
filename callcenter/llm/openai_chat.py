"""A model behind the Chat Completions API, which every server speaks.

A reply is whole only if a finish reason came; [DONE] and the count of tokens after it may be missing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from functools import lru_cache
from typing import Final

import orjson

from callcenter.calls import TokenUsage
from callcenter.errors import ModelFailed
from callcenter.llm import CompletionKind, Failure, Heard, Stopped
from callcenter.llm.event_stream import Json, list_in, object_in, text_in
from callcenter.llm.openai_client import OpenAIClient, failure_of_error, together
from callcenter.llm.openai_messages import ALIKE_KEPT, instructions, messages
from callcenter.llm.prompt import Prompt, Question, Tool, ToolCall
from callcenter.llm.usage import counted, estimated, estimated_answer

_PATH: Final = "chat/completions"


class ChatModel:
    """One model, by name."""

    def __init__(
        self, client: OpenAIClient, *, model: str, temperature: float | None = None, effort: str | None = None
    ) -> None:
        """Speak through `client`, which is closed with the model; what is None is left to the model."""
        self.name = model
        self._client = client
        self._constant: Json = {"model": model}
        if temperature is not None:
            self._constant["temperature"] = temperature
        if effort is not None:
            self._constant["reasoning_effort"] = effort
        # Ollama silently ignores the newer name, OpenAI's newer models refuse the older one.
        self._limit = "max_completion_tokens" if client.at_openai else "max_tokens"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Heard, None]:
        """Yield text, tool calls and the end; an empty text is a sign of life."""
        hearing = _Hearing()
        with closing(await self._client.stream(_PATH, self._body(prompt))) as portions:
            async for events in portions:
                for heard in together(hearing.take(events)):
                    yield heard
                if hearing.kind is not None:
                    usage = _usage([*events, *await portions.rest()])
                    yield Stopped(hearing.kind, usage or estimated(prompt, "".join(hearing.said)))
                    return
        raise ModelFailed(reason=Failure.cut_short, retry=True)

    async def answer(self, question: Question) -> tuple[str, TokenUsage]:
        """Return JSON text by the question's schema."""
        schema = {"name": question.name, "schema": question.schema, "strict": True}
        completion = await self._client.ask(
            _PATH,
            self._constant
            | {
                "messages": [
                    {"role": "system", "content": question.instructions},
                    {"role": "user", "content": question.text},
                ],
                "response_format": {"type": "json_schema", "json_schema": schema},
                self._limit: question.max_output_tokens,
            },
        )
        choice = object_in(_choice(completion))
        if _kind(choice) is CompletionKind.truncated:
            raise ModelFailed(reason=Failure.truncated)
        message = object_in(choice.get("message"))
        said = text_in(message.get("content") or "")
        if not said:
            raise ModelFailed(reason=Failure.refused if message.get("refusal") else Failure.empty)
        return said, _usage([completion]) or estimated_answer(question, said)

    async def check(self) -> bool:
        """Have the server list its models."""
        return await self._client.lists(self.name)

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    def _body(self, prompt: Prompt) -> Json:
        body = self._constant | {
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": list(_messages(prompt)),
            self._limit: prompt.max_output_tokens,
        }
        if prompt.tools:
            body["tools"] = _tools(prompt.tools)
        return body


class _Hearing:
    """One stream as it is heard."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.kind: CompletionKind | None = None
        """How it has ended; None: not yet."""
        self._calls = _Calls()
        self._refused = False

    def take(self, events: list[Json]) -> Iterator[str | ToolCall]:
        """Yield what these events say and ask for, up to the end. Raises ModelFailed."""
        for event in events:
            choice = _choice(event)
            if choice is None:
                continue
            delta = object_in(choice.get("delta") or {})
            if piece := text_in(delta.get("content") or ""):
                self.said.append(piece)
                yield piece
            if delta.get("refusal") or delta.get("tool_calls"):
                self._refused = self._refused or bool(delta.get("refusal"))
                self._calls.add(delta.get("tool_calls"))
                yield ""
            if choice.get("finish_reason"):
                kind = _kind(choice)
                whole = self._calls.whole() if kind is CompletionKind.complete else []
                if self._refused and not (self.said or whole):
                    raise ModelFailed(reason=Failure.refused)
                yield from whole
                self.kind = kind
                return


class _Calls:
    """Tool calls as they come: by index, the id and the name first, then the arguments in fragments."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[str, str, list[str]]] = {}

    def add(self, fragments: object) -> None:
        """Take what one chunk brings. Raises ModelFailed."""
        for fragment in map(object_in, list_in(fragments)):
            index = fragment.get("index")
            if type(index) is not int:  # some servers leave it out and send each call whole
                index = len(self._parts)
            function = object_in(fragment.get("function") or {})
            name = text_in(function.get("name") or "")
            if index not in self._parts:
                self._parts[index] = (text_in(fragment.get("id") or f"call_{index}"), name, [])
            self._parts[index][2].append(text_in(function.get("arguments") or ""))

    def whole(self) -> list[ToolCall]:
        """Return the calls in their order."""
        parts = (self._parts[index] for index in sorted(self._parts))
        return [ToolCall(each, name, "".join(arguments)) for each, name, arguments in parts]


def _messages(prompt: Prompt) -> Iterator[Json]:
    yield {"role": "system", "content": instructions(prompt)}
    yield from messages(prompt)
    if prompt.exchanges:
        yield {"role": "assistant", "tool_calls": [_call(exchange.call) for exchange in prompt.exchanges]}
    for exchange in prompt.exchanges:
        yield {"role": "tool", "tool_call_id": exchange.call.id, "content": exchange.output}


def _call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


@lru_cache(ALIKE_KEPT)
def _tools(tools: tuple[Tool, ...]) -> orjson.Fragment:
    """Return tools as JSON: a persona's are the same in every request."""
    return orjson.Fragment(orjson.dumps([_tool(tool) for tool in tools]))


def _tool(tool: Tool) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters, "strict": True}
    return {"type": "function", "function": function}


def _choice(event: Json) -> Json | None:
    """Return a chunk's choice, None if it has none: a count of tokens, or what nobody knows. Raises ModelFailed."""
    if event.get("error"):
        raise failure_of_error(event["error"])
    choices = list_in(event.get("choices"))
    return object_in(choices[0]) if choices else None


def _kind(choice: Json) -> CompletionKind:
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        raise ModelFailed(reason=Failure.filtered)
    return CompletionKind.truncated if reason == "length" else CompletionKind.complete


def _usage(events: list[Json]) -> TokenUsage | None:
    for event in reversed(events):
        if usage := counted(event.get("usage"), read="prompt_tokens", written="completion_tokens"):
            return usage
    return None

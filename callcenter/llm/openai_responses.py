"""A model behind OpenAI's Responses API. Keeps nothing at the provider: each request carries the whole conversation.

A reply is whole only if its terminal event came. Function calls are replayed without their items' ids, which would
oblige us to replay a reasoning model's thoughts as well.
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
from callcenter.llm.prompt import Exchange, Prompt, Question, Tool, ToolCall
from callcenter.llm.usage import counted, estimated, estimated_answer

_PATH: Final = "responses"
_PIECE: Final = "response.output_text.delta"
_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_ALIVE: Final = frozenset({"response.function_call_arguments.delta", "response.refusal.delta"})


class ResponsesModel:
    """One model, by name."""

    def __init__(
        self, client: OpenAIClient, *, model: str, temperature: float | None = None, effort: str | None = None
    ) -> None:
        """Speak through `client`, which is closed with the model; what is None is left to the model."""
        self.name = model
        self._client = client
        self._constant: Json = {"model": model, "store": False}
        if temperature is not None:
            self._constant["temperature"] = temperature
        if effort is not None:
            self._constant["reasoning"] = {"effort": effort}

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Heard, None]:
        """Yield text, tool calls and the end; an empty text is a sign of life."""
        hearing = _Hearing()
        with closing(await self._client.stream(_PATH, self._body(prompt))) as portions:
            async for events in portions:
                for heard in together(hearing.take(events)):
                    yield heard
                if hearing.ended is not None:
                    await portions.rest()
                    yield Stopped(hearing.kind, _usage(hearing.ended) or estimated(prompt, hearing.said))
                    return
        raise ModelFailed(reason=Failure.cut_short, retry=True)

    async def answer(self, question: Question) -> tuple[str, TokenUsage]:
        """Return JSON text by the question's schema."""
        schema = {"type": "json_schema", "name": question.name, "schema": question.schema, "strict": True}
        response = await self._client.ask(
            _PATH,
            self._constant
            | {
                "instructions": question.instructions,
                "input": [{"role": "user", "content": question.text}],
                "text": {"format": schema},
                "max_output_tokens": question.max_output_tokens,
            },
        )
        if _kind(response) is CompletionKind.truncated:
            raise ModelFailed(reason=Failure.truncated)
        said = "".join(heard for heard in _output(response) if isinstance(heard, str))
        if not said:
            raise ModelFailed(reason=Failure.empty)
        return said, _usage(response) or estimated_answer(question, said)

    async def check(self) -> bool:
        """Have the server list its models."""
        return await self._client.lists(self.name)

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    def _body(self, prompt: Prompt) -> Json:
        items = messages(prompt)
        for exchange in prompt.exchanges:
            items += _exchange(exchange)
        body = self._constant | {
            "stream": True,
            "instructions": instructions(prompt),
            "input": items,
            "max_output_tokens": prompt.max_output_tokens,
            "prompt_cache_key": prompt.cache_key,
        }
        if prompt.tools:
            body["tools"] = _tools(prompt.tools)
            body["parallel_tool_calls"] = True
        return body


class _Hearing:
    """One stream as it is heard."""

    def __init__(self) -> None:
        self.said = ""
        self.ended: Json | None = None
        """The response as a whole, once it has ended."""
        self.kind = CompletionKind.complete
        """How it has ended."""
        self._called = self._refused = False

    def take(self, events: list[Json]) -> Iterator[str | ToolCall]:
        """Yield what these events say and ask for, up to the end. Raises ModelFailed."""
        row: list[str] = []  # pieces in a row are one step
        for event in events:
            kind = event.get("type")
            if kind == _PIECE and type(piece := event.get("delta")) is str:
                row.append(piece)
                continue
            if row:
                yield self._say(row)
                row = []
            if kind == _PIECE:
                raise ModelFailed(reason=Failure.garbled)
            if kind in _ENDS:
                response = object_in(event.get("response"))
                self.kind = _kind(response)
                if not (self.said or self._called):
                    yield from _output(response, refused=self._refused)
                self.ended = response
                return
            self._refused = self._refused or kind == "response.refusal.delta"
            for heard in _between(event, self.said):
                self._called = self._called or isinstance(heard, ToolCall)
                yield heard
        if row:
            yield self._say(row)

    def _say(self, row: list[str]) -> str:
        text = "".join(row)
        self.said += text
        return text


def _exchange(exchange: Exchange) -> Iterator[Json]:
    call = exchange.call
    yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
    yield {"type": "function_call_output", "call_id": call.id, "output": exchange.output}


@lru_cache(ALIKE_KEPT)
def _tools(tools: tuple[Tool, ...]) -> orjson.Fragment:
    """Return tools as JSON: a persona's are the same in every request."""
    return orjson.Fragment(orjson.dumps([_tool(tool) for tool in tools]))


def _tool(tool: Tool) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": True,
    }


def _kind(response: Json) -> CompletionKind:
    """Return how a response ended. Raises ModelFailed if it did not end well."""
    status = response.get("status")
    if status == "completed":
        return CompletionKind.complete
    if status == "incomplete":
        if object_in(response.get("incomplete_details") or {}).get("reason") == "content_filter":
            raise ModelFailed(reason=Failure.filtered)
        return CompletionKind.truncated
    raise failure_of_error(response.get("error"))


def _between(event: Json, said: str) -> Iterator[str | ToolCall]:
    """Yield what an event says that is neither text nor the end. Raises ModelFailed."""
    kind = event.get("type")
    if kind == "response.output_item.done":
        yield from _calls(event.get("item"))
    elif kind == "response.output_item.added" and said:
        if object_in(event.get("item")).get("type") == "message":
            yield "\n"  # a second message of one reply
    elif kind in _ALIVE:
        yield ""
    elif kind == "error" or (kind is None and "error" in event):
        raise failure_of_error(event.get("error") or event)


def _output(response: Json, *, refused: bool = False) -> Iterator[str | ToolCall]:
    """Yield what a whole response says and asks for. Raises ModelFailed where it says nothing but that it won't."""
    heard = False
    for item in list_in(response.get("output")):
        for call in _calls(item):
            heard = True
            yield call
        for part in map(object_in, list_in(object_in(item).get("content"))):
            refused = refused or part.get("type") == "refusal"
            if part.get("type") == "output_text" and (said := text_in(part.get("text"))):
                heard = True
                yield said
    if refused and not heard:
        raise ModelFailed(reason=Failure.refused)


def _calls(item: object) -> Iterator[ToolCall]:
    """Yield the call that an item of output may be."""
    found = object_in(item)
    if found.get("type") == "function_call":
        yield ToolCall(text_in(found.get("call_id")), text_in(found.get("name")), text_in(found.get("arguments")))


def _usage(response: Json) -> TokenUsage | None:
    return counted(response.get("usage"), read="input_tokens", written="output_tokens")

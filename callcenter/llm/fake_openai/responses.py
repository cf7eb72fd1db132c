"""An answer in the words of the Responses API: the complete sequence of events, or one response object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callcenter.llm.fake_openai.answers import Answer, ErrorEvent, ToolCall, Usage
from callcenter.llm.fake_openai.request import Json, Request
from callcenter.llm.fake_openai.steps import Event

_FRAGMENT: Final = 12
"""Characters of arguments or refusal an event carries."""


def events(answer: Answer, request: Request) -> list[Event]:
    """Return the stream's events."""
    started = response(answer, request, status="in_progress", output=[])
    found = [
        Event({"type": "response.created", "response": started}),
        Event({"type": "response.in_progress", "response": started}),
    ]
    output = _output(answer, request)
    for index, item in enumerate(output):
        found += _call_events(item, index) if item["type"] == "function_call" else _text_events(item, index, answer)
    status = _status(answer)
    ended = response(answer, request, status=status, output=output)
    found.append(Event({"type": f"response.{status}", "response": ended}))
    return found


def error_event(error: ErrorEvent) -> Event:
    """Return the error in its shape."""
    said = {"code": error.code, "message": error.message, "param": None}
    if error.shape == "flat":
        return Event({"type": "error", **said})
    return Event({"type": "error", "error": {"type": error.code, **said}})


def whole(answer: Answer, request: Request) -> Json:
    """Return the answer to a request that does not stream."""
    return response(answer, request, status=_status(answer), output=_output(answer, request))


def response(answer: Answer, request: Request, *, status: str, output: list[Json]) -> Json:
    """Return a response object."""
    ended = status != "in_progress"
    return {
        "id": f"resp_{request.number}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": request.model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": {"code": answer.failed.code, "message": answer.failed.message} if ended and answer.failed else None,
        "incomplete_details": {"reason": answer.incomplete} if ended and answer.incomplete else None,
        "instructions": None,
        "metadata": {},
        "usage": _usage(answer.usage) if ended and answer.usage and not answer.failed else None,
    }


def _status(answer: Answer) -> str:
    if answer.failed:
        return "failed"
    return "incomplete" if answer.incomplete else "completed"


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _output(answer: Answer, request: Request) -> list[Json]:
    calls = [_call(call, f"{request.number}_{number}") for number, call in enumerate(answer.tool_calls, 1)]
    if answer.refusal is not None:
        content: Json = {"type": "refusal", "refusal": answer.refusal}
    else:
        content = {"type": "output_text", "text": "".join(answer.pieces), "annotations": []}
    said = {
        "id": f"msg_{request.number}",
        "type": "message",
        "role": "assistant",
        "status": "incomplete" if answer.incomplete else "completed",
        "content": [content],
    }
    speaks = bool(answer.pieces) or answer.refusal is not None or not calls
    messages = [said] if speaks else []
    return [*calls, *messages] if answer.calls_first else [*messages, *calls]


def _call(call: ToolCall, suffix: str) -> Json:
    return {
        "id": f"fc_{suffix}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.call_id or f"call_{suffix}",
        "name": call.name,
        "arguments": call.arguments,
    }


def _text_events(item: Json, index: int, answer: Answer) -> Iterator[Event]:
    begun = {**item, "status": "in_progress", "content": []}
    yield Event({"type": "response.output_item.added", "output_index": index, "item": begun})
    at = {"item_id": item["id"], "output_index": index, "content_index": 0}
    part = item["content"][0]
    if part["type"] == "refusal":
        said = part["refusal"]
        yield Event({"type": "response.content_part.added", **at, "part": {"type": "refusal", "refusal": ""}})
        for fragment in fragments(said):
            yield Event({"type": "response.refusal.delta", **at, "delta": fragment})
    else:
        said = part["text"]
        yield Event({"type": "response.content_part.added", **at, "part": {**part, "text": ""}})
        for piece in answer.pieces:
            yield Event({"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}, is_piece=True)
    if answer.failed:
        return  # what failed is left open
    if part["type"] == "refusal":
        yield Event({"type": "response.refusal.done", **at, "refusal": said})
    else:
        yield Event({"type": "response.output_text.done", **at, "text": said, "logprobs": []})
    yield Event({"type": "response.content_part.done", **at, "part": part})
    yield Event({"type": "response.output_item.done", "output_index": index, "item": item})


def _call_events(item: Json, index: int) -> Iterator[Event]:
    begun = {**item, "status": "in_progress", "arguments": ""}
    yield Event({"type": "response.output_item.added", "output_index": index, "item": begun})
    at = {"item_id": item["id"], "output_index": index}
    for fragment in fragments(item["arguments"]):
        yield Event({"type": "response.function_call_arguments.delta", **at, "delta": fragment})
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield Event({"type": "response.function_call_arguments.done", **at, **done})
    yield Event({"type": "response.output_item.done", "output_index": index, "item": item})


def fragments(text: str) -> Iterator[str]:
    """Yield arguments or a refusal in the portions they are streamed in."""
    for start in range(0, len(text), _FRAGMENT):
        yield text[start : start + _FRAGMENT]

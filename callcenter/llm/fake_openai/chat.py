"""An answer in the words of the Chat Completions API: chunks up to a finish reason, or one completion object."""

from __future__ import annotations

from callcenter.llm.fake_openai.answers import Answer, ErrorEvent, Usage
from callcenter.llm.fake_openai.request import Json, Request
from callcenter.llm.fake_openai.responses import fragments
from callcenter.llm.fake_openai.steps import Event


def events(answer: Answer, request: Request) -> list[Event]:
    """Return the stream's chunks."""
    frame: Json = {
        "id": f"chatcmpl-{request.number}",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": request.model,
        "system_fingerprint": None,
        **({"usage": None} if request.wants_usage else {}),
    }

    def chunk(delta: Json, finish: str | None = None, *, is_piece: bool = False) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return Event({**frame, "choices": [choice]}, is_piece)

    said = [chunk({"content": piece}, is_piece=True) for piece in answer.pieces]
    if answer.refusal is not None:
        said = [chunk({"refusal": fragment}) for fragment in fragments(answer.refusal)]
    called = [chunk({"tool_calls": [part]}) for part in _call_parts(answer, request)]
    found = [chunk({"role": "assistant", "content": ""})]
    found += [*called, *said] if answer.calls_first else [*said, *called]
    if answer.failed:
        error = ErrorEvent(code=answer.failed.code, message=answer.failed.message)
        return [*found, error_event(error)]
    found.append(chunk({}, _finish_reason(answer)))
    if answer.usage and request.wants_usage:
        found.append(Event({**frame, "choices": [], "usage": _usage(answer.usage)}))
    return found


def error_event(error: ErrorEvent) -> Event:
    """Return the error as a chunk."""
    return Event({"error": {"type": error.code, "code": error.code, "message": error.message, "param": None}})


def whole(answer: Answer, request: Request) -> Json:
    """Return the answer to a request that does not stream."""
    calls = [
        {**call, "function": {"name": wanted.name, "arguments": wanted.arguments}}
        for wanted, call in zip(answer.tool_calls, _calls(answer, request), strict=True)
    ]
    text = "".join(answer.pieces) if answer.pieces and answer.refusal is None else None
    message: Json = {"role": "assistant", "content": text, "refusal": answer.refusal, "annotations": []}
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(answer)}
    found: Json = {
        "id": f"chatcmpl-{request.number}",
        "object": "chat.completion",
        "created": 0,
        "model": request.model,
        "choices": [choice],
    }
    if answer.usage:
        found["usage"] = _usage(answer.usage)
    return found


def _finish_reason(answer: Answer) -> str:
    if answer.incomplete:
        return {"max_output_tokens": "length", "content_filter": "content_filter"}[answer.incomplete]
    return "tool_calls" if answer.tool_calls else "stop"


def _calls(answer: Answer, request: Request) -> list[Json]:
    return [
        {"id": call.call_id or f"call_{request.number}_{number}", "type": "function"}
        for number, call in enumerate(answer.tool_calls, 1)
    ]


def _call_parts(answer: Answer, request: Request) -> list[Json]:
    """Return each call's id and name, then its arguments in fragments."""
    parts: list[Json] = []
    for index, (wanted, call) in enumerate(zip(answer.tool_calls, _calls(answer, request), strict=True)):
        parts.append({"index": index, **call, "function": {"name": wanted.name, "arguments": ""}})
        parts += [{"index": index, "function": {"arguments": part}} for part in fragments(wanted.arguments)]
    return parts


def _usage(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }

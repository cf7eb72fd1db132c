"""What OpenAI says to a request that it does not serve: its error body, and what it objects to in a body.

Only mistakes that an adapter can make are looked for: they must fail here as they would there.
"""

from __future__ import annotations

from typing import Final

import orjson

from callcenter.llm.fake_openai.answers import Answer
from callcenter.llm.fake_openai.request import Json, Request

_SAID: Final = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: (
        "invalid_request_error",
        "unsupported_country_region_territory",
        "Country not supported.",
    ),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
}
_INVALID: Final = ("invalid_request_error", None, "The request is invalid.")
_SERVER: Final = ("server_error", None, "The server had an error while processing your request.")
_FIRST_SERVER_ERROR: Final = 500


def error_body(status: int) -> bytes:
    """Return OpenAI's error for a status."""
    kind, code, message = _SAID.get(status, _SERVER if status >= _FIRST_SERVER_ERROR else _INVALID)
    return _body(message, kind=kind, code=code)


def refusal(status: int, message: str, *, code: str | None = None, param: str | None = None) -> Answer:
    """Return an answer that refuses a request."""
    kind = "server_error" if status >= _FIRST_SERVER_ERROR else "invalid_request_error"
    return Answer(status=status, body=_body(message, kind=kind, code=code, param=param))


def objection(request: Request) -> Answer | None:
    """Return the refusal that a body deserves, if any."""
    needed, foreign = ("input", "messages") if request.api == "responses" else ("messages", "input")
    for name in ("model", needed):
        if not request.body.get(name):
            return _missing(name)
    if foreign in request.body:
        return refusal(400, f"Unknown parameter: '{foreign}'.", code="unknown_parameter", param=foreign)
    for number, tool in enumerate(request.body.get("tools") or []):
        nested = request.api == "chat"
        if not (tool.get("function", {}) if nested else tool).get("name"):
            return _missing(f"tools[{number}].{'function.name' if nested else 'name'}")
    return _unasked_result(request)


def _unasked_result(request: Request) -> Answer | None:
    """Return a refusal if a tool's result answers no call before it."""
    name = "input" if request.api == "responses" else "messages"
    items = request.body[name]
    called: set[object] = set()
    for item in items if isinstance(items, list) else []:
        called |= _calls(item)
        result = item.get("call_id") if item.get("type") == "function_call_output" else item.get("tool_call_id")
        if result is not None and result not in called:
            return refusal(400, f"No tool call found for function call output with call_id {result}.", param=name)
    return None


def _calls(item: Json) -> set[object]:
    if item.get("type") == "function_call":
        return {item.get("call_id")}
    return {call.get("id") for call in item.get("tool_calls") or []}


def _missing(name: str) -> Answer:
    return refusal(400, f"Missing required parameter: '{name}'.", code="missing_required_parameter", param=name)


def _body(message: str, *, kind: str, code: str | None, param: str | None = None) -> bytes:
    return orjson.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})

"""What OpenAI says to a request that it does not serve: its error body, and what it objects to in a body.

Only mistakes that an adapter can make are looked for: they must fail here as they would there.
"""

from __future__ import annotations

from typing import Final

import orjson

from callcenter.llm.fake_openai.answers import Answer
from callcenter.llm.fake_openai.request import Api, Json, Request

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
_FOREIGN: Final[dict[Api, frozenset[str]]] = {
    "responses": frozenset({"messages", "max_tokens", "max_completion_tokens", "response_format", "stop", "n"}),
    "chat": frozenset({"input", "instructions", "max_output_tokens", "text", "include", "truncation"}),
}
"""What each API calls otherwise, or does not have."""


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
    for name in ("model", "input" if request.api == "responses" else "messages"):
        if not request.body.get(name):
            return _missing(name)
    for name in sorted(_FOREIGN[request.api] & request.body.keys()):
        return refusal(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    return _bad_tool(request) or _bad_format(request) or _unasked_result(request)


def _bad_tool(request: Request) -> Answer | None:
    """Return a refusal if a function has no name where this API has it, or a schema that can't be strict."""
    for number, tool in enumerate(request.body.get("tools") or []):
        if tool.get("type", "function") != "function":
            continue
        function = tool.get("function", {}) if request.api == "chat" else tool
        if not (name := function.get("name")):
            return _missing(f"tools[{number}].{'function.name' if request.api == 'chat' else 'name'}")
        if function.get("strict") and (problem := _not_strict(function.get("parameters") or {})):
            said = f"Invalid schema for function '{name}': {problem}"
            return refusal(400, said, code="invalid_function_parameters", param=f"tools[{number}].parameters")
    return None


def _bad_format(request: Request) -> Answer | None:
    """Return a refusal if strict output is wanted by a schema that leaves something open."""
    if request.is_strict and (problem := _not_strict(request.schema or {})):
        param = "text.format.schema" if request.api == "responses" else "response_format"
        return refusal(400, f"Invalid schema for response_format: {problem}", code="invalid_json_schema", param=param)
    return None


def _not_strict(schema: object, place: tuple[str, ...] = ()) -> str | None:
    """Return what OpenAI objects to in a strict schema: objects must be closed, and require all that they have."""
    if isinstance(schema, list):
        return next(filter(None, (_not_strict(each, place) for each in schema)), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            return f"In context={place}, 'additionalProperties' is required to be supplied and to be false."
        if missing := sorted(set(schema.get("properties", {})) - set(schema.get("required", []))):
            return f"In context={place}, 'required' is required to include every key in properties. Missing {missing}."
    named = [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]
    nested = [*named, *((key, schema[key]) for key in ("items", "anyOf") if key in schema)]
    return next(filter(None, (_not_strict(each, (*place, key)) for key, each in nested)), None)


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

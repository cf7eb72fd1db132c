"""The OpenAPI document: what the framework derives from the routes, plus what it can't know.

It adds the bodies that handlers read themselves, the problem document, the key, and the examples in both languages,
which are data (examples.json, by operation). The document is made when it is first asked for.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

from fastapi import FastAPI
from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from callcenter.api.errors import Problem
from callcenter.api.models import AnalyzeRequest, MessageRequest, OpenConversation, StartCall, SwitchPersona
from callcenter.tickets import TicketChange

EXAMPLES: Final = Path(__file__).with_name("examples.json")
_READ_BY_HANDLERS: Final[tuple[type[BaseModel], ...]] = (
    AnalyzeRequest,
    MessageRequest,
    OpenConversation,
    Problem,
    StartCall,
    SwitchPersona,
    TicketChange,
)

DESCRIPTION: Final = """\
Answers a company's calls in Arabic and English: every message is understood, routed to a persona, answered and kept.

**A conversation in two steps:** `POST /api/calls`, then `POST /api/conversations/{call_id}/message`.

**Over a WebSocket:** `ws://HOST/api/conversations/ws/{call_id}`, with `?language=`, `?customer_name=` for a call that
begins there, and `?after=SEQ` to get only what was missed. Send `{"message": "…"}` or a bare line of text; what comes
back are the call's events (the same objects as `GET …/events`), `assistant_delta` while a reply is being spoken, and
`error` frames. It closes with 1000 after `call_ended`, 1009 for a frame over 64 KiB, 1011 for a fault of ours, 1012
when the server restarts, 1013 for a reader that is too slow or a store that does not answer, 4400 for a URL that names
no possible call. Connect again after 1006, 1011, 1012 and 1013, with `?after=` the last `seq` you have.

**Who may call:** in open mode anyone on this machine and nobody else; otherwise whoever sends a key as
`Authorization: Bearer KEY`. `/healthz`, `/readyz` and this document ask for none.

**Failures** are `application/problem+json` with a `code` that never changes. Bodies may have 64 KiB.
"""

TAGS: Final[list[dict[str, Any]]] = [
    {"name": "calls", "description": "Calls as a whole: start, list, read."},
    {"name": "conversations", "description": "What is said on a call, and what becomes of it."},
    {"name": "tickets", "description": "Follow-up work that outlives a call."},
    {"name": "analysis", "description": "How a message is understood, without a call."},
    {"name": "health", "description": "Whether the server lives and can take calls."},
]

_KEY: Final[dict[str, JsonValue]] = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of CALLCENTER_API_KEYS; none is asked in open mode.",
}


class DocumentedApp(FastAPI):
    """A FastAPI application that describes itself wholly."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; the same one every time."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
        return self.openapi_schema


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document["components"]
    _, schemas = models_json_schema(
        [(model, "validation") for model in _READ_BY_HANDLERS], ref_template="#/components/schemas/{model}"
    )
    components["schemas"] = {**components["schemas"], **schemas["$defs"]}
    for derived in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(derived, None)
    components["securitySchemes"] = {"key": _KEY}
    examples = cast("dict[str, dict[str, JsonValue]]", json.loads(EXAMPLES.read_text(encoding="utf-8")))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/"):
                operation["security"] = [{}, {"key": []}]
            _drop_derived_problem(operation["responses"])
            _add_examples(operation, examples.get(operation["operationId"], {}))
    return document


def _drop_derived_problem(responses: dict[str, Any]) -> None:
    """Take away the framework's idea of a validation error where a route has not said its own."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]


def _add_examples(operation: dict[str, Any], examples: dict[str, JsonValue]) -> None:
    if "request" in examples:
        operation["requestBody"]["content"]["application/json"]["examples"] = examples["request"]
    if "response" in examples:
        success = next(response for status, response in operation["responses"].items() if status.startswith("2"))
        success["content"]["application/json"]["examples"] = examples["response"]

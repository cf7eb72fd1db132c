"""The OpenAPI document: what the framework derives from the routes, completed by what it can't know.

Handlers read bodies and write responses themselves; routes describe them with `answer`, `body` and `parameter`. Added
are their schemas, the problem document, the key, and examples in both languages (examples.json, by operation). The
document is made when it is first asked for, so that a start pays for none of it.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from callcenter.api import action_models, desk_models, knowledge_models, models, record_models, script_models
from callcenter.api.access import told
from callcenter.api.edge import PUBLIC
from callcenter.api.errors import OK, Problem
from callcenter.api.ticket_views import (
    CommentRequest,
    MergedTickets,
    MergeRequest,
    TicketComment,
    TicketComments,
    TicketPage,
    TicketView,
)
from callcenter.calls import ConversationState
from callcenter.conversation.copilot import DispositionSuggestion, Summary
from callcenter.conversation.copilot.suggesting import Suggestion
from callcenter.desk import AgentCard, Availability, CallCard
from callcenter.desk.approvals import ActionOutcome
from callcenter.events import CallStatistics, Transcript
from callcenter.knowledge import Article
from callcenter.scripts import Script
from callcenter.store.analytics import Analytics
from callcenter.tickets import TicketChange

EXAMPLES: Final = Path(__file__).with_name("examples.json")
REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    action_models.ActionRequest,
    action_models.DenyRequest,
    knowledge_models.ArticleEdit,
    knowledge_models.NewArticle,
    script_models.ChosenScript,
    script_models.NewScript,
    script_models.ScriptEdit,
    models.AnalyzeRequest,
    models.MessageRequest,
    models.OpenConversation,
    models.SocketTicketRequest,
    models.StartCall,
    models.RatingRequest,
    models.SwitchPersona,
    CommentRequest,
    MergeRequest,
    TicketChange,
    desk_models.AgentReply,
    desk_models.ClaimRequest,
    desk_models.DismissRequest,
    desk_models.NoteRequest,
    desk_models.ReleaseRequest,
    desk_models.TransferRequest,
    desk_models.WrapUpRequest,
    Availability,
)
RESPONSES: Final[tuple[type[BaseModel], ...]] = (
    action_models.OfferedActions,
    action_models.PendingApprovals,
    ActionOutcome,
    Article,
    knowledge_models.ArticleList,
    knowledge_models.ArticleVersions,
    knowledge_models.GapList,
    knowledge_models.SearchResult,
    Script,
    script_models.CallScript,
    script_models.ScriptList,
    script_models.ScriptVersions,
    models.BotReply,
    models.CallLog,
    models.CallOver,
    models.CallPage,
    models.ConversationOpened,
    models.ErasureReceipt,
    models.Health,
    models.MessageReply,
    models.NewCall,
    models.CallRating,
    models.PersonaSwitched,
    models.Readiness,
    models.SocketTicket,
    models.TicketHistory,
    models.Understanding,
    record_models.RecordList,
    record_models.RecordTables,
    Analytics,
    desk_models.DeskAgents,
    desk_models.DeskCalls,
    desk_models.DeskQueue,
    AgentCard,
    CallCard,
    CallStatistics,
    ConversationState,
    DispositionSuggestion,
    Problem,
    Suggestion,
    Summary,
    MergedTickets,
    TicketComment,
    TicketComments,
    TicketPage,
    TicketView,
    Transcript,
)
"""All that routes name, with REQUESTS; a test finds one that is missing here."""

DESCRIPTION: Final = """\
Answers a company's calls in Arabic and English: every message is understood, routed to a persona, answered and kept.

**A conversation in two steps:** `POST /api/calls`, then `POST /api/conversations/{call_id}/message`.

**Over a WebSocket:** `ws://HOST/api/conversations/ws/{call_id}`, with `?language=`, `?customer_name=` for a call that
begins there, and `?after=SEQ` to get only what was missed. Send `{"message": "…"}` or a bare line of text; what comes
back are the call's events (the same objects as `GET …/events`), `assistant_delta` while a reply is being spoken, and
`error` frames. It closes with 1000 after `call_ended` or `call_erased`, 1009 for a frame over 64 KiB, 1011 for a fault
of ours, 1012 when the server restarts, 1013 for a reader that is too slow or a store that does not answer, 4400 for a
URL that names no possible call, 4404 for a call that is not there where the caller may begin none. Connect again after
1006, 1011, 1012 and 1013, with `?after=` the last `seq` you have.

**Who may call:** in open mode anyone on this machine, everything, and nobody else. Otherwise whoever sends an API key,
the token that came with a call, or the access token of somebody signed in, as `Authorization: Bearer KEY`; each
operation says for whom it is. A page's WebSocket offers the subprotocols `callcenter` and `bearer.KEY` instead, or
comes with a `?ticket=` of `POST /api/socket-tickets`. `/healthz`, `/readyz` and this document ask for none.

**Failures** are `application/problem+json` with a `code` that never changes. Bodies may have 64 KiB.
"""

TAGS: Final[list[dict[str, Any]]] = [
    {"name": "calls", "description": "Calls as a whole: start, list, read."},
    {"name": "conversations", "description": "What is said on a call, and what becomes of it."},
    {"name": "tickets", "description": "Follow-up work that outlives a call."},
    {"name": "analytics", "description": "Figures over many calls."},
    {"name": "desk", "description": "Humans watch calls, take them over, speak, and hand them back."},
    {"name": "actions", "description": "What is done for customers on the company's data, and who approves it."},
    {"name": "knowledge", "description": "Articles: what the company knows beside its profile."},
    {
        "name": "scripts",
        "description": "Service scripts: what is asked, step by step, of whom.",
    },
    {"name": "records", "description": "The company's own data, as actions have left it."},
    {"name": "analysis", "description": "How a message is understood, without a call."},
    {"name": "health", "description": "Whether the server lives and can take calls."},
]

_KEY: Final[dict[str, JsonValue]] = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of CALLCENTER_API_KEYS, or a Supabase access token; none is asked in open mode.",
}


def answer(
    model: type[BaseModel], status: HTTPStatus = OK, others: Mapping[str, dict[str, JsonValue]] | None = None
) -> dict[int | str, dict[str, object]]:
    """Return the OpenAPI description of a response that the handler writes itself; `others` are further media types.

    The framework would build a validator of its own for every response model, at each start and for nothing.
    """
    schemas = {"application/json": _schema(model), **(others or {})}
    content = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    return {int(status): {"description": inspect.cleandoc(model.__doc__ or ""), "content": content}}


def _schema(model: type[BaseModel]) -> dict[str, JsonValue]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def body(model: type[BaseModel], *, required: bool = True) -> dict[str, JsonValue]:
    """Return the OpenAPI description of a body that the handler reads itself."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": _schema(model)}}}}


def parameter(
    name: str, place: Literal["path", "query"], description: str, schema: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return the OpenAPI description of a parameter that the handler reads itself."""
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}


class DocumentedApp(FastAPI):
    """A FastAPI application that describes itself wholly."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; the same one every time."""
        if self.openapi_schema is None:
            _describe_fields()
            callers = {each.unique_id: told(each.endpoint) for each in self.routes if isinstance(each, APIRoute)}
            self.openapi_schema = _completed(super().openapi(), callers)
        return self.openapi_schema


def _completed(document: dict[str, Any], callers: Mapping[str, str]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    _, schemas = models_json_schema(
        [
            *((model, "validation") for model in REQUESTS),
            *((model, "serialization") for model in RESPONSES),
        ],
        ref_template="#/components/schemas/{model}",
    )
    components["schemas"] = {**components.get("schemas", {}), **schemas["$defs"]}
    for derived in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(derived, None)
    components["securitySchemes"] = {"key": _KEY}
    examples = cast("dict[str, dict[str, JsonValue]]", json.loads(EXAMPLES.read_text(encoding="utf-8")))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path not in PUBLIC:
                operation["security"] = [{}, {"key": []}]
                operation["description"] += f"\n\n{callers[operation['operationId']]}"
            _drop_derived_problem(operation["responses"])
            _add_examples(operation, examples.get(operation["operationId"], {}))
    return document


def _describe_fields() -> None:
    """Give the fields of api/models.py the strings under them as descriptions.

    Pydantic can do so itself while the classes are made, but to read their source then takes 30 ms of every start.
    """
    written = _strings_under_fields(inspect.getsource(models))
    for model in (getattr(models, name) for name in written):
        if not issubclass(model, BaseModel):
            continue
        for name, field in model.model_fields.items():
            texts = (written[each.__name__][name] for each in model.__mro__ if name in written.get(each.__name__, {}))
            field.description = field.description or next(texts, None)
        model.model_rebuild(force=True)


def _strings_under_fields(source: str) -> dict[str, dict[str, str]]:
    """Return, by class and field, the string that follows a field."""
    return {
        node.name: {
            field.target.id: inspect.cleandoc(below.value.value)
            for field, below in pairwise(node.body)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        }
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


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

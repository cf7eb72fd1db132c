"""One request as it came in, and what became of it; the differences of the two APIs end here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A parsed body, as the client sent it."""

Api: TypeAlias = Literal["responses", "chat", "models", "unknown"]

_SYSTEM_ROLES: Final = frozenset({"system", "developer"})


@dataclass(slots=True, kw_only=True, eq=False)
class Request:
    """What a client asked, and whether it waited for the answer."""

    number: int
    """Of all requests to this server, from 1; ids are made of it."""
    api: Api
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: Json = field(default_factory=dict)
    """Empty if there was none."""
    hung_up: bool = False
    """The client went before it had the whole answer."""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the answer waits at a hold or a stall."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the answer is over: sent, cut, or left by the client."""

    @property
    def id(self) -> str:
        """What `x-request-id` says."""
        return f"req_{self.number}"

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body.get("model", ""))

    @property
    def streams(self) -> bool:
        """The answer is wanted as events."""
        return self.body.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        """Chat Completions: usage is wanted as a last chunk."""
        return bool((self.body.get("stream_options") or {}).get("include_usage"))

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Role and text of each message, in order, `instructions` first as `system`."""
        found = [("system", str(instructions))] if (instructions := self.body.get("instructions")) else []
        items = self.body.get("input" if self.api == "responses" else "messages") or []
        if isinstance(items, str):
            return [*found, ("user", items)]
        return found + [(str(item["role"]), _text(item.get("content"))) for item in items if "role" in item]

    @property
    def instructions(self) -> str:
        """All system text."""
        return "\n".join(text for role, text in self.messages if role in _SYSTEM_ROLES)

    @property
    def last_user_message(self) -> str:
        """What the customer said last; empty if nothing."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")

    @property
    def schema(self) -> Json | None:
        """The JSON schema that the answer must follow."""
        schema = self._format.get("schema")
        return schema if isinstance(schema, dict) else None

    @property
    def is_strict(self) -> bool:
        """The answer must follow the schema to the letter."""
        return self._format.get("strict") is True

    @property
    def _format(self) -> Json:
        """What both APIs say of structured output; empty for plain text."""
        outer: Json = (self.body.get("text") or {}).get("format") or self.body.get("response_format") or {}
        inner: Json = outer.get("json_schema") or outer
        return inner if outer.get("type") == "json_schema" else {}


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")

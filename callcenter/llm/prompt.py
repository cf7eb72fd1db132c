"""What a model is asked: instructions, the conversation, the tools it may call, and what it must be held to. Values.

`personas/prompting.py` is the only place that fills one; the adapters (`openai_*.py`) put it into their API's words.
Its invariant: the customer's words stand in `lines` alone, never in `instructions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from callcenter.calls import ActionName, Speaker, ToolName


@dataclass(frozen=True, slots=True)
class Line:
    """Something said on the call."""

    speaker: Speaker
    text: str
    interrupted: bool = False
    """It was cut off here."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Something the model asks us to do, as it came: neither name nor arguments are checked yet."""

    id: str
    """The provider's, to link the answer to the call."""
    name: str
    arguments: str
    """JSON, if the model did well."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A tool call and what we answered."""

    call: ToolCall
    output: str
    """JSON for the model: whether it was done, the receipt or the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """Something the model may ask us to do; each is itself alone, so that what is made of it can be kept."""

    name: ToolName | ActionName
    description: str
    parameters: Mapping[str, JsonValue]
    """A JSON schema that OpenAI's strict mode accepts: all fields required, null where there is nothing, no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request to a model."""

    opening: str = ""
    """What the instructions begin with that many prompts have alike, the very same string; an adapter may keep it."""
    own: str
    """What of the instructions follows: the better part of them is not copied for every reply."""
    lines: tuple[Line, ...]
    """What was said, oldest first, ending with the customer's words to answer."""
    exchanges: tuple[Exchange, ...] = ()
    """Tool calls of this very reply, with our answers, oldest first."""
    said: str = ""
    """What went out of this very reply before the exchanges, or before the request was put again."""
    tools: tuple[Tool, ...] = ()
    facts: tuple[str, ...]
    """What of all this may be quoted as fact: prices, numbers and links of a reply must stand here."""
    sources: tuple[str, ...] = ()
    """Slugs of the articles it holds passages of."""
    guarded: str
    """What of the instructions must not be told."""
    max_output_tokens: int
    cache_key: str
    """Alike for prompts that begin alike, so that the provider finds what it has read before."""

    @property
    def instructions(self) -> str:
        """The instructions as a whole."""
        return self.opening + self.own


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request for an answer in JSON, not for the customer: a second opinion, a summary."""

    instructions: str
    text: str
    """What it is about; data, never instruction."""
    name: str
    """Of the schema, for the provider."""
    schema: Mapping[str, JsonValue]
    """A JSON schema that OpenAI's strict mode accepts."""
    max_output_tokens: int

"""What the desk's requests and responses look like where its own models are not it. Values only."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from callcenter.api.models import MessageText
from callcenter.calls import IdText, Language, PersonaType, PriorityLevel
from callcenter.desk import AgentCard, CallCard
from callcenter.events import Disposition
from callcenter.queues import Place

AgentNameText = Annotated[str, Field(min_length=1, max_length=254)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClaimRequest(_Request):
    """How to take a call."""

    take_over: StrictBool = False
    """From the agent who has it; for supervisors, admins and API keys."""


class AgentReply(_Request):
    """What an agent says to the customer."""

    message: MessageText
    language: Language | None = None
    """The call's, if left out."""
    suggestion_id: IdText | None = None
    """The suggested reply that this is, or started from; by the texts it is told which."""
    message_id: IdText | None = None
    """Your own id of this reply: sent again with it, nothing is said twice."""


class DismissRequest(_Request):
    """Why a suggested reply is left."""

    reason: MessageText | None = None


class NoteRequest(_Request):
    """What the desk notes for itself."""

    note: MessageText


class TransferRequest(_Request):
    """Who gets the call: exactly one of the three."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "oneOf": [
                {"required": [name], "properties": {name: {"not": {"type": "null"}}}}
                for name in ("to_agent", "to_queue", "to_persona")
            ]
        },
    )

    to_agent: AgentNameText | None = None
    to_queue: PersonaType | None = None
    """Whose matter it is; the customer waits for a human of that skill."""
    to_persona: PersonaType | None = None
    priority: PriorityLevel = PriorityLevel.high
    """In the queue."""
    warm: StrictBool = True
    """With a packet: what is known, and a summary in both languages."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if [self.to_agent, self.to_queue, self.to_persona].count(None) != 2:  # noqa: PLR2004 (all but one)
            raise ValueError("name exactly one of to_agent, to_queue and to_persona")
        return self


class ReleaseRequest(_Request):
    """Who answers from here on."""

    persona: PersonaType | None = None
    """The one who had the call, if left out."""


class WrapUpRequest(_Request):
    """What came of a call."""

    disposition: Disposition
    note: MessageText | None = None


class DeskCalls(_Response):
    """A page of calls, the last started first."""

    items: tuple[CallCard, ...]
    next: str | None = None
    """For `cursor`; null on the last page."""


class DeskQueue(_Response):
    """The calls that wait for a human, the one to be taken first at the front."""

    queue: tuple[Place, ...]


class DeskAgents(_Response):
    """Who is at the desk, by name."""

    agents: tuple[AgentCard, ...]

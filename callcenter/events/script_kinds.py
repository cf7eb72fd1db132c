"""What can happen with a service script: it is begun, goes on a step, is done, or is given up. The desk's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.calls import LocalizedText, MessageId, ScriptFact
from callcenter.events.frame import Stored


class ScriptEvent(Stored):
    """Something that happened with a script on a call; customers read how far it is in the replies."""

    message_id: MessageId | None
    """The customer's message that caused it; None where an agent did."""
    script_id: str


class ScriptStarted(ScriptEvent):
    """The call follows a script from here on."""

    event: Literal["script_started"] = "script_started"
    version: Annotated[int, Field(ge=0)]
    title: LocalizedText
    total_steps: Annotated[int, Field(ge=1)]
    reason: str
    """Why this one: the words and what else spoke for it, or the agent who chose it."""


class ScriptStep(ScriptEvent):
    """A message answered something of a script, or another step is due."""

    event: Literal["script_step"] = "script_step"
    facts: tuple[ScriptFact, ...] = ()
    """What the message told."""
    asks: str | None
    """The step that is due now; None: none is left."""


class ScriptCompleted(ScriptEvent):
    """Nothing is left to be asked; the reply sums it up."""

    event: Literal["script_completed"] = "script_completed"


class ScriptDropped(ScriptEvent):
    """The script is given up; what was collected stays."""

    event: Literal["script_dropped"] = "script_dropped"
    by: str
    """`rules`, or the agent's name."""
    reason: str
    """`upset`, `human_request`, `other_matter`, `not_interested`, `archived`, `replaced`, `agent`."""

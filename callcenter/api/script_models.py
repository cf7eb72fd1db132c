"""What requests about service scripts hold, and what they are answered with beside the scripts themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from callcenter.calls import FollowedScript, LocalizedText, PersonaType, TicketCategory, Value
from callcenter.scripts.script import (
    MAX_STEPS,
    Demand,
    Script,
    ScriptBody,
    ScriptStatus,
    Slug,
    Step,
    Text,
    Title,
)


class NewScript(ScriptBody):
    """A script to begin with, as a draft."""

    id: Annotated[Slug, Field(description="Its name in addresses: lower-case Latin letters, digits and hyphens.")]


class ScriptEdit(Value):
    """What is to change of a script; what is left out stays."""

    title: Title | None = None
    demand: Demand | None = None
    persona: PersonaType | None = None
    category: TicketCategory | None = None
    steps: Annotated[
        tuple[Step, ...] | None,
        Field(min_length=1, max_length=MAX_STEPS, description="All of them, in place of those before."),
    ] = None
    closing: Text | None = None
    version: Annotated[
        int | None, Field(ge=0, description="The version you read; the change is refused if there is a newer one.")
    ] = None


class ScriptLine(Value):
    """A script in a list, without its steps."""

    id: str
    title: LocalizedText
    persona: PersonaType
    status: ScriptStatus
    version: Annotated[int, Field(description="0: from the company folder.")]
    total_steps: int
    updated_at: AwareDatetime | None
    actor: str | None


class ScriptList(Value):
    """The scripts of the company, by id."""

    items: tuple[ScriptLine, ...]


class ScriptVersions(Value):
    """All versions of a script, oldest first."""

    id: str
    versions: tuple[Script, ...]


class ChosenScript(Value):
    """Which script a call is to follow."""

    script_id: Annotated[Slug, Field(description="A published script's id.")]


class CallScript(Value):
    """The script of a call, with what was collected."""

    followed: Annotated[
        FollowedScript | None, Field(description="What the call follows, or followed last; null: none.")
    ]
    script: Annotated[Script | None, Field(description="As it stands now; null: it is no longer published.")]


def line_of(script: Script) -> ScriptLine:
    """Return how a list shows a script."""
    return ScriptLine(
        id=script.id,
        title=script.title,
        persona=script.persona,
        status=script.status,
        version=script.version,
        total_steps=len(script.steps),
        updated_at=script.updated_at,
        actor=script.actor,
    )

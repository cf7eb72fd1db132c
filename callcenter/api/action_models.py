"""What requests and responses about actions look like. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from callcenter.api.models import MessageText
from callcenter.calls import ActionName, Approver, PersonaType
from callcenter.desk.approvals import PendingApproval


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True)


class ActionRequest(_Request):
    """What is to be done for the customer."""

    action: ActionName
    arguments: Annotated[dict[str, JsonValue], Field(max_length=20)] = {}
    """As `GET /api/actions` describes them; what is left out is taken from the call where it is known."""


class DenyRequest(_Request):
    """Why an action is not approved."""

    reason: MessageText | None = None
    """Told to the customer as it stands, in their language; left out, they are told that it was not approved."""


class OfferedAction(_Response):
    """An action that this company offers."""

    action: ActionName
    sensitive: bool
    """It changes something and has to be approved before it is done."""
    approvers: tuple[Approver, ...]
    """Any one of them suffices; empty for one that is not sensitive."""
    personas: tuple[PersonaType, ...]
    """Who may do it for a customer."""
    description: str
    parameters: Mapping[str, JsonValue]
    """Of `arguments`: a JSON schema."""


class OfferedActions(_Response):
    """What can be done for customers."""

    actions: tuple[OfferedAction, ...]


class PendingApprovals(_Response):
    """A page of actions that wait, of the last started call first."""

    items: tuple[PendingApproval, ...]
    next: str | None = None
    """For `cursor`; null on the last page."""

"""What can happen with actions: one is proposed, approved or denied, and run."""

from __future__ import annotations

from typing import Final, Literal

from callcenter.calls import ActionArguments, ActionName, ActionResult, Language, MessageId, Proposal, ProposalId, Term
from callcenter.events.frame import Stored

CUSTOMER: Final = "customer"
"""Who proposed or decided, where the customer did."""
SYSTEM: Final = "system"
"""Likewise, where nobody did: a proposal's time was over."""


class ActionProposed(Stored):
    """Something is to be done that has to be approved first."""

    event: Literal["action_proposed"] = "action_proposed"
    message_id: MessageId | None
    """The customer's message that asked for it; None where an agent did."""
    proposal: Proposal


class Verdict(Term):
    """What became of a proposal."""

    approved = "approved"
    denied = "denied"
    expired = "expired"


class ActionDecided(Stored):
    """A proposal was approved or denied, or its time was over."""

    event: Literal["action_decided"] = "action_decided"
    message_id: MessageId | None
    """The customer's message that decided it; None where an agent or time did."""
    proposal_id: ProposalId
    action: ActionName
    verdict: Verdict
    decided_by: str
    """`customer`, `system`, or the agent's name."""
    reason: str | None = None
    """Why it was denied, as the customer may read it."""
    message: str | None = None
    """The line that tells the customer, in their language; None: the reply to their message does, or the receipt."""


class ActionRun(Stored):
    """An action was run: what came of it, whether it was done or not."""

    event: Literal["action_run"] = "action_run"
    message_id: MessageId | None
    """The customer's message that asked for it or confirmed it; None where an agent did."""
    proposal_id: ProposalId | None = None
    """Of a sensitive action, the proposal that was approved."""
    action: ActionName
    arguments: ActionArguments
    result: ActionResult
    language: Language
    message: str | None = None
    """The line that tells the customer, in their language; None: the reply to their message does."""


def seen_as(name: str) -> str:
    """Return who proposed or decided as a customer may read it: none of our people by name."""
    return name if name in {CUSTOMER, SYSTEM} else "agent"

"""What is done for a customer beyond words: which actions there are, how one is proposed, and what came of it. Values.

The registry that runs them is callcenter/actions/; these values stand in the log, in a call's state and on the wire.
"""

from __future__ import annotations

from typing import Annotated, Final, NewType

from pydantic import AwareDatetime, Field, JsonValue

from callcenter.calls.vocabulary import Language, LocalizedText, Term, Value

ProposalId = NewType("ProposalId", str)

MAX_PROPOSALS: Final = 5
"""So many wait on a call at most; each is somebody's work."""


class ActionName(Term):
    """What we can do for a customer."""

    get_order_history = "get_order_history"
    track_order = "track_order"
    cancel_order = "cancel_order"
    request_refund = "request_refund"
    reset_password = "reset_password"  # noqa: S105 (no password but an action's name)
    update_contact = "update_contact"
    send_quote = "send_quote"
    book_consultation = "book_consultation"
    look_up_catalogue = "look_up_catalogue"
    estimate_credit = "estimate_credit"


class Approver(Term):
    """Who may approve a sensitive action."""

    customer = "customer"
    """By confirming it on the call."""
    agent = "agent"


class ActionCode(Term):
    """What came of an action, for programs."""

    done = "done"
    incomplete = "incomplete"
    """A fact is missing; the text asks for it."""
    nothing_found = "nothing_found"
    """There is no such thing, or it is not this customer's: which of both, nobody is told."""
    not_possible = "not_possible"
    """The rules of the company do not allow it as things stand: it was shipped already, the time is over."""
    not_offered = "not_offered"
    """The company does not offer this action, or not through this persona."""
    unavailable = "unavailable"
    """It could not be done now; nothing was changed."""


ActionArguments = dict[str, JsonValue]
"""An action's arguments as JSON, checked by its own model (`actions.registry`)."""


class ActionResult(Value):
    """What came of an action."""

    code: ActionCode
    text: LocalizedText
    """What the customer is told; names and figures in it are true."""
    receipt: str | None = None
    """The number that proves a change."""
    missing: tuple[str, ...] = ()
    """Arguments that are asked for, where it is incomplete."""
    data: dict[str, JsonValue] = Field(default_factory=dict)
    """The same for programs: orders, an instalment plan, matches of the catalogue."""

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return self.code is ActionCode.done


class ProposalStatus(Term):
    """How far a proposal has got, as long as it is open."""

    pending = "pending"
    approved = "approved"
    """It is to be run; after a crash that is made up for."""


class Proposal(Value):
    """A sensitive action that somebody has to approve before it is done."""

    id: ProposalId
    action: ActionName
    arguments: ActionArguments
    summary: LocalizedText
    """What would be done."""
    approvers: tuple[Approver, ...]
    """Any one of them suffices."""
    proposed_by: str
    """`customer`, or the agent's name."""
    proposed_at: AwareDatetime
    expires_at: AwareDatetime
    status: ProposalStatus = ProposalStatus.pending
    decided_by: str | None = None
    """Who approved it: `customer`, or the agent's name."""


class LastAction(Value):
    """What was done last, for messages that go on from it: "and over 60 months?"."""

    action: ActionName
    arguments: ActionArguments
    item: str | None = None
    """The record that a look-up found, where it found one alone."""


class PendingAction(Value):
    """An action that waits for a fact of the customer's."""

    action: ActionName
    arguments: ActionArguments
    missing: Annotated[tuple[str, ...], Field(min_length=1)]
    language: Language
    """The one it was asked for in."""

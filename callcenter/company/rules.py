"""Hold what a company allows to be done for customers, who may approve it, and on which terms. Values only.

What the actions do stands in callcenter/actions/; here is only what a company decides about them in `company.toml`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from callcenter.calls import ActionName, Approver, Value

SENSITIVE: Final[dict[ActionName, tuple[Approver, ...]]] = {
    ActionName.cancel_order: (Approver.agent,),
    ActionName.request_refund: (Approver.agent,),
    ActionName.update_contact: (Approver.agent,),
    ActionName.reset_password: (Approver.customer, Approver.agent),
    ActionName.send_quote: (Approver.customer, Approver.agent),
    ActionName.book_consultation: (Approver.customer, Approver.agent),
}
"""Actions that change something, and who may approve each unless the company says otherwise; the rest only read."""

MAX_RATE: Final = 100
_STATUS: Final = r"^[a-z][a-z_]{1,39}$"


def _named_once(approvers: tuple[Approver, ...]) -> tuple[Approver, ...]:
    if len(set(approvers)) != len(approvers):
        raise ValueError("each approver is named once")
    return approvers


Approvers = Annotated[tuple[Approver, ...], Field(min_length=1), AfterValidator(_named_once)]


class ActionRules(Value):
    """What a company lets be done, and how; the table `[actions]`."""

    off: tuple[ActionName, ...] = ()
    """Actions it does not offer."""
    approvers: dict[ActionName, Approvers] = Field(default_factory=dict)
    """Who may approve a sensitive action, where it is not as usual; any one of them suffices."""
    cancellable: tuple[Annotated[str, StringConstraints(pattern=_STATUS)], ...] = ("received", "in_progress")
    """The statuses in which an order can still be cancelled."""
    refund_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    """So many days after delivery or cancellation money can be asked back; None: the profile knows no limit."""
    quote_days: Annotated[int, Field(ge=1, le=365)] = 14
    """How long a quote stands, the day it is made not counted."""
    consultation_minutes: Annotated[int, Field(ge=10, le=480)] = 30
    """How long a consultation takes; they begin so far apart from an opening on."""

    @model_validator(mode="after")
    def _check_approvers(self) -> Self:
        for action in self.approvers:
            if action not in SENSITIVE:
                raise ValueError(f"{action} changes nothing and needs no approval")
        return self

    def approved_by(self, action: ActionName) -> tuple[Approver, ...]:
        """Return who may approve an action; nobody has to where it changes nothing."""
        return self.approvers.get(action) or SENSITIVE.get(action, ())


class Credit(Value):
    """On which terms instalments are estimated; the table `[credit]`."""

    annual_rate: Annotated[Decimal, Field(ge=0, le=MAX_RATE, max_digits=7, decimal_places=4)] = Decimal(10)
    """Per cent a year."""

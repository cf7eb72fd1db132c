"""What an action is: who asks for what, what would come of it, which records it would change. Values and protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.actions.records import Change, RecordStore
from callcenter.calls import ActionArguments, ActionName, ActionResult, Language, Slots, Value


class Request(Value):
    """An action that somebody wants."""

    action: ActionName
    arguments: ActionArguments
    """As far as they are known; what is missing makes the action `incomplete`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """For whom an action is done. A customer sees and changes their own things only; an agent vouches for whom."""

    phone: str | None
    """Known to be theirs: the channel or the company's own system says so."""
    email: str | None
    """Likewise."""
    slots: Slots
    """What they told; a contact that is merely told opens an order only together with the order's number."""
    language: Language
    by_agent: bool = False
    """A signed-in agent asks: what they name is found without the customer's contact."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would come of an action now, and what would be written for it. Nothing is done yet."""

    result: ActionResult
    """As it is told once the changes are written."""
    changes: Sequence[Change] = ()
    request: Request | None = None
    """The same request with what was meant made plain as of now: "tomorrow at ten" as a time, "my order" as its number.
    This is what is proposed, kept as pending and run; None: the request was plain already."""


class Action(Protocol):
    """One thing we can do for customers."""

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:
        """Return what would come of it. Raises InvalidRequest for arguments of the wrong shape, StoreUnavailable."""
        ...

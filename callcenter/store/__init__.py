"""What a store promises: each call's log, its folded header, tickets, keys. Implementations are this file's siblings.

Every method may raise StoreUnavailable; then nothing of what was asked was done, or it was done wholly. StoreRefused
instead means that the store answers and will not do it for us. What `append`, `change_ticket`, `erase` and `restore`
returned from is durable. All times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Generic, Protocol, TypeVar

from pydantic import AwareDatetime, Field

from callcenter.actions.records import RecordStore
from callcenter.calls import (
    CallId,
    Channel,
    ConversationState,
    Language,
    MessageId,
    Mode,
    PersonaType,
    PriorityLevel,
    TicketCategory,
    TicketNumber,
    Value,
)
from callcenter.events import CallEvent
from callcenter.knowledge.article import ArticleStore
from callcenter.scripts.script import ScriptStore
from callcenter.store.analytics import Analytics, AnalyticsFilter
from callcenter.store.api_keys import ApiKey
from callcenter.tickets import MAX_QUERY_CHARS, Ticket, TicketChange, TicketStatus

Item = TypeVar("Item")

MAX_PAGE = 200
"""Rows one page holds at most."""

PageLimit = Annotated[int, Field(ge=1, le=MAX_PAGE)]


class Page(Value, Generic[Item]):
    """Some rows of a list, newest first, and where the next ones begin."""

    items: tuple[Item, ...]
    next: str | None = None
    """Opaque; hand it back as `cursor` for the rows after these. None: there are no more."""


class CallFilter(Value):
    """Which calls a list holds; None matches all."""

    persona: PersonaType | None = None
    language: Language | None = None
    channel: Channel | None = None
    ended: bool | None = None
    mode: Mode | None = None
    waiting: bool | None = None
    """For a human."""
    proposals: bool | None = None
    """Whether actions wait to be approved, or are approved and not run yet."""
    started_from: AwareDatetime | None = None
    """Included."""
    started_until: AwareDatetime | None = None
    """Excluded."""


class TicketOrder(StrEnum):
    """What comes first in a list of tickets."""

    newest = "newest"
    """The last opened."""
    due = "due"
    """The one whose answer is due first, or overdue longest."""


class TicketFilter(Value):
    """Which tickets a list holds, and in what order; None matches all."""

    status: TicketStatus | None = None
    category: TicketCategory | None = None
    priority: PriorityLevel | None = None
    call_id: str | None = None
    assignee: str | None = None
    breached_at: AwareDatetime | None = None
    """Those whose answer was awaited and overdue at this moment, as `tickets.sla_state` has it."""
    in_time_at: AwareDatetime | None = None
    """All others than those."""
    query: Annotated[str, Field(min_length=1, max_length=MAX_QUERY_CHARS)] | None = None
    """Those with a word beginning with each of these: number, description, comments, names, contacts, any spelling."""
    order: TicketOrder = TicketOrder.newest


class TicketEntry(Value):
    """One change in a ticket's history."""

    version: int
    at: AwareDatetime
    actor: str
    """`customer` for what the call told, else who changed it."""
    changes: dict[str, str | None]
    """Field to new value, as text; the first entry holds the whole ticket's fields.

    `comment` is what an agent noted, `merged` the number of a duplicate that was merged into this ticket.
    """


class ArchivedTicket(Value):
    """A ticket and how it came to be as it is."""

    ticket: Ticket
    history: tuple[TicketEntry, ...]
    """Oldest first, never empty."""


class Archive(Value):
    """All that a store has of one call."""

    call: ConversationState
    events: tuple[CallEvent, ...]
    """The whole log."""
    tickets: tuple[ArchivedTicket, ...] = ()
    """The call's own, in the order they were opened."""


class Erased(Value):
    """What was deleted for good."""

    events: int
    tickets: int


class Backlog(Value):
    """How a store does that keeps a journal for the times another one is away."""

    away: bool
    """Calls go to the journal for now."""
    reason: str | None = None
    """Why the other store is not written to: a code of errors.py."""
    steps: int = 0
    """Steps that wait to be carried over."""
    oldest_at: AwareDatetime | None = None
    """When the first of them was taken down."""
    parked: int = 0
    """Of these, how many the other store refused; somebody has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """A call as it stands, to go on with."""

    state: ConversationState
    tickets: Sequence[Ticket]
    """Those of the call, then those that they were merged into."""
    events: Sequence[CallEvent]
    """The last of its log, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Everything one step of a turn writes; all of it is kept or none."""

    call_id: CallId
    expected_seq: int
    """The log's last seq as the writer knew it; 0 starts a call."""
    events: Sequence[CallEvent]
    """Non-empty; seq counts up from expected_seq + 1."""
    state: ConversationState
    """The fold of the log including these events."""
    opened: Sequence[Ticket] = ()
    """New tickets (version 1)."""
    changed: Sequence[Ticket] = ()
    """Tickets with something added; each at its stored version plus 1."""


class Store(ArticleStore, RecordStore, ScriptStore, Protocol):
    """Keeps calls, tickets, articles and the company's records."""

    async def append(self, step: Append) -> None:
        """Add events to a call's log, refresh its header, write its tickets: one transaction, durable on return.

        Raises MessageTaken when a `user_message` repeats a message id of the call, TurnConflict when the log is not
        at `expected_seq` (or a changed ticket not at its version), CallExists when `expected_seq` is 0 and the call
        exists, TicketNumberTaken when a new ticket's number exists. MessageTaken wins where several apply.
        """
        ...

    async def load(self, call_id: CallId, *, last: int) -> StoredCall:
        """Return a call with the last so many events of its log, in one read. Raises CallNotFound."""
        ...

    async def state(self, call_id: CallId) -> ConversationState:
        """Return the header of a call. Raises CallNotFound."""
        ...

    async def events(self, call_id: CallId, *, after: int = 0, limit: int | None = None) -> list[CallEvent]:
        """Return the log after a seq, in order. Raises CallNotFound; a seq beyond the end gives an empty list."""
        ...

    async def turn(self, call_id: CallId, message_id: MessageId) -> list[CallEvent]:
        """Return all events that a customer message led to, itself first; empty when the call has no such message.

        Of a message that was answered together with a later one, the last event is that answer.
        """
        ...

    async def tokens_used(self, since: datetime) -> int:
        """Return what models read and wrote for the replies kept since a moment."""
        ...

    async def analytics(self, wanted: AnalyticsFilter, *, now: datetime) -> Analytics:
        """Return figures of many calls, counted where they are kept; `now` is what tickets are overdue by."""
        ...

    async def calls(
        self, wanted: CallFilter, *, limit: PageLimit = 50, cursor: str | None = None
    ) -> Page[ConversationState]:
        """Return calls, the last started first. Raises InvalidRequest for a cursor that is none of ours."""
        ...

    async def ticket(self, number: TicketNumber) -> Ticket:
        """Return one ticket. Raises TicketNotFound."""
        ...

    async def tickets(self, wanted: TicketFilter, *, limit: PageLimit = 50, cursor: str | None = None) -> Page[Ticket]:
        """Return tickets in the order wanted. Raises InvalidRequest for a cursor that is none of that list's."""
        ...

    async def change_ticket(self, number: TicketNumber, change: TicketChange, *, actor: str, now: datetime) -> Ticket:
        """Apply an agent's change by `tickets.change_ticket` and note it in the history, in one transaction.

        Raises TicketNotFound, InvalidTransition, and TicketConflict when `change.version` is not the stored one.
        """
        ...

    async def comment_ticket(self, number: TicketNumber, comment: str, *, actor: str, now: datetime) -> Ticket:
        """Note an agent's comment in a ticket's history, under `comment`, and return the ticket, a version further.

        Raises TicketNotFound, InvalidRequest for text that can't be kept.
        """
        ...

    async def merge_tickets(
        self, number: TicketNumber, into: TicketNumber, *, actor: str, now: datetime
    ) -> tuple[Ticket, Ticket]:
        """Merge a duplicate into a ticket by `tickets.merge`, in one transaction, and return both.

        The target's history has the duplicate's number under `merged`. Raises TicketNotFound, InvalidMerge.
        """
        ...

    async def ticket_history(self, number: TicketNumber) -> list[TicketEntry]:
        """Return a ticket's changes, oldest first. Raises TicketNotFound."""
        ...

    async def erase(self, call_id: CallId) -> Erased:
        """Delete a call for good: log, header, tickets and their histories. Raises CallNotFound."""
        ...

    async def restore(self, archive: Archive) -> bool:
        """Keep a call as another store had it, in one transaction; return whether it was new here.

        False: the same call is here already, with this log or a longer one, and was left alone. Raises CallExists when
        another call has its id, TicketNumberTaken when another ticket has one of its numbers.
        """
        ...

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new API key. Raises InvalidRequest when its id is taken."""
        ...

    async def keys(self) -> list[ApiKey]:
        """Return the API keys, the last made first, MAX_KEYS at most."""
        ...

    async def key_used(self, key_id: str, day: date) -> None:
        """Note a day on which a key was used, unless a later one is known; a key that is gone is no failure."""
        ...

    async def remove_key(self, key_id: str) -> bool:
        """Delete an API key for good, and return whether there was one."""
        ...

    async def check(self) -> None:
        """Return when the store answers and its schema is the expected one; raise StoreUnavailable otherwise."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of files and sockets; later calls raise StoreUnavailable."""
        ...

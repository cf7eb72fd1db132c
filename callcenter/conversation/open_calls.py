"""Keep the calls that are being talked on at hand: their state, tickets, and the two locks that order their turns.

A cache, nothing more: dropping an entry loses nothing, since the store has the log. The log lock is held while events
are made and stored, so that seq never forks within a process; the voice lock while a reply is spoken, so that replies
follow in the order of their messages. A message is safe before any reply in the making has ended.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from callcenter.calls import CallId, ConversationState, MessageId, TicketNumber
from callcenter.conversation.speech import Speech
from callcenter.llm.prompt import Line
from callcenter.tickets import Ticket

CALLS_AT_HAND: Final = 20_000
"""At about 5 KB a call this bounds the cache at 100 MB; a busier server reads some calls again."""


LINES_AT_HAND: Final = 16
"""What a model reads word for word; what was said before stands in a summary."""

Remembered = tuple[MessageId | None, Line]
"""A line, with the message's id where a customer said it."""


class OpenCall:
    """One call at hand."""

    __slots__ = (
        "claims",
        "ear",
        "in_flight",
        "lines",
        "log",
        "looked_up",
        "said",
        "speech",
        "state",
        "tickets",
        "users",
        "voice",
    )

    def __init__(self) -> None:
        self.log = asyncio.Lock()
        self.voice = asyncio.Lock()
        self.ear = asyncio.Lock()
        """Held while a message is understood, where that takes a second opinion: messages are routed in their order."""
        self.state: ConversationState | None = None
        """None: to be read from the store."""
        self.tickets: dict[TicketNumber, Ticket] = {}
        """All tickets of the call; valid while `state` is."""
        self.said = ""
        """Our last reply, empty before the first; valid while `state` is."""
        self.lines: list[Remembered] = []
        """What was said last, oldest first, where a voice needs it; valid while `state` is."""
        self.looked_up: MessageId | None = None
        """The last message that articles were searched for: what they lack is collected once a message."""
        self.speech: Speech | None = None
        """The reply in the making."""
        self.claims = 0
        """Humans who wait for the reply in the making to end, to take the call."""
        self.in_flight: set[MessageId] = set()
        """Messages whose reply this process is making."""
        self.users = 0

    def forget(self) -> None:
        """Read the call again before it is used next."""
        self.state = None
        self.tickets = {}
        self.said = ""
        self.lines.clear()


class OpenCalls:
    """The calls at hand, least recently used first."""

    def __init__(self, limit: int = CALLS_AT_HAND) -> None:
        self._limit = limit
        self._calls: OrderedDict[CallId, OpenCall] = OrderedDict()

    def take(self, call_id: CallId) -> OpenCall:
        """Return the entry of a call and keep it at hand until `give_back`."""
        call = self._calls.get(call_id)
        if call is None:
            call = self._calls[call_id] = OpenCall()
        else:
            self._calls.move_to_end(call_id)
        call.users += 1
        return call

    def give_back(self, call_id: CallId, call: OpenCall) -> None:
        """Say that a user of `take` is done; drops calls over the limit, and entries that never got a state."""
        call.users -= 1
        if call.users == 0 and call.state is None:
            self._calls.pop(call_id, None)
        while len(self._calls) > self._limit:
            oldest_id, oldest = next(iter(self._calls.items()))
            if oldest.users:
                self._calls.move_to_end(oldest_id)
                break
            del self._calls[oldest_id]

    def forget(self, call_id: CallId) -> None:
        """Have a call read again, if it is at hand."""
        call = self._calls.get(call_id)
        if call is not None:
            call.forget()


class InUse:
    """Keeps a call at hand while something is done on it. No generator: every turn would pay four times as much."""

    __slots__ = ("_call", "_call_id", "_calls")

    def __init__(self, calls: OpenCalls, call_id: CallId) -> None:
        self._calls = calls
        self._call_id = call_id
        self._call: OpenCall | None = None

    def __enter__(self) -> OpenCall:
        self._call = self._calls.take(self._call_id)
        return self._call

    def __exit__(self, *_: object) -> None:
        if self._call is not None:
            self._calls.give_back(self._call_id, self._call)

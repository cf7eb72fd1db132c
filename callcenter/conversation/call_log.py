"""Read and write the log of a call: one writer at a time in this process, the store's word between processes.

What goes into the log is made by whoever writes, on the state as it stands; this module makes sure that it follows.
Its invariant: nothing is published or returned that the store has not kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from callcenter.bus import Bus
from callcenter.calls import CallId, ConversationState, MessageId, Speaker
from callcenter.conversation.open_calls import LINES_AT_HAND, OpenCall, Remembered
from callcenter.conversation.turn import Step, Tickets, Turn
from callcenter.errors import CallEnded, TicketNumberTaken, TurnConflict
from callcenter.events import (
    ActionDecided,
    ActionRun,
    AgentMessage,
    AssistantDelta,
    AssistantMessage,
    CallEvent,
    CallFrame,
    Greeting,
    Routing,
    UserMessage,
)
from callcenter.llm.prompt import Line
from callcenter.store import Append, Store

RACES: Final = 8
"""How often a step is made anew when another process wrote first; each time somebody else got on."""

LAST_REPLY_WITHIN: Final = 16
"""Our last reply is among so many last events: at most eleven of the turn in hand follow it, and a handoff by hand."""
CONVERSATION_WITHIN: Final = 80
"""Events that are read for what was said before: a dozen lines with all that stands between them."""
LINE_CHARS: Final = 2_000
"""A line is remembered so far; beyond it a model would not get the rest anyway."""

Make = Callable[[ConversationState, Tickets], Step]

_log = logging.getLogger(__name__)


class CallLog:
    """The logs of all calls, as one process reads and writes them."""

    def __init__(self, store: Store, bus: Bus, *, remembers: bool) -> None:
        """Take the store and the bus; `remembers`: keep what was said at hand, for voices that need it."""
        self._store = store
        self._bus = bus
        self._remembers = remembers

    async def load(self, call_id: CallId, call: OpenCall) -> ConversationState:
        """Return the state at hand, read if need be; the caller holds the log lock. Raises CallNotFound."""
        if call.state is None:
            within = CONVERSATION_WITHIN if self._remembers else LAST_REPLY_WITHIN
            stored = await self._store.load(call_id, last=within)
            call.tickets = {ticket.number: ticket for ticket in stored.tickets}
            self._note(call, stored.events)
            call.state = stored.state
        return call.state

    async def read(self, call_id: CallId, call: OpenCall) -> ConversationState:
        """Return the state as it stands; only while somebody writes is there anything to wait for. Raises CallNotFound.

        What else the call has at hand goes with it until the caller next waits for something.
        """
        if call.state is not None and not call.log.locked():
            return call.state
        async with call.log:
            return await self.load(call_id, call)

    async def write(self, call_id: CallId, call: OpenCall, make: Make, *, after_end: bool = False) -> Step:
        """Make a step on the call's present state, store and publish it; again when another writer was first.

        A step without events is returned as it is; `after_end`: the call may be over. Raises CallNotFound, CallEnded,
        MessageTaken, StoreUnavailable, and TurnConflict when other writers never let go.
        """
        async with call.log:
            for attempt in range(RACES):
                state = await self.load(call_id, call)
                if state.ended and not after_end:
                    raise CallEnded
                step = make(state, call.tickets)
                if not step.events:
                    return step
                try:
                    await self._store.append(
                        Append(
                            call_id=call_id,
                            expected_seq=state.seq,
                            events=step.events,
                            state=step.state,
                            opened=step.opened,
                            changed=step.changed,
                        )
                    )
                except (TurnConflict, TicketNumberTaken) as race:
                    call.forget()
                    _log.info("turn lost a race", extra={"call_id": call_id, "code": race.code, "attempt": attempt})
                except BaseException:
                    # Whether it was kept is not known here (a cancelled wait, a store that failed): read again.
                    call.forget()
                    raise
                else:
                    call.state = step.state
                    for ticket in (*step.opened, *step.changed):
                        call.tickets[ticket.number] = ticket
                    self._note(call, step.events)
                    if self._bus.heard(call_id):
                        await self._bus.publish(frames_of(step))
                    return step
            raise TurnConflict

    async def turn(self, call_id: CallId, message_id: MessageId, *, repeated: bool = False) -> Turn:
        """Return what the log has of a message; a turn without events if it never came."""
        return Turn(call_id, message_id, tuple(await self._store.turn(call_id, message_id)), repeated=repeated)

    def began(self, call: OpenCall, step: Step) -> None:
        """Take over the state of a call that has just been started."""
        call.state = step.state
        self._note(call, step.events)

    def _note(self, call: OpenCall, events: Sequence[CallEvent]) -> None:
        """Remember what was said."""
        for event in events:
            match event:  # what every turn has comes first
                case UserMessage():
                    said = event.message
                case Routing():
                    continue
                case AssistantMessage():
                    said = call.said = event.message
                case AgentMessage() | Greeting():
                    said = event.message
                case ActionDecided(message=str(said)) | ActionRun(message=str(said)):
                    call.said = said
                case _:
                    continue
            if self._remembers:
                call.lines.append(_remembered(event, said[:LINE_CHARS]))
                del call.lines[:-LINES_AT_HAND]


def _remembered(event: CallEvent, text: str) -> Remembered:
    match event:
        case UserMessage():
            return event.message_id, Line(Speaker.customer, text)
        case AssistantMessage():
            return None, Line(Speaker.persona, text, interrupted=event.interrupted)
        case AgentMessage():
            return None, Line(Speaker.agent, text)
        case _:
            return None, Line(Speaker.persona, text)


def lines_before(call: OpenCall, answering: Sequence[MessageId]) -> tuple[Line, ...]:
    """Return what was said on a call but for the messages being answered now, oldest first."""
    return tuple([line for message_id, line in call.lines if message_id not in answering])


def frames_of(step: Step) -> Sequence[CallFrame]:
    """Return what readers see of a step: its events, an answer given at once in the pieces it was spoken in."""
    if not step.pieces:
        return step.events
    *before, answer = step.events
    assert isinstance(answer, AssistantMessage)  # noqa: S101 (answer_at_once() puts it there)
    deltas = [
        AssistantDelta(call_id=answer.call_id, message_id=answer.message_id, delta=piece, persona=answer.persona)
        for piece in step.pieces
    ]
    return (*before, *deltas, answer)

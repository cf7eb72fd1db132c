"""Carry over what waits in the journal: each call's steps in their order, each once, to the primary store.

A step may have been taken there before, wholly, without our having been told; that is found out, not assumed. A step
that the primary refuses while it is well waits apart, and only the later steps of its call wait behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from callcenter.calls import MessageId
from callcenter.errors import (
    CallCenterError,
    CallExists,
    MessageTaken,
    StoreUnavailable,
    TicketNumberTaken,
    TurnConflict,
)
from callcenter.events import CallEvent, UserMessage
from callcenter.store import Append, Store
from callcenter.store.journal.local import LocalStore
from callcenter.store.journal.outage import AWAY, Outage
from callcenter.store.journal.outbox import PARKED_AFTER, Waiting, read_step
from callcenter.store.journal.rebasing import There, rebased

AT_ONCE: Final = 8
"""Calls that are carried over side by side; the primary has customers to serve besides."""
RACES: Final = 5
"""How often a step is put behind what others wrote before it waits for the next pass."""

_WRITTEN_MEANWHILE: Final = (TurnConflict, MessageTaken, CallExists)

_log = logging.getLogger(__name__)


class _End(Enum):
    """What became of a step."""

    carried = auto()
    refused = auto()
    waits = auto()
    """The primary did not take it this time, though it answers."""
    away = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """How it went."""

    carried: bool
    """Something was."""
    troubled: bool
    """The primary is away, or did not take all that it was to take."""


class Carrier:
    """Carries over, one pass at a time."""

    def __init__(self, primary: Store, local: LocalStore, outage: Outage, clock: Callable[[], datetime]) -> None:
        self._primary = primary
        self._local = local
        self._outage = outage
        self._clock = clock
        self.at_work: Final = asyncio.Lock()
        """Held while steps are on their way, so that none comes back of a call that is being erased."""

    async def carry_over(self) -> Pass:
        """Carry over what can be, and see whether the primary is back."""
        after = 0
        ends: list[_End] = []
        while _End.away not in ends:
            # Until a write was seen to succeed, one step finds out for all.
            number = 1 if self._outage.on else AT_ONCE
            waiting = await self._local.first_steps(after=after, number=number, now=self._clock())
            if not waiting:
                break
            async with self.at_work:
                now = await asyncio.gather(*(self._carry(each) for each in waiting))
            ends += now
            if _End.carried in now:
                self._outage.end()
            # A call that got on has a new first step, maybe before these; one that did not is done with in this pass.
            if after or set(now) != {_End.carried}:
                after = waiting[-1].id
        if self._outage.on and not ends:
            await self.look()
        return Pass(carried=_End.carried in ends, troubled=self._outage.on or not {_End.carried}.issuperset(ends))

    async def look(self) -> None:
        """See whether the primary is back, without carrying over."""
        try:
            await self._primary.check()
        except AWAY as error:
            self._outage.begin(error)
        else:
            self._outage.end()

    async def _carry(self, waiting: Waiting) -> _End:
        """Bring one step to the primary and note what came of it."""
        try:
            diverged = await self._bring(waiting)
        except (CallCenterError, ValueError) as error:
            return await self._failed(waiting, error)
        await self._local.settle(waiting, diverged=diverged)
        return _End.carried

    async def _failed(self, waiting: Waiting, error: CallCenterError | ValueError) -> _End:
        if isinstance(error, AWAY) and await self._is_away():
            return _End.away
        match error:
            case StoreUnavailable() | TurnConflict():
                _log.warning("journal: a step can't be carried over now", extra=_facts(waiting, error.code))
                return _End.waits
            case TicketNumberTaken():
                # The customer was told this number; no other try will find it free.
                return await self._refused(waiting, error.code, for_good=True)
            case CallCenterError():
                return await self._refused(waiting, error.code)
            case _:
                return await self._refused(waiting, "invalid_step")

    async def _is_away(self) -> bool:
        """Whether a failure was about the primary as a whole, not about the step that met it."""
        try:
            await self._primary.check()
        except AWAY as failure:
            self._outage.begin(failure)
            return True
        return False

    async def _refused(self, waiting: Waiting, code: str, *, for_good: bool = False) -> _End:
        attempts = max(waiting.attempts + 1, PARKED_AFTER if for_good else 0)
        await self._local.refuse(waiting, code, attempts=attempts, now=self._clock())
        if attempts >= PARKED_AFTER:
            _log.error("journal: a step was refused and is parked, with all that follows", extra=_facts(waiting, code))
        else:
            _log.warning("journal: a step was refused", extra=_facts(waiting, code))
        return _End.refused

    async def _bring(self, waiting: Waiting) -> bool:
        """Have a step at the primary; return whether it stands there otherwise than here."""
        step = read_step(waiting)
        if not waiting.diverged:
            try:
                await self._primary.append(step)
            except _WRITTEN_MEANWHILE:
                if await self._is_there(step):
                    return False
            else:
                return False
        for _ in range(RACES):
            told = {each.number: await self._local.told(each) for each in step.changed}
            behind = rebased(step, await self._there(step), told)
            if behind is None:
                return True
            try:
                await self._primary.append(behind)
            except _WRITTEN_MEANWHILE:
                continue
            _log.warning("journal: a step was put behind what others wrote", extra=_facts(waiting, TurnConflict.code))
            return True
        raise TurnConflict

    async def _is_there(self, step: Append) -> bool:
        """Whether a try that seemed to fail had been done."""
        found = await self._primary.events(step.call_id, after=step.expected_seq, limit=len(step.events))
        return list(found) == list(step.events)

    async def _there(self, step: Append) -> There:
        state = await self._primary.state(step.call_id)
        newer: Sequence[CallEvent] = await self._primary.events(step.call_id, after=step.expected_seq)
        older: dict[MessageId, Sequence[CallEvent]] = {
            event.message_id: await self._primary.turn(step.call_id, event.message_id)
            for event in step.events
            if isinstance(event, UserMessage)
        }
        tickets = {each.number: await self._primary.ticket(each.number) for each in step.changed}
        return There(state=state, newer=newer, older=older, tickets=tickets)


def _facts(waiting: Waiting, code: str) -> dict[str, object]:
    return {"call_id": waiting.call_id, "step": waiting.id, "code": code}

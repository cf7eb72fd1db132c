"""Show agents suggested replies: as customers write, to whoever has the call and is watching; to anybody on demand.

One suggestion a call and agent is made at a time, by this process, for the desk sockets open in it; what is newer (a
message, a reply, a release) stops the one in the making. Whatever fails here is logged and disturbs no call. What was
shown is remembered, so that the desk can tell what became of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.calls import CallId, SuggestionId
from callcenter.conversation.copilot.suggesting import Awaited, Suggesting, Suggestion, SuggestionDelta
from callcenter.errors import CallCenterError, CallEnded, NothingToAnswer
from callcenter.events import AgentMessage, CallClaimed, CallFrame, CallTransferred, Routing

SHOWN_AT_HAND: Final = 5_000
"""Suggestions that wait for a decision; at some 3 KB each, and far more than agents look at."""

SuggestionFrame = SuggestionDelta | Suggestion
Sink = Callable[[SuggestionFrame], None]
"""Takes what an agent is shown; never waits, never raises."""

_DECISIVE: Final = (Routing, AgentMessage, CallClaimed, CallTransferred)
"""Events after which the suggestion in the making is not the right one any more."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A suggestion that an agent has before them."""

    suggestion: Suggestion
    agent: str
    at: datetime
    messages: int
    """What the customer had said by then; once they say more, it is out of date."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Articles that it rests on."""
        return tuple(dict.fromkeys(each.slug for each in self.suggestion.passages if each.used))


@dataclass(slots=True)
class _Place:
    """A call before an agent."""

    seq: int = 0
    """Of the last decisive event."""
    making: SuggestionId | None = None
    task: asyncio.Task[None] | None = None
    shown: SuggestionId | None = None
    """The last one that is undecided."""


class Suggestions:
    """The suggestions of one process."""

    def __init__(
        self, suggesting: Suggesting, *, now: Callable[[], datetime], new_id: Callable[[], SuggestionId]
    ) -> None:
        """Begin with nobody watching."""
        self._suggesting = suggesting
        self._now = now
        self._new_id = new_id
        self._sinks: dict[str, list[Sink]] = {}
        self._places: dict[tuple[CallId, str], _Place] = {}
        self._shown: OrderedDict[SuggestionId, Shown] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    # Watching.

    @contextmanager
    def watching(self, agent: str, sink: Sink) -> Iterator[None]:
        """Show an agent suggestions for as long as a socket of theirs is open."""
        self._sinks.setdefault(agent, []).append(sink)
        try:
            yield
        finally:
            self._sinks[agent].remove(sink)
            if not self._sinks[agent]:
                del self._sinks[agent]
                for key in [key for key in self._places if key[1] == agent]:
                    _stop(self._places[key])
                    if self._places[key].shown is None:
                        del self._places[key]

    def begin(self, agent: str, calls: Collection[CallId]) -> None:
        """Suggest replies on the calls that an agent has when they come; what was shown already is shown again."""
        for key in [key for key in self._places if key[1] == agent and key[0] not in calls]:
            self._leave(key)
        for call_id in calls:
            self._start((call_id, agent))

    def heed(self, agent: str, call_id: CallId, frames: Sequence[CallFrame], *, holds: bool) -> None:
        """Take in what happened on a call; `holds`: the agent has it now. Several sockets of theirs may tell it."""
        key = (call_id, agent)
        if not holds:
            self._leave(key)
            return
        place = self._places.setdefault(key, _Place())
        news = [frame for frame in frames if isinstance(frame, _DECISIVE) and frame.seq > place.seq]
        if not news:
            return
        place.seq = news[-1].seq
        _stop(place)
        if not isinstance(news[-1], AgentMessage):
            self._start(key)

    # On demand.

    async def awaited(self, call_id: CallId) -> Awaited:
        """Return what there is to answer. Raises CallNotFound, CallEnded, NothingToAnswer, StoreUnavailable."""
        awaited = await self._suggesting.awaited(call_id)
        if awaited is None:
            raise NothingToAnswer
        if awaited.state.ended:
            raise CallEnded
        return awaited

    async def suggest(self, awaited: Awaited, agent: str) -> AsyncGenerator[SuggestionFrame, None]:
        """Yield a reply in pieces, then whole, and remember that the agent was shown it. Raises VoiceFailed."""
        key = (awaited.state.call_id, agent)
        async with aclosing(self._suggesting.suggest(awaited, self._new_id())) as frames:
            async for frame in frames:
                if isinstance(frame, Suggestion):
                    self._remember(key, frame, awaited)
                yield frame

    # Deciding.

    def find(self, suggestion_id: SuggestionId, call_id: CallId, agent: str) -> Shown | None:
        """Return a suggestion that this agent was shown on this call and has not decided on."""
        shown = self._shown.get(suggestion_id)
        return shown if shown and (shown.suggestion.call_id, shown.agent) == (call_id, agent) else None

    def before(self, call_id: CallId, agent: str, *, messages: int) -> Shown | None:
        """Return the undecided suggestion that an agent has before them, unless the customer has said more since."""
        place = self._places.get((call_id, agent))
        shown = self._shown.get(place.shown) if place and place.shown else None
        return shown if shown and shown.messages == messages else None

    def decided(self, suggestion_id: SuggestionId) -> None:
        """Forget a suggestion that was decided on."""
        shown = self._shown.pop(suggestion_id, None)
        if shown is not None:
            key = (shown.suggestion.call_id, shown.agent)
            place = self._places.get(key)
            if place is not None and place.shown == suggestion_id:
                place.shown = None
                self._tidy(key)

    def stopped(self, suggestion_id: SuggestionId, call_id: CallId, agent: str) -> bool:
        """Stop a suggestion that is still in the making, and return whether it was."""
        place = self._places.get((call_id, agent))
        if place is None or place.making != suggestion_id:
            return False
        _stop(place)
        return True

    def forget(self, call_id: CallId) -> None:
        """Let go of all that was suggested on a call: it was erased."""
        for key in [key for key in self._places if key[0] == call_id]:
            self._leave(key)
        for shown in [shown for shown in self._shown.values() if shown.suggestion.call_id == call_id]:
            del self._shown[shown.suggestion.suggestion_id]

    async def close(self) -> None:
        """Stop what is in the making."""
        for place in self._places.values():
            _stop(place)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Making.

    def _start(self, key: tuple[CallId, str]) -> None:
        if key[1] not in self._sinks:
            return
        place = self._places.setdefault(key, _Place())
        _stop(place)
        place.task = asyncio.get_running_loop().create_task(self._make(key, place))
        self._tasks.add(place.task)
        place.task.add_done_callback(self._tasks.discard)

    async def _make(self, key: tuple[CallId, str], place: _Place) -> None:
        call_id, agent = key
        try:
            awaited = await self._suggesting.awaited(call_id)
            if awaited is not None:  # what was read is no news when its frames come
                place.seq = max(place.seq, awaited.state.seq)
            if awaited is None or not awaited.unanswered or awaited.state.ended:
                return
            known = self.before(call_id, agent, messages=awaited.state.user_message_count)
            if known is not None:
                self._show(agent, known.suggestion)
                return
            place.making = suggestion_id = self._new_id()
            async with aclosing(self._suggesting.suggest(awaited, suggestion_id)) as frames:
                async for frame in frames:
                    if isinstance(frame, Suggestion):
                        place.making = None
                        self._remember(key, frame, awaited)
                    self._show(agent, frame)
        except CallCenterError as error:
            _log.warning("nothing suggested", extra={"call_id": call_id, "code": error.code})
        except Exception as bug:  # noqa: BLE001 (no call may suffer from it)
            # No traceback: an exception's text may quote the customer.
            _log.error("suggesting broke", extra={"call_id": call_id, "error": type(bug).__name__})

    def _show(self, agent: str, frame: SuggestionFrame) -> None:
        for sink in self._sinks.get(agent, ()):
            sink(frame)

    def _remember(self, key: tuple[CallId, str], suggestion: Suggestion, awaited: Awaited) -> None:
        shown = Shown(suggestion=suggestion, agent=key[1], at=self._now(), messages=awaited.state.user_message_count)
        self._shown[suggestion.suggestion_id] = shown
        self._places.setdefault(key, _Place()).shown = suggestion.suggestion_id
        while len(self._shown) > SHOWN_AT_HAND:
            self.decided(next(iter(self._shown)))

    def _leave(self, key: tuple[CallId, str]) -> None:
        """Let go of a call that an agent does not have."""
        place = self._places.pop(key, None)
        if place is not None:
            _stop(place)

    def _tidy(self, key: tuple[CallId, str]) -> None:
        """Forget a call that nothing is known of any more and nobody watches."""
        if key[1] not in self._sinks:
            self._leave(key)


def _stop(place: _Place) -> None:
    """Stop the suggestion in the making."""
    place.making = None
    if place.task is not None:
        place.task.cancel()
        place.task = None

"""Put the calls that wait for a human in order, and say why. Pure: `now` is an argument.

Who waits stands in the state of each call; which agents there are is the desk's business. Urgent calls come first,
among equals the angrier customer, then whoever has waited longest; the same calls are always in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import zip_longest
from typing import Final

from pydantic import AwareDatetime

from callcenter.calls import CallId, ConversationState, Language, PersonaType, PriorityLevel, Sentiment, Value

_ANGER: Final = {Sentiment.angry: 2, Sentiment.frustrated: 1}
"""What is neither counts alike: whoever is merely displeased does not overtake."""


class Waiting(Value):
    """A call that waits for a human."""

    call_id: CallId
    customer_name: str | None
    language: Language
    queue: PersonaType
    """Whose matter it is: the skill that is wanted."""
    priority: PriorityLevel
    sentiment: Sentiment
    since: AwareDatetime


class Place(Waiting):
    """A call's place in the queue."""

    position: int
    """From 1."""
    waits_seconds: float
    reasoning: str
    """Why it is there, and what puts it before the next one."""


def waiting_of(state: ConversationState) -> Waiting | None:
    """Return what a queue needs to know of a call; None for one that does not wait for a human."""
    if state.waiting_since is None or state.ended:
        return None
    return Waiting(
        call_id=state.call_id,
        customer_name=state.slots.name or state.customer_name,
        language=state.language,
        queue=state.waiting_queue or state.current_persona,
        priority=state.waiting_priority or PriorityLevel.high,
        sentiment=state.overall_sentiment,
        since=state.waiting_since,
    )


def suits(call: Waiting, *, languages: Collection[Language], skills: Collection[PersonaType]) -> bool:
    """Whether somebody of these languages and skills can take a call; none named: all of them."""
    return (not languages or call.language in languages) and (not skills or call.queue in skills)


def in_order(
    calls: Iterable[Waiting],
    *,
    now: datetime,
    languages: Collection[Language] = (),
    skills: Collection[PersonaType] = (),
) -> tuple[Place, ...]:
    """Return the calls that suit, the one to be taken first at the front."""
    ordered = sorted((call for call in calls if suits(call, languages=languages, skills=skills)), key=_rank)
    return tuple(
        Place(
            **dict(call),
            position=position,
            waits_seconds=max((now - call.since).total_seconds(), 0),
            reasoning=_reasoning(call, after),
        )
        for position, (call, after) in enumerate(zip_longest(ordered, ordered[1:]), start=1)
    )


def _rank(call: Waiting) -> tuple[int, int, datetime, CallId]:
    return (-call.priority.rank, -_ANGER.get(call.sentiment, 0), call.since, call.call_id)


def _reasoning(call: Waiting, after: Waiting | None) -> str:
    facts = f"priority {call.priority}, customer {call.sentiment}, waits since {call.since:%H:%M:%S} UTC"
    if after is None:
        return facts
    named = ("priority", "anger", "age", "id")
    decided = next(name for name, one, other in zip(named, _rank(call), _rank(after), strict=True) if one != other)
    return f"{facts}; before {after.call_id} by {decided}"

"""Know which agents are at the desk, and how many calls they take. Reads no clock; kept by one process, in memory.

An agent is there while a socket of theirs is open, or they were heard of within the grace time. Who was never heard of
gets that time from the start of the process: after a restart, agents come back before their calls are given away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field, StringConstraints

from callcenter.calls import Language, PersonaType, Value

GRACE: Final = timedelta(seconds=60)
"""A page that is loaded anew, or a laptop that changes its network, is back within half of it."""

DisplayName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class AgentStatus(StrEnum):
    """Whether an agent takes calls."""

    available = "available"
    away = "away"


class Availability(Value):
    """What agents say of themselves."""

    status: AgentStatus = AgentStatus.available
    display_name: DisplayName | None = None
    """What customers are told; left out, they are told of a colleague."""
    languages: tuple[Language, ...] = ()
    """Empty: all."""
    skills: tuple[PersonaType, ...] = ()
    """Queues whose calls they take; empty: all."""
    capacity: Annotated[int, Field(ge=1, le=50)] = 3
    """Calls at a time, beyond which nobody else gives them one."""


class AgentCard(Availability):
    """An agent as the desk sees them."""

    agent: str
    calls: int
    """That they have now."""
    seen_at: AwareDatetime
    connected: bool
    """A socket of theirs is open."""


@dataclass(slots=True)
class _Agent:
    seen_at: datetime
    said: Availability = field(default_factory=lambda: Availability(status=AgentStatus.away))
    sockets: int = 0


class Presence:
    """The agents of one process."""

    def __init__(self, *, opened_at: datetime) -> None:
        """Begin with nobody."""
        self._opened_at = opened_at
        self._agents: dict[str, _Agent] = {}

    def seen(self, agent: str, now: datetime, said: Availability | None = None) -> None:
        """Note a sign of life, and what the agent says of themselves if they do."""
        known = self._agents.setdefault(agent, _Agent(now))
        known.seen_at = now
        if said is not None:
            known.said = said

    def connected(self, agent: str, now: datetime) -> None:
        """Note that a socket was opened; who never said otherwise is available from then on."""
        if agent not in self._agents:
            self.seen(agent, now, Availability())
        self._agents[agent].seen_at = now
        self._agents[agent].sockets += 1

    def disconnected(self, agent: str, now: datetime) -> None:
        """Note that a socket was closed."""
        self._agents[agent].sockets -= 1
        self._agents[agent].seen_at = now

    def gone(self, agent: str, now: datetime) -> bool:
        """Whether an agent was not heard of for longer than the grace time."""
        known = self._agents.get(agent)
        if known is None:
            return now - self._opened_at > GRACE
        return not known.sockets and now - known.seen_at > GRACE

    def display_name(self, agent: str) -> str | None:
        """Return what customers are told an agent is called; None: nothing."""
        known = self._agents.get(agent)
        return known.said.display_name if known else None

    def free(
        self, now: datetime, load: Mapping[str, int], *, language: Language, queue: PersonaType, but: str | None = None
    ) -> bool:
        """Whether somebody is there who takes such a call now; `load` is how many calls each agent has."""
        return any(
            self.takes(agent, now, load)
            and (not known.said.languages or language in known.said.languages)
            and (not known.said.skills or queue in known.said.skills)
            for agent, known in self._agents.items()
            if agent != but
        )

    def takes(self, agent: str, now: datetime, load: Mapping[str, int]) -> bool:
        """Whether an agent is there and takes another call."""
        known = self._agents.get(agent)
        return (
            known is not None
            and known.said.status is AgentStatus.available
            and not self.gone(agent, now)
            and load.get(agent, 0) < known.said.capacity
        )

    def cards(self, now: datetime, load: Mapping[str, int]) -> tuple[AgentCard, ...]:
        """Return the agents who are there, by name; who is gone and has no call is forgotten."""
        for agent in [each for each in self._agents if self.gone(each, now) and not load.get(each)]:
            del self._agents[agent]
        return tuple(
            AgentCard(
                **dict(known.said),
                agent=agent,
                calls=load.get(agent, 0),
                seen_at=known.seen_at,
                connected=known.sockets > 0,
            )
            for agent, known in sorted(self._agents.items())
        )

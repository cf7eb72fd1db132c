"""Run scripted calls through the whole house, offline, and say where a call left its script.

Each twin, and each mutation of a twin, is a call of its own on a throw-away database, with a clock and ids that are the
same every time. A twin is held against what the script expects and against the Arabic twin; a mutation against the
unmutated twin's route. Nothing is decided here about how the outcome is shown.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.bootstrap import App, build
from callcenter.calls import CallId, MessageId, ProposalId, TicketNumber, Value
from callcenter.company import Company
from callcenter.conversation import Sources, Utterance
from callcenter.evaluation.differences import Difference, against_route, against_script, against_twin
from callcenter.evaluation.mutations import Mutation, mutate
from callcenter.evaluation.outcomes import Outcome, Played, outcome_of
from callcenter.evaluation.scenarios import WRITTEN_ALWAYS, Scenario, Script, Twin
from callcenter.settings import AnalysisMode, Settings

_OFFLINE: Final = {"openai_api_key": None, "openai_base_url": None, "analysis": AnalysisMode.rules}
"""A rehearsal asks no model, so that it comes out the same every time."""
_DAY: Final = date(2026, 11, 22)
"""Calls happen on this day, a Sunday, or the first after it on which the company opens."""
_AFTER_OPENING: Final = timedelta(minutes=5)


class Run(Value):
    """One call that was made of a scenario, and all that was wrong with it."""

    scenario: str
    twin: Twin
    mutation: Mutation | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the call went as it must."""
        return not self.differences


async def simulate(settings: Settings, scenarios: Sequence[Scenario], *, mutations: bool = True) -> AsyncIterator[Run]:
    """Yield each run as it ends: of a scenario all twins first, then the mutations of those written always.

    `settings` names the company; its own database is not touched. Raises ConfigurationError.
    """
    with tempfile.TemporaryDirectory(prefix="callcenter-simulate-") as folder:
        stage = _Stage()
        app = await build(settings.model_copy(update=_OFFLINE | {"data_dir": Path(folder)}), sources=stage.sources)
        try:
            for scenario in scenarios:
                async for run in _runs(stage, app, scenario, mutations=mutations):
                    yield run
        finally:
            await app.close()


class _Stage:
    """Time and ids that are the same in every simulation."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        calls, messages, tickets, proposals = (count(1) for _ in range(4))
        self.sources = Sources(
            now=self._tick,
            call_id=lambda: CallId(f"CALL-{next(calls):05}"),
            message_id=lambda: MessageId(f"M-{next(messages):06}"),
            ticket_number=lambda: TicketNumber(f"TKT-{next(tickets):08}"),
            proposal_id=lambda: ProposalId(f"ACT-{next(proposals):06}"),
        )

    def _tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    async def play(self, app: App, script: Script, twin: Twin, said: Sequence[str]) -> Played:
        """Make one call with these words, from the time the script says."""
        self._now = (script.starts_at or opening(app.company)).astimezone(UTC)
        started = await app.conversations.start(language=twin.language)
        tickets: list[TicketNumber] = []
        outcomes: list[Outcome] = []
        for text in said:
            turn = await app.conversations.handle(Utterance(started.state.call_id, text))
            mode = (await app.conversations.state(started.state.call_id)).mode
            outcomes.append(outcome_of(turn, text, mode, tickets))
        return Played(greeting=started.greeting.message, outcomes=tuple(outcomes))


def opening(company: Company) -> datetime:
    """Return a moment just after a company has opened, always the same one."""
    midnight = datetime(_DAY.year, _DAY.month, _DAY.day, tzinfo=ZoneInfo(company.timezone))
    return company.calendar.next_opening(midnight) + _AFTER_OPENING


async def _runs(stage: _Stage, app: App, scenario: Scenario, *, mutations: bool) -> AsyncIterator[Run]:
    script = scenario.script
    played: dict[Twin, Played] = {}
    for twin in script.twins:
        played[twin] = await stage.play(app, script, twin, [line.said(twin) for line in script.turn])
        found = [*against_script(script, twin, played[twin]), *against_twin(script, played[twin], played[Twin.ar])]
        yield Run(scenario=scenario.name, twin=twin, differences=tuple(sorted(found, key=lambda each: each.turn)))
    for twin in WRITTEN_ALWAYS if mutations else ():
        said = [line.said(twin) for line in script.turn]
        for mutation in script.wanted_mutations:
            respelled = [mutate(text, mutation, script.code_switch) for text in said]
            if respelled == said:
                continue
            call = await stage.play(app, script, twin, respelled)
            differences = tuple(against_route(script, twin, call, played[twin]))
            yield Run(scenario=scenario.name, twin=twin, mutation=mutation, differences=differences)

"""Print rehearsed calls as they end, a line each, or as one JSON document. What went wrong, evaluation/ says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from callcenter.evaluation.scenario_files import load_scenarios
from callcenter.evaluation.simulation import Run, simulate
from callcenter.settings import Settings

_SHOWN_CHARS: Final = 200
"""Of what came; an answer may be long, and `--json` has all of it."""


def rehearse(settings: Settings, place: Path, *, only: Sequence[str], mutations: bool, as_json: bool) -> bool:
    """Run and print the scenarios in `place`; return whether all went as they must. Raises ConfigurationError."""
    scenarios = load_scenarios(place, only)
    titles = {scenario.name: scenario.script.title for scenario in scenarios}
    width = max(len(f"{name} {_LONGEST_CALL}") for name in titles)

    async def run() -> list[Run]:
        runs: list[Run] = []
        async for each in simulate(settings, scenarios, mutations=mutations):
            runs.append(each)
            if not as_json:
                typer.echo(line_of(each, width))
        return runs

    runs = asyncio.run(run())
    failed = sum(not each.ok for each in runs)
    if as_json:
        typer.echo(_document(runs, titles))
    else:
        verdict = f"{failed} went wrong" if failed else "all as written"
        typer.echo(f"{_counted(scenarios, 'scenario')}, {_counted(runs, 'call')}: {verdict}.")
    return failed == 0


_LONGEST_CALL: Final = "ar apostrophes"


def line_of(run: Run, width: int) -> str:
    """Return one line on a call: ok, or its first difference with the customer's words at the end."""
    call = f"{run.scenario} {run.twin}{f' {run.mutation}' if run.mutation else ''}"
    if run.ok:
        return f"{call:<{width}}  ok"
    first = run.differences[0]
    came = first.came if len(first.came) <= _SHOWN_CHARS else f"{first.came[:_SHOWN_CHARS]}…”"
    where = f"turn {first.turn}" if first.turn else "greeting"
    # The customer's words come last: whatever their direction, they can't reorder the rest of the line.
    customer = f": “{' '.join(first.customer.split())}”" if first.customer else ""
    return f"{call:<{width}}  {where}: {first.what}: expected {first.expected}, came {came}{customer}"


def _counted(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _document(runs: Sequence[Run], titles: dict[str, str]) -> str:
    scenarios = [
        {
            "name": name,
            "title": title,
            "ok": all(run.ok for run in runs if run.scenario == name),
            "calls": [
                {"ok": run.ok, **run.model_dump(mode="json", exclude={"scenario"})}
                for run in runs
                if run.scenario == name
            ],
        }
        for name, title in titles.items()
    ]
    failed = sum(not run.ok for run in runs)
    whole = {"ok": failed == 0, "calls": len(runs), "failed": failed, "scenarios": scenarios}
    return json.dumps(whole, ensure_ascii=False, indent=2)

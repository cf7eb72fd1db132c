from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from callcenter.company import copy_demo

pytestmark = pytest.mark.unit

Run = Callable[..., Result]

GOOD = """
title = "A fault is told"
[[turn]]
ar = "التطبيق يتوقف باستمرار ولا يعمل"
en = "The app keeps crashing and doesn't work"
persona = "complaints"
ticket = "technical"
"""
WRONG = """
title = "Hours are no matter for sales"
[[turn]]
ar = "مرحبا"
en = "Hello"
[[turn]]
ar = "ما هي أوقات الدوام لديكم؟"
en = "What are your working hours?"
persona = "sales"
"""


@pytest.fixture
def scenarios(folder: Path) -> Path:
    place = folder / "scenarios"
    place.mkdir()
    (place / "good.toml").write_text(GOOD, encoding="utf-8")
    (place / "wrong.toml").write_text(WRONG, encoding="utf-8")
    return place


def test_calls_that_go_as_written_end_with_zero(run: Run, scenarios: Path) -> None:
    result = run("simulate", str(scenarios), "--only", "good")
    assert result.exit_code == 0
    *calls, summary = result.stdout.splitlines()
    assert [line.split() for line in calls[:2]] == [["good", "ar", "ok"], ["good", "en", "ok"]]
    assert ["good", "en", "apostrophes", "ok"] in [line.split() for line in calls]
    assert summary == f"1 scenario, {len(calls)} calls: all as written."


def test_a_call_that_went_wrong_is_told_in_one_line_and_ends_with_one(run: Run, scenarios: Path) -> None:
    result = run("simulate", str(scenarios), "--no-mutations")
    assert result.exit_code == 1
    *calls, summary = result.stdout.splitlines()
    assert [line.split()[:2] for line in calls] == [["good", "ar"], ["good", "en"], ["wrong", "ar"], ["wrong", "en"]]
    assert calls[2].endswith("turn 2: persona: expected sales, came reception: “ما هي أوقات الدوام لديكم؟”")
    assert calls[3].endswith("turn 2: persona: expected sales, came reception: “What are your working hours?”")
    assert summary == "2 scenarios, 4 calls: 2 went wrong."


def test_programs_get_everything_as_json(run: Run, scenarios: Path) -> None:
    result = run("simulate", str(scenarios), "--no-mutations", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["ok"], told["calls"], told["failed"]) == (False, 4, 2)
    good, wrong = told["scenarios"]
    assert (good["name"], good["title"], good["ok"]) == ("good", "A fault is told", True)
    assert good["calls"][0] == {"ok": True, "twin": "ar", "mutation": None, "differences": []}
    assert wrong["calls"][1]["differences"] == [
        {
            "turn": 2,
            "what": "persona",
            "expected": "sales",
            "came": "reception",
            "customer": "What are your working hours?",
        }
    ]


def test_one_file_is_enough(run: Run, scenarios: Path) -> None:
    assert run("simulate", str(scenarios / "good.toml"), "--no-mutations").exit_code == 0


@pytest.mark.parametrize("named", ["option", "environment"])
def test_a_company_rehearses_its_own_profile(run: Run, folder: Path, scenarios: Path, named: str) -> None:
    mine = folder / "mine"
    copy_demo(mine)
    company = mine / "company.toml"
    company.write_text(company.read_text(encoding="utf-8").replace("Ornina", "Zaytoun"), encoding="utf-8")
    (scenarios / "name.toml").write_text(
        'title = "n"\n[[turn]]\nar = "السلام عليكم"\nen = "Hi"\nnever_says.en = "Ornina"\n', encoding="utf-8"
    )
    (scenarios / "bye.toml").write_text(
        'title = "n"\n[[turn]]\nar = "مع السلامة"\nen = "Goodbye"\nsays.en = "Zaytoun"\n', encoding="utf-8"
    )
    only = ["--only", "bye", "--only", "name", "--no-mutations"]
    chosen = ["--company", "mine"] if named == "option" else []
    env = {"CALLCENTER_COMPANY": "mine"} if named == "environment" else None
    assert run("simulate", str(scenarios), *only, *chosen, env=env).exit_code == 0
    assert run("simulate", str(scenarios), *only).exit_code == 1


def test_nothing_of_it_is_kept(run: Run, folder: Path, scenarios: Path) -> None:
    run("simulate", str(scenarios), "--only", "good", "--no-mutations")
    shutil.rmtree(scenarios)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "no folder or file nowhere"),
        (["scenarios", "--only", "missing"], "No scenario is named missing; there are good, wrong"),
        (["scenarios", "--company", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_rehearsed_ends_with_two(
    run: Run,
    scenarios: Path,  # noqa: ARG001 (it is there)
    arguments: list[str],
    told: str,
) -> None:
    result = run("simulate", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert told in result.stderr


def test_a_bad_scenario_is_refused_with_its_line(run: Run, scenarios: Path) -> None:
    (scenarios / "half.toml").write_text('title = "h"\n\n[[turn]]\nar = "مرحبا"\n', encoding="utf-8")
    result = run("simulate", str(scenarios))
    assert result.exit_code == 2
    assert "half.toml:3: turn 1: en: it is missing" in result.stderr

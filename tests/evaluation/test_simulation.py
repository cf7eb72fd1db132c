"""The product's own scenarios, and that a simulation sees what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from callcenter.evaluation.mutations import Mutation
from callcenter.evaluation.scenario_files import load_scenarios
from callcenter.evaluation.scenarios import Scenario, Script, Twin
from callcenter.evaluation.simulation import Run, simulate
from callcenter.settings import Settings

pytestmark = pytest.mark.unit

SCENARIOS = load_scenarios(Path(__file__).parent.parent / "scenarios")
NOT_YET: dict[str, set[str]] = {
    # one letter from "هل تعملون" is "هل تعلمون", a question after training
    "hours-then-goodbye": {"ar typo_swap"},
    # services are not found in Arabizi
    "price-then-contact": {"arabizi"},
    # that "nobody answers me" weighs more in English than a campaign that "has stopped"; "sopped" is a word of its own
    "urgent-campaign": {"en", "en typo_drop"},
}
"""Calls of the product's scenarios that do not go as they must: nothing else may join, and what goes well leaves."""


def rehearsed(*scenarios: Scenario, mutations: bool = True) -> list[Run]:
    async def collect() -> list[Run]:
        return [run async for run in simulate(Settings(company=None), scenarios, mutations=mutations)]

    return asyncio.run(collect())


def call(run: Run) -> str:
    return f"{run.twin} {run.mutation}" if run.mutation else run.twin.value


def script(*turns: Mapping[str, object], **rest: object) -> Scenario:
    return Scenario(name="call", script=Script.model_validate({"title": "t", "turn": turns, **rest}))


def differences(scenario: Scenario, twin: Twin, mutation: Mutation | None = None) -> list[tuple[int, str]]:
    runs = rehearsed(scenario, mutations=mutation is not None)
    [found] = [run for run in runs if (run.twin, run.mutation) == (twin, mutation)]
    return [(each.turn, each.what) for each in found.differences]


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return rehearsed(*SCENARIOS)


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_the_product_takes_the_promised_routes(name: str, runs: list[Run]) -> None:
    wrong = {call(run): run.differences[0] for run in runs if run.scenario == name and not run.ok}
    assert {each: why for each, why in wrong.items() if each not in NOT_YET.get(name, set())} == {}


def test_what_does_not_go_yet_still_goes_wrong(runs: list[Run]) -> None:
    wrong = {(run.scenario, call(run)) for run in runs if not run.ok}
    assert {(name, each) for name, calls in NOT_YET.items() for each in calls} - wrong == set()


def test_every_mutation_is_tried_on_the_product(runs: list[Run]) -> None:
    assert {run.mutation for run in runs} == {None, *Mutation}


CRASH = {"ar": "التطبيق يتوقف باستمرار ولا يعمل", "en": "The app keeps crashing and does not work"}
NUMBER = {"ar": "رقم الطلب 7474839", "en": "My order number is 7474839"}
BILLED = {"ar": "خصمتم المبلغ مرتين من بطاقتي", "en": "You charged my card twice"}
REACHED = {"ar": "رقمي 0501234567", "en": "My number is 0501234567"}
HELLO = {"ar": "مرحبا", "en": "Hello"}


EXPECTATIONS: list[tuple[dict[str, object], str | None]] = [
    ({"persona": "complaints"}, None),
    ({"persona": "sales"}, "persona"),
    ({"intent": "technical_support"}, None),
    ({"intent": ["greeting", "technical_support"]}, None),
    ({"intent": "greeting"}, "intent"),
    ({"sentiment": ["negative"]}, None),
    ({"sentiment": "positive"}, "sentiment"),
    ({"priority": "high"}, None),
    ({"priority": "low"}, "priority"),
    ({"ticket": True}, None),
    ({"ticket": "technical"}, None),
    ({"ticket": False}, "ticket"),
    ({"ticket": "billing"}, "ticket"),
    ({"ticket": "same"}, "ticket"),
    ({"ticket": 1}, "ticket"),
    ({"escalation": False, "human": False, "mode": "ai"}, None),
    ({"escalation": True}, "escalation"),
    ({"human": True}, "human"),
    ({"mode": "human"}, "mode"),
    ({"slots": {"description": True, "phone": False, "category": "technical"}}, None),
    ({"slots": {"phone": True}}, "slot phone"),
    ({"slots": {"description": False}}, "slot description"),
    ({"slots": {"category": "billing"}}, "slot category"),
    ({"says": {"ar": ["تذكرة", r"/TKT-\d{8}/"], "en": ["TICKET", r"/tkt-\d{8}/"]}}, None),
    ({"says": {"ar": "طائرة", "en": "aeroplane"}}, "says"),
    ({"never_says": {"ar": "طائرة", "en": "aeroplane"}}, None),
    ({"never_says": {"ar": "تَذكِرة", "en": "ticket"}}, "never_says"),
    ({"replies_in": "other"}, "language"),
]


@pytest.fixture(scope="module")
def held() -> list[Run]:
    scripts = [script({**CRASH, **expected}) for expected, _ in EXPECTATIONS]
    named = [each.model_copy(update={"name": str(number)}) for number, each in enumerate(scripts)]
    return rehearsed(*named, mutations=False)


@pytest.mark.parametrize(("number", "what"), [(number, what) for number, (_, what) in enumerate(EXPECTATIONS)])
def test_each_expectation_is_held_against_the_call(number: int, what: str | None, held: list[Run]) -> None:
    runs = [run for run in held if run.scenario == str(number)]
    assert [run.twin for run in runs] == [Twin.ar, Twin.en]
    for run in runs:
        assert [each.what for each in run.differences] == ([what] if what else [])


@pytest.mark.parametrize("twin", [Twin.ar, Twin.en])
@pytest.mark.parametrize(("step", "found"), [(2, []), ("same", []), (1, [(5, "ticket")]), (True, [(5, "ticket")])])
def test_an_earlier_ticket_is_told_from_a_new_one(twin: Twin, step: object, found: list[tuple[int, str]]) -> None:
    reached = {**REACHED, "ticket": "same"}
    told: list[Mapping[str, object]] = [
        {**CRASH, "ticket": True},
        {**NUMBER, "ticket": 1},
        reached,
        {**BILLED, "ticket": "billing"},
    ]
    amount = {"ar": "المبلغ 300 ريال", "en": "The amount is 300 SAR", "ticket": step}
    assert differences(script(*told, amount), twin) == found


def test_what_the_whole_call_must_not_say_counts_from_the_greeting() -> None:
    scenario = script(HELLO, never_says={"ar": "أورنينا", "en": "Ornina"})
    assert differences(scenario, Twin.ar)[0] == (0, "never_says")
    assert differences(scenario, Twin.en)[0] == (0, "never_says")


def test_twins_that_part_are_told() -> None:
    found = differences(
        script({"ar": HELLO["ar"], "en": CRASH["en"], "intent": ["greeting", "technical_support"]}), Twin.en
    )
    assert {what for _, what in found} == {"persona", "ticket", "priority", "slots", "intent"}


def test_a_further_spelling_is_a_twin_too() -> None:
    scenario = script({**HELLO, "arabizi": "el app mish shaghal w kol shway bi3alle2"})
    assert (1, "persona") in differences(scenario, Twin.arabizi)


def test_a_changed_language_is_answered_in_it() -> None:
    scenario = script(CRASH, {"ar": "Can we speak English?", "en": "ممكن نحكي عربي؟", "replies_in": "other"})
    assert differences(scenario, Twin.ar) == []
    assert differences(scenario, Twin.en) == []


def test_a_respelled_call_that_leaves_the_route_is_told() -> None:
    scenario = script(CRASH, code_switch={"التطبيق يتوقف باستمرار ولا يعمل": "hello"}, mutations=["code_switch"])
    runs = rehearsed(scenario)
    assert [run.mutation for run in runs] == [None, None, Mutation.code_switch]
    last = runs[-1].differences[0]
    assert (last.turn, last.what, last.customer) == (1, "persona", "hello")
    assert (last.expected, last.came) == ("complaints as when spelled well", "reception")


def test_a_mutation_that_changes_no_word_is_no_call() -> None:
    assert [call(run) for run in rehearsed(script(HELLO, mutations=["digits", "apostrophes"]))] == ["ar", "en"]


def test_calls_are_made_when_the_script_says() -> None:
    asked = {"ar": "هل أنتم مفتوحون الآن؟", "en": "Are you open now?"}
    by_day = script({**asked, "says": {"en": "open right now"}})
    by_night = script({**asked, "never_says": {"en": "open right now"}}, starts_at="2026-11-22T03:00:00+03:00")
    assert differences(by_day, Twin.en) == []
    assert differences(by_night, Twin.en) == []


def test_a_simulation_is_the_same_every_time() -> None:
    scenario = script(CRASH, {**NUMBER, "says": {"ar": "طائرة", "en": "aeroplane"}})
    assert rehearsed(scenario) == rehearsed(scenario)


def test_the_documented_scenario_goes_as_written(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    file = tmp_path / "late-parcel.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    runs = rehearsed(*load_scenarios(file))
    assert [run for run in runs if not run.ok] == []
    assert {Mutation.hamza, Mutation.typo_drop, Mutation.code_switch} <= {run.mutation for run in runs}

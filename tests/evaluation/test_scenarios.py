from __future__ import annotations

import re
from pathlib import Path

import pytest

from callcenter.calls import Language, PersonaType, Slots, TicketCategory
from callcenter.errors import ConfigurationError
from callcenter.evaluation.mutations import Mutation
from callcenter.evaluation.scenario_files import load_scenarios
from callcenter.evaluation.scenarios import Fact, Line, Script, Twin

pytestmark = pytest.mark.unit

TURN = '[[turn]]\nar = "مرحبا"\nen = "Hello"\n'


def written(folder: Path, text: str, name: str = "call.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_scenarios(written(folder, text))
    return refused.value.message


def test_a_scenario_is_read_with_all_it_may_say(tmp_path):
    text = f"""
title = "All of it"
starts_at = 2026-11-22T09:30:00+03:00
without_mutations = ["upper_case"]
never_says = {{ ar = "عذراً", en = ["sorry", "/refund(ed)?/"] }}
[code_switch]
"مرحبا" = "hi"
{TURN}arabizi = "mar7aba"
persona = "reception"
intent = "greeting"
sentiment = ["neutral", "positive"]
priority = "low"
ticket = "billing"
slots = {{ order_number = 7474839, phone = true, email = false, name = {{ ar = "علي", en = "Ali" }} }}
escalation = false
human = false
mode = "ai"
replies_in = "other"
says.en = "hello"
"""
    [scenario] = load_scenarios(written(tmp_path, text))
    [line] = scenario.script.turn
    assert scenario.name == "call"
    assert scenario.script.twins == (Twin.ar, Twin.en, Twin.arabizi)
    assert Mutation.upper_case not in scenario.script.wanted_mutations
    assert (line.persona, line.ticket) == (PersonaType.reception, TicketCategory.billing)
    assert line.slots[Fact.order_number] == "7474839"
    assert line.reply_language(Twin.en) is Language.ar
    assert line.says[Language.en] == ("hello",)


def test_a_turn_without_a_further_spelling_is_said_in_arabic(tmp_path):
    [scenario] = load_scenarios(written(tmp_path, f'title = "t"\n{TURN}arabizi = "mar7aba"\n{TURN}'))
    assert [line.said(Twin.arabizi) for line in scenario.script.turn] == ["mar7aba", "مرحبا"]


def test_scenarios_come_by_name_and_can_be_picked(tmp_path):
    for name in ("b", "a", "c"):
        written(tmp_path, f'title = "t"\n{TURN}', f"{name}.toml")
    assert [each.name for each in load_scenarios(tmp_path)] == ["a", "b", "c"]
    assert [each.name for each in load_scenarios(tmp_path, ["c", "a"])] == ["a", "c"]
    assert [each.name for each in load_scenarios(tmp_path / "b.toml")] == ["b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = ", "call.toml: not valid TOML"),
        ('title = "t"\n', "turn: it is missing"),
        ('title = "t"\nturn = []\n', "turn: "),
        (TURN, "title: it is missing"),
        (f'title = "t"\n{TURN}\n[[turn]]\nar = "شكرا"\n', "call.toml:6: turn 2: en: it is missing"),
        ('title = "t"\n[[turn]]\nen = "Hi"\n', "call.toml:2: turn 1: ar: it is missing"),
        ('title = "t"\n[[turn]]\nar = "مرحبا"\nen = "\\u200b"\n', "call.toml:4: turn 1: en: it is empty"),
        (f'title = "t"\nauthor = "me"\n{TURN}', "call.toml:2: author: unknown key"),
        (f'title = "t"\n{TURN}{TURN}mood = "good"\n', "call.toml:8: turn 2: mood: unknown key"),
        (f'title = "t"\n{TURN}persona = "boss"\n', "call.toml:5: turn 1: persona: "),
        (f'title = "t"\n{TURN}intent = ["greeting", "singing"]\n', "call.toml:5: turn 1: intent: "),
        (f'title = "t"\n{TURN}ticket = "lost"\n', "call.toml:5: turn 1: ticket: use true"),
        (f'title = "t"\n{TURN}ticket = 0\n', "call.toml:5: turn 1: ticket: use true"),
        (f'title = "t"\n{TURN}slots = {{ shoe_size = "43" }}\n', "turn 1: slots.shoe_size: "),
        (f'title = "t"\n{TURN}slots = {{ phone = 1.5 }}\n', "call.toml:5: turn 1: slots.phone: use true"),
        (f'title = "t"\n{TURN}slots = {{ name = {{ ar = "علي" }} }}\n', "turn 1: slots.name"),
        (f'title = "t"\n{TURN}says.en = "/(/"\n', "call.toml:5: turn 1: says.en: '(' is no regular expression"),
        (f'title = "t"\n{TURN}says.fr = "oui"\n', "call.toml:5: turn 1: says.fr: unknown key"),
        (f'title = "t"\n{TURN}says.en = " "\n', "turn 1: says.en: a phrase needs words"),
        (f'title = "t"\nmutations = ["sing"]\n{TURN}', "call.toml:2: mutations: "),
        (f'title = "t"\nmutations = []\nwithout_mutations = ["digits"]\n{TURN}', "not both"),
        (f'title = "t"\n[code_switch]\n"بيت" = "house"\n{TURN}', "no turn holds 'بيت'"),
        (f'title = "t"\nstarts_at = 2026-11-22T09:30:00\n{TURN}', "call.toml:2: starts_at: it needs an offset"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, told):
    assert told in refusal(tmp_path, text)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    written(tmp_path, f'title = "t"\n{TURN}persona = "boss"\npriority = "soon"\n', "other.toml")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
    message = refusal(tmp_path, "title = ")
    assert message.count("\n") == 4
    assert "latin.toml: not UTF-8" in message


def test_no_scenario_is_said_to_be_missing(tmp_path):
    with pytest.raises(ConfigurationError, match="no scenario"):
        load_scenarios(tmp_path)
    with pytest.raises(ConfigurationError, match="no folder or file"):
        load_scenarios(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="No scenario is named x; there are call"):
        load_scenarios(written(tmp_path, f'title = "t"\n{TURN}'), ["x"])


def test_every_slot_of_a_call_can_be_expected():
    assert set(Fact) == (Slots.model_fields.keys() - {"declined", "asked"}) | {"contact"}


def test_all_that_a_scenario_may_say_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    keys = {*Line.model_fields, *Script.model_fields, *Fact, *Mutation}
    assert {key for key in keys if not re.search(rf"[`\[]{key}[`.\]]", page)} == set()

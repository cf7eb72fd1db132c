"""What the code offers stands in docs/: settings, events, errors, intents, commands, checks; links lead somewhere.

Examples of what the analyzer says are run: words, rules and verdicts must be the same, figures near. They move a little
with every message learnt from, and a page need not be written anew for that.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter import errors
from callcenter.analysis import analyze, default_lexicons
from callcenter.calls import ConversationIntent, ToolName
from callcenter.cli import app
from callcenter.events import EVENT_KINDS, CorrectionAction
from callcenter.llm import Failure
from callcenter.llm.checks import Fault
from callcenter.routing import RoutingPolicy
from callcenter.tickets import ALLOWED
from scripts import document_settings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parent.parent
PAGES = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}
ALL = "\n".join(PAGES.values())

README = (ROOT / "README.md").read_text(encoding="utf-8")
ANALYSED = re.findall(r'```console\n\$ callcenter analyze "(.+?)"\n(.*?)```', PAGES["how-it-decides.md"], re.DOTALL)
TALKED = re.findall(r"^> (.+)\n  · (\w+) ([\d.]+) · (\w+) · ", README, re.MULTILINE)
FIGURE = re.compile(r"[-+]?\d\.\d+")
NEAR = 0.15
NEAR_LOG_ODDS = 0.5
"""Figures with a sign are log-odds, points or the mood."""


def every_error(kind: type[errors.CallCenterError] = errors.CallCenterError) -> list[type[errors.CallCenterError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in every_error(child))]


def test_the_settings_table_is_what_the_code_says():
    assert document_settings.page(PAGES["configuration.md"]) == PAGES["configuration.md"]


@pytest.mark.parametrize("kind", [*EVENT_KINDS, "assistant_delta", "error"])
def test_every_event_is_documented(kind):
    assert f"`{kind}`" in PAGES["api.md"]


@pytest.mark.parametrize("code", sorted({error.code for error in every_error()}))
def test_every_error_code_is_documented(code):
    assert f"`{code}`" in PAGES["api.md"]


@pytest.mark.parametrize("intent", ConversationIntent)
def test_every_intent_is_documented(intent):
    assert f"`{intent}`" in PAGES["how-it-decides.md"]


@pytest.mark.parametrize("word", [*ToolName, *Fault, *CorrectionAction, *Failure])
def test_what_a_model_may_do_and_how_it_fails_is_documented(word):
    assert re.search(rf"^\|[^|]*`{word}`[^|]*\|", PAGES["language-model.md"], re.MULTILINE)


def test_the_status_table_is_what_the_code_says():
    for before, reachable in ALLOWED.items():
        row = next(line for line in PAGES["how-it-decides.md"].splitlines() if line.startswith(f"| `{before}`"))
        assert set(re.findall(r"`(\w+)`", row)) == {before, *reachable}


def test_the_thresholds_told_are_the_ones_used():
    policy, page = RoutingPolicy(), PAGES["how-it-decides.md"]
    told = set(re.findall(r"\b0\.\d+\b", page.split("## How sure it is", 1)[1].split("## Facts", 1)[0]))
    assert {
        str(policy.min_confidence),
        str(policy.min_learnt_confidence),
        str(policy.return_confidence),
        str(policy.interrupt_confidence),
    } <= told


def test_the_examples_are_in_both_languages_and_in_arabizi():
    kinds = {analyze(text, default_lexicons()).language.kind for text, _ in ANALYSED}
    assert kinds == {"ar", "en", "arabizi"}


@pytest.mark.parametrize(("text", "shown"), ANALYSED, ids=[text for text, _ in ANALYSED])
def test_analyze_says_what_the_page_shows(text, shown):
    said = CliRunner().invoke(app, ["analyze", text], env={"CALLCENTER_COMPANY": None}).stdout
    assert FIGURE.sub("#", said) == FIGURE.sub("#", shown)
    for one, other in zip(FIGURE.findall(said), FIGURE.findall(shown), strict=True):
        assert float(one) == pytest.approx(float(other), abs=NEAR_LOG_ODDS if one[0] in "+-" else NEAR)


@pytest.mark.parametrize(("text", "intent", "confidence", "sentiment"), TALKED, ids=[text for text, *_ in TALKED])
def test_messages_of_the_readme_are_understood_as_it_shows(text, intent, confidence, sentiment):
    found = analyze(text, default_lexicons())
    assert (found.intent.intent, found.sentiment.sentiment) == (intent, sentiment)
    assert found.intent.confidence == pytest.approx(float(confidence), abs=NEAR)


def test_the_readme_talks():
    assert len(TALKED) >= 3


def test_every_command_is_documented():
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    groups = [each.typer_instance for each in app.registered_groups if each.typer_instance]
    names |= {f"{group.info.name} {each.name}" for group in groups for each in group.registered_commands}
    assert {"serve", "keys create"} <= names
    assert {name for name in names if f"callcenter {name}" not in ALL} == set()


def test_every_error_says_what_happened():
    for error in every_error():
        assert error().message.endswith(".")


@pytest.mark.parametrize("page", ["README.md", "training/README.md", *(f"docs/{name}" for name in PAGES)])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert ((ROOT / page).parent / link).exists(), link

"""What the code offers stands in docs/: settings, events, errors, intents, commands; and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callcenter import errors
from callcenter.calls import ConversationIntent
from callcenter.cli import app
from callcenter.events import EVENT_KINDS
from callcenter.routing import RoutingPolicy
from callcenter.tickets import ALLOWED
from scripts import document_settings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parent.parent
PAGES = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}
ALL = "\n".join(PAGES.values())


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


def test_the_status_table_is_what_the_code_says():
    for before, reachable in ALLOWED.items():
        row = next(line for line in PAGES["how-it-decides.md"].splitlines() if line.startswith(f"| `{before}`"))
        assert set(re.findall(r"`(\w+)`", row)) == {before, *reachable}


def test_the_thresholds_told_are_the_ones_used():
    policy, page = RoutingPolicy(), PAGES["how-it-decides.md"]
    for number in (policy.min_confidence, policy.return_confidence, policy.interrupt_confidence):
        assert str(number) in page


def test_every_command_is_documented():
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert names
    assert {name for name in names if f"callcenter {name}" not in ALL} == set()


def test_every_error_says_what_happened():
    for error in every_error():
        assert error().message.endswith(".")


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}" for name in PAGES)])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert ((ROOT / page).parent / link).exists(), link

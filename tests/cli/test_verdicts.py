from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from callcenter.analysis import analyze, default_lexicons
from callcenter.api.models import Understanding
from callcenter.cli.verdicts import underlined
from tests import factories as make

pytestmark = pytest.mark.unit

Run = Callable[..., Result]

ARABIC = "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً، جوالي +966 50 123 4567"
ENGLISH = "Your platform keeps crashing, I want a refund! My order number is ORD-17"
ENGLISH_ROUTE = ["complaints", "ticket"]


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (ARABIC, ["ar ", "angry ", "+966501234567 ", "complaints, urgent priority", "ticket", "escalated"]),
        (ENGLISH, ["en ", "ORD-17", *ENGLISH_ROUTE]),
    ],
    ids=["ar", "en"],
)
def test_every_verdict_stands_with_words_of_the_message(text: str, verdicts: list[str], run: Run) -> None:
    result = run("analyze", text)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == text
    assert all(any(verdict in line for line in lines[1:]) for verdict in verdicts)
    assert [line.split()[0] for line in lines[1:] if not line.startswith(" ")][:4] == [
        "language",
        "intent",
        "sentiment",
        "urgency",
    ]
    cited = re.findall(r"\[(\d+):(\d+)\] \S+.*  “(.+)”$", result.stdout, re.MULTILINE)
    assert len(cited) >= 3
    assert all(text[int(start) : int(end)] == words for start, end, words in cited)


@pytest.mark.parametrize("text", [ARABIC, ENGLISH], ids=["ar", "en"])
def test_json_is_what_the_api_answers(text: str, run: Run) -> None:
    result = run("analyze", text, "--json")
    assert result.exit_code == 0
    understanding = Understanding.model_validate_json(result.stdout)
    assert understanding.intent == analyze(text, default_lexicons()).intent
    assert understanding.routing.create_ticket
    assert text[understanding.intent.evidence[0].start :].startswith(understanding.intent.keywords[0])


def test_message_is_read_from_standard_input(run: Run) -> None:
    assert run("analyze", "-", stdin=f"{ARABIC}\n").stdout.startswith(ARABIC)


def test_language_of_the_client_decides_only_where_the_text_does_not(run: Run) -> None:
    def language(text: str, stated: str) -> str:
        return str(json.loads(run("analyze", text, "--json", "--language", stated).stdout)["routing"]["language"])

    assert (language("7474839", "en"), language("7474839", "ar")) == ("en", "ar")
    assert (language(ARABIC, "en"), language(ENGLISH, "ar")) == ("ar", "en")


@pytest.mark.parametrize("text", ["", "   ", "\u202e\u200f"])
def test_message_without_words_is_refused(text: str, run: Run) -> None:
    result = run("analyze", text)
    assert result.exit_code == 2
    assert result.stderr.startswith("callcenter: ")


def test_message_too_long_is_cut_and_said_to_be(run: Run) -> None:
    result = run("analyze", "-", stdin="مرحبا " * 2_000)
    assert result.exit_code == 0
    assert "the message was too long" in result.stdout


def test_a_companys_own_words_count(run: Run, folder: Path) -> None:
    words = folder / "mine" / "lexicon" / "en.toml"
    words.parent.mkdir(parents=True)
    words.write_text(
        'script = "latin"\n[intent.sales_interest.ours]\nweight = 3.0\ncues = ["zibblewidget"]\n', encoding="utf-8"
    )
    assert "other" in run("analyze", "zibblewidget").stdout
    assert "sales_interest" in run("analyze", "zibblewidget", "--company", "mine").stdout
    assert "sales_interest" in run("analyze", "zibblewidget", env={"CALLCENTER_COMPANY": "mine"}).stdout


def test_company_that_is_not_there_is_refused(run: Run) -> None:
    result = run("analyze", "hello", "--company", "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_words_that_count_are_underlined_once(run: Run) -> None:  # noqa: ARG001 (nothing of the shell counts)
    text = "الموقع لا يعمل، لا يعمل أبداً"
    marked = underlined(text, make.analysis(text))  # the intent and the sentiment rest on the same words
    assert marked == text.replace("لا يعمل", "\x1b[4mلا يعمل\x1b[0m", 1)
    assert underlined("hello", make.analysis("hello")) == "hello"

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from callcenter.analysis import analyze, default_lexicons, load_lexicons
from callcenter.analysis.lexicon import PACKAGED
from callcenter.analysis.lexicon_file import LexiconFile
from callcenter.calls import ConversationIntent
from callcenter.errors import LexiconInvalid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def write(folder: Path, name: str, body: str) -> Path:
    script = "arabic" if name == "ar" else "latin"
    (folder / f"{name}.toml").write_text(f'script = "{script}"\n{body}', encoding="utf-8")
    return folder


def test_a_company_adds_its_own_words(tmp_path: Path) -> None:
    text = "the zorbulator is wobbling"
    own = write(tmp_path, "en", '[intent.technical_support.own]\nweight = 2.0\ncues = ["wobbl*"]\n')
    assert analyze(text, default_lexicons()).intent.guessed
    found = analyze(text, load_lexicons(own)).intent
    assert not found.guessed
    assert found.intent is ConversationIntent.technical_support
    assert found.evidence[0].rule == "technical_support.own"


def test_on_the_same_words_the_company_wins(tmp_path: Path) -> None:
    own = write(tmp_path, "ar", '[intent.account_request.own]\nweight = 3.0\ncues = ["تدريب"]\n')
    assert analyze("تدريب", default_lexicons()).intent.intent is ConversationIntent.training_interest
    assert analyze("تدريب", load_lexicons(own)).intent.intent is ConversationIntent.account_request


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("en", '[mood.bad]\ncues = ["x"]', "is no section"),
        ("en", '[intent.buying]\ncues = ["x"]', "is unknown"),
        ("en", '[intent.complaint.a]\ncues = ["ouch", "ouch"]', "stands twice"),
        ("en", '[intent.complaint.a]\ncues = ["Ouch"]', "must be written"),
        ("ar", '[intent.complaint.a]\ncues = ["خدمة"]', "must be written as the analyzer folds it: 'خدمه'"),
        ("ar", '[intent.complaint.a]\ncues = ["ouch"]', "wrong script"),
        ("en", '[intent.complaint.a]\ncues = ["خدمه"]', "wrong script"),
        ("en", '[intent.complaint.a]\ncues = [""]', "is empty"),
        ("en", '[intent.complaint.a]\ncues = ["how … "]', "must be written"),
        ("en", "[intent.complaint.a]\ncues = [3]", "must be words"),
        ("en", '[intent.complaint.a]\nheft = 2\ncues = ["ouch"]', "unknown keys: heft"),
        ("en", '[intent.complaint.a]\nwhen = "never"\ncues = ["ouch"]', "as `when`"),
        ("en", '[intent.complaint.a]\ncues = "ouch"', "needs a list"),
        ("en", '[intent.complaint.a]\ncues = [{ text = "ouch", rule = "x" }]', "must be words"),
        ("en", '[intent.complaint.a]\ncues = [{ text = "ouch", weight = "x" }]', "must be words"),
        ("en", '[intent.complaint.a]\ncues = [\n    "ouch"\n    "au",\n]', "Unclosed array"),
        ("en", "[intent.complaint", "end of document"),
    ],
)
def test_a_bad_entry_is_refused_with_file_and_reason(tmp_path: Path, name: str, body: str, reason: str) -> None:
    with pytest.raises(LexiconInvalid) as refused:
        load_lexicons(write(tmp_path, name, body))
    assert str(tmp_path / f"{name}.toml") in refused.value.message
    assert reason in refused.value.message


def test_the_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(LexiconInvalid) as refused:
        load_lexicons(write(tmp_path, "en", '[intent.complaint.a]\ncues = [\n  "fine",\n  "Ouch",\n]'))
    assert "en.toml:5:" in refused.value.message


def test_every_language_speaks_to_every_intent() -> None:
    spoken: dict[str, set[str]] = {}
    for cue in default_lexicons().cues:
        if cue.aspect == "intent":
            spoken.setdefault(cue.lexicon, set()).add(cue.label)
    expected = set(ConversationIntent) - {ConversationIntent.other}
    assert {name: expected - intents for name, intents in spoken.items()} == {
        "ar": set(),
        "en": set(),
        "arabizi": set(),
    }


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*.toml")), ids=lambda path: path.stem)
def test_the_quick_way_reads_what_toml_says(path: Path) -> None:
    assert LexiconFile(path).tree.items() <= tomllib.loads(path.read_text(encoding="utf-8")).items()


@pytest.mark.parametrize(
    "cues",
    [
        'cues = ["wobbl*", "text = x"]',
        'cues = [\n    "wobbl*",  # what zorbulators do\n]',
        "cues = ['wobbl*']",
        'cues = ["\\u0077obbl*"]',
        'cues = [\n    { text = "wobbl*", dialect = "gulf", weight = 2 },\n]',
        'cues = [\n    { weight = 2, text = "wobbl*" }\n]',
    ],
)
def test_lists_may_be_written_any_way_toml_allows(tmp_path: Path, cues: str) -> None:
    own = write(tmp_path, "en", f"[intent.technical_support.own]\nweight = 2\n{cues}\n")
    assert analyze("it is wobbling", load_lexicons(own)).intent.intent is ConversationIntent.technical_support

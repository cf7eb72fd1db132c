"""The command, and every example of docs/words.md: its files, its table of messages, its mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from callcenter.analysis import MessageAnalysis, analyze, default_lexicons, load_lexicons
from callcenter.analysis.lexicon_remarks import RemarkKind

pytestmark = pytest.mark.unit

Run = Callable[..., Result]

PAGE = (Path(__file__).parents[2] / "docs" / "words.md").read_text(encoding="utf-8")
SCRIPTS = {"ar": "arabic", "en": "latin"}
EXAMPLES = {
    name: next(block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if f'"{script}"' in block)
    for name, script in SCRIPTS.items()
}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the page's table under `heading`, its first cells."""
    table = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


MESSAGES = rows("a customer writes")
MISTAKES = rows("in `lexicon/`")


@pytest.fixture
def company(folder: Path) -> Path:
    """Return a company folder with the page's example in it."""
    for name, words in EXAMPLES.items():
        put(folder / "mine" / "lexicon" / f"{name}.toml", words)
    return folder / "mine"


def put(path: Path, words: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    return path


def rules(analysis: MessageAnalysis) -> set[str]:
    others = [other.evidence for other in analysis.intent.others]
    cited = [*analysis.intent.evidence, *analysis.sentiment.evidence, *(found for each in others for found in each)]
    return {found.rule.removeprefix("negated.") for found in cited}


# The packaged words.


def test_packaged_words_pass_the_strict_check(run: Run) -> None:
    result = run("words", "--strict")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^intent\.complaint +\d{3,} +\d{3,} +\d{3,}$", result.stdout, re.MULTILINE)


def test_json_holds_what_is_counted_and_what_is_missing(run: Run) -> None:
    document = json.loads(run("words", "--json").stdout)
    assert list(document) == ["ok", "entries", "gaps", "dialects", "remarks"]
    assert document["ok"] is True
    assert all(document["entries"]["intent.complaint"][name] > 100 for name in ("ar", "arabizi", "en"))
    accepted = [gap for gap in document["gaps"] if gap["standing"] == "accepted"]
    assert accepted
    assert all(gap["reason"] for gap in accepted)


# The page.


def test_page_has_the_same_sections_in_both_languages(run: Run, company: Path) -> None:
    result = run("words", str(company), "--strict")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "lacks" not in result.stdout
    headings = {name: re.findall(r"^\[.*\]$", words, re.MULTILINE) for name, words in EXAMPLES.items()}
    assert headings["ar"] == headings["en"] != []


@pytest.mark.parametrize(("message", "outcome"), MESSAGES, ids=[row[0] for row in MESSAGES])
def test_page_tells_what_messages_count_as(message: str, outcome: str, company: Path) -> None:
    rule = re.findall(r"`([\w.]+)`", outcome)[0]
    understood = analyze(message, load_lexicons(company / "lexicon"))
    with_words, without = rules(understood), rules(analyze(message, default_lexicons()))
    if outcome.startswith("still "):
        assert rule in without
        assert understood.intent.evidence[0].rule == rule
    elif not outcome.startswith("not "):
        assert rule in with_words - without
    elif rule in EXAMPLES["en"]:  # our own, which this message must not meet
        assert rule not in with_words
    else:  # a packaged one, silenced
        assert rule in without - with_words


def test_page_shows_each_example_in_both_languages() -> None:
    def arabic(row: list[str]) -> bool:
        return re.search("[\u0621-\u064a]", row[0]) is not None

    told = [[re.findall(r"`[\w.]+`", row[1]) for row in MESSAGES if arabic(row) is which] for which in (True, False)]
    assert told[0] == told[1] != []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[row[1] for row in MISTAKES])
def test_page_quotes_what_the_program_says(mistake: list[str], run: Run, folder: Path) -> None:
    name, wrote, said = mistake[0].strip("`"), mistake[1], mistake[2]
    stem = name.removesuffix(".toml")
    (written,) = re.findall(r"`(.+?)`", wrote)[:1] or [""]
    body = f'script = "{SCRIPTS[stem]}"\n'
    if written.startswith("["):
        body += f'{written}\ncues = ["x"]\n'
    elif "no first line" in wrote:
        assert f"`{body.strip()}`" in wrote
        body = '[intent.complaint.ours]\ncues = ["x"]\n'
    else:
        body += f"[intent.complaint.ours]\n{written or EXAMPLES[stem]}\n"
    path = put(folder / "mine" / "lexicon" / name, body)
    if "encoding" in wrote:
        path.write_bytes(EXAMPLES[stem].encode("cp1256", "replace"))
    result = run("words", "mine")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"callcenter: {Path('mine', 'lexicon', name)}:")
    assert re.findall(r"`(.+)`", said)[0] in result.stderr
    assert result.stderr.count("\n") == 1


def test_page_names_every_remark_and_gap(run: Run, folder: Path) -> None:
    known, other = [cue for cue in default_lexicons().cues if (cue.lexicon, cue.rule) == ("en", "complaint.goods")][:2]
    words = f'"{known.text}", {{ text = "{other.text}", weight = {other.weight + 1} }}, "cold fish", "log* out"'
    put(
        folder / "mine" / "lexicon" / "en.toml",
        f'script = "latin"\n[intent.complaint.our_slang]\nweight = {known.weight}\ncues = [{words}]\n'
        '[intent.greeting.ours]\nwhen = "any"\ncues = ["cold fish"]\n',
    )
    put(folder / "mine" / "lexicon" / "clinic.toml", 'script = "latin"\n[intent.complaint.x]\ncues = ["x"]\n')
    shown = run("words", "mine").stdout
    assert "intent.complaint.our_slang: ar has none, en 4" in shown
    assert "`intent.complaint.our_slang: ar has none, en 4`" in PAGE
    for kind in RemarkKind:
        assert f": {kind}: " in shown
        assert f"| `{kind}` |" in PAGE


# Folders.


def test_folder_of_words_will_do_as_well_as_a_company(run: Run, company: Path) -> None:
    of_company, of_words = (
        json.loads(run("words", str(each), "--json").stdout) for each in (company, company / "lexicon")
    )
    assert of_company == of_words
    assert of_company["entries"]["intent.complaint"] == {"ar": 5, "en": 4}


@pytest.mark.parametrize(("only", "lacking"), [("ar", "en"), ("en", "ar")])
def test_company_that_speaks_one_language_fails_only_when_strict(
    only: str, lacking: str, run: Run, company: Path
) -> None:
    (company / "lexicon" / f"{lacking}.toml").unlink()
    assert run("words", str(company)).exit_code == 0
    strict = run("words", str(company), "--strict")
    assert strict.exit_code == 1
    assert f"intent.complaint.our_slang: {lacking} has none, {only} " in strict.stdout


def test_entry_is_named_with_its_line(run: Run, folder: Path) -> None:
    path = put(
        folder / "lexicon" / "en.toml",
        'script = "latin"\n[intent.complaint.ours]\ncues = [\n    "fine thing",\n    "log* off",\n]\n',
    )
    remarks = json.loads(run("words", "lexicon", "--json").stdout)["remarks"]
    assert [(each["kind"], each["place"], each["text"]) for each in remarks] == [
        ("never_found", f"{path.relative_to(folder)}:5", "log* off")
    ]


def test_nothing_to_tell_is_told(run: Run, folder: Path) -> None:
    for name, word in (("ar", "زنبركي"), ("en", "zibblewidget")):
        put(
            folder / "lexicon" / f"{name}.toml",
            f'script = "{SCRIPTS[name]}"\n[intent.complaint.ours]\ncues = ["{word}"]\n',
        )
    result = run("words", "lexicon", "--strict")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Nothing is missing, and nothing is odd.")


def test_folder_without_words_is_refused(run: Run, folder: Path) -> None:
    put(folder / "mine" / "company.toml", "")
    put(folder / "empty" / "ar.toml.txt", "")
    for place, reason in (("nowhere", "no folder"), ("mine", "no words of its own yet"), ("empty", "no word files")):
        result = run("words", place)
        assert (result.exit_code, result.stdout) == (2, "")
        assert reason in result.stderr
        assert place in result.stderr

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

pytestmark = pytest.mark.unit

Run = Callable[..., Result]

ARABIC = "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً"
ENGLISH = "What's the pricing for platform development?"
HOURS = "What are your working hours?"
LINES: list[dict[str, object]] = [
    {"text": ARABIC, "persona": "complaints", "sentiment": "negative", "language": "ar", "source": "واتساب"},
    {"text": ENGLISH, "persona": "sales", "intent": "sales_interest", "sentiment": "neutral", "source": "web"},
    {"text": HOURS, "persona": "sales", "intent": "sales_interest", "language": None, "source": "web"},
]


@pytest.fixture
def file(folder: Path) -> Path:
    return write(folder / "messages.jsonl", LINES)


def write(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")
    return path


def test_json_holds_the_parts_that_are_labelled(run: Run, file: Path):
    result = run("evaluate", file.name, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert list(found) == ["items", "persona", "intent", "sentiment", "language"]
    assert found["items"] == 3
    keys = {"accuracy", "macro_f1", "per_class", "confusion", "calibration"}
    assert all(set(found[part]) == keys for part in list(found)[1:])
    persona = found["persona"]
    assert persona["accuracy"] == pytest.approx(2 / 3)
    assert persona["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert persona["per_class"]["sales"] == {"precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2}
    assert persona["confusion"] == {"sales": {"reception": 1, "sales": 1}, "complaints": {"complaints": 1}}
    assert found["sentiment"]["confusion"] == {"neutral": {"neutral": 1}, "negative": {"negative": 1}}
    assert sum(each["items"] for each in persona["calibration"]) == 3


def test_json_can_be_split_by_any_field(run: Run, file: Path):
    found = json.loads(run("evaluate", file.name, "--json", "--by", "source").stdout)
    assert list(found["by"]) == ["web", "واتساب"]
    assert found["by"]["واتساب"]["persona"]["accuracy"] == 1
    assert "intent" not in found["by"]["واتساب"]
    assert sum(each["items"] for each in found["by"].values()) == found["items"]


def test_field_that_no_line_has_is_said_to_be_missing(run: Run, file: Path):
    result = run("evaluate", file.name, "--json", "--by", "sauce")
    assert list(json.loads(result.stdout)["by"]) == ["-"]
    assert "no line of messages.jsonl has a field sauce" in result.stderr


def test_tables_are_aligned_and_say_what_json_says(run: Run, file: Path):
    shown = run("evaluate", file.name).stdout.splitlines()
    assert shown[0] == "3 messages of messages.jsonl"
    assert "persona: 3 labelled, accuracy 0.667, macro-F1 0.833, calibration error" in " ".join(shown)
    start = shown.index("  class       precision  recall     F1  support")
    assert shown[start + 1 : start + 4] == [
        "  reception       0.000   0.000  0.000        0",
        "  sales           1.000   0.500  0.667        2",
        "  complaints      1.000   1.000  1.000        1",
    ]
    assert shown[start + 5 : start + 9] == [
        "  labelled \\ understood as  1  2  3",
        "   1 reception              .  .  .",
        "   2 sales                  1  1  .",
        "   3 complaints             .  .  1",
    ]


def test_mistakes_are_shown_with_label_reason_and_words(run: Run, folder: Path):
    write(folder / "wrong.jsonl", [{"text": ARABIC, "sentiment": "positive"}, {"text": ENGLISH, "intent": "greeting"}])
    shown = run("evaluate", "wrong.jsonl").stdout.splitlines()
    assert shown.count("  1 of 1 mistake, the most confident first") == 2
    at = next(number for number, line in enumerate(shown) if line.startswith("  line 1: negative 0."))
    assert "labelled positive (" in shown[at]
    cited = re.findall(r"^ {6}\[(\d+):(\d+)\] \S+ .*  “(.+)”$", "\n".join(shown[at:]), re.MULTILINE)
    assert any("غاضب" in words for _, _, words in cited)
    assert all(words in (ARABIC[int(start) : int(end)], ENGLISH[int(start) : int(end)]) for start, end, words in cited)
    assert f"    “{ARABIC}”" in shown[at + 2 : at + 6]
    assert any(line.startswith("  line 2: sales_interest 0.") and "labelled greeting (" in line for line in shown)


def test_as_many_mistakes_are_shown_as_asked_for(run: Run, folder: Path):
    write(folder / "wrong.jsonl", [{"text": ENGLISH, "intents": ["greeting", "goodbye"]}] * 12)
    assert run("evaluate", "wrong.jsonl").stdout.count("labelled greeting or goodbye (") == 10
    some = run("evaluate", "wrong.jsonl", "--errors", "3").stdout
    assert "3 of 12 mistakes" in some
    assert some.count("\n  line ") == 3
    assert "mistake" not in run("evaluate", "wrong.jsonl", "--errors", "0").stdout
    assert run("evaluate", "wrong.jsonl", "--errors", "-1").exit_code == 2


def test_arabic_stands_last_on_its_line(run: Run, folder: Path):
    lines: list[dict[str, object]] = [
        {"text": f"{ARABIC}\n{ARABIC}\t{ARABIC}", "intent": "greeting", "sentiment": "positive", "لهجة": "خليجي\n"},
        {"text": ARABIC * 10, "intent": "goodbye", "persona": "sales", "kind": "en", "language": "en"},
    ]
    write(folder / "wrong.jsonl", lines)
    result = run("evaluate", "wrong.jsonl", "--by", "لهجة")
    assert result.exit_code == 0
    for line in result.stdout.splitlines():
        arabic = [at for at, letter in enumerate(line) if "\u0600" <= letter <= "\u06ff"]
        assert not arabic or not any(letter.isascii() and letter.isalnum() for letter in line[arabic[0] :]), line
    assert max(map(len, result.stdout.splitlines())) < 300


def test_split_table_has_one_line_a_value(run: Run, file: Path):
    shown = run("evaluate", file.name, "--by", "source").stdout.splitlines()
    table = shown[shown.index("by source") + 2 :]
    assert table == [
        "  items  persona     F1  intent     F1  sentiment     F1  language     F1  source",
        "      2    0.500  0.667   0.500  0.667      1.000  1.000         .      .  web",
        "      1    1.000  1.000       .      .      1.000  1.000     1.000  1.000  واتساب",
    ]


def test_file_can_come_from_standard_input(run: Run):
    line = json.dumps({"text": ARABIC, "kind": "ar"}, ensure_ascii=False)
    assert json.loads(run("evaluate", "-", "--json", stdin=line).stdout)["kind"]["accuracy"] == 1
    bad = run("evaluate", "-", stdin="{}")
    assert (bad.exit_code, bad.stdout) == (2, "")
    assert bad.stderr.startswith("callcenter: <stdin>:1: ")


@pytest.mark.parametrize(
    ("bad", "reason"), [("nonsense", "no JSON"), ('{"text": "x", "intent": "grumble"}', '"grumble" is none of')]
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_bad_line_is_refused_before_anything_is_printed(options, bad, reason, run: Run, file: Path):
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{bad}\n")
    result = run("evaluate", file.name, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("callcenter: messages.jsonl:4: ")
    assert reason in result.stderr


def test_empty_or_missing_file_ends_with_two(run: Run, folder: Path):
    (folder / "empty.jsonl").touch()
    for name in ("empty.jsonl", "nowhere.jsonl"):
        result = run("evaluate", name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert name in result.stderr


def test_a_companys_own_words_count(run: Run, folder: Path):
    words = folder / "mine" / "lexicon" / "en.toml"
    words.parent.mkdir(parents=True)
    words.write_text(
        'script = "latin"\n[intent.sales_interest.ours]\nweight = 3.0\ncues = ["zibblewidget"]\n', encoding="utf-8"
    )
    write(folder / "own.jsonl", [{"text": "zibblewidget", "intent": "sales_interest"}])

    def accuracy(*options: str, env: dict[str, str] | None = None) -> float:
        return float(json.loads(run("evaluate", "own.jsonl", "--json", *options, env=env).stdout)["intent"]["accuracy"])

    assert accuracy() == 0
    assert accuracy("--company", "mine") == 1
    assert accuracy(env={"CALLCENTER_COMPANY": "mine"}) == 1
    (folder / "bare").mkdir()
    assert accuracy("--company", "bare") == 0
    nowhere = run("evaluate", "own.jsonl", "--company", "nowhere")
    assert (nowhere.exit_code, nowhere.stdout) == (2, "")
    assert "nowhere" in nowhere.stderr


def test_it_explains_itself_in_both_languages(run: Run):
    shown = run("evaluate", "--help").stdout
    assert "Usage: callcenter evaluate " in shown
    assert "كم تكلفة تصميم موقع؟" in shown.partition("Examples:")[2]
    assert "..." not in run("--help").stdout.partition("evaluate")[2].partition("\n")[0]

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from callcenter.calls import MAX_MESSAGE_CHARS
from callcenter.errors import InvalidRequest
from callcenter.evaluation.labels import LabelledMessage, Part, read_labelled

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
GOOD = b'{"text": "hello", "intent": "greeting"}\n'


def read(*lines: object, by: str | None = None) -> list[LabelledMessage]:
    raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
    return read_labelled(raw, "mine.jsonl", by=by)


def refused(*lines: object, by: str | None = None) -> str:
    with pytest.raises(InvalidRequest) as told:
        read(*lines, by=by)
    return told.value.message


@pytest.mark.parametrize("text", ["مرحبا", "hello"])
def test_every_label_given_is_read(text):
    (message,) = read(
        {
            "text": text,
            "persona": "reception",
            "intent": "greeting",
            "sentiment": "very_positive",
            "language": "unknown",
            "kind": "arabizi",
            "dialect": "gulf",
        }
    )
    assert (message.line, message.text, message.group) == (1, text, None)
    assert message.labels == {
        Part.persona: ("reception",),
        Part.intent: ("greeting",),
        Part.sentiment: ("very_positive",),
        Part.language: ("unknown",),
        Part.kind: ("arabizi",),
    }


def test_label_that_is_null_or_missing_is_none():
    (first, second) = read({"text": "hello", "intent": None, "intents": None, "kind": "en"}, {"text": "مرحبا"})
    assert first.labels == {Part.kind: ("en",)}
    assert second.labels == {}


def test_lists_hold_every_label_that_is_right():
    (message,) = read({"text": "x", "intents": ["complaint", "other"], "sentiments": ["angry"]})
    assert message.labels == {Part.intent: ("complaint", "other"), Part.sentiment: ("angry",)}


def test_blank_lines_and_a_byte_order_mark_are_passed_over_and_lines_still_counted():
    found = read(b"\xef\xbb\xbf" + GOOD, b"\n", b"  \r\n", GOOD.replace(b"\n", b"\r\n"))
    assert [message.line for message in found] == [1, 4]


def test_texts_are_cleaned_and_cut_as_a_customers_are():
    (message, long) = read({"text": "\u202eمرحبا\u200f", "kind": "ar"}, {"text": "ab" * MAX_MESSAGE_CHARS})
    assert message.text == "مرحبا"
    assert len(long.text) == MAX_MESSAGE_CHARS


@pytest.mark.parametrize(
    ("value", "group"), [("خليجي", "خليجي"), ("gulf", "gulf"), (3, "3"), (True, "true"), (None, "-"), ("", "-")]
)
def test_a_field_of_the_file_groups_its_lines(value, group):
    first, second = read({"text": "a", "intent": "other", "source": value}, {"text": "b"}, by="source")
    assert (first.group, second.group) == (group, "-")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", "no JSON"),
        (b'{"text": "\xff", "intent": "other"}', "no JSON"),
        (b'{"text": "hello", "intent": "greeting"} {}', "no JSON"),
        (b"[1]", "no JSON object"),
        ({"intent": "greeting"}, "`text` is missing"),
        ({"text": 7}, "`text` is no string"),
        ({"text": " \u200f\n"}, "`text` holds nothing"),
        ({"text": "x", "intent": "grumble"}, 'intent "grumble" is none of complaint, '),
        ({"text": "x", "intent": ""}, 'intent "" is none of'),
        ({"text": "x", "persona": 3}, "persona 3 is none of reception, sales, complaints."),
        ({"text": "x", "sentiment": ["angry"]}, 'sentiment ["angry"] is none of'),
        ({"text": "x", "language": "fr"}, 'language "fr" is none of ar, en, unknown.'),
        (
            {"text": "x", "language": "arabizi"},
            'language "arabizi" is none of ar, en, unknown; what it is written in goes into `kind`.',
        ),
        ({"text": "x", "language": "mixed"}, 'language "mixed" is none of'),
        ({"text": "x", "kind": "french"}, 'kind "french" is none of ar, en, mixed, arabizi, unknown.'),
        ({"text": "x", "intents": "greeting"}, "`intents` is no list"),
        ({"text": "x", "intents": ["greeting", "grumble"]}, 'intent "grumble" is none of'),
        ({"text": "x", "intent": "greeting", "intents": ["greeting"]}, "`intent` and `intents` are both given"),
        ({"text": "x", "intent": "greeting", "source": ["a"]}, "`source` holds more than one value"),
    ],
)
def test_line_that_can_not_be_used_is_named_with_its_reason(line, reason):
    told = refused(GOOD, b"\n", line, by="source")
    assert told.startswith(f"mine.jsonl:3: {reason}")
    assert "\n" not in told


def test_first_lines_at_fault_are_told_at_once():
    told = refused(*[b"nonsense"] * 12, GOOD).splitlines()
    assert [line.partition(": ")[0] for line in told[:-1]] == [f"mine.jsonl:{number}" for number in range(1, 11)]
    assert told[-1] == "and 2 more lines that can't be used."


def test_what_was_written_for_a_label_is_quoted_briefly():
    told = refused({"text": "x", "intent": "long " * 100})
    assert len(told) < 300


@pytest.mark.parametrize(
    ("lines", "reason"), [([], "no messages"), ([b"\n"], "no messages"), ([{"text": "x"}], "label")]
)
def test_file_with_nothing_to_measure_is_refused(lines, reason):
    told = refused(*lines)
    assert told.startswith("mine.jsonl: ")
    assert reason in told


def test_lines_of_the_docs_and_of_the_tests_can_be_read():
    page = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    shown = re.findall(r'^\{"text".*\}$', page, re.MULTILINE)
    assert [sorted(message.labels) for message in read(*(line.encode() for line in shown))] == [
        [Part.intent, Part.language, Part.persona, Part.sentiment],
        [Part.intent, Part.sentiment],
    ]
    ours = (ROOT / "tests" / "data" / "messages.jsonl").read_bytes().splitlines()
    assert len(read(*ours, by="dialect")) == len(ours)

from __future__ import annotations

import pytest

from callcenter.analysis import PhraseIndex

pytestmark = pytest.mark.unit


def matched(phrase: str, text: str) -> list[str]:
    return [text[found.start : found.end] for found in PhraseIndex([(phrase, 1)]).find(text)]


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("web design", "We do Web  Design.", ["Web  Design"]),
        ("cat", "concatenate the category", []),
        ("crash*", "it crashed and keeps crashing", ["crashed", "crashing"]),
        ("don't work", "they dont work; they don’t work", ["dont work", "don’t work"]),
        ("how … cost", "How much does it cost?", ["How much does it cost"]),
        ("how … cost", "How are you? Nothing I want will cost that", []),
        ("تصميم", "للتصميم والتصميم وتصميمها", ["للتصميم", "والتصميم", "وتصميمها"]),
        ("وصل", "الموصل واصل", []),
        ("خدمة سيئة", "وخدمةٌ سيئـــــة", ["وخدمةٌ سيئـــــة"]),
        ("لا", "ولا الا كلا لا", ["ولا", "لا"]),
        ("كم … سعر", "كم لو سمحت سعرها", ["كم لو سمحت سعرها"]),
        ("😡", "why😡now", ["😡"]),
    ],
)
def test_phrases_are_found_as_words(phrase: str, text: str, expected: list[str]) -> None:
    assert matched(phrase, text) == expected


@pytest.mark.parametrize(
    ("text", "negated"), [("ماوصل", True), ("موصلش", True), ("ماوصلش", True), ("وصل", False), ("ووصل", False)]
)
def test_a_glued_negation_is_noticed(text: str, negated: bool) -> None:  # noqa: FBT001 (a table's column)
    (found,) = PhraseIndex([("وصل", 1)]).find(text)
    assert found.negated is negated


def test_every_payload_of_a_phrase_is_found() -> None:
    index = PhraseIndex([("advertising", "ads"), ("Advertising", "media"), ("ads", "ads"), ("", "nothing")])
    assert [found.payload for found in index.find("advertising")] == ["ads", "media"]


def test_an_index_without_phrases_finds_nothing() -> None:
    assert PhraseIndex[str]([]).find("anything") == []

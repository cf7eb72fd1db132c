"""What holds for any text at all, sense or nonsense."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.analysis import MessageAnalysis, analyze, default_lexicons
from tests.analysis.citations import citations

if TYPE_CHECKING:
    from types import FrameType


pytestmark = pytest.mark.unit

LEXICONS = default_lexicons()
PIECES = st.sampled_from(
    [
        *(
            "not",
            "working",
            "never",
            "refund",
            "order number",
            "7474839",
            "how",
            "cost",
            "yesterday",
            "2 weeks",
            "$",
            "50",
        ),
        *("لا", "ما", "يعمل", "وصل", "رقم الطلب", "٥٥١٢", "أمس", "ريال", "جداااا", "سيئـــة", "مشش", "اسمي", "علي"),
        *(
            "3ayez",
            "mesh",
            "shaghal",
            "el",
            "refudn",
            "bkam",
            "+966501234567",
            "a@b.co",
            "https://x.y/z",
            "TKT-12345678",
            "😡",
            "!!",
            "?",
            "\n",
        ),
        *("٫", "ﻻ", "İ", "\u0651", "ـ", ":", "#", "15 march", "مارس 3", "ORD-11", "\ud800", "\x00", "\u202e"),
    ]
)
MESSAGES = st.one_of(
    st.text(alphabet=st.characters(), max_size=200),
    st.lists(PIECES, max_size=25).map(" ".join),
    st.lists(PIECES, max_size=25).map("".join),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES)
def test_spans_match_the_text_and_entities_stand_apart(text: str) -> None:
    found = analyze(text, LEXICONS)
    for cited in citations(found):
        assert cited.start < cited.end
        assert text[cited.start : cited.end] == cited.text
    end = 0
    for entity in found.entities:
        assert end <= entity.start < entity.end <= len(text)
        assert text[entity.start : entity.end] == entity.text
        end = entity.end


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_the_same_text_is_always_understood_the_same_way(text: str) -> None:
    assert analyze(text, LEXICONS) == analyze(text, LEXICONS)


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_what_is_stated_would_pass_validation(text: str) -> None:
    found = analyze(text, LEXICONS)
    assert MessageAnalysis.model_validate(found.model_dump(), strict=True) == found


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_what_is_stated_is_written_as_pydantic_writes_it(text: str) -> None:
    found = analyze(text.encode(errors="ignore").decode(), LEXICONS)  # half a character is written by neither
    assert found.as_json() == found.model_dump_json()


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_the_winner_is_never_less_sure_than_the_others(text: str) -> None:
    found = analyze(text, LEXICONS).intent
    assert all(other.confidence <= found.confidence for other in found.others)
    assert 0 <= found.confidence <= 1


PATHOLOGICAL = [
    *(
        "a",
        "ab",
        "a@",
        "3ab_",
        "@",
        "(",
        "0",
        "12 ",
        "+1(",
        "1,",
        "1/1/",
        "+",
        "'a ",
        "www.!",
        "AAA 1",
        "\n",
        "  ",
        "😡 ",
    ),
    *("not ", "no no ", "not but ", "not working ", "never ", "what if ", "very good ", "how … ", "how cost "),
    *("agent ", "1 sar ", "order 1 ", "order number: ", "is.", "my name is a ", "march 3 "),
    *("el ", "el", "refudn ", "shaghal mesh ", "sh", "3ou", "kh2'", "welshaghalhom ", "2a3", "thx dh ", "réfuünd "),
    *("و و و ", "لا ", "ما ", "ما حدا ", "ماوصل ", "ال", "سعر", "رقم الطلب ", "اسمي و", "\u0651", "ﻻ", "ژ"),
]


@pytest.mark.parametrize("piece", PATHOLOGICAL)
def test_a_huge_message_is_survived(piece: str) -> None:
    """Nothing here takes long; one regular expression that has second thoughts would take for ever."""
    text = f"1 order {piece * (40_000 // len(piece))}_"
    found = analyze(text, LEXICONS)
    assert len(found.entities) <= 32
    assert len(list(citations(found))) < 60


@pytest.mark.parametrize("piece", PATHOLOGICAL)
def test_steps_grow_no_faster_than_the_message(piece: str) -> None:
    """Four times the text takes at most five times the calls, whatever is repeated."""
    short, long = (steps(piece * count) for count in (200, 800))
    assert long <= 5 * short


def steps(text: str) -> int:
    """Count the function calls, Python's and C's, that one analysis makes."""
    made = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal made
        made += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        analyze(text, LEXICONS)
    finally:
        sys.setprofile(before)
    return made

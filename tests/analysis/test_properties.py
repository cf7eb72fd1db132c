"""What holds for any text at all, sense or nonsense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.analysis import analyze, default_lexicons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callcenter.analysis import Evidence, MessageAnalysis

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


def evidence(found: MessageAnalysis) -> Iterator[Evidence]:
    yield from found.intent.evidence
    for other in found.intent.others:
        yield from other.evidence
    yield from found.sentiment.evidence
    yield from found.urgency.evidence
    yield from found.question.evidence
    yield from found.category.evidence
    yield from (act.evidence for act in found.acts)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES)
def test_spans_match_the_text_and_entities_stand_apart(text: str) -> None:
    found = analyze(text, LEXICONS)
    for cited in evidence(found):
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
def test_the_winner_is_never_less_sure_than_the_others(text: str) -> None:
    found = analyze(text, LEXICONS).intent
    assert all(other.confidence <= found.confidence for other in found.others)
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize(
    "piece", ["a", "لا ", "😡 ", "how … ", "1 sar ", "order 1 ", "not working ", "0", "+", "\u0651", "  "]
)
def test_a_huge_message_is_survived(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    found = analyze(text, LEXICONS)
    assert len(found.entities) <= 32
    assert len(list(evidence(found))) < 60

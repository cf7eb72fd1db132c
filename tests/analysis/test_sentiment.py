from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.calls import Sentiment

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.analysis import MessageAnalysis

    Read = Callable[[str], MessageAnalysis]

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("good", Sentiment.positive),
        ("جيد", Sentiment.positive),
        ("absolutely excellent", Sentiment.very_positive),
        ("ممتاز جداً", Sentiment.very_positive),
        ("not good", Sentiment.negative),
        ("مش كويس", Sentiment.negative),
        ("the chair is brown", Sentiment.neutral),
        ("الكرسي بني", Sentiment.neutral),
        ("the food was nice but the waiter was slow and rude", Sentiment.negative),
        ("الأكل حلو بس الخدمة سيئة", Sentiment.negative),
        ("tired of this, third time I call", Sentiment.frustrated),
        ("ثالث مرة أتصل وزهقت", Sentiment.frustrated),
        ("you are thieves", Sentiment.angry),
        ("أنتم نصابين", Sentiment.angry),
        ("I will sue you", Sentiment.angry),
        ("سأرفع قضية وأنا متضايق", Sentiment.angry),
        ("I am not angry", Sentiment.neutral),
        ("لست غاضبا", Sentiment.neutral),
    ],
)
def test_feeling_is_read(read: Read, text: str, sentiment: Sentiment) -> None:
    assert read(text).sentiment.sentiment is sentiment


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("it is good", "it is very good"),
        ("الخدمة جيدة", "الخدمة جيدة جدا"),
        ("a bit slow", "slow"),
        ("slow", "very slow"),
    ],
)
def test_degrees_change_the_strength(read: Read, weaker: str, stronger: str) -> None:
    assert abs(read(weaker).sentiment.score) < abs(read(stronger).sentiment.score)


def test_contrast_leans_to_what_follows(read: Read) -> None:
    assert read("good but slow").sentiment.score < 0 < read("slow but good").sentiment.score


def test_not_bad_is_not_negative(read: Read) -> None:
    assert read("not bad").sentiment.score > 0


def test_shouting_adds_anger_to_displeasure_only(read: Read) -> None:
    assert read("THIS IS TERRIBLE AND BROKEN!!!").sentiment.score < read("this is terrible and broken").sentiment.score
    assert read("THANK YOU SO MUCH!!!").sentiment.score > 0


def test_every_indicator_is_cited(read: Read) -> None:
    found = read("خدمة ممتازة وموظفين محترمين").sentiment
    assert found.emotion_indicators == ("ممتازة", "محترمين")

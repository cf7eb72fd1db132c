"""What is a score from 1 to 5, once one was asked for, and what is none."""

from __future__ import annotations

import pytest

from callcenter.analysis.rating import read_rating

pytestmark = pytest.mark.unit

BARE = {
    "5": 5,
    "٤": 4,
    "۳": 3,
    "5!": 5,
    "خمسة": 5,
    "خمس نجوم": 5,
    "تلاتة": 3,
    "five stars": 5,
    "one": 1,
    "4/5": 4,
    "٤/٥": 4,
    "4 out of 5": 4,
    "٤ من ٥": 4,
    "4 على 5": 4,
    "⭐⭐⭐⭐": 4,
    "★★ ": 2,
    "ممتاز، 5": 5,
    "excellent, 5/5 👍": 5,
    "very bad, 1": 1,
    "I'd give it a 4": 4,
    "أعطيكم خمسة": 5,
    "تقييمي ٣": 3,
    "sorry, I meant 3": 3,
    "لا، قصدي ٤": 4,
    "5, thanks, bye": 5,
    "شكرًا 5": 5,
}
COMMENTED = {
    "2, nobody answered me for a week": 2,
    "٢، لم يرد علي أحد طوال الأسبوع": 2,
    "3 stars because it was slow": 3,
    "٣ من ٥ لأن الرد تأخر": 3,
    "4\nthe chat was quick": 4,
}
NONE = (
    *("", "ممتاز", "excellent", "bad", "سيئ", "👍"),
    *("0", "6", "7", "10", "٩", "4.5", "٣٫٥", "10/10", "8/10", "٥ من ١٠", "9981", "0501234567"),
    *("4 or 5", "بين ٣ و ٤", "3 4"),
    *(
        "order 5",
        "رقم الطلب 5",
        "I want to buy 3 licenses",
        "أريد ٣ نسخ",
        "3 months ago I ordered",
        "call me in 5 minutes",
    ),
    *("no one helped me", "واحد ما رد علي", "none", "someone please", "i'd like 2", "5 " + "x " * 600),
)


@pytest.mark.parametrize(("text", "score"), BARE.items())
def test_a_score_is_read_from_figures_words_and_stars(text: str, score: int) -> None:
    rating = read_rating(text)
    assert rating is not None
    assert (rating.score, rating.bare) == (score, True)


@pytest.mark.parametrize(("text", "score"), COMMENTED.items())
def test_a_score_may_come_with_a_comment(text: str, score: int) -> None:
    rating = read_rating(text)
    assert rating is not None
    assert (rating.score, rating.bare) == (score, False)


@pytest.mark.parametrize("text", NONE)
def test_what_is_not_one_score_is_none(text: str) -> None:
    assert read_rating(text) is None

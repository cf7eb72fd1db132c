from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.calls import Language
from callcenter.llm.offline.counts import Unit, rounded, said
from callcenter.llm.offline.phrases import load_phrasebook

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("unit", "number", "arabic", "english"),
    [
        (Unit.minutes, 1, "دقيقة", "a minute"),
        (Unit.minutes, 5, "5 دقائق", "5 minutes"),
        (Unit.minutes, 15, "15 دقيقة", "15 minutes"),
        (Unit.hours, 1, "ساعة", "an hour"),
        (Unit.hours, 2, "ساعتين", "2 hours"),
        (Unit.hours, 3, "3 ساعات", "3 hours"),
        (Unit.hours, 10, "10 ساعات", "10 hours"),
        (Unit.hours, 11, "11 ساعة", "11 hours"),
        (Unit.hours, 24, "24 ساعة", "24 hours"),
        (Unit.days, 1, "يوم", "a day"),
        (Unit.days, 2, "يومين", "2 days"),
        (Unit.days, 10, "10 أيام", "10 days"),
        (Unit.days, 11, "11 يومًا", "11 days"),
        (Unit.days, 100, "100 يومًا", "100 days"),
        (Unit.days, 103, "103 أيام", "103 days"),
        (Unit.days, 111, "111 يومًا", "111 days"),
    ],
)
def test_counted_nouns_take_their_form(unit, number, arabic, english):
    counts = load_phrasebook().counts[unit]
    assert said(number, counts[Language.ar]) == arabic
    assert said(number, counts[Language.en]) == english


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(seconds=1), (Unit.minutes, 5)),
        (timedelta(minutes=18), (Unit.minutes, 20)),
        (timedelta(minutes=58), (Unit.hours, 1)),
        (timedelta(hours=1), (Unit.hours, 1)),
        (timedelta(hours=1, minutes=30), (Unit.hours, 2)),
        (timedelta(hours=2), (Unit.hours, 2)),
        (timedelta(hours=2, seconds=5), (Unit.hours, 2)),
        (timedelta(hours=24), (Unit.hours, 24)),
        (timedelta(hours=48), (Unit.hours, 48)),
        (timedelta(hours=49), (Unit.days, 3)),
        (timedelta(days=3), (Unit.days, 3)),
    ],
)
def test_time_left_is_rounded_up_but_not_for_the_turn_itself(left, expected):
    assert rounded(left) == expected

"""By when a ticket is answered: by the clock or in working hours, said in both languages and explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls import Language, PriorityLevel
from callcenter.company import Calendar, Hours, Promises, ResponseTimes
from callcenter.company.calendar_words import at_moment, by_moment

pytestmark = pytest.mark.unit

RIYADH = ZoneInfo("Asia/Riyadh")
HOURS = Hours.model_validate(
    {
        "timezone": "Asia/Riyadh",
        "weekly": [
            {"days": ["sunday", "monday", "tuesday", "wednesday", "thursday"], "opens": "09:00", "closes": "18:00"}
        ],
        "holidays": {"country": "SA"},
    }
)
CALENDAR = Calendar(HOURS)
TIMES = {"urgent": 4, "high": 8, "medium": 24, "low": 400}
CLOCK = Promises(ResponseTimes.model_validate(TIMES), CALENDAR)
WORKING = Promises(ResponseTimes.model_validate({**TIMES, "business_hours": True}), CALENDAR)
AR, EN = Language.ar, Language.en


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIYADH)


def explained(promises: Promises, priority: PriorityLevel, since: datetime, language: Language) -> list[str]:
    due_at = promises.due_at(priority, since)
    return [step[language] for step in promises.explain(due_at, priority, since)]


def test_hours_of_the_clock_unless_the_company_says_otherwise():
    thursday = at("2026-11-19T17:00")
    assert CLOCK.due_at(PriorityLevel.high, thursday) == at("2026-11-20T01:00")
    assert CLOCK.within(PriorityLevel.high, thursday) == timedelta(hours=8)


def test_working_hours_where_it_does():
    thursday = at("2026-11-19T17:00")
    assert WORKING.due_at(PriorityLevel.high, thursday) == at("2026-11-22T16:00")
    assert thursday + WORKING.within(PriorityLevel.high, thursday) == at("2026-11-22T16:00")


def test_a_higher_priority_is_never_due_later():
    for hour in range(0, 24 * 14, 5):
        since = at("2026-09-17T00:00") + timedelta(hours=hour)
        due = [WORKING.due_at(each, since) for each in sorted(PriorityLevel, key=lambda each: -each.rank)]
        assert due == sorted(due)


def test_a_due_time_is_explained_day_by_day():
    """Over a weekend and the national day, which is a Wednesday."""
    tuesday = at("2026-09-22T17:30")
    assert explained(WORKING, PriorityLevel.high, tuesday, EN) == [
        "The clock started on Tuesday 22 September at 17:30.",
        "Priority high: an answer within 8:00 h, counted in working time.",
        "On Tuesday 22 September, 17:30–18:00: 0:30 h.",
        "On Wednesday 23 September: closed (National Day Holiday).",
        "On Thursday 24 September, 9:00–16:30: 7:30 h.",
        "So it is due on Thursday 24 September at 16:30.",
    ]
    assert explained(WORKING, PriorityLevel.high, tuesday, AR) == [
        "بدأ الحساب يوم الثلاثاء 22 سبتمبر الساعة 5:30 عصرًا.",
        "الأولوية مرتفعة: الرد خلال 8:00 ساعة من ساعات العمل.",
        "يوم الثلاثاء 22 سبتمبر، من 5:30 عصرًا إلى 6:00 مساءً: 0:30 ساعة.",
        "يوم الأربعاء 23 سبتمبر: لا عمل (اليوم الوطني).",
        "يوم الخميس 24 سبتمبر، من 9:00 صباحًا إلى 4:30 عصرًا: 7:30 ساعة.",
        "موعد الرد يوم الخميس 24 سبتمبر الساعة 4:30 عصرًا.",
    ]


def test_hours_of_the_clock_need_no_days():
    assert explained(CLOCK, PriorityLevel.urgent, at("2026-11-22T12:00"), EN) == [
        "The clock started on Sunday 22 November at 12:00.",
        "Priority urgent: an answer within 4:00 h, counted around the clock.",
        "So it is due on Sunday 22 November at 16:00.",
    ]


def test_a_long_way_is_summed_up():
    steps = explained(WORKING, PriorityLevel.low, at("2026-11-22T09:00"), EN)
    counted = [step for step in steps if "–" in step]
    assert steps[-2] == f"Then {400 - 9 * len(counted)}:00 h of work on the days after."


def test_a_time_that_another_priority_set_is_explained_by_that_one():
    since = at("2026-11-22T12:00")
    due_at = CLOCK.due_at(PriorityLevel.high, since)
    assert "Priority high" in CLOCK.explain(due_at, PriorityLevel.urgent, since)[1].en


def test_a_time_that_nothing_set_now_is_not_explained_away():
    since = at("2026-11-22T12:00")
    steps = CLOCK.explain(since + timedelta(hours=5), PriorityLevel.urgent, since)
    assert [step.en for step in steps][1:] == [
        "It was set when the response times or the opening hours were others than now.",
        "So it is due on Sunday 22 November at 17:00.",
    ]


@pytest.mark.parametrize(
    ("moment", "english", "arabic"),
    [
        ("2026-11-22T16:33", "by 16:35 today", "قبل الساعة 4:35 عصرًا اليوم"),
        ("2026-11-22T16:35", "by 16:35 today", "قبل الساعة 4:35 عصرًا اليوم"),
        ("2026-11-23T09:00", "by 9:00 tomorrow", "قبل الساعة 9:00 صباحًا غدًا"),
        ("2026-11-26T10:00", "by 10:00 on Thursday", "قبل الساعة 10:00 صباحًا يوم الخميس"),
        ("2026-11-29T10:00", "by 10:00 on Sunday 29 November", "قبل الساعة 10:00 صباحًا يوم الأحد 29 نوفمبر"),
        ("2026-11-22T23:58", "by 0:00 tomorrow", "قبل الساعة 12:00 بعد منتصف الليل غدًا"),
    ],
)
def test_a_promise_names_day_and_time(moment, english, arabic):
    now = at("2026-11-22T12:00")
    assert by_moment(CALENDAR, at(moment), now=now, language=EN) == english
    assert by_moment(CALENDAR, at(moment), now=now, language=AR) == arabic


def test_an_opening_names_day_and_time():
    night = at("2026-11-22T22:00").astimezone(UTC)
    opens = CALENDAR.next_opening(night)
    assert at_moment(CALENDAR, opens, now=night, language=EN) == "tomorrow at 9:00"
    assert at_moment(CALENDAR, opens, now=night, language=AR) == "غدًا الساعة 9:00 صباحًا"

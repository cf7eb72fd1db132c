"""Hours read naturally in both languages, and impossible ones are refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from callcenter.calls import Language, LocalizedText
from callcenter.company.hours import Hours, Weekday
from tests.visual import shown

pytestmark = pytest.mark.unit

WORKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday"]
WEEK = [day.value for day in Weekday]


def hours(*openings: tuple[list[str], str, str], note: LocalizedText | None = None) -> Hours:
    weekly = [{"days": days, "opens": opens, "closes": closes} for days, opens, closes in openings]
    return Hours.model_validate({"timezone": "Asia/Riyadh", "weekly": weekly, "note": note})


@pytest.mark.parametrize(
    ("given", "english", "arabic"),
    [
        (
            hours((WORKDAYS, "09:00", "18:00")),
            "Sunday to Thursday, 9:00–18:00; closed on Friday and Saturday",
            "من الأحد إلى الخميس من 9:00 صباحًا حتى 6:00 مساءً، والجمعة والسبت إجازة",
        ),
        (
            hours((["saturday"], "10:00", "14:00"), (WORKDAYS, "09:00", "18:00")),
            "Sunday to Thursday, 9:00–18:00; Saturday, 10:00–14:00; closed on Friday",
            "من الأحد إلى الخميس من 9:00 صباحًا حتى 6:00 مساءً، والسبت من 10:00 صباحًا حتى 2:00 ظهرًا، والجمعة إجازة",
        ),
        (
            hours((WEEK, "10:00", "22:30")),
            "every day, 10:00–22:30",
            "يوميًا من 10:00 صباحًا حتى 10:30 مساءً",
        ),
        (hours((WEEK, "00:00", "24:00")), "every day, around the clock", "يوميًا على مدار الساعة"),
        (
            hours((WEEK, "09:00", "12:00"), (WEEK, "16:00", "21:00")),
            "every day, 9:00–12:00 and 16:00–21:00",
            "يوميًا من 9:00 صباحًا حتى 12:00 ظهرًا ومن 4:00 عصرًا حتى 9:00 مساءً",
        ),
        (
            hours((["monday", "wednesday", "friday"], "09:00", "17:00")),
            "Monday, Wednesday and Friday, 9:00–17:00; closed on Tuesday, Thursday, Saturday and Sunday",
            "الاثنين والأربعاء والجمعة من 9:00 صباحًا حتى 5:00 عصرًا، والثلاثاء والخميس والسبت والأحد إجازة",
        ),
        (
            hours((WEEK, "18:00", "02:00")),
            "every day, 18:00–2:00",
            "يوميًا من 6:00 مساءً حتى 2:00 بعد منتصف الليل",
        ),
        (hours((WEEK, "12:00", "24:00")), "every day, 12:00–0:00", "يوميًا من 12:00 ظهرًا حتى منتصف الليل"),
    ],
)
def test_a_week_is_said_as_people_say_it(given: Hours, english: str, arabic: str):
    assert given.describe(Language.en) == english
    assert given.describe(Language.ar) == arabic


def test_a_note_follows_in_brackets():
    note = LocalizedText(ar="بتوقيت الرياض", en="Riyadh time")
    given = hours((WEEK, "10:00", "22:00"), note=note)
    assert given.describe(Language.en).endswith("22:00 (Riyadh time)")
    assert given.describe(Language.ar).endswith("مساءً (بتوقيت الرياض)")


def test_in_a_right_to_left_line_opening_stands_before_closing():
    seen = shown(hours((WEEK, "09:00", "18:00")).describe(Language.ar))
    assert seen.index("6:00") < seen.index("9:00")


def test_openings_of_a_day_come_earliest_first():
    given = hours((WEEK, "16:00", "21:00"), (["monday"], "09:00", "12:00"))
    assert [each.opens for each in given.on(Weekday.monday)] == [9 * 60, 16 * 60]
    assert [each.opens for each in given.on(Weekday.sunday)] == [16 * 60]


def test_an_opening_past_midnight_is_as_long_as_it_is():
    assert hours((["thursday"], "20:00", "02:00")).on(Weekday.thursday)[0].length == 6 * 60


@pytest.mark.parametrize(
    ("openings", "reason"),
    [
        ([(["monday"], "09:00", "13:00"), (["monday"], "12:00", "18:00")], "overlap on monday"),
        ([(["monday"], "20:00", "03:00"), (["tuesday"], "02:00", "05:00")], "overlap on tuesday"),
        ([(["sunday"], "20:00", "03:00"), (["monday"], "02:00", "05:00")], "overlap on monday"),
        ([(["monday", "monday"], "09:00", "18:00")], "overlap on monday"),
        ([(["monday"], "09:00", "09:00")], "00:00 to 24:00"),
        ([(["monday"], "9 am", "18:00")], "not a time of day"),
        ([(["monday"], "09:00", "25:00")], "not a time of day"),
        ([(["monday"], "09:00", "24:30")], "not a time of day"),
        ([(["someday"], "09:00", "18:00")], "'monday'"),
        ([([], "09:00", "18:00")], "at least 1 item"),
        ([], "at least 1 item"),
    ],
)
def test_impossible_hours_are_refused(openings: list[tuple[list[str], str, str]], reason: str):
    with pytest.raises(ValidationError, match=reason):
        hours(*openings)


def test_openings_may_touch():
    assert hours((["monday"], "09:00", "12:00"), (["monday"], "12:00", "18:00")).on(Weekday.monday)


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(ValidationError, match="IANA"):
        Hours.model_validate(
            {"timezone": "Riyadh", "weekly": [{"days": ["monday"], "opens": "09:00", "closes": "18:00"}]}
        )

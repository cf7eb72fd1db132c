"""A company's calendar: days of every kind, changes of the clocks, and working time that always adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from callcenter.company.calendar import Calendar, DayKind
from callcenter.company.hours import DAY_MINUTES, Hours, Weekday

pytestmark = pytest.mark.unit

WORKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday"]
EVERY_DAY = [each.value for each in Weekday]
NINE_TO_SIX = {"days": WORKDAYS, "opens": "09:00", "closes": "18:00"}
MORNING = {"opens": "09:00", "closes": "12:00"}
HOUR = timedelta(hours=1)


def hours(*weekly, timezone="Asia/Riyadh", **more) -> Hours:
    return Hours.model_validate({"timezone": timezone, "weekly": weekly or (NINE_TO_SIX,), **more})


def calendar(*weekly, timezone="Asia/Riyadh", **more) -> Calendar:
    return Calendar(hours(*weekly, timezone=timezone, **more))


def at(text: str, zone: str = "Asia/Riyadh") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# The week.


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-22T08:59:59", False),
        ("2026-11-22T09:00", True),
        ("2026-11-22T17:59:59", True),
        ("2026-11-22T18:00", False),
        ("2026-11-20T12:00", False),
    ],
)
def test_it_is_open_to_the_second(moment, is_open):
    assert calendar().is_open(at(moment)) is is_open


def test_it_opens_again_after_the_weekend_of_the_region():
    assert calendar().next_opening(at("2026-11-19T18:00")) == at("2026-11-22T09:00")
    noon = at("2026-11-22T12:00")
    assert calendar().next_opening(noon) == noon


def test_a_day_may_have_several_openings():
    evening, morning = ({"days": EVERY_DAY} | each for each in ({"opens": "16:00", "closes": "21:00"}, MORNING))
    split = calendar(evening, morning)
    assert not split.is_open(at("2026-11-22T13:00"))
    assert split.next_opening(at("2026-11-22T13:00")) == at("2026-11-22T16:00")
    assert split.add_business_time(at("2026-11-22T11:00"), 2 * HOUR) == at("2026-11-22T17:00")


def test_an_opening_runs_past_midnight():
    late = calendar({"days": ["sunday"], "opens": "20:00", "closes": "02:00"})
    assert late.is_open(at("2026-11-23T01:59"))
    assert not late.is_open(at("2026-11-23T02:00"))
    assert not late.is_open(at("2026-11-22T01:00"))
    assert late.add_business_time(at("2026-11-22T12:00"), 5 * HOUR) == at("2026-11-23T01:00")


def test_working_hours_go_on_over_the_weekend():
    thursday = at("2026-11-19T17:00")
    assert calendar().add_business_time(thursday, 8 * HOUR) == at("2026-11-22T16:00")
    assert calendar().business_time_between(thursday, at("2026-11-22T10:00")) == 2 * HOUR


def test_the_last_hour_ends_at_closing_not_at_the_next_opening():
    assert calendar().add_business_time(at("2026-11-19T17:00"), HOUR) == at("2026-11-19T18:00")


def test_no_time_at_all_is_now_even_when_closed():
    night = at("2026-11-20T03:00")
    assert calendar().add_business_time(night, timedelta()) == night


def test_time_does_not_run_backwards():
    night = at("2026-11-20T03:00")
    with pytest.raises(ValueError, match="negative"):
        calendar().add_business_time(night, -HOUR)
    with pytest.raises(ValueError, match="earlier"):
        calendar().business_time_between(night, night - HOUR)


# Holidays.

GULF = ["AE", "BH", "KW", "OM", "QA", "SA", "YE"]
LEVANT = ["IQ", "JO", "LB", "PS", "SY"]
AFRICA = ["DJ", "DZ", "EG", "KM", "LY", "MA", "MR", "SD", "SO", "TN"]


@pytest.mark.parametrize("country", [*GULF, *LEVANT, *AFRICA])
def test_eid_is_a_day_off_in_the_arab_world(country):
    """Also in years whose dates are only estimated."""
    always = {"days": EVERY_DAY, "opens": "09:00", "closes": "18:00"}
    plain, off = calendar(always), calendar(always, holidays={"country": country})
    assert plain.opens_on(date(2026, 3, 20))
    assert not off.opens_on(date(2026, 3, 20))
    closed = [day for day in (date(2035, 1, 1) + timedelta(days=each) for each in range(365)) if not off.opens_on(day)]
    assert closed
    assert off.plan(date(2026, 3, 20)).kind is DayKind.holiday


def test_a_holiday_has_a_name_in_both_languages():
    name = calendar(holidays={"country": "SA"}).plan(date(2026, 9, 23)).name
    assert name is not None
    assert (name.ar, name.en) == ("اليوم الوطني", "National Day Holiday")


def test_a_holiday_whose_name_is_not_known_in_arabic_is_still_one():
    name = calendar(holidays={"country": "US"}).plan(date(2026, 12, 25)).name
    assert name is not None
    assert (name.ar, name.en) == ("عطلة رسمية", "Public holiday")


def test_the_evening_before_a_holiday_runs_into_it():
    late = calendar({"days": EVERY_DAY, "opens": "20:00", "closes": "02:00"}, holidays={"country": "SA"})
    assert late.is_open(at("2026-09-23T01:00"))
    assert not late.is_open(at("2026-09-23T21:00"))
    assert not late.is_open(at("2026-09-24T01:00"))


def test_working_hours_skip_a_holiday():
    off = calendar(holidays={"country": "SA"})
    assert off.add_business_time(at("2026-09-22T17:00"), 2 * HOUR) == at("2026-09-24T10:00")


@pytest.mark.parametrize("country", ["XX", "sa", "", "Saudi Arabia"])
def test_a_country_nobody_knows_is_refused(country):
    with pytest.raises(ValidationError, match="holidays are known"):
        hours(holidays={"country": country})


# Ramadan.


def test_ramadan_has_hours_of_its_own():
    """1447: 18 February to 19 March 2026 by the Umm al-Qura calendar."""
    fasting = calendar(ramadan=[{"days": WORKDAYS, "opens": "10:00", "closes": "16:00"}])
    assert fasting.is_open(at("2026-02-17T09:30"))
    assert not fasting.is_open(at("2026-02-18T09:30"))
    assert fasting.is_open(at("2026-03-19T10:00"))
    assert not fasting.is_open(at("2026-03-19T17:00"))
    assert fasting.is_open(at("2026-03-22T17:00"))
    assert fasting.plan(date(2026, 2, 18)).kind is DayKind.ramadan


def test_beyond_the_known_years_the_week_counts():
    fasting = calendar(ramadan=[{"days": EVERY_DAY, "opens": "10:00", "closes": "11:00"}])
    assert {fasting.plan(date(2080, 1, 1) + timedelta(days=each)).kind for each in range(366)} == {DayKind.week}


# Days of their own.

STOCKTAKING = {"ar": "جرد", "en": "Stocktaking"}
ONE_DAY = [{"first": "2026-11-24", "name": STOCKTAKING}]


def test_special_days_close_the_company():
    closed = calendar(special=[{"first": "2026-11-22", "last": "2026-11-23", "name": STOCKTAKING}])
    assert closed.next_opening(at("2026-11-19T18:00")) == at("2026-11-24T09:00")


def test_a_special_opening_comes_before_a_holiday():
    opened = calendar(
        holidays={"country": "SA"},
        special=[{"first": "2026-09-23", "name": STOCKTAKING, "openings": [{"opens": "10:00", "closes": "14:00"}]}],
    )
    assert opened.is_open(at("2026-09-23T11:00"))
    assert not opened.is_open(at("2026-09-23T14:00"))


def test_a_special_morning_does_not_count_twice_with_the_night_before():
    late = calendar(
        {"days": EVERY_DAY, "opens": "20:00", "closes": "06:00"},
        special=[{"first": "2026-11-23", "name": STOCKTAKING, "openings": [{"opens": "04:00", "closes": "08:00"}]}],
    )
    assert late.business_time_between(at("2026-11-22T20:00"), at("2026-11-23T12:00")) == 12 * HOUR
    assert late.add_business_time(at("2026-11-23T03:00"), 4 * HOUR) == at("2026-11-23T07:00")


@pytest.mark.parametrize(
    ("special", "reason"),
    [
        ([{"first": "2026-11-23", "last": "2026-11-22", "name": STOCKTAKING}], "on or after first"),
        ([{"first": "2026-01-01", "last": "2026-12-31", "name": STOCKTAKING}], "at most"),
        (
            [
                {"first": "2026-11-22", "last": "2026-11-24", "name": STOCKTAKING},
                {"first": "2026-11-24", "name": STOCKTAKING},
            ],
            "both on 2026-11-24",
        ),
        (
            [{"first": f"{year}-01-01", "last": f"{year}-04-01", "name": STOCKTAKING} for year in range(2026, 2031)],
            "close the company on more than",
        ),
        (
            [
                {
                    "first": "2026-11-22",
                    "name": STOCKTAKING,
                    "openings": [{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}],
                }
            ],
            "overlap",
        ),
    ],
)
def test_impossible_special_days_are_refused(special, reason):
    with pytest.raises(ValidationError, match=reason):
        hours(special=special)


def test_overlapping_ramadan_hours_are_refused():
    with pytest.raises(ValidationError, match="overlap on monday"):
        hours(ramadan=[NINE_TO_SIX, {"days": ["monday"], "opens": "17:00", "closes": "19:00"}])


# Changes of the clocks: Cairo moves at midnight, Berlin at two or three in the morning.


def test_a_day_round_the_clock_has_the_hours_that_pass():
    everything = calendar({"days": EVERY_DAY, "opens": "00:00", "closes": "24:00"}, timezone="Africa/Cairo")
    for first, passed in (("2026-04-24", 23), ("2026-10-29", 25), ("2026-06-01", 24)):
        start = at(first, "Africa/Cairo")
        end = at((date.fromisoformat(first) + timedelta(days=1)).isoformat(), "Africa/Cairo")
        assert everything.business_time_between(start.astimezone(UTC), end.astimezone(UTC)) == passed * HOUR


@pytest.mark.parametrize(
    ("opens", "closes", "moment", "passed"),
    [
        ("01:00", "05:00", "2026-03-29", 3),
        ("01:00", "05:00", "2026-10-25", 5),
        ("02:15", "02:45", "2026-03-29", 0.5),
        ("02:30", "03:00", "2026-03-29", 0),
        ("09:00", "17:00", "2026-10-25", 8),
    ],
)
def test_openings_keep_the_time_on_the_wall(opens, closes, moment, passed):
    night = calendar({"days": EVERY_DAY, "opens": opens, "closes": closes}, timezone="Europe/Berlin")
    start = at(f"{moment}T00:00", "Europe/Berlin")
    assert night.business_time_between(start, at(f"{moment}T20:00", "Europe/Berlin")) == passed * HOUR


# Whatever the hours, the functions agree with each other.

TIMES = st.integers(0, DAY_MINUTES // 15 - 1).map(lambda quarter: quarter * 15)
ZONES = st.sampled_from(["Asia/Riyadh", "Africa/Cairo", "Europe/Berlin", "America/New_York", "Asia/Beirut", "UTC"])
DURATIONS = st.integers(0, 40 * 60).map(lambda minutes: timedelta(minutes=minutes))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (made aware)


@st.composite
def calendars(draw) -> Calendar:
    def week(least: int) -> list[dict[str, object]]:
        days = draw(st.lists(st.sampled_from(EVERY_DAY), min_size=least, max_size=7, unique=True))
        if not days:
            return []
        cuts = sorted(draw(st.lists(TIMES, min_size=2, max_size=4, unique=True)))
        pairs = zip(cuts[::2], cuts[1::2], strict=False)
        return [{"days": days, "opens": opens, "closes": closes} for opens, closes in pairs]

    country = draw(st.sampled_from([None, "SA", "EG", "LB", "MA"]))
    start = draw(st.dates(date(2026, 1, 1), date(2027, 6, 1)))
    opens, closes = draw(st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1]))
    openings = draw(st.sampled_from([(), ({"opens": opens, "closes": closes},)]))
    last = start + timedelta(days=draw(st.integers(0, 20)))
    return calendar(
        *week(1),
        timezone=draw(ZONES),
        ramadan=week(0),
        holidays=country and {"country": country},
        special=[{"first": start, "last": last, "name": STOCKTAKING, "openings": openings}],
    )


@settings(deadline=None, max_examples=150)
@given(calendars(), MOMENTS, DURATIONS, DURATIONS)
def test_working_time_adds_up(each: Calendar, moment: datetime, first: timedelta, second: timedelta):
    due = each.add_business_time(moment, first)
    assert due >= moment + first
    assert each.business_time_between(moment, due) == first
    assert each.add_business_time(due, second) == each.add_business_time(moment, first + second) or not second
    assert first == timedelta() or each.is_open(due - timedelta(microseconds=1))


@settings(deadline=None, max_examples=150)
@given(calendars(), MOMENTS)
def test_nothing_is_open_before_the_next_opening(each: Calendar, moment: datetime):
    opens = each.next_opening(moment)
    assert opens >= moment
    assert each.is_open(opens)
    assert each.is_open(moment) is (opens == moment)
    assert each.business_time_between(moment, opens) == timedelta()


@settings(deadline=None, max_examples=100)
@given(calendars(), MOMENTS, st.integers(0, 14 * 24 * 60))
def test_working_time_is_the_minutes_it_was_open(each: Calendar, moment: datetime, minutes: int):
    moment = moment.replace(second=0, microsecond=0)
    counted = sum(each.is_open(moment + timedelta(minutes=minute)) for minute in range(minutes))
    assert each.business_time_between(moment, moment + timedelta(minutes=minutes)) == timedelta(minutes=counted)

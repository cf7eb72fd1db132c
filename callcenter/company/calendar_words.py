"""Say moments of a company's calendar as people do: "tomorrow at 9:00", "by 10:00 on Sunday". Pure.

Days are the company's own. Of a week to come the day's name is enough; later days have their date.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from callcenter.calls import Language, LocalizedText
from callcenter.company.calendar import Calendar
from callcenter.company.hours import DAY_NAMES, Weekday, clock_time

_STEP: Final = timedelta(minutes=5)
"""Nobody promises an answer by 16:33."""
_DAY: Final = timedelta(days=1)
_NAMED_DAYS: Final = 7

_AT: Final = LocalizedText(ar="{day} الساعة {time}", en="{day} at {time}")
_BY: Final = LocalizedText(ar="قبل الساعة {time} {day}", en="by {time} {day}")
_NEAR: Final = {0: LocalizedText(ar="اليوم", en="today"), 1: LocalizedText(ar="غدًا", en="tomorrow")}
_ON_DAY: Final = LocalizedText(ar="يوم {day}", en="on {day}")
_DAY_ALONE: Final = LocalizedText(ar="يوم {day}", en="{day}")
_DATE: Final = LocalizedText(ar="{day} {number} {month}", en="{day} {number} {month}")
_MONTHS: Final = (
    LocalizedText(ar="يناير", en="January"),
    LocalizedText(ar="فبراير", en="February"),
    LocalizedText(ar="مارس", en="March"),
    LocalizedText(ar="أبريل", en="April"),
    LocalizedText(ar="مايو", en="May"),
    LocalizedText(ar="يونيو", en="June"),
    LocalizedText(ar="يوليو", en="July"),
    LocalizedText(ar="أغسطس", en="August"),
    LocalizedText(ar="سبتمبر", en="September"),
    LocalizedText(ar="أكتوبر", en="October"),
    LocalizedText(ar="نوفمبر", en="November"),
    LocalizedText(ar="ديسمبر", en="December"),
)


def at_moment(
    calendar: Calendar, moment: datetime, *, now: datetime, language: Language, behind_preposition: bool = False
) -> str:
    """Say when `moment` is, as seen from `now`: "today at 16:00", "on Sunday at 9:00", "on Sunday 6 December at 9:00".

    Days of a week to come go by their names; behind a preposition of the text's own ("for", "until") they bring none.
    """
    day = _day(calendar, moment, now, language, behind_preposition=behind_preposition)
    return _AT[language].format(day=day, time=wall_time(calendar, moment, language))


def by_moment(calendar: Calendar, moment: datetime, *, now: datetime, language: Language) -> str:
    """Say by when something comes that is due at `moment`: never earlier, and at most five minutes later than that."""
    beyond = (moment - datetime.min.replace(tzinfo=UTC)) % _STEP
    said = moment + (_STEP - beyond if beyond else timedelta())
    day = _day(calendar, said, now, language)
    return _BY[language].format(day=day, time=wall_time(calendar, said, language))


def dated(day: date, language: Language, *, behind_preposition: bool = False) -> str:
    """Write a day with its name: "on Sunday 29 November"; behind a preposition "Sunday 29 November"."""
    named = DAY_NAMES[list(Weekday)[day.weekday()]][language]
    date_ = _DATE[language].format(day=named, number=day.day, month=_MONTHS[day.month - 1][language])
    return (_DAY_ALONE if behind_preposition else _ON_DAY)[language].format(day=date_)


def wall_time(calendar: Calendar, moment: datetime, language: Language) -> str:
    """Write the time that the company's clock shows at `moment`."""
    local = moment.astimezone(calendar.zone)
    return clock_time(local.hour * 60 + local.minute, language)


def weekday(calendar: Calendar, moment: datetime) -> Weekday:
    """Return the day of the week it is at the company."""
    return list(Weekday)[calendar.day_of(moment).weekday()]


def _day(
    calendar: Calendar, moment: datetime, now: datetime, language: Language, *, behind_preposition: bool = False
) -> str:
    day = calendar.day_of(moment)
    ahead = (day - calendar.day_of(now)) // _DAY
    if ahead in _NEAR:
        return _NEAR[ahead][language]
    if 0 < ahead < _NAMED_DAYS:
        named = DAY_NAMES[weekday(calendar, moment)][language]
        return (_DAY_ALONE if behind_preposition else _ON_DAY)[language].format(day=named)
    return dated(day, language, behind_preposition=behind_preposition)

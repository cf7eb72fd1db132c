"""Reckon with a company's hours at given moments: open or not, when again, and working time from one to another.

An opening belongs to the day it begins on: one that runs past midnight ends in its own time, whatever the next day is.
What a day is goes by the first of these that applies: special days, public holidays (the `holidays` package), Ramadan
(the Umm al-Qura calendar of `hijridate`, to 2077), the week. Hours are times on the wall: over a change of the clocks
a day's working time is what really passes. Pure: reads no clock; every moment is aware, results are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays
from hijridate import Gregorian

from callcenter.calls import Language, LocalizedText
from callcenter.company.hours import Hours, Interval, PublicHolidays, Weekday

_DAY: Final = timedelta(days=1)
_RAMADAN: Final = 9
_DAYS_REMEMBERED: Final = 2_048
_LONGEST_CLOSED: Final = 1_000
"""Days in a row. `Hours` bounds special days to fewer, and every week has an opening."""
_DAYS: Final = tuple(Weekday)

_HOLIDAY: Final = LocalizedText(ar="عطلة رسمية", en="Public holiday")
"""Where the name of a holiday is not known in both languages."""
_LANGUAGES: Final = {Language.ar: "ar", Language.en: "en"}
"""What the languages' codes begin with in the `holidays` package: ar or ar_EG, en_US."""


class DayKind(StrEnum):
    """Why a day's hours are what they are."""

    week = "week"
    ramadan = "ramadan"
    holiday = "holiday"
    special = "special"


@dataclass(frozen=True, slots=True)
class Span:
    """A time when it is open: from `opens`, up to but not including `closes`; UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The openings that begin on one day."""

    day: date
    kind: DayKind
    name: LocalizedText | None
    """Of a holiday or special day."""
    spans: tuple[Span, ...]
    """In order; none: closed."""


class Calendar:
    """The calendar of one company. Days are worked out once and remembered."""

    def __init__(self, hours: Hours) -> None:
        self.zone: Final = ZoneInfo(hours.timezone)
        self._hours = hours
        self._holidays = _HolidayNames(hours.holidays) if hours.holidays else None
        self.plan: Final = lru_cache(maxsize=_DAYS_REMEMBERED)(self._plan)
        """Return the openings that begin on a day of the company's."""

    def is_open(self, moment: datetime) -> bool:
        """Whether it is open at `moment`; at the minute of closing it is not."""
        at = moment.astimezone(UTC)
        today = self.day_of(at)
        return any(span.opens <= at < span.closes for day in (today - _DAY, today) for span in self.plan(day).spans)

    def next_opening(self, moment: datetime) -> datetime:
        """Return the first moment from `moment` on at which it is open; `moment` itself where it is open then."""
        at = moment.astimezone(UTC)
        return max(at, next(self._from(at)).opens)

    def add_business_time(self, moment: datetime, duration: timedelta) -> datetime:
        """Return the earliest moment until which it was open for `duration` since `moment`.

        `moment` itself for no duration. Raises ValueError for a negative one.
        """
        at = moment.astimezone(UTC)
        left = duration
        if left < timedelta():
            raise ValueError("A duration of business time can't be negative.")
        if not left:
            return at
        for span in self._from(at):
            begins = max(at, span.opens)
            if span.closes - begins >= left:
                return begins + left
            left -= span.closes - begins
        raise AssertionError("the openings of a calendar never end")

    def business_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return for how long it is open from `start` to `end`. Raises ValueError where `end` comes first."""
        return sum((span.closes - span.opens for span in self.spans_between(start, end)), timedelta())

    def spans_between(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield when it is open from `start` to `end`, cut to these. Raises ValueError where `end` comes first."""
        since, until = start.astimezone(UTC), end.astimezone(UTC)
        if until < since:
            raise ValueError("Business time is counted from an earlier moment to a later one.")
        for span in self._from(since):
            if span.opens >= until:
                return
            yield Span(max(since, span.opens), min(until, span.closes))

    def day_of(self, moment: datetime) -> date:
        """Return the company's day at `moment`."""
        return moment.astimezone(self.zone).date()

    def opens_on(self, day: date) -> bool:
        """Whether there are hours that begin on `day`."""
        return bool(self.plan(day).spans)

    def _from(self, at: datetime) -> Iterator[Span]:
        """Yield the openings that end after `at`, in order and apart from each other, without end."""
        day = self.day_of(at) - _DAY
        until, last_open = at, day
        while (day - last_open).days < _LONGEST_CLOSED:
            for span in self.plan(day).spans:
                last_open = day
                # A special day may begin while the evening before still runs.
                opens = max(span.opens, until) if until > at else span.opens
                if span.closes > until:
                    until = span.closes
                    yield Span(opens, span.closes)
            day += _DAY
        raise AssertionError("a calendar that is never open")

    def _plan(self, day: date) -> DayPlan:
        special = next((each for each in self._hours.special if day in each), None)
        if special is not None:
            return DayPlan(day, DayKind.special, special.name, self._spans(day, special.openings))
        name = self._holidays.on(day) if self._holidays else None
        if name is not None:
            return DayPlan(day, DayKind.holiday, name, ())
        ramadan = bool(self._hours.ramadan) and _in_ramadan(day)
        week = self._hours.ramadan if ramadan else self._hours.weekly
        openings = tuple(each for each in week if _DAYS[day.weekday()] in each.days)
        return DayPlan(day, DayKind.ramadan if ramadan else DayKind.week, None, self._spans(day, openings))

    def _spans(self, day: date, openings: tuple[Interval, ...]) -> tuple[Span, ...]:
        spans = (
            Span(self._at(day, each.opens), self._at(day, each.opens + each.length))
            for each in sorted(openings, key=lambda each: each.opens)
        )
        # An opening within the hour that a change of the clocks leaves out is none.
        return tuple(span for span in spans if span.opens < span.closes)

    def _at(self, day: date, minutes: int) -> datetime:
        """Return when the clock on the company's wall shows so many minutes after midnight, the first time it does."""
        wall = datetime.combine(day, time(), self.zone) + timedelta(minutes=minutes)
        return wall.astimezone(UTC)


class _HolidayNames:
    """The public holidays of one place, by their names in every language."""

    def __init__(self, wanted: PublicHolidays) -> None:
        place = holidays.country_holidays(wanted.country, subdiv=wanted.subdivision)
        self._dates = place
        self._named = {
            language: holidays.country_holidays(wanted.country, subdiv=wanted.subdivision, language=code)
            for language, prefix in _LANGUAGES.items()
            if (code := next((each for each in place.supported_languages if each.split("_")[0] == prefix), None))
        }

    def on(self, day: date) -> LocalizedText | None:
        """Return the name of the holiday on `day`; None where it is none."""
        if day not in self._dates:
            return None
        names = {language.value: named.get(day) for language, named in self._named.items()}
        return LocalizedText.model_validate(names) if all(names.get(each.value) for each in Language) else _HOLIDAY


def _in_ramadan(day: date) -> bool:
    try:
        return Gregorian.fromdate(day).to_hijri().month == _RAMADAN
    except OverflowError:  # beyond the dates that Umm al-Qura has been worked out for
        return False

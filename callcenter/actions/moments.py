"""Understand when somebody wants an appointment: "tomorrow at 10", "غدًا الساعة 10", "يوم الأحد العصر", ISO 8601. Pure.

`read` takes a wish from words, `Wish.day_from` and `Wish.starts` turn it into moments of a company's calendar; the day
it is today is an argument. An hour of twelve that the words leave open is taken where the company is open.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from callcenter.analysis.numbers import number_after
from callcenter.analysis.text import normalise
from callcenter.company.calendar import Calendar
from callcenter.company.hours import Weekday

_FILE: Final = Path(__file__).with_name("moments.toml")
_ISO: Final = re.compile(r"(20[0-9]{2})-([01][0-9])-([0-3][0-9])(?:[t ]([0-2][0-9]):([0-5][0-9])(?::[0-9.]+)?(z)?)?")
_FIGURES: Final = re.compile(r"(?<![0-9/.-])([0-3]?[0-9])[/-]([01]?[0-9])(?:[/-](20[0-9]{2}))?(?![0-9/-])")
_CLOCK: Final = re.compile(r"(?<![0-9:/.-])([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?![0-9/.-])")
_HOUR: Final = re.compile(r" ?([01]?[0-9]|2[0-3])(?::([0-5][0-9]))?(?![0-9:/-])")
_BARE_HOUR: Final = re.compile(r"(?<![0-9:/.,-])([01]?[0-9]|2[0-3]) ?$")
_HALF: Final = re.compile(r" ?(?:و ?نصف?|و ?نص)(?![^\W\d_])")
_QUARTER: Final = re.compile(r" ?و ?ربع(?![^\W\d_])")
_QUARTER_TO: Final = re.compile(r" ?الا ?ربع(?![^\W\d_])")
_NOON: Final = 12
_HOURS: Final = 24
_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_HOUR_MINUTES: Final = 60


class Wish(NamedTuple):
    """When somebody wants to come, as far as they said; None: they did not say."""

    ahead: int | None = None
    """Days from today."""
    weekday: Weekday | None = None
    on: tuple[int | None, int, int] | None = None
    """Year, where it was said, month and day."""
    minute: int | None = None
    """After midnight."""
    part: tuple[int, int] | None = None
    """From which hour to which."""
    settled: bool = False
    """The hour is one of twenty-four."""
    utc: bool = False
    """It is not the company's hour but one of UTC, as records are named."""

    @property
    def day_named(self) -> bool:
        """Whether it says which day."""
        return self.ahead is not None or self.weekday is not None or self.on is not None

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not self.day_named and self.minute is None and self.part is None

    def day_from(self, today: date) -> date | None:
        """Return the day meant, on or after `today`; a day gone by where the year was said. None: none, or no such."""
        if self.on is not None:
            return _dated(*self.on, today)
        ahead = self.ahead
        if self.weekday is None:
            return None if ahead is None else today + ahead * _DAY
        start = today if ahead != _WEEK else today + (_WEEK - today.weekday()) % _WEEK * _DAY
        return start + (list(Weekday).index(self.weekday) - start.weekday()) % _WEEK * _DAY

    def starts(self, day: date, calendar: Calendar) -> datetime | None:
        """Return the moment meant on a day; None where no hour was said."""
        if self.minute is None:
            return None
        choices = [self.minute]
        if not self.settled and self.minute < _NOON * _HOUR_MINUTES:
            choices.append(self.minute + _NOON * _HOUR_MINUTES)
        zone = UTC if self.utc else calendar.zone
        moments = [
            datetime.combine(day, time(minute // _HOUR_MINUTES, minute % _HOUR_MINUTES), zone) for minute in choices
        ]
        return next((each for each in moments if calendar.is_open(each)), moments[0])


def read(text: str) -> Wish:
    """Return the wish in a message, empty if there is none."""
    folded = normalise(text).text
    if iso := _ISO.search(folded):
        minute = int(iso[4]) % _HOURS * _HOUR_MINUTES + int(iso[5]) if iso[4] else None
        clock = (
            Wish(minute=minute, settled=True, utc=bool(iso[6])) if minute is not None else _clock(folded[iso.end() :])
        )
        return clock._replace(on=(int(iso[1]), int(iso[2]), int(iso[3])))
    words = _words()
    ahead = next((int(each) for _, each in _all(words.days, folded)), None)
    weekday = next((Weekday(each) for _, each in _all(words.weekdays, folded)), None)
    on = _on(folded, words.months)
    clock = _clock(folded)
    return clock._replace(ahead=ahead, weekday=weekday, on=on)


class _Words(NamedTuple):
    days: Mapping[str, re.Pattern[str]]
    weekdays: Mapping[str, re.Pattern[str]]
    months: Mapping[str, re.Pattern[str]]
    parts: Mapping[str, re.Pattern[str]]
    before: re.Pattern[str]


@cache
def _words() -> _Words:
    tables = TypeAdapter(dict[str, dict[str, list[str]]]).validate_python(tomllib.loads(_FILE.read_text("utf-8")))
    compiled = {name: {key: _pattern(words) for key, words in table.items()} for name, table in tables.items()}
    # "The day after tomorrow" is sought before the "tomorrow" in it.
    days = {key: compiled["days"][key] for key in sorted(compiled["days"], key=int, reverse=True)}
    return _Words(days, compiled["weekdays"], compiled["months"], compiled["parts"], compiled["clock"]["before"])


def _pattern(words: list[str]) -> re.Pattern[str]:
    folded = sorted({normalise(word).text for word in words}, key=len, reverse=True)
    either = "|".join(re.escape(word) for word in folded)
    return re.compile(rf"(?<![^\W\d_])(?:[وبل]|لل|يوم )?(?:{either})(?![^\W\d_])")


def _all(patterns: Mapping[str, re.Pattern[str]], folded: str) -> list[tuple[int, str]]:
    return [(match.start(), key) for key, pattern in patterns.items() if (match := pattern.search(folded))]


def _on(folded: str, months: Mapping[str, re.Pattern[str]]) -> tuple[int | None, int, int] | None:
    """Read "25/11", "25 November", "November 25"."""
    if match := _FIGURES.search(folded):
        return (int(match[3]) if match[3] else None, int(match[2]), int(match[1]))
    for key, pattern in months.items():
        for match in pattern.finditer(folded):
            before = re.search(r"(?<![0-9])([0-3]?[0-9])(?:st|nd|rd|th)? (?:of |من |شهر )?$", folded[: match.start()])
            after = re.match(r" (?:the )?([0-3]?[0-9])(?:st|nd|rd|th)?(?![0-9:])", folded[match.end() :])
            if day := before or after:
                return None, int(key), int(day[1])
    return None


def _clock(folded: str) -> Wish:
    words = _words()
    part = next((span for _, key in _all(words.parts, folded) for span in [tuple(map(int, key.split("-")))]), None)
    hours: tuple[int, int] | None = (part[0], part[1]) if part else None
    found = _minute(folded, words)
    if found is None:
        return Wish(part=hours)
    minute, exact = found
    if hours is not None and minute < _HOUR_MINUTES * (_NOON + 1):
        late = hours[0] >= _NOON
        minute = minute % (_NOON * _HOUR_MINUTES) + (_NOON * _HOUR_MINUTES if late else 0)
        exact = True
    return Wish(minute=minute, part=hours, settled=exact)


def _minute(folded: str, words: _Words) -> tuple[int, bool] | None:
    """Return the minute of the day, and whether it can be one of the other half of the day no more."""
    if match := _CLOCK.search(folded):
        hour = int(match[1])
        return hour * _HOUR_MINUTES + int(match[2]), hour > _NOON or match[1].startswith("0")
    for before in words.before.finditer(folded):
        if match := _HOUR.match(folded, before.end()):
            return _with_quarters(folded, int(match[1]), match.end()), int(match[1]) > _NOON
        worded = number_after(folded, before.end() + 1)
        if worded is not None and 0 < worded[1] <= _NOON:
            whole = int(worded[1])
            rest = int((worded[1] - whole) * _HOUR_MINUTES)
            return whole * _HOUR_MINUTES + (rest or _with_quarters(folded, 0, worded[0])), False
    for pattern in words.parts.values():
        for match in pattern.finditer(folded):
            if bare := _BARE_HOUR.search(folded[: match.start()]):
                return int(bare[1]) * _HOUR_MINUTES, int(bare[1]) > _NOON
    return None


def _with_quarters(folded: str, hour: int, end: int) -> int:
    for pattern, minutes in ((_HALF, 30), (_QUARTER, 15), (_QUARTER_TO, -15)):
        if pattern.match(folded, end):
            return (hour * _HOUR_MINUTES + minutes) % (_HOURS * _HOUR_MINUTES)
    return hour * _HOUR_MINUTES


def _dated(year: int | None, month: int, day: int, today: date) -> date | None:
    """Return a date; without a year the next such day."""
    for each in (year,) if year is not None else (today.year, today.year + 1):
        try:
            on = date(each, month, day)
        except ValueError:
            continue
        if year is not None or on >= today:
            return on
    return None

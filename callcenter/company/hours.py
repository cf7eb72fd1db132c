"""Hold when a company is open and say so in words: a week, Ramadan, holidays, days of their own. Reads no clock.

Whether it is open at a given moment, and due times in working hours, are calendar.py's. The openings of a week never
overlap; one that closes at or before the hour it opens runs into the next day.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from enum import StrEnum
from functools import reduce
from itertools import pairwise
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from callcenter.calls import Language, LocalizedText, Value

DAY_MINUTES: Final = 24 * 60
WEEK_MINUTES: Final = 7 * DAY_MINUTES
_CLOCK_TIME: Final = re.compile(r"(?:([01]?[0-9]|2[0-3]):([0-5][0-9])|(24):(00))", re.ASCII)


class Weekday(StrEnum):
    """A day of the week, Monday first as `datetime.weekday()` counts."""

    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"


def known_timezone(name: object) -> bool:
    """Whether `name` is a time zone of the IANA database."""
    try:
        return isinstance(name, str) and ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def _zone(name: str) -> str:
    if not known_timezone(name):
        raise ValueError(f"{name!r} is not an IANA time zone such as Asia/Riyadh")
    return name


TimezoneName = Annotated[str, AfterValidator(_zone)]


def _minutes(value: object) -> object:
    """Read "09:30" (or TOML's own 09:30:00) as minutes after midnight; "24:00" is the end of the day."""
    if isinstance(value, time):
        return value.hour * 60 + value.minute
    if isinstance(value, str) and (found := _CLOCK_TIME.fullmatch(value)):
        hour, minute = (int(part) for part in found.groups() if part)
        return hour * 60 + minute
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f'{value!r} is not a time of day such as "09:00"')


ClockMinutes = Annotated[int, BeforeValidator(_minutes), Field(ge=0, le=DAY_MINUTES)]
"""Minutes after midnight, 0 to 1440; in a file "09:00"."""


class Interval(Value):
    """The hours between one opening and its closing."""

    opens: ClockMinutes
    closes: ClockMinutes
    """At or before `opens`: on the next day."""

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.opens in {self.closes, DAY_MINUTES}:
            raise ValueError("it opens when it closes; a whole day is 00:00 to 24:00")
        return self

    @property
    def length(self) -> int:
        """Minutes from opening to closing."""
        return (self.closes - self.opens) % DAY_MINUTES or DAY_MINUTES


class Opening(Interval):
    """The hours between one opening and its closing, on each of some days."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]


class PublicHolidays(Value):
    """Whose public holidays are days off; their dates are the `holidays` package's, those of the moon estimated."""

    country: str
    """ISO 3166 code such as SA, EG or AE."""
    subdivision: str | None = None
    """A part of the country with holidays of its own, by its ISO 3166-2 code without the country."""

    @model_validator(mode="after")
    def _check_country(self) -> Self:
        try:
            holidays.country_holidays(self.country, subdiv=self.subdivision)
        except NotImplementedError:
            place = f"{self.country}-{self.subdivision}" if self.subdivision else self.country
            raise ValueError(f"{place!r} is no country (or part of it) whose holidays are known, such as SA") from None
        return self


class SpecialDays(Value):
    """Days with openings of their own, or none: they come before holidays, Ramadan and the week."""

    first: date
    last: date | None = None
    """Included; None: one day only."""
    name: LocalizedText
    """Why, as customers and agents read it: "Stocktaking"."""
    openings: tuple[Interval, ...] = ()
    """None of them: closed."""

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if not self.first <= self.end <= self.first + MOST_SPECIAL_DAYS:
            raise ValueError(f"last must be on or after first, and at most {MOST_SPECIAL_DAYS.days} days later")
        _check_apart([(each.opens, each.length) for each in self.openings], 2 * DAY_MINUTES)
        return self

    @property
    def end(self) -> date:
        """The last day."""
        return self.last or self.first

    def __contains__(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return self.first <= day <= self.end


MOST_SPECIAL_DAYS: Final = timedelta(days=92)
"""A longer change is another week, not special days."""
MOST_CLOSED: Final = 4 * MOST_SPECIAL_DAYS
"""All closures together: they must not close a company for years."""


class Hours(Value):
    """When the company is open."""

    timezone: TimezoneName
    weekly: Annotated[tuple[Opening, ...], Field(min_length=1)]
    ramadan: tuple[Opening, ...] = ()
    """The week of Ramadan by the Umm al-Qura calendar; none: as always."""
    holidays: PublicHolidays | None = None
    """None: open on public holidays."""
    special: tuple[SpecialDays, ...] = ()
    note: LocalizedText | None = None
    """What a customer should know beside the hours: whose time it is, what else is special."""

    @model_validator(mode="after")
    def _check_openings(self) -> Self:
        for week in (self.weekly, self.ramadan):
            starts = ((list(Weekday).index(day), opening) for opening in week for day in opening.days)
            _check_apart([(day * DAY_MINUTES + each.opens, each.length) for day, each in starts], WEEK_MINUTES)
        ordered = sorted(self.special, key=lambda each: each.first)
        for earlier, later in pairwise(ordered):
            if later.first <= earlier.end:
                raise ValueError(f"two special days are both on {later.first.isoformat()}")
        closed = sum((each.end - each.first + timedelta(days=1) for each in ordered if not each.openings), timedelta())
        if closed > MOST_CLOSED:
            raise ValueError(f"special days close the company on more than {MOST_CLOSED.days} days")
        return self

    def on(self, day: Weekday) -> tuple[Opening, ...]:
        """Return the openings that begin on `day`, earliest first; none: closed."""
        return tuple(sorted((each for each in self.weekly if day in each.days), key=lambda each: each.opens))

    def describe(self, language: Language) -> str:
        """Say the week's hours: "Sunday to Thursday, 9:00–18:00; closed on Friday and Saturday"."""
        parts = [self._week(language)]
        if self.ramadan:
            ramadan = self.model_copy(update={"weekly": self.ramadan})
            parts.append(_IN_RAMADAN[language].format(hours=ramadan._week(language)))  # noqa: SLF001 (another of us)
        if self.holidays:
            parts.append(_HOLIDAYS[language])
        said = _join(_SENTENCES, language, parts)
        return _NOTED[language].format(said=said, note=self.note[language]) if self.note else said

    def _week(self, language: Language) -> str:
        groups: dict[str, list[str]] = {}
        for run in self._runs():
            times = _join(_AND, language, [_times(opening, language) for opening in self.on(run[0])])
            groups.setdefault(times, []).extend(_days(run, language))
        closed = groups.pop("", [])
        parts = [
            _OPEN[language].format(days=_join(_AND, language, days), times=times) for times, days in groups.items()
        ]
        if closed:
            parts.append(_CLOSED[language].format(days=_join(_AND, language, closed)))
        return _join(_PARTS, language, parts)

    def _runs(self) -> list[tuple[Weekday, ...]]:
        """Days in a row with the same hours, going round the week from the longest open run."""
        days = list(Weekday)
        times = [tuple((each.opens, each.closes) for each in self.on(day)) for day in days]
        starts = [index for index in range(7) if times[index] != times[index - 1]]
        if not starts:
            return [tuple(days)]
        ends = [*starts[1:], starts[0] + 7]
        runs = [tuple(days[index % 7] for index in range(*run)) for run in zip(starts, ends, strict=True)]
        longest = max(range(len(runs)), key=lambda index: (bool(times[starts[index]]), len(runs[index])))
        return runs[longest:] + runs[:longest]


def _check_apart(spans: list[tuple[int, int]], around: int) -> None:
    """Raise ValueError where two spans, (minute, length), overlap in a round of so many minutes."""
    if not spans:
        return
    ordered = sorted(spans)
    first_again = (ordered[0][0] + around, ordered[0][1])
    for (opens, length), (next_opens, _) in pairwise([*ordered, first_again]):
        if opens + length > next_opens:
            day = f" on {list(Weekday)[next_opens // DAY_MINUTES % 7]}" if around == WEEK_MINUTES else ""
            raise ValueError(f"two openings overlap{day}")


DAY_NAMES: Final = {
    Weekday.monday: LocalizedText(ar="الاثنين", en="Monday"),
    Weekday.tuesday: LocalizedText(ar="الثلاثاء", en="Tuesday"),
    Weekday.wednesday: LocalizedText(ar="الأربعاء", en="Wednesday"),
    Weekday.thursday: LocalizedText(ar="الخميس", en="Thursday"),
    Weekday.friday: LocalizedText(ar="الجمعة", en="Friday"),
    Weekday.saturday: LocalizedText(ar="السبت", en="Saturday"),
    Weekday.sunday: LocalizedText(ar="الأحد", en="Sunday"),
}
_EVERY_DAY: Final = LocalizedText(ar="يوميًا", en="every day")
_DAY_RANGE: Final = LocalizedText(ar="من {first} إلى {last}", en="{first} to {last}")
_TIME_RANGE: Final = LocalizedText(ar="من {opens} حتى {closes}", en="{opens}–{closes}")
_ALL_DAY: Final = LocalizedText(ar="على مدار الساعة", en="around the clock")
_OPEN: Final = LocalizedText(ar="{days} {times}", en="{days}, {times}")
_CLOSED: Final = LocalizedText(ar="{days} إجازة", en="closed on {days}")
_IN_RAMADAN: Final = LocalizedText(ar="وفي رمضان: {hours}", en="in Ramadan: {hours}")
_HOLIDAYS: Final = LocalizedText(ar="والعطل الرسمية إجازة", en="closed on public holidays")
_NOTED: Final = LocalizedText(ar="{said} ({note})", en="{said} ({note})")

_Joiner = tuple[LocalizedText, LocalizedText]
"""How a list is said: between its members, and before the last one."""
_AND: Final[_Joiner] = (
    LocalizedText(ar="{list} و{item}", en="{list}, {item}"),
    LocalizedText(ar="{list} و{item}", en="{list} and {item}"),
)
_PARTS: Final[_Joiner] = (
    LocalizedText(ar="{list}، و{item}", en="{list}; {item}"),
    LocalizedText(ar="{list}، و{item}", en="{list}; {item}"),
)
_SENTENCES: Final[_Joiner] = (
    LocalizedText(ar="{list}، {item}", en="{list}; {item}"),
    LocalizedText(ar="{list}، {item}", en="{list}; {item}"),
)

_CLOCKS: Final[dict[Language, tuple[tuple[int, str], ...]]] = {
    Language.ar: (
        (18 * 60, "{hour12}:{minute:02} مساءً"),
        (15 * 60, "{hour12}:{minute:02} عصرًا"),
        (12 * 60, "{hour12}:{minute:02} ظهرًا"),
        (5 * 60, "{hour12}:{minute:02} صباحًا"),
        (1, "{hour12}:{minute:02} بعد منتصف الليل"),
        (0, "منتصف الليل"),
    ),
    Language.en: ((0, "{hour24}:{minute:02}"),),
}
"""How a time of day is written, from which minute of the day on, latest first. Arabic names the part of the day, as
speakers do; English takes the 24-hour clock."""

_FIRST_MINUTE: Final = LocalizedText(ar="12:00 بعد منتصف الليل", en="0:00")


def _time(minutes: int, language: Language) -> str:
    hour, minute = divmod(minutes % DAY_MINUTES, 60)
    form = next(form for since, form in _CLOCKS[language] if minutes % DAY_MINUTES >= since)
    return form.format(hour24=hour, hour12=hour % 12 or 12, minute=minute)


def clock_time(minutes: int, language: Language) -> str:
    """Write a time of day that begins a day as one of that day: "0:00", "12:00 بعد منتصف الليل"."""
    return _FIRST_MINUTE[language] if minutes % DAY_MINUTES == 0 else _time(minutes, language)


def _times(opening: Opening, language: Language) -> str:
    if opening.length == DAY_MINUTES:
        return _ALL_DAY[language]
    return _TIME_RANGE[language].format(opens=_time(opening.opens, language), closes=_time(opening.closes, language))


def _days(run: tuple[Weekday, ...], language: Language) -> list[str]:
    """Name a run of days: a pair by name, more as a range."""
    if len(run) == len(Weekday):
        return [_EVERY_DAY[language]]
    if len(run) > len(("first", "last")):
        return [_DAY_RANGE[language].format(first=DAY_NAMES[run[0]][language], last=DAY_NAMES[run[-1]][language])]
    return [DAY_NAMES[day][language] for day in run]


def _join(joiner: _Joiner, language: Language, items: list[str]) -> str:
    if not items:
        return ""
    between, before_last = joiner[0][language], joiner[1][language]
    *leading, last = items
    if not leading:
        return last
    return before_last.format(list=reduce(lambda said, item: between.format(list=said, item=item), leading), item=last)

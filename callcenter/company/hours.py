"""Hold when a company is open and say so in words. Weekly openings in one time zone, plain data; reads no clock.

Whether it is open at a given moment, and due times in working hours, are for those who have a moment to ask about.
Openings never overlap; one that closes at or before the hour it opens runs into the next day.
"""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum
from functools import reduce
from itertools import pairwise
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

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


class Opening(Value):
    """The hours between one opening and its closing, on each of some days."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
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


class Hours(Value):
    """When the company is open in a week."""

    timezone: TimezoneName
    weekly: Annotated[tuple[Opening, ...], Field(min_length=1)]
    note: LocalizedText | None = None
    """What a customer should know beside the hours: whose time it is, holidays."""

    @model_validator(mode="after")
    def _check_overlap(self) -> Self:
        spans = sorted(
            (day * DAY_MINUTES + opening.opens, opening.length)
            for opening in self.weekly
            for day in (list(Weekday).index(named) for named in opening.days)
        )
        first_again = (spans[0][0] + WEEK_MINUTES, spans[0][1])
        for (opens, length), (next_opens, _) in pairwise([*spans, first_again]):
            if opens + length > next_opens:
                day = list(Weekday)[next_opens // DAY_MINUTES % 7]
                raise ValueError(f"two openings overlap on {day}")
        return self

    def on(self, day: Weekday) -> tuple[Opening, ...]:
        """Return the openings that begin on `day`, earliest first; none: closed."""
        return tuple(sorted((each for each in self.weekly if day in each.days), key=lambda each: each.opens))

    def describe(self, language: Language) -> str:
        """Say the week's hours: "Sunday to Thursday, 9:00–18:00; closed on Friday and Saturday"."""
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
        said = _join(_PARTS, language, parts)
        return _NOTED[language].format(said=said, note=self.note[language]) if self.note else said

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


def _time(minutes: int, language: Language) -> str:
    hour, minute = divmod(minutes % DAY_MINUTES, 60)
    form = next(form for since, form in _CLOCKS[language] if minutes % DAY_MINUTES >= since)
    return form.format(hour24=hour, hour12=hour % 12 or 12, minute=minute)


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

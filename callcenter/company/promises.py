"""Reckon by when a company answers a ticket, and say why that is so. Pure: the moment is an argument.

Hours of the clock or working hours, as the company chose: what is stored, told to customers and shown to agents all
come from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from callcenter.calls import Language, LocalizedText, PriorityLevel
from callcenter.company.calendar import Calendar, DayKind, DayPlan
from callcenter.company.calendar_words import dated, wall_time
from callcenter.company.profile import ResponseTimes

_DAY: Final = timedelta(days=1)
_STEPS_SHOWN: Final = 14
"""Days that are told one by one; of a longer way the rest is summed up."""

_CAME: Final = LocalizedText(ar="بدأ الحساب {day} الساعة {time}.", en="The clock started {day} at {time}.")
_CLOCK: Final = LocalizedText(
    ar="الأولوية {priority}: الرد خلال {hours} من ساعات اليوم كلها، لا ساعات العمل وحدها.",
    en="Priority {priority}: an answer within {hours}, counted around the clock.",
)
_WORKING: Final = LocalizedText(
    ar="الأولوية {priority}: الرد خلال {hours} من ساعات العمل.",
    en="Priority {priority}: an answer within {hours}, counted in working time.",
)
_COUNTED: Final = LocalizedText(ar="{day}، من {opens} إلى {closes}: {length}.", en="{day}, {opens}–{closes}: {length}.")
_SKIPPED: Final = LocalizedText(ar="{day}: لا عمل ({reason}).", en="{day}: closed ({reason}).")
_REST: Final = LocalizedText(
    ar="ثم {length} من العمل في الأيام التالية.", en="Then {length} of work on the days after."
)
_DUE: Final = LocalizedText(ar="موعد الرد {day} الساعة {time}.", en="So it is due {day} at {time}.")
_OTHERWISE: Final = LocalizedText(
    ar="حُدّد هذا الموعد حين كانت أوقات الاستجابة أو أوقات العمل غير ما هي عليه الآن.",
    en="It was set when the response times or the opening hours were others than now.",
)
_LENGTH: Final = LocalizedText(ar="{hours}:{minutes:02} ساعة", en="{hours}:{minutes:02} h")
_PRIORITIES: Final = {
    PriorityLevel.low: LocalizedText(ar="منخفضة", en="low"),
    PriorityLevel.medium: LocalizedText(ar="متوسطة", en="medium"),
    PriorityLevel.high: LocalizedText(ar="مرتفعة", en="high"),
    PriorityLevel.urgent: LocalizedText(ar="عاجلة", en="urgent"),
}
_REASONS: Final = {
    DayKind.week: LocalizedText(ar="إجازة الأسبوع", en="day off"),
    DayKind.ramadan: LocalizedText(ar="إجازة الأسبوع في رمضان", en="day off in Ramadan"),
}


class Promises:
    """By when a company answers, reckoned by its calendar."""

    def __init__(self, times: ResponseTimes, calendar: Calendar) -> None:
        self._times = times
        self._calendar = calendar

    def due_at(self, priority: PriorityLevel, since: datetime) -> datetime:
        """Return until when somebody acts on a ticket of `priority` whose clock started at `since`."""
        within = self._times.within(priority)
        return self._calendar.add_business_time(since, within) if self._times.business_hours else since + within

    def within(self, priority: PriorityLevel, now: datetime) -> timedelta:
        """Return how long from `now` on that is by the clock."""
        return self.due_at(priority, now) - now

    def explain(self, due_at: datetime, priority: PriorityLevel, since: datetime) -> tuple[LocalizedText, ...]:
        """Tell step by step why a ticket is due at `due_at` whose clock started at `since` with this priority.

        Where another priority fits instead, it is that one's time that was promised; where none does, the company's
        times were others then, and the steps say so.
        """
        fits = (each for each in (priority, *PriorityLevel) if self.due_at(each, since) == due_at)
        found = next(fits, None)
        if found is None:
            return (self._moment(_CAME, since), _OTHERWISE, self._moment(_DUE, due_at))
        within = _length(self._times.within(found))
        rule = _WORKING if self._times.business_hours else _CLOCK
        said = _texts(rule, priority=_PRIORITIES[found], hours=within)
        counted = self._counted(since, due_at) if self._times.business_hours else ()
        return (self._moment(_CAME, since), said, *counted, self._moment(_DUE, due_at))

    def _counted(self, since: datetime, due_at: datetime) -> Iterator[LocalizedText]:
        """Tell each day from one moment to another: when it was worked, or why not."""
        calendar = self._calendar
        spans = list(calendar.spans_between(since, due_at))
        by_day: dict[date, list[LocalizedText]] = {}
        lengths: dict[date, timedelta] = {}
        for span in spans:
            day = calendar.day_of(span.opens)
            length = span.closes - span.opens
            lengths[day] = lengths.get(day, timedelta()) + length
            by_day.setdefault(day, []).append(
                _texts(
                    _COUNTED,
                    day=_dated(day),
                    opens=self._time(span.opens),
                    closes=self._time(span.closes),
                    length=_length(length),
                )
            )
        first, last = calendar.day_of(since), calendar.day_of(due_at)
        days = [first + each * _DAY for each in range((last - first).days + 1)]
        for day in days[:_STEPS_SHOWN]:
            if day in by_day:
                yield from by_day[day]
            elif not (plan := calendar.plan(day)).spans:
                yield _texts(_SKIPPED, day=_dated(day), reason=_reason(plan))
        if rest := sum((lengths.get(day, timedelta()) for day in days[_STEPS_SHOWN:]), timedelta()):
            yield _texts(_REST, length=_length(rest))

    def _moment(self, text: LocalizedText, moment: datetime) -> LocalizedText:
        return _texts(text, day=_dated(self._calendar.day_of(moment)), time=self._time(moment))

    def _time(self, moment: datetime) -> LocalizedText:
        said = {each.value: wall_time(self._calendar, moment, each) for each in Language}
        return LocalizedText.model_validate(said)


def _dated(day: date) -> LocalizedText:
    return LocalizedText.model_validate({each.value: dated(day, each) for each in Language})


def _reason(plan: DayPlan) -> LocalizedText:
    return plan.name or _REASONS[plan.kind]


def _length(length: timedelta) -> LocalizedText:
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    return LocalizedText.model_validate(
        {each.value: _LENGTH[each].format(hours=hours, minutes=minutes) for each in Language}
    )


def _texts(text: LocalizedText, **names: LocalizedText) -> LocalizedText:
    """Fill a text in every language."""
    filled = {
        each.value: text[each].format(**{name: value[each] for name, value in names.items()}) for each in Language
    }
    return LocalizedText.model_validate({language: said[:1].upper() + said[1:] for language, said in filled.items()})

"""Book consultations at free times within the company's calendar; the table `bookings` keeps them.

A booking's record is named by the moment it begins, so two who want the same time meet at one record and one of them is
told the next free time. Times begin at every opening and go on in steps of one consultation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from callcenter.actions import moments, wording
from callcenter.actions.action import Caller, Plan, Request
from callcenter.actions.arguments import Consultation, kept, parsed
from callcenter.actions.identity import receipt
from callcenter.actions.records import Change, Record, RecordStore
from callcenter.actions.wording import incomplete, say
from callcenter.calls import ActionArguments, ActionCode, ActionName, ActionResult
from callcenter.company import Company

BOOKINGS: Final = "bookings"
CANCELLED: Final = "cancelled"
_NOTICE: Final = timedelta(minutes=30)
"""A consultation is booked at least so long before."""
_HORIZON: Final = timedelta(days=90)


class BookConsultation:
    """Books one consultation."""

    def __init__(self, company: Company) -> None:
        self._calendar = company.calendar
        self._length = timedelta(minutes=company.actions.consultation_minutes)

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:
        """Answer a wish that can't be met with the next free time, which a yes then takes."""
        asked = parsed(Consultation, arguments)
        taken = {each.id: each for each in await records.records(BOOKINGS)}
        wish = moments.read(asked.when or "")
        start, wanted, key = self._wanted(wish, now)
        free = next(self._free(start, taken), None)
        if free is None:
            return Plan(ActionResult(code=ActionCode.not_possible, text=say("no_slot")))
        if wanted is None or wanted != free:
            if wanted is not None and key == "slot_taken" and not self._is_busy(wanted, taken):
                key = "slot_closed" if not self._calendar.is_open(wanted) else "slot_day_only"
            proposed = Request(action=ActionName.book_consultation, arguments={"proposed": _name(free)})
            text = say(key, slot=wording.at(self._calendar, free, now))
            return Plan(incomplete("when", text, next=free.isoformat()), request=proposed)
        settled = Request(action=ActionName.book_consultation, arguments={**kept(asked), "when": _name(free)})
        phone, email = caller.phone or caller.slots.phone, caller.email or caller.slots.email
        if not (phone or email):
            return Plan(incomplete("contact", say("ask_contact_for_booking")), request=settled)
        known = taken.get(_name(free))
        version = known.version if known else 0
        number = receipt("BK", BOOKINGS, _name(free), version)
        fields = {
            "number": number,
            "starts_at": free.isoformat(),
            "ends_at": (free + self._length).isoformat(),
            "phone": phone or "",
            "email": email or "",
            "name": caller.slots.name or "",
            "status": "booked",
            "booked_at": now.isoformat(),
        }
        result = ActionResult(
            code=ActionCode.done,
            text=say("booked", slot=wording.at(self._calendar, free, now), receipt=number),
            receipt=number,
            data={"starts_at": free.isoformat(), "minutes": int(self._length.total_seconds() // 60)},
        )
        change = Change(table=BOOKINGS, id=_name(free), version=version, fields=fields)
        return Plan(result, (change,), settled)

    def _wanted(self, wish: moments.Wish, now: datetime) -> tuple[datetime, datetime | None, str]:
        """Return from when on a free time is sought, the moment wished for, and what is said if that can't be."""
        soonest = now + _NOTICE
        if wish.empty:
            return soonest, None, "ask_when"
        today = self._calendar.day_of(now)
        day = wish.day_from(today) if wish.day_named else None
        if wish.day_named and day is None:
            return soonest, None, "ask_when"
        moment = wish.starts(day or today, self._calendar)
        if moment is not None and day is None and (moment < soonest or not self._calendar.is_open(moment)):
            opening = self._calendar.next_opening(
                datetime.combine(today + timedelta(days=1), time(), self._calendar.zone)
            )
            moment = wish.starts(self._calendar.day_of(opening), self._calendar)
        if moment is not None:
            moment = moment.astimezone(UTC)
            return (max(moment, soonest), moment, "slot_taken") if moment >= soonest else (soonest, moment, "slot_past")
        hour = wish.part[0] if wish.part else 0
        begins = datetime.combine(day or today, time(hour % 24), self._calendar.zone).astimezone(UTC)
        return max(begins, soonest), None, "slot_day_only"

    def _free(self, since: datetime, taken: dict[str, Record]) -> Iterator[datetime]:
        """Yield the free times from a moment on, in order."""
        day = self._calendar.day_of(since)
        until = since + _HORIZON
        for span in self._calendar.spans_between(datetime.combine(day, time(), self._calendar.zone), until):
            start = span.opens
            while start + self._length <= span.closes:
                if start >= since and not self._is_busy(start, taken):
                    yield start
                start += self._length

    def _is_busy(self, start: datetime, taken: dict[str, Record]) -> bool:
        known = taken.get(_name(start))
        return known is not None and known.fields.get("status") != CANCELLED


def _name(start: datetime) -> str:
    """Return how a time is named in records and arguments: ISO 8601, UTC, to the minute."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")

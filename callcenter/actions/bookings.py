"""Book consultations at free times within the company's calendar; the table `bookings` keeps them.

A booking's record is named by the moment it begins, so two who want the same time meet at one record and one of them is
told the next free time. Times begin at every opening and go on in steps of one consultation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Final

from callcenter.actions import moments, wording
from callcenter.actions.action import Caller, Plan, Request
from callcenter.actions.arguments import Consultation, parsed
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
_LATEST: Final = timedelta(days=366)
_MOST_LOOKED_AT: Final = 200
"""Times in a row that are taken; more than that is told to a human."""


class BookConsultation:
    """Books one consultation."""

    def __init__(self, company: Company) -> None:
        self._calendar = company.calendar
        self._length = timedelta(minutes=company.actions.consultation_minutes)

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:
        """Answer a wish that can't be met with the next free time, which a yes then takes."""
        asked = parsed(Consultation, arguments)
        wish = moments.read(asked.when or "")
        start, wanted, key = self._wanted(wish, now)
        free, known = await self._next_free(start, records)
        if free is None:
            return Plan(ActionResult(code=ActionCode.not_possible, text=say("no_slot")))
        if wanted is None or wanted != free:
            if wanted is not None and key == "slot_taken" and not await self._is_taken(wanted, records):
                key = "slot_day_only" if self._calendar.is_open(wanted) else "slot_closed"
            proposed = Request(action=ActionName.book_consultation, arguments={"proposed": _name(free)})
            text = say(key, slot=wording.at(self._calendar, free, now))
            return Plan(incomplete("when", text, next=free.isoformat()), request=proposed)
        settled = Request(action=ActionName.book_consultation, arguments={"when": _name(free)})
        phone, email = caller.phone or caller.slots.phone, caller.email or caller.slots.email
        if not (phone or email):
            return Plan(incomplete("contact", say("ask_contact_for_booking")), request=settled)
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
            text=say("booked", slot=wording.at(self._calendar, free, now, behind_preposition=True), receipt=number),
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
        if wish.day_named and (day is None or day > today + _LATEST):
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

    async def _next_free(self, since: datetime, records: RecordStore) -> tuple[datetime | None, Record | None]:
        """Return the first free time from a moment on, and the record of a booking that was cancelled there."""
        for start in islice(self._times(since), _MOST_LOOKED_AT):
            known = await records.record(BOOKINGS, _name(start))
            if known is None or known.fields.get("status") == CANCELLED:
                return start, known
        return None, None

    async def _is_taken(self, start: datetime, records: RecordStore) -> bool:
        known = await records.record(BOOKINGS, _name(start))
        return known is not None and known.fields.get("status") != CANCELLED

    def _times(self, since: datetime) -> Iterator[datetime]:
        """Yield the times at which a consultation can begin, from a moment on, in order."""
        midnight = datetime.combine(self._calendar.day_of(since), time(), self._calendar.zone)
        for span in self._calendar.spans_between(midnight, since + _HORIZON):
            start = span.opens
            while start + self._length <= span.closes:
                if start >= since:
                    yield start
                start += self._length


def _name(start: datetime) -> str:
    """Return how a time is named in records and arguments: ISO 8601, UTC, to the minute."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")

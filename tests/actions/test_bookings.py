"""Consultations are booked at free times within business hours, never twice, whatever words the wish is said in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.actions import Change, Plan, Request
from callcenter.actions.moments import read
from callcenter.actions.registry import Actions
from callcenter.calls import ActionCode, ActionName, CallId
from callcenter.company import DEMO, load_company
from callcenter.errors import InvalidRequest
from tests.actions.shelf import NOW, Shelf, caller

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
CALL = CallId("call-1")
SARA = caller(phone="+966501234567")
OMAR = caller(phone="+201001234567")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def actions(shelf: Shelf) -> Actions:
    return Actions(COMPANY, shelf)


def wish(when: str | None = None) -> Request:
    return Request(action=ActionName.book_consultation, arguments={} if when is None else {"when": when})


def start_of(planned: Plan) -> str:
    assert planned.result.code is ActionCode.done, planned.result
    return str(planned.result.data["starts_at"])


# NOW is Sunday 22 November 2026, 11:00 in Riyadh (UTC+3). Open Sunday to Thursday 9-18, Saturday 10-14.
@pytest.mark.parametrize(
    ("words", "starts"),
    [
        ("tomorrow at 10", "2026-11-23T07:00"),
        ("Could you book me tomorrow at 10:30 please", "2026-11-23T07:30"),
        ("غدًا الساعة 10", "2026-11-23T07:00"),
        ("بكرة الساعة ١٠ ونص", "2026-11-23T07:30"),
        ("بكرا الساعة عشرة", "2026-11-23T07:00"),
        ("بعد بكرة الساعة 3", "2026-11-24T12:00"),
        ("the day after tomorrow at 3 pm", "2026-11-24T12:00"),
        ("بعد غد الساعة 3 العصر", "2026-11-24T12:00"),
        ("Tuesday at 2", "2026-11-24T11:00"),
        ("يوم الثلاثاء الساعة ٢", "2026-11-24T11:00"),
        ("الأربعاء الساعة 9 صباحًا", "2026-11-25T06:00"),
        ("on Saturday at 11am", "2026-11-28T08:00"),
        ("next week on Monday at 9", "2026-11-23T06:00"),
        ("25 November at 12", "2026-11-25T09:00"),
        ("25 نوفمبر الساعة 12", "2026-11-25T09:00"),
        ("25/11 at 16:00", "2026-11-25T13:00"),
        ("2026-11-25T13:00Z", "2026-11-25T13:00"),
        ("2026-11-25T16:00", "2026-11-25T13:00"),
        ("2026-11-25 الساعة 3", "2026-11-25T12:00"),
        ("2026-11-25 3 pm", "2026-11-25T12:00"),
        ("today at 4", "2026-11-22T13:00"),
        ("اليوم الساعة 5 مساء", "2026-11-22T14:00"),
        ("at 15:00", "2026-11-22T12:00"),
        ("الساعة 9", "2026-11-23T06:00"),
    ],
)
async def test_words_are_understood(actions: Actions, words: str, starts: str):
    assert start_of(await actions.plan(wish(words), SARA, NOW)) == f"{starts}:00+00:00"


@pytest.mark.parametrize("words", ["hello", "مرحبا", "I have 3 questions", "السعر 500 ريال", "my number is 0501234567"])
def test_words_that_name_no_time_are_no_wish(words: str):
    assert read(words).empty


async def test_without_a_wish_the_next_free_time_is_proposed_and_a_yes_takes_it(actions: Actions):
    planned = await actions.plan(wish(), SARA, NOW)
    assert (planned.result.code, planned.result.missing) == (ActionCode.incomplete, ("when",))
    assert "today at 11:30" in planned.result.text.en
    assert "اليوم الساعة 11:30 صباحًا" in planned.result.text.ar
    assert planned.request is not None
    assert planned.request.arguments["proposed"] == "2026-11-22T08:30Z"


async def test_the_plan_names_the_time_itself_so_that_tomorrow_stays_the_same_day(actions: Actions):
    planned = await actions.plan(wish("tomorrow at 10"), SARA, NOW)
    assert planned.request is not None
    assert planned.request.arguments["when"] == "2026-11-23T07:00Z"
    assert actions.summary(planned.request).en == "Book a consultation on Monday 23 November at 10:00"
    assert actions.summary(planned.request).ar == "حجز استشارة يوم الاثنين 23 نوفمبر الساعة 10:00 صباحًا"
    later = await actions.plan(planned.request, SARA, NOW + timedelta(hours=12))
    assert start_of(later) == "2026-11-23T07:00:00+00:00"


async def test_two_cannot_have_one_time(actions: Actions, shelf: Shelf):
    first = await actions.run("a", CALL, wish("tomorrow at 10"), SARA, NOW)
    assert first.done
    second = await actions.run("b", CALL, wish("غدًا الساعة 10"), OMAR, NOW)
    assert (second.code, second.missing) == (ActionCode.incomplete, ("when",))
    assert "tomorrow at 10:30" in second.text.en
    assert shelf.kept["bookings", "2026-11-23T07:00Z"].fields["phone"] == "+966501234567"


async def test_two_who_plan_at_once_do_not_both_get_it(actions: Actions, shelf: Shelf):
    """Both see it free; the one who writes second plans again."""
    planned = await actions.plan(wish("tomorrow at 10"), OMAR, NOW)
    assert planned.result.done
    await actions.run("a", CALL, wish("tomorrow at 10"), SARA, NOW)
    assert planned.request is not None
    assert (await actions.run("b", CALL, planned.request, OMAR, NOW)).code is ActionCode.incomplete
    assert len(await shelf.records("bookings")) == 1


async def test_a_cancelled_booking_frees_its_time(actions: Actions, shelf: Shelf):
    await actions.run("a", CALL, wish("tomorrow at 10"), SARA, NOW)
    kept = shelf.kept["bookings", "2026-11-23T07:00Z"]
    shelf.put(Change(table="bookings", id=kept.id, version=kept.version, fields=kept.fields | {"status": "cancelled"}))
    assert (await actions.run("b", CALL, wish("tomorrow at 10"), OMAR, NOW)).done
    assert shelf.kept["bookings", kept.id].version == 3


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("Friday at 10", "2026-11-28T07:00Z"),  # closed: Saturday 10:00
        ("يوم الجمعة الساعة 10", "2026-11-28T07:00Z"),
        ("tomorrow at 20:00", "2026-11-24T06:00Z"),
        ("tomorrow at 17:45", "2026-11-24T06:00Z"),  # too short before closing
        ("tomorrow at 10:10", "2026-11-23T07:30Z"),  # between two times
        ("today at 9:00", "2026-11-22T08:30Z"),  # gone by
        ("tomorrow", "2026-11-23T06:00Z"),
        ("tomorrow afternoon", "2026-11-23T09:00Z"),
        ("بكرة العصر", "2026-11-23T09:00Z"),
    ],
)
async def test_a_wish_that_cannot_be_is_answered_with_the_next_free_time(actions: Actions, words: str, proposed: str):
    planned = await actions.plan(wish(words), SARA, NOW)
    assert (planned.result.code, planned.result.missing) == (ActionCode.incomplete, ("when",))
    assert planned.request is not None
    assert planned.request.arguments == {"proposed": proposed}
    assert planned.changes == ()


async def test_who_is_to_be_called_is_asked_last(actions: Actions):
    planned = await actions.plan(wish("tomorrow at 10"), caller(), NOW)
    assert (planned.result.code, planned.result.missing) == (ActionCode.incomplete, ("contact",))
    assert planned.request is not None
    assert (await actions.plan(planned.request, caller(told_phone="0501234567"), NOW)).result.done


async def test_every_free_time_lies_within_business_hours(actions: Actions):
    calendar, moment = COMPANY.calendar, NOW
    for number in range(60):
        planned = await actions.plan(wish(), OMAR, moment)
        assert planned.request is not None
        settled = Request(action=wish().action, arguments={"when": planned.request.arguments["proposed"]})
        start = datetime.fromisoformat(start_of(await actions.plan(settled, OMAR, moment)))
        assert calendar.is_open(start)
        assert calendar.is_open(start + timedelta(minutes=29))
        await actions.run(f"k{number}", CALL, settled, OMAR, moment)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("odd", ["2026-19-39T29:59Z", "2026-11-23T10:00", "tomorrow", 5])
def test_what_was_proposed_is_a_moment_or_nothing(actions: Actions, odd: str | int):
    with pytest.raises(InvalidRequest, match=r"arguments\.proposed"):
        actions.check(Request(action=ActionName.book_consultation, arguments={"proposed": odd}))


TOKENS = st.sampled_from(
    [
        *(
            "tomorrow",
            "غدًا",
            "بعد بكرة",
            "sunday",
            "الأحد",
            "next week",
            "31/02",
            "25/13",
            "2026-19-39T29:59",
            "2026-02-30",
        ),
        *(
            "at",
            "الساعة",
            "0",
            "13",
            "24",
            "9:75",
            "00:00",
            "إلا ربع",
            "ونص",
            "pm",
            "صباحًا",
            "الظهر",
            "29 february",
            "31 نوفمبر",
        ),
        *("9999-01-01", "9999-12-31", "2099-12-31T23:59Z", "2001-01-01T10:00", "عشرة", "ألف", "-5", "99999999999"),
    ]
)


@given(words=st.lists(TOKENS, max_size=6))
def test_no_wish_is_too_odd_to_be_answered(words: list[str]):
    planned = asyncio.run(Actions(COMPANY, Shelf()).plan(wish(" ".join(words)), SARA, NOW))
    assert planned.result.code in {ActionCode.done, ActionCode.incomplete}
    if planned.result.done:
        start = datetime.fromisoformat(start_of(planned))
        assert start > NOW
        assert COMPANY.calendar.is_open(start)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("tomorrow at 10", "Your consultation is booked for tomorrow at 10:00."),
        ("Wednesday at 10", "Your consultation is booked for Wednesday at 10:00."),
        ("6 December at 10", "Your consultation is booked for Sunday 6 December at 10:00."),
    ],
)
async def test_a_booking_is_for_a_time(when: str, said: str):
    request = Request(action=ActionName.book_consultation, arguments={"when": when})
    planned = await Actions(COMPANY, Shelf()).plan(request, caller(told_phone="+966501234567"), NOW)
    assert planned.result.text.en.startswith(said)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.analysis import EntityKind
from callcenter.calls import Slot, Slots
from callcenter.tickets.intake import collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.analysis import MessageAnalysis

    Read = Callable[[str], MessageAnalysis]

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("my order number is 7474839", EntityKind.order_number, "7474839"),
        ("order #4521 is late", EntityKind.order_number, "4521"),
        ("Order no. A-17 please", EntityKind.order_number, "A-17"),
        ("it's about ORD1001", EntityKind.order_number, "ORD1001"),
        ("رقم الطلب ٧٤٧٤٨٣٩", EntityKind.order_number, "7474839"),
        ("طلبي رقم 5512", EntityKind.order_number, "5512"),
        ("رقم طلبي هو: 5512", EntityKind.order_number, "5512"),
        ("7474839", EntityKind.order_number, "7474839"),
        ("٧٤٧٤٨٣٩", EntityKind.order_number, "7474839"),
        ("sorry, it's 9981123", EntityKind.order_number, "9981123"),
        ("any news on TKT-12345678?", EntityKind.ticket_number, "TKT-12345678"),
        ("call me on +966 50 123 4567", EntityKind.phone, "+966501234567"),
        ("رقمي ٠٥٠١٢٣٤٥٦٧", EntityKind.phone, "0501234567"),
        ("01012345678", EntityKind.phone, "01012345678"),
        ("00971501234567", EntityKind.phone, "+971501234567"),
        ("write to Sara.Ali@Example.com today", EntityKind.email, "sara.ali@example.com"),
        ("I paid 1,500.50 SAR", EntityKind.amount, "1500.50 SAR"),
        ("$50 was taken", EntityKind.amount, "50.00 USD"),
        ("دفعت ٢٠٠ ريال", EntityKind.amount, "200.00 SAR"),
        ("المبلغ 300 جنيه", EntityKind.amount, "300.00 EGP"),
        ("كلفني 40 د.ك", EntityKind.amount, "40.00 KWD"),
        ("I waited 2 weeks", EntityKind.duration, "2 weeks"),
        ("انتظرت أسبوعين", EntityKind.duration, "أسبوعين"),
        ("صار لي 3 أيام", EntityKind.duration, "3 أيام"),
        ("since yesterday", EntityKind.date, "yesterday"),
        ("من امبارح", EntityKind.date, "امبارح"),
        ("on 2026-11-20", EntityKind.date, "2026-11-20"),
        ("on 20/11/2026", EntityKind.date, "20/11/2026"),
        ("on 15 March", EntityKind.date, "15 March"),
        ("يوم 15 مارس", EntityKind.date, "15 مارس"),
        ("My name is Sara Haddad and I need help", EntityKind.name, "Sara Haddad"),
        ("اسمي علي حسن", EntityKind.name, "علي حسن"),
        ("اسمي خالد ورقمي 0551234567", EntityKind.name, "خالد"),
        ("اسمي وليد وايميلي w@x.co", EntityKind.name, "وليد"),
        ("my name is Sara and my email is sara@x.co", EntityKind.name, "Sara"),
        ("actually it's A-1002", EntityKind.order_number, "A-1002"),
        ("آسف أقصد 5521", EntityKind.order_number, "5521"),
        ("معك خالد من جدة", EntityKind.name, "خالد"),
        ("see https://example.com/a?b=1.", EntityKind.url, "https://example.com/a?b=1"),
        # phones
        ("my number is 99887766", EntityKind.phone, "99887766"),
        ("رقمي ٩٩٨٨٧٧٦٦", EntityKind.phone, "99887766"),
        ("99887766 is my number", EntityKind.phone, "99887766"),
        ("call me on 66554433 please", EntityKind.phone, "66554433"),
        ("اتصلوا على 66554433", EntityKind.phone, "66554433"),
        ("رقم جوالي ۰۵۰۱۲۳۴۵۶۷", EntityKind.phone, "0501234567"),
        ("phone: (050) 123-4567", EntityKind.phone, "0501234567"),
        ("تليفوني 0100 123 4567", EntityKind.phone, "01001234567"),
        ("reach me at +961 3 123 456", EntityKind.phone, "+9613123456"),
        ("call 03/123456", EntityKind.phone, "03123456"),
        ("71 123 456", EntityKind.phone, "71123456"),
        ("whatsapp 966501234567", EntityKind.phone, "+966501234567"),
        ("(+966) 50 123 4567", EntityKind.phone, "+966501234567"),
        ("+44 (0)20 7946 0958", EntityKind.phone, "+442079460958"),
        ("رقمي 22 123 456 في تونس", EntityKind.phone, "22123456"),
        ("raqami 0551234567", EntityKind.phone, "0551234567"),
        # amounts
        ("SAR 1,500", EntityKind.amount, "1500.00 SAR"),
        ("1500SAR was taken", EntityKind.amount, "1500.00 SAR"),
        ("خصمتوا 50ريال", EntityKind.amount, "50.00 SAR"),
        ("20 bucks", EntityKind.amount, "20.00 USD"),
        ("خمسين ريال", EntityKind.amount, "50.00 SAR"),
        ("خمسة وعشرين جنيه", EntityKind.amount, "25.00 EGP"),
        ("مية وخمسين دينار", EntityKind.amount, "150.00 JOD"),
        ("two hundred and fifty dollars", EntityKind.amount, "250.00 USD"),
        ("ألف ريال", EntityKind.amount, "1000.00 SAR"),
        ("ثلاث آلاف وخمسمية ريال", EntityKind.amount, "3500.00 SAR"),
        ("3 thousand dollars", EntityKind.amount, "3000.00 USD"),
        ("2k SAR", EntityKind.amount, "2000.00 SAR"),
        ("I paid 2k for it", EntityKind.amount, "2000.00"),
        ("المبلغ ٣٠٠", EntityKind.amount, "300.00"),
        ("١٫٥ دينار كويتي", EntityKind.amount, "1.50 KWD"),
        ("1.250 KWD", EntityKind.amount, "1.250 KWD"),
        ("دينارين", EntityKind.amount, "2.00 JOD"),
        # durations and dates
        ("I waited three weeks", EntityKind.duration, "three weeks"),
        ("a couple of hours", EntityKind.duration, "a couple of hours"),
        ("two and a half hours", EntityKind.duration, "two and a half hours"),
        ("in 3-5 business days", EntityKind.duration, "3-5 business days"),
        ("from 5 to 7 days", EntityKind.duration, "5 to 7 days"),
        ("half an hour", EntityKind.duration, "half an hour"),
        ("نص ساعة", EntityKind.duration, "نص ساعة"),
        ("ساعتين ونص", EntityKind.duration, "ساعتين ونص"),
        ("خمستاشر يوم", EntityKind.duration, "خمستاشر يوم"),
        ("من سنتين", EntityKind.duration, "سنتين"),
        ("three weeks ago", EntityKind.date, "three weeks ago"),
        ("قبل ٣ أيام", EntityKind.date, "قبل 3 أيام"),
        ("قبل اسبوعين", EntityKind.date, "قبل اسبوعين"),
        ("last Tuesday", EntityKind.date, "last Tuesday"),
        ("الثلاثاء الماضي", EntityKind.date, "الثلاثاء الماضي"),
        ("الخميس اللي فات", EntityKind.date, "الخميس اللي فات"),
        ("since Monday", EntityKind.date, "Monday"),
        ("the 12th of March", EntityKind.date, "12th of March"),
        ("١٢ آذار ٢٠٢٦", EntityKind.date, "12 آذار 2026"),
        # names
        ("I'm Sara Haddad and my order is late", EntityKind.name, "Sara Haddad"),
        ("this is Omar speaking", EntityKind.name, "Omar"),
        ("hi, this is Omar Al Harbi from Jeddah", EntityKind.name, "Omar Al Harbi"),
        ("My name is Mohammed bin Salman Al Harbi and", EntityKind.name, "Mohammed bin Salman Al Harbi"),
        ("MY NAME IS SARA HADDAD", EntityKind.name, "SARA HADDAD"),
        ("my name is Dr. Sami O'Brien", EntityKind.name, "Sami O'Brien"),
        ("اسمي عبد الله الحربي", EntityKind.name, "عبد الله الحربي"),
        ("اسمي هو سامي", EntityKind.name, "سامي"),
        ("اسمي فاطمة بنت محمد آل سعود", EntityKind.name, "فاطمة بنت محمد آل سعود"),
        ("السلام عليكم معك أبو خالد", EntityKind.name, "أبو خالد"),
        ("أنا محمد من جدة", EntityKind.name, "محمد"),
        ("اسمي سَارَة 🙂 ورقمي ٠٥٠١٢٣٤٥٦٧", EntityKind.name, "سَارَة"),
        ("ana esmy Mona", EntityKind.name, "Mona"),
        ("ma3ak Khaled", EntityKind.name, "Khaled"),
        ("Name: Sara Haddad", EntityKind.name, "Sara Haddad"),
    ],
)
def test_fact_is_found(read: Read, text: str, kind: EntityKind, value: str) -> None:
    found = read(text).entity(kind)
    assert found is not None
    assert found.value == value
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I order 2 pizzas", EntityKind.order_number),
        ("my order cost 1500 SAR", EntityKind.order_number),
        ("اطلب 3 قطع", EntityKind.order_number),
        ("I may go 2 times", EntityKind.date),
        ("معك حق", EntityKind.name),
        ("my name is not important", EntityKind.name),
        ("version 1.2.3", EntityKind.phone),
        ("12345678901234567890", EntityKind.phone),
        ("99887766", EntityKind.phone),
        ("order 99887766", EntityKind.phone),
        ("رقم الطلب 0501234567", EntityKind.phone),
        ("my number is 4111111111111112", EntityKind.phone),
        ("call me 3 times", EntityKind.phone),
        ("my phone is on order 7474839", EntityKind.phone),
        ("رقم جوالي 66554433", EntityKind.order_number),
        ("I paid 3 times", EntityKind.amount),
        ("دفعت مرتين", EntityKind.amount),
        ("a dollar store", EntityKind.amount),
        ("كم السعر في الشهر؟", EntityKind.duration),
        ("الساعة خمسة", EntityKind.duration),
        ("the second floor", EntityKind.duration),
        ("التحويل اليومي", EntityKind.date),
        ("24/7", EntityKind.date),
        ("I'm sara", EntityKind.name),
        ("I'm Egyptian", EntityKind.name),
        ("I'm SO ANGRY", EntityKind.name),
        ("I'm Calling you again", EntityKind.name),
        ("this is Samsung quality", EntityKind.name),
        ("أنا زعلان من الخدمة", EntityKind.name),
        ("مشكلتي معكم كبيرة", EntityKind.name),
        ("كنت معك امبارح", EntityKind.name),
        ("what is your name please", EntityKind.name),
    ],
)
def test_what_only_resembles_a_fact_is_none(read: Read, text: str, kind: EntityKind) -> None:
    assert read(text).entity(kind) is None


@pytest.mark.parametrize(
    "form",
    [
        "Order number:\nPhone: 0501234567\nName: Sara",
        "رقم الطلب:\nالجوال: 0501234567\nالاسم: سارة",
        "Order number: \n\n0501234567",
    ],
)
def test_an_empty_field_is_not_filled_from_the_next_line(read: Read, form: str) -> None:
    found = read(form)
    assert found.entity(EntityKind.order_number) is None
    phone = found.entity(EntityKind.phone)
    assert phone is not None
    assert phone.value == "0501234567"


def test_the_last_of_a_kind_is_what_is_meant(read: Read) -> None:
    found = read("my order number is 1111222, sorry, it's 9981123").entity(EntityKind.order_number)
    assert found is not None
    assert found.value == "9981123"


def test_a_bare_number_says_why_it_is_taken_for_one(read: Read) -> None:
    (found,) = read("7474839").entities
    assert (found.rule, found.confidence) == ("answer_shape", 0.6)


@pytest.mark.parametrize("text", ["invoice 8812", "invoice no. 8812", "رقم الفاتورة 8812", "فاتورتي رقم ٨٨١٢"])
def test_an_invoice_number_does_as_order_number_and_says_what_it_is(read: Read, text: str) -> None:
    found = read(text).entity(EntityKind.order_number)
    assert found is not None
    assert (found.value, found.rule) == ("8812", "after_label.invoice")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "order number 7474839, call me on 66554433",
            [(EntityKind.order_number, "7474839"), (EntityKind.phone, "66554433")],
        ),
        (
            "رقم الطلب ٧٤٧٤٨٣٩ ورقم الجوال ٦٦٥٥٤٤٣٣",
            [(EntityKind.order_number, "7474839"), (EntityKind.phone, "66554433")],
        ),
        (
            "4111111111111111 0501234567",
            [(EntityKind.card, "4111111111111111"), (EntityKind.phone, "0501234567")],
        ),
        ("card 4111 1111 1111 1111 12/27 cvv 123", [(EntityKind.card, "4111111111111111")]),
        ("3782 822463 10005", [(EntityKind.card, "378282246310005")]),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", [(EntityKind.card, "4111111111111111")]),
        ("طلبي 5512 وكلفني خمسين ريال", [(EntityKind.order_number, "5512"), (EntityKind.amount, "50.00 SAR")]),
    ],
)
def test_facts_beside_each_other_are_told_apart(read: Read, text: str, found: list[tuple[EntityKind, str]]) -> None:
    assert [(entity.kind, entity.value) for entity in read(text).entities] == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("order number 4111111111111111", EntityKind.card),
        ("رقم الطلب ٤١١١ ١١١١ ١١١١ ١١١١", EntityKind.card),
        ("my phone number is 4111111111111111", EntityKind.card),
        ("order number 1234567890123452", EntityKind.order_number),  # Luhn is right, but no scheme's card
        ("order number 4111111111111112", EntityKind.order_number),
        ("1234567890123452", EntityKind.card),
        ("إيميلي وبطاقتي 1234567890123452", EntityKind.card),
    ],
)
def test_a_label_outweighs_a_check_digit_but_not_a_card_of_a_scheme(read: Read, text: str, kind: EntityKind) -> None:
    (found,) = read(text).entities
    assert found.kind is kind


@pytest.mark.parametrize("text", ["IMEI 356938035643809", "الرقم التسلسلي 356938035643809"])
def test_a_serial_number_is_no_card(read: Read, text: str) -> None:
    assert not read(text).entities


@pytest.mark.parametrize("asked", [(), (Slot.order_number,), (Slot.contact,)])
@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "my order number is 4111111111111111",
        "رقمي ٤١١١١١١١١١١١١١١١",
        "SA03 8000 0000 6080 1016 7519",
        "رقم الهوية 1000000008",
    ],
)
def test_no_slot_takes_a_card_an_account_or_an_id(read: Read, text: str, asked: tuple[Slot, ...]) -> None:
    told = collect(Slots(asked=asked), read(text), text, collecting=bool(asked))
    assert (told.order_number, told.phone, told.email, told.amount) == (None, None, None, None)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.analysis import EntityKind

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

"""Prices, contacts, links and ticket numbers must stand among the facts, however they are written."""

from __future__ import annotations

import pytest

from callcenter.calls import Language
from tests.llm.checks.replies import faults, ground

pytestmark = pytest.mark.unit

FACTS = """Maintenance: SAR 350 per month, from SAR 4,500 to 9,500
الصيانة: 1,500 ريال سعودي
Discount: 10% off for two services
Phone: +966 11 000 0000
E-mail: hello@ornina.example
Samples: https://ornina.example/work"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("It costs SAR 350.", None),
        ("It costs 350 riyals.", None),
        ("It costs SAR 350.00 per month.", None),
        ("It costs 360 SAR.", "unknown_price"),
        ("It is $350.", None),
        ("Prices go from SAR 4,500 to 9,500.", None),
        ("Prices go from SAR 4,500 to 9,900.", "unknown_price"),
        ("The price is 777.", "unknown_price"),
        ("The price depends on 5 pages.", None),
        ("That is five hundred riyals.", "unknown_price"),
        ("That is fifteen hundred riyals.", None),
        ("It costs three hundred and fifty.", None),
        ("It costs nine hundred and fifty.", "unknown_price"),
        ("The price for twenty pages is not fixed.", None),
        ("The price for two is not fixed.", None),
        ("We answer within 24 hours.", None),
        ("You get 10% off.", None),
        ("You get 20 percent off.", "unknown_price"),
        ("Ring +966 11 000 0000.", None),
        ("Ring 00966110000000.", None),
        ("Ring 011 000 0000.", None),
        ("Ring +966 11 000 0001.", "unknown_contact"),
        ("Dial 19999.", "unknown_contact"),
        ("Write to hello@ornina.example.", None),
        ("Write to sales@ornina.example.", "unknown_contact"),
        ("See https://ornina.example/work/.", None),
        ("See ornina.example.", None),
        ("See www.ornina.example/prices.", "unknown_link"),
        ("See ornina.com for more.", "unknown_link"),
        ("Your number is TKT-00000042.", None),
        ("Your number is TKT-00000043.", "unknown_ticket"),
        ("It's ticket number 43.", "unknown_ticket"),
        ("On 22/11/2026 at 10:30 we meet.", None),
    ],
)
def test_english_figures(text, fault):
    on = ground(facts=FACTS, tickets=frozenset({"TKT-00000042"}))
    assert faults(text, on) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("التكلفة ٣٥٠ ريالًا.", None),
        ("التكلفة ١٬٥٠٠ ريال.", None),
        ("التكلفة ألف وخمسمئة ريال.", None),
        ("التكلفة 1600 ريال.", "unknown_price"),
        ("التكلفة ألف ومئتا ريال.", "unknown_price"),
        ("يكلف ألفًا وخمسمئة.", None),
        ("يكلف تسعمئة وخمسين.", "unknown_price"),
        ("سعر ثلاثين صفحة غير محدد.", None),
        ("السعر ٧٧٧ فقط.", "unknown_price"),
        ("السعر يشمل 3 جولات.", None),
        ("الخصم ١٠٪.", None),
        ("الخصم 20 بالمئة.", "unknown_price"),
        ("هاتفنا ٠١١٠٠٠٠٠٠٠.", None),
        ("هاتفنا 0112223333.", "unknown_contact"),
        ("الموقع https://ornina.example/work، تفضلوا.", None),
        ("الموقع https://ornina.example/x، تفضلوا.", "unknown_link"),
        ("رقم التذكرة TKT-00000042.", None),
        ("رقم التذكرة TKT-00000099.", "unknown_ticket"),
        ("نرد خلال 24 ساعة.", None),
    ],
)
def test_arabic_figures(text, fault):
    on = ground(Language.ar, facts=FACTS, tickets=frozenset({"TKT-00000042"}))
    assert faults(text, on) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("language", "text", "fault"),
    [
        (Language.en, "Yes, our hotline is 0551112222.", "unknown_contact"),
        (Language.en, "Write to us: call us or mail sami@home.example.", "unknown_contact"),
        (Language.en, "Your number is 0551112222, thank you.", None),
        (Language.en, "Our hotline is +966 11 000 0000.", None),
        (Language.ar, "نعم، رقمنا هو 0551112222.", "unknown_contact"),
        (Language.ar, "سجلنا رقمكم 0551112222.", None),
        (Language.ar, "رقمنا هو +966 11 000 0000.", None),
    ],
)
def test_what_the_customer_wrote_is_never_given_as_ours(language, text, fault):
    on = ground(language, facts=f"{FACTS}\n0551112222\nsami@home.example")
    assert [each for each in faults(text, on) if each == "unknown_contact"] == ([fault] if fault else [])

"""Prices read right in both languages, to the letter and to the eye."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from callcenter.calls import Language, LocalizedText
from callcenter.company.money import CURRENCIES, Price, written
from tests.visual import shown

pytestmark = pytest.mark.unit

PROJECT = LocalizedText(ar="للمشروع", en="for the project")
MONTH = LocalizedText(ar="شهريًا", en="per month")
LABEL = LocalizedText(ar="الباقة", en="Package")


def price(amount: int, currency: str = "SAR", **facts: object) -> Price:
    return Price.model_validate({"label": LABEL, "currency": currency, "amount_minor": amount} | facts)


@pytest.mark.parametrize(
    ("given", "arabic", "english"),
    [
        (price(450_000, unit=PROJECT), "4,500 ريال سعودي للمشروع", "SAR 4,500 for the project"),
        (
            price(450_000, unit=PROJECT, starting_at=True),
            "ابتداءً من 4,500 ريال سعودي للمشروع",
            "from SAR 4,500 for the project",
        ),
        (
            price(220_000, max_amount_minor=550_000, unit=MONTH),
            "من 2,200 إلى 5,500 ريال سعودي شهريًا",
            "SAR 2,200 to 5,500 per month",
        ),
        (price(35_000), "350 ريال سعودي", "SAR 350"),
        (price(9_905), "99.05 ريال سعودي", "SAR 99.05"),
        (price(5), "0.05 ريال سعودي", "SAR 0.05"),
        (price(0, unit=MONTH), "مجانًا", "free of charge"),
        (price(123_456_789_00), "123,456,789 ريال سعودي", "SAR 123,456,789"),
        (price(12_500, "KWD", unit=MONTH), "12.500 دينار كويتي شهريًا", "KWD 12.500 per month"),
        (price(12_000, "KWD"), "12 دينار كويتي", "KWD 12"),
        (price(9_800, "JPY"), "9,800 ين ياباني", "JPY 9,800"),
        (price(150_000, "EGP", unit=MONTH), "1,500 جنيه مصري شهريًا", "EGP 1,500 per month"),
    ],
)
def test_a_price_reads_right_in_both_languages(given: Price, arabic: str, english: str):
    assert given.text(Language.ar) == arabic
    assert given.text(Language.en) == english


def test_as_the_least_it_costs_a_range_names_its_lower_end():
    given = price(450_000, max_amount_minor=950_000, unit=PROJECT)
    assert given.least(Language.ar) == "تبدأ من 4,500 ريال سعودي للمشروع"
    assert given.least(Language.en) == "from SAR 4,500 for the project"


def test_what_is_free_never_starts_at_zero():
    assert price(0, starting_at=True).least(Language.en) == "free of charge"
    assert price(0, starting_at=True).text(Language.ar) == "مجانًا"


def test_in_a_right_to_left_line_the_numbers_keep_their_order_and_shape():
    text = f"السعر {price(450_000, max_amount_minor=950_050, unit=MONTH).text(Language.ar)}"
    seen = shown(text)
    assert "4,500" in seen
    assert "9,500.50" in seen
    assert seen.index("9,500.50") < seen.index("4,500"), "read from the right, the lower end comes first"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"max_amount_minor": 450_000}, "above its lower end"),
        ({"max_amount_minor": 950_000, "starting_at": True}, "not both"),
        ({"currency": "XYZ"}, "not a currency known here"),
        ({"amount_minor": -1}, "greater than or equal to 0"),
    ],
)
def test_a_contradictory_price_is_refused(facts: dict[str, object], reason: str):
    with pytest.raises(ValidationError, match=reason):
        Price.model_validate({"label": LABEL, "currency": "SAR", "amount_minor": 450_000} | facts)


def test_every_currency_is_written_in_every_language():
    for code, currency in CURRENCIES.items():
        assert currency.written[Language.en] == f"{code} {{}}"
        assert currency.written[Language.ar].startswith("{} ")
        assert currency.written[Language.ar].isascii() is False


@pytest.mark.parametrize(
    ("told", "arabic", "english"),
    [
        ("1800.00 SAR", "1,800 ريال سعودي", "SAR 1,800"),
        ("1800 SAR", "1,800 ريال سعودي", "SAR 1,800"),
        ("99.50 SAR", "99.50 ريال سعودي", "SAR 99.50"),
        ("99.5 SAR", "99.50 ريال سعودي", "SAR 99.50"),
        ("12.500 KWD", "12.500 دينار كويتي", "KWD 12.500"),
        ("2000 JPY", "2,000 ين ياباني", "JPY 2,000"),
        ("300", "300", "300"),
        ("12.50 XYZ", "12.50 XYZ", "12.50 XYZ"),
        ("1.999 SAR", "1.999 SAR", "1.999 SAR"),
    ],
)
def test_an_amount_a_customer_told_is_written_like_a_price(told, arabic, english):
    assert (written(told, Language.ar), written(told, Language.en)) == (arabic, english)

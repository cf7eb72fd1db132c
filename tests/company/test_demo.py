"""The demo company is complete enough to be sold with, consistent with itself, and fictional."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pydantic import BaseModel, ValidationError

from callcenter.calls import Language, LocalizedText, PriorityLevel
from callcenter.company import Company, Keywords, ResponseTimes
from tests.visual import shown

pytestmark = pytest.mark.unit

ARABIC = re.compile("[\u0621-\u064a]")


def texts(value: object, path: str = "company") -> Iterator[tuple[str, LocalizedText]]:
    if isinstance(value, LocalizedText):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from texts(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from texts(each, f"{path}[{index}]")


def test_it_sells_what_it_says_it_sells(demo: Company):
    assert [service.id for service in demo.services] == [
        "digital-platforms",
        "web-design",
        "mobile-apps",
        "advertising",
        "social-media",
        "seo",
        "brand-identity",
        "maintenance",
        "digital-marketing-training",
    ]
    assert [service.id for service in demo.services if service.kind == "training"] == ["digital-marketing-training"]
    assert demo.name[Language.ar] == "أورنينا"


def test_it_has_the_policies_and_answers_customers_ask_for(demo: Company):
    assert {policy.id for policy in demo.policies} >= {
        "refund",
        "cancellation",
        "delivery-and-revisions",
        "warranty-and-support",
        "payment-and-instalments",
        "privacy",
        "complaints",
        "ownership",
    }
    assert len(demo.faq) >= 12


def test_every_text_is_in_its_own_language(demo: Company):
    for path, text in texts(demo):
        assert ARABIC.search(text.ar) or path.endswith(".socials[2].name"), f"{path}: no Arabic in {text.ar!r}"
        assert not ARABIC.search(text.en), f"{path}: Arabic in {text.en!r}"


@pytest.mark.parametrize(
    ("service_id", "arabic", "english"),
    [
        ("digital-platforms", "تبدأ من 35,000 ريال سعودي للمشروع", "from SAR 35,000 for the project"),
        ("web-design", "تبدأ من 4,500 ريال سعودي للمشروع", "from SAR 4,500 for the project"),
        ("mobile-apps", "تبدأ من 28,000 ريال سعودي للمشروع", "from SAR 28,000 for the project"),
        ("advertising", "تبدأ من 1,800 ريال سعودي شهريًا", "from SAR 1,800 per month"),
        ("social-media", "تبدأ من 2,400 ريال سعودي شهريًا", "from SAR 2,400 per month"),
        ("seo", "تبدأ من 2,200 ريال سعودي شهريًا", "from SAR 2,200 per month"),
        ("brand-identity", "تبدأ من 1,800 ريال سعودي للمشروع", "from SAR 1,800 for the project"),
        ("maintenance", "تبدأ من 350 ريال سعودي شهريًا", "from SAR 350 per month"),
        ("digital-marketing-training", "تبدأ من 1,450 ريال سعودي للمتدرب", "from SAR 1,450 per trainee"),
    ],
)
def test_every_price_is_said_in_both_languages(demo: Company, service_id: str, arabic: str, english: str):
    service = demo.service(service_id)
    assert service is not None
    assert service.price_text(Language.ar) == arabic
    assert service.price_text(Language.en) == english
    amount = re.search(r"[0-9,]+", english)
    assert amount is not None
    assert amount[0] in shown(f"السعر: {arabic}"), "digits keep their order in a right-to-left line"


def test_a_price_list_names_what_each_price_is_for(demo: Company):
    service = demo.service("web-design")
    assert service is not None
    assert service.price_list(Language.ar) == (
        "موقع تعريفي: من 4,500 إلى 9,500 ريال سعودي للمشروع",
        "متجر إلكتروني: ابتداءً من 9,500 ريال سعودي للمشروع",
        "صفحة هبوط: 1,900 ريال سعودي للصفحة",
    )
    assert service.price_list(Language.en) == (
        "Business website: SAR 4,500 to 9,500 for the project",
        "Online store: from SAR 9,500 for the project",
        "Landing page: SAR 1,900 for the page",
    )


def test_a_single_price_is_said_as_it_stands(demo: Company):
    service = demo.services[0]
    single = service.model_copy(update={"prices": service.prices[1:2]})
    assert single.price_text(Language.en) == "SAR 60,000 to 150,000 for the project"
    assert single.price_text(Language.ar) == "من 60,000 إلى 150,000 ريال سعودي للمشروع"


def test_its_hours_are_said_in_both_languages(demo: Company):
    assert demo.hours.describe(Language.en) == (
        "Sunday to Thursday, 9:00–18:00; Saturday, 10:00–14:00; closed on Friday"
        "; closed on public holidays (Riyadh time)"
    )
    assert demo.hours.describe(Language.ar) == (
        "من الأحد إلى الخميس من 9:00 صباحًا حتى 6:00 مساءً، والسبت من 10:00 صباحًا حتى 2:00 ظهرًا، والجمعة إجازة"
        "، والعطل الرسمية إجازة (بتوقيت الرياض)"
    )


def test_its_contacts_are_said_in_both_languages(demo: Company):
    english, arabic = demo.contacts.describe(Language.en), demo.contacts.describe(Language.ar)
    assert "Phone: +966 11 000 0000" in english
    assert "E-mail: hello@ornina.example" in english
    assert "الهاتف" in arabic
    for number in ("+966 11 000 0000", "+966 50 000 0000"):
        assert number in shown(arabic.split("\n")[number == demo.contacts.whatsapp])


def test_its_addresses_are_fictional(demo: Company):
    everything = demo.model_dump_json()
    for host in re.findall(r"https?://([^/\"\s]+)", everything) + re.findall(r"[\w.]+@([\w.]+)", everything):
        assert host.endswith((".example", "example.com"))


def test_its_orders_are_whole_and_their_customers_have_accounts(demo: Company):
    orders, accounts = demo.tables["orders"], demo.tables["accounts"]
    assert [each.id for each in orders] == [f"ORD{number}" for number in range(1001, 1013)]
    for each in (row.fields for row in orders):
        assert each["status"] in {"received", "in_progress", "shipped", "delivered", "cancelled", "refunded"}
        assert re.fullmatch(r"\+[0-9]{11,12}", each["phone"])
        assert re.fullmatch(r"[0-9]+\.[0-9]{2}", each["total"])
        assert each["currency"] == demo.currency
        assert each["item_ar"]
        assert each["item_en"].isascii()
        assert date.fromisoformat(each["ordered_at"]) <= date.fromisoformat(each["expected_at"])
        assert bool(each["delivered_at"]) == (each["status"] in {"delivered", "refunded"})
        assert (each["phone"], each["email"], each["customer_name"]) in {
            (row.fields["phone"], row.id, row.fields["name"]) for row in accounts
        }


def test_one_customer_has_three_orders_of_which_the_first_can_be_cancelled(demo: Company):
    of_sara = [each for each in demo.tables["orders"] if each.fields["phone"] == "+966501234567"]
    assert [each.id for each in of_sara] == ["ORD1001", "ORD1002", "ORD1003"]
    assert of_sara[0].fields["status"] == "received"
    assert {each.fields["email"] for each in of_sara} == {"sara@example.com"}


@pytest.mark.parametrize("language", list(Language))
def test_prices_quoted_in_answers_are_the_services_own(demo: Company, language: Language):
    maintenance, answers = demo.service("maintenance"), {each.id: each.answer[language] for each in demo.faq}
    assert maintenance is not None
    assert maintenance.prices[0].text(language) in answers["maintenance-after-delivery"]


@pytest.mark.parametrize("language", list(Language))
def test_response_times_promised_in_words_are_the_ones_kept(demo: Company, language: Language):
    policies = {each.id: each.summary[language] for each in demo.policies}
    for promise in ("complaints", "warranty-and-support"):
        for hours in (demo.response_times.urgent, demo.response_times.high):
            assert re.search(rf"\b{hours}\b", policies[promise])


@pytest.mark.parametrize("language", list(Language))
def test_nothing_competes_with_the_times_promised_for_an_answer(demo: Company, language: Language):
    started = next(each.answer[language] for each in demo.faq if each.id == "getting-started")
    for text in (demo.texts.next_step[language], started):
        assert re.search(rf"\b{demo.response_times.medium}\b", text)
    assert not re.search(r"[0-9]|يوم|day|hour|ساعات", demo.texts.outside_hours[language])
    warranty = next(each.body[language] for each in demo.policies if each.id == "warranty-and-support")
    for hours in (demo.response_times.urgent, demo.response_times.high, demo.response_times.low):
        assert re.search(rf"\b{hours}\b", warranty)


@pytest.mark.parametrize("language", list(Language))
def test_the_better_offer_has_something_true_to_say(demo: Company, language: Language):
    answer = next(each.answer[language] for each in demo.faq if each.id == "offers-and-discounts")
    policy = next(each for each in demo.policies if each.id == "offers")
    for figure in ("10%", "15%", "20%", "30"):
        assert figure in answer
        assert figure in policy.summary[language]
        assert figure in policy.body[language]


@pytest.mark.parametrize("language", list(Language))
def test_every_word_of_a_service_leads_to_it(demo: Company, language: Language):
    for service in demo.services:
        for phrase in (service.name[language], *service.keywords[language]):
            assert service in demo.mentioned(phrase), f"{phrase!r} does not lead to {service.id}"


@pytest.mark.parametrize("language", list(Language))
def test_every_question_leads_to_its_answer(demo: Company, language: Language):
    for answer in demo.faq:
        assert answer in demo.answers_mentioned(answer.question[language]), answer.question[language]


def test_response_times_are_durations_by_priority(demo: Company):
    assert demo.response_times.within(PriorityLevel.urgent) == timedelta(hours=4)
    assert [demo.response_times.within(each) for each in PriorityLevel] == sorted(
        (demo.response_times.within(each) for each in PriorityLevel), reverse=True
    )
    with pytest.raises(ValidationError, match="can't wait longer"):
        ResponseTimes(urgent=8, high=4, medium=48, low=72)


def test_a_service_that_is_no_longer_sold_is_none(demo: Company):
    assert demo.service("fax-machines") is None


def test_keywords_need_both_languages():
    with pytest.raises(ValidationError):
        Keywords.model_validate({"ar": [], "en": ["website"]})


@pytest.mark.parametrize("text", ["بدي سجل بـ course تسويق رقمي", "عندكم course تسويق؟"])
def test_a_course_named_in_english_within_arabic_is_found(demo: Company, text: str):
    assert [service.id for service in demo.mentioned(text)] == ["digital-marketing-training"]

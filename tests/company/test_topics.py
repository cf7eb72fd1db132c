"""What a message talks about is found by customers' own words in both languages, and nothing that isn't there is."""

from __future__ import annotations

import pytest

from callcenter.company import Company
from callcenter.company.topics import Entry, TopicIndex, phrase_key

pytestmark = pytest.mark.unit

PLATFORM, WEB, APP, ADS = "digital-platforms", "web-design", "mobile-apps", "advertising"
SOCIAL, SEO, BRAND, CARE, TRAINING = (
    "social-media",
    "seo",
    "brand-identity",
    "maintenance",
    "digital-marketing-training",
)


@pytest.mark.parametrize(
    ("text", "services"),
    [
        # the sentences of the first customers
        ("I'm interested in your digital platform service", [PLATFORM]),
        ("What's the pricing for platform development?", [PLATFORM]),
        ("Your platform is not working properly. It keeps crashing.", [PLATFORM]),
        ("أنا أبحث عن خدمة تصميم ويب، هل لديكم عرض أفضل؟", [WEB]),
        ("هل تقدمون برامج تدريب؟ أنا مهتم بالتسويق الرقمي", [TRAINING]),
        ("أنا مهتم بخدمة الإعلانات", [ADS]),
        ("كم تكلفة تصميم موقع؟", [WEB]),
        # one word, with what Arabic glues to it
        ("إعلانات", [ADS]),
        ("اعلانات", [ADS]),
        ("الإعلانات", [ADS]),
        ("بالإعلانات", [ADS]),
        ("وللإعلانات كم السعر", [ADS]),
        ("الإعـــلانات", [ADS]),
        ("أبي أسوي إعلان", [ADS]),
        ("تصميم موقع", [WEB]),
        ("تصميم الموقع", [WEB]),
        ("لتصميم المواقع", [WEB]),
        ("تصميم ويب", [WEB]),
        ("المتجر الإلكتروني", [WEB]),
        ("منصّة رقميّة", [PLATFORM]),
        ("المنصات الرقمية", [PLATFORM]),
        ("بدي منصة لحجز المواعيد", [PLATFORM]),
        ("التسويق الرقمي", [ADS]),
        ("عندكم دورات في التسويق الرقمي؟", [TRAINING]),
        ("ابغى كورس سيو", [TRAINING]),
        # dialects
        ("عايز اعمل موقع لشركتي بكام", [WEB]),
        ("بدي سوي ويب سايت لمطعمي", [WEB]),
        ("ابغى اسوي تطبيق للجوال", [APP]),
        ("محتاج لوجو وهوية للبراند", [BRAND]),
        ("مين يدير حسابات السوشيال ميديا عندكم", [SOCIAL]),
        ("كيف أطلع أول جوجل", [SEO]),
        ("أبي عقد صيانة سنوي", [CARE]),
        # English
        ("web design", [WEB]),
        ("Web-Design!", [WEB]),
        ("WEBSITES", [WEB]),
        ("we need an online store", [WEB]),
        ("advertising", [ADS]),
        ("ads", [ADS]),
        ("can you run Google Ads for us", [ADS]),
        ("digital marketing for my shop", [ADS]),
        ("do you have any course in digital marketing?", [TRAINING]),
        ("training for our team in social media", [TRAINING]),
        ("a mobile app for iPhone", [APP]),
        ("we want a new logo", [BRAND]),
        ("manage our Instagram", [SOCIAL]),
        ("how do we rank on Google", [SEO]),
        ("a yearly maintenance contract", [CARE]),
        # several, and Arabic with English in it
        ("أحتاج تصميم موقع وتطبيق جوال", [WEB, APP]),
        ("website and logo please", [WEB, BRAND]),
        ("كم سعر الـ landing page عندكم", [WEB]),
        ("تدريب الفريق على المتجر الإلكتروني", [WEB, TRAINING]),
    ],
)
def test_services_are_found_by_customers_words(demo: Company, text: str, services: list[str]):
    assert sorted(each.id for each in demo.mentioned(text)) == sorted(services)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "خدمة",
        "خدماتكم",
        "خدمة سيئة جداً",
        "السلام عليكم",
        "أريد التحدث مع موظف",
        "رقم طلبي 7474839",
        "وين موقعكم؟",
        "service",
        "Hello, I'm interested in your services",
        "hello, i have a issue",
        "of course, thank you",
        "the roads are closed",
        "it happened yesterday",
        "WhatsApp",
        "What are your working hours?",
        "happy to help",
    ],
)
def test_general_words_mean_no_service(demo: Company, text: str):
    assert demo.mentioned(text) == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("I want a logo and a full visual identity and perhaps an app", BRAND),
        ("an app, or rather website development", WEB),
        ("تطبيق أو الأفضل منصة إلكترونية", PLATFORM),
    ],
)
def test_the_most_specific_service_comes_first(demo: Company, text: str, first: str):
    assert demo.mentioned(text)[0].id == first


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("ما هي سياسة الاسترجاع؟", "refund"),
        ("أبي أسترجع فلوسي", "refund"),
        ("i didnt get the refund for that deposit", "refund"),
        ("كيف ألغي الاشتراك", "cancellation"),
        ("what is your cancellation policy", "cancellation"),
        ("هل عندكم تقسيط؟", "payment-and-instalments"),
        ("can I pay in installments", "payment-and-instalments"),
        ("كم مدة الضمان", "warranty-and-support"),
        ("who owns the code", "ownership"),
        ("هل تسلمون السورس كود", "ownership"),
        ("how do you protect my data", "privacy"),
        ("كيف أقدم شكوى رسمية", "complaints"),
        ("how many revisions are included", "delivery-and-revisions"),
        ("any discounts at the moment?", "offers"),
        ("هل لديكم عرض أفضل؟", "offers"),
    ],
)
def test_policies_are_found_in_both_languages(demo: Company, text: str, policy: str):
    assert policy in [each.id for each in demo.policies_mentioned(text)]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("هل لديكم عرض أفضل؟", "offers-and-discounts"),
        ("do you have a better offer?", "offers-and-discounts"),
        ("ما طرق الدفع عندكم", "payment-methods"),
        ("How can I pay?", "payment-methods"),
        ("كم يستغرق تصميم الموقع", "how-long"),
        ("how long does it take", "how-long"),
        ("how long would a platform take", "how-long"),
        ("هل تشتغلون مع عملاء خارج السعودية", "outside-saudi-arabia"),
        ("do you work with clients outside Saudi Arabia", "outside-saudi-arabia"),
        ("ممكن أشوف أعمالكم السابقة", "portfolio"),
        ("can I see your portfolio", "portfolio"),
        ("كيف أبدأ معكم", "getting-started"),
        ("ازاي ابدا معاكم", "getting-started"),
        ("what's the next step", "getting-started"),
        ("أبغى استشارة", "consultation"),
        ("هل أحصل على شهادة", "training-certificate"),
        ("do I get a certificate", "training-certificate"),
        ("هل الدورة عن بعد؟", "online-training"),
        ("is the training online?", "online-training"),
        ("متى تبدأ الدورة", "training-dates"),
        ("when does the next course start", "training-dates"),
        ("الأسعار شاملة الضريبة؟", "vat"),
        ("is VAT included", "vat"),
        ("أرسلوا لي عرض سعر", "quote"),
        ("send me a quote", "quote"),
        ("وين موقعكم", "location"),
        ("where are you located", "location"),
        ("نسيت كلمة المرور", "customer-account"),
        ("I forgot my password", "customer-account"),
    ],
)
def test_answers_are_found_in_both_languages(demo: Company, text: str, answer: str):
    assert answer in [each.id for each in demo.answers_mentioned(text)]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what do you offer?", "offers-and-discounts"),
        ("my email address is a@b.example", "location"),
        ("على مدى سنتين", "payment-methods"),
        ("أرسلوا لي عرض سعر", "offers-and-discounts"),
    ],
)
def test_a_word_in_another_sense_finds_no_answer(demo: Company, text: str, answer: str):
    assert answer not in [each.id for each in demo.answers_mentioned(text)]


def test_topics_of_all_sorts_come_together_with_their_place(demo: Company):
    text = "كم يستغرق تصميم الموقع؟"
    found = {mention.topic.id: text[mention.start : mention.end] for mention in demo.topics(text)}
    assert found == {"how-long": "كم يستغرق", "web-design": "تصميم الموقع"}


def test_places_are_the_customers_own_where_spelling_was_folded(demo: Company):
    text = "أريـــد تَصْمِيم الموقع 🙂"
    (mention,) = demo.topics(text)
    assert text[mention.start : mention.end] == "تَصْمِيم الموقع"


def test_a_longer_phrase_takes_the_place_of_a_shorter_one_of_its_sort():
    index = TopicIndex([Entry("wide", ["marketing"]), Entry("narrow", ["marketing plan"])])
    assert [each.topic for each in index.find("a marketing plan")] == ["narrow"]
    assert [each.topic for each in index.find("a marketing plan, then marketing")] == ["narrow", "wide"]


@pytest.mark.parametrize("text", ["تطبيق جوال", "تطبيق الجوال", "التطبيق للجوال", "تطبيق الــجوال"])  # a mobile app
def test_an_article_comes_and_goes_also_before_a_glued_preposition(text: str):
    index = TopicIndex([Entry("app", ["تطبيق للجوال", "تطبيق جوال"])])
    assert [each.topic for each in index.find(text)] == ["app"]


def test_topics_of_different_sorts_share_a_place():
    index: TopicIndex[str | int] = TopicIndex([Entry[str | int]("text", ["plan"]), Entry[str | int](7, ["a plan"])])
    assert {each.topic for each in index.find("a plan")} == {"text", 7}


def test_a_subject_counts_beside_a_keyword_only():
    index = TopicIndex([Entry("course", ["course"], ["ads"]), Entry("ads", ["ads"])])
    assert [each.topic for each in index.find("ads")] == ["ads"]
    assert [each.topic for each in index.find("a course on ads")] == ["course"]
    assert [each.topic for each in index.find("a course")] == ["course"]


def test_more_words_about_a_topic_weigh_more():
    index = TopicIndex([Entry("first", ["alpha"]), Entry("second", ["gamma", "delta"])])
    assert [each.topic for each in index.find("alpha, gamma and delta")] == ["second", "first"]


def test_words_on_the_same_place_count_once(demo: Company):
    (mention,) = demo.topics("إعلانات")
    assert mention.weight == mention.specificity == len("إعلانات")


def test_a_gap_makes_a_phrase_no_more_specific_and_hides_nothing():
    index = TopicIndex([Entry("gapped", ["how … take"]), Entry("plain", ["website"])])
    found = index.find("how long would a website take")
    assert {each.topic: each.specificity for each in found} == {"gapped": len("how … take"), "plain": len("website")}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("تصميم موقع", "التصميم الموقع", True),
        ("إعلانات", "الاعلانات", True),
        ("منصة", "منصه", True),
        ("Web Design", "web design", True),
        ("تصميم موقع", "تصميم مواقع", False),
        ("الم", "م", False),
    ],
)
def test_phrases_that_a_message_cannot_tell_apart_share_a_key(one: str, other: str, same: bool):  # noqa: FBT001 (a pytest parameter)
    assert (phrase_key(one) == phrase_key(other)) is same

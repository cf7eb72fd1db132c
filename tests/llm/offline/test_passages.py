"""When an article answers, when the profile does, and how an article's Markdown reads in a chat."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.analysis import ConversationAnalyzer, default_lexicons
from callcenter.analysis.models import EntityKind
from callcenter.calls import ConversationIntent, Language, PersonaType
from callcenter.company import DEMO
from callcenter.knowledge import Article, ArticleStatus, ArticleText, Lookup, Passage
from callcenter.knowledge.folder import read_folder
from callcenter.knowledge.index import Index
from callcenter.llm.offline.passages import excerpt
from callcenter.llm.offline.phrases import load_phrasebook
from callcenter.llm.offline.turn import REPLY_CHARS
from tests.llm.briefs import analysis, brief

pytestmark = pytest.mark.unit

AR, EN = Language.ar, Language.en
ANALYZER = ConversationAnalyzer(default_lexicons())
DEMO_INDEX = Index(read_folder(DEMO))
LINES = load_phrasebook().personas
INFORMATION, ACCOUNT = ConversationIntent.information, ConversationIntent.account_request


@pytest.fixture
def answer(voice):
    """Return the reply to a message as the analyzer reads it, and the articles it rests on."""

    def speak(text, language, *, index=DEMO_INDEX, **given):
        understood = ANALYZER.analyze(text, language)
        made = brief(text, understood, language=language, **given)
        made = replace(made, passages=index.search(text, language))
        return voice.reply(made), made.meter.sources

    return speak


def article(slug, language, title, body, *tags):
    texts = {language: ArticleText(title=title, body=body)}
    return Article(slug=slug, texts=texts, tags=tags, status=ArticleStatus.published)


@pytest.mark.parametrize(
    ("language", "text", "slug", "told"),
    [
        (EN, "How can I cancel my order?", "cancel-order", "there is no cancellation fee"),
        (AR, "كيف الغي طلبي؟", "cancel-order", "ولا توجد رسوم إلغاء"),
        (EN, "cancel my subscription", "cancel-order", "with 15 days' notice"),
        (AR, "كيف الغي الاشتراك", "cancel-order", "بإشعار مكتوب مدته 15 يومًا"),
        (AR, "نسيت كلمة المرور", "password-reset", "https://ornina.example/account"),
        (EN, "what's your return policy", "refunds-and-returns", "send your order number and the reason"),
        (AR, "ازاي ارجع المنتج", "refunds-and-returns", "فلا توجد بضاعة تُرجع"),
        (AR, "متى توصلون", "project-delivery", "يُحدد موعد التسليم في العقد"),
        (EN, "when will my project be delivered?", "project-delivery", "The delivery date stands in the contract"),
        (EN, "how long is the warranty", "warranty", "for 6 months from delivery"),
        (AR, "هل المواقع عليها كفالة؟", "warranty", "لمدة 6 أشهر"),
        (EN, "what does the warranty not cover?", "warranty", "New features"),
        (AR, "كم تحتفظون بالمحادثات", "data-protection", "سنتين"),
        (EN, "do you sell my data", "data-protection", "we don't sell it"),
        (EN, "can I reschedule my appointment?", "change-appointment", "changing it costs nothing"),
        (AR, "أبي أأجل الموعد", "change-appointment", "فلا رسوم على تغيير موعدها"),
        (EN, "is training refundable?", "refunds-and-returns", "five working days before the start"),
        (AR, "هل رسوم التدريب تسترد؟", "refunds-and-returns", "بخمسة أيام عمل"),
        (EN, "do you issue invoices", "payment-methods", "electronic tax invoice"),
        (AR, "ابغى اقسط المبلغ", "payment-methods", "50% عند التعاقد"),
    ],
)
def test_a_question_is_answered_from_the_article_on_it(answer, language, text, slug, told):
    reply, sources = answer(text, language)
    assert told in reply
    assert sources == (slug,)
    assert len(reply) <= REPLY_CHARS


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        (EN, "are you open on Friday?", "closed on Friday"),
        (AR, "وش دوامكم", "أوقات عملنا"),
        (EN, "how much is a website", "SAR 4,500"),
        (AR, "كم سعر تصميم الموقع", "4,500"),
        (EN, "how long does an app take", "8 to 16 weeks"),
        (EN, "what payment methods do you take", "mada"),
        (AR, "احذفوا بياناتي", "hello@ornina.example"),
        (EN, "what's your phone number?", "+966 11 000 0000"),
    ],
)
def test_what_the_profile_answers_better_is_its_to_tell(answer, language, text, told):
    reply, sources = answer(text, language)
    assert told in reply
    assert sources == ()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "what is the capital of France?"),
        (AR, "من فاز في المباراة امس؟"),
        (EN, "what's the weather today?"),
        (EN, "how is your day"),
        (EN, "How do I change my name?"),
        (EN, "how do I link my card"),
        (AR, "أحتاج إلى تفعيل بطاقتي"),
        (AR, "هل تبيعون سيارات"),
        (EN, "asdf qwer zxcv"),
    ],
)
def test_what_is_beside_every_article_quotes_none(answer, language, text):
    assert answer(text, language)[1] == ()


@pytest.mark.parametrize(
    ("language", "text"), [(EN, "hello"), (AR, "السلام عليكم"), (EN, "thanks"), (AR, "شكرا"), (EN, "8812")]
)
def test_what_asks_nothing_looks_nothing_up(voice, language, text):
    def find():
        raise AssertionError

    made = brief(text, ANALYZER.analyze(text, language), language=language)
    assert voice.reply(replace(made, passages=Lookup(find)))


@pytest.mark.parametrize(("language", "text"), [(EN, "I want to cancel order 4471"), (AR, "أريد إلغاء الطلب رقم 4471")])
def test_who_gives_an_order_number_is_not_told_to_send_one(voice, language, text):
    understood = analysis(language, ACCOUNT, entities=((EntityKind.order_number, "4471"),))
    made = replace(brief(text, understood, language=language), passages=DEMO_INDEX.search(text, language))
    voice.reply(made)
    assert made.meter.sources == ()


@pytest.mark.parametrize(
    ("language", "text"), [(EN, "how do I get a parking permit?"), (AR, "كيف أحصل على تصريح موقف؟")]
)
def test_a_text_that_only_the_other_language_has_is_given_as_such(answer, language, text):
    body = {EN: "اطلبوا التصريح من الاستقبال.", AR: "Ask for the permit at the reception."}[language]
    title = {EN: "تصريح موقف", AR: "Parking permit"}[language]
    index = Index([article("parking", language.other, title, body, text)])
    reply, sources = answer(text, language, index=index)
    assert reply.startswith(LINES[PersonaType.reception].article_elsewhere[language][0])
    assert f"\n\u2068{body}\u2069" in reply
    assert sources == ("parking",)


def test_the_same_article_again_is_a_reminder(answer):
    first, _ = answer("how long is the warranty", EN)
    again, sources = answer("how long is the warranty", EN, said=first)
    assert again != first
    assert sources == ("warranty",)


def passage(text, *, heading="", marks=()):
    return Passage(
        slug="s",
        title="T",
        language=EN,
        other_language=False,
        heading=heading,
        text=text,
        start=0,
        highlights=marks,
        score=1,
        share=1,
    )


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("Open **Settings**, then *Save*.", "Open Settings, then Save."),
        ("See [our page](https://a.example/x_y_z).", "See our page (https://a.example/x_y_z)."),
        ("See [https://a.example](https://a.example).", "See https://a.example."),
        ("Write to <https://a.example>.", "Write to https://a.example."),
        ("Do this:\n\n- one\n* two\n", "Do this:\n• one\n• two."),
        ("1. Open it.\n2) Close it.", "1. Open it.\n2. Close it."),
        ("Line one\nand two.", "Line one and two."),
        ("Press `Ctrl`. 2 * 3 * 4.", "Press Ctrl. 2 * 3 * 4."),
        ("اكتبوا **اسمكم**:\n- الأول\n- الأخير", "اكتبوا اسمكم:\n• الأول\n• الأخير."),
        ("![logo](a.png) Text\\*", "Text*."),
    ],
)
def test_markdown_reads_as_plain_chat_text(markdown, plain):
    assert excerpt(passage(markdown), 500) == plain


def test_a_heading_leads_in_unless_it_is_a_question():
    assert excerpt(passage("For a year.", heading="**Warranty**"), 99) == "Warranty: For a year."
    assert excerpt(passage("For a year.", heading="How long?"), 99) == "For a year."
    assert excerpt(passage("سنة.", heading="كم المدة؟"), 99) == "سنة."


def test_steps_are_kept_whole_where_they_fit():
    steps = "\n".join(f"{number}. Step number {number} of all." for number in range(1, 16))
    assert excerpt(passage(steps), REPLY_CHARS) == steps


def test_what_does_not_fit_ends_with_a_whole_sentence_or_says_that_it_goes_on():
    sentences = "One is here. " * 40 + "Two is there."
    assert excerpt(passage(sentences), 100).endswith("One is here.")
    steps = "\n".join(f"{number}. Step number {number} of all." for number in range(1, 60))
    cut = excerpt(passage(steps), 200)
    assert cut.endswith("of all. …")
    assert len(cut) <= 202


def test_of_a_long_passage_the_part_with_the_questions_words_is_told():
    text = "Nothing of note here. " * 30 + "The fee is ten."
    at = text.index("fee")
    assert excerpt(passage(text, marks=((at, at + 3),)), 120).endswith("The fee is ten.")


def test_one_endless_word_or_sentence_is_bounded():
    assert len(excerpt(passage("word " * 400), 100)) <= 102
    assert len(excerpt(passage("w" * 900), 100)) <= 102

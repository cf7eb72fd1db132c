from __future__ import annotations

import pytest

from callcenter.analysis.models import Act
from callcenter.calls import ConversationIntent, Language, LocalizedText, PersonaType, Sentiment
from callcenter.company import Company, Service
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.offline.phrases import load_phrasebook
from tests.llm.briefs import analysis, brief

pytestmark = pytest.mark.unit

INTEREST = ConversationIntent.sales_interest
TRAINING = ConversationIntent.training_interest
AR, EN = Language.ar, Language.en


@pytest.fixture
def say(voice):
    def speak(text, language, intent=INTEREST, *, question=None, sentiment=Sentiment.neutral, **given):
        understood = analysis(
            language,
            intent,
            question=question,
            sentiment=sentiment,
            acts=given.pop("acts", ()),
            also=given.pop("also", ()),
        )
        return voice.reply(brief(text, understood, language=language, persona=PersonaType.sales, **given))

    return speak


@pytest.mark.parametrize(
    ("language", "text", "service"),
    [
        (AR, "أنا مهتم بخدمة الإعلانات", "advertising"),
        (AR, "أبغى تصميم موقع", "web-design"),
        (AR, "عايز تطبيق جوال", "mobile-apps"),
        (EN, "I'm interested in your digital platform service", "digital-platforms"),
        (EN, "Tell me about SEO please", "seo"),
        (EN, "we need advertising", "advertising"),
    ],
)
def test_one_service_is_presented_with_its_price_and_one_next_step(say, company, language, text, service):
    reply, offered = say(text, language), company.service(service)
    assert offered.summary[language] in reply
    assert offered.price_text(language) in reply
    assert reply[-1] in "?؟"


@pytest.mark.parametrize(
    ("language", "text", "service"),
    [
        (AR, "كم تكلفة تصميم موقع؟", "web-design"),
        (AR, "بكم الإعلانات؟", "advertising"),
        (EN, "What's the pricing for platform development?", "digital-platforms"),
        (EN, "how much do ads cost?", "advertising"),
    ],
)
def test_asked_for_a_price_every_price_comes_first(say, company, language, text, service):
    reply, offered = say(text, language, question="price"), company.service(service)
    for line in offered.price_list(language):
        assert f"\n• {line}" in reply
    assert offered.summary[language] not in reply


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "بكم؟"), (AR, "كم سعرها"), (EN, "how much is it?"), (EN, "and the price?")]
)
def test_a_price_question_without_a_name_means_the_last_interest(say, company, language, text):
    reply = say(text, language, question="price", interests=("advertising", "web-design"))
    assert company.service("web-design").name[language] in reply
    assert company.service("advertising").name[language] not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "كم أسعاركم؟"), (EN, "what are your prices?")])
def test_a_price_question_about_nothing_in_particular_gets_all_prices(say, company, language, text):
    reply = say(text, language, question="price")
    for service in company.services:
        assert f"\n• {service.name[language]}: {service.price_text(language)}" in reply


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "ما هي خدماتكم؟"), (AR, "وش تقدمون؟"), (EN, "I'm interested in your services")]
)
@pytest.mark.parametrize("interests", [(), ("seo",)])
def test_all_services_are_listed_when_none_is_named(say, company, language, text, interests):
    reply = say(text, language, interests=interests)
    assert all(f"\n• {service.name[language]}" in reply for service in company.services)


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "أريد تصميم موقع وتحسين محركات البحث"), (EN, "web design and seo please")]
)
def test_two_services_are_both_answered_with_one_question(say, company, language, text):
    reply = say(text, language)
    for service in ("web-design", "seo"):
        assert company.service(service).price_text(language) in reply
    assert reply.count("?") + reply.count("؟") == 1


@pytest.mark.parametrize(
    ("language", "text", "service"),
    [
        (AR, "أنا أبحث عن خدمة تصميم ويب، هل لديكم عرض أفضل؟", "web-design"),
        (EN, "I'm looking for web design, do you have a better offer?", "web-design"),
    ],
)
def test_a_better_offer_is_the_profiles_with_the_price_it_applies_to(say, company, language, text, service):
    reply = say(text, language, question="whether")
    assert "10%" in reply
    assert company.service(service).price_text(language) in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "هل عندكم خصم؟"), (EN, "any discount?")])
def test_a_discount_is_never_claimed_by_a_company_that_offers_none(company, language, text):
    def silent(topic):
        return "offer" not in topic.id

    policies, faq = filter(silent, company.policies), filter(silent, company.faq)
    bare = Company.model_validate({**dict(company), "policies": tuple(policies), "faq": tuple(faq)})
    understood = analysis(language, INTEREST, question="whether")
    reply = OfflineVoice(bare).reply(brief(text, understood, language=language))
    assert "%" not in reply


@pytest.mark.parametrize(
    ("language", "text"),
    [(AR, "هل تقدمون برامج تدريب؟ أنا مهتم بالتسويق الرقمي"), (EN, "do you offer courses in digital marketing?")],
)
def test_training_is_presented_rather_than_the_service_of_the_same_subject(say, company, language, text):
    reply = say(text, language, TRAINING, question="whether")
    assert company.service("digital-marketing-training").name[language] in reply
    assert company.service("advertising").name[language] not in reply


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        (AR, "هل أحصل على شهادة بعد التدريب؟", "شهادة حضور"),
        (EN, "do I get a certificate?", "certificate of attendance"),
    ],
)
def test_a_frequent_question_about_a_service_is_answered_first(say, language, text, word):
    assert word in say(text, language, TRAINING, question="whether")


@pytest.mark.parametrize(
    ("language", "text", "part"),
    [
        (AR, "كم المدة؟", "من أسبوعين إلى 6 أسابيع"),
        (AR, "ماذا يشمل؟", "\n• نسختان عربية وإنجليزية"),
        (AR, "كيف نبدأ؟", "\n• عرض سعر مكتوب خلال ثلاثة أيام عمل"),
        (EN, "how long does it take?", "2 to 6 weeks"),
        (EN, "what's included?", "\n• Arabic and English versions"),
        (EN, "how do we get started?", "\n• A written quote within three working days"),
    ],
)
def test_what_is_asked_of_the_last_interest_is_answered(say, language, text, part):
    assert part in say(text, language, question="how", interests=("web-design",))


@pytest.mark.parametrize(("language", "text"), [(AR, "كيف نبدأ؟"), (EN, "how do we get started?")])
def test_how_to_proceed_without_any_service_is_the_companys_next_step(say, company, language, text):
    assert company.texts.next_step[language] in say(text, language, question="how")


@pytest.mark.parametrize(("language", "text"), [(AR, "نعم"), (EN, "yes please")])
def test_yes_after_an_offer_to_explain_gets_the_steps(say, company, language, text):
    reply = say(text, language, ConversationIntent.other, acts=(Act.affirm,), interests=("seo",))
    assert all(step[language] in reply for step in company.service("seo").steps)


@pytest.mark.parametrize(("language", "text"), [(AR, "مرحبا، أريد تصميم موقع"), (EN, "hello, I need web design")])
@pytest.mark.parametrize("introduced", [True, False])
def test_a_greeting_is_returned_unless_the_reply_opens_with_an_introduction(say, language, text, introduced):
    reply = say(text, language, also=(ConversationIntent.greeting,), introduced=introduced)
    greeted = reply.startswith(("أهلًا", "مرحبًا", "Hello", "Hi"))
    assert greeted is not introduced


@pytest.mark.parametrize(("language", "text"), [(AR, "أبغى تصميم موقع"), (EN, "I need web design")])
def test_no_word_of_pleasure_for_a_customer_in_a_bad_mood(say, language, text):
    pleased = load_phrasebook().personas[PersonaType.sales].glad[language]
    assert say(text, language).startswith(pleased)
    assert not say(text, language, sentiment=Sentiment.negative).startswith(pleased)


def test_many_services_stay_within_a_readable_reply(company):
    base = company.service("seo")
    many = tuple(base.model_copy(update={"id": f"seo-{number}"}) for number in range(60))
    voice = OfflineVoice(Company.model_validate({**dict(company), "services": many}))
    reply = voice.reply(brief("what do you offer?", analysis(EN, INTEREST, question="what"), language=EN))
    assert len(reply) <= 600
    assert "And more." in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "هل السعر شامل الضريبة؟"), (EN, "does the price include VAT?")])
@pytest.mark.parametrize("interests", [(), ("seo",)])
def test_a_question_about_a_price_is_not_taken_for_one_of_the_price(say, company, language, text, interests):
    reply = say(text, language, question="whether", interests=interests)
    assert reply.startswith(next(each for each in company.faq if each.id == "vat").answer[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "أريد حجز موعد استشارة"), (EN, "I want to book a consultation")])
def test_what_a_frequent_answer_covers_is_answered_without_a_question_mark(say, company, language, text):
    assert next(each for each in company.faq if each.id == "consultation").answer[language] in say(text, language)


@pytest.mark.parametrize(("language", "text"), [(AR, "غالي شوي"), (EN, "that's too expensive")])
def test_too_expensive_is_answered_with_what_makes_it_cheaper(say, language, text):
    assert "10%" in say(text, language, ConversationIntent.other, sentiment=Sentiment.negative, interests=("seo",))


@pytest.mark.parametrize("language", Language)
def test_a_price_by_agreement_is_explained_and_never_made_up(company, language):
    seo, note = company.service("seo"), LocalizedText(ar="السعر حسب الاتفاق.", en="The price is by agreement.")
    by_agreement = Service.model_validate({**dict(seo), "prices": (), "price_note": note})
    voice = OfflineVoice(Company.model_validate({**dict(company), "services": (by_agreement,)}))
    text = {AR: "كم سعر السيو؟", EN: "how much is seo?"}[language]
    reply = voice.reply(brief(text, analysis(language, INTEREST, question="price"), language=language))
    assert reply.startswith(note[language])
    assert not any(price.text(language) in reply for price in seo.prices)


@pytest.mark.parametrize("language", Language)
def test_a_company_without_services_still_says_who_it_is(company, language):
    voice = OfflineVoice(Company.model_validate({**dict(company), "services": ()}))
    reply = voice.reply(brief("services", analysis(language, INTEREST), language=language))
    assert reply.startswith(company.about[language])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("greets", [(), (ConversationIntent.greeting,)])
def test_a_long_list_that_was_asked_for_is_told_all_the_same(company, language, greets):
    step = LocalizedText(ar="خطوة " * 40, en="step " * 40)
    long = Service.model_validate({**dict(company.service("seo")), "steps": (step,) * 5})
    voice = OfflineVoice(Company.model_validate({**dict(company), "services": (long,)}))
    text = {AR: "كيف نبدأ في السيو؟", EN: "how do we get started with seo?"}[language]
    reply = voice.reply(brief(text, analysis(language, INTEREST, also=greets), language=language))
    assert step[language] in reply


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        (AR, "كم سعر متجر الكتروني؟", ("web-design", 1)),
        (AR, "بكم المتجر الإلكتروني", ("web-design", 1)),
        (AR, "سعر صفحة هبوط", ("web-design", 2)),
        (AR, "بكم الشعار؟", ("brand-identity", 0)),
        (AR, "بكم اللوجو؟", ("brand-identity", 0)),
        (EN, "how much is an online store?", ("web-design", 1)),
        (EN, "landing page price", ("web-design", 2)),
        (EN, "how much for a logo?", ("brand-identity", 0)),
    ],
)
def test_what_is_named_of_a_service_has_its_price_first(say, company, language, text, wanted):
    service, place = wanted
    reply, offered = say(text, language, question="price"), company.service(service)
    named = offered.prices[place]
    assert reply.startswith(f"{named.label[language]}: {named.text(language)}.")
    assert all(price.text(language) in reply for price in offered.prices)


def overview(say, language):
    return say({AR: "ما هي خدماتكم؟", EN: "what services do you offer?"}[language], language)


@pytest.mark.parametrize(
    ("language", "text", "place"),
    [
        (AR, "الثاني", 1),
        (AR, "رقم 3", 2),
        (AR, "الأخير", -1),
        (EN, "the second one", 1),
        (EN, "number 3", 2),
        (EN, "the last one please", -1),
    ],
)
def test_the_second_one_is_that_of_the_list_before(say, company, language, text, place):
    reply = say(text, language, ConversationIntent.other, said=overview(say, language))
    assert company.services[place].summary[language] in reply
    assert company.services[place].price_text(language) in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "الثاني"), (EN, "the second one")])
def test_the_second_one_of_no_list_is_asked_back_with_the_choices(say, company, language, text):
    reply = say(text, language, ConversationIntent.other)
    assert all(f"\n• {service.name[language]}" in reply for service in company.services)


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "هذه المرة الثانية التي أسأل فيها"), (EN, "this is the second time that I ask")]
)
def test_a_second_time_chooses_nothing(say, company, language, text):
    reply = say(text, language, ConversationIntent.other, said=overview(say, language))
    assert company.services[1].summary[language] not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "كم ياخذ وقت؟"), (EN, "how long does it take?")])
def test_how_long_means_the_service_in_question_only(say, company, language, text):
    asks = ConversationIntent.information
    known = say(text, language, asks, question="time", interests=("seo",))
    chosen = say(text, language, asks, question="time", said=company.service("seo").name[language])
    every = next(each for each in company.faq if each.id == "how-long").answer[language]
    assert company.service("seo").duration[language] in known
    assert company.service("seo").duration[language] in chosen
    assert every not in known
    assert every in say(text, language, asks, question="time")


@pytest.mark.parametrize(("language", "text"), [(AR, "كم مدة الضمان؟"), (EN, "how long is the warranty?")])
def test_how_long_the_warranty_is_does_not_mean_the_service(say, company, language, text):
    reply = say(text, language, ConversationIntent.information, question="time", interests=("seo",))
    assert next(each for each in company.policies if each.id == "warranty-and-support").summary[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "عندكم خصم؟"), (EN, "any discount?")])
def test_a_discount_asked_for_again_is_not_said_again_in_full(say, company, language, text):
    offer = next(each for each in company.policies if each.id == "offers").summary[language]
    first = say(text, language, question="whether", interests=("seo",))
    again = say(text, language, question="whether", interests=("seo",), said=first, messages=2)
    assert offer in first
    assert offer not in again
    assert "10%" in again
    for reply in (first, again):
        assert company.service("seo").price_text(language) in reply
    assert {AR: "رقم جوال", EN: "phone number"}[language] in again


@pytest.mark.parametrize(("language", "text"), [(AR, "تمام"), (EN, "ok")])
def test_an_ok_to_the_steps_gets_the_way_on_and_not_the_steps(say, company, language, text):
    steps = say({AR: "كيف نبدأ؟", EN: "how do we start?"}[language], language, question="how", interests=("seo",))
    reply = say(text, language, ConversationIntent.other, acts=(Act.affirm,), interests=("seo",), said=steps)
    assert company.service("seo").steps[0][language] in steps
    assert company.service("seo").steps[0][language] not in reply
    assert {AR: "رقم جوال", EN: "phone number"}[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "تمام"), (EN, "ok")])
def test_an_ok_to_an_offer_to_explain_is_a_yes(say, company, language, text):
    offer = load_phrasebook().personas[PersonaType.sales].ask_start[language][0]
    reply = say(text, language, ConversationIntent.other, acts=(Act.affirm,), interests=("seo",), said=offer)
    assert company.service("seo").steps[0][language] in reply


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "تصلحون غسالات؟"), (AR, "هل تبيعون سيارات؟"), (EN, "do you repair washing machines?")]
)
@pytest.mark.parametrize("intent", [INTEREST, ConversationIntent.information])
def test_what_is_not_sold_is_said_not_to_be_in_a_line(say, company, language, text, intent):
    reply = say(text, language, intent, question="whether")
    assert reply.startswith({AR: "للأسف هذا ليس ضمن خدماتنا", EN: "I'm afraid that isn't among our services"}[language])
    assert company.services[0].name[language] in reply
    assert "\n" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "الخطة الأساسية"), (EN, "the basic plan")])
def test_a_choice_among_the_prices_just_listed_is_understood(say, company, language, text):
    asked = {AR: "كم سعر الصيانة؟", EN: "how much is maintenance?"}[language]
    reply = say(text, language, ConversationIntent.other, said=say(asked, language, question="price"))
    basic, plus, _ = company.service("maintenance").prices
    assert basic.text(language) in reply
    assert plus.text(language) not in reply
    assert basic.text(language) not in say(text, language, ConversationIntent.other)


@pytest.mark.parametrize(
    ("language", "text", "start"),
    [
        (EN, "I'm thinking of a digital marketing course, when does it start?", "first Sunday"),
        (AR, "بدي سجل بدورة تسويق رقمي، متى بتبدأ؟", "أول أحد"),
        (AR, "عايز كورس تسويق، هيبدأ امتى؟", "أول أحد"),
        (AR, "بدي سجل بـ course تسويق رقمي، متى بتبدأ؟", "أول أحد"),
    ],
)
def test_the_start_of_a_course_is_told_where_it_is_asked(say, language, text, start):
    assert start in say(text, language, TRAINING, question="time")

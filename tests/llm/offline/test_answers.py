from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import ConversationIntent, Language, PersonaType, Slot
from callcenter.company import Company
from callcenter.llm import TicketNews
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.offline.phrases import load_phrasebook
from tests.llm.briefs import NIGHT, NOW, TICKET, analysis, brief, ticket

pytestmark = pytest.mark.unit

ASKS = ConversationIntent.information
AR, EN = Language.ar, Language.en


@pytest.fixture
def say(voice):
    def speak(text, language, intent=ASKS, *, question="what", entities=(), **given):
        understood = analysis(language, intent, question=question, entities=entities)
        return voice.reply(brief(text, understood, language=language, **given))

    return speak


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (AR, "ما أوقات العمل؟"),
        (AR, "متى تفتحون؟"),
        (AR, "بتقفلوا امتى؟"),
        (EN, "What are your working hours?"),
        (EN, "when do you open?"),
    ],
)
def test_hours_are_told(say, company, language, text):
    assert company.hours.describe(language) in say(text, language)


@pytest.mark.parametrize(("language", "text"), [(AR, "هل أنتم فاتحين الآن؟"), (EN, "are you open right now?")])
def test_open_now_goes_by_the_companys_own_clock(say, language, text):
    lines = load_phrasebook().personas[PersonaType.reception]
    assert say(text, language, at=NOW).startswith(lines.open_now[language])
    assert not say(text, language, at=NIGHT).startswith(lines.open_now[language])


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        (AR, "هل أنتم فاتحين الآن؟", "ونعود يوم السبت الساعة 10:00 صباحًا."),
        (EN, "are you open right now?", "and open again on Saturday at 10:00."),
    ],
)
def test_who_asks_when_it_is_closed_hears_when_it_opens(say, language, text, told):
    thursday_evening = datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert told in say(text, language, at=thursday_evening)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [(AR, "هل أنتم فاتحين الأربعاء؟", "الأربعاء"), (EN, "are you open on Wednesday?", "Wednesday")],
)
def test_a_day_asked_about_goes_by_the_calendar(say, language, text, day):
    """The 23rd of September 2026 is a Wednesday, and the national day."""
    lines = load_phrasebook().personas[PersonaType.reception]
    reason = {AR: "اليوم الوطني", EN: "National Day Holiday"}[language]
    closed = lines.closed_that_day[language][0].format(day=day, reason=reason)
    opened = lines.open_on[language][0].format(day=day)
    assert closed in say(text, language, at=datetime(2026, 9, 20, 9, tzinfo=UTC))
    assert opened in say(text, language, at=datetime(2026, 9, 27, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("language", "text"),
    [(AR, "وين مكتبكم؟"), (EN, "where is your office?"), (EN, "wein el maktab?"), (EN, "wen maktabkom")],
)
def test_address_is_told(say, company, language, text):
    reply = say(text, language, question="place")
    assert company.contacts.address[language] in reply
    assert company.contacts.map_url in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "كيف أتواصل معكم؟"), (EN, "how can I contact you?")])
def test_contacts_are_told(say, company, language, text):
    reply = say(text, language)
    assert company.contacts.phone in reply
    assert company.contacts.email in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "رقم الجوال 0501234567"), (EN, "phone number 0501234567")])
def test_a_customer_who_gives_a_contact_is_not_told_ours(say, company, language, text):
    reply = say(text, language, ConversationIntent.other, question=None, entities=((EntityKind.phone, "0501234567"),))
    assert "0501234567" in reply
    assert company.contacts.phone not in reply


@pytest.mark.parametrize(
    ("language", "text", "policy"),
    [
        (AR, "ما سياسة الاسترجاع؟", "refund"),
        (AR, "كم مدة الضمان؟", "warranty-and-support"),
        (AR, "أريد إلغاء الاشتراك", "cancellation"),
        (EN, "what is your refund policy?", "refund"),
        (EN, "how long is the warranty?", "warranty-and-support"),
        (EN, "can I cancel the contract?", "cancellation"),
    ],
)
def test_policies_are_quoted_as_they_stand(say, company, language, text, policy):
    found = next(each for each in company.policies if each.id == policy)
    assert found.summary[language] in say(text, language)


@pytest.mark.parametrize(
    ("language", "text", "word"), [(AR, "ما طرق الدفع؟", "مدى"), (EN, "which payment methods do you accept?", "mada")]
)
def test_payment_methods_are_told(say, language, text, word):
    assert word in say(text, language)


@pytest.mark.parametrize(("language", "text"), [(AR, "هل لديكم موقف للسيارات؟"), (EN, "is there parking nearby?")])
def test_what_the_profile_does_not_say_is_owned_up_to(say, company, language, text):
    reply = say(text, language, question="whether")
    assert company.texts.unknown[language] in reply
    assert {AR: "أريد التحدث مع موظف", EN: "I want to talk to a person"}[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "نسيت كلمة السر"), (EN, "I forgot my password")])
def test_account_help_guides_and_says_what_can_not_be_done_here(say, company, language, text):
    guide = next(each for each in company.faq if each.id == "customer-account")
    reply = say(text, language, ConversationIntent.account_request, question=None)
    assert guide.answer[language] in reply
    assert load_phrasebook().personas[PersonaType.reception].account_limits[language][0] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "أريد حذف بيانات ملفي"), (EN, "please remove my profile")])
def test_account_help_without_a_guide_names_a_way_to_a_human(say, company, language, text):
    reply = say(text, language, ConversationIntent.account_request, question=None)
    assert company.contacts.phone in reply
    assert load_phrasebook().personas[PersonaType.reception].account_secrets[language][0] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "رقم الطلب 7474839"), (EN, "my order number is 7474839")])
def test_an_order_number_out_of_the_blue_is_taken_and_asked_about(say, language, text):
    entities = ((EntityKind.order_number, "7474839"),)
    reply = say(text, language, ConversationIntent.other, question=None, entities=entities)
    assert "7474839" in reply
    assert reply[-1] in "?؟"


@pytest.mark.parametrize(("language", "text"), [(AR, "ما سياسة الاسترجاع؟"), (EN, "what is your refund policy?")])
def test_a_question_while_something_is_collected_is_answered_before_the_next_question(say, company, language, text):
    found = next(each for each in company.policies if each.id == "refund")
    reply = say(text, language, persona=PersonaType.complaints, ticket=ticket(language), asks=Slot.order_number)
    asked = load_phrasebook().personas[PersonaType.complaints].asks[Slot.order_number][language]
    assert reply.startswith(found.summary[language])
    assert reply.endswith(asked)


@pytest.mark.parametrize(("language", "text"), [(AR, "هل تعملون يوم الجمعة؟"), (EN, "do you work on Fridays?")])
def test_a_question_about_a_day_is_answered_with_the_hours(say, company, language, text):
    assert company.hours.describe(language) in say(text, language, question="whether")


@pytest.mark.parametrize(("language", "text"), [(AR, "حصل ذلك يوم الجمعة"), (EN, "it happened on Friday")])
def test_a_day_in_a_statement_is_no_question_about_hours(say, company, language, text):
    reply = say(text, language, ConversationIntent.other, question=None)
    assert company.hours.describe(language) not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "ما هي أورنينا؟"), (EN, "what is Ornina?")])
def test_what_the_company_is_is_told_from_the_profile(say, company, language, text):
    assert company.about[language] in say(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [(AR, "دفعت عن طريق تحويل بنكي قبل شهر"), (EN, "I paid by bank transfer a month ago")],
)
def test_a_detail_for_the_ticket_is_noted_and_not_taken_for_a_question(say, language, text):
    lines = load_phrasebook().personas[PersonaType.complaints]
    reply = say(
        text,
        language,
        ConversationIntent.other,
        question=None,
        persona=PersonaType.complaints,
        ticket=ticket(language),
        news=TicketNews.updated,
        asks=Slot.contact,
    )
    assert reply.startswith(tuple(line.format(ticket=TICKET) for line in lines.updated[language]))
    assert "Apple Pay" not in reply


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        (AR, "رقم الفاتورة 8812", "رقم الفاتورة 8812"),
        (AR, "رقم الطلب 8812", "رقم الطلب 8812"),
        (AR, "الرقم 8812", "الرقم 8812"),
        (EN, "invoice 8812", "invoice number 8812"),
        (EN, "order 8812", "order number 8812"),
        (EN, "it's 8812", "I have number 8812"),
    ],
)
def test_a_number_is_called_what_the_customer_calls_it(voice, language, text, label):
    understood = analysis(language, ConversationIntent.other, entities=((EntityKind.order_number, "8812"),), words=2)
    reply = voice.reply(brief(text, understood, language=language))
    assert label in reply
    assert "Apple Pay" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "عندكم فرع في جدة؟"), (EN, "do you have a branch in Jeddah?")])
def test_a_question_after_a_branch_is_answered_plainly(say, company, language, text):
    reply = say(text, language, question="whether")
    assert next(each for each in company.faq if each.id == "branches").answer[language] in reply
    assert company.contacts.map_url not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "عندكم فرع في جدة؟"), (EN, "do you have a branch in Jeddah?")])
def test_a_profile_without_branches_answers_with_its_address(company, language, text):
    silent = tuple(each for each in company.faq if each.id != "branches")
    voice = OfflineVoice(Company.model_validate({**dict(company), "faq": silent}))
    reply = voice.reply(brief(text, analysis(language, ASKS, question="whether"), language=language))
    assert company.contacts.address[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "احذفوا بياناتي"), (EN, "delete my data")])
def test_a_wish_to_be_forgotten_is_told_how(say, company, language, text):
    reply = say(text, language, ConversationIntent.account_request, question=None)
    assert next(each for each in company.faq if each.id == "delete-my-data").answer[language] in reply
    assert company.contacts.email in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "ما سياسة الاسترجاع؟"), (EN, "what is your refund policy?")])
def test_what_was_just_said_is_called_to_mind_rather_than_repeated(say, company, language, text):
    policy = next(each for each in company.policies if each.id == "refund").summary[language]
    first = say(text, language)
    again = say(text, language, said=first)
    assert policy in first
    assert policy not in again
    assert policy.split(". ")[0] in again
    assert again.startswith({AR: "كما ذكرت", EN: "As I mentioned"}[language])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "I'm not interested in advertising, I just want to know your opening hours"),
        (AR, "لست مهتمًا بالإعلانات، فقط أريد معرفة أوقات الدوام"),
        (EN, "ma badi e3lanat, bas baddi a3ref el dawam"),
        (EN, "No discounts for me please, what are your opening hours?"),
    ],
)
def test_a_question_beside_what_is_turned_down_is_answered(voice, company, language, text):
    understood = analysis(language, ASKS, acts=(Act.not_interested,), words=9)
    reply = voice.reply(brief(text, understood, language=language))
    assert company.hours.describe(language) in reply
    assert reply.count("•") == 0
    assert "10%" not in reply


@pytest.mark.parametrize(("language", "text"), [(EN, "I'm not interested in discounts"), (AR, "لست مهتمًا بالخصومات")])
def test_what_is_turned_down_is_not_explained(voice, language, text):
    understood = analysis(language, ASKS, acts=(Act.not_interested,), words=5)
    reply = voice.reply(brief(text, understood, language=language))
    lines = load_phrasebook().personas[PersonaType.reception]
    assert reply.startswith(lines.not_interested[language])


@pytest.mark.parametrize("at", [NOW, NIGHT])
@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "Are you open on Saturday?"),
        (EN, "are you open on saturdays?"),
        (EN, "fat7een yom el sabt?"),
        (AR, "فاتحين يوم السبت؟"),
        (AR, "هل تعملون يوم السبت؟"),
    ],
)
def test_a_question_about_an_open_day_is_answered_for_that_day(say, company, language, text, at):
    lines = load_phrasebook().personas[PersonaType.reception]
    reply = say(text, language, question="whether", at=at)
    day = {AR: "السبت", EN: "Saturday"}[language]
    assert reply.startswith(tuple(wording.format(day=day) for wording in lines.open_on[language]))
    assert company.hours.describe(language) in reply


@pytest.mark.parametrize(
    ("language", "text"),
    [(EN, "are you open on fridays?"), (EN, "do you work on Friday?"), (AR, "هل أنتم مفتوحون يوم الجمعة؟")],
)
def test_a_question_about_a_day_off_is_answered_for_that_day(say, company, language, text):
    lines = load_phrasebook().personas[PersonaType.reception]
    reply = say(text, language, question="whether")
    day = {AR: "الجمعة", EN: "Friday"}[language]
    assert reply.startswith(tuple(wording.format(day=day) for wording in lines.closed_on[language]))
    assert company.hours.describe(language) in reply


@pytest.mark.parametrize(
    ("language", "text", "day"), [(EN, "Are you open tomorrow?", "Monday"), (AR, "بتفتحوا بكرا؟", "الاثنين")]
)
def test_tomorrow_is_a_day_too(say, language, text, day):
    assert day in say(text, language, question="whether").partition(".")[0]


def test_tomorrow_goes_by_the_companys_own_clock(say):
    assert "Tuesday" in say("are you open tomorrow?", EN, question="whether", at=NIGHT).partition(".")[0]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "I want to change the email address on my account"),
        (EN, "How do I change my email?"),
        (EN, "please update my phone number"),
        (AR, "أريد تغيير البريد الإلكتروني في حسابي"),
        (AR, "بدي غير ايميلي"),
        (AR, "كيف أغير رقم الجوال في حسابي؟"),
    ],
)
def test_a_change_of_address_gets_no_help_with_a_password(say, company, language, text):
    guide = next(each for each in company.faq if each.id == "account-details")
    reply = say(text, language, ConversationIntent.account_request, question=None)
    assert guide.answer[language] in reply
    assert company.contacts.email in reply
    assert {AR: "نسيت كلمة المرور", EN: "Forgot password"}[language] not in reply


@pytest.mark.parametrize("text", ["Are you open on Staurday?", "are you open on public holidays?"])
def test_a_day_that_is_not_known_is_not_taken_for_now(say, company, text):
    reply = say(text, EN, question="whether")
    assert reply.startswith(
        tuple(each.partition("{")[0] for each in load_phrasebook().personas[PersonaType.reception].hours[EN])
    )
    assert company.hours.describe(EN) in reply

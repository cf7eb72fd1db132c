from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import (
    ConversationIntent,
    Language,
    PersonaType,
    Sentiment,
    Slot,
    TicketCategory,
)
from callcenter.llm import TicketNews
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.offline.phrases import load_phrasebook
from callcenter.tickets import TicketStatus
from tests.llm.briefs import NIGHT, NOW, TICKET, analysis, brief, ticket

pytestmark = pytest.mark.unit

AR, EN = Language.ar, Language.en
COMPLAINT, FAULT = ConversationIntent.complaint, ConversationIntent.technical_support
HUMAN, OTHER = ConversationIntent.human_request, ConversationIntent.other
SAID = {AR: "الموقع لا يعمل", EN: "the website is down"}
WITHIN_TWO_HOURS = {AR: "خلال ساعتين", EN: "within 2 hours"}
LINES = load_phrasebook().personas[PersonaType.complaints]
CREATED, UPDATED = TicketNews.created, TicketNews.updated
FULL = {
    "order_number": "7474839",
    "phone": "+966501234567",
    "amount": "500.00 SAR",
    "occurred": "2026-11-20",
}
FULL_SAID = {
    language: (FULL["order_number"], FULL["phone"], amount, FULL["occurred"])
    for language, amount in ((AR, "500 ريال سعودي"), (EN, "SAR 500"))
}


@pytest.fixture
def say(voice):
    def speak(text, language, intent, *, persona=PersonaType.complaints, **given):
        of_message = {
            key: given.pop(key)
            for key in ("sentiment", "category", "acts", "entities", "question", "also")
            if key in given
        }
        understood = analysis(language, intent, **of_message)
        return voice.reply(brief(text, understood, language=language, persona=persona, **given))

    return speak


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("intent", [COMPLAINT, FAULT])
def test_a_new_matter_is_regretted_recorded_and_promised_an_answer(say, language, intent):
    reply = say(SAID[language], language, intent, ticket=ticket(language), news=CREATED, asks=Slot.order_number)
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply
    assert reply.endswith(LINES.asks[Slot.order_number][language])


@pytest.mark.parametrize(
    ("language", "told"), [(AR, "قبل الساعة 11:00 صباحًا يوم الثلاثاء"), (EN, "by 11:00 on Tuesday")]
)
def test_a_company_that_counts_working_hours_promises_a_day_and_a_time(company, language, told):
    times = company.response_times.model_copy(update={"business_hours": True})
    voice = OfflineVoice(type(company).model_validate({**dict(company), "response_times": times}))
    understood = analysis(language, COMPLAINT)
    due = ticket(language, due_at=NOW + timedelta(days=2))
    made = brief(
        SAID[language], understood, language=language, ticket=due, news=CREATED, persona=PersonaType.complaints
    )
    assert told in voice.reply(made)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("category", TicketCategory)
def test_the_apology_names_what_went_wrong(say, language, category):
    reply = say(SAID[language], language, COMPLAINT, category=category, ticket=ticket(language), news=CREATED)
    assert LINES.matters[category][language][0] in reply.split(TICKET)[0]


@pytest.mark.parametrize("language", Language)
def test_without_a_category_in_the_message_the_apology_goes_by_the_ticket(say, language):
    known = ticket(language, category=TicketCategory.delivery)
    reply = say(SAID[language], language, COMPLAINT, ticket=known, news=UPDATED)
    assert LINES.matters[TicketCategory.delivery][language][0] in reply


@pytest.mark.parametrize("language", Language)
def test_the_more_upset_the_customer_the_stronger_the_apology(say, language):
    openings = [
        say(SAID[language], language, COMPLAINT, sentiment=sentiment, ticket=ticket(language), news=CREATED).split(".")[
            0
        ]
        for sentiment in (Sentiment.negative, Sentiment.frustrated, Sentiment.angry)
    ]
    assert len(set(openings)) == 3
    assert {AR: "تغضبوا", EN: "angry"}[language] in openings[2] or {AR: "غضبكم", EN: "angry"}[language] in openings[2]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("sentiment", [Sentiment.frustrated, Sentiment.angry])
def test_an_upset_customer_hears_of_a_dedicated_specialist_and_nothing_cheerful(say, language, sentiment):
    reply = say(SAID[language], language, FAULT, sentiment=sentiment, ticket=ticket(language), news=CREATED)
    assert {AR: "مختص متفرغ", EN: "dedicated specialist"}[language] in reply
    assert WITHIN_TWO_HOURS[language] in reply
    assert "!" not in reply
    assert not any(word in reply for word in ("يسعدني", "بكل سرور", "happy", "glad", "pleasure"))


@pytest.mark.parametrize("language", Language)
def test_a_calm_customer_hears_of_no_specialist(say, language):
    reply = say(SAID[language], language, FAULT, ticket=ticket(language), news=CREATED)
    assert {AR: "متفرغ", EN: "dedicated"}[language] not in reply


@pytest.mark.parametrize("language", Language)
def test_what_comes_later_is_added_to_the_same_ticket(say, language):
    reply = say(SAID[language], language, COMPLAINT, ticket=ticket(language), news=UPDATED, asks=Slot.contact)
    assert any(line.format(ticket=TICKET) in reply for line in LINES.updated[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "رقم الطلب ٧٤٧٤٨٣٩"), (EN, "my order number is 7474839")])
def test_an_order_number_is_confirmed_and_never_asked_again(say, language, text):
    reply = say(
        text,
        language,
        OTHER,
        entities=((EntityKind.order_number, "7474839"),),
        ticket=ticket(language, order_number="7474839"),
        news=UPDATED,
        asks=Slot.contact,
    )
    assert "7474839" in reply
    assert TICKET in reply
    assert reply.count("?") + reply.count("؟") == 1
    assert reply.endswith(LINES.asks[Slot.contact][language])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [EntityKind.phone, EntityKind.order_number])
def test_a_contact_is_confirmed_whatever_kind_of_number_it_was_taken_for(say, language, kind):
    reply = say(
        "0501234567",
        language,
        OTHER,
        entities=((kind, "0501234567"),),
        ticket=ticket(language, phone="0501234567"),
        news=UPDATED,
    )
    contact = [line.format(contact="0501234567", ticket=TICKET) for line in LINES.noted_contact[language]]
    assert any(line in reply for line in contact)


@pytest.mark.parametrize("language", Language)
def test_with_everything_known_nothing_more_is_asked(say, language):
    reply = say(SAID[language], language, COMPLAINT, ticket=ticket(language, **FULL), news=CREATED)
    assert any(line in reply for line in LINES.nothing_more[language])
    assert "?" not in reply
    assert "؟" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "شو المطلوب؟"), (EN, "what else you need?")])
def test_what_else_is_answered_with_the_ticket_and_all_it_holds(say, language, text):
    reply = say(text, language, OTHER, acts=(Act.asks_next,), question="what", ticket=ticket(language, **FULL))
    assert TICKET in reply
    assert all(fact in reply for fact in FULL_SAID[language])
    assert WITHIN_TWO_HOURS[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "شو المطلوب؟"), (EN, "what else you need?")])
def test_what_else_is_answered_with_the_one_thing_missing(say, language, text):
    reply = say(
        text, language, OTHER, acts=(Act.asks_next,), question="what", ticket=ticket(language), asks=Slot.contact
    )
    assert reply.endswith(LINES.asks[Slot.contact][language])
    assert not any(line in reply for line in LINES.nothing_more[language])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("slot", [Slot.description, Slot.order_number, Slot.contact])
def test_a_question_put_again_is_put_in_other_words(say, language, slot):
    first, again = (
        say(SAID[language], language, COMPLAINT, ticket=ticket(language), news=UPDATED, asks=slot, asked=asked)
        for asked in ((), (slot,))
    )
    assert first.endswith(LINES.asks[slot][language])
    assert again.endswith(LINES.asks_again[slot][language])


@pytest.mark.parametrize(("language", "text"), [(AR, "وين وصلت شكواي؟"), (EN, "any update?")])
def test_status_tells_what_the_ticket_holds_and_when_it_is_due(say, language, text):
    reply = say(text, language, OTHER, acts=(Act.asks_status,), question="whether", ticket=ticket(language, **FULL))
    assert all(fact in reply for fact in (TICKET, *FULL_SAID[language], WITHIN_TWO_HOURS[language]))


@pytest.mark.parametrize(("language", "text"), [(AR, "متى ستردون علي؟"), (EN, "when will someone answer me?")])
def test_when_will_you_answer_is_a_question_about_the_ticket(say, language, text):
    reply = say(text, language, ConversationIntent.information, question="time", ticket=ticket(language))
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "وين وصلت شكواي؟"), (EN, "any update?")])
def test_a_missed_due_time_is_admitted(say, company, language, text):
    late = NOW + timedelta(hours=3)
    reply = say(text, language, OTHER, acts=(Act.asks_status,), ticket=ticket(language), at=late)
    assert {AR: "أعتذر عن هذا التأخير", EN: "overdue"}[language] in reply
    assert company.contacts.phone in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "وين وصلت شكواي؟"), (EN, "any update?")])
def test_status_of_a_settled_ticket_promises_nothing(say, language, text):
    settled = ticket(language, status=TicketStatus.resolved)
    reply = say(text, language, OTHER, acts=(Act.asks_status,), ticket=settled)
    assert WITHIN_TWO_HOURS[language] not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "وين وصلت شكواي؟"), (EN, "any update?")])
def test_status_without_a_ticket_invents_none(say, language, text):
    assert "TKT" not in say(text, language, OTHER, acts=(Act.asks_status,))


@pytest.mark.parametrize("language", Language)
def test_a_first_step_is_given_only_where_the_profile_has_one(say, language):
    with_step = {AR: "لا أستطيع تسجيل الدخول إلى الموقع", EN: "I can't log in to the website"}[language]
    opening = {AR: "وإلى أن يردّ", EN: "Until the team replies"}[language]
    known = ticket(language, category=TicketCategory.technical)
    assert opening in say(with_step, language, FAULT, ticket=known, news=CREATED)
    assert opening not in say(SAID[language], language, FAULT, ticket=known, news=CREATED)
    assert opening not in say(with_step, language, FAULT, sentiment=Sentiment.angry, ticket=known, news=CREATED)


@pytest.mark.parametrize(("language", "text"), [(AR, "أريد التحدث مع موظف"), (EN, "I want to talk to a person")])
def test_a_wish_for_a_human_is_passed_on_with_number_and_time(say, language, text):
    reply = say(text, language, HUMAN, persona=PersonaType.reception, ticket=ticket(language), news=CREATED)
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply
    assert "?" not in reply
    assert "؟" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "أريد التحدث مع موظف"), (EN, "I want to talk to a person")])
def test_a_wish_for_a_human_asks_for_a_contact_only_when_told_to(say, language, text):
    given = {"persona": PersonaType.reception, "ticket": ticket(language), "news": CREATED}
    asked = LINES.asks[Slot.contact][language]
    assert say(text, language, HUMAN, asks=Slot.contact, **given).endswith(asked)
    assert not say(text, language, HUMAN, **given).endswith(asked)


@pytest.mark.parametrize(("language", "text"), [(AR, "أريد التحدث مع موظف"), (EN, "I want to talk to a person")])
def test_outside_hours_a_wish_for_a_human_gets_the_companys_own_words(say, company, language, text):
    reply = say(text, language, HUMAN, persona=PersonaType.reception, ticket=ticket(language), news=CREATED, at=NIGHT)
    assert company.texts.outside_hours[language] in reply
    assert TICKET in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "أريد التحدث مع موظف"), (EN, "I want to talk to a person")])
def test_a_repeated_wish_for_a_human_says_it_is_known(say, language, text):
    given = {"persona": PersonaType.reception, "ticket": ticket(language)}
    assert say(text, language, HUMAN, news=CREATED, **given) != say(text, language, HUMAN, **given)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("intent", ConversationIntent)
@pytest.mark.parametrize("sentiment", Sentiment)
def test_nothing_is_claimed_to_be_done_that_the_brief_does_not_show(say, language, intent, sentiment):
    claims = {
        AR: ("تم الاسترداد", "تم استرداد", "تم الإلغاء", "تم إلغاء", "تم تحويل المبلغ", "تمت الموافقة"),
        EN: (
            "has been refunded",
            "have refunded",
            "is refunded",
            "has been cancelled",
            "have cancelled",
            "is approved",
        ),
    }[language]
    text = {AR: "رجعوا لي المبلغ والغوا الاشتراك", EN: "refund me and cancel it"}[language]
    reply = say(text, language, intent, sentiment=sentiment, ticket=ticket(language), news=UPDATED)
    assert not any(claim in reply for claim in claims)


@pytest.mark.parametrize("language", Language)
def test_without_a_ticket_none_is_promised(say, language):
    reply = say(SAID[language], language, COMPLAINT, ticket=None)
    assert "TKT" not in reply
    assert WITHIN_TWO_HOURS[language] not in reply


@pytest.mark.parametrize("at", [NOW, NIGHT])
@pytest.mark.parametrize(("language", "text"), [(AR, "رقمي 0551234567 كلموني"), (EN, "call me on 0551234567")])
def test_a_contact_that_comes_with_the_wish_for_a_human_is_confirmed(say, language, text, at):
    reply = say(
        text,
        language,
        HUMAN,
        entities=((EntityKind.phone, "0551234567"),),
        persona=PersonaType.reception,
        ticket=ticket(language, phone="0551234567"),
        news=CREATED,
        at=at,
    )
    assert "0551234567" in reply
    assert TICKET in reply


@pytest.mark.parametrize("language", Language)
def test_a_call_that_needs_a_human_unasked_is_not_said_to_have_asked(voice, language):
    understood = analysis(language, OTHER)
    given = brief("zzz", understood, language=language, ticket=ticket(language), news=CREATED)
    exhausted = replace(given, decision=given.decision.model_copy(update={"transfer_to_human": True}))
    lines = load_phrasebook().personas[PersonaType.reception]
    needed = [line.format(ticket=TICKET, within=WITHIN_TWO_HOURS[language]) for line in lines.human_needed[language]]
    assert voice.reply(exhausted).startswith(tuple(needed))


REACH = {"phone": "0501234567"}
HERE = {AR: "هنا في هذه المحادثة", EN: "here in this chat"}


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "ما ابغى اعطي رقمي"), (AR, "بدون رقم"), (EN, "no phone"), (EN, "I won't give you that")]
)
@pytest.mark.parametrize("asks", [None, Slot.contact])
def test_a_contact_that_is_not_given_is_let_go_and_the_answer_comes_here(voice, language, text, asks):
    understood = analysis(language, OTHER, acts=(Act.deny,), words=3)
    given = brief(text, understood, language=language, ticket=ticket(language), asks=asks, asked=(Slot.contact,))
    reply = voice.reply(given)
    assert HERE[language] in reply
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply
    assert "?" not in reply
    assert "؟" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "لا"), (EN, "no")])
def test_a_no_declines_a_contact_only_right_after_the_question(voice, language, text):
    question = LINES.asks[Slot.contact][language][0]
    understood = analysis(language, OTHER, acts=(Act.deny,), words=1)
    known = {"language": language, "persona": PersonaType.complaints, "ticket": ticket(language)}
    asked, later = (
        voice.reply(brief(text, understood, asked=(Slot.contact,), said=said, **known)) for said in (question, "zzz")
    )
    assert HERE[language] in asked
    assert HERE[language] not in later


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("act", [Act.asks_next, Act.asks_status])
def test_without_a_contact_the_answer_is_said_to_come_here(say, language, act):
    text = {AR: "شو المطلوب؟", EN: "what else?"}[language]
    unreachable = say(text, language, OTHER, acts=(act,), question="what", ticket=ticket(language))
    reachable = say(text, language, OTHER, acts=(act,), question="what", ticket=ticket(language, **REACH))
    assert HERE[language] in unreachable
    assert HERE[language] not in reachable
    assert not any(line in unreachable for line in LINES.nothing_more[language])


@pytest.mark.parametrize("language", Language)
def test_a_matter_without_a_contact_is_not_said_to_need_nothing_more(say, language):
    reply = say(SAID[language], language, COMPLAINT, ticket=ticket(language), news=CREATED)
    assert HERE[language] in reply
    assert not any(line in reply for line in LINES.nothing_more[language])


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "في جديد؟"), (EN, "anything new?"), (EN, "what's happening with it")]
)
def test_anything_new_is_a_question_about_the_ticket(say, language, text):
    reply = say(text, language, OTHER, question="whether", ticket=ticket(language, **REACH))
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "كم ياخذ وقت؟"), (EN, "how long will it take?")])
def test_how_long_on_an_open_complaint_is_when_it_is_answered(say, language, text):
    reply = say(text, language, ConversationIntent.information, question="time", ticket=ticket(language, **REACH))
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "ما زلت أنتظر"), (EN, "still waiting")])
@pytest.mark.parametrize("intent", [COMPLAINT, OTHER])
@pytest.mark.parametrize("urgent", [False, True])
def test_still_waiting_is_told_how_it_stands(say, language, text, intent, urgent):
    known = ticket(language, priority="urgent" if urgent else "high", **REACH)
    reply = say(text, language, intent, ticket=known, news=UPDATED)
    assert WITHIN_TWO_HOURS[language] in reply
    assert (LINES.urgent[language][0] in reply) is urgent
    assert LINES.waiting_noted[language][0] in reply
    assert not any(line in reply for line in LINES.updated[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "ما زلت أنتظر"), (EN, "still waiting")])
def test_still_waiting_past_the_due_time_is_admitted(say, language, text):
    late = NOW + timedelta(hours=3)
    reply = say(text, language, COMPLAINT, ticket=ticket(language), at=late)
    assert {AR: "أعتذر عن هذا التأخير", EN: "overdue"}[language] in reply


@pytest.mark.parametrize("language", Language)
def test_the_same_trouble_is_regretted_in_full_only_once(say, language):
    known = ticket(language, **REACH)
    first = say(SAID[language], language, COMPLAINT, ticket=known, news=CREATED)
    second = say(SAID[language], language, COMPLAINT, ticket=known, news=UPDATED, said=first)
    matter = LINES.matters[TicketCategory.general][language][0]
    assert matter in first
    assert matter not in second


@pytest.mark.parametrize(
    ("language", "text", "entity", "named"),
    [
        (AR, "اسمي سامي", (EntityKind.name, "سامي"), "الاسم سامي"),
        (AR, "من أسبوعين", (EntityKind.duration, "أسبوعين"), "الوقت المذكور (أسبوعين)"),
        (EN, "my name is Sam", (EntityKind.name, "Sam"), "the name Sam"),
        (EN, "since 2 weeks", (EntityKind.duration, "2 weeks"), "the time mentioned (2 weeks)"),
    ],
)
def test_what_was_new_is_what_is_confirmed(say, language, text, entity, named):
    kept = {EntityKind.name: "customer_name", EntityKind.duration: "occurred"}[entity[0]]
    reply = say(text, language, OTHER, entities=(entity,), ticket=ticket(language, **{kept: entity[1]}), news=UPDATED)
    assert named in reply
    assert TICKET in reply


@pytest.mark.parametrize(
    ("language", "text", "words", "changed"),
    [
        (AR, "عفوا أقصد A-1002", "الطلب رقم A-1001", "غيّرت رقم الطلب إلى A-1002"),
        (AR, "عفوا أقصد A-1002", "شكوى", "غيّرت الرقم إلى A-1002"),
        (EN, "sorry, it's A-1002", "order number A-1001", "changed the order number to A-1002"),
        (EN, "sorry, it's A-1002", "matter", "changed the number to A-1002"),
    ],
)
def test_a_correction_is_called_a_change(say, language, text, words, changed):
    reply = say(
        text,
        language,
        OTHER,
        acts=(Act.correction,),
        entities=((EntityKind.order_number, "A-1002"),),
        ticket=ticket(language, order_number="A-1002", description=words),
        news=UPDATED,
    )
    assert changed in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "ابغى اكلم المدير"), (EN, "let me talk to your manager")])
def test_a_wish_for_a_manager_is_confirmed_first_and_noted(say, language, text):
    reply = say(text, language, HUMAN, persona=PersonaType.reception, ticket=ticket(language), news=CREATED)
    assert reply.startswith({AR: "مفهوم", EN: "Understood"}[language])
    assert LINES.manager_wanted[language][0] in reply


@pytest.mark.parametrize("at", [NOW, NIGHT])
@pytest.mark.parametrize(("language", "text"), [(AR, "أريد التحدث مع موظف"), (EN, "I want to talk to a person")])
def test_there_is_one_promise_of_a_time_by_day_and_by_night(say, language, text, at):
    due = ticket(language, due_at=at + timedelta(hours=2))
    reply = say(text, language, HUMAN, persona=PersonaType.reception, ticket=due, news=CREATED, at=at)
    assert WITHIN_TWO_HOURS[language] in reply
    assert not any(words in reply for words in ("يوم العمل", "working day"))


@pytest.mark.parametrize(("language", "text"), [(AR, "ايميلي sam@example.com"), (EN, "my email is sam@example.com")])
def test_an_address_that_was_asked_for_is_noted_and_no_account_explained(say, company, language, text):
    reply = say(
        text,
        language,
        ConversationIntent.account_request,
        entities=((EntityKind.email, "sam@example.com"),),
        ticket=ticket(language, email="sam@example.com"),
        news=UPDATED,
    )
    assert "sam@example.com" in reply
    assert company.contacts.phone not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "متى بيتصل؟"), (AR, "في أخبار؟"), (EN, "when will he call?")])
def test_when_and_what_news_are_asked_in_many_words(say, language, text):
    reply = say(text, language, ConversationIntent.information, question="time", ticket=ticket(language, **REACH))
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply


@pytest.mark.parametrize(
    ("language", "text"), [(EN, "I'm fed up, get me someone in charge!"), (AR, "تعبت منكم، أعطوني حدا مسؤول!")]
)
def test_anger_is_met_with_regret_for_the_tickets_own_matter(say, language, text):
    late = ticket(language, category=TicketCategory.delivery)
    reply = say(text, language, HUMAN, sentiment=Sentiment.angry, category=TicketCategory.billing, ticket=late)
    assert LINES.matters[TicketCategory.delivery][language][0] in reply
    assert LINES.matters[TicketCategory.billing][language][0] not in reply


@pytest.mark.parametrize(("language", "text"), [(EN, "I don't have an order number"), (AR, "ما عندي رقم طلب")])
def test_a_lacking_order_number_is_no_refusal_of_a_contact(say, language, text):
    asked = LINES.asks[Slot.contact][language][0]
    reply = say(
        text,
        language,
        OTHER,
        acts=(Act.not_available,),
        ticket=ticket(language),
        said=asked,
        asked=(Slot.contact,),
        asks=Slot.contact,
    )
    assert reply.endswith(LINES.asks_again[Slot.contact][language][0])


@pytest.mark.parametrize(("language", "written"), [(EN, "SAR 1,800"), (AR, "1,800 ريال سعودي")])
@pytest.mark.parametrize("held", ["1800.00 SAR", "1800 SAR"])
def test_an_amount_is_written_as_the_language_does(say, language, written, held):
    noted = ticket(language, amount=held)
    reply = say("…", language, OTHER, entities=((EntityKind.amount, held),), ticket=noted, news=UPDATED)
    assert written in reply
    assert held not in reply


@pytest.mark.parametrize("held", ["300", "12.50 XYZ", "300.999 SAR"])
def test_an_amount_in_no_known_currency_stays_as_it_was_told(say, held):
    noted = ticket(EN, amount=held)
    assert held in say("…", EN, OTHER, entities=((EntityKind.amount, held),), ticket=noted, news=UPDATED)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (EN, "When will I get my money back?"),
        (AR, "هترجعولي الفلوس إمتى؟"),
        (AR, "متى بترجعولي فلوسي؟"),
        (AR, "متى أسترد المبلغ؟"),
    ],
)
def test_when_the_money_is_back_is_answered_from_the_ticket(say, language, text):
    charged = ticket(language, category=TicketCategory.billing)
    reply = say(text, language, ConversationIntent.information, question="time", ticket=charged)
    assert TICKET in reply
    assert WITHIN_TWO_HOURS[language] in reply


@pytest.mark.parametrize(
    ("language", "text"),
    [(EN, "When will I get my money back?"), (AR, "متى ترجعولي فلوسي؟"), (AR, "هترجعولي الفلوس إمتى؟")],
)
def test_without_a_ticket_the_policy_says_when_the_money_is_back(say, company, language, text):
    refund = next(each for each in company.policies if each.id == "refund")
    reply = say(text, language, ConversationIntent.information, question="time", persona=PersonaType.reception)
    assert refund.summary[language] in reply


@pytest.mark.parametrize(("language", "text"), [(EN, "when wil it al be put rihgt?"), (AR, "هتتحل القصة امتى؟")])
def test_a_when_that_nothing_else_answers_is_answered_from_the_ticket(say, company, language, text):
    given = {"question": "time", "intent": ConversationIntent.information}
    reply = say(text, language, ticket=ticket(language), **given)
    assert (TICKET in reply, WITHIN_TWO_HOURS[language] in reply) == (True, True)
    assert company.texts.unknown[language] in say(
        text, language, persona=PersonaType.sales, ticket=ticket(language), **given
    )

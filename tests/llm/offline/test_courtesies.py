from __future__ import annotations

import pytest

from callcenter.analysis.models import Act
from callcenter.calls import ConversationIntent, Language, PersonaType, Sentiment, Slot
from callcenter.llm.offline.phrases import load_phrasebook
from callcenter.tickets import TicketStatus
from tests.llm.briefs import TICKET, analysis, brief, ticket

pytestmark = pytest.mark.unit

AR, EN = Language.ar, Language.en
GREETING, GOODBYE, OTHER = ConversationIntent.greeting, ConversationIntent.goodbye, ConversationIntent.other


@pytest.fixture
def say(voice):
    def speak(text, language, intent, *, acts=(), **given):
        return voice.reply(brief(text, analysis(language, intent, acts=acts, words=2), language=language, **given))

    return speak


@pytest.mark.parametrize(("language", "text"), [(AR, "مرحبا"), (EN, "hello")])
@pytest.mark.parametrize("persona", PersonaType)
def test_a_greeting_is_returned_with_an_offer_that_suits_the_persona(say, language, text, persona):
    lines = load_phrasebook().personas[persona]
    reply = say(text, language, GREETING, persona=persona)
    assert reply.startswith(lines.hello[language])
    assert reply.endswith(lines.offer_help[language])


@pytest.mark.parametrize("text", ["السلام عليكم", "سلام عليكم ورحمة الله"])
def test_salam_is_answered_as_salam(say, text):
    assert say(text, AR, GREETING).startswith("وعليكم السلام")


def test_salam_is_answered_as_salam_in_english_too(say):
    assert say("salam alaikum", EN, GREETING).startswith("Wa alaikum assalam")


@pytest.mark.parametrize(("language", "text"), [(AR, "مرحبا"), (EN, "hello")])
def test_no_second_greeting_after_an_introduction(say, language, text):
    reply = say(text, language, GREETING, persona=PersonaType.sales, introduced=True)
    assert reply in load_phrasebook().personas[PersonaType.sales].offer_help[language]


@pytest.mark.parametrize(("language", "text"), [(AR, "شكرًا، مع السلامة"), (EN, "thanks, bye")])
def test_a_goodbye_closes_warmly_and_names_the_open_ticket(say, company, language, text):
    reply = say(text, language, GOODBYE, acts=(Act.thanks,), ticket=ticket(language))
    assert TICKET in reply
    assert reply.endswith(company.texts.goodbye[language])
    assert "?" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "مع السلامة"), (EN, "bye")])
def test_a_goodbye_does_not_bring_up_a_settled_ticket(say, language, text):
    reply = say(text, language, GOODBYE, ticket=ticket(language, status=TicketStatus.closed))
    assert TICKET not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "شكرًا"), (EN, "no problem, thank you")])
def test_thanks_alone_do_not_end_the_conversation(say, company, language, text):
    reply = say(text, language, GOODBYE, acts=(Act.thanks,))
    assert company.texts.goodbye[language] not in reply
    assert reply.endswith(load_phrasebook().personas[PersonaType.reception].here_for_you[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "لست مهتمًا، شكرًا"), (EN, "I'm not interested, thanks")])
@pytest.mark.parametrize("intent", [GOODBYE, OTHER])
def test_a_declined_offer_is_accepted_without_pushing(say, company, language, text, intent):
    reply = say(text, language, intent, acts=(Act.not_interested, Act.thanks), persona=PersonaType.sales)
    assert reply.startswith(load_phrasebook().personas[PersonaType.sales].not_interested[language])
    assert not any(service.name[language] in reply for service in company.services)
    assert "?" not in reply
    assert "؟" not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "لا شكرا"), (EN, "no thanks")])
def test_a_plain_no_is_taken_as_one(say, language, text):
    reply = say(text, language, OTHER, acts=(Act.deny, Act.thanks))
    assert reply.startswith(load_phrasebook().personas[PersonaType.reception].no_more[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "ما عندي"), (EN, "I don't have one")])
def test_what_the_customer_does_not_have_is_let_go_before_the_next_question(say, language, text):
    lines = load_phrasebook().personas[PersonaType.complaints]
    reply = say(
        text,
        language,
        OTHER,
        acts=(Act.not_available,),
        persona=PersonaType.complaints,
        ticket=ticket(language),
        asks=Slot.contact,
    )
    assert reply.startswith(lines.all_fine[language])
    assert reply.endswith(lines.asks[Slot.contact][language])


@pytest.mark.parametrize(("language", "text"), [(AR, "ممكن نتكلم عربي؟"), (EN, "can we speak English?")])
def test_a_wish_for_a_language_is_confirmed_in_it(voice, language, text):
    understood = analysis(language, ConversationIntent.information, question="whether", words=3)
    wished = understood.model_copy(update={"language": understood.language.model_copy(update={"requested": language})})
    reply = voice.reply(brief(text, wished, language=language))
    assert reply.startswith(load_phrasebook().personas[PersonaType.reception].language_taken[language])


@pytest.mark.parametrize(
    ("language", "text", "opening"),
    [
        (AR, "صباح الخير", "morning"),
        (AR, "مساء الخير", "evening"),
        (EN, "good morning", "morning"),
        (EN, "good evening", "evening"),
    ],
)
def test_the_time_of_day_is_greeted_in_kind(say, language, text, opening):
    wordings = getattr(load_phrasebook().personas[PersonaType.reception], opening)
    assert say(text, language, GREETING).startswith(wordings[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "كيف حالكم؟"), (EN, "how are you?")])
def test_a_polite_question_is_returned(say, language, text):
    assert load_phrasebook().personas[PersonaType.reception].well[language][0] in say(text, language, GREETING)


@pytest.mark.parametrize(
    ("language", "text", "name", "word"),
    [(AR, "هل أنت روبوت؟", "سارة", "الآلية"), (EN, "are you a bot?", "Sarah", "automated")],
)
def test_asked_who_speaks_the_persona_does_not_pretend_to_be_human(say, language, text, name, word):
    reply = say(text, language, ConversationIntent.information, persona=PersonaType.sales)
    assert name in reply
    assert word in reply


@pytest.mark.parametrize(
    ("language", "text"), [(AR, "ممكن تساعدني؟"), (EN, "can you help me?"), (AR, "ألو"), (EN, "anyone there?")]
)
def test_a_call_for_help_is_answered_with_an_offer_to_help(say, language, text):
    lines = load_phrasebook().personas[PersonaType.reception]
    assert say(text, language, OTHER).endswith(lines.offer_help[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "أفكر وأرجع لكم"), (EN, "let me think about it")])
def test_a_customer_who_wants_to_think_is_left_time(say, company, language, text):
    reply = say(text, language, OTHER, persona=PersonaType.sales, interests=("seo",))
    assert reply.startswith(load_phrasebook().personas[PersonaType.sales].take_time[language])
    assert company.service("seo").name[language] not in reply


@pytest.mark.parametrize(("language", "text"), [(AR, "موقعي بطيء"), (EN, "my website is slow")])
def test_an_unhappy_remark_is_not_answered_with_a_sales_pitch(voice, company, language, text):
    understood = analysis(language, OTHER, sentiment=Sentiment.negative, words=4)
    reply = voice.reply(brief(text, understood, language=language))
    assert not any(service.summary[language] in reply for service in company.services)
    assert reply.endswith(load_phrasebook().personas[PersonaType.reception].ask_trouble[language])


@pytest.mark.parametrize(("language", "text"), [(AR, "نعم"), (EN, "yes")])
def test_a_yes_without_anything_to_explain_is_asked_with_what(say, language, text):
    lines = load_phrasebook().personas[PersonaType.reception]
    assert say(text, language, OTHER, acts=(Act.affirm,)).endswith(lines.offer_help[language])


@pytest.mark.parametrize(
    ("language", "text"),
    [(AR, "خدمتكم ممتازة ما عندي شكاوى"), (EN, "I have no complaints, your service is great")],
)
@pytest.mark.parametrize("intent", [OTHER, ConversationIntent.service_inquiry])
def test_praise_is_thanked_and_nothing_is_explained(voice, language, text, intent):
    understood = analysis(language, intent, sentiment=Sentiment.very_positive)
    reply = voice.reply(brief(text, understood, language=language, persona=PersonaType.reception))
    assert reply in load_phrasebook().personas[PersonaType.reception].praised[language]


@pytest.mark.parametrize(("language", "text"), [(AR, "ممتاز، كم سعر تصميم موقع"), (EN, "great, price of a website")])
def test_a_friendly_question_is_answered_rather_than_thanked(voice, company, language, text):
    understood = analysis(language, ConversationIntent.sales_interest, sentiment=Sentiment.positive)
    assert company.service("web-design").prices[0].text(language) in voice.reply(
        brief(text, understood, language=language)
    )


@pytest.mark.parametrize(("language", "text"), [(AR, "كيف الطقس اليوم"), (EN, "how's the weather today?")])
def test_the_weather_is_no_question_about_hours(voice, company, language, text):
    understood = analysis(language, ConversationIntent.information, question="how", words=3)
    reply = voice.reply(brief(text, understood, language=language))
    assert company.hours.describe(language) not in reply
    assert company.name[language] in reply


@pytest.mark.parametrize("text", ["👍", "👍🏽", "ok", "okay 👌", "great"])
@pytest.mark.parametrize("persona", PersonaType)
def test_an_ok_is_taken_briefly(say, text, persona):
    assert say(text, EN, OTHER, persona=persona) in load_phrasebook().personas[persona].acknowledged[EN]


@pytest.mark.parametrize("text", ["👍", "تمام", "طيب", "اوكي"])
@pytest.mark.parametrize("persona", PersonaType)
def test_a_tamam_is_taken_briefly(say, text, persona):
    assert (
        say(text, AR, OTHER, persona=persona, acts=(Act.affirm,))
        in (load_phrasebook().personas[persona].acknowledged[AR])
    )


@pytest.mark.parametrize(("language", "text"), [(AR, "نعم"), (EN, "yes please")])
def test_a_yes_is_asked_with_what_only_once(say, language, text):
    lines = load_phrasebook().personas[PersonaType.sales]
    replies = [lines.ask_which[language][0]]
    for count in range(1, 3):
        given = {"acts": (Act.affirm,), "persona": PersonaType.sales, "messages": count, "said": replies[-1]}
        replies.append(say(text, language, OTHER, **given))
    assert len(set(replies)) == 3
    assert not any(mark in reply for reply in replies[1:] for mark in "?؟")


@pytest.mark.parametrize(("language", "text"), [(AR, "شكرًا"), (EN, "thanks")])
def test_a_goodbye_says_where_the_answer_comes_to_who_left_no_contact(say, language, text):
    lines = load_phrasebook().personas[PersonaType.reception]
    without = say(text, language, GOODBYE, acts=(Act.thanks,), ticket=ticket(language))
    reachable = say(text, language, GOODBYE, acts=(Act.thanks,), ticket=ticket(language, phone="0501234567"))
    assert lines.answered_here[language][0] in without
    assert lines.answered_here[language][0] not in reachable


@pytest.mark.parametrize(
    ("language", "text"),
    [(EN, "Keep up the good work"), (EN, "keep up the great work!"), (AR, "بالتوفيق لكم"), (AR, "الله يوفقكم")],
)
def test_praise_in_the_form_of_a_wish_is_thanked(voice, language, text):
    understood = analysis(language, OTHER, sentiment=Sentiment.positive, words=3)
    lines = load_phrasebook().personas[PersonaType.reception]
    assert voice.reply(brief(text, understood, language=language)) in lines.praised[language]

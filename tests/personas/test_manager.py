from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from callcenter.calls import (
    CallId,
    ConversationIntent,
    ConversationState,
    Language,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slots,
    TicketCategory,
    TicketNumber,
)
from callcenter.company import DEMO, load_company
from callcenter.personas import Labelled, PersonaManager, Trouble, load_personas
from callcenter.routing import decide
from tests.llm.briefs import analysis

pytestmark = pytest.mark.unit

ARABIC = re.compile("[\u0621-\u064a]")
LATIN = re.compile("[A-Za-z]")
ISOLATES = re.compile("[\u2066-\u2069\u200e\u200f]")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def company():
    return load_company(DEMO)


@pytest.fixture(scope="module")
def personas(company):
    return PersonaManager(load_personas(), company)


def state(**changed):
    facts = {
        "call_id": CallId("CALL-1"),
        "customer_name": None,
        "language": Language.ar,
        "current_persona": PersonaType.reception,
        "started_at": NOW,
        "updated_at": NOW,
    }
    return ConversationState.model_validate(facts | changed)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_greeting_welcomes_for_the_company_and_names_the_persona(personas, company, persona, language):
    greeting = personas.greeting(persona, language)
    assert company.texts.welcome[language] in greeting
    assert personas.name(persona, language) in greeting


@pytest.mark.parametrize(("language", "name"), [(Language.ar, "علي"), (Language.en, "Ali"), (Language.ar, "{x} <b>")])
@pytest.mark.parametrize("persona", PersonaType)
def test_greeting_names_the_customer_as_given(personas, persona, language, name):
    greeting = personas.greeting(persona, language, customer_name=name)
    assert name in greeting
    assert not ISOLATES.search(greeting)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("to", PersonaType)
@pytest.mark.parametrize("from_", PersonaType)
def test_handoff_line_names_who_takes_over(personas, from_, to, language):
    if from_ is to:
        return
    line = personas.handoff_line(from_, to, language)
    assert personas.name(to, language) in line
    assert personas.name(from_, language) not in line


def test_handoff_line_speaks_of_sarah_as_a_woman_and_of_mohammed_as_a_man(personas):
    assert "زميلتي سارة" in personas.handoff_line(PersonaType.reception, PersonaType.sales, Language.ar)
    assert "زميلي محمد" in personas.handoff_line(PersonaType.sales, PersonaType.complaints, Language.ar)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("intent", [None, *ConversationIntent])
@pytest.mark.parametrize("persona", PersonaType)
def test_introduction_is_one_sentence_that_names_the_persona(personas, persona, intent, language):
    introduction = personas.introduction(persona, language, intent=intent)
    assert personas.name(persona, language) in introduction
    assert len(re.findall(r"[.!?؟](?:\s|$)", introduction)) == 1


def test_introduction_shows_why_the_customer_comes(personas):
    assert "training" in personas.introduction(
        PersonaType.sales, Language.en, intent=ConversationIntent.training_interest
    )
    assert "شكواكم" in personas.introduction(PersonaType.complaints, Language.ar, intent=ConversationIntent.complaint)


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("persona", PersonaType)
def test_apologies_stand_in_their_language(personas, persona, trouble):
    assert ARABIC.search(personas.apology(persona, Language.ar, trouble))
    assert not ARABIC.search(personas.apology(persona, Language.en, trouble))


def test_sarah_apologises_as_a_woman(personas):
    assert "آسفة" in personas.apology(PersonaType.sales, Language.ar)


@pytest.mark.parametrize("value", [member for kind in get_args(Labelled) for member in kind], ids=repr)
def test_every_value_has_a_label_in_its_script(personas, value):
    assert ARABIC.search(personas.label(value, Language.ar))
    assert not LATIN.search(personas.label(value, Language.ar))
    assert LATIN.search(personas.label(value, Language.en))
    assert not ARABIC.search(personas.label(value, Language.en))


def test_labels_of_equal_values_do_not_mix(personas):
    assert personas.label(PersonaType.complaints, Language.en) != personas.label(
        ConversationIntent.complaint, Language.en
    )
    assert personas.label(TicketCategory.technical, Language.en) == "technical"
    assert personas.label(PriorityLevel.medium, Language.ar) == "متوسطة"


def test_summary_holds_what_is_known_in_both_languages(personas):
    understood = analysis(
        Language.ar, ConversationIntent.complaint, sentiment=Sentiment.angry, category=TicketCategory.billing
    )
    call = state(
        slots=Slots(
            name="علي",
            order_number="7474839",
            category=TicketCategory.billing,
            description="دفعت ولم أستلم\nمنذ أسبوعين",
            phone="+966501234567",
        ),
        tickets=(TicketNumber("TKT-00000042"),),
        interests=("web-design", "seo"),
    )
    summary = personas.summary(call, understood, decide(call, understood))
    for language in Language:
        for fact in ("علي", "7474839", "+966501234567", "TKT-00000042", "دفعت ولم أستلم / منذ أسبوعين"):
            assert fact in summary[language]
        for value in (ConversationIntent.complaint, TicketCategory.billing, Sentiment.angry, PriorityLevel.urgent):
            assert personas.label(value, language) in summary[language]
    assert "Web design and development, Search engine optimisation (SEO)" in summary.en
    assert "تصميم المواقع وتطويرها، تحسين محركات البحث" in summary.ar


def test_summary_leaves_out_what_is_not_known(personas):
    summary = personas.summary(state(), None, None)
    for language in Language:
        assert "None" not in summary[language]
        assert "{" not in summary[language]
    assert summary.en == "Mood: neutral"


def test_summary_quotes_only_so_much_of_a_long_story(personas):
    call = state(slots=Slots(description="word " * 500))
    assert len(personas.summary(call, None, None).en) < 400


def test_manager_keeps_nothing_of_a_call(personas):
    first = personas.greeting(PersonaType.sales, Language.en, customer_name="Ali")
    personas.greeting(PersonaType.sales, Language.en, customer_name="Omar")
    assert personas.greeting(PersonaType.sales, Language.en, customer_name="Ali") == first

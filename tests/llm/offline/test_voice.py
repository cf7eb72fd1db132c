from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import (
    MAX_MESSAGE_CHARS,
    ConversationIntent,
    Language,
    PersonaType,
    Sentiment,
    Slot,
    TicketCategory,
)
from callcenter.company import DEMO, load_company
from callcenter.llm import Completion, CompletionKind, Delta, TicketNews
from callcenter.llm.offline import OfflineVoice
from callcenter.llm.offline.phrases import load_phrasebook
from callcenter.llm.offline.turn import REPLY_CHARS
from tests.llm.briefs import NIGHT, NOW, TICKET, analysis, brief, ticket

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
VOICE = OfflineVoice(COMPANY)
PROFILE = " ".join(
    [COMPANY.model_dump_json()]
    + [COMPANY.hours.describe(language) for language in Language]
    + [line for service in COMPANY.services for language in Language for line in service.price_list(language)]
    + [service.price_text(language) for service in COMPANY.services for language in Language]
)
PHRASES = load_phrasebook().model_dump_json()
UNTRANSLATED = re.compile(r"TKT-\d+|https?://\S+|\S+@\S+|Apple Pay|MVP|SEO")
ARABIC = re.compile("[\u0621-\u064a]")
LETTER = re.compile(r"[^\W\d_]")
NUMBER = re.compile(r"\d[\d,.:]*\d|\d")

TEXTS = {
    Language.ar: (
        "كم تكلفة تصميم موقع وإعلانات؟",
        "السلام عليكم",
        "ما سياسة الاسترجاع وأين مكتبكم؟",
        "ضصثق",
        "كيف أبدأ؟",
    ),
    Language.en: (
        "how much is web design and ads?",
        "hello",
        "refund policy and your address?",
        "asdf",
        "how do i start?",
    ),
}


def check(reply, language, facts=()):
    assert reply.strip() == reply
    assert reply
    assert "{" not in reply
    assert "}" not in reply
    assert "None" not in reply
    assert len(re.findall("[?؟]", reply)) <= 1, reply
    assert not re.search(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]|\*\*|^#", reply), reply
    assert len(reply) <= REPLY_CHARS + 60, len(reply)
    plain = UNTRANSLATED.sub("", reply)
    for fact in facts:
        plain = plain.replace(fact, "")
    letters = LETTER.findall(plain)
    arabic = [letter for letter in letters if ARABIC.match(letter)]
    if language.rtl:
        assert len(arabic) > 0.6 * len(letters), reply
    else:
        assert not arabic, reply
    for number in NUMBER.findall(plain):
        assert number in PROFILE or number in PHRASES or number in {"24", "2"}, (number, reply)


ASKS = (None, *Slot)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_every_reply_is_whole_and_in_its_language(persona, language):
    combinations = itertools.product(ConversationIntent, Sentiment, ASKS, range(len(TEXTS[language])))
    for number, (intent, sentiment, asks, text) in enumerate(combinations):
        news = (None, TicketNews.created, TicketNews.updated)[number % 3]
        known = ticket(language) if asks or news else None
        given = brief(
            TEXTS[language][text],
            analysis(language, intent, sentiment=sentiment, question="price" if number % 2 else None),
            language=language,
            persona=persona,
            introduced=number % 5 == 0,
            ticket=known,
            news=news,
            asks=asks,
            asked=(asks,) if asks and number % 7 == 0 else (),
            interests=("seo",) if number % 4 == 0 else (),
            messages=1 + number % 6,
            at=NIGHT if number % 11 == 0 else NOW,
        )
        reply = VOICE.reply(given)
        check(reply, language)
        if asks:
            lines = load_phrasebook().personas[persona]
            assert reply.endswith((*lines.asks[asks][language], *lines.asks_again[asks][language])), reply


SAID = (
    "",
    "•",
    *(
        VOICE.reply(brief(text, analysis(language, intent, question="price"), language=language))
        for language in Language
        for text in TEXTS[language]
        for intent in (ConversationIntent.sales_interest, ConversationIntent.other)
    ),
)
"""Replies that may come before a message; not always in its language, nor about its matter."""
SHORT = (
    "ok",
    "yes",
    "the second one",
    "no phone",
    "still waiting",
    "تمام",
    "نعم",
    "الثاني",
    "بدون رقم",
    "ما زلت أنتظر",
)


@given(
    text=st.text(max_size=200) | st.sampled_from([*TEXTS[Language.ar], *TEXTS[Language.en], *SHORT]),
    language=st.sampled_from(Language),
    intent=st.sampled_from(ConversationIntent),
    sentiment=st.sampled_from(Sentiment),
    acts=st.lists(st.sampled_from(Act), max_size=3).map(tuple),
    category=st.none() | st.sampled_from(TicketCategory),
    confidence=st.floats(0, 1),
    entities=st.lists(
        st.sampled_from([(EntityKind.order_number, "A-17"), (EntityKind.phone, "+966501234567")]), max_size=2
    ).map(tuple),
    messages=st.integers(0, 10_000),
    said=st.sampled_from(SAID),
    interests=st.sampled_from([(), ("seo",), ("web-design", "no-longer-sold")]),
    news=st.none() | st.sampled_from(TicketNews),
)
@settings(max_examples=300, deadline=None)
def test_no_brief_breaks_the_voice(
    *, text, language, intent, sentiment, acts, category, confidence, entities, messages, said, interests, news
):
    understood = analysis(
        language,
        intent,
        sentiment=sentiment,
        acts=acts,
        category=category,
        confidence=confidence,
        entities=entities,
        words=len(text.split()),
    )
    reply = VOICE.reply(
        brief(
            text,
            understood,
            language=language,
            messages=messages,
            said=said,
            interests=interests,
            news=news,
            ticket=ticket(language, order_number="A-17", phone="+966501234567") if news else None,
        )
    )
    check(reply, language, ("A-17", "+966501234567", TICKET))


async def streamed(given):
    return [piece async for piece in VOICE.stream(given)]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("intent", ConversationIntent)
async def test_stream_is_the_reply_in_sentences_and_ends_once(intent, language):
    given = brief(TEXTS[language][0], analysis(language, intent), language=language, ticket=ticket(language))
    *pieces, end = await streamed(given)
    assert end == Completion(CompletionKind.complete, "offline")
    assert all(isinstance(piece, Delta) and piece.text for piece in pieces)
    assert "".join(piece.text for piece in pieces) == VOICE.reply(given)


async def test_stream_does_not_cut_inside_a_number_or_address():
    given = brief(
        "where is your office and what is your phone number?",
        analysis(Language.en, ConversationIntent.information, question="place"),
        language=Language.en,
    )
    pieces = [piece.text for piece in await streamed(given) if isinstance(piece, Delta)]
    assert len(pieces) > 2
    assert any("https://ornina.example/map" in piece for piece in pieces)
    assert any("hello@ornina.example" in piece for piece in pieces)


@pytest.mark.parametrize("language", Language)
def test_same_brief_same_reply(language):
    given = brief(TEXTS[language][0], analysis(language, ConversationIntent.sales_interest), language=language)
    assert VOICE.reply(given) == OfflineVoice(COMPANY).reply(given)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
@pytest.mark.parametrize("text", ["", "   ", "؟؟؟", "a" * MAX_MESSAGE_CHARS, "\u202e\u2066", "{0} {name} %s"])
def test_a_message_that_says_nothing_gets_options(text, persona, language):
    given = brief(
        text, analysis(language, ConversationIntent.other, words=0), language=language, persona=persona, messages=1
    )
    assert VOICE.reply(given) in load_phrasebook().personas[persona].unclear[language]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_not_understood_twice_words_differ_and_a_human_is_offered(persona, language):
    human = {Language.ar: "موظف", Language.en: "a person"}[language]
    understood = analysis(language, ConversationIntent.other, words=1)
    replies = [""]
    for count in range(1, 5):
        given = brief("zzz", understood, language=language, persona=persona, messages=count, said=replies[-1])
        replies.append(VOICE.reply(given))
    replies.pop(0)
    assert human not in replies[0]
    assert all(human in reply for reply in replies[1:])
    assert all(first != second for first, second in itertools.pairwise(replies))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_the_first_message_not_understood_is_never_still_not_understood(persona, language):
    understood = analysis(language, ConversationIntent.other, words=1)
    for count in (2, 3):
        given = brief("zzz", understood, language=language, persona=persona, messages=count, said=PHRASES[:200])
        assert VOICE.reply(given) in load_phrasebook().personas[persona].unclear[language]


@pytest.mark.parametrize("language", Language)
def test_the_same_question_later_is_not_answered_in_identical_words(language):
    understood = analysis(language, ConversationIntent.sales_interest)
    first, second = (
        VOICE.reply(brief(TEXTS[language][0].split("و")[0], understood, language=language, messages=count))
        for count in (2, 3)
    )
    assert first != second


def test_a_mere_guess_at_an_intent_is_not_acted_on():
    unsure = analysis(Language.en, ConversationIntent.complaint, confidence=0.2, words=1)
    assert "sorry about" not in VOICE.reply(brief("zzz", unsure, language=Language.en))

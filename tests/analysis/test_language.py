from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.analysis import LanguageKind, analyze
from callcenter.calls import Language

if TYPE_CHECKING:
    from callcenter.analysis import Lexicons

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "kind", "language"),
    [
        ("مرحبا، كيف الحال", LanguageKind.ar, Language.ar),
        ("Where is my order", LanguageKind.en, Language.en),
        ("refund", LanguageKind.en, Language.en),
        ("الـ refund متأخر", LanguageKind.mixed, Language.ar),
        ("عندي iPhone 15 Pro", LanguageKind.ar, Language.ar),
        ("3ayez a7gez maw3ed", LanguageKind.arabizi, Language.ar),
        ("kam el se3r", LanguageKind.arabizi, Language.ar),
        ("abgha a3raf el price", LanguageKind.arabizi, Language.ar),
        ("my order number is 7474839", LanguageKind.en, Language.en),
        ("I paid for a 2nd month and 5gb", LanguageKind.en, Language.en),
        ("7474839", LanguageKind.unknown, None),
        ("👍👍", LanguageKind.unknown, None),
        ("", LanguageKind.unknown, None),
        ("Samsung", LanguageKind.unknown, None),
        ("https://example.com/where-is-my-order", LanguageKind.unknown, None),
        ("Je voudrais savoir quand arrive mon colis", LanguageKind.unknown, None),
        ("Siparişim hala gelmedi ne zaman gelecek", LanguageKind.unknown, None),
        ("میں آپ کی خدمت سے بہت خوش ہوں", LanguageKind.unknown, None),
        ("Здравствуйте, где мой заказ", LanguageKind.unknown, None),
    ],
)
def test_language_is_told(lexicons: Lexicons, text: str, kind: LanguageKind, language: Language | None) -> None:
    found = analyze(text, lexicons).language
    assert (found.kind, found.language) == (kind, language)


def test_the_hint_decides_only_where_the_text_does_not(lexicons: Lexicons) -> None:
    assert analyze("7474839", lexicons, hint=Language.ar).language.language is Language.ar
    assert analyze("Where is my order", lexicons, hint=Language.ar).language.language is Language.en
    assert analyze("وين طلبي", lexicons, hint=Language.en).language.language is Language.ar
    assert analyze("Здравствуйте, где мой заказ", lexicons, hint=Language.en).language.language is None


@pytest.mark.parametrize(
    ("text", "requested"),
    [
        ("ممكن تحكي انجليزي؟", Language.en),
        ("هل تتحدثون الإنجليزية؟", Language.en),
        ("بتتكلموا عربي؟", Language.ar),
        ("speak English please", Language.en),
        ("in Arabic please", Language.ar),
        ("تكلم عربي", Language.ar),
        ("ممكن بالانجليزي", Language.en),
        ("بالعربي لو سمحت", Language.ar),
        ("bel 3arabi", Language.ar),
        ("my English teacher is late", None),
        ("المعلم العربي تأخر", None),
    ],
)
def test_a_language_is_asked_for(lexicons: Lexicons, text: str, requested: Language | None) -> None:
    assert analyze(text, lexicons).language.requested is requested


def test_names_and_numbers_are_no_words(lexicons: Lexicons) -> None:
    assert analyze("عندي iPhone 15 Pro", lexicons).language.words == 1
    assert analyze("Samsung 4400", lexicons).language.words == 0


@pytest.mark.parametrize(
    "text",
    [
        "fen el order beta3i",
        "wein talabi",
        "kam se3r el shasha",
        "abgha alghi el eshterak",
        "ana mish mabsoot men el khedma",
        "momken te2oli emta yewsal",
        "mesh shaghal el net",
        "wallah ta3abt men el entezar",
        "shukran jazilan",
        "salam alaykom",
        "baddi es2al an el dawra",
        "bghit nbeddel l mawaid",
    ],
)
def test_arabizi_is_told_without_its_digits(lexicons: Lexicons, text: str) -> None:
    found = analyze(text, lexicons).language
    assert (found.kind, found.language) == (LanguageKind.arabizi, Language.ar)


@pytest.mark.parametrize(
    "text",
    [
        "Khaled from Al Ain here, my ac is broken",
        "Ahmed Hassan here, I need a plumber",
        "Hi, this is Fatima Al Zahra from Abu Dhabi",
        "Name: Sara Haddad",
        "I live in Al Rashidiya, near Mirdif, can you deliver?",
        "please call Mohammed bin Salman Al Harbi back",
        "my wallah friend said your shop is nice",
        "habibi where is my order",
        "yalla send the driver please",
        "I want to order two shawarma and one kunafa",
        "inshallah the package comes tomorrow",
        "salam, I need to change my address",
    ],
)
def test_arab_names_and_one_arabic_word_leave_english_english(lexicons: Lexicons, text: str) -> None:
    found = analyze(text, lexicons).language
    assert (found.kind, found.language) == (LanguageKind.en, Language.en)


@pytest.mark.parametrize(
    "text",
    [
        "Où est mon colis s'il vous plaît",
        "Le livreur n'est jamais venu hier soir",
        "Hola, quiero cancelar mi pedido",
        "Dónde está mi paquete",
        "Mi pedido no ha llegado todavía",
        "Kargom nerede, iki haftadır bekliyorum",
        "Merhaba, siparişimi iptal etmek istiyorum",
        "Guten Tag, wo ist mein Paket",
        "Buongiorno, vorrei cambiare il mio ordine",
        "gdzie jest moja paczka",
        "سفارش من هنوز نرسیده است، چکار کنم",
        "我的订单在哪里",
        "ההזמנה שלי לא הגיעה",
    ],
)
def test_other_languages_are_unknown(lexicons: Lexicons, text: str) -> None:
    found = analyze(text, lexicons).language
    assert (found.kind, found.language) == (LanguageKind.unknown, None)


@pytest.mark.parametrize(
    "text",
    [
        "ابغى refund للطلب",
        "عايز اعمل cancel للاوردر",
        "ممكن تبعتوا invoice على email",
        "الـ delivery متأخر كثير",
    ],
)
def test_arabic_with_english_words_is_mixed_and_answered_in_arabic(lexicons: Lexicons, text: str) -> None:
    found = analyze(text, lexicons).language
    assert (found.kind, found.language) == (LanguageKind.mixed, Language.ar)


@pytest.mark.parametrize("text", ["I want to talk to المدير please", "السلام عليكم I want to change my plan"])
def test_english_with_arabic_words_is_mixed_and_answered_in_english(lexicons: Lexicons, text: str) -> None:
    found = analyze(text, lexicons).language
    assert (found.kind, found.language) == (LanguageKind.mixed, Language.en)


@pytest.mark.parametrize(
    ("few", "more"),
    [("شكرا", "شكرا على الرد السريع"), ("thanks", "thanks for the quick reply"), ("talabi", "wein talabi ya jama3a")],
)
def test_a_longer_message_is_no_less_sure(lexicons: Lexicons, few: str, more: str) -> None:
    assert analyze(few, lexicons).language.confidence <= analyze(more, lexicons).language.confidence


@pytest.mark.parametrize(
    "text", ["مرحبا", "where is my order", "3ayez a7gez", "bonjour à tous mes amis", "7474839", ""]
)
def test_every_verdict_says_why_and_how_surely(lexicons: Lexicons, text: str) -> None:
    found = analyze(text, lexicons).language
    assert found.reasoning
    assert 0 <= found.confidence <= 0.99
    assert (found.language is None) == (found.kind is LanguageKind.unknown)

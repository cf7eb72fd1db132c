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

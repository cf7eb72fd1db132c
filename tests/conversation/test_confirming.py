"""What counts as a yes, and what as a no, where something is to be changed."""

from __future__ import annotations

import pytest

from callcenter.conversation.confirming import confirmed
from tests.conversation.house import ANALYZER

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes, please go ahead",
        "ok",
        "sure, do it",
        "I confirm",
        "yep do it",
        "yes thanks",
        "نعم",
        "ايوه",
        "إي نعم",
        "موافق",
        "تمام",
        "أكد",
        "أؤكد ذلك",
        "نعم تفضلوا",
        "واخا",
        "ماشي كملوا",
        "aywa",
        "tamam",
    ],
)
def test_a_yes_is_heard(text):
    assert confirmed(text, ANALYZER.analyze(text)) is True


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No, leave it",
        "not now",
        "please don't",
        "never mind",
        "I changed my mind",
        "لا",
        "لا، خلاص",
        "لا شكرا",
        "مو الحين",
        "مش موافق",
        "بلاش",
        "غيرت رأيي",
        "la",
    ],
)
def test_a_no_is_heard(text):
    assert confirmed(text, ANALYZER.analyze(text)) is False


@pytest.mark.parametrize(
    "text",
    [
        "ok thanks, bye",
        "طيب شكرا مع السلامة",
        "ok?",
        "yes or no?",
        "how long does it take?",
        "كم يستغرق؟",
        "what would it cost me if I confirm",
        "yes I have been a customer of yours for years and I have a question about another order",
        "0501234567",
        "مرحبا",
        "",
    ],
)
def test_what_is_neither_confirms_nothing(text):
    assert confirmed(text, ANALYZER.analyze(text)) is None

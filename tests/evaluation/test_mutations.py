from __future__ import annotations

import pytest

from callcenter.analysis import normalise
from callcenter.evaluation.mutations import Mutation, holds, mutate

pytestmark = pytest.mark.unit

WORDS = {"الطلب": "order"}
ARABIC = "أين الطلبية الكبيرة رقم 7474839؟ شكراً جدا، أنتم الأفضل على الإطلاق"
ENGLISH = "Where's the shipment I ordered? It's number 7474839, delivery was promised"


@pytest.mark.parametrize(
    ("mutation", "text", "respelled"),
    [
        (Mutation.hamza, "أين إعلانات مسؤول الشراء؟", "اين اعلانات مسوول الشرا؟"),
        (Mutation.endings, "الخدمة على أسوأ مستوى", "الخدمه علي أسوأ مستوي"),
        (Mutation.tatweel, "شكرا لكم", "شــكرا لــكم"),
        (Mutation.stretch, "شكرا جدا", "شكراااا جدااا" + "ا"),
        (Mutation.digits, "رقم 7474839", "رقم ٧٤٧٤٨٣٩"),
        (Mutation.digits, "number 7474839", "number ٧٤٧٤٨٣٩"),
        (Mutation.apostrophes, "It doesn't work, I’m upset", "It doesnt work, Im upset"),
        (Mutation.lower_case, "I NEED Help", "i need help"),
        (Mutation.upper_case, "I need Help", "I NEED HELP"),
        (Mutation.code_switch, "أين الطلب؟", "أين order؟"),
        (Mutation.code_switch, "Where is my Order?", "Where is my الطلب?"),
    ],
)
def test_respelling(mutation, text, respelled):
    assert mutate(text, mutation, WORDS) == respelled


def test_harakat_are_written_and_fold_away_again():
    marked = mutate(ARABIC, Mutation.harakat, {})
    assert marked != ARABIC
    assert normalise(marked).text == normalise(ARABIC).text


@pytest.mark.parametrize(
    ("mutation", "letters"), [(Mutation.typo_swap, 0), (Mutation.typo_drop, -1), (Mutation.typo_double, 1)]
)
@pytest.mark.parametrize(("text", "long"), [(ARABIC, {"الكبيرة", "الإطلاق"}), (ENGLISH, {"shipment", "ordered"})])
def test_a_typo_is_one_slip_inside_each_long_word(mutation, letters, text, long):
    before, after = text.split(), mutate(text, mutation, {}).split()
    changed = {old.strip(",?؟،"): new.strip(",?؟،") for old, new in zip(before, after, strict=True) if old != new}
    assert changed.keys() & long == {word for word in long if len(word.removeprefix("ال")) >= 6}
    for old, new in changed.items():
        assert len(new) == len(old) + letters
        assert (new[0], new[-1]) == (old[0], old[-1])
        if not letters:
            assert sorted(new) == sorted(old)


def test_the_article_is_not_where_arabic_typos_are_made():
    for mutation in (Mutation.typo_swap, Mutation.typo_drop, Mutation.typo_double):
        assert mutate("بالإعلانات", mutation, {}).startswith("بالإ")


@pytest.mark.parametrize(
    "text", ["write to Customer.Service@Example.com", "https://Example.com/Delivery", "see www.Ornina.example"]
)
@pytest.mark.parametrize("mutation", [each for each in Mutation if each is not Mutation.code_switch])
def test_addresses_are_left_alone(text, mutation):
    assert text.split()[-1] in mutate(text, mutation, {})


@pytest.mark.parametrize("mutation", Mutation)
@pytest.mark.parametrize("text", [ARABIC, ENGLISH])
def test_the_same_text_is_always_respelled_the_same_way(mutation, text):
    assert mutate(text, mutation, WORDS) == mutate(text, mutation, WORDS)


@pytest.mark.parametrize("mutation", [each for each in Mutation if each is not Mutation.digits])
def test_nothing_to_respell_is_left_as_it_is(mutation):
    assert mutate("0501234567", mutation, WORDS) == "0501234567"


def test_words_are_found_whole():
    assert holds("أين الطلب؟", "الطلب")
    assert not holds("أين الطلبية؟", "الطلب")
    assert holds("The ORDER, please", "order")
    assert not holds("I reordered", "order")

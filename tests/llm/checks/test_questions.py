"""A customer is not asked again for what is known, declined or asked often enough; all else may be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.calls import Language, Slot, Slots
from callcenter.llm.checks import Detail, Gate, Ground, settled
from callcenter.llm.offline.phrases import load_phrasebook
from tests.llm.checks.replies import CHECKS, faults, ground, joined, through

pytestmark = pytest.mark.unit

ROWS = [
    json.loads(line) for line in Path(__file__).with_name("questions.jsonl").read_text(encoding="utf-8").splitlines()
]
FACTS = "A-1234\n0501234567"
LEAST = 0.97
CONTACT = frozenset({Detail.contact, Detail.phone, Detail.email})


def on(language: Language, *details: Detail) -> Ground:
    return replace(ground(language, facts=FACTS), settled=frozenset(details))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("again", [True, False])
def test_the_table_is_read_as_people_read_it(language, again):
    rows = [row for row in ROWS if row["language"] == language and row["again"] == again]
    missed = [
        row["text"]
        for row in rows
        if ("asked_again" in faults(row["text"], on(language, Detail(row["settled"])))) != again
    ]
    assert len(rows) >= 50
    assert len(missed) <= (1 - LEAST) * len(rows), missed


@pytest.mark.parametrize("language", list(Language))
def test_where_nothing_is_settled_everything_may_be_asked(language):
    texts = [row["text"] for row in ROWS if row["language"] == language and row["again"]]
    assert [text for text in texts if faults(text, on(language))] == []


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("slot", "details"),
    [
        (Slot.description, {Detail.description}),
        (Slot.order_number, {Detail.order_number}),
        (Slot.contact, CONTACT),
    ],
)
def test_our_own_questions_are_known_and_pass_where_they_are_due(language, slot, details):
    book = load_phrasebook().model_dump(mode="json")["personas"]["reception"]
    texts = [text for kind in ("asks", "asks_again") for text in book[kind][slot.value][language.value]]
    assert len(texts) >= 2
    assert [text for text in texts if "asked_again" not in faults(text, on(language, *details))] == []
    assert [text for text in texts if faults(text, on(language, *(frozenset(Detail) - details)))] == []


@pytest.mark.parametrize(
    ("slots", "asks", "expected"),
    [
        (Slots(), None, set()),
        (Slots(phone="0501234567"), None, {Detail.phone, Detail.contact}),
        (Slots(email="a@b.example"), None, {Detail.email, Detail.contact}),
        (Slots(description="It broke", amount="SAR 20", date="yesterday"), None, {"description", "amount", "date"}),
        (Slots(declined=(Slot.contact,)), None, CONTACT),
        (Slots(asked=(Slot.order_number,)), None, set()),
        (Slots(asked=(Slot.order_number, Slot.order_number)), None, {Detail.order_number}),
        (Slots(declined=(Slot.contact, Slot.order_number)), Slot.contact, {Detail.order_number}),
    ],
)
def test_what_is_known_declined_or_asked_twice_is_settled(slots, asks, expected):
    assert settled(slots, asks=asks) == expected
    assert settled(slots, name="Ali", asks=asks) == {*expected, Detail.name}


def test_a_fact_quoted_word_for_word_is_no_question():
    said = "Leave us a phone number or e-mail address, please."
    assert faults(said, on(Language.en, Detail.contact)) == ["asked_again"]
    assert faults(said, replace(on(Language.en, Detail.contact), facts=(f"{said} We call back.",))) == []


def test_plain_words_flow_on_and_a_question_waits_for_its_thing():
    gate = Gate(on(Language.en, Detail.order_number), CHECKS)
    assert joined(gate.feed("We think the new blue design ")) == "We"
    assert joined(gate.feed("looks good. ")) == " think the new blue design looks good."
    assert joined(gate.feed("Could you please tell me your order number? ")) == ""
    assert joined(gate.finish()) == ""


def test_a_withheld_question_leaves_the_rest_of_the_reply():
    releases = through("Thank you. What's your order number? Goodbye.", on(Language.en, Detail.order_number))
    assert joined(releases) == "Thank you. Goodbye."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.en, "Thank you, I know this already. What's your order number, please?"),
        (Language.ar, "شكرًا، فهمت ذلك تمامًا. ما رقم الطلب من فضلكم؟"),
    ],
)
def test_a_known_detail_does_not_hide_another_fault(language, text):
    assert faults(text, on(language, Detail.phone)) == []
    assert faults(text, on(language, Detail.order_number)) == ["asked_again"]

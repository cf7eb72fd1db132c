from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls import Language, PersonaType
from callcenter.llm.carrying_on import carry_on, seems_whole
from callcenter.llm.offline.phrases import load_phrasebook
from callcenter.personas.config import load_personas

pytestmark = pytest.mark.unit

SPLIT = re.compile(r"(?<=[.!?؟…])\s+")


@pytest.mark.parametrize(
    ("said", "rest", "pieces"),
    [
        # nothing was said yet: the whole reply
        ("", ("Hello! ", "We open at nine."), ("Hello! ", "We open at nine.")),
        (" \n", ("أهلًا بكم! ", "نفتح غدًا."), ("أهلًا بكم! ", "نفتح غدًا.")),
        # a half sentence is closed, a whole one only gets a space
        ("A landing page is", ("It costs SAR 1,900.",), ("… It costs SAR 1,900.",)),
        ("صفحة الهبوط هي", ("السعر 1900 ريال.",), ("… السعر 1900 ريال.",)),
        ("A landing page is one page.", ("It costs SAR 1,900.",), (" It costs SAR 1,900.",)),
        ("A landing page is one page. ", ("It costs SAR 1,900.",), ("It costs SAR 1,900.",)),
        ("(صفحة الهبوط صفحة واحدة.)", ("السعر 1900 ريال.",), (" السعر 1900 ريال.",)),
        ("Our prices:", ("It costs SAR 1,900.",), ("… It costs SAR 1,900.",)),
        # what was said is not said again, in the same words or nearly
        ("It costs SAR 1,900. And the", ("It costs SAR 1,900. ", "Anything else?"), ("… Anything else?",)),
        (
            "The landing page costs SAR 1,900.",
            ("A landing page costs SAR 1,900. ", "Hosting is included."),
            (" Hosting is included.",),
        ),
        (
            "سعر صفحة الهبوط 1900 ريال.",
            ("صفحة الهبوط سعرها ١٩٠٠ ريال. ", "والاستضافة مشمولة."),
            (" والاستضافة مشمولة.",),
        ),
        # a number that was not said is news
        (
            "Your ticket is open and the team will answer",
            ("Your ticket TKT-00000042 is open and the team will answer.",),
            ("… Your ticket TKT-00000042 is open and the team will answer.",),
        ),
        (
            "تذكرتكم مفتوحة وسيصلكم الرد",
            ("تذكرتكم مفتوحة وسيصلكم الرد خلال 24 ساعة.",),
            ("… تذكرتكم مفتوحة وسيصلكم الرد خلال 24 ساعة.",),
        ),
        # no courtesies in the middle
        ("We open at", ("Good morning! ", "Monday to Friday."), ("… Monday to Friday.",)),
        ("نفتح في", ("وعليكم السلام ورحمة الله وبركاته. ", "من الأحد إلى الخميس."), ("… من الأحد إلى الخميس.",)),
        # "thank you" with something to say is no mere courtesy
        ("We open at", ("Thank you, your number is noted.",), ("… Thank you, your number is noted.",)),
        # the question that is due stays, unless it was asked
        (
            "I'm sorry about the order number",
            ("What's your order number, if you have one?",),
            ("… What's your order number, if you have one?",),
        ),
        ("What's your order number?", ("What's your order number, please?",), ()),
        ("ما رقم الطلب؟", ("ما رقم الطلب، إن كان متوفرًا؟",), ()),
        ("ما رقم الطلب؟", ("ما رقم الجوال؟",), (" ما رقم الجوال؟",)),
        ("ما رقم الطلب أو العقد، إن كان متوفرًا لديكم؟", ("ما رقم الطلب أو العقد إن كان متوفرًا؟",), ()),
        # one apology is enough, and one that tells more stays
        (
            "I'm sorry that your website is down.",
            ("I'm sorry about this fault, and thank you for telling us. ", "It's ticket TKT-00000042."),
            (" It's ticket TKT-00000042.",),
        ),
        ("I'm sorry", ("I sincerely apologise for the delay. ", "We open at nine."), ("… We open at nine.",)),
        (
            "يؤسفني أن موقعكم متوقف.",
            ("أعتذر منكم بشدة عن العطل، ومن حقكم أن تغضبوا. ", "رقم تذكرتكم TKT-00000042."),
            (" رقم تذكرتكم TKT-00000042.",),
        ),
        ("Your site is down.", ("I'm sorry about this fault.",), (" I'm sorry about this fault.",)),
        ("موقعكم متوقف.", ("أعتذر عن العطل.",), (" أعتذر عن العطل.",)),
        (
            "I'm sorry about that.",
            ("I'm sorry, I don't have a reliable answer to that.",),
            (" I'm sorry, I don't have a reliable answer to that.",),
        ),
        (
            "أعتذر عن العطل.",
            ("أعتذر عن التأخير، والرد عليكم خلال 24 ساعة.",),
            (" أعتذر عن التأخير، والرد عليكم خلال 24 ساعة.",),
        ),
        # nothing is left
        ("We open at nine. Anyth", ("Hello! ", "We open at nine."), ("…",)),
        ("We open at nine.", ("Hello! ", "We open at nine."), ()),
        ("We open at nine…", ("We open at nine.",), ()),
        ("نفتح في التاسعة. هل", ("نفتح في التاسعة.",), ("…",)),
        # lines stay lines
        (
            "We sell:",
            ("Websites\n• Landing page: SAR 1,900\n• Store: SAR 9,500\n", "Which one?"),
            ("… Websites\n• Landing page: SAR 1,900\n• Store: SAR 9,500\n", "Which one?"),
        ),
    ],
)
def test_a_reply_is_carried_on(said, rest, pieces):
    assert carry_on(said, rest) == pieces


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("We open at nine. Is there anything else?", True),
        ("نفتح في التاسعة. هل من شيء آخر؟ ", True),
        ("We open at nine. Thank you!", True),
        ("نفتح في التاسعة. شكرًا لكم.", True),
        ("We open at nine.", False),
        ("We open at nine. Is there", False),
        ("Is there anything else?", False),
        ("Hello! You want a website?", False),
        ("أهلًا بكم! ماذا تريدون؟", False),
        ("", False),
    ],
)
def test_a_reply_seems_whole_that_tells_something_and_then_asks_or_thanks(said, whole):
    assert seems_whole(said) is whole


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_one_apology_of_the_offline_voices_is_enough(persona, language):
    lines = load_phrasebook().personas[persona]
    for wordings in (lines.sorry, lines.sorry_again, lines.sorry_frustrated, lines.sorry_angry):
        for wording in wordings[language]:
            assert carry_on({Language.ar: "أعتذر منكم.", Language.en: "I'm sorry."}[language], [wording]) == ()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_what_a_persona_says_when_nothing_works_is_never_left_out(persona, language):
    for wording in load_personas()[persona].apologies.values():
        said = {Language.ar: "أعتذر منكم.", Language.en: "I'm sorry."}[language]
        assert carry_on(said, [wording[language]]) != ()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_the_offline_voices_greetings_are_courtesies(persona, language):
    lines = load_phrasebook().personas[persona]
    for wordings in (lines.salam, lines.morning, lines.hello, lines.well, lines.of_course):
        for wording in wordings[language]:
            assert carry_on("A", [wording]) == ("…",)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("persona", PersonaType)
def test_the_offline_voices_questions_and_facts_are_none(persona, language):
    lines = load_phrasebook().personas[persona]
    told = (lines.open_now, lines.closed_now, lines.listening, *lines.asks.values(), *lines.matters.values())
    for wordings in told:
        for wording in wordings[language]:
            assert carry_on("A", [wording]) == (f"… {wording}",)


SENTENCES = st.sampled_from(
    [
        "Hello!",
        "We open at nine.",
        "Your ticket is TKT-00000042.",
        "It costs SAR 1,900.",
        "What's your order number?",
        "أهلًا بكم!",
        "نفتح في التاسعة صباحًا.",
        "رقم تذكرتكم TKT-00000042.",
        "ما رقم الطلب أو العقد؟",
        "Prices:\n• a: 1\n• b: 2\n",
    ]
)


@given(st.lists(SENTENCES, max_size=4), st.sampled_from(["", "And", "ثم", "We open"]), st.lists(SENTENCES, max_size=5))
def test_no_sentence_is_said_twice_and_no_blank_is_doubled(said, half, rest):
    out = " ".join([*said, half]).strip()
    pieces = carry_on(out, rest)
    assert "  " not in out + "".join(pieces)
    if not out:
        return
    new = [piece.removeprefix("…").strip() for piece in pieces]
    assert not {sentence.strip() for sentence in said} & set(new)
    assert len(set(new)) == len(new)


@given(st.text(max_size=40), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_carried_on(said, rest):
    pieces = carry_on(said, rest)
    assert all(pieces) or not said.strip()
    if said.strip():
        assert "  " not in "".join(pieces)
    assert carry_on(said, rest) == pieces

"""What goes out when: plain talk word by word, the doubtful by whole sentences, the same for any pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls import Language, PersonaType
from callcenter.company import DEMO, load_company
from callcenter.llm import Receipt
from callcenter.llm.checks import LEFT_OUT, Detail, Fault, Gate, Instructions
from callcenter.llm.offline.phrases import load_phrasebook
from callcenter.personas.config import load_personas
from tests.llm.checks.replies import CHECKS, faults, ground, joined, through

pytestmark = pytest.mark.unit

WORDS = [
    *("I've cancelled your order. ", "Hello there. ", "SAR 900", " it costs ", "TKT-00000001", "x@y.example"),
    *("\n", "\n\n\n", "\r\n", "تم إلغاء طلبكم. ", "أهلًا بكم في شركتنا ", "٣٥٠ ريال", "؟ ", "Привет мир "),
    *("**", "*", "_", "`", "```", "[a](", "http://b.example)", "]", "![", "(", "~~", "# ", "- ", "<!--", "-->"),
    *("<think>", "</think>", "<b>", "<", ">", "e.g. ", "1. ", " ", "…", "!", "\u202e", "\u0130", "word ", "كلمة "),
    "Say the number of the ticket and when a human answers ",
    *("Could you tell me ", "your order number", "ما رقم الطلب", "؟ ", "? ", "your parcel is on its way. "),
]
PIECES = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=14)


@settings(max_examples=400, deadline=None)
@given(pieces=PIECES, cut=st.integers(1, 9), language=st.sampled_from(list(Language)))
def test_pieces_make_no_difference(pieces, cut, language):
    text, on = "".join(pieces), replace(ground(language, facts="SAR 350"), settled=frozenset(Detail))
    whole = through(text, on)
    parted = through(text, on, size=cut)
    gate = Gate(on, CHECKS)
    given = [each for piece in pieces for each in gate.feed(piece)] + gate.finish()
    assert joined(whole) == joined(parted) == joined(given)
    assert [each.fault for each in whole if each.fault] == [each.fault for each in parted if each.fault]
    assert "\n\n\n" not in joined(whole)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["we", "hope", "that", "works", "well,", "fine.", "yes!", "good", "morning\n"]), min_size=1
    )
)
def test_plain_talk_passes_unchanged(words):
    text = " ".join(words).strip()
    assert joined(through(text, size=3)) == text


@settings(max_examples=200, deadline=None)
@given(
    before=st.lists(st.sampled_from(["well", "yes", "fine", "so", "good"]), max_size=9),
    bad=st.sampled_from(["SAR 912", "x@y.example", "TKT-00000009", "I've cancelled it", "https://b.example/c"]),
    size=st.integers(1, 20),
)
def test_nothing_doubtful_of_a_withheld_sentence_goes_out(before, bad, size):
    releases = through(f"{' '.join(before)} {bad} now. Goodbye.", size=size)
    assert bad.split()[-1] not in joined(releases)
    assert joined(releases).endswith("Goodbye.")
    withheld = next(each for each in releases if each.fault)
    assert withheld.begun == (len(before) + bad.count("I've") > 5)


def test_plain_words_flow_five_behind():
    gate = Gate(ground(), CHECKS)
    said = [joined(gate.feed(f"{word} ")) for word in ("a", "few", "words", "that", "are", "plain", "talk")]
    assert said == ["", "", "", "", "", "a", " few"]
    assert joined(gate.feed("only. ")) == " words that are plain talk only."


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("Is that all?", "Is that all?"),
        ("هذا كل شيء، شكرًا.", "هذا كل شيء، شكرًا."),  # that is all, thanks
        ("Well yes. Is that", "Well yes."),
        ("We open at 9.", ""),
        ("Ask for e.g.", ""),
        ("It is SAR 912, no less.", ""),
    ],
)
def test_a_last_sentence_that_is_whole_may_go_where_the_text_broke_off(text, settled):
    gate = Gate(ground(Language.ar if "شكر" in text else Language.en), CHECKS)
    assert joined(gate.feed(text)) + joined(gate.settle()) == settled


def test_dots_inside_words_end_no_sentence():
    text = "We meet at 9 a.m. today, e.g. at ornina.example or SAR 3.5 each."
    assert [each.fault for each in through(text) if each.fault] == [Fault.unknown_link]


def test_an_endless_sentence_is_judged_in_the_end():
    gate = Gate(ground(), CHECKS)
    assert joined(gate.feed("1 " + "word " * 120))


def test_leading_blanks_go_and_blank_lines_are_one():
    assert joined(through("\n\n  Hello.\n\n\n\nBye.  \n")) == "Hello.\n\nBye."


@pytest.mark.parametrize(
    ("language", "text", "fault"),
    [
        (Language.en, "أهلًا بكم في شركتنا.", "wrong_language"),
        (Language.ar, "Welcome to our company.", "wrong_language"),
        (Language.en, "Hello Привет friends.", "wrong_language"),
        (Language.ar, "مرحبًا 你好 بكم.", "wrong_language"),
        (Language.ar, "نقبل Apple Pay وبطاقات مدى.", None),
        (Language.ar, "OK!", None),
        (Language.en, "We are called أورنينا in Arabic.", None),
    ],
)
def test_language(language, text, fault):
    assert faults(text, ground(language)) == ([fault] if fault else [])


def test_names_among_the_facts_are_in_any_language():
    text = "Google Workspace Premium معنا."
    assert faults(text, ground(Language.ar)) == ["wrong_language"]
    assert faults(text, ground(Language.ar, facts="نقدّم لكم اشتراكات Google Workspace Premium")) == []


def test_nine_words_of_the_instructions_are_a_leak_and_four_only_wait():
    assert faults("I say the number of the ticket and when a human answers.") == ["leaked_instructions"]
    assert faults("I say the number of the ticket.") == []


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("begun", [True, False])
def test_replacements_pass_the_checks_themselves(language, fault, begun):
    text = CHECKS.replacement(fault, language, begun=begun)
    assert bool(text) == (begun or fault not in LEFT_OUT)
    assert joined(through(text, ground(language))) == text
    assert text.startswith("…") == begun


def test_a_replacement_joins_where_the_sentence_stood():
    releases = through("Hello.\n\nIt costs SAR 912. Bye.")
    said = "".join(
        each.text if each.fault is None else each.lead + CHECKS.replacement(each.fault, Language.en, begun=each.begun)
        for each in releases
    )
    assert said == "Hello.\n\nI'd rather not name a figure I can't confirm. Bye."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (Language.en, "We never ask for passwords, verification codes or card details."),
        (Language.ar, "لا نطلب كلمة مرور أو رمز تحقق أو بيانات بطاقة."),
    ],
)
def test_what_every_customer_may_hear_is_no_leak(language, text):
    prompts = [load_personas()[persona].prompt[language] for persona in PersonaType]
    on = replace(ground(language), instructions=Instructions("\n".join(prompts)))
    assert faults(text, on) == []
    assert "leaked_instructions" in faults(prompts[0], on)


COMPANY = load_company(DEMO)


def company_texts(language: Language) -> list[str]:
    texts = [COMPANY.about[language], COMPANY.texts.next_step[language], COMPANY.texts.unknown[language]]
    for service in COMPANY.services:
        texts += [service.summary[language], service.details[language], service.duration[language]]
        texts += [each[language] for each in (*service.includes, *service.steps)]
    for policy in COMPANY.policies:
        texts += [policy.summary[language], policy.body[language]]
    texts += [answer.answer[language] for answer in COMPANY.faq]
    return texts


def phrases(language: Language) -> list[str]:
    def found(value: object) -> list[str]:
        if isinstance(value, dict):
            if set(value) >= {"ar", "en"}:
                return [text for text in value[language.value] if isinstance(text, str)]
            return [text for each in value.values() for text in found(each)]
        return []

    book = load_phrasebook().model_dump(mode="json")
    return [text.replace("{", "").replace("}", "") for text in found(book["personas"])]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("source", [company_texts, phrases])
def test_our_own_texts_pass_as_facts(language, source):
    texts = source(language)
    assert len(texts) > 50
    on = ground(language, facts="\n".join(texts))
    withheld = [text for text in texts if faults(text, on)]
    assert withheld == []


@pytest.mark.parametrize("language", list(Language))
def test_our_own_rules_pass_without_facts_of_actions(language):
    receipts = frozenset({Receipt.ticket})
    figures = " ".join(company_texts(language))
    withheld = [text for text in company_texts(language) if faults(text, ground(language, figures, receipts))]
    assert withheld == []

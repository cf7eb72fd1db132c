from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.analysis import clean, normalise
from callcenter.calls import MAX_MESSAGE_CHARS

pytestmark = pytest.mark.unit

ANY_TEXT = st.text(alphabet=st.characters(), max_size=400)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("hello\u202e world", "hello world"),
        ("a\u200bb\ufeffc", "abc"),
        ("nul\x00 bell\x07", "nul bell"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree\tfour"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("cafe\u0301", "caf\u00e9"),
        ("مرحبا\u200f بكم", "مرحبا بكم"),
        ("tag\U000e0041s", "tags"),
    ],
)
def test_clean_removes_what_no_reader_sees(raw: str, kept: str) -> None:
    assert clean(raw).text == kept


@pytest.mark.parametrize("raw", ["", "   ", "\u202e\u200b", "\x00\n\t"])
def test_nothing_left_is_empty(raw: str) -> None:
    assert clean(raw).empty


def test_long_text_is_cut_and_says_so() -> None:
    cut = clean("س" * (MAX_MESSAGE_CHARS + 1))
    assert len(cut.text) == MAX_MESSAGE_CHARS
    assert cut.truncated
    assert not clean("س" * MAX_MESSAGE_CHARS).truncated


@given(ANY_TEXT)
def test_clean_text_is_clean_and_storable(raw: str) -> None:
    once = clean(raw)
    assert clean(once.text).text == once.text
    once.text.encode("utf-8")
    assert once.empty == (not once.text.strip())


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("أإآٱ", "اااا"[:1]),
        ("خدمة", "خدمه"),
        ("مستشفى", "مستشفي"),
        ("سيّئةٌ", "سييه"),
        ("شـــكراً", "شكرا"),
        ("جداااااا", "جدا"),
        ("شكراً ميييرسي", "شكرا ميرسي"),
        ("شكراً cafééé", "شكرا café"),
        ("شكراً ٣", "شكرا 3"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("۱۲۳", "123"),
        ("ﻻ ﻣﺸﻜﻠﺔ", "لا مشكله"),
        ("SOOO Goood", "so good"),
        ("don’t", "don't"),
        ("هلأ وهلأ أهلأ هلا", "هلق وهلق اهلا هلا"),
        ("a   b", "a b"),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_spellings_fold_into_one(raw: str, folded: str) -> None:
    assert normalise(raw).text == folded


@given(ANY_TEXT)
def test_offsets_lead_back_into_the_original(raw: str) -> None:
    folded, offsets = normalise(raw)
    if offsets is None:
        assert len(folded) == len(raw)
        return
    assert len(offsets) == len(folded) + 1
    assert list(offsets) == sorted(offsets)
    assert offsets[-1] == len(raw)


def test_a_span_takes_the_marks_on_its_letters_with_it() -> None:
    raw = "خدمةٌ سَيِّئة"
    folded = normalise(raw)
    start = folded.text.index("سييه")
    low, high = folded.span(start, start + 4)
    assert raw[low:high] == "سَيِّئة"

"""What is meant by a slip or by Arabizi is understood; what is cited are the customer's own letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.analysis import LanguageKind, analyze, default_lexicons, normalise
from callcenter.analysis.phrases import words_only
from callcenter.analysis.spelling import composed, is_slip, respelled
from callcenter.calls import ConversationIntent
from tests.analysis.citations import citations

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.analysis import Lexicons, MessageAnalysis

    Read = Callable[[str], MessageAnalysis]

pytestmark = pytest.mark.unit

LEXICONS = default_lexicons()


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("refnd", "refund"),  # left out
        ("reund", "refund"),
        ("brken", "broken"),
        ("refuund", "refund"),  # doubled
        ("brokken", "broken"),
        ("brokn", "broken"),
        ("chargaed", "charged"),  # added
        ("cancvelled", "cancelled"),
        ("chatged", "charged"),  # exchanged
        ("cancekled", "cancelled"),
        ("refudn", "refund"),  # swapped
        ("rfeund", "refund"),
        ("delviery", "delivery"),
    ],
)
def test_one_letter_amiss_is_a_slip(typed: str, word: str) -> None:
    assert is_slip(typed, word)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("refund", "refund"),  # nothing amiss
        ("tefund", "refund"),  # the first letter
        ("efund", "refund"),
        ("xrefund", "refund"),
        ("erfund", "refund"),
        ("refun", "refund"),  # the last letter: another form of the word
        ("refunds", "refund"),
        ("cancelles", "cancelled"),
        ("refxnd", "refund"),  # exchanged in a word of six letters: too many words are one letter apart
        ("rfunnd", "refund"),  # two slips
        ("chatgef", "charged"),
        ("dleivrey", "delivery"),
        ("canxeklled", "cancelled"),
        ("cancelledly", "cancelled"),  # two letters more
        ("deliv", "delivery"),
        ("", "refund"),
        ("r", "refund"),
    ],
)
def test_more_or_other_than_one_letter_within_is_none(typed: str, word: str) -> None:
    assert not is_slip(typed, word)


def test_an_exchanged_letter_needs_a_word_of_seven_letters() -> None:
    assert not is_slip("bruken", "broken")
    assert is_slip("charxed", "charged")


@given(st.text("abcdefgh", min_size=1, max_size=10), st.text("abcdefgh", max_size=10))
def test_a_slip_keeps_the_first_letter_and_nearly_the_length(typed: str, word: str) -> None:
    if is_slip(typed, word):
        assert typed[0] == word[0]
        assert typed[-1] == word[-1] or sorted(typed) == sorted(word)
        assert abs(len(typed) - len(word)) <= 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("technicl", "technical"),
        ("delivry", "delivery"),
        ("delievry", "delivery"),
        ("expencive", "expensive"),
        ("refudn", "refund"),
        ("brokken", "broken"),
        ("brokn", "broken"),
        ("discuont", "discount"),
    ],
)
def test_a_slip_in_a_cue_is_put_right(lexicons: Lexicons, typed: str, meant: str) -> None:
    assert lexicons.spelling.corrections(["my", typed]) == {typed: meant}


@pytest.mark.parametrize(
    "word",
    [
        *("changing", "charging", "changes", "charming", "brought", "auction", "apologise", "cancelation", "cashing"),
        *("appealing", "clearer", "altitude", "barley", "bowling"),
        *("pricey", "wokr", "hlep", "late", "brok", "x" * 30, "refnud7", "café"),
    ],
)
def test_a_word_of_its_own_and_a_short_one_are_left_alone(lexicons: Lexicons, word: str) -> None:
    assert lexicons.spelling.corrections([word]) == {}


def test_each_unknown_word_is_put_right_by_itself(lexicons: Lexicons) -> None:
    words = "the delivry is expencive and they are changing it"
    assert lexicons.spelling.corrections(words.split()) == {"delivry": "delivery", "expencive": "expensive"}


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("I was chagred twice for one order", "chagred twice"),
        ("they are changing the battery but it is not chargging", "chargging"),
        ("My Parcel was DELIVRED broken", "broken"),
        ("how much is the delivry?", "how much"),
        ("i want a refudn now", "refudn"),
        ("the screen is crakced", "crakced"),
        ("can you give me a discuont", "discuont"),
    ],
)
def test_the_customers_own_misspelling_is_cited(read: Read, text: str, cited: str) -> None:
    found = list(citations(read(text)))
    assert all(text[each.start : each.end] == each.text for each in found)
    assert cited in " ".join(each.text for each in found)


@pytest.mark.parametrize(
    ("meant", "typed"),
    [
        ("I want a refund", "I want a refudn"),
        ("my delivery is late and the box is damaged", "my delivry is late and the box is damagged"),
        ("the screen is cracked", "the screen is crakced"),
        ("I want to cancel my subscription", "I want to cancel my subscripton"),
        ("how do I register for the workshop", "how do I registre for the workhsop"),
    ],
)
def test_a_slip_changes_nothing_about_what_is_wanted(read: Read, meant: str, typed: str) -> None:
    assert read(typed).intent.intent is read(meant).intent.intent
    assert read(typed).category.category is read(meant).category.category


def test_both_in_one_message_a_slip_and_a_word_of_its_own(read: Read) -> None:
    """ "Changing" is no slip of "charging", and beside a slip it keeps its place."""
    text = "I keep changing the cable but the phone is not chargging, I want a refudn"
    found = read(text).intent
    assert found.intent in {ConversationIntent.complaint, ConversationIntent.technical_support}
    cited = {each.text: each for each in citations(read(text))}
    assert "changing" not in cited
    assert all(text[each.start : each.end] == words for words, each in cited.items())


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("el net mesh shaghal", "shaghal"),
        ("ya gama3a, el net mesh shaghal!", "shaghal"),
        ("kam se3r el shasha?", "kam se3r"),
        ("wein talabi?", "wein talabi"),
        ("abgha alghi el eshterak", "alghi el eshterak"),
        ("Shukran Jazilan", "Shukran Jazilan"),
        ("ENTU 7ARAMYA", "7ARAMYA"),
    ],
)
def test_arabizi_is_cited_as_it_was_typed(read: Read, text: str, cited: str) -> None:
    found = read(text)
    assert found.language.kind is LanguageKind.arabizi
    texts = [each.text for each in citations(found)]
    assert any(cited in each for each in texts), texts


def test_an_article_that_stands_alone_is_joined_to_its_noun(lexicons: Lexicons) -> None:
    folded = normalise("kam el se3r").text
    read = respelled(folded, words_only(folded), lexicons.spelling.in_arabic)
    assert read is not None
    assert read.text == "كام السعر"
    assert read.offsets is not None
    assert len(read.offsets) == len(read.text) + 1
    start = read.text.index("السعر")
    assert folded[read.offsets[start] : read.offsets[start + 4] + 1] == "el se3r"


@pytest.mark.parametrize("token", ["xl", "tv", "123", "service", "x" * 25, "خط", "+9", "support"])
def test_english_words_sizes_and_numbers_are_no_arabizi(lexicons: Lexicons, token: str) -> None:
    assert lexicons.spelling.in_arabic(token) is None


def test_nothing_read_anew_is_nothing_respelled() -> None:
    assert respelled("the net", " the net ", lambda _token: None) is None
    assert respelled("", "  ", lambda token: token) is None


WORDS: Final = st.lists(st.text("abcxyz", min_size=1, max_size=8), max_size=8)


@given(WORDS, st.dictionaries(st.text("abcxyz", min_size=1, max_size=8), st.text("ابت", min_size=1, max_size=12)))
def test_every_letter_of_a_respelled_message_has_its_place(words: list[str], other: dict[str, str]) -> None:
    folded = " ".join(words)
    read = respelled(folded, words_only(folded), other.get)
    if read is None:
        assert not set(words) & set(other)
        return
    assert read.text == " ".join(other.get(word, word) for word in words)
    offsets = list(read.offsets or ())
    assert len(offsets) == len(read.text) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(folded)
    for old, new in zip(re.finditer(r"\S+", folded), re.finditer(r"\S+", read.text), strict=True):
        assert offsets[new.start()] == old.start()
        if new.end() - new.start() > 1:
            assert offsets[new.end() - 1] == old.end() - 1


@given(st.lists(st.integers(0, 20), max_size=20), st.lists(st.integers(0, 99), min_size=21, max_size=30))
def test_places_lead_through_both_foldings(outer: list[int], inner: list[int]) -> None:
    assert composed(outer, inner) == [inner[place] for place in outer]
    assert composed(outer, None) == outer


KNOWN: Final = (
    "we wa fa el net mesh shaghal 3ayez a3raf kam se3r fen order beta3i wein talabi shukran ta3abt men entezar "
    "abgha alghi eshterak 7aramya zay zeft khedma wa7sha mabsoot gedan w b law sama7t bokra momken kol yom ana "
    "za3lan I want a refund refudn my delivry is late changing brokken not working charged twice how much price "
    "thanks EL Net MESH Shaghal REFUDN"
)
LATIN: Final = st.lists(
    st.one_of(
        st.sampled_from(KNOWN.split()),
        st.text("abdefghiklmnorstuwy3579", min_size=4, max_size=9),
        st.sampled_from(["é", "İstanbul", "7474839", "ß", "#12", "e-mail", "don't", "x'y"]),
    ),
    max_size=14,
)
JOINS: Final = st.sampled_from([" ", "  ", ", ", "! ", " \n", " ... ", "\u200f "])


@settings(max_examples=300, deadline=None)
@given(LATIN, JOINS)
def test_whole_words_of_the_message_are_cited(words: list[str], join: str) -> None:
    text = join.join(words)
    for each in citations(analyze(text, LEXICONS)):
        assert text[each.start : each.end] == each.text
        assert not _within_a_word(text, each.start), each
        assert not _within_a_word(text, each.end), each


def _within_a_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()

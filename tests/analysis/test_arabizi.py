"""However a word is spelled in Latin letters, it is read as the Arabic word it sounds like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.analysis import default_lexicons
from callcenter.analysis.arabizi import Transliteration

if TYPE_CHECKING:
    from callcenter.analysis import Lexicons

pytestmark = pytest.mark.unit

PACKAGED = default_lexicons().spelling.transliteration
FEW = Transliteration(
    {"شغال": 3, "سعر": 5, "طلب": 9, "تلفون": 2, "عندي": 4, "معرف": 1, "كتاب": 2, "عربي": 3, "شغل": 2, "باب": 1}
)
"""A vocabulary of ten words, so that what a particle adds is seen beside what is known anyway."""


@pytest.mark.parametrize(
    ("spellings", "arabic"),
    [
        ("3ayez ayez 3ayz 3ayiz", "عايز"),
        ("3awz 3awez", "عاوز"),
        ("mesh msh mish mosh moch mch", "مش"),
        ("shaghal shaghaal shghal chaghal sha8al", "شغال"),
        ("se3r si3r se3er", "سعر"),
        ("khat 5at khatt 7'at kha6", "خط"),
        ("shasha chacha shacha", "شاشه"),
        ("bokra bukra boukra", "بكره"),
        ("fluus floos flous fulus", "فلوس"),
        ("mushkila moshkela mouchkila mochkla", "مشكله"),
        ("khedma 5edma khidma", "خدمه"),
        ("7agz hagz", "حجز"),
        ("fatoura fatora fatura", "فاتوره"),
        ("fen feen fein", "فين"),
        ("wein wen ween", "وين"),
        ("sayyara sayara", "سياره"),
        ("3arabeya 3arabiya", "عربيه"),
        ("mota2akher mot2akher met2akher", "متاخر"),
        ("ta2kheer ta5eer takhir", "تاخير"),
        ("bdi baddi beddi", "بدي"),
        ("shlon shloun", "شلون"),
        ("ch7al chhal", "شحال"),
        ("za3lan z3lan", "زعلان"),
        ("3andy 3andi 3ndi", "عندي"),
        ("sa7 sah 9a7", "صح"),
    ],
)
def test_spellings_of_one_word_read_as_that_word(spellings: str, arabic: str) -> None:
    assert {spelling: PACKAGED.read(spelling) for spelling in spellings.split()} == dict.fromkeys(
        spellings.split(), arabic
    )


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("2", "ء"),
        ("3", "ع"),
        ("3'", "غ"),
        ("5", "خ"),
        ("6", "ط"),
        ("6'", "ظ"),
        ("7", "ح"),
        ("7'", "خ"),
        ("8", "غ"),
        ("9", "ص"),
        ("9'", "ض"),
    ],
)
def test_a_digit_stands_for_its_letter(latin: str, arabic: str) -> None:
    assert Transliteration({}).read(f"b{latin}b") == f"ب{arabic}ب"


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("elshaghal", "الشغال"),
        ("alse3r", "السعر"),
        ("ilkitab", "الكتاب"),
        ("wse3r", "وسعر"),
        ("wel3arabi", "والعربي"),
        ("bel3arabi", "بالعربي"),
        ("felkitab", "فالكتاب"),
        ("lelkitab", "للكتاب"),
        ("bse3r", "بسعر"),
        ("talabak", "طلبك"),
        ("talabek", "طلبك"),
        ("talabha", "طلبها"),
        ("se3rha", "سعرها"),
        ("talabhom", "طلبهم"),
        ("talabkom", "طلبكم"),
        ("talabna", "طلبنا"),
        ("talaby", "طلبي"),
        ("ma3refsh", "معرفش"),
        ("ma3refch", "معرفش"),
        ("eltelefonha", "التلفونها"),
    ],
)
def test_a_particle_is_read_apart_from_the_word_it_is_joined_to(latin: str, arabic: str) -> None:
    assert FEW.read(latin) == arabic


def test_a_whole_word_is_the_likelier_reading_than_its_parts() -> None:
    assert Transliteration({"اصل": 9}).read("wasl") == "واصل"
    assert Transliteration({"اصل": 9, "وصل": 1}).read("wasl") == "وصل"


def test_what_is_left_without_a_particle_has_three_letters() -> None:
    assert Transliteration({"كت": 9}).read("katna") == "كتنا"
    assert Transliteration({"كت": 9}).read("ktna") == Transliteration({}).read("ktna") == "كتنه"


def test_the_commoner_of_two_words_that_fit_is_meant() -> None:
    assert Transliteration({"سعر": 1, "صعر": 200}).read("se3r") == "صعر"
    assert Transliteration({"سعر": 200, "صعر": 1}).read("se3r") == "سعر"


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("zorgblat", "زورجبلات"),
        ("samsung", "سامسونج"),
        ("khboub", "خبوب"),
        ("arnab", "ارناب"),
        ("gamila", "جاميله"),
        ("kiwi", "كيوي"),
        ("doodoo", "دودو"),
    ],
)
def test_an_unknown_word_is_spelled_out(latin: str, arabic: str) -> None:
    assert Transliteration({}).read(latin) == arabic


@pytest.mark.parametrize("token", ["", "'", "-", "خط", "😡", "ß", "é", "1", "0000", "w'", "\ud800"])
def test_what_is_no_latin_word_reads_as_something_at_least(token: str) -> None:
    assert isinstance(PACKAGED.read(token), str)
    assert bool(PACKAGED.read(token)) == bool(token)


@given(st.one_of(st.text(max_size=40), st.text("abcdeghiklmnorstuwy35679'", max_size=24)))
def test_reading_never_fails_and_always_says_the_same(token: str) -> None:
    first = Transliteration({"سعر": 5, "طلب": 9, "عندي": 1}).read(token)
    again = Transliteration({"عندي": 1, "طلب": 9, "سعر": 5})
    assert again.read(token) == first
    assert again.read(token) == first
    assert bool(first) == bool(token)


@given(st.text("bdfjlmnrz", min_size=2, max_size=12))
def test_a_doubled_consonant_is_one(token: str) -> None:
    read = Transliteration({}).read
    assert read("".join(letter * 2 for letter in token)) == read(token)


def test_words_of_every_dialect_are_known(lexicons: Lexicons) -> None:
    """Each is in the Arabic lexicon, and what it sounds like leads back to it."""
    read = lexicons.spelling.transliteration.read
    words = {"3awez": "عاوز", "abgha": "ابغا", "baddi": "بدي", "bghit": "بغيت", "areed": "اريد", "daba": "دابا"}
    assert {latin: read(latin) for latin in words} == words

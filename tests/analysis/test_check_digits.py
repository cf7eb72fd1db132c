"""Every valid number is found, and one changed digit is noticed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.analysis import EntityKind, analyze, default_lexicons
from callcenter.analysis.check_digits import (
    IBAN_LENGTHS,
    is_card,
    is_egyptian_id,
    is_emirati_id,
    is_iban,
    is_kuwaiti_id,
    is_of_a_scheme,
    is_saudi_id,
    passes_luhn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.unit

LEXICONS = default_lexicons()
ARABIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=least if most is None else most)


def completed(start: str, valid: Callable[[str], bool]) -> str:
    return next(start + last for last in "0123456789" if valid(start + last))


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A card as the region has them: Visa, Mastercard, American Express, UnionPay."""
    start, more = draw(st.sampled_from([("4", 14), ("4", 11), ("5555", 11), ("2221", 11), ("37", 12), ("6250", 11)]))
    return completed(start + draw(digits(more)), passes_luhn)


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(sorted(IBAN_LENGTHS)))
    account = draw(
        st.text("ABCDEFGHIJ0123456789", min_size=IBAN_LENGTHS[country] - 4, max_size=IBAN_LENGTHS[country] - 4)
    )
    return next(iban for check in range(2, 99) if is_iban(iban := f"{country}{check:02}{account}"))


@st.composite
def changed(draw: st.DrawFn, number: str) -> str:
    """The same number with one digit exchanged for another."""
    place = draw(st.sampled_from([place for place, char in enumerate(number) if char.isdigit()]))
    other = draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    return number[:place] + other + number[place + 1 :]


def grouped(text: str, separator: str) -> str:
    return separator.join(text[place : place + 4] for place in range(0, len(text), 4))


def kinds(text: str) -> list[tuple[EntityKind, str]]:
    found = analyze(text, LEXICONS).entities
    assert all(text[entity.start : entity.end] == entity.text for entity in found)
    return [(entity.kind, entity.value) for entity in found]


@given(cards(), st.sampled_from(["", " ", "-", "."]))
def test_a_card_is_found_however_it_is_typed(card: str, separator: str) -> None:
    typed = card if len(card) != 16 else grouped(card, separator)
    assert kinds(f"my card is {typed}, thanks") == [(EntityKind.card, card)]
    assert kinds(f"بطاقتي {typed.translate(ARABIC)} شكرا") == [(EntityKind.card, card)]


@given(cards(), st.data())
def test_a_card_with_one_other_digit_is_none(card: str, data: st.DataObject) -> None:
    other = data.draw(changed(card))
    assert EntityKind.card not in dict(kinds(f"my card is {grouped(other, ' ')}"))
    assert EntityKind.card not in dict(kinds(f"بطاقتي {other}"))


@given(digits(11, 18), st.integers(1, 9))
def test_luhn_notices_one_changed_digit(rest: str, first: int) -> None:
    card = completed(f"{first}{rest}", passes_luhn)
    assert is_card(card) == (12 <= len(card) <= 19)
    assert not passes_luhn(card[:-1] + str((int(card[-1]) + 1) % 10))


@given(ibans(), st.sampled_from([str.upper, str.lower]), st.sampled_from(["", " "]))
def test_an_iban_is_found_however_it_is_typed(iban: str, cased: Callable[[str], str], separator: str) -> None:
    typed = grouped(cased(iban), separator)
    assert (EntityKind.iban, iban) in kinds(f"send it to {typed} please")
    assert (EntityKind.iban, iban) in kinds(f"حولوا على الآيبان {typed.translate(ARABIC)} لو سمحتوا")


@given(ibans(), st.data())
def test_an_iban_with_one_other_digit_is_none(iban: str, data: st.DataObject) -> None:
    assert EntityKind.iban not in dict(kinds(f"my iban is {data.draw(changed(iban))}"))


@pytest.mark.parametrize(
    "iban",
    [
        "SA0380000000608010167519",
        "AE070331234567890123456",
        "KW81CBKU0000000000001234560101",
        "QA58DOHB00001234567890ABCDEFG",
        "BH67BMAG00001299123456",
        "JO94CBJO0010000000000131000302",
        "LB62099900000001001901229114",
        "EG380019000500000000263180002",
        "TN5910006035183598478831",
        "PS92PALS000000000400123456702",
        "MR1300020001010000123456753",
        "TR330006100519786457841326",
        "GB29NWBK60161331926819",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
    ],
)
def test_examples_of_the_registry_are_ibans(iban: str) -> None:
    assert is_iban(iban)
    assert not is_iban(iban[:-1])


@given(st.sampled_from("12"), digits(8), st.data())
def test_a_saudi_id_counts_where_an_id_is_spoken_of(first: str, rest: str, data: st.DataObject) -> None:
    number = completed(first + rest, is_saudi_id)
    assert (EntityKind.national_id, number) in kinds(f"my iqama number is {number}")
    assert (EntityKind.national_id, number) in kinds(f"رقم الهوية {number.translate(ARABIC)}")
    assert kinds(number) == [(EntityKind.order_number, number)]
    assert not is_saudi_id(data.draw(changed(number)))


@given(digits(11), st.data())
def test_an_emirates_id_is_found(rest: str, data: st.DataObject) -> None:
    number = completed(f"784{rest}", is_emirati_id)
    written = f"{number[:3]}-{number[3:7]}-{number[7:14]}-{number[14]}"
    assert kinds(f"it is {written}") == [(EntityKind.national_id, number)]
    assert kinds(f"الهوية {number.translate(ARABIC)}") == [(EntityKind.national_id, number)]
    assert not is_emirati_id(data.draw(changed(number)))


@given(st.dates(), digits(4), st.data())
def test_a_kuwaiti_number_has_a_birth_date_and_a_check_digit(born: date, serial: str, data: st.DataObject) -> None:
    start = f"2{born:%y%m%d}"
    valid = [number for last in "0123456789" if is_kuwaiti_id(number := f"{start}{serial}{last}")]
    for number in valid:  # one serial in six has no check digit and is not issued
        assert kinds(f"my civil id is {number}") == [(EntityKind.national_id, number)]
        assert kinds(f"الرقم المدني {number.translate(ARABIC)}") == [(EntityKind.national_id, number)]
        other = data.draw(st.integers(7, 11))
        assert not is_kuwaiti_id(number[:other] + str((int(number[other]) + 1) % 10) + number[other + 1 :])


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("29501023201952", True),
        ("30112310112345", True),
        ("29513023201952", False),  # no thirteenth month
        ("29502303201952", False),  # no 30 February
        ("29501020501952", False),  # no governorate 05
        ("19501023201952", False),  # no such century
        ("2950102320195", False),
    ],
)
def test_an_egyptian_number_has_a_birth_date_and_a_governorate(number: str, *, valid: bool) -> None:
    assert is_egyptian_id(number) is valid
    assert ((EntityKind.national_id, number) in kinds(f"رقمي القومي {number.translate(ARABIC)}")) is valid


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("4111111111111111", True),
        ("2221000000000009", True),
        ("378282246310005", True),
        ("6759649826438453", True),
        ("1234567890123452", False),
        ("41111111111111", False),
    ],
)
def test_schemes_are_known_by_how_cards_begin_and_how_long_they_are(number: str, *, known: bool) -> None:
    assert is_of_a_scheme(number) is known

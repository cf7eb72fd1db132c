"""Tell by their check digits which numbers are a payment card's, a bank account's, a person's.

Digits and letters come bare: no separators, 0-9, IBANs in upper case. Where such numbers stand in a message, and
what a label beside them says, identifiers.py looks at. One changed digit is always noticed, save in Egyptian
numbers, whose check digit has no published rule.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

SHORTEST_CARD: Final = 12
LONGEST_CARD: Final = 19
"""Digits of a payment card number, ISO/IEC 7812-1."""

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""Twice a digit, its own digits added."""

_SCHEMES: Final = re.compile(
    "4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa, and most of mada
    "|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    "|3[47][0-9]{13}"  # American Express
    "|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
    "|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"  # JCB
    "|(?:6011|64[4-9][0-9]|65[0-9]{2}|62[0-9]{2}|220[0-4])[0-9]{12,15}"  # Discover, UnionPay, Mir
    "|(?:50[0-9]{2}|5[6-9][0-9]{2}|6[0-9]{3})[0-9]{8,15}"  # Maestro, Meeza
    "|(?:9682|9792)[0-9]{12}"  # mada, Troy
)
"""How cards of the large schemes and the region's begin, and how long they are (Wikipedia, "Payment card number")."""

IBAN_LENGTHS: Final = {
    "SA": 24,
    "AE": 23,
    "KW": 30,
    "QA": 29,
    "BH": 22,
    "OM": 23,
    "JO": 30,
    "LB": 28,
    "EG": 29,
    "TN": 24,
    "IQ": 23,
    "PS": 29,
    "LY": 25,
    "SD": 18,
    "YE": 30,
    "DJ": 27,
    "SO": 23,
    "MR": 27,
    "TR": 26,
    "IL": 23,
    "PK": 24,
    "AZ": 28,
    "AD": 24,
    "AL": 28,
    "AT": 20,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BY": 28,
    "CH": 21,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "EE": 20,
    "ES": 24,
    "FI": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IS": 26,
    "IT": 27,
    "KZ": 20,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "RO": 24,
    "RS": 22,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "UA": 29,
    "VA": 22,
    "VG": 24,
    "XK": 20,
}
"""Characters of an IBAN by country: SWIFT's IBAN registry. Morocco, Algeria and Syria aren't in it."""

_EMIRATI: Final = re.compile("784[0-9]{12}")
_SAUDI: Final = re.compile("[12][0-9]{9}")
_KUWAITI: Final = re.compile("[23][0-9]{11}")
_EGYPTIAN: Final = re.compile("[23][0-9]{13}")
_CENTURIES: Final = {"2": 1900, "3": 2000}
_KUWAITI_WEIGHTS: Final = (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_GOVERNORATES: Final = frozenset(
    ["01", "02", "03", "04", *map(str, range(11, 20)), *map(str, range(21, 30)), *map(str, range(31, 36)), "88"]
)
"""Where an Egyptian was born; 88 is abroad."""


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1, annex B (Luhn's formula)."""
    numbers = [ord(digit) - ord("0") for digit in reversed(digits)]
    return (sum(numbers[::2]) + sum([_DOUBLED[number] for number in numbers[1::2]])) % 10 == 0


def is_card(digits: str) -> bool:
    """Whether `digits` may be a payment card's; no industry has the leading 0."""
    return SHORTEST_CARD <= len(digits) <= LONGEST_CARD and digits[0] != "0" and passes_luhn(digits)


def is_of_a_scheme(digits: str) -> bool:
    """Whether `digits` begin as some scheme's cards do and are as many."""
    return _SCHEMES.fullmatch(digits) is not None


def is_iban(text: str) -> bool:
    """Whether `text` has its country's length and the right check digits: ISO 13616, ISO 7064 MOD 97-10."""
    if len(text) != IBAN_LENGTHS.get(text[:2]) or not (text.isascii() and text.isalnum() and text[2:4].isdigit()):
        return False
    return int("".join([str(int(char, 36)) for char in text[4:] + text[:4]])) % 97 == 1


def is_emirati_id(digits: str) -> bool:
    """Whether `digits` are an Emirates ID's: 784, twelve more, Luhn (Microsoft Purview, "U.A.E. identity card number").

    Digits 4 to 7 mostly are the year of birth, but need not be (Emirates Identity Authority, January 2016).
    """
    return _EMIRATI.fullmatch(digits) is not None and passes_luhn(digits)


def is_saudi_id(digits: str) -> bool:
    """Whether `digits` are a Saudi's (1...) or a resident's (2..., iqama): ten, Luhn.

    No authority publishes the rule; it is that of the validators in use (package saudi-id-validator on PyPI).
    """
    return _SAUDI.fullmatch(digits) is not None and passes_luhn(digits)


def is_kuwaiti_id(digits: str) -> bool:
    """Whether `digits` are a Kuwaiti civil number: century, birth date, serial, check digit by weights modulo 11.

    The weights are those that published validators agree on (gists didats/7521151, Dreamersoul/a9c421889271).
    """
    if not _KUWAITI.fullmatch(digits) or not _is_born(digits):
        return False
    weighted = sum([weight * int(digit) for weight, digit in zip(_KUWAITI_WEIGHTS, digits, strict=False)])
    return 11 - weighted % 11 == int(digits[-1])


def is_egyptian_id(digits: str) -> bool:
    """Whether `digits` may be an Egyptian national number: fourteen, with a birth date and a governorate.

    Its last digit is a check digit of the ministry's own, unpublished (Wikipedia, "Egyptian National Identity Card").
    """
    return _EGYPTIAN.fullmatch(digits) is not None and digits[7:9] in _GOVERNORATES and _is_born(digits)


def _is_born(digits: str) -> bool:
    """Whether century, year, month and day at the front are a date."""
    try:
        date(_CENTURIES[digits[0]] + int(digits[1:3]), int(digits[3:5]), int(digits[5:7]))
    except ValueError:
        return False
    return True

"""Decide whose a record is. One rule for every action, and nothing about a record is told to anybody else.

A record is a customer's when a contact that is known to be theirs is the record's; or when they name its number and
tell a contact, and both are the record's. An agent who is signed in vouches for whom they ask.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from callcenter.actions.action import Caller
from callcenter.actions.records import Record
from callcenter.analysis.text import ASCII_DIGITS

_NO_DIGIT: Final = re.compile(r"[^0-9]")
_TELLING: Final = 9
"""So many last digits tell a phone number of which one is without its country's code: a 0 stands in its place."""


def same_phone(one: str | None, other: str | None) -> bool:
    """Whether two phone numbers are one, however they are written. A shorter one than nine digits is nobody's.

    With both country codes known they are compared whole: +966 50 123 4567 and +971 50 123 4567 are two people's.
    """
    first, second = _digits(one), _digits(other)
    if min(len(first.lstrip("+")), len(second.lstrip("+"))) < _TELLING:
        return False
    if first.startswith("+") and second.startswith("+"):
        return first == second
    return first[-_TELLING:] == second[-_TELLING:]


def same_email(one: str | None, other: str | None) -> bool:
    """Whether two e-mail addresses are one."""
    return bool(one and one.strip()) and (one or "").strip().casefold() == (other or "").strip().casefold()


def holds(record: Record, phone: str | None, email: str | None) -> bool:
    """Whether either contact is the record's."""
    fields = record.fields
    return same_phone(phone, fields.get("phone")) or same_email(email, fields.get("email"))


def is_verified(record: Record, caller: Caller) -> bool:
    """Whether the record is the customer's by a contact that is known to be theirs."""
    return holds(record, caller.phone, caller.email)


def may_see(record: Record, caller: Caller) -> bool:
    """Whether a record whose number the customer named is shown to them."""
    return caller.by_agent or is_verified(record, caller) or holds(record, caller.slots.phone, caller.slots.email)


def verified(caller: Caller) -> bool:
    """Whether any contact is known to be the customer's."""
    return bool(caller.phone or caller.email)


def told(caller: Caller) -> bool:
    """Whether the customer told a contact."""
    return bool(caller.slots.phone or caller.slots.email)


def masked(email: str) -> str:
    """Write an address so that only who knows it recognises it: "s•••@e•••.example"."""
    name, _, domain = email.strip().partition("@")
    host, dot, top = domain.rpartition(".")
    return f"{name[:1]}•••@{host[:1]}•••{dot}{top}"


def receipt(prefix: str, table: str, record_id: str, version: int) -> str:
    """Return the number that proves the change made of a record at this version; the next change has another."""
    made_of = "\n".join((table, record_id, str(version)))
    return f"{prefix}-{sha256(made_of.encode()).hexdigest()[:8].upper()}"


def _digits(phone: str | None) -> str:
    """Return a number's digits, behind a + where it begins with its country's code."""
    written = (phone or "").translate(ASCII_DIGITS).strip()
    digits = _NO_DIGIT.sub("", written)
    if written.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits

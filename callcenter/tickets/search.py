"""Break tickets and questions into the words they are compared by, alike for every store. Pure.

Letters are folded as the analyzer folds them, so that spellings of a word are one, and runs of letters and of digits
stand apart: "ORD-1001" and "ord1001" are the same two words. A ticket is found when it has, for each word of the
question, a word that begins so.
"""

from __future__ import annotations

import re
from typing import Final

from callcenter.analysis import normalise
from callcenter.tickets.ticket import Ticket

MAX_COMMENT_CHARS: Final = 4_000
"""Longer comments are refused."""
MAX_QUERY_CHARS: Final = 200
_TERMS: Final = 12
"""Words of a question that are looked for; so many name any ticket."""
_WORD_CHARS: Final = 40
"""No word is longer; what comes beyond says nothing new."""
_WORD: Final = re.compile(r"[0-9]+|[^\W\d_]+")
_PHONE: Final = re.compile(r"(?<!\w)[+0][0-9 ().-]{6,}[0-9]")
"""A phone number as people type one, in groups."""
_GROUPS: Final = re.compile("[^0-9]")
_LOCAL: Final = (8, 9, 10)
"""Digits of a phone number without its country, which is how people look for one; countries differ."""
_ARTICLE: Final = re.compile("(?:[وف]?[بك]?ال|[وف]?لل)(?=.{3})")
"""The article, with what is written in one word with it, where three letters stay: "بالطلب" (with the order)."""
_ARTICLE_BEGINS: Final = frozenset("وفبكال")


def ticket_words(ticket: Ticket) -> str:
    """Return what a ticket is found by, its number first: words parted by single blanks."""
    told = (ticket.description, ticket.customer_name, ticket.order_number, ticket.email)
    text = "\n".join((ticket.number, *(fact for fact in told if fact)))
    return " ".join(dict.fromkeys((*_words(text), *_phone(ticket.phone))))


def comment_words(text: str) -> str:
    """Return what a comment's ticket is found by besides, likewise; maybe nothing."""
    return " ".join(dict.fromkeys(_words(text)))


def query_words(query: str) -> tuple[str, ...]:
    """Return what each ticket that is found must have a word beginning with; none: nothing can be found."""
    joined = _PHONE.sub(lambda phone: _GROUPS.sub("", phone[0]), normalise(query).text)
    return tuple(dict.fromkeys(_words(joined, article=False)))[:_TERMS]


def _words(text: str, *, article: bool = True) -> list[str]:
    """Return folded words. An Arabic word with its article is one without it too; of a question, only that."""
    found: list[str] = []
    for word in _WORD.findall(normalise(text).text):
        cut = word[:_WORD_CHARS]
        if cut.isdecimal():
            cut = cut.lstrip("0") or "0"  # "0501..." and "+966501...", "007" and "7"
        with_article = _ARTICLE.match(cut) if cut[0] in _ARTICLE_BEGINS else None
        if article or with_article is None:
            found.append(cut)
        if with_article is not None:
            found.append(cut[with_article.end() :])
    return found


def _phone(phone: str | None) -> list[str]:
    digits = _GROUPS.sub("", phone or "").lstrip("0")
    return [digits, *(digits[-length:] for length in _LOCAL if len(digits) > length)] if digits else []

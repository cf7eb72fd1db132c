"""Find sentences that ask the customer for a detail: questions.toml's patterns, less what makes them no repetition.

Text is folded already. Which details must not be asked for, `settled` says: what is known, what the customer won't
give, and what was asked often enough. A question that holds the value itself, or asks for another one, repeats nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import Field, model_validator

from callcenter.calls import Slot, Slots, Value
from callcenter.llm.checks.claims import CLITICS, PARTS, filled
from callcenter.llm.checks.clues import Clues, may_match
from callcenter.llm.checks.models import Detail
from callcenter.tickets.intake import ASK_AT_MOST

FILE: Final = Path(__file__).with_name("questions.toml")

_OF_SLOT: Final[dict[Slot, frozenset[Detail]]] = {
    Slot.description: frozenset({Detail.description}),
    Slot.order_number: frozenset({Detail.order_number}),
    Slot.contact: frozenset({Detail.contact, Detail.phone, Detail.email}),
    Slot.category: frozenset(),
    Slot.urgency: frozenset(),
}
"""Category and urgency are understood, not asked."""
_DETAILS: Final = tuple(Detail)
_in_slots: Final = attrgetter(*_DETAILS)
_REQUESTED: Final = "(?:{what}|{request}{between}|{fragment})"
_VALUE: Final = re.compile(r"@|\d(?:[ .-]?\d){2,}")
"""A number or an address stands in the sentence: it is read back, not asked for."""
_BESIDE: Final = 40
"""Characters behind a question in which it may still say that it asks for another one."""

Patterns = tuple[str, ...]


class _Question(Value):
    """How one detail is asked for, as questions.toml explains it."""

    words: Annotated[Patterns, Field(min_length=1)]
    thing: str = ""
    questions: Patterns = ()


class _Exempt(Value):
    another: str
    denied: str
    elsewhere: str


class QuestionWords(Value):
    """What questions.toml holds."""

    asking: Annotated[Patterns, Field(min_length=1)]
    fragments: dict[str, str]
    exempt: _Exempt
    details: dict[Detail, _Question]

    @model_validator(mode="after")
    def _check_complete(self) -> QuestionWords:
        if missing := [detail for detail in Detail if detail not in self.details]:
            raise ValueError(f"details has nothing for {', '.join(missing)}")
        return self


class _Compiled(NamedTuple):
    words: re.Pattern[str]
    asked: re.Pattern[str]
    wanted: tuple[int, ...]
    """The clues without which `asked` need not be searched for."""


class Questions:
    """The questions, compiled."""

    def __init__(self, words: QuestionWords, clues: Clues) -> None:
        fragments: dict[str, str] = {}
        for name, text in words.fragments.items():
            fragments[name] = filled(text, fragments)
        self._asking = re.compile(rf"\W*(?:{'|'.join(words.asking)})(?!\w)|.*\?\W*$")
        self._details = {detail: _compiled(words.details[detail], fragments, clues) for detail in Detail}
        self._bits = {detail: 1 << number for number, detail in enumerate(self._details)}
        self._exempt = {name: re.compile(filled(text, fragments)) for name, text in words.exempt.model_dump().items()}

    def asks(self, folded: str) -> bool:
        """Whether a word may belong to a request."""
        return self._asking.match(folded) is not None

    def kinds(self, folded: str) -> int:
        """Return the details that a word may name, a bit each."""
        return sum(1 << number for number, each in enumerate(self._details.values()) if each.words.match(folded))

    def mask(self, settled: frozenset[Detail]) -> int:
        """Return the bits of these details."""
        return sum(map(self._bits.__getitem__, settled))

    def repeats(self, folded: str, kinds: int, clues: int, is_fact: Callable[[str], bool]) -> bool:
        """Whether a sentence asks for one of these details; `is_fact` says whether a clause is quoted.

        `clues` are those of all its words together.
        """
        asked = [
            each.asked
            for number, each in enumerate(self._details.values())
            if kinds >> number & 1 and may_match(each.wanted, clues)
        ]
        for part in PARTS.split(folded) if asked else ():
            if part and not _VALUE.search(part):
                for pattern in asked:
                    if self._asked(pattern, part) and not is_fact(part):
                        return True
        return False

    def _asked(self, pattern: re.Pattern[str], part: str) -> bool:
        exempt = self._exempt
        return any(
            not exempt["another"].search(part, match.start(), match.end() + _BESIDE)
            and not exempt["denied"].search(part, _clause(part, match.start()), match.end())
            and not exempt["elsewhere"].search(part)
            for match in pattern.finditer(part)
        )


def settled(slots: Slots, *, name: str | None = None, asks: Slot | None = None) -> frozenset[Detail]:
    """Return what a reply must not ask for; `name` is the customer's where the channel told it, `asks` what it may."""
    known = {detail for detail, value in zip(_DETAILS, _in_slots(slots), strict=True) if value is not None}
    if name is not None:
        known.add(Detail.name)
    if slots.declined or slots.asked:
        for slot, details in _OF_SLOT.items():
            if slot in slots.declined or slots.asked.count(slot) >= ASK_AT_MOST:
                known |= details
    return frozenset(known - _OF_SLOT[asks] if asks is not None else known)


def _clause(part: str, place: int) -> int:
    """Return where the clause begins that holds this place."""
    return max(part.rfind(cut, 0, place) for cut in ",;:") + 1


def _compiled(question: _Question, fragments: dict[str, str], clues: Clues) -> _Compiled:
    patterns = [filled(each, fragments) for each in question.questions]
    if question.thing:
        patterns.append(f"{filled(_REQUESTED, fragments)}(?:{filled(question.thing, fragments)})")
    return _Compiled(
        re.compile(rf"\W*{CLITICS}(?:{'|'.join(question.words)})"),
        re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)"),
        clues.wanted(patterns),
    )


def load_question_words(file: Path = FILE) -> QuestionWords:
    """Read questions.toml."""
    return QuestionWords.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))

"""Judge words and sentences of a reply: what makes a word doubtful, and what a doubtful sentence may not say.

A sentence without a doubtful word is never judged; a fault always rests on one. Words are remembered as they come.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from callcenter.analysis.text import normalise
from callcenter.calls import Language, LocalizedText, Value
from callcenter.company.money import CURRENCIES
from callcenter.errors import ConfigurationError
from callcenter.llm.checks.claims import Claims, ClaimWords, load_claim_words
from callcenter.llm.checks.clues import Clues
from callcenter.llm.checks.facts import Facts
from callcenter.llm.checks.figures import (
    NOTHING,
    FigureReader,
    Figures,
    FigureWords,
    load_figure_words,
    same_link,
    same_number,
)
from callcenter.llm.checks.instructions import bare
from callcenter.llm.checks.models import Detail, Fault, Ground
from callcenter.llm.checks.questions import Questions, QuestionWords, load_question_words
from callcenter.llm.checks.script import is_foreign, is_wrong

REPLACEMENTS: Final = Path(__file__).with_name("replacements.toml")

FOREIGN: Final = 1
FIGURE: Final = 2
QUOTED: Final = 4
"""Ends a run of words that stands in the instructions."""
LEAKED: Final = 8
ASKING: Final = 16
"""Makes a sentence doubtful only together with a detail."""
_DETAILS: Final = 5
"""Bits before those of the details that may be asked for."""
_CLAIMS: Final = _DETAILS + len(Detail)
"""Bits before those of the claims' kinds."""
_NAMED: Final = (1 << _CLAIMS) - (1 << _DETAILS)
_REMEMBERED: Final = 8192

_FIGURE_SIGN: Final = re.compile(r"\d|[@%$€£¥₹₺₪﷼]|http|www\.|tkt|\w\.\w")
_ADDRESS: Final = re.compile(r"@|://|www\.|\w\.\w\w|tkt", re.IGNORECASE)
_CODE: Final = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(CURRENCIES)})(?![^\W\d_])")
_END: Final = re.compile(r"""[.!?؟…۔。]["'”’»)\]}*]*$""")
_ABBREVIATED: Final = re.compile(r"\W*(?:(?:\w\.)+|(?:mr|mrs|ms|dr|prof|st|vs|etc|approx|inc|ltd|co|tel|ext|fig)\.)$")
_LIST_NUMBER: Final = re.compile(r"\d+\.$")


class Word(NamedTuple):
    """A word of a reply as the checks see it."""

    written: str
    folded: str
    bare: str
    """Its letters and digits only."""
    doubts: int
    """Why the sentence must be judged whole, a bit each; 0: it need not."""
    ends: bool
    """Ends a sentence."""
    numbers: bool
    """Numbers a list where it opens a sentence, and ends none there."""
    clues: int
    """What it holds of what claims and questions can't do without, a bit each."""


class _Replacement(Value):
    whole: LocalizedText | None = None
    """None: the sentence can only be left out."""
    begun: LocalizedText


class Checks:
    """The loaded checks: built once, used by every reply."""

    def __init__(
        self,
        claim_words: ClaimWords,
        question_words: QuestionWords,
        figure_words: FigureWords,
        replacements: dict[Fault, _Replacement],
    ) -> None:
        self._clues = Clues()
        self._claims = Claims(claim_words, self._clues)
        self._questions = Questions(question_words, self._clues)
        self._clues.close()
        self._reader = FigureReader(figure_words)
        self._replacements = replacements
        self._counted = frozenset(figure_words.percent.words) | {
            phrase.split()[-1] for phrase in (*self._reader.money, *figure_words.percent.words)
        }
        self.word = lru_cache(_REMEMBERED)(self._word)

    def replacement(self, fault: Fault, language: Language, *, begun: bool) -> str:
        """Return what to say in place of a withheld sentence.

        It is "" for a whole sentence that can only be left out: in the wrong language, or a question put again. `begun`
        texts open with "… ".
        """
        texts = self._replacements[fault]
        text = texts.begun if begun else texts.whole
        return text[language] if text else ""

    def facts(self, texts: tuple[str, ...]) -> Facts:
        """Return facts that read themselves when they are asked."""
        return Facts(texts, self._reader)

    def _word(self, word: str, language: Language) -> Word:
        folded = normalise(word).text
        plain = bare(folded)
        doubts = FOREIGN if is_foreign(word, language) else 0
        if _FIGURE_SIGN.search(folded) or self._counts(plain) or self._reader.is_high(plain) or _CODE.search(word):
            doubts |= FIGURE
        doubts |= self._claims.kinds(folded) << _CLAIMS | self._questions.kinds(folded) << _DETAILS
        if self._questions.asks(folded):
            doubts |= ASKING
        ends = _END.search(word) is not None and not _ABBREVIATED.match(folded)
        numbers = _LIST_NUMBER.match(folded) is not None
        return Word(word, folded, plain, doubts, ends, numbers, self._clues.held(folded))

    def _counts(self, plain: str) -> bool:
        return any(each in self._counted for each in (plain, plain[1:], plain.removeprefix("ال"), plain[2:]))

    def minded(self, ground: Ground) -> int:
        """Return the doubts that count on this ground: what is not settled may be asked for."""
        named = self._questions.mask(ground.settled) << _DETAILS
        return ~(ASKING | _NAMED) | named | (ASKING if named else 0)

    def fault(self, ground: Ground, facts: Facts, words: Sequence[Word], doubts: int) -> Fault | None:
        """Return why a sentence may not go out; `doubts` are those of all its words together."""
        if doubts & FOREIGN and self._is_wrong(ground.language, facts, words):
            return Fault.wrong_language
        if doubts & LEAKED:
            return Fault.leaked_instructions
        if doubts & FIGURE and (fault := self._unknown(ground, facts, " ".join([each.written for each in words]))):
            return fault
        claims, details = doubts >> _CLAIMS, (doubts & _NAMED) >> _DETAILS if doubts & ASKING else 0
        if not claims and not details:
            return None
        folded, clues = " ".join([each.folded for each in words]), reduce(or_, [each.clues for each in words])
        if claims and (fault := self._claims.fault(folded, claims, clues, ground.receipts, facts.quote)):
            return fault
        repeats = details and self._questions.repeats(folded, details, clues, facts.quote)
        return Fault.asked_again if repeats else None

    @staticmethod
    def waits(doubts: int) -> bool:
        """Whether words with these doubts must be judged as a whole sentence."""
        return doubts & ~(ASKING | _NAMED) != 0 or (doubts & ASKING != 0 and doubts & _NAMED != 0)

    @staticmethod
    def _is_wrong(language: Language, facts: Facts, words: Sequence[Word]) -> bool:
        names = facts.names(language)
        return is_wrong(
            [
                each.written
                for each in words
                if not _ADDRESS.search(each.written) and not (each.doubts & FOREIGN and each.bare in names)
            ],
            language,
        )

    def _unknown(self, ground: Ground, facts: Facts, sentence: str) -> Fault | None:
        said = self._reader.read(sentence)
        if said is NOTHING:
            return None
        known = facts.figures
        tickets = {ticket.rpartition("-")[2].lstrip("0") or "0" for ticket in ground.tickets}
        borne = (
            (Fault.unknown_ticket, said.tickets <= tickets),
            (Fault.unknown_link, all(same_link(link, known.links) for link in said.links)),
            (Fault.unknown_contact, said.contacts <= known.contacts),
            (Fault.unknown_contact, all(same_number(number, known.numbers) for number in said.numbers)),
            (Fault.unknown_contact, not self._lent(said, facts, sentence)),
            (Fault.unknown_price, said.prices <= known.prices and said.percents <= known.percents),
        )
        return next((fault for fault, is_borne in borne if not is_borne), None)

    def _lent(self, said: Figures, facts: Facts, sentence: str) -> bool:
        """Whether the customer's own number or address is said to be the company's."""
        if not (said.numbers or said.contacts) or not self._reader.is_ours(sentence):
            return False
        lent = facts.lent
        return bool(said.contacts & lent.contacts) or any(same_number(number, lent.numbers) for number in said.numbers)


@lru_cache(maxsize=1)
def load_checks() -> Checks:
    """Read and check the words of the checks; raise ConfigurationError naming what can't be used."""
    try:
        document = tomllib.loads(REPLACEMENTS.read_text(encoding="utf-8"))
        replacements = {fault: _Replacement.model_validate(document.get(fault.value, {})) for fault in Fault}
        return Checks(load_claim_words(), load_question_words(), load_figure_words(), replacements)
    except (ValidationError, re.error) as error:
        raise ConfigurationError(f"the words of the checks can't be used:\n  {error}") from error

"""Find sentences that say an action was done or will be: claims.toml's patterns, less what takes a claim back.

Text is folded already. What proves a claim, the caller says; whether one stands among the facts word for word, too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from callcenter.calls import Value
from callcenter.llm import Receipt
from callcenter.llm.checks.clues import Clues, may_match
from callcenter.llm.checks.models import Fault

FILE: Final = Path(__file__).with_name("claims.toml")

Patterns = tuple[str, ...]
_DONE: Final = (
    "{did} (?:<did>)",
    "(?:<what>){been} (?:<was>)",
    "{tamm} (?:<masdar>)",
    "{qamt}(?:<masdar>)",
    r"[وف]?(?:ل?قد )?(?:<past>)(?:ت|نا){sfx}(?:<thing>)",
)
"""How what is done is said; <name> is a claim's own field, and a pattern whose fields are empty is left out."""
_GOING: Final = (
    "{will} (?:<do>)",
    "{will} (?:<doing>)",
    "(?:<what>){will_be} (?:<was>)",
    "(?:<what>){state} (?:<was>){no_rule}",
    "{tamm_going} (?:<masdar>)",
    "{qamt_going}(?:<masdar>)",
    "{fut}(?:<will>)(?:وا?)?{sfx}(?:<thing>)",
    "{theirs}(?:<will>)(?:وا?)?{sfx}(?:<thing>)",
)
_BARE: Final = ("(?:{let_me} )(?:ا|ن)?(?:<will>){sfx}(?:<thing>)", "(?:ا|ن)(?:<will>){sfx}(?:<thing>) {now}")
_FRAGMENT: Final = re.compile(r"\{([a-z_]+)\}")
_FIELD: Final = re.compile("<([a-z]+)>")
CLITICS: Final = "[والفبلكسهحيتنمغعش]{0,5}"
"""What Arabic writes on to the beginning of a word."""
PARTS: Final = re.compile(r"(?<=[!?…])\s*|(?<=\.)\s+")
"""Between the sentences of what was held as one."""
_ASKED: Final = re.compile(r"\?\W*$")
_CHECKED: Final = re.compile(
    r"\W*(?:right|correct|is that right|isn't it|صح|صحيح|اليس كذلك|مو كذا|مش كده|موهيك)\W*\?\W*$"
)  # isn't it so


class _Claim(Value):
    """One kind of action, as claims.toml explains it."""

    proved_by: frozenset[Receipt]
    words: Annotated[Patterns, Field(min_length=1)]
    net: str = ""
    """Catches what no other claim names, in any sentence that is judged and has a letter of this set: `words` are whole
    words, and receipts of claims that share a word with what was caught prove it as well."""
    did: str = ""
    do: str = ""
    doing: str = ""
    what: str = ""
    was: str = ""
    masdar: str = ""
    past: str = ""
    will: str = ""
    thing: str = ""
    done: Patterns = ()
    going: Patterns = ()
    bare: Patterns = ()


class _Exempt(Value):
    """What takes a claim back, as claims.toml explains it."""

    negation: str
    question: str
    offer: str
    able: str
    condition: str
    reported: str
    step: str
    clause: str


class ClaimWords(Value):
    """What claims.toml holds."""

    fragments: dict[str, str]
    exempt: _Exempt
    claims: tuple[_Claim, ...]


class _Told(NamedTuple):
    """How an action is told of in one tense."""

    pattern: re.Pattern[str]
    wanted: tuple[int, ...]
    """The clues without which the pattern need not be searched for."""
    promise: bool = False
    bare: bool = False


class _Compiled(NamedTuple):
    proved_by: frozenset[Receipt]
    net: re.Pattern[str] | None
    words: re.Pattern[str]
    told: tuple[_Told, ...]


class Claims:
    """The claims, compiled."""

    def __init__(self, words: ClaimWords, clues: Clues) -> None:
        fragments: dict[str, str] = {}
        for name, text in words.fragments.items():
            fragments[name] = filled(text, fragments)
        self._claims = tuple(_compiled(claim, fragments, clues) for claim in words.claims)
        self._exempt = {name: re.compile(text) for name, text in words.exempt.model_dump().items()}

    def kinds(self, folded: str) -> int:
        """Return the kinds of claims that a word may belong to, a bit each."""
        return sum(1 << number for number, claim in enumerate(self._claims) if claim.words.match(folded))

    def fault(
        self, folded: str, kinds: int, clues: int, receipts: frozenset[Receipt], is_fact: Callable[[str], bool]
    ) -> Fault | None:
        """Return why a sentence's claims may not be made; `is_fact` says whether a clause is quoted.

        `kinds` and `clues` are those of all its words together.
        """
        for number, claim in enumerate(self._claims):
            named = claim.net.search(folded) if claim.net else kinds >> number & 1
            if not named or claim.proved_by & receipts:
                continue
            told = [each for each in claim.told if may_match(each.wanted, clues)]
            if not told:
                continue
            for part in PARTS.split(folded):
                if part and self._claimed(claim, told, part, receipts, is_fact):
                    return Fault.unbacked_action if claim.proved_by else Fault.leaked_instructions
        return None

    def _claimed(
        self,
        claim: _Compiled,
        told: list[_Told],
        part: str,
        receipts: frozenset[Receipt],
        is_fact: Callable[[str], bool],
    ) -> bool:
        for pattern, _, promise, bare in told:
            for match in pattern.finditer(part):
                if self._taken_back(part, match, promise=promise, bare=bare):
                    continue
                start, end = self._clause(part, match)
                asked = (end == len(part) and _ASKED.search(part)) or _CHECKED.match(part, end)
                if claim.net and (asked or self._proved(match[0], receipts)):
                    continue
                if not is_fact(part) and not is_fact(part[start:end]):
                    return True
        return False

    def _proved(self, caught: str, receipts: frozenset[Receipt]) -> bool:
        """Whether a receipt proves a kind of action that a word of what was caught belongs to."""
        return bool(receipts) and any(
            claim.proved_by & receipts and claim.words.match(word) for claim in self._claims for word in caught.split()
        )

    def _clause(self, part: str, match: re.Match[str]) -> tuple[int, int]:
        start, end = 0, len(part)
        for cut in self._exempt["clause"].finditer(part):
            if cut.end() <= match.start():
                start = cut.end()
            elif cut.start() >= match.end():
                end = cut.start()
                break
        return start, end

    def _taken_back(self, part: str, match: re.Match[str], *, promise: bool, bare: bool) -> bool:
        """Whether a claim is denied, asked, offered, conditional or the customer's own words."""
        exempt = self._exempt
        start, _ = self._clause(part, match)
        left = part[start : match.start()]
        if left.strip() and (
            exempt["negation"].search(left)
            or exempt["offer"].search(left)
            or any(each.start() < len(left) for each in exempt["condition"].finditer(part[start : match.end()]))
            or exempt["reported"].search(left)
            or (bare and exempt["able"].search(left))
            or (part.rstrip(' "»”)').endswith("?") and exempt["question"].match(left))
        ):
            return True
        if not promise:
            return False
        return exempt["condition"].search(part) is not None or (
            exempt["step"].match(part) is not None and match.start() > 0
        )


def filled(text: str, fragments: dict[str, str]) -> str:
    """Return a pattern with fragments in place of their {names}."""
    return _FRAGMENT.sub(lambda name: fragments[name[1]], text)


def _compiled(claim: _Claim, fragments: dict[str, str], clues: Clues) -> _Compiled:
    fields = {name: value for name, value in claim.model_dump().items() if isinstance(value, str)}

    def told(templates: Patterns, own: Patterns, *, promise: bool = False, bare: bool = False) -> Iterator[_Told]:
        usable = [each for each in templates if all(fields[name] or name == "thing" for name in _FIELD.findall(each))]
        whole = [filled(_FIELD.sub(lambda name: fields[name[1]], each), fragments) for each in (*usable, *own)]
        whole = [filled(each, fragments) for each in whole]
        if whole:
            pattern = re.compile(rf"(?<!\w)(?:{'|'.join(whole)})(?!\w)")
            yield _Told(pattern, clues.wanted(whole), promise, bare)

    words = "|".join(filled(each, fragments) for each in claim.words)
    return _Compiled(
        claim.proved_by,
        re.compile(claim.net) if claim.net else None,
        re.compile(rf"\W*(?:{words})\W*$" if claim.net else rf"\W*{CLITICS}(?:{words})"),
        (
            *told(_DONE, claim.done),
            *told(_GOING, claim.going, promise=True),
            *told(_BARE, claim.bare, promise=True, bare=True),
        ),
    )


def load_claim_words(file: Path = FILE) -> ClaimWords:
    """Read claims.toml."""
    return ClaimWords.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))

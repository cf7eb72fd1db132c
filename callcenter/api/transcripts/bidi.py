"""Make mixed Arabic and Latin lines read in the right order wherever plain text is shown.

In a right-to-left line a phone number, a dated id or "C++" comes out with its parts swapped; in a left-to-right line a
number jumps to the wrong side of an Arabic name (Unicode Bidirectional Algorithm, UAX #9). `isolated` finds such pieces
and fences them with isolates. Its invariants: every isolate is closed in the line it was opened in, taking the controls
out gives the words back unchanged, and web and e-mail addresses, which people copy, stay free of them unless asked for.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import bidirectional

LRI: Final = "\u2066"
RLI: Final = "\u2067"
FSI: Final = "\u2068"
PDI: Final = "\u2069"
LRO: Final = "\u202d"
PDF: Final = "\u202c"
RLM: Final = "\u200f"

_FENCED: Final = re.compile(f"{LRI}[^{PDI}]*{PDI}")
_CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_ARABIC: Final = "\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9\ufb50-\ufdff\ufe70-\ufefc"
_EASTERN: Final = "\u0660-\u0669\u06f0-\u06f9"

_PIECES: Final = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.)\S+ | [A-Za-z][A-Za-z0-9._+-]{{0,63}}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+ )
  | (?P<eastern> \+?[{_EASTERN}]+ (?:[ \u00a0-][{_EASTERN}]+)* )
  | (?P<phone>   \+?(?:\([0-9]+\)[ \u00a0]?)?[0-9]+ (?:[ \u00a0.-][0-9]+|[ \u00a0]?\([0-9]+\)[ \u00a0]?[0-9]+)+
                 (?![A-Za-z0-9$€£+\#]|[-.][A-Za-z0-9]) )
  | (?P<code>    (?: (?<![^\s(\[{{«"'])[-.] | (?<![A-Za-z0-9])[+\#@$€£~] )?
                 [A-Za-z0-9]+ (?:[-_/.:\#&'’,+@*=][A-Za-z0-9]+)*
                 (?: \+{{1,2}} | \# | [$€£] )? )
    """,
    re.VERBOSE,
)
_GROUPS: Final = re.compile(rf"[^0-9{_EASTERN}]+")
_READS_RIGHT: Final = re.compile(
    r"""
    [A-Za-z]+(?:[^A-Za-z0-9][A-Za-z]+)*
  | [A-Za-z]*[0-9]+[A-Za-z0-9]*
  | [0-9]+(?:[.,:/][0-9]+)* (?:-[0-9]+(?:[.,:/][0-9]+)*)?
    """,
    re.VERBOSE,
)
"""Codes that come out right by themselves. Two numbers with a dash are a range, which Arabic reads from the right."""

_ARABIC_RUN: Final = re.compile(
    rf"[{_ARABIC}](?:[{_ARABIC}\u064b-\u0670\s0-9{_EASTERN}.,،؛'’-]*[{_ARABIC}])?[\u064b-\u0670]*"
)
_TWO: Final = 2
"""Two groups of digits may be a range or a pair; three are one number."""
_NUMBER_NEXT: Final = re.compile(rf"[^\w\n]*[0-9{_EASTERN}]")


def plain(text: str) -> str:
    """Return `text` without any direction control, which might hide words or spill over what follows."""
    return _CONTROLS.sub("", text)


def fenced(value: str) -> str:
    """Return a name or another value of unknown direction, on one line, so that it keeps to itself within any line."""
    return f"{FSI}{' '.join(plain(value).split())}{PDI}"


def left_to_right(value: str) -> str:
    """Return an id, a number or a code fenced so that it is read from the left within any line."""
    return f"{LRI}{' '.join(plain(value).split())}{PDI}"


def isolated(text: str, *, addresses: bool = False) -> str:
    """Return `text` with isolates round what would be misread, line by line; every line break becomes a line feed.

    `addresses` fences web and e-mail addresses too: for markup, where a fence is not copied along.
    """
    return "\n".join(_line(line, addresses=addresses) for line in plain(text).splitlines())


def _line(line: str, *, addresses: bool) -> str:
    if line.isascii():
        return line
    fenced_line = _PIECES.sub(lambda found: _fence(found, addresses=addresses), line)
    if _right_to_left(_FENCED.sub("", fenced_line)):
        return fenced_line
    return _ARABIC_RUN.sub(
        lambda run: f"{RLI}{run[0]}{PDI}" if _NUMBER_NEXT.match(line, run.end()) else run[0],
        line,
    )


def _right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs to the left: how viewers choose a line's direction."""
    return next((kind for each in text if (kind := bidirectional(each)) in ("L", "R", "AL")), "L") != "L"


def _fence(found: re.Match[str], *, addresses: bool) -> str:
    piece = found[0]
    match found.lastgroup:
        case "address":
            return f"{LRI}{piece}{PDI}" if addresses else piece
        case "eastern":
            # Arabic-Indic digits order their groups from the right even within LRI; only an override keeps them.
            return f"{LRI}{LRO}{piece}{PDF}{PDI}" if _is_grouped(piece) else piece
        case "phone":
            return f"{LRI}{piece}{PDI}" if _is_grouped(piece) else piece
        case _:
            return piece if _READS_RIGHT.fullmatch(piece) else f"{LRI}{piece}{PDI}"


def _is_grouped(number: str) -> bool:
    """Whether digits with gaps are one number: a phone number or a date, not two numbers beside each other."""
    groups = [group for group in _GROUPS.split(number) if group]
    return number.startswith("+") or len(groups) > _TWO or (len(groups) == _TWO and groups[0][0] in "0٠۰")

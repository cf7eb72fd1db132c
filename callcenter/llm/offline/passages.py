"""Quote the company's articles: decide when one says more on a question than the profile, and make chat text of it.

What a passage covers of the question is held against what the profile's topics cover of it; facts that change by the
hour (opening times, contacts, prices) are never an article's to tell. A quote is the article's own sentences, whole
ones, as many as a reply holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callcenter.company import Answer
from callcenter.knowledge import Passage
from callcenter.knowledge.words import units
from callcenter.llm.offline.facts import sentence
from callcenter.llm.offline.turn import REPLY_CHARS, Draft, Turn

_ANSWERS: Final = 0.55
"""A passage that covers less of a question is more likely beside it."""
SURE: Final = 0.75
"""What nobody asked for, a hint beside a fault's ticket, is to cover so much of the message."""
_INTRODUCTION: Final = 100
"""About what a persona's introduction before the reply takes."""
_FIRST: Final = "\u2068"
_LAST: Final = "\u2069"
"""Isolates round a line in the other language, so that its direction leaves the rest alone."""
_ITEM: Final = re.compile(r"[ \t]*(?:(?P<bullet>[-*+•])|(?P<number>\d+)[.)])[ \t]+")
_SENTENCE: Final = re.compile(r"[^\n]*?(?:[.!?؟…:](?=\s|$)|$)[ \t]*")
_MARKS: Final = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]+)\]\(\s*(?:mailto:|tel:)?([^)\s]+)[^)]*\)"), r"\1 (\2)"),
    (re.compile(r"<((?:https?|mailto):[^>\s]+)>"), r"\1"),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])"), r"\1"),
    (re.compile(r"`+([^`\n]+)`+"), r"\1"),
    (re.compile(r"^[ \t]*(?:#{1,6}|>+)[ \t]*"), ""),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>-])"), r"\1"),
)
_TWICE: Final = re.compile(r"(\S+) \(\1\)")
"""A link whose text is its address."""


def answer(turn: Turn, spans: Iterable[tuple[int, int]] = ()) -> Draft | None:
    """Answer from the article that fits best; None where none does, or where the profile's words at `spans` cover more.

    Answers among the profile's topics were written for the very question: a passage has to cover more than those.
    """
    passage = best(turn, spans)
    if passage is None:
        return None
    draft = Draft()
    closing = turn.say(turn.lines.human_hint if passage.other_language else turn.lines.anything_else)
    room = REPLY_CHARS - len(closing) - (_INTRODUCTION if turn.brief.introduced else 0)
    draft.add(told(turn, passage, room))
    draft.closing = closing
    return draft


def told(turn: Turn, passage: Passage, room: int) -> str:
    """Return a passage as the customer reads it, in `room` characters, and note where it is from."""
    introduction = turn.say(turn.lines.article_elsewhere) if passage.other_language else ""
    text = excerpt(passage, room - len(introduction))
    turn.brief.meter.sources = (passage.slug,)
    if not introduction:
        return turn.once(text)
    lines = (f"{_FIRST}{line}{_LAST}" if line else "" for line in text.split("\n"))
    return "\n".join((introduction, *lines))


def best(turn: Turn, spans: Iterable[tuple[int, int]] = ()) -> Passage | None:
    """Return the passage to answer from; None where the profile does better with what it has at `spans`."""
    known = _covered(turn, [*spans, *((each.start, each.end) for each in turn.articles)])
    written_for_it = any(isinstance(each.topic, Answer) for each in turn.articles)
    if written_for_it and known >= 1:
        return None
    found = [each for each in turn.brief.passages if each.on_subject and each.share >= _ANSWERS]
    if not found:
        return None
    first = found[0]
    own = next((each for each in found if not each.other_language), first)
    passage = own if own.share >= first.share else first
    ahead = passage.share > known if written_for_it or spans else passage.share >= known
    return passage if ahead else None


def _covered(turn: Turn, spans: Sequence[tuple[int, int]]) -> float:
    """Return how much of what the message says stands at `spans`, 0 to 1."""
    if not spans:
        return 0.0
    text = turn.brief.text
    asked = units(text).keys()
    there = {word for start, end in spans for word in units(text[start:end])}
    return len(asked & there) / len(asked) if asked else 1.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence or an item of a list."""

    text: str
    lead: str
    """What stands between it and the piece before."""
    hits: int
    """Words of the question in it."""


def excerpt(passage: Passage, room: int) -> str:
    """Return what of a passage fits into `room` characters: whole if it does, else where the question's words are."""
    pieces = _pieces(passage)
    heading = _plain(passage.heading)
    if heading and not heading.endswith(("?", "؟")):
        pieces[:0] = [_Piece(f"{heading}:", "", 0)]
    whole = _joined(pieces)
    if len(whole) <= room:
        return sentence(whole)
    windows = [_window(pieces, start, room) for start in range(len(pieces))]
    window = max(windows, key=lambda each: sum(piece.hits for piece in each))
    text = _joined(window) or whole
    if len(text) > room:
        text = text[:room].rpartition(" ")[0]
    cut = not window or (window[-1].lead.startswith("\n") and window[-1] is not pieces[-1])
    return f"{text} …" if cut else sentence(text)


def _window(pieces: Sequence[_Piece], start: int, room: int) -> list[_Piece]:
    kept: list[_Piece] = []
    for piece in pieces[start:]:
        room -= len(piece.text) + len(piece.lead)
        if room < 0:
            break
        kept.append(piece)
    return kept


def _joined(pieces: Sequence[_Piece]) -> str:
    return "".join(f"{piece.lead}{piece.text}" if place else piece.text for place, piece in enumerate(pieces))


def _pieces(passage: Passage) -> list[_Piece]:
    found: list[_Piece] = []
    at, lead = passage.start, ""
    for line in passage.text.splitlines(keepends=True):
        item = _ITEM.match(line)
        begin = item.end() if item else 0
        sign = f"{item['number']}. " if item and item["number"] else "• "
        if item:
            lead = f"\n{sign}"
        elif not line.strip():
            lead = "\n"
        spans = (
            [(begin, len(line))] if item else [match.span() for match in _SENTENCE.finditer(line) if match[0].strip()]
        )
        for start, end in spans:
            if text := _plain(line[start:end]):
                hits = sum(at + start <= mark < at + end for mark, _ in passage.highlights)
                found.append(_Piece(text, lead or " ", hits))
                lead = ""
        at += len(line)
    if found and found[0].lead.startswith("\n"):
        found[0] = _Piece(f"{found[0].lead}{found[0].text}".lstrip("\n"), "", found[0].hits)
    return found


def _plain(markdown: str) -> str:
    text = markdown.strip()
    for mark, instead in _MARKS:
        text = mark.sub(instead, text)
    return " ".join(_TWICE.sub(r"\1", text).split())

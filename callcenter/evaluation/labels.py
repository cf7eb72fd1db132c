"""Read a file of labelled messages, or say which of its lines can't be used and why.

One JSON object a line: `text` and any of `persona`, `intent`, `sentiment`, `language`, `kind`; a label that is null or
missing is not counted. `intents` and `sentiments` list every label that is right for an ambiguous message. All other
fields are the file's own; one of them can split the report. Invariant: a file is read whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from callcenter.analysis import LanguageKind, clean
from callcenter.calls import ConversationIntent, Language, PersonaType, Sentiment
from callcenter.errors import InvalidRequest


class Part(StrEnum):
    """What a message can be labelled with."""

    persona = "persona"
    """Who answers it as the first message of a call."""
    intent = "intent"
    sentiment = "sentiment"
    language = "language"
    kind = "kind"
    """What it is written in; tells Arabizi and mixed messages apart."""


LANGUAGE_UNKNOWN: Final = "unknown"
"""The language of a message that does not tell."""

LABELS: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.persona: tuple(PersonaType),
    Part.intent: tuple(ConversationIntent),
    Part.sentiment: tuple(Sentiment),
    Part.language: (*Language, LANGUAGE_UNKNOWN),
    Part.kind: tuple(LanguageKind),
}
"""Every label there is, in the order it is reported."""

NO_GROUP: Final = "-"
"""Where messages go that lack the field a report is split by."""

_LISTS: Final[Mapping[Part, str]] = {Part.intent: "intents", Part.sentiment: "sentiments"}
_MAX_PROBLEMS: Final = 10
"""Enough to see what is wrong with a file, few enough to read."""
_MAX_QUOTED: Final = 40
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """One line of the file."""

    line: int
    """Counted from 1."""
    text: str
    """As `clean` leaves it."""
    labels: Mapping[Part, tuple[str, ...]]
    """What is right, by part: one label, or several of which any will do, the most fitting first."""
    group: str | None
    """Its value of the field that the report is split by; None: it isn't split."""


class _UnusableError(ValueError):
    """A line can't be used; says why, in a clause."""


def read_labelled(lines: Iterable[bytes], name: str, *, by: str | None = None) -> list[LabelledMessage]:
    """Return the messages of a file; `name` is what errors call it, `by` the field to group by. Blank lines are none.

    Raises InvalidRequest, with the number and the fault of each of the first unusable lines.
    """
    messages: list[LabelledMessage] = []
    problems: list[str] = []
    for number, raw in enumerate(lines, start=1):
        if not (line := raw.removeprefix(_BYTE_ORDER_MARK).strip()):
            continue
        try:
            messages.append(_message(_object(line), number, by))
        except _UnusableError as fault:
            problems.append(f"{name}:{number}: {fault}")
    if problems:
        raise InvalidRequest(_listing(problems))
    if not messages:
        raise InvalidRequest(f"{name}: it holds no messages; write one JSON object a line, with `text` and labels.")
    if not any(message.labels for message in messages):
        raise InvalidRequest(f"{name}: no line has a label; label some with {', '.join(Part)}.")
    return messages


def _listing(problems: list[str]) -> str:
    shown = problems[:_MAX_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more lines that can't be used.")
    return "\n".join(shown)


def _object(line: bytes) -> Mapping[str, object]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _UnusableError(f"no JSON ({error.msg}, column {error.colno}).") from None
    if not isinstance(found, dict):
        raise _UnusableError("no JSON object.")
    return found


def _message(fields: Mapping[str, object], number: int, by: str | None) -> LabelledMessage:
    text = fields.get("text")
    if not isinstance(text, str):
        raise _UnusableError("`text` is missing." if text is None else "`text` is no string.")
    cleaned = clean(text)
    if cleaned.empty:
        raise _UnusableError("`text` holds nothing that can be read.")
    labels = {part: found for part in Part if (found := _labels(part, fields))}
    return LabelledMessage(number, cleaned.text, labels, None if by is None else _group(fields.get(by), by))


def _labels(part: Part, fields: Mapping[str, object]) -> tuple[str, ...]:
    single, listed = fields.get(part), _LISTS.get(part)
    several = fields.get(listed) if listed else None
    if several is None:
        return () if single is None else (_label(part, single),)
    if single is not None:
        raise _UnusableError(f"`{part}` and `{listed}` are both given; keep one.")
    if not isinstance(several, list):
        raise _UnusableError(f"`{listed}` is no list.")
    return tuple(_label(part, each) for each in several)


def _label(part: Part, label: object) -> str:
    if isinstance(label, str) and label in LABELS[part]:
        return label
    quoted = json.dumps(label, ensure_ascii=False)
    quoted = quoted if len(quoted) <= _MAX_QUOTED else f"{quoted[:_MAX_QUOTED]}…"
    more = "; what it is written in goes into `kind`" if part is Part.language and label in LABELS[Part.kind] else ""
    raise _UnusableError(f"{part} {quoted} is none of {', '.join(LABELS[part])}{more}.")


def _group(value: object, by: str) -> str:
    if isinstance(value, dict | list):
        raise _UnusableError(f"`{by}` holds more than one value; the report can't be split by it.")
    if value is None or value == "":
        return NO_GROUP
    return value if isinstance(value, str) else json.dumps(value)

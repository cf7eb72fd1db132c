"""Lay a transcript out as plain text, to read, print or mail: a heading, then one block for everything said.

What people said stands on lines of its own, so that every viewer chooses the line's direction by the words themselves.
Lines of ours in a right-to-left language begin with a mark that does the same where a time or a Latin name comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.api.transcripts.bidi import RLM, isolated
from callcenter.api.transcripts.words import INTERRUPTED, TRUNCATED, Wording, state_of
from callcenter.calls import ConversationState, Language
from callcenter.company import Company
from callcenter.events import (
    ActionDecided,
    ActionRun,
    AgentMessage,
    AssistantMessage,
    CallEvent,
    CsatAsked,
    Greeting,
    Handoff,
    UserMessage,
)
from callcenter.personas import PersonaManager

_RULE: Final = "─" * 60
_INDENT: Final = "    "


def plain_text(
    events: Sequence[CallEvent], *, personas: PersonaManager, company: Company, language: Language | None = None
) -> str:
    """Return the transcript of a call whose whole log is `events`, in the call's language or another."""
    state = state_of(events)
    wording = Wording(language or state.language, personas, company)
    mark = RLM if wording.language.rtl else ""
    heading = [
        f"{mark}{wording.title(state)}",
        _RULE,
        *(f"{mark}{fact.label}: {fact.value}" for fact in wording.facts(events, state)),
        _RULE,
    ]
    body = [
        line if not line or line.startswith(_INDENT) else mark + line for line in _body(state, events, wording, company)
    ]
    return "\n".join([*heading, *body, ""])


def _body(state: ConversationState, events: Sequence[CallEvent], wording: Wording, company: Company) -> Iterator[str]:
    zone = ZoneInfo(company.timezone)
    day: date | None = state.started_at.astimezone(zone).date()
    for event in events:
        said = _said(event, state, wording)
        note = wording.note(event)
        if said is None and note is None:
            continue
        if (today := event.at.astimezone(zone).date()) != day:
            day = today
            yield from ("", f"· {wording.date(event.at)} ·")
        yield ""
        if said is not None:
            yield f"[{wording.time(event.at)}] {said[0]}"
            yield from said[1]
        if note is not None:
            yield f"— {wording.time(event.at)} · {note}"
        if isinstance(event, Handoff | ActionDecided | ActionRun) and event.message is not None:
            yield from _indented(event.message)


def _said(event: CallEvent, state: ConversationState, wording: Wording) -> tuple[str, list[str]] | None:
    """Return who speaks and the lines of what they say, if the event is something said."""
    match event:
        case UserMessage():
            remark = [f"{_INDENT}({wording.text(TRUNCATED)})"] if event.truncated else []
            return wording.speaker(state), [*_indented(event.message), *remark]
        case Greeting():
            return wording.persona(event.persona), _indented(event.message)
        case CsatAsked(message=str() as text):
            return wording.persona(event.persona), _indented(text)
        case AgentMessage():
            return wording.agent(event.agent_name), _indented(event.message)
        case AssistantMessage():
            remark = [f"{_INDENT}({wording.text(INTERRUPTED)})"] if event.interrupted else []
            return wording.persona(event.persona), [*_indented(event.message), *remark]
        case _:
            return None


def _indented(message: str) -> list[str]:
    return [f"{_INDENT}{line}" if line.strip() else "" for line in isolated(message).split("\n")]

"""Lay transcripts out as CSV for spreadsheets: one row for every message, with what was understood and what it led to.

UTF-8 with a byte-order mark and CRLF, as Excel wants it. Ids, times and values stand as the API has them; only the
words people wrote get direction isolates, only where they would be misread, and nothing anybody writes is a formula.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from callcenter.api.spreadsheet import BYTE_ORDER_MARK, cell
from callcenter.api.transcripts.bidi import isolated, plain
from callcenter.api.transcripts.words import state_of
from callcenter.calls import MessageId
from callcenter.events import (
    ActionDecided,
    ActionRun,
    AgentMessage,
    AssistantMessage,
    CallEvent,
    CsatAsked,
    Escalation,
    Greeting,
    Handoff,
    Routing,
    TicketCreated,
    TicketUpdated,
    ToolCalled,
    TransferRequested,
    UserMessage,
)
from callcenter.personas import PersonaManager

COLUMNS: Final = (
    "call_id",
    "seq",
    "at",
    "role",
    "speaker",
    "persona",
    "language",
    "text",
    "intent",
    "confidence",
    "sentiment",
    "sentiment_score",
    "priority",
    "rule",
    "ticket",
    "ticket_due_at",
    "handoff",
    "escalated",
    "human_requested",
    "interrupted",
    "message_id",
    "customer_name",
    "channel",
    "voice",
    "voice_reason",
    "input_tokens",
    "output_tokens",
    "tools",
)

_Row = dict[str, str]
_LINE_END: Final = "\r\n"
HEADER: Final = ",".join(COLUMNS) + _LINE_END
_YES: Final = "yes"
_NO_MESSAGE: Final = MessageId("")


def spreadsheet(events: Sequence[CallEvent], *, personas: PersonaManager) -> str:
    """Return the CSV of one call whose whole log is `events`."""
    return BYTE_ORDER_MARK + HEADER + call_rows(events, personas)


def call_rows(events: Sequence[CallEvent], personas: PersonaManager) -> str:
    """Return the lines of one call, without header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator=_LINE_END)
    for row in _rows(events, personas):
        writer.writerow({column: cell(value) for column, value in row.items()})
    return out.getvalue()


def _rows(events: Sequence[CallEvent], personas: PersonaManager) -> Iterator[_Row]:
    state = state_of(events)
    customer = state.slots.name or state.customer_name or ""
    led_to = _led_to(events)
    for event in events:
        row: _Row = {
            "call_id": state.call_id,
            "seq": str(event.seq),
            "at": _time(event.at),
            "customer_name": customer,
            "channel": state.channel,
        }
        match event:
            case UserMessage():
                row |= {"role": "user", "speaker": customer, "text": isolated(event.message)}
                row |= {"message_id": event.message_id, "language": event.language or state.language}
                for outcome in led_to[event.message_id]:
                    row |= _outcome(outcome)
                row["tools"] = ", ".join(
                    _tool(each) for each in led_to[event.message_id] if isinstance(each, ToolCalled | ActionRun)
                )
            case Greeting() | AssistantMessage():
                row |= {"role": "assistant", "speaker": personas.name(event.persona, event.language)}
                row |= {"persona": event.persona, "language": event.language, "text": isolated(event.message)}
                if isinstance(event, AssistantMessage):
                    row |= {"message_id": event.message_id, "interrupted": _YES if event.interrupted else ""}
                    row |= _voice(event)
            case CsatAsked(message=str() as text):
                row |= {"role": "assistant", "speaker": personas.name(event.persona, event.language)}
                row |= {"persona": event.persona, "language": event.language, "text": isolated(text)}
            case AgentMessage():
                row |= {"role": "agent", "speaker": event.agent_name}
                row |= {"language": event.language, "text": isolated(event.message)}
            case ActionDecided(message=str() as text) | ActionRun(message=str() as text):
                row |= {"role": "system", "language": state.language, "text": isolated(text)}
                row["tools"] = event.action
            case Handoff(message_id=None):
                row |= {"role": "system", "persona": event.from_persona, "language": event.packet.language}
                row |= {"speaker": personas.name(event.from_persona, event.packet.language)}
                row |= {"text": isolated(event.message), **_outcome(event)}
            case _:
                continue
        yield row


def _led_to(events: Sequence[CallEvent]) -> dict[MessageId, list[CallEvent]]:
    found: dict[MessageId, list[CallEvent]] = defaultdict(list)
    for event in events:
        if isinstance(
            event,
            Routing | Handoff | Escalation | TransferRequested | TicketCreated | TicketUpdated | ToolCalled | ActionRun,
        ):
            found[event.message_id or _NO_MESSAGE].append(event)
    return found


def _outcome(event: CallEvent) -> _Row:
    """Return the cells that say what a message led to."""
    match event:
        case Routing(analysis=analysis, decision=decision):
            return {
                "language": analysis.language.language or decision.language,
                "intent": analysis.intent.intent,
                "confidence": f"{analysis.intent.confidence:.2f}",
                "sentiment": analysis.sentiment.sentiment,
                "sentiment_score": f"{analysis.sentiment.score:.2f}",
                "priority": decision.priority,
                "rule": decision.rule,
            }
        case Handoff():
            return {"handoff": f"{event.from_persona} to {event.to_persona}"}
        case Escalation():
            return {"escalated": _YES}
        case TransferRequested():
            return {"human_requested": _YES}
        case TicketCreated(ticket=ticket) | TicketUpdated(ticket=ticket):
            return {"ticket": ticket.number, "ticket_due_at": _time(ticket.due_at)}
        case _:
            return {}


def _tool(event: ToolCalled | ActionRun) -> str:
    if isinstance(event, ActionRun):
        return event.action if event.result.done else f"{event.action} {event.result.code}"
    return plain(event.tool) if event.granted else f"{plain(event.tool)} refused"


def _voice(event: AssistantMessage) -> _Row:
    """Return the cells that say who found the words of a reply, and for what."""
    row = {"voice": event.voice, "voice_reason": event.voice_reason or ""}
    if event.usage is not None:
        row |= {"input_tokens": str(event.usage.input_tokens), "output_tokens": str(event.usage.output_tokens)}
    return row


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

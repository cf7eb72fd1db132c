"""Lay a transcript out as a self-contained HTML page, to read on any screen and to print.

No script, no address, one inline style whose hash stands in `CONTENT_SECURITY_POLICY`; everything people wrote is
escaped. The page runs in the direction of its language, every paragraph in the direction of its own words.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.api.transcripts.bidi import FSI, LRI, LRO, PDF, PDI, RLI, isolated
from callcenter.api.transcripts.words import INTERRUPTED, TRUNCATED, Fact, Wording, state_of
from callcenter.calls import ConversationState, Language, MessageId, PersonaType
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
    Routing,
    UserMessage,
)
from callcenter.personas import PersonaManager

PERSONA_COLOURS: Final = {
    PersonaType.reception: "#2456a6",
    PersonaType.sales: "#1d7a4f",
    PersonaType.complaints: "#a3442a",
}
"""Ink of each persona; all three have a contrast of at least 5:1 on white (WCAG AA asks 4.5)."""

_STYLE: Final = (
    """
:root { color-scheme: light; --ink: #1c2430; --faint: #5b6675; --line: #dfe4ea; --paper: #fff; --ground: #f3f5f8; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.6;
  font-family: system-ui, "Segoe UI", "Noto Sans", "Noto Sans Arabic", "Geeza Pro", Tahoma, Arial, sans-serif; }
main { max-width: 46rem; margin-inline: auto; padding: 1.25rem 1rem 3rem; }
header { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem; }
h1 { font-size: 1.2rem; line-height: 1.4; margin: 0; }
h2 { font-size: .85rem; font-weight: 500; color: var(--faint); text-align: center; margin: 1.6rem 0 .4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.1rem; margin: .8rem 0 0; font-size: .92rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
ol { list-style: none; margin: 1rem 0 0; padding: 0; display: flex; flex-direction: column; gap: .7rem; }
.said { max-width: 85%; background: var(--paper); border: 1px solid var(--line); border-radius: .9rem;
  padding: .55rem .9rem .65rem; break-inside: avoid; }
.customer { align-self: flex-start; border-start-start-radius: .2rem; background: #fdf8ec; border-color: #eadfc4; }
.persona { align-self: flex-end; border-start-end-radius: .2rem; border-inline-end: 4px solid var(--persona, #555); }
.by { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .7rem; font-size: .82rem; color: var(--faint); }
.by strong { color: var(--persona, var(--ink)); }
.by time { margin-inline-start: auto; }
.said p { margin: .25rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; text-align: start; }
.said p.gap { margin-top: .8rem; }
.said .remark, .understood { font-size: .8rem; color: var(--faint); }
.understood { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .45rem; }
.understood span { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .55rem; background: var(--paper); }
.note { align-self: center; max-width: 92%; text-align: center; font-size: .85rem; color: var(--faint);
  border-block: 1px solid var(--line); padding: .35rem .9rem; break-inside: avoid; }
.note p { margin: .15rem 0 0; color: var(--ink); white-space: pre-wrap; overflow-wrap: anywhere; text-align: center; }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); }
td { white-space: nowrap; }
th, td { text-align: start; padding: .45rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .82rem; color: var(--faint); }
.wide { overflow-x: auto; margin-top: 1rem; }
main.list { max-width: 70rem; }
@media (max-width: 30rem) { .said { max-width: 94%; } dl { gap: .2rem .8rem; } main { padding-inline: .7rem; } }
@media print { body { background: none; font-size: 10.5pt; } main { max-width: none; padding: 0; }
  header, .said { border-color: #bbb; } * { print-color-adjust: exact; } }
"""
    + "\n".join(f".{persona} {{ --persona: {colour}; }}" for persona, colour in PERSONA_COLOURS.items())
    + "\n"
)
_GAP: Final = ' class="gap"'
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
CONTENT_SECURITY_POLICY: Final = f"{_POLICY}; frame-ancestors 'none'"
"""What to send as a header with a page; the page itself says all of it that a page can."""

_MARKUP: Final = str.maketrans(
    {
        FSI: "<bdi>",
        LRI: '<bdi dir="ltr">',
        RLI: '<bdi dir="rtl">',
        PDI: "</bdi>",
        LRO: '<bdo dir="ltr">',
        PDF: "</bdo>",
    }
)
"""Isolates as elements: text.py's fences, which HTML would honour but browsers' search and copy would carry along."""


def web_page(
    events: Sequence[CallEvent], *, personas: PersonaManager, company: Company, language: Language | None = None
) -> str:
    """Return the page of a call whose whole log is `events`, in the call's language or another."""
    state = state_of(events)
    wording = Wording(language or state.language, personas, company)
    title = wording.title(state)
    heading = _heading(title, wording.facts(events, state))
    return document(wording, title, f"{heading}\n{_said(events, state, wording, personas, company)}")


def document(wording: Wording, title: str, body: str, *, kind: str = "call") -> str:
    """Return a whole page round `body`, which is markup already; `title` is text with fences."""
    language = wording.language
    direction = "rtl" if language.rtl else "ltr"
    return f"""<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main class="{kind}">
{body}
</main>
</body>
</html>
"""


def markup(text: str) -> str:
    """Return text of ours with its fences as markup, everything else escaped."""
    return escape(text).translate(_MARKUP)


def _heading(title: str, facts: Sequence[Fact]) -> str:
    rows = "\n".join(f"<dt>{markup(fact.label)}</dt><dd>{markup(fact.value)}</dd>" for fact in facts)
    return f"<header>\n<h1>{markup(title)}</h1>\n<dl>\n{rows}\n</dl>\n</header>"


def _said(
    events: Sequence[CallEvent],
    state: ConversationState,
    wording: Wording,
    personas: PersonaManager,
    company: Company,
) -> str:
    zone = ZoneInfo(company.timezone)
    understood = {event.message_id: event for event in events if isinstance(event, Routing)}
    day: date | None = None
    items: list[str] = []
    for event in events:
        item = "\n".join(_item(event, state, wording, personas, understood))
        if not item:
            continue
        if (today := event.at.astimezone(zone).date()) != day:
            day = today
            items.append(f"<li><h2>{markup(wording.date(event.at))}</h2></li>")
        items.append(item)
    return "<ol>\n" + "\n".join(items) + "\n</ol>"


def _item(
    event: CallEvent,
    state: ConversationState,
    wording: Wording,
    personas: PersonaManager,
    understood: dict[MessageId, Routing],
) -> Iterator[str]:
    match event:
        case UserMessage():
            yield '<li class="said customer">'
            yield _by(wording.speaker(state), event, wording)
            yield from _paragraphs(event.message)
            if event.truncated:
                yield _remark(wording.text(TRUNCATED))
            if routing := understood.get(event.message_id):
                yield _understood(routing, wording, personas)
            yield "</li>"
        case Greeting() | AssistantMessage():
            yield f'<li class="said persona {event.persona}">'
            yield _by(wording.persona(event.persona), event, wording)
            yield from _paragraphs(event.message)
            if isinstance(event, AssistantMessage) and event.interrupted:
                yield _remark(wording.text(INTERRUPTED))
            yield "</li>"
        case AgentMessage():
            yield '<li class="said persona agent">'
            yield _by(wording.agent(event.agent_name), event, wording)
            yield from _paragraphs(event.message)
            yield "</li>"
        case CsatAsked(message=str() as text):
            yield f'<li class="said persona {event.persona}">'
            yield _by(wording.persona(event.persona), event, wording)
            yield from _paragraphs(text)
            yield "</li>"
        case _ if note := wording.note(event):
            yield f'<li class="note">{_time(event, wording)} · {markup(note)}'
            if isinstance(event, Handoff | ActionDecided | ActionRun) and event.message is not None:
                yield from _paragraphs(event.message)
            yield "</li>"
        case _:
            return


def _by(speaker: str, event: CallEvent, wording: Wording) -> str:
    return f'<div class="by"><strong>{markup(speaker)}</strong>{_time(event, wording)}</div>'


def _time(event: CallEvent, wording: Wording) -> str:
    return f'<time datetime="{event.at.isoformat(timespec="seconds")}">{wording.time(event.at)}</time>'


def _paragraphs(message: str) -> Iterator[str]:
    after_gap = False
    for line in isolated(message, addresses=True).split("\n"):
        if line.strip():
            yield f'<p{_GAP if after_gap else ""} dir="auto">{markup(line)}</p>'
        after_gap = not line.strip()


def _remark(text: str) -> str:
    return f'<p class="remark">({markup(text)})</p>'


def _understood(routing: Routing, wording: Wording, personas: PersonaManager) -> str:
    verdicts = (routing.analysis.intent.intent, routing.analysis.sentiment.sentiment)
    labels = "".join(f"<span>{markup(personas.label(verdict, wording.language))}</span>" for verdict in verdicts)
    return f'<div class="understood">{labels}</div>'

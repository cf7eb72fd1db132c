"""Write the calls of a period into one file: JSONL and CSV for programs, a zip of HTML pages for people.

Calls come one at a time and leave at once, so that a year takes no more memory than a call (the zip keeps one line of
its list for each). Which calls, and where the file goes, is for whoever calls this.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import IO, Final

from callcenter.api.spreadsheet import BYTE_ORDER_MARK
from callcenter.api.transcripts.bidi import left_to_right
from callcenter.api.transcripts.page import document, markup, web_page
from callcenter.api.transcripts.table import HEADER, call_rows
from callcenter.api.transcripts.words import CALL, CUSTOMER, DURATION, MESSAGES, PERSONAS, STARTED, TICKETS, Wording
from callcenter.calls import ConversationState, Language, Value
from callcenter.company import Company
from callcenter.events import CallEvent
from callcenter.personas import PersonaManager

LoggedCalls = AsyncIterator[tuple[ConversationState, Sequence[CallEvent]]]
"""Calls with their whole logs."""

_UNSAFE_IN_FILE_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]")


class ExportedCall(Value):
    """One line of a JSONL export: a call as it stands, and its whole log."""

    call: ConversationState
    events: tuple[CallEvent, ...]


async def export_jsonl(calls: LoggedCalls, out: IO[bytes]) -> int:
    """Write one JSON document a line and call; return how many calls."""
    count = 0
    async for state, events in calls:
        out.write(ExportedCall(call=state, events=tuple(events)).model_dump_json().encode() + b"\n")
        count += 1
    return count


async def export_csv(calls: LoggedCalls, out: IO[bytes], *, personas: PersonaManager) -> int:
    """Write one table of all messages; return how many calls."""
    out.write((BYTE_ORDER_MARK + HEADER).encode())
    count = 0
    async for _, events in calls:
        out.write(call_rows(events, personas).encode())
        count += 1
    return count


async def export_html_zip(
    calls: LoggedCalls,
    out: IO[bytes],
    *,
    personas: PersonaManager,
    company: Company,
    language: Language | None = None,
) -> int:
    """Write a page for each call and an index.html that leads to them; return how many calls.

    The index is in `language`, by default the company's; each call stays in its own. `out` need not be seekable.
    """
    wording = Wording(language or company.default_language, personas, company)
    taken: set[str] = set()
    listed: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        async for state, events in calls:
            name = _file_name(state, taken)
            archive.writestr(name, web_page(events, personas=personas, company=company))
            listed.append(_index_row(state, name, wording))
        archive.writestr("index.html", _index(listed, wording))
    return len(listed)


def _file_name(state: ConversationState, taken: set[str]) -> str:
    """Name a call's page by day and id; file systems that fold case or refuse colons must not lose one."""
    stem = f"calls/{state.started_at:%Y-%m-%d}-{_UNSAFE_IN_FILE_NAMES.sub('_', state.call_id)}"
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return f"{name}.html"


def _index(listed: Sequence[str], wording: Wording) -> str:
    heads = (CALL, CUSTOMER, STARTED, DURATION, MESSAGES, PERSONAS, TICKETS)
    columns = "".join(f'<th scope="col">{markup(wording.text(head))}</th>' for head in heads)
    rows = "\n".join(listed)
    title = wording.index_title()
    table = f'<div class="wide"><table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'
    return document(wording, title, f"<header><h1>{markup(title)}</h1></header>\n{table}", kind="list")


def _index_row(state: ConversationState, name: str, wording: Wording) -> str:
    cells = (
        wording.customer(state),
        wording.moment(state.started_at),
        wording.duration(state),
        str(state.message_count),
        wording.names(state),
        wording.numbers(state.tickets),
    )
    link = f'<td><a href="{name}">{markup(left_to_right(state.call_id))}</a></td>'
    return "<tr>" + link + "".join(f"<td>{markup(cell)}</td>" for cell in cells) + "</tr>"

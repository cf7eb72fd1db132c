"""Show calls as people and programs read them: one as JSON, text, CSV or HTML, many as JSONL, CSV or a zip of pages.

Everything is computed from the call's log when it is asked for; nothing is stored. text.py, table.py and page.py each
lay out one format, words.py holds what they say, bidi.py keeps mixed Arabic and Latin lines in the right order.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from callcenter.api.transcripts.bidi import fenced, isolated
from callcenter.api.transcripts.export import ExportedCall, LoggedCalls, export_csv, export_html_zip, export_jsonl
from callcenter.api.transcripts.page import CONTENT_SECURITY_POLICY, web_page
from callcenter.api.transcripts.table import spreadsheet
from callcenter.api.transcripts.text import plain_text
from callcenter.calls import Language
from callcenter.company import Company
from callcenter.events import CallEvent, transcript
from callcenter.personas import PersonaManager


class TranscriptFormat(StrEnum):
    """How one call's transcript is written."""

    json = "json"
    txt = "txt"
    csv = "csv"
    html = "html"


MEDIA_TYPES: Final[Mapping[TranscriptFormat, str]] = MappingProxyType(
    {
        TranscriptFormat.json: "application/json",
        TranscriptFormat.txt: "text/plain; charset=utf-8",
        TranscriptFormat.csv: "text/csv; charset=utf-8; header=present",
        TranscriptFormat.html: "text/html; charset=utf-8",
    }
)


def render(
    events: Sequence[CallEvent],
    fmt: TranscriptFormat,
    *,
    personas: PersonaManager,
    company: Company,
    language: Language | None = None,
) -> str:
    """Return the transcript of a call whose whole log is `events`, to be sent as UTF-8.

    Headings and notes are in `language`, by default the call's; what was said stays as it was said. JSON and CSV
    are for programs and have no headings.
    """
    match fmt:
        case TranscriptFormat.json:
            return transcript(events).model_dump_json(indent=2) + "\n"
        case TranscriptFormat.txt:
            return plain_text(events, personas=personas, company=company, language=language)
        case TranscriptFormat.csv:
            return spreadsheet(events, personas=personas)
        case TranscriptFormat.html:
            return web_page(events, personas=personas, company=company, language=language)
        case _:
            assert_never(fmt)


__all__ = [
    "CONTENT_SECURITY_POLICY",
    "MEDIA_TYPES",
    "ExportedCall",
    "LoggedCalls",
    "TranscriptFormat",
    "export_csv",
    "export_html_zip",
    "export_jsonl",
    "fenced",
    "isolated",
    "render",
]

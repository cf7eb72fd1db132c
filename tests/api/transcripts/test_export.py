from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence

import pytest

from callcenter.api.transcripts import ExportedCall, export_csv, export_html_zip, export_jsonl
from callcenter.calls import ConversationState, Language
from callcenter.company import Company
from callcenter.events import CallEvent, fold
from callcenter.personas import PersonaManager
from tests import factories as make

pytestmark = pytest.mark.unit


async def logged(*calls: Sequence[CallEvent]) -> AsyncIterator[tuple[ConversationState, Sequence[CallEvent]]]:
    for events in calls:
        yield make.state_of(*events), events


class Pipe(io.RawIOBase):
    """A file that can only be written on, as a pipe is."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload] # what files are written: buffers
        self.written += piece
        return len(piece)


async def test_jsonl_holds_every_call_whole(arabic_call: list[CallEvent], english_call: list[CallEvent]) -> None:
    out = io.BytesIO()
    assert await export_jsonl(logged(arabic_call, english_call), out) == 2
    lines = out.getvalue().decode().splitlines()
    assert [json.loads(line)["call"]["call_id"] for line in lines] == ["CALL-1", "CALL-2"]
    again = ExportedCall.model_validate_json(lines[0])
    assert list(again.events) == arabic_call
    assert fold(again.events) == again.call
    assert "الموقع لا يعمل" in lines[0]


async def test_csv_of_many_calls_has_one_header(
    arabic_call: list[CallEvent], english_call: list[CallEvent], personas: PersonaManager
) -> None:
    out = io.BytesIO()
    assert await export_csv(logged(arabic_call, english_call), out, personas=personas) == 2
    text = out.getvalue().decode()
    assert text.count("\ufeff") == 1
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["call_id"] for row in rows] == ["CALL-1"] * 7 + ["CALL-2"] * 4


async def test_period_without_calls_gives_a_header_and_an_empty_list(
    personas: PersonaManager, company: Company
) -> None:
    table, archive = io.BytesIO(), io.BytesIO()
    assert await export_csv(logged(), table, personas=personas) == 0
    assert table.getvalue().decode().count("\r\n") == 1
    assert await export_html_zip(logged(), archive, personas=personas, company=company) == 0
    assert zipfile.ZipFile(archive).namelist() == ["index.html"]


async def test_zip_leads_to_every_call(
    arabic_call: list[CallEvent], english_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    out = io.BytesIO()
    calls = logged(arabic_call, english_call)
    assert await export_html_zip(calls, out, personas=personas, company=company, language=Language.en) == 2
    archive = zipfile.ZipFile(out)
    index = archive.read("index.html").decode()
    assert 'lang="en"' in index
    for name in ("calls/2026-11-02-CALL-1.html", "calls/2026-11-02-CALL-2.html"):
        assert f'href="{name}"' in index
        assert name in archive.namelist()
    assert "<bdi>علي</bdi>" in index
    assert 'dir="rtl"' in archive.read("calls/2026-11-02-CALL-1.html").decode()
    assert 'dir="ltr"' in archive.read("calls/2026-11-02-CALL-2.html").decode()


async def test_index_is_in_the_companys_language_unless_asked(personas: PersonaManager, company: Company) -> None:
    for language in Language:
        theirs = company.model_copy(update={"default_language": language})
        out = io.BytesIO()
        await export_html_zip(logged(), out, personas=personas, company=theirs)
        assert f'lang="{language}"' in zipfile.ZipFile(out).read("index.html").decode()


async def test_no_page_is_lost_where_file_names_fold(personas: PersonaManager, company: Company) -> None:
    ids = ("a:b", "a_b", "A_B", "a_b-2")
    begun: list[list[CallEvent]] = [[make.call_started(call_id), make.greeting(call_id)] for call_id in ids]
    calls = logged(*begun)
    out = io.BytesIO()
    await export_html_zip(calls, out, personas=personas, company=company)
    names = zipfile.ZipFile(out).namelist()
    assert len({name.casefold() for name in names}) == len(ids) + 1
    assert not any(":" in name for name in names)


async def test_zip_can_be_written_to_a_pipe(
    arabic_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    pipe = Pipe()
    await export_html_zip(logged(arabic_call), io.BufferedWriter(pipe), personas=personas, company=company)
    assert zipfile.ZipFile(io.BytesIO(bytes(pipe.written))).testzip() is None

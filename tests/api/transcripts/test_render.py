from __future__ import annotations

import json

import pytest

from callcenter.api.transcripts import MEDIA_TYPES, TranscriptFormat, render
from callcenter.company import Company
from callcenter.events import CallEvent, transcript
from callcenter.personas import PersonaManager

pytestmark = pytest.mark.unit


def test_every_format_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == set(TranscriptFormat)


def test_json_is_the_wire_contracts_document(
    arabic_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    written = render(arabic_call, TranscriptFormat.json, personas=personas, company=company)
    document = json.loads(written)
    assert document == transcript(arabic_call).model_dump(mode="json")
    assert document["statistics"]["user_messages"] == 3
    assert "الموقع لا يعمل" in written


@pytest.mark.parametrize("fmt", TranscriptFormat)
def test_every_format_holds_every_word_said(
    fmt: TranscriptFormat, english_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    written = render(english_call, fmt, personas=personas, company=company)
    for words in ("Hello, this is Ahmed.", "I want to buy ", "Hi, this is Sarah. From SAR"):
        assert words in written


@pytest.mark.parametrize("fmt", TranscriptFormat)
def test_a_call_that_only_began_can_be_written(
    fmt: TranscriptFormat, arabic_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    assert "CALL-1" in render(arabic_call[:1], fmt, personas=personas, company=company) or fmt is TranscriptFormat.csv

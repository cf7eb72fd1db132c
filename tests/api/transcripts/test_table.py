from __future__ import annotations

import csv
import io

import pytest

from callcenter.api.transcripts import TranscriptFormat, render
from callcenter.api.transcripts.bidi import plain
from callcenter.calls import Language
from callcenter.company import Company
from callcenter.events import CallEvent
from callcenter.personas import PersonaManager
from tests import factories as make
from tests.visual import shown

pytestmark = pytest.mark.unit


def table(events: list[CallEvent], personas: PersonaManager, company: Company) -> list[dict[str, str]]:
    written = render(events, TranscriptFormat.csv, personas=personas, company=company)
    return list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline="")))


def said(message: str, personas: PersonaManager, company: Company) -> str:
    call: list[CallEvent] = [make.call_started(), make.greeting(), make.user_message(message=message)]
    return table(call, personas, company)[1]["text"]


def test_one_row_a_message_with_what_it_led_to(
    arabic_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    rows = table(arabic_call, personas, company)
    assert [row["seq"] for row in rows] == ["2", "3", "6", "7", "13", "14", "17"]
    assert [row["role"] for row in rows] == ["assistant", *["user", "assistant"] * 3]
    assert [row["speaker"] for row in rows] == ["أحمد", "علي", "سارة", "علي", "محمد", "علي", "محمد"]

    first, angry, later = rows[1], rows[3], rows[5]
    assert (first["intent"], first["confidence"], first["sentiment"]) == ("sales_interest", "0.90", "positive")
    assert (first["handoff"], first["ticket"], first["escalated"]) == ("reception to sales", "", "")
    assert (angry["sentiment"], angry["sentiment_score"]) == ("angry", "-1.00")
    assert (angry["handoff"], angry["escalated"], angry["human_requested"]) == ("sales to complaints", "yes", "yes")
    assert (angry["ticket"], angry["ticket_due_at"]) == ("TKT-00000001", "2026-11-02T16:00:00.000Z")
    assert (later["ticket"], later["handoff"]) == ("TKT-00000001", "")
    assert angry["at"] == "2026-11-02T12:01:30.000Z"
    assert {row["call_id"] for row in rows} == {"CALL-1"}
    assert {row["channel"] for row in rows} == {"web"}


def test_english_call_names_personas_in_english(
    english_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    rows = table(english_call, personas, company)
    assert [row["speaker"] for row in rows] == ["Ahmed", "Ahmed", "Layla", "Sarah"]
    assert rows[1]["role"] == "system"
    assert rows[1]["handoff"] == "reception to sales"
    assert rows[1]["text"] == "My colleague Sarah takes over."
    assert rows[3]["interrupted"] == "yes"
    assert {row["language"] for row in rows} == {"en"}


def test_rows_say_who_found_the_words_and_what_the_model_asked_for(
    modelled_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    rows = table(modelled_call, personas, company)
    names = ("voice", "voice_reason", "input_tokens", "output_tokens", "tools")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("", "", "", "", ""),
        ("", "", "", "", ""),
        ("", "", "", "", "open_ticket, =refund refused, hand_off"),
        ("model-a", "", "900", "40", ""),
        ("", "", "", "", ""),
        ("offline", "rate_limited", "", "", ""),
    ]
    assert (rows[2]["ticket"], rows[2]["handoff"]) == ("TKT-00000001", "reception to complaints")
    assert list(rows[0])[-len(names) - 1 :] == ["channel", *names]


def test_a_tool_there_is_not_is_no_formula(personas: PersonaManager, company: Company) -> None:
    asked = make.tool_called(seq=4).altered({"tool": "=1+1"})
    call: list[CallEvent] = [make.call_started(), make.greeting(), make.user_message(), asked]
    assert table(call, personas, company)[1]["tools"] == "'=1+1"


def test_excel_can_read_it(english_call: list[CallEvent], personas: PersonaManager, company: Company) -> None:
    written = render(english_call, TranscriptFormat.csv, personas=personas, company=company)
    assert written.encode().startswith(b"\xef\xbb\xbfcall_id,seq,at,role,speaker,persona,language,text,")
    assert written.endswith("\r\n")
    (quoted,) = [cell for cell in written.split('"')[1::2] if "\n" in cell]
    assert quoted.startswith("I want to buy <b>ads</b> & more.\n\nMy name is ")
    assert "\n" not in written.replace("\r\n", "").replace(quoted, "")


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://evil.example","انقر هنا")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "\t=1+1",
        "  =1+1",
        "＝1+1",
        "- مرحبا",
        "+966-50-123",
    ],
)
def test_nothing_a_customer_writes_is_a_formula(formula: str, personas: PersonaManager, company: Company) -> None:
    assert plain(said(formula, personas, company)) == f"'{formula}"


def test_name_is_no_formula_either(personas: PersonaManager, company: Company) -> None:
    call: list[CallEvent] = [make.call_started(customer_name="=1+1"), make.greeting(), make.user_message()]
    row = table(call, personas, company)[1]
    assert (row["speaker"], row["customer_name"]) == ("'=1+1", "'=1+1")


@pytest.mark.parametrize("harmless", ["+966 50 123 4567", "+966501234567", "0501234567", "مرحبا = أهلا", "a-b", "5%"])
def test_phone_numbers_and_plain_words_are_left_alone(
    harmless: str, personas: PersonaManager, company: Company
) -> None:
    assert said(harmless, personas, company) == harmless


def test_mixed_line_reads_right_and_keys_stay_clean(
    arabic_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    row = table(arabic_call, personas, company)[1]
    visual = shown(row["text"].splitlines()[1])
    for piece in ("+966 50 123 4567", "ORD-17", "2026-11-20"):
        assert piece in visual
    assert all(plain(value) == value for name, value in row.items() if name != "text")


def test_language_is_that_of_the_message(personas: PersonaManager, company: Company) -> None:
    call: list[CallEvent] = [
        make.call_started(),
        make.greeting(),
        make.user_message(message="what about English?"),
        make.routing(said=make.analysis(language=Language.en)),
    ]
    assert [row["language"] for row in table(call, personas, company)] == ["ar", "en"]

from __future__ import annotations

import re
from html import unescape

import pytest

from callcenter.api.transcripts import TranscriptFormat, render
from callcenter.api.transcripts.bidi import RLM, plain
from callcenter.api.transcripts.words import Wording
from callcenter.calls import Language, ToolName
from callcenter.company import Company
from callcenter.events import CallEvent, HandoffTrigger
from callcenter.personas import PersonaManager
from tests import factories as make
from tests.visual import shown

pytestmark = pytest.mark.unit


@pytest.fixture(scope="session")
def arabic(arabic_call: list[CallEvent], personas: PersonaManager, company: Company) -> str:
    return render(arabic_call, TranscriptFormat.txt, personas=personas, company=company)


@pytest.fixture(scope="session")
def english(english_call: list[CallEvent], personas: PersonaManager, company: Company) -> str:
    return render(english_call, TranscriptFormat.txt, personas=personas, company=company)


def test_arabic_heading_says_who_when_and_what_came_of_it(arabic: str) -> None:
    heading = plain(arabic).split("─" * 60)[1]
    assert "المحادثة: CALL-1" in heading
    assert "العميل: علي" in heading
    assert "اللغة: العربية" in heading
    assert "البداية: 2 نوفمبر 2026، 15:00 (بتوقيت Asia/Riyadh)" in heading  # NOON is UTC, three hours behind
    assert "النهاية: 3 نوفمبر 2026، 05:00" in heading
    assert "المدة: 14:00:00" in heading
    assert "الرسائل: 7 (منها 3 من العميل)" in heading
    assert "أحمد (" in heading
    assert "سارة (" in heading
    assert "محمد (" in heading
    assert "مرات التصعيد: 1" in heading
    assert "التذاكر: TKT-00000001 (تقني، الأولوية عاجلة)، موعد الرد 2 نوفمبر 2026، 19:00" in heading


def test_english_heading_leaves_out_what_did_not_happen(english: str) -> None:
    heading = plain(english).split("─" * 60)[1]
    assert "Customer: Layla" in heading
    assert "Started: 2 November 2026, 15:00 (Asia/Riyadh)" in heading
    assert "Ended: still open" in heading
    assert "Messages: 3 (1 from the customer)" in heading
    assert "Tickets" not in heading
    assert "Escalations" not in heading
    assert "rating" not in heading


def test_everything_said_stands_in_order_under_its_speaker(arabic: str) -> None:
    said = plain(arabic).split("─" * 60)[2]
    places = [
        said.index(words)
        for words in (
            "[15:00] أحمد (",
            f"    {make.GREETING}",
            "[15:00] علي (العميل)",
            "    أريد حملة إعلانية\n    جوالي +966 50 123 4567 وطلبي ORD-17 بتاريخ 2026-11-20",
            "تحويل المحادثة من أحمد إلى سارة",
            "[15:00] سارة (",
            "    أهلاً بك، معك سارة.",
            "    الموقع لا يعمل وأنا غاضب",
            "تحويل المحادثة من سارة إلى محمد",
            "تصعيد: ",
            "طُلب تحويل العميل إلى موظف",
            "فُتحت التذكرة TKT-00000001",
            "[15:01] محمد (",
            "أُضيفت الرسالة إلى التذكرة TKT-00000001",
            "· 3 نوفمبر 2026 ·",
            "نهاية المحادثة (",
        )
    ]
    assert places == sorted(places)


def test_handoff_by_hand_and_what_was_cut_are_said(english: str) -> None:
    said = plain(english)
    assert "Handed over by hand from Ahmed to Sarah\n    My colleague Sarah takes over." in said
    assert "My name is علي 5.\n    (the message was too long; this much was kept)" in said
    assert "From SAR\n    (the reply was cut off here)" in said


@pytest.mark.parametrize(
    ("language", "notes"),
    [
        (
            Language.ar,
            (
                "طلب النموذج اللغوي فتح تذكرة، وتم ذلك",
                "طلب النموذج اللغوي استخدام أداة غير معروفة (=refund)، ولم يُقبل الطلب",
                "تحويل المحادثة من أحمد إلى محمد بطلب من النموذج اللغوي",
                "طلب النموذج اللغوي تحويل المحادثة إلى زميل، وتم ذلك",
            ),
        ),
        (
            Language.en,
            (
                "The language model asked to open a ticket: done",
                "The language model asked to use an unknown tool (=refund): refused",
                "Handed over from Ahmed to Mohammed at the language model's request",
                "The language model asked to hand the call over: done",
            ),
        ),
    ],
)
def test_what_the_model_asked_for_is_noted_in_order(
    modelled_call: list[CallEvent],
    personas: PersonaManager,
    company: Company,
    language: Language,
    notes: tuple[str, ...],
) -> None:
    for fmt in (TranscriptFormat.txt, TranscriptFormat.html):
        written = render(modelled_call, fmt, personas=personas, company=company, language=language)
        said = unescape(re.sub("<[^>]+>", "", plain(written)))
        places = [said.index(note) for note in notes]
        assert places == sorted(places)


def test_every_tool_and_cause_of_a_handoff_has_its_words(personas: PersonaManager, company: Company) -> None:
    """In both languages, each its own."""
    for language in Language:
        wording = Wording(language, personas, company)
        events: tuple[CallEvent, ...] = (
            *(make.tool_called(seq=4, tool=tool) for tool in ToolName),
            *(make.handoff(seq=4).altered({"trigger": trigger}) for trigger in HandoffTrigger),
        )
        notes = {wording.note(event) for event in events}
        assert len(notes) == len(events)
        assert not any(note is None or "unknown" in note or "غير معروفة" in note for note in notes)


def test_line_with_phone_order_and_date_reads_right(arabic: str) -> None:
    line = next(line for line in arabic.splitlines() if "ORD-17" in line)
    visual = shown(line)
    assert "+966 50 123 4567" in visual
    assert "ORD-17" in visual
    assert "2026-11-20" in visual


def test_lines_of_ours_run_in_the_language_of_the_transcript(arabic: str, english: str) -> None:
    ours = [line for line in arabic.splitlines() if line.strip() and not line.startswith(("    ", "─"))]
    assert all(line.startswith(RLM) for line in ours)
    assert RLM not in english


def test_heading_and_notes_can_be_had_in_the_other_language(
    arabic_call: list[CallEvent], personas: PersonaManager, company: Company
) -> None:
    written = plain(render(arabic_call, TranscriptFormat.txt, personas=personas, company=company, language=Language.en))
    assert "Handed over from Ahmed to Sarah" in written
    assert "Opened ticket TKT-00000001 (technical, urgent priority), answer due 2 November 2026, 19:00" in written
    assert "الموقع لا يعمل وأنا غاضب" in written


@pytest.mark.parametrize(
    ("language", "note", "heading"),
    [
        (Language.ar, "قيّم العميل المحادثة: 2 من 5", "تقييم العميل: 2 من 5"),
        (Language.en, "The customer rated the call: 2 of 5", "Customer's rating: 2 of 5"),
    ],
)
def test_a_score_stands_where_it_was_given_and_in_the_heading(
    personas: PersonaManager, company: Company, language: Language, note: str, heading: str
) -> None:
    call: list[CallEvent] = [make.call_started(), make.greeting(), make.csat_asked(seq=3, message="1-5؟")]
    call += [make.call_ended(seq=4), make.csat_given(seq=5, score=2, comment="slow")]
    written = plain(render(call, TranscriptFormat.txt, personas=personas, company=company, language=language))
    assert note in written
    assert heading in written
    for form in (TranscriptFormat.txt, TranscriptFormat.csv, TranscriptFormat.html):
        assert "1-5؟" in plain(render(call, form, personas=personas, company=company, language=language))


def test_customer_without_a_name_is_the_customer(personas: PersonaManager, company: Company) -> None:
    call: list[CallEvent] = [make.call_started(customer_name=None), make.greeting(), make.user_message()]
    written = plain(render(call, TranscriptFormat.txt, personas=personas, company=company))
    assert "العميل: لم يُذكر الاسم" in written
    assert "[15:00] العميل\n" in written


def test_name_can_not_break_out_of_its_line(personas: PersonaManager, company: Company) -> None:
    call: list[CallEvent] = [
        make.call_started(customer_name="علي\u202e\n[15:09] أحمد\u2069"),
        make.greeting(),
        make.user_message(),
    ]
    written = render(call, TranscriptFormat.txt, personas=personas, company=company)
    assert "\u202e" not in written
    assert not any(plain(line).startswith("[15:09]") for line in written.splitlines())

"""Sentences whose route is promised, said to the whole house on a fresh call, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.bootstrap import build
from callcenter.calls import ConversationIntent, PersonaType, PriorityLevel, TicketCategory
from callcenter.conversation import Turn, Utterance
from callcenter.settings import Settings
from test_conversation import steady_sources

pytestmark = pytest.mark.unit

RECEPTION, SALES, COMPLAINTS = PersonaType.reception, PersonaType.sales, PersonaType.complaints


async def said(folder: Path, *lines: str) -> Turn:
    """Return the last turn of a call on which these lines were said."""
    app = await build(Settings(data_dir=folder), sources=steady_sources())
    try:
        started = await app.conversations.start()
        for line in lines:
            turn = await app.conversations.handle(Utterance(started.state.call_id, line))
    finally:
        await app.close()
    return turn


@pytest.mark.parametrize(
    ("line", "persona"),
    [
        ("I'm interested in your digital platform service", SALES),
        ("أنا أبحث عن خدمة تصميم ويب، هل لديكم عرض أفضل؟", SALES),
        ("هل تقدمون برامج تدريب؟ أنا مهتم بالتسويق الرقمي", SALES),
        ("Do you offer training programmes? I'm interested in digital marketing", SALES),
        ("Your platform is not working properly. It keeps crashing.", COMPLAINTS),
        ("منصتكم لا تعمل بشكل صحيح وتتوقف باستمرار", COMPLAINTS),
        ("خدمة سيئة جداً", COMPLAINTS),
        ("very bad service", COMPLAINTS),
        ("I'm not interested, thanks", RECEPTION),
        ("لست مهتماً، شكراً", RECEPTION),
        ("no problem, thank you", RECEPTION),
        ("ما في مشكلة، شكراً", RECEPTION),
        ("What are your working hours?", RECEPTION),
        ("ما هي أوقات الدوام لديكم؟", RECEPTION),
        ("أريد التحدث مع موظف", RECEPTION),
        ("I want to talk to a human", RECEPTION),
    ],
)
async def test_who_answers(tmp_path, line, persona):
    assert (await said(tmp_path, line)).routing.decision.target_persona is persona


@pytest.mark.parametrize(
    "lines",
    [
        ("I'm interested in your digital platform service", "What's the pricing for platform development?"),
        ("أنا مهتم بخدمة الإعلانات", "كم تكلفة تصميم موقع؟"),
    ],
)
async def test_a_question_about_the_price_stays_with_sales(tmp_path, lines):
    turn = await said(tmp_path, *lines)
    assert turn.routing.decision.target_persona is SALES
    assert turn.handoff is None


@pytest.mark.parametrize(
    "line", ["Your platform is not working properly. It keeps crashing.", "منصتكم لا تعمل بشكل صحيح وتتوقف باستمرار"]
)
async def test_a_fault_gets_a_technical_ticket_of_high_priority(tmp_path, line):
    turn = await said(tmp_path, line)
    assert turn.ticket is not None
    assert (turn.ticket.category, turn.ticket.priority) == (TicketCategory.technical, PriorityLevel.high)
    assert not turn.routing.decision.escalation_needed


@pytest.mark.parametrize(
    "line",
    [
        "هل تقدمون برامج تدريب؟ أنا مهتم بالتسويق الرقمي",
        "Do you offer training programmes? I'm interested in digital marketing",
    ],
)
async def test_training_is_told_from_other_services(tmp_path, line):
    turn = await said(tmp_path, line)
    assert turn.routing.analysis.intent.intent is ConversationIntent.training_interest


@pytest.mark.parametrize("line", ["أريد التحدث مع موظف", "I want to talk to a human"])
async def test_a_human_is_asked_for(tmp_path, line):
    turn = await said(tmp_path, line)
    assert turn.routing.decision.transfer_to_human
    assert turn.ticket is not None
    assert turn.reply is not None
    assert turn.ticket.number in turn.reply.message


@pytest.mark.parametrize(
    "lines",
    [
        (
            "أنا مهتم بخدمة الإعلانات",
            "كم تكلفة تصميم موقع؟",
            "الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً",
        ),
        (
            "I'm interested in your advertising service",
            "How much does a website design cost?",
            "The website you delivered has not been working since yesterday and I am very angry",
        ),
    ],
)
async def test_anger_escalates_with_an_urgent_ticket(tmp_path, lines):
    turn = await said(tmp_path, *lines)
    assert turn.routing.decision.target_persona is COMPLAINTS
    assert turn.routing.decision.escalation_needed
    assert turn.ticket is not None
    assert (turn.ticket.priority, turn.ticket.escalated) == (PriorityLevel.urgent, True)

"""Two calls to write down, one in each language, for the demo company."""

from __future__ import annotations

import pytest

from callcenter.calls import (
    ConversationIntent,
    Language,
    PersonaType,
    PriorityLevel,
    Sentiment,
    TokenUsage,
    ToolName,
)
from callcenter.company import DEMO, Company, load_company
from callcenter.events import CallEvent, HandoffTrigger
from callcenter.personas import PersonaManager, load_personas
from tests import factories as make


@pytest.fixture(scope="session")
def company() -> Company:
    return load_company(DEMO)


@pytest.fixture(scope="session")
def personas(company: Company) -> PersonaManager:
    return PersonaManager(load_personas(), company)


@pytest.fixture(scope="session")
def arabic_call() -> list[CallEvent]:
    """Ali asks for advertising, is sent to sales, gets angry over his site, is escalated, gets a ticket, and goes."""
    ticket = make.ticket(priority=PriorityLevel.urgent)
    asks = make.analysis(intent=ConversationIntent.sales_interest, sentiment=Sentiment.positive)
    at, then, later = make.after(40), make.after(90), make.after(180)
    return [
        make.call_started(customer_name="علي"),
        make.greeting(),
        make.user_message(message="أريد حملة إعلانية\nجوالي +966 50 123 4567 وطلبي ORD-17 بتاريخ 2026-11-20", at=at),
        make.routing(said=asks, decided=make.decision(target=PersonaType.sales), at=at),
        make.handoff(to_persona=PersonaType.sales, at=at),
        make.assistant_message(seq=6, persona=PersonaType.sales, message="أهلاً بك، معك سارة.", at=make.after(42)),
        make.user_message(seq=7, message_id="m-2", message="الموقع لا يعمل وأنا غاضب", at=then),
        make.routing(seq=8, message_id="m-2", said=make.analysis(sentiment=Sentiment.angry), at=then),
        make.handoff(seq=9, message_id="m-2", from_persona=PersonaType.sales, at=then),
        make.escalation(seq=10, message_id="m-2", at=then),
        make.transfer_requested(seq=11, message_id="m-2", at=then),
        make.ticket_created(seq=12, message_id="m-2", opened=ticket, at=then),
        make.assistant_message(seq=13, message_id="m-2", at=make.after(93)),
        make.user_message(seq=14, message_id="m-3", message="رقم الطلب 0074", at=later),
        make.routing(seq=15, message_id="m-3", at=later),
        make.ticket_updated(ticket.model_copy(update={"version": 2}), seq=16, message_id="m-3", at=later),
        make.assistant_message(seq=17, message_id="m-3", message="أضفته إلى التذكرة.", at=make.after(182)),
        make.call_ended(seq=18, at=make.after(14 * 3600)),
    ]


@pytest.fixture(scope="session")
def english_call() -> list[CallEvent]:
    """Layla's call is moved to sales by hand; a long message is cut and so is the reply."""
    english = make.decision(target=PersonaType.sales, language=Language.en, create_ticket=False, handoff=False)
    said = make.analysis(language=Language.en, intent=ConversationIntent.sales_interest, cue="buy")
    asked = make.user_message("CALL-2", seq=4, message="I want to buy <b>ads</b> & more.\n\nMy name is علي 5.")
    answer = make.assistant_message(
        "CALL-2", seq=6, persona=PersonaType.sales, language=Language.en, message="Hi, this is Sarah. From SAR"
    )
    moved = make.handoff("CALL-2", seq=3, message_id=None, to_persona=PersonaType.sales)
    packet = moved.packet.model_copy(update={"language": Language.en})
    return [
        make.call_started("CALL-2", customer_name="Layla", language=Language.en),
        make.greeting("CALL-2", message="Hello, this is Ahmed.", language=Language.en),
        moved.model_copy(update={"message": "My colleague Sarah takes over.", "packet": packet}),
        asked.model_copy(update={"truncated": True}),
        make.routing("CALL-2", seq=5, said=said, decided=english),
        answer.model_copy(update={"interrupted": True}),
    ]


@pytest.fixture(scope="session")
def modelled_call() -> list[CallEvent]:
    """A model answers a burst of two: opens a ticket, is refused a tool, hands the call over; then it is away."""
    by_model = make.handoff(seq=9, message_id="m-2").altered({"trigger": HandoffTrigger.model})
    refused = make.tool_called(seq=8, message_id="m-2").altered({"tool": "=refund\u202e", "granted": False})
    answer = make.assistant_message(seq=11, message_id="m-2", message="فتحت لك تذكرة.")
    read = TokenUsage(input_tokens=900, cached_tokens=800, output_tokens=40)
    late = make.assistant_message(seq=13, message_id="m-3", message="ما رقم الطلب؟")
    return [
        make.call_started(),
        make.greeting(),
        make.user_message(message="الموقع لا يعمل"),
        make.routing(),
        make.user_message(seq=5, message_id="m-2", message="منذ أمس"),
        make.ticket_created(seq=6, message_id="m-2"),
        make.tool_called(seq=7, message_id="m-2", tool=ToolName.open_ticket),
        refused,
        by_model,
        make.tool_called(seq=10, message_id="m-2", tool=ToolName.hand_off),
        answer.altered({"answers": (make.MESSAGE,), "voice": "model-a", "usage": read}),
        make.user_message(seq=12, message_id="m-3", message="وماذا الآن؟"),
        late.altered({"voice_reason": "rate_limited"}),
    ]

"""The product in seven conversations: a living example, offline, that pytest checks and a person can read.

    pytest test_conversation.py          every claim below is checked
    python test_conversation.py          the same conversations, printed

Each customer line goes through the whole house (analysis, routing, persona, ticket, store), with the built-in offline
voice and a database in a temporary folder.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.bootstrap import App, build
from callcenter.calls import (
    CallId,
    ConversationIntent,
    Language,
    MessageId,
    PersonaType,
    PriorityLevel,
    ProposalId,
    Sentiment,
    TicketCategory,
    TicketNumber,
)
from callcenter.conversation import Sources, Turn, Utterance
from callcenter.events import Escalation, transcript
from callcenter.settings import Settings

pytestmark = pytest.mark.unit

NINE_O_CLOCK = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)  # a Sunday morning in Riyadh


def steady_sources() -> Sources:
    """Return a clock that ticks a second a look, and ids that count up: the same conversation every time."""
    ticks, calls, messages, tickets, actions = (itertools.count(1) for _ in range(5))
    return Sources(
        now=lambda: NINE_O_CLOCK + timedelta(seconds=next(ticks)),
        call_id=lambda: CallId(f"CALL-{next(calls):03}"),
        message_id=lambda: MessageId(f"M-{next(messages):03}"),
        ticket_number=lambda: TicketNumber(f"TKT-{next(tickets):08}"),
        proposal_id=lambda: ProposalId(f"ACT-{next(actions):03}"),
    )


class Call:
    """One customer on the line."""

    def __init__(self, app: App, call_id: CallId) -> None:
        """Take up a call that was started."""
        self.app = app
        self.call_id = call_id

    async def says(self, text: str) -> Turn:
        """Let the customer say something; print both sides and what happened between them."""
        turn = await self.app.conversations.handle(Utterance(self.call_id, text))
        decision, heard = turn.routing.decision, turn.routing.analysis
        print(f"\n  Customer: {text}")
        print(f"    · {heard.intent.intent} {heard.intent.confidence:.2f}, {heard.sentiment.sentiment}", end="")
        print(f" → {decision.target_persona}, {decision.priority}", end="")
        print(f", ticket {turn.ticket.number}" if turn.ticket else "")
        assert turn.reply is not None
        print(f"  {self.app.personas.name(turn.reply.persona, turn.reply.language)}: {turn.reply.message}")
        return turn

    async def persona(self) -> PersonaType:
        """Return who has the call."""
        return (await self.app.conversations.state(self.call_id)).current_persona


@asynccontextmanager
async def on_the_line(title: str, name: str | None, language: Language) -> AsyncIterator[Call]:
    """Open the product in a temporary folder and start a call."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), company=None)
        app = await build(settings, sources=steady_sources())
        try:
            started = await app.conversations.start(customer_name=name, language=language)
            print(f"\n── {title}")
            print(f"  {app.personas.name(started.greeting.persona, language)}: {started.greeting.message}")
            yield Call(app, started.state.call_id)
        finally:
            await app.close()


async def test_service_inquiry_goes_from_reception_to_sales() -> None:
    """A customer who is interested meets Sarah, who answers with the price."""
    async with on_the_line("Service inquiry: reception to sales", "Layla", Language.en) as call:
        assert await call.persona() is PersonaType.reception

        turn = await call.says("I'm interested in your digital platform service")
        assert turn.routing.decision.target_persona is PersonaType.sales
        assert turn.handoff is not None
        assert "Sarah" in said(turn)

        turn = await call.says("What's the pricing for platform development?")
        assert turn.handoff is None
        assert await call.persona() is PersonaType.sales
        assert any(character.isdigit() for character in said(turn))


async def test_complaint_goes_from_reception_to_complaints_with_a_ticket() -> None:
    """Something broke: Mohammed takes over, and the matter has a number."""
    async with on_the_line("Complaint: reception to complaints, with a ticket", "Omar", Language.en) as call:
        turn = await call.says("Your platform is not working properly. It keeps crashing.")
        assert turn.routing.analysis.intent.intent is ConversationIntent.technical_support
        assert turn.routing.decision.target_persona is PersonaType.complaints
        assert turn.ticket is not None
        assert (turn.ticket.category, turn.ticket.priority) == (TicketCategory.technical, PriorityLevel.high)
        assert turn.ticket.number in said(turn)


async def test_a_full_english_conversation() -> None:
    """Greeting, opening hours, an offer, a complaint in anger, thanks: one call, every persona, one ticket."""
    async with on_the_line("A full English conversation", "Sam", Language.en) as call:
        await call.says("Hello")
        turn = await call.says("What are your working hours?")
        assert await call.persona() is PersonaType.reception
        assert "9:00" in said(turn)

        await call.says("I'd like to buy advertising for my shop, how much is it?")
        assert await call.persona() is PersonaType.sales

        turn = await call.says("The campaign you sold me never started and I am really angry!")
        assert await call.persona() is PersonaType.complaints
        assert turn.find(Escalation) is not None
        assert turn.ticket is not None
        assert turn.ticket.priority is PriorityLevel.urgent

        turn = await call.says("My order number is 7474839")
        assert turn.ticket is not None
        assert turn.ticket.order_number == "7474839"

        await call.says("Thank you, goodbye")
        log = await call.app.store.events(call.call_id)
        spoken = transcript(log)
        assert spoken.statistics.user_messages == 6
        assert spoken.statistics.assistant_messages == 7
        assert spoken.statistics.personas_used == (
            PersonaType.reception,
            PersonaType.sales,
            PersonaType.complaints,
        )


async def test_the_persona_manager_speaks_for_all_three() -> None:
    """Each persona has a name and a voice of its own in both languages."""
    async with on_the_line("The personas", None, Language.ar) as call:
        personas = call.app.personas
        names = {
            PersonaType.reception: ("أحمد", "Ahmed"),
            PersonaType.sales: ("سارة", "Sarah"),
            PersonaType.complaints: ("محمد", "Mohammed"),
        }
        for persona, (arabic, english) in names.items():
            assert personas.name(persona, Language.ar) == arabic
            assert personas.name(persona, Language.en) == english
            for language in Language:
                greeting = personas.greeting(persona, language)
                print(f"  {persona} ({language}): {greeting}")
                assert personas.name(persona, language) in greeting


async def test_a_persona_can_be_switched_by_hand() -> None:
    """An agent moves the call; the customer is told, and the persona keeps the call."""
    async with on_the_line("Switching by hand", "Nour", Language.en) as call:
        handoff = await call.app.conversations.switch_persona(call.call_id, PersonaType.sales)
        assert handoff is not None
        print(f"  ⇄ {handoff.message}")
        assert "Sarah" in handoff.message
        assert await call.persona() is PersonaType.sales
        assert await call.app.conversations.switch_persona(call.call_id, PersonaType.sales) is None

        turn = await call.says("What are your working hours?")
        assert turn.reply is not None
        assert turn.reply.persona is PersonaType.sales


async def test_a_full_arabic_conversation() -> None:
    """The same house in Arabic: advertising, a price, an angry complaint, an urgent ticket."""
    async with on_the_line("مكالمة عربية كاملة", "علي", Language.ar) as call:
        turn = await call.says("أنا مهتم بخدمة الإعلانات")
        assert await call.persona() is PersonaType.sales
        assert "ريال" in said(turn)

        await call.says("كم تكلفة تصميم موقع؟")
        assert await call.persona() is PersonaType.sales

        turn = await call.says("الموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً")
        assert await call.persona() is PersonaType.complaints
        assert turn.routing.analysis.sentiment.sentiment is Sentiment.angry
        assert turn.find(Escalation) is not None
        assert turn.ticket is not None
        assert turn.ticket.priority is PriorityLevel.urgent
        assert turn.ticket.number in said(turn)


async def test_the_deposit_story() -> None:
    """A complaint told in pieces: nothing is lost, nothing asked twice, the customer knows the number."""
    async with on_the_line("The deposit story", None, Language.en) as call:
        await call.says("hello, i have a issue")
        await call.says("my order number is 7474839")
        await call.says(
            "i put a deposit when i rented a car but it's been more than 2 weeks "
            "and i didnt get the refund for that deposit"
        )
        form = "Name: Sam Lee\nOrder number:\nPhone:\nWhat happened: deposit not refunded"
        turn = await call.says(form)
        assert "order number" not in said(turn).lower().split("?")[0].rsplit(".", 1)[-1]
        turn = await call.says("what else you need?")

        state = await call.app.conversations.state(call.call_id)
        assert state.slots.order_number == "7474839"
        assert len(state.tickets) == 1
        ticket = await call.app.store.ticket(state.tickets[0])
        assert ticket.order_number == "7474839"
        assert ticket.category is TicketCategory.billing
        assert "deposit" in ticket.description
        assert ticket.number in said(turn)


def said(turn: Turn) -> str:
    """Return the words of the reply."""
    assert turn.reply is not None
    return turn.reply.message


async def _print_all() -> None:
    for name, scenario in list(globals().items()):
        if name.startswith("test_"):
            await scenario()


if __name__ == "__main__":
    asyncio.run(_print_all())

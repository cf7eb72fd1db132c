"""Figures that every store counts alike: the same calls in Arabic and English, compared with sums made by hand.

CALL-1, Arabic, web, complaints: an angry technical matter with a ticket that an agent settles; the model spoke.
CALL-2, English, WhatsApp, sales: two questions answered, over, score 5; nothing was left for a human.
CALL-3, Arabic, phone, reception: greeted, never spoke, over. CALL-4, English, web: asks for a human, an agent takes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from callcenter.calls import (
    CallId,
    Channel,
    ConversationIntent,
    Language,
    PersonaType,
    Sentiment,
    TicketCategory,
    TokenUsage,
)
from callcenter.events import (
    AgentMessage,
    CallClaimed,
    CallEvent,
    Correction,
    CorrectionAction,
    Outcome,
    SuggestionVerdict,
)
from callcenter.store import Append, Store
from callcenter.store.analytics import Analytics, AnalyticsFilter, Delay, Figures, Share, Split
from callcenter.tickets import TicketChange, TicketStatus
from tests.contracts.stores import STORES
from tests.factories import (
    NOON,
    TICKET,
    after,
    analysis,
    assistant_message,
    call_ended,
    decision,
    escalation,
    following,
    handoff,
    opening,
    routing,
    suggestion_used,
    ticket,
    ticket_created,
    transfer_requested,
    user_message,
)

pytestmark = pytest.mark.contract

DAY = 86_400
PERIOD = AnalyticsFilter(started_from=NOON, started_until=after(2 * DAY), time_zone="Asia/Riyadh")
NOW = after(5 * 3600)


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    opened = await STORES[request.param](request)()
    yield opened
    await opened.close()


async def keep(store: Store, begun: Append, *events: CallEvent) -> None:
    """Keep a call, with the tickets that its events open."""
    await store.append(begun)
    opened = tuple(each.ticket for each in events if each.event == "ticket_created")
    await store.append(following(begun.state, *events, opened=opened))


def turn(
    number: int,
    seconds: float,
    intent: ConversationIntent,
    sentiment: Sentiment,
    *,
    took: float | None = 1.0,
    voice: str = "offline",
    usage: TokenUsage | None = None,
    faults: tuple[str, ...] = (),
    language: Language = Language.ar,
) -> list[CallEvent]:
    """Return a message, how it was understood, and its reply after so many seconds; None: there is none."""
    message_id, at = f"m-{number}", after(seconds)
    events: list[CallEvent] = [
        user_message(message_id=message_id, at=at),
        routing(
            message_id=message_id,
            at=at,
            said=analysis(intent=intent, sentiment=sentiment, language=language),
            decided=decision(language=language),
        ),
    ]
    if took is not None:
        spoken = {
            "voice": voice,
            "usage": usage,
            "corrections": tuple(Correction(fault=fault, action=CorrectionAction.replaced) for fault in faults),
        }
        reply = assistant_message(message_id=message_id, at=after(seconds + took))
        events.append(reply.model_copy(update=spoken))
    return events


async def fill(store: Store) -> None:
    """Keep the four calls, and one a moment before and one a moment after the period."""
    opened = ticket(at=after(10), category=TicketCategory.technical)
    paid = TokenUsage(input_tokens=100, cached_tokens=40, output_tokens=20, cost_microusd=7)
    wants = ConversationIntent
    await keep(
        store,
        opening("CALL-1"),
        *turn(1, 10, wants.technical_support, Sentiment.neutral, took=None),
        handoff(at=after(10)),
        escalation(at=after(10)),
        ticket_created(at=after(10), opened=opened),
        assistant_message(at=after(12)).model_copy(update={"voice": "gpt", "usage": paid}),
        *turn(2, 20, wants.complaint, Sentiment.angry, took=4, voice="gpt", usage=paid, faults=("wrong_language",)),
        *turn(3, 30, wants.complaint, Sentiment.frustrated, took=3, voice="gpt", usage=paid, faults=("asked_again",)),
        *turn(4, 40, wants.information, Sentiment.neutral, took=0.25, voice="apology", usage=paid),
        *turn(5, 50, wants.goodbye, Sentiment.positive, took=0.5),
    )
    await store.change_ticket(TICKET, TicketChange(status=TicketStatus.open), actor="منى", now=after(70))
    await store.change_ticket(TICKET, TicketChange(status=TicketStatus.resolved), actor="منى", now=after(110))
    await store.change_ticket(TICKET, TicketChange(status=TicketStatus.reopened), actor="منى", now=after(200))
    await store.change_ticket(TICKET, TicketChange(status=TicketStatus.resolved), actor="منى", now=after(3610))
    await store.change_ticket(TICKET, TicketChange(status=TicketStatus.closed), actor="منى", now=after(7000))

    ended = call_ended(seq=1, at=after(100)).model_copy(update={"satisfaction": 5})
    await keep(
        store,
        opening("CALL-2", language=Language.en, channel=Channel.whatsapp, persona=PersonaType.sales, at=after(1)),
        *turn(1, 2, wants.sales_interest, Sentiment.positive, took=6, language=Language.en),
        *turn(2, 10, wants.goodbye, Sentiment.very_positive, took=1.5, language=Language.en),
        ended,
    )
    await keep(
        store,
        opening("CALL-3", channel=Channel.phone, at=after(DAY)),
        call_ended(seq=1, at=after(DAY + 60), outcome=Outcome.abandoned),
    )
    callback = ticket("TKT-00000002", call_id="CALL-4", category=TicketCategory.callback, at=after(DAY))
    human = {"agent": "mona@company.example", "agent_name": "Mona", "seq": 1, "call_id": CallId("CALL-4")}
    await keep(
        store,
        opening("CALL-4", language=Language.en, at=after(DAY)),
        *turn(1, DAY + 1, wants.human_request, Sentiment.negative, took=None, language=Language.en),
        transfer_requested(at=after(DAY + 1)),
        ticket_created(at=after(DAY + 1), opened=callback),
        assistant_message(at=after(DAY + 1)),
        CallClaimed(at=after(DAY + 31), message="Mona is with you now.", **human),
        AgentMessage(at=after(DAY + 40), message="Hello, how can I help?", language=Language.en, **human),
    )
    for call_id, seconds in (("CALL-0", -0.000_001), ("CALL-5", 2 * DAY)):
        await store.append(opening(call_id, at=after(seconds)))


async def asked(store: Store, **changes: object) -> Analytics:
    return await store.analytics(PERIOD.model_copy(update=changes), now=NOW)


async def only(store: Store, **changes: object) -> Figures:
    (figures,) = (await asked(store, **changes)).groups
    return figures


def share(count: int, of: int) -> Share:
    return Share(count=count, of=of, rate=round(count / of, 4) if of else None)


async def test_all_figures_are_what_a_hand_counts(store: Store) -> None:
    await fill(store)
    found = await only(store)
    assert found.group is None
    assert found.calls.model_dump() == {
        "started": 4,
        "ended": 2,
        "spoken": 3,
        "outcomes": {"resolved": 1, "ticket_open": 0, "handed_off": 0, "abandoned": 1},
    }
    assert found.messages.model_dump() == {"customer": 8, "persona": 12, "agent": 1}
    assert {intent: count for intent, count in found.intents.items() if count} == {
        "technical_support": 1,
        "complaint": 2,
        "information": 1,
        "goodbye": 2,
        "sales_interest": 1,
        "human_request": 1,
    }
    moods = (found.sentiment.first, found.sentiment.second, found.sentiment.third, found.sentiment.fourth)
    assert [{each: count for each, count in mood.sentiments.items() if count} for mood in moods] == [
        {"neutral": 1, "angry": 1, "positive": 1, "negative": 1},  # of five messages, the first two
        {"frustrated": 1},
        {"neutral": 1, "very_positive": 1},  # two messages: the second begins the second half
        {"positive": 1},
    ]
    assert [mood.valence for mood in moods] == [-0.75, -2.0, 1.0, 1.0]
    assert found.handoffs[PersonaType.reception] == {PersonaType.sales: 0, PersonaType.complaints: 1}
    assert found.containment == share(1, 1), "the silent call is not contained, the open ones are not over"
    assert (found.escalation, found.transfer, found.claimed) == (share(1, 3), share(1, 3), share(1, 3))
    assert found.human_wait == Delay(count=1, p50_seconds=30.0, p95_seconds=30.0)
    assert found.first_response == Delay(count=3, p50_seconds=2.0, p95_seconds=6.0)  # 0, 2, 6
    assert found.response == Delay(count=8, p50_seconds=1.5, p95_seconds=6.0)  # 0, .25, .5, 1.5, 2, 3, 4, 6
    assert found.satisfaction.model_dump() == {
        "count": 1,
        "average": 5.0,
        "scores": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 1},
    }
    replies = found.replies
    assert (replies.count, replies.offline, replies.model, replies.apology) == (8, 4, 3, 1)
    assert (replies.wrong_language, replies.asked_again) == (share(1, 4), share(1, 4))
    assert found.tokens.model_dump() == {"input": 400, "cached": 160, "output": 80, "cost_microusd": 28}


async def test_what_agents_make_of_suggestions_is_counted_by_verdict_and_agent(store: Store) -> None:
    decided = [
        (SuggestionVerdict.sent, 1.0, 2.0, "mona@company.example"),
        (SuggestionVerdict.edited, 0.5, 3.5, "mona@company.example"),
        (SuggestionVerdict.edited, 0.8125, 9.0, "عمر: المناوب"),
        (SuggestionVerdict.ignored, 0.1, 4.0, "mona@company.example"),
        (SuggestionVerdict.dismissed, None, 1.25, "mona@company.example"),
    ]
    events = [
        suggestion_used(seq=1, at=after(9), verdict=verdict, similarity=alike, seconds=seconds, agent=agent)
        for verdict, alike, seconds, agent in decided
    ]
    await keep(store, opening("CALL-1"), *events[:4])
    await keep(store, opening("CALL-2", language=Language.en), events[4].altered({"call_id": CallId("CALL-2")}))
    found = (await only(store)).copilot
    assert (found.sent, found.edited, found.dismissed, found.ignored) == (1, 2, 1, 1)
    assert found.acceptance == share(3, 5)
    assert found.edit_similarity == 0.5, "the lower of two, by nearest rank"
    assert found.decision == Delay(count=5, p50_seconds=3.5, p95_seconds=9.0)
    assert [(each.agent, each.sent, each.edited, each.acceptance) for each in found.agents] == [
        ("mona@company.example", 1, 1, share(2, 4)),
        ("عمر: المناوب", 0, 1, share(1, 1)),
    ]
    arabic, english = (
        (each.copilot.acceptance, each.copilot.edit_similarity)
        for each in (await asked(store, by=Split.language)).groups
    )
    assert (arabic, english) == ((share(3, 4), 0.5), (share(0, 1), None))


async def test_tickets_are_timed_by_what_humans_did(store: Store) -> None:
    await fill(store)
    tickets = (await only(store)).tickets
    assert (tickets.opened, tickets.settled) == (2, 1)
    assert [*tickets.categories.items()][:2] == [("technical", 1), ("callback", 1)]
    assert tickets.first_response == Delay(count=1, p50_seconds=60.0, p95_seconds=60.0)
    assert tickets.resolution == Delay(count=1, p50_seconds=3600.0, p95_seconds=3600.0), "since the last reopening"
    assert tickets.sla.model_dump() == {"met": 1, "breached": 0, "waiting": 1, "rate": 1.0}
    later = await store.analytics(PERIOD, now=after(DAY + 4 * 3600 + 1))
    assert later.groups[0].tickets.sla.model_dump() == {"met": 1, "breached": 1, "waiting": 0, "rate": 0.5}


async def test_what_has_no_data_is_null_and_no_zero(store: Store) -> None:
    found = await only(store)
    rates = (found.containment, found.escalation, found.transfer, found.claimed, found.replies.wrong_language)
    assert {each.rate for each in rates} == {None}
    delays = (found.first_response, found.response, found.tickets.resolution, found.human_wait)
    assert {each.p95_seconds for each in delays} == {None}
    assert found.satisfaction.average is found.tickets.sla.rate is found.tokens.cost_microusd is None
    assert (found.copilot.acceptance, found.copilot.edit_similarity, found.copilot.agents) == (share(0, 0), None, ())
    assert (found.tokens.input, found.sentiment.first.valence, found.calls.started) == (None, None, 0)


async def test_a_price_that_is_not_known_of_every_reply_is_not_told(store: Store) -> None:
    free = TokenUsage(input_tokens=5, output_tokens=1)
    said = turn(1, 1, ConversationIntent.other, Sentiment.neutral, usage=free, voice="gpt")
    more = free.model_copy(update={"cost_microusd": 9})
    said += turn(2, 5, ConversationIntent.other, Sentiment.neutral, usage=more, voice="gpt")
    await keep(store, opening(), *said)
    assert (await only(store)).tokens.model_dump() == {"input": 10, "cached": 0, "output": 2, "cost_microusd": None}


@pytest.mark.parametrize(
    ("by", "started"),
    [
        (Split.language, {"ar": 2, "en": 2}),
        (Split.persona, {"reception": 2, "sales": 1, "complaints": 1}),
        (Split.channel, {"web": 2, "whatsapp": 1, "phone": 1, "console": 0}),
        (Split.day, {"2026-11-02": 2, "2026-11-03": 2, "2026-11-04": 0}),
        (None, {None: 4}),
    ],
)
async def test_every_call_is_in_one_group(store: Store, by: Split | None, started: dict[str | None, int]) -> None:
    await fill(store)
    found = await asked(store, by=by)
    assert {each.group: each.calls.started for each in found.groups} == started
    whole = await only(store)
    assert sum(each.messages.customer for each in found.groups) == whole.messages.customer
    assert sum(each.tickets.opened for each in found.groups) == whole.tickets.opened
    assert sum(each.response.count for each in found.groups) == whole.response.count


async def test_groups_have_figures_of_their_own(store: Store) -> None:
    await fill(store)
    arabic, english = (await asked(store, by=Split.language)).groups
    assert (arabic.replies.wrong_language, english.replies.wrong_language) == (share(1, 4), share(0, 0))
    assert (arabic.first_response.p50_seconds, english.first_response.p95_seconds) == (2.0, 6.0)


@pytest.mark.parametrize(
    ("filters", "started"),
    [
        ({"language": Language.ar}, 2),
        ({"channel": Channel.whatsapp}, 1),
        ({"persona": PersonaType.complaints}, 1),
        ({"language": Language.en, "channel": Channel.phone}, 0),
    ],
)
async def test_filters_leave_the_rest_out(store: Store, filters: dict[str, object], started: int) -> None:
    await fill(store)
    assert (await only(store, **filters)).calls.started == started
    assert len((await asked(store, by=Split.language, **filters)).groups) == (1 if "language" in filters else 2)


async def test_a_day_is_the_companys(store: Store) -> None:
    """Ten at night in London is tomorrow in Riyadh; a clock that was put back makes a day of 25 hours."""
    night = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    for number in range(27):
        await store.append(opening(f"CALL-{number}", at=night + timedelta(hours=number)))
    period = {"started_from": night, "started_until": night + timedelta(days=2), "by": Split.day}
    riyadh = await asked(store, **period)
    assert [(each.group, each.calls.started) for each in riyadh.groups] == [
        ("2026-10-25", 23),
        ("2026-10-26", 4),
        ("2026-10-27", 0),
    ]
    london = await asked(store, **period, time_zone="Europe/London")
    assert [(each.group, each.calls.started) for each in london.groups] == [
        ("2026-10-24", 1),
        ("2026-10-25", 25),
        ("2026-10-26", 1),
    ]


@pytest.mark.parametrize(
    ("until", "zone"), [(after(0), "UTC"), (after(400 * DAY + 1), "UTC"), (after(1), "Asia/Nowhere"), (after(1), "/x")]
)
def test_no_store_is_asked_what_makes_no_sense(until: datetime, zone: str) -> None:
    with pytest.raises(ValidationError):
        AnalyticsFilter(started_from=NOON, started_until=until, time_zone=zone)

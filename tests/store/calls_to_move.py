"""Calls worth moving: in both languages, with tickets that somebody worked on, and as many as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from callcenter.calls import Language
from callcenter.store import Archive, ArchivedTicket, Store
from callcenter.tickets import TicketChange, TicketStatus
from tests import factories as make


async def keep_arabic_call(store: Store, call_id: str = "AR-1", number: str = "TKT-00000001") -> None:
    """Keep a call with a ticket that an agent took up, so that its history has more than the call told."""
    steps = [make.opening(call_id, customer_name="علي")]
    opened = make.ticket(number, call_id=call_id)
    said = make.user_message(call_id), make.routing(call_id), make.ticket_created(call_id, opened=opened)
    steps.append(make.following(steps[-1].state, *said, opened=(opened,)))
    steps.append(make.following(steps[-1].state, make.assistant_message(call_id)))
    for step in steps:
        await store.append(step)
    change = TicketChange(status=TicketStatus.open, version=1)
    await store.change_ticket(opened.number, change, actor="key-12345678", now=make.after(90))


async def keep_english_call(store: Store, call_id: str = "EN-1") -> None:
    opening = make.opening(call_id, customer_name="Layla", language=Language.en, at=make.after(60))
    await store.append(opening)
    said = make.user_message(call_id, message="What are your opening hours? 🕘 \u2028 “quoted”", at=make.after(61))
    await store.append(make.following(opening.state, said, make.call_ended(call_id, seq=1, at=make.after(62))))


def bilingual_calls(number: int) -> Sequence[Archive]:
    """Return calls of ten events each, every other one in English, one in ten with a ticket."""
    found = []
    for count in range(number):
        call_id, at = f"CALL-{count:06d}", make.NOON + timedelta(minutes=count)
        language = Language.en if count % 2 else Language.ar
        steps = [make.opening(call_id, at=at, language=language, customer_name="Layla" if count % 2 else "علي")]
        events = list(steps[0].events)
        for turn in range(4):
            said = make.user_message(call_id, at=at, message_id=f"m-{turn}"), make.routing(call_id, at=at)
            events += make.following(make.state_of(*events), *said).events
        tickets: tuple[ArchivedTicket, ...] = ()
        if count % 10 == 0:
            opened = make.ticket(f"TKT-{count:08d}", call_id=call_id, at=at)
            events += make.following(make.state_of(*events), make.ticket_created(call_id, opened=opened, at=at)).events
            entry = {"version": 1, "at": at, "actor": "customer", "changes": {"subject": opened.subject}}
            tickets = (ArchivedTicket.model_validate({"ticket": opened, "history": [entry]}),)
        found.append(Archive(call=make.state_of(*events), events=tuple(events), tickets=tickets))
    return found


async def keep_many(store: Store, number: int) -> None:
    calls = bilingual_calls(number)
    for begin in range(0, number, 100):
        assert all(await asyncio.gather(*(store.restore(each) for each in calls[begin : begin + 100])))

"""What every store does with tickets beside keeping them: comments, merges, search. stores.py says which there are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.calls import CallId, PriorityLevel, TicketNumber
from callcenter.errors import InvalidMerge, InvalidRequest, InvalidTransition, TicketNotFound
from callcenter.store import Archive, ArchivedTicket, Store, TicketFilter, TicketOrder
from callcenter.store.sqlite import SQLiteStore
from callcenter.tickets import Ticket, TicketChange, TicketStatus, merge
from tests.contracts.stores import OpenStore
from tests.contracts.test_store import open_one, told
from tests.factories import CALL, TICKET, after, following, ticket, ticket_updated, user_message

pytestmark = pytest.mark.contract


async def fill_with_words(store: Store) -> None:
    """Four tickets: 0 and 1 of one customer, 2 of another call, 3 with Arabic digits and an address."""
    words = (
        "أريد إلغاء الطلب فورًا",
        "The screen arrived broken",
        "طلبي متأخّر جدًّا، المدينة المنورة",
        "دفعت ٤٣٢١ ريال مرتين",
    )
    facts: tuple[dict[str, object], ...] = (
        {"order_number": "ORD-1001", "phone": "+966501234567", "customer_name": "فاطمة"},
        {"order_number": "007474839", "phone": "+201012345678", "email": "omar.h@example.com"},
        {"order_number": None, "phone": None},
        {"order_number": None, "phone": None, "customer_name": "Óscar O'Neil"},
    )
    for number, each in enumerate(words):
        opened = ticket(
            f"TKT-5000000{number}", call_id="CALL-2" if number == 2 else CALL, words=each, at=after(60 * number)
        )
        await open_one(store, opened.model_copy(update=facts[number]))


async def found(store: Store, query: str, **wanted: object) -> list[int]:
    page = await store.tickets(TicketFilter.model_validate({"query": query, **wanted}))
    return [int(each.number[-1]) for each in page.items]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("TKT-50000001", [1]),
        ("tkt-5000", [3, 2, 1, 0]),
        ("٥٠٠٠٠٠٠٢", [2]),
        ("الغاء", [0]),
        ("إلغاء الطلب", [0]),
        ("الطلَب", [2, 0]),
        ("طلب", [2, 0]),
        ("المدينه", [2]),
        ("مدينة", [2]),
        ("متأخر", [2]),
        ("4321", [3]),
        ("٤٣٢١ مرتين", [3]),
        ("SCREEN broken", [1]),
        ("broken sofa", []),
        ("reen", []),
        ("ord1001", [0]),
        ("ORD-1001", [0]),
        ("٠٠٧٤٧٤٨٣٩", [1]),
        ("7474839", [1]),
        ("0501234567", [0]),
        ("+966 50 123 4567", [0]),
        ("٠٥٠-١٢٣-٤٥٦٧", [0]),
        ("+966501234567", [0]),
        ("01012345678", [1]),
        ("omar.h@example.com", [1]),
        ("فاطمه", [0]),
        ("o'neil", [3]),
        ("!?", []),
        ("'; drop table tickets; --", []),
        ("q & xy | !z:* \\", []),
        ("%", []),
        ("مفقود", []),
    ],
)
async def test_tickets_are_found_by_words_however_they_are_spelled(
    store: Store, query: str, numbers: list[int]
) -> None:
    await fill_with_words(store)
    assert await found(store, query) == numbers


async def test_what_is_found_can_be_narrowed_and_paged(store: Store) -> None:
    await fill_with_words(store)
    assert await found(store, "tkt", call_id="CALL-2") == [2]
    assert await found(store, "tkt", order="due") == [0, 1, 2, 3]
    assert await found(store, "tkt", status="open") == []
    assert await found(store, "tkt", breached_at=after(60 + 4 * 3600)) == [1, 0]
    assert await found(store, "tkt", in_time_at=after(60 + 4 * 3600), priority="high") == [3, 2]
    for order in TicketOrder:
        wanted = TicketFilter(query="tkt", order=order)
        first = await store.tickets(wanted, limit=3)
        rest = await store.tickets(wanted, limit=3, cursor=first.next)
        assert [each.number for each in (*first.items, *rest.items)] == [
            each.number for each in (await store.tickets(TicketFilter(order=order))).items
        ]
        assert rest.next is None


async def test_tickets_are_found_by_what_is_added_to_them(store: Store) -> None:
    await fill_with_words(store)
    number = TicketNumber("TKT-50000001")
    await store.comment_ticket(number, "Courier says: بيت الجيران", actor="منى", now=after(500))
    await store.comment_ticket(number, "second look, see neighbours", actor="omar", now=after(600))
    assert await found(store, "جيران") == [1]
    assert await found(store, "neighbours courier screen") == [1], "words may stand anywhere on it"
    stored = await store.ticket(number)
    step = following(
        await store.state(CALL),
        user_message(message_id="m-9"),
        ticket_updated(told(stored, 700, description="The lamp arrived broken"), seq=1, message_id="m-9"),
        changed=(told(stored, 700, description="The lamp arrived broken"),),
    )
    await store.append(step)
    assert (await found(store, "lamp"), await found(store, "screen"), await found(store, "جيران")) == ([1], [], [1])


async def test_a_comment_is_part_of_the_history(store: Store) -> None:
    opened = ticket()
    await open_one(store, opened)
    comment = "العميل محق\nrefund agreed with سارة 🙂"
    changed = await store.comment_ticket(TICKET, comment, actor="منى", now=after(30))
    assert changed == opened.model_copy(update={"version": 2, "updated_at": after(30)}) == await store.ticket(TICKET)
    entry = (await store.ticket_history(TICKET))[-1]
    assert (entry.version, entry.actor, entry.at, entry.changes) == (2, "منى", after(30), {"comment": comment})


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"], ids=ascii)
async def test_a_comment_that_cannot_be_kept_is_refused(store: Store, text: str) -> None:
    await open_one(store, ticket())
    with pytest.raises(InvalidRequest):
        await store.comment_ticket(TICKET, text, actor="منى", now=after(30))
    assert len(await store.ticket_history(TICKET)) == 1


async def test_many_comments_at_once_are_all_kept(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    await open_one(stores[0], ticket())
    texts = [f"comment {number}" for number in range(10)]
    await asyncio.gather(
        *(
            stores[number % 2].comment_ticket(TICKET, text, actor="a", now=after(number))
            for number, text in enumerate(texts)
        )
    )
    history = await stores[0].ticket_history(TICKET)
    assert [entry.version for entry in history] == list(range(1, 12))
    assert sorted(str(entry.changes["comment"]) for entry in history[1:]) == texts


async def fill_with_duplicates(store: Store) -> tuple[Ticket, Ticket]:
    """Return an urgent ticket of one call, and a later, milder one of another."""
    first = ticket("TKT-00000001", priority=PriorityLevel.urgent)
    second = ticket("TKT-00000002", call_id="CALL-2", priority=PriorityLevel.low, at=after(60))
    for each in (first, second):
        await open_one(store, each)
    return first, second


async def test_a_duplicate_is_merged_across_calls(store: Store) -> None:
    first, second = await fill_with_duplicates(store)
    merged = await store.merge_tickets(first.number, second.number, actor="منى", now=after(90))
    assert merged == merge(first, second, now=after(90))
    assert merged == (await store.ticket(first.number), await store.ticket(second.number))
    assert (merged[0].status, merged[0].merged_into) == (TicketStatus.closed, second.number)
    assert (merged[1].priority, merged[1].due_at) == (PriorityLevel.urgent, first.due_at)
    of_first, of_second = [(await store.ticket_history(each.number))[-1] for each in merged]
    assert (of_first.actor, of_first.changes) == ("منى", {"status": "closed", "merged_into": second.number})
    assert of_second.changes["merged"] == first.number
    assert of_second.changes["priority"] == "urgent"
    assert [each.number for each in (await store.load(CALL, last=1)).tickets] == [first.number, second.number]
    assert [each.number for each in (await store.load(CallId("CALL-2"), last=1)).tickets] == [second.number]
    assert await found(store, first.number) == [2, 1], "the target is found by its duplicate too"


async def test_what_can_not_be_merged_is_refused_and_left(store: Store) -> None:
    first, second = await fill_with_duplicates(store)
    third = ticket("TKT-00000003", at=after(120))
    await open_one(store, third)
    with pytest.raises(InvalidMerge):
        await store.merge_tickets(first.number, first.number, actor="a", now=after(1))
    await store.merge_tickets(first.number, second.number, actor="a", now=after(200))
    for one, other in ((first, second), (first, third), (third, first), (second, first)):
        with pytest.raises(InvalidMerge):
            await store.merge_tickets(one.number, other.number, actor="a", now=after(300))
    for number, into in ((TicketNumber("TKT-9"), third.number), (third.number, TicketNumber("TKT-9"))):
        with pytest.raises(TicketNotFound):
            await store.merge_tickets(number, into, actor="a", now=after(300))
    with pytest.raises(InvalidTransition):
        await store.change_ticket(first.number, TicketChange(status=TicketStatus.reopened), actor="a", now=after(300))
    assert await store.ticket(third.number) == third


async def test_merges_lead_to_the_last_ticket_and_survive_its_erasure(store: Store) -> None:
    first, second = await fill_with_duplicates(store)
    third = ticket("TKT-00000003", call_id="CALL-3", at=after(120))
    await open_one(store, third)
    await store.merge_tickets(first.number, second.number, actor="a", now=after(200))
    await store.merge_tickets(second.number, third.number, actor="a", now=after(300))
    loaded = (await store.load(CALL, last=1)).tickets
    assert [each.number for each in loaded] == [first.number, second.number, third.number]
    await store.erase(CallId("CALL-2"))
    assert [each.number for each in (await store.load(CALL, last=1)).tickets] == [first.number]
    assert await found(store, "tkt") == [3, 1], "what a ticket is found by goes with it"


async def test_one_of_many_merges_of_a_ticket_is_done(open_store: OpenStore) -> None:
    stores = [await open_store(), await open_store()]
    first, second = await fill_with_duplicates(stores[0])
    pairs = [(first, second), (second, first)] * 4
    results = await asyncio.gather(
        *(
            stores[place % 2].merge_tickets(one.number, other.number, actor="a", now=after(100))
            for place, (one, other) in enumerate(pairs)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, InvalidMerge) for result in results) == len(pairs) - 1


async def test_comments_and_merges_move_with_their_calls(store: Store, tmp_path: Path) -> None:
    first, second = await fill_with_duplicates(store)
    await store.comment_ticket(first.number, "الجار استلمها", actor="a", now=after(100))
    await store.merge_tickets(first.number, second.number, actor="a", now=after(200))
    elsewhere = await SQLiteStore.open(tmp_path / "elsewhere.sqlite3")
    for call_id in (CALL, CallId("CALL-2")):
        whole_call = await gathered(store, call_id)
        assert await elsewhere.restore(whole_call)
        await store.erase(call_id)
        assert await store.restore(whole_call)
    for each in (store, elsewhere):
        assert await found(each, "استلمها") == [1]
        assert await found(each, first.number) == [2, 1]
        assert (await each.ticket(first.number)).merged_into == second.number
        assert "الجار استلمها" in [entry.changes.get("comment") for entry in await each.ticket_history(first.number)]
    await elsewhere.close()


async def gathered(store: Store, call_id: CallId) -> Archive:
    state = await store.state(call_id)
    return Archive(
        call=state,
        events=tuple(await store.events(call_id)),
        tickets=tuple(
            [
                ArchivedTicket(ticket=await store.ticket(number), history=tuple(await store.ticket_history(number)))
                for number in state.tickets
            ]
        ),
    )

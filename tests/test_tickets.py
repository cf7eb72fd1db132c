"""Tickets: what a message adds, how status may change, and that two editors never overwrite each other unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls import CallId, Language, PersonaType, PriorityLevel, Slots, TicketCategory, TicketNumber
from callcenter.errors import InvalidMerge, InvalidTransition
from callcenter.tickets import (
    ALLOWED,
    Ticket,
    TicketChange,
    TicketStatus,
    add_to_ticket,
    change_ticket,
    merge,
    open_ticket,
    passed_on,
    query_words,
    stands_for,
    still_merged,
    ticket_words,
)
from callcenter.tickets.ticket import SUBJECT_CHARS, subject_of

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def a_ticket(**slots: object) -> Ticket:
    return open_ticket(
        number=TicketNumber("TKT-00000001"),
        call_id=CallId("CALL-1"),
        category=TicketCategory.general,
        priority=PriorityLevel.high,
        slots=Slots.model_validate(slots),
        words="عندي مشكلة",
        language=Language.ar,
        persona=PersonaType.complaints,
        escalated=False,
        now=NOW,
        respond_within=DAY,
    )


def add(ticket: Ticket, slots: Slots, **facts: object) -> Ticket:
    known: dict[str, object] = {
        "category": None,
        "priority": PriorityLevel.medium,
        "escalated": False,
        "now": LATER,
        "respond_within": HOUR,
    }
    return add_to_ticket(ticket, slots=slots, **(known | facts))  # type: ignore[arg-type]


def test_a_ticket_holds_what_intake_knows():
    ticket = a_ticket(order_number="7474839", phone="+966500000000", description="الشاشة مكسورة", name="علي")
    assert ticket.description == ticket.subject == "الشاشة مكسورة"
    assert (ticket.order_number, ticket.phone, ticket.customer_name) == ("7474839", "+966500000000", "علي")
    assert ticket.due_at == NOW + DAY


def test_without_a_description_the_message_itself_is_kept():
    assert a_ticket().description == "عندي مشكلة"


def test_a_later_message_adds_and_counts_the_version_up():
    ticket = add(a_ticket(), Slots(order_number="7474839"), category=TicketCategory.billing)
    assert (ticket.order_number, ticket.category, ticket.version) == ("7474839", TicketCategory.billing, 2)
    assert ticket.updated_at == LATER


def test_a_message_that_adds_nothing_leaves_the_very_ticket():
    ticket = a_ticket(order_number="1")
    assert add(ticket, Slots(order_number="1")) is ticket


def test_nothing_known_is_lost_to_an_unknown_field():
    assert add(a_ticket(order_number="1"), Slots(phone="+1")).order_number == "1"


def test_a_definite_category_is_not_replaced():
    billing = add(a_ticket(), Slots(), category=TicketCategory.billing)
    assert add(billing, Slots(), category=TicketCategory.technical).category is TicketCategory.billing


def test_priority_only_rises_and_the_due_time_only_nears():
    urgent = add(a_ticket(), Slots(), priority=PriorityLevel.urgent)
    assert (urgent.priority, urgent.due_at) == (PriorityLevel.urgent, LATER + HOUR)
    calm = add(urgent, Slots(), priority=PriorityLevel.low, respond_within=DAY)
    assert (calm.priority, calm.due_at) == (PriorityLevel.urgent, LATER + HOUR)


def test_a_wish_for_a_human_stays_on_the_ticket():
    asked = add(a_ticket(), Slots(), human_requested=True)
    assert (asked.human_requested, asked.version) == (True, 2)
    assert add(asked, Slots(), human_requested=True) is asked
    assert add(asked, Slots()).human_requested


def test_a_new_message_reopens_a_settled_ticket():
    settled = change_ticket(a_ticket(), TicketChange(status=TicketStatus.resolved), now=NOW)
    assert add(settled, Slots(order_number="1")).status is TicketStatus.reopened


@pytest.mark.parametrize("before", TicketStatus)
@pytest.mark.parametrize("after", TicketStatus)
def test_status_follows_the_table(before, after):
    ticket = a_ticket().model_copy(update={"status": before})
    if after is before:
        assert change_ticket(ticket, TicketChange(status=after), now=LATER) is ticket
    elif after in ALLOWED[before]:
        changed = change_ticket(ticket, TicketChange(status=after), now=LATER)
        assert (changed.status, changed.version, changed.updated_at) == (after, 2, LATER)
    else:
        with pytest.raises(InvalidTransition) as refused:
            change_ticket(ticket, TicketChange(status=after), now=LATER)
        assert refused.value.facts["allowed"] == sorted(ALLOWED[before])


def test_every_status_can_be_left_and_reached():
    assert set(ALLOWED) == set(TicketStatus)
    assert {after for reachable in ALLOWED.values() for after in reachable} == set(TicketStatus) - {TicketStatus.new}


@pytest.mark.parametrize("word", ["word", "كلمة"])
def test_a_subject_is_one_line_cut_at_a_word(word):
    assert subject_of(f"\n{word}\n{word} {word}") == word
    long = " ".join([word] * 60)
    assert len(subject_of(long)) <= SUBJECT_CHARS
    assert subject_of(long).endswith(f"{word}…")
    assert subject_of("") == ""


def numbered(number: str, **changes: object) -> Ticket:
    return a_ticket(description="الشاشة مكسورة").altered({"number": TicketNumber(number), **changes})


def test_a_target_becomes_no_less_urgent_than_its_duplicate():
    urgent = numbered("TKT-1", priority=PriorityLevel.urgent, due_at=NOW + HOUR, escalated=True)
    duplicate, target = merge(urgent, numbered("TKT-2", human_requested=True), now=LATER)
    assert (duplicate.status, duplicate.merged_into) == (TicketStatus.closed, "TKT-2")
    assert (target.priority, target.due_at) == (PriorityLevel.urgent, NOW + HOUR)
    assert target.escalated
    assert target.human_requested
    assert (duplicate.version, target.version, target.updated_at) == (2, 2, LATER)


def test_the_due_time_of_a_settled_duplicate_counts_no_more():
    answered = numbered("TKT-1", status=TicketStatus.resolved, due_at=NOW - DAY)
    assert merge(answered, numbered("TKT-2"), now=LATER)[1].due_at == NOW + DAY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (numbered("TKT-1"), numbered("TKT-1")),
        (numbered("TKT-1", merged_into="TKT-2"), numbered("TKT-2")),
        (numbered("TKT-1"), numbered("TKT-2", merged_into="TKT-3")),
    ],
)
def test_what_is_one_and_the_same_or_was_merged_is_not_merged(one, other):
    with pytest.raises(InvalidMerge):
        merge(one, other, now=LATER)


def test_what_a_duplicate_is_told_goes_to_the_target_and_reopens_it():
    before = numbered("TKT-1", status=TicketStatus.closed, merged_into="TKT-2")
    told = Slots(description="الشاشة مكسورة\nولم يتصل أحد", phone="+966500000001", order_number="9981")
    after = still_merged(before, add(before, told, priority=PriorityLevel.urgent))
    assert (after.status, after.merged_into) == (TicketStatus.closed, "TKT-2")
    settled = numbered("TKT-2", status=TicketStatus.resolved, phone="+966500000002", description="Screen broken")
    target = passed_on(before, after, settled, now=LATER)
    assert target.description == "Screen broken\nولم يتصل أحد"
    assert (target.phone, target.order_number) == ("+966500000002", "9981"), "what it has stays"
    assert (target.status, target.priority) == (TicketStatus.reopened, PriorityLevel.urgent)
    assert target.due_at == LATER + HOUR
    assert target.version == settled.version + 1


def test_a_duplicate_that_is_told_nothing_new_stays_as_it_is():
    before = numbered("TKT-1", status=TicketStatus.closed, merged_into="TKT-2")
    assert still_merged(before, add(before, Slots(description="الشاشة مكسورة"))) is before


def test_a_chain_of_merges_leads_to_its_end_or_nowhere():
    one, two, three = numbered("TKT-1", merged_into="TKT-2"), numbered("TKT-2", merged_into="TKT-3"), numbered("TKT-3")
    every = {each.number: each for each in (one, two, three)}
    assert stands_for(one, every) is three
    assert stands_for(three, every) is three
    assert stands_for(one, {one.number: one}) is None


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("إلغاء", "الغاء"),
        ("المدرسة", "مدرسه"),
        ("بالطلب", "طلب"),
        ("رقم ١٢٣", "123"),
        ("ORD-1001", "ord1001"),
        ("Über café", "café"),
    ],
)
def test_words_are_compared_in_one_spelling(told, asked):
    words = f" {ticket_words(a_ticket(description=told))}"
    assert query_words(asked)
    assert all(f" {word}" in words for word in query_words(asked))


def test_a_question_has_no_end_of_words():
    assert len(query_words("كلمة " * 3 + " ".join(f"w{number}" for number in range(500)))) == 12
    assert query_words("!? … '") == ()
    assert all(len(word) <= 40 for word in query_words("x" * 200))

"""How a step is put behind what others wrote: nothing lost, nothing doubled, and the state folded anew."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from callcenter.calls import ConversationState
from callcenter.events import CallEvent, fold
from callcenter.store import Append
from callcenter.store.journal.rebasing import There, rebased
from callcenter.tickets import Ticket, TicketStatus
from tests.factories import (
    after,
    assistant_message,
    call_ended,
    following,
    greeting,
    handoff,
    opening,
    routing,
    ticket,
    ticket_created,
    ticket_updated,
    tool_called,
    user_message,
)

pytestmark = pytest.mark.unit

START = opening()


def there(*newer: CallEvent, before: ConversationState = START.state, tickets: Sequence[Ticket] = ()) -> There:
    """The call as the primary has it, with these events since `before`."""
    step = following(before, *newer) if newer else None
    return There(
        state=step.state if step else before,
        newer=step.events if step else (),
        older={},
        tickets={each.number: each for each in tickets},
    )


def kinds(step: Append | None) -> list[tuple[int, str]]:
    assert step is not None
    return [(event.seq, event.event) for event in step.events]


def test_events_get_the_next_places_and_the_state_is_folded_anew() -> None:
    ours = following(START.state, user_message(message_id="m-2", message="أين طلبي؟"), routing(message_id="m-2"))
    theirs = there(user_message(message_id="m-1", message="hello"))
    left = rebased(ours, theirs, {})
    assert kinds(left) == [(4, "user_message"), (5, "routing")]
    assert left is not None
    assert left.expected_seq == 3
    assert left.state == fold([*START.events, *theirs.newer, *left.events])


def test_a_step_that_is_all_there_leaves_nothing() -> None:
    ours = following(START.state, user_message(), routing(), handoff(), assistant_message())
    assert rebased(ours, there(*ours.events), {}) is None


def test_a_step_behind_a_shorter_log_moves_up() -> None:
    """The primary was restored from an older copy of itself."""
    far = following(START.state, user_message(message_id="m-1"))
    ours = following(far.state, user_message(message_id="m-2"))
    assert kinds(rebased(ours, there(), {})) == [(3, "user_message")]


@pytest.mark.parametrize(
    ("ours", "theirs", "left_out"),
    [
        (user_message(message="a"), user_message(message="b", at=after(5)), True),
        (user_message(message_id="m-1"), user_message(message_id="m-2"), False),
        (routing(), routing(at=after(5)), True),
        (assistant_message(message="نعم"), assistant_message(message="نعم", at=after(5)), True),
        (assistant_message(message="نعم"), assistant_message(message="yes"), False),
        (handoff(), handoff(at=after(5)), True),
        (handoff(message_id=None), handoff(message_id=None), True),
        (handoff(message_id=None), handoff(message_id=None, at=after(5)), False),
        (greeting(), greeting(at=after(5)), True),
        (greeting(), greeting(message="Hello"), False),
        (call_ended(seq=1), call_ended(seq=1, at=after(5)), True),
        (ticket_created(), ticket_created(at=after(5)), True),
        (ticket_created(), ticket_created(opened=ticket("TKT-2")), False),
    ],
    ids=lambda each: each.event if not isinstance(each, bool) else str(each),
)
def test_what_is_one_and_the_same_is_there_once(ours: CallEvent, theirs: CallEvent, *, left_out: bool) -> None:
    left = rebased(following(START.state, ours), there(theirs), {})
    assert (left is None) is left_out


def test_of_two_alike_one_is_left_when_one_is_there() -> None:
    ours = following(START.state, tool_called(seq=1), tool_called(seq=2))
    assert kinds(rebased(ours, there(tool_called(seq=1)), {})) == [(4, "tool_called")]


def test_a_call_begins_once() -> None:
    ours = opening(at=after(9), customer_name="Sara")
    left = rebased(ours, There(state=START.state, newer=START.events, older={}, tickets={}), {})
    assert left is None, "greeted in the same words"


def test_an_answer_before_the_place_of_the_step_is_known_too() -> None:
    said = following(START.state, user_message(), routing(), assistant_message())
    ours = following(said.state, user_message(), routing(), assistant_message())
    found = There(state=said.state, newer=(), older={user_message().message_id: said.events}, tickets={})
    assert rebased(ours, found, {}) is None


@pytest.mark.parametrize("told", [frozenset({"order_number"}), None], ids=["known", "unknown"])
def test_a_ticket_keeps_what_the_agent_and_what_the_call_said(told: frozenset[str] | None) -> None:
    made = ticket()
    ours = made.altered({"order_number": "9981", "updated_at": after(60), "version": 2})
    changes = {"status": TicketStatus.open, "assignee": "ليلى", "updated_at": after(90), "version": 4}
    agents = made.altered(changes)
    step = following(START.state, ticket_updated(ours, seq=1), changed=(ours,))
    left = rebased(step, there(tickets=[agents]), {made.number: told})
    assert left is not None
    assert left.changed == [agents.altered({"order_number": "9981", "version": 5})]


def test_tickets_of_what_is_there_are_not_written_again() -> None:
    made, more = ticket(), ticket("TKT-2")
    events = (ticket_created(opened=made), ticket_created(opened=more))
    step = following(START.state, *events, opened=(made, more))
    left = rebased(step, there(ticket_created(opened=made)), {})
    assert left is not None
    assert left.opened == [more]
    assert left.state.tickets == (made.number, more.number)

"""Whether a ticket is answered in time, at every edge."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.tickets import AWAITED, SLAState, TicketStatus, sla_state
from tests.factories import NOON, ticket

pytestmark = pytest.mark.unit

DUE = timedelta(hours=4)
"""What the factory's ticket is promised."""
A_MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("passed", "state"),
    [
        (timedelta(), SLAState.ok),
        (DUE * 3 / 4 - A_MOMENT, SLAState.ok),
        (DUE * 3 / 4, SLAState.due_soon),
        (DUE - A_MOMENT, SLAState.due_soon),
        (DUE, SLAState.breached),
        (timedelta(days=400), SLAState.breached),
    ],
)
def test_the_last_quarter_is_soon_and_the_due_time_too_late(passed, state):
    opened = ticket(at=NOON)
    assert opened.due_at == NOON + DUE
    assert sla_state(opened, NOON + passed) is state


@pytest.mark.parametrize("status", TicketStatus)
def test_only_a_customer_who_waits_for_us_can_wait_too_long(status):
    """Pending waits for the customer; resolved and closed for nobody."""
    waiting = ticket().model_copy(update={"status": status})
    late = sla_state(waiting, waiting.due_at)
    assert late is (SLAState.breached if status in AWAITED else SLAState.ok)
    assert set(TicketStatus) - set(AWAITED) == {TicketStatus.pending, TicketStatus.resolved, TicketStatus.closed}

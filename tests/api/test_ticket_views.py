"""Why a ticket is due when it is: by the change that set the time, whatever was changed since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callcenter.api.ticket_views import explained, listed
from callcenter.calls import PriorityLevel
from callcenter.company import DEMO, Promises, load_company
from callcenter.store import Page, TicketEntry
from callcenter.tickets import SLAState
from tests.factories import NOON, after, ticket

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
PROMISES = Promises(COMPANY.response_times, COMPANY.calendar)


def entry(version, at, **changes) -> TicketEntry:
    return TicketEntry(version=version, at=at, actor="customer", changes=changes)


def test_a_time_brought_nearer_is_explained_by_what_brought_it():
    raised_at = after(3600)
    due_at = PROMISES.due_at(PriorityLevel.urgent, raised_at)
    history = (
        entry(1, NOON, priority="low", due_at=(NOON + timedelta(hours=72)).isoformat()),
        entry(2, raised_at, priority="urgent", due_at=due_at.isoformat()),
        entry(3, after(7200), priority="high"),
    )
    changed = ticket(at=NOON).model_copy(update={"due_at": due_at, "priority": PriorityLevel.high})
    shown = explained(changed, history, PROMISES, after(7200))
    assert shown.sla.explained == PROMISES.explain(due_at, PriorityLevel.urgent, raised_at)
    assert "16:00" in shown.sla.explained[0].en, "13:00 UTC in Riyadh"
    assert shown.model_dump(exclude={"sla", "duplicates"}) == changed.model_dump()


@pytest.mark.parametrize(
    ("hours", "state"), [(0, SLAState.ok), (3.5, SLAState.due_soon), (4, SLAState.breached), (40, SLAState.breached)]
)
def test_a_list_tells_how_each_stands(hours, state):
    page = listed(Page(items=(ticket(at=NOON),), next="n"), NOON + timedelta(hours=hours))
    assert [each.sla.state for each in page.items] == [state]
    assert page.next == "n"

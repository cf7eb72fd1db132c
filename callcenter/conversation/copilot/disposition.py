"""Say from a call's log what came of it: the code an agent sets after the call. Pure.

Rules in order, the first that applies decides. What somebody promised or did (a ticket, a request for a human) stands
in the log and is sure; what the customer made of the answers is not, and is told with less confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from callcenter.calls import Confidence, ConversationIntent, ConversationState, TicketCategory
from callcenter.events import CallEvent, Disposition, Routing, fold
from callcenter.routing import RoutingPolicy
from callcenter.tickets import Ticket


class Rule(StrEnum):
    """Why a disposition is suggested; its texts stand in texts.toml."""

    silent = "silent"
    waits_for_call = "waits_for_call"
    waits_for_human = "waits_for_human"
    ticket_open = "ticket_open"
    left_contact = "left_contact"
    tickets_settled = "tickets_settled"
    unanswered = "unanswered"
    wants_to_buy = "wants_to_buy"
    asked_and_answered = "asked_and_answered"
    pleased = "pleased"
    only_courtesies = "only_courtesies"
    nothing_of_ours = "nothing_of_ours"


VERDICTS: Final[dict[Rule, tuple[Disposition, Confidence]]] = {
    Rule.silent: (Disposition.abandoned, 0.95),
    Rule.waits_for_call: (Disposition.callback_requested, 0.9),
    Rule.waits_for_human: (Disposition.transferred, 0.9),
    Rule.ticket_open: (Disposition.ticket_opened, 0.95),
    Rule.left_contact: (Disposition.sale_lead, 0.9),
    Rule.tickets_settled: (Disposition.resolved, 0.9),
    Rule.unanswered: (Disposition.abandoned, 0.8),
    Rule.wants_to_buy: (Disposition.sale_lead, 0.5),
    Rule.asked_and_answered: (Disposition.information_given, 0.75),
    Rule.pleased: (Disposition.resolved, 0.5),
    Rule.only_courtesies: (Disposition.abandoned, 0.5),
    Rule.nothing_of_ours: (Disposition.spam_or_wrong_number, 0.3),
}
"""What each rule suggests and how surely: what stands in the log from .75 on, what is judged below."""

JUDGED: Final = frozenset(rule for rule, (_, sure) in VERDICTS.items() if sure < 0.75)  # noqa: PLR2004 (see VERDICTS)
"""Rules that a model may know better than."""

_POLICY: Final = RoutingPolicy()
"""What is a guess to routing is one here."""
_QUESTIONS: Final = frozenset(
    {
        ConversationIntent.information,
        ConversationIntent.account_request,
        ConversationIntent.service_inquiry,
        ConversationIntent.training_interest,
    }
)
_COURTESIES: Final = frozenset({ConversationIntent.greeting, ConversationIntent.goodbye})


def rule_of(events: Sequence[CallEvent], tickets: Sequence[Ticket]) -> Rule:
    """Return the rule that fits a call's whole log, which is never empty, and its tickets as they stand now."""
    state = fold(events)
    assert state is not None  # noqa: S101 (a call's log starts with call_started)
    return _done(state, tickets) or _judged(state, events)


def _done(state: ConversationState, tickets: Sequence[Ticket]) -> Rule | None:
    """Return what was asked for, promised or settled."""
    if not state.user_message_count:
        return Rule.silent
    if state.human_requested:
        return Rule.waits_for_call if state.slots.contact else Rule.waits_for_human
    waiting = [ticket for ticket in tickets if not ticket.settled]
    if waiting:
        leads = all(ticket.category is TicketCategory.callback for ticket in waiting)
        return Rule.left_contact if leads else Rule.ticket_open
    if tickets:
        return Rule.tickets_settled
    return Rule.unanswered if state.unanswered else None


def _judged(state: ConversationState, events: Sequence[CallEvent]) -> Rule:
    """Return what the customer's wishes make likely."""
    understood = [event.analysis for event in events if isinstance(event, Routing)]
    wishes = {_POLICY.heard(each, has_ticket=False) for each in understood}
    if ConversationIntent.sales_interest in wishes:
        return Rule.left_contact if state.slots.contact else Rule.wants_to_buy
    if wishes & _QUESTIONS:
        return Rule.asked_and_answered
    if any(each.sentiment.sentiment.valence > 0 for each in understood):
        return Rule.pleased
    return Rule.only_courtesies if wishes <= _COURTESIES else Rule.nothing_of_ours

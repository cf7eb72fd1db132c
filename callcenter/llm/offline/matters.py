"""Answer a customer who has a problem or wants a human: fitting empathy, what is recorded, what happens next and when.

Claims nothing but what the ticket in the brief shows. What is still to be asked is decided before (Brief.asks) and put
at the end by the voice; nothing here asks for a fact.
"""

from __future__ import annotations

from callcenter.analysis.models import EntityKind
from callcenter.calls import ConversationIntent, Sentiment, TicketCategory
from callcenter.company import Answer
from callcenter.llm import TicketNews
from callcenter.llm.offline.facts import quoted
from callcenter.llm.offline.phrases import Recap, Wordings
from callcenter.llm.offline.turn import Draft, Turn
from callcenter.tickets import Ticket


def matter(turn: Turn) -> Draft:
    """Answer a complaint or a fault."""
    draft = Draft()
    draft.add(_sorry(turn))
    ticket = turn.brief.ticket
    if ticket is None:
        draft.add(turn.say(turn.lines.listening))
        return draft
    draft.add(_recorded(turn, ticket))
    if turn.brief.decision.transfer_to_human and turn.brief.ticket_news:
        draft.add(turn.say(turn.lines.human_also))
    draft.add_if_room(_first_step(turn))
    if turn.brief.ticket_news is not None and turn.brief.asks is None:
        draft.closing = _complete(turn, due_said=_says_when(turn))
    return draft


def noted(turn: Turn, ticket: Ticket) -> Draft:
    """Confirm what a message without a complaint of its own added to the ticket."""
    number, reach = turn.told(EntityKind.order_number), _reach_given(turn, ticket)
    lines = turn.lines
    draft = Draft()
    if reach:
        draft.add(turn.say(lines.noted_contact, contact=reach, ticket=ticket.number))
    elif number and number == ticket.order_number:
        draft.add(turn.say(lines.noted_order, number=number, ticket=ticket.number))
    else:
        draft.add(_recorded(turn, ticket))
    if turn.brief.asks is None:
        draft.closing = _complete(turn, due_said=not reach and not number and _says_when(turn))
    return draft


def needed_next(turn: Turn, ticket: Ticket) -> Draft:
    """Answer "what else do you need?": the one thing missing, or nothing, and what the ticket holds."""
    lines = turn.lines
    if turn.brief.asks is not None:
        return Draft([turn.say(lines.one_more, ticket=ticket.number)])
    items = _held(turn, ticket)
    return Draft([turn.say(lines.nothing_more_recap, ticket=ticket.number, items=items, within=turn.within())])


def status(turn: Turn) -> Draft:
    """Say how the matter stands, honestly also when we are late."""
    ticket, lines = turn.brief.ticket, turn.lines
    if ticket is None:
        return Draft([turn.say(lines.no_ticket)], turn.say(lines.ask_matter))
    if ticket.settled:
        return Draft([turn.say(lines.status_settled, ticket=ticket.number)])
    items = _held(turn, ticket)
    if ticket.due_at <= turn.brief.at:
        overdue = turn.say(lines.status_overdue, ticket=ticket.number, items=items, phone=turn.facts.phone)
        return Draft([overdue])
    return Draft([turn.say(lines.status, ticket=ticket.number, items=items, within=turn.within())])


def human(turn: Turn) -> Draft:
    """Answer a customer who is to be called back by a human: asked for, or because the call needs one."""
    ticket, lines = turn.brief.ticket, turn.lines
    if ticket is None:
        return Draft([turn.say(lines.contacts, phone=turn.facts.phone, email=turn.facts.email)])
    number = ticket.number
    draft = Draft()
    reach = _reach_given(turn, ticket)
    if not _asked_for_human(turn):
        draft.add(turn.say(lines.human_needed, ticket=number, within=turn.within()))
    elif turn.brief.ticket_news is None:
        draft.add(turn.say(lines.human_known, ticket=number, within=turn.within()))
    elif turn.open_now:
        draft.add(turn.say(lines.human_created, ticket=number, within=turn.within()))
    else:
        draft.add(turn.facts.outside_hours, "" if reach else turn.say(lines.human_away, ticket=number))
    if reach:
        draft.add(turn.say(lines.noted_contact, contact=reach, ticket=number))
    draft.closing = turn.say(lines.meanwhile)
    return draft


def _sorry(turn: Turn) -> str:
    """Apologise as strongly as the customer feels, for what went wrong and not in general."""
    sentiment, lines = turn.brief.analysis.sentiment.sentiment, turn.lines
    ticket = turn.brief.ticket
    found = turn.brief.analysis.category.category or (ticket.category if ticket else TicketCategory.general)
    wordings: dict[Sentiment, Wordings] = {
        Sentiment.frustrated: lines.sorry_frustrated,
        Sentiment.angry: lines.sorry_angry,
    }
    matter = turn.say(lines.matters[found])
    first = turn.brief.ticket_news is TicketNews.created
    return turn.say(wordings.get(sentiment, lines.sorry if first else lines.sorry_again), matter=matter)


def _recorded(turn: Turn, ticket: Ticket) -> str:
    lines = turn.lines
    escalated = turn.brief.decision.escalation_needed
    wordings = {
        (TicketNews.created, False): lines.created,
        (TicketNews.created, True): lines.created_escalated,
        (TicketNews.updated, False): lines.updated,
        (TicketNews.updated, True): lines.updated_escalated,
        (None, False): lines.unchanged,
        (None, True): lines.unchanged_escalated,
    }[turn.brief.ticket_news, escalated]
    return turn.say(wordings, ticket=ticket.number, within=turn.within())


def _says_when(turn: Turn) -> bool:
    """Whether what `_recorded` says names the time of the answer."""
    return turn.brief.ticket_news is not TicketNews.updated or turn.brief.decision.escalation_needed


def _complete(turn: Turn, *, due_said: bool) -> str:
    """Say that the customer need do no more, and when we will have."""
    nothing_more = turn.say(turn.lines.nothing_more)
    return nothing_more if due_said else f"{nothing_more} {turn.say(turn.lines.answer_due, within=turn.within())}"


def _first_step(turn: Turn) -> str:
    """Return something to try, where the profile answers just this and the customer is in the mood to try."""
    technical = turn.heard is ConversationIntent.technical_support
    if not technical or turn.brief.analysis.sentiment.sentiment.upset or turn.brief.ticket_news is None:
        return ""
    answer = next((each.topic for each in turn.articles if isinstance(each.topic, Answer)), None)
    return turn.say(turn.lines.first_step, answer=quoted(answer, turn.language)) if answer else ""


def _held(turn: Turn, ticket: Ticket) -> str:
    """Name what the ticket holds."""
    held = {
        Recap.description: ticket.description,
        Recap.order_number: ticket.order_number,
        Recap.amount: ticket.amount,
        Recap.occurred: ticket.occurred,
        Recap.contact: ticket.phone or ticket.email,
    }
    return turn.listed([turn.say(turn.lines.recap[what], value=value) for what, value in held.items() if value])


def _reach_given(turn: Turn, ticket: Ticket) -> str | None:
    """Return the contact that this message gave, also where it was taken for a bare number at first."""
    given = {turn.told(kind) for kind in (EntityKind.phone, EntityKind.email, EntityKind.order_number)}
    return next((each for each in (ticket.phone, ticket.email) if each and each in given), None)


def _asked_for_human(turn: Turn) -> bool:
    intent = turn.brief.analysis.intent
    wanted = ConversationIntent.human_request
    return turn.heard is wanted or any(other.intent is wanted for other in intent.others)

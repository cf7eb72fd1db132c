"""Answer a customer who has a problem or wants a human: fitting empathy, what is recorded, what happens next and when.

Claims nothing but what the ticket in the brief shows. What is still to be asked is decided before (Brief.asks) and put
at the end by the voice; nothing here asks for a fact.
"""

from __future__ import annotations

from typing import Final

from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import ConversationIntent, PriorityLevel, Sentiment, Slot, TicketCategory
from callcenter.company import Answer
from callcenter.company.money import written
from callcenter.llm import TicketNews
from callcenter.llm.offline import passages
from callcenter.llm.offline.facts import quoted
from callcenter.llm.offline.phrases import Cue, Label, Recap, Wordings
from callcenter.llm.offline.turn import NUMBERS, Draft, Turn
from callcenter.tickets import Ticket

_HINT_CHARS: Final = 300
"""What is left of a reply for something to try, beside what was recorded."""
_NO_CATEGORY: Final = frozenset({None, TicketCategory.general, TicketCategory.callback})
"""What routing says where a message tells nothing of the matter."""


def matter(turn: Turn) -> Draft:
    """Answer a complaint or a fault."""
    draft = Draft()
    draft.add(_sorry(turn))
    ticket = turn.brief.ticket
    if ticket is None:
        draft.add(turn.say(turn.lines.listening))
        return draft
    if turn.brief.decision.transfer_to_human and turn.brief.ticket_news:
        draft.add(turn.say(turn.lines.human_also))
    draft.add(_recorded(turn, ticket))
    draft.add_if_room(_first_step(turn))
    if turn.brief.ticket_news is not None and turn.brief.asks is None:
        draft.closing = _complete(turn, due_said=_says_when(turn))
    return draft


def noted(turn: Turn, ticket: Ticket) -> Draft:
    """Confirm what a message without a complaint of its own added to the ticket, or changed on it."""
    lines = turn.lines
    reach, facts = _reach_given(turn, ticket), _facts_given(turn, ticket)
    draft = Draft()
    if turn.does(Act.correction) and (facts or reach):
        label, value = facts[0] if facts else (Label.contact, reach or "")
        changed = turn.say(lines.labels[label])
        draft.add(turn.say(lines.corrected, label=changed, value=_written(turn, label, value), ticket=ticket.number))
    else:
        if facts:
            items = turn.listed([_item(turn, label, value) for label, value in facts])
            draft.add(turn.say(lines.noted_facts, items=items, ticket=ticket.number))
        if reach:
            draft.add(turn.say(lines.noted_contact, contact=reach, ticket=ticket.number))
    recorded = "" if draft.parts else _recorded(turn, ticket)
    draft.add(recorded)
    if turn.brief.asks is None:
        draft.closing = _complete(turn, due_said=bool(recorded) and _says_when(turn))
    return draft


def contact_declined(turn: Turn, ticket: Ticket) -> Draft:
    """Accept that the customer leaves no contact, and say where the answer will be found."""
    declined = turn.say(turn.lines.contact_declined, ticket=ticket.number, within=turn.within())
    return Draft([declined], asking=turn.brief.asks is not Slot.contact)


def declines_contact(turn: Turn) -> bool:
    """Whether the customer won't leave a contact: says so, or says no right after being asked for one."""
    ticket, slots = turn.brief.ticket, turn.brief.state.slots
    if ticket is None or ticket.settled or ticket.phone or ticket.email or Slot.contact not in slots.asked:
        return False
    if not NUMBERS.isdisjoint(turn.cues):  # what has no number may be the order, as intake read it
        return Slot.contact in slots.declined
    refuses = turn.does(Act.deny) or turn.does(Act.not_available) or turn.does(Act.not_interested)
    asked = turn.just_said(turn.lines.asks[Slot.contact], turn.lines.asks_again[Slot.contact])
    return Cue.no_contact in turn.cues or (refuses and asked)


def needed_next(turn: Turn, ticket: Ticket) -> Draft:
    """Answer "what else do you need?": the one thing missing, or nothing, and what the ticket holds."""
    lines = turn.lines
    if turn.brief.asks is not None:
        return Draft([turn.say(lines.one_more, ticket=ticket.number)])
    recap = lines.nothing_more_recap if ticket.phone or ticket.email else lines.no_contact_recap
    return Draft([turn.say(recap, ticket=ticket.number, items=_held(turn, ticket), within=turn.within())])


def waiting(turn: Turn, ticket: Ticket) -> Draft:
    """Answer "I'm still waiting": honestly, with the time that was promised and what was done."""
    if ticket.settled or ticket.due_at <= turn.brief.at:
        return status(turn)
    draft = Draft([turn.say(turn.lines.waiting, ticket=ticket.number, within=turn.within())])
    _urgency(turn, ticket, draft)
    if turn.brief.ticket_news is not None:
        draft.add(turn.say(turn.lines.waiting_noted))
    _answered_here(turn, ticket, draft)
    return draft


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
    draft = Draft()
    if ticket.human_requested and ticket.category is TicketCategory.callback:
        draft.add(turn.say(lines.human_known, ticket=ticket.number, within=turn.within()))
    else:
        draft.add(turn.say(lines.status, ticket=ticket.number, items=items, within=turn.within()))
    _urgency(turn, ticket, draft)
    _answered_here(turn, ticket, draft)
    return draft


def human(turn: Turn) -> Draft:
    """Answer a customer who is to be called back by a human: asked for, or because the call needs one."""
    ticket, lines = turn.brief.ticket, turn.lines
    if ticket is None:
        return Draft([turn.say(lines.contacts, phone=turn.facts.phone, email=turn.facts.email)])
    number = ticket.number
    draft = Draft()
    reach = _reach_given(turn, ticket)
    created = turn.brief.ticket_news is TicketNews.created
    if not _asked_for_human(turn):
        draft.add(turn.say(lines.human_needed, ticket=number, within=turn.within()))
    elif turn.brief.ticket_news is None:
        draft.add(turn.say(lines.human_known, ticket=number, within=turn.within()))
    else:
        draft.add(turn.say(lines.human_created, ticket=number, within=turn.within()))
    if created and not turn.open_now:
        draft.add(turn.facts.outside_hours)
    if created and Cue.manager in turn.cues:
        draft.add(turn.say(lines.manager_wanted))
    if reach:
        draft.add(turn.say(lines.noted_contact, contact=reach, ticket=number))
    elif turn.brief.asks is None:
        _answered_here(turn, ticket, draft)
    if ticket.phone or ticket.email:
        draft.closing = turn.say(lines.meanwhile)
    return draft


def _sorry(turn: Turn) -> str:
    """Apologise as strongly as the customer feels, for what went wrong and not in general; in full only once."""
    sentiment, lines = turn.brief.analysis.sentiment.sentiment, turn.lines
    wordings: dict[Sentiment, Wordings] = {
        Sentiment.frustrated: lines.sorry_frustrated,
        Sentiment.angry: lines.sorry_angry,
    }
    matter = turn.say(lines.matters[_category(turn)])
    first = turn.brief.ticket_news is TicketNews.created
    regretted = matter in turn.brief.said or (not first and _told_before(turn))
    if sentiment in wordings:
        return turn.say(lines.still_sorry if regretted and _upset_before(turn) else wordings[sentiment], matter=matter)
    if regretted:
        return turn.say(lines.told_more)
    return turn.say(lines.sorry if first else lines.sorry_again, matter=matter)


def _category(turn: Turn) -> TicketCategory:
    """Return what went wrong as routing read the message, else as the ticket has it."""
    told, ticket = turn.brief.decision.ticket_category, turn.brief.ticket
    if told in _NO_CATEGORY and ticket is not None:
        return ticket.category
    return told or TicketCategory.general


def _told_before(turn: Turn) -> bool:
    """Whether the matter itself was described before this message; an announcement ("I have an issue") is none."""
    told = len((turn.brief.state.slots.description or "").splitlines())
    return told > (1 if turn.brief.ticket_news is TicketNews.updated else 0)


def _upset_before(turn: Turn) -> bool:
    """Whether the customer was upset before this message, and the ticket so raised already."""
    return any(sentiment.upset for sentiment in turn.brief.state.sentiment_trend[:-1])


def _recorded(turn: Turn, ticket: Ticket) -> str:
    lines = turn.lines
    escalated = turn.brief.decision.escalation_needed
    wordings = {
        (TicketNews.created, False): lines.created,
        (TicketNews.created, True): lines.created_escalated,
        (TicketNews.updated, False): lines.updated,
        (TicketNews.updated, True): lines.updated_urgent if _upset_before(turn) else lines.updated_escalated,
        (None, False): lines.unchanged,
        (None, True): lines.unchanged_escalated,
    }[turn.brief.ticket_news, escalated]
    return turn.say(wordings, ticket=ticket.number, within=turn.within())


def _says_when(turn: Turn) -> bool:
    """Whether what `_recorded` says names the time of the answer."""
    return turn.brief.ticket_news is not TicketNews.updated or turn.brief.decision.escalation_needed


def _complete(turn: Turn, *, due_said: bool) -> str:
    """Say that the customer need do no more and when we will have, or where to look who can't be reached."""
    lines, ticket = turn.lines, turn.brief.ticket
    told = turn.just_said(lines.answered_here, lines.answered_here_due, lines.contact_declined)
    if ticket is not None and not (ticket.phone or ticket.email) and not told:
        return turn.say(lines.answered_here if due_said else lines.answered_here_due, within=turn.within())
    due = turn.say(lines.answer_due, within=turn.within())
    if told:
        return "" if due_said else due
    nothing_more = turn.say(lines.nothing_more)
    return nothing_more if due_said else f"{nothing_more} {due}"


def _answered_here(turn: Turn, ticket: Ticket, draft: Draft) -> None:
    """Say where the answer will be found, once, where nobody left a contact and none is being asked for."""
    lines = turn.lines
    reachable = ticket.phone or ticket.email or turn.brief.asks is not None
    if not reachable and not turn.just_said(lines.answered_here, lines.answered_here_due, lines.contact_declined):
        draft.closing = turn.say(lines.answered_here)


def _urgency(turn: Turn, ticket: Ticket, draft: Draft) -> None:
    if ticket.priority is PriorityLevel.urgent:
        draft.add(turn.say(turn.lines.urgent))


def _first_step(turn: Turn) -> str:
    """Return something to try, where the profile answers just this and the customer is in the mood to try."""
    technical = turn.heard is ConversationIntent.technical_support
    if not technical or turn.brief.analysis.sentiment.sentiment.upset or turn.brief.ticket_news is None:
        return ""
    answer = next((each.topic for each in turn.articles if isinstance(each.topic, Answer)), None)
    if answer is not None:
        return turn.say(turn.lines.first_step, answer=quoted(answer, turn.language))
    passage = passages.best(turn)
    if passage is None or passage.share < passages.SURE or passage.other_language:
        return ""
    return turn.say(turn.lines.first_step, answer=passages.told(turn, passage, _HINT_CHARS))


def _held(turn: Turn, ticket: Ticket) -> str:
    """Name what the ticket holds."""
    lines = turn.lines
    items = [turn.say(lines.recap[Recap.description])] if ticket.description else []
    held = {
        turn.number_label(ticket.order_number or ""): ticket.order_number,
        Label.amount: ticket.amount,
        Label.occurred: ticket.occurred,
        Label.contact: ticket.phone or ticket.email,
    }
    return turn.listed([*items, *(_item(turn, label, value) for label, value in held.items() if value)])


_RECAPS: Final = {
    Label.name: Recap.name,
    Label.amount: Recap.amount,
    Label.occurred: Recap.occurred,
    Label.contact: Recap.contact,
}
"""How a fact is named among others; what is not here is a number."""


def _item(turn: Turn, label: Label, value: str) -> str:
    recap = turn.lines.recap[_RECAPS.get(label, Recap.order_number)]
    return turn.say(recap, label=turn.say(turn.lines.labels[label]), value=_written(turn, label, value))


def _written(turn: Turn, label: Label, value: str) -> str:
    return written(value, turn.language) if label is Label.amount else value


def _facts_given(turn: Turn, ticket: Ticket) -> list[tuple[Label, str]]:
    """Return what this message told that the ticket now holds, contacts aside."""
    kept = {
        EntityKind.order_number: ticket.order_number,
        EntityKind.name: ticket.customer_name,
        EntityKind.amount: ticket.amount,
        EntityKind.date: ticket.occurred,
        EntityKind.duration: ticket.occurred,
    }
    labels = {EntityKind.name: Label.name, EntityKind.amount: Label.amount}
    facts: list[tuple[Label, str]] = []
    for kind, value in kept.items():
        if value and turn.told(kind) == value:
            number = kind is EntityKind.order_number
            facts.append((turn.number_label(value) if number else labels.get(kind, Label.occurred), value))
    return facts


def _reach_given(turn: Turn, ticket: Ticket) -> str | None:
    """Return the contact that this message gave, also where it was taken for a bare number at first."""
    given = {turn.told(kind) for kind in (EntityKind.phone, EntityKind.email, EntityKind.order_number)}
    return next((each for each in (ticket.phone, ticket.email) if each and each in given), None)


def _asked_for_human(turn: Turn) -> bool:
    intent = turn.brief.analysis.intent
    wanted = ConversationIntent.human_request
    return turn.heard is wanted or intent.also(wanted)

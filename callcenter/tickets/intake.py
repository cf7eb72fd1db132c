"""Collect a complaint over turns: what a message tells, what is still missing, what to ask next. Pure.

Its one invariant: what is known is never lost and never asked again. An empty field of a pasted form tells nothing; a
correction replaces; a fact the customer does not have is noted as declined and left in peace.
"""

from __future__ import annotations

from typing import Final

from callcenter.analysis import PhraseIndex
from callcenter.analysis.models import Act, EntityKind, MessageAnalysis
from callcenter.calls import ConversationIntent, PriorityLevel, Slot, Slots, TicketCategory
from callcenter.tickets.ticket import Ticket

NEEDED: Final[dict[TicketCategory, tuple[Slot, ...]]] = {
    TicketCategory.general: (Slot.description, Slot.order_number, Slot.contact),
    TicketCategory.technical: (Slot.description, Slot.order_number, Slot.contact),
    TicketCategory.billing: (Slot.description, Slot.order_number, Slot.contact),
    TicketCategory.delivery: (Slot.description, Slot.order_number, Slot.contact),
    TicketCategory.quality: (Slot.description, Slot.order_number, Slot.contact),
    TicketCategory.account: (Slot.description, Slot.contact),
    TicketCategory.staff: (Slot.description, Slot.contact),
    TicketCategory.callback: (Slot.contact,),
}
"""What each kind of ticket needs, in the order it is asked. Category and urgency are understood, not asked."""

ASK_AT_MOST: Final = 2
"""A question that got no answer twice is not put a third time; the ticket goes on without."""

MATTERS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})
ANNOUNCEMENTS: Final = frozenset(
    {"complaint.problem", "complaint.formal", "complaint.service", "complaint.unsatisfied"}
)
"""Rules of the lexicon that say that something is wrong, not what: "I have an issue", "خدمة سيئة" (bad service)."""
ANNOUNCEMENT_WORDS: Final = 8
"""A longer message says more than that there is a problem, in words the lexicon does not know."""

DECLINING: Final = (Act.not_available, Act.deny, Act.not_interested)
"""How a customer says that they don't have, or won't give, what was asked."""

_NAMES: Final[dict[Slot, tuple[str, ...]]] = {
    Slot.order_number: (
        *("order number", "order no", "contract number", "invoice number", "booking number", "ra2m el talab"),
        *("رقم الطلب", "رقم طلب", "رقم طلبي", "رقم الطلبية", "رقم طلبية", "رقم العقد", "رقم عقد"),
        *("رقم الفاتورة", "رقم فاتورة", "رقم الحجز", "رقم حجز"),
    ),
    Slot.contact: (
        *("phone", "phone number", "mobile", "email", "e-mail"),
        *("جوال", "رقم جوال", "هاتف", "موبايل", "تلفون", "إيميل", "ايميل", "بريد"),
    ),
}
"""What customers call the facts they may lack, in both languages."""
_NAMED: Final[PhraseIndex[Slot]] = PhraseIndex([(name, slot) for slot, names in _NAMES.items() for name in names])

BESIDE_CHARS: Final = 5
"""What is lacking stands so near "I don't have": "an", "any"; "I don't have it, I ordered by phone" lacks no phone."""

DESCRIPTION_CHARS: Final = 4_000
DETAIL_WORDS: Final = 4
"""While a complaint is collected, a message of so many words that is no other business describes it further."""
DETAIL_WORDS_WITH_FACTS: Final = 10
"""With a number or a name in it, a message says more than that only if it is so long."""


def collect(slots: Slots, analysis: MessageAnalysis, text: str, *, collecting: bool) -> Slots:
    """Return `slots` with what the message told. `collecting`: the persona had asked for `slots.asked[-1]`."""
    asked = slots.asked[-1] if collecting and slots.asked else None
    told: dict[str, object] = {
        **_facts(slots, analysis, asked),
        **_matter(slots, analysis, text, asked),
    }
    missing = asked is not None and not told and not _known(slots, asked)
    if asked is not None and missing and any(analysis.does(act) for act in DECLINING):
        told["declined"] = tuple(dict.fromkeys((*slots.declined, *_lacking(analysis, text, asked))))
    told = {field: value for field, value in told.items() if getattr(slots, field) != value}
    return slots.altered(told) if told else slots


def another_matter(slots: Slots, ticket: Ticket | None) -> Slots:
    """Return what is known when the customer turns to another matter, or back to one that has a ticket.

    Who they are and how to reach them stays known; the rest is the matter's own.
    """
    person = Slots(name=slots.name, phone=slots.phone, email=slots.email, order_number=slots.order_number)
    if ticket is None:
        return person
    return person.altered(
        {
            "order_number": ticket.order_number or slots.order_number,
            "category": ticket.category,
            "description": ticket.description,
            "amount": ticket.amount,
            "date": ticket.occurred,
        }
    )


def next_slot(slots: Slots, category: TicketCategory) -> Slot | None:
    """Return what to ask next for a ticket of this category; None when nothing is missing that can be given."""
    for slot in NEEDED[category]:
        if not _known(slots, slot) and slot not in slots.declined and slots.asked.count(slot) < ASK_AT_MOST:
            return slot
    return None


def _known(slots: Slots, slot: Slot) -> bool:
    return getattr(slots, slot) is not None


def _lacking(analysis: MessageAnalysis, text: str, asked: Slot) -> tuple[Slot, ...]:
    """Return what a refusal names, else what was asked: "I don't have an order number" leaves a contact open."""
    refusals = [each.evidence for each in analysis.acts if each.act is Act.not_available]
    named = [
        name.payload
        for name in _NAMED.find(text)
        if any(said.start < name.end and name.start <= said.end + BESIDE_CHARS for said in refusals)
    ]
    return tuple(named) or (asked,)


def _tells_when(analysis: MessageAnalysis) -> bool:
    """Whether a day in the message is one of the matter; "call me tomorrow" and "open on Friday?" are about others."""
    intent = analysis.intent
    return intent.intent in {*MATTERS, ConversationIntent.other} or any(intent.also(matter) for matter in MATTERS)


def _facts(slots: Slots, analysis: MessageAnalysis, asked: Slot | None) -> dict[str, object]:
    """Facts that entities give. A number without a label is taken for what was asked, or where nothing is known yet."""
    facts: dict[str, object] = {}
    correction = bool(analysis.entities) and analysis.does(Act.correction)
    for entity in analysis.entities:
        bare = entity.rule == "answer_shape"
        match entity.kind:
            case EntityKind.order_number if bare and asked is Slot.contact:
                facts["phone"] = entity.value
            case EntityKind.order_number if (
                not bare or correction or slots.order_number is None or (asked is Slot.order_number)
            ):
                facts["order_number"] = entity.value
            case EntityKind.phone:
                facts["phone"] = entity.value
            case EntityKind.email:
                facts["email"] = entity.value
            case EntityKind.name:
                facts["name"] = entity.value
            case EntityKind.amount:
                facts["amount"] = entity.value
            case EntityKind.date | EntityKind.duration if (slots.date is None or correction) and _tells_when(analysis):
                facts["date"] = entity.value
            case _:
                pass
    return facts


def _matter(slots: Slots, analysis: MessageAnalysis, text: str, asked: Slot | None) -> dict[str, object]:
    """Return what the message says about the matter itself: its words, its kind, how urgent it is."""
    intent = analysis.intent
    complains = intent.intent in MATTERS
    announces = complains and _announces(analysis)
    needed = DETAIL_WORDS_WITH_FACTS if analysis.entities else DETAIL_WORDS
    detail = (
        asked is not None
        and analysis.language.words >= needed
        and intent.intent is ConversationIntent.other
        and not analysis.question.is_question
        and not analysis.does(Act.not_available)
    )
    answers = (
        asked is Slot.description
        and analysis.language.words > 1
        and intent.intent is ConversationIntent.other
        and not analysis.entities
        and not analysis.question.is_question
    )
    matter: dict[str, object] = {}
    if (complains and not announces) or detail or answers:
        matter["description"] = _extended(slots.description, text)
        if analysis.category.category is not None and slots.category is None:
            matter["category"] = analysis.category.category
    if complains or asked is not None:
        level = analysis.urgency.level
        if level is not PriorityLevel.medium and (slots.urgency is None or level.rank > slots.urgency.rank):
            matter["urgency"] = level
    return matter


def _announces(analysis: MessageAnalysis) -> bool:
    return (
        analysis.category.category is None
        and analysis.language.words <= ANNOUNCEMENT_WORDS
        and all(piece.rule in ANNOUNCEMENTS for piece in analysis.intent.evidence)
    )


def _extended(description: str | None, text: str) -> str:
    """Add the message as a line of its own, once, within bounds; the oldest words stay."""
    line = " / ".join(part.strip() for part in text.splitlines() if part.strip())
    if description is None:
        return line[:DESCRIPTION_CHARS]
    if line in description.splitlines():
        return description
    return f"{description}\n{line}"[:DESCRIPTION_CHARS]

"""Tell a model how a call stands: what is known, its tickets, who is waited for, what was done. Pure.

Free text of the customer's comes out quoted, in one bounded line, without signs that could end the quotation; so a
name or a description can't pose as an instruction.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from callcenter.calls import ConversationState, Language, Mode, PriorityLevel, Sentiment
from callcenter.company import Company
from callcenter.company.calendar_words import at_moment, by_moment, weekday
from callcenter.company.hours import DAY_NAMES
from callcenter.company.money import written
from callcenter.llm import Brief, Receipt, TicketNews
from callcenter.llm.script_cue import ScriptCue
from callcenter.personas.manager import DESCRIPTION_CHARS, PersonaManager
from callcenter.personas.prompt_facts import within
from callcenter.personas.prompt_texts import PromptTexts
from callcenter.tickets import Ticket

VALUE_CHARS: Final = 120
"""No number, address or name is longer."""
TREND_SHOWN: Final = 4
TICKETS_SHOWN: Final = 5
_MINUTES_REMEMBERED: Final = 8
_RECEIPTS_REMEMBERED: Final = 64
_FRAMES: Final = re.compile(r"[«»“”„\"`<>{}\[\]|#]+")
"""Signs that could end our quotation, or pose as the frame of a prompt."""
_NAME: Final = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)*")
"""A name that is no figure and no address, so that a reply may address the customer by it."""


class CallTeller:
    """Tells the calls of one company."""

    def __init__(self, personas: PersonaManager, company: Company, texts: PromptTexts) -> None:
        self._personas = personas
        self._company = company
        self._texts = texts
        # Calls of the same minute are told it alike, and most have nothing done or the same few things.
        self._now: Final = lru_cache(_MINUTES_REMEMBERED)(self._tell_now)
        self._done: Final = lru_cache(_RECEIPTS_REMEMBERED)(self._tell_done)

    def tell(self, brief: Brief) -> tuple[str, list[str]]:
        """Return the call in the reply's language, and what of it may be quoted as fact.

        What the customer claims (an amount, a figure in the description) is told, but no fact unless a ticket has it.
        """
        state, language, lines = brief.state, brief.language, self._texts.call
        is_open, now = self._now(brief.at.replace(second=0, microsecond=0), language)
        tickets = self._tickets(brief)
        told, facts = [now, *self._known(brief)], [now, *tickets, *_own(state)]
        if brief.script is not None:
            told += self._script(brief.script, language)
            facts += _of_script(brief.script, language)
        told += tickets
        if brief.ticket is not None:
            facts += _on_ticket(brief.ticket, language)
        if state.mode is Mode.human:
            told.append(lines.human_writes[language])
        elif state.human_requested:
            told.append(lines.human[language])
            if not is_open:
                outside = self._company.texts.outside_hours[language]
                told.append(lines.human_closed[language].format(text=outside))
                facts.append(outside)
        if len(set(state.sentiment_trend)) > 1:
            told.append(lines.mood[language].format(trend=self._trend(state.sentiment_trend, language)))
        if brief.introduced and state.previous_persona is not None:
            before = self._personas.get(state.previous_persona)
            told.append(lines.took_over[language].format(name=before.name[language], role=before.role[language]))
        told.append(self._done(brief.receipts, language))
        return "\n".join(told), facts

    def _tell_now(self, minute: datetime, language: Language) -> tuple[bool, str]:
        """Return whether the company is open, and how that is told; no clock of the world's changes within a minute."""
        calendar, lines = self._company.calendar, self._texts.call
        local = minute.astimezone(calendar.zone)
        now = {"day": DAY_NAMES[weekday(calendar, minute)][language], "time": f"{local.hour:02}:{local.minute:02}"}
        if calendar.is_open(minute):
            return True, lines.open_now[language].format_map(now)
        again = at_moment(calendar, calendar.next_opening(minute), now=minute, language=language)
        return False, lines.closed_now[language].format(opens=again, **now)

    def _tell_done(self, receipts: frozenset[Receipt], language: Language) -> str:
        done = [self._texts.receipts[receipt][language] for receipt in Receipt if receipt in receipts]
        if not done:
            return self._texts.call.nothing_done[language]
        return self._texts.call.done[language].format(receipts=self._texts.list_semicolon[language].join(done))

    def _known(self, brief: Brief) -> list[str]:
        """Tell what is known of the customer, with values that are safe to stand in instructions.

        The call's tickets are told apart; and the last message stands in the prompt itself, what we took it for might
        mislead.
        """
        language, lines, state, personas = brief.language, self._texts.call, brief.state, self._personas
        slots = state.slots
        name = slots.name or state.customer_name
        facts = {
            "name": name and self._quoted(name, language, VALUE_CHARS),
            "description": slots.description and self._quoted(slots.description, language, DESCRIPTION_CHARS),
            "services": personas.service_names(state.interests, language) if state.interests else None,
            "order_number": slots.order_number and _bare(slots.order_number, VALUE_CHARS),
            "amount": slots.amount and _bare(written(slots.amount, language), VALUE_CHARS),
            "date": slots.date and self._quoted(slots.date, language, VALUE_CHARS),
            "phone": slots.phone and _bare(slots.phone, VALUE_CHARS),
            "email": slots.email and _bare(slots.email, VALUE_CHARS),
            "sentiment": personas.label(state.overall_sentiment, language),
        }
        told = [lines.known[language], personas.sum_up(language, facts)]
        if slots.declined:
            declined = [personas.label(slot, language) for slot in slots.declined]
            told.append(lines.declined[language].format(slots=self._listed(declined, language)))
        return told

    def _quoted(self, text: str, language: Language, limit: int) -> str:
        return self._texts.quoted[language].format(text=_bare(text, limit))

    def _script(self, cue: ScriptCue, language: Language) -> list[str]:
        """Say where the call's service script is and what it has collected."""
        at, lines = cue.progress, self._texts.script
        title = cue.script.title[language]
        told = [lines.here[language].format(title=title, step=at.step, total=at.total_steps)]
        facts = [
            lines.fact[language].format(label=label, value=self._quoted(value, language, VALUE_CHARS))
            for label, value in cue.collected(language)
        ]
        if facts:
            told.append(lines.known[language].format(facts=self._texts.list_semicolon[language].join(facts)))
        return told

    def _tickets(self, brief: Brief) -> list[str]:
        language, lines, ticket = brief.language, self._texts.call, brief.ticket
        told: list[str] = []
        if ticket is not None:
            told.append(self._ticket(brief, ticket))
            if ticket.priority is PriorityLevel.urgent and not ticket.settled:
                told.append(lines.ticket_urgent[language])
            if brief.ticket_news is not None:
                created = brief.ticket_news is TicketNews.created
                told.append((lines.ticket_created if created else lines.ticket_updated)[language])
        number = ticket.number if ticket else None
        for matter in brief.state.matters[-TICKETS_SHOWN:]:
            if matter.ticket != number:
                category = self._personas.label(matter.category, language)
                told.append(lines.ticket_other[language].format(ticket=matter.ticket, category=category))
        return told or [lines.no_ticket[language]]

    def _ticket(self, brief: Brief, ticket: Ticket) -> str:
        language, lines = brief.language, self._texts.call
        left = ticket.due_at - brief.at
        if ticket.settled:
            form = lines.ticket_settled
        else:
            form = lines.ticket_due if left.total_seconds() > 0 else lines.ticket_overdue
        return form[language].format(
            ticket=ticket.number,
            category=self._personas.label(ticket.category, language),
            status=self._personas.label(ticket.status, language),
            within=self._by(brief, ticket, left),
            phone=self._company.contacts.phone,
        )

    def _by(self, brief: Brief, ticket: Ticket, left: timedelta) -> str:
        """Say by when a ticket is answered: by a day and time where the company counts in working hours."""
        if left > timedelta() and self._company.response_times.business_hours:
            return by_moment(self._company.calendar, ticket.due_at, now=brief.at, language=brief.language)
        return within(left, brief.language, self._texts)

    def _trend(self, trend: tuple[Sentiment, ...], language: Language) -> str:
        return self._listed([self._personas.label(each, language) for each in trend[-TREND_SHOWN:]], language)

    def _listed(self, items: list[str], language: Language) -> str:
        return self._texts.list_comma[language].join(items)


def _own(state: ConversationState) -> list[str]:
    """Return what is the customer's own and may be repeated to them."""
    slots = state.slots
    name = slots.name or state.customer_name
    values = [value for value in (slots.order_number, slots.phone, slots.email) if value]
    return [*values, name] if name and len(name) <= VALUE_CHARS and _NAME.fullmatch(name) else values


def _of_script(cue: ScriptCue, language: Language) -> list[str]:
    """Return what a script has to say: its question, or at its end what follows and what is summed up."""
    if cue.step is not None:
        return [cue.step.question[language]]
    return [cue.script.closing[language], *(value for _, value in cue.collected(language))]


def _on_ticket(ticket: Ticket, language: Language) -> list[str]:
    amount = written(ticket.amount, language) if ticket.amount else None
    return [value for value in (ticket.order_number, ticket.phone, ticket.email, amount, ticket.occurred) if value]


def _bare(text: str, limit: int) -> str:
    """Return one bounded line without framing signs; of a long text no more is read than that takes."""
    line = ""
    for each in text.splitlines():
        if part := " ".join(_FRAMES.sub(" ", each).split()):
            line = f"{line} / {part}" if line else part
            if len(line) > limit:
                return f"{line[: limit - 1]}…"
    return line

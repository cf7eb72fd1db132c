"""Say what personas say whatever voice speaks for them: greetings, introductions, handoff lines, apologies, labels.

Keeps nothing of any call: which persona has a call stands in its ConversationState (`current_persona`). Texts come out
as they are stored, without direction marks; a channel isolates names and numbers when it shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from callcenter.analysis.models import MessageAnalysis
from callcenter.calls import (
    ActionName,
    Channel,
    ConversationIntent,
    ConversationState,
    Language,
    LocalizedText,
    PersonaType,
    PriorityLevel,
    Sentiment,
    Slot,
    Speaker,
    TicketCategory,
)
from callcenter.company import Company
from callcenter.events import Outcome
from callcenter.personas.config import PersonaConfig, PersonaTexts, SummaryLines, Trouble, load_texts
from callcenter.routing import RoutingDecision
from callcenter.tickets import TicketStatus

NameT = TypeVar("NameT", bound=StrEnum)
Labelled = (
    PersonaType
    | ConversationIntent
    | Sentiment
    | PriorityLevel
    | TicketCategory
    | TicketStatus
    | Slot
    | Channel
    | Speaker
    | Outcome
    | ActionName
)
"""Values that have a name in every language."""

DESCRIPTION_CHARS: Final = 300
"""A summary quotes so much of the customer's words; the whole stands in the ticket."""
LOW_SCORE: Final = 2
"""A customer who gives no more is offered a human or a ticket."""
_SEPARATORS: Final = {Language.ar: "، ", Language.en: ", "}


class PersonaManager:
    """The personas of a company, ready to speak."""

    def __init__(
        self,
        personas: Mapping[PersonaType, PersonaConfig],
        company: Company,
        texts: PersonaTexts | None = None,
    ) -> None:
        self._personas = dict(personas)
        self._company = company
        shared = texts or load_texts()
        self._summary = {
            (language, of_category): _summary_lines(shared.summary, language, of_category=of_category)
            for language in Language
            for of_category in (False, True)
        }
        self._rating = shared.rating
        labels = shared.labels
        named: dict[type, Mapping[str, LocalizedText]] = {
            PersonaType: {each.type.value: each.role for each in personas.values()},
            ConversationIntent: _by_value(labels.intent),
            Sentiment: _by_value(labels.sentiment),
            PriorityLevel: _by_value(labels.priority),
            TicketCategory: _by_value(labels.category),
            TicketStatus: _by_value(labels.status),
            Slot: _by_value(labels.slot),
            Channel: _by_value(labels.channel),
            Speaker: _by_value(labels.speaker),
            Outcome: _by_value(labels.outcome),
            ActionName: _by_value(labels.action),
        }
        # By language first and as plain texts: every turn asks for half a dozen.
        self._labels = {
            language: {kind: {name: text[language] for name, text in texts.items()} for kind, texts in named.items()}
            for language in Language
        }
        self._services = {
            language: {service.id: service.name[language] for service in company.services} for language in Language
        }

    def get(self, persona: PersonaType) -> PersonaConfig:
        """Return the persona of this type; every type has one."""
        return self._personas[persona]

    def name(self, persona: PersonaType, language: Language) -> str:
        """Return what the persona is called."""
        return self._personas[persona].name[language]

    def greeting(self, persona: PersonaType, language: Language, customer_name: str | None = None) -> str:
        """Return the first words of a call."""
        config = self._personas[persona]
        welcome = self._company.texts.welcome[language]
        if customer_name:
            return config.greeting_named[language].format(welcome=welcome, customer=customer_name)
        return config.greeting[language].format(welcome=welcome)

    def introduction(
        self, persona: PersonaType, language: Language, *, intent: ConversationIntent | None = None
    ) -> str:
        """Return the sentence a persona takes over with; `intent` is why the customer comes, where that is known."""
        config = self._personas[persona]
        text = config.introductions.get(intent) if intent else None
        return (text or config.introduction)[language]

    def handoff_line(self, from_: PersonaType, to: PersonaType, language: Language) -> str:
        """Return what the leaving persona says: who takes over, and that nothing need be said twice."""
        return self._personas[from_].handoff[language].format(colleague=self._personas[to].colleague[language])

    def apology(self, persona: PersonaType, language: Language, trouble: Trouble = Trouble.technical) -> str:
        """Return what a persona says when it can't answer."""
        return self._personas[persona].apologies[trouble][language]

    def rating_question(self, language: Language) -> str:
        """Return what asks the customer for a score."""
        return self._rating.ask[language]

    def rating_thanks(self, score: int, language: Language, *, changed: bool, bare: bool) -> str:
        """Return what a persona says to a score; to a low one that came `bare`, also how to get a human or a ticket."""
        lines = self._rating
        if score > LOW_SCORE:
            return (lines.changed if changed else lines.thanks)[language].format(score=score)
        sorry = lines.low[language].format(score=score)
        return f"{sorry} {lines.offer[language]}" if bare else sorry

    def label(self, value: Labelled, language: Language) -> str:
        """Return the name of a value as people read it; a persona's is its role."""
        return self._labels[language][type(value)][value]

    def service_names(self, ids: Sequence[str], language: Language) -> str:
        """Return the names of the company's services, joined; ids that it no longer has are left out."""
        names = self._services[language]
        return _SEPARATORS[language].join([names[each] for each in ids if each in names])

    def summary(
        self, state: ConversationState, analysis: MessageAnalysis | None, decision: RoutingDecision | None
    ) -> LocalizedText:
        """Sum up a call for whoever takes it over, in every language: one line a fact, unknown facts left out.

        `analysis` and `decision` are the last message's; None where somebody moved the call by hand.
        """
        return LocalizedText.model_validate(
            {language.value: self.summary_in(language, state, analysis, decision) for language in Language}
        )

    def summary_in(
        self,
        language: Language,
        state: ConversationState,
        analysis: MessageAnalysis | None = None,
        decision: RoutingDecision | None = None,
    ) -> str:
        """Sum up a call in one language."""
        slots = state.slots
        intent = analysis.intent.intent if analysis else state.last_intent
        category = slots.category or (decision.ticket_category if decision else state.ticket_category)
        facts = {
            "name": slots.name or state.customer_name,
            "intent": self.label(intent, language) if intent else None,
            "category": self.label(category, language) if category else None,
            "description": slots.description,
            "services": self.service_names(state.interests, language) if state.interests else None,
            "order_number": slots.order_number,
            "amount": slots.amount,
            "date": slots.date,
            "phone": slots.phone,
            "email": slots.email,
            "sentiment": self.label(analysis.sentiment.sentiment if analysis else state.overall_sentiment, language),
            "priority": self.label(decision.priority, language) if decision else None,
            "tickets": _SEPARATORS[language].join(state.tickets),
        }
        return self.sum_up(language, facts)

    def sum_up(self, language: Language, facts: Mapping[str, str | None]) -> str:
        """Write these facts, by the names of their lines, as a summary: one line a fact, unknown ones left out."""
        known = {fact: text for fact, text in facts.items() if text}
        if description := known.get("description"):
            known["description"] = _quoted(description)
        lines = self._summary[language, "category" in known]
        return "\n".join([line.format_map(known) for fact, line in lines if fact in known])


def _by_value(texts: Mapping[NameT, LocalizedText]) -> dict[str, LocalizedText]:
    return {name.value: text for name, text in texts.items()}


def _summary_lines(lines: SummaryLines, language: Language, *, of_category: bool) -> Sequence[tuple[str, str]]:
    """Return the lines of a summary in their order, each with the fact it is left out without."""
    written = (
        ("name", lines.customer),
        ("intent", lines.intent_of_category if of_category else lines.intent),
        ("description", lines.description),
        ("services", lines.interests),
        ("order_number", lines.order_number),
        ("amount", lines.amount),
        ("date", lines.date),
        ("phone", lines.phone),
        ("email", lines.email),
        ("sentiment", lines.sentiment),
        ("priority", lines.priority),
        ("tickets", lines.tickets),
    )
    return [(fact, line[language]) for fact, line in written]


def _quoted(description: str) -> str:
    line = " / ".join(description.splitlines())
    return line if len(line) <= DESCRIPTION_CHARS else f"{line[: DESCRIPTION_CHARS - 1].rsplit(' ', 1)[0]}…"

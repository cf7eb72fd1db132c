"""Say in words what a transcript shows beside what was said: its heading, its notes, dates and durations.

The texts are pairs and a `Wording` picks one language of them; how they are laid out is for text.py and page.py. Values
put into a text are fenced with isolates (see bidi.py), so that both can place them in a line of either direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.api.transcripts.bidi import fenced, left_to_right
from callcenter.calls import (
    ActionName,
    ConversationState,
    Language,
    LocalizedText,
    PersonaType,
    Speaker,
    TicketNumber,
    ToolName,
)
from callcenter.company import Company
from callcenter.events import (
    ActionDecided,
    ActionProposed,
    ActionRun,
    CallClaimed,
    CallEnded,
    CallEvent,
    CallReleased,
    CallTransferred,
    CsatGiven,
    Escalation,
    Handoff,
    HandoffTrigger,
    ReleaseReason,
    TicketCreated,
    TicketUpdated,
    ToolCalled,
    TransferRequested,
    Verdict,
    fold,
)
from callcenter.personas import PersonaManager
from callcenter.tickets import Ticket


def _pair(ar: str, en: str) -> LocalizedText:
    return LocalizedText(ar=ar, en=en)


TITLE: Final = _pair("{company}: سجل المحادثة {call}", "{company}: transcript of call {call}")
INDEX_TITLE: Final = _pair("{company}: سجل المحادثات", "{company}: call transcripts")
CALL: Final = _pair("المحادثة", "Call")
CUSTOMER: Final = _pair("العميل", "Customer")
LANGUAGE: Final = _pair("اللغة", "Language")
CHANNEL: Final = _pair("القناة", "Channel")
STARTED: Final = _pair("البداية", "Started")
ENDED: Final = _pair("النهاية", "Ended")
DURATION: Final = _pair("المدة", "Duration")
MESSAGES: Final = _pair("الرسائل", "Messages")
PERSONAS: Final = _pair("تولّى الرد", "Answered by")
ESCALATIONS: Final = _pair("مرات التصعيد", "Escalations")
TICKETS: Final = _pair("التذاكر", "Tickets")
OUTCOME: Final = _pair("النتيجة", "Outcome")
SATISFACTION: Final = _pair("تقييم العميل", "Customer's rating")

_UNNAMED: Final = _pair("لم يُذكر الاسم", "name not given")
_GOES_ON: Final = _pair("المحادثة ما زالت مفتوحة", "still open")
_MESSAGE_COUNT: Final = _pair("{total} (منها {customer} من العميل)", "{total} ({customer} from the customer)")
_RATED: Final = _pair("قيّم العميل المحادثة: {score} من 5", "The customer rated the call: {score} of 5")
_RATING: Final = _pair("{score} من 5", "{score} of 5")
_PERSONA: Final = _pair("{name} ({role})", "{name} ({role})")
_TICKET: Final = _pair(
    "{number} ({category}، الأولوية {priority})، موعد الرد {due}",
    "{number} ({category}, {priority} priority), answer due {due}",
)
_TIME_ZONE: Final = _pair("{when} (بتوقيت {zone})", "{when} ({zone})")
_HANDOFF: Final = _pair("تحويل المحادثة من {leaves} إلى {takes}", "Handed over from {leaves} to {takes}")
_HANDOFF_BY_HAND: Final = _pair(
    "تحويل المحادثة يدويًا من {leaves} إلى {takes}", "Handed over by hand from {leaves} to {takes}"
)
_HANDOFF_BY_MODEL: Final = _pair(
    "تحويل المحادثة من {leaves} إلى {takes} بطلب من النموذج اللغوي",
    "Handed over from {leaves} to {takes} at the language model's request",
)
_HANDOFFS: Final = {
    HandoffTrigger.routing: _HANDOFF,
    HandoffTrigger.manual: _HANDOFF_BY_HAND,
    HandoffTrigger.model: _HANDOFF_BY_MODEL,
}
_ESCALATED: Final = _pair(
    "تصعيد: طُلب موظف مختص لمتابعة المحادثة (الأولوية {priority})",
    "Escalated: a dedicated agent was asked to take this up ({priority} priority)",
)
_WAITS: Final = _pair(
    "طُلب تحويل العميل إلى موظف (الأولوية {priority})", "The customer waits for a human ({priority} priority)"
)
_TICKET_OPENED: Final = _pair("فُتحت التذكرة {ticket}", "Opened ticket {ticket}")
_TICKET_ADDED: Final = _pair("أُضيفت الرسالة إلى التذكرة {number}", "Added to ticket {number}")
_TOOL_GRANTED: Final = _pair("طلب النموذج اللغوي {what}، وتم ذلك", "The language model asked to {what}: done")
_TOOL_REFUSED: Final = _pair("طلب النموذج اللغوي {what}، ولم يُقبل الطلب", "The language model asked to {what}: refused")
_TOOLS: Final[Mapping[str, LocalizedText]] = {
    ToolName.open_ticket: _pair("فتح تذكرة", "open a ticket"),
    ToolName.update_slots: _pair("حفظ ما ذكره العميل", "note what the customer said"),
    ToolName.request_human: _pair("تحويل العميل إلى موظف", "get the customer a human"),
    ToolName.hand_off: _pair("تحويل المحادثة إلى زميل", "hand the call over"),
}
_ACTIONS: Final = frozenset(ActionName)
_PROPOSED: Final = _pair("بانتظار الموافقة: {what}", "Waits for approval: {what}")
_DECIDED: Final[Mapping[Verdict, LocalizedText]] = {
    Verdict.approved: _pair("تمت الموافقة: {what}", "Approved: {what}"),
    Verdict.denied: _pair("رُفض: {what}", "Denied: {what}"),
    Verdict.expired: _pair("انتهت المهلة: {what}", "Lapsed: {what}"),
}
_DONE: Final = _pair("نُفِّذ: {what}", "Done: {what}")
_DONE_WITH_RECEIPT: Final = _pair("نُفِّذ: {what} (رقم الإيصال {receipt})", "Done: {what} (receipt {receipt})")
_NOT_DONE: Final = _pair("لم يُنفَّذ: {what}", "Not done: {what}")
_UNKNOWN_TOOL: Final = _pair("استخدام أداة غير معروفة ({name})", "use an unknown tool ({name})")
_CALL_ENDED: Final = _pair("نهاية المحادثة ({outcome})", "End of the call ({outcome})")
INTERRUPTED: Final = _pair("انقطع الرد هنا قبل أن يكتمل", "the reply was cut off here")
TRUNCATED: Final = _pair(
    "الرسالة أطول من الحد المسموح، وهذا ما حُفظ منها", "the message was too long; this much was kept"
)
_CLAIMED: Final = _pair("تولّى الموظف {agent} المحادثة", "{agent}, an agent, took over")
_TRANSFERRED: Final = _pair("حوّل الموظف {agent} المحادثة", "{agent}, an agent, transferred the call")
_RELEASED: Final = _pair("أعاد الموظف {agent} المحادثة", "{agent}, an agent, handed the call back")
_VANISHED: Final = _pair("انقطع الموظف {agent} عن المحادثة", "{agent}, an agent, was cut off")
_AGENT: Final = _pair("{name} (موظف)", "{name} (agent)")

_LIST: Final = _pair("{list}، {item}", "{list}, {item}")
_DATE: Final = _pair("{day} {month} {year}", "{day} {month} {year}")
_MOMENT: Final = _pair("{date}، {time}", "{date}, {time}")
_MONTHS: Final = (
    _pair("يناير", "January"),
    _pair("فبراير", "February"),
    _pair("مارس", "March"),
    _pair("أبريل", "April"),
    _pair("مايو", "May"),
    _pair("يونيو", "June"),
    _pair("يوليو", "July"),
    _pair("أغسطس", "August"),
    _pair("سبتمبر", "September"),
    _pair("أكتوبر", "October"),
    _pair("نوفمبر", "November"),
    _pair("ديسمبر", "December"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a transcript's heading."""

    label: str
    value: str


def state_of(events: Sequence[CallEvent]) -> ConversationState:
    """Return the state of the call whose whole log this is."""
    state = fold(events)
    assert state is not None  # noqa: S101 (a call's log starts with call_started)
    return state


class Wording:
    """One language of everything here, for one company and its personas."""

    def __init__(self, language: Language, personas: PersonaManager, company: Company) -> None:
        self.language = language
        self._personas = personas
        self._company = company
        self._zone = ZoneInfo(company.timezone)

    def text(self, pair: LocalizedText, **values: str) -> str:
        """Return a text with `values`, fenced by the caller, in its places."""
        return pair[self.language].format(**values)

    def title(self, state: ConversationState) -> str:
        """Name a transcript."""
        return self.text(TITLE, company=fenced(self._company.name[self.language]), call=left_to_right(state.call_id))

    def index_title(self) -> str:
        """Name a list of transcripts."""
        return self.text(INDEX_TITLE, company=fenced(self._company.name[self.language]))

    def customer(self, state: ConversationState) -> str:
        """Name the customer as far as they did."""
        name = state.slots.name or state.customer_name
        return fenced(name) if name else self.text(_UNNAMED)

    def speaker(self, state: ConversationState) -> str:
        """Name the customer as the one who speaks."""
        name = state.slots.name or state.customer_name
        role = self._personas.label(Speaker.customer, self.language)
        return self.text(_PERSONA, name=fenced(name), role=role) if name else role

    def persona(self, persona: PersonaType) -> str:
        """Name a persona with its role."""
        return self.text(_PERSONA, name=self.name(persona), role=self._personas.label(persona, self.language))

    def name(self, persona: PersonaType) -> str:
        """Name a persona."""
        return fenced(self._personas.name(persona, self.language))

    def names(self, state: ConversationState) -> str:
        """Name all personas that had the call, in order of appearance."""
        return self._list([self.name(each) for each in state.personas_used])

    def time(self, at: datetime) -> str:
        """Write the time of day where the company is."""
        return f"{at.astimezone(self._zone):%H:%M}"

    def date(self, at: datetime) -> str:
        """Write the day it was where the company is."""
        local = at.astimezone(self._zone)
        month = _MONTHS[local.month - 1][self.language]
        return self.text(_DATE, day=str(local.day), month=month, year=str(local.year))

    def moment(self, at: datetime) -> str:
        """Write date and time."""
        return self.text(_MOMENT, date=self.date(at), time=self.time(at))

    def duration(self, state: ConversationState) -> str:
        """Write how long a call took, as hours:minutes:seconds, which reads alike in every language."""
        return str(timedelta(seconds=int(state.conversation_duration_seconds)))

    def facts(self, events: Sequence[CallEvent], state: ConversationState) -> tuple[Fact, ...]:
        """Say what stands above the transcript of a log; what is not known or did not happen is left out."""
        tickets = {
            event.ticket.number: event.ticket for event in events if isinstance(event, TicketCreated | TicketUpdated)
        }
        outcome = next((event.outcome for event in events if isinstance(event, CallEnded)), None)
        started = self.text(_TIME_ZONE, when=self.moment(state.started_at), zone=left_to_right(self._company.timezone))
        lines: list[tuple[LocalizedText, str | None]] = [
            (CALL, left_to_right(state.call_id)),
            (CUSTOMER, self.customer(state)),
            (LANGUAGE, state.language.native_name),
            (CHANNEL, self._personas.label(state.channel, self.language)),
            (STARTED, started),
            (ENDED, self.moment(state.ended_at) if state.ended_at else self.text(_GOES_ON)),
            (DURATION, self.duration(state)),
            (
                MESSAGES,
                self.text(_MESSAGE_COUNT, total=str(state.message_count), customer=str(state.user_message_count)),
            ),
            (PERSONAS, self._list([self.persona(each) for each in state.personas_used])),
            (ESCALATIONS, str(state.escalation_count) if state.escalation_count else None),
            *((TICKETS, self.ticket(ticket)) for ticket in tickets.values()),
            (OUTCOME, self._personas.label(outcome, self.language) if outcome else None),
            (SATISFACTION, self.text(_RATING, score=str(state.satisfaction)) if state.satisfaction else None),
        ]
        return tuple(Fact(self.text(label), value) for label, value in lines if value is not None)

    def ticket(self, ticket: Ticket) -> str:
        """Say what a ticket is in one phrase."""
        return self.text(
            _TICKET,
            number=left_to_right(ticket.number),
            category=self._personas.label(ticket.category, self.language),
            priority=self._personas.label(ticket.priority, self.language),
            due=self.moment(ticket.due_at),
        )

    def agent(self, name: str) -> str:
        """Name a human of the company."""
        return self.text(_AGENT, name=fenced(name))

    def note(self, event: CallEvent) -> str | None:  # noqa: C901, PLR0911, PLR0912 (one text an event)
        """Say what happened between the messages; None for what was said or only decided."""
        match event:
            case Handoff():
                return self.text(
                    _HANDOFFS[event.trigger],
                    leaves=self.name(event.from_persona),
                    takes=self.name(event.to_persona),
                )
            case Escalation():
                return self.text(_ESCALATED, priority=self._personas.label(event.priority, self.language))
            case TransferRequested():
                return self.text(_WAITS, priority=self._personas.label(event.priority, self.language))
            case TicketCreated():
                return self.text(_TICKET_OPENED, ticket=self.ticket(event.ticket))
            case TicketUpdated():
                return self.text(_TICKET_ADDED, number=left_to_right(event.ticket.number))
            case ToolCalled():
                if event.tool in _ACTIONS:
                    return None  # told by the action's own event
                known = _TOOLS.get(event.tool)
                what = self.text(known) if known else self.text(_UNKNOWN_TOOL, name=fenced(event.tool))
                return self.text(_TOOL_GRANTED if event.granted else _TOOL_REFUSED, what=what)
            case ActionProposed(proposal=proposal):
                return self.text(_PROPOSED, what=fenced(proposal.summary[self.language]))
            case ActionDecided():
                return self.text(_DECIDED[event.verdict], what=self._personas.label(event.action, self.language))
            case ActionRun():
                return self._run(event)
            case CallClaimed():
                return self.text(_CLAIMED, agent=fenced(event.agent_name))
            case CallTransferred():
                return self.text(_TRANSFERRED, agent=fenced(event.agent_name))
            case CallReleased():
                text = _VANISHED if event.reason is ReleaseReason.vanished else _RELEASED
                return self.text(text, agent=fenced(event.agent_name))
            case CsatGiven():
                return self.text(_RATED, score=str(event.score))
            case CallEnded():
                return self.text(_CALL_ENDED, outcome=self._personas.label(event.outcome, self.language))
            case _:
                return None

    def _run(self, event: ActionRun) -> str:
        what, receipt = self._personas.label(event.action, self.language), event.result.receipt
        if not event.result.done:
            return self.text(_NOT_DONE, what=what)
        if receipt is None:
            return self.text(_DONE, what=what)
        return self.text(_DONE_WITH_RECEIPT, what=what, receipt=left_to_right(receipt))

    def numbers(self, tickets: Sequence[TicketNumber]) -> str:
        """List tickets by number."""
        return self._list([left_to_right(number) for number in tickets])

    def _list(self, items: Sequence[str]) -> str:
        return reduce(lambda listed, item: self.text(_LIST, list=listed, item=item), items) if items else ""

"""Which actions a company offers, to whom, who approves them, and how a message asks for one; and run them, once each.

What changes something is written under a key: the same key again brings the same result. An action that only reads
keeps nothing. Who may see what is identity.py's; proposals, approvals and the log are conversation/'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from pydantic import JsonValue, TypeAdapter

from callcenter.actions import moments, wishes, wording
from callcenter.actions.accounts import ACCOUNTS, ResetPassword, UpdateContact
from callcenter.actions.action import Action, Caller, Plan, Request
from callcenter.actions.arguments import (
    MODELS,
    Consultation,
    ContactUpdate,
    OneOrder,
    Quote,
    checked,
    described,
    fitting,
    parsed,
)
from callcenter.actions.bookings import BookConsultation
from callcenter.actions.catalogue import EstimateCredit, LookUpCatalogue
from callcenter.actions.identity import verified
from callcenter.actions.namesakes import Namesakes
from callcenter.actions.orders import ORDERS, CancelOrder, GetOrderHistory, RequestRefund, TrackOrder
from callcenter.actions.quotes import SendQuote
from callcenter.actions.recognition import Heard, Recogniser
from callcenter.actions.records import RecordStore
from callcenter.actions.wording import Part
from callcenter.analysis import MessageAnalysis
from callcenter.calls import (
    ActionArguments,
    ActionCode,
    ActionName,
    ActionResult,
    Approver,
    CallId,
    ConversationState,
    LocalizedText,
    PersonaType,
)
from callcenter.company import SENSITIVE, Company
from callcenter.errors import RecordConflict

_TRIES: Final = 3
"""Records that somebody else changes meanwhile are planned for anew so often."""
_TABLES: Final = {
    ActionName.get_order_history: ORDERS,
    ActionName.track_order: ORDERS,
    ActionName.cancel_order: ORDERS,
    ActionName.request_refund: ORDERS,
    ActionName.reset_password: ACCOUNTS,
    ActionName.update_contact: ACCOUNTS,
}
"""The table of the company's that an action rests on."""
_WITHOUT: Final = {"order_number": "without_order_number", "contact": "without_contact"}
"""What helps a customer who lacks something."""
_SCHEMA: Final[TypeAdapter[dict[str, JsonValue]]] = TypeAdapter(dict[str, JsonValue])
_EVERYBODY: Final = frozenset(PersonaType)
_PERSONAS: Final = {
    ActionName.request_refund: frozenset({PersonaType.reception, PersonaType.complaints}),
    ActionName.reset_password: frozenset({PersonaType.reception, PersonaType.complaints}),
    ActionName.send_quote: frozenset({PersonaType.sales}),
    ActionName.look_up_catalogue: frozenset({PersonaType.reception, PersonaType.sales}),
    ActionName.estimate_credit: frozenset({PersonaType.sales}),
    ActionName.book_consultation: frozenset({PersonaType.reception, PersonaType.sales}),
}
"""Which personas an action is done through, where it is not all of them."""


class Actions:
    """The actions of one company."""

    def __init__(self, company: Company, records: RecordStore) -> None:
        self._company = company
        self._records = records
        self._handlers: dict[ActionName, Action] = {
            ActionName.get_order_history: GetOrderHistory(),
            ActionName.track_order: TrackOrder(),
            ActionName.cancel_order: CancelOrder(company),
            ActionName.request_refund: RequestRefund(company),
            ActionName.reset_password: ResetPassword(),
            ActionName.update_contact: UpdateContact(),
            ActionName.send_quote: SendQuote(company),
            ActionName.book_consultation: BookConsultation(company),
        }
        if company.catalogue is not None:
            self._handlers[ActionName.look_up_catalogue] = LookUpCatalogue(company, company.catalogue)
        if company.catalogue is not None or company.credit is not None:
            self._handlers[ActionName.estimate_credit] = EstimateCredit(company)
        items = company.catalogue
        words = items.words if items else ()
        self._namesakes = Namesakes(words, items.names, items.aliases) if items else None
        self._recogniser = Recogniser([each for each in ActionName if self.offered(each, None)], words, self._namesakes)

    def offered(self, action: ActionName, persona: PersonaType | None) -> bool:
        """Whether the company offers an action, through this persona; None: at all."""
        if action not in self._handlers or action in self._company.actions.off:
            return False
        table = _TABLES.get(action)
        if table is not None and table not in self._company.tables:
            return False
        return persona is None or persona in _PERSONAS.get(action, _EVERYBODY)

    def sensitive(self, action: ActionName) -> bool:
        """Whether somebody has to approve an action before it is done."""
        return action in SENSITIVE

    def approvers(self, action: ActionName) -> tuple[Approver, ...]:
        """Return who may approve an action; none where nobody has to."""
        return self._company.actions.approved_by(action)

    def check(self, request: Request) -> Request:
        """Return the request as it is kept. Raises InvalidRequest, which names the arguments that do not fit."""
        return checked(request)

    def schema(self, action: ActionName) -> dict[str, JsonValue]:
        """Return an action as a model's tool: `name`, `description`, `parameters` in OpenAI's strict form."""
        return described(action)

    def description(self, action: ActionName) -> str:
        """Say in English what an action does, for a model and for programmers."""
        return str(described(action)["description"])

    def parameters(self, action: ActionName) -> Mapping[str, JsonValue]:
        """Return the JSON schema of an action's arguments, in OpenAI's strict form."""
        return _SCHEMA.validate_python(described(action)["parameters"])

    def summary(self, request: Request) -> LocalizedText:
        """Say what would be done: "إلغاء الطلب ORD1001", "Cancel order ORD1001"."""
        key = f"summary_{request.action}"
        named = self._named(request)
        return wording.say(f"{key}_named", **named) if named else wording.say(key)

    def _named(self, request: Request) -> dict[str, Part]:
        """Return what a summary names of a request; nothing where that is not known yet."""
        arguments = parsed(MODELS[request.action], request.arguments)
        named: dict[str, Part] = {}
        match arguments:
            case OneOrder(order_number=str(order)):
                named = {"order": order}
            case ContactUpdate() if arguments.new_phone or arguments.new_email:
                named = {"contact": ", ".join(filter(None, (arguments.new_phone, arguments.new_email)))}
            case Quote(services=services):
                known = [found.name for each in services if (found := self._company.service(each)) is not None]
                named = {"services": wording.listed(known)} if known else {}
            case Consultation(when=str(when)):
                slot = moments.read(when)
                day = slot.day_from(date.min) if slot.on is not None and slot.on[0] is not None else None
                moment = slot.starts(day, self._company.calendar) if day is not None else None
                named = {"slot": wording.absolute(self._company.calendar, moment)} if moment is not None else {}
            case _:
                pass
        return named

    async def plan(self, request: Request, caller: Caller, now: datetime) -> Plan:
        """Return what would come of a request now; writes nothing. Raises InvalidRequest, StoreUnavailable.

        `Plan.request` is never None: it is what is proposed, kept as pending or run from here on.
        """
        request = checked(request)
        if not self.offered(request.action, None):
            return Plan(ActionResult(code=ActionCode.not_offered, text=wording.say("not_offered")), request=request)
        handler = self._handlers[request.action]
        planned = await handler.plan(request.arguments, caller, self._records, now=now)
        result = planned.result
        if result.missing and request.arguments.get("lacks") in result.missing:
            result = await self._without(result, caller, now)
        return Plan(result, planned.changes, planned.request or request)

    async def _without(self, asked: ActionResult, caller: Caller, now: datetime) -> ActionResult:
        """Return what helps a customer who lacks what they were asked for; nobody is asked for it again.

        Who is known is shown their orders, to choose from.
        """
        (missing,) = asked.missing
        if missing == "order_number" and verified(caller):
            own = await self._handlers[ActionName.get_order_history].plan({}, caller, self._records, now=now)
            if own.result.done:
                text = wording.lines(own.result.text, wording.say("ask_which_order"))
                return asked.altered({"text": text, "data": own.result.data})
        return wording.refused(_WITHOUT[missing])

    async def run(self, key: str, call_id: CallId, request: Request, caller: Caller, now: datetime) -> ActionResult:
        """Do what is requested, once under a key, and return what came of it: the first time's result ever after.

        Where records keep changing under it nothing is written, and the result is `unavailable`. Raises InvalidRequest,
        StoreUnavailable.
        """
        kept = await self._records.performed(key)
        if kept is not None:
            return kept
        for _ in range(_TRIES):
            planned = await self.plan(request, caller, now)
            if not planned.changes:
                # It may be the same action, done meanwhile, that leaves nothing to do: then its result is this one's.
                return await self._records.performed(key) or planned.result
            try:
                return await self._records.perform(key, call_id, planned.changes, planned.result, now=now)
            except RecordConflict:
                continue
        text = wording.say("unavailable", action=self.summary(request))
        return ActionResult(code=ActionCode.unavailable, text=text)

    def recognise(self, text: str, analysis: MessageAnalysis, state: ConversationState) -> Request | None:
        """Return the action that a message asks for, or goes on with; None: it asks for none of those offered.

        Its arguments fit: what a customer said beyond an action's bounds is left out, and asked for.
        """
        heard = self._recogniser.read(text, analysis)
        action = heard.action
        if action is ActionName.look_up_catalogue and self._company.mentioned(text):
            action = None
        pending = state.pending_action
        further = self._further(action, heard, text, analysis, state)
        if further is not None:
            return fitting(Request(action=ActionName.estimate_credit, arguments=further))
        if action is not None:
            named = wishes.arguments(action, text, analysis, state, self._company)
            if pending is not None and pending.action is action:
                named = {**wishes.lacking(pending, named, lacks=heard.lacks), **named}
            return fitting(Request(action=action, arguments=named))
        if pending is None or heard.aside or not self.offered(pending.action, None):
            return None
        item = "price" in pending.missing and self._recogniser.names_item(text)
        added = wishes.continued(pending, text, analysis, self._company, names_item=item, lacks=heard.lacks)
        return None if added is None else fitting(Request(action=pending.action, arguments=added))

    def _further(
        self, action: ActionName | None, heard: Heard, text: str, analysis: MessageAnalysis, state: ConversationState
    ) -> ActionArguments | None:
        """Return the arguments of an estimate where a message goes on from the last one, or from what was looked up."""
        if state.last_action is None or not self.offered(ActionName.estimate_credit, None):
            return None
        if action not in {None, ActionName.estimate_credit, ActionName.look_up_catalogue}:
            return None
        asks = heard.credit or action is ActionName.estimate_credit
        if not (asks or heard.further):
            return None
        names_one = self._namesakes.names_one if self._namesakes is not None else _names_none
        return wishes.further(state.last_action, text, analysis, asks=asks, names_one=names_one)


def _names_none(_text: str) -> bool:
    """Whether a text names something of a catalogue, where there is none."""
    return False

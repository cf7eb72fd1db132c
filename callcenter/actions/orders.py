"""List, track, cancel and refund orders: the table `orders`, and the refunds asked for in `refunds`.

Columns: number, customer_name, phone, email, item_ar, item_en, status, total, currency, ordered_at, expected_at,
delivered_at. Whose an order is, identity.py says; somebody else's order and one that does not exist read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from callcenter.actions import wording
from callcenter.actions.action import Caller, Plan, Request
from callcenter.actions.arguments import Cancellation, OneOrder, OrderHistory, Refund, kept, parsed
from callcenter.actions.identity import holds, is_verified, may_see, receipt, told, verified
from callcenter.actions.records import Change, Record, RecordStore
from callcenter.actions.wording import Part, in_both, incomplete, lines, nothing_found, refused, say
from callcenter.calls import ActionArguments, ActionCode, ActionName, ActionResult, LocalizedText, Value
from callcenter.company import Company

ORDERS: Final = "orders"
REFUNDS: Final = "refunds"
_SHOWN: Final = 5
_STATUSES: Final = frozenset(
    {"received", "in_progress", "shipped", "delivered", "cancelled", "refund_requested", "refunded"}
)
_REFUNDABLE: Final = frozenset({"delivered", "cancelled"})
_UNPAID: Final = frozenset({"no", "false", "0", "unpaid", "لا", "غير مدفوع"})


class GetOrderHistory:
    """Lists the customer's orders, newest first."""

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:  # noqa: ARG002 (history is as it is)
        """Whoever is not verified sees the one order that they can name."""
        asked = parsed(OrderHistory, arguments)
        if not verified(caller) and not caller.by_agent:
            number = asked.order_number or caller.slots.order_number
            found = await find_order(number, caller, records)
            return Plan(_history([found])) if isinstance(found, Record) else Plan(found)
        phone, email = caller.phone, caller.email
        if caller.by_agent and not verified(caller):
            phone, email = caller.slots.phone, caller.slots.email
            if not told(caller):
                return Plan(incomplete("contact", say("ask_contact")))
        own = [each for each in await records.records(ORDERS) if holds(each, phone, email)]
        if not own:
            return Plan(nothing_found("no_orders"))
        return Plan(_history(sorted(own, key=lambda each: (each.fields.get("ordered_at", ""), each.id), reverse=True)))


class TrackOrder:
    """Says where an order stands."""

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:  # noqa: ARG002 (an order is as it is)
        """Without a number: the one order under way, where the customer is verified and has one alone."""
        number = parsed(OneOrder, arguments).order_number or caller.slots.order_number
        if number is None and verified(caller):
            own = [each for each in await records.records(ORDERS) if is_verified(each, caller)]
            under_way = [each for each in own if each.fields.get("status") in {"received", "in_progress", "shipped"}]
            if len(under_way) == 1:
                return Plan(_tracked(under_way[0]))
        found = await find_order(number, caller, records)
        return Plan(_tracked(found)) if isinstance(found, Record) else Plan(found)


class CancelOrder:
    """Cancels an order that has not gone out."""

    def __init__(self, company: Company) -> None:
        self._cancellable = frozenset(company.actions.cancellable)

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:
        """Set the status, and when."""
        asked = parsed(Cancellation, arguments)
        found = await find_order(asked.order_number or caller.slots.order_number, caller, records)
        if not isinstance(found, Record):
            return Plan(found)
        request = settled(ActionName.cancel_order, asked, found)
        status = found.fields.get("status", "")
        if status not in self._cancellable:
            key = "cancelled_already" if status == "cancelled" else "cancel_too_late"
            return Plan(refused(key, order=order_number(found), status=status_text(found)), request=request)
        number = receipt("CXL", ORDERS, found.id, found.version)
        result = ActionResult(
            code=ActionCode.done,
            text=say("cancelled", order=order_number(found), item=item(found), receipt=number),
            receipt=number,
            data={"order": order_number(found)},
        )
        written = found.fields | {"status": "cancelled", "cancelled_at": now.isoformat()}
        return Plan(result, (_change(found, written),), request)


class RequestRefund:
    """Notes that a customer wants the money of a delivered or cancelled order back."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:
        """One refund an order: its record has the order's number, so that two requests meet."""
        asked = parsed(Refund, arguments)
        found = await find_order(asked.order_number or caller.slots.order_number, caller, records)
        if not isinstance(found, Record):
            return Plan(found)
        request = settled(ActionName.request_refund, asked, found)
        refusal = self._refusal(found, now)
        if refusal is None and await records.record(REFUNDS, found.id) is not None:
            refusal = refused("refund_asked_already", order=order_number(found))
        if refusal is not None:
            return Plan(refusal, request=request)
        number = receipt("REF", ORDERS, found.id, found.version)
        amount = total(found, self._company)
        fields = {
            "number": number,
            "order": order_number(found),
            "amount": found.fields.get("total", ""),
            "currency": currency(found, self._company),
            "reason": asked.reason or "",
            "status": "requested",
            "requested_at": now.isoformat(),
        }
        result = ActionResult(
            code=ActionCode.done,
            text=say("refund_asked", order=order_number(found), amount=amount, receipt=number),
            receipt=number,
            data={"order": order_number(found), "amount": fields["amount"], "currency": fields["currency"]},
        )
        changes = (
            _change(found, found.fields | {"status": "refund_requested"}),
            Change(table=REFUNDS, id=found.id, version=0, fields=fields),
        )
        return Plan(result, changes, request)

    def _refusal(self, order: Record, now: datetime) -> ActionResult | None:
        fields, number = order.fields, order_number(order)
        status = fields.get("status", "")
        if status in {"refund_requested", "refunded"}:
            return refused("refund_asked_already" if status == "refund_requested" else "refunded_already", order=number)
        if status not in _REFUNDABLE:
            return refused("refund_too_early", order=number, status=status_text(order))
        if fields.get("paid", "").strip().lower() in _UNPAID and fields.get("paid", "").strip():
            return refused("refund_unpaid", order=number)
        if _decimal(fields.get("total", "")) is None:
            return refused("refund_unknown_amount", order=number)
        days = self._company.actions.refund_days
        since = _date(fields.get("cancelled_at" if status == "cancelled" else "delivered_at", ""))
        today = self._company.calendar.day_of(now)
        if days is not None and since is not None and today > since + timedelta(days=days):
            return refused("refund_too_late", order=number, days=str(days))
        return None


async def find_order(number: str | None, caller: Caller, records: RecordStore) -> Record | ActionResult:
    """Return the order with this number if the caller may see it; else what is asked for, or that nothing was found."""
    if number is None:
        return incomplete("order_number", say("ask_order_number"))
    if not (caller.by_agent or verified(caller) or told(caller)):
        return incomplete("contact", say("ask_contact_for_order"))
    found = await _by_number(number, records)
    return found if found is not None and may_see(found, caller) else nothing_found("no_such_order")


async def _by_number(number: str, records: RecordStore) -> Record | None:
    named = number.upper().replace(" ", "").removeprefix("#")
    found = await records.record(ORDERS, named)
    if found is not None and order_number(found).upper() == named:
        return found
    matches = await records.records(ORDERS, where={"number": named})
    return matches[0] if matches else None


def settled(action: ActionName, asked: Value, order: Record) -> Request:
    """Return the request with the order's own number in it."""
    return Request(action=action, arguments={**kept(asked), "order_number": order_number(order)})


def order_number(order: Record) -> str:
    """Return the number an order is known by."""
    return order.fields.get("number") or order.id


def item(order: Record) -> LocalizedText:
    """Return what was ordered, by language; where one is missing, the other's."""
    named = (order.fields.get(each) for each in ("item_ar", "item_en", "item"))
    either = next(filter(None, named), order_number(order))
    return in_both(lambda language: order.fields.get(f"item_{language}") or either)


def status_text(order: Record) -> LocalizedText:
    """Return how an order stands."""
    status = order.fields.get("status", "")
    return say(f"status_{status}") if status in _STATUSES else say("status_other", status=status or "-")


def currency(order: Record, company: Company) -> str:
    """Return the currency of an order, else the company's."""
    return order.fields.get("currency") or company.currency


def total(order: Record, company: Company) -> LocalizedText:
    """Write what an order cost."""
    return wording.money(_decimal(order.fields.get("total", "")) or Decimal(0), currency(order, company))


def _history(orders: Sequence[Record]) -> ActionResult:
    shown = [_line(each) for each in orders[:_SHOWN]]
    if more := len(orders) - len(shown):
        shown.append(say("orders_more", count=str(more)))
    return ActionResult(
        code=ActionCode.done,
        text=lines(say("orders_listed" if len(orders) > 1 else "order_listed", count=str(len(orders))), *shown),
        data={"orders": [_data(each) for each in orders[:20]], "count": len(orders)},
    )


def _line(order: Record) -> LocalizedText:
    ordered: Part = wording.day(order.fields.get("ordered_at", ""), otherwise="day_unknown")
    return say("order_line", order=order_number(order), item=item(order), status=status_text(order), day=ordered)


def _data(order: Record) -> dict[str, str]:
    wanted = ("status", "total", "currency", "ordered_at", "expected_at", "delivered_at", "item_ar", "item_en")
    return {"number": order_number(order), **{each: order.fields[each] for each in wanted if order.fields.get(each)}}


def _tracked(order: Record) -> ActionResult:
    status = order.fields.get("status", "")
    when_field, key = _WHEN.get(status, ("", ""))
    told_day = order.fields.get(when_field, "")
    text = say("tracked", order=order_number(order), item=item(order), status=status_text(order))
    if told_day and _date(told_day) is not None:
        when = wording.day(told_day, otherwise="day_unknown")
        text = in_both(lambda language: f"{text[language]} {say(key, day=when)[language]}")
    return ActionResult(code=ActionCode.done, text=text, data=dict(_data(order)))


_WHEN: Final = {
    **dict.fromkeys(("received", "in_progress", "shipped"), ("expected_at", "tracked_expected")),
    "delivered": ("delivered_at", "tracked_delivered"),
}
"""Which day is told of an order in a status, and how."""


def _change(record: Record, fields: dict[str, str]) -> Change:
    return Change(table=record.table, id=record.id, version=record.version, fields=fields)


def _date(told_day: str) -> date | None:
    try:
        return date.fromisoformat(told_day.strip()[:10])
    except ValueError:
        return None


def _decimal(figure: str) -> Decimal | None:
    try:
        amount = Decimal(figure.replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None

"""Write quotes from the prices of the company's profile, and keep them in the table `quotes`.

The text is the quote: what stands in it is what the company holds itself to, until its last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from pydantic import JsonValue

from callcenter.actions import wording
from callcenter.actions.action import Caller, Plan
from callcenter.actions.arguments import Quote, parsed
from callcenter.actions.records import Change, RecordStore
from callcenter.actions.wording import in_both, incomplete, lines, listed, say
from callcenter.calls import ActionArguments, ActionCode, ActionResult, Language, LocalizedText
from callcenter.company import Company, Price, Service

QUOTES: Final = "quotes"


class SendQuote:
    """Quotes services at the price that stands first in each one's list."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:  # noqa: ARG002 (prices are the profile's)
        """Without a service, or with none that the company has, it asks for one."""
        asked = parsed(Quote, arguments)
        services = [found for each in asked.services if (found := self._company.service(each)) is not None]
        if not services:
            offered = listed(each.name for each in self._company.services)
            return Plan(incomplete("services", say("ask_services", services=offered)))
        until = self._company.calendar.day_of(now) + timedelta(days=self._company.actions.quote_days)
        number = _number(services, caller, now)
        total, totals = _totals([each.prices[0] for each in services if each.prices])
        text = lines(
            say("quote_head", number=number),
            *(_line(each) for each in services),
            *([total] if total else []),
            say("quote_until", day=wording.last_day(until)),
        )
        ids = [each.id for each in services]
        fields = {
            "number": number,
            "services": ", ".join(ids),
            "text_ar": text.ar,
            "text_en": text.en,
            "total": "; ".join(totals),
            "valid_until": until.isoformat(),
            "made_at": now.isoformat(),
            "phone": caller.phone or caller.slots.phone or "",
            "email": caller.email or caller.slots.email or "",
            "name": caller.slots.name or "",
        }
        data: dict[str, JsonValue] = {
            "number": number,
            "services": [*ids],
            "totals": [*totals],
            "valid_until": until.isoformat(),
        }
        result = ActionResult(code=ActionCode.done, text=text, receipt=number, data=data)
        return Plan(result, (Change(table=QUOTES, id=number, version=0, fields=fields),))


def _number(services: Sequence[Service], caller: Caller, now: datetime) -> str:
    """Return a number that no other quote has: it is made of all that a quote is about."""
    contact = (caller.phone, caller.email, caller.slots.phone, caller.slots.email, caller.slots.name)
    made_of = "\n".join((now.isoformat(), *(each.id for each in services), *(each or "" for each in contact)))
    return f"Q-{sha256(made_of.encode()).hexdigest()[:10].upper()}"


def _line(service: Service) -> LocalizedText:
    if not service.prices:
        return say("quote_line_by_agreement", service=service.name, price=in_both(service.price_text))
    price = service.prices[0]
    return say("quote_line", service=service.name, label=price.label, price=in_both(price.text))


def _totals(prices: Sequence[Price]) -> tuple[LocalizedText | None, list[str]]:
    """Return the total in words and its parts for the record: what is paid per month is not added to what is paid once.

    One price alone is its own total.
    """
    groups: dict[tuple[str, str], list[Price]] = {}
    for price in prices:
        groups.setdefault((price.currency, price.unit.en if price.unit else ""), []).append(price)
    sums = [_sum(group) for group in groups.values()]
    open_ended = any(each.starting_at or each.max_amount_minor is not None for each in prices)
    records = [each.text(Language.en) for each in sums]
    if len(prices) == 1:
        return None, records
    said = in_both(lambda language: " + ".join(each.text(language) for each in sums))
    return (say("quote_total_from" if open_ended else "quote_total", total=said) if sums else None), records


def _sum(prices: Sequence[Price]) -> Price:
    """Return what prices of one currency and unit come to, at least."""
    first = prices[0]
    return Price(
        label=first.label,
        currency=first.currency,
        amount_minor=sum(each.amount_minor for each in prices),
        unit=first.unit,
    )

"""Reset a password and change contact details: the table `accounts`, and the contacts that stand on orders.

Columns: email, phone, name, username. What is sent goes to the address on file and nowhere else: a reset is noted for
whoever sends it, and nobody is told that anything was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from callcenter.actions.action import Caller, Plan
from callcenter.actions.arguments import ContactUpdate, PasswordReset, parsed
from callcenter.actions.identity import holds, masked, receipt, same_email, same_phone, verified
from callcenter.actions.orders import ORDERS, find_order, settled
from callcenter.actions.records import Change, Record, RecordStore
from callcenter.actions.wording import incomplete, nothing_found, refused, say
from callcenter.calls import ActionArguments, ActionCode, ActionName, ActionResult

ACCOUNTS: Final = "accounts"
_MOST: Final = 50
"""Orders whose contact is changed in one go; older ones keep what they have."""


class ResetPassword:
    """Notes that a link is wanted with which the customer sets a new password."""

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:
        """Take a contact that is merely told: the link goes to the address on file, not to whoever asks."""
        parsed(PasswordReset, arguments)
        phone, email = (caller.phone, caller.email) if verified(caller) else (caller.slots.phone, caller.slots.email)
        if not (phone or email):
            return Plan(incomplete("contact", say("ask_contact")))
        own = [each for each in await records.records(ACCOUNTS) if holds(each, phone, email)]
        if len(own) != 1:
            return Plan(nothing_found("no_account"))
        account = own[0]
        address = account.fields.get("email", "")
        if "@" not in address:
            return Plan(refused("password_no_email"))
        number = receipt("PWD", ACCOUNTS, account.id, account.version)
        text = say("password_reset", email=masked(address), receipt=number)
        fields = account.fields | {"password_reset_requested_at": now.isoformat()}
        return Plan(ActionResult(code=ActionCode.done, text=text, receipt=number), (_change(account, fields),))


class UpdateContact:
    """Puts a new phone number or e-mail address on what is the customer's."""

    async def plan(self, arguments: ActionArguments, caller: Caller, records: RecordStore, *, now: datetime) -> Plan:  # noqa: ARG002 (nothing of it depends on the time)
        """Somebody unverified changes the one order that they can name, with the contact that is on it."""
        asked = parsed(ContactUpdate, arguments)
        new = {key: value for key, value in (("phone", asked.new_phone), ("email", asked.new_email)) if value}
        if not new:
            return Plan(incomplete("new_contact", say("ask_new_contact")))
        own = await self._own(asked, _as_before(caller, asked), records)
        if isinstance(own, ActionResult):
            return Plan(own)
        changes = [_change(each, each.fields | new) for each in own if not _has(each, new)]
        one_order = own[0] if not verified(caller) and own[0].table == ORDERS else None
        request = settled(ActionName.update_contact, asked, one_order) if one_order else None
        if not changes:
            return Plan(refused("contact_same"), request=request)
        first = changes[0]
        number = receipt("CON", first.table, first.id, first.version)
        text = say("contact_updated", contact=", ".join(new.values()), receipt=number)
        data = {"changed": len(changes), **new}
        result = ActionResult(code=ActionCode.done, text=text, receipt=number, data=dict(data))
        return Plan(result, changes, request)

    async def _own(self, asked: ContactUpdate, caller: Caller, records: RecordStore) -> Sequence[Record] | ActionResult:
        """Return what is changed: the account and the newest orders, or the one order; else what is told instead.

        An agent who approves what a customer asked for one order approves that order, and not all of theirs.
        """
        phone, email = caller.phone, caller.email
        if caller.by_agent and not verified(caller) and asked.order_number is None:
            phone, email = caller.slots.phone, caller.slots.email
        if not (phone or email):
            found = await find_order(asked.order_number or caller.slots.order_number, caller, records)
            return [found] if isinstance(found, Record) else found
        accounts = [each for each in await records.records(ACCOUNTS) if holds(each, phone, email)]
        orders = [each for each in await records.records(ORDERS) if holds(each, phone, email)]
        newest = sorted(orders, key=lambda each: each.fields.get("ordered_at", ""), reverse=True)[:_MOST]
        return [*accounts, *newest] or nothing_found("no_account")


def _as_before(caller: Caller, asked: ContactUpdate) -> Caller:
    """Return the caller without the new contact, which they told as well: it is not on file and shows nothing."""
    slots = caller.slots
    known = {
        "phone": None if same_phone(slots.phone, asked.new_phone) else slots.phone,
        "email": None if same_email(slots.email, asked.new_email) else slots.email,
    }
    return replace(caller, slots=slots.altered(known))


def _has(record: Record, new: dict[str, str]) -> bool:
    same = {"phone": same_phone, "email": same_email}
    return all(same[key](value, record.fields.get(key)) for key, value in new.items())


def _change(record: Record, fields: dict[str, str]) -> Change:
    return Change(table=record.table, id=record.id, version=record.version, fields=fields)

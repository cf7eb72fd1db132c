"""Passwords are reset and contacts changed for those whose they are; quotes say what the profile's prices are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter

import pytest

from callcenter.actions import Request, registry
from callcenter.actions.registry import Actions
from callcenter.actions.wording import texts
from callcenter.calls import ActionCode, ActionName, Approver, CallId, Language, PersonaType
from callcenter.company import DEMO, SENSITIVE, ActionRules, load_company
from tests.actions.shelf import NOW, Shelf, caller

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
CALL = CallId("call-1")
SARA = caller(phone="+966501234567")
RESET = Request(action=ActionName.reset_password, arguments={})


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(COMPANY.tables)


@pytest.fixture
def actions(shelf: Shelf) -> Actions:
    return Actions(COMPANY, shelf)


def update(**arguments: str) -> Request:
    return Request(action=ActionName.update_contact, arguments=dict(arguments))


def quote(*services: str) -> Request:
    return Request(action=ActionName.send_quote, arguments={"services": [*services]})


@pytest.mark.parametrize("who", [SARA, caller(email="sara@example.com"), caller(told_email="SARA@example.com")])
async def test_a_reset_is_noted_and_goes_to_the_address_on_file(actions: Actions, shelf: Shelf, who):
    result = await actions.run("k", CALL, RESET, who, NOW)
    assert result.done
    assert shelf.kept["accounts", "sara@example.com"].fields["password_reset_requested_at"] == NOW.isoformat()
    for text in (result.text.ar, result.text.en):
        assert "s•••@e•••.com" in text
        assert "sara@example.com" not in text
        assert "sent you" not in text
        assert "أرسلنا" not in text


@pytest.mark.parametrize("who", [caller(phone="+966500000000"), caller(told_email="nobody@example.com")])
async def test_no_account_no_reset(actions: Actions, who):
    result = await actions.run("k", CALL, RESET, who, NOW)
    assert result.code is ActionCode.nothing_found


async def test_a_verified_customer_resets_their_own_account_whatever_they_tell(actions: Actions, shelf: Shelf):
    await actions.run("k", CALL, RESET, caller(phone="+966501234567", told_email="khalid@example.com"), NOW)
    assert "password_reset_requested_at" not in shelf.kept["accounts", "khalid@example.com"].fields


async def test_without_a_contact_it_is_asked_for(actions: Actions):
    assert (await actions.plan(RESET, caller(), NOW)).result.missing == ("contact",)


async def test_a_new_number_goes_on_the_account_and_the_own_orders_only(actions: Actions, shelf: Shelf):
    result = await actions.run("k", CALL, update(new_phone="0555555555"), SARA, NOW)
    assert result.done
    changed = {key for key, record in shelf.kept.items() if record.fields.get("phone") == "0555555555"}
    assert changed == {
        ("accounts", "sara@example.com"),
        ("orders", "ORD1001"),
        ("orders", "ORD1002"),
        ("orders", "ORD1003"),
    }
    again = await actions.run("k2", CALL, update(new_phone="+966555555555"), caller(phone="0555555555"), NOW)
    assert again.code is ActionCode.not_possible


async def test_somebody_unverified_changes_the_one_order_they_can_name(actions: Actions, shelf: Shelf):
    request = update(new_email="new@example.com", order_number="ORD1001")
    assert (await actions.plan(update(new_email="new@example.com"), caller(), NOW)).result.missing == ("order_number",)
    assert (await actions.plan(request, caller(), NOW)).result.missing == ("contact",)
    other = await actions.run("a", CALL, request, caller(told_email="khalid@example.com"), NOW)
    assert other.code is ActionCode.nothing_found
    assert (await actions.run("b", CALL, request, caller(told_phone="0501234567"), NOW)).done
    assert shelf.kept["orders", "ORD1001"].fields["email"] == "new@example.com"
    assert shelf.kept["orders", "ORD1002"].fields["email"] == "sara@example.com"


async def test_the_new_contact_proves_nothing_and_the_one_on_file_is_asked_for(actions: Actions):
    request = update(new_phone="0555555555", order_number="ORD1001")
    for number in ("ORD1001", "ORD9999"):
        asked = update(new_phone="0555555555", order_number=number)
        assert (await actions.plan(asked, caller(told_phone="0555555555"), NOW)).result.missing == ("contact",)
    assert (await actions.plan(request, caller(told_phone="0501234567"), NOW)).result.done


async def test_an_agent_who_approves_one_order_changes_that_order_alone(actions: Actions, shelf: Shelf):
    asked = update(new_email="new@example.com")
    planned = await actions.plan(asked, caller(told_phone="0501234567", order="ORD1001"), NOW)
    assert planned.request == update(new_email="new@example.com", order_number="ORD1001")
    approved = caller(told_phone="0551112233", by_agent=True)
    assert (await actions.run("p", CALL, planned.request, approved, NOW)).data["changed"] == 1
    assert shelf.kept["orders", "ORD1001"].fields["email"] == "new@example.com"
    assert shelf.kept["orders", "ORD1004"].fields["email"] == "khalid@example.com"


async def test_the_new_contact_is_asked_for(actions: Actions):
    assert (await actions.plan(update(), SARA, NOW)).result.missing == ("new_contact",)


async def test_a_quote_says_prices_total_and_last_day(actions: Actions, shelf: Shelf):
    result = await actions.run("k", CALL, quote("web-design", "brand-identity"), SARA, NOW)
    assert result.done
    assert result.receipt is not None
    kept = shelf.kept["quotes", result.receipt].fields
    assert kept["text_ar"] == result.text.ar
    assert kept["phone"] == "+966501234567"
    assert kept["valid_until"] == "2026-12-06"
    assert "The quote is valid until Sunday 6 December." in result.text.en
    for each in ("web-design", "brand-identity"):
        service = COMPANY.service(each)
        assert service is not None
        assert service.prices[0].text(COMPANY.default_language) in result.text.ar
    web, brand = (COMPANY.service(each) for each in ("web-design", "brand-identity"))
    assert web is not None
    assert brand is not None
    total = (web.prices[0].amount_minor + brand.prices[0].amount_minor) // 100
    assert f"{total:,}" in result.text.en.splitlines()[-2]


async def test_what_is_paid_a_month_is_not_added_to_what_is_paid_once(actions: Actions):
    result = (await actions.plan(quote("web-design", "maintenance"), SARA, NOW)).result
    assert result.data["totals"] != []
    assert len(result.data["totals"]) == 2  # type: ignore[arg-type]
    assert " + " in result.text.en.splitlines()[-2]


async def test_two_quotes_have_two_numbers(actions: Actions):
    one = await actions.run("a", CALL, quote("seo"), SARA, NOW)
    other = await actions.run("b", CALL, quote("seo"), caller(phone="+201001234567"), NOW)
    assert one.receipt != other.receipt


async def test_without_a_service_the_offer_is_told_and_asked_for(actions: Actions):
    for request in (quote(), quote("no-such-service")):
        result = (await actions.plan(request, SARA, NOW)).result
        assert result.missing == ("services",)
        assert COMPANY.services[0].name.ar in result.text.ar


def test_who_approves_what(actions: Actions):
    agent, either = (Approver.agent,), (Approver.customer, Approver.agent)
    assert {action: actions.approvers(action) for action in ActionName if actions.sensitive(action)} == {
        ActionName.cancel_order: agent,
        ActionName.request_refund: agent,
        ActionName.update_contact: agent,
        ActionName.reset_password: either,
        ActionName.send_quote: either,
        ActionName.book_consultation: either,
    }
    assert all(actions.approvers(action) == () for action in ActionName if not actions.sensitive(action))


def test_the_company_says_otherwise(shelf: Shelf):
    rules = ActionRules(approvers={ActionName.cancel_order: (Approver.customer, Approver.agent)})
    own = Actions(COMPANY.altered({"actions": rules}), shelf)
    assert own.approvers(ActionName.cancel_order) == (Approver.customer, Approver.agent)
    assert own.approvers(ActionName.request_refund) == (Approver.agent,)


def test_every_offered_action_is_some_personas(actions: Actions):
    for action in ActionName:
        personas = [each for each in PersonaType if actions.offered(action, each)]
        assert bool(personas) is actions.offered(action, None)
    assert not actions.offered(ActionName.send_quote, PersonaType.complaints)
    assert not actions.offered(ActionName.look_up_catalogue, None)
    assert not actions.offered(ActionName.estimate_credit, None)


def test_schemas_are_what_strict_mode_takes(actions: Actions):
    for action in ActionName:
        tool = actions.schema(action)
        assert tool["name"] == action.value
        assert tool["description"]
        parameters = tool["parameters"]
        assert isinstance(parameters, dict)
        assert parameters["additionalProperties"] is False
        properties = parameters["properties"]
        assert isinstance(properties, dict)
        assert parameters["required"] == list(properties)
        for each in properties.values():
            assert isinstance(each, dict)
            assert each["description"]
            assert each["type"]
        text = json.dumps(tool)
        assert "default" not in text


def test_every_sensitive_action_has_a_summary_and_nulls_are_no_arguments(actions: Actions):
    for action in ActionName:
        parameters = actions.schema(action)["parameters"]
        assert isinstance(parameters, dict)
        properties = parameters["properties"]
        assert isinstance(properties, dict)
        empty = dict.fromkeys(properties) | ({"services": []} if "services" in properties else {})
        checked = actions.check(Request(action=action, arguments=empty))
        assert checked.arguments == {}
        assert actions.summary(checked).ar
    assert set(SENSITIVE) < set(ActionName)
    assert actions.summary(update(new_phone="0555555555")).en == "Change contact details to 0555555555"
    assert actions.summary(quote("seo")).en == "Prepare a quote for: " + COMPANY.service("seo").name.en  # type: ignore[union-attr]


def test_every_text_has_the_same_parts_in_both_languages():
    parts = {
        key: [{name for _, name, _, _ in Formatter().parse(text[language]) if name} for language in Language]
        for key, text in texts().items()
    }
    assert {key for key, (first, second) in parts.items() if first != second} == set()


def test_every_text_is_said_and_every_text_said_is_there():
    code = "".join(each.read_text("utf-8") for each in Path(registry.__file__).parent.glob("*.py"))
    named = set(re.findall(r'"([a-z_]+)"', code))
    composed = {key for key in texts() if key.startswith(("status_", "summary_"))}
    assert texts().keys() - composed <= named
    assert {f"summary_{action}" for action in ActionName} <= composed

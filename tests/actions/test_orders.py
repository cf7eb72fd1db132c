"""Orders are listed, tracked, cancelled and refunded for those whose they are, once, by the company's rules."""

from __future__ import annotations

import pytest

from callcenter.actions import Change, Plan, Request
from callcenter.actions.registry import Actions
from callcenter.calls import ActionCode, ActionName, CallId
from callcenter.company import DEMO, ActionRules, load_company
from callcenter.errors import InvalidRequest, RecordConflict
from tests.actions.shelf import NOW, Shelf, caller

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
CALL = CallId("call-1")
SARA = caller(phone="+966501234567")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(COMPANY.tables)


@pytest.fixture
def actions(shelf: Shelf) -> Actions:
    return Actions(COMPANY, shelf)


def ask(action: ActionName, **arguments: str) -> Request:
    return Request(action=action, arguments=dict(arguments))


def cancel(number: str | None = "ORD1001") -> Request:
    return ask(ActionName.cancel_order, **({"order_number": number} if number else {}))


async def test_cancelling_changes_the_order_and_tells_the_receipt(actions: Actions, shelf: Shelf):
    result = await actions.run("p-1", CALL, cancel(), SARA, NOW)
    assert result.code is ActionCode.done
    assert shelf.kept["orders", "ORD1001"].fields["status"] == "cancelled"
    assert result.receipt
    assert result.receipt in result.text.ar
    assert result.receipt in result.text.en
    assert "موقع تعريفي للشركة" in result.text.ar
    assert "Business website" in result.text.en


async def test_one_key_cancels_once_and_brings_the_same_result(actions: Actions, shelf: Shelf):
    first = await actions.run("p-1", CALL, cancel(), SARA, NOW)
    assert await actions.run("p-1", CALL, cancel(), SARA, NOW) == first
    assert shelf.kept["orders", "ORD1001"].version == 2


async def test_another_key_finds_it_cancelled_already(actions: Actions):
    await actions.run("p-1", CALL, cancel(), SARA, NOW)
    again = await actions.run("p-2", CALL, cancel(), SARA, NOW)
    assert again.code is ActionCode.not_possible
    assert "already" in again.text.en


@pytest.mark.parametrize("number", ["ORD1002", "ORD1003"])
async def test_what_was_shipped_or_delivered_is_not_cancelled(actions: Actions, shelf: Shelf, number: str):
    result = await actions.run("p-1", CALL, cancel(number), SARA, NOW)
    assert result.code is ActionCode.not_possible
    assert shelf.kept["orders", number].version == 1


async def test_the_company_says_which_statuses_can_be_cancelled(shelf: Shelf):
    lenient = COMPANY.altered({"actions": ActionRules(cancellable=("received", "shipped"))})
    result = await Actions(lenient, shelf).run("p-1", CALL, cancel("ORD1003"), SARA, NOW)
    assert result.done


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (caller(phone="+966501234567"), True),
        (caller(phone="0501234567"), True),
        (caller(phone="00966 50 123 4567"), True),
        (caller(phone="٠٥٠١٢٣٤٥٦٧"), True),
        (caller(email="Sara@Example.com"), True),
        (caller(told_phone="0501234567"), True),
        (caller(told_email="sara@example.com"), True),
        (caller(phone="+966551112233", told_email="sara@example.com"), True),
        (caller(by_agent=True), True),
        (caller(phone="+966551112233"), False),
        (caller(phone="+971501234567"), False),
        (caller(told_phone="00971501234567"), False),
        (caller(email="khalid@example.com"), False),
        (caller(told_phone="0551112233"), False),
        (caller(told_email="sara@example.org"), False),
        (caller(told_phone="1234567"), False),
        (caller(told_phone="34567", told_email=" "), False),
        (caller(phone="4567"), False),
    ],
)
async def test_an_order_is_shown_to_whose_it_is(actions: Actions, who, sees: bool):  # noqa: FBT001 (a pytest parameter)
    for request in (ask(ActionName.track_order, order_number="ORD1001"), cancel()):
        result = (await actions.plan(request, who, NOW)).result
        assert result.code is (ActionCode.done if sees else ActionCode.nothing_found)


async def test_somebody_elses_order_reads_as_one_that_does_not_exist(actions: Actions):
    for action in (ActionName.track_order, ActionName.cancel_order, ActionName.request_refund):
        for who in (caller(phone="+966551112233"), caller(told_email="nobody@example.com")):
            theirs = await actions.plan(ask(action, order_number="ORD1001"), who, NOW)
            none = await actions.plan(ask(action, order_number="ORD9999"), who, NOW)
            assert theirs.result == none.result
            assert theirs.changes == none.changes == ()
            assert theirs.result.code is ActionCode.nothing_found


async def test_an_unknown_customer_is_asked_for_a_contact_whether_the_order_exists_or_not(actions: Actions):
    for number in ("ORD1001", "ORD9999"):
        result = (await actions.plan(cancel(number), caller(), NOW)).result
        assert (result.code, result.missing) == (ActionCode.incomplete, ("contact",))


async def test_the_order_number_is_asked_for_first(actions: Actions):
    result = (await actions.plan(cancel(None), caller(), NOW)).result
    assert (result.code, result.missing) == (ActionCode.incomplete, ("order_number",))
    assert "؟" in result.text.ar


async def test_a_number_told_before_is_used(actions: Actions):
    planned = await actions.plan(cancel(None), caller(phone="+966501234567", order="ord1001"), NOW)
    assert planned.result.done
    assert planned.request == cancel("ORD1001")


async def test_history_lists_the_own_orders_only_newest_first(actions: Actions):
    result = await actions.run("k", CALL, ask(ActionName.get_order_history), SARA, NOW)
    assert [order["number"] for order in result.data["orders"]] == ["ORD1001", "ORD1003", "ORD1002"]  # type: ignore[union-attr,index,call-overload]
    assert "ORD1004" not in result.text.en
    assert "on Sunday 15 November" in result.text.en
    assert "يوم الأحد 15 نوفمبر" in result.text.ar


async def test_history_of_somebody_unverified_is_the_one_order_they_can_name(actions: Actions):
    request = ask(ActionName.get_order_history)
    assert (await actions.plan(request, caller(told_phone="0501234567"), NOW)).result.missing == ("order_number",)
    named = (await actions.plan(request, caller(told_phone="0501234567", order="ORD1001"), NOW)).result
    assert [order["number"] for order in named.data["orders"]] == ["ORD1001"]  # type: ignore[union-attr,index,call-overload]
    others = (await actions.plan(request, caller(told_phone="0501234567", order="ORD1004"), NOW)).result
    assert others.code is ActionCode.nothing_found


async def test_an_agent_lists_the_orders_of_the_contact_that_was_told(actions: Actions):
    request = ask(ActionName.get_order_history)
    found = (await actions.plan(request, caller(told_email="khalid@example.com", by_agent=True), NOW)).result
    assert found.data["count"] == 2
    assert (await actions.plan(request, caller(by_agent=True), NOW)).result.missing == ("contact",)


async def test_tracking_without_a_number_tells_of_the_one_order_under_way(actions: Actions):
    khalid = await actions.plan(ask(ActionName.track_order), caller(phone="+966551112233"), NOW)
    assert "ORD1004" in khalid.result.text.en
    sara = await actions.plan(ask(ActionName.track_order), SARA, NOW)
    assert sara.result.missing == ("order_number",)


async def test_tracking_tells_status_and_day(actions: Actions):
    result = (await actions.plan(ask(ActionName.track_order, order_number="ORD1003"), SARA, NOW)).result
    assert result.text.en == (
        "Order ORD1003 (Company profile, designed and printed): shipped. It is expected on Tuesday 24 November."
    )
    assert "تم الشحن" in result.text.ar


async def test_a_refund_is_noted_once_with_its_amount(actions: Actions, shelf: Shelf):
    request = ask(ActionName.request_refund, order_number="ORD1002", reason="تأخر")
    result = await actions.run("p-1", CALL, request, SARA, NOW)
    assert result.done
    assert "SAR 1,500" in result.text.en
    assert "1,500 ريال سعودي" in result.text.ar
    assert shelf.kept["orders", "ORD1002"].fields["status"] == "refund_requested"
    refund = shelf.kept["refunds", "ORD1002"].fields
    assert (refund["amount"], refund["currency"], refund["reason"], refund["number"]) == (
        "1500.00",
        "SAR",
        "تأخر",
        result.receipt,
    )
    again = await actions.run("p-2", CALL, request, SARA, NOW)
    assert again.code is ActionCode.not_possible


async def test_an_order_on_its_way_is_not_refunded(actions: Actions):
    result = (await actions.plan(ask(ActionName.request_refund, order_number="ORD1003"), SARA, NOW)).result
    assert result.code is ActionCode.not_possible


@pytest.mark.parametrize(("days", "done"), [(17, True), (16, False)])
async def test_money_is_asked_back_within_the_companys_time(shelf: Shelf, days: int, done: bool):  # noqa: FBT001 (a pytest parameter)
    company = COMPANY.altered({"actions": ActionRules(refund_days=days)})
    request = ask(ActionName.request_refund, order_number="ORD1002")
    assert (await Actions(company, shelf).plan(request, SARA, NOW)).result.done is done


class Contested(Shelf):
    """Somebody else changes the order between every plan and its writing, `times` times."""

    times = 0

    async def perform(self, key, call_id, changes, result, *, now):
        if self.times > 0:
            self.times -= 1
            known = self.kept["orders", "ORD1001"]
            self.put(Change(table="orders", id="ORD1001", version=known.version, fields=known.fields))
        return await super().perform(key, call_id, changes, result, now=now)


async def test_a_record_changed_meanwhile_is_planned_for_anew():
    shelf = Contested(COMPANY.tables)
    shelf.times = 2
    assert (await Actions(COMPANY, shelf).run("k", CALL, cancel(), SARA, NOW)).done


async def test_after_three_tries_nothing_was_changed_and_that_is_said():
    shelf = Contested(COMPANY.tables)
    shelf.times = 3
    result = await Actions(COMPANY, shelf).run("k", CALL, cancel(), SARA, NOW)
    assert result.code is ActionCode.unavailable
    assert shelf.kept["orders", "ORD1001"].fields["status"] == "received"
    assert shelf.results == {}
    with pytest.raises(RecordConflict):
        await shelf.perform("k", CALL, [Change(table="orders", id="ORD1001", version=1, fields={})], result, now=NOW)


async def test_arguments_of_the_wrong_shape_are_named_but_not_repeated(actions: Actions):
    wrong = Request(action=ActionName.cancel_order, arguments={"order_number": "'; drop", "colour": "red"})
    with pytest.raises(InvalidRequest) as told:
        actions.check(wrong)
    assert "arguments.colour" in told.value.message
    assert "arguments.order_number" in told.value.message
    assert "drop" not in told.value.message
    with pytest.raises(InvalidRequest):
        await actions.plan(wrong, SARA, NOW)


def test_what_is_switched_off_or_has_no_table_is_not_offered(shelf: Shelf):
    bare = COMPANY.altered({"tables": {}})
    assert not Actions(bare, shelf).offered(ActionName.cancel_order, None)
    off = COMPANY.altered({"actions": ActionRules(off=(ActionName.cancel_order,))})
    assert not Actions(off, shelf).offered(ActionName.cancel_order, None)
    assert Actions(off, shelf).offered(ActionName.track_order, None)


async def test_what_is_not_offered_is_not_planned(shelf: Shelf):
    off = COMPANY.altered({"actions": ActionRules(off=(ActionName.cancel_order,))})
    planned = await Actions(off, shelf).plan(cancel(), SARA, NOW)
    assert isinstance(planned, Plan)
    assert (planned.result.code, planned.changes) == (ActionCode.not_offered, ())


def test_summaries_say_what_would_be_done(actions: Actions):
    assert actions.summary(cancel()).ar == "إلغاء الطلب ORD1001"
    assert actions.summary(cancel()).en == "Cancel order ORD1001"
    assert actions.summary(cancel(None)).en == "Cancel the order"

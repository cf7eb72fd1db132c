"""What customers of a car dealer say turn by turn, and what they read: in both languages, of a table in either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.actions import Request
from callcenter.actions.namesakes import Namesakes
from callcenter.actions.registry import Actions
from callcenter.analysis import analyze, default_lexicons, normalise
from callcenter.analysis.phrases import words_only
from callcenter.calls import (
    ActionCode,
    ActionName,
    ActionResult,
    CallId,
    Language,
    LastAction,
    LocalizedText,
    fresh_call,
)
from callcenter.company import load_company
from callcenter.company.rules import Credit
from callcenter.events import ActionRun, evolve
from tests.actions.shelf import NOW, Shelf, caller
from tests.actions.test_car_dealer import dealer
from tests.factories import action_run

pytestmark = pytest.mark.unit

VEHICLES = """الماركة,الموديل,السنة,اللون,السعر,متوفر,العداد
تويوتا,كامري,2023,أبيض,89500,نعم,12000
تويوتا,كامري,2022,أسود,79900,نعم,45000
تويوتا,كورولا,2023,فضي,68500,لا,8000
هيونداي,إلنترا,2024,أبيض,74000,نعم,0
هيونداي,توسان,2023,أزرق,99900.50,نعم,21000
كيا,سبورتاج,2022,أبيض,82000,نعم,38000
نيسان,باترول,2021,أسود,185000,نعم,60000
"""


class Call:
    """One call with a dealer."""

    def __init__(self, folder: Path, vehicles: str = VEHICLES, mapping: str | None = None) -> None:
        company = dealer(folder, vehicles, mapping)
        self.actions = Actions(company, Shelf(company.tables))
        self.state = fresh_call(Language.ar, NOW)
        self.caller = caller()

    def hears(self, text: str) -> Request | None:
        return self.actions.recognise(text, analyze(text, default_lexicons()), self.state)

    async def answers(self, text: str) -> ActionResult:
        request = self.hears(text)
        assert request is not None, text
        return await self.actions.run("key", CallId("c"), request, caller(), NOW)


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return Call(tmp_path)


def told(result: ActionResult, language: Language = Language.ar) -> list[str]:
    return result.text[language].splitlines()


@pytest.mark.parametrize("question", ["كورولا متوفرة؟", "هل الكورولا 2023 موجودة؟"])
async def test_what_is_there_no_more_is_said_to_be_gone_and_what_is_alike_is_offered(call: Call, question: str):
    result = await call.answers(question)
    assert result.code is ActionCode.done
    assert told(result)[:2] == [
        "غير متوفر لدينا حاليًا:",
        "• تويوتا كورولا 2023، فضي، العداد: 8000، 68,500 ريال سعودي",
    ]
    assert told(result)[2] == "قريب منه ومتوفر الآن:"
    assert [line.split("،")[0] for line in told(result)[3:]] == ["• تويوتا كامري 2022", "• هيونداي إلنترا 2024"]
    assert told(result, Language.en)[0] == "Not available at the moment:"
    assert told(result, Language.en)[2] == "Similar, and available now:"
    assert all(line.endswith("available") for line in told(result, Language.en)[3:])
    items = result.data["items"]
    assert isinstance(items, list)
    assert len(items) == 1, "what is alike is not what was found"


async def test_what_is_offered_instead_keeps_to_the_price_that_was_named(call: Call):
    result = await call.answers("كورولا أقل من 75 ألف متوفرة؟")
    assert [line.split("،")[0] for line in told(result)[3:]] == ["• هيونداي إلنترا 2024"]


async def test_nothing_is_offered_instead_where_nothing_is_alike(tmp_path: Path):
    call = Call(tmp_path, VEHICLES.replace("185000,نعم", "185000,لا"))
    assert len(told(await call.answers("الباترول متوفر؟"))) == 2


async def test_what_was_asked_to_be_available_and_is_not_is_told_of(call: Call):
    request = Request(action=ActionName.look_up_catalogue, arguments={"query": "كورولا", "available": True})
    planned = await call.actions.plan(request, caller(), NOW)
    assert told(planned.result, Language.en)[0] == "Not available at the moment:"


async def test_a_figure_says_what_it_is_of_and_a_word_need_not(call: Call):
    result = await call.answers("عندكم كامري 2022؟")
    assert "العداد: 45000" in told(result)[1]
    assert "اللون" not in told(result)[1]


async def test_a_yes_or_no_says_what_it_answers(tmp_path: Path):
    call = Call(tmp_path, "name,price,under_warranty\nCamry,90000,yes\nPatrol,185000,no\n")
    result = await call.answers("how much is the Patrol?")
    assert told(result, Language.en)[1] == "• Patrol, under warranty: no, SAR 185,000"


def names(result: ActionResult) -> list[str]:
    return [line.removeprefix("• ").split("،")[0] for line in told(result) if line.startswith("•")]


ENGLISH = """brand,model,year,colour,price,available
Toyota,Camry,2023,White,89500,yes
Toyota,Camry,2022,Black,79900,yes
Hyundai,Elantra,2024,Pearl White,74000,yes
Nissan,Patrol,2021,Black,185000,yes
Toyota,Land Cruiser,2021,Grey,240000,yes
"""


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("عندكم سيارة بيضاء أقل من 85 ألف؟", ["هيونداي إلنترا 2024", "كيا سبورتاج 2022"]),
        ("فيه سيارات بيضا تحت 75 الف", ["هيونداي إلنترا 2024"]),
        ("ابغى كامري سودا", ["تويوتا كامري 2022"]),
        ("عندكم سيارة زرقا؟", ["هيونداي توسان 2023"]),
        ("do you have a white car under 75k?", ["هيونداي إلنترا 2024"]),
        ("any black Camry?", ["تويوتا كامري 2022"]),
        ("do you have a Camry available?", ["تويوتا كامري 2022", "تويوتا كامري 2023"]),
        ("how much is the Patrol?", ["نيسان باترول 2021"]),
        ("what is the price of a Toyota Camry 2023", ["تويوتا كامري 2023"]),
        ("is the Hyundai Tucson available?", ["هيونداي توسان 2023"]),
        ("do you have a Kia", ["كيا سبورتاج 2022"]),
    ],
)
async def test_a_table_in_arabic_is_asked_in_either_language(call: Call, question: str, found: list[str]):
    assert names(await call.answers(question)) == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("هل الكامري متوفرة؟", ["Toyota Camry 2022", "Toyota Camry 2023"]),
        ("عندكم كامري بيضاء؟", ["Toyota Camry 2023"]),
        ("بكم إلنترا بيضا", ["Hyundai Elantra 2024"]),
        ("كم سعر تويوتا كامري 2022", ["Toyota Camry 2022"]),
        ("كم سعر الباترول", ["Nissan Patrol 2021"]),
        ("عندكم نيسان؟", ["Nissan Patrol 2021"]),
        ("فيه لاند كروزر رصاصي؟", ["Toyota Land Cruiser 2021"]),
        ("do you have anything gray, any car?", ["Toyota Land Cruiser 2021"]),
    ],
)
async def test_a_table_in_english_is_asked_in_either_language(tmp_path: Path, question: str, found: list[str]):
    assert names(await Call(tmp_path, ENGLISH).answers(question)) == found


async def test_an_instalment_is_reckoned_for_a_name_in_the_other_script(call: Call):
    result = await call.answers("monthly payment for the Camry 2022 with 10000 down over 48 months")
    assert (result.data["price"], result.data["down_payment"]) == ("79900.00", "10000.00")
    # 69,900 at 10 % over 48 months: 582.5 / (1 - (1 + 0.10/12)^-48) = 1772.8446...
    assert result.data["instalment"] == "1772.84"


async def test_a_company_says_what_else_its_things_are_called(tmp_path: Path):
    table = "الاسم,السعر\nفيلا النخيل,900000\nشقة الواحة,450000\n"
    call = Call(tmp_path, table, '[aliases]\n"شقة الواحة" = ["Oasis flat", "the oasis"]\n')
    assert names(await call.answers("how much is the oasis flat?")) == ["شقة الواحة"]


MESSAGES = [
    json.loads(line)["text"] for line in Path("tests/data/messages.jsonl").read_text("utf-8").splitlines() if line
]


@pytest.mark.parametrize("table", [VEHICLES, ENGLISH], ids=["arabic", "english"])
def test_nobody_is_heard_to_name_a_car_who_speaks_of_something_else(tmp_path: Path, table: str):
    company = dealer(tmp_path, table)
    assert company.catalogue is not None
    namesakes = Namesakes(company.catalogue.words, company.catalogue.names, {})
    words = {word for text in MESSAGES for word in words_only(normalise(text).text).split()}
    assert len(MESSAGES) > 1000
    assert [word for word in sorted(words) if namesakes.by_sound(word)] == []


@pytest.mark.parametrize(
    ("name", "not_it"),
    [("كامري", "camera"), ("كامري", "cameras"), ("كروز", "cross"), ("باسات", "basket"), ("سوناتا", "sent")],
)
def test_what_only_begins_alike_is_another_word(name: str, not_it: str):
    assert Namesakes([name], [name], {}).by_sound(not_it) == ()


@pytest.mark.parametrize(("name", "not_it"), [("camry", "قمري"), ("tiguan", "تكون"), ("accord", "باسوورد")])
def test_an_arabic_word_is_no_name_for_its_consonants_alone(name: str, not_it: str):
    assert Namesakes([name], [name], {}).by_sound(not_it) == ()


@pytest.mark.parametrize("name", ["كورولا", "سبورتاج", "إكسبلورر", "كرايسلر", "موستنج", "تشالنجر", "شيروكي", "تيغوان"])
def test_names_are_heard_by_their_sound(name: str):
    latin = {
        "كورولا": "corolla",
        "سبورتاج": "sportage",
        "إكسبلورر": "explorer",
        "كرايسلر": "chrysler",
        "موستنج": "mustang",
        "تشالنجر": "challenger",
        "شيروكي": "cherokee",
        "تيغوان": "tiguan",
    }[name]
    folded = normalise(name).text
    assert Namesakes([folded], [folded], {}).by_sound(latin) == (folded,)
    assert Namesakes([latin], [latin], {}).by_sound(folded) == (latin,)


def ran(call: Call, request: Request, result: ActionResult, seq: int = 1) -> ActionRun:
    facts = {"action": request.action, "arguments": request.arguments, "result": result}
    return action_run(call.state.call_id, seq=seq, proposal_id=None, message=None).altered(facts)


async def after(call: Call, *messages: str) -> ActionResult:
    """Say messages one after the other, each answered and noted as a call's log notes it; return the last answer."""
    result = None
    for seq, text in enumerate(messages, start=call.state.seq + 1):
        request = call.hears(text)
        assert request is not None, text
        planned = await call.actions.plan(request, call.caller, NOW)
        result = planned.result
        call.state = evolve(call.state, ran(call, planned.request or request, result, seq))
    assert result is not None
    return result


ESTIMATES = ["كم القسط الشهري لكامري 2023 على 48 شهر؟", "monthly payment for the Camry 2023 over 48 months"]


@pytest.mark.parametrize("first", ESTIMATES)
@pytest.mark.parametrize(
    ("further", "months", "down"),
    [
        ("طيب لو على 60 شهر؟", 60, "0.00"),
        ("what about 60 months?", 60, "0.00"),
        ("60 شهر؟", 60, "0.00"),
        ("وبدفعة أولى 20 ألف؟", 48, "20000.00"),
        ("and with 20,000 down?", 48, "20000.00"),
        ("كم القسط لو على خمس سنوات؟", 60, "0.00"),
    ],
)
async def test_an_estimate_is_gone_on_with(call: Call, first: str, further: str, months: int, down: str):
    result = await after(call, first, further)
    assert result.code is ActionCode.done
    plan = result.data["schedule"]
    assert isinstance(plan, list)
    assert (result.data["price"], len(plan), result.data["down_payment"]) == ("89500.00", months, down)
    assert "كامري 2023" in result.text.ar


async def test_what_was_said_first_stays_over_several_questions(call: Call):
    result = await after(call, ESTIMATES[0], "وبدفعة أولى 20 ألف؟", "what about 36 months?")
    plan = result.data["schedule"]
    assert isinstance(plan, list)
    assert (result.data["down_payment"], len(plan)) == ("20000.00", 36)


async def test_another_thing_is_reckoned_at_the_same_terms(call: Call):
    result = await after(call, ESTIMATES[1], "and the monthly payment for the Patrol?")
    plan = result.data["schedule"]
    assert isinstance(plan, list)
    assert (result.data["price"], len(plan)) == ("185000.00", 48)


@pytest.mark.parametrize("further", ["كم قسطها؟", "and in instalments?", "وبالتقسيط؟", "كم القسط على سنتين؟"])
async def test_the_one_thing_that_was_found_is_what_instalments_are_reckoned_for(call: Call, further: str):
    result = await after(call, "عندكم باترول؟", further)
    if result.missing:
        assert result.missing == ("months",)
        result = await after(call, "24")
    assert result.data["price"] == "185000.00"
    assert "باترول" in result.text.ar


async def test_of_several_things_none_is_taken_for_the_one_that_is_meant(call: Call):
    await after(call, "عندكم كامري؟")
    assert call.hears("and in instalments?") is None


@pytest.mark.parametrize(
    "text",
    [
        "my website has been down for 2 months",
        "انتظر من شهرين وما وصلني شيء",
        "thanks, goodbye",
        "I want to talk to a human",
        "طيب شكرا",
        "how long is the warranty?",
        "what about the warranty?",
        "no instalments please",
    ],
)
async def test_what_is_about_something_else_is_not_gone_on_with(call: Call, text: str):
    await after(call, ESTIMATES[0])
    assert call.hears(text) is None


def test_what_was_done_last_is_small(call: Call):
    assert call.state.last_action is None
    many = ActionResult(
        code=ActionCode.done,
        text=LocalizedText(ar="ا", en="a"),
        data={"count": 2, "items": [{"id": "1"}, {"id": "2"}]},
    )
    asked = Request(action=ActionName.look_up_catalogue, arguments={"query": "x"})
    last = evolve(call.state, ran(call, asked, many)).last_action
    assert last == LastAction(action=ActionName.look_up_catalogue, arguments={"query": "x"})


def test_looking_in_vain_for_a_car_is_no_try_at_somebody_elses_order(call: Call):
    none = ActionResult(code=ActionCode.nothing_found, text=LocalizedText(ar="لا", en="none"))
    looked = Request(action=ActionName.look_up_catalogue, arguments={})
    assert evolve(call.state, ran(call, looked, none)).failed_lookups == 0
    tracked = Request(action=ActionName.track_order, arguments={})
    assert evolve(call.state, ran(call, tracked, none)).failed_lookups == 1


LACKS = ["I don't have an order number", "ما عندي رقم الطلب", "I don't know", "مش فاكر الرقم", "لا أعرفه"]


@pytest.mark.parametrize("lacks", LACKS)
@pytest.mark.parametrize("asks", ["ابغى الغي طلبي", "where is my order?"])
async def test_who_has_no_number_is_told_what_helps_and_is_not_asked_again(call: Call, asks: str, lacks: str):
    result = await after(call, asks, lacks)
    assert (result.code, result.missing) == (ActionCode.not_possible, ())
    assert "without" in result.text.en
    assert "زملائنا" in result.text.ar
    assert call.state.pending_action is None
    assert call.hears(lacks) is None


async def test_who_is_known_and_has_no_number_chooses_among_their_orders(call: Call):
    call.caller = caller(phone="+966501234567")
    result = await after(call, "cancel my order", "I don't have the order number")
    assert result.missing == ("order_number",)
    assert "ORD1001" in result.text.en
    assert told(result)[-1] == "أي طلب تقصدون؟"
    assert call.hears("ORD1001") == Request(action=ActionName.cancel_order, arguments={"order_number": "ORD1001"})


async def test_who_has_no_contact_at_hand_is_sent_to_a_colleague(call: Call):
    result = await after(call, "where is order ORD1001?", "I don't remember which email")
    assert (result.code, result.missing) == (ActionCode.not_possible, ())
    assert "colleague" in result.text.en


async def test_an_estimate_is_gone_on_with_where_there_is_no_catalogue(tmp_path: Path):
    call = Call(tmp_path)
    company = load_company(tmp_path / "dealer").altered({"catalogue": None, "credit": Credit()})
    call.actions = Actions(company, Shelf())
    result = await after(
        call, "What would be the monthly instalment for 100,000 over 5 years at 6%?", "over 48 months?"
    )
    # 500 / (1 - 1.005^-48) = 2348.5029...
    assert (result.data["instalment"], result.data["annual_rate"]) == ("2348.50", "6")

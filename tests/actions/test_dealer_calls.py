"""What customers of a car dealer say turn by turn, and what they read: in both languages, of a table in either."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.actions import Request
from callcenter.actions.registry import Actions
from callcenter.analysis import analyze, default_lexicons
from callcenter.calls import ActionCode, ActionName, ActionResult, CallId, Language, fresh_call
from tests.actions.shelf import NOW, Shelf, caller
from tests.actions.test_car_dealer import dealer

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

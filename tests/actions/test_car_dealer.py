"""A car dealer begins with `callcenter init` and a CSV of vehicles with Arabic headers; its customers then ask away."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.actions import Request
from callcenter.actions.registry import Actions
from callcenter.analysis import analyze, default_lexicons
from callcenter.calls import ActionCode, ActionName, ActionResult, CallId, Language, fresh_call
from callcenter.cli import app
from callcenter.company import Company, load_company
from callcenter.errors import CompanyInvalid
from tests.actions.shelf import NOW, Shelf, caller

pytestmark = pytest.mark.unit

VEHICLES = """الماركة,الموديل,السنة,اللون,السعر,متوفر
تويوتا,كامري,2023,أبيض,"95,000",نعم
تويوتا,كامري,2021,أسود,72000,نعم
تويوتا,كورولا,2022,فضي,68000,لا
هيونداي,إلنترا,2023,أبيض,74500,نعم
هيونداي,توسان,2024,أحمر,119000,3
نيسان,باترول,2024,أبيض,265000,0
لكزس,ES350,2022,رمادي,189500.50,نعم
"""
ENGLISH = """sku,Name (EN),name_ar,Brand,colour,Price,Stock,Currency
T1,Toyota Camry 2023,تويوتا كامري 2023,Toyota,White,95000,2,SAR
T2,Toyota Camry 2021,تويوتا كامري 2021,Toyota,Black,72000,0,SAR
N1,Nissan Patrol,نيسان باترول,Nissan,White,71000,1,USD
"""


def dealer(tmp_path: Path, vehicles: str = VEHICLES, mapping: str | None = None) -> Company:
    folder = tmp_path / "dealer"
    made = CliRunner().invoke(app, ["init", str(folder)])
    assert made.exit_code == 0, made.output
    tables = folder / "tables"
    tables.mkdir(exist_ok=True)
    (tables / "catalogue.csv").write_text(vehicles, encoding="utf-8")
    if mapping is not None:
        (tables / "catalogue.toml").write_text(mapping, encoding="utf-8")
    return load_company(folder)


class Showroom:
    def __init__(self, company: Company) -> None:
        self.actions = Actions(company, Shelf(company.tables))

    async def answer(self, text: str) -> tuple[ActionName, ActionResult]:
        request = self.actions.recognise(text, analyze(text, default_lexicons()), fresh_call(Language.ar, NOW))
        assert request is not None, text
        assert not self.actions.sensitive(request.action)
        result = await self.actions.run("key", CallId("c"), request, caller(), NOW)
        assert result.code is ActionCode.done, result
        return request.action, result


@pytest.fixture
def showroom(tmp_path: Path) -> Showroom:
    return Showroom(dealer(tmp_path))


def told(result: ActionResult) -> list[str]:
    return [line.removeprefix("• ") for line in result.text.ar.splitlines() if line.startswith("•")]


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        (
            "هل كامري متوفرة؟",
            ["تويوتا كامري 2021، أسود، 72,000 ريال سعودي، متوفر", "تويوتا كامري 2023، أبيض، 95,000 ريال سعودي، متوفر"],
        ),
        ("كم سعر الكامري 2023؟", ["تويوتا كامري 2023، أبيض، 95,000 ريال سعودي، متوفر"]),
        ("عندكم كامري سوداء او اسود؟", ["تويوتا كامري 2021، أسود، 72,000 ريال سعودي، متوفر"]),
        (
            "فيه كورولا؟",
            [
                "تويوتا كورولا 2022، فضي، 68,000 ريال سعودي",
                "تويوتا كامري 2021، أسود، 72,000 ريال سعودي، متوفر",
                "هيونداي إلنترا 2023، أبيض، 74,500 ريال سعودي، متوفر",
            ],
        ),
        ("is the es350 available?", ["لكزس ES350 2022، رمادي، 189,500.50 ريال سعودي، متوفر"]),
        ("بكام الباترول؟", ["نيسان باترول 2024، أبيض، 265,000 ريال سعودي"]),
        (
            "عندكم سيارات هيونداي أقل من 80 ألف؟",
            ["هيونداي إلنترا 2023، أبيض، 74,500 ريال سعودي، متوفر"],
        ),
        (
            "ايش السيارات اللي عندكم تحت 73000",
            [
                "تويوتا كامري 2021، أسود، 72,000 ريال سعودي، متوفر",
                "تويوتا كورولا 2022، فضي، 68,000 ريال سعودي، غير متوفر حاليًا",
            ],
        ),
    ],
)
async def test_availability_and_price_in_arabic(showroom: Showroom, question: str, lines: list[str]):
    action, result = await showroom.answer(question)
    assert action is ActionName.look_up_catalogue
    assert told(result) == lines


async def test_at_most_five_are_told_and_how_many_more(showroom: Showroom):
    _, result = await showroom.answer("What cars do you have?")
    assert len(told(result)) == 5
    assert result.data["count"] == 7
    assert "And 2 more" in result.text.en
    assert "2" in result.text.ar.splitlines()[-1]


async def test_what_there_is_not_is_said(showroom: Showroom):
    request = Request(action=ActionName.look_up_catalogue, arguments={"query": "كامري", "max_price": "1000"})
    assert (await showroom.actions.plan(request, caller(), NOW)).result.code is ActionCode.nothing_found


async def test_an_instalment_of_an_item_is_exact_to_the_halala(showroom: Showroom):
    action, result = await showroom.answer("كم القسط الشهري للكامري 2023 على 48 شهر بدفعة أولى 20 ألف؟")
    assert action is ActionName.estimate_credit
    # 75,000 at 10 % over 48 months: 625 / (1 - (1 + 0.10/12)^-48) = 1902.1938...
    assert result.data["instalment"] == "1902.19"
    assert result.data["price"] == "95000.00"
    months = result.data["schedule"]
    assert isinstance(months, list)
    assert sum(Decimal(str(each["principal"])) for each in months if isinstance(each, dict)) == Decimal(75000)
    assert "1,902.19 ريال سعودي" in result.text.ar
    assert "تقدير" in result.text.ar
    assert "SAR 1,902.19" in result.text.en
    assert "not a binding offer" in result.text.en


async def test_an_instalment_of_a_price_in_english(showroom: Showroom):
    _, result = await showroom.answer("What would be the monthly instalment for 100,000 over 5 years at 6%?")
    # 500 / (1 - 1.005^-60) = 1933.2801...
    assert (result.data["instalment"], result.data["annual_rate"]) == ("1933.28", "6")


async def test_what_lacks_is_asked_for_one_by_one(showroom: Showroom):
    request = Request(action=ActionName.estimate_credit, arguments={})
    assert (await showroom.actions.plan(request, caller(), NOW)).result.missing == ("price",)
    request = Request(action=ActionName.estimate_credit, arguments={"price": "50000"})
    assert (await showroom.actions.plan(request, caller(), NOW)).result.missing == ("months",)
    # Two Camrys at two prices: which one is meant is not guessed.
    request = Request(action=ActionName.estimate_credit, arguments={"query": "كامري", "months": 12})
    assert (await showroom.actions.plan(request, caller(), NOW)).result.missing == ("price",)


async def test_a_down_payment_of_the_whole_price_is_no_credit(showroom: Showroom):
    arguments = {"price": "50000", "down_payment": "50000", "months": 12}
    request = Request(action=ActionName.estimate_credit, arguments=dict(arguments))
    assert (await showroom.actions.plan(request, caller(), NOW)).result.code is ActionCode.not_possible


async def test_the_company_sets_the_rate(tmp_path: Path):
    dealer(tmp_path)
    file = tmp_path / "dealer" / "company.toml"
    file.write_text(file.read_text("utf-8") + "\n[credit]\nannual_rate = 7.5\n", encoding="utf-8")
    showroom = Showroom(load_company(tmp_path / "dealer"))
    _, result = await showroom.answer("احسبلي قسط 90000 على 36 شهر")
    # 562.5 / (1 - 1.00625^-36) = 2799.5597...
    assert (result.data["instalment"], result.data["annual_rate"]) == ("2799.56", "7.5")


async def test_names_by_language_currency_and_hidden_columns(tmp_path: Path):
    showroom = Showroom(dealer(tmp_path, ENGLISH.replace("Name (EN)", "name_en")))
    _, result = await showroom.answer("do you have a white Camry?")
    assert "Toyota Camry 2023, Toyota, White, SAR 95,000, available" in result.text.en
    assert "تويوتا كامري 2023" in result.text.ar
    assert "T1" not in result.text.en
    _, result = await showroom.answer("بكم باترول")
    assert "71,000 دولار أمريكي" in result.text.ar


async def test_a_file_beside_it_says_what_headers_do_not(tmp_path: Path):
    odd = "الكود الداخلي,وصف,كاش,فرع\n1,فيلا النخيل,900000,الرياض\n2,شقة الواحة,450000,جدة\n"
    mapping = """
        key = "الكود الداخلي"
        name = ["وصف"]
        price = "كاش"
        hidden = ["الكود الداخلي"]
        called = ["عقار", "عقارات"]
    """
    showroom = Showroom(dealer(tmp_path, odd, mapping))
    _, result = await showroom.answer("عندكم عقارات في جدة؟")
    assert told(result) == ["شقة الواحة، جدة، 450,000 ريال سعودي"]


@pytest.mark.parametrize("mapping", ['price = "ثمن"\n', 'name = ["nothing"]\n', "colour = 1\n", 'hidden = ["x"]\n'])
def test_a_mapping_that_does_not_fit_is_reported(tmp_path: Path, mapping: str):
    with pytest.raises(CompanyInvalid, match=r"tables/catalogue\.toml"):
        dealer(tmp_path, VEHICLES, mapping)

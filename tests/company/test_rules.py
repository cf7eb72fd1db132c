"""What a company lets be done stands in its company.toml, checked like the rest; left out, it is as usual."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from callcenter.calls import ActionName, Approver, Language
from callcenter.company import SENSITIVE, load_company
from callcenter.company.catalogue import CatalogueFile, read_catalogue
from callcenter.errors import CompanyInvalid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def rewrite(folder: Path, tables: str) -> None:
    file = folder / "company.toml"
    kept = file.read_text("utf-8").partition("[actions]")[0]
    file.write_text(f"{kept}\n{tables}\n", encoding="utf-8")


def test_all_of_it_can_be_left_out(folder: Path):
    rewrite(folder, "")
    company = load_company(folder)
    assert company.credit is None
    assert company.actions.off == ()
    assert company.actions.cancellable == ("received", "in_progress")
    assert {action: company.actions.approved_by(action) for action in SENSITIVE} == SENSITIVE
    assert company.actions.approved_by(ActionName.track_order) == ()


def test_all_of_it_can_be_said(folder: Path):
    rewrite(
        folder,
        """
        [actions]
        off = ["send_quote"]
        cancellable = ["received"]
        refund_days = 14
        quote_days = 7
        consultation_minutes = 45
        approvers = { cancel_order = ["customer"] }

        [credit]
        annual_rate = 7.25
        """,
    )
    company = load_company(folder)
    assert company.actions.off == (ActionName.send_quote,)
    assert company.actions.approved_by(ActionName.cancel_order) == (Approver.customer,)
    assert (company.actions.refund_days, company.actions.quote_days, company.actions.consultation_minutes) == (
        14,
        7,
        45,
    )
    assert company.credit is not None
    assert company.credit.annual_rate == Decimal("7.25")


@pytest.mark.parametrize(
    ("tables", "field"),
    [
        ('[actions]\noff = ["fly"]', "actions.off[0]"),
        ("[actions]\nrefund_days = 0", "actions.refund_days"),
        ("[actions]\nconsultation_minutes = 5", "actions.consultation_minutes"),
        ("[actions]\ncancelable = []", "actions.cancelable"),
        ('[actions]\ncancellable = ["Received!"]', "actions.cancellable[0]"),
        ("[actions]\napprovers = { cancel_order = [] }", "actions.approvers.cancel_order"),
        ('[actions]\napprovers = { cancel_order = ["robot"] }', "actions.approvers.cancel_order[0]"),
        ('[actions]\napprovers = { cancel_order = ["agent", "agent"] }', "actions.approvers.cancel_order"),
        ('[actions]\napprovers = { track_order = ["agent"] }', "actions"),
        ("[credit]\nannual_rate = -1", "credit.annual_rate"),
        ("[credit]\nannual_rate = 101", "credit.annual_rate"),
        ('[credit]\nannual_rate = "ten"', "credit.annual_rate"),
        ("[credit]\nmonths = 12", "credit.months"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_field(folder: Path, tables: str, field: str):
    rewrite(folder, tables)
    with pytest.raises(CompanyInvalid) as refused:
        load_company(folder)
    assert f"company.toml: {field}: " in refused.value.message


@pytest.mark.parametrize(
    ("header", "name", "price", "availability"),
    [
        (("name", "price", "stock"), ("name",), "price", "stock"),
        (("الاسم", "السعر", "متوفر"), ("الاسم",), "السعر", "متوفر"),
        (("Year", "MODEL", "Make", "Selling-Price"), ("Make", "MODEL", "Year"), "Selling-Price", None),
        (
            ("سنة الصنع", "الطراز", "الماركه", "سعر_البيع", "الكميّة"),
            ("الماركه", "الطراز", "سنة الصنع"),
            "سعر_البيع",
            "الكميّة",
        ),
        (("whatever", "else"), ("whatever",), None, None),
    ],
)
def test_columns_are_known_by_their_headers(header, name, price, availability):
    catalogue = read_catalogue(header, [], CatalogueFile())
    assert catalogue.name == dict.fromkeys(Language, name)
    assert (catalogue.price, catalogue.availability) == (price, availability)


def test_words_are_those_customers_may_use():
    rows = [("7", "Toyota Camry", "وصف طويل " * 20), ("8", "تويوتا كامري", "2023")]
    catalogue = read_catalogue(("id", "name", "notes"), rows, CatalogueFile(called=("سيارة",)))
    assert {"toyota", "camry", "toyota camry", "كامري", "سياره"} <= set(catalogue.words)
    assert not {"7", "2023"} & set(catalogue.words)
    assert all(len(word) <= 60 for word in catalogue.words)

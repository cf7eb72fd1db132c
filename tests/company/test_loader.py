"""A folder is loaded whole or refused with file, field and reason for everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.calls import Language
from callcenter.company import Problem, load_company
from callcenter.errors import CompanyInvalid

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

WEB = "services/web-design.toml"
ADS = "services/advertising.toml"


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer says {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(CompanyInvalid) as caught:
        load_company(folder)
    found = caught.value.facts["problems"]
    assert isinstance(found, tuple)
    assert caught.value.message.splitlines()[1:] == [f"  {problem}" for problem in found], "one line each"
    return found


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "reason"),
    [
        # half-translated pairs, at every depth
        ("company.toml", 'en = "Ornina"\n', "", "name.en", "the English text is missing"),
        ("company.toml", 'ar = "أورنينا"\n', "", "name.ar", "the Arabic text is missing"),
        ("company.toml", 'en = "Ornina"\n', 'en = "  "\n', "name.en", "the English text is empty"),
        (WEB, 'label.en = "Online store"\n', "", "prices[1].label.en", "the English text is missing"),
        (WEB, 'unit.ar = "للمشروع"', 'unit.ar = ""', "prices[0].unit.ar", "the Arabic text is empty"),
        (WEB, 'label.ar = "موقع تعريفي"', 'label.ar = ""', "prices[0].label.ar", "the Arabic text is empty"),
        ("faq.toml", 'question.ar = "كيف أبدأ معكم؟"\n', "", "answers[5].question.ar", "the Arabic text is missing"),
        # unknown, missing and misplaced fields
        ("company.toml", "currency =", 'curency = "SAR"\ncurrency =', "curency", "unknown field"),
        (WEB, "kind =", 'id = "web"\nkind =', "id", "unknown field"),
        (WEB, "amount = 4500", "amount_minor = 450000", "prices[0].amount_minor", "unknown field"),
        (WEB, "amount = 4500\n", "", "prices[0].amount", "it is missing"),
        ("company.toml", "high = 24\n", "", "response_times.high", "it is missing"),
        (WEB, 'kind = "service"', 'kind = "product"', "kind", "'service' or 'training'"),
        # values that can't be
        ("company.toml", "Asia/Riyadh", "Asia/Riad", "timezone", "not an IANA time zone"),
        ("company.toml", '"SAR"', '"SARR"', "currency", "not a currency known here"),
        ("company.toml", 'opens = "10:00"', 'opens = "14:00"', "hours.weekly[1]", "it opens when it closes"),
        ("company.toml", 'opens = "09:00"', 'opens = "9 am"', "hours.weekly[0].opens", "not a time of day"),
        ("company.toml", '["saturday"]', '["saturdays"]', "hours.weekly[1].days[0]", "'saturday'"),
        ("company.toml", "urgent = 4", "urgent = 40", "response_times", "can't wait longer"),
        ("company.toml", "+966 11 000 0000", "011 000", "contacts.phone", "not an international number"),
        ("company.toml", "hello@ornina.example", "hello", "contacts.email", "not an e-mail address"),
        ("company.toml", "https://ornina.example", "ornina", "website", "not an address such as"),
        ("company.toml", '"ar"\n', '"fr"\n', "default_language", "'ar' or 'en'"),
        (WEB, "amount = 4500", 'amount = "4500"', "prices[0].amount", "an amount is a number"),
        (WEB, "amount = 4500", "amount = -1", "prices[0].amount", "not below zero"),
        (WEB, "amount = 4500", "amount = nan", "prices[0].amount", "an amount is a number"),
        (WEB, "amount = 4500", "amount = 4500.001", "prices[0].amount", "more decimals than the currency has"),
        (WEB, "max_amount = 9500", "max_amount = 4500", "prices[0]", "above its lower end"),
        (WEB, "max_amount = 9500", "max_amount = 9500\nstarting_at = true", "prices[0]", "not both"),
        # ids and lists
        ("company.toml", '  "seo",\n', '  "seo",\n  "seo",\n', "services[6]", "'seo' is listed twice"),
        ("company.toml", '  "refund",\n', '  "refund",\n  "refund",\n', "policies[5]", "'refund' is listed twice"),
        ("company.toml", '  "seo",\n', '  "seo",\n  "../seo",\n', "services[6]", "not an id"),
        ("faq.toml", 'id = "vat"', 'id = "quote"', "answers[15].id", "the id of another answer"),
        # keywords
        (ADS, '"ads", "an ad"', '"ads", "landing page", "an ad"', "keywords.en", "already means 'web-design'"),
        (ADS, '"إعلانات", "إعلان"', '"تصميم الموقع", "إعلان"', "keywords.ar", "already means 'web-design'"),
        (ADS, '"إعلانات", "إعلان"', '"التصميم الموقع", "إعلان"', "keywords.ar", "already means 'web-design'"),
    ],
)
def test_a_mistake_is_refused_with_file_field_and_reason(  # noqa: PLR0917 (one argument per column of the table)
    folder: Path, file: str, old: str, new: str, field: str, reason: str
):
    change(folder, file, old, new)
    (problem,) = problems(folder)
    assert (problem.file, problem.field) == (file, field)
    assert reason in problem.reason


@pytest.mark.parametrize(("language", "name"), [("ar", "Arabic"), ("en", "English")])
def test_a_service_without_words_in_one_language_is_refused(folder: Path, language: str, name: str):
    path = folder / "services" / "seo.toml"
    head, _, _ = path.read_text(encoding="utf-8").partition("[keywords]")
    words = {"ar": '["سيو"]', "en": '["seo"]'} | {language: "[]"}
    path.write_text(f"{head}[keywords]\nar = {words['ar']}\nen = {words['en']}\n", encoding="utf-8")
    (problem,) = problems(folder)
    assert (problem.field, problem.reason) == (f"keywords.{language}", f"it has no {name} words")


def test_a_service_without_any_price_is_refused(folder: Path):
    path = folder / "services" / "seo.toml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[[prices]]"), text.index("[[includes]]")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    (problem,) = problems(folder)
    assert (problem.file, problem.field) == ("services/seo.toml", "")
    assert "price_note" in problem.reason


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("company.toml", "the file is missing"),
        ("faq.toml", "the file is missing"),
        (WEB, "the file is missing"),
        ("policies/refund.toml", "the file is missing"),
        ("services/seo.en.md", "the file with the English text is missing"),
        ("policies/refund.ar.md", "the file with the Arabic text is missing"),
    ],
)
def test_a_missing_file_is_named(folder: Path, file: str, reason: str):
    (folder / file).unlink()
    assert problems(folder) == (Problem(file=file, field="", reason=reason),)


def test_an_empty_text_file_is_refused(folder: Path):
    (folder / "services" / "seo.ar.md").write_text(" \n", encoding="utf-8")
    assert problems(folder) == (Problem(file="services/seo.ar.md", field="", reason="the Arabic text is empty"),)


def test_bad_toml_is_refused_with_its_line(folder: Path):
    (folder / "faq.toml").write_text('[[answers]]\nid = "vat\n', encoding="utf-8")
    (problem,) = problems(folder)
    assert problem.file == "faq.toml"
    assert problem.reason.startswith("not valid TOML")
    assert "line 2" in problem.reason


def test_a_file_in_another_encoding_is_refused(folder: Path):
    (folder / "faq.toml").write_bytes("# أسئلة".encode("cp1256"))
    (problem,) = problems(folder)
    assert problem.reason == "not UTF-8 text (byte 2)"


def test_a_folder_in_place_of_a_file_is_refused(folder: Path):
    (folder / "faq.toml").unlink()
    (folder / "faq.toml").mkdir()
    (problem,) = problems(folder)
    assert (problem.file, problem.reason) == ("faq.toml", "the file can't be read: Is a directory")


@pytest.mark.parametrize("name", ["video.toml", "video.ar.md", "seo.fr.md"])
def test_a_file_that_belongs_to_nothing_is_reported(folder: Path, name: str):
    (folder / "services" / name).write_text("x = 1", encoding="utf-8")
    (problem,) = problems(folder)
    assert problem.file == f"services/{name}"
    assert "belongs to nothing" in problem.reason


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    (problem,) = problems(tmp_path / "nowhere")
    assert problem.file == "."
    assert "callcenter init" in problem.reason


@pytest.mark.parametrize(
    ("value", "reason"), [("[]", "list at least one"), ('"seo"', "a list of ids"), ("7", "a list of ids")]
)
def test_services_must_be_a_list_of_some(folder: Path, value: str, reason: str):
    path = folder / "company.toml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("services = ["), text.index("policies = [")
    path.write_text(f"{text[:start]}services = {value}\n{text[end:]}", encoding="utf-8")
    found = problems(folder)
    assert any(problem.field == "services" and reason in problem.reason for problem in found)


def test_all_mistakes_are_listed_at_once(folder: Path):
    change(folder, "company.toml", "Asia/Riyadh", "Asia/Riad")
    change(folder, WEB, 'label.en = "Online store"\n', "")
    change(folder, "faq.toml", 'question.ar = "كيف أبدأ معكم؟"\n', "")
    (folder / "policies" / "refund.en.md").unlink()
    assert {(problem.file, problem.field) for problem in problems(folder)} == {
        ("company.toml", "timezone"),
        (WEB, "prices[1].label.en"),
        ("faq.toml", "answers[5].question.ar"),
        ("policies/refund.en.md", ""),
    }


def test_a_bad_currency_is_reported_once_and_not_with_every_price(folder: Path):
    change(folder, "company.toml", '"SAR"', '"SARR"')
    change(folder, WEB, "max_amount = 9500", "max_amount = 4500")
    assert [(problem.file, problem.field) for problem in problems(folder)] == [
        (WEB, "prices[0]"),
        ("company.toml", "currency"),
    ]


def test_amounts_become_minor_units_of_their_own_currency(folder: Path):
    change(folder, WEB, "amount = 4500", 'currency = "KWD"\namount = 450.125')
    service = load_company(folder).service("web-design")
    assert service is not None
    assert (service.prices[0].amount_minor, service.prices[0].currency) == (450_125, "KWD")
    assert (service.prices[1].amount_minor, service.prices[1].currency) == (950_000, "SAR")


def test_a_price_by_agreement_is_said_in_words(folder: Path):
    path = folder / "services" / "seo.toml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[[prices]]"), text.index("[[includes]]")
    note = '[price_note]\nar = "يتحدد السعر بعد الفحص"\nen = "Priced after the audit"\n'
    path.write_text(text[:start] + note + text[end:], encoding="utf-8")
    service = load_company(folder).service("seo")
    assert service is not None
    assert service.price_text(Language.ar) == "يتحدد السعر بعد الفحص"
    assert service.price_text(Language.en) == "Priced after the audit"
    assert service.price_list(Language.en) == ()


def test_files_saved_on_windows_load(folder: Path):
    for path in folder.rglob("*.toml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_company(folder).id == "ornina"


def test_a_lexicon_folder_is_handed_on_unread(folder: Path):
    assert load_company(folder).lexicon_folder is None
    (folder / "lexicon").mkdir()
    (folder / "lexicon" / "ar.toml").write_text("not toml at all", encoding="utf-8")
    assert load_company(folder).lexicon_folder == folder / "lexicon"

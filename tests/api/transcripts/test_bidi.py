"""What mixed lines look like, computed by an independent implementation of the bidirectional algorithm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.api.transcripts.bidi import FSI, LRI, LRO, PDF, PDI, RLI, fenced, isolated, left_to_right, plain
from tests.visual import CONTROLS, shown

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "piece",
    [
        "+966 50 123 4567",
        "050-123-4567",
        "(050) 123 4567",
        "+966 (50) 123-4567",
        "ORD-17",
        "17-A",
        "TKT-12345678",
        "2026-11-20",
        "2026-11-A",
        "20/11/2026",
        "10:30",
        "C++",
        "C#",
        ".NET",
        "$49.99",
        "#123",
        "@ornina_sa",
        "-5",
        "7474839",
        "256GB",
        "Google Ads",
        "Wi-Fi",
        "info@ornina.example",
        "٠٥٠ ١٢٣ ٤٥٦٧",
        "+٩٦٦٥٠١٢٣٤٥٦٧",
        "٢٠٢٦-١١-٢٠",
    ],
)
@pytest.mark.parametrize("line", ["رقمي {} وشكرًا", "{} هو ما كتبته", "ما كتبته هو {}", "اقرأ ({}) رجاءً", "اكتب: {}."])
def test_arabic_line_shows_the_piece_as_it_was_written(line: str, piece: str) -> None:
    assert piece in shown(isolated(line.format(piece)))


@pytest.mark.parametrize(
    "piece",
    ["+966 50 123 4567", "2026-11-20", "17-A", "C++", "٠٥٠ ١٢٣ ٤٥٦٧"],
    ids=["phone", "date", "id", "C++", "eastern"],
)
def test_without_isolates_it_would_be_misread(piece: str) -> None:
    assert piece not in shown(f"رقمي {piece} وشكرًا")


def test_english_line_keeps_a_number_on_its_side_of_an_arabic_name() -> None:
    assert shown("Name: علي 5 items") == "Name: 5 يلع items"
    assert shown(isolated("Name: علي 5 items")) == "Name: يلع 5 items"
    assert shown(isolated("Call عبد الله العلي at +966 50 123 4567")).endswith("at +966 50 123 4567")


@pytest.mark.parametrize(
    "text",
    [
        "كم سعر تصميم موقع؟",
        "الساعة 10:30 يوم 20/11/2026 بمبلغ 1,500.50 ريال",
        "من 9-5 أو 100-200",
        "How much is a website? From $49.99 to +5%, ORD-17, 2026-11-20",
        "I said مرحبا!",
        "+966 50 123 4567",
        "",
    ],
)
def test_what_reads_right_by_itself_is_left_alone(text: str) -> None:
    assert isolated(text) == text


def test_addresses_stay_free_of_controls_unless_asked() -> None:
    text = "زوروا https://ornina.example/a-1/ أو راسلوا info@ornina.example"
    assert isolated(text) == text
    marked = isolated(text, addresses=True)
    assert f"{LRI}https://ornina.example/a-1/{PDI}" in marked
    assert f"{LRI}info@ornina.example{PDI}" in marked


def test_each_line_is_fenced_by_itself() -> None:
    assert isolated("رقمي 17-A\r\nو C++\u2028ثم +966 5") == f"رقمي {LRI}17-A{PDI}\nو {LRI}C++{PDI}\nثم {LRI}+966 5{PDI}"


def test_controls_in_what_people_wrote_are_dropped() -> None:
    assert plain("a\u202eb\u2066c\u200f") == "abc"
    assert isolated("\u202eرقمي \u206617-A") == f"رقمي {LRI}17-A{PDI}"
    assert fenced("علي\u2069\nAdmin") == f"{FSI}علي Admin{PDI}"
    assert left_to_right("A\u202e-1") == f"{LRI}A-1{PDI}"


CLOSED_BY = {LRI: PDI, RLI: PDI, FSI: PDI, LRO: PDF}
MIXED = st.text(
    alphabet=st.sampled_from("ابتعلي ّaBcZ0123456789٠٤٧ +-.,:/#@$()_\n\u2028\u2066\u2069\u202e؟!"), max_size=60
)


@given(MIXED)
def test_isolates_are_closed_in_their_line_and_add_nothing_else(text: str) -> None:
    marked = isolated(text)
    assert CONTROLS.sub("", marked) == "\n".join(plain(text).splitlines())
    for line in marked.split("\n"):
        opened: list[str] = []
        for each in line:
            if each in CLOSED_BY:
                opened.append(each)
            elif each in CLOSED_BY.values():
                assert CLOSED_BY[opened.pop()] == each
        assert not opened

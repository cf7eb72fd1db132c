from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from callcenter.api.transcripts import CONTENT_SECURITY_POLICY, TranscriptFormat, render
from callcenter.api.transcripts.page import PERSONA_COLOURS
from callcenter.calls import PersonaType
from callcenter.company import Company
from callcenter.events import CallEvent
from callcenter.personas import PersonaManager
from tests import factories as make

pytestmark = pytest.mark.unit

VOID = {"meta", "br", "link", "img"}


class Elements(HTMLParser):
    """Collects elements, and checks that each is closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="session")
def arabic(arabic_call: list[CallEvent], personas: PersonaManager, company: Company) -> str:
    return render(arabic_call, TranscriptFormat.html, personas=personas, company=company)


@pytest.fixture(scope="session")
def english(english_call: list[CallEvent], personas: PersonaManager, company: Company) -> str:
    return render(english_call, TranscriptFormat.html, personas=personas, company=company)


def test_page_runs_in_the_direction_of_the_calls_language(arabic: str, english: str) -> None:
    assert Elements(arabic).all("html") == [{"lang": "ar", "dir": "rtl"}]
    assert Elements(english).all("html") == [{"lang": "en", "dir": "ltr"}]


def test_every_paragraph_chooses_its_own_direction(arabic: str, english: str) -> None:
    for page in (arabic, english):
        said = [each for each in Elements(page).all("p") if each.get("class") != "remark"]
        assert said
        assert all(each["dir"] == "auto" for each in said)


def test_numbers_ids_and_names_are_isolated_by_markup(arabic: str, english: str) -> None:
    for piece in ("+966 50 123 4567", "ORD-17", "2026-11-20", "TKT-00000001", "CALL-1"):
        assert f'<bdi dir="ltr">{piece}</bdi>' in arabic
    assert "<bdi>علي</bdi> (العميل)" in arabic
    assert 'My name is <bdi dir="rtl">علي</bdi> 5.' in english
    for page in (arabic, english):
        body = page.split("<body>")[1]
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", body)


def test_customers_and_personas_can_be_told_apart(arabic: str) -> None:
    kinds = [str(each["class"]) for each in Elements(arabic).all("li") if "class" in each]
    assert kinds.count("said customer") == 3
    assert kinds.count("said persona sales") == 1
    assert kinds.count("said persona complaints") == 2
    assert kinds.count("note") == 7


def test_every_persona_has_a_colour_of_its_own() -> None:
    assert set(PERSONA_COLOURS) == set(PersonaType)
    assert len(set(PERSONA_COLOURS.values())) == len(PersonaType)


def test_what_was_understood_stands_by_the_message(arabic: str, english: str) -> None:
    assert "<span>دعم تقني</span><span>غاضب</span>" in arabic
    assert "<span>interest in buying</span>" in english


def test_everything_people_wrote_is_escaped(personas: PersonaManager, company: Company) -> None:
    evil = """<script>alert(1)</script><img src=x onerror="alert('علي')">&amp;"""
    call: list[CallEvent] = [
        make.call_started(customer_name=evil),
        make.greeting(message=evil),
        make.user_message(message=evil),
        make.handoff(seq=4).model_copy(update={"message": evil}),
        make.assistant_message(message=evil),
    ]
    page = render(call, TranscriptFormat.html, personas=personas, company=company)
    elements = Elements(page)
    assert not elements.all("script")
    assert not elements.all("img")
    assert page.count("&lt;script&gt;") >= 5
    assert "&amp;amp;" in page


def test_page_needs_nothing_from_elsewhere_and_runs_nothing(arabic: str, english: str) -> None:
    for page in (arabic, english):
        elements = Elements(page)
        names = {name for name, _ in elements.found}
        assert not names & {"script", "link", "img", "iframe", "object", "form"}
        assert not any({"style", "src", "srcset"} & set(attributes) for _, attributes in elements.found)
        assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
        assert "url(" not in page
        assert "@import" not in page


def test_policy_allows_the_pages_one_style_and_nothing_else(arabic: str) -> None:
    style = arabic.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    (policy,) = [each["content"] or "" for each in Elements(arabic).all("meta") if each.get("http-equiv") is not None]
    assert CONTENT_SECURITY_POLICY.startswith(policy)


def test_interrupted_reply_and_cut_message_say_so(english: str) -> None:
    assert "(the reply was cut off here)" in english
    assert "(the message was too long; this much was kept)" in english


def test_times_are_local_to_the_eye_and_exact_to_programs(arabic: str) -> None:
    assert '<time datetime="2026-11-02T12:00:40+00:00">15:00</time>' in arabic
    assert "<h2>3 نوفمبر 2026</h2>" in arabic

"""Which script fits what customers come with: fires, does not fire, and the edge, in both languages and in dialects."""

from __future__ import annotations

import pytest

from callcenter.analysis import ConversationAnalyzer, default_lexicons
from callcenter.calls import Language
from callcenter.company import DEMO, load_company
from callcenter.routing import RoutingPolicy, decide_first
from callcenter.scripts import Demand, Script, Scripts, ScriptStatus, Wish
from callcenter.scripts.folder import read_folder

pytestmark = pytest.mark.unit

COMPANY = load_company(DEMO)
ANALYZER = ConversationAnalyzer(default_lexicons())
OWN = read_folder(DEMO, services={each.id for each in COMPANY.services})
SCRIPTS = Scripts.of(OWN)


def matched(text, scripts=SCRIPTS):
    analysis = ANALYZER.analyze(text)
    wish = Wish(
        text=text,
        analysis=analysis,
        heard=RoutingPolicy().heard(analysis, has_ticket=False),
        persona=decide_first(analysis).target_persona,
        services=[each.id for each in COMPANY.mentioned(text)],
    )
    return scripts.match(wish)


@pytest.mark.parametrize(
    ("text", "script_id"),
    [
        ("I want to build a new website for my bakery", "website-brief"),
        ("Hi! We need an online store in Arabic and English", "website-brief"),
        ("أريد موقعاً جديداً لشركتي", "website-brief"),
        ("نرغب في إنشاء موقع لجمعيتنا", "website-brief"),
        ("ابي موقع لمحلي", "website-brief"),  # Gulf
        ("بدي أعمل موقع لمطعمي", "website-brief"),  # Levantine
        ("عايز أعمل موقع للعيادة", "website-brief"),  # Egyptian
        ("بغيت نصاوب موقع", "website-brief"),  # Maghrebi
        ("بدي سجل بدورة تسويق رقمي، متى بتبدأ؟", "training-enrolment"),
        ("أرغب في التسجيل في دورة التسويق الرقمي", "training-enrolment"),
        ("I'd like to enrol in the digital marketing course", "training-enrolment"),
        ("My website is very slow since yesterday", "slow-website"),
        ("موقعنا بطيء جداً من يومين", "slow-website"),
        ("الموقع كتير بطيء", "slow-website"),
        ("أريد تغيير موعدي", "appointment-change"),
        ("I need to reschedule my appointment", "appointment-change"),
    ],
)
def test_a_demand_finds_its_script_and_says_by_which_words(text, script_id):
    match = matched(text)
    assert match is not None
    assert match.script.id == script_id
    assert match.reason.startswith("phrases “")
    quoted = match.reason.split("“")[1].split("”")[0]
    assert quoted in text


@pytest.mark.parametrize(
    "text",
    [
        "How much is a website for a restaurant?",
        "بكم تصميم موقع لمطعم؟",
        "بشحال تصميم موقع؟",
        "The website has been down since this morning",
        "الموقع لا يفتح منذ الصباح",
        "What are your opening hours?",
        "Do you run training courses?",
        "هل لديكم دورات تدريبية؟",
        "I don't want a website",
        "لا أريد موقعاً جديداً",
        "مش عايز موقع، بس عندي سؤال",
        "Not interested, I don't need a new website",
        "You are terrible, I want a website that works and I am furious!",
        "السلام عليكم",
        "5512",
        "",
    ],
)
def test_another_wish_finds_none(text):
    assert matched(text) is None


def altered(script_id, **changes):
    return next(each for each in OWN if each.id == "website-brief").altered({"id": script_id, **changes})


def test_a_phrase_alone_is_not_enough_and_one_more_reason_is():
    phrases = {Language.ar: ("سؤال عابر",), Language.en: ("a bread oven",)}
    bare = altered("bare", demand=Demand(phrases=phrases))
    assert matched("I want to build a new website with a bread oven on it", Scripts.of([bare])) is None
    backed = altered("backed", demand=Demand(phrases=phrases, services=("web-design",)))
    assert matched("I want to build a new website with a bread oven on it", Scripts.of([backed])) is not None


def test_of_two_that_fit_alike_none_is_taken_and_a_better_one_is():
    twin = altered("twin")
    assert matched("I need a new website", Scripts.of([*OWN, twin])) is None
    poorer = altered("poorer", demand=twin.demand.altered({"services": ()}))
    best = matched("I need a new website", Scripts.of([*OWN, poorer]))
    assert best is not None
    assert best.script.id == "website-brief"


@pytest.mark.parametrize("status", [ScriptStatus.draft, ScriptStatus.archived])
def test_only_a_published_script_is_followed(status):
    assert matched("I need a new website", Scripts.of([altered("website-brief", status=status)])) is None


def test_a_script_of_another_persona_is_not_begun():
    reception = Script.model_validate({**altered("other").model_dump(), "persona": "reception"})
    assert matched("I need a new website", Scripts.of([reception])) is None

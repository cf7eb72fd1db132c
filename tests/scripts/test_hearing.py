"""What a message answers of a script, asked and unasked; and what is due next."""

from __future__ import annotations

import pytest

from callcenter.analysis import ConversationAnalyzer, default_lexicons
from callcenter.calls import FollowedScript, Language, ScriptFact, Slots
from callcenter.company import DEMO, load_company
from callcenter.routing import RoutingPolicy
from callcenter.scripts import Listener, Said, Script, due, lines, missing, progress, told
from callcenter.scripts.folder import read_folder
from callcenter.tickets import collect

pytestmark = pytest.mark.unit

ANALYZER = ConversationAnalyzer(default_lexicons())
OWN = {each.id: each for each in read_folder(DEMO, services={each.id for each in load_company(DEMO).services})}
WEBSITE = Listener(OWN["website-brief"])
AR, EN = Language.ar, Language.en


def followed(listener=WEBSITE, facts=None, asked=()):
    script = listener.script
    return FollowedScript(
        script_id=script.id,
        version=0,
        title=script.title,
        total_steps=len(script.steps),
        reason="given",
        facts=tuple(ScriptFact(step=step, value=value) for step, value in (facts or {}).items()),
        asked=asked,
    )


def heard(text, *, asked=None, facts=None, listener=WEBSITE):
    analysis = ANALYZER.analyze(text)
    slots = collect(Slots(), analysis, text, collecting=False)
    said = Said(text=text, analysis=analysis, heard=RoutingPolicy().heard(analysis, has_ticket=False), slots=slots)
    return {each.step: each.value for each in listener.hear(followed(listener, facts), said, asked=asked)}


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("We need an online store with 10 pages", {"site-kind": "store", "pages": "10"}),
        ("متجر إلكتروني من عشر صفحات بالعربية والإنجليزية", {"site-kind": "store", "pages": "10", "languages": "both"}),
        ("ten pages in Arabic and English, my budget is 8000 SAR", {"pages": "10", "languages": "both"}),
        ("call me on 0501234567", {"contact": "0501234567"}),
        ("my email is sam@example.com", {"contact": "sam@example.com"}),
        ("what do you charge?", {}),
    ],
)
def test_what_is_said_unasked_is_known(text, facts):
    found = heard(text)
    assert {step: found.get(step) for step in facts} == facts
    assert found.keys() <= {*facts, "budget"}


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("pages", "about ten", "10"),
        ("pages", "تقريباً ١٢", "12"),
        ("pages", "خمس أو أكثر", "5"),
        ("budget", "8000", "8000"),
        ("budget", "around 8000 SAR", "8000.00 SAR"),
        ("budget", "خمسة آلاف ريال", "5000.00 SAR"),
        ("site-kind", "متجر", "store"),
        ("site-kind", "a store and a landing page", "store,landing-page"),
        ("site-kind", "something with a booking calendar", "something with a booking calendar"),
        ("deadline", "before Ramadan", "before Ramadan"),
        ("deadline", "نهاية الشهر القادم", "نهاية الشهر القادم"),
        ("languages", "كلاهما", "both"),
        ("pages", "quite a few", "quite a few"),
    ],
)
def test_what_was_asked_is_answered_by_a_number_an_option_a_day_or_the_words_themselves(asked, text, value):
    assert heard(text, asked=asked).get(asked) == value


@pytest.mark.parametrize(
    "text", ["I don't know", "later please", "not sure yet", "لا أعرف", "مش عارف", "مدري", "بعدين", "no"]
)
def test_an_optional_question_may_be_left_open_and_a_required_one_not(text):
    assert heard(text, asked="pages") == {"pages": None}
    assert heard(text, asked="languages") == {}


@pytest.mark.parametrize(
    "text", ["How long does it take?", "كم سعره؟", "hello", "thanks", "I'm not interested", "؟؟", "bye"]
)
def test_a_question_or_a_courtesy_is_no_answer(text):
    assert "site-kind" not in heard(text, asked="site-kind")


def test_a_phone_number_is_no_number_of_pages_and_settles_the_contact():
    assert heard("0501234567", asked="pages") == {"contact": "0501234567"}


def test_an_answer_stays_unless_it_is_corrected():
    known = {"site-kind": "store"}
    assert heard("a landing page maybe", facts=known, asked="pages").get("site-kind") is None
    assert heard("sorry, I meant a landing page", facts=known).get("site-kind") == "landing-page"


YES_NO = Listener(
    Script.model_validate(
        {
            **OWN["website-brief"].model_dump(exclude={"steps"}),
            "steps": [{**OWN["website-brief"].steps[0].model_dump(exclude={"kind", "options"}), "kind": "yes_no"}],
        }
    )
)


@pytest.mark.parametrize(
    ("text", "value"), [("yes", "yes"), ("نعم", "yes"), ("ايوه", "yes"), ("no", "no"), ("لا", "no"), ("لأ شكراً", "no")]
)
def test_a_yes_and_a_no_are_told_back_in_either_language(text, value):
    assert heard(text, asked="site-kind", listener=YES_NO) == {"site-kind": value}
    step = YES_NO.script.steps[0]
    assert {step.told(value, AR), step.told(value, EN)} in ({"نعم", "yes"}, {"لا", "no"})


def due_id(followed, *, aside):
    step = due(WEBSITE.script, followed, aside=aside)
    return step and step.id


def test_the_first_open_step_is_due_or_again_what_brought_no_answer_and_nothing_a_third_time():
    script = WEBSITE.script
    steps = [step.id for step in script.steps]
    assert due_id(followed(), aside=False) == "site-kind"
    assert due_id(followed(facts={"site-kind": "store"}), aside=False) == "pages"
    aside = followed(asked=("site-kind",))
    assert due_id(aside, aside=True) == "site-kind"
    assert due_id(followed(asked=("site-kind", "site-kind")), aside=True) == "pages"
    passed = followed(asked=tuple(steps), facts={"languages": "both", "contact": "x"})
    assert due(script, passed, aside=False) is None
    assert [step.id for step in missing(script, passed)] == ["site-kind"]
    assert due(script, followed(facts=dict.fromkeys(steps)), aside=False) is None


def test_a_script_tells_what_it_collected_in_both_languages_and_how_far_it_is():
    script = WEBSITE.script
    at = followed(
        facts={"pages": "10", "site-kind": "store", "budget": "8000.00 SAR", "deadline": None, "contact": "x"}
    )
    assert [(step.id, value) for step, value in told(script, at.facts, EN)] == [
        *(("site-kind", "online store"), ("pages", "10"), ("budget", "SAR 8,000"), ("contact", "x"))
    ]
    assert lines(script, at.facts, AR) == [
        "نوع الموقع: متجر إلكتروني",
        "عدد الصفحات: 10",
        "الميزانية: 8,000 ريال سعودي",
    ]
    asks = progress(script, at, script.step("languages"), final=False)
    assert (asks.step, asks.total_steps, asks.is_final_step, asks.step_id) == (3, 6, False, "languages")
    ends = progress(script, at, None, final=True)
    assert (ends.step, ends.is_final_step, ends.step_id) == (6, True, None)

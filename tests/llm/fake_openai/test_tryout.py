"""What it says without a script: a fact it was given, in the customer's language, or that it has none."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from callcenter.calls import ConversationIntent, Language
from callcenter.company import DEMO, load_company
from callcenter.llm.fake_openai import Request, Usage
from callcenter.llm.fake_openai.tryout import answer, example
from callcenter.personas import PersonaManager, load_personas
from callcenter.personas.prompting import Prompting
from tests.llm.briefs import analysis, brief

pytestmark = pytest.mark.unit

# The second half says the same in Arabic: working hours, the price of a website.
INSTRUCTIONS = """You are Ahmed. Answer from the facts; never guess a price or opening hours.

Facts
- Opening hours: Sunday to Thursday, 9:00 to 17:00. Closed on Friday. Also closed on holidays.
- ساعات العمل: من الأحد إلى الخميس من 9 إلى 17.
- The price of a website design is 500 USD.
- سعر تصميم موقع إلكتروني 500 دولار.
"""


def request_of(said: str, *, instructions: str = INSTRUCTIONS, **more: object) -> Request:
    body = {"model": "m", "instructions": instructions, "input": [{"role": "user", "content": said}], **more}
    return Request(number=1, api="responses", path="/v1/responses", headers={}, body=body)


def chat_request_of(text: str) -> Request:
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": [{"text": text}]}]
    return Request(number=1, api="chat", path="/v1/chat/completions", headers={}, body={"messages": messages})


def said(request: Request) -> str:
    return "".join(answer(request, pause=0, pieces=None).pieces)


@pytest.mark.parametrize("ask", [request_of, chat_request_of])
@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("What are your opening hours?", "Opening hours: Sunday to Thursday, 9:00 to 17:00. Closed on Friday."),
        ("ما هي ساعات العمل؟", "ساعات العمل: من الأحد إلى الخميس من 9 إلى 17."),
        ("When do you open?", "Opening hours: Sunday to Thursday, 9:00 to 17:00. Closed on Friday."),
        ("متى يبدأ العمل؟", "ساعات العمل: من الأحد إلى الخميس من 9 إلى 17."),  # when does work begin?
        ("بكم الموقع؟", "سعر تصميم موقع إلكتروني 500 دولار."),  # how much is the website?
        ("What is the price of a website?", "The price of a website design is 500 USD."),
        ("كم سعر تصميم موقع؟", "سعر تصميم موقع إلكتروني 500 دولار."),
    ],
)
def test_the_line_that_fits_best_is_quoted(ask, question, fact):
    assert said(ask(question)) == fact


@pytest.mark.parametrize(
    ("question", "start"),
    [("xyzzy", "I can't find"), ("زقزوق", "لا أجد"), ("", "I can't find"), ("👍🏽", "I can't find")],  # a made-up word
)
def test_without_a_fact_it_says_so_in_the_customers_language(question, start):
    assert said(request_of(question)).startswith(start)
    assert said(request_of(question, instructions="")).startswith(start)


def test_of_equals_the_last_line_wins_for_facts_stand_below():
    assert said(request_of("guarantee", instructions="No guarantee.\nOther.\nOne year guarantee.")).startswith("One")


def test_a_question_for_a_figure_gets_a_line_that_has_one():
    facts = "Website design: 500 USD.\nWebsite: https://example.com\nWebsite redesign, from the logo on."
    assert said(request_of("How much is a website?", instructions=facts)) == "Website design: 500 USD."


def test_one_word_of_many_is_no_answer():
    assert said(request_of("My website crashes every morning since yesterday")).startswith("I can't find")


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ("Hello", "Hello"),
        ("thanks, bye", "You're welcome"),
        ("شكرا، مع السلامة", "على الرحب"),  # thanks, goodbye
        ("مرحبا", "أهلًا"),  # hello
        ("Hello, what are your opening hours please?", "Opening hours"),
    ],
)
def test_short_courtesies_are_returned(message, start):
    assert said(request_of(message)).startswith(start)


PROMPT = """You are Sara, and never name opening hours.
# Facts: the company
Website: https://example.com
Prices:
What the company says when it has no answer: I'd rather not guess.
# Facts: what this message is about
Where is the office? Our office is in Riyadh. Come in.
# This call
{matter}
The customer's words: “opening hours”
"""


def test_only_facts_are_quoted_and_no_questions():
    prompt = PROMPT.format(matter="There is no ticket on this call.")
    assert said(request_of("Where is your office?", instructions=prompt)) == "Our office is in Riyadh. Come in."
    for nothing in ("opening hours", "prices", "guess"):
        assert said(request_of(nothing, instructions=prompt)) == "I'd rather not guess."


def test_without_a_fact_it_says_how_the_matter_stands():
    prompt = PROMPT.format(matter="Ticket TKT-1 (general): new; a human answers within 24 hours.")
    for told in ("it broke", "the office order is 7474839"):
        assert said(request_of(told, instructions=prompt)).startswith("Ticket TKT-1 (general): new")


def test_it_speaks_the_language_of_the_facts_whatever_it_is_told():
    prompt = PROMPT.format(matter="").replace("# Facts", "# الحقائق")
    assert said(request_of("7474839", instructions=prompt)).startswith("لا أجد")


@pytest.mark.parametrize(
    ("language", "question", "fact"),
    [
        (Language.en, "How much is a website?", "Business website: SAR 4,500 to 9,500 for the project"),
        (Language.en, "When are you open on Saturday?", "Opening hours: Sunday to Thursday, 9:00"),
        (Language.ar, "كم سعر صفحة هبوط؟", "صفحة هبوط: 1,900 ريال"),  # the price of a landing page
        (Language.ar, "متى تفتحون يوم السبت؟", "أوقات العمل: من الأحد"),  # when are you open on Saturdays?
        (Language.en, "zyzzyva", "I don't have confirmed information"),
        (Language.ar, "زقزوق", "لا تتوفر لديّ معلومة"),  # a made-up word
        (Language.ar, "7474839", "لا تتوفر لديّ معلومة"),
    ],
)
def test_of_the_products_own_prompt_it_knows_what_is_fact(language, question, fact):
    company = load_company(DEMO)
    personas = PersonaManager(load_personas(), company)
    prompting = Prompting(personas, company, prompt_tokens=8_000, max_output_tokens=800)
    understood = analysis(language, ConversationIntent.information)
    prompt = prompting.compose(brief(question, understood, language=language))
    assert said(request_of(question, instructions=prompt.instructions)).startswith(fact)


def test_it_counts_tokens_as_models_do_about():
    usage = answer(request_of("guarantee", instructions="One year guarantee."), pause=0, pieces=None).usage
    assert usage == Usage(input_tokens=7, output_tokens=5)  # 28 and 19 letters


def test_a_long_line_is_cut_at_a_word():
    found = said(request_of("guarantee", instructions="guarantee " * 100))
    assert len(found) <= 240
    assert set(found.split()) == {"guarantee"}


def test_it_comes_in_words():
    pieces = answer(request_of("website price"), pause=0.5, pieces=None)
    assert pieces.pieces[:3] == ("The ", "price ", "of ")
    assert pieces.pause == 0.5


@pytest.mark.parametrize("count", [1, 9, 40])
def test_pieces_are_as_many_as_wanted(count):
    pieces = answer(request_of("website price"), pause=0, pieces=count).pieces
    assert len(pieces) == count
    assert "".join(pieces).startswith("The ")


class Mood(StrEnum):
    calm = "calm"
    other = "other"


class Detail(BaseModel):
    name: str
    parent: Detail | None = None


class Verdict(BaseModel):
    kind: Literal["complaint", "sales"]
    mood: Mood
    confidence: float = Field(ge=0, le=1)
    share: float
    count: int = Field(ge=2)
    reason: str
    code: str = Field(min_length=3)
    done: bool
    tags: list[str]
    pair: list[int] = Field(min_length=2)
    detail: Detail
    maybe: str | None
    fixed: Literal["v1"]


def test_structure_is_the_least_that_is_valid():
    found = example(Verdict.model_json_schema(), Verdict.model_json_schema())
    verdict = Verdict.model_validate(found)
    assert (verdict.kind, verdict.mood, verdict.confidence, verdict.share) == ("complaint", Mood.other, 0, 0.5)
    assert (verdict.count, verdict.reason, verdict.done, verdict.tags, verdict.pair) == (2, "", False, [], [0, 0])
    assert verdict.fixed == "v1"


@pytest.mark.parametrize("question", ["hi", "مرحبا", "website price"])  # hello
def test_wanted_structure_is_answered_as_json_whatever_is_asked(question):
    wanted = {"format": {"type": "json_schema", "name": "v", "schema": Verdict.model_json_schema()}}
    Verdict.model_validate_json(said(request_of(question, text=wanted)))


def test_plain_text_format_is_no_structure():
    assert said(request_of("website price", text={"format": {"type": "text"}})).startswith("The price")


def test_structure_is_never_stretched():
    wanted = {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {"a": {}}}}}
    assert json.loads("".join(answer(request_of("hi", text=wanted), pause=0, pieces=40).pieces)) == {"a": {}}

"""What it says without a script: a fact it was given, in the customer's language, or that it has none."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from callcenter.llm.fake_openai import Request
from callcenter.llm.fake_openai.tryout import answer, example

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

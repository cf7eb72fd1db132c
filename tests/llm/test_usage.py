from __future__ import annotations

import pytest

from callcenter.calls import Speaker, TokenUsage
from callcenter.llm.prompt import Exchange, Line, ToolCall
from callcenter.llm.usage import counted, estimated, tokens_in
from tests.llm.models import TOOL, prompt

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("four", 1),
        ("fours", 2),
        ("لا", 1),  # no
        ("أهلا", 2),  # welcome
        ("\ud83d", 1),
    ],
)
def test_token_is_four_latin_letters_or_two_arabic_ones(text: str, tokens: int):
    assert tokens_in(text) == tokens


def test_everything_a_model_reads_is_estimated():
    bare = estimated(prompt(), "")
    exchange = Exchange(ToolCall("c1", "request_human", "{}"), "x" * 40)
    line = Line(Speaker.customer, "x" * 40)
    for more in (prompt(said="x" * 40), prompt(exchanges=(exchange,)), prompt(*prompt().lines, line)):
        assert estimated(more, "").input_tokens >= bare.input_tokens + 10
    assert estimated(prompt(tools=(TOOL,)), "").input_tokens > bare.input_tokens
    assert bare.estimated


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        ({"read": 5, "written": 2}, TokenUsage(input_tokens=5, output_tokens=2)),
        (
            {"read": 5, "written": 2, "read_details": {"cached_tokens": 4}},
            TokenUsage(input_tokens=5, cached_tokens=4, output_tokens=2),
        ),
        (
            {"read": 5, "written": 2, "read_details": {"cached_tokens": 9}},
            TokenUsage(input_tokens=5, cached_tokens=5, output_tokens=2),
        ),
        ({"read": 5, "written": 2, "read_details": None}, TokenUsage(input_tokens=5, output_tokens=2)),
        ({"read": 5}, None),
        ({"read": -5, "written": 2}, None),
        ({"read": "5", "written": 2}, None),
        ({"read": True, "written": 2}, None),
        ([], None),
        (None, None),
    ],
)
def test_count_that_makes_no_sense_is_none(usage: object, found: TokenUsage | None):
    assert counted(usage, read="read", written="written") == found

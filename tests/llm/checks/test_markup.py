"""Markup is taken out wherever the pieces are cut; what only looks like markup stays."""

from __future__ import annotations

import pytest

from callcenter.llm.checks import cleaned
from tests.llm.checks.replies import ground, joined, through

pytestmark = pytest.mark.unit

CASES = [
    ("**Bold** and *soft* words", "Bold and soft words"),
    ("__Bold__ and _soft_ words", "Bold and soft words"),
    ("**مهم** جدًا", "مهم جدًا"),
    ("Run `this` now", "Run this now"),
    ("# Title\ntext", "Title\ntext"),
    ("- one\n* two\n  - three", "• one\n• two\n  • three"),
    ("[ours](https://x.example/a)", "ours (https://x.example/a)"),
    ("[https://x.example](https://x.example/)", "https://x.example"),
    ("```python\nx = 1\n```\nend", "x = 1\nend"),
    ("<b>Hi</b><br>there", "Hi\nthere"),
    ("<think>secret. more</think>Hello", "Hello"),
    ("<think>never closed", ""),
    ('{"name": "open_ticket", "arguments": {"a": "}"}} Done.', " Done."),
    ('Well. {"name": "open_ti', "Well. "),
    ("Dear {name}, {} and { 1 }", "Dear {name}, {} and { 1 }"),
    ('Say {"hello"} to {all}', 'Say {"hello"} to {all}'),
    ("Gladly.<|im_end|>", "Gladly."),
    ("a <| b |> c", "a <| b |> c"),
    ("2 * 3 = 6 and 2*3", "2 * 3 = 6 and 2*3"),
    ("Dial *123# now", "Dial *123# now"),
    ("a < b and c > d", "a < b and c > d"),
    ("my_own_name and 5 - 3", "my_own_name and 5 - 3"),
    ("well-known [1]", "well-known [1]"),
    ("zero\u200bwidth \u202eturned", "zerowidth turned"),
    ("می\u200cخواهم", "می\u200cخواهم"),
]


@pytest.mark.parametrize(("text", "plain"), CASES)
def test_markup_goes_and_its_likes_stay(text, plain):
    assert cleaned(text) == plain


@pytest.mark.parametrize(("text", "plain"), CASES)
def test_pieces_make_no_difference(text, plain):
    on = ground(facts=plain)
    assert joined(through(text, on, size=1)) == joined(through(text, on, size=7)) == joined(through(text, on))


def test_a_release_says_that_it_was_cleaned():
    assert [each.cleaned for each in through("**Hello** there.")] == [True]
    assert [each.cleaned for each in through("Hello there.")] == [False]
    assert through('Hello there. {"name": 1}')[-1].cleaned

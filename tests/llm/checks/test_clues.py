"""What patterns ask for of a text: never more than they need."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls import Language
from callcenter.llm.checks.clues import Clues, asked_by, may_match
from tests.llm.checks.replies import CHECKS
from tests.llm.checks.test_claims import ROWS as CLAIMS
from tests.llm.checks.test_questions import ROWS as QUESTIONS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        ("cancel", [["cancel"]]),
        ("put you through", [["put", "you", "through"]]),
        ("cancell?ed|voided", [["cancelled/canceled"], ["voided"]]),
        (r"(?:your|the) \w+ (?:is|was) (?:sent|at (?:your|the) door)", [["the/your", "door/sent/your"]]),
        ("(?<!if )(?=[iw])(?:i|we)(?!n)(?:'ll| will)", [["i'll/we'll/will"]]),
        (r"[سهح](?:ا|ن)\w{2,}كم", [["سا/سن/ها/هن/حا/حن", "كم"]]),  # shall
        (r"(?:\w+ed|open)(?:ing)+ ?x*y{2,3}z{0,2}\.", [["ed/open", "ing", "y", "."]]),
        (r"(?:a|\w)b?", [[]]),
        (r"[^a]\b\[^x$", [["[x"]]),
        ("", [[]]),
    ],
)
def test_patterns_ask_for_what_no_match_lacks(pattern, asked):
    found = [["/".join(sorted(pieces)) for pieces in way] for way in asked_by(pattern)]
    assert [sorted(way) for way in found] == [
        sorted("/".join(sorted(pieces.split("/"))) for pieces in way) for way in asked
    ]


@pytest.mark.parametrize("pattern", [r"a\u0041", r"(a)\1", "(?i)a", "(?P<name>a)", "(?>a)", "a|*", "(a", "a)"])
def test_what_is_not_understood_is_refused(pattern):
    with pytest.raises(re.error):
        asked_by(pattern)


DIALECT = st.recursive(
    st.sampled_from(
        ["a", "b", "ab c", " d", "e ", r"\w", "[ab]", "[^a]", ".", "^", "(?!c)", "(?<=a)", "(?:a|bc|)", "[ -]"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda ways: f"(?:{'|'.join(ways)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+?", "{0,2}", "{2}", "{1,2}?"])).map(
            lambda both: f"(?:{both[0]}){both[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(patterns=st.lists(DIALECT, min_size=1, max_size=3), text=st.text("abcde ", max_size=12))
def test_a_text_without_what_is_asked_for_never_matches(patterns, text):
    clues = Clues()
    wanted = clues.wanted(patterns)
    clues.close()
    held = 0
    for word in text.split():
        held |= clues.held(word)
    assert may_match(wanted, held) or not re.search("|".join(f"(?:{pattern})" for pattern in patterns), text)


@pytest.mark.parametrize("language", list(Language))
def test_no_sentence_of_the_tables_is_passed_over(language):
    claims = [(told.pattern, told.wanted) for claim in CHECKS._claims._claims for told in claim.told]
    questions = [(each.asked, each.wanted) for each in CHECKS._questions._details.values()]
    for row in (*CLAIMS, *QUESTIONS):
        words = [CHECKS.word(word, language) for word in row["text"].split()]
        held = 0
        for word in words:
            held |= word.clues
        text = " ".join(word.folded for word in words)
        patterns = [pattern for pattern, wanted in (*claims, *questions) if not may_match(wanted, held)]
        assert [pattern for pattern in patterns if pattern.search(text)] == []

"""Numbers in words are read backwards from what they count, and forwards from what announces them."""

from __future__ import annotations

import pytest

from callcenter.analysis.numbers import number_after, number_before
from callcenter.analysis.text import normalise

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ألف ومئتا", 1200),
        ("مئتا", 200),
        ("مئتي", 200),
        ("مائتا", 200),
        ("ألفا", 2000),
        ("ألفي", 2000),
        ("خمسة وعشرون ألفًا", 25000),
        ("ألفًا وخمسمئة", 1500),
        ("ألف ومئة", 1100),
        ("twelve hundred", 1200),
    ],
)
def test_a_number_stands_before_what_it_counts(text, value):
    folded = normalise(text).text
    number = number_before(f"{folded} ريال", len(folded))  # riyals
    assert number is not None
    assert (number.start, number.value) == (0, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nine hundred and fifty then", 950),
        ("تسعمئة وخمسين فقط", 950),  # nine hundred and fifty only
        ("nothing", None),
        ("and more", None),
    ],
)
def test_a_number_begins_where_it_is_announced(text, value):
    number = number_after(normalise(text).text, 0)
    assert (number and number[1]) == value

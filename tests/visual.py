"""What the eye meets: a line in visual order, by an independent implementation of the bidirectional algorithm."""

from __future__ import annotations

import re

from bidi import get_display  # type: ignore[import-untyped] # it comes without types

CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(line: str) -> str:
    """Return a line as it is seen, from the left; its direction is that of its first letter."""
    visual = get_display(line)
    assert isinstance(visual, str)
    return CONTROLS.sub("", visual)

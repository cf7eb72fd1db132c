"""Messages of exactly 5, 30 and 300 words in English, Arabic, Arabizi and both at once, as customers type them.

They stand in data/, one a line: 30 short, 40 middling and 10 long ones, all different, so that nobody shines by
remembering one text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("en", "ar", "mixed", "arabizi")
LENGTHS: Final = (5, 30, 300)
"""In words."""

_FOLDER: Final = Path(__file__).parent / "data"

Group = tuple[int, str]
"""Messages of one length in one language."""


def utterances() -> Mapping[Group, Sequence[str]]:
    """Return the messages by length and language. Raises ValueError for a line of another length."""
    groups: dict[Group, list[str]] = {(length, language): [] for length in LENGTHS for language in LANGUAGES}
    for language in LANGUAGES:
        path = _FOLDER / f"{language}.txt"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            group = (len(line.split()), language)
            if group not in groups:
                raise ValueError(f"{path}:{number}: {group[0]} words; there are messages of {LENGTHS} words only")
            groups[group].append(line)
    return groups

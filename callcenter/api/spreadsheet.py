"""What a cell of a CSV file may hold: words that people wrote, and never what a spreadsheet would compute."""

from __future__ import annotations

import re
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel reads Arabic in the machine's old code page."""
CSV: Final = "text/csv"

_NUMBER: Final = re.compile(r"-?[0-9]+\.[0-9]+")
"""A score or an amount."""
_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]")
"""What a spreadsheet may take for a formula, full-width forms included (OWASP, CSV Injection)."""
_PHONE: Final = re.compile(r"\+[0-9][0-9 ]*")
"""A sign and digits can't do anything as a formula; a quote before them would only spoil the number."""


def cell(value: str) -> str:
    """Return a cell that is text to every spreadsheet; a quote defuses what would be computed."""
    if _FORMULA.match(value) and not _PHONE.fullmatch(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value

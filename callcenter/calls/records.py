"""What the company's own data is made of, as it comes from its files: tables of rows of text. Values.

What becomes of them is the business of callcenter/actions/ and the store.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import StringConstraints

from callcenter.calls.vocabulary import Value

MAX_RECORDS: Final = 10_000
"""So many rows a table's file holds, and a reading returns, at most: a catalogue is searched in memory."""

TABLE_NAME: Final = r"^[a-z][a-z0-9_]{0,39}$"
MAX_ID_CHARS: Final = 80

TableName = Annotated[str, StringConstraints(pattern=TABLE_NAME)]
RecordId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS)]
Fields = dict[str, str]
"""By the name of their column."""


class Row(Value):
    """A row of a company's file."""

    id: RecordId
    fields: Fields
    """All columns, the key's among them."""

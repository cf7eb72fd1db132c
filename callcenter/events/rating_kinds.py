"""What can happen with a customer's score: it is asked for once a call, given, and perhaps given anew."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from callcenter.calls import Language, MessageId, PersonaType
from callcenter.events.frame import Stored

Score = Annotated[int, Field(ge=1, le=5)]
"""1 is the worst, 5 the best."""

MAX_RATING_COMMENT_CHARS: Final = 1_000


class CsatAsked(Stored):
    """The customer was asked how they rate us, from 1 to 5."""

    event: Literal["csat_asked"] = "csat_asked"
    message_id: MessageId | None
    """The customer's farewell; None where the call is ended over the API."""
    language: Language
    persona: PersonaType
    message: str | None = None
    """The line that asks; None: the reply to the message ends with it."""


class CsatGiven(Stored):
    """A score was given, or changed."""

    event: Literal["csat_given"] = "csat_given"
    message_id: MessageId | None
    """The customer's message; None where it was given over the API."""
    score: Score
    comment: Annotated[str, Field(max_length=MAX_RATING_COMMENT_CHARS)] | None = None
    """What the customer said with it."""
    given_by: str
    """`customer`, or the agent's name who put it in."""

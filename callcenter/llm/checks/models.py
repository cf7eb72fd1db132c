"""Name why a sentence may not go out, what proves actions, what a reply may rest on, what is let out. Values only.

The enumerations' values are API: they stand in stored events and figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from callcenter.calls import Language
    from callcenter.llm import Receipt
    from callcenter.llm.checks.instructions import Instructions


class Fault(StrEnum):
    """Why a sentence may not go out."""

    wrong_language = "wrong_language"
    unbacked_action = "unbacked_action"
    """It says that something was done or will be, and no receipt proves it."""
    unknown_price = "unknown_price"
    """An amount of money or a percentage that no fact holds."""
    unknown_contact = "unknown_contact"
    """A phone number, an e-mail address or an account that no fact holds."""
    unknown_link = "unknown_link"
    unknown_ticket = "unknown_ticket"
    leaked_instructions = "leaked_instructions"
    asked_again = "asked_again"
    """It asks the customer for what is known, or must not be asked any more."""


LEFT_OUT: Final = frozenset({Fault.wrong_language, Fault.asked_again})
"""For a whole sentence with such a fault nothing is said; if nothing else is, another voice should answer."""


class Detail(StrEnum):
    """A fact of the customer's that a sentence may ask for; named as in `Slots`."""

    order_number = "order_number"
    phone = "phone"
    email = "email"
    contact = "contact"
    """Any way to reach the customer."""
    name = "name"
    description = "description"
    amount = "amount"
    date = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What one reply may rest on."""

    language: Language
    facts: tuple[str, ...]
    """Every text that the model got as fact: prices, contacts and links must stand here. One fact a line is best: what
    a line holds is remembered, so that a company's own lines are read once. A number or an address alone on its line is
    the customer's own."""
    receipts: frozenset[Receipt]
    tickets: frozenset[str]
    """Numbers of this call's tickets, as "TKT-00000042"."""
    instructions: Instructions
    """The persona's own prompt, without facts and customers' words."""
    settled: frozenset[Detail] = frozenset()
    """What must not be asked for: it is known, the customer won't give it, or it was asked often enough."""


@dataclass(frozen=True, slots=True)
class Release:
    """What goes out, or what was kept back."""

    text: str
    """Goes to the customer as it is; "" where a sentence was withheld."""
    fault: Fault | None = None
    begun: bool = False
    """The withheld sentence's first words had gone out already."""
    cleaned: bool = False
    """Markup was taken out since the release before."""
    lead: str = ""
    """The blank space that stood before a withheld sentence: what a replacement is joined on with."""

"""Stand between a language model and the customer, sentence by sentence.

A `Gate` takes a reply's pieces and releases plain talk word by word; a sentence that names figures, contacts or
actions, or asks for what is known, is held until it is whole and goes out only if facts, receipts and the call bear it.
Pure after `load_checks()`.
"""

from callcenter.llm.checks.checks import Checks, load_checks
from callcenter.llm.checks.gate import Gate
from callcenter.llm.checks.instructions import Instructions
from callcenter.llm.checks.markup import cleaned
from callcenter.llm.checks.models import LEFT_OUT, Detail, Fault, Ground, Release
from callcenter.llm.checks.questions import settled

__all__ = [
    "LEFT_OUT",
    "Checks",
    "Detail",
    "Fault",
    "Gate",
    "Ground",
    "Instructions",
    "Release",
    "cleaned",
    "load_checks",
    "settled",
]

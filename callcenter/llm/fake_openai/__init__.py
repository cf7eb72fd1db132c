"""A model server of our own that speaks OpenAI's wire: scripted for tests, and the product's model without a key.

`FakeOpenAI` is the server, `serve` puts it on a loopback port, an `Answer` says what happens to one request, whichever
of the two APIs it came by. Without a script it answers from the facts it was given (tryout.py). It knows nothing of the
product; only the command line and tests may import it.
"""

from callcenter.llm.fake_openai.answers import (
    COMMENT,
    NOT_JSON,
    NOT_UTF8,
    UNKNOWN_EVENT,
    Answer,
    ErrorEvent,
    Failure,
    Inserted,
    Pieces,
    Position,
    Stall,
    ToolCall,
    Usage,
    huge_line,
    says,
)
from callcenter.llm.fake_openai.app import FakeOpenAI
from callcenter.llm.fake_openai.faults import Fault
from callcenter.llm.fake_openai.request import Json, Request
from callcenter.llm.fake_openai.serving import serve

__all__ = [
    "COMMENT",
    "NOT_JSON",
    "NOT_UTF8",
    "UNKNOWN_EVENT",
    "Answer",
    "ErrorEvent",
    "Failure",
    "FakeOpenAI",
    "Fault",
    "Inserted",
    "Json",
    "Pieces",
    "Position",
    "Request",
    "Stall",
    "ToolCall",
    "Usage",
    "huge_line",
    "says",
    "serve",
]

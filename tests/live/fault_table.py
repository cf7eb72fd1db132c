"""What can go wrong with a model, as a table: what a customer says, what the model then does, what must become of it.

`ROWS` is read by test_faults.py, which plays each row in both languages and over both APIs. A row says only what is
its own; what holds for every reply (one, whole, clean, in the customer's language) is judged there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from callcenter.calls import Language
from callcenter.llm.fake_openai import (
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
    Request,
    ToolCall,
    Usage,
    huge_line,
)
from callcenter.settings import OpenAIApi

AR, EN = Language.ar, Language.en
Pair: TypeAlias = Mapping[Language, str]
Act: TypeAlias = Answer | Callable[[Request], Answer]
Turn: TypeAlias = Act | Mapping[Language, Act]
"""What the model does at one request: the same in both languages, or to each its own."""

NOTHING: Final[Pair] = {AR: "", EN: ""}

HOURS: Final[Pair] = {AR: "ما هي أوقات العمل؟", EN: "what are your working hours?"}  # what are the working hours?
DOWN: Final[Pair] = {
    AR: "موقعي متوقف منذ أمس وأحتاج إلى مساعدة",  # my website is down since yesterday and I need help
    EN: "my website has been down since yesterday and I need help",
}
PRICE: Final[Pair] = {AR: "كم سعر الموقع التعريفي؟", EN: "how much is a business website?"}  # price of the website?
REFUND: Final[Pair] = {
    AR: "خصمتم مني المبلغ مرتين ولم يعد إليّ حتى الآن",  # you charged me twice, and it has not come back
    EN: "you charged me twice and the money has not come back",
}
CANCEL: Final[Pair] = {AR: "هل يحق لي إلغاء المشروع؟", EN: "may I cancel a project?"}  # may I cancel the project?
BOOK: Final[Pair] = {
    AR: "هل الاستشارة الأولى مجانية؟",  # is the first consultation free?
    EN: "is the first consultation free?",
}
HELLO: Final[Pair] = {AR: "مرحبًا", EN: "hello"}  # hello

OPEN: Final = {
    AR: ("نعمل من الأحد إلى الخميس ", "من 9:00 صباحًا ", "حتى 6:00 مساءً. ", "هل من شيء آخر ", "تودون معرفته؟"),
    EN: (
        "We are open Sunday to Thursday ",
        "from 9:00 ",
        "to 18:00. ",
        "Is there anything else ",
        "you'd like to know?",
    ),
}
"""Sunday to Thursday, from nine to six. Is there anything else you would like to know?"""
SORRY: Final = {
    AR: ("يؤسفني أن موقعكم ", "متوقف منذ أمس. ", "سُجّلت المشكلة ", "وسيتابعها الفريق المختص."),
    EN: (
        "I'm sorry that your website ",
        "has been down since yesterday. ",
        "The problem is recorded ",
        "for our team.",
    ),
}
"""I am sorry that your website is down since yesterday. The problem is recorded for our team."""
GOOD: Final[Pair] = {language: "".join(pieces) for language, pieces in OPEN.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One fault."""

    name: str
    model: tuple[Turn, ...]
    """What it does at each request; it must be asked just so often."""
    customer: Pair = field(default_factory=lambda: HOURS)
    ends: Literal["model", "offline"] = "offline"
    """Who ended the reply."""
    reason: str | None = None
    corrections: tuple[str, ...] = ()
    """As "fault action", in any order; what happened again and again stands once."""
    tools: tuple[str, ...] = ()
    """As "tool granted" or "tool refused"."""
    tickets: int | None = None
    """How many the call has in the end; None: whatever the rules make of the message."""
    has: Pair = field(default_factory=lambda: NOTHING)
    """Stands in the reply."""
    never: Pair = field(default_factory=lambda: NOTHING)
    """Patterns that match nothing in the reply."""
    apis: tuple[OpenAIApi, ...] = tuple(OpenAIApi)
    alone: bool = False
    """It opens the breaker, so that it needs a house of its own."""

    @property
    def hurried(self) -> bool:
        """Whether it is about silence, so that it needs a house of little patience."""
        turns = (each.values() if isinstance(each, Mapping) else (each,) for each in self.model)
        stalls = any(isinstance(each, Answer) and each.stall_after is not None for answers in turns for each in answers)
        return stalls or (self.reason or "").endswith("timeout")

    unlike: str = ""
    """Why the row does not hold yet."""


_SHAPES: Final[tuple[tuple[Literal["flat", "nested"], tuple[OpenAIApi, ...]], ...]] = (
    ("nested", tuple(OpenAIApi)),
    ("flat", (OpenAIApi.responses,)),
)
"""Chat Completions know no flat error event."""


def told(pieces: Mapping[Language, tuple[str, ...]] | Pair, **faults: Any) -> Mapping[Language, Answer]:
    """Return the answers that say this, each in its language, with the same things going wrong."""
    return {language: answer(said, **faults) for language, said in pieces.items()}


def answer(said: tuple[str, ...] | str = (), **faults: Any) -> Answer:
    """Return an answer that says this, a text in one piece."""
    return Answer(pieces=(said,) if isinstance(said, str) else said, **faults)


def calls(*wanted: ToolCall, **faults: Any) -> Answer:
    """Return an answer that only asks for tools."""
    return answer(tool_calls=wanted, **faults)


def status(code: int, **more: Any) -> Answer:
    """Return a refusal by status."""
    return answer(status=code, **more)


def tool(name: str, /, **arguments: object) -> ToolCall:
    """Return a call with good JSON."""
    return ToolCall(name, json.dumps(arguments, ensure_ascii=False))


RESPONSES, CHAT = (OpenAIApi.responses,), (OpenAIApi.chat,)
FINE: Final = told(OPEN)
ALL: Final = len(OPEN[EN])
QUOTA: Final = (
    b'{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","code":"insufficient_quota"}}'
)
HTML: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1><p>nginx</p></body></html>"
FIRST: Final[Pair] = {language: "".join(pieces[:3]).rstrip() for language, pieces in OPEN.items()}
"""The sentence that had gone out of a reply that broke off."""
BEGUN: Final = {language: pieces[:3] for language, pieces in OPEN.items()}
"""It alone."""
OFFLINE: Final[Pair] = {AR: "والسبت من 10:00", EN: "Saturday, 10:00"}
"""Only the offline voice says when we are open on Saturdays."""


def _broken(
    place: str,
    at: Position,
    silence: str,
    *,
    twice: bool = False,
    ends: Literal["model", "offline"] = "offline",
    has: Pair | None = None,
    apis: tuple[OpenAIApi, ...] = tuple(OpenAIApi),
) -> tuple[Row, ...]:
    """Return rows for a connection that is cut, a body that ends and a server that falls silent at one place."""
    found = (
        ("cut", told(OPEN, cut_after=at), "connection_lost"),
        ("orderly end", told(OPEN, end_after=at), "cut_short"),
        ("stall", told(OPEN, stall_after=at), silence),
    )
    return tuple(
        Row(
            name=f"{how} {place}{', twice' if twice else ''}",
            model=(turn,) * (2 if twice else 1),
            ends=ends,
            reason=reason,
            has=has or OFFLINE,
            apis=apis,
        )
        for how, turn, reason in found
    )


STATUSES: Final = (
    *(
        Row(name=f"status {code}", model=(status(code),), reason="request_refused", has=OFFLINE)
        for code in (400, 404, 422)
    ),
    *(
        Row(name=f"status {code}", model=(status(code),), reason="key_refused", has=OFFLINE, alone=True)
        for code in (401, 403)
    ),
    *(
        Row(name=f"status {code} twice", model=(status(code), status(code)), reason="server_error", has=OFFLINE)
        for code in (408, 409, 500, 503, 529)
    ),
    Row(
        name="status 429, wait a moment, then well",
        model=(status(429, headers={"Retry-After": "0.05"}), FINE),
        ends="model",
        has=GOOD,
    ),
    Row(
        name="status 429 twice",
        model=(status(429, headers={"retry-after-ms": "20"}),) * 2,
        reason="rate_limited",
        has=OFFLINE,
    ),
    Row(
        name="status 429, wait an hour",
        model=(status(429, headers={"Retry-After": "3600"}),),
        reason="rate_limited",
        has=OFFLINE,
    ),
    Row(name="status 429, no money left", model=(status(429, body=QUOTA),), reason="rate_limited", has=OFFLINE),
    Row(
        name="status 502 in HTML, twice",
        model=(status(502, body=HTML, content_type="text/html"),) * 2,
        reason="server_error",
        has=OFFLINE,
    ),
    Row(name="status 500, then well", model=(status(500), FINE), ends="model", has=GOOD),
    Row(name="status 500, then refused", model=(status(500), status(400)), reason="request_refused", has=OFFLINE),
)

BROKEN: Final = (
    *_broken("after the first event", 1, "first_token_timeout", twice=True),
    *_broken("before the first text", Pieces(0), "first_token_timeout", twice=True),
    *_broken("after the first piece", Pieces(1), "idle_timeout"),
    *_broken("in mid-sentence", Pieces(2), "idle_timeout"),
    *_broken("after a sentence", Pieces(3), "idle_timeout", has=FIRST),
    *_broken("in the second sentence", Pieces(4), "idle_timeout", has=FIRST),
    *_broken("after the last piece", Pieces(ALL), "idle_timeout", ends="model", has=GOOD),
    *_broken("before the terminal event", ALL + 7, "idle_timeout", ends="model", has=GOOD, apis=RESPONSES),
    Row(name="cut after the headers, twice", model=(Answer(cut_after=0),) * 2, reason="connection_lost", has=OFFLINE),
    Row(name="orderly end after the headers", model=(Answer(end_after=0),), reason="garbled", has=OFFLINE),
    Row(
        name="stall after the headers, twice",
        model=(Answer(stall_after=0),) * 2,
        reason="first_token_timeout",
        has=OFFLINE,
    ),
    Row(
        name="stall before the headers, twice",
        model=(Answer(stall_after="before_headers"),) * 2,
        reason="first_token_timeout",
        has=OFFLINE,
    ),
    Row(
        name="stall before the headers, then well",
        model=(Answer(stall_after="before_headers"), FINE),
        ends="model",
        has=GOOD,
    ),
    Row(name="cut after the headers, then well", model=(Answer(cut_after=0), FINE), ends="model", has=GOOD),
    Row(
        name="cut amid the first piece",
        model=(
            told(OPEN, cut_after=Pieces(0), inserted=(Inserted(Pieces(0), b'data: {"type":"response.output_text.de'),)),
            FINE,
        ),
        ends="model",
        has=GOOD,
    ),
    Row(
        name="cut after the finish, before the count of tokens",
        model=(told(OPEN, cut_after=ALL + 2),),
        ends="model",
        has=GOOD,
        apis=CHAT,
    ),
    Row(
        name="cut amid a complaint",
        customer=DOWN,
        model=(told(SORRY, cut_after=Pieces(1)),),
        reason="connection_lost",
        tickets=1,
    ),
    Row(
        name="cut after an apology",
        customer=DOWN,
        model=(told(SORRY, cut_after=Pieces(2)),),
        reason="connection_lost",
        tickets=1,
        has={AR: "TKT-", EN: "TKT-"},
        never={AR: "أعتذر", EN: "I'm sorry about"},  # I apologise: once is enough
    ),
    Row(
        name="cut amid a price",
        customer=PRICE,
        model=(
            told(
                {
                    AR: ("يبدأ سعر الموقع التعريفي من ", "4,500"),
                    EN: ("A business website starts at ", "SAR 4"),
                },
                cut_after=Pieces(2),
            ),
        ),
        reason="connection_lost",
        has={AR: "4,500", EN: "4,500"},
    ),
    Row(
        name="trickling beyond the total deadline",
        model=(
            told({AR: ("نعمل ", *("حتى " for _ in range(30))), EN: ("We ", *("are " for _ in range(30)))}, pause=0.1),
        ),
        reason="total_timeout",
    ),
)

GARBAGE: Final = (
    *(
        Row(
            name=f"{what} at the start",
            model=(told(OPEN, inserted=(Inserted(0, data),)),),
            reason="garbled",
            has=OFFLINE,
        )
        for what, data in (("no JSON", NOT_JSON), ("no UTF-8", NOT_UTF8), ("a huge line", huge_line(1_200_000)))
    ),
    *(
        Row(
            name=f"{what} amid", model=(told(OPEN, inserted=(Inserted(Pieces(3), data),)),), reason="garbled", has=FIRST
        )
        for what, data in (("no JSON", NOT_JSON), ("no UTF-8", NOT_UTF8), ("no object", b"data: [1, 2]\n\n"))
    ),
    Row(
        name="a delta without text",
        model=(
            told(
                OPEN,
                inserted=(
                    Inserted(Pieces(2), b'data: {"type":"response.output_text.delta","delta":null,"choices":[7]}\n\n'),
                ),
            ),
        ),
        reason="garbled",
        has=OFFLINE,
    ),
    Row(
        name="HTML with status 200", model=(Answer(body=HTML, content_type="text/html"),), reason="garbled", has=OFFLINE
    ),
    Row(
        name="an empty body", model=(Answer(body=b"", content_type="text/event-stream"),), reason="garbled", has=OFFLINE
    ),
    *(
        Row(name=name, model=(told(OPEN, **how),), ends="model", has=GOOD)
        for name, how in (
            ("a line of noise", {"inserted": (Inserted(Pieces(1), b"%%% noise %%%\n\n"),)}),
            ("unknown events", {"inserted": (Inserted(0, UNKNOWN_EVENT), Inserted(Pieces(2), UNKNOWN_EVENT))}),
            ("comments", {"inserted": (Inserted(0, COMMENT), Inserted(Pieces(2), COMMENT))}),
            ("lines that end in CRLF", {"crlf": True}),
            ("split bytes", {"chunk_bytes": 7}),
            ("no count of tokens", {"usage": None}),
            ("no [DONE]", {"done": False}),
            ("events without names and numbers", {"event_lines": False, "sequence_numbers": False}),
            ("absurd counts of tokens", {"usage": Usage(input_tokens=0, output_tokens=10**9)}),
        )
    ),
)

ENDINGS: Final = (
    Row(name="refusal without text", model=(Answer(refusal=""),), reason="empty", has=OFFLINE, apis=CHAT),
    Row(
        name="refusal with its reason",
        model=(Answer(refusal="I'm sorry, I can't assist with that."),),
        reason="refused",
        has=OFFLINE,
        never={AR: "assist", EN: "can't assist"},
    ),
    Row(
        name="refusal in plain text",
        model=(
            told(
                {
                    AR: "عذرًا، لا أستطيع المساعدة في ذلك.",  # sorry, I can't help with that
                    EN: "I'm sorry, but I can't help with that.",
                }
            ),
        ),
        ends="model",
    ),
    Row(
        name="out of tokens before a word",
        model=(Answer(incomplete="max_output_tokens"),),
        reason="truncated",
        has=OFFLINE,
    ),
    Row(
        name="out of tokens in mid-sentence",
        model=(told({language: pieces[:4] for language, pieces in OPEN.items()}, incomplete="max_output_tokens"),),
        ends="model",
        reason="truncated",
        has=FIRST,
    ),
    Row(
        name="content filter before a word",
        model=(Answer(incomplete="content_filter"),),
        reason="filtered",
        has=OFFLINE,
    ),
    Row(name="content filter amid", model=(told(BEGUN, incomplete="content_filter"),), reason="filtered", has=FIRST),
    Row(
        name="failed before a word",
        model=(Answer(failed=Failure()), Answer(failed=Failure())),
        reason="server_error",
        has=OFFLINE,
    ),
    Row(
        name="failed for good",
        model=(Answer(failed=Failure(code="context_length_exceeded")),),
        reason="request_refused",
        has=OFFLINE,
    ),
    Row(name="failed after a sentence", model=(told(BEGUN, failed=Failure()),), reason="server_error", has=FIRST),
    *(
        Row(
            name=f"{shape} error {where}",
            model=(told(OPEN, error=ErrorEvent(shape=shape, after=after)),) * asked,
            reason="server_error",
            has=has,
            apis=apis,
        )
        for shape, apis in _SHAPES
        for where, after, asked, has in (("at the start", 0, 2, OFFLINE), ("after a sentence", Pieces(3), 1, FIRST))
    ),
    Row(
        name="an error at the start, then well",
        model=(told(OPEN, error=ErrorEvent(after=0)), FINE),
        ends="model",
        has=GOOD,
    ),
    Row(name="nothing said", model=(Answer(),), reason="empty", has=OFFLINE),
    Row(
        name="white space said",
        model=(Answer(pieces=("  \n ", "\n\n", "\u200b\u00a0")),),
        reason="empty",
        corrections=("markup cleaned",),
        has=OFFLINE,
    ),
    Row(
        name="thoughts alone",
        model=(Answer(pieces=("<think>The customer ", "asks for hours.", "</think>")),),
        reason="empty",
        corrections=("markup cleaned",),
        has=OFFLINE,
    ),
)

TRANSPORT: Final = (*STATUSES, *BROKEN, *GARBAGE, *ENDINGS)

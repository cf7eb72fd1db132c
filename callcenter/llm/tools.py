"""What a model may ask us to do: four tools, how their calls are read, and which of a call's facts are believed. Pure.

A call is a wish: it is read here, judged and carried out by whoever has the conversation. `read_call` refuses what is
not well formed, `grounded` keeps of a customer's facts what the customer wrote, so that a model can't make one up.
Reasons hold no values: they go to the model and into the log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, TypeAdapter, ValidationError, model_validator

from callcenter.analysis import clean, normalise
from callcenter.calls import ActionArguments, PersonaType, PriorityLevel, TicketCategory, ToolName, Value
from callcenter.llm.prompt import Tool, ToolCall

ARGUMENT_CHARS: Final = 8_000
"""Longer arguments are not read: none of the tools needs a tenth of it."""
_PHONE_DIGITS: Final = range(7, 16)
"""From the shortest local numbers to ITU-T E.164's longest."""
_DIGIT: Final = re.compile("[0-9]")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NUMBER: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_BETWEEN: Final = r"[\s()#_/.,–-]{0,3}"
"""What people put between the figures of a number."""
_BETWEEN_THOUSANDS: Final = r"[\s,]?"


class InvalidToolCall(ValueError):  # noqa: N818 (a refusal is an ordinary answer to a model)
    """The model's call can't be read; the text says why, to the model and the log."""


def _one_line(text: object) -> object:
    """Clean and fold white space; what is empty is nothing."""
    return (" ".join(clean(text).text.split()) or None) if isinstance(text, str) else text


def _identifier(text: str) -> str:
    """Write a number as the analyzer does: digits folded, capitals, no blanks."""
    if not _DIGIT.search(written := normalise(text).text):
        raise ValueError("is no number")
    return written.upper().replace(" ", "").lstrip("#")


def _phone(text: str) -> str:
    written = normalise(text).text
    digits = "".join(_DIGIT.findall(written))
    if len(digits) not in _PHONE_DIGITS:
        raise ValueError("is no phone number")
    if written.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(written := text.lower()):
        raise ValueError("is no e-mail address")
    return written


_ARGUMENTS: Final[TypeAdapter[ActionArguments]] = TypeAdapter(ActionArguments)
_OWN: Final = frozenset({"order_number", "phone", "email"})
"""Arguments of actions that only the customer can know."""

_Line = BeforeValidator(_one_line)
_Reason = Annotated[str, Field(max_length=300), _Line]
_Description = Annotated[str, Field(max_length=1_000)]


class OpenTicket(Value):
    """Open a ticket for the matter in hand."""

    category: TicketCategory
    description: Annotated[_Description, _Line]
    urgency: PriorityLevel


class UpdateSlots(Value):
    """Note facts the customer gave; None where nothing was given, and at least one was."""

    order_number: Annotated[Annotated[str, Field(max_length=40), AfterValidator(_identifier)] | None, _Line] = None
    phone: Annotated[Annotated[str, Field(max_length=40), AfterValidator(_phone)] | None, _Line] = None
    email: Annotated[Annotated[str, Field(max_length=254), AfterValidator(_email)] | None, _Line] = None
    name: Annotated[Annotated[str, Field(max_length=80)] | None, _Line] = None
    description: Annotated[_Description | None, _Line] = None

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if self.empty:
            raise ValueError("it gives no fact")
        return self

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return all(value is None for value in self.__dict__.values())


class RequestHuman(Value):
    """Have a human take over."""

    reason: _Reason


class HandOff(Value):
    """Pass the call to another persona."""

    persona: PersonaType
    reason: _Reason


Request = OpenTicket | UpdateSlots | RequestHuman | HandOff

_MODELS: Final[dict[str, type[Request]]] = {
    ToolName.open_ticket.value: OpenTicket,
    ToolName.update_slots.value: UpdateSlots,
    ToolName.request_human.value: RequestHuman,
    ToolName.hand_off.value: HandOff,
}


def _schema(**properties: JsonValue) -> dict[str, JsonValue]:
    """Return an object as OpenAI's strict mode wants it: every field required, none beside them."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str) -> JsonValue:
    return {"type": "string", "description": description}


def _text_or_null(description: str) -> JsonValue:
    return {"type": ["string", "null"], "description": description}


def _one_of(values: Sequence[str], description: str) -> JsonValue:
    return {"type": "string", "enum": [str(value) for value in values], "description": description}


_JUDGED: Final = "We judge the request; say it was done only if the answer has granted=true."

TOOLS: Final[tuple[Tool, ...]] = (
    Tool(
        name=ToolName.open_ticket,
        description=(
            "Open a ticket so that a human follows up. Call it when the customer reports a problem, or wants something "
            "that only staff can do, and the instructions show no ticket for this matter yet. Never for a question the "
            f"facts answer. {_JUDGED}"
        ),
        parameters=_schema(
            category=_one_of(tuple(TicketCategory), "What it is about; callback: the customer wants to be contacted."),
            description=_text(
                "The matter in one to three sentences in the customer's language, only what they said; no figure they "
                "did not give."
            ),
            urgency=_one_of(
                tuple(PriorityLevel), "How soon somebody must act, by what the customer says; else medium."
            ),
        ),
    ),
    Tool(
        name=ToolName.update_slots,
        description=(
            "Note facts the customer gave in their own messages on this call that the instructions do not list as "
            "known yet, or that they corrected. Copy them as written; never guess, complete or translate a value. "
            f"{_JUDGED}"
        ),
        parameters=_schema(
            order_number=_text_or_null("Order, contract, invoice or booking number; null if none was given."),
            phone=_text_or_null("The customer's phone number; null if none was given."),
            email=_text_or_null("The customer's e-mail address; null if none was given."),
            name=_text_or_null("The customer's own name; null if none was given."),
            description=_text_or_null("What happened, in the customer's language; null if nothing new was said."),
        ),
    ),
    Tool(
        name=ToolName.request_human,
        description=(
            "Ask for a human to take over. Call it when the customer wants a person, or when you can't help and a "
            f"human can, unless the instructions say that one was asked for already. {_JUDGED}"
        ),
        parameters=_schema(reason=_text("Why, in one sentence, for the colleague who takes over.")),
    ),
    Tool(
        name=ToolName.hand_off,
        description=(
            "Pass the call to another persona: sales for buying, prices and training; complaints for problems, faults "
            "and refunds; reception for everything else. Call it only when the customer's matter clearly belongs there "
            f"and not to you. {_JUDGED}"
        ),
        parameters=_schema(
            persona=_one_of(tuple(PersonaType), "Who takes over."),
            reason=_text("Why, in one sentence, for the colleague who takes over."),
        ),
    ),
)
"""All tools a model is offered."""


def read_call(call: ToolCall) -> Request:
    """Return what the model asks for. Raises InvalidToolCall where name or arguments are not a tool's."""
    model = _MODELS.get(call.name)
    if model is None:
        raise InvalidToolCall(f"There is no such tool; there are {', '.join(_MODELS)}.")
    if len(call.arguments) > ARGUMENT_CHARS:
        raise InvalidToolCall(f"The arguments are longer than {ARGUMENT_CHARS} characters.")
    try:
        request: Request = model.model_validate_json(call.arguments)
    except ValidationError as error:
        raise InvalidToolCall("; ".join(dict.fromkeys(_complaints(error)))) from None  # its cause quotes the values
    return request


def read_arguments(call: ToolCall) -> ActionArguments:
    """Return what a model gives an action, without what it left null. Raises InvalidToolCall where it is no object."""
    if len(call.arguments) > ARGUMENT_CHARS:
        raise InvalidToolCall(f"The arguments are longer than {ARGUMENT_CHARS} characters.")
    try:
        given = _ARGUMENTS.validate_json(call.arguments)
    except ValidationError:
        raise InvalidToolCall("The arguments are no JSON object.") from None  # its cause quotes the values
    return {name: value for name, value in given.items() if value is not None}


def all_heard(arguments: ActionArguments, said: Sequence[str]) -> bool:
    """Whether the customer wrote every number and address of their own that a model gives an action."""
    heard = [normalise(message).text for message in said]
    return all(
        _if_heard(str(value), heard, verbatim=name == "email") is not None
        for name, value in arguments.items()
        if name in _OWN
    )


def _complaints(error: ValidationError) -> list[str]:
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        kind, place = detail["type"], ".".join(str(part) for part in detail["loc"][:1])
        if kind == "json_invalid":
            found.append("The arguments are no JSON.")
        elif kind == "extra_forbidden":  # its place is the model's own word
            found.append("There is a field that the tool does not have.")
        else:
            message = detail["msg"].removeprefix("Value error, ")
            found.append(f"{place}: {message}" if place else message)
    return found


def answer_json(*, granted: bool, reason: str, receipt: str | None, **facts: str | int | bool | None) -> str:
    """Return the answer to a call as the model reads it; `facts` is what it may tell: a due time, a persona's name."""
    return json.dumps({"granted": granted, "reason": reason, "receipt": receipt, **facts}, ensure_ascii=False)


def grounded(update: UpdateSlots, said: Sequence[str]) -> UpdateSlots:
    """Return what of `update` the customer said; it may be `empty`. `said`: the customer's messages on this call.

    Numbers, names and addresses must stand there as they are, spelling and separators aside. A description may be in
    other words, but holds no number that the customer did not write.
    """
    heard = [normalise(message).text for message in said]
    kept = {
        "order_number": _if_heard(update.order_number, heard),
        "phone": _if_heard(update.phone, heard),
        "email": _if_heard(update.email, heard, verbatim=True),
        "name": _if_heard(update.name, heard, verbatim=True),
        "description": update.description if _figures_heard(update.description or "", heard) else None,
    }
    return update.altered(kept)


def _if_heard(value: str | None, heard: Sequence[str], *, verbatim: bool = False) -> str | None:
    if value is None:
        return None
    folded = normalise(value).text
    return value if _stands(_words(folded) if verbatim else _figures(folded), heard) else None


def _figures_heard(description: str, heard: Sequence[str]) -> bool:
    numbers = (number.replace(",", "") for number in _NUMBER.findall(normalise(description).text))
    return all(_stands(_figures(number, _BETWEEN_THOUSANDS, dots=True), heard) for number in numbers)


def _words(folded: str) -> str:
    """Return a pattern for a name or an address."""
    words = r"\s+".join(map(re.escape, folded.split()))
    return rf"(?<![\w.+@-]){words}(?![\w@-]|\.\w)"


def _figures(folded: str, between: str = _BETWEEN, *, dots: bool = False) -> str:
    """Return a pattern for a number that is no part of a longer one; a + may be written 00."""
    figures = between.join(re.escape(char) for char in folded if char.isalnum() or (dots and char == "."))
    abroad = "(?:00)?" if folded.startswith("+") else ""
    return rf"(?<![^\W_])(?<![0-9][.,]){abroad}{figures}(?![^\W_]|[.,][0-9])"


def _stands(pattern: str, heard: Sequence[str]) -> bool:
    return any(re.search(pattern, message) for message in heard)

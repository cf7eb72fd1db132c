"""Say which arguments each action takes, check them, and describe them to a language model. Values only.

An argument that is None is not known yet: the action asks for it. What a message fails at is named by field, never by
what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, ValidationError

from callcenter.actions.action import Request
from callcenter.analysis.text import ASCII_DIGITS
from callcenter.calls import ActionArguments, ActionName, Value
from callcenter.errors import InvalidRequest

MAX_MONTHS: Final = 360
MAX_AMOUNT: Final = Decimal(10) ** 12
"""No price is larger; it also keeps sums within what is reckoned exactly."""

_ORDER: Final = re.compile(r"[A-Z0-9][A-Z0-9/_.-]{0,39}")
_PHONE: Final = re.compile(r"\+?[0-9]{9,15}")
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,180}\.[^\s@]{1,63}")


def _one_line(value: object) -> object:
    """Fold white space and digits; an empty text is none."""
    return " ".join(value.translate(ASCII_DIGITS).split()) or None if isinstance(value, str) else value


def _order_number(text: str) -> str:
    number = text.upper().replace(" ", "").removeprefix("#")
    if not _ORDER.fullmatch(number):
        raise ValueError("is no order number")
    return number


def _phone(text: str) -> str:
    number = re.sub(r"[^0-9+]", "", text)
    if not _PHONE.fullmatch(number):
        raise ValueError("is no phone number of nine digits or more")
    return number


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address")
    return text.lower()


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("names no time zone")
    return text


def _as_text(value: object) -> object:
    """Take a number as it is written: money never goes through binary fractions. Commas only group digits."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = _one_line(value)
    return text.replace(",", "") if isinstance(text, str) else text


_Line = BeforeValidator(_one_line)
_Figure = BeforeValidator(_as_text)
OrderNumber = Annotated[Annotated[str, Field(max_length=60), AfterValidator(_order_number)] | None, _Line]
Amount = Annotated[Annotated[Decimal, Field(ge=0, le=MAX_AMOUNT, allow_inf_nan=False)] | None, _Figure]
Words = Annotated[Annotated[str, Field(max_length=300)] | None, _Line]


class OnFile(Value):
    """What is found by what is on file."""

    lacks: Literal["order_number", "contact"] | None = Field(
        None, description="`order_number` or `contact` where the customer says that they have none; else null."
    )


class OrderHistory(OnFile):
    """List the customer's own orders, newest first."""

    order_number: OrderNumber = Field(None, description="Always null unless the customer named one order of theirs.")


class OneOrder(OnFile):
    """Say where an order of the customer's stands and when it is expected."""

    order_number: OrderNumber = Field(None, description="As the customer gave it; null if they gave none.")


class Cancellation(OneOrder):
    """Cancel an order of the customer's. Changes it: it is proposed first and done once approved."""


class Refund(OneOrder):
    """Ask for the money of a delivered or cancelled order back. Proposed first and noted once approved."""

    reason: Words = Field(None, description="Why, in the customer's words; null if they gave no reason.")


class PasswordReset(OnFile):
    """Request a link that resets the password of the customer's account. Proposed first, noted once approved."""


class ContactUpdate(OnFile):
    """Put a new phone number or e-mail address on the customer's account and orders. Proposed first."""

    new_phone: Annotated[Annotated[str, AfterValidator(_phone)] | None, _Line] = Field(
        None, description="The new number; null if it stays."
    )
    new_email: Annotated[Annotated[str, AfterValidator(_email)] | None, _Line] = Field(
        None, description="The new address; null if it stays."
    )
    order_number: OrderNumber = Field(None, description="An order of the customer's, if they named one; else null.")


class Quote(Value):
    """Write a quote with the prices of services of the company. Proposed first, kept once approved."""

    services: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=20)] = Field(
        (), description="Ids of the services wanted; empty if the customer named none."
    )


class Consultation(Value):
    """Book a consultation at a free time within business hours. Proposed first, booked once approved."""

    when: Words = Field(None, description='The customer\'s words ("tomorrow at 10") or ISO 8601; null if not said.')
    proposed: Annotated[Annotated[str, Field(max_length=40), AfterValidator(_moment)] | None, _Line] = Field(
        None, description="Always null."
    )


class CatalogueSearch(Value):
    """Look up what the company has in stock: names, prices, availability."""

    query: Words = Field(None, description="What is looked for, in the customer's words: brand, model, colour, year.")
    min_price: Amount = Field(None, description="Null: no lower bound.")
    max_price: Amount = Field(None, description="Null: no upper bound.")
    available: bool | None = Field(None, description="True: only what is available now; null: all.")


class CreditEstimate(Value):
    """Estimate the monthly instalment of a purchase on credit."""

    price: Amount = Field(None, description="The price; null where the customer named an item of the catalogue.")
    query: Words = Field(None, description="The item of the catalogue it is about, in the customer's words; or null.")
    item: Words = Field(None, description="Always null.")
    down_payment: Amount = Field(None, description="Paid at once; null: nothing.")
    months: Annotated[int, Field(ge=1, le=MAX_MONTHS)] | None = Field(None, description="1 to 360; null if not said.")
    annual_rate: Annotated[Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)] | None, _Figure] = Field(
        None, description="Per cent a year; null: the company's own."
    )


MODELS: Final[Mapping[ActionName, type[Value]]] = {
    ActionName.get_order_history: OrderHistory,
    ActionName.track_order: OneOrder,
    ActionName.cancel_order: Cancellation,
    ActionName.request_refund: Refund,
    ActionName.reset_password: PasswordReset,
    ActionName.update_contact: ContactUpdate,
    ActionName.send_quote: Quote,
    ActionName.book_consultation: Consultation,
    ActionName.look_up_catalogue: CatalogueSearch,
    ActionName.estimate_credit: CreditEstimate,
}

ModelT = TypeVar("ModelT", bound=Value)


def parsed(model: type[ModelT], arguments: ActionArguments) -> ModelT:
    """Return arguments as their model. Raises InvalidRequest, which names the fields."""
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        fields = sorted({".".join(map(str, ("arguments", *each["loc"]))) for each in error.errors(include_input=False)})
        raise InvalidRequest(f"These arguments do not fit the action: {', '.join(fields)}.") from None


def checked(request: Request) -> Request:
    """Return the request with its arguments as they are kept: known ones only. Raises InvalidRequest."""
    given = parsed(MODELS[request.action], request.arguments)
    return Request(action=request.action, arguments=kept(given))


def fitting(request: Request) -> Request:
    """Return the request without what does not fit its action: what was read from a message may be out of bounds."""
    model = MODELS[request.action]
    try:
        return Request(action=request.action, arguments=kept(model.model_validate(request.arguments)))
    except ValidationError as error:
        unfit = {str(each["loc"][0]) for each in error.errors(include_input=False, include_url=False)}
        left = {name: value for name, value in request.arguments.items() if name not in unfit}
        return Request(action=request.action, arguments=left)


def kept(arguments: Value) -> ActionArguments:
    """Return arguments as JSON, those that are not known left out."""
    dumped: dict[str, JsonValue] = arguments.model_dump(mode="json", exclude_defaults=True)
    return dumped


def described(action: ActionName) -> dict[str, JsonValue]:
    """Return an action as a model's function tool: name, description, parameters in OpenAI's strict form."""
    model = MODELS[action]
    properties: dict[str, JsonValue] = {name: _property(name, model) for name in model.model_fields}
    return {
        "name": action.value,
        "description": (model.__doc__ or "").strip(),
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


_TYPES: Final = {
    "months": "integer",
    "available": "boolean",
    **dict.fromkeys(("price", "down_payment", "annual_rate", "min_price", "max_price"), "number"),
}
"""What an argument is to a model; the rest are texts."""


def _property(name: str, model: type[Value]) -> JsonValue:
    description = model.model_fields[name].description or ""
    if name == "services":
        return {"type": "array", "items": {"type": "string"}, "description": description}
    return {"type": [_TYPES.get(name, "string"), "null"], "description": description}

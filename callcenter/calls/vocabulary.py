"""The words a call is spoken of in: ids, enumerations, facts. Values only; nothing here decides.

The enumerations' values are API: they stand in stored events, in the wire contract and in company files.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Final, NewType, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CallId = NewType("CallId", str)
MessageId = NewType("MessageId", str)
SuggestionId = NewType("SuggestionId", str)
TicketNumber = NewType("TicketNumber", str)

MAX_MESSAGE_CHARS: Final = 4_000
"""A longer message is cut here and marked `truncated`; WhatsApp's own limit for one text is 4096."""

IdText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""What a call id or message id sent from outside must look like: 1-64 characters, safe in paths, logs, file names."""

Confidence = Annotated[float, Field(ge=0, le=1)]


class Value(BaseModel):
    """The base of every model in the core: frozen, nothing unknown accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def altered(self, changes: Mapping[str, object]) -> Self:
        """Return a copy with these fields changed, unchecked: for changes made of values that were checked.

        What `model_copy` does for a model without extras and private fields, at a third of its cost: a turn makes six.
        """
        known = self.__pydantic_fields_set__
        # Nobody writes to a frozen model's set: copies share it as long as it grows by nothing.
        given = known if known.issuperset(changes) else known | changes.keys()
        return unchecked(type(self), {**self.__dict__, **changes}, given)

    def as_json(self) -> str:
        """Return what `model_dump_json` returns, at a third of its cost, and raise what it raises.

        For models of plain fields: without aliases, serializers and cached properties, with floats where floats are
        declared.
        """
        try:
            return orjson.dumps(self, default=_FIELDS, option=orjson.OPT_UTC_Z).decode()
        except TypeError:  # half a character, a number beyond 64 bits: pydantic's to judge
            return self.model_dump_json()


ModelT = TypeVar("ModelT", bound=Value)


def unchecked(model: type[ModelT], fields: dict[str, object], given: set[str]) -> ModelT:
    """Make a model of all its fields without checking them; `given` are the names that count as set."""
    made = object.__new__(model)
    _put(made, "__dict__", fields)  # past the freezing: what is in the making is nobody's yet
    _put_set(made, given)
    _put_extra(made, None)
    _put_private(made, None)
    return made


_put: Final = object.__setattr__
_put_set: Final = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_put_extra: Final = BaseModel.__dict__["__pydantic_extra__"].__set__
_put_private: Final = BaseModel.__dict__["__pydantic_private__"].__set__

_FIELDS: Final = attrgetter("__dict__")
"""A model's fields by name; what has none makes orjson raise a TypeError."""


class Term(StrEnum):
    """The base of the enumerations that events are made of.

    Members are asked for their `value` some thirty times a turn, at a fifth of what the library's take.
    """

    if not TYPE_CHECKING:
        value = property(attrgetter("_value_"))


class Language(Term):
    """A language the product speaks. All that differs by language hangs here or in data, never in a branch."""

    ar = "ar"
    en = "en"

    @property
    def rtl(self) -> bool:
        """Whether it is written from right to left."""
        return self in _RIGHT_TO_LEFT

    @property
    def native_name(self) -> str:
        """What the language calls itself."""
        return _NATIVE_NAMES[self]

    @property
    def other(self) -> Language:
        """The other of the two."""
        return _OTHERS[self]


_RIGHT_TO_LEFT: Final = frozenset({Language.ar})
_NATIVE_NAMES: Final = {Language.ar: "العربية", Language.en: "English"}
_OTHERS: Final = {Language.ar: Language.en, Language.en: Language.ar}


class LocalizedText(Value):
    """One text in every language; a half-translated pair does not validate."""

    ar: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

    def __getitem__(self, language: Language) -> str:
        """Return the text in `language`."""
        text: str = self.__dict__[language]
        return text


class Channel(Term):
    """Where the customer writes or speaks."""

    web = "web"
    whatsapp = "whatsapp"
    phone = "phone"
    console = "console"


class PersonaType(Term):
    """The role that answers."""

    reception = "reception"
    sales = "sales"
    complaints = "complaints"


class ConversationIntent(Term):
    """What the customer wants with this message."""

    complaint = "complaint"
    technical_support = "technical_support"
    sales_interest = "sales_interest"
    service_inquiry = "service_inquiry"
    training_interest = "training_interest"
    account_request = "account_request"
    information = "information"
    greeting = "greeting"
    goodbye = "goodbye"
    human_request = "human_request"
    other = "other"


class Sentiment(Term):
    """How the customer feels; frustrated and angry are apart from merely negative."""

    very_positive = "very_positive"
    positive = "positive"
    neutral = "neutral"
    negative = "negative"
    frustrated = "frustrated"
    angry = "angry"

    @property
    def valence(self) -> int:
        """From -3 (angry) to 2 (very positive), for trends."""
        return _VALENCES[self]

    @property
    def upset(self) -> bool:
        """Frustrated or angry: what routing escalates at once."""
        return self in _UPSET


_VALENCES: Final = {
    Sentiment.very_positive: 2,
    Sentiment.positive: 1,
    Sentiment.neutral: 0,
    Sentiment.negative: -1,
    Sentiment.frustrated: -2,
    Sentiment.angry: -3,
}
_UPSET: Final = frozenset({Sentiment.frustrated, Sentiment.angry})


class PriorityLevel(Term):
    """How soon somebody must act."""

    low = "low"
    medium = "medium"
    high = "high"
    urgent = "urgent"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (urgent)."""
        return _RANKS[self]


_RANKS: Final = {level: rank for rank, level in enumerate(PriorityLevel)}


class Speaker(Term):
    """Who said something."""

    customer = "customer"
    persona = "persona"
    agent = "agent"
    system = "system"


class Mode(Term):
    """Who answers the call now."""

    ai = "ai"
    """A persona, also while the customer waits for a human."""
    human = "human"
    """An agent; no persona says a word."""


class ToolName(Term):
    """What a model may ask us to do; we judge, do it or refuse, and keep a receipt."""

    open_ticket = "open_ticket"
    update_slots = "update_slots"
    request_human = "request_human"
    hand_off = "hand_off"


class TicketCategory(Term):
    """What a ticket is about. `callback` is a customer who asked for a human."""

    general = "general"
    technical = "technical"
    billing = "billing"
    delivery = "delivery"
    quality = "quality"
    staff = "staff"
    account = "account"
    callback = "callback"


class Slot(Term):
    """A fact that intake collects for a ticket."""

    description = "description"
    order_number = "order_number"
    contact = "contact"
    category = "category"
    urgency = "urgency"


class Slots(Value):
    """What a call knows about the customer's matter. None: not known yet."""

    order_number: str | None = None
    """As the customer wrote it, digits folded to 0-9."""
    category: TicketCategory | None = None
    description: str | None = None
    """The customer's own words about the matter, oldest first, one line a message."""
    urgency: PriorityLevel | None = None
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    amount: str | None = None
    """Money the matter is about, as written with its currency."""
    date: str | None = None
    """When it happened or since when, as written."""
    declined: tuple[Slot, ...] = ()
    """What the customer said they can't or won't give; never asked again."""
    asked: tuple[Slot, ...] = ()
    """What was asked already, in order."""

    @property
    def contact(self) -> str | None:
        """How the customer can be reached: the phone number, else the e-mail address."""
        return self.phone or self.email


class TokenUsage(Value):
    """What a model's work came to."""

    input_tokens: Annotated[int, Field(ge=0)] = 0
    cached_tokens: Annotated[int, Field(ge=0)] = 0
    """Of the input tokens, those the provider had at hand and charges less for."""
    output_tokens: Annotated[int, Field(ge=0)] = 0
    cost_microusd: Annotated[int, Field(ge=0)] | None = None
    """In millionths of a US dollar, by the prices configured; None: none are."""
    estimated: bool = False
    """The provider did not count; these are counted from characters."""

    @property
    def tokens(self) -> int:
        """What budgets count."""
        return self.input_tokens + self.output_tokens

    def plus(self, other: TokenUsage) -> TokenUsage:
        """Return both together; the cost only where both are known."""
        costs = (self.cost_microusd, other.cost_microusd)
        return TokenUsage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_microusd=None if None in costs else sum(cost for cost in costs if cost is not None),
            estimated=self.estimated or other.estimated,
        )

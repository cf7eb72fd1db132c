"""Hold what the offline voice says around the company's facts, read once from phrases.toml and checked whole.

An entry is a set of wordings in every language that name the same facts; which wording is said is a matter of counting,
never of chance. A persona's section replaces entries of `everyone`. What is said when is decided by the siblings.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from callcenter.calls import Language, PersonaType, Slot, TicketCategory, Value
from callcenter.errors import ConfigurationError
from callcenter.llm.offline.counts import CountForm, Unit

FILE: Final = Path(__file__).with_name("phrases.toml")
EVERYONE: Final = "everyone"

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Wordings(Value):
    """Ways to say one thing, in every language; all of them name the same facts."""

    ar: Annotated[tuple[str, ...], Field(min_length=1)]
    en: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        used = {frozenset(_names(text)) for language in Language for text in self[language]}
        if len(used) > 1:
            raise ValueError(f"its wordings name different facts: {sorted(map(sorted, used))}")
        return self

    def __getitem__(self, language: Language) -> tuple[str, ...]:
        """Return the wordings in `language`."""
        wordings: tuple[str, ...] = getattr(self, language.value)
        return wordings


class Recap(StrEnum):
    """What a ticket can hold, as a recap names it."""

    description = "description"
    order_number = "order_number"
    amount = "amount"
    occurred = "occurred"
    contact = "contact"
    name = "name"


class Label(StrEnum):
    """What a fact of the customer's is called; a number is an order's only where the customer says so."""

    order = "order"
    invoice = "invoice"
    contract = "contract"
    booking = "booking"
    number = "number"
    name = "name"
    amount = "amount"
    occurred = "occurred"
    contact = "contact"


class Phrases(Value):
    """All that one persona can say. Names in braces are facts the caller gives."""

    salam: Wordings
    morning: Wordings
    evening: Wordings
    well: Wordings
    hello: Wordings
    offer_help: Wordings
    identity: Wordings
    of_course: Wordings
    take_time: Wordings
    sorry_to_hear: Wordings
    ask_trouble: Wordings
    thanks: Wordings
    here_for_you: Wordings
    still_open: Wordings
    not_interested: Wordings
    no_more: Wordings
    all_fine: Wordings
    language_taken: Wordings
    praised: Wordings
    acknowledged: Wordings
    off_topic: Wordings
    script_begun: Wordings
    script_noted: Wordings
    script_left: Wordings
    script_item: Wordings
    script_back: Wordings
    script_again: Wordings
    script_missing: Wordings
    script_summary: Wordings
    script_summary_open: Wordings
    script_empty: Wordings
    script_ticket: Wordings
    script_unreached: Wordings
    unclear: Wordings
    unclear_again: Wordings

    glad: Wordings
    service: Wordings
    price: Wordings
    cost: Wordings
    prices_intro: Wordings
    duration: Wordings
    includes_intro: Wordings
    steps_intro: Wordings
    overview_intro: Wordings
    trainings_intro: Wordings
    price_overview_intro: Wordings
    and_more: Wordings
    ask_start: Wordings
    ask_which: Wordings
    ask_service: Wordings
    ask_closer: Wordings
    price_matters: Wordings
    no_offer: Wordings
    ready_to_start: Wordings
    leave_contact: Wordings
    name_one: Wordings
    which_one: Wordings
    item: Wordings
    item_in_list: Wordings
    other_items: Wordings
    not_sold: Wordings
    as_said: Wordings

    hours: Wordings
    open_now: Wordings
    closed_now: Wordings
    open_on: Wordings
    closed_on: Wordings
    closed_that_day: Wordings
    address: Wordings
    map: Wordings
    contacts: Wordings
    whatsapp: Wordings
    website: Wordings
    human_hint: Wordings
    anything_else: Wordings
    article_elsewhere: Wordings
    account_limits: Wordings
    account_secrets: Wordings
    noted_number: Wordings
    ask_about_number: Wordings
    noted_reach: Wordings

    sorry: Wordings
    sorry_again: Wordings
    sorry_frustrated: Wordings
    sorry_angry: Wordings
    still_sorry: Wordings
    told_more: Wordings
    matters: dict[TicketCategory, Wordings]
    created: Wordings
    created_escalated: Wordings
    updated: Wordings
    updated_escalated: Wordings
    updated_urgent: Wordings
    unchanged: Wordings
    unchanged_escalated: Wordings
    noted_facts: Wordings
    noted_contact: Wordings
    corrected: Wordings
    contact_declined: Wordings
    labels: dict[Label, Wordings]
    listening: Wordings
    first_step: Wordings
    nothing_more: Wordings
    answer_due: Wordings
    answered_here: Wordings
    answered_here_due: Wordings
    nothing_more_recap: Wordings
    no_contact_recap: Wordings
    one_more: Wordings
    status: Wordings
    status_overdue: Wordings
    status_settled: Wordings
    urgent: Wordings
    waiting: Wordings
    waiting_noted: Wordings
    no_ticket: Wordings
    ask_matter: Wordings
    recap: dict[Recap, Wordings]
    asks: dict[Slot, Wordings]
    asks_again: dict[Slot, Wordings]

    human_created: Wordings
    human_known: Wordings
    human_needed: Wordings
    human_also: Wordings
    manager_wanted: Wordings
    meanwhile: Wordings

    within: Wordings
    shortly: Wordings
    list_comma: Wordings
    list_last: Wordings

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        _need("matters", set(self.matters), set(TicketCategory))
        _need("recap", set(self.recap), set(Recap))
        _need("labels", set(self.labels), set(Label))
        _need("asks", set(self.asks), set(Slot))
        _need("asks_again", set(self.asks_again), set(Slot))
        return self


class Cue(StrEnum):
    """What a message asks about, beside the topics of the company's profile."""

    praise = "praise"
    off_topic = "off_topic"
    ok = "ok"
    salam = "salam"
    morning = "morning"
    evening = "evening"
    how_are_you = "how_are_you"
    who = "who"
    about = "about"
    calling = "calling"
    help = "help"
    later = "later"
    day = "day"
    at_work = "at_work"
    farewell = "farewell"
    answer_when = "answer_when"
    status = "status"
    waiting = "waiting"
    no_contact = "no_contact"
    manager = "manager"
    order = "order"
    invoice = "invoice"
    contract = "contract"
    booking = "booking"
    price = "price"
    duration = "duration"
    includes = "includes"
    steps = "steps"
    offer = "offer"
    expensive = "expensive"
    overview = "overview"
    sold = "sold"
    hours = "hours"
    open_now = "open_now"
    address = "address"
    branch = "branch"
    contacts = "contacts"
    website = "website"


class Day(StrEnum):
    """A day a message asks about: a weekday by the names of `Weekday`, or the one after the message's."""

    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"
    tomorrow = "tomorrow"


class Words(Value):
    """How customers say one thing, in every language; an emoji is a word of both."""

    ar: Annotated[tuple[Word, ...], Field(min_length=1)]
    en: Annotated[tuple[Word, ...], Field(min_length=1)]

    @property
    def phrases(self) -> tuple[str, ...]:
        """The words of all languages."""
        return (*self.ar, *self.en)


class Phrasebook(Value):
    """Everything in phrases.toml."""

    personas: dict[PersonaType, Phrases]
    counts: dict[Unit, dict[Language, tuple[CountForm, ...]]]
    cues: dict[Cue, Words]
    days: dict[Day, Words]
    """How customers say each day; any of them is a `Cue.day` too."""
    ordinals: tuple[Words, ...]
    """How "the first", "the second" ... of a list is said; the last entry is "the last", wherever the list ends."""

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        _need("counts", set(self.counts), set(Unit))
        _need("cues", set(self.cues), set(Cue))
        _need("days", set(self.days), set(Day))
        for unit, forms in self.counts.items():
            _need(f"counts.{unit}", set(forms), set(Language))
        return self


@lru_cache(maxsize=1)
def load_phrasebook(file: Path = FILE) -> Phrasebook:
    """Read and check the phrases; raise ConfigurationError naming every entry that can't be used."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return Phrasebook.model_validate(
            {
                "personas": {persona: _merged(document, persona) for persona in PersonaType},
                "counts": document["counts"],
                "cues": document["cues"],
                "days": document["days"],
                "ordinals": document["ordinals"],
            }
        )
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors(include_url=False)
        ]
        raise ConfigurationError("\n  ".join([f"{file.name} can't be used:", *problems])) from error


def _merged(document: Mapping[str, Mapping[str, object]], persona: PersonaType) -> dict[str, object]:
    return {**document[EVERYONE], **document.get(persona.value, {})}


def _need(field: str, found: AbstractSet[str], names: AbstractSet[str]) -> None:
    if missing := names - found:
        raise ValueError(f"{field} has nothing for {', '.join(sorted(missing))}")


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

"""Write the company's facts as replies quote them, once, in one language: services, prices, hours, contacts, offers.

Everything here is the profile's own words; a price or a policy that is not in the profile can't come out of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from callcenter.calls import Language
from callcenter.company import Answer, Company, Policy, Service
from callcenter.company.topics import Entry, TopicIndex

BULLET: Final = "\n• "
_ENDINGS: Final = (".", "!", "?", "؟", "…", ":")
_PARENTHESES: Final = re.compile("[()]")


@dataclass(frozen=True, slots=True)
class Item:
    """One of the things a service is sold as, with its price."""

    label: str
    price: str


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """One service in one language."""

    id: str
    name: str
    summary: str
    price: str
    """In one phrase; empty where the price is by agreement, which `note` then explains."""
    prices: tuple[str, ...]
    """Each price with what it is for."""
    items: tuple[Item, ...]
    """The same, apart."""
    note: str
    duration: str
    includes: str
    steps: str
    """Like `includes`, one line each, bullet included."""
    training: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """A company in one language."""

    company: str
    about: str
    services: dict[str, ServiceFacts]
    hours: str
    phone: str
    whatsapp: str | None
    email: str
    website: str
    address: str
    map_url: str | None
    offers: str | None
    """What the profile says about offers and discounts."""
    goodbye: str
    next_step: str
    outside_hours: str
    unknown: str


def facts_of(company: Company, language: Language, offer_words: Sequence[str]) -> Facts:
    """Write `company` in `language`; `offer_words` are how customers ask for a better price."""
    contacts, texts = company.contacts, company.texts
    return Facts(
        company=company.name[language],
        about=sentence(company.about[language]),
        services={service.id: _service(service, language) for service in company.services},
        hours=company.hours.describe(language).rstrip("."),
        phone=contacts.phone,
        whatsapp=contacts.whatsapp,
        email=contacts.email,
        website=company.website,
        address=contacts.address[language].rstrip("."),
        map_url=contacts.map_url,
        offers=_offers(company, language, offer_words),
        goodbye=sentence(texts.goodbye[language]),
        next_step=sentence(texts.next_step[language]),
        outside_hours=sentence(texts.outside_hours[language]),
        unknown=sentence(texts.unknown[language]),
    )


def quoted(topic: Policy | Answer, language: Language) -> str:
    """Return what a reply says of a policy or a frequent question."""
    return sentence(topic.summary[language] if isinstance(topic, Policy) else topic.answer[language])


def sentence(text: str) -> str:
    """Return `text` with an end."""
    return text if text.endswith(_ENDINGS) else f"{text}."


def bullets(items: Sequence[str]) -> str:
    """Return a line for each item, for what follows an introduction."""
    return "".join(f"{BULLET}{item}" for item in items)


class ItemRef(NamedTuple):
    """Which of a service's prices is meant."""

    service: str
    place: int


def item_index(company: Company) -> TopicIndex[ItemRef]:
    """Find what a service is sold as by the labels of its prices; words in parentheses are other names for it."""
    entries: list[Entry[ItemRef]] = []
    for service in company.services:
        for place, price in enumerate(service.prices):
            labels = (price.label[language] for language in Language)
            names = [name.strip() for label in labels for name in _PARENTHESES.split(label) if name.strip()]
            entries.append(Entry(ItemRef(service.id, place), names))
    return TopicIndex(entries)


def _service(service: Service, language: Language) -> ServiceFacts:
    note = service.price_note[language] if service.price_note else ""
    return ServiceFacts(
        id=service.id,
        name=service.name[language],
        summary=sentence(service.summary[language]),
        price=service.price_text(language).rstrip(".") if service.prices else "",
        prices=service.price_list(language),
        items=tuple(Item(each.label[language], each.text(language)) for each in service.prices),
        note=sentence(note) if note else "",
        duration=service.duration[language].rstrip("."),
        includes=bullets([each[language] for each in service.includes]),
        steps=bullets([each[language] for each in service.steps]),
        training=service.kind == "training",
    )


def _offers(company: Company, language: Language, words: Sequence[str]) -> str | None:
    """Find what the profile says about offers: the policy or answer that most of the words for them lead to."""
    found: Counter[str] = Counter()
    topics: dict[str, Policy | Answer] = {}
    for word in words:
        for mention in company.topics(word):
            if not isinstance(mention.topic, Service):
                found[mention.topic.id] += 1
                topics.setdefault(mention.topic.id, mention.topic)
    if not found:
        return None
    (topic_id, _), *_ = found.most_common(1)
    return quoted(topics[topic_id], language)

"""Write what a company is and sells as a model reads it, once, in one language; and how long something takes.

Everything but the labels is the profile's own words, without Markdown: what a model reads formatted, it writes
formatted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from callcenter.calls import Language
from callcenter.company import Answer, Company, Policy, Service, Topic
from callcenter.knowledge import Passage
from callcenter.llm.usage import tokens_in
from callcenter.personas.prompt_texts import PromptTexts, Span

_ISOLATES: Final = str.maketrans("", "", "\u2066\u2069")
"""For readers; a model would copy them into its reply."""
_HEADING: Final = re.compile(r"^#+ *", re.MULTILINE)
_ITEM: Final = re.compile(r"^[*-] +", re.MULTILINE)
_STRESS: Final = re.compile(r"\*\*|__|`")
_EMPTY_LINES: Final = re.compile(r"\n{2,}")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a prompt with its size."""

    text: str
    tokens: int


def block(text: str) -> Block:
    """Return `text` with its size."""
    return Block(text, tokens(text))


def tokens(text: str) -> int:
    """Return about how many tokens a text takes in a prompt, with the line break that sets it off."""
    return tokens_in(text, more=1)


def company_facts(company: Company, language: Language, texts: PromptTexts) -> str:
    """Write what every prompt has of the company, one fact a line."""
    lines, contacts = texts.facts, company.contacts
    named = {"name": company.name[language], "tagline": company.tagline[language]}
    return "\n".join(
        (
            lines.company[language].format_map(named),
            company.about[language],
            lines.hours[language].format(hours=company.hours.describe(language)),
            contacts.describe(language).translate(_ISOLATES),
            lines.website[language].format(url=company.website),
            *(f"{each.name[language]}: {each.url}" for each in contacts.socials),
            lines.services[language],
            *(
                lines.service[language].format(name=each.name[language], price=each.price_text(language))
                for each in company.services
            ),
            lines.next_step[language].format(text=company.texts.next_step[language]),
            lines.unknown[language].format(text=company.texts.unknown[language]),
        )
    )


def policy_facts(company: Company, language: Language, texts: PromptTexts) -> str:
    """Write every policy in short, one a line: what a customer asks in words that no policy has is still answered."""
    line = texts.facts.policy[language]
    written = (line.format(title=each.title[language], summary=each.summary[language]) for each in company.policies)
    return "\n".join((texts.facts.policies[language], *written)) if company.policies else ""


def topic_facts(company: Company, language: Language, texts: PromptTexts) -> Mapping[tuple[type, str], Block]:
    """Write each thing a message can be about in full, by its kind and id."""
    topics: Iterable[Topic] = (*company.services, *company.policies, *company.faq)
    return {(type(each), each.id): block(_topic(each, language, texts)) for each in topics}


def _topic(topic: Topic, language: Language, texts: PromptTexts) -> str:
    match topic:
        case Service():
            return _service(topic, language, texts)
        case Policy():
            return f"{topic.title[language]}: {topic.summary[language]}\n{_plain(topic.body[language])}"
        case Answer():
            return f"{topic.question[language]} {topic.answer[language]}"


def passage_facts(passage: Passage, language: Language, texts: PromptTexts) -> Block:
    """Write a passage of an article; of its own headings and marks nothing is left that could pass for the prompt's."""
    lines = texts.article
    title = f"{passage.title}, {passage.heading}" if passage.heading else passage.title
    line = (lines.elsewhere if passage.other_language else lines.own)[language]
    return block(line.format(title=_plain(title), text=_plain(passage.text)))


def _service(service: Service, language: Language, texts: PromptTexts) -> str:
    lines = texts.service
    written = [f"{service.name[language]}: {service.summary[language]}"]
    if service.prices:
        written += [lines.prices[language], *(f"- {price}" for price in service.price_list(language))]
    if service.price_note:
        written.append(lines.note[language].format(text=service.price_note[language]))
    written.append(lines.duration[language].format(text=service.duration[language]))
    written += [lines.includes[language], *(f"- {each[language]}" for each in service.includes)]
    written += [lines.steps[language], *(f"{place}. {each[language]}" for place, each in enumerate(service.steps, 1))]
    written.append(_plain(service.details[language]))
    return "\n".join(written)


def _plain(markdown: str) -> str:
    text = _STRESS.sub("", _ITEM.sub("- ", _HEADING.sub("", markdown)))
    return _EMPTY_LINES.sub("\n", text).strip()


_GRACE: Final = timedelta(minutes=1)
"""What a turn itself may take: two hours and a second are "2 hours", not 3."""
_STEP_MINUTES: Final = 5
_STEP: Final = timedelta(minutes=_STEP_MINUTES)
_HOUR: Final = timedelta(hours=1)
_HOUR_MINUTES: Final = 60
_DAY: Final = timedelta(days=1)
_DAYS_FROM: Final = timedelta(days=2)
_NONE: Final = timedelta()
_FEW: Final = range(3, 11)


def within(left: timedelta, language: Language, texts: PromptTexts) -> str:
    """Say by when something comes, rounded up as the offline voice rounds it; at once where no time is left."""
    if left <= _NONE:
        return texts.within.shortly[language]
    span, number = _rounded(left - _GRACE)
    forms = texts.spans[span]
    form = {1: forms.one, 2: forms.two}.get(number) or (forms.few if number % 100 in _FEW else forms.many)
    return texts.within.time[language].format(time=form[language].format(n=number))


def _rounded(left: timedelta) -> tuple[Span, int]:
    if left > _DAYS_FROM:
        return Span.days, ceil(left / _DAY)
    if left > _HOUR or (minutes := max(1, ceil(left / _STEP)) * _STEP_MINUTES) >= _HOUR_MINUTES:
        return Span.hours, max(1, ceil(left / _HOUR))
    return Span.minutes, minutes

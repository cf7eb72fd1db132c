"""Build the prompt of a reply from its brief: the only place where instructions for a model are put together. Pure.

What never changes comes first (persona, rules, company), so that providers find what they have read before; then what
this message is about, the call as it stands, and what the reply is to do. Its one invariant: what the customer wrote
stands in the prompt's lines alone. In the instructions there are only facts taken from it, in one bounded line each,
and quoted where they are free text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from callcenter.calls import Channel, ConversationIntent, Language, PersonaType, Speaker
from callcenter.company import Company, Mention, Service, Topic
from callcenter.knowledge import Passage
from callcenter.llm import Brief
from callcenter.llm.prompt import Line, Prompt, Tool
from callcenter.llm.script_cue import ScriptCue
from callcenter.llm.tools import TOOLS
from callcenter.personas.manager import PersonaManager
from callcenter.personas.prompt_call import CallTeller
from callcenter.personas.prompt_facts import Block, company_facts, passage_facts, policy_facts, tokens, topic_facts
from callcenter.personas.prompt_texts import GENERAL, ScriptLines, load_prompt_texts
from callcenter.routing import SuggestedAction

TOPICS_AT_MOST: Final = 4
ARTICLES_AT_MOST: Final = 3
INTERESTS_AT_MOST: Final = 2
"""Details of more would hide what the message is about."""
POLICIES_SHARE: Final = 8
"""A list of policies that takes more of the prompt than one part of so many is left out."""
LINE_CHARS: Final = 1_200
"""A longer line of the history is cut in its middle."""
RECENT_LINES: Final = 2
"""What "yes" answers, and what led to it: given up only after all details."""
LEAST_TOKENS: Final = 200
"""So much of the customer's message is there whatever else must be."""
_LINE_TOKENS: Final = 4
"""What a line costs beside its text."""
_CACHE_KEY_CHARS: Final = 64
"""OpenAI takes no longer one."""
_CUT: Final = " … "
_BUYING: Final = frozenset(
    {ConversationIntent.sales_interest, ConversationIntent.service_inquiry, ConversationIntent.training_interest}
)
_TURN_SIGN: Final = "<|"
"""What separates turns begins so for many open models, and servers read it in messages too."""


@dataclass(frozen=True, slots=True)
class _Stable:
    """What all prompts of a persona in one language share."""

    text: str
    guarded: str
    tokens: int
    cache_key: str


class Prompting:
    """Writes the prompts of a company's personas."""

    def __init__(  # noqa: PLR0913 (what prompts are made of; keyword-only but for the first two)
        self,
        personas: PersonaManager,
        company: Company,
        *,
        prompt_tokens: int,
        max_output_tokens: int,
        tools: tuple[Tool, ...] = TOOLS,
        actions: Mapping[PersonaType, tuple[Tool, ...]] = MappingProxyType({}),
    ) -> None:
        """Prepare all that is alike. Of `prompt_tokens` the reply gets its share, at most half.

        `actions` are offered to a persona's model beside the tools that all have.
        """
        self._personas = personas
        self._company = company
        self._tools = {persona: (*tools, *actions.get(persona, ())) for persona in PersonaType}
        self._max_output_tokens = max_output_tokens
        self._budget = prompt_tokens - min(max_output_tokens, prompt_tokens // 2)
        texts = self._texts = load_prompt_texts()
        self._calls = CallTeller(personas, company, texts)
        self._facts = {language: self._write_facts(language) for language in Language}
        self._topics = {language: topic_facts(company, language, texts) for language in Language}
        self._orders = {
            (action, channel, language): f"{texts.actions[action][language]}\n{texts.channels[channel][language]}"
            for action in SuggestedAction
            for channel in Channel
            for language in Language
        }
        self._stable = {
            (persona, language): self._prepare(persona, language) for persona in PersonaType for language in Language
        }

    def compose(self, brief: Brief, *, failed: str | None = None) -> Prompt:
        """Return the prompt for a reply; `failed` names what was wrong with a first version of it."""
        language, headings = brief.language, self._texts.headings
        stable = self._stable[brief.persona, language]
        call, quotable = self._calls.tell(brief)
        reply = self._reply(brief, failed)
        room = self._budget - stable.tokens - tokens(call) - tokens(reply) - tokens(brief.said_now)
        for exchange in brief.exchanges:
            room -= tokens(exchange.output) + tokens(exchange.call.arguments)
        text, room = _fitted(brief.text, max(room, LEAST_TOKENS))
        recent, room = _newest(brief.history[-RECENT_LINES:], room)
        mentions = self._company.topics(brief.text)[:TOPICS_AT_MOST]
        topics, room = _what_fits(self._topics_of(brief, mentions), room)
        passages = () if _of_services_alone(brief, mentions) else brief.passages[:ARTICLES_AT_MOST]
        articles, sources, room = self._written(passages, brief.language, room)
        interests, room = _what_fits(self._interests_of(brief, mentions), room)
        older: tuple[Line, ...] = ()
        if len(recent) == min(RECENT_LINES, len(brief.history)):
            older, room = _newest(brief.history[:-RECENT_LINES], room)
        lines = (*older, *recent)
        if brief.state.message_count > len(lines) + max(1, len(brief.state.unanswered)):
            call = f"{call}\n{self._texts.call.older[language]}"
        parts = [""]  # what follows is set off from the opening as from each other
        known = ((headings.topics, topics), (headings.articles, articles), (headings.interests, interests))
        for heading, blocks in known:
            if blocks:
                parts.append("\n\n".join((heading[language], *blocks)))
        parts += (f"{headings.call[language]}\n{call}", f"{headings.reply[language]}\n{reply}")
        ours = [line.text for line in lines if line.speaker is not Speaker.customer]
        outputs = [each.output for each in brief.exchanges]
        return Prompt(
            opening=stable.text,
            own="\n\n".join(parts),
            lines=(*lines, Line(Speaker.customer, text)),
            exchanges=brief.exchanges,
            said=brief.said_now,
            tools=self._tools[brief.persona],
            facts=(self._facts[language], *topics, *articles, *interests, *quotable, *ours, *outputs),
            sources=sources,
            guarded=stable.guarded,
            max_output_tokens=self._max_output_tokens,
            cache_key=stable.cache_key,
        )

    def _write_facts(self, language: Language) -> str:
        facts = company_facts(self._company, language, self._texts)
        policies = policy_facts(self._company, language, self._texts)
        fits = policies and tokens(policies) <= self._budget // POLICIES_SHARE
        return f"{facts}\n{policies}" if fits else facts

    def _prepare(self, persona: PersonaType, language: Language) -> _Stable:
        texts, headings = self._texts, self._texts.headings
        own = self._personas.get(persona).prompt[language]
        rules = "\n".join((headings.rules[language], *(rule[language] for rule in texts.rules.values())))
        tools = "\n".join((headings.tools[language], *(rule[language] for rule in texts.tools.values())))
        offered = self._tools[persona]
        orders = "\n\n".join((own, rules, tools) if offered else (own, rules))
        text = f"{orders}\n\n{headings.facts[language]}\n{self._facts[language]}"
        asking = (texts.ask.once, texts.ask.again, texts.ask.nothing, texts.call.introduced, texts.call.going_on)
        later = (*texts.actions.values(), *texts.channels.values(), *texts.faults.values(), *asking)
        guarded = "\n".join((orders, *(line[language] for line in later), *(tool.description for tool in offered)))
        schemas = sum(tokens(f"{each.name}{each.description}{each.parameters}") for each in offered)
        key = f"{persona}:{language}:{self._company.id}"[:_CACHE_KEY_CHARS]
        around = (
            headings.topics,
            headings.articles,
            headings.interests,
            headings.call,
            headings.reply,
            texts.call.older,
        )
        size = tokens(text) + schemas + sum(tokens(each[language]) for each in around)
        return _Stable(text, guarded, size, key)

    def _topics_of(self, brief: Brief, mentions: Sequence[Mention[Topic]]) -> Iterable[Block]:
        known = self._topics[brief.language]
        found = [known[type(each.topic), each.topic.id] for each in mentions]
        if not found and brief.analysis.intent.intent is ConversationIntent.training_interest:
            trainings = (each for each in self._company.services if each.kind == "training")
            found = [known[Service, each.id] for each in islice(trainings, INTERESTS_AT_MOST)]
        return found

    def _written(
        self, passages: Sequence[Passage], language: Language, room: int
    ) -> tuple[list[str], tuple[str, ...], int]:
        """Return the passages there is room for, the best first, the articles they are from, and the room left."""
        written: list[str] = []
        sources: list[str] = []
        for passage in passages:
            made = passage_facts(passage, language, self._texts)
            if made.tokens <= room:
                written.append(_without_turn_signs(made.text))
                sources.append(passage.slug)
                room -= made.tokens
        return written, tuple(sources), room

    def _interests_of(self, brief: Brief, mentions: Sequence[Mention[Topic]]) -> Iterable[Block]:
        """Return what is known of the services the customer asked about, the last first, but those of this message."""
        if not brief.state.interests:
            return ()
        named = {each.topic.id for each in mentions}
        known = self._topics[brief.language]
        ids = [each for each in reversed(brief.state.interests) if each not in named and (Service, each) in known]
        return [known[Service, each] for each in ids[:INTERESTS_AT_MOST]]

    def _reply(self, brief: Brief, failed: str | None) -> str:
        """Say what the reply is to do."""
        language, texts = brief.language, self._texts
        lines = [self._orders[brief.decision.suggested_action, brief.state.channel, language]]
        introduction = ""
        if brief.introduced:
            lines.append(texts.call.introduced[language])
            intent = brief.analysis.intent.intent
            introduction = self._personas.introduction(brief.persona, language, intent=intent)
        if brief.said_now.strip() not in {"", introduction}:
            lines.append(texts.call.going_on[language])
        if failed is not None:
            lines.append(texts.faults.get(failed, texts.faults[GENERAL])[language])
        if brief.script is not None:
            lines.append(_of_script(brief.script, language, texts.script))
        elif brief.asks is not None:
            form = texts.ask.again if brief.asks in brief.state.slots.asked else texts.ask.once
            lines.append(form[language].format(slot=texts.slots[brief.asks][language]))
        else:
            lines.append(texts.ask.nothing[language])
        return "\n".join(lines)


def _of_script(cue: ScriptCue, language: Language, lines: ScriptLines) -> str:
    """Say what a reply does for the call's service script."""
    if cue.step is None:
        return lines.close[language].format(closing=cue.script.closing[language])
    form = lines.again if cue.again else lines.ask
    return form[language].format(question=cue.step.question[language], guideline=cue.step.guideline[language])


def _what_fits(blocks: Iterable[Block], room: int) -> tuple[list[str], int]:
    """Return the texts there is room for, the first ones first, and the room that is left."""
    fitting = []
    for each in blocks:
        if each.tokens <= room:
            fitting.append(each.text)
            room -= each.tokens
    return fitting, room


def _newest(history: Sequence[Line], room: int) -> tuple[tuple[Line, ...], int]:
    """Return the newest lines there is room for, oldest first, and the room that is left."""
    kept: list[Line] = []
    for line in reversed(history):
        text = line.text
        if len(text) > LINE_CHARS or _TURN_SIGN in text:
            text = _bounded(line)
        cost = tokens(text) + _LINE_TOKENS
        if cost > room:
            break
        room -= cost
        kept.append(line if text is line.text else replace(line, text=text))
    kept.reverse()
    return tuple(kept), room


def _bounded(line: Line) -> str:
    text = _without_turn_signs(line.text) if line.speaker is Speaker.customer else line.text
    return text if len(text) <= LINE_CHARS else _cut(text, LINE_CHARS)


def _fitted(message: str, room: int) -> tuple[str, int]:
    """Return the customer's message, cut in its middle if it must be, and the room that is left."""
    text = _without_turn_signs(message)
    cost = tokens(text)
    while cost > room:
        text = _cut(text, min(len(text) - 1, len(text) * room // cost))
        cost = tokens(text)
    return text, room - cost


def _cut(text: str, length: int) -> str:
    """Return beginning and end of a text, the beginning being the longer."""
    kept = max(length - len(_CUT), 2)
    end = kept // 3
    return f"{text[: kept - end]}{_CUT}{text[len(text) - end :]}"


def _without_turn_signs(text: str) -> str:
    return text.replace(_TURN_SIGN, "< |") if _TURN_SIGN in text else text


def _of_services_alone(brief: Brief, mentions: Sequence[Mention[Topic]]) -> bool:
    """Whether a customer who wants to buy asks after services alone: the profile has all there is to say of them."""
    about = brief.analysis.intent.intent in _BUYING and bool(mentions)
    return about and all(isinstance(each.topic, Service) for each in mentions)

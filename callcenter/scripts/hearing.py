"""Hear in a customer's message what it answers of a script: what was asked, and what is said unasked. Pure.

Unasked, only what can't be mistaken counts: an option by its name, a number with what it counts, an amount, a day,
a fact of intake. What was asked is answered by any statement: where no option, number or day is found in it, the words
themselves are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from callcenter.analysis import Act, EntityKind, Match, MessageAnalysis, PhraseIndex, normalise
from callcenter.analysis.numbers import number_after, number_before
from callcenter.calls import ConversationIntent, FollowedScript, Language, ScriptFact, Slot, Slots
from callcenter.scripts.script import NO, YES, FactKind, Script, Step
from callcenter.scripts.words import load_words

WORDS_CHARS: Final = 300
"""A longer answer is cut in a summary; the message itself stands in the log."""
LISTED_AT_MOST: Final = 3
"""Of a choice, so many options may be meant at once: "Arabic and English"."""
SURE: Final = 0.45
"""An intent this sure is what the message is about, not an answer in its words."""

_ELSEWHERE: Final = frozenset({ConversationIntent.greeting, ConversationIntent.goodbye, ConversationIntent.information})
_DAY_WORDS: Final = 6
"""A longer answer says more than when."""
_WHEN: Final = (EntityKind.date, EntityKind.duration)
_JOIN: Final = ","
"""Between the ids of several options."""

Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as a script hears it."""

    text: str
    analysis: MessageAnalysis
    heard: ConversationIntent
    """The intent it is taken to have."""
    slots: Slots
    """What intake knows after it."""
    own_words: bool = True
    """The description that intake knows is the customer's own, not what a script put there."""

    @property
    def is_question(self) -> bool:
        """Whether it asks something itself."""
        return self.analysis.question.is_question


class Listener:
    """A script, ready to be followed."""

    def __init__(self, script: Script) -> None:
        """Compile its words."""
        self.script = script
        self._options: dict[str, PhraseIndex[str]] = {}
        self._counted: dict[str, PhraseIndex[bool]] = {}
        for step in script.steps:
            if step.kind is FactKind.choice:
                self._options[step.id] = PhraseIndex(
                    [(option.label[language], option.id) for option in step.options for language in Language]
                    + [
                        (word, option.id)
                        for option in step.options
                        for language in Language
                        for word in option.words.get(language, ())
                    ]
                )
            if step.kind is FactKind.number:
                self._counted[step.id] = PhraseIndex(
                    [(word, True) for language in Language for word in step.words.get(language, ())]
                )

    def remembered(self, texts: Sequence[str], slots: Slots) -> tuple[ScriptFact, ...]:
        """Return what is known as a script begins: from intake, and of options and counts in what was said before."""
        facts: dict[str, str] = {}
        for step in self.script.steps:
            value = _of_intake(step, slots) if step.slot is not Slot.description or slots.description else None
            if step.kind is FactKind.money:
                value = slots.amount
            for text in texts:
                value = self._named(step, text) or value
            if value:
                facts[step.id] = value
        return tuple(ScriptFact(step=step, value=value) for step, value in facts.items())

    def hear(self, followed: FollowedScript, said: Said, *, asked: str | None) -> tuple[ScriptFact, ...]:
        """Return what a message settles; `asked` is the step our last reply asked about."""
        corrects = said.analysis.does(Act.correction)
        known = {fact.step: fact.value for fact in followed.facts}
        unasked = {
            step.id: value
            for step in self.script.steps
            if (corrects or step.id not in known)
            and (value := self._unasked(step, said, asked == step.id))
            and value != known.get(step.id)
        }
        for kind in (FactKind.money, FactKind.date):
            self._first_of(kind, followed, said, asked, unasked)
        found = [ScriptFact(step=step, value=value) for step, value in unasked.items()]
        step = self.script.step(asked)
        if step is not None and not followed.known(step.id) and step.id not in unasked:
            found += _answered(step, said, others=bool(unasked))
        return tuple(found)

    def _first_of(
        self, kind: FactKind, followed: FollowedScript, said: Said, asked: str | None, found: dict[str, str]
    ) -> None:
        """Give an amount or a day to the step asked about, else to the first open one of its kind."""
        wanted = [step for step in self.script.steps if step.kind is kind and not followed.known(step.id)]
        value = _amount(said) if kind is FactKind.money else _day(said)
        if value and kind is FactKind.date and any(step.id == asked for step in wanted) and _only_says_when(said):
            value = " ".join(said.text.split())  # "the end of next month" is more than "next month"
        if value and wanted:
            target = next((step for step in wanted if step.id == asked), wanted[0])
            found.setdefault(target.id, value)

    def _unasked(self, step: Step, said: Said, asked: bool) -> str | None:  # noqa: FBT001 (private)
        if step.slot is not None:
            known = said.own_words or step.slot is not Slot.description
            return _of_intake(step, said.slots) if known else None
        if asked and step.kind is FactKind.yes_no:
            return _yes_or_no(said)
        named = self._named(step, said.text)
        numeric = step.kind is FactKind.number or (step.kind is FactKind.money and _amount(said) is None)
        if named is None and asked and numeric and not self._counts_another(step, said.text):
            return _number(_without_facts(said))
        return named

    def _counts_another(self, step: Step, text: str) -> bool:
        """Whether the number in a text goes with what another step counts."""
        others = (each for each in self.script.steps if each.id in self._counted and each is not step)
        return any(self._named(each, text) for each in others)

    def _named(self, step: Step, text: str) -> str | None:
        """Return the options that a text names, or the number it counts something by."""
        if step.id in self._options:
            named = dict.fromkeys(each.payload for each in longest(self._options[step.id].find(text)))
            return _JOIN.join(named) if 0 < len(named) <= LISTED_AT_MOST else None
        if step.id in self._counted:
            folded = normalise(text)
            for word in self._counted[step.id].find(folded.text):
                number = number_before(folded.text, word.start)
                if number is not None:
                    return _figure(number.value)
        return None


def longest(found: Sequence[Match[Payload]]) -> list[Match[Payload]]:
    """Return the matches that overlap no longer one, in order: of "online store" not "store"; none that is negated."""
    kept: list[Match[Payload]] = []
    for each in sorted(found, key=lambda match: match.start - match.end):
        if not each.negated and not any(_crosses(other, each) for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda match: match.start)


def _crosses(longer: Match[Payload], each: Match[Payload]) -> bool:
    same = (longer.start, longer.end) == (each.start, each.end)
    return not same and longer.start < each.end and each.start < longer.end


def _of_intake(step: Step, slots: Slots) -> str | None:
    match step.slot:
        case Slot.contact:
            return slots.contact
        case Slot.order_number:
            return slots.order_number
        case Slot.description:
            return slots.description and slots.description[:WORDS_CHARS]
        case _:
            return None


def _amount(said: Said) -> str | None:
    entity = said.analysis.entity(EntityKind.amount)
    return entity.value if entity else None


def _day(said: Said) -> str | None:
    entities = [each for each in said.analysis.entities if each.kind in _WHEN]
    return entities[-1].value if entities else None


def _only_says_when(said: Said) -> bool:
    others = [each for each in said.analysis.entities if each.kind not in _WHEN]
    return not others and not said.is_question and len(said.text.split()) <= _DAY_WORDS


def _yes_or_no(said: Said) -> str | None:
    if said.analysis.does(Act.affirm):
        return YES
    refuses = said.analysis.does(Act.deny) or said.analysis.does(Act.not_available)
    return NO if refuses and not said.is_question else None


def _without_facts(said: Said) -> str:
    """Return a message without phone numbers, amounts, days and what else holds figures that count nothing."""
    text = said.text
    for entity in said.analysis.entities:
        if entity.rule != "answer_shape":
            text = f"{text[: entity.start]}{' ' * (entity.end - entity.start)}{text[entity.end :]}"
    return text


def _number(text: str) -> str | None:
    """Return the first number in a text, in figures or in words."""
    folded = normalise(text).text
    for place in range(len(folded)):
        if place and folded[place - 1].isalnum():
            continue
        worded = number_after(folded, place)
        if worded is not None:
            return _figure(worded[1])
        end = place
        while end < len(folded) and (folded[end].isdigit() or folded[end] in ",."):
            end += 1
        if end > place and (figures := number_before(folded, end)) is not None:
            return _figure(figures.value)
    return None


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _answered(step: Step, said: Said, *, others: bool) -> list[ScriptFact]:
    """Return how a message settles the question it follows, beside what it names itself."""
    analysis = said.analysis
    if step.slot is not None:
        # Intake notes by itself what a customer can't or won't give; of another fact it knows nothing yet.
        declined = step.slot in said.slots.declined or (not step.required and _leaves_open(said))
        return [ScriptFact(step=step.id, value=None)] if declined else []
    if said.is_question or (others and step.kind is not FactKind.text):
        return []
    if _leaves_open(said) or (analysis.does(Act.deny) and analysis.language.words <= _FEW):
        return [] if step.required else [ScriptFact(step=step.id, value=None)]
    if others or analysis.does(Act.not_interested) or not _states(said, step):
        return []
    return [ScriptFact(step=step.id, value=" ".join(said.text.split())[:WORDS_CHARS])]


_FEW: Final = 3
"""A "no" among more words says something else as well."""


def _leaves_open(said: Said) -> bool:
    return said.analysis.does(Act.not_available) or load_words().leaves_open(said.text)


def _states(said: Said, step: Step) -> bool:
    """Whether a message tells something, rather than greet, take leave, thank or turn to another matter.

    "Before Ramadan" says when, though it is a word of those who ask for opening hours.
    """
    if not any(char.isalnum() for char in said.text):
        return False
    intent = said.analysis.intent
    thanks = said.analysis.does(Act.thanks) and said.analysis.language.words <= _FEW
    when = step.kind is FactKind.date and _only_says_when(said)
    return not thanks and not (not when and said.heard in _ELSEWHERE and intent.confidence >= SURE)

"""Tell whether a message asks for an action, and for which. Pure, by rules; one pass over the message.

"Help me cancel order ORD1001" asks for it, "How can I cancel my order?" asks how, "you cancelled my order!" complains
of it and "don't cancel it" forbids it: words of asking count only in a sentence where nothing speaks against them.
What the words are stands in phrases.toml; what the message says of the arguments, wishes.py reads.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

from callcenter.actions.namesakes import Namesakes
from callcenter.analysis import MessageAnalysis, PhraseIndex
from callcenter.analysis.models import EntityKind
from callcenter.analysis.phrases import words_only
from callcenter.analysis.text import normalise
from callcenter.calls import ActionName, ConversationIntent, Value

_FILE: Final = Path(__file__).with_name("phrases.toml")
_SENTENCE_END: Final = re.compile(r"[.!?;\n](?![0-9])")
_LAST_WORD: Final = re.compile(r"[^\w.!?;\n]*(?:[.!?;\n]|$)")
_COMMA: Final = re.compile(",")
_LONGEST: Final = 1_000
"""What is asked for stands at the beginning of a longer message, or in a form of its own."""
_NEAR: Final = 7
"""Words between a verb and its thing."""
_NEGATION_REACH: Final = 2
_WANT_REACH: Final = 6
_SHORT: Final = 8
"""A longer message that begins with a noun tells something of it."""
_VERY_SHORT: Final = 4
_LONGEST_ANSWER: Final = 12
"""Words of a message that goes on from the last or answers it."""
_REFUND_ALONE: Final = 5
"""A longer complaint that also wants money back is about more than an order, unless it names one."""
_NAMES_ITEM: Final = "item"
_NUMBER_MEANS: Final = frozenset({ActionName.cancel_order, ActionName.track_order, ActionName.request_refund})
"""An order's number stands for the thing itself: "cancel ORD1001"."""

_OF_ITEMS: Final = frozenset({ActionName.look_up_catalogue.value, ActionName.estimate_credit.value})
"""Only beside words of these it matters whether something of the catalogue is named."""
_ASKED_WHETHER: Final = frozenset(
    {ActionName.cancel_order, ActionName.request_refund, ActionName.reset_password, ActionName.update_contact}
)
"""Of these "can I" asks whether one may; of the rest it is a polite way to ask for them."""

_ASK, _VERB, _NOUN, _THING, _SCOPE, _PASSIVE, _RECKONING = range(7)
_ASKING: Final = frozenset({_ASK, _VERB, _NOUN})
"""By these a message may ask for an action."""


class _Cue(NamedTuple):
    kind: int
    name: str
    """The action, the thing or the scope."""


class Hit(NamedTuple):
    """A cue in the folded message."""

    start: int
    end: int
    kind: int
    name: str
    negated: bool


class Heard(NamedTuple):
    """What a message asks for."""

    action: ActionName | None = None
    aside: bool = False
    """It asks how or why rather than brings a fact."""
    further: bool = False
    """It may go on from what was said last."""
    lacks: bool = False
    """The customer says that they have not what they were asked for."""
    credit: bool = False
    """It speaks of instalments, with nothing to reckon with."""


class _Phrases(Value):
    thing: str
    verbs: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    passive: tuple[str, ...] = ()
    """Say that it was done, or speak of its rules; they hide the verbs and nouns in them."""
    reckoning: tuple[str, ...] = ()
    nouns_need_thing: bool = False
    at_start: bool = False
    """One of its nouns asks by itself where a short message begins with it."""
    either_way: bool = False
    """The thing may stand before the verb: "my order, cancel it"."""


class _File(Value):
    further: tuple[str, ...]
    scopes: dict[str, tuple[str, ...]]
    things: dict[str, tuple[str, ...]]
    actions: dict[ActionName, _Phrases]
    """In the order in which they are tried."""


@cache
def phrases() -> _File:
    """Return the packaged phrases."""
    return _File.model_validate(tomllib.loads(_FILE.read_text("utf-8")))


class Recogniser:
    """The phrases of all actions, with the names of one company's catalogue."""

    def __init__(self, offered: Iterable[ActionName], items: Iterable[str], namesakes: Namesakes | None = None) -> None:
        """Take the actions to look for, what the catalogue's things are called, and what else customers call them."""
        self._offered = frozenset(offered)
        self._actions = {name: each for name, each in phrases().actions.items() if name in self._offered}
        self._namesakes = namesakes
        self._further = tuple(normalise(each).text for each in phrases().further)
        self._index = PhraseIndex(dict.fromkeys(self._entries((*items, *(namesakes.phrases if namesakes else ())))))

    def names_item(self, text: str) -> bool:
        """Whether a message names something of the catalogue."""
        if any(found.payload.name == _NAMES_ITEM for found in self._index.find(text[:_LONGEST])):
            return True
        return self._namesakes is not None and any(self._namesakes.heard(words_only(normalise(text[:_LONGEST]).text)))

    def read(self, text: str, analysis: MessageAnalysis) -> Heard:
        """Return what a message asks for, and what in it may bear on what was asked before."""
        folded = normalise(text[:_LONGEST]).text
        words = words_only(folded)
        length = words.count(" ") - 1
        further = length <= _VERY_SHORT or (length <= _LONGEST_ANSWER and folded.startswith(self._further))
        found = self._index.scan(folded, words)
        if not found:
            return Heard(further=further)
        hits = _settled(found)
        if self._namesakes is not None and any(hit.name in _OF_ITEMS for hit in hits):
            hits += [Hit(*place, _THING, _NAMES_ITEM, negated=False) for place in self._namesakes.heard(words)]
        scopes = frozenset([hit.name for hit in hits if hit.kind == _SCOPE])
        lacks = _LACKS in scopes and len(words.split()) <= _LONGEST_ANSWER
        credit = False
        if asking := {hit.name for hit in hits if hit.kind in _ASKING}:  # most messages have no such word
            sentence = _Sentences(folded, words, hits, analysis)
            for name, spec in self._actions.items():
                if name in asking and sentence.asks_for(name, spec):
                    return Heard(name, aside=True, further=further, lacks=lacks)
            credit = sentence.speaks_of(ActionName.estimate_credit)
        return Heard(None, not scopes.isdisjoint(_ASIDE), further, lacks, credit)

    def _entries(self, items: Iterable[str]) -> Iterable[tuple[str, _Cue]]:
        file = phrases()
        for scope, scoped in file.scopes.items():
            yield from ((phrase, _Cue(_SCOPE, scope)) for phrase in scoped)
        things = {spec.thing for spec in self._actions.values()}
        for thing, named in file.things.items():
            if thing in things or (thing == _NAMES_ITEM and ActionName.estimate_credit in self._offered):
                yield from ((phrase, _Cue(_THING, thing)) for phrase in named)
        yield from ((phrase, _Cue(_THING, _NAMES_ITEM)) for phrase in items)
        for name, spec in self._actions.items():
            groups = (_VERB, spec.verbs), (_NOUN, spec.nouns), (_ASK, spec.asks), (_PASSIVE, spec.passive)
            for kind, group in (*groups, (_RECKONING, spec.reckoning)):
                yield from ((phrase, _Cue(kind, name.value)) for phrase in group)


_COMPLAINTS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})
_ASIDE: Final = frozenset({"how", "past"})
_LACKS: Final = "lacks"
"""Of a short message: its customer has not what they were asked for."""
_PLAINLY_NOT: Final = frozenset({"how", "whether", "past", "other", "negation"})


_PLACE: Final = itemgetter(slice(4))
"""By it finds are in order, the longer before those inside it."""


def _settled(found: Iterable[tuple[int, int, int, int, tuple[_Cue, ...], bool, bool]]) -> list[Hit]:
    """Keep, of cues inside one another, the longest; what stands between the halves of a phrase is hidden by none."""
    hits: list[Hit] = []
    widest = (-1, -1, 0)
    for start, minus_end, minus_length, _, cues, negated, gapped in sorted(found, key=_PLACE):
        place = (start, -minus_end, -minus_length)
        if place[1] <= widest[1] and place != widest:
            continue
        if not gapped and place[1] > widest[1]:
            widest = place
        hits += [Hit(start, -minus_end, cue.kind, cue.name, negated) for cue in cues]
    return hits


class _Sentences:
    """A message with its cues: what stands with what in one sentence."""

    def __init__(self, folded: str, words: str, hits: list[Hit], analysis: MessageAnalysis) -> None:
        self._folded = folded
        self._words = words
        self._hits = hits
        self._scopes = [hit for hit in hits if hit.kind == _SCOPE]
        self._things = [hit for hit in hits if hit.kind == _THING]
        self._said = frozenset([hit.name for hit in self._scopes])
        """The names of its scopes."""
        self._numbered = analysis.entity(EntityKind.order_number) is not None
        self._length = len(words.split())
        self._complains = analysis.intent.intent in _COMPLAINTS and self._length > _REFUND_ALONE

    def speaks_of(self, name: ActionName) -> bool:
        """Whether a short message is of this, plainly: with nothing negated, and no "how" or "can I" in it."""
        if self._length > _SHORT or not self._said.isdisjoint(_PLAINLY_NOT):
            return False
        return any(hit.kind == _NOUN and hit.name == name and not hit.negated for hit in self._hits)

    def asks_for(self, name: ActionName, spec: _Phrases) -> bool:
        """Whether a cue of this action stands where nothing speaks against it."""
        own = [hit for hit in self._hits if hit.name == name and hit.kind in _ASKING]
        return any(self._counts(hit, name, spec) for hit in own)

    def _counts(self, hit: Hit, name: ActionName, spec: _Phrases) -> bool:
        if hit.negated or self._against(hit, name) or self._complains_of_more(name):
            return False
        if name is ActionName.estimate_credit:
            return self._reckons()
        if name is ActionName.look_up_catalogue:
            return self._names(spec.thing)
        if hit.kind == _NOUN:
            return self._wanted(hit, name, spec) and (not spec.nouns_need_thing or self._has_thing(hit, name, spec))
        return hit.kind == _ASK or self._has_thing(hit, name, spec)

    def _complains_of_more(self, name: ActionName) -> bool:
        """Whether money is wanted back for something else than an order: a human sees to that."""
        return name is ActionName.request_refund and self._complains and not (self._numbered or self._names("order"))

    def _names(self, thing: str) -> bool:
        return any(each.name == thing for each in self._things)

    def _has_thing(self, verb: Hit, name: ActionName, spec: _Phrases) -> bool:
        if self._numbered and name in _NUMBER_MEANS and spec.thing == "order":
            return True
        for thing in self._things:
            if thing.name != spec.thing or not self._together(verb, thing, _NEAR):
                continue
            if thing.start >= verb.end or (spec.either_way and thing.end <= verb.start):
                return True
        return False

    def _wanted(self, noun: Hit, name: ActionName, spec: _Phrases) -> bool:
        """Whether a noun is asked for: behind a word of wanting, or where the message starts; and nothing else is."""
        same = {name.value, ActionName.look_up_catalogue.value}
        others = (each for each in self._hits if each.kind == _VERB and each.name not in same)
        if any(self._together(each, noun, _NEGATION_REACH) and each.end <= noun.start for each in others):
            return False
        if spec.at_start and noun.start == 0 and self._length <= _SHORT:
            return "measure" not in self._said
        return any(
            each.name == "want" and each.end <= noun.start and self._together(each, noun, _WANT_REACH)
            for each in self._scopes
        )

    def _reckons(self) -> bool:
        """Whether instalments are spoken of with something to reckon with."""
        if any(each.kind == _RECKONING or each.name == _NAMES_ITEM for each in self._hits):
            return True
        return any(char.isdigit() for char in self._folded)

    def _against(self, hit: Hit, name: ActionName) -> bool:
        """Whether something in the sentence turns the asking into something else."""
        reckoning = name in {ActionName.estimate_credit, ActionName.look_up_catalogue}
        for scope in self._scopes:
            before = scope.end <= hit.start
            match scope.name:
                case "how":
                    against = self._one_sentence(scope, hit) and not reckoning
                case "whether":
                    lifted = self._numbered or "please" in self._said or name not in _ASKED_WHETHER
                    against = before and not lifted and self._one_sentence(scope, hit)
                case "measure":
                    asks_itself = reckoning or name in {ActionName.track_order, ActionName.get_order_history}
                    asks = before or self._ends(scope)
                    against = asks and not asks_itself and self._one_sentence(scope, hit)
                case "past":
                    told = name is not ActionName.track_order and not reckoning
                    against = before and told and self._one_sentence(scope, hit)
                case "other":
                    against = self._one_sentence(scope, hit)
                case "negation":
                    against = before and self._negates(scope, hit)
                case _:
                    against = False
            if against:
                return True
        return False

    def _ends(self, scope: Hit) -> bool:
        """Whether a sentence ends with it: "my money back, when?"."""
        return _LAST_WORD.match(self._folded, scope.end) is not None

    def _negates(self, negation: Hit, hit: Hit) -> bool:
        """Whether a negation reaches a cue: at most two words on, past no comma, and nothing else negated between."""
        if not self._together(negation, hit, _NEGATION_REACH) or _COMMA.search(self._folded, negation.end, hit.start):
            return False
        return not any(negation.end <= thing.start and thing.end <= hit.start for thing in self._things)

    def _together(self, one: Hit, other: Hit, reach: int) -> bool:
        first, second = (one, other) if one.start <= other.start else (other, one)
        between = self._words.count(" ", first.end + 1, second.start + 1) if second.start > first.end else 0
        return between <= reach + 1 and self._one_sentence(one, other)

    def _one_sentence(self, one: Hit, other: Hit) -> bool:
        first, second = (one, other) if one.start <= other.start else (other, one)
        return first.end >= second.start or not _SENTENCE_END.search(self._folded, first.end, second.start)

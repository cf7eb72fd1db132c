"""Put one message's analysis together: language, intent, sentiment, urgency, question, category, entities, acts.

Pure: the same text and lexicons give the same answer. `analyze` expects text that `clean` has been over, but
survives any. Offsets are those of the text it is handed. What follows from the verdicts is routing's to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callcenter.analysis import entities, intents, language, sentiment
from callcenter.analysis.models import (
    Act,
    ActEvidence,
    CategoryVerdict,
    EntityKind,
    LanguageKind,
    MessageAnalysis,
    QuestionVerdict,
    UrgencyVerdict,
    stated,
)
from callcenter.analysis.reading import Reading
from callcenter.calls import ConversationIntent, PriorityLevel, TicketCategory

if TYPE_CHECKING:
    from callcenter.analysis.lexicon import Lexicons
    from callcenter.analysis.models import Entity
    from callcenter.calls import Language

_SKIPPED: Final = {kind: None if kind is LanguageKind.arabizi else "arabizi" for kind in LanguageKind}
"""Arabizi cues ("men", "fi") are English or French words elsewhere; they count in Arabizi only."""
_FAULTS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})
_MERE_HINT: Final = 1.0
_ANSWERED: Final = 2.0
"""Points for a mere answer: learnt words alone are no new wish beside it."""
_MOST_WORDS: Final = 7
"""A longer message than "I don't have an order number, sorry" says something else as well."""
_ASKED_FOR: Final = frozenset({EntityKind.order_number, EntityKind.ticket_number, EntityKind.phone, EntityKind.email})
_CALM: Final = UrgencyVerdict(level=PriorityLevel.medium, confidence=0.6)
_STATEMENT: Final = QuestionVerdict(is_question=False, confidence=0.85)
_BARE_QUESTION: Final = QuestionVerdict(is_question=True, confidence=0.9)
_NO_CATEGORY: Final = CategoryVerdict(category=None, confidence=0.0)
_TECHNICAL: Final = CategoryVerdict(category=TicketCategory.technical, confidence=0.6)
_AT_START_ONLY: Final = frozenset({Act.affirm.value, Act.deny.value})
""""yes" and "no" answer only where a message begins with them."""
_LEVELS: Final = {level.value: level.rank for level in PriorityLevel}
_LEVELS_NAMED: Final = {level.value: level for level in PriorityLevel}
_CATEGORIES: Final = {category.value: category for category in TicketCategory}
_ACTS: Final = {act.value: act for act in Act}
"""By name, which is a fifth of asking an enumeration for its member."""
_MENTION: Final = 0.7
"""A lighter word than this only mentions a thing ("my order") and doesn't say what is wrong."""
_MARKED: Final = 0.95
_ASKED_FIRST: Final = 0.85
_ASKED: Final = 0.6
"""How surely a message asks: with a question mark, with a question word in front, with one somewhere."""
_MAX_EVIDENCE: Final = 2
_MAX_ACTS: Final = 6


class ConversationAnalyzer:
    """The analyzer with its lexicons, for those who call it often."""

    def __init__(self, lexicons: Lexicons) -> None:
        self.lexicons = lexicons

    def analyze(self, text: str, language: Language | None = None) -> MessageAnalysis:
        """Analyse one message; `language` is the sender's setting and decides only where the text does not."""
        return analyze(text, self.lexicons, hint=language)


def analyze(text: str, lexicons: Lexicons, *, hint: Language | None = None) -> MessageAnalysis:
    """Return all that one message says; `hint`, the sender's language setting, decides only where the text does not."""
    reading = Reading(text)
    counted = language.tally(reading, lexicons)
    reading.read_as(counted.kind, lexicons.spelling)
    reading.scan(lexicons, without=_SKIPPED[counted.kind])
    spoken = language.verdict(reading, counted, hint)
    facts = entities.find(reading, lexicons)
    scores = intents.scores(reading) or _given(reading, facts)
    layer = lexicons.learnt
    weighed = reading.meant(layer)
    wanted = intents.verdict(reading, scores, layer, weighed, spoken.language)
    technical = scores.get(ConversationIntent.technical_support, 0.0)
    matter = technical + scores.get(ConversationIntent.complaint, 0.0)
    felt = sentiment.verdict(
        reading,
        matter if _displeases(wanted.intent, matter) else 0.0,
        layer,
        weighed,
        "complains" if wanted.intent in _FAULTS else "answers" if ConversationIntent.other in scores else "asks",
    )
    return stated(
        MessageAnalysis,
        {
            "language": spoken,
            "intent": wanted,
            "sentiment": felt,
            "urgency": _urgency(reading) if "urgency" in reading.hits else _CALM,
            "question": _question(reading),
            "category": _category(reading, technical),
            "entities": facts,
            "acts": _acts(reading) if "act" in reading.hits else (),
        },
    )


def _given(reading: Reading, facts: tuple[Entity, ...]) -> dict[str, float]:
    """Return points for a mere answer: a message that no cue speaks for, but that gives or declines what was asked."""
    if len(reading.tokens) > _MOST_WORDS:
        return {}
    declined = any(hit[2].label == Act.not_available for hit in reading.hits.get("act", ()))
    if declined or any(fact.kind in _ASKED_FOR for fact in facts):
        return {ConversationIntent.other: _ANSWERED}
    return {}


def _displeases(intent: ConversationIntent, matter: float) -> bool:
    """Whether the matter itself takes from the mood: not if it is over, nor if it is a hint beside something else."""
    return intent in _FAULTS or (matter >= _MERE_HINT and intent is not ConversationIntent.goodbye)


def _urgency(reading: Reading) -> UrgencyVerdict:
    """Take the highest level that words ask for."""
    hits = reading.hits["urgency"]
    name = max([cue.label for _, _, cue, _ in hits], key=_LEVELS.__getitem__)
    cited = [hit for hit in hits if hit[2].label == name][:_MAX_EVIDENCE]
    return stated(
        UrgencyVerdict,
        {
            "level": _LEVELS_NAMED[name],
            "confidence": min(0.95, 0.7 + 0.1 * len(cited)),
            "evidence": tuple([reading.evidence(hit, hit[2].weight) for hit in cited]),
        },
    )


def _question(reading: Reading) -> QuestionVerdict:
    """Take the heaviest question word; a question mark alone makes a question of no kind."""
    marked = "?" in reading.folded
    hits = reading.hits.get("question")
    if not hits:
        return _BARE_QUESTION if marked else _STATEMENT
    best, most = hits[0], 0.0
    for hit in hits:
        if hit[2].weight > most:
            best, most = hit, hit[2].weight
    confidence = _MARKED if marked else _ASKED_FIRST if not reading.folded[: hits[0][0]].strip() else _ASKED
    return stated(
        QuestionVerdict,
        {
            "is_question": True,
            "kind": best[2].label,
            "confidence": confidence,
            "evidence": (reading.evidence(best, most),),
        },
    )


def _category(reading: Reading, technical: float) -> CategoryVerdict:
    """Sum the words for each kind of matter; a failure speaks for a technical one."""
    hits = reading.hits.get("category")
    if not hits:
        return _TECHNICAL if technical else _NO_CATEGORY
    total = {TicketCategory.technical.value: technical} if technical else {}
    for _, _, cue, _ in hits:
        total[cue.label] = total.get(cue.label, 0.0) + cue.weight
    most, name = max([(score, label) for label, score in total.items()])
    if most < _MENTION:
        return _NO_CATEGORY
    cited = [hit for hit in hits if hit[2].label == name][:_MAX_EVIDENCE]
    return stated(
        CategoryVerdict,
        {
            "category": _CATEGORIES[name],
            "confidence": round(min(0.95, 0.4 + 0.5 * most / sum(total.values())), 3),
            "evidence": tuple([reading.evidence(hit, hit[2].weight) for hit in cited]),
        },
    )


def _acts(reading: Reading) -> tuple[ActEvidence, ...]:
    """List each act once, at its first place."""
    acts: dict[str, ActEvidence] = {}
    first = len(reading.folded) - len(reading.folded.lstrip())
    for hit in reading.hits["act"]:
        label = hit[2].label
        if label not in acts and hit[2].weight and (hit[0] <= first or label not in _AT_START_ONLY):
            acts[label] = stated(ActEvidence, {"act": _ACTS[label], "evidence": reading.evidence(hit, hit[2].weight)})
    return tuple(acts.values())[:_MAX_ACTS]

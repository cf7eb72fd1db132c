"""Decide when a message is worth a second opinion, and whose verdict on its intent stands: the rules' or the model's.

Pure. Asking the model is llm/second_opinion.py's business, when to ask it the manager's. Invariants: without an opinion
that can be followed the rules' analysis comes back as the very same object; a model takes no request for a human, and
no anger, from a customer whose own words said so.
"""

from __future__ import annotations

import re
from typing import Final

from callcenter.analysis.models import Act, Evidence, IntentAnalysis, IntentCandidate, MessageAnalysis
from callcenter.analysis.text import Normalised, normalise
from callcenter.calls import Confidence, ConversationIntent, ConversationState, Sentiment, TokenUsage, Value
from callcenter.routing import DoubtReason, Opinion, RoutingPolicy, Winner, persona_for

_FEW_WORDS: Final = 2
"""A greeting, a yes, a number: what no opinion makes clearer."""
_UNSURE: Final = 0.3
"""Below this the rules are wrong about who answers every third time."""
_CLOSE: Final = 0.15
"""Two personas' intents nearer to each other than this: wrong four times in ten."""
_MOOD_UNSURE: Final = 0.8
"""A mood speaks against an intent only where the intent is less sure than this."""
_FAULTS: Final = frozenset({ConversationIntent.complaint, ConversationIntent.technical_support})
_PLEASED: Final = frozenset({Sentiment.positive, Sentiment.very_positive, Sentiment.neutral})
_COURTESIES: Final = frozenset({ConversationIntent.greeting, ConversationIntent.goodbye})
_ANSWERS: Final = frozenset({Act.not_available, Act.asks_next, Act.asks_status})
"""Acts that say all there is to say."""
_MAX_CITED: Final = 3
_SHORTEST_QUOTE: Final = 2
_EDGES: Final = " \t\n\"'“”«»…_-.,;:!?()[]"
"""What stands around a quotation without being part of it."""
_WORD_BEFORE: Final = re.compile(r"\w+\Z")
_WORD_AFTER: Final = re.compile(r"\A\w+")


class Doubt(Value):
    """Why a message is worth a second opinion."""

    because: DoubtReason
    reasoning: str


class ModelVerdict(Value):
    """What a model takes a message to want; nothing of it is checked yet."""

    intent: ConversationIntent
    confidence: Confidence
    words: tuple[str, ...]
    """Quotations from the message that it rests on."""
    reasoning: str
    usage: TokenUsage


class NoVerdict(Value):
    """No second opinion came."""

    reason: str
    """A value of `llm.Failure`."""
    usage: TokenUsage | None = None
    """What was spent nevertheless; None: unknown."""


def doubt(
    state: ConversationState,
    analysis: MessageAnalysis,
    policy: RoutingPolicy = RoutingPolicy(),  # noqa: B008 (frozen)
) -> Doubt | None:
    """Say why the rules' verdict on the intent is worth a second opinion; None: it is not.

    Never doubted: an upset customer and one who asks for a human (both are settled whatever else is meant), what has
    no words to judge, and what answers our own question.
    """
    if _settled(analysis, policy) or _answers(state, analysis):
        return None
    intent = analysis.intent
    sure = f"{intent.intent} {intent.confidence:.2f}"
    heard = policy.heard(analysis, has_ticket=state.ticket is not None)
    if intent.confidence < _UNSURE or heard is not intent.intent:
        return Doubt(because=DoubtReason.low_confidence, reasoning=f"{sure} is little more than a guess")
    rivals = [each for each in intent.others if persona_for(each.intent) is not persona_for(heard)]
    rival = max(rivals, key=lambda each: each.confidence, default=None)
    if rival is not None and intent.confidence - rival.confidence < _CLOSE:
        reasoning = f"{sure} is close to {rival.intent} {rival.confidence:.2f}"
        return Doubt(because=DoubtReason.contradiction, reasoning=reasoning)
    mood = analysis.sentiment.sentiment
    displeased = mood is Sentiment.negative and heard not in _FAULTS | _COURTESIES
    pleased = mood in _PLEASED and heard in _FAULTS
    if (displeased or pleased) and intent.confidence < _MOOD_UNSURE:
        return Doubt(because=DoubtReason.contradiction, reasoning=f"{sure} is unlike a {mood} mood")
    return None


def settle(
    text: str,
    rules: MessageAnalysis,
    verdict: ModelVerdict | NoVerdict,
    doubted: Doubt,
    policy: RoutingPolicy = RoutingPolicy(),  # noqa: B008 (frozen)
) -> tuple[MessageAnalysis, Opinion]:
    """Return the analysis that stands and the opinion as it is kept; `rules` itself where the model does not win."""
    spans: tuple[tuple[int, int], ...] = ()
    if isinstance(verdict, NoVerdict):
        reason = verdict.reason
    else:
        spans = quoted(text, verdict.words)
        reason = _objection(rules, verdict, policy) or ("" if spans else "words_not_in_message")
    followed = isinstance(verdict, ModelVerdict) and not reason
    opinion = Opinion(
        asked_because=doubted.because,
        rules_intent=rules.intent.intent,
        rules_confidence=rules.intent.confidence,
        intent=verdict.intent if isinstance(verdict, ModelVerdict) else None,
        confidence=verdict.confidence if isinstance(verdict, ModelVerdict) else None,
        winner=Winner.model if followed else Winner.rules,
        reason=reason or "model_surer",
        usage=verdict.usage,
    )
    if isinstance(verdict, NoVerdict) or reason:
        return rules, opinion
    return rules.altered({"intent": _followed(text, rules.intent, verdict, spans)}), opinion


def quoted(text: str, quotations: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return where in `text` the quotations stand, as whole words and in order; () if one of them does not.

    Spelling may differ as far as `normalise` folds it; a quotation may leave out what is written onto a word.
    """
    folded = normalise(text)
    spans = [_span(folded, quotation) for quotation in quotations[:_MAX_CITED]]
    found = sorted({span for span in spans if span is not None})
    return tuple(found) if None not in spans else ()


def _settled(analysis: MessageAnalysis, policy: RoutingPolicy) -> bool:
    wish = ConversationIntent.human_request
    asks_for_human = analysis.intent.intent is wish or analysis.intent.also(wish, at_least=policy.min_confidence)
    return asks_for_human or analysis.sentiment.sentiment.upset


def _answers(state: ConversationState, analysis: MessageAnalysis) -> bool:
    """Whether a message has no words to judge, or tells what was asked, as any statement does while we ask."""
    if analysis.language.words <= _FEW_WORDS or analysis.language.requested is not None:
        return True
    if state.collecting and not analysis.question.is_question:
        return True
    return analysis.intent.intent is ConversationIntent.other and any(act.act in _ANSWERS for act in analysis.acts)


def _objection(rules: MessageAnalysis, verdict: ModelVerdict, policy: RoutingPolicy) -> str | None:
    """Return what speaks for the rules against a verdict as such; its quotations are another matter."""
    own = rules.intent
    heard = policy.heard(rules, has_ticket=False)
    wish = ConversationIntent.human_request
    if verdict.intent is heard:
        return "agreed"
    if verdict.confidence < max(policy.min_model_confidence, own.confidence):
        return "model_unsure"
    if verdict.intent is not wish and not own.guessed and own.intent is wish:
        return "human_request_stands"
    if rules.sentiment.sentiment.upset and verdict.intent not in _FAULTS | {wish}:
        return "upset_stands"
    return None


def _followed(
    text: str, rules: IntentAnalysis, verdict: ModelVerdict, spans: tuple[tuple[int, int], ...]
) -> IntentAnalysis:
    """Return the model's verdict as an analysis; what the rules said stays among the further intents."""
    evidence = tuple(
        Evidence(
            start=start,
            end=end,
            text=text[start:end],
            cue=normalise(text[start:end]).text,
            rule=f"model.{verdict.intent}",
            weight=verdict.confidence,
        )
        for start, end in spans
    )
    outvoted = IntentCandidate(
        intent=rules.intent,
        score=sum(piece.weight for piece in rules.evidence),
        confidence=min(rules.confidence, verdict.confidence),
        evidence=rules.evidence,
    )
    return IntentAnalysis(
        intent=verdict.intent,
        confidence=verdict.confidence,
        keywords=tuple(dict.fromkeys(piece.text for piece in evidence)),
        language=rules.language,
        reasoning=f"a model's second opinion, ahead of the rules' {rules.intent} ({rules.confidence:.2f})",
        evidence=evidence,
        others=tuple(each for each in (outvoted, *rules.others) if each.intent is not verdict.intent),
    )


def _span(folded: Normalised, quotation: str) -> tuple[int, int] | None:
    """Return the words of a message in which a quotation stands; it begins or ends where a word does."""
    wanted = normalise(quotation).text.strip(_EDGES)
    if len(wanted) < _SHORTEST_QUOTE:
        return None
    place = folded.text.find(wanted)
    while place >= 0:
        end = place + len(wanted)
        before, after = _WORD_BEFORE.search(folded.text[:place]), _WORD_AFTER.search(folded.text[end:])
        if before is None or after is None:
            return folded.span(before.start() if before else place, end + after.end() if after else end)
        place = folded.text.find(wanted, place + 1)
    return None

"""What the analyzer says about one message. Every verdict carries its confidence and the words it rests on.

Offsets are characters (code points) of the text handed to `analyze`, start included, end excluded, so that
`text[start:end] == evidence.text` holds in both scripts.
"""

from __future__ import annotations

from typing import Final, TypeVar

from callcenter.calls import (
    Confidence,
    ConversationIntent,
    Language,
    PriorityLevel,
    Sentiment,
    Term,
    TicketCategory,
    Value,
    unchecked,
)

LEARNT: Final = "learnt."
"""How the rules of learnt words begin, as against those of the lexicons' cues."""

Verdict = TypeVar("Verdict", bound=Value)


def stated(model: type[Verdict], fields: dict[str, object]) -> Verdict:
    """Make a verdict of all its `fields`, as the analyzer worked them out, without checking them again.

    An analysis is two dozen models made from checked lexicons; validating each costs as much as finding all its
    words. What comes from outside is validated as ever, and a property test holds what is stated against validation.
    """
    return unchecked(model, fields, _FIELDS[model])


class Evidence(Value):
    """A span of the message that led to a verdict."""

    start: int
    end: int
    text: str
    """The span as the customer wrote it."""
    cue: str
    """The lexicon entry or pattern that matched, in its normalised form."""
    rule: str
    """Which list or rule it belongs to, e.g. `complaint.failure`, `sentiment.negative`, `negation`."""
    weight: float
    """What it added to (or, when negative, took from) the verdict."""


class LanguageKind(Term):
    """What a message is written in."""

    ar = "ar"
    en = "en"
    mixed = "mixed"
    arabizi = "arabizi"
    """Arabic in Latin letters and digits; `language` is ar."""
    unknown = "unknown"
    """No letters that tell (a number, an emoji, a foreign language)."""


class LanguageVerdict(Value):
    """Which language a message is in, and how surely."""

    language: Language | None
    """The language to answer in as far as this message tells; None when it does not."""
    kind: LanguageKind
    confidence: Confidence
    arabic_share: Confidence
    """Share of Arabic letters among all letters; 0 without letters."""
    words: int
    """Words in `language` (brand names, numbers and addresses not counted)."""
    requested: Language | None = None
    """The customer asked to speak this language ("speak English", "تكلم عربي")."""
    reasoning: str


class IntentCandidate(Value):
    """One intent that the message gave reasons for."""

    intent: ConversationIntent
    score: float
    """Sum of evidence; comparable within one message only."""
    confidence: Confidence
    evidence: tuple[Evidence, ...]


class IntentAnalysis(Value):
    """What the customer wants. The first five fields are the wire contract's."""

    intent: ConversationIntent
    confidence: Confidence
    keywords: tuple[str, ...]
    """The decisive words as the customer wrote them."""
    language: Language | None
    reasoning: str
    evidence: tuple[Evidence, ...] = ()
    others: tuple[IntentCandidate, ...] = ()
    """Further intents of the same message, strongest first."""

    @property
    def guessed(self) -> bool:
        """Whether no cue speaks for the verdict, only learnt words, or nothing."""
        return not self.evidence or self.evidence[0].rule.startswith(LEARNT)

    def also(self, intent: ConversationIntent, *, at_least: float = 0.0) -> bool:
        """Whether `intent` is among the further intents, with at least this confidence."""
        # No generator, nor below, where there is nothing to look through: a turn asks a dozen times.
        return bool(self.others) and any(
            other.intent is intent and other.confidence >= at_least for other in self.others
        )


class SentimentAnalysisResult(Value):
    """How the customer feels. The first four fields are the wire contract's."""

    sentiment: Sentiment
    confidence: Confidence
    emotion_indicators: tuple[str, ...]
    reasoning: str
    score: float = 0.0
    """-1 (worst) to 1 (best), before folding into classes."""
    evidence: tuple[Evidence, ...] = ()


class UrgencyVerdict(Value):
    """How soon the message asks for action: medium unless words say otherwise."""

    level: PriorityLevel
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()


class QuestionVerdict(Value):
    """Whether the message asks something, and what kind of thing."""

    is_question: bool
    kind: str | None = None
    """`price`, `time`, `place`, `how`, `whether`, `what`, `who`, `why`, `how_many`; None when it can't be told."""
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()


class EntityKind(Term):
    """A fact found in a message."""

    order_number = "order_number"
    ticket_number = "ticket_number"
    phone = "phone"
    email = "email"
    amount = "amount"
    date = "date"
    """A day, a month or a time gone by ("yesterday", "12 March", "قبل أسبوعين"): the customer's words, digits 0-9."""
    duration = "duration"
    """How long ("3 weeks", "يومين"): the customer's words, digits 0-9, since intake tells them back as they are."""
    name = "name"
    url = "url"
    card = "card"
    """A payment card number with the right check digit: digits only. What privacy must hide; no slot takes it."""
    iban = "iban"
    """A bank account with its country's length and the right check digits: upper case, no blanks."""
    national_id = "national_id"
    """A Saudi, Emirati, Kuwaiti or Egyptian id number, by check digit or birth date: digits only."""


class Entity(Value):
    """A fact with its place in the message."""

    kind: EntityKind
    value: str
    """Normalised: digits 0-9, phone as +digits or digits, e-mail in lower case, amount as "1234.50 SAR"."""
    text: str
    start: int
    end: int
    confidence: Confidence
    rule: str
    """What made it this kind, e.g. `after_label`, `pattern`, `answer_shape`."""


class Act(Term):
    """Something a message does in the dialogue, beside its intent."""

    affirm = "affirm"
    deny = "deny"
    thanks = "thanks"
    correction = "correction"
    """What follows replaces what was said ("sorry, it's 9981", "أقصد")."""
    not_available = "not_available"
    """The customer doesn't have or know what was asked ("I don't have one", "ما عندي")."""
    asks_next = "asks_next"
    """Asks what else is needed, or what happens next ("what else you need?", "شو المطلوب")."""
    asks_status = "asks_status"
    """Asks how an open matter stands ("any update?", "وين وصل")."""
    not_interested = "not_interested"
    """Turns an offer down."""


class ActEvidence(Value):
    """One act with the words that show it."""

    act: Act
    evidence: Evidence


class CategoryVerdict(Value):
    """Which kind of ticket the matter would be; None without evidence."""

    category: TicketCategory | None
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()


class MessageAnalysis(Value):
    """All that the analyzer says about one message."""

    language: LanguageVerdict
    intent: IntentAnalysis
    sentiment: SentimentAnalysisResult
    urgency: UrgencyVerdict
    question: QuestionVerdict
    category: CategoryVerdict
    entities: tuple[Entity, ...] = ()
    """In order of appearance; spans never overlap."""
    acts: tuple[ActEvidence, ...] = ()

    def entity(self, kind: EntityKind) -> Entity | None:
        """Return the last entity of this kind: a message that corrects itself ends with what is meant."""
        for found in reversed(self.entities):
            if found.kind is kind:
                return found
        return None

    def does(self, act: Act) -> bool:
        """Whether the message shows this act."""
        return bool(self.acts) and any(found.act is act for found in self.acts)


_FIELDS: Final[dict[type[Value], set[str]]] = {
    model: set(model.model_fields)
    for model in (
        Evidence,
        LanguageVerdict,
        IntentCandidate,
        IntentAnalysis,
        SentimentAnalysisResult,
        UrgencyVerdict,
        QuestionVerdict,
        Entity,
        ActEvidence,
        CategoryVerdict,
        MessageAnalysis,
    )
}

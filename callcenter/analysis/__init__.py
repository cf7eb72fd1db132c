"""Understand one customer message in Arabic or English: language, intent, sentiment, urgency, question, entities.

Pure: `analyze(text, lexicons)` reads no clock, store or network, and answers the same for the same input, always.
Words live in lexicons/*.toml; this package holds how they are found and weighed, and leaves what follows from a
verdict to routing.py.
"""

from callcenter.analysis.analyzer import ConversationAnalyzer, analyze
from callcenter.analysis.lexicon import Lexicons, default_lexicons, load_lexicons
from callcenter.analysis.models import (
    Act,
    ActEvidence,
    CategoryVerdict,
    Entity,
    EntityKind,
    Evidence,
    IntentAnalysis,
    IntentCandidate,
    LanguageKind,
    LanguageVerdict,
    MessageAnalysis,
    QuestionVerdict,
    SentimentAnalysisResult,
    UrgencyVerdict,
)
from callcenter.analysis.phrases import Match, PhraseIndex
from callcenter.analysis.text import CleanText, Normalised, clean, normalise

__all__ = [
    "Act",
    "ActEvidence",
    "CategoryVerdict",
    "CleanText",
    "ConversationAnalyzer",
    "Entity",
    "EntityKind",
    "Evidence",
    "IntentAnalysis",
    "IntentCandidate",
    "LanguageKind",
    "LanguageVerdict",
    "Lexicons",
    "Match",
    "MessageAnalysis",
    "Normalised",
    "PhraseIndex",
    "QuestionVerdict",
    "SentimentAnalysisResult",
    "UrgencyVerdict",
    "analyze",
    "clean",
    "default_lexicons",
    "load_lexicons",
    "normalise",
]

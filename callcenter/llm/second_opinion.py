"""Ask a model what a message wants where the rules doubt their own verdict. opinions.py decides when, and who wins.

The rules' verdict is not shown to the model: an opinion that knows the first one is no second. Invariant: the
customer's words stand in the question's text alone, as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from callcenter.calls import Confidence, ConversationIntent, Value
from callcenter.llm import Model
from callcenter.llm.asking import Unanswered, as_data, ask, question, quoted_lines
from callcenter.llm.prompt import Line, Question
from callcenter.opinions import ModelVerdict, NoVerdict

_INSTRUCTIONS: Final = Path(__file__).with_name("second_opinion.md").read_text("utf-8")
_CONTEXT_LINES: Final = 4
_REASONING_CHARS: Final = 200


class OpinionAnswer(Value):
    """The grounds first, then the verdict: a model writes in this order."""

    words: tuple[str, ...]
    reasoning: str
    intent: ConversationIntent
    confidence: Confidence


class SecondOpinion:
    """Asks one model for second opinions."""

    def __init__(self, model: Model, seconds: float) -> None:
        """Ask `model`, and wait so many seconds at most."""
        self._model = model
        self._seconds = seconds

    async def ask(self, text: str, context: Sequence[Line] = ()) -> ModelVerdict | NoVerdict:
        """Return what the model takes a message to want, or why it did not say; never raises.

        `context` is what was said before, oldest first; the last lines of it are shown.
        """
        found = await ask(self._model, _question(text, context), OpinionAnswer, seconds=self._seconds)
        if isinstance(found, Unanswered):
            return NoVerdict(reason=found.reason, usage=found.usage)
        answer = found.answer
        return ModelVerdict(
            intent=answer.intent,
            confidence=answer.confidence,
            words=answer.words,
            reasoning=answer.reasoning[:_REASONING_CHARS],
            usage=found.usage,
        )


def _question(text: str, context: Sequence[Line]) -> Question:
    return question(
        OpinionAnswer,
        name="second_opinion",
        instructions=_INSTRUCTIONS,
        text=as_data({"earlier": quoted_lines(context[-_CONTEXT_LINES:]), "message": text}),
    )

"""What both of OpenAI's APIs call a conversation alike: its lines, and what of the reply went out already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callcenter.calls import Speaker
from callcenter.llm.event_stream import Json
from callcenter.llm.prompt import Prompt

INTERRUPTED: Final = " [interrupted]"
"""What a line that was cut off ends with, so that the model knows that not all of it was heard."""


def messages(prompt: Prompt) -> Iterator[Json]:
    """Yield what was said: the customer's lines as the user's, all others as the model's own."""
    for line in prompt.lines:
        role = "user" if line.speaker is Speaker.customer else "assistant"
        yield {"role": role, "content": line.text + INTERRUPTED if line.interrupted else line.text}
    if prompt.said:
        yield {"role": "assistant", "content": prompt.said}

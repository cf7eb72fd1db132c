"""What both of OpenAI's APIs call a conversation alike: instructions, lines, what of the reply went out already.

What many requests have alike is written as JSON once: it is most of what is sent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import orjson

from callcenter.calls import Speaker
from callcenter.llm.event_stream import Json
from callcenter.llm.prompt import Prompt

INTERRUPTED: Final = " [interrupted]"
"""What a line that was cut off ends with, so that the model knows that not all of it was heard."""

ALIKE_KEPT: Final = 64
"""Three personas in two languages have an opening and tools each; nothing of a call is among them."""


def instructions(prompt: Prompt) -> orjson.Fragment:
    """Return a prompt's instructions as JSON."""
    return orjson.Fragment(_opened(prompt.opening) + orjson.dumps(prompt.own)[1:])


@lru_cache(ALIKE_KEPT)
def _opened(opening: str) -> bytes:
    return orjson.dumps(opening)[:-1]  # its end is still to come


def messages(prompt: Prompt) -> list[Json]:
    """Return what was said: the customer's lines as the user's, all others as the model's own."""
    said: list[Json] = [
        {
            "role": "user" if line.speaker is Speaker.customer else "assistant",
            "content": line.text + INTERRUPTED if line.interrupted else line.text,
        }
        for line in prompt.lines
    ]
    if prompt.said:
        said.append({"role": "assistant", "content": prompt.said})
    return said

"""The three roles that answer, and what they say whatever voice speaks for them.

`config` reads and checks their files, `manager` hands out their lines in the customer's language. What a persona
replies to a message is the voice's business (llm/), who speaks is routing's.
"""

from callcenter.personas.config import (
    PersonaConfig,
    PersonaTexts,
    Trouble,
    load_personas,
    load_texts,
)
from callcenter.personas.manager import Labelled, PersonaManager

__all__ = [
    "Labelled",
    "PersonaConfig",
    "PersonaManager",
    "PersonaTexts",
    "Trouble",
    "load_personas",
    "load_texts",
]

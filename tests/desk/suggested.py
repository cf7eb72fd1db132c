"""Suggestions in a house of a test's own: the real copilot on voices that say what a test wants, no sockets."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from callcenter.calls import SuggestionId
from callcenter.company import DEMO
from callcenter.conversation.call_log import CallLog
from callcenter.conversation.copilot import Copilot
from callcenter.conversation.copilot.suggesting import Recognise, Suggesting
from callcenter.desk import Suggestions
from callcenter.knowledge.folder import read_folder
from callcenter.knowledge.library import Library
from callcenter.llm import Voice
from callcenter.llm.offline import OfflineVoice
from tests.conversation.house import ANALYZER, COMPANY, PERSONAS, House

if TYPE_CHECKING:
    from tests.desk.test_agent_desk import Clock


def suggestions_of(home: House, clock: Clock, *voices: Voice, recognise: Recognise | None = None) -> Suggestions:
    """Return suggestions by these voices, and after them by the offline one."""
    ids = itertools.count(1)
    library = Library(
        store=home.store,
        folder=read_folder(DEMO),
        analyzer=ANALYZER,
        default=COMPANY.default_language,
        answered=lambda question: bool(COMPANY.topics(question)),
        now=clock.now,
    )
    suggesting = Suggesting(
        copilot=Copilot(voices=(*voices, OfflineVoice(COMPANY)), personas=PERSONAS),
        log=CallLog(home.store, home.bus, remembers=True),
        analyzer=ANALYZER,
        articles=library,
        recognise=recognise,
    )
    return Suggestions(suggesting, now=clock.now, new_id=lambda: SuggestionId(f"S-{next(ids)}"))

"""Service scripts: what a persona asks, step by step, when customers come with a certain demand.

`script` says what one is, `match` which one fits a message, `hearing` what a message answers of it, `following` what is
due next; `folder` reads the company's own, `book` keeps all of them at hand.
"""

from callcenter.scripts.following import answer, due, lines, missing, progress, told, with_facts
from callcenter.scripts.hearing import Listener, Said
from callcenter.scripts.match import NO_SCRIPTS, Match, Scripts, Wish
from callcenter.scripts.script import (
    Demand,
    FactKind,
    Option,
    Script,
    ScriptBody,
    ScriptStatus,
    ScriptStore,
    Step,
)

__all__ = [
    "NO_SCRIPTS",
    "Demand",
    "FactKind",
    "Listener",
    "Match",
    "Option",
    "Said",
    "Script",
    "ScriptBody",
    "ScriptStatus",
    "ScriptStore",
    "Scripts",
    "Step",
    "Wish",
    "answer",
    "due",
    "lines",
    "missing",
    "progress",
    "told",
    "with_facts",
]

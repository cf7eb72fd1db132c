"""A service script on a call: which one is followed, what was collected, what was asked. Values only.

Scripts themselves are in callcenter/scripts/; these values stand in the log, in a call's state and on the wire.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from callcenter.calls.vocabulary import LocalizedText, Value

OPENING_MESSAGES: Final = 3
"""In so many of a customer's first messages it is looked for what they come for."""
OPENING_CHARS: Final = 600
"""So much of each is remembered until then."""


class ScriptFact(Value):
    """What a customer said to one step of a script."""

    step: str
    """The step's id."""
    value: str | None
    """An option's id, `yes` or `no`, a number, an amount with its currency, or the customer's own words; None: the
    customer does not know, or leaves it for later."""


class FollowedScript(Value):
    """A script that a call follows, or followed."""

    script_id: str
    version: int
    """The one it began with."""
    title: LocalizedText
    total_steps: Annotated[int, Field(ge=1)]
    reason: str
    """Why this one."""
    facts: tuple[ScriptFact, ...] = ()
    """What was collected, in the order it was said."""
    step: str | None = None
    """The step that is due."""
    asked: tuple[str, ...] = ()
    """The steps asked, in order."""
    asking: bool = False
    """Our last reply asked the last of them."""
    done: bool = False
    """Nothing is left to be asked."""
    dropped: str | None = None
    """Why it was given up; None: it was not."""

    @property
    def active(self) -> bool:
        """Whether it is being followed."""
        return not self.done and self.dropped is None

    def known(self, step: str) -> bool:
        """Whether a step is settled."""
        return any(fact.step == step for fact in self.facts)


class ScriptProgress(Value):
    """How far a script has got with a reply."""

    id: str
    """The script's."""
    step: Annotated[int, Field(ge=1)]
    """The place of the step in hand, from 1."""
    total_steps: Annotated[int, Field(ge=1)]
    is_final_step: bool
    """The reply ends the script: it sums up what was collected and says what follows."""
    step_id: str | None = None
    """The step that the reply asks about; null: it asks about none."""

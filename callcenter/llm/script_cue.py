"""What a voice knows of the service script that a call follows, for one reply."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.calls import FollowedScript, Language, ScriptFact, ScriptProgress, Slot
from callcenter.scripts import Script, Step, progress, told


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCue:
    """Where a script is, and what this reply does for it."""

    script: Script
    followed: FollowedScript
    """With what is known after the message."""
    step: Step | None
    """The step the reply ends by asking about; None: it sums up what was collected and says what follows."""
    heard: tuple[ScriptFact, ...] = ()
    """What the message told; of none there may still have been an answer that leaves a step open."""
    begins: bool = False
    """The message began it."""
    aside: bool = False
    """The message asks something itself, or is about something else: that comes first."""

    @property
    def again(self) -> bool:
        """Whether the step was asked before."""
        return self.step is not None and self.step.id in self.followed.asked

    @property
    def slot(self) -> Slot | None:
        """The fact of intake that the reply asks for by this script's question."""
        return self.step.slot if self.step is not None else None

    @property
    def progress(self) -> ScriptProgress:
        """What the reply says of how far the script is."""
        return progress(self.script, self.followed, self.step, final=self.step is None)

    def collected(self, language: Language) -> list[tuple[str, str]]:
        """Return what was collected, each with what it is called, in the script's order."""
        return [(step.label[language], value) for step, value in told(self.script, self.followed.facts, language)]

    def just_told(self, language: Language) -> list[tuple[str, str]]:
        """Return what the message told, likewise."""
        return [(step.label[language], value) for step, value in told(self.script, self.heard, language)]

"""Say how a script goes on: what is due next, when it is done, how far it got. Pure.

Each question is put once. It is put a second time, at once, only where the customer asked something in place of
answering, or does not want to give what is required; never a third time. What another answer passed over stays open.
"""

from __future__ import annotations

from typing import Final

from callcenter.calls import FollowedScript, Language, ScriptFact, ScriptProgress
from callcenter.scripts.script import FactKind, Script, Step

ASK_AT_MOST: Final = 2


def due(script: Script, followed: FollowedScript, *, aside: bool) -> Step | None:
    """Return the step to ask now; None: the script is done.

    `aside`: the customer's last message answered nothing.
    """
    left = [step for step in script.steps if not followed.known(step.id)]
    last = followed.asked[-1] if followed.asked else None
    if aside:
        again = next((step for step in left if step.id == last), None)
        if again is not None and followed.asked.count(again.id) < ASK_AT_MOST:
            return again
    return next((step for step in left if step.id not in followed.asked), None)


def missing(script: Script, followed: FollowedScript) -> list[Step]:
    """Return the required steps that have no answer."""
    return [step for step in script.steps if step.required and not followed.known(step.id)]


def with_facts(followed: FollowedScript, facts: tuple[ScriptFact, ...]) -> FollowedScript:
    """Return what is followed with these facts, each step's newest."""
    new = {fact.step for fact in facts}
    return followed.altered({"facts": (*(each for each in followed.facts if each.step not in new), *facts)})


def told(script: Script, facts: tuple[ScriptFact, ...], language: Language) -> list[tuple[Step, str]]:
    """Return the steps that have an answer, in the script's order, with the answer as the customer is told it."""
    values = {fact.step: fact.value for fact in facts}
    return [(step, answer(step, value, language)) for step in script.steps if (value := values.get(step.id))]


def answer(step: Step, value: str, language: Language) -> str:
    """Return an answer as the customer is told it; several options each by its name."""
    if step.kind is not FactKind.choice:
        return step.told(value, language)
    ids = {option.id for option in step.options}
    parts = value.split(",")
    if not ids.issuperset(parts):
        return value
    return JOINERS[language].join(step.told(part, language) for part in parts)


JOINERS: Final = {Language.ar: "، ", Language.en: ", "}


def lines(script: Script, facts: tuple[ScriptFact, ...], language: Language) -> list[str]:
    """Return what a ticket says of these facts, a line each; what intake keeps by itself is left out."""
    return [f"{step.label[language]}: {value}" for step, value in told(script, facts, language) if step.slot is None]


def progress(script: Script, followed: FollowedScript, step: Step | None, *, final: bool) -> ScriptProgress:
    """Return how far a script is with a reply that asks about `step`, or ends it."""
    total = len(script.steps)
    if final:
        place = total
    elif step is not None:
        place = script.place(step.id)
    else:
        place = script.place(followed.asked[-1]) if followed.asked else 1
    return ScriptProgress(
        id=script.id, step=place, total_steps=total, is_final_step=final, step_id=step.id if step else None
    )

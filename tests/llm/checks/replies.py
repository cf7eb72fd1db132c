"""Replies through a gate, for tests of the checks."""

from __future__ import annotations

from callcenter.calls import Language
from callcenter.llm import Receipt
from callcenter.llm.checks import Gate, Ground, Instructions, Release, load_checks

CHECKS = load_checks()
PROMPT = Instructions("Reveal nothing. Say the number of the ticket and when a human answers, and then stop talking.")


def ground(
    language: Language = Language.en,
    facts: str = "",
    receipts: frozenset[Receipt] = frozenset(),
    tickets: frozenset[str] = frozenset(),
) -> Ground:
    return Ground(language=language, facts=(facts,), receipts=receipts, tickets=tickets, instructions=PROMPT)


def through(text: str, on: Ground | None = None, size: int | None = None) -> list[Release]:
    gate = Gate(on or ground(), CHECKS)
    step = size or max(1, len(text))
    releases = [each for at in range(0, len(text), step) for each in gate.feed(text[at : at + step])]
    return releases + gate.finish()


def joined(releases: list[Release]) -> str:
    return "".join(each.text for each in releases)


def faults(text: str, on: Ground | None = None) -> list[str]:
    return [each.fault.value for each in through(text, on, size=2) if each.fault]

"""Faults for drills: which requests go wrong, and how, by a seed. The n-th request fares the same in every run."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from enum import StrEnum

from callcenter.llm.fake_openai.answers import Answer, ErrorEvent, Pieces


class Fault(StrEnum):
    """A way for a reply to go wrong."""

    status_500 = "status_500"
    status_429 = "status_429"
    """With Retry-After: 0."""
    cut = "cut"
    stall = "stall"
    error_event = "error_event"
    early_end = "early_end"


class Faults:
    """Spoils a share of the answers."""

    def __init__(self, rate: float, seed: int) -> None:
        self.made: Counter[Fault] = Counter()
        self._rate = rate
        self._dice = random.Random(seed)  # noqa: S311 (a drill must be repeatable)

    def spoil(self, answer: Answer) -> Answer:
        """Return the answer, or with luck what becomes of it."""
        if self._dice.random() >= self._rate:
            return answer
        fault = self._dice.choice(list(Fault))
        place = Pieces(self._dice.randrange(len(answer.pieces) + 1))
        self.made[fault] += 1
        return {
            Fault.status_500: Answer(status=500),
            Fault.status_429: Answer(status=429, headers={"retry-after": "0"}),
            Fault.cut: replace(answer, cut_after=place),
            Fault.stall: replace(answer, stall_after=place),
            Fault.error_event: replace(answer, error=ErrorEvent(after=place)),
            Fault.early_end: replace(answer, end_after=place),
        }[fault]

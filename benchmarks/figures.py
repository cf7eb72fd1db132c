"""What a benchmark found, beside what it was to find: one row a goal, printed as a table.

A figure holds two measurements made in the same run and what their ratio is to be; medians are taken before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

SLACK: Final = 0.6
"""A check against falling back stands at this share of a goal: the machines are noisy, and a goal is not a limit."""
_FINE: Final = 0.1
"""Below this bound, two decimals don't show how near a ratio is to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One goal, measured."""

    goal: str
    """Letter and subject, e.g. `C turn, CPU`."""
    unit: str
    ours: float
    peer: float | None = None
    """What the peer took or did; None: the goal is a figure of its own."""
    beside: str = ""
    """Who the peer is."""
    bound: float
    """Of ours divided by the peer's, or of ours where there is no peer."""
    at_least: bool = False
    """The bound is a lower one: more is better."""

    @property
    def ratio(self) -> float:
        """What the bound is about."""
        if self.peer is None:
            return self.ours
        return self.ours / self.peer

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    @property
    def fallen_back(self) -> bool:
        """Whether it is so far from the goal that noise explains it no more."""
        return self.ratio < self.bound * SLACK if self.at_least else self.ratio > self.bound / SLACK


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table for a terminal."""
    head = ("goal", "ours", "peer", "ratio", "bound", "", "beside")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.at_least else "≤"
    return (
        figure.goal,
        f"{figure.ours:,.4g} {figure.unit}",
        f"{figure.peer:,.4g} {figure.unit}" if figure.peer is not None else "",
        f"{figure.ratio:.{3 if figure.bound < _FINE else 2}f}" if figure.peer is not None else "",
        f"{sign} {figure.bound:g}" + ("" if figure.peer is not None else f" {figure.unit}"),
        "met" if figure.met else "MISSED",
        figure.beside,
    )


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    first, *rest = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest[:-1]), rest[-1][0]]
    return "  ".join(cells).rstrip()

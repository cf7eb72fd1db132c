"""Show how well labelled messages are understood: scores, confusion, calibration, and the mistakes with their words.

What is measured is evaluation/; here it is laid out, as plain aligned tables or as JSON. Invariant: words of a file
that may be Arabic stand last on their line, so that they can't reorder the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from callcenter.analysis import clean
from callcenter.cli.own_words import lexicons_with
from callcenter.evaluation.labels import NO_GROUP, Part, read_labelled
from callcenter.evaluation.messages import Evaluation, Mistake, Report, evaluate
from callcenter.evaluation.metrics import PartScores

_INDENT: Final = "  "
_NOTHING: Final = "."
"""What a table shows where nothing was counted: an empty cell would be hard to follow."""
_MAX_SHOWN: Final = 240
"""Characters shown of a message: enough to see why it was mistaken, short enough to see ten."""
_ONE_LINE: Final = str.maketrans("\n\t", "  ")
"""Character for character, so that offsets still count."""

Row = Sequence[str]


def show(  # noqa: PLR0913 (one parameter an option)
    lines: Iterable[bytes], name: str, *, as_json: bool, by: str | None, company: Path | None, errors: int
) -> None:
    """Print the evaluation of a labelled file. Raises InvalidRequest, ConfigurationError (LexiconInvalid too)."""
    messages = read_labelled(lines, name, by=by)
    found = evaluate(messages, lexicons_with(company))
    if by and set(found.report.by or ()) == {NO_GROUP}:
        typer.echo(f"callcenter: no line of {name} has a field {_one_line(by)}.", err=True)
    if as_json:
        typer.echo(json.dumps(found.report.document(), ensure_ascii=False, indent=2))
        return
    for line in _lines(found, name, by=by, errors=errors):
        typer.echo(line)


def _lines(found: Evaluation, name: str, *, by: str | None, errors: int) -> Iterator[str]:
    yield f"{_counted(found.report.items, 'message')} of {name}"
    for part, scores in found.report.parts.items():
        yield ""
        yield (
            f"{part}: {scores.items} labelled, accuracy {scores.accuracy:.3f}, macro-F1 {scores.macro_f1:.3f}, "
            f"calibration error {scores.calibration_error:.3f}"
        )
        for table in (_per_class(scores), _confusion(scores), _calibration(scores)):
            yield ""
            yield from _aligned(table)
        if errors and (mistakes := found.mistakes[part]):
            yield ""
            yield from _worst(mistakes, errors)
    if by and found.report.by:
        yield ""
        yield f"by {_one_line(by)}"
        yield ""
        yield from _split(found.report, _one_line(by))


def _per_class(scores: PartScores) -> Iterator[Row]:
    yield "class", "precision", "recall", "F1", "support"
    for label, each in scores.per_class.items():
        yield label, f"{each.precision:.3f}", f"{each.recall:.3f}", f"{each.f1:.3f}", str(each.support)


def _confusion(scores: PartScores) -> Iterator[Row]:
    numbers = {label: str(number) for number, label in enumerate(scores.per_class, start=1)}
    yield "labelled \\ understood as", *numbers.values()
    for label, number in numbers.items():
        row = scores.confusion.get(label, {})
        yield f"{number:>2} {label}", *(str(row.get(said, _NOTHING)) for said in numbers)


def _calibration(scores: PartScores) -> Iterator[Row]:
    yield "confidence", "items", "mean", "accuracy"
    for each in scores.calibration:
        yield f"{each.from_:.1f}-{each.to:.1f}", str(each.items), f"{each.mean_confidence:.3f}", f"{each.accuracy:.3f}"


def _worst(mistakes: Sequence[Mistake], most: int) -> Iterator[str]:
    shown = mistakes[:most]
    yield f"{_INDENT}{len(shown)} of {_counted(len(mistakes), 'mistake')}, the most confident first"
    for each in shown:
        labels = " or ".join(each.labels)
        yield f"{_INDENT}line {each.line}: {each.predicted} {each.confidence:.2f}, labelled {labels} ({each.reason})"
        for cited in each.evidence:
            place = f"[{cited.start}:{cited.end}] {cited.rule} {cited.weight:+.1f}"
            yield f"{_INDENT * 3}{place}  “{_one_line(cited.text)}”"
        yield f"{_INDENT * 2}“{_one_line(each.text)}”"


def _split(report: Report, by: str) -> Iterator[str]:
    """Lay out one line a value, the value last: it is the file's word, in whatever script."""
    groups = (report.by or {}).items()
    heads = [head for part in report.parts for head in (part.value, "F1")]
    rows = [("items", *heads), *((str(each.items), *_figures(each, report.parts)) for _, each in groups)]
    names = [by, *(_one_line(value) for value, _ in groups)]
    for row, name in zip(_aligned(rows, names=0), names, strict=True):
        yield f"{row}  {name}"


def _figures(report: Report, parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        scores = report.parts.get(part)
        yield from (f"{scores.accuracy:.3f}", f"{scores.macro_f1:.3f}") if scores else (_NOTHING, _NOTHING)


def _aligned(table: Iterable[Row], *, names: int = 1) -> Iterator[str]:
    """Align the first columns, `names`, to the left and figures to the right."""
    rows = list(table)
    shapes = [f"{'<' if at < names else '>'}{max(map(len, cells))}" for at, cells in enumerate(zip(*rows, strict=True))]
    for row in rows:
        yield _INDENT + _INDENT.join(f"{cell:{shape}}" for cell, shape in zip(row, shapes, strict=True))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _one_line(text: str) -> str:
    """Return words of the file as a terminal may be sent them: without controls, on one line, not too long."""
    safe = clean(text).text.translate(_ONE_LINE)
    return safe if len(safe) <= _MAX_SHOWN else f"{safe[:_MAX_SHOWN]}…"

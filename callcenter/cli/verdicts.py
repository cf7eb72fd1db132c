"""Show how one message is understood: each verdict with its reason, and the words that led to it with their offsets.

Loads lexicons and rules only, no company and no store, so that it answers at once; a company's own words count when
its folder is named. The routing shown is that of a first message on a fresh call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from callcenter.analysis import Evidence, MessageAnalysis, analyze, clean
from callcenter.calls import Language
from callcenter.cli.own_words import lexicons_with
from callcenter.errors import EmptyMessage
from callcenter.routing import RoutingDecision, decide_first

_LABEL_WIDTH: Final = 11


def show(text: str, *, as_json: bool, language: Language | None, company: Path | None) -> None:
    """Print the analysis of `text`. Raises EmptyMessage, LexiconInvalid."""
    cleaned = clean(text)
    if cleaned.empty:
        raise EmptyMessage
    analysis = analyze(cleaned.text, lexicons_with(company), hint=language)
    decision = decide_first(analysis, hint=language)
    if as_json:
        typer.echo(_document(analysis, decision, truncated=cleaned.truncated))
        return
    typer.echo(underlined(cleaned.text, analysis))
    if cleaned.truncated:
        typer.echo(_line("note", "the message was too long; only this much of it counts"))
    for line in _lines(analysis, decision):
        typer.echo(line)


def underlined(text: str, analysis: MessageAnalysis) -> str:
    """Return `text` with the words that verdicts rest on underlined, for a terminal that can."""
    spans = [
        (found.start, found.end)
        for evidence in (analysis.intent.evidence, analysis.sentiment.evidence, analysis.urgency.evidence)
        for found in evidence
    ]
    spans += [(entity.start, entity.end) for entity in analysis.entities]
    pieces: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        begin = max(start, done)
        pieces += [text[done:begin], typer.style(text[begin:end], underline=True)]
        done = end
    return "".join([*pieces, text[done:]])


def _document(analysis: MessageAnalysis, decision: RoutingDecision, *, truncated: bool) -> str:
    from callcenter.api.models import Understanding

    return Understanding.of(analysis, decision, truncated=truncated).model_dump_json(indent=2)


def _lines(analysis: MessageAnalysis, decision: RoutingDecision) -> Iterator[str]:
    spoken = analysis.language
    asked = f", asks for {spoken.requested}" if spoken.requested else ""
    yield _line("language", f"{spoken.language or 'not told'} {spoken.confidence:.2f} ({spoken.kind}{asked})")
    yield _line("intent", f"{analysis.intent.intent} {analysis.intent.confidence:.2f}")
    yield from _cited(analysis.intent.evidence)
    for other in analysis.intent.others:
        yield _line("", f"also {other.intent} {other.confidence:.2f}")
        yield from _cited(other.evidence)
    yield _line(
        "sentiment",
        f"{analysis.sentiment.sentiment} {analysis.sentiment.confidence:.2f} (score {analysis.sentiment.score:+.2f})",
    )
    yield from _cited(analysis.sentiment.evidence)
    yield _line("urgency", f"{analysis.urgency.level} {analysis.urgency.confidence:.2f}")
    yield from _cited(analysis.urgency.evidence)
    if analysis.question.is_question:
        yield _line("question", f"{analysis.question.kind or 'yes'} {analysis.question.confidence:.2f}")
        yield from _cited(analysis.question.evidence)
    if analysis.category.category:
        yield _line("category", f"{analysis.category.category} {analysis.category.confidence:.2f}")
        yield from _cited(analysis.category.evidence)
    for act in analysis.acts:
        yield _line("act", act.act)
        yield from _cited([act.evidence])
    for entity in analysis.entities:
        yield _line(entity.kind, f"{entity.value} {entity.confidence:.2f}")
        yield _quoted(entity.start, entity.end, entity.rule, entity.text)
    yield _line("routing", ", ".join(_consequences(decision)))
    yield _line("", decision.reasoning)


def _consequences(decision: RoutingDecision) -> Iterator[str]:
    yield f"{decision.target_persona}, {decision.priority} priority, {decision.suggested_action}"
    if decision.create_ticket:
        yield f"{decision.ticket_category or 'new'} ticket"
    if decision.escalation_needed:
        yield "escalated"
    if decision.transfer_to_human:
        yield "a human is asked for"


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL_WIDTH}} {text}"


def _cited(evidence: Sequence[Evidence]) -> Iterator[str]:
    for found in evidence:
        yield _quoted(found.start, found.end, f"{found.rule} {found.weight:+.1f}", found.text)


def _quoted(start: int, end: int, rule: str, text: str) -> str:
    # The words come last: whatever their direction, they can't reorder the rest of the line.
    return _line("", f"  [{start}:{end}] {rule}  “{text}”")

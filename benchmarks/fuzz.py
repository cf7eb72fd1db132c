"""Goal A: no text makes the analyzer fail, cite what is not there, or take more than linear time.

Each case is analysed as it is and as `clean` leaves it. A case counts once, however often chance comes upon it. Slow
cases are read again before they count: the machine may have been busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.figures import Figure
from benchmarks.fuzz_texts import LONGEST, Material, materials
from benchmarks.processes import SERVER_CORE, pinned
from benchmarks.repetitions import Pattern, repetitions
from callcenter.analysis import Entity, Evidence, Lexicons, MessageAnalysis, analyze, clean, default_lexicons

CASES_A_MATERIAL: Final = 50

_PATIENCE_MICROS: Final = 50_000.0
_PATIENCE_MICROS_A_BYTE: Final = 10.0
"""A text that takes longer than this, and this for each byte, is too slow: fifteen times what a message takes a byte,
and what langdetect takes for a text it has to guess at."""
_LONG_BYTES: Final = 1_000
"""From this length on, the time a byte says something of the text."""
_SIZES: Final = {1_000: 20, 10_000: 5, 100_000: 3}
"""Bytes, and how often a pattern of that size is read; the least counts."""
_MOST_GROWTH: Final = 3.0
"""What a byte of a long text may cost beside one of a short text: caches are left behind, more is not linear."""
_REDUCTIONS: Final = 2_000
"""Attempts at a shorter text that still fails."""
_SHOWN: Final = 10
_SHOWN_CHARS: Final = 160


@dataclass(slots=True)
class Tally:
    """What the cases so far have shown."""

    wanted: int
    seen: set[int] = field(default_factory=set)
    """Hashes of the texts, so that none counts twice."""
    analyses: int = 0
    longest: int = 0
    """Bytes."""
    broken: list[str] = field(default_factory=list)
    """What went wrong, with the text."""
    slow: list[str] = field(default_factory=list)
    worst_nanos_a_byte: float = 0.0
    worst: str = ""


def measure(*, cases: int) -> list[Figure]:
    """Return the figures of goal A over `cases` different texts."""
    with pinned(SERVER_CORE):
        lexicons = default_lexicons()
        analyze("quelques mots sans importance particulière", lexicons)  # langdetect is loaded by now
        tally = Tally(cases)
        # First, since the collector walks over all that hypothesis leaves behind whenever a long text makes it run.
        growths = _growths(lexicons, tally)
        _fuzz(lexicons, tally)
    _report(tally, growths)
    return [
        Figure(goal=f"A texts that break it, of {len(tally.seen):,}", unit="", ours=len(tally.broken), bound=0),
        Figure(goal=f"A texts that take too long, of {len(tally.seen):,}", unit="", ours=len(tally.slow), bound=0),
        *(
            Figure(
                goal=f"A a byte of 100 kB, worst of {len(growths)} patterns",
                unit="ns",
                ours=worst.long,
                peer=worst.short,
                bound=_MOST_GROWTH,
                beside=f"a byte of {worst.size // 1_000} kB",
            )
            for worst in growths[:1]
        ),
    ]


def _fuzz(lexicons: Lexicons, tally: Tally) -> None:
    """Try as many different texts as are wanted."""

    @settings(
        max_examples=-(-tally.wanted // CASES_A_MATERIAL),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(materials())
    def try_all(material: Material) -> None:
        for text in material.cases(CASES_A_MATERIAL):
            if len(tally.seen) < tally.wanted and hash(text) not in tally.seen:
                tally.seen.add(hash(text))
                _try(text, lexicons, tally)

    while len(tally.seen) < tally.wanted:
        try_all()


def _try(text: str, lexicons: Lexicons, tally: Tally) -> None:
    """Analyse a text as it is and as it is cleaned; note what is wrong."""
    fault = _fault(text, lexicons)
    if fault:
        if len(tally.broken) < _SHOWN:
            text = _reduced(text, lambda less: _fault(less, lexicons) is not None)
            fault = _fault(text, lexicons) or fault
        tally.broken.append(_told(fault, text))
        return
    size = len(text.encode("utf-8", "surrogatepass"))
    tally.analyses += 2
    tally.longest = max(tally.longest, size)
    patience = _PATIENCE_MICROS + size * _PATIENCE_MICROS_A_BYTE
    micros = _micros(text, lexicons)
    if micros > patience:
        micros = min(_micros(text, lexicons) for _ in range(3))
    if micros > patience:
        tally.slow.append(_told(f"{micros / 1e3:,.0f} ms for {size:,} bytes", text))
    if size >= _LONG_BYTES and (nanos := micros * 1e3 / size) > tally.worst_nanos_a_byte:
        tally.worst_nanos_a_byte, tally.worst = nanos, text


def _fault(text: str, lexicons: Lexicons) -> str | None:
    """Return what is wrong with the analyses of a text; None if they are as they should be."""
    try:
        analysis = analyze(text, lexicons)
        cleaned = clean(text).text
        of_cleaned = analyze(cleaned, lexicons)
        restored = MessageAnalysis.model_validate_json(of_cleaned.model_dump_json())
    except Exception as failure:  # noqa: BLE001 (any at all is what is sought here)
        return f"{type(failure).__name__}: {failure}"
    if cleaned == text and analysis != of_cleaned:
        return "not the same when analysed again"
    if restored != of_cleaned:
        return "not the same when read back from JSON"
    return _mistaken(analysis, text) or _mistaken(of_cleaned, cleaned)


def _mistaken(analysis: MessageAnalysis, text: str) -> str | None:
    """Say what is cited that does not stand there."""
    for cited in _cited(analysis):
        if text[cited.start : cited.end] != cited.text or not 0 <= cited.start < cited.end:
            return f"{cited!r} cites what is not there"
    places = [(entity.start, entity.end) for entity in analysis.entities]
    if any(end > start for (_, end), (start, _) in pairwise(places)):
        return f"{places} overlap"
    return None


def _cited(analysis: MessageAnalysis) -> Iterator[Evidence | Entity]:
    yield from analysis.entities
    yield from (act.evidence for act in analysis.acts)
    for candidate in analysis.intent.others:
        yield from candidate.evidence
    for verdict in (analysis.intent, analysis.sentiment, analysis.urgency, analysis.question, analysis.category):
        yield from verdict.evidence


def _micros(text: str, lexicons: Lexicons) -> float:
    began = time.process_time_ns()
    analyze(text, lexicons)
    return (time.process_time_ns() - began) / 1e3


def _reduced(text: str, fails: Callable[[str], bool]) -> str:
    """Leave out of a text that fails what it does not need to fail, within reason."""
    step, place = len(text) // 2, 0
    for _ in range(_REDUCTIONS):
        if place >= len(text):
            step, place = step // 2, 0
        if not step:
            break
        less = text[:place] + text[place + step :]
        if fails(less):
            text = less
        else:
            place += step
    return text


def _told(what: str, text: str) -> str:
    more = " ..." if len(text) > _SHOWN_CHARS else ""
    return f"{what}: {text[:_SHOWN_CHARS]!r}{more}"


@dataclass(frozen=True, slots=True, order=True)
class Growth:
    """What a byte costs as one pattern grows."""

    ratio: float
    name: str
    short: float
    """Nanoseconds a byte at `size`, where it cost least."""
    long: float
    """Nanoseconds a byte at the longest."""
    size: int


def _growths(lexicons: Lexicons, tally: Tally) -> list[Growth]:
    """Measure how each pattern grows, the worst first; note those that can't be read at all."""
    growths: list[Growth] = []
    for name, pattern in repetitions().items():
        faults = [fault for size in _SIZES if (fault := _fault(pattern(size), lexicons))]
        if faults:
            tally.broken.append(f"{name} repeated: {faults[0]}")
        else:
            growths.append(_growth(name, pattern, lexicons))
    return sorted(growths, reverse=True)


def _growth(name: str, pattern: Pattern, lexicons: Lexicons) -> Growth:
    """Compare the longest text with either of the shorter ones: a fixed cost may hide in the shortest."""
    nanos = {}
    for size, times in _SIZES.items():
        nanos[size] = min(_nanos_a_byte(pattern(size), lexicons) for _ in range(times))
    long = nanos.pop(LONGEST)
    size = min(nanos, key=nanos.__getitem__)
    return Growth(long / nanos[size], name, nanos[size], long, size)


def _nanos_a_byte(text: str, lexicons: Lexicons) -> float:
    return _micros(text, lexicons) * 1e3 / len(text.encode("utf-8", "surrogatepass"))


def _report(tally: Tally, growths: list[Growth]) -> None:
    print(
        f"  {len(tally.seen):,} different texts of up to {tally.longest:,} bytes, {tally.analyses:,} analyses checked"
    )
    for title, found in (("broken by", tally.broken), ("too slow on", tally.slow)):
        for told in found[:_SHOWN]:
            print(f"  {title} {told}")
    print(_told(f"  slowest a byte, {tally.worst_nanos_a_byte:,.0f} ns", tally.worst))
    print("  a byte of 100 kB beside a byte of less, the worst patterns:")
    for growth in growths[:_SHOWN]:
        print(
            f"    {growth.ratio:.2f} {growth.name}: {growth.long:,.0f} ns beside {growth.short:,.0f} ns"
            f" at {growth.size // 1_000} kB"
        )

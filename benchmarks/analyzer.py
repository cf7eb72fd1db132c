"""Goal A: what understanding a message costs, beside what people usually put together for it, and VADER alone.

Readers take turns group by group, so that whatever else the machine does meets all of them; CPU time counts. Each
language weighs the same. Repeated rounds favour those who remember words; first_sight.py says what new ones cost.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.figures import Figure
from benchmarks.first_sight import first_sight
from benchmarks.larger_lexicon import write_larger_lexicon
from benchmarks.processes import SERVER_CORE, pinned
from benchmarks.readers import KEYWORDS, LANGDETECT, LINGUA, OURS, READERS, USUAL_STACK, VADER, Reader
from benchmarks.utterances import LANGUAGES, LENGTHS, Group, utterances
from callcenter.analysis import analyze, default_lexicons, load_lexicons

ROUNDS: Final = 11
FRESH_PROCESSES: Final = 5
TIMES_LARGER: Final = 10

_SHORT, _MIDDLING, _LONG = LENGTHS
_PASSES: Final = {OURS: 5, VADER: 5, LANGDETECT: 1, KEYWORDS: 2, LINGUA: 5}
"""Over the messages of a group in one round: the quick need more to be measured well."""
_LEXICON_PASSES: Final = 10
_SLOWEST: Final = 3
_SHOWN_CHARS: Final = 50
_ALL: Final = "all"
_STACK: Final = "usual stack"
_LEAST_UNDERSTOOD: Final = 0.8
"""Of the messages that a reader must say something about; else it is quick because it does nothing."""

Rounds = dict[str, dict[Group, list[float]]]
"""For each reader and group, microseconds of CPU a message in each round."""


def measure() -> list[Figure]:
    """Return the figures of goal A."""
    groups = utterances()
    with pinned(SERVER_CORE):
        readers = {name: prepare() for name, prepare in READERS.items()}
        _say(readers, groups)
        rounds = _rounds(readers, groups)
        _report(rounds)
        _report_slowest(readers[OURS], groups)
        tenths = _tenths(readers[OURS], groups)
        packaged, larger = _lexicons(groups)
    _report_first_sights()
    ours = median(_of_all(rounds[OURS], _MIDDLING))
    print(f"  a {_LONG}-word message takes {tenths:.2f} of what its ten tenths take as messages of their own")
    return [
        Figure(
            goal=f"A {_MIDDLING} words, CPU",
            unit="µs",
            ours=ours,
            peer=median(_of_all(rounds[_STACK], _MIDDLING)),
            bound=1 / 20,
            beside="langdetect + VADER + keyword loops",
        ),
        Figure(
            goal=f"A {_MIDDLING} words, CPU",
            unit="µs",
            ours=ours,
            peer=median(_of_all(rounds[VADER], _MIDDLING)),
            bound=1.0,
            beside="VADER alone",
        ),
        Figure(
            goal=f"A {_LONG} words, CPU",
            unit="µs",
            ours=median(_of_all(rounds[OURS], _LONG)),
            peer=ours,
            bound=11.0,
            beside=f"{_MIDDLING} words",
        ),
        Figure(
            goal=f"A {_MIDDLING} words, lexicon x{TIMES_LARGER}",
            unit="µs",
            ours=larger,
            peer=packaged,
            bound=1.3,
            beside="the packaged lexicons",
        ),
    ]


def _rounds(readers: Mapping[str, Reader], groups: Mapping[Group, Sequence[str]]) -> Rounds:
    for reader in readers.values():
        for texts in groups.values():
            _cpu_micros(reader, texts, 1)
    rounds: Rounds = {name: {group: [] for group in groups} for name in (*readers, _STACK)}
    for _ in range(ROUNDS):
        for group, texts in groups.items():
            for name, reader in readers.items():
                rounds[name][group].append(_cpu_micros(reader, texts, _PASSES[name]))
            rounds[_STACK][group].append(sum(rounds[name][group][-1] for name in USUAL_STACK))
    return rounds


def _cpu_micros(reader: Reader, texts: Sequence[str], passes: int) -> float:
    """Return what a message takes on average, in microseconds of CPU."""
    began = time.process_time_ns()
    for _ in range(passes):
        for text in texts:
            reader(text)
    return (time.process_time_ns() - began) / (passes * len(texts)) / 1e3


def _of_all(groups: Mapping[Group, Sequence[float]], length: int) -> list[float]:
    """Return the average over the languages in each round."""
    rounds = zip(*(groups[length, language] for language in LANGUAGES), strict=True)
    return [fmean(each) for each in rounds]


def _tenths(ours: Reader, groups: Mapping[Group, Sequence[str]]) -> float:
    """Return what the long messages take, as a share of what the same words take in messages of a tenth."""
    long = [text for language in LANGUAGES for text in groups[_LONG, language]]
    parts = [
        " ".join(words[at : at + _MIDDLING]) for words in map(str.split, long) for at in range(0, _LONG, _MIDDLING)
    ]
    shares = [
        _cpu_micros(ours, long, 2) * len(long) / (_cpu_micros(ours, parts, 2) * len(parts)) for _ in range(ROUNDS)
    ]
    return median(shares)


def _lexicons(groups: Mapping[Group, Sequence[str]]) -> tuple[float, float]:
    """Return what a middling message takes with the packaged lexicons and with larger ones."""
    with TemporaryDirectory() as place:
        write_larger_lexicon(Path(place), TIMES_LARGER)
        large = load_lexicons(Path(place))
    small = default_lexicons()
    assert len(large.cues) >= TIMES_LARGER * len(small.cues)
    readers: tuple[Reader, Reader] = (lambda text: analyze(text, small), lambda text: analyze(text, large))
    texts = [text for language in LANGUAGES for text in groups[_MIDDLING, language]]
    understood = [(analyze(text, small).intent.intent, analyze(text, large).intent.intent) for text in texts]
    _mostly("the larger lexicon", [before is after for before, after in understood])
    rounds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for took, reader in zip(rounds, readers, strict=True):
            took.append(_cpu_micros(reader, texts, _LEXICON_PASSES))
    for lexicons, took in zip((small, large), rounds, strict=True):
        print(f"  {_MIDDLING} words with {len(lexicons.cues):,} cues, µs: {_each(took)}")
    return median(rounds[0]), median(rounds[1])


def _say(readers: Mapping[str, Reader], groups: Mapping[Group, Sequence[str]]) -> None:
    """Make sure that all of them read: who says nothing is of no use, however quickly."""
    english, arabic = groups[_MIDDLING, "en"], groups[_MIDDLING, "ar"]
    lexicons = default_lexicons()
    for language in LANGUAGES:
        found = [analyze(text, lexicons) for text in groups[_MIDDLING, language]]
        _mostly(f"our intents in {language}", [bool(each.intent.evidence) for each in found])
        _mostly(f"our languages in {language}", [each.language.language is not None for each in found])
    _mostly("VADER", [readers[VADER](text) != readers[VADER]("") for text in english])
    _mostly("langdetect", [readers[LANGDETECT](text) == "ar" for text in arabic])
    _mostly("langdetect", [readers[LANGDETECT](text) == "en" for text in english])
    _mostly("lingua", [readers[LINGUA](arabic[0]) == readers[LINGUA](text) is not None for text in arabic])


def _mostly(who: str, understood: Sequence[bool]) -> None:
    assert fmean(understood) >= _LEAST_UNDERSTOOD, f"{who}: {understood}"


def _report(rounds: Rounds) -> None:
    columns = [OURS, VADER, LANGDETECT, KEYWORDS, _STACK, LINGUA]
    print(f"  µs of CPU a message {''.join(f'{name:>13}' for name in columns)}{'ours/VADER':>13}{'ours/stack':>13}")
    for length in LENGTHS:
        for language in (*LANGUAGES, _ALL):
            took = {
                name: median(_of_all(groups, length) if language == _ALL else groups[length, language])
                for name, groups in rounds.items()
            }
            print(
                f"  {length:>5} words  {language:<7}{''.join(f'{took[name]:>13,.1f}' for name in columns)}"
                f"{took[OURS] / took[VADER]:>13.2f}{took[OURS] / took[_STACK]:>13.4f}"
            )
    for name in (OURS, VADER, _STACK):
        print(f"  {_MIDDLING} words, each round, {name}: {_each(_of_all(rounds[name], _MIDDLING))}")


def _report_slowest(ours: Reader, groups: Mapping[Group, Sequence[str]]) -> None:
    """Name the messages that cost us most: an average hides a few that are read the long way."""
    took = sorted(
        (
            (min(_cpu_micros(ours, [text], 1) for _ in range(ROUNDS)), text)
            for language in LANGUAGES
            for text in groups[_MIDDLING, language]
        ),
        reverse=True,
    )
    print(f"  our median {_MIDDLING}-word message takes {median(each for each, _ in took):.1f} µs; the slowest:")
    for micros, text in took[:_SLOWEST]:
        print(f"    {micros:,.1f} µs: {text[:_SHOWN_CHARS]} ...")


def _report_first_sights() -> None:
    """Print what fresh processes take, each message seen once."""
    print("  each message once in a fresh process, µs of CPU: median (mean)")
    for name in (OURS, VADER, LANGDETECT, LINGUA):
        sights = [first_sight(name, seed) for seed in range(FRESH_PROCESSES)]
        lengths = "; ".join(
            f"{length} words {median(sight.medians[length] for sight in sights):,.0f}"
            f" ({median(sight.means[length] for sight in sights):,.0f})"
            for length in map(str, LENGTHS)
        )
        ready, first = median(sight.ready for sight in sights), median(sight.first for sight in sights)
        print(f"    {name}: {lengths}; first of all {first:,.0f}, made ready in {ready:,.0f}")


def _each(values: Sequence[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)

"""Show what languages lack in each other's words: the packaged ones, or a company's own beside the packaged.

Reads the files and lays out what callcenter/analysis found in them. Invariant: words of a file, which may be Arabic,
stand last on their line, so that they can't reorder the rest.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from callcenter.analysis import default_lexicons, load_lexicons
from callcenter.analysis.lexicon import PACKAGED
from callcenter.analysis.lexicon_file import LABELS, Cue, LexiconFile
from callcenter.analysis.lexicon_gaps import Gap, GapKind, MissingDialects, Standing, counts, gaps, missing_dialects
from callcenter.analysis.lexicon_remarks import Entry, Remark, remarks
from callcenter.company.loader import COMPANY_FILE
from callcenter.errors import ConfigurationError

_INDENT: Final = "  "
_NOTHING: Final = ("", "Nothing is missing, and nothing is odd.")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_HEADINGS: Final = {
    GapKind.label: "What one language has no words for",
    GapKind.section: "Sections that one language lacks",
    GapKind.few: "What one language has few words for",
}


def examine(folder: Path | None, *, as_json: bool) -> bool:
    """Print what is found in `folder`'s words, and return whether no language lacks what another has.

    Raises LexiconInvalid, ConfigurationError.
    """
    place = _words_of(folder) if folder else PACKAGED
    beside: Sequence[Cue] = ()
    if folder:
        load_lexicons(place)
        beside = default_lexicons().cues
    entries = [entry for path in sorted(place.glob("*.toml")) for entry in read_entries(path)]
    cues = [entry.cue for entry in entries]
    found, dialects, odd = gaps(cues, beside), missing_dialects(cues), remarks(entries, beside)
    if as_json:
        typer.echo(_document(counts(cues), found, dialects, odd))
    else:
        told = [*_gap_lines(found), *_dialect_lines(dialects), *_remark_lines(odd)] or _NOTHING
        for line in (*_table(counts(cues)), *told):
            typer.echo(line)
    return not any(gap.fails for gap in found)


def read_entries(path: Path) -> Iterator[Entry]:
    """Yield the entries of one file with their lines, without the forms made from `verbs`, which stand in no line."""
    file = LexiconFile(path)
    for key in file.tree.keys() - LABELS.keys():
        file.plain_words(key)
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(file.raw.splitlines(), 1):
        for double, single in _QUOTED.findall(line):
            lines[double or single].append(number)
    for cue in file.cues():
        if standing := lines[cue.text]:
            yield Entry(cue, f"{path}:{standing.pop(0) if len(standing) > 1 else standing[0]}")


def _words_of(folder: Path) -> Path:
    """Return where `folder`, a company's or one of words, keeps its words."""
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}; `callcenter init DIR` makes one for a company.")
    own = folder / "lexicon"
    if (folder / COMPANY_FILE).exists() and not own.is_dir():
        raise ConfigurationError(f"{folder} has no words of its own yet; they go into {own}, as ar.toml and en.toml.")
    place = own if own.is_dir() else folder
    if not any(place.glob("*.toml")):
        raise ConfigurationError(f"There are no word files in {place}; they are called ar.toml and en.toml.")
    return place


def _table(counted: dict[str, dict[str, int]]) -> Iterator[str]:
    names = list(next(iter(counted.values()), {}))
    total = {name: sum(each[name] for each in counted.values()) for name in names}
    width = max(map(len, ["entries", *counted]))
    yield f"{'entries':<{width}}" + "".join(f"{name:>9}" for name in names)
    for label, each in {**counted, "all": total}.items():
        yield f"{label:<{width}}" + "".join(f"{each[name]:>9}" for name in names)


def _gap_lines(found: Sequence[Gap]) -> Iterator[str]:
    for kind, heading in _HEADINGS.items():
        shown = [gap for gap in found if gap.kind is kind and gap.standing is not Standing.accepted]
        lines = [f"{gap.section}: {gap.language} has {_numbers(gap)}{_because(gap)}" for gap in shown]
        yield from _block(heading, lines)
    accepted = sum(gap.standing is Standing.accepted for gap in found)
    if accepted:
        yield from ("", f"Sections that one language has no need of: {accepted}; --json tells the reasons.")


def _numbers(gap: Gap) -> str:
    others = ", ".join(f"{name} {count}" for name, count in gap.entries.items() if name != gap.language)
    return f"{gap.entries[gap.language] or 'none'}, {others}"


def _because(gap: Gap) -> str:
    return f" (known: {gap.reason})" if gap.reason else ""


def _dialect_lines(dialects: Iterable[MissingDialects]) -> Iterator[str]:
    lines = [f"{each.lexicon} {each.label}: none marked {', '.join(each.dialects)}" for each in dialects]
    yield from _block("Dialects missing where others have words of their own", lines)


def _remark_lines(odd: Iterable[Remark]) -> Iterator[str]:
    lines = [f"{each.place}: {each.kind}: {each.says}  “{each.text}”" for each in odd]
    yield from _block("Entries to look at", lines)


def _block(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", heading, *(f"{_INDENT}{line}" for line in lines))


def _document(
    counted: dict[str, dict[str, int]],
    found: Sequence[Gap],
    dialects: Sequence[MissingDialects],
    odd: Sequence[Remark],
) -> str:
    whole = {
        "ok": not any(gap.fails for gap in found),
        "entries": counted,
        "gaps": [gap.model_dump(mode="json") for gap in found],
        "dialects": [each.model_dump(mode="json") for each in dialects],
        "remarks": [each.model_dump(mode="json") for each in odd],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)

"""Read scenarios from TOML files, or say all that is wrong with them at once: file, line, place and reason.

What a scenario may say stands in scenarios.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from callcenter.errors import ConfigurationError
from callcenter.evaluation.scenarios import Scenario, Script


def load_scenarios(place: Path, only: Sequence[str] = ()) -> tuple[Scenario, ...]:
    """Read the scenarios of a folder, by name, or those named in `only`; or one file.

    Raises ConfigurationError with every problem found, a line each.
    """
    files = [place] if place.is_file() else sorted(place.glob("*.toml"))
    if not files:
        what = "no scenario (*.toml) in" if place.is_dir() else "no folder or file"
        raise ConfigurationError(f"There is {what} {place}; docs/simulate.md says how to write one.")
    names = [file.stem for file in files]
    if unknown := [name for name in only if name not in names]:
        raise ConfigurationError(f"No scenario is named {', '.join(unknown)}; there are {', '.join(names)}.")
    problems: list[str] = []
    wanted = (file for file in files if not only or file.stem in only)
    found = [scenario for file in wanted if (scenario := _read(file, problems)) is not None]
    if problems:
        raise ConfigurationError("The scenarios can't be used:" + "".join(f"\n  {each}" for each in problems))
    return tuple(found)


def _read(file: Path, problems: list[str]) -> Scenario | None:
    try:
        text = file.read_text(encoding="utf-8-sig")
        script = Script.model_validate(tomllib.loads(text))
    except ValidationError as error:
        every = error.errors(include_url=False)
        below = {found["loc"][:depth] for found in every for depth in range(len(found["loc"]))}
        for found in every:
            if found["type"] == "too_short" and found["loc"] in below:
                continue  # a list whose only member is wrong; that member's own problem says it all
            where = tuple(part for part in found["loc"] if part != "[key]")
            reason = _REASONS.get(found["type"], found["msg"].removeprefix("Value error, "))
            line = f":{_line_of(text, where)}" if where else ""
            problems.append(f"{file}{line}: {_named(where)}{' '.join(reason.split())}")
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{file}: not valid TOML: {error}")
    except UnicodeDecodeError as error:
        problems.append(f"{file}: not UTF-8 text (byte {error.start})")
    except OSError as error:
        problems.append(f"{file}: the file can't be read: {error.strerror}")
    else:
        return Scenario(name=file.stem, script=script)
    return None


_Place = tuple[int | str, ...]

_REASONS: Final = {
    "missing": "it is missing",
    "extra_forbidden": "unknown key",
    "string_too_short": "it is empty",
    "timezone_aware": "it needs an offset, such as 2026-11-22T09:30:00+03:00",
}
"""Our words for what pydantic reports under these names."""
_TURN: Final = "turn"
_TURN_HEADER: Final = re.compile(r"\s*\[\[\s*turn\s*]]")


def _named(place: _Place) -> str:
    """Write a place in a script as people do: `turn 2: says.ar: `."""
    match place:
        case (str(top), int(index), *rest) if top == _TURN:
            turn, inner = f"{_TURN} {index + 1}: ", rest
        case _:
            turn, inner = "", list(place)
    key = ".".join(part for part in inner if isinstance(part, str))
    return f"{turn}{key}: " if key else turn


def _line_of(text: str, place: _Place) -> int:
    """Return the line, counted from 1, where `place` stands, or what holds it: tomllib keeps no lines."""
    lines = text.splitlines()
    start, end = 0, len(lines)
    keys = [part for part in place if isinstance(part, str)]
    if len(place) > 1 and place[0] == _TURN and isinstance(place[1], int):
        headers = [number for number, line in enumerate(lines) if _TURN_HEADER.match(line)]
        start = headers[place[1]] if place[1] < len(headers) else 0
        end = next((each for each in headers if each > start), end)
        keys = keys[1:]
    for depth in range(len(keys), 0, -1):
        path = r"\s*\.\s*".join(rf"[\"']?{re.escape(key)}[\"']?" for key in keys[:depth])
        stated = re.compile(rf"\s*(?:\[+\s*(?:{_TURN}\s*\.\s*)?)?{path}\s*[=.\]]")
        found = next((number for number in range(start, end) if stated.match(lines[number])), None)
        if found is not None:
            return found + 1
    return start + 1

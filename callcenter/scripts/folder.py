"""Read a company's own scripts from its folder: `scripts/ID.toml`, one file a script.

All that is wrong with a folder is said at once: file, field and reason, one line each.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from callcenter.errors import CompanyInvalid
from callcenter.scripts.script import Script, ScriptStatus, known_slug

_SET_HERE: Final = frozenset({"id", "version", "status", "updated_at", "actor"})
"""What a file does not say itself."""


def read_folder(company: Path, *, services: Collection[str]) -> tuple[Script, ...]:
    """Return the scripts of a company's folder, published, by id; none where it has no `scripts`.

    `services` are the ids of those the company offers. Raises CompanyInvalid with every problem found.
    """
    scripts: list[Script] = []
    problems: list[str] = []
    for path in sorted((company / "scripts").glob("*.toml")):
        try:
            script = _read(path)
        except (ValueError, OSError) as error:
            problems += (f"scripts/{path.name}: {reason}" for reason in _reasons(error))
            continue
        scripts.append(script)
        problems += (
            f"scripts/{path.name}: demand.services: the company offers no {each!r}"
            for each in script.demand.services
            if each not in services
        )
    if problems:
        listing = "".join(f"\n  {problem}" for problem in problems)
        raise CompanyInvalid(f"The scripts in {company} can't be used:{listing}", folder=str(company))
    return tuple(scripts)


def _read(path: Path) -> Script:
    if not known_slug(path.stem):
        raise ValueError("a script's file is called ID.toml: lower case, digits and hyphens")
    document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    if own := _SET_HERE & document.keys():
        raise ValueError(f"it does not say its {', '.join(sorted(own))}: the file's name and the program do")
    return Script.model_validate({**document, "id": path.stem, "status": ScriptStatus.published})


def _reasons(error: Exception) -> list[str]:
    match error:
        case ValidationError():
            found = error.errors(include_url=False, include_input=False)
            return [f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in found]
        case tomllib.TOMLDecodeError():
            return [f"no valid TOML: {error}"]
        case UnicodeDecodeError():
            return [f"not UTF-8 text (byte {error.start})"]
        case _:
            return [str(error)]

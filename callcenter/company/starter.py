"""Give a new business a company folder to start from: a copy of the demo, which is complete and says how to fill it in.

Never writes over anything: the target must be absent or empty.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from callcenter.errors import ConfigurationError

DEMO: Final = Path(__file__).parent / "demo"
"""The demo company: Ornina, a digital-services firm."""


def copy_demo(target: Path) -> tuple[Path, ...]:
    """Copy the demo company into `target` and return the files written; raise ConfigurationError if it isn't free."""
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ConfigurationError(
                f"{target} exists and is not an empty folder; name a new one, or move what is in it away first.",
                target=str(target),
            )
        shutil.copytree(DEMO, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except OSError as error:
        raise ConfigurationError(
            f"{target} can't be written: {error.strerror or error}; name a folder you may write to.",
            target=str(target),
        ) from error
    return tuple(sorted(path for path in target.rglob("*") if path.is_file()))

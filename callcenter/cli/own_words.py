"""Find the words that a company adds to the packaged ones, for commands that need nothing else of its folder."""

from __future__ import annotations

from pathlib import Path

from callcenter.analysis import Lexicons, default_lexicons, load_lexicons
from callcenter.errors import ConfigurationError


def lexicons_with(company: Path | None) -> Lexicons:
    """Return the packaged words and those of the folder `company`. Raises ConfigurationError, LexiconInvalid."""
    if company is None:
        return default_lexicons()
    if not company.is_dir():
        raise ConfigurationError(f"There is no company folder {company}; `callcenter init DIR` makes one.")
    own = company / "lexicon"
    return load_lexicons(own) if own.is_dir() else default_lexicons()

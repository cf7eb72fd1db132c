"""Whether the primary store is asked, and why not. Nobody who waits for an answer is to find out a second time."""

from __future__ import annotations

import logging

from callcenter.errors import ProviderError, StoreRefused, StoreUnavailable

AWAY = (StoreUnavailable, StoreRefused)
"""Errors that the next caller would meet as well; all others are about what was asked."""

_log = logging.getLogger(__name__)


class Outage:
    """Begins with the first failure, ends when the primary was seen at work again."""

    def __init__(self) -> None:
        self.reason: str | None = None
        """A code of errors.py; None: the primary is asked."""

    @property
    def on(self) -> bool:
        """Whether the primary is left alone."""
        return self.reason is not None

    def begin(self, error: ProviderError) -> None:
        """Leave the primary alone from now on."""
        if self.reason != error.code:
            _log.error("store is away, calls go on in the journal", extra={"code": error.code})
        self.reason = error.code

    def end(self) -> None:
        """Ask the primary again."""
        if self.on:
            _log.warning("store is back", extra={"code": self.reason})
        self.reason = None

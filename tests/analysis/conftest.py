"""What the analyzer's tests share: the packaged lexicons, compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.analysis import analyze, default_lexicons

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.analysis import Lexicons, MessageAnalysis


@pytest.fixture(scope="session")
def lexicons() -> Lexicons:
    return default_lexicons()


@pytest.fixture
def read(lexicons: Lexicons) -> Callable[[str], MessageAnalysis]:
    return lambda text: analyze(text, lexicons)

"""The same rules as for the tests: one mark a module, and nothing that a shell has set gets in."""

from __future__ import annotations

from tests.conftest import pytest_collection_modifyitems, pytest_configure

__all__ = ["pytest_collection_modifyitems", "pytest_configure"]

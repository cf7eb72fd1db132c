"""The demo company as loaded, and a copy of its folder to damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.company import DEMO, Company, copy_demo, load_company

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def demo() -> Company:
    return load_company(DEMO)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy_demo(tmp_path / "company")
    return tmp_path / "company"

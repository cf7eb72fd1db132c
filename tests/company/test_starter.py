"""A new business gets a folder that loads as it is, and nothing of its own is ever written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.company import DEMO, copy_demo, load_company
from callcenter.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("existing", [True, False])
def test_the_copy_loads_and_equals_the_demo(tmp_path: Path, existing: bool):  # noqa: FBT001 (a pytest parameter)
    target = tmp_path / "new" / "شركتي"
    if existing:
        target.mkdir(parents=True)
    written = copy_demo(target)
    assert {path.relative_to(target) for path in written} == {
        path.relative_to(DEMO) for path in DEMO.rglob("*") if path.is_file()
    }
    assert load_company(target) == load_company(DEMO)
    assert set(load_company(target).tables) == {"accounts", "orders"}


def test_the_copy_says_how_to_fill_it_in_in_both_languages(tmp_path: Path):
    copy_demo(tmp_path / "company")
    readme = (tmp_path / "company" / "README.md").read_text(encoding="utf-8")
    for word in (
        "tables/orders.csv",
        "tables/NAME.csv",
        "tables/الاسم.csv",
        "articles/SLUG.ar.md",
        "articles/الاسم.ar.md",
    ):
        assert word in readme
    for word in ("CALLCENTER_COMPANY", "services/ID.toml", "services/المعرّف.toml", "الكلمات الدالة", "Keywords"):
        assert word in readme


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not an empty folder; name a new one"):
        copy_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_left_alone(tmp_path: Path):
    (tmp_path / "company").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        copy_demo(tmp_path / "company")
    with pytest.raises(ConfigurationError, match="can't be written"):
        copy_demo(tmp_path / "company" / "below")

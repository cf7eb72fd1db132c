"""Scripts from the company's folder, and by whom they are changed."""

from __future__ import annotations

import pytest

from callcenter.calls import Language, Slot
from callcenter.company import DEMO, load_company
from callcenter.errors import CompanyInvalid, ScriptConflict, ScriptExists, ScriptNotFound
from callcenter.scripts import ScriptBody, ScriptStatus
from callcenter.scripts.book import ScriptBook
from callcenter.scripts.folder import read_folder
from callcenter.store.sqlite import SQLiteStore
from tests.factories import NOON

pytestmark = pytest.mark.unit

SERVICES = {each.id for each in load_company(DEMO).services}
OWN = read_folder(DEMO, services=SERVICES)
GOOD = (DEMO / "scripts" / "appointment-change.toml").read_text(encoding="utf-8")


@pytest.fixture
async def store(tmp_path):
    kept = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    yield kept
    await kept.close()


def book_on(store, folder=OWN):
    return ScriptBook(store=store, folder=folder, now=lambda: NOON)


def body_of(script):
    return ScriptBody.model_validate({name: getattr(script, name) for name in ScriptBody.model_fields})


def test_the_demo_has_useful_scripts_in_both_languages():
    assert {each.id for each in OWN} >= {"website-brief", "training-enrolment", "slow-website", "appointment-change"}
    for script in OWN:
        assert (script.status, script.version) == (ScriptStatus.published, 0)
        assert any(step.slot is Slot.contact for step in script.steps), script.id
        for step in script.steps:
            assert step.question.ar.endswith(("؟", "."))
            assert step.question.en.endswith(("?", "."))
            for option in step.options:
                assert option.label[Language.ar] != option.label[Language.en]


def test_a_company_without_scripts_has_none(tmp_path):
    assert read_folder(tmp_path, services=()) == ()


def test_all_that_is_wrong_with_a_folder_is_said_at_once(tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    texts = {
        "Bad Name": GOOD,
        "no-toml": "= =",
        "half": GOOD.replace('en = "Preferred time"', ""),
        "own-version": f"version = 7\n{GOOD}",
        "both": GOOD.replace('kind = "text"', 'kind = "text"\nslot = "description"', 1),
        "poor-choice": GOOD.replace('kind = "text"', 'kind = "choice"', 1),
        "twice": GOOD.replace('id = "new-time"', 'id = "appointment"'),
        "mute": GOOD.replace('ar = [\n  "تغيير الموعد"', 'fr = [\n  "x"'),
        "stranger": GOOD.replace("[demand]", '[demand]\nservices = ["no-such"]'),
        "good": f"\ufeff{GOOD}",
    }
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    (folder / "latin.toml").write_bytes(b'closing = "\xe9"')
    with pytest.raises(CompanyInvalid) as caught:
        read_folder(tmp_path, services=SERVICES)
    told = caught.value.message.splitlines()[1:]
    assert {line.split(":")[0].strip() for line in told} == {
        f"scripts/{name}.toml" for name in (*texts, "latin") if name != "good"
    }
    assert any("steps.1.label.en" in line for line in told)
    assert any("'no-such'" in line for line in told)


async def test_a_script_is_followed_from_when_it_is_published_until_it_is_archived(store):
    book = book_on(store, folder=())
    drafted = await book.create("visit", body_of(OWN[0]), actor="sara")
    assert (drafted.version, drafted.status, drafted.actor, drafted.updated_at) == (1, "draft", "sara", NOON)
    assert book.current().get("visit") is None
    await book.set_status("visit", ScriptStatus.published, actor="sara")
    assert book.current().get("visit") is not None
    edited = await book.edit("visit", {"closing": OWN[1].closing}, version=2, actor="omar")
    assert (edited.version, edited.closing) == (3, OWN[1].closing)
    assert book.current().get("visit").script.closing == OWN[1].closing
    await book.set_status("visit", ScriptStatus.archived, actor="omar")
    assert book.current().get("visit") is None
    kept = await book.versions("visit")
    assert [(each.version, each.status, each.actor) for each in kept] == [
        *((1, "draft", "sara"), (2, "published", "sara"), (3, "published", "omar"), (4, "archived", "omar"))
    ]


async def test_the_folders_script_is_version_0_and_an_edit_stands_over_it(store):
    book = book_on(store)
    await book.edit("website-brief", {"closing": OWN[0].closing}, actor="sara")
    assert [each.version for each in await book.versions("website-brief")] == [0, 1]
    again = book_on(store)
    await again.begin()
    assert again.current().get("website-brief").script.closing == OWN[0].closing
    assert (await again.edit("website-brief", {"closing": OWN[0].closing}, actor="omar")).version == 1


async def test_a_change_by_another_process_counts_once_somebody_asks(store):
    one, other = book_on(store), book_on(store)
    await one.set_status("website-brief", ScriptStatus.archived, actor="sara")
    assert other.current().get("website-brief") is not None
    assert {each.id: each.status for each in await other.scripts()}["website-brief"] is ScriptStatus.archived
    assert other.current().get("website-brief") is None


async def test_refusals_say_what_is_wrong(store):
    book = book_on(store)
    with pytest.raises(ScriptExists):
        await book.create("website-brief", body_of(OWN[0]), actor="sara")
    with pytest.raises(ScriptConflict):
        await book.edit("website-brief", {"closing": OWN[0].closing}, version=7, actor="sara")
    for work in (book.script, book.versions):
        with pytest.raises(ScriptNotFound):
            await work("no-such")


async def test_without_a_store_the_folders_scripts_are_followed(store):
    book = book_on(store)
    await store.close()
    await book.begin()
    assert book.current().get("website-brief") is not None

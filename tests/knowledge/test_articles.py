"""Articles from the company's folder, from documents, and by whom they are changed; and what nobody could answer."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading

import pytest

from callcenter.analysis import ConversationAnalyzer, default_lexicons
from callcenter.calls import Language
from callcenter.company import DEMO
from callcenter.errors import (
    ArticleConflict,
    ArticleExists,
    ArticleNotFound,
    CompanyInvalid,
    ConfigurationError,
    DocumentUnreadable,
    InvalidRequest,
    StoreUnavailable,
)
from callcenter.knowledge import ArticleStatus, ArticleText
from callcenter.knowledge.documents import read_document
from callcenter.knowledge.folder import read_folder
from callcenter.knowledge.library import Library
from callcenter.store.sqlite import SQLiteStore
from tests.factories import NOON

pytestmark = pytest.mark.unit

AR, EN = Language.ar, Language.en
ANALYZER = ConversationAnalyzer(default_lexicons())
PARKING = {
    AR: ArticleText(title="مواقف السيارات", body="خلف المبنى."),
    EN: ArticleText(title="Parking", body="Behind the house."),
}


def library_on(store, folder=(), answered=lambda _text: False):
    return Library(store=store, folder=folder, analyzer=ANALYZER, default=AR, answered=answered, now=lambda: NOON)


@pytest.fixture
async def store(tmp_path):
    kept = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    yield kept
    await kept.close()


# The folder.


def test_every_demo_article_stands_in_both_languages_and_is_published():
    articles = read_folder(DEMO)
    assert len(articles) >= 9
    for each in articles:
        assert set(each.texts) == set(Language), each.slug
        assert (each.status, each.version) == (ArticleStatus.published, 0)
        assert each.tags


def test_a_company_without_articles_has_none(tmp_path):
    assert read_folder(tmp_path) == ()


def test_all_that_is_wrong_with_a_folder_is_said_at_once(tmp_path):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "Bad Name.ar.md").write_text("---\ntitle: x\n---\ny", encoding="utf-8")
    (folder / "no-front.ar.md").write_text("just text", encoding="utf-8")
    (folder / "odd.en.md").write_text("---\ntitle: x\nauthor: me\n---\ny", encoding="utf-8")
    (folder / "empty.en.md").write_text("---\ntitle: x\n---\n  \n", encoding="utf-8")
    (folder / "latin.en.md").write_bytes(b"---\ntitle: \xe9\n---\ny")
    (folder / "good.en.md").write_text("\ufeff---\r\ntitle: Good\r\n---\r\nText.", encoding="utf-8")
    with pytest.raises(CompanyInvalid) as caught:
        read_folder(tmp_path)
    told = caught.value.message.splitlines()[1:]
    assert [line.split(":")[0].strip() for line in told] == [
        *("articles/Bad Name.ar.md", "articles/empty.en.md", "articles/latin.en.md"),
        *("articles/no-front.ar.md", "articles/odd.en.md"),
    ]


# Documents.

PAGE = """<html><head><title>سياسة الإرجاع</title><style>p {color: red}</style></head><body><nav>Home</nav>
<h2>متى؟</h2><p>خلال <b>14</b> يومًا.</p><script>alert(1)</script><ul><li><a href="https://x.example">اطلبوها</a></li></ul></body></html>"""


def test_a_page_becomes_markdown_without_what_nobody_reads():
    text, tags = read_document(PAGE.encode(), "text/html")
    assert (text.title, tags) == ("سياسة الإرجاع", ())
    assert text.body.startswith("## متى؟")
    assert "14" in text.body
    assert "اطلبوها" in text.body
    for unseen in ("alert", "color", "Home", "https://", "<"):
        assert unseen not in text.body


def test_documents_bring_their_titles_along():
    assert read_document(b"# Parking\n\nBehind.", "text/markdown")[0] == ArticleText(title="Parking", body="Behind.")
    front, tags = read_document("---\ntitle: مواقف\ntags: سيارة، موقف\n---\nخلف.".encode(), "text/markdown")
    assert (front.title, front.body, tags) == ("مواقف", "خلف.", ("سيارة", "موقف"))
    assert read_document(b"Parking\nBehind.", "text/plain")[0].title == "Parking"
    assert read_document(b"Behind.", "text/plain", title="Parking")[0].title == "Parking"


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\xff\xfe\x00", "text/plain"),
        (b"a\x00b", "text/plain"),
        (b"", "text/markdown"),
        (b"<html><script>x</script></html>", "text/html"),
        (b"x" * 12_001, "text/plain"),
        (b"---\nauthor: me\n---\ny", "text/markdown"),
        (b"<div>" * 20_000 + b"deep", "text/html"),
    ],
)
def test_a_document_that_is_none_is_refused(content, media):
    with pytest.raises(DocumentUnreadable):
        read_document(content, media)


# Changing.


async def test_an_article_is_found_from_when_it_is_published_until_it_is_archived(store):
    library = library_on(store)
    drafted = await library.create("parking", PARKING, ("موقف", "garage"), actor="sara")
    assert (drafted.version, drafted.status, drafted.actor, drafted.updated_at) == (1, "draft", "sara", NOON)
    assert library.retrieve("where is the parking", EN) == ()
    await library.set_status("parking", ArticleStatus.published, actor="sara")
    assert [each.slug for each in library.retrieve("where is the parking", EN)] == ["parking"]
    assert [each.language for each in library.retrieve("وين موقف السيارات", AR)] == [AR]
    edited = await library.edit("parking", texts={EN: None}, version=2, actor="omar")
    assert (edited.version, set(edited.texts)) == (3, {AR})
    assert [each.other_language for each in library.retrieve("where is the garage", EN)] == [True]
    await library.set_status("parking", ArticleStatus.archived, actor="omar")
    assert library.retrieve("وين موقف السيارات", AR) == ()
    kept = await library.versions("parking")
    assert [(each.version, each.status, each.actor) for each in kept] == [
        *((1, "draft", "sara"), (2, "published", "sara"), (3, "published", "omar"), (4, "archived", "omar"))
    ]
    assert kept[0].texts == PARKING


async def test_what_changes_nothing_makes_no_version(store):
    library = library_on(store)
    await library.create("parking", PARKING, (), actor="sara")
    assert (await library.edit("parking", texts=PARKING, actor="omar")).version == 1
    assert (await library.set_status("parking", ArticleStatus.draft, actor="omar")).version == 1
    assert len(await library.versions("parking")) == 1


async def test_the_folders_article_is_version_0_and_an_edit_stands_over_it(store):
    folder = read_folder(DEMO)
    library = library_on(store, folder)
    await library.edit("opening-hours", texts={EN: ArticleText(title="Opening hours", body="Always.")}, actor="sara")
    assert [each.version for each in await library.versions("opening-hours")] == [0, 1]
    again = library_on(store, folder)
    await again.begin()
    assert again.retrieve("what are your opening hours", EN)[0].text == "Always."
    assert again.retrieve("ما هي أوقات العمل", AR)[0].language is AR
    await again.set_status("opening-hours", ArticleStatus.archived, actor="sara")
    assert "opening-hours" not in {each.slug for each in again.retrieve("what are your opening hours", EN)}


async def test_refusals_say_what_is_wrong(store):
    library = library_on(store)
    await library.create("parking", PARKING, (), actor="sara")
    with pytest.raises(ArticleExists):
        await library.create("parking", PARKING, (), actor="sara")
    with pytest.raises(ArticleConflict):
        await library.edit("parking", tags=("garage",), version=7, actor="sara")
    with pytest.raises(InvalidRequest):
        await library.edit("parking", texts={AR: None, EN: None}, actor="sara")
    for work in (library.article, library.versions):
        with pytest.raises(ArticleNotFound):
            await work("no-such")


async def test_a_change_by_another_process_is_found_once_somebody_asks(store):
    one, other = library_on(store), library_on(store)
    await one.create("parking", PARKING, (), actor="sara")
    await one.set_status("parking", ArticleStatus.published, actor="sara")
    assert other.retrieve("parking", EN) == ()
    assert [each.slug for each in await other.search("parking", EN)] == ["parking"]
    assert other.retrieve("parking", EN)


# Gaps.


async def test_a_question_that_finds_nothing_is_a_gap_without_numbers_and_addresses(store):
    library = library_on(store, read_folder(DEMO))
    for question in (
        "هل عندكم مواقف للدراجات؟ رقمي 0501234567",
        "هل عندكم مواقف للدراجات؟ رقمي ٠٥٠١٢٣٤٥٦٨",
        "Do you rent bicycles? write to sara@mail.example or +966 50 123 4567, order ORD-99812",
    ):
        assert await library.search(question, AR if "ه" in question else EN) == ()
    assert await library.search("cancel my order", EN)
    found = await library.gaps()
    assert [(each.language, each.count) for each in found] == [(AR, 2), (EN, 1)]
    assert found[0].question.startswith("هل عندكم مواقف للدراجات")
    for each in found:
        assert not any(char.isdigit() for char in each.question)
        assert "@" not in each.question


async def test_on_a_call_only_a_question_nobody_here_answers_is_a_gap(store):
    library = library_on(store, answered=lambda text: "website" in text)
    for text in ("Do you rent bicycles?", "How much is a website?", "my parcel is late and I am angry", "ok"):
        library.on_call(text, EN, ANALYZER.analyze(text))
    assert [each.question for each in await library.gaps()] == ["do you rent bicycles?"]


async def test_gaps_wait_here_while_the_store_is_away_and_are_bounded(store, tmp_path):
    library = library_on(store)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await library.search("Do you rent bicycles?", EN)
    for number in range(300):
        text = f"do you rent {chr(97 + number // 26)}q{chr(97 + number % 26)}"
        library.on_call(f"{text}?", EN, ANALYZER.analyze("Do you rent bicycles?"))
    with pytest.raises(StoreUnavailable):
        await library.gaps()
    library._store = await SQLiteStore.open(tmp_path / "calls.sqlite3")
    assert len(await library.gaps()) == 200
    await library._store.close()


@pytest.mark.parametrize("text", ["a\0b", "\0", " ", ""])
def test_the_schema_says_what_is_no_title(text):
    pattern = ArticleText.model_json_schema()["properties"]["title"]["pattern"]
    assert re.search(pattern, text) is None
    assert re.search(pattern, "a b")


async def test_a_flush_that_is_stopped_loses_no_question(store):
    library = library_on(store)
    library.on_call("Do you rent bicycles?", EN, ANALYZER.analyze("Do you rent bicycles?"))
    flushing = asyncio.create_task(library.flush())
    await asyncio.sleep(0)
    flushing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    assert [each.question for each in await library.gaps()] == ["do you rent bicycles?"]


async def test_a_question_beside_every_article_is_a_gap_though_words_are_found(store):
    library = library_on(store, read_folder(DEMO))
    text = "How do I change my name?"
    found = library.on_call(text, EN, ANALYZER.analyze(text))
    assert not any(each.on_subject for each in found)
    assert [each.question for each in await library.gaps()] == ["how do i change my name?"]


async def test_who_only_looks_collects_no_gap(store):
    library = library_on(store)
    text = "Do you rent bicycles?"
    library.on_call(text, EN, ANALYZER.analyze(text), collect=False)
    assert await library.gaps() == []


async def test_without_a_store_the_folders_articles_are_found(store):
    library = library_on(store, read_folder(DEMO))
    await store.close()
    await library.begin()
    assert library.retrieve("cancel my order", EN)
    await library.close()


async def test_an_index_is_built_off_the_event_loop(store, monkeypatch):
    built = []
    library = library_on(store)
    real = sqlite3.connect

    def connect(*args, **kwargs):
        built.append(threading.current_thread())
        return real(*args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", connect)
    await library.create("parking", PARKING, (), actor="sara")
    assert threading.main_thread() not in built


def test_a_python_without_full_text_search_is_refused_with_a_sentence(monkeypatch):
    class Poor(sqlite3.Connection):
        def execute(self, sql, *values):
            if "fts5" in sql:
                raise sqlite3.OperationalError("no such module: fts5")
            return super().execute(sql, *values)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: real(*args, factory=Poor, **kwargs))
    with pytest.raises(ConfigurationError, match="FTS5"):
        library_on(None)

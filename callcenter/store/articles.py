"""Articles and gaps in every store: what SQLite, Supabase and the journal do of `ArticleStore`, mixed into each.

How versions are kept is versions.py's.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import TypeAdapter

from callcenter.errors import ArticleConflict
from callcenter.knowledge.article import MAX_GAPS, MAX_VERSIONS, Article, ArticleStore, Gap
from callcenter.store.rows import time_text
from callcenter.store.versions import Versioned

if TYPE_CHECKING:
    from callcenter.store import Store
    from callcenter.store.lanes import Lane
    from callcenter.store.supabase_wire import DataAPI

GAPS_LISTED: Final = 200
"""A list of gaps holds at most so many."""
_KEPT: Final = Versioned("articles", "article_versions", "slug", TypeAdapter(list[Article]), ArticleConflict)
_GAPS: Final = TypeAdapter(list[Gap])
_COUNT: Final[TypeAdapter[int]] = TypeAdapter(int)


class SQLiteArticles(ArticleStore):
    """Keeps articles in an SQLite file."""

    _writer: Lane
    _long: Lane

    async def articles(self) -> list[Article]:
        """Read them all."""
        return await self._long.run(_KEPT.newest)

    async def articles_kept(self) -> int:
        """Add up the newest versions."""
        return await self._long.run(_KEPT.kept)

    async def article_versions(self, slug: str) -> list[Article]:
        """Read the newest of them."""
        return await self._long.run(partial(_KEPT.last, slug, MAX_VERSIONS))

    async def save_article(self, article: Article) -> None:
        """Write both tables in one transaction."""
        await self._writer.run(partial(_KEPT.save, _KEPT.row(article.slug, article), article.actor or ""))

    async def note_gap(self, gap: Gap) -> None:
        """Count it, and forget the oldest."""
        await self._writer.run(partial(_note_gap, gap))

    async def gaps(self) -> list[Gap]:
        """Read the most asked."""
        return await self._long.run(_gaps)


class SupabaseArticles(ArticleStore):
    """Keeps articles in a Supabase project, each method one function of the database."""

    _api: DataAPI

    async def articles(self) -> list[Article]:
        """Read them all."""
        return _KEPT.read(_KEPT.items, await self._api.call("list_articles"))

    async def articles_kept(self) -> int:
        """Add up the newest versions."""
        return _KEPT.read(_COUNT, await self._api.call("articles_kept"))

    async def article_versions(self, slug: str) -> list[Article]:
        """Read the newest of them."""
        return _KEPT.read(_KEPT.items, await self._api.call("list_article_versions", article=slug, most=MAX_VERSIONS))

    async def save_article(self, article: Article) -> None:
        """Write both tables."""
        slug, version, status, at, payload = _KEPT.row(article.slug, article)
        columns = {"slug": slug, "version": version, "status": status, "updated_at": at, "actor": article.actor or ""}
        await self._api.done("save_article", article={**columns, "payload": orjson.loads(payload)})

    async def note_gap(self, gap: Gap) -> None:
        """Count it, and forget the oldest."""
        row = {**gap.model_dump(mode="json", exclude={"count"}), "asked": gap.count}
        await self._api.done("note_gap", gap=row, most=MAX_GAPS)

    async def gaps(self) -> list[Gap]:
        """Read the most asked."""
        found = await self._api.call("list_gaps", most=GAPS_LISTED)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise _KEPT.unreadable()
        return _KEPT.read(
            _GAPS, [{"count": row.get("asked"), **{k: v for k, v in row.items() if k != "asked"}} for row in found]
        )


class ArticlesBehind(ArticleStore):
    """Passes all on to a primary store, while that is there: agents can wait where customers can't."""

    _primary: Store

    def _check_asked(self) -> None:
        """Raise StoreUnavailable when the primary is left alone."""
        raise NotImplementedError

    async def articles(self) -> list[Article]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.articles()

    async def articles_kept(self) -> int:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.articles_kept()

    async def article_versions(self, slug: str) -> list[Article]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.article_versions(slug)

    async def save_article(self, article: Article) -> None:
        """Have the primary keep it."""
        self._check_asked()
        await self._primary.save_article(article)

    async def note_gap(self, gap: Gap) -> None:
        """Have the primary keep it."""
        self._check_asked()
        await self._primary.note_gap(gap)

    async def gaps(self) -> list[Gap]:
        """Ask the primary."""
        self._check_asked()
        return await self._primary.gaps()


def _note_gap(gap: Gap, connection: sqlite3.Connection) -> None:
    connection.execute(
        "insert into knowledge_gaps (question, language, asked, first_at, last_at) values (?, ?, ?, ?, ?)"
        " on conflict (question, language) do update set asked = asked + excluded.asked,"
        " first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
        (gap.question, gap.language.value, gap.count, time_text(gap.first_at), time_text(gap.last_at)),
    )
    connection.execute(
        "delete from knowledge_gaps where (question, language) in (select question, language from knowledge_gaps"
        " order by last_at desc, question, language limit -1 offset ?)",
        (MAX_GAPS,),
    )


def _gaps(connection: sqlite3.Connection) -> list[Gap]:
    rows = connection.execute(
        "select question, language, asked, first_at, last_at from knowledge_gaps"
        " order by asked desc, last_at desc limit ?",
        (GAPS_LISTED,),
    )
    names = ("question", "language", "count", "first_at", "last_at")
    return _KEPT.read(_GAPS, [dict(zip(names, row, strict=True)) for row in rows])

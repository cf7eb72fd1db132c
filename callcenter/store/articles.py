"""Articles and gaps in every store: what SQLite, Supabase and the journal do of `ArticleStore`, mixed into each.

Articles are read and written whole, as JSON; a new version goes over the one before only where that is the newest.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from callcenter.errors import ArticleConflict, InvalidRequest, StoreUnavailable
from callcenter.knowledge.article import MAX_GAPS, MAX_VERSIONS, Article, ArticleStore, Gap
from callcenter.store.rows import time_text

if TYPE_CHECKING:
    from callcenter.store import Store
    from callcenter.store.lanes import Lane
    from callcenter.store.supabase_wire import DataAPI

Answer = TypeVar("Answer")

GAPS_LISTED: Final = 200
"""A list of gaps holds at most so many."""
_ARTICLES: Final = TypeAdapter(list[Article])
_GAPS: Final = TypeAdapter(list[Gap])
_COUNT: Final[TypeAdapter[int]] = TypeAdapter(int)


class SQLiteArticles(ArticleStore):
    """Keeps articles in an SQLite file."""

    _writer: Lane
    _long: Lane

    async def articles(self) -> list[Article]:
        """Read them all."""
        return _articles(await self._long.run(partial(_payloads, "select payload from articles order by slug", ())))

    async def articles_kept(self) -> int:
        """Add up the newest versions."""
        return await self._long.run(_kept)

    async def article_versions(self, slug: str) -> list[Article]:
        """Read the newest of them."""
        sql = "select payload from article_versions where slug = ? order by version desc limit ?"
        return _articles(await self._long.run(partial(_payloads, sql, (slug, MAX_VERSIONS))))[::-1]

    async def save_article(self, article: Article) -> None:
        """Write both tables in one transaction."""
        await self._writer.run(partial(_save, _row(article), article.actor or ""))

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
        return _read(_ARTICLES, await self._api.call("list_articles"))

    async def articles_kept(self) -> int:
        """Add up the newest versions."""
        return _read(_COUNT, await self._api.call("articles_kept"))

    async def article_versions(self, slug: str) -> list[Article]:
        """Read the newest of them."""
        return _read(_ARTICLES, await self._api.call("list_article_versions", article=slug, most=MAX_VERSIONS))

    async def save_article(self, article: Article) -> None:
        """Write both tables."""
        slug, version, status, at, payload = _row(article)
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
            raise _unreadable()
        return _read(
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


_Row = tuple[str, int, str, str, str]


def _row(article: Article) -> _Row:
    """Return slug, version, status, time and payload. Raises InvalidRequest for text that can't be stored."""
    assert article.version and article.updated_at, "only the folder has version 0"  # noqa: PT018, S101
    try:
        payload = article.model_dump_json()
    except ValueError:
        # The exception quotes the text: not passed on.
        raise InvalidRequest("A text holds half a character (a lone surrogate) and can't be stored.") from None
    return article.slug, article.version, article.status.value, time_text(article.updated_at), payload


def _save(row: _Row, actor: str, connection: sqlite3.Connection) -> None:
    slug, version, status, at, payload = row
    if version == 1:
        sql = "insert into articles (slug, version, status, updated_at, payload) values (?, ?, ?, ?, ?)"
        done = connection.execute(f"{sql} on conflict (slug) do nothing", row)
    else:
        sql = "update articles set version = ?, status = ?, updated_at = ?, payload = ? where slug = ? and version = ?"
        done = connection.execute(sql, (version, status, at, payload, slug, version - 1))
    if not done.rowcount:
        raise ArticleConflict
    connection.execute("insert into article_versions values (?, ?, ?, ?, ?)", (slug, version, at, actor, payload))


def _payloads(sql: str, values: tuple[object, ...], connection: sqlite3.Connection) -> str:
    return f"[{','.join(payload for (payload,) in connection.execute(sql, values))}]"


def _kept(connection: sqlite3.Connection) -> int:
    kept: int = connection.execute("select coalesce(sum(version), 0) from articles").fetchone()[0]
    return kept


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
    return _read(_GAPS, [dict(zip(names, row, strict=True)) for row in rows])


def _read(adapter: TypeAdapter[Answer], value: object) -> Answer:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise _unreadable() from None


def _articles(text: str) -> list[Article]:
    try:
        return _ARTICLES.validate_json(text)
    except ValidationError:
        raise _unreadable() from None


def _unreadable() -> StoreUnavailable:
    # Whatever the exception says quotes what came: not passed on.
    return StoreUnavailable("Stored articles can't be read by this version of callcenter; another one wrote them.")

"""Keep a company's articles at hand: its folder's, and over them those of the store; find, change and publish them.

What is searched is in memory: `retrieve` waits for nobody. A change by this process is found at once; one by another
process once the articles are next asked for by API, which costs a count. Questions without an answer are collected and
go to the store together, now and then, when somebody asks for them, and at the end.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from callcenter.analysis import ConversationAnalyzer, LanguageKind, MessageAnalysis, clean, normalise
from callcenter.calls import ConversationIntent, Language
from callcenter.errors import ArticleExists, ArticleNotFound, InvalidRequest, ProviderError
from callcenter.knowledge.article import (
    MAX_ARTICLES,
    MAX_QUESTION_CHARS,
    Article,
    ArticleStatus,
    ArticleStore,
    ArticleText,
    Gap,
    Passage,
)
from callcenter.knowledge.index import Index

_PENDING: Final = 200
"""So many questions wait for the store at most; of more, the rest are not counted."""
_FEWEST_WORDS: Final = 2
"""A question of fewer words tells nobody which article is missing."""
_HIDDEN: Final = re.compile(r"\S*@\S*|(?:https?://|www\.)\S+|[+(]*\w*[0-9][\w()+.\-/ ]*[0-9]\w*|\S*[0-9]{3,}\S*")
"""Addresses and numbers the analyzer took for nothing; a gap needs none of them."""
_NO_QUESTIONS: Final = frozenset(
    {
        ConversationIntent.complaint,
        ConversationIntent.technical_support,
        ConversationIntent.human_request,
        ConversationIntent.greeting,
        ConversationIntent.goodbye,
    }
)
"""Nobody who asks with one of these is waiting for an article."""
_LATIN: Final = re.compile(r"[a-z0-9']+")

_log = logging.getLogger(__name__)


class Library:
    """The articles of one company, for one process."""

    def __init__(  # noqa: PLR0913 (what it works with; all keyword-only)
        self,
        *,
        store: ArticleStore,
        folder: Sequence[Article],
        analyzer: ConversationAnalyzer,
        default: Language,
        answered: Callable[[str], bool],
        now: Callable[[], datetime],
    ) -> None:
        """Begin with the folder's articles; `refresh` adds the store's.

        `default` is the language of questions that tell none; `answered`: the profile has something on a question.
        Raises ConfigurationError where Python's SQLite can't search text.
        """
        self._store = store
        self._folder = {article.slug: article for article in folder}
        self._analyzer = analyzer
        self._spelling = analyzer.lexicons.spelling
        self._default = default
        self._answered = answered
        self._now = now
        self._articles: Mapping[str, Article] = dict(self._folder)
        self._index = Index(self._articles.values())
        self._kept = 0
        self._gaps: dict[tuple[str, Language], Gap] = {}
        self._changing = asyncio.Lock()

    # Finding.

    def retrieve(
        self, question: str, language: Language, analysis: MessageAnalysis | None = None
    ) -> tuple[Passage, ...]:
        """Return the passages that fit, the best first, one an article: in `language`, else marked as the other's."""
        analysis = analysis or self._analyzer.analyze(question, language)
        return self._index.search(question, language, readings=self._readings(question, analysis))

    def on_call(
        self, question: str, language: Language, analysis: MessageAnalysis, *, collect: bool = True
    ) -> tuple[Passage, ...]:
        """Return the passages for a customer's message; a question that nothing here is about is kept as a gap."""
        found = self.retrieve(question, language, analysis)
        asks = analysis.question.is_question and analysis.intent.intent not in _NO_QUESTIONS
        if collect and asks and not any(each.on_subject for each in found) and not self._answered(question):
            self._miss(question, language, analysis)
        return found

    async def search(self, question: str, language: Language | None = None) -> tuple[Passage, ...]:
        """Return what `retrieve` does, of the newest articles; a question that finds nothing is kept as a gap.

        Without a language, in the one that the question is written in.
        """
        await self.refresh()
        text = clean(question).text
        analysis = self._analyzer.analyze(text, language)
        language = language or analysis.language.language or self._default
        found = self.retrieve(text, language, analysis)
        if not found:
            self._miss(text, language, analysis)
        return found

    def _readings(self, question: str, analysis: MessageAnalysis) -> Iterable[tuple[str, str]]:
        if analysis.language.kind is not LanguageKind.arabizi:
            return ()
        words = set(_LATIN.findall(question.lower()))
        return [(word, meant) for word in words if (meant := self._spelling.in_arabic(word))]

    # Gaps.

    def _miss(self, question: str, language: Language, analysis: MessageAnalysis) -> None:
        text = _without_facts(question, analysis)
        if len(text.split()) < _FEWEST_WORDS:
            return
        now, key = self._now(), (text, language)
        known = self._gaps.get(key)
        if known is None and len(self._gaps) >= _PENDING:
            return
        self._gaps[key] = (
            known.altered({"count": known.count + 1, "last_at": now})
            if known
            else Gap(question=text, language=language, count=1, first_at=now, last_at=now)
        )

    async def flush(self) -> None:
        """Bring the questions collected here to the store. Raises StoreUnavailable; what is left then stays here."""
        while self._gaps:
            key = next(iter(self._gaps))
            gap = self._gaps.pop(key)
            try:
                await self._store.note_gap(gap)
            except BaseException:  # not kept, or we are stopped before we know: rather twice than not at all
                newer = self._gaps.get(key)
                merged = newer and {"count": gap.count + newer.count, "last_at": newer.last_at}
                self._gaps[key] = gap.altered(merged) if merged else gap
                raise

    async def gaps(self) -> list[Gap]:
        """Return questions that no article answers, the most asked first."""
        await self.flush()
        return await self._store.gaps()

    # Articles.

    async def refresh(self) -> None:
        """Take in what was changed in the store since. Raises StoreUnavailable; what is at hand stays then."""
        kept = await self._store.articles_kept()
        if kept != self._kept:
            await self._take(kept, await self._store.articles())

    async def begin(self) -> None:
        """Take in the store's articles; without a store that answers, the folder's alone are found until it does."""
        try:
            await self.refresh()
        except ProviderError as error:
            _log.warning("articles of the store are not at hand yet", extra={"code": error.code})

    async def close(self) -> None:
        """Bring what was collected to the store, if it takes it."""
        try:
            await self.flush()
        except ProviderError as error:
            _log.warning("questions without an answer were lost", extra={"code": error.code})
        self._index.close()

    async def articles(self) -> list[Article]:
        """Return the newest version of every article, by slug."""
        await self.refresh()
        return [self._articles[slug] for slug in sorted(self._articles)]

    async def article(self, slug: str) -> Article:
        """Return the newest version of an article. Raises ArticleNotFound."""
        await self.refresh()
        if slug not in self._articles:
            raise ArticleNotFound
        return self._articles[slug]

    async def versions(self, slug: str) -> list[Article]:
        """Return all versions of an article, oldest first; 0 is the company folder's. Raises ArticleNotFound."""
        own = [self._folder[slug]] if slug in self._folder else []
        found = own + await self._store.article_versions(slug)
        if not found:
            raise ArticleNotFound
        return found

    async def create(
        self, slug: str, texts: Mapping[Language, ArticleText], tags: tuple[str, ...], *, actor: str
    ) -> Article:
        """Begin an article, as a draft. Raises ArticleExists, InvalidRequest when there are too many."""
        await self.refresh()
        if slug in self._articles:
            raise ArticleExists
        if len(self._articles) >= MAX_ARTICLES:
            raise InvalidRequest(f"There are {MAX_ARTICLES} articles already, as many as can be kept.")
        article = Article(slug=slug, texts=dict(texts), tags=tags)
        return await self._save(article, actor)

    async def edit(
        self,
        slug: str,
        *,
        texts: Mapping[Language, ArticleText | None] | None = None,
        tags: tuple[str, ...] | None = None,
        version: int | None = None,
        actor: str,
    ) -> Article:
        """Change an article's texts (None takes one away) or tags; the version before is kept.

        With `version` it is refused if somebody else changed it since. Raises ArticleNotFound, ArticleConflict,
        InvalidRequest when no text would be left.
        """
        article = await self.article(slug)
        article.check_version(version)
        changed = {**article.texts, **(texts or {})}
        left = {language: text for language, text in changed.items() if text is not None}
        if not left:
            raise InvalidRequest("An article needs a text in one language at least; archive it instead.")
        new = article.altered({"texts": left, "tags": article.tags if tags is None else tags})
        return article if new == article else await self._save(new, actor)

    async def set_status(self, slug: str, status: ArticleStatus, *, version: int | None = None, actor: str) -> Article:
        """Publish or archive an article, as a new version. Raises ArticleNotFound, ArticleConflict."""
        article = await self.article(slug)
        article.check_version(version)
        return article if article.status is status else await self._save(article.altered({"status": status}), actor)

    async def _save(self, article: Article, actor: str) -> Article:
        new = article.altered({"version": article.version + 1, "updated_at": self._now(), "actor": actor})
        await self._store.save_article(new)
        await self.refresh()
        return new

    async def _take(self, kept: int, stored: Sequence[Article]) -> None:
        """Search these from now on. The index is built beside the event loop: calls go on with the old one."""
        async with self._changing:
            articles = {**self._folder, **{article.slug: article for article in stored}}
            index = await asyncio.to_thread(Index, articles.values())
            old, self._index = self._index, index
            self._articles, self._kept = articles, kept
            old.close()


def _without_facts(question: str, analysis: MessageAnalysis) -> str:
    """Return a question normalised, without what the analyzer or a cautious pattern takes for somebody's own data."""
    text = question
    for entity in sorted(analysis.entities, key=lambda each: -each.start):
        text = f"{text[: entity.start]} {text[entity.end :]}"
    bare = _HIDDEN.sub(" ", normalise(text).text).replace("\0", " ")
    return " ".join(bare.split())[:MAX_QUESTION_CHARS].strip()

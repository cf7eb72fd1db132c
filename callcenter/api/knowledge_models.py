"""What requests about articles hold, and what they are answered with beside the articles themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from callcenter.calls import Language, Value
from callcenter.knowledge.article import Article, ArticleStatus, ArticleText, Gap, Passage, Slug, Tags, Texts


class NewArticle(Value):
    """An article to begin with, as a draft."""

    slug: Annotated[Slug, Field(description="Its name in addresses: lower-case Latin letters, digits and hyphens.")]
    texts: Annotated[Texts, Field(description="Title and Markdown body by language; one of them may be missing.")]
    tags: Annotated[Tags, Field(description="Words customers use for it, in any language.")] = ()


class ArticleEdit(Value):
    """What is to change of an article; what is left out stays."""

    texts: Annotated[
        dict[Language, ArticleText | None] | None,
        Field(description="Texts by language; null takes one away, a language left out stays."),
    ] = None
    tags: Annotated[Tags | None, Field(description="All of them, in place of those before.")] = None
    version: Annotated[
        int | None, Field(ge=0, description="The version you read; the change is refused if there is a newer one.")
    ] = None


class ArticleLine(Value):
    """An article in a list, without its texts."""

    slug: str
    titles: dict[Language, str]
    status: ArticleStatus
    version: Annotated[int, Field(description="0: from the company folder.")]
    tags: tuple[str, ...]
    updated_at: AwareDatetime | None
    actor: str | None


class ArticleList(Value):
    """The articles of the company, by slug."""

    items: tuple[ArticleLine, ...]


class ArticleVersions(Value):
    """All versions of an article, oldest first."""

    slug: str
    versions: tuple[Article, ...]


class SearchResult(Value):
    """Passages that fit a question, the best first, one an article; none where nothing fits."""

    items: tuple[Passage, ...]


class GapList(Value):
    """Questions that no article answers, the most asked first."""

    items: tuple[Gap, ...]


def line_of(article: Article) -> ArticleLine:
    """Return how a list shows an article."""
    return ArticleLine(
        slug=article.slug,
        titles={language: text.title for language, text in article.texts.items()},
        status=article.status,
        version=article.version,
        tags=article.tags,
        updated_at=article.updated_at,
        actor=article.actor,
    )

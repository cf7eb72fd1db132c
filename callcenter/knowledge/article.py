"""What an article is: texts in one language or in both, words customers use for it, and how far it got.

Every change makes a new version, and the old ones stay. Version 0 is what the company folder holds; whoever edits that
by API makes version 1, which stands over the folder's from then on.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Protocol

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from callcenter.calls import Language, Value
from callcenter.errors import ArticleConflict

MAX_BODY_CHARS: Final = 12_000
"""Some six printed pages; a longer text is several articles. Both languages fit into one request."""
MAX_TAGS: Final = 60
MAX_ARTICLES: Final = 5_000
"""So many are kept at most: all of them are searched in memory."""
MAX_VERSIONS: Final = 500
"""A list of versions holds at most so many, the newest."""
MAX_GAPS: Final = 1_000
"""Questions without an answer that are kept; of more, those asked longest ago are forgotten."""
MAX_QUESTION_CHARS: Final = 200
MAX_SLUG_CHARS: Final = 80

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=MAX_SLUG_CHARS)]
"""An article's name in addresses and files: lower-case Latin letters, digits and hyphens."""
_UNKEPT: Final = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and nobody half a character."""
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def known_slug(text: str) -> bool:
    """Whether a text can be an article's name."""
    return len(text) <= MAX_SLUG_CHARS and _SLUG.fullmatch(text) is not None


class ArticleStatus(StrEnum):
    """How far an article got; only published ones are quoted to customers."""

    draft = "draft"
    published = "published"
    archived = "archived"


def _storable(text: str) -> str:
    if _UNKEPT.search(text):
        raise ValueError("it holds a character that can't be stored")
    return text


def _short_enough(body: str) -> str:
    # Not in the schema: a body far too long is refused by its bytes before anybody counts its letters.
    if len(body) > MAX_BODY_CHARS:
        raise ValueError(f"it has more than {MAX_BODY_CHARS} characters")
    return body


_VISIBLE: Final = r"^[^\x00]*[^\x00\s][^\x00]*$"
Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=_VISIBLE, max_length=80), AfterValidator(_storable)
]
"""A word or a few."""


class ArticleText(Value):
    """An article in one language."""

    title: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=_VISIBLE, max_length=200), AfterValidator(_storable)
    ]
    body: Annotated[
        str,
        StringConstraints(strip_whitespace=True, pattern=_VISIBLE),
        AfterValidator(_storable),
        AfterValidator(_short_enough),
    ]
    """Markdown."""


Texts = Annotated[dict[Language, ArticleText], Field(min_length=1)]
"""By language. Where one is missing the other's is found instead, and marked so."""
Tags = Annotated[tuple[Tag, ...], Field(max_length=MAX_TAGS)]
"""Words customers use for the matter, in any language; they are searched like the title."""


class Article(Value):
    """One version of an article."""

    slug: Slug
    texts: Texts
    tags: Tags = ()
    status: ArticleStatus = ArticleStatus.draft
    version: Annotated[int, Field(ge=0)] = 0
    """0: from the company folder."""
    updated_at: AwareDatetime | None = None
    """When this version was made; None for the folder's."""
    actor: str | None = None
    """Who made it; None for the folder's."""

    def check_version(self, version: int | None) -> None:
        """Raise ArticleConflict where somebody saw another version than this; None: they do not say."""
        if version is not None and version != self.version:
            raise ArticleConflict(version=self.version)


class Gap(Value):
    """A question that no article answers."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUESTION_CHARS)]
    """As it was searched for, normalised, without numbers and addresses."""
    language: Language
    count: Annotated[int, Field(ge=1)]
    """How often it was asked."""
    first_at: AwareDatetime
    last_at: AwareDatetime


class Passage(Value):
    """A piece of an article that fits a question."""

    slug: str
    title: str
    language: Language
    """Of the text."""
    other_language: bool
    """The article has no text in the language asked for; this one is the other's."""
    heading: str = ""
    """The heading that the piece stands under."""
    text: str
    start: int
    """Where `text` begins in the article's body, in characters."""
    highlights: tuple[tuple[int, int], ...]
    """What fits the question: pairs of offsets into the article's body, in characters, the end excluded."""
    score: float
    """Greater fits better; comparable within one search only."""
    share: float
    """How much of the question it covers, 0 to 1, rare words counting more."""
    on_subject: bool = True
    """The question names what it is about (title, a tag, the heading), and has not just some of its words."""


class ArticleStore(Protocol):
    """Keeps articles; a part of what every store promises."""

    async def articles(self) -> list[Article]:
        """Return the newest version of every article kept here, archived ones included, by slug."""
        ...

    async def articles_kept(self) -> int:
        """Return how many versions are kept in all: it grows with every change, and costs little to ask."""
        ...

    async def article_versions(self, slug: str) -> list[Article]:
        """Return what is kept of an article, oldest first, MAX_VERSIONS at most; empty where nothing is."""
        ...

    async def save_article(self, article: Article) -> None:
        """Keep a new version, which must follow the newest one kept; version 1 begins an article.

        Raises ArticleConflict when somebody was quicker.
        """
        ...

    async def note_gap(self, gap: Gap) -> None:
        """Keep a question, or add to its count and move its last time; forget the oldest beyond MAX_GAPS."""
        ...

    async def gaps(self) -> list[Gap]:
        """Return the questions kept, the most asked first, 200 of them at most."""
        ...

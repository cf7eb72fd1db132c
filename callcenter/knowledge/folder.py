"""Read a company's own articles from its folder: `articles/SLUG.ar.md` and `articles/SLUG.en.md`, one of them or both.

Each begins with a small front matter between two lines of `---`: `title`, and `tags` separated by commas. All that is
wrong with a folder is said at once, file by file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from callcenter.calls import Language
from callcenter.errors import CompanyInvalid
from callcenter.knowledge.article import Article, ArticleStatus, ArticleText, known_slug

_NAME: Final = re.compile(r"(?P<slug>.+)\.(?P<language>[a-z]{2})\.md")
_FRONT: Final = re.compile(r"\A---[ \t]*\n(?P<front>.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_COMMA: Final = re.compile("[,،]")


class FrontMatterError(ValueError):
    """The text does not begin as an article does."""


def read_article(text: str) -> tuple[ArticleText, tuple[str, ...]]:
    """Return an article's text and its tags. Raises FrontMatterError, pydantic's ValidationError."""
    front = _FRONT.match(text.replace("\r\n", "\n"))
    if front is None:
        raise FrontMatterError("it must begin with ---, title: ..., --- in lines of their own")
    fields: dict[str, str] = {}
    for line in front["front"].splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and (not colon or name.strip() not in {"title", "tags"}):
            raise FrontMatterError("its front matter knows `title` and `tags` only, each with a colon")
        if line.strip():
            fields[name.strip()] = value.strip()
    tags = tuple(tag.strip() for tag in _COMMA.split(fields.get("tags", "")) if tag.strip())
    body = text.replace("\r\n", "\n")[front.end() :]
    return ArticleText(title=fields.get("title", ""), body=body), tags


def read_folder(company: Path) -> tuple[Article, ...]:
    """Return the articles of a company's folder, published, by slug; none where it has no `articles`.

    Raises CompanyInvalid with every problem found.
    """
    texts: dict[str, dict[Language, ArticleText]] = {}
    tags: dict[str, list[str]] = {}
    problems: list[str] = []
    for path in sorted((company / "articles").glob("*.md")):
        if path.name.startswith("README"):
            continue
        try:
            slug, language = _named(path.name)
            text, words = read_article(path.read_text(encoding="utf-8-sig"))
        except (ValueError, OSError) as error:
            problems += (f"articles/{path.name}: {reason}" for reason in _reasons(error))
        else:
            texts.setdefault(slug, {})[language] = text
            tags.setdefault(slug, []).extend(words)
    articles = []
    for slug, own in texts.items():
        words = tuple(dict.fromkeys(tags[slug]))
        try:
            articles.append(Article(slug=slug, texts=own, tags=words, status=ArticleStatus.published))
        except ValidationError as error:
            problems += (f"articles/{slug}: {reason}" for reason in _reasons(error))
    if problems:
        listing = "".join(f"\n  {problem}" for problem in problems)
        raise CompanyInvalid(f"The articles in {company} can't be used:{listing}", folder=str(company))
    return tuple(articles)


def _named(file: str) -> tuple[str, Language]:
    named = _NAME.fullmatch(file)
    if named is None or not known_slug(named["slug"]) or named["language"] not in set(Language):
        raise FrontMatterError("an article's file is called SLUG.ar.md or SLUG.en.md")
    return named["slug"], Language(named["language"])


def _reasons(error: Exception) -> list[str]:
    match error:
        case ValidationError():
            found = error.errors(include_url=False, include_input=False)
            return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found]
        case UnicodeDecodeError():
            return [f"not UTF-8 text (byte {error.start})"]
        case _:
            return [str(error)]

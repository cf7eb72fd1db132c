"""Articles: search them, read them, write them, bring them as documents; and the questions that none answers.

Agents and up read; admins, API keys and this machine write. Only published articles are found by a search.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.access import AGENTS, open_to
from callcenter.api.deps import AppDep, PrincipalDep, read, reply
from callcenter.api.errors import CREATED, BodyTooLarge, InvalidJson, UnsupportedMedia, problems
from callcenter.api.knowledge_models import (
    ArticleEdit,
    ArticleList,
    ArticleVersions,
    GapList,
    NewArticle,
    SearchResult,
    line_of,
)
from callcenter.api.openapi import answer, body
from callcenter.api.paths import EVERYWHERE
from callcenter.calls import Language
from callcenter.errors import (
    ArticleConflict,
    ArticleExists,
    ArticleNotFound,
    CallCenterError,
    DocumentUnreadable,
    InvalidRequest,
)
from callcenter.knowledge import Article, ArticleStatus
from callcenter.knowledge.article import MAX_QUESTION_CHARS, Slug, known_slug
from callcenter.knowledge.documents import MAX_DOCUMENT_BYTES, MEDIA_TYPES, read_document
from callcenter.knowledge.pdf import MAX_PDF_BYTES, read_pdf

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])

_WRITING: Final[tuple[type[CallCenterError], ...]] = (
    InvalidJson,
    BodyTooLarge,
    UnsupportedMedia,
    InvalidRequest,
    *EVERYWHERE,
)
_PDF: Final = "application/pdf"
_WORDS: Final = r"^[^\x00<&]*[A-Za-z]{3}[^\x00<&]*$|^[^\x00<&]*[\u0621-\u064a]{3}"
"""A document of which some words are left."""
_DOCUMENT: Final = {
    "requestBody": {
        "required": True,
        "content": {media: {"schema": {"pattern": _WORDS}} for media in MEDIA_TYPES}
        | {_PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}
SlugPath = Annotated[str, Path(description="The article's name.", examples=["cancel-order"])]
Seen = Annotated[int | None, Query(ge=0, description="The version you read; refused if there is a newer one.")]


@router.get(
    "/search",
    operation_id="search_articles",
    summary="Search the articles",
    responses={**answer(SearchResult), **problems(InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def search_articles(
    app: AppDep,
    q: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_QUESTION_CHARS),
        Query(description="The question, as a customer would ask it."),
    ],
    language: Annotated[Language | None, Query(description="Of the texts; else the question's own.")] = None,
) -> Response:
    """Find passages by words, in any spelling and in either language; what does not fit well enough is not returned.

    A text that only the other language has is returned as such, with `other_language`.
    """
    return reply(SearchResult(items=await app.library.search(q, language)))


@router.get(
    "/gaps",
    operation_id="list_gaps",
    summary="List questions without an answer",
    responses={**answer(GapList), **problems(*EVERYWHERE)},
)
@open_to(AGENTS)
async def list_gaps(app: AppDep) -> Response:
    """List what customers and agents asked and no article answers, without numbers and addresses."""
    return reply(GapList(items=tuple(await app.library.gaps())))


@router.get(
    "/articles",
    operation_id="list_articles",
    summary="List the articles",
    responses={**answer(ArticleList), **problems(InvalidRequest, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_articles(
    app: AppDep, status: Annotated[ArticleStatus | None, Query(description="Articles that got so far.")] = None
) -> Response:
    """List the newest version of every article, without its texts."""
    found = await app.library.articles()
    return reply(ArticleList(items=tuple(line_of(each) for each in found if status in {None, each.status})))


@router.post(
    "/articles",
    operation_id="create_article",
    summary="Begin an article",
    status_code=CREATED,
    responses={**answer(Article, CREATED), **problems(ArticleExists, *_WRITING)},
    openapi_extra=body(NewArticle),
)
async def create_article(request: Request, app: AppDep, principal: PrincipalDep) -> Response:
    """Begin an article as a draft; it is found once it is published."""
    new = await read(request, NewArticle)
    return _created(await app.library.create(new.slug, new.texts, new.tags, actor=principal.name))


@router.post(
    "/upload",
    operation_id="upload_article",
    summary="Make an article of a document",
    status_code=CREATED,
    responses={
        **answer(Article, CREATED),
        **problems(ArticleExists, BodyTooLarge, UnsupportedMedia, InvalidRequest, DocumentUnreadable, *EVERYWHERE),
    },
    openapi_extra=_DOCUMENT,
)
async def upload_article(  # noqa: PLR0913, PLR0917 (what the framework fills in)
    request: Request,
    app: AppDep,
    principal: PrincipalDep,
    slug: Annotated[Slug, Query(description="The article's name.")],
    language: Annotated[Language, Query(description="Of the document.")],
    title: Annotated[
        str | None, StringConstraints(min_length=1, max_length=200), Query(description="Else the document's own.")
    ] = None,
) -> Response:
    """Make a draft of a document, which is the body itself: Markdown, plain text, HTML or PDF.

    Text comes in UTF-8, up to 512 KiB; a PDF may have 5 MiB, and its first 60 pages are read. For a draft that has no
    text in this language yet, it becomes that text.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _PDF:
        content = (await read_pdf(await _document(request, MAX_PDF_BYTES))).encode()
        text, tags = read_document(content, "text/plain", title=title)
    elif media_type in MEDIA_TYPES:
        text, tags = read_document(await _document(request, MAX_DOCUMENT_BYTES), media_type, title=title)
    else:
        raise UnsupportedMedia(f"A document is one of {', '.join((*MEDIA_TYPES, _PDF))}.")
    drafts = {each.slug: each for each in await app.library.articles() if each.status is ArticleStatus.draft}
    if slug in drafts and language not in drafts[slug].texts:
        both = tuple(dict.fromkeys((*drafts[slug].tags, *tags)))
        edited = await app.library.edit(slug, texts={language: text}, tags=both, actor=principal.name)
        return _created(edited)
    return _created(await app.library.create(slug, {language: text}, tags, actor=principal.name))


@router.get(
    "/articles/{slug}",
    operation_id="get_article",
    summary="Read an article",
    responses={**answer(Article), **problems(ArticleNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def get_article(app: AppDep, slug: SlugPath) -> Response:
    """Read the newest version of an article, in all its languages."""
    return reply(await app.library.article(slug))


@router.patch(
    "/articles/{slug}",
    operation_id="edit_article",
    summary="Edit an article",
    responses={**answer(Article), **problems(ArticleNotFound, ArticleConflict, *_WRITING)},
    openapi_extra=body(ArticleEdit),
)
async def edit_article(request: Request, app: AppDep, principal: PrincipalDep, slug: SlugPath) -> Response:
    """Change texts or tags; the version before is kept. A published article stays published."""
    edit = await read(request, ArticleEdit)
    changed = await app.library.edit(slug, texts=edit.texts, tags=edit.tags, version=edit.version, actor=principal.name)
    return reply(changed)


@router.post(
    "/articles/{slug}/publish",
    operation_id="publish_article",
    summary="Publish an article",
    responses={**answer(Article), **problems(ArticleNotFound, ArticleConflict, InvalidRequest, *EVERYWHERE)},
)
async def publish_article(app: AppDep, principal: PrincipalDep, slug: SlugPath, version: Seen = None) -> Response:
    """Have an article found from now on."""
    status = ArticleStatus.published
    return reply(await app.library.set_status(slug, status, version=version, actor=principal.name))


@router.post(
    "/articles/{slug}/archive",
    operation_id="archive_article",
    summary="Archive an article",
    responses={**answer(Article), **problems(ArticleNotFound, ArticleConflict, InvalidRequest, *EVERYWHERE)},
)
async def archive_article(app: AppDep, principal: PrincipalDep, slug: SlugPath, version: Seen = None) -> Response:
    """Have an article found no more; it can be read, and published again."""
    status = ArticleStatus.archived
    return reply(await app.library.set_status(slug, status, version=version, actor=principal.name))


@router.get(
    "/articles/{slug}/versions",
    operation_id="list_article_versions",
    summary="Read an article's versions",
    responses={**answer(ArticleVersions), **problems(ArticleNotFound, *EVERYWHERE)},
)
@open_to(AGENTS)
async def list_article_versions(app: AppDep, slug: SlugPath) -> Response:
    """Read every version of an article, oldest first, with who made it; 0 is the company folder's."""
    if not known_slug(slug):
        raise ArticleNotFound
    return reply(ArticleVersions(slug=slug, versions=tuple(await app.library.versions(slug))))


def _created(article: Article) -> Response:
    response = reply(article)
    response.status_code = CREATED
    response.headers["Location"] = f"/api/knowledge/articles/{article.slug}"
    return response


async def _document(request: Request, limit: int) -> bytes:
    """Return the body, as far as a document may go. Raises BodyTooLarge."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > limit:
            raise BodyTooLarge(f"The document is larger than {limit // 1024} KiB.")
    return bytes(content)

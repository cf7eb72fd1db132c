"""Make an article's text of a document as people have it: Markdown, plain text or HTML; of a PDF, its text (pdf.py).

What a document is, its media type says; a title it does not have, its name gives. A document that can't be read, or
that nothing is left of, is refused with a sentence: InvalidRequest.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic import ValidationError

from callcenter.analysis import clean
from callcenter.errors import DocumentUnreadable
from callcenter.knowledge.article import MAX_BODY_CHARS, ArticleText
from callcenter.knowledge.folder import FrontMatterError, read_article

MAX_DOCUMENT_BYTES: Final = 512 * 1024
"""A page with its markup; the text of it may have MAX_BODY_CHARS."""
MEDIA_TYPES: Final = ("text/markdown", "text/plain", "text/html")

_HEADING: Final = re.compile(r"\A\s*#[ \t]+(?P<title>[^\n]+)\n*")
_EMPTY_LINES: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def read_document(content: bytes, media_type: str, *, title: str | None = None) -> tuple[ArticleText, tuple[str, ...]]:
    """Return a document as an article's text, and its tags. Raises DocumentUnreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentUnreadable("The document is not text in UTF-8.") from None
    if "\0" in text:
        raise DocumentUnreadable("The document holds NUL characters; it is no text.")
    tags: tuple[str, ...] = ()
    found: str | None = None
    if media_type == "text/html":
        from callcenter.knowledge.web_page import from_html  # noqa: PLC0415 (what reads pages takes a start 60 ms)

        found, text = from_html(text)
    elif media_type == "text/markdown" and text.lstrip().startswith("---"):
        try:
            whole, tags = read_article(text.lstrip())
        except (FrontMatterError, ValidationError):
            raise DocumentUnreadable(
                "The document's front matter can't be read: --- then title: ... and tags: ..., then --- again."
            ) from None
        found, text = whole.title, whole.body
    if media_type != "text/plain" and not (found or title) and (heading := _HEADING.match(text)):
        found, text = heading["title"].strip(" #\t"), text[heading.end() :]
    body = _EMPTY_LINES.sub("\n\n", text.replace("\r\n", "\n")).strip()
    if not body:
        raise DocumentUnreadable("No text is left of the document.")
    if len(body) > MAX_BODY_CHARS:
        raise DocumentUnreadable(
            f"The document has more than {MAX_BODY_CHARS} characters; part it into several articles."
        )
    name = clean(title or found or body.splitlines()[0].strip("#* \t"))
    try:
        return ArticleText(title=name.text[:200], body=body), tags
    except ValidationError:
        raise DocumentUnreadable("The document has no title; give one as `title`.") from None

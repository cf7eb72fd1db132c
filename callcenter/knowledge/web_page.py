"""Make Markdown of a web page. Apart from the other documents, since what reads pages takes long to load."""

from __future__ import annotations

from typing import Final

from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from callcenter.errors import DocumentUnreadable

_UNSEEN: Final = ("script", "style", "template", "noscript", "head", "nav", "header", "footer", "form", "iframe", "svg")
"""What a page has beside its text."""


def from_html(page: str) -> tuple[str | None, str]:
    """Return a page's title and its text as Markdown, without what nobody reads and without links' addresses."""
    soup = BeautifulSoup(page, "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    for unseen in soup.find_all(_UNSEEN):
        unseen.decompose()
    try:
        text = MarkdownConverter(
            heading_style="ATX", strip=["a", "img"], escape_misc=False, escape_asterisks=False, escape_underscores=False
        ).convert_soup(soup)
    except RecursionError:
        raise DocumentUnreadable("The page is nested too deeply to be read.") from None
    return title, text

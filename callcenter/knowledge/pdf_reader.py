"""A program of its own: reads a PDF from standard input and writes its text, or why there is none, as JSON.

Apart from the server, since a PDF may be made to hang or to fill the memory of whoever reads it: pdf.py starts this
with bounds, and ends it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Final

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTChar, LTComponent, LTContainer, LTFigure, LTPage, LTTextBox
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect, PDFTextExtractionNotAllowed
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage

from callcenter.knowledge.pdf_lines import Glyph, logical, runs_from_right, with_signs

MAX_PAGES: Final = 60
_MAX_CHARS: Final = 60_000
"""More than any article may have; nobody waits for the rest."""
_BY_PLACE: Final = LAParams(boxes_flow=None)
"""Paragraphs from top to bottom: guessed columns put an Arabic heading below its text."""
_MEMORY_BYTES: Final = 1 << 30
_CPU_SECONDS: Final = 12


def text_of(content: bytes) -> str:
    """Return a PDF's text: paragraphs parted by an empty line, in their order. Raises what pdfminer raises."""
    parts: list[str] = []
    length = 0
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources)
    interpreter = PDFPageInterpreter(resources, device)
    for page in PDFPage.get_pages(BytesIO(content), maxpages=MAX_PAGES):
        interpreter.process_page(page)
        for paragraph in _paragraphs(device.get_result()):
            parts.append(paragraph)
            length += len(paragraph)
            if length > _MAX_CHARS:
                return "\n\n".join(parts)
    return "\n\n".join(parts)


def _paragraphs(drawn: LTPage) -> Iterator[str]:
    # A glyph that no character is known of comes as "(cid:17)"; it is no text.
    chars = [each for each in _chars(drawn) if not each.get_text().startswith("(cid:")]
    # Lines are found without vowel signs, which stand apart from them.
    signed = with_signs([Glyph(each.get_text(), each.x0, each.x1, each.size) for each in chars])
    known = {id(char): glyph for char, glyph in zip(chars, signed, strict=True) if glyph is not None}
    page = LTPage(drawn.pageid, drawn.bbox, drawn.rotate)
    page.extend(char for char in chars if id(char) in known)
    page.analyze(_BY_PLACE)
    for box in page:
        if isinstance(box, LTTextBox):
            lines = [[known[id(each)] for each in line if id(each) in known] for line in box]
            from_right = runs_from_right(lines)
            told = (logical(line, from_right=from_right) for line in lines)
            if paragraph := "\n".join(line for line in told if line):
                yield paragraph


def _chars(container: LTContainer[LTComponent]) -> Iterator[LTChar]:
    for each in container:
        if isinstance(each, LTChar):
            yield each
        elif isinstance(each, LTFigure):  # a form that holds text
            yield from _chars(each)


def _bound() -> None:
    """Take no more memory and time than a document is worth; where the system can't bound us, the starter ends us."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 (not everywhere)

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))


def main() -> None:
    """Read, and say what came of it: `text`, `locked` or `broken`."""
    _bound()
    found: dict[str, str | bool]
    try:
        found = {"text": text_of(sys.stdin.buffer.read())}
    except (PDFEncryptionError, PDFPasswordIncorrect, PDFTextExtractionNotAllowed):
        found = {"locked": True}
    except Exception:  # noqa: BLE001 (whatever a hostile document makes the library raise)
        found = {"broken": True}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

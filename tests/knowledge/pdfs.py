"""PDFs made by hand, the smallest that hold text: each line's characters stand where they are drawn, left to right."""

from __future__ import annotations

from collections.abc import Sequence

_FONT = """\
<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>
<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Made /FontDescriptor 5 0 R /DW 500 \
/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>
<< /Type /FontDescriptor /FontName /Made /Flags 4 /FontBBox [0 -200 500 800] /Ascent 800 /Descent -200 >>
""".splitlines()
"""Objects 3, 4 and 5: a font without glyphs; what its characters are, object 6 says."""


def pdf(*pages: Sequence[Sequence[str]], encrypt: bool = False) -> bytes:
    """Return a PDF; a page is its lines, a line what is drawn from left to right, one glyph each."""
    glyphs = sorted({glyph for page in pages for line in page for glyph in line})
    numbers = {glyph: place for place, glyph in enumerate(glyphs, 1)}
    kids = " ".join(f"{7 + 2 * place} 0 R" for place in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        *_FONT,
        _stream(_characters(numbers)),
    ]
    for place, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 800 800] /Contents {8 + 2 * place} 0 R"
            " /Resources << /Font << /F 3 0 R >> >> >>"
        )
        objects.append(_stream("".join(_line(line, numbers, row) for row, line in enumerate(page))))
    return _file(objects, encrypt=encrypt)


def _line(line: Sequence[str], numbers: dict[str, int], row: int) -> str:
    return f"BT /F 12 Tf 1 0 0 1 50 {740 - 40 * row} Tm <{''.join(f'{numbers[each]:04x}' for each in line)}> Tj ET\n"


def _characters(numbers: dict[str, int]) -> str:
    named = (f"<{place:04x}> <{glyph.encode('utf-16-be').hex()}>" for glyph, place in numbers.items())
    lines = "\n".join(f"1 beginbfchar\n{each}\nendbfchar" for each in named)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{lines}\nendcmap end end"
    )


def _stream(content: str) -> str:
    return f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"


def _file(objects: Sequence[str], *, encrypt: bool) -> bytes:
    written = b"%PDF-1.7\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    lock = ""
    if encrypt:
        lock = f" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >> /ID [<43><43>]"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R{lock} >>\nstartxref\n{len(written)}\n%%EOF"
    return written + end.encode() + trailer.encode()
